# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_payout import PayoutCommon


@tagged('post_install', '-at_install')
class TestPayoutCheats(PayoutCommon):
    """Money is not paid twice, nor to another account, by whom it may and in whatever order documents change."""

    def _sum_out(self):
        """:return: what payments gave to the customer, and are not cancelled"""
        payments = self.env['account.payment'].search([
            ('partner_id', 'child_of', self.customer.id), ('payment_type', '=', 'outbound'),
            ('state', 'not in', ('canceled', 'rejected'))])
        return sum(payments.mapped('amount'))

    def _paid_in_cash(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self._confirm(payout)
        self.assertEqual(payout.state, 'done')
        return request, note, payout

    def test_note_reset_and_posted_again_is_not_paid_twice(self):
        request, note, payout = self._paid_in_cash()
        note.button_draft()
        note.action_post()
        self.assertEqual(payout.state, 'done')
        self._pay_out(request)
        self.assertEqual(self._sum_out(), note.amount_total)

    def test_payment_loosened_from_its_note_is_not_paid_twice(self):
        request, note, payout = self._paid_in_cash()
        note.line_ids.remove_move_reconcile()
        self._pay_out(request)
        self.assertEqual(self._sum_out(), note.amount_total)
        self.assertEqual((payout.state, note.amount_residual), ('done', 0.0))

    def test_note_cancelled_after_it_was_paid_and_settled_again_is_not_paid_twice(self):
        request, note, _payout = self._paid_in_cash()
        note.button_draft()
        note.button_cancel()
        again = self._settle(request) - note
        self.assertEqual(again.state, 'posted')
        self._pay_out(request)
        self.assertEqual(self._sum_out(), note.amount_total)
        self.assertEqual(again.amount_residual, 0.0)

    def test_customers_payment_that_bounced_is_not_paid_out(self):
        order = self._sell((self.product, 5.0))
        invoice = order.invoice_ids
        payment = self._pay(invoice, self.bank)
        request = self._return(order, 5.0)
        note = request.sudo().refund_ids
        self.assertTrue(request.amount_to_pay)
        payment.action_draft()
        with self.subTest("draft"), self.assertRaisesRegex(UserError, "Nothing of"):
            self._pay_out(request)
        payment.action_cancel()
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._pay_out(request)
        self.assertFalse(self._sum_out())
        self.assertEqual((invoice.amount_residual, note.amount_residual), (0.0, 0.0))

    def test_customers_payment_that_bounces_takes_the_proposal_back(self):
        order = self._sell((self.product, 5.0))
        payment = self._pay(order.invoice_ids, self.cash)
        request = self._return(order, 5.0)
        payout = self._pay_out(request)
        self.assertEqual(payout.state, 'sent')
        payment.action_cancel()
        self.assertEqual((payout.state, payout.payment_id.state), ('cancelled', 'canceled'))

    def _do_without_entries(self):
        """As beside Odoo's accounting app: payments of this journal have no entry until the bank statement meets them."""
        patcher = patch.object(type(self.env['account.move']), '_get_invoice_in_payment_state', lambda move: 'in_payment')
        patcher.start()
        self.addCleanup(patcher.stop)
        self.bank.outbound_payment_method_line_ids.payment_account_id = False

    def _meet_by_statement(self, note):
        """:return: the line of the bank statement that pays ``note``"""
        statement = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'amount': -note.amount_total, 'payment_ref': "Out", 'partner_id': self.customer.id})
        receivable = note.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        suspense = statement.line_ids.filtered(lambda line: line.account_id == self.bank.suspense_account_id)
        suspense.account_id = receivable.account_id
        (suspense + receivable).reconcile()
        return statement

    def test_payment_by_hand_without_an_entry_of_its_own_counts(self):
        request, note = self._credited((self.cash, None))
        self._do_without_entries()
        payment = self._register(note, self.bank)
        self.assertEqual((payment.state, payment.move_id.id), ('in_process', False))
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._pay_out(request)
        self.assertEqual(self._sum_out(), note.amount_total)
        self._meet_by_statement(note)
        payout = request.sudo().payout_ids
        self.assertEqual((payout.state, payout.amount, request.amount_paid), ('done', note.amount_total, note.amount_total))

    def test_statement_that_was_loosened_leaves_the_payment_on_its_way(self):
        """The bank was told to pay; which line of its statement that is does not change it."""
        request, note = self._credited((self.bank, None))
        self._do_without_entries()
        payout = self._pay_out(request).with_user(self.accountant)
        payout.partner_bank_id = self.account
        self._check(payout)
        payout.action_carry_out()
        payout.action_confirm_paid()
        self.assertEqual((payout.state, payout.sudo().payment_id.state), ('sent', 'in_process'))
        statement = self._meet_by_statement(note)
        self.assertEqual(payout.state, 'done')
        statement.action_undo_reconciliation()
        self.assertEqual((payout.state, note.amount_residual), ('sent', note.amount_total))
        self._pay_out(request)
        self.assertEqual(self._sum_out(), note.amount_total)

    def test_payment_by_hand_without_an_entry_takes_the_proposal_back(self):
        request, note = self._credited((self.cash, None))
        self._do_without_entries()
        payout = self._pay_out(request)
        self._register(note, self.bank)
        self.assertEqual(payout.state, 'cancelled')
        self.assertEqual(self._sum_out(), note.amount_total)

    def test_two_payments_by_hand_leave_the_rest_to_be_paid_out(self):
        request, note = self._credited((self.cash, None))
        payments = self.env['account.payment'].create([{
            'payment_type': 'outbound', 'partner_type': 'customer', 'partner_id': self.customer.id, 'amount': amount,
            'journal_id': self.bank.id} for amount in (5.0, 6.0)])
        payments.action_post()
        receivable = note.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        (payments.move_id.line_ids.filtered(lambda line: line.account_id == receivable.account_id) + receivable).reconcile()
        self.assertEqual(request.sudo().payout_ids.mapped('amount'), [6.0, 5.0])
        payouts = self._pay_out(request)
        self.assertEqual(sum(payouts.mapped('amount')), note.amount_total)

    # ------------------------------------------------------------------
    # Whose account it is
    # ------------------------------------------------------------------

    def test_who_changes_the_number_of_an_account_cannot_check_it(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request).with_user(self.accountant)
        self.assertEqual(payout.partner_bank_id, self.account)
        self.account.with_user(self.accountant).sudo().acc_number = 'THIEF 0002'
        payout.check_note = "Called back."
        with self.assertRaisesRegex(UserError, "You entered this account"):
            payout.action_check_payee()
        payout.with_user(self.accountant_two).action_check_payee()

    def test_number_changed_after_the_check_is_not_paid(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request)
        self._check(payout)
        payout.with_user(self.accountant).action_carry_out()
        self.account.acc_number = 'THIEF 0002'
        with self.assertRaisesRegex(UserError, "CUST 0001|CUST0001"):
            payout.payment_id.with_user(self.accountant).action_post()
        with self.assertRaisesRegex(UserError, "CUST 0001|CUST0001"):
            self._confirm(payout)
        self.assertEqual(payout.state, 'sent')

    def test_payment_sent_elsewhere_or_with_more_is_not_posted(self):
        request, note = self._credited((self.bank, None))
        payout = self._pay_out(request)
        self._check(payout)
        payout.with_user(self.accountant).action_carry_out()
        thief = self.env['res.partner.bank'].create({'partner_id': self.customer.id, 'acc_number': 'THIEF 0002'})
        payment = payout.payment_id.with_user(self.accountant)
        payment.partner_bank_id = thief
        with self.assertRaises(UserError):
            payment.action_post()
        payment.partner_bank_id = self.account
        payment.amount = note.amount_total + 100.0
        with self.assertRaises(UserError):
            payment.action_post()
        payment.amount = note.amount_total
        payment.action_post()
        self.assertEqual(payout.state, 'done')

    def test_word_of_the_check_is_not_rewritten(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request)
        self._check(payout)
        payout.with_user(self.accountant).check_note = "Never called."
        self.assertFalse(payout.checked_by_id)
        self.assertIn("second person", payout.obstacle)

    # ------------------------------------------------------------------
    # Evidence
    # ------------------------------------------------------------------

    def _attach(self, **values):
        return self.env['ir.attachment'].with_user(self.accountant).create({'name': "paid.png", 'raw': b'x', **values})

    def test_evidence_of_what_is_paid_is_added_to_only(self):
        request, _note = self._credited((self.cash, None))
        payout = self._pay_out(request).with_user(self.accountant)
        file = self._attach(res_model='returns.payout')
        payout.action_confirm_paid('2024-06-20', "R-1", file.ids)
        for command in ([(3, file.id)], [(5,)], [(6, 0, [])], [(2, file.id)], [(1, file.id, {'raw': b'other'})]):
            with self.subTest(command=command), self.assertRaises(UserError):
                payout.evidence_ids = command
        more = self._attach(res_model='returns.payout')
        payout.evidence_ids = [(4, more.id)]
        self.assertEqual(payout.evidence_ids, file | more)
        payout.payment_id.action_draft()
        for act in (file.unlink, lambda: payout.write({'evidence_ids': [(5,)]})):
            with self.assertRaises(UserError):
                act()

    def test_evidence_that_hangs_elsewhere_is_kept_all_the_same(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request).with_user(self.accountant)
        file = self._attach(res_model='account.move', res_id=note.id)
        payout.action_confirm_paid('2024-06-20', "R-1", file.ids)
        file.unlink()
        self.assertEqual(payout.sudo().evidence_ids.raw, b'x')
        with self.assertRaises(UserError):
            payout.evidence_ids.unlink()

    def test_files_that_are_none_or_others_are_refused_in_words(self):
        request, _note = self._credited((self.cash, None))
        payout = self._pay_out(request).with_user(self.accountant)
        hidden = self.env['ir.attachment'].with_user(self.agent).create({'name': "mine", 'raw': b'x'})
        for files in ([10**9], [0], [-5], [2**40], [10**30], hidden.ids):
            with self.subTest(files=files), self.assertRaises(UserError):
                payout.action_confirm_paid(None, None, files)
                self.env.flush_all()
        for date in ('0001-01-01', '1000-01-01', True, {}, [1], {'a': 1}):
            with self.subTest(date=date), self.assertRaises(UserError):
                payout.action_confirm_paid(date)
                self.env.flush_all()
        with self.assertRaises(UserError):
            payout.date_paid = '2999-01-01'
