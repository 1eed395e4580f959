# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.base.models.ir_mail_server import IrMail_Server
from odoo.addons.returns_management.models.returns_guard import as_flow

from .test_payout import PayoutCommon


@tagged('post_install', '-at_install')
class TestFollowUp(PayoutCommon):
    """What should have followed and failed stands in one list, until it succeeded by whatever way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.FollowUp = as_flow(cls.env['returns.follow.up'])

    def _find(self, request, kind=None):
        """:return: what failed in ``request`` and is not resolved"""
        return self.FollowUp.search([
            ('request_ids', 'in', request.ids), ('state', '!=', 'resolved'), *([('kind', '=', kind)] if kind else [])])

    def _retry(self, follow_ups, user=None):
        """:return: the tone of the answer"""
        return follow_ups.with_user(user or self.accountant).action_retry()['params']['type']

    def _bounce(self):
        """:return: a return whose pay-out in cash was cancelled in Accounting"""
        request, _note = self._credited((self.cash, None))
        self._pay_out(request).payment_id.action_cancel()
        return request

    def _stuck(self):
        """:return: an exchange that nobody can plan for want of a route"""
        rules = self.warehouse.delivery_route_id.with_context(active_test=False).rule_ids
        request = self._approve(self._sell(), 1.0, resolution='exchange')
        rules.action_archive()
        self._receive(request)
        self._inspect(request)
        return request, rules

    # === Pay-outs === #

    def test_pay_out_that_came_back_is_paid_anew(self):
        request = self._bounce()
        failed = request.sudo().payout_ids
        entry = self._find(request)
        self.assertEqual(
            (entry.kind, entry.state, entry.attempts, entry.name, entry.cause, entry.company_id),
            ('payout', 'open', 1, failed.display_name, failed.failure, self.company))
        self.assertIn("was cancelled or came back", entry.cause)
        self.assertEqual(request.with_user(self.accountant).follow_up_count, 1)
        self.assertEqual(self._retry(entry), 'success')
        again = request.sudo().payout_ids - failed
        self.assertEqual((again.state, again.amount, entry.state, entry.res_id), ('sent', failed.amount, 'pending', again.id))
        self.assertFalse(entry.with_user(self.accountant).may_retry, "it is on its way")
        self._retry(entry)
        self.assertEqual(len(request.sudo().payout_ids), 2, "nothing is paid once more")
        again.payment_id.action_cancel()
        self.assertEqual((entry.state, entry.attempts, self._find(request)), ('open', 2, entry))
        self._retry(entry)
        third = request.sudo().payout_ids - failed - again
        self._confirm(third, '2024-06-20', "Receipt 7")
        self.assertEqual((third.state, entry.state, entry.outcome), ('done', 'resolved', "Paid."))
        self.assertFalse(request.with_user(self.accountant).follow_up_count)

    def test_what_was_paid_in_accounting_meanwhile_is_resolved(self):
        request = self._bounce()
        entry = self._find(request)
        self._register(request.sudo().refund_ids, self.cash)
        self.assertEqual(entry.state, 'resolved')

    def test_retry_says_what_is_missing_to_pay(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request)
        self._check(payout)
        payout.with_user(self.accountant).action_carry_out()
        payout.payment_id.action_cancel()
        entry = self._find(request)
        self.assertEqual(self._retry(entry), 'danger')
        again = request.sudo().payout_ids - payout
        self.assertEqual((again.state, entry.state, entry.attempts), ('proposed', 'open', 2))
        self.assertIn("second person", entry.cause)
        self._check(again)
        self.assertEqual(self._retry(entry), 'success')
        self.assertEqual((again.state, entry.state), ('sent', 'pending'))
        again.with_user(self.accountant).action_cancel()
        self.assertEqual(entry.state, 'open', "the first one is owed still")

    def test_ordinary_pay_out_leaves_nothing(self):
        request, _note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self._confirm(payout)
        self.assertFalse(self.FollowUp.search([('kind', '=', 'payout'), ('request_ids', 'in', request.ids)]))

    # === Exchanges === #

    def test_exchange_without_a_route_is_planned_once_there_is_one(self):
        request, rules = self._stuck()
        entry = self._find(request)
        self.assertEqual((entry.kind, entry.state, entry.attempts), ('exchange', 'open', 1))
        self.assertIn("No rule has been found", entry.cause)
        first = entry.date_first
        self.assertEqual(self._retry(entry), 'danger')
        self.assertEqual((entry.state, entry.attempts, entry.date_first), ('open', 2, first))
        rules.action_unarchive()
        self.assertEqual(self._retry(entry), 'success')
        self.assertEqual((entry.state, request.line_ids.quantity_settled), ('resolved', 1.0))
        self.assertTrue(request.sudo().exchange_picking_ids)

    def test_exchange_that_was_settled_another_way_is_resolved(self):
        request, rules = self._stuck()
        rules.action_unarchive()
        entry = self._find(request)
        request.with_user(self.accountant).action_settle()
        self.assertEqual((entry.state, entry.outcome), ('resolved', "Done."))
        self._retry(entry)
        self.assertEqual(request.line_ids.quantity_settled, 1.0, "not a second one")

    # === Goods === #

    def test_goods_that_nobody_found_are_sent_on_once_they_are_back(self):
        self.env['returns.approval.group'].create({
            'name': "Quality Approval", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_quality.ids)]})
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        self._inspect(request, self.scrap)
        place = self.warehouse.returns_location_id
        self.env['stock.quant']._update_available_quantity(self.product, place, -1.0)
        request.with_user(self.voter_quality).action_approve()
        entry = self._find(request)
        self.assertEqual((entry.kind, entry.attempts), ('disposal', 1))
        self.assertEqual(self._retry(entry, self.inspector), 'danger')
        self.assertEqual(entry.attempts, 2)
        with self.assertRaises(AccessError):
            entry.with_user(self.accountant).action_retry()
        self.env['stock.quant']._update_available_quantity(self.product, place, 1.0)
        self.assertEqual(self._retry(entry, self.inspector), 'success')
        self.assertEqual((entry.state, request.sudo().inspection_ids.is_disposed), ('resolved', True))

    # === Mails === #

    def _send(self, mails, refuse=None):
        def send_email(_server, _message, **_kwargs):
            if refuse:
                raise OSError(refuse)
            return "<sent@example.com>"
        with (patch.object(IrMail_Server, '_disable_send', lambda _server: False),
              patch.object(IrMail_Server, 'send_email', send_email), mute_logger('odoo.addons.mail.models.mail_mail')):
            mails._send()  # what the queue does

    def _queue(self):
        request = self._approve(self._sell())
        mail = self.env['mail.mail'].search([('model', '=', 'returns.request'), ('res_id', '=', request.id)], limit=1)
        self.assertEqual(mail.state, 'outgoing')
        return request, mail

    def test_mail_that_was_not_taken_is_sent_by_the_queue(self):
        request, mail = self._queue()
        self._send(mail, "Relay access denied")
        entry = self._find(request)
        self.assertEqual((entry.kind, entry.name, entry.attempts), ('mail', mail.subject, 1))
        self.assertIn("Relay access denied", entry.cause)
        self.assertEqual(self._retry(entry, self.agent), 'success')
        self.assertEqual((entry.state, mail.state), ('pending', 'outgoing'))
        self._send(mail, "Still denied")
        self.assertEqual((entry.state, entry.attempts), ('open', 2))
        self._retry(entry, self.agent)
        self._send(mail)
        self.assertEqual((entry.state, entry.outcome), ('resolved', "The mail was sent."))
        self.assertFalse(mail.exists(), "as any mail of the return that was sent")

    def test_mail_without_a_valid_address_waits_for_one(self):
        request, mail = self._queue()
        self.customer.email = self.contact.email = "nobody"
        with (patch.object(IrMail_Server, '_disable_send', lambda _server: False),
              mute_logger('odoo.addons.mail.models.mail_mail')):
            mail._send()
        entry = self._find(request)
        self.assertTrue(entry.cause)
        self.customer.email = 'customer@example.com'
        self._retry(entry, self.agent)
        self._send(mail)
        self.assertEqual(entry.state, 'resolved')

    def test_mail_that_is_sent_leaves_nothing(self):
        request, mail = self._queue()
        self._send(mail)
        self.assertFalse(self.FollowUp.search([('request_ids', 'in', request.ids)]))

    def test_deleted_mail_is_resolved(self):
        request, mail = self._queue()
        self._send(mail, "Relay access denied")
        entry = self._find(request)
        mail.unlink()
        self.assertEqual((entry.state, entry.outcome), ('resolved', "The mail was deleted."))

    def test_done_another_way_is_for_what_no_document_shows(self):
        request, mail = self._queue()
        self._send(mail, "Relay access denied")
        entry = self._find(request)
        entry.with_user(self.agent).action_finish()
        self.assertEqual((entry.state, entry.outcome), ('resolved', "Done another way, as Agent says."))
        money = self._find(self._bounce())
        self.assertFalse(money.with_user(self.accountant).may_finish)
        with self.assertRaisesRegex(UserError, "shows in the documents"):
            money.with_user(self.accountant).action_finish()
        with self.assertRaises(AccessError):
            money.with_user(self.agent_all).action_finish()

    # === Many, and whose === #

    def test_one_that_fails_again_keeps_none_from_the_others(self):
        stuck, rules = self._stuck()
        rules.action_unarchive()
        paid, other = self._bounce(), self._bounce()
        rules.action_archive()
        entries = self._find(stuck) | self._find(paid) | self._find(other)
        answer = entries.with_user(self.accountant).action_retry()
        self.assertEqual(sorted(entries.mapped('state')), ['open', 'pending', 'pending'])
        self.assertEqual(self._find(stuck).attempts, 2)
        self.assertIn("2 on the way, 1 failed again: No rule", answer['params']['message'])
        rules.action_unarchive()

    def test_steps_of_others_are_left_to_them(self):
        request, mail = self._queue()
        self._send(mail, "Relay access denied")
        money = self._find(self._bounce())
        mails = self._find(request)
        self.assertEqual(mails.kind, 'mail')
        both = mails | money
        answer = both.with_user(self.agent_all).action_retry()
        self.assertIn("1 on the way, 1 left to others", answer['params']['message'])
        self.assertEqual((money.state, money.attempts), ('open', 1))
        for user in (self.agent, self.agent_all, self.inspector):
            with self.subTest(user=user.name), self.assertRaises(AccessError):
                money.with_user(user).action_retry()

    def test_agents_see_those_of_their_returns(self):
        request = self._bounce()
        entry = self._find(request)
        other = new_test_user(
            self.env, login='test_returns_follow_up', groups='returns_management.group_returns_agent',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.assertEqual(self.env['returns.follow.up'].with_user(self.agent).search([]), entry)
        self.assertFalse(self.env['returns.follow.up'].with_user(other).search([]))
        with self.assertRaises(AccessError):
            entry.with_user(other).action_open()
        for user in (self.employee, self.voter_sales):
            with self.assertRaises(AccessError):
                self.env['returns.follow.up'].with_user(user).search([])

    def test_other_companies_do_not_see_them(self):
        entry = self._find(self._bounce())
        company = self.env['res.company'].create({'name': "Other"})
        self.manager.company_ids |= company
        Entries = self.env['returns.follow.up'].with_user(self.manager)
        self.assertIn(entry, Entries.with_context(allowed_company_ids=self.company.ids).search([]))
        self.assertFalse(Entries.with_context(allowed_company_ids=company.ids).search([]))

    def test_opening_shows_what_failed(self):
        request = self._bounce()
        entry = self._find(request)
        action = entry.with_user(self.accountant).action_open()
        self.assertEqual((action['res_model'], action['res_id']), ('returns.payout', request.sudo().payout_ids.id))
        action = entry.with_user(self.manager).action_open()
        self.assertEqual(action['res_model'], 'returns.payout')
        action = request.with_user(self.accountant).action_view_follow_ups()
        self.assertEqual((action['res_model'], action['res_id']), ('returns.follow.up', entry.id))
        payout = request.sudo().payout_ids
        entry.write({'res_id': 2**31 - 1})
        self.assertEqual(entry.with_user(self.accountant).action_open()['res_model'], 'returns.request')
        self._retry(entry)
        self.assertEqual((entry.state, entry.outcome), ('resolved', "What it was about was deleted."))
        self.assertEqual(payout.state, 'failed')

    def test_queries_do_not_grow_with_how_many_failed(self):
        requests = self.Request.union(*(self._submit(self._sell()) for _number in range(12)))

        def count(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.FollowUp._note_failures('mail', dict.fromkeys(some, "No."))
            self.FollowUp._note_failures('mail', dict.fromkeys(some, "No again."))
            self.env.flush_all()
            self.env.invalidate_all()
            self._find(some).with_user(self.agent).web_read({name: {} for name in (
                'kind', 'name', 'cause', 'attempts', 'may_retry', 'may_finish', 'request_ids')})
            some.with_user(self.agent).mapped('follow_up_count')
            self.FollowUp._resolve('mail', some)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        count(requests[:1])  # warm
        self.assertLessEqual(count(requests[2:]), count(requests[:2]))
        self.assertEqual(set(self.FollowUp.search([('kind', '=', 'mail')]).mapped('attempts')), {2})
