# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .money_common import MoneyCommon

MONDAY = datetime(2027, 3, 8, 8, 0)  # UTC
DAY = timedelta(days=1)


class ShipByCommon(MoneyCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.frozen = freeze_time(MONDAY)
        cls.clock = cls.frozen.start()
        cls.addClassCleanup(cls.frozen.stop)
        cls.rule.sudo().ship_by_days = 10
        cls.company.returns_refund_posting = 'draft'

    def setUp(self):
        super().setUp()
        self.clock.move_to(MONDAY)

    def _after(self, days):
        self.clock.move_to(MONDAY + days * DAY)
        self.env.invalidate_all()

    def _cron(self, batch=50):
        """Run it in this transaction: a commit would end the test's."""
        def commit_nothing(_cron, processed=0, **_kwargs):
            self.env.flush_all()
            return float('inf')

        self.patch(type(self.env['ir.cron']), '_commit_progress', commit_nothing)
        self.env['returns.request']._cron_follow_ship_by(batch=batch)
        self.env.invalidate_all()

    def _mails(self, requests, words):
        return self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', 'in', requests.ids), ('message_type', '=', 'email_outgoing'),
            ('subject', 'like', words)])

    def _tasks(self, request, kind='claim'):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'returns.request'), ('res_id', '=', request.id),
            ('activity_type_id', '=', self.env.ref(f'returns_management.mail_activity_type_{kind}').id)])


