# Part of returns_management. See LICENSE file for full copyright and licensing details.
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.apportion import Portion, heal, share, smooth, target

TOTALS = st.integers(-10**7, 10**7)
PIECES = st.integers(1, 40).map(lambda quarters: Decimal(quarters) / 4)


@st.composite
def cuts(draw, whole):
    """Positive quantities that add up to `whole`, in any order."""
    rest, parts = whole, []
    while rest > 0 and len(parts) < 5:
        part = min(rest, draw(PIECES))
        parts.append(part)
        rest -= part
    return draw(st.permutations([*parts, rest])) if rest else parts


@st.composite
def invoices(draw, totals=TOTALS):
    """Lines with taxes, and the credit notes that return everything: each note takes some lines in part."""
    lines = []
    for key in range(draw(st.integers(1, 7))):
        names = draw(st.sets(st.sampled_from(['vat', 'eco', 'city']), min_size=1))
        whole = draw(PIECES)
        lines.append((key, {name: draw(totals) for name in sorted(names)}, whole, draw(cuts(whole))))
    notes = [{} for _ in range(draw(st.integers(1, 12)))]
    for key, _amounts, _whole, parts in lines:
        for part in parts:
            note = notes[draw(st.integers(0, len(notes) - 1))]
            note[key] = note.get(key, 0) + part
    return lines, notes


def run(lines, notes):
    """Shares of each note, in their order, with the portions asked."""
    before = dict.fromkeys(range(len(lines)), Decimal(0))
    for note in notes:
        portions = [
            Portion(key, amounts, before[key], note.get(key, Decimal(0)), whole)
            for key, amounts, whole, _parts in lines
        ]
        yield portions, smooth(portions)
        for key, now in note.items():
            before[key] += now


def by_name(shares):
    total = {}
    for cents in shares:
        for name, amount in cents.items():
            total[name] = total.get(name, 0) + amount
    return total


class TestShare(BaseCase):
    def test_third_of_a_hundred(self):
        self.assertEqual([share(10000, before, 1, 3) for before in range(3)], [3333, 3334, 3333])

    def test_half_a_cent_goes_away_from_zero(self):
        self.assertEqual([target(total, 1, 2) for total in (1, 3, -1, -3)], [1, 2, -1, -2])

    def test_float_is_read_as_the_decimal_it_prints(self):
        self.assertEqual(target(15, 0.1, 0.3), 5)
        self.assertEqual(share(100, 0.1, 0.2, 0.3), 67)
        self.assertEqual(target(2, 0.3, 0.4), 2)

    def test_nothing_of_nothing_is_an_error(self):
        with self.assertRaises(ZeroDivisionError):
            target(100, 0, 0)

    @given(TOTALS, st.sampled_from([1, -1]), PIECES)
    def test_whole_gets_all(self, total, sign, whole):
        self.assertEqual(target(total, sign * whole, sign * whole), total)
        self.assertEqual(target(total, 0, sign * whole), 0)

    @given(TOTALS, PIECES.flatmap(lambda whole: st.tuples(st.just(whole), cuts(whole))), st.sampled_from([1, -1]))
    def test_shares_add_up_however_it_is_cut(self, total, whole_and_parts, sign):
        whole, parts = whole_and_parts
        before, booked = Decimal(0), 0
        for part in parts:
            now = share(total, sign * before, sign * part, sign * whole)
            self.assertEqual(now, heal(total, booked, sign * (before + part), sign * whole))
            self.assertLessEqual(abs(now - Fraction(total) * Fraction(part) / Fraction(whole)), 1)
            before += part
            booked += now
        self.assertEqual(booked, total)

    @given(TOTALS, PIECES, PIECES, PIECES)
    def test_share_is_never_of_the_other_sign(self, total, before, now, rest):
        self.assertGreaterEqual(share(total, before, now, before + now + rest) * total, 0)

    @given(TOTALS, TOTALS, PIECES, PIECES)
    def test_heal_makes_up_for_what_was_really_booked(self, total, booked, after, rest):
        self.assertEqual(booked + heal(total, booked, after, after + rest), target(total, after, after + rest))


