# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyFreight(MoneyCommon):
    """What the customer pays for the way back is kept of the credit, once a return."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.freight = cls.env.ref('returns_management.product_return_freight')
        cls.rule.shipping_paid_by = 'customer'

    def _approve_with_freight(self, order, quantity=1.0, freight=6.0, **values):
        request = self._approve(order, quantity, **values)
        request.freight_amount = freight
        return request

    def _bring(self, request, quantities=None, **values):
        self._receive(request, quantities)
        inspections = self.env['returns.inspection'].with_user(self.inspector).search(
            [('request_id', '=', request.id), ('state', '=', 'draft')])
        inspections.write({'disposition_id': self.restock.id, 'grade': 'a', **values})
        inspections.action_done()
        return self._settle(request)

    def _get_freight(self, notes):
        return -sum(notes.invoice_line_ids.filtered(lambda line: line.product_id == self.freight).mapped('price_total'))

    def test_customers_freight_is_a_line_of_the_credit_note(self):
        account = self.product._get_product_accounts()['income'].copy({'code': '400778'})
        self.freight.property_account_income_id = account
        request = self._approve_with_freight(self._sell((self.product, 2.0, {'price_unit': 50.0})), 2.0)
        self.assertEqual(request.freight_paid_by, 'customer')
        notes = self._bring(request)
        line = notes.invoice_line_ids.filtered(lambda line: line.product_id == self.freight)
        self.assertEqual((line.price_total, line.account_id, line.tax_ids), (-6.0, account, self.tax_15 | self.tax_5))
        self.assertEqual(line.price_subtotal, -5.0)
        self.assertEqual((notes.amount_total, request.amount_refunded, request.state), (114.0, 114.0, 'done'))
        self.assertEqual(request.sudo().settlement_ids.mapped('freight_company'), [6.0])

    def test_freight_with_a_tax_of_its_own(self):
        self.freight.taxes_id = self.tax_5
        notes = self._bring(self._approve_with_freight(self._sell((self.product, 2.0, {'price_unit': 50.0})), 1.0, 21.0))
        line = notes.invoice_line_ids.filtered(lambda line: line.product_id == self.freight)
        self.assertEqual((line.tax_ids, line.price_subtotal, line.price_total), (self.tax_5, -20.0, -21.0))
        self.assertEqual(notes.amount_total, 39.0)

    def test_freight_is_kept_once_however_many_notes(self):
        request = self._approve_with_freight(self._sell((self.product, 5.0, {'price_unit': 50.0})), 4.0)
        notes = self._bring(request, {self.product: 1.0})
        self.assertEqual(notes.amount_total, 54.0)
        notes = self._bring(request)
        self.assertEqual(len(notes), 2)
        self.assertEqual((self._get_freight(notes), sum(notes.mapped('amount_total'))), (6.0, 234.0))

    def test_freight_goes_up_to_what_is_credited_and_the_rest_to_the_next_note(self):
        self.rule.fee_percent = 50.0
        request = self._approve_with_freight(self._sell((self.product, 3.0, {'price_unit': 50.0})), 3.0, 40.0)
        first = self._bring(request, {self.product: 1.0})
        self.assertEqual((first.amount_total, self._get_freight(first)), (0.0, 30.0))
        notes = self._bring(request)
        self.assertEqual((self._get_freight(notes), sum(notes.mapped('amount_total'))), (40.0, 50.0))

    def test_no_freight_where_the_customer_is_not_responsible(self):
        order = self._sell((self.product, 4.0, {'price_unit': 50.0}))
        request = self._approve_with_freight(
            order, 1.0, reason_id=self.env.ref('returns_management.reason_quality_defect').id)
        self.assertEqual(request.freight_paid_by, 'company')
        request.freight_paid_by = 'customer'
        self.assertEqual(self._bring(request).amount_total, 60.0, "the policy has us pay")
        request = self._approve_with_freight(order)
        self.assertEqual(self._bring(request, responsibility='carrier').amount_total, 60.0, "the inspector found so")
        request = self._approve_with_freight(order)
        request.freight_paid_by = 'company'
        self.assertEqual(self._bring(request).amount_total, 60.0, "waived")

    def test_no_freight_on_an_exchange(self):
        request = self._approve_with_freight(
            self._sell((self.product, 4.0, {'price_unit': 50.0})), 1.0, resolution='exchange')
        self.assertFalse(self._bring(request))
        self.assertFalse(request.sudo().settlement_ids.freight_company)

    def test_exchanged_lines_take_their_part_of_the_freight(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}), (self.product_ordered, 1.0, {'price_unit': 100.0}))
        request = self._file(order)
        request.line_ids[1].resolution = 'exchange'
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        request.freight_amount = 6.0
        self.assertEqual(self._bring(request).amount_total, 58.0)

    def test_freight_of_a_cancelled_note_is_kept_by_the_next(self):
        request = self._approve_with_freight(self._sell((self.product, 2.0, {'price_unit': 50.0})), 2.0)
        note = self._bring(request)
        note.with_user(self.accountant).button_draft()
        note.with_user(self.accountant).button_cancel()
        again = self._settle(request).filtered(lambda move: move.state == 'posted')
        self.assertEqual((self._get_freight(again), again.amount_total), (6.0, 114.0))
        again.with_user(self.accountant).button_draft()
        again.unlink()
        request.freight_amount = 12.0
        again = self._settle(request).filtered(lambda move: move.state == 'posted')
        self.assertEqual((self._get_freight(again), request.amount_refunded), (12.0, 108.0))

    def test_less_freight_may_be_kept_and_no_more(self):
        request = self._approve_with_freight(self._sell((self.product, 2.0, {'price_unit': 50.0})), 2.0)
        self.env.company.returns_refund_posting = 'draft'
        self._receive(request)
        self._inspect(request)
        note = self._settle(request, post=False).with_user(self.accountant)
        goods, line = note.invoice_line_ids.sorted('price_total', reverse=True)
        line.price_unit = -7.0
        with self.assertRaisesRegex(UserError, r"keeps .*8\.40.* but by the policy only .*6\.00"):
            note.action_post()
        line.price_unit = -1.0
        goods.quantity = 1.0
        note.action_post()
        self.assertEqual(request.amount_refunded, 58.8)
        rest = self._settle(request) - note
        self.assertEqual(rest.amount_total, 60.0, "what was waived is not kept by the next note")

    def test_freight_of_a_return_billed_in_foreign_currency(self):
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 50.0, 'tax_ids': self.tax_15.ids}, foreign=True)
        request = self._accept({invoice.line_ids.sale_line_ids: 2.0})
        request.line_ids._write_flow({'shipping_paid_by': 'customer'})
        request.write({'freight_amount': 10.0, 'freight_paid_by': 'customer'})
        notes = self._settle(request)
        self.assertEqual((self._get_freight(notes), notes.amount_total), (8.73, 106.27))
        self.assertEqual(request.settlement_ids.freight_company, 10.0)

    def test_freight_of_two_returns_on_one_note(self):
        invoice = self._bill({'product_uom_qty': 4.0, 'price_unit': 50.0, 'tax_ids': self.tax_15.ids})
        requests = self.Request
        for freight in (10.0, 3.0):
            request = self._accept({invoice.line_ids.sale_line_ids: 1.0})
            request.line_ids._write_flow({'shipping_paid_by': 'customer'})
            request.write({'freight_amount': freight, 'freight_paid_by': 'customer'})
            requests |= request
        notes = self._settle(requests)
        self.assertEqual((len(notes), notes.amount_total), (1, 102.0))
        self.assertEqual(requests.mapped('amount_refunded'), [47.5, 54.5])

    def test_customer_reads_what_is_kept(self):
        request = self._approve_with_freight(self._sell(), 1.0, 6.0)
        self.assertIn("6.00", request._get_freight_words())

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_notes_are_the_invoice_less_fee_and_freight(self, data):
        """However goods are cut, and whatever their taxes: the notes and what is kept are the invoice, to the cent."""
        draw = data.draw
        self.company.tax_calculation_rounding_method = draw(st.sampled_from(['round_globally', 'round_per_line']))
        fee, cents, foreign = draw(st.sampled_from([0, 7.5, 33.33])), draw(st.integers(0, 9999)), draw(st.booleans())
        invoice = self._bill(*({
            'product_uom_qty': 6.0, 'price_unit': draw(st.integers(1, 9999)) / 100,
            'tax_ids': self.taxes[draw(st.sampled_from(list(self.taxes)))].ids,
        } for _number in range(2)), foreign=foreign)
        lines = invoice.line_ids.sale_line_ids
        request = self._accept(dict.fromkeys(lines, 6.0))
        request.write({'freight_amount': cents / 100, 'freight_paid_by': 'customer'})
        for line in request.line_ids:
            line._write_flow({'quantity_accepted': 0.0, 'fee_percent': fee, 'shipping_paid_by': 'customer'})
        notes = self.env['account.move']
        for part in draw(st.sampled_from([[6], [1, 5], [2, 2, 2], [1, 2, 1, 2]])):
            for line in request.line_ids:
                line._write_flow({'quantity_accepted': line.quantity_accepted + part})
            notes |= self._settle(request)
        self.assertTrue(all(note.amount_total >= 0 for note in notes))
        fees = -sum(notes.invoice_line_ids.filtered(lambda line: (
            line.product_id == self.env.ref('returns_management.product_restocking_fee'))).mapped('price_total'))
        freight = self._get_freight(notes)
        self.assertAlmostEqual(sum(notes.mapped('amount_total')), invoice.amount_total - fees - freight, places=2)
        wanted = round(cents / 100 * (invoice.invoice_currency_rate if foreign else 1), 2)
        room = invoice.amount_total - fees
        self.assertAlmostEqual(freight, min(wanted, room), delta=0.0101)
        if foreign and freight < wanted - 0.011 or not foreign:
            self.assertAlmostEqual(freight, min(wanted, room), places=2)
        self.assertLessEqual(round(sum(request.settlement_ids.mapped('freight_company')), 2), cents / 100)
        self.assertAlmostEqual(request.amount_refunded, sum(abs(note.amount_total_signed) for note in notes), places=2)
        for note in notes:
            self.assertAlmostEqual(note.tax_totals['total_amount_currency'], note.amount_total, places=6)
