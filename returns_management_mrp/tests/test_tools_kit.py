# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..tools.kit import Kit, approximate, compose, exact

numbers = st.fractions(min_value=Fraction(1, 12), max_value=12, max_denominator=12)


@tagged('at_install', '-post_install')
class TestKit(BaseCase):
    """What a kit is made of, and what part of its price each piece bears."""

    @given(st.lists(st.tuples(numbers, st.integers(0, 10**6)), min_size=1, max_size=6))
    def test_all_pieces_of_a_kit_bear_all_of_its_price(self, components):
        kit = Kit({number: pieces for number, (pieces, _value) in enumerate(components)},
                  {number: Fraction(value) for number, (_pieces, value) in enumerate(components)})
        self.assertEqual(sum(pieces * kit.share(key) for key, pieces in kit.pieces.items()), 1)

    def test_dear_components_bear_more(self):
        kit = Kit({'body': Fraction(1), 'cup': Fraction(2)}, {'body': Fraction(60), 'cup': Fraction(20)})
        self.assertEqual((kit.share('body'), kit.share('cup')), (Fraction(3, 5), Fraction(1, 5)))

    def test_gift_in_a_kit_bears_nothing(self):
        kit = Kit({'body': Fraction(1), 'card': Fraction(1)}, {'body': Fraction(60), 'card': Fraction(0)})
        self.assertEqual((kit.share('body'), kit.share('card')), (1, 0))

    @given(st.lists(numbers, min_size=1, max_size=4), st.integers(0, 20), numbers)
    def test_whole_kits_are_those_whose_last_component_is_there(self, each, kits, less):
        kit = Kit(dict(enumerate(each)), dict.fromkeys(range(len(each)), Fraction(1)))
        pieces = kit.get_pieces(kits)
        self.assertEqual(kit.count_whole(pieces), kits)
        pieces[0] -= min(less, pieces[0])
        self.assertEqual(kit.count_whole(pieces), pieces[0] // each[0])
        self.assertEqual(kit.count_whole({}), 0)

    def test_bill_of_materials_that_fits_tells_the_size_of_a_kit(self):
        moved = {'body': Fraction(3), 'cup': Fraction(6)}
        listed = {'body': Fraction(1), 'cup': Fraction(2)}
        self.assertEqual(compose(moved, listed, Fraction(3)), listed)
        self.assertEqual(compose(moved, listed, Fraction(2)), listed, "the order was lowered, and its delivery cancelled")

    def test_bill_of_materials_changed_since_does_not_count(self):
        moved = {'body': Fraction(3), 'cup': Fraction(6)}
        delivered = {'body': Fraction(1), 'cup': Fraction(2)}
        for listed in ({'body': Fraction(1), 'cup': Fraction(4)}, {'body': Fraction(1)}, {},
                       {'body': Fraction(1), 'cup': Fraction(2), 'tray': Fraction(1)}):
            with self.subTest(listed=listed):
                self.assertEqual(compose(moved, listed, Fraction(3)), delivered)

    def test_numbers_are_read_as_people_read_them(self):
        self.assertEqual(
            (exact(0.1), approximate(1 / 3), approximate(2.5)), (Fraction(1, 10), Fraction(1, 3), Fraction(5, 2)))