class TestSmooth(BaseCase):
    def test_five_half_cents_are_not_five_cents(self):
        portions = [Portion(key, {'vat': 1}, 0, 1, 2) for key in range(5)]
        self.assertEqual([share(1, 0, 1, 2) for _portion in portions], [1] * 5)
        self.assertEqual([cents['vat'] for cents in smooth(portions)], [0, 0, 1, 1, 1])

    def test_one_line_is_a_plain_share(self):
        self.assertEqual(
            [smooth([Portion(1, {'vat': 1000}, before, 1, 3)]) for before in range(3)],
            [[{'vat': 333}], [{'vat': 334}], [{'vat': 333}]],
        )

    def test_line_that_is_not_on_the_note_gets_nothing(self):
        on_note, other = Portion('a', {'vat': 5}, 1, 1, 3), Portion('b', {'vat': 7, 'eco': 9}, 1, 0, 3)
        self.assertEqual(smooth([on_note, other])[1], {'vat': 0, 'eco': 0})

    def test_wrong_cents_of_an_earlier_note_are_made_up_for(self):
        portions = [Portion(key, {'vat': 1000}, 1, 1, 3) for key in 'ab']
        self.assertEqual(by_name(smooth(portions)), {'vat': 666})
        self.assertEqual(by_name(smooth(portions, {'vat': 600})), {'vat': 733})
        self.assertEqual(smooth(portions, {'vat': 600}), [{'vat': 366}, {'vat': 367}])

    def test_large_repair_is_spread_by_weight_at_once(self):
        portions = [Portion('big', {'vat': 3 * 10**9}, 0, 1, 1), Portion('small', {'vat': 10**9}, 0, 1, 1)]
        self.assertEqual(smooth(portions, {'vat': 2 * 10**9}), [{'vat': 15 * 10**8}, {'vat': 5 * 10**8}])

    def test_repair_waits_for_a_line_that_can_carry_it(self):
        portions = [Portion('a', {'vat': 100}, 0, 1, 1), Portion('b', {'eco': 100}, 0, 1, 1)]
        self.assertEqual(smooth(portions[:1], {'eco': 7}), [{'vat': 100}])
        waiting = [Portion('a', {'vat': 100}, 0, 1, 1), Portion('b', {'eco': 100}, 1, 0, 1)]
        self.assertEqual(smooth(waiting, {'vat': 0, 'eco': 93}), [{'vat': 100}, {'eco': 0}])

    @given(invoices())
    def test_notes_add_up_to_the_invoice_for_each_tax(self, invoice):
        lines, notes = invoice
        credited = by_name([by_name(shares) for _portions, shares in run(lines, notes)])
        self.assertEqual(credited, by_name(amounts for _key, amounts, _whole, _parts in lines))

    @given(invoices())
    def test_each_note_is_within_a_cent_of_its_exact_tax(self, invoice):
        for portions, shares in run(*invoice):
            for name, cents in by_name(shares).items():
                exact = sum(Fraction(p.totals.get(name, 0)) * Fraction(p.now) / Fraction(p.whole) for p in portions)
                self.assertLessEqual(abs(cents - exact), 1)

    @given(invoices(), st.randoms(use_true_random=False))
    def test_total_after_the_same_quantities_does_not_depend_on_the_order_of_notes(self, invoice, random):
        lines, notes = invoice
        half = notes[: len(notes) // 2]
        shuffled = random.sample(half, len(half))
        self.assertEqual(
            by_name(by_name(shares) for _portions, shares in run(lines, half)),
            by_name(by_name(shares) for _portions, shares in run(lines, shuffled)),
        )

    @given(invoices())
    def test_line_gets_its_own_names_and_only_when_it_is_on_the_note(self, invoice):
        for portions, shares in run(*invoice):
            self.assertEqual(len(shares), len(portions))
            for portion, cents in zip(portions, shares, strict=True):
                self.assertEqual(list(cents), list(portion.totals))
                if not portion.now:
                    self.assertFalse(any(cents.values()))

    @given(invoices(totals=st.integers(0, 200)))
    def test_small_taxes_never_turn_negative(self, invoice):
        for _portions, shares in run(*invoice):
            self.assertTrue(all(amount >= 0 for cents in shares for amount in cents.values()))

    @given(invoices())
    def test_line_is_within_two_cents_of_its_exact_part(self, invoice):
        for portions, shares in run(*invoice):
            for portion, cents in zip(portions, shares, strict=True):
                for name, amount in cents.items():
                    exact = Fraction(portion.totals[name]) * Fraction(portion.now) / Fraction(portion.whole)
                    self.assertLess(abs(amount - exact), 2)

    @given(invoices(), st.lists(st.integers(-500, 500), min_size=1))
    def test_last_note_heals_what_others_booked_wrong(self, invoice, errors):
        lines, notes = invoice
        booked = dict.fromkeys(by_name(amounts for _key, amounts, _whole, _parts in lines), 0)
        for number, (portions, _shares) in enumerate(run(lines, notes)):
            healed = by_name(smooth(portions, booked))
            for name in booked:
                bearing = any(p.now and p.totals.get(name) for p in portions)
                exact = sum(
                    Fraction(p.totals.get(name, 0)) * Fraction(p.before + p.now) / Fraction(p.whole) for p in portions
                )
                if bearing:
                    self.assertLessEqual(abs(booked[name] + healed[name] - exact), Fraction(1, 2))
                else:
                    self.assertEqual(healed[name], 0)
                booked[name] += healed[name] + errors[number % len(errors)]
