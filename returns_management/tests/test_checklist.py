# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .rpc import RpcCommon
from .test_committee import CommitteeCommon


@tagged('post_install', '-at_install')
class TestChecklist(CommitteeCommon, RpcCommon):
    """What voters confirm before they approve, and what is kept of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_sales.point_ids = [
            Command.create({'name': "Order genuine"}), Command.create({'name': "Reason fits"}),
            Command.create({'name': "Photo seen", 'is_required': False})]
        cls.genuine, cls.fits, cls.photo = cls.group_sales.point_ids

    def _call(self, request, method, *args, user=None, **kwargs):
        return self._rpc(user or self.voter_sales, 'returns.request', method, request.ids, *args, **kwargs)

    def test_nobody_approves_without_the_required_points(self):
        request = self._submit(self._sell())
        for answers in (None, {}, {self.photo.id: True}, {self.genuine.id: False, self.fits.id: False}):
            with self.subTest(answers=answers), self.assertRaisesRegex(
                    UserError, f"{request.name}: Sales Approval .* confirmed for: Order genuine; Reason fits"):
                self._call(request, 'action_approve', answers=answers)
        with self.assertRaisesRegex(UserError, "confirmed for: Reason fits. Confirm"):
            self._call(request, 'action_approve', "fine", {self.genuine.id: True})
        self.assertFalse(request.decision_ids)
        # numbers are strings in JSON
        self._call(request, 'action_approve', "fine", {str(self.genuine.id): True, str(self.fits.id): True})
        self.assertEqual(request.state, 'approved')
        decision = request.decision_ids
        self.assertEqual([(point['name'], point['required'], point['confirmed']) for point in decision.checklist], [
            ("Order genuine", True, True), ("Reason fits", True, True), ("Photo seen", False, False)])
        self.assertEqual(decision.checklist_note, "☑ Order genuine\n☑ Reason fits\n☐ Photo seen")

    def test_rejecting_and_abstaining_need_no_answers_and_keep_those_given(self):
        self.group_sales.member_ids += self.voter_quality
        request = self._submit(self._sell())
        self._call(request, 'action_abstain')
        self._call(request, 'action_reject', "Forged", {self.genuine.id: False, self.fits.id: True}, user=self.voter_quality)
        self.assertEqual(request.state, 'rejected')
        first, second = request.decision_ids.sorted('id')
        self.assertEqual(first.checklist_note, "☐ Order genuine\n☐ Reason fits\n☐ Photo seen")
        self.assertEqual(second.checklist_note, "☐ Order genuine\n☑ Reason fits\n☐ Photo seen")

    def test_answers_are_of_the_checklist_and_true_or_false(self):
        strange = self._group(self.voter_quality, point_ids=[Command.create({'name': "Strange"})]).point_ids
        request = self._submit(self._sell(), reason_id=self.reason.id)
        for answers in ("yes", 1, [1], {'x': True}, {None: True}, {self.genuine.id: 1}, {self.genuine.id: "yes"}):
            with self.subTest(answers=answers), self.assertRaisesRegex(UserError, "each with true or false"):
                self._call(request, 'action_approve', None, answers)
        for unknown in (strange.id, 0, 2**40):
            with self.subTest(unknown=unknown), self.assertRaisesRegex(UserError, "Only points of the checklists of Sales"):
                self._call(request, 'action_reject', "no", {unknown: True})
        self.assertFalse(request.decision_ids)

    def test_what_was_answered_stays_when_the_checklist_changes(self):
        request = self._submit(self._sell())
        answers = {self.genuine.id: True, self.fits.id: True}
        self._call(request, 'action_approve', None, answers)
        note = request.decision_ids.checklist_note
        self.fits.name = "Something else"
        (self.genuine | self.photo).unlink()
        request.decision_ids.invalidate_recordset()
        self.assertEqual(request.decision_ids.checklist_note, note)
        with self.assertRaises(UserError):
            request.decision_ids.sudo().write({'checklist': []})
        self._call(request, 'action_approve')  # the same verdict again changes nothing

    def test_committee_has_its_own_and_bulk_answers_hold_for_all(self):
        self.team.point_ids = [Command.create({'name': "True intent"})]
        self.team.asked = 'always'
        requests = self._submit(self._sell()) | self._submit(self._sell())
        answers = {self.genuine.id: True, self.fits.id: True}
        self._call(requests, 'action_approve', "both", answers)
        self.assertEqual(len(requests.decision_ids), 2)
        with self.assertRaisesRegex(UserError, "Committee .* True intent"):
            self._call(requests, 'action_approve', user=self.chair)
        steps = requests.step_ids.filtered(lambda step: step.state == 'open')
        self._rpc(self.chair, 'returns.step', 'action_approve', steps.ids, "vote", {self.team.point_ids.id: True})
        self.assertEqual(steps.decision_ids.mapped('checklist_note'), ["☑ True intent"] * 2)

    def test_wizard_asks_for_the_points_once_and_gives_the_answers(self):
        requests = self._submit(self._sell()) | self._submit(self._sell())
        self.assertEqual(requests.with_user(self.voter_sales).mapped('has_checklist'), [True, True])
        self.assertFalse(requests[0].with_user(self.agent).has_checklist)
        form = Form(self.env['returns.decide'].with_user(self.voter_sales).with_context(
            active_model='returns.step', active_ids=requests.step_ids.ids))
        form.comment = "Both are fine"
        wizard = form.save()
        self.assertEqual(wizard.point_ids.mapped('name'), ["Order genuine", "Reason fits", "Photo seen"])
        with self.assertRaisesRegex(UserError, "Order genuine"), self.env.cr.savepoint():
            wizard.action_decide()
        wizard.point_ids.is_confirmed = True
        wizard.action_decide()
        self.assertEqual(requests.mapped('state'), ['approved', 'approved'])
        self.assertEqual(
            requests.decision_ids.mapped('checklist_note'), ["☑ Order genuine\n☑ Reason fits\n☑ Photo seen"] * 2)

    def test_nobody_answers_in_the_dialog_of_another(self):
        self.group_sales.member_ids += self.voter_quality
        request = self._submit(self._sell(), 3.0)
        wizard = self.env['returns.decide'].with_user(self.voter_sales).with_context(
            active_model='returns.request', active_ids=request.ids).create({})
        for model, method, args in (
                ('returns.decide.point', 'write', [wizard.point_ids.ids, {'is_confirmed': True}]),
                ('returns.decide.point', 'create', [{
                    'wizard_id': wizard.id, 'point_id': self.genuine.id, 'is_confirmed': True}]),
                ('returns.decide.line', 'create', [{
                    'wizard_id': wizard.id, 'request_line_id': request.line_ids.id, 'quantity': 1.0}])):
            with self.subTest(model=model, method=method), self.assertRaises(AccessError), self.env.cr.savepoint():
                self._rpc(self.voter_quality, model, method, *args)
        self.assertEqual(wizard.point_ids.mapped('is_confirmed'), [False] * 3)

    def test_work_order_prints_the_answers(self):
        request = self._submit(self._sell())
        self._call(request, 'action_approve', None, {self.genuine.id: True, self.fits.id: True})
        page = self.env['ir.actions.report'].with_user(self.agent)._render_qweb_html(
            'returns_management.action_report_returns_work_order', request.ids)[0].decode()
        self.assertIn("☑ Order genuine", page)
        self.assertIn("☐ Photo seen", page)

    def test_only_managers_write_checklists(self):
        for user in (self.agent_all, self.inspector, self.accountant, self.voter_sales):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.approval.point', 'unlink', self.genuine.ids)
        self._rpc(self.manager, 'returns.approval.group', 'write', self.group_sales.ids, {
            'point_ids': [[1, self.genuine.id, {'is_required': False}]]})
        copy = self.group_sales.copy()
        self.assertEqual(copy.point_ids.mapped('name'), self.group_sales.point_ids.mapped('name'))
