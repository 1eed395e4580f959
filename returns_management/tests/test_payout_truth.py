# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import tagged

from .test_payout import PayoutCommon


@tagged('post_install', '-at_install')
class TestPayoutTruth(PayoutCommon):
    """What is paid out is what came in, once, whatever accountants do meanwhile."""

    def _pay_loose(self, journal, amount):
        """:return: the item of a payment to the customer that meets nothing yet"""
        payment = self.env['account.payment'].create({
            'payment_type': 'outbound', 'partner_type': 'customer', 'partner_id': self.customer.id, 'amount': amount,
            'journal_id': journal.id})
        payment.action_post()
        return payment.move_id.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')

    def _receivable(self, move):
        return move.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')

    def test_several_payments_matched_at_once_leave_the_rest_to_be_paid(self):
        request, note = self._credited((self.cash, None))
        items = self._pay_loose(self.bank, 3.0) | self._pay_loose(self.bank, 4.0)
        (items | self._receivable(note)).reconcile()
        self.assertEqual(request.amount_paid, 7.0)
        payouts = self._pay_out(request)
        self.assertEqual(sum(payouts.mapped('amount')), note.amount_total)

    def test_payment_taken_off_the_note_meets_it_again_before_more_is_paid(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self._confirm(payout)
        self._receivable(note).remove_move_reconcile()
        self.assertEqual((payout.state, request.amount_paid), ('failed', 0.0))
        self.assertEqual(self._pay_out(request), payout)
        self.assertEqual((payout.state, request.amount_paid), ('done', note.amount_total))

    def test_what_a_cancelled_note_was_paid_pays_the_next(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self._confirm(payout)
        note.button_draft()
        note.button_cancel()
        self.assertEqual((payout.state, request.amount_paid), ('failed', 0.0))
        again = self._settle(request) - note
        self._pay_out(request)
        self.assertEqual(again.amount_residual, 0.0)
        self.assertEqual(request.amount_paid, again.amount_total)
        self.assertEqual(len(request.sudo().payout_ids.payment_id), 1, "it was paid once")

    def test_bank_line_matched_with_the_note_leaves_no_draft_payment(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self.assertEqual(payout.payment_id.state, 'draft')
        statement = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'amount': -note.amount_total, 'payment_ref': "Back", 'date': '2024-06-20',
            'partner_id': self.customer.id})
        suspense = statement.line_ids.filtered(lambda line: line.account_id == self.bank.suspense_account_id)
        suspense.account_id = self._receivable(note).account_id
        (suspense + self._receivable(note)).reconcile()
        self.assertEqual(request.amount_paid, note.amount_total)
        self.assertNotIn('draft', request.sudo().payout_ids.payment_id.mapped('state'))

    def test_parts_paid_in_foreign_currency_add_up_to_what_was_credited(self):
        self._set_rate('2024-01-01', 3.0)
        invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 1.0, 'tax_ids': []}, foreign=True)
        self._pay(invoice, self.cash)
        note = self._settle_accepted({invoice.invoice_line_ids.sale_line_ids: 3.0})
        request = note.returns_request_ids
        for amount in (0.5, 0.5, 0.5, 0.5, 0.5, None):
            self._register(note, self.bank, amount)
        self.assertEqual(note.amount_residual, 0.0)
        self.assertEqual(request.amount_paid, request.amount_refunded)

    def _sell_with_discount(self, computation):
        """:return: (order, its invoice, the payment that took 2 % off for paying early)"""
        term = self.env['account.payment.term'].create({
            'name': "2/10 net 30", 'early_discount': True, 'discount_percentage': 2.0, 'discount_days': 10,
            'early_pay_discount_computation': computation,
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100.0, 'nb_days': 30})]})
        order = self._sell((self.product, 5.0), (self.product_ordered, 5.0), payment_term_id=term.id)
        invoice = order.invoice_ids
        payment = self._pay(invoice, self.cash, date=invoice.invoice_date)
        self.assertEqual(invoice.amount_residual, 0.0)
        self.assertLess(payment.amount, invoice.amount_total)
        return order, invoice, payment

    def _get_tax_books(self, moves):
        """:return: {tax: what these entries booked of it}, without zeros"""
        books = {}
        for line in moves.line_ids.filtered('tax_line_id'):
            books[line.tax_line_id] = books.get(line.tax_line_id, 0.0) + line.balance
        return {tax: amount for tax, amount in books.items() if not self.company.currency_id.is_zero(amount)}

    def test_discount_for_paying_early_is_not_paid_back(self):
        for computation in ('included', 'excluded', 'mixed'):
            with self.subTest(computation=computation):
                order, invoice, payment = self._sell_with_discount(computation)
                requests = self.Request
                for pieces in (2.0, 1.0, 2.0):
                    requests |= self._return(order, pieces)
                notes = requests.sudo().refund_ids
                self.assertEqual(len(notes), 3)
                self.assertTrue(all(note.amount_residual > 0 for note in notes))
                payouts = self._pay_out(requests)
                self.assertEqual(payouts.source_payment_id, payment)
                self.assertEqual(invoice.currency_id.round(sum(payouts.mapped('amount'))), payment.amount)
                self.assertEqual(invoice.currency_id.round(sum(notes.mapped('amount_total'))), payment.amount)
                self.assertEqual(self._get_tax_books(notes | invoice | payment.move_id), {}, "no tax is left")
                self.assertEqual(self._get_discount_left(notes | payment.move_id), 0.0)

    def _get_discount_left(self, moves):
        """:return: what stands on the account of discounts, taxes without an account of their own left out"""
        account = self.company.account_journal_early_pay_discount_loss_account_id
        lines = moves.line_ids.filtered(lambda line: line.account_id == account and not line.tax_line_id)
        return self.company.currency_id.round(sum(lines.mapped('balance')))

    def test_each_return_keeps_its_share_of_the_discount(self):
        order, _invoice, _payment = self._sell_with_discount('included')
        note = self._return(order, 1.0).sudo().refund_ids
        line = note.invoice_line_ids.filtered(lambda line: line._returns_is_not_paid())
        goods = note.invoice_line_ids.filtered('returns_line_id')
        self.assertAlmostEqual(-line.price_total, sum(goods.mapped('price_total')) * 0.02, delta=0.02)
        self.assertEqual(line.tax_ids, goods.tax_ids)

    def test_what_was_written_off_is_not_paid_back(self):
        order = self._sell((self.product, 5.0))
        invoice = order.invoice_ids
        expense = self.env['account.account'].search([
            ('account_type', '=', 'expense'), ('company_ids', 'in', self.company.ids)], limit=1)
        payment = self._pay(invoice, self.cash, invoice.amount_total - 4.0, payment_difference_handling='reconcile',
                            writeoff_account_id=expense.id)
        self.assertEqual(invoice.amount_residual, 0.0)
        payouts = self._pay_out(self._return(order, 5.0))
        self.assertEqual(sum(payouts.mapped('amount')), payment.amount)

    def test_delivery_and_hand_made_steps_around_a_return_leave_the_ledger_empty(self):
        order = self._sell((self.product, 5.0), deliver=False, invoice=False)
        self._deliver(order, {self.product: 3.0})
        order._create_invoices().action_post()
        request = self._return(order, 1.0)
        self._deliver(order)
        self._check_ledger()
        order._create_invoices().action_post()
        self._return(order, 4.0)
        note = request.sudo().refund_ids
        note.button_draft()
        self._check_ledger()
        note.action_post()
