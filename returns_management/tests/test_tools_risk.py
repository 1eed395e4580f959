# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import replace
from decimal import Decimal

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.risk import Facts, assess

KNOWN = Facts(delivered=Decimal(100), orders=5, usual=Decimal(200), amount=Decimal(100))


class TestRisk(BaseCase):
    """Points for facts; without an environment."""

    def _points(self, **facts):
        return assess(replace(KNOWN, **{
            name: Decimal(value) if name in ('delivered', 'returned', 'usual', 'amount') else value
            for name, value in facts.items()})).score

    def test_ordinary_customer_scores_nothing(self):
        self.assertEqual(assess(KNOWN), assess(replace(KNOWN, returned=Decimal(14))))
        self.assertEqual((assess(KNOWN).score, assess(KNOWN).reasons), (0, ()))

    def test_share_of_pieces_sent_back(self):
        for returned, points in ((14, 0), (15, 10), (29, 10), (30, 25), (49, 25), (50, 40), (100, 40)):
            with self.subTest(returned=returned):
                self.assertEqual(self._points(returned=returned), points)

    def test_small_numbers_say_nothing(self):
        self.assertEqual(self._points(delivered=9, returned=9), 0)
        self.assertEqual(self._points(delivered=10, returned=2), 0)
        self.assertEqual(self._points(delivered=10, returned=3), 25)
        self.assertEqual(assess(Facts(delivered=Decimal(1), returned=Decimal(1), amount=Decimal(9999))).score, 10)

    def test_unusual_amount_needs_orders_to_compare_with(self):
        self.assertEqual(self._points(amount=599), 0)
        self.assertEqual(self._points(amount=600), 15)
        self.assertEqual(self._points(amount=600, orders=2), 0)
        self.assertEqual(self._points(amount=600, orders=0), 10)

    def test_cases_count_up_to_a_limit(self):
        for name, points in (('refused', (10, 20, 30, 30)), ('unsent', (5, 10, 15, 15)),
                             ('paid_unsent', (25, 50, 50, 50)), ('other_goods', (20, 40, 40, 40))):
            with self.subTest(name=name):
                self.assertEqual(tuple(self._points(**{name: number}) for number in (1, 2, 3, 4)), points)

    def test_score_ends_at_100_and_its_reasons_say_what_for(self):
        found = assess(replace(KNOWN, returned=Decimal(60), refused=9, unsent=9, paid_unsent=9, other_goods=9))
        self.assertEqual(found.score, 100)
        self.assertEqual([points for points, _text in found.reasons], [40, 30, 15, 50, 40])
        self.assertIn("sent back 60 of 100 pieces of the last twelve months (60 %)", found.reasons[0][1])
        self.assertIn("paid in advance and never sent: 9", found.reasons[3][1])
