# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .rpc import RpcCommon
from .test_committee import CommitteeCommon


@tagged('post_install', '-at_install')
class TestVerdicts(CommitteeCommon, RpcCommon):
    """Overriding the policy's verdict, and disputing a refusal."""

    def _refused(self, quantity=2.0):
        """A return that the policy refuses: its resolution is not offered."""
        self.rule.sudo().allow_refund = False
        return self._submit(self._sell(), quantity)

    def _mixed(self):
        """A return of two lines: the first one in review, the second one refused by the policy."""
        self.policy.sudo().rule_ids = [Command.create({
            'name': "Toasters stay sold", 'product_id': self.product_ordered.id, 'is_returnable': False})]
        request = self._submit(self._sell((self.product, 5.0), (self.product_ordered, 5.0)), 2.0)
        self.assertEqual(request.line_ids.mapped('state'), ['review', 'rejected'])
        return request

    def _accuracy(self, request):
        self.env.flush_all()
        return self.env['returns.report'].search([('request_id', '=', request.id)]).mapped('policy_kept')

    # ------------------------------------------------------------------
    # Overriding
    # ------------------------------------------------------------------

    def test_manager_overrides_a_refusal_and_decides_nothing(self):
        request = self._refused()
        line = request.line_ids
        self.assertEqual((request.state, self._accuracy(request)), ('rejected', [1.0]))
        line.with_user(self.manager).action_override('exception', "A loyal customer")
        self.assertEqual((line.policy_status, line._get_effective_status()), ('refused', 'exception'))
        self.assertEqual((line.override_user_id, line.override_note), (self.manager, "A loyal customer"))
        self.assertEqual((request.state, request.round, line.quantity_approved, line.quantity_held), ('review', 2, 2.0, 2.0))
        self.assertEqual(self._open_step(request).voter_ids, self.voter_sales)
        with self.assertRaises(UserError):
            request.with_user(self.manager).action_approve()
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.state, self._accuracy(request)), ('approved', [0.0]))

    def test_override_that_changes_nothing_says_so(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("No")
        with self.assertRaisesRegex(UserError, "is judged as compliant already"):
            request.line_ids.with_user(self.manager).action_override('compliant', "Please")

    def test_override_asks_who_is_asked_about_exceptions(self):
        self.team.asked = 'exceptions'
        request = self._submit(self._sell())
        self.assertEqual(request.step_ids.mapped('kind'), ['group'])
        request.line_ids.with_user(self.manager).action_override('exception', "Looks odd")
        self.assertEqual(request.step_ids.mapped(lambda step: (step.kind, step.round, step.state)), [
            ('group', 1, 'skipped'), ('group', 2, 'open'), ('committee', 2, 'waiting')])

    def test_override_refuses_with_a_reason_the_customer_reads(self):
        request = self._submit(self._sell())
        request.line_ids.with_user(self.manager).action_override('refused', "Sold without return")
        self.assertEqual((request.state, request.line_ids.rejection_note), ('rejected', "Sold without return"))
        self.assertEqual(request.line_ids.quantity_held, 0.0)
        self.assertFalse(self._open_step(request))
        self.assertEqual(self._accuracy(request), [0.0])

    def test_override_is_the_managers_alone_and_wants_a_reason(self):
        request = self._refused()
        for user in (self.agent, self.agent_all, self.inspector, self.accountant, self.voter_sales, self.portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.request.line', 'action_override', request.line_ids.ids, 'compliant', "Please")
        for status, comment in (('compliant', " "), ('compliant', None), ('whatever', "Please"),
                                (['compliant'], "Please"), ('compliant', 7)):
            with self.assertRaises(UserError):
                self._rpc(self.manager, 'returns.request.line', 'action_override', request.line_ids.ids, status, comment)
        self.assertEqual(request.state, 'rejected')

    def test_goods_on_the_road_are_past_overriding(self):
        request = self._approve(self._sell())
        with self.assertRaisesRegex(UserError, "approved"):
            request.line_ids.with_user(self.manager).action_override('refused', "Too late")

    def test_manager_who_overrides_does_not_approve(self):
        self.group_sales.member_ids = [Command.link(self.manager.id)]
        request = self._refused()
        request.line_ids.with_user(self.manager).action_override('compliant', "A friend")
        self.assertEqual(self._open_step(request).voter_ids, self.voter_sales)
        with self.assertRaises(UserError):
            request.with_user(self.manager).action_approve()

    def test_exception_keeps_nothing_that_only_compliant_returns_get(self):
        self.rule.sudo().returnless_max = 10000
        request = self._submit(self._sell())
        self.assertEqual((request.state, request.line_ids.is_returnless), ('review', True))
        request.line_ids.with_user(self.manager).action_override('exception', "Looks odd")
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.state, request.line_ids.quantity_advanced), ('approved', 0.0), "the goods have to come")
        self.assertFalse(self._settle(request))

    # ------------------------------------------------------------------
    # Disputing
    # ------------------------------------------------------------------

    def test_return_team_judges_a_dispute_once(self):
        request = self._refused()
        line = request.line_ids
        file = self.env['ir.attachment'].with_user(self.agent).create({'name': "mail.txt", 'raw': b"You said I may"})
        line.with_user(self.agent).action_dispute("The clerk said I may", file.ids)
        step = self._open_step(request)
        self.assertEqual((request.state, request.round, step.kind, step.team_id), ('review', 2, 'committee', self.team))
        self.assertEqual(request.evidence_ids, file)
        self._vote(request, (self.voter_quality, 'reject'), (self.voter_finance, 'reject'), (self.chair, 'reject')
                   if step.state == 'open' else (self.voter_finance, 'reject'))
        self.assertEqual((request.state, self._accuracy(request)), ('rejected', [1.0]))
        with self.assertRaisesRegex(UserError, "disputed once"):
            line.with_user(self.agent).action_dispute("Once more")

    def test_dispute_that_is_granted_counts_against_accuracy(self):
        request = self._refused()
        request.line_ids.with_user(self.agent).action_dispute("The clerk said I may")
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'))
        if request.state == 'review':
            self._vote(request, (self.chair, 'approve'))
        self.assertEqual((request.state, self._accuracy(request)), ('approved', [0.0]))
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def test_goods_that_the_customer_keeps_are_paid_when_a_dispute_is_granted(self):
        self.rule.sudo().returnless_max = 10000
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("Worn")
        request.line_ids.with_user(self.agent).action_dispute("It is new")
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'), (self.chair, 'approve'))
        self.assertEqual((request.state, request.line_ids.quantity_advanced), ('settlement', 1.0))
        self.assertTrue(self._settle(request))
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 1.0))

    def test_granted_dispute_is_asked_about_as_an_exception(self):
        self._group(self.voter_sales, phase='settle', only_exceptions=True)
        request = self._refused()
        request.line_ids.with_user(self.agent).action_dispute("The clerk said I may")
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'), (self.chair, 'approve'))
        self._receive(request)
        self._inspect(request)
        self.assertEqual((request.state, self._open_step(request).voter_ids), ('final_review', self.voter_sales))

    def test_nobody_decides_twice_because_another_line_is_disputed(self):
        """The new round asks nothing anew about the first line: who let it come does not pay it, too."""
        self._group(self.voter_sales, self.chair, phase='settle')
        request = self._mixed()
        request.with_user(self.voter_sales).action_approve()
        request.line_ids[1].with_user(self.agent).action_dispute("It never worked")
        self._receive(request)
        self._inspect(request)
        step = self._open_step(request).filtered(lambda step: step.phase == 'settle')
        self.assertEqual((step.round, step.voter_ids), (2, self.chair))

    def test_question_put_anew_is_answered_by_the_same_people(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("Worn")
        request.line_ids.with_user(self.manager).action_override('exception', "Look again")
        self.assertEqual(self._open_step(request).voter_ids, self.voter_sales)

    def test_without_a_team_the_managers_judge(self):
        self.company.returns_allow_own_decision = False
        request = self._refused()
        self.team.active = False
        request.line_ids.with_user(self.agent).action_dispute("The clerk said I may")
        step = self._open_step(request)
        self.assertEqual((step.kind, step.display_name), ('manager', "Returns Managers"))
        self.assertIn(self.manager, step.voter_ids)
        request.with_user(self.manager).action_approve()
        self.assertEqual(request.state, 'approved')

    def test_manager_who_disputes_does_not_judge(self):
        self.team.active = False
        request = self._refused()
        request.line_ids.with_user(self.manager).action_dispute("My friend")
        with self.assertRaises(UserError):
            request.with_user(self.manager).action_approve()

    def test_dispute_takes_only_pieces_that_are_free(self):
        order = self._sell((self.product, 3.0))
        self.rule.sudo().allow_refund = False
        request = self._submit(order, 2.0)
        self.rule.sudo().allow_refund = True
        self._submit(order, 2.0)
        with self.assertRaisesRegex(UserError, "only 1"):
            request.line_ids.with_user(self.agent).action_dispute("The clerk said I may")
        self.assertEqual((request.state, request.line_ids.is_disputed), ('rejected', False))

    def test_other_lines_keep_their_votes(self):
        """A quorum of two has one vote on the first line when the second one is disputed."""
        second = new_test_user(self.env, login='test_returns_voter_2', groups='base.group_user')
        self.group_sales.write({'member_ids': [Command.link(second.id)], 'rule': 'quorum', 'quorum': 2})
        request = self._mixed()
        request.with_user(self.voter_sales).action_approve()
        request.line_ids[1].with_user(self.agent).action_dispute("It never worked")
        group_step = request.step_ids.filtered(lambda step: step.kind == 'group')
        self.assertEqual((group_step.round, group_step.state, len(group_step.decision_ids)), (2, 'open', 1))
        self.assertEqual(request.step_ids.filtered(lambda step: step.kind == 'committee').line_ids, request.line_ids[1])
        request.with_user(second).action_approve()
        self.assertEqual(request.line_ids.mapped('state'), ['approved', 'review'])

    def test_settle_question_about_another_line_survives(self):
        self.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_finance.ids)]})
        request = self._mixed()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request)
        self.assertEqual(request.line_ids[0].state, 'final_review')
        request.line_ids[1].with_user(self.agent).action_dispute("It never worked")
        self.assertEqual(request.line_ids.mapped('state'), ['final_review', 'review'])
        with self.assertRaisesRegex(UserError, "in review"):  # and finance has not answered
            self._settle(request)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(request.line_ids[0].state, 'settlement')

    def test_dispute_by_strangers_and_of_nothing(self):
        request = self._refused()
        for user in (self.other_agent, self.voter_sales, self.inspector, self.portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.request.line', 'action_dispute', request.line_ids.ids, "Please")
        for comment in ("", " ", None, ["x"]):
            with self.assertRaises(UserError):
                self._rpc(self.agent, 'returns.request.line', 'action_dispute', request.line_ids.ids, comment)
        for files in ("12", ["x"], [True], {'a': 1}):
            with self.assertRaises(UserError):
                self._rpc(self.agent, 'returns.request.line', 'action_dispute', request.line_ids.ids, "Please", files)
        foreign = self.env['ir.attachment'].create({'name': "secret.txt", 'raw': b"secret", 'res_model': 'res.partner',
                                                    'res_id': self.other_customer.id})
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.request.line', 'action_dispute', request.line_ids.ids, "Please", foreign.ids)
        for values in ({'is_disputed': False}, {'override_status': 'compliant'}):
            with self.assertRaises(AccessError):
                self._rpc(self.manager, 'returns.request.line', 'write', request.line_ids.ids, values)
        self.rule.sudo().allow_refund = True
        fine = self._submit(self._sell())
        with self.assertRaisesRegex(UserError, "only a refusal"):
            fine.line_ids.with_user(self.agent).action_dispute("Please")

    # ------------------------------------------------------------------
    # Explaining
    # ------------------------------------------------------------------

    def test_refusal_is_to_be_explained(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("Worn")
        kind = self.env.ref('returns_management.mail_activity_type_explain')
        activity = self.env['mail.activity'].search([
            ('res_model', '=', 'returns.request'), ('res_id', '=', request.id), ('activity_type_id', '=', kind.id)])
        self.assertEqual(activity.user_id, self.agent)
        self.assertIn(self.customer.name, activity.summary)

    def test_compliant_return_that_is_rejected_counts_against_accuracy(self):
        rejected, approved, open_ = (self._submit(self._sell()) for _number in range(3))
        rejected.with_user(self.voter_sales).action_reject("Do not like them")
        approved.with_user(self.voter_sales).action_approve()
        self.assertEqual([self._accuracy(request) for request in (rejected, approved)], [[0.0], [1.0]])
        figures = self.env['returns.report']._read_group(
            [('request_id', 'in', (rejected | approved | open_).ids)], [], ['policy_kept:avg'])
        self.assertEqual(figures, [(0.5,)])
