# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What somebody at the dock most likely means by what they scanned or typed."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

#: What a text can name, the surest sign of a parcel first.
KINDS = ('request', 'tracking', 'receipt', 'order', 'lot', 'product', 'customer')
EXACT, PREFIX, CONTAINS = range(3)


@dataclass(frozen=True)
class Hit:
    """Something whose ``value`` may be what the text names. ``key``: what is meant by it; ``kind``: one of ``KINDS``."""

    key: Hashable
    kind: str
    value: str
    is_open: bool
    moment: datetime


def normalise(text: str) -> str:
    """The text as it is compared: scanners and people differ in case and in spaces."""
    return ' '.join(text.casefold().split())


def quality(text: str, value: str) -> int | None:
    """How well ``text`` names ``value``: ``EXACT``, ``PREFIX``, ``CONTAINS``, or None where it does not."""
    wanted, found = normalise(text), normalise(value)
    if not wanted or wanted not in found:
        return None
    return EXACT if wanted == found else PREFIX if found.startswith(wanted) else CONTAINS


def rank(text: str, hits: Iterable[Hit], limit: int | None = None) -> list[Hit]:
    """The hits that ``text`` names, each key once by its best hit, the likeliest first: exact before prefix before
    contained, open before closed, then by kind, then the youngest.

    :raises ValueError: for a kind that is none
    """
    def order(found):
        degree, hit = found
        return (degree, not hit.is_open, KINDS.index(hit.kind), -hit.moment.timestamp(), str(hit.key))

    named = [(quality(text, hit.value), hit) for hit in hits]
    best = {}
    for _degree, hit in sorted((found for found in named if found[0] is not None), key=order):
        best.setdefault(hit.key, hit)
    return list(best.values())[:limit]
