# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime, timedelta

from freezegun import freeze_time
from hypothesis import given
from hypothesis import strategies as st
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon
from .test_committee import CommitteeCommon

MONDAY = datetime(2026, 3, 9, 8, 0)  # UTC
HOUR = timedelta(hours=1)


@tagged('post_install', '-at_install')
class TestClocks(CommitteeCommon, RpcCommon):
    """Deadlines, pauses that move them, and who is told when one is missed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.frozen = freeze_time(MONDAY)
        cls.clock = cls.frozen.start()
        cls.addClassCleanup(cls.frozen.stop)
        cls.company.resource_calendar_id = cls.env['resource.calendar'].create({
            'name': "Weekdays", 'tz': 'UTC', 'company_id': cls.company.id, 'attendance_ids': [Command.clear()] + [
                Command.create({'name': str(day), 'dayofweek': str(day), 'hour_from': 8, 'hour_to': 16})
                for day in range(5)]})
        cls.group_sales.write({'limit_value': 10, 'limit_unit': 'hours'})
        cls.managers = cls.env.ref('returns_management.group_returns_manager').all_user_ids

    def setUp(self):
        super().setUp()
        self.clock.move_to(MONDAY)

    def _after(self, hours):
        self.clock.move_to(MONDAY + hours * HOUR)
        self.env.invalidate_all()

    def _cron(self, batch=200):
        """Run it in this transaction: a commit would end the test's."""
        def commit_nothing(_cron, processed=0, **_kwargs):
            self.env.flush_all()
            batches.append(processed)
            return float('inf')

        batches = []
        self.patch(type(self.env['ir.cron']), '_commit_progress', commit_nothing)
        self.env['returns.step']._cron_follow_clocks(batch=batch)
        self.env.invalidate_all()
        return batches

    def test_pause_hides_nothing_that_is_late(self):
        request, other = self._submit(self._sell()), self._submit(self._sell())
        self._after(11)
        step = request.step_ids
        self.assertTrue(step.is_late and request.is_late)
        request.action_pause('customer')
        self.env.invalidate_all()
        self.assertTrue(step.is_late and request.is_late)
        self.assertIn(step, step.search([('is_late', '=', True)]))
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self._cron()
        self.assertEqual(step.reminder, 'late')
        other.action_resume()
        request.action_resume()
        self.env.invalidate_all()
        self.assertFalse(step.was_late or request.was_late)
        self.assertTrue(step.is_late, "and it is late still")

    def test_pause_that_is_forgotten_asks_whoever_made_it(self):
        request = self._submit(self._sell())
        request.action_pause('carrier', "Parcel", '2026-03-12')
        self._after(24)
        self._cron()
        self.assertFalse(self._activities(request, 'late'))
        self._after(24 * 4)
        self._cron()
        self._cron()
        activity = self._activities(request, 'late')
        self.assertEqual((activity.user_id, activity.summary),
                         (self.agent, "The clocks still stand: Waiting for the carrier: Parcel"))
        self.assertFalse(request.is_late)

    def test_managers_of_other_companies_are_told_nothing(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        self.env['res.users'].create({
            'name': "Aaron", 'login': 'returns_aaron', 'company_id': other.id, 'company_ids': [Command.set(other.ids)],
            'group_ids': [Command.link(self.env.ref('returns_management.group_returns_manager').id)]})
        request = self._submit(self._sell())
        request.sudo().user_id = False
        self.assertIn(self.company, request._find_stage_owners('payout')[request].company_ids)
        request.with_user(self.manager).action_pause('carrier', "Parcel", '2026-03-12')
        self.manager.active = False
        self._after(24 * 5)
        self._cron()
        self.assertIn(self.company, self._activities(request, 'late').user_id.company_ids)

    def test_pause_wants_a_day_to_come(self):
        request = self._submit(self._sell())
        for day in ('2026-03-08', '2027-03-08', 'tomorrow', 7, '2026-13-01'):
            with self.assertRaisesRegex(UserError, "from today up to 90 days"):
                self._rpc(self.agent, 'returns.request', 'action_pause', request.ids, 'customer', None, day)
        self.assertFalse(request.is_paused)

    def _activities(self, request, kind='decide'):
        return self.env['mail.activity'].search([
            ('res_model', '=', 'returns.request'), ('res_id', '=', request.id),
            ('activity_type_id', '=', self.env.ref(f'returns_management.mail_activity_type_{kind}').id)])

    # ------------------------------------------------------------------
    # Deadlines
    # ------------------------------------------------------------------

    def test_each_stage_has_its_deadline(self):
        limits = self.env['returns.time.limit'].search([('company_id', '=', self.company.id)])
        self.assertEqual(set(limits.mapped('stage')), {
            'answer', 'pickup', 'receipt', 'inspection', 'payout', 'discrepancy'})
        limits.filtered(lambda limit: limit.stage == 'inspection').write({'limit_value': 5, 'limit_unit': 'hours'})
        request = self._file(self._sell())
        self.assertEqual(request.date_answer_due, datetime(2026, 3, 10, 16, 0), "the next working day")
        self.assertEqual(request.date_due, request.date_answer_due)
        request.action_submit()
        self.assertEqual(request.date_decision_due, MONDAY + 10 * HOUR)
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self.assertEqual(request.date_inspection_due, MONDAY + 5 * HOUR)
        # five hours to Monday 13:00, then three working days
        self.assertEqual(request.date_refund_due, datetime(2026, 3, 12, 16, 0))
        self.assertEqual((request.date_due, request.is_late), (request.date_inspection_due, False))
        self._after(6)
        self.assertTrue(request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self._inspect(request)
        self.assertEqual((request.date_due, request.is_late), (request.date_refund_due, False))

    def test_steps_to_come_are_in_the_promise(self):
        plain = self._approve(self._sell())
        self._receive(plain)
        self.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': self.company.id, 'phase': 'settle', 'limit_value': 2,
            'limit_unit': 'working_days', 'member_ids': [Command.set(self.voter_finance.ids)]})
        asked = self._approve(self._sell())
        self._receive(asked)
        self.assertEqual(asked.date_refund_due - plain.date_refund_due, timedelta(days=4), "over a weekend")

    def test_no_promise_beyond_the_companys(self):
        self.company.returns_refund_days = 1
        request = self._approve(self._sell())
        self._receive(request)
        self.assertEqual(request.date_refund_due, MONDAY + 24 * HOUR)

    def test_settlement_has_limits_by_the_way_of_payment(self):
        journals = {kind: self.env['account.journal'].create(
            {'name': kind, 'type': kind, 'code': f'T{kind}'[:5], 'company_id': self.company.id}) for kind in ('bank', 'cash')}
        self.env['returns.time.limit'].create([
            {'company_id': self.company.id, 'stage': 'payout', 'method': method, 'limit_value': hours,
             'limit_unit': 'hours', 'user_id': user.id}
            for method, hours, user in (('cash', 1, self.accountant), ('bank', 2, self.manager),
                                        ('store_credit', 3, self.inspector))])

        def due(paid_by=None, **values):
            order = self._sell()
            if paid_by:
                self.env['account.payment.register'].with_context(
                    active_model='account.move', active_ids=order.invoice_ids.ids).create(
                        {'journal_id': journals[paid_by].id})._create_payments()
            request = self._approve(order, **values)
            self._receive(request)
            return request, request.date_refund_due - MONDAY - 24 * HOUR  # 24 hours to inspect

        cash, hours = due('cash')
        self.assertEqual(hours, 1 * HOUR)
        self.assertEqual(due('bank')[1], 2 * HOUR)
        self.assertEqual(due('cash', resolution='store_credit')[1], 3 * HOUR)
        self.assertGreater(due()[1], 24 * HOUR, "not paid: three working days")
        self._inspect(cash)
        self._after(26)
        self._cron()
        self.assertEqual(self._activities(cash, 'late').user_id, self.accountant)

    def test_only_settlements_have_ways_of_payment(self):
        with mute_logger('odoo.sql_db'), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env['returns.time.limit'].create(
                {'company_id': self.company.id, 'stage': 'receipt', 'method': 'cash'}).flush_recordset()

    # ------------------------------------------------------------------
    # Pauses
    # ------------------------------------------------------------------

    def test_pause_moves_what_is_still_to_come(self):
        request = self._submit(self._sell())
        step = request.step_ids
        self._after(4)
        request.with_user(self.agent).action_pause('customer', "Photo of the label")
        self._after(12)
        self.assertFalse(step.is_late or request.is_late, "the clocks stand")
        self.assertNotIn(step, self.env['returns.step'].search([('is_late', '=', True)]))
        self.assertIn("Photo of the label", request.next_step_note)
        self.assertEqual(self._cron(), [], "nobody is reminded")
        request.with_user(self.agent).action_resume()
        self.assertEqual(step.deadline, MONDAY + 18 * HOUR)
        self.assertEqual(request.date_decision_due, MONDAY + 18 * HOUR)
        pause = request.pause_ids
        self.assertEqual((pause.date_from, pause.date_to), (MONDAY + 4 * HOUR, MONDAY + 12 * HOUR))
        self._after(19)
        self.assertTrue(step.is_late and request.is_late)

    def test_pause_after_the_deadline_heals_nothing(self):
        request = self._submit(self._sell())
        self._after(11)
        request.action_pause('carrier')
        self._after(40)
        request.action_resume()
        self.assertEqual(request.step_ids.deadline, MONDAY + 10 * HOUR)
        self.assertTrue(request.is_late)

    def test_clock_that_began_during_a_pause_stood_only_from_then_on(self):
        request = self._file(self._sell())
        request.action_pause('customer')
        self._after(100)
        request.action_submit()
        self._after(101)
        request.action_resume()
        self.assertEqual(request.step_ids.deadline, MONDAY + 111 * HOUR)
        self.assertEqual(request.date_decision_due, request.step_ids.deadline)
        request.action_pause('customer')
        self._after(105)
        request.with_user(self.voter_sales).action_approve()
        ship_by = request.date_ship_by
        request.action_resume()
        self.assertEqual(request.date_ship_by, ship_by)

    def test_reminder_comes_again_before_the_new_deadline(self):
        request = self._submit(self._sell())
        self._after(7)
        self._cron()
        request.action_pause('customer')
        self._after(107)
        request.action_resume()
        self.assertEqual((request.step_ids.reminder, self._activities(request).summary), (False, "Sales Approval"))
        self._cron()
        self.assertEqual(request.step_ids.reminder, 'soon')

    def test_agent_who_votes_does_not_stop_the_clock_on_themselves(self):
        self.group_sales.member_ids = [Command.link(self.other_agent.id)]
        request = self._submit(self._sell())
        with self.assertRaises(AccessError):
            self._rpc(self.other_agent, 'returns.request', 'action_pause', request.ids, 'customer')
        self._rpc(self.agent, 'returns.request', 'action_pause', request.ids, 'customer')
        with self.assertRaises(AccessError):
            self._rpc(self.other_agent, 'returns.request', 'action_resume', request.ids)

    def test_stopping_twice_changes_nothing(self):
        request = self._submit(self._sell())
        request.action_pause('customer')
        request.action_pause('carrier')
        self.assertEqual(request.pause_ids.mapped('reason'), ['customer'])
        request.action_resume()
        request.action_resume()
        self.assertEqual(len(request.pause_ids), 1)

    def test_goods_that_arrive_and_requests_that_end_run_the_clocks(self):
        arriving, ending = self._approve(self._sell()), self._approve(self._sell())
        (arriving | ending).action_pause('carrier')
        self._receive(arriving)
        ending.action_cancel()
        for request in arriving | ending:
            self.assertFalse(request.is_paused)
            self.assertTrue(request.pause_ids.date_to)
        with self.assertRaisesRegex(UserError, "cancelled: no clock"):
            ending.action_pause('customer')

    def test_only_who_works_on_returns_stops_clocks(self):
        request = self._submit(self._sell())
        for user in (self.employee, self.voter_sales, self.portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.request', 'action_pause', request.ids, 'customer')
        for reason, note in (('nobody', None), ('other', None), ('other', " "), ('customer', {'a': 1})):
            with self.assertRaises(UserError):
                self._rpc(self.agent, 'returns.request', 'action_pause', request.ids, reason, note)
        with self.assertRaises(AccessError):
            self._rpc(self.other_agent, 'returns.request', 'action_pause', request.ids, 'customer')
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.request', 'write', request.ids, {'is_paused': True})
        self._rpc(self.inspector, 'returns.request', 'action_pause', request.ids, 'customer')
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.pause', 'write', request.pause_ids.ids, {'date_to': '2026-03-01'})
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.pause', 'unlink', request.pause_ids.ids)

    @given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=5))
    def test_however_often_it_stands_the_time_worked_is_the_limit(self, turns):
        """Ten hours of running clock, whatever stands between them."""
        with self.env.cr.savepoint() as savepoint:
            self._after(0)
            request = self._submit(self._sell())
            now = ran = 0
            for runs, stands in turns:
                now += runs
                ran += runs
                self._after(now)
                request.action_pause('customer')
                now += stands
                self._after(now)
                request.action_resume()
                if ran < 10:
                    self.assertEqual(request.step_ids.deadline, MONDAY + (now + 10 - ran) * HOUR)
                else:
                    self.assertLessEqual(request.step_ids.deadline, MONDAY + now * HOUR)
            savepoint.close(rollback=True)
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # Reminders
    # ------------------------------------------------------------------

    def test_voters_are_reminded_then_others_are_told(self):
        self.group_sales.escalation_user_id = self.chair
        request = self._submit(self._sell())
        step = request.step_ids
        self.assertEqual(self._activities(request).summary, "Sales Approval")
        self._after(5)
        self._cron()
        self.assertFalse(step.reminder)
        self._after(7)
        self._cron()
        self.assertEqual((step.reminder, self._activities(request).summary), ('soon', "Due soon: Sales Approval"))
        self._after(11)
        self._cron()
        self.assertEqual((step.reminder, self._activities(request).summary), ('late', "Late: Sales Approval"))
        self.assertFalse(self._activities(request, 'late'))
        self._after(15)
        self._cron()
        told = self._activities(request, 'late')
        self.assertEqual((step.reminder, told.user_id), ('escalated', self.chair))
        self.assertIn(self.voter_sales.name, told.summary)
        self.assertEqual(self._activities(request).user_id, self.voter_sales)
        self.assertEqual(self._cron(), [], "once each")
        request.with_user(self.voter_sales).action_approve()
        self.assertFalse(self._activities(request) | self._activities(request, 'late'))
        self.assertEqual(request.state, 'approved', "nothing is approved by silence, but by a late answer")

    def test_without_escalation_user_the_managers_are_told(self):
        request = self._submit(self._sell())
        self._after(30)
        self._cron()
        self.assertEqual(request.step_ids.reminder, 'escalated')
        self.assertIn(self.manager, self._activities(request, 'late').user_id)
        self.assertLessEqual(self._activities(request, 'late').user_id, self.managers)
        self.assertEqual(request.state, 'review')

    def test_owner_of_a_stage_is_told_once(self):
        self.env['returns.time.limit'].search([
            ('company_id', '=', self.company.id), ('stage', '=', 'inspection')]).user_id = self.inspector
        request = self._approve(self._sell())
        self._receive(request)
        self._after(23)
        self._cron()
        self.assertFalse(self._activities(request, 'late'))
        self._after(25)
        self._cron()
        self._cron()
        self.assertEqual(self._activities(request, 'late').user_id, self.inspector)
        self._inspect(request)
        self.assertFalse(self._activities(request, 'late'), "it is done")
        self._after(24 * 6)
        self._cron()
        self.assertEqual(self._activities(request, 'late').user_id, self.agent, "the return's responsible")

    def test_absence_that_begins_is_noticed(self):
        self.env['returns.delegation'].with_user(self.voter_sales).create({
            'user_id': self.voter_sales.id, 'delegate_id': self.employee.id,
            'date_from': '2026-03-10', 'date_to': '2026-03-12'})
        step = self._submit(self._sell()).step_ids
        self._cron()
        self.assertEqual(step.voter_ids, self.voter_sales)
        self._after(24)
        self._cron()
        self.assertEqual(step.voter_ids, self.employee)

    def test_batches_cost_the_same_each(self):
        def cost(number):
            self._after(0)
            requests = self.Request.union(*[self._file(self._sell()) for _number in range(number)])
            requests.action_submit()
            self.env.flush_all()
            self._after(11)
            before = self.cr.sql_log_count
            batches = self._cron()
            self.assertIn(number, batches)
            return self.cr.sql_log_count - before

        cost(1)
        few, many = cost(3), cost(12)
        self.assertLessEqual(many - few, 6, f"{few} queries for 3 steps, {many} for 12")

    def test_batch_by_batch(self):
        self.Request.union(*[self._file(self._sell()) for _number in range(5)]).action_submit()
        self._after(11)
        self.assertEqual(self._cron(batch=2)[:3], [2, 2, 1])
