# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import RepairCommon

MONDAY = datetime(2026, 3, 9, 8, 0)  # UTC
DAY = timedelta(days=1)


@tagged('post_install', '-at_install')
class TestRepairClock(RepairCommon):
    """The stage repair has a deadline, somebody who is told, and pauses that move it."""

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
        cls.limit = cls.env['returns.time.limit'].search([('company_id', '=', cls.company.id), ('stage', '=', 'repair')])
        cls.limit.write({'limit_value': 48.0, 'limit_unit': 'hours', 'user_id': cls.manager.id})

    def setUp(self):
        super().setUp()
        self._move_to(0)

    def _move_to(self, days):
        self.clock.move_to(MONDAY + days * DAY)
        self.env.invalidate_all()

    def _tell(self, request):
        """What the cron does."""
        Request = self.env['returns.request']
        found = Request.search(Request._get_untold_domain()) & request.sudo()
        found._tell_late()
        return request.activity_ids.filtered(lambda activity: "takes too long" in (activity.summary or ''))

    def test_each_company_has_a_limit_to_change(self):
        self.assertEqual(len(self.limit), 1)
        made = self.env['res.company'].create({'name': "New"})
        self.assertEqual(
            self.env['returns.time.limit'].search([('company_id', '=', made.id), ('stage', '=', 'repair')]).limit_value, 5.0)

    def test_late_repair_is_told_to_its_owner_once(self):
        request = self._to_repair()
        self.assertEqual(request.date_repair_due, MONDAY + 2 * DAY)
        self.assertEqual(self._get_repairs(request).returns_date_due, MONDAY + 2 * DAY)
        self._move_to(1)
        self.assertFalse(request.is_late)
        self.assertFalse(self._tell(request))
        self._move_to(3)
        self.assertTrue(request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        told = self._tell(request)
        self.assertEqual((told.user_id, told.summary), (self.manager, "Repair takes too long"))
        self.assertEqual(len(self._tell(request)), 1)
        self._repair(request)
        self.env.invalidate_all()
        self.assertFalse(request.date_repair_due or request.is_late)
        self.assertFalse(self._tell(request))

    def test_second_repair_of_the_return_has_its_own_clock(self):
        request = self._approve(self._sell(), 2.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request, {self.product: 1.0})
        self._inspect(request, self.repair)
        self._move_to(1)
        self._receive(request)
        self._inspect(request, self.repair)
        first, second = self._get_repairs(request)
        self.assertEqual((first.returns_date_due, second.returns_date_due), (MONDAY + 2 * DAY, MONDAY + 3 * DAY))
        self.assertEqual(request.date_repair_due, MONDAY + 2 * DAY)
        self._move_to(2.5)
        self.assertEqual(len(self._tell(request)), 1)
        first.action_repair_start()
        first.action_repair_end()
        self.assertEqual(request.date_repair_due, MONDAY + 3 * DAY)
        self.assertFalse(self._tell(request), "the other is in time")
        self._move_to(4)
        self.assertEqual(len(self._tell(request)), 1, "and told about when it is not")

    def test_pause_moves_it_by_the_time_that_its_own_clock_stood(self):
        request = self._to_repair()
        early = self._get_repairs(request)
        self._move_to(1)
        request.action_pause('customer')
        self._move_to(1.5)
        early.action_repair_cancel()
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.repair.id})
        inspection.action_dispose()
        late = self._get_repairs(request) - early
        self.assertEqual(late.returns_date_due, MONDAY + 3.5 * DAY)
        self._move_to(4)
        self.assertFalse(request.is_late, "the clocks stand")
        self.assertFalse(self._tell(request))
        request.action_resume()
        self.env.invalidate_all()
        self.assertEqual(late.returns_date_due, MONDAY + 6 * DAY, "begun during the pause: it stood for 2.5 days")
        self.assertEqual(request.date_repair_due, MONDAY + 6 * DAY)
        self._move_to(7)
        self.assertEqual(len(self._tell(request)), 1)
