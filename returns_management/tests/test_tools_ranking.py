# Part of returns_management. See LICENSE file for full copyright and licensing details.
from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.ranking import CONTAINS, EXACT, KINDS, PREFIX, Hit, quality, rank

DAY = datetime(2026, 5, 1)
values = st.text('ab1 ', min_size=1, max_size=5)
hits = st.builds(
    Hit, key=st.integers(0, 5), kind=st.sampled_from(KINDS), value=values, is_open=st.booleans(),
    moment=st.integers(0, 9).map(lambda days: DAY + timedelta(days=days)))


def hit(key, kind='request', value="RET00012", is_open=True, days=0):
    return Hit(key, kind, value, is_open, DAY + timedelta(days=days))


class TestRanking(BaseCase):
    def test_quality(self):
        for text, value, expected in (
                ("RET00012", "RET00012", EXACT), ("ret00012 ", "RET00012", EXACT), ("1z  9", "1Z 9", EXACT),
                ("RET", "RET00012", PREFIX), ("012", "RET00012", CONTAINS), ("13", "RET00012", None),
                ("", "RET00012", None), ("  ", "RET00012", None), ("straße", "STRASSE", EXACT)):
            with self.subTest(text=text, value=value):
                self.assertEqual(quality(text, value), expected)

    def test_order(self):
        """From first to last: each is beaten by all before it."""
        table = [
            hit('exact open request'),
            hit('exact open tracking', 'tracking', days=9),
            hit('exact open receipt', 'receipt'),
            hit('exact open order', 'order'),
            hit('exact open lot', 'lot'),
            hit('exact open product', 'product'),
            hit('exact open customer', 'customer'),
            hit('exact closed request', is_open=False, days=9),
            hit('prefix open, younger', value="RET000123", days=2),
            hit('prefix open, older', value="RET000124", days=1),
            hit('prefix open order', 'order', value="RET000129", days=9),
            hit('prefix closed', value="RET000125", is_open=False),
            hit('contained open', value="XRET00012"),
            hit('contained closed', value="XRET00012", is_open=False),
        ]
        self.assertEqual([found.key for found in rank("RET00012", reversed(table))], [found.key for found in table])

    def test_unknown_kind_is_an_error(self):
        with self.assertRaises(ValueError):
            rank("RET", [replace(hit(1), kind='colour')])

    @given(values, st.lists(hits))
    def test_each_once_and_nothing_that_is_not_named(self, text, found):
        ranked = rank(text, found)
        self.assertLessEqual(set(ranked), set(found))
        self.assertEqual(len({one.key for one in ranked}), len(ranked))
        self.assertEqual({one.key for one in ranked}, {one.key for one in found if quality(text, one.value) is not None})

    @given(values, st.lists(hits))
    def test_worse_never_stands_before_better(self, text, found):
        grades = [(quality(text, one.value), not one.is_open) for one in rank(text, found)]
        self.assertEqual(grades, sorted(grades))

    @given(values, st.lists(hits), st.randoms())
    def test_order_of_arrival_does_not_matter(self, text, found, random):
        shuffled = list(found)
        random.shuffle(shuffled)
        self.assertEqual([one.key for one in rank(text, found)], [one.key for one in rank(text, shuffled)])

    @given(values, st.lists(hits), st.integers(0, 4))
    def test_limit_keeps_the_best(self, text, found, limit):
        self.assertEqual(rank(text, found, limit), rank(text, found)[:limit])
