# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PortalCase

BUTTON, CONFIRM = "Withdraw from contract here", "Confirm withdrawal"


class WithdrawalCase(PortalCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.write({'returns_withdrawal': True, 'returns_withdrawal_days': 14})
        cls.consumer = cls.env['res.partner'].create({
            'name': "Carla", 'email': 'carla@example.com', 'lang': 'en_US', 'tz': 'Europe/Berlin'})
        cls.order = cls._sell((cls.product, 2.0), (cls.product_ordered, 1.0), partner=cls.consumer)

    def _withdraw(self, order=None, lines=None, name="Carla C.", email='Carla@Example.com'):
        order = order or self.order
        lines = order.order_line if lines is None else lines
        return order.sudo()._withdraw_by_customer(lines.ids, name, email)

    def _get_receipt(self, request):
        return self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', '=', request.id), ('subject', 'like', "withdrawal")])

    def _make_late(self, order, days=20):
        moves = order.picking_ids.move_ids
        moves.date = fields.Datetime.now() - timedelta(days=days)
        self.env.flush_all()


@tagged('post_install', '-at_install')
class TestWithdrawal(WithdrawalCase):
    """A consumer withdraws from the contract: always acknowledged, in time a right."""

    def test_in_time_nobody_decides_and_nothing_of_the_rule_stands_against_it(self):
        self.rule.write({'window_days': 0, 'on_late': 'refuse', 'fee_percent': 20.0, 'allow_refund': False,
                         'delivery_refund': 'never', 'condition_required': 'unopened'})
        request = self._withdraw()
        lines = request.line_ids
        self.assertEqual((request.state, request.channel, request.is_withdrawal, request.is_withdrawal_in_time),
                         ('approved', 'portal', True, True))
        self.assertEqual(lines.reason_id, self.reason)
        self.assertEqual(sorted(lines.mapped('quantity_approved')), [1.0, 2.0])
        self.assertEqual((set(lines.mapped('fee_percent')), set(lines.mapped('delivery_refund'))), ({0.0}, {'complete'}))
        self.assertEqual(set(lines.mapped('return_deadline')), {self.order._get_withdrawal_deadline()})
        self.assertIn("withdrawn from the contract in time", str(lines[0].policy_trace))

    def test_receipt_has_statement_date_time_and_zone_and_goes_where_the_customer_said(self):
        with freeze_time('2031-03-05 11:22:33'):
            request = self._withdraw(email='Other@Example.com')
        mail = self._get_receipt(request)
        self.assertEqual((mail.email_to, mail.recipient_ids.ids, mail.state), ('other@example.com', [], 'outgoing'))
        for words in ("2 × Kettle", "1 × Toaster", self.order.name, "March 5, 2031", "12:22:33", "Europe/Berlin", "Carla C."):
            self.assertIn(words, mail.body_html.replace('\u202f', ' '))
        self.assertEqual(request.withdrawal_statement.count("×"), 2)

    def test_archived_template_keeps_no_receipt_back(self):
        self.env.ref('returns_management.mail_template_withdrawal').active = False
        self.assertTrue(self._get_receipt(self._withdraw()))

    def test_twice_is_once(self):
        request = self._withdraw()
        self.assertEqual(self._withdraw(), request)
        self.assertEqual(len(self._get_receipt(request)), 1)

    def test_part_now_and_the_rest_later(self):
        first = self._withdraw(lines=self.order.order_line[0])
        self.assertEqual(first.line_ids.sale_line_id, self.order.order_line[0])
        second = self._withdraw()
        self.assertEqual(second.line_ids.sale_line_id, self.order.order_line[1])

    def test_excluded_goods_are_refused_with_their_reason_and_acknowledged(self):
        self.rule.is_returnable = False
        request = self._withdraw()
        self.assertEqual(request.state, 'rejected')
        self.assertIn("excluded from returns", request.line_ids[0].rejection_note)
        self.assertTrue(self._get_receipt(request))

    def test_late_one_is_acknowledged_and_judged_as_any_return(self):
        self._make_late(self.order)
        request = self._withdraw()
        self.assertEqual((request.state, request.is_withdrawal_in_time), ('review', False))
        self.assertIn("We look into it", self._get_receipt(request).body_html)

    def test_period_ends_with_its_last_day_and_begins_with_the_last_delivery(self):
        order = self._sell((self.product, 3.0), partner=self.consumer, deliver=False, invoice=False)
        self._deliver(order, {self.product: 1.0})
        self.assertIsNone(order._get_withdrawal_deadline())
        self._deliver(order)
        for picking, day in zip(order.picking_ids.sorted('id'), ('2031-03-03 12:00:00', '2031-03-05 12:00:00'), strict=False):
            picking.move_ids.date = day
        deadline = order._get_withdrawal_deadline()
        self.assertEqual(str(deadline), '2031-03-19')
        for moment, is_in_time in (('2031-03-19 20:00:00', True), ('2031-03-20 12:00:00', False)):
            with freeze_time(moment):
                self.assertIs(order._is_in_withdrawal_period(deadline), is_in_time)

    def test_before_delivery_it_is_a_task(self):
        order = self._sell((self.product, 3.0), partner=self.consumer, deliver=False, invoice=False)
        request = self._withdraw(order)
        self.assertEqual((request.line_ids.ids, request.state, request.is_withdrawal_in_time), ([], 'draft', True))
        self.assertIn("not delivered yet", request.activity_ids.note)
        self.assertIn("3 × Kettle (not delivered yet)", request.withdrawal_statement)
        self.assertTrue(self._get_receipt(request))
        self.assertEqual(self._withdraw(order), request)
        with self.assertRaisesRegex(UserError, "stays on file"), self.env.cr.savepoint():
            request.with_user(self.manager).unlink()

    def test_what_hinders_the_return_does_not_hinder_the_statement(self):
        self.reason.needs_photo = True
        with patch.object(
                self.env.registry['returns.request'], '_do_submit', side_effect=UserError("A picture is missing.")):
            request = self._withdraw()
        self.assertEqual((request.state, len(request.line_ids)), ('draft', 2))
        self.assertIn("A picture is missing", request.activity_ids.note)
        self.assertTrue(self._get_receipt(request))

    def test_money_is_due_within_14_days_or_when_the_goods_are_back(self):
        self.company.returns_refund_days = 30
        self.env['returns.time.limit'].search([]).unlink()
        self.env['returns.time.limit'].create([
            {'stage': stage, 'limit_value': 2000.0, 'limit_unit': 'hours'} for stage in ('inspection', 'payout')])
        request = self._withdraw()
        start = request.withdrawal_date
        for days, due in ((3, 14), (20, 21)):
            self.assertEqual(request._get_refund_dues(start + timedelta(days=days))[request], start + timedelta(days=due))

    def test_companies_and_switched_off_companies_are_not_offered_it(self):
        self.assertTrue(self.order._is_withdrawal_offered())
        business = self._sell(partner=self.contact)
        self.assertFalse(business._is_withdrawal_offered())
        with self.assertRaisesRegex(UserError, "cannot withdraw"), self.env.cr.savepoint():
            self._withdraw(business)
        self.company.returns_withdrawal = False
        self.assertFalse(self.order._is_withdrawal_offered())

    def test_odd_values_are_refused_and_nothing_is_stated(self):
        foreign = self._sell(partner=self.consumer).order_line
        for lines, name, email in (
            (self.order.order_line.browse(), "Carla", 'c@example.com'), (foreign, "Carla", 'c@example.com'),
            (None, "", 'c@example.com'), (None, "x" * 101, 'c@example.com'), (None, "\0", 'c@example.com'),
            (None, None, 'c@example.com'), (None, "Carla", 'nobody'), (None, "Carla", 5), (None, "Carla", 'x' * 999),
        ):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._withdraw(lines=lines, name=name, email=email)
        self.assertFalse(self.order._get_withdrawals())

    def test_fields_of_a_withdrawal_are_written_by_nobody(self):
        request = self._withdraw()
        for name, value in (('is_withdrawal', False), ('is_withdrawal_in_time', False), ('withdrawal_statement', "No.")):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                request.with_user(self.manager).write({name: value})
        for name in ('withdrawal_email', 'withdrawal_statement', 'is_withdrawal'):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                request.with_user(self.rita).read([name])


@tagged('post_install', '-at_install')
class TestWithdrawalPages(WithdrawalCase, HttpCase):
    """Two clicks, on the pages of the order."""

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _path(self, page='', token=None, order=None):
        order = order or self.order
        return f'/returns/order/{order.id}{page}?access_token={token or order.sudo()._portal_ensure_token()}'

    def _post(self, path, lines=None, csrf=True, **kw):
        data = {'name': "Carla <b>", 'email': 'carla@example.com', **kw}
        data['line'] = self.order.order_line.ids if lines is None else lines
        if csrf:
            data['csrf_token'] = http.Request.csrf_token(self)
        return self.url_open(path, data=data)

    def test_guest_withdraws_with_two_clicks(self):
        text = self.url_open(self._path()).text
        self.assertIn(BUTTON, text)
        text = self.url_open(self._path('/withdraw')).text
        for words in (CONFIRM, "carla@example.com", "Carla", self.order.name, "Kettle", "You may withdraw until"):
            self.assertIn(words, text)
        response = self._post(self._path('/withdraw'))
        for words in ("You withdrew from the contract", "Carla &lt;b&gt;", "2 × Kettle", "carla@example.com"):
            self.assertIn(words, response.text)
        self.assertNotIn(BUTTON, response.text)
        request = self.order._get_withdrawals()
        self.assertEqual((len(request), request.state), (1, 'approved'))
        self._post(self._path('/withdraw'))
        self.assertEqual(self.order._get_withdrawals(), request)
        self.assertIn("nothing left", self.url_open(self._path('/withdraw')).text)

    def test_button_is_on_all_pages_of_the_customer(self):
        private = self.rita.partner_id
        private.parent_id = False
        order = self._sell(partner=private)
        self.authenticate('portal_rita', 'portal_rita')
        for path in (f'/my/orders/{order.id}', '/my/returns', f'/returns/order/{order.id}'):
            self.assertIn(BUTTON, self.url_open(path).text, path)
        self._make_late(order)
        for path in (f'/my/orders/{order.id}', '/my/returns', f'/returns/order/{order.id}'):
            self.assertNotIn(BUTTON, self.url_open(path).text, path)
        self.assertIn("period ended", self.url_open(f'/returns/order/{order.id}/withdraw').text)

    @mute_logger('odoo.http')
    def test_nobody_else_withdraws(self):
        foreign = self._sell(partner=self.other_customer)
        stale = self._path('/withdraw', 'stale')
        for path in (stale, self._path('/withdraw', foreign._portal_ensure_token()),
                     f'/returns/order/{self.order.id}/withdraw', f'/returns/order/{2**40}/withdraw?access_token=x'):
            self.assertEqual((self.url_open(path).status_code, self._post(path).status_code), (404, 404), path)
        self.assertEqual(self._post(self._path('/withdraw'), csrf=False).status_code, 400)
        self.authenticate('portal_stranger', 'portal_stranger')
        self.assertEqual(self._post(f'/returns/order/{self.order.id}/withdraw').status_code, 404)
        self.authenticate('test_returns_manager', 'test_returns_manager')
        self.assertEqual(self._post(self._path('/withdraw')).status_code, 404)
        self.assertFalse(self.order._get_withdrawals())

    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self):
        foreign = self._sell(partner=self.consumer).order_line
        for lines, values, words in (
            ([], {}, "Choose the goods"), (foreign.ids, {}, "Choose the goods"),
            (['x', '9' * 30, '-1'], {}, "Choose the goods"),
            (None, {'name': ' '}, "Enter your name"), (None, {'email': 'x'}, "Enter the email address"),
        ):
            response = self._post(self._path('/withdraw'), lines, **values)
            self.assertEqual(response.status_code, 200)
            self.assertIn(words, response.text)
            if 'name' not in values:
                self.assertIn("Carla &lt;b&gt;", response.text)
        self.assertFalse(self.order._get_withdrawals())
