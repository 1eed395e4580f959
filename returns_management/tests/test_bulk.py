# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields
from odoo.tests import tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestBulk(ReturnsCommon):
    """Many returns at once come out as one by one, and cost no more each."""

    def _sell_all(self, number, **order_values):
        """As many delivered and invoiced orders of two lines, each of another customer."""
        partners = self.env['res.partner'].create([
            {'name': f"Bulk {index}", 'email': f'bulk{index}@example.com'} for index in range(number)])
        return self.env['sale.order'].union(*(
            self._sell((self.product, 3.0), (self.product_ordered, 4.0, {'discount': 10.0}), partner=partner,
                       **order_values) for partner in partners))

    def _settle_all(self, orders, quantity=2.0):
        """:return: the draft credit notes of returns of ``quantity`` pieces of each line of ``orders``"""
        requests = self.Request.union(*(self._approve(order, quantity) for order in orders))
        for request in requests:
            self._receive(request)
            self._inspect(request)
        requests.with_user(self.accountant).action_settle()
        return requests.sudo().refund_ids.sorted('id')

    def _pay(self, invoice, amount):
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({'amount': amount})._create_payments()

    def _get_outcome(self, note):
        """:return: what posting made of a credit note and its invoice, ids apart"""
        invoice = note.reversed_entry_id
        partials = (note | invoice).line_ids.matched_debit_ids | (note | invoice).line_ids.matched_credit_ids
        return {
            'states': (note.state, note.payment_state, invoice.payment_state),
            'amounts': (note.amount_total, note.amount_residual, invoice.amount_residual),
            'signed': (note.amount_total_signed, note.amount_residual_signed, invoice.amount_residual_signed),
            'dates': (note.invoice_date, note.date, note.invoice_date_due),
            'rate': (note.invoice_currency_rate, invoice.invoice_currency_rate),
            'partials': sorted((
                partial.amount, partial.debit_amount_currency, partial.credit_amount_currency,
                partial.debit_move_id.move_type, partial.credit_move_id.move_type, bool(partial.exchange_move_id),
            ) for partial in partials),
            'full': sorted(bool(line.full_reconcile_id) for line in note.line_ids),
        }

    def _check_posting(self, orders):
        """Post half of the notes together, the other half one by one, and compare them two by two."""
        notes = self._settle_all(orders)
        half = len(notes) // 2
        together, single = notes[:half], notes[half:]
        together.with_user(self.accountant).action_post()
        for note in single:
            note.with_user(self.accountant).action_post()
        for one, other in zip(together, single, strict=True):
            self.assertEqual(self._get_outcome(one), self._get_outcome(other))
        return together

    def test_notes_posted_together_are_reconciled_as_one_by_one(self):
        orders = self._sell_all(6)
        for order in orders[1] | orders[4]:
            self._pay(order.invoice_ids, 10.0)
        for order in orders[2] | orders[5]:
            self._pay(order.invoice_ids, order.invoice_ids.amount_total)
        unpaid, part_paid, paid = self._check_posting(orders)
        self.assertEqual(
            (unpaid | part_paid | paid).mapped('payment_state'), ['paid', 'paid', 'not_paid'])
        self.assertEqual(unpaid.invoice_date, fields.Date.context_today(unpaid.with_user(self.accountant)))

    def test_notes_posted_together_keep_the_rate_of_their_invoices(self):
        currency = self.env['res.currency'].with_context(active_test=False).search(
            [('name', '=', 'EUR' if self.company.currency_id.name != 'EUR' else 'CHF')])
        currency.active = True
        rate = self.env['res.currency.rate'].create({
            'currency_id': currency.id, 'company_id': self.company.id, 'name': '2020-01-01', 'rate': 2.0})
        pricelist = self.env['product.pricelist'].create({'name': "Abroad", 'currency_id': currency.id})
        orders = self._sell_all(4, pricelist_id=pricelist.id)
        rate.rate = 4.0
        for note in self._check_posting(orders):
            self.assertEqual((note.invoice_currency_rate, note.reversed_entry_id.invoice_currency_rate), (2.0, 2.0))
            self.assertAlmostEqual(note.amount_total_signed, -note.amount_total / 2.0, delta=0.02)

    def test_notes_of_one_invoice_posted_together_stay_with_it(self):
        orders = self._sell_all(4)
        invoices = orders.invoice_ids.sorted('id')
        notes = self.env['account.move'].union(*(self._settle_all(orders, 1.0) for _turn in range(2)))
        for invoice in invoices[1] | invoices[3]:
            self._pay(invoice, invoice.amount_total - 30.0)
        notes = notes.sorted(lambda note: (note.reversed_entry_id.id, note.id))
        together, single = notes[:4], notes[4:]
        together.with_user(self.accountant).action_post()
        for note in single:
            note.with_user(self.accountant).action_post()
        for one, other in zip(together, single, strict=True):
            self.assertEqual(self._get_outcome(one), self._get_outcome(other))
            matched = one.line_ids.matched_debit_ids.debit_move_id | one.line_ids.matched_credit_ids.credit_move_id
            self.assertLessEqual(matched.move_id, one.reversed_entry_id)

    def test_other_credit_notes_posted_beside_are_reconciled_too(self):
        ours = self._settle_all(self._sell((self.product, 3.0)), 3.0)
        invoice = self._sell((self.product, 3.0)).invoice_ids
        by_hand = invoice._reverse_moves([{'invoice_date': fields.Date.today()}])
        (ours | by_hand).action_post()
        self.assertEqual((ours | by_hand).mapped('amount_residual'), [0.0, 0.0])
        self.assertEqual((ours | by_hand).reversed_entry_id.mapped('payment_state'), ['reversed', 'reversed'])

    def test_default_team_is_that_of_the_company(self):
        other = self.env['res.company'].create({'name': "Other"})
        request = self.Request.with_context(allowed_company_ids=[self.company.id, other.id]).create({
            'partner_id': self.customer.id, 'company_id': other.id})
        self.assertTrue(request.team_id)
        self.assertEqual(request.team_id.company_id, other)
        self.assertEqual(request.copy({'team_id': False}).team_id, self.env['returns.team'])