@tagged('post_install', '-at_install')
class TestShipBy(ShipByCommon):
    """What was approved and is not sent in time: the customer is reminded, then it is closed."""

    def test_customer_is_reminded_once_before_the_day(self):
        request = self._approve(self._sell())
        self.assertEqual(request.date_ship_by, MONDAY + 10 * DAY)
        self._after(6)
        self._cron()
        self.assertFalse(self._mails(request, "please send"))
        self._after(7)
        self._cron()
        self._cron()
        mail = self._mails(request, "please send")
        self.assertEqual(len(mail), 1)
        self.assertIn("Mar 18, 2027", mail.body_html)
        self.assertIn("1 × Kettle", " ".join(mail.body_html.replace("<b>", "").replace("</b>", "").split()))
        self.assertEqual(request.state, 'approved')

    def test_lead_time_of_the_reminder_is_set(self):
        self.env['ir.config_parameter'].sudo().set_param('returns_management.ship_by_reminder_hours', 24 * 8)
        request = self._approve(self._sell())
        self._cron()
        self.assertFalse(self._mails(request, "please send"), "the approval said so a moment ago")
        self._after(2)
        self._cron()
        self.assertTrue(self._mails(request, "please send"))

    def test_not_sent_in_time_is_closed_and_told(self):
        order = self._sell()
        request = self._approve(order, 2.0)
        self.assertEqual(order.order_line.quantity_returnable, 3.0)
        self._after(9.9)
        self._cron()
        self.assertEqual(request.state, 'approved')
        self._after(10)
        self._cron()
        self.assertEqual((request.state, request.line_ids.quantity_closed), ('cancelled', 2.0))
        self.assertEqual(request.line_ids.rejection_note, "It was not sent by Mar 18, 2027.")
        self.assertEqual(order.order_line.quantity_returnable, 5.0, "the pieces may be asked for again")
        self.assertEqual(request.picking_ids.state, 'cancel')
        self._cron()
        mail = self._mails(request, "is closed")
        self.assertEqual(len(mail), 1)
        self.assertIn("Kettle", mail.body_html)
        self.assertNotIn("is owed again", mail.body_html)
        self.assertFalse(self._tasks(request))

    def test_what_came_stays_and_the_rest_is_closed(self):
        request = self._approve(self._sell(), 3.0)
        self._receive(request, {self.product: 1.0})
        self._after(11)
        self._cron()
        line = request.line_ids
        self.assertEqual((line.quantity_received, line.quantity_closed, line.state), (1.0, 2.0, 'received'))

    def test_what_the_customer_keeps_is_not_awaited(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        request = self._submit(self._sell())
        self._after(11)
        self._cron()
        self.assertEqual((request.state, request.line_ids.quantity_closed), ('settlement', 0.0))

    def test_mails_are_switched_off_by_archiving_their_template(self):
        for name in ('ship_by', 'closed_short'):
            self.env.ref(f'returns_management.mail_template_{name}').active = False
        request = self._approve(self._sell())
        for days in (8, 11):
            self._after(days)
            self._cron()
        self.assertFalse(self._mails(request, "please send") | self._mails(request, "is closed"))
        self.assertEqual(request.state, 'cancelled')

    def test_paused_request_is_left_alone_and_has_its_time_afterwards(self):
        request = self._approve(self._sell())
        self._after(8)
        self._cron()
        request.action_pause('customer')
        self._after(12)
        self._cron()
        self.assertEqual(request.state, 'approved')
        request.action_resume()
        self.assertEqual(request.date_ship_by, MONDAY + 14 * DAY)
        self._cron()
        self.assertEqual(len(self._mails(request, "please send")), 2, "another day is another reminder")
        self._after(14)
        self._cron()
        self.assertEqual(request.state, 'cancelled')

    def test_goods_on_the_road_are_not_closed(self):
        told, begun, idle = self._approve(self._sell()), self._approve(self._sell()), self._approve(self._sell())
        told.tracking_ref = "1Z999"
        begun.sudo().picking_ids.move_ids.picked = True
        self._after(11)
        self._cron()
        self.assertEqual([request.state for request in (told, begun, idle)], ['approved', 'approved', 'cancelled'])
        self.assertFalse(self._mails(told | begun, "please send"))

    def test_tracking_number_tells_of_one_parcel(self):
        request = self._approve(self._sell(), 2.0)
        request.tracking_ref = "1Z999"
        self._receive(request, {self.product: 1.0})
        self._after(11)
        self._cron()
        self.assertEqual(request.line_ids.quantity_closed, 1.0, "that parcel came")

    def test_receipt_has_a_clock_while_the_goods_are_on_the_road(self):
        self.env['returns.time.limit'].search([('company_id', '=', self.company.id), ('stage', '=', 'receipt')]).write({
            'limit_value': 48, 'limit_unit': 'hours', 'user_id': self.inspector.id})
        request = self._approve(self._sell())
        self._cron()
        self.assertFalse(request.date_receipt_due)
        request.tracking_ref = "1Z999"
        self._after(1)
        self._cron()
        self.assertEqual((request.date_receipt_due, request.date_due), (MONDAY + 3 * DAY, MONDAY + 3 * DAY))
        self.assertIn("on the road", request.next_step_note)
        request.tracking_ref = False
        self._cron()
        self.assertEqual((request.date_receipt_due, request.date_due), (False, MONDAY + 10 * DAY), "a slip of the pen")
        request.tracking_ref = "1Z999"
        self._cron()
        self._after(11)
        self.assertTrue(request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self.env['returns.step']._cron_follow_clocks()
        self.assertEqual(self._tasks(request, 'late').user_id, self.inspector)
        self._receive(request)
        self.assertFalse(request.date_receipt_due or self._tasks(request, 'late'))

    def test_goods_on_the_road_are_late_by_the_receipts_clock_only(self):
        request = self._approve(self._sell())
        request.tracking_ref = "1Z999"
        self._after(9.5)
        self._cron()
        self._after(11)
        self.assertFalse(request.is_late)
        self.assertNotIn(request, self.Request.search([('is_late', '=', True)]))

    def test_line_approved_later_has_its_own_time(self):
        self.rule.sudo().on_late = 'refuse'
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        order.order_line[1].move_ids.date = '2025-01-01'
        request = self._approve(order)
        self.assertEqual(request.line_ids.mapped('state'), ['approved', 'rejected'])
        self._after(9)
        request.line_ids[1].action_dispute("The parcel stood at the wrong depot for a year.")
        for user in (self.chair, self.voter_quality, self.voter_finance):
            request.with_user(user).action_approve()
        self.assertEqual(request.date_ship_by, MONDAY + 19 * DAY)
        self._after(11)
        self._cron()
        self.assertEqual(set(request.line_ids.mapped('state')), {'approved'})

    def test_batches_cost_the_same_each(self):
        def cost(number):
            self._after(0)
            requests = self.Request.union(*[self._approve(self._sell()) for _number in range(number)])
            self._after(11)
            self.env.flush_all()
            before = self.cr.sql_log_count
            self._cron()
            self.assertEqual(set(requests.mapped('state')), {'cancelled'})
            return self.cr.sql_log_count - before

        cost(1)
        few, many = cost(3), cost(12)
        self.assertLessEqual(many - few, 30, f"{few} queries for 3 returns, {many} for 12")
