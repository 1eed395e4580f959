# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import tagged

from odoo.addons.returns_management.tests.test_money_properties import _share, _Undo, prices

from ..tools.kit import Kit
from .common import KitCommon

QUARTER = Fraction(1, 4)

kits = st.lists(
    st.tuples(st.sampled_from([QUARTER, Fraction(1, 2), Fraction(1), Fraction(2), Fraction(3), Fraction(5, 4)]),
              st.one_of(st.just(0), st.integers(1, 10**5))), min_size=1, max_size=4)
lines = st.fixed_dictionaries({
    'kit': kits, 'quantity': st.integers(1, 4).map(lambda number: 4 * number), 'price_unit': prices,
    'discount': st.one_of(st.just(0), st.integers(0, 99)),
    'taxes': st.sampled_from(['15', '5', '21 included', '15 + 5', 'none']),
})


@st.composite
def cases(draw):
    """Invoice lines of kits, or of whole products, and how their components come back: pieces by credit note."""
    bill = draw(st.lists(lines, min_size=1, max_size=3))
    left = {(number, place): line['quantity'] * pieces
            for number, line in enumerate(bill) for place, (pieces, _value) in enumerate(line['kit'])}
    cuts = []
    for _number in range(draw(st.integers(0, 4))):
        cut = {key: QUARTER * draw(st.integers(0, int(rest / QUARTER))) for key, rest in left.items()}
        cut = {key: part for key, part in cut.items() if part}
        if cut:
            cuts.append(cut)
            left = {key: rest - cut.get(key, 0) for key, rest in left.items()}
    rest = {key: part for key, part in left.items() if part}
    return bill, cuts + [rest] if rest else cuts, draw(st.booleans())


@tagged('post_install', '-at_install')
class TestKitProperties(KitCommon):
    """However the components of kits come back, their credit notes are the invoice to the cent, per tax."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parts = [cls.env['product.product'].create({
            'name': f"Part {number}", 'type': 'consu', 'is_storable': False, 'taxes_id': [Command.clear()]})
            for number in range(4)]

    def _check_case(self, rounding, case):
        bill, cuts, foreign = case
        self.company.tax_calculation_rounding_method = rounding
        invoice = self._bill(*({
            'product_uom_qty': float(line['quantity']), 'price_unit': line['price_unit'], 'discount': line['discount'],
            'tax_ids': self.taxes[line['taxes']].ids,
        } for line in bill), foreign=foreign)
        if not invoice.amount_total:
            return
        sale_lines = invoice.line_ids.sale_line_ids
        self.env['returns.kit.component']._freeze({
            sale_line: Kit({part: pieces for part, (pieces, _value) in zip(self.parts, line['kit'], strict=False)},
                           {part: Fraction(value) for part, (_pieces, value) in zip(self.parts, line['kit'], strict=False)})
            for sale_line, line in zip(sale_lines, bill, strict=True)})
        notes = self.env['account.move']
        for cut in cuts:
            note = self._settle(self._accept_parts({
                (sale_lines[number], self.parts[place]): part for (number, place), part in cut.items()}))
            self.assertEqual(len(note), 1)
            self.assertGreaterEqual(invoice.amount_residual, 0.0)
            notes |= note
        self.assertAddUp(invoice, notes)
        self.assertEqual(set(sale_lines.mapped('qty_to_invoice')), {0.0})

    def _try_case(self, rounding, case):
        try:
            with self.env.cr.savepoint():
                self._check_case(rounding, case)
                raise _Undo
        except _Undo:
            self.env.invalidate_all()

    @_share(2)
    @given(cases())
    def test_components_add_up_to_the_invoice_rounded_globally(self, case):
        self._try_case('round_globally', case)

    @_share(3)
    @given(cases())
    def test_components_add_up_to_the_invoice_rounded_per_line(self, case):
        self._try_case('round_per_line', case)
