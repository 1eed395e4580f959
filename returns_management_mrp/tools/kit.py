# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What a kit is made of, and what part of its price each piece of it bears. Values in, values out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Kit:
    """
    ``pieces``: {component: how many of it, in its own unit, are in one kit}; each more than 0.
    ``values``: {component: what one piece is worth beside the others}; any unit, 0 for a gift.
    """

    pieces: Mapping[Any, Fraction]
    values: Mapping[Any, Fraction]

    def share(self, component) -> Fraction:
        """Part of one kit's price that one piece bears. All pieces of a kit together bear all of it.

        Where nothing has a value each component bears the same part, whatever its number.
        """
        whole = sum(self.pieces[key] * self.values[key] for key in self.pieces)
        if not whole:
            return 1 / (len(self.pieces) * self.pieces[component])
        return self.values[component] / whole

    def count_whole(self, pieces: Mapping[Any, float]) -> int:
        """How many whole kits ``pieces`` make: {component: number in its own unit}, missing ones count 0."""
        return max(0, min(exact(pieces.get(key, 0)) // each for key, each in self.pieces.items()))

    def get_pieces(self, kits) -> dict:
        """:return: {component: pieces of it in that many kits}, exact"""
        return {key: exact(kits) * each for key, each in self.pieces.items()}


def compose(moved: Mapping[Any, Fraction], listed: Mapping[Any, Fraction], kits: Fraction) -> dict:
    """Pieces in one kit, from what was really to be delivered.

    :param moved: {component: pieces that all deliveries of the order line were to bring}, cancelled back-orders included
    :param listed: {component: pieces in one kit} by the bill of materials of today; empty where there is none
    :param kits: kits ordered
    :return: {component: pieces in one kit}

    Where the bill still fits what was moved, the same number of kits for each component, it tells the size of a kit.
    Where it was changed since, what was moved is divided by what was ordered.
    """
    moved = {key: pieces for key, pieces in moved.items() if pieces}
    if listed and set(listed) == set(moved):
        ratios = {moved[key] / listed[key] for key in moved}
        if len(ratios) == 1:
            return dict(listed)
    return {key: pieces / kits for key, pieces in moved.items()} if kits else dict(listed)


def exact(number) -> Fraction:
    """A float is read as the decimal it prints: 0.1 is a tenth."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def approximate(number: float) -> Fraction:
    """A float that was divided is read as the simple fraction it is next to: 0.3333333333 is a third."""
    return Fraction(number).limit_denominator(10**6)


def sum_up(pairs: Iterable[tuple[Any, Fraction]]) -> dict:
    """:return: {key: sum of its values}"""
    total: dict = {}
    for key, value in pairs:
        total[key] = total.get(key, 0) + value
    return total
