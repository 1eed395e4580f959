# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestRightsInTheBrowser(ReturnsCommon, HttpCase):
    """Who decides, clicked through in a real browser by those who set it up, ask, answer and read the answer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env, login='test_returns_portal', groups='base.group_portal', partner_id=cls.contact.id)
        for user in (cls.agent, cls.voter_sales, cls.voter_quality, cls.voter_finance, cls.manager, cls.employee,
                     cls.portal):
            user.password = user.login

    def _open(self, user, request, tour):
        """Let ``user`` do ``tour`` on the form of ``request``."""
        self.start_tour(
            f'/odoo/action-returns_management.returns_request_action/{request.id}', tour, login=user.login)
        self.env.invalidate_all()

    def test_administrator_sets_up_who_decides_and_they_do(self):
        self.env['returns.approval.group'].search([]).active = self.env['returns.team'].search([]).active = False
        with mute_logger('odoo.http'):  # says that a configuration was refused
            self.start_tour(
                '/odoo/action-returns_management.returns_approval_group_action', 'returns_rights_group',
                login=self.manager.login)
            self.start_tour(
                '/odoo/action-returns_management.returns_team_action', 'returns_rights_team', login=self.manager.login)
        group = self.env['returns.approval.group'].search([])
        team = self.env['returns.team'].search([])
        self.assertEqual((group.name, group.member_ids, group.rule, group.quorum),
                         ("Sales Desk", self.voter_sales, 'quorum', 1))
        self.assertEqual((team.asked, team.quorum, team.member_ids.user_id),
                         ('always', 2, self.voter_quality | self.voter_finance))

        self.team = team
        request = self._file(self._sell())
        self._open(self.agent, request, 'returns_rights_submit')
        for voter, state in ((self.voter_sales, 'review'), (self.voter_quality, 'review'), (self.voter_finance, 'approved')):
            self._open(voter, request, 'returns_rights_approve')
            self.assertEqual(request.state, state)
        self.assertEqual(set(request.decision_ids.mapped('department')), {'sales', 'quality', 'finance'})
        self.start_tour(
            f'/odoo/action-returns_management.returns_policy_action/{self.policy.id}', 'returns_rights_replay',
            login=self.manager.login)

    def test_rejected_with_a_reason_that_the_customer_reads(self):
        request = self._submit(self._sell())
        self._open(self.voter_sales, request, 'returns_rights_reject')
        self.assertEqual(request.state, 'rejected')
        self._open(self.agent, request, 'returns_rights_explain')
        self.start_tour(f'/my/returns/{request.id}', 'returns_rights_customer', login=self.portal.login)

    def test_express_return_asks_nobody(self):
        express = self.policy.copy()
        express.rule_ids.auto_approve_max = 1000.0
        express._do_publish()
        request = self._file(self._sell())
        self._open(self.agent, request, 'returns_rights_express')
        self.assertEqual((request.state, request.step_ids), ('approved', self.env['returns.step']))

    def test_many_are_decided_with_one_comment(self):
        requests = self.Request.concat(*(self._submit(self._sell()) for _number in range(3)))
        self.group_sales.member_ids = self.voter_quality
        self._submit(self._sell(partner=self.other_customer))
        self.start_tour('/odoo', 'returns_rights_bulk', login=self.voter_sales.login)
        self.env.invalidate_all()
        self.assertEqual(set(requests.mapped('state')), {'approved'})
        self.assertEqual(sorted(requests.decision_ids.mapped(lambda decision: decision.comment or "")), [
            "", "Good customers.", "Good customers."])

    def test_clocks_are_stopped_and_run_again(self):
        request = self._submit(self._sell())
        self._open(self.agent, request, 'returns_rights_pause')
        self.assertEqual((request.is_paused, request.sudo().pause_ids.note), (False, "Photo of the label"))

    def test_refusal_is_disputed_and_overridden(self):
        self.team.asked = 'exceptions'
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("The seal is broken.")
        self._open(self.agent, request, 'returns_rights_dispute')
        self.assertEqual((request.state, request.line_ids.is_disputed), ('review', True))
        self._open(self.manager, request, 'returns_rights_override')
        self.assertEqual((request.state, request.line_ids.override_status), ('rejected', 'refused'))

    def test_stand_in_is_named_and_answers(self):
        request = self._submit(self._sell())
        self.start_tour(
            '/odoo/action-returns_management.returns_delegation_action', 'returns_rights_stand_in',
            login=self.voter_sales.login)
        self.start_tour('/odoo', 'returns_rights_stood_in', login=self.employee.login)
        self.env.invalidate_all()
        decision = request.decision_ids
        self.assertEqual((decision.user_id, decision.on_behalf_of_id), (self.employee, self.voter_sales))
        self.assertEqual(decision.date.date(), fields.Date.today())
