# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .rpc import RpcCommon
from .test_committee import CommitteeCommon


@tagged('post_install', '-at_install')
class TestDispose(CommitteeCommon, RpcCommon):
    """Goods whose disposition names a group go nowhere before it approves; the money does not wait for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_scrap = cls.env['returns.approval.group'].create({
            'name': "Scrap Approval", 'department': 'warehouse', 'company_id': cls.company.id, 'phase': 'dispose',
            'member_ids': [Command.set((cls.voter_quality | cls.voter_finance).ids)]})
        cls.scrap.approval_group_id = cls.group_scrap

    def _inspected(self, quantity=2.0, disposition=None, **line_values):
        request = self._approve(self._sell(), quantity, **line_values)
        self._receive(request)
        self._inspect(request, disposition or self.scrap)
        return request

    def _dispose_steps(self, request):
        return request.step_ids.filtered(lambda step: step.phase == 'dispose')

    def test_scrap_waits_for_its_group_and_money_does_not(self):
        request = self._approve(self._sell(), 2.0)
        promise = request.date_decision_due
        self._receive(request)
        self._inspect(request, self.scrap)
        step = self._dispose_steps(request)
        self.assertEqual((step.state, step.group_id, step.disposition_id), ('open', self.group_scrap, self.scrap))
        self.assertEqual(step.voter_ids, self.voter_quality | self.voter_finance)
        self.assertEqual((step.product_note, step.amount), ("2 × Kettle: Scrap", request.amount_requested))
        self.assertTrue(step.deadline)
        self.assertIn(self.voter_quality, request.activity_ids.user_id)
        self.assertEqual(request.date_decision_due, promise, "the customer waits for nothing")
        note = self._settle(request)
        self.assertEqual(note.state, 'posted')
        self.assertEqual((request.state, self._on_hand(self.product)), ('settlement', 2.0))
        self.assertIn("Waiting for Scrap Approval", request.next_step_note)
        request.with_user(self.voter_quality).action_approve("Broken")
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        self.assertEqual(self.env['stock.scrap'].search([('origin', '=', request.name)]).scrap_qty, 2.0)
        self.assertFalse(request.activity_ids.returns_step_id)

    def test_approved_before_it_is_paid(self):
        request = self._inspected()
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual((request.state, self._on_hand(self.product)), ('settlement', 0.0))
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def test_rejected_goods_stay_until_the_inspector_chooses_again(self):
        request = self._inspected()
        inspection = request.inspection_ids
        request.with_user(self.voter_quality).action_reject("Can be repaired")
        self.assertEqual((inspection.disposition_kind, self._on_hand(self.product)), ('quarantine', 2.0))
        self.assertEqual((inspection.quantity_accepted, request.line_ids.rejection_note), (2.0, False))
        self.assertEqual(request.line_ids.quantity_accepted, 2.0)
        task = request.activity_ids.filtered(lambda activity: activity.user_id == self.inspector)
        self.assertIn("Can be repaired", task.note)
        self.assertEqual(self._dispose_steps(request).product_note, "2 × Kettle: Scrap", "what was asked stays readable")
        self.assertEqual(self._settle(request).state, 'posted')
        self.assertEqual(request.state, 'done')
        # scrap again: asked again
        self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'disposition_id': self.scrap.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_dispose', inspection.ids)
        self.assertEqual(self._dispose_steps(request).mapped('state'), ['rejected', 'open'])
        self.assertEqual((request.state, self._on_hand(self.product)), ('settlement', 2.0))
        request.with_user(self.voter_finance).action_reject("No")
        self.assertEqual(request.state, 'done')
        self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'disposition_id': self.restock.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_dispose', inspection.ids)
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        self.assertEqual(len(self._dispose_steps(request)), 2, "nobody is asked about restocking")

    def test_asked_after_the_steps_about_the_money(self):
        self._group(self.voter_sales, self.chair, phase='settle', name="Settle Group")
        request = self._inspected()
        self.assertEqual((request.state, self._open_step(request).group_id.name), ('final_review', "Settle Group"))
        request.with_user(self.chair).action_reject("Worn")
        self.assertFalse(self._dispose_steps(request), "refused, the goods go back to the customer")
        self.assertEqual(request.inspection_ids.disposition_kind, 'customer')
        request = self._inspected()
        request.with_user(self.chair).action_approve()
        self.assertEqual(self._open_step(request).group_id, self.group_scrap)

    def test_what_could_be_undone_waits_too(self):
        self.restock.approval_group_id = self.group_scrap
        request = self._inspected(disposition=self.restock)
        self.assertEqual(self._on_hand(self.product), 2.0)
        with self.assertRaises(UserError):
            self._rpc(self.inspector, 'returns.inspection', 'write', request.inspection_ids.ids, {
                'disposition_id': self.scrap.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_dispose', request.inspection_ids.ids)
        self.assertEqual(self._on_hand(self.product), 2.0, "Move On passes nobody")
        self.assertEqual(len(self._dispose_steps(request)), 1)
        request.with_user(self.voter_quality).action_approve()
        self.assertEqual(self._on_hand(self.product), 0.0)

    def test_each_inspection_is_asked_about_once(self):
        request = self._approve(self._sell(), 3.0)
        self._receive(request)
        first = request.inspection_ids
        second = self.env['returns.inspection'].browse(
            first.with_user(self.inspector).action_split(1.0)['res_id'])
        for inspection in (first, second):
            inspection.with_user(self.inspector).write({'disposition_id': self.scrap.id, 'grade': 'd'})
        first.with_user(self.inspector).action_done()
        self.assertFalse(self._dispose_steps(request) - self._dispose_steps(request).filtered(
            lambda step: step.inspection_ids == first))
        second.with_user(self.inspector).action_done()
        steps = self._dispose_steps(request)
        self.assertEqual(steps.inspection_ids, first | second)
        self.assertEqual(len(steps.mapped('inspection_ids.id')), 2)
        for step in steps:
            step.with_user(self.voter_quality if step == steps[0] else self.voter_finance).action_approve()
        self.assertEqual(self._on_hand(self.product), 0.0)

    def test_group_is_asked_where_its_conditions_hold(self):
        self.group_scrap.amount_min = 60.0
        request = self._inspected()
        self.assertFalse(self._dispose_steps(request))
        self.assertEqual(self._on_hand(self.product), 0.0)
        self.assertTrue(self._dispose_steps(self._inspected(3.0)))
        self.group_scrap.action_archive()
        self.assertFalse(self._dispose_steps(self._inspected(3.0)))

    def test_dispose_groups_are_asked_about_nothing_else(self):
        self.group_sales.action_archive()
        request = self._submit(self._sell())
        self.assertEqual((request.state, len(request.step_ids)), ('approved', 0))

    def test_inspector_and_chooser_do_not_approve(self):
        self.group_scrap.member_ids |= self.inspector
        other = self.manager
        self.group_scrap.member_ids |= other
        request = self._inspected()
        self.assertNotIn(self.inspector, self._dispose_steps(request).voter_ids)
        self.assertIn(other, self._dispose_steps(request).voter_ids)
        request.with_user(self.voter_quality).action_reject("No")
        self._rpc(other, 'returns.inspection', 'write', request.inspection_ids.ids, {'disposition_id': self.scrap.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_dispose', request.inspection_ids.ids)
        voters = self._open_step(request).voter_ids
        self.assertEqual(voters, self.voter_finance, "neither who inspected, nor who chose, nor who answered before")
        for user in (self.inspector, other):
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._rpc(user, 'returns.request', 'action_approve', request.ids)
        self.assertEqual(self._rpc(self.voter_finance, 'returns.step', 'search', [('may_decide', '=', True)]),
                         self._open_step(request).ids)

    def test_waiting_goods_cannot_be_freed_by_hand(self):
        request = self._inspected()
        step, inspection = self._dispose_steps(request), request.inspection_ids
        for user in (self.inspector, self.manager, self.agent_all):
            for model, record, vals in (
                    ('returns.inspection', inspection, {'disposal_step_id': False}),
                    ('returns.inspection', inspection, {'disposition_id': self.restock.id}),
                    ('returns.step', step, {'inspection_ids': [[5]]}), ('returns.step', step, {'state': 'approved'})):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    self._rpc(user, model, 'write', record.ids, vals)
        with self.assertRaises(AccessError):
            self._rpc(self.inspector, 'returns.disposition', 'write', self.scrap.ids, {'approval_group_id': False})

    def test_archived_disposition_is_no_way_past_the_group(self):
        former = self.scrap.copy({'name': "Scrap, small things", 'approval_group_id': False, 'active': False})
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        with self.assertRaisesRegex(UserError, "Scrap, small things is archived"):
            self._rpc(self.inspector, 'returns.inspection', 'write', request.inspection_ids.ids, {
                'disposition_id': former.id})

    def test_who_chose_before_the_pieces_were_split_does_not_approve_either(self):
        colleague = new_test_user(
            self.env, login='test_returns_inspector_2', groups='returns_management.group_returns_inspector',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.group_scrap.member_ids |= self.inspector
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        inspection = request.inspection_ids
        self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'disposition_id': self.scrap.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_split', inspection.ids, 1.0)
        self._rpc(colleague, 'returns.inspection', 'write', inspection.ids, {'disposition_id': self.restock.id})
        self._rpc(colleague, 'returns.inspection', 'action_done', request.inspection_ids.ids)
        self.assertTrue(self._dispose_steps(request))
        self.assertNotIn(self.inspector, self._dispose_steps(request).voter_ids)

    def test_step_goes_with_stand_ins_clocks_and_bulk(self):
        requests = self._inspected() | self._inspected()
        steps = self._dispose_steps(requests)
        self.assertEqual(
            self._rpc(self.voter_quality, 'returns.step', 'search', [('may_decide', '=', True)], order='id'),
            steps.sorted('id').ids)
        deadline = steps[0].deadline
        requests[0].with_user(self.agent).action_pause('customer')
        self.assertFalse(steps[0].is_late)
        requests[0].with_user(self.agent).action_resume()
        self.assertGreaterEqual(steps[0].deadline, deadline)
        self._rpc(self.voter_quality, 'returns.step', 'action_approve', steps.ids, "both")
        self.assertEqual(steps.mapped('state'), ['approved', 'approved'])

    def test_disposition_names_a_group_that_can_be_asked(self):
        for disposition, group in (
                (self.scrap, self.group_sales),
                (self.env.ref('returns_management.disposition_quarantine'), self.group_scrap)):
            with self.subTest(group=group.name), self.assertRaisesRegex(ValidationError, "cannot approve"):
                disposition.approval_group_id = group
        self.assertIn("before goods go", self.group_scrap.condition_note)

    def test_work_order_and_mails(self):
        request = self._inspected()
        before = self.env['mail.mail'].search_count([])
        request.with_user(self.voter_quality).action_reject("Can be repaired")
        self.assertEqual(self.env['mail.mail'].search_count([]), before, "the customer is told nothing of it")
        page = self.env['ir.actions.report'].with_user(self.agent)._render_qweb_html(
            'returns_management.action_report_returns_work_order', request.ids)[0].decode()
        self.assertIn("Scrap Approval · 2 × Kettle: Scrap", page)
        self.assertIn("Can be repaired", page)
