# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import date, timedelta

from freezegun import freeze_time
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon
from .test_committee import CommitteeCommon

TODAY = date(2026, 3, 10)


@tagged('post_install', '-at_install')
class TestDelegation(CommitteeCommon, RpcCommon):
    """Who decides while somebody is away."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        clock = freeze_time(f'{TODAY} 10:00:00')
        clock.start()
        cls.addClassCleanup(clock.stop)

    def _absent(self, user, delegate, start=0, days=3, by=None):
        return self.env['returns.delegation'].with_user(by or user).create({
            'user_id': user.id, 'delegate_id': delegate.id,
            'date_from': TODAY + timedelta(days=start), 'date_to': TODAY + timedelta(days=start + days)})

    def test_stand_in_is_asked_and_signs_for_the_absent(self):
        delegation = self._absent(self.voter_sales, self.employee)
        request = self._submit(self._sell())
        step = request.step_ids
        self.assertEqual((step.voter_ids, step.delegation_ids), (self.employee, delegation))
        with self.assertRaises(AccessError):
            request.with_user(self.voter_sales).action_approve()
        request.with_user(self.employee).action_approve()
        decision = request.decision_ids
        self.assertEqual((decision.user_id, decision.on_behalf_of_id, decision.department),
                         (self.employee, self.voter_sales, 'sales'))
        self.assertEqual(request.state, 'approved')

    def test_manager_gives_nobody_s_vote_to_themselves(self):
        with self.assertRaisesRegex(UserError, "cannot name yourself"), self.env.cr.savepoint():
            self._absent(self.voter_sales, self.manager, by=self.manager)
        delegation = self._absent(self.voter_sales, self.employee, by=self.manager)
        with self.assertRaisesRegex(UserError, "cannot name yourself"), self.env.cr.savepoint():
            delegation.with_user(self.manager).delegate_id = self.manager
        self._absent(self.voter_quality, self.manager)

    def test_absence_to_come_or_past_changes_nothing(self):
        self._absent(self.voter_sales, self.employee, start=1)
        self._absent(self.voter_sales, self.employee, start=-5, days=4)
        self.assertEqual(self._submit(self._sell()).step_ids.voter_ids, self.voter_sales)

    def test_the_last_day_counts_in_the_time_zone_of_the_absent(self):
        self.voter_sales.tz = 'Pacific/Auckland'  # the 11th there already at 11:00 UTC
        delegation = self._absent(self.voter_sales, self.employee, start=-2, days=2)
        self.assertTrue(delegation.is_current)
        with freeze_time(f'{TODAY} 11:30:00'):
            delegation.invalidate_recordset()
            self.assertFalse(delegation.is_current)
            self.assertEqual(self._submit(self._sell()).step_ids.voter_ids, self.voter_sales)

    def test_open_question_goes_over_unless_it_is_answered(self):
        group = self._group(self.voter_quality, self.voter_finance, rule='all', sequence=5)
        request = self._submit(self._sell())
        request.with_user(self.voter_quality).action_approve()
        self._absent(self.voter_quality, self.employee)
        step = request.step_ids.filtered(lambda step: step.group_id == group)
        self.assertEqual(step.voter_ids, self.voter_quality | self.voter_finance, "an answer stands")
        self._absent(self.voter_finance, self.employee)
        self.assertEqual(step.voter_ids, self.voter_quality | self.employee)
        activities = self.env['mail.activity'].search([('returns_step_id', '=', step.id)])
        self.assertEqual(activities.user_id, self.employee)
        request.with_user(self.employee).action_approve()
        self.assertEqual(step.state, 'approved')

    def test_member_who_came_later_is_not_asked_because_another_is_absent(self):
        group = self._group(self.voter_quality, self.voter_finance, rule='all', sequence=5)
        request = self._submit(self._sell())
        group.member_ids += self.chair
        self._absent(self.voter_finance, self.employee)
        step = request.step_ids.filtered(lambda step: step.group_id == group)
        self.assertEqual(step.voter_ids, self.voter_quality | self.employee)

    def test_stand_in_of_the_chair_breaks_the_tie(self):
        self._absent(self.chair, self.employee)
        request = self._sit(quorum=3)
        step = self._open_step(request)
        self.assertEqual(step.voter_ids, self.voter_quality | self.voter_finance | self.employee)
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'reject'), (self.employee, 'approve'))
        self.assertEqual(step.state, 'approved')
        self.assertEqual(step.decision_ids.filtered('on_behalf_of_id').department, 'management')

    def test_nobody_has_two_votes(self):
        self._absent(self.voter_quality, self.voter_finance)
        step = self._open_step(self._sit(quorum=2))
        self.assertEqual(step.voter_ids, self.voter_finance | self.chair)
        self.assertFalse(step.delegation_ids)

    def test_who_filed_the_return_does_not_stand_in(self):
        self._absent(self.voter_sales, self.agent)
        step = self._submit(self._sell()).step_ids
        self.assertNotIn(self.agent, step.voter_ids)
        self.assertTrue(step.is_escalated, "nobody is left in the group")

    def test_absent_stand_in_passes_nothing_on(self):
        self._absent(self.voter_sales, self.employee)
        self._absent(self.employee, self.voter_finance)
        step = self._submit(self._sell()).step_ids
        self.assertTrue(step.is_escalated)
        self.assertFalse({self.voter_sales, self.employee, self.voter_finance} & set(step.voter_ids))

    def test_stand_in_of_the_escalation_user(self):
        self.group_sales.write({'escalation_user_id': self.voter_finance.id, 'member_ids': [(6, 0, self.agent.ids)]})
        self._absent(self.voter_finance, self.employee)
        request = self._submit(self._sell())
        self.assertEqual(request.step_ids.voter_ids, self.employee)
        request.with_user(self.employee).action_approve()
        self.assertEqual(request.decision_ids.on_behalf_of_id, self.voter_finance)

    def test_many_steps_ask_once_who_is_away(self):
        self._absent(self.voter_sales, self.employee)

        def cost(number):
            requests = self.Request.union(*[self._file(self._sell()) for _number in range(number)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests.action_submit()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(8) - cost(2), 6 * 3)

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_only_the_absent_and_managers_name_a_stand_in(self):
        with self.assertRaises(AccessError):
            self._absent(self.voter_sales, self.employee, by=self.employee)
        own = self._absent(self.voter_sales, self.employee)
        with self.assertRaises(AccessError):
            own.with_user(self.employee).date_to = TODAY + timedelta(days=90)
        with self.assertRaises(AccessError):
            own.with_user(self.voter_sales).user_id = self.voter_finance
        self._absent(self.voter_finance, self.employee, by=self.manager)

    def test_delegation_is_not_slipped_into_a_step(self):
        step = self._submit(self._sell()).step_ids
        values = {'delegate_id': self.employee.id, 'date_from': str(TODAY), 'date_to': str(TODAY + timedelta(days=1)),
                  'step_ids': [(4, step.id)]}
        with self.assertRaises(AccessError):
            self._rpc(self.chair, 'returns.delegation', 'create', [values])
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.step', 'write', step.ids, {'delegation_ids': [(5,)]})

    def test_used_delegation_is_ended_and_never_changed(self):
        delegation = self._absent(self.voter_sales, self.employee)
        request = self._submit(self._sell())
        for change in ({'delegate_id': self.voter_finance.id}, {'date_from': TODAY - timedelta(days=1)}):
            with self.assertRaisesRegex(UserError, request.name):
                delegation.write(change)
        with self.assertRaisesRegex(UserError, request.name):
            delegation.unlink()
        delegation.date_to = TODAY
        self.assertEqual(request.step_ids.voter_ids, self.employee)

    def test_bad_delegations_say_what_is_wrong(self):
        self._absent(self.voter_sales, self.employee, days=10)
        with self.assertRaisesRegex(ValidationError, "already"):
            self._absent(self.voter_sales, self.chair, start=5)
        with self.assertRaisesRegex(ValidationError, "no active employee"):
            self._absent(self.voter_finance, self.portal)
        for user, delegate, days in ((self.chair, self.chair, 1), (self.chair, self.employee, -1)):
            with mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation), self.env.cr.savepoint():
                self._absent(user, delegate, days=days)
