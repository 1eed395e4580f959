# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import dataclass
from fractions import Fraction
from typing import Any


def match_shares(shared, others):
    """Which lines of earlier notes gave back a share of which line: each of them counts once, however much lines look
    alike (two discounts with the same taxes).

    :param shared: lines of a document that each note gives back a share of
    :param others: lines of notes on that document
    :return: {line of ``shared``: [(line of a note, 1)]}
    """
    found = {line: [] for line in shared}
    for lines in others.grouped('move_id').values():
        free = list(shared)
        for other in lines.sorted('id'):
            fitting = [line for line in shared if other._returns_is_share_of(line)]
            if fitting:
                line = max(fitting, key=lambda line, other=other: (line in free, *(
                    line[name] == other[name] for name in ('account_id', 'analytic_distribution', 'name'))))
                found[line].append((other, 1))
                if line in free:
                    free.remove(line)
    return found


@dataclass(frozen=True)
class Goods:
    """What a line of goods books, taxes included, in cents; ``orders`` are unknown where somebody typed it."""

    orders: Any
    taxes: Any
    cents: int
    items: Any = None  # order lines


class SharedLines:
    """Over which goods of an invoice a discount or cash rounding is shared, and how much of them is credited.

    The discount of one order is not given back with the goods of another that stands on the same invoice, nor with those
    of other taxes, as far as there are such goods. One on some products is shared over those.
    """

    def __init__(self, billed, credited):
        """
        :param billed: all :class:`Goods` of the invoice
        :param credited: those of its notes, the one that is being made included
        """
        self.billed, self.credited = billed, credited
        self.whole = sum(goods.cents for goods in billed)

    def get_progress(self, line):
        """:return: (cents credited, of so many cents) of the goods that ``line`` is shared over"""
        return self._find_progress(line.tax_ids, line.sale_line_ids.order_id, line._returns_get_discounted())

    def get_progress_by_taxes(self, taxes):
        """:return: the same of what is shared over all goods with these taxes, or over all where there are none"""
        return self._find_progress(taxes)

    def _find_progress(self, taxes, orders=None, discounted=None):
        def is_discounted(goods):
            return bool(goods.items and goods.items & discounted)

        tests = [
            (discounted, lambda goods: is_discounted(goods) and goods.taxes == taxes),
            (discounted, is_discounted),
            (orders, lambda goods: bool(goods.orders & orders) and goods.taxes == taxes),
            (orders, lambda goods: bool(goods.orders & orders)),
            (taxes, lambda goods: goods.taxes == taxes),
        ]
        for is_known, test in tests:
            whole = sum(goods.cents for goods in self.billed if test(goods)) if is_known else 0
            if whole:
                # whatever was typed by hand may be about any of them
                return sum(goods.cents if test(goods) else Fraction(goods.cents * whole, self.whole)
                           for goods in self.credited if test(goods) or not goods.orders), whole
        return sum(goods.cents for goods in self.credited), self.whole
