# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rpc import RpcCommon
from .test_committee import CommitteeCommon


@tagged('post_install', '-at_install')
class TestActivity(CommitteeCommon, RpcCommon):
    """A voter decides in the reminder itself; the counters of the screens are told."""

    def _read(self, user, activity):
        shown = self._rpc(user, 'mail.activity', 'activity_format', activity.ids)['mail.activity'][0]
        return shown['returns_step_id'], shown['returns_may_decide'], shown['returns_has_checklist']

    def test_reminder_knows_what_its_user_may_decide(self):
        self.group_sales.member_ids += self.voter_quality
        request = self._submit(self._sell())
        step = request.step_ids
        mine = request.activity_ids.filtered(lambda activity: activity.user_id == self.voter_sales)
        self.assertEqual(self._read(self.voter_sales, mine), (step.id, True, False))
        self.assertEqual(self._read(self.voter_quality, mine), (step.id, False, False), "somebody else's reminder")
        self.assertEqual(self._read(self.agent, mine), (step.id, False, False))
        self.group_sales.write({'point_ids': [[0, 0, {'name': "Order genuine"}]]})
        self.assertEqual(self._read(self.voter_sales, mine), (step.id, True, True))
        other = request.activity_schedule('mail.mail_activity_data_todo', user_id=self.agent.id)
        self.assertEqual(self._read(self.agent, other), (False, False, False))

    def test_reminder_goes_with_the_answer_only(self):
        request, other = self._submit(self._sell()), self._submit(self._sell())
        reminder = request.activity_ids
        for user in (self.agent, self.voter_sales, self.manager):
            for method, *args in (
                    ('action_done',), ('action_feedback', "Done"), ('action_cancel',), ('unlink',), ('action_archive',),
                    ('action_reschedule_nextweek',), ('write', {'user_id': self.agent.id}),
                    ('write', {'returns_step_id': other.step_ids.id})):
                with self.subTest(user=user.login, method=method), self.assertRaises(UserError), self.env.cr.savepoint():
                    self._rpc(user, 'mail.activity', method, reminder.ids, *args)
        self.assertEqual((reminder.exists(), reminder.active), (reminder, True))
        mine = {'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': request.id}
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self._rpc(self.agent, 'mail.activity', 'create', [{**mine, 'returns_step_id': other.step_ids.id}])
        made = self._rpc(self.agent, 'mail.activity', 'create', [mine], context={
            'default_returns_step_id': other.step_ids.id})
        self.assertFalse(self.env['mail.activity'].browse(made).returns_step_id)
        self._rpc(self.agent, 'mail.activity', 'action_done', made)
        request.with_user(self.voter_sales).action_approve()
        self.assertFalse(reminder.exists())

    def test_counters_are_told_when_a_question_comes_and_goes(self):
        told = []
        self.patch(self.registry['res.users'], '_bus_send', lambda users, kind, *_args, **_kwargs: told.append(
            (kind, users)))

        def take():
            users = [users for kind, users in told if kind == 'returns.approvals']
            told.clear()
            return self.env['res.users'].union(*users)
        request = self._submit(self._sell())
        self.assertEqual(take(), self.voter_sales)
        domain = [('may_decide', '=', True)]
        self.assertEqual(self._rpc(self.voter_sales, 'returns.step', 'search_count', domain), 1)
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(take(), self.voter_sales)
        self.assertEqual(self._rpc(self.voter_sales, 'returns.step', 'search_count', domain), 0)
