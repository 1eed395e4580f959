# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

import requests

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.payment.models.payment_provider import PaymentProvider
from odoo.addons.payment.models.payment_transaction import PaymentTransaction

from .test_payout import PayoutCommon


@tagged('post_install', '-at_install')
class TestPayoutOnline(PayoutCommon):
    """What was paid online is refunded through its provider, which is asked once, whatever it answers."""

    support = 'partial'

    def setUp(self):
        super().setUp()
        self.asked = []
        self.answer = lambda refund: refund._set_done()

        def send(refund):
            self.asked.append(refund)
            self.answer(refund)

        def support(providers):
            for provider in providers:
                provider.support_refund = self.support
        for model, name, replacement in (
                (PaymentTransaction, '_send_refund_request', send),
                (PaymentProvider, '_compute_feature_support_fields', support)):
            patcher = patch.object(model, name, replacement)
            patcher.start()
            self.addCleanup(patcher.stop)
        self.method = self.env['payment.method'].create({
            'name': "Returns Card", 'code': 'returns_card', 'support_refund': 'partial'})
        self.provider = self.env['payment.provider'].create({
            'name': "Returns Provider", 'code': 'none', 'state': 'test', 'company_id': self.company.id,
            'payment_method_ids': [(6, 0, self.method.ids)]})
        self.bank.inbound_payment_method_line_ids[:1].payment_provider_id = self.provider
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.provider.journal_id, self.bank)

    def _paid_online(self, pieces=2.0):
        """:return: (return, its posted note) of goods that were paid online"""
        order = self._sell((self.product, 5.0))
        invoice = order.invoice_ids
        transaction = self.env['payment.transaction'].create({
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'amount': invoice.amount_total,
            'currency_id': invoice.currency_id.id, 'partner_id': invoice.partner_id.id, 'operation': 'online_direct',
            'reference': f'test {invoice.name}', 'invoice_ids': [(6, 0, invoice.ids)]})
        transaction._set_done()
        transaction._post_process()
        self.assertEqual(invoice.amount_residual, 0.0)
        request = self._return(order, pieces)
        return request, request.sudo().refund_ids

    def _send(self):
        with patch.object(type(self.env['ir.cron']), '_commit_progress', lambda *args, **kwargs: float('inf')):
            self.Payout._cron_send_payouts()

    def test_partial_refund_is_asked_for_once_and_meets_the_note(self):
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self.assertEqual((payout.state, payout.method, payout.paid_by, self.asked), ('sent', 'online', 'online', []))
        self._send()
        refund, = self.asked
        self.assertEqual((refund.amount, refund.operation), (-note.amount_total, 'refund'))
        self.assertEqual((payout.state, payout.transaction_id), ('sent', refund))
        refund._post_process()
        self.assertEqual((payout.state, note.amount_residual, request.amount_paid), ('done', 0.0, note.amount_total))
        self.assertEqual((payout.payment_id.payment_type, payout.payment_id.amount), ('outbound', note.amount_total))
        self._pay_out(request)
        self._send()
        self.assertEqual(len(self.asked), 1)
        self.assertFalse(self.env['returns.follow.up'].search([('request_ids', 'in', request.ids)]))

    def test_payment_in_another_currency_is_left_to_a_person(self):
        """The provider would give back as many of its own currency."""
        order = self._sell((self.product, 5.0), pricelist_id=self.pricelist.id)
        invoice = order.invoice_ids
        self.assertEqual(invoice.currency_id, self.currency)
        transaction = self.env['payment.transaction'].create({
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'amount': 1000.0,
            'currency_id': self.company.currency_id.id, 'partner_id': invoice.partner_id.id,
            'operation': 'online_direct', 'reference': f'test {invoice.name}'})
        transaction._set_done()
        transaction._post_process()
        (transaction.payment_id.move_id | invoice).line_ids.filtered(
            lambda line: line.account_id.account_type == 'asset_receivable').reconcile()
        self.assertEqual(invoice.amount_residual, 0.0)
        payout = self._pay_out(self._return(order, 2.0))
        self.assertEqual((payout.currency_id, payout.paid_by, payout.method), (self.currency, 'online', 'manual'))

    def test_lost_answer_is_never_sent_again(self):
        def lose(refund):
            try:
                raise requests.exceptions.Timeout
            except requests.exceptions.Timeout:
                raise ValidationError(self.env._("No connection to the payment provider."))  # noqa: B904
        self.answer = lose
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        self.assertEqual(payout.state, 'unknown')
        self.assertIn("answer is not known", payout.failure)
        self.assertTrue(request.sudo().activity_ids.filtered(lambda task: "Ask the provider" in (task.summary or '')))
        self._send()
        self._pay_out(request)
        self._send()
        self.assertEqual((len(self.asked), len(request.sudo().payout_ids)), (1, 1))
        with self.assertRaisesRegex(UserError, "cannot be called back"):
            payout.with_user(self.accountant).action_cancel()
        entry = self.env['returns.follow.up'].search([('request_ids', 'in', request.ids)])
        self.assertEqual((entry.kind, entry.state, entry.attempts, entry.cause), ('payout', 'open', 1, payout.failure))
        entry.with_user(self.accountant).action_retry()
        self._send()
        self.assertEqual((entry.state, entry.attempts, len(self.asked)), ('open', 2, 1), "asked about, not sent")
        payout.transaction_id._set_done()  # the webhook, late
        self.assertEqual(entry.state, 'pending')
        payout.transaction_id._post_process()
        self.assertEqual((payout.state, note.amount_residual), ('done', 0.0))
        self.assertEqual(entry.state, 'resolved')

    def test_person_finds_out_that_it_was_paid_or_not(self):
        self.answer = lambda refund: None
        request, note = self._paid_online()
        payout = self._pay_out(request).with_user(self.accountant)
        self._send()
        self.assertEqual(payout.state, 'unknown')
        payout.action_not_paid()
        self.assertEqual(payout.state, 'failed')
        entry = self.env['returns.follow.up'].search([('request_ids', 'in', request.ids)])
        self.assertEqual((entry.state, entry.attempts, entry.cause), ('open', 1, payout.failure), "it is the same attempt")
        again = (self._pay_out(request) - payout).with_user(self.accountant)
        self._send()
        self.assertEqual((again.state, len(self.asked)), ('unknown', 2))
        self.assertEqual((entry.state, entry.attempts, entry.res_id), ('open', 2, again.id))
        with self.assertRaisesRegex(UserError, "enter the reference"):
            again.action_confirm_paid()
        file = self.env['ir.attachment'].with_user(self.accountant).create({
            'name': "paid.png", 'raw': b'x', 'res_model': 'returns.payout'})
        again.action_confirm_paid('2024-06-20', "R-1", file.ids)
        self.assertEqual((again.state, note.amount_residual), ('done', 0.0))
        again.sudo().transaction_id._set_done()  # the webhook, late
        again.sudo().transaction_id._post_process()
        self.assertEqual(again.sudo().transaction_id.payment_id, again.sudo().payment_id, "core makes no other payment")

    def test_refund_on_its_way_is_not_paid_again_for_a_note_settled_anew(self):
        self.answer = lambda refund: None
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        self.assertEqual(payout.state, 'unknown')
        note.button_draft()
        note.button_cancel()
        again = self._settle(request) - note
        self.assertEqual((payout.state, again.amount_residual), ('unknown', note.amount_total))
        with self.assertRaisesRegex(UserError, "is on its way, though its credit note was cancelled"), (
                self.env.cr.savepoint()):
            self._pay_out(request)
        payout.transaction_id._set_done()  # the webhook, late
        payout.transaction_id._post_process()
        self._pay_out(request)
        self.assertEqual((again.amount_residual, payout.refund_id, payout.state), (0.0, again, 'done'))
        self.assertEqual(request.sudo().payout_ids.filtered(lambda other: other.state != 'cancelled'), payout)

    def test_refund_that_was_not_paid_is_paid_for_the_note_settled_anew(self):
        self.answer = lambda refund: None
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        note.button_draft()
        note.button_cancel()
        again = self._settle(request) - note
        payout.with_user(self.accountant).action_not_paid()
        new = self._pay_out(request) - payout
        self.assertEqual((new.refund_id, new.amount, new.state), (again, again.amount_total, 'sent'))

    def test_crash_between_the_commits_leaves_it_unknown(self):
        request, _note = self._paid_online()
        payout = self._pay_out(request)
        self.assertTrue(payout._begin_refund())  # committed; the server dies here
        self.assertFalse(payout._begin_refund())
        self._send()
        self.assertEqual((payout.state, self.asked), ('unknown', []))
        self.assertIn("no answer", payout.failure)

    def test_refusal_of_the_provider_gives_the_amount_back(self):
        self.answer = lambda refund: refund._set_error("Card expired")
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        self.assertEqual((payout.state, payout.failure), ('failed', "Card expired"))
        self.assertEqual(request.amount_to_pay, note.amount_total)

    def test_pending_refund_waits_for_its_webhook(self):
        self.answer = lambda refund: refund._set_pending()
        request, _note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        self._send()
        self.assertEqual((payout.state, len(self.asked)), ('sent', 1))
        payout.transaction_id._set_done()
        payout.transaction_id._post_process()
        self.assertEqual(payout.state, 'done')

    def test_provider_that_refunds_whole_payments_only_is_left_to_a_person(self):
        self.support = 'full_only'
        request, _note = self._paid_online()
        payout = self._pay_out(request)
        self.assertEqual((payout.method, payout.state), ('manual', 'sent'))
        whole, _note = self._paid_online(pieces=5.0)
        self.assertEqual(self._pay_out(whole).method, 'online')

    def test_refused_and_paid_after_all_takes_back_what_was_prepared_instead(self):
        self.answer = lambda refund: refund._set_error("Card expired")
        request, note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        again = self._pay_out(request) - payout
        self.assertEqual((payout.state, again.state), ('failed', 'sent'))
        payout.transaction_id._set_done()
        self.assertEqual((payout.state, again.state), ('sent', 'cancelled'))
        self._send()
        payout.transaction_id._post_process()
        self.assertEqual((payout.state, note.amount_residual, len(self.asked)), ('done', 0.0, 1))

    def test_said_to_be_not_paid_and_paid_after_all_is_heard(self):
        self.answer = lambda refund: None
        request, _note = self._paid_online()
        payout = self._pay_out(request)
        self._send()
        payout.with_user(self.accountant).action_not_paid()
        again = self._pay_out(request) - payout
        payout.transaction_id._set_done()
        payout.transaction_id._post_process()
        self.assertEqual((payout.state, again.state), ('done', 'cancelled'))
        self.assertIn("pays", "".join(request.sudo().message_ids.mapped('body')))

    def test_what_is_open_no_more_is_not_asked_for(self):
        request, note = self._paid_online()
        payout = self._pay_out(request)
        payout.write({'amount': note.amount_total + 100.0})
        self._send()
        self.assertEqual((payout.state, self.asked), ('cancelled', []))

    def test_payment_that_is_gone_is_no_stop_for_the_others(self):
        request, _note = self._paid_online()
        payout = self._pay_out(request)
        other, _note = self._paid_online()
        self._pay_out(other)
        payout.write({'source_line_id': False})
        self._send()
        self.assertEqual((payout.state, len(self.asked)), ('failed', 1))
        self.assertTrue(payout.failure)
