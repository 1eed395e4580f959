# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""By which payments an invoice was paid, and what of each is still with us. Values in, values out, no env."""

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Source:
    """One payment of a customer, as far as it paid the goods.

    ``key``: names the payment; ``day``: when it was made; ``order``: of payments of one day, the larger came later;
    ``cents``: what it paid, in the smallest unit of the invoice's currency.
    """

    key: Hashable
    day: date
    order: int
    cents: int


class PayoutBook:
    """Allots what is to be paid out to the payments it goes back to, last paid first."""

    def __init__(self, sources: list[Source], given: dict[Hashable, int]):
        """:param given: {key: cents that went back to that payment, or are on their way}"""
        left = defaultdict(int)
        for source in sources:
            left[source.key] += source.cents
        for key, cents in given.items():
            left[key] -= cents
        last = {}
        for source in sources:
            last[source.key] = max(last.get(source.key, (source.day, source.order)), (source.day, source.order))
        self._left = left
        self._keys = sorted(last, key=last.get, reverse=True)

    def allot(self, cents: int) -> list[tuple[Hashable | None, int]]:
        """:return: (key, cents) pairs that add up to ``cents``; the key None stands for what no payment is known of"""
        parts = []
        for key in self._keys:
            part = min(cents, self._left[key])
            if part > 0:
                parts.append((key, part))
                self._left[key] -= part
                cents -= part
        if cents > 0:
            parts.append((None, cents))
        return parts
