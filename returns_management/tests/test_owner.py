# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import ValidationError
from odoo.tests import new_test_user, tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestOwner(ReturnsCommon):
    """What customers ask for by themselves has somebody responsible at once, by the rule of the team."""

    checks_ledger = False  # nothing moves

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._agent('seller')
        cls.portal = new_test_user(
            cls.env, login='test_returns_customer', groups='base.group_portal', partner_id=cls.contact.id)
        cls.order = cls._sell((cls.product, 9.0), user_id=cls.seller.id)

    @classmethod
    def _agent(cls, name, groups='returns_management.group_returns_agent'):
        return new_test_user(
            cls.env, login=f'test_returns_{name}', name=name.title(), groups=groups,
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])

    def _ask(self, number=1, context=None, **values):
        """Drafts as the portal's controllers make them: the customer's, in superuser mode."""
        return self.Request.with_user(self.portal).sudo().with_context(**(context or {})).create([{
            'partner_id': self.contact.id, 'team_id': self.team.id, 'channel': 'portal', 'line_ids': [Command.create({
                'sale_line_id': self.order.order_line.id, 'quantity': 1.0, 'reason_id': self.reason.id})], **values,
        } for _number in range(number)])

    def test_salesperson_is_responsible_and_never_the_customer(self):
        request = self._ask(context={'tracking_disable': False})
        self.assertEqual(request.user_id, self.seller)
        self.assertIn(self.seller.partner_id, request.message_partner_ids, "they follow what they are responsible for")

    def test_who_files_or_is_named_stays_responsible(self):
        self.team.write({'assignment': 'fixed', 'assigned_user_id': self.agent_all.id})
        self.assertEqual(self._file(self.order).user_id, self.agent, "an agent who files it is the one to ask")
        self.assertEqual(self._ask(user_id=self.manager.id).user_id, self.manager)
        cleared = self.Request.with_user(self.agent).create({'partner_id': self.customer.id, 'user_id': False})
        self.assertEqual(cleared.user_id, self.agent, "or they would not find it again")
        cleared = self.Request.with_user(self.agent_all).create({'partner_id': self.customer.id, 'user_id': False})
        self.assertTrue(cleared.user_id)

    def test_salesperson_who_is_away_left_or_is_no_agent_is_passed_over(self):
        self.team.agent_ids = self.agent_all
        self.env['returns.delegation'].create({
            'user_id': self.seller.id, 'delegate_id': self.agent.id, 'date_to': fields.Date.add(fields.Date.today(), days=3)})
        self.assertEqual(self._ask().user_id, self.agent, "their stand-in")
        self.env['returns.delegation'].search([]).unlink()
        resource = self.env['resource.resource'].create({'name': "Seller", 'user_id': self.seller.id})
        now = fields.Datetime.now()
        leave = self.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'resource_id': resource.id, 'calendar_id': resource.calendar_id.id,
            'date_from': now - timedelta(days=1), 'date_to': now + timedelta(days=1)})
        self.assertEqual(self._ask().user_id, self.agent_all, "on leave, nobody named")
        leave.unlink()
        self.assertEqual(self._ask().user_id, self.seller)
        self.order.user_id = self.employee
        self.assertEqual(self._ask().user_id, self.agent_all, "no agent")
        self.order.user_id = self.seller
        self.seller.action_archive()
        self.assertEqual(self._ask().user_id, self.agent_all, "left")

    def test_least_loaded_share_a_batch_evenly_in_few_queries(self):
        first, second, third = (self._agent(f'turn_{number}') for number in range(3))
        self.team.write({'assignment': 'least_loaded', 'agent_ids': [Command.set((first | second | third).ids)]})
        self._ask(2, user_id=first.id)
        requests = self._ask(7)
        owners = requests.mapped(lambda request: request.user_id.id)
        self.assertEqual([owners.count(user.id) for user in (first, second, third)], [1, 3, 3])
        sellers = {request: request._get_sellers() for request in requests}
        self.env['returns.team']._find_owners(requests, sellers)
        self.env.flush_all()
        counts = []
        for number in (1, 7):
            self.env.invalidate_all()
            requests.mapped('team_id.agent_ids')
            before = self.env.cr.sql_log_count
            self.env['returns.team']._find_owners(requests[:number], sellers)
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_fixed_person_and_their_stand_in(self):
        self.team.write({'assignment': 'fixed', 'assigned_user_id': self.agent_all.id})
        self.assertEqual(self._ask().user_id, self.agent_all)
        self.env['returns.delegation'].create({
            'user_id': self.agent_all.id, 'delegate_id': self.manager.id,
            'date_to': fields.Date.add(fields.Date.today(), days=3)})
        self.assertEqual(self._ask().user_id, self.manager)
        with self.assertRaisesRegex(ValidationError, "say who is always"), self.env.cr.savepoint():
            self.team.assigned_user_id = False
        with self.assertRaisesRegex(ValidationError, "no returns agent"), self.env.cr.savepoint():
            self.team.agent_ids = self.employee

    def test_owner_by_rule_does_not_take_the_vote_that_is_needed(self):
        """Who is responsible does not decide: the only voter is not made responsible while somebody else is there."""
        judge, other = self._agent('judge'), self._agent('other')
        self.group_sales.member_ids = judge
        self.order.user_id = judge
        self.team.agent_ids = judge | other
        request = self._ask()
        self.assertEqual(request.user_id, other)
        request._as_flow()._do_submit()
        self.assertEqual((request.state, request.step_ids.voter_ids), ('review', judge))
        self.group_sales.member_ids = judge | self.voter_sales
        self.assertEqual(self._ask().user_id, judge, "two may decide: either may be responsible")
        self.group_sales.member_ids = judge
        self.company.returns_allow_own_decision = True
        self.assertEqual(self._ask().user_id, judge, "the company lets people decide on their own")

    def test_nobody_is_named_where_nobody_at_all_could_decide_then(self):
        groups = [self.env.ref(f'returns_management.group_returns_{name}') for name in (
            'agent', 'agent_all', 'inspector', 'accountant', 'manager')]
        for group in groups:
            group.user_ids -= group.user_ids - self.manager
        self.assertEqual(self.company._get_returns_managers(), self.manager)
        self.group_sales.member_ids = self.manager
        request = self._ask()
        self.assertFalse(request.user_id)
        self.assertIn("Nobody could be made responsible", "".join(request.message_ids.mapped('body')))
        request._as_flow()._do_submit()
        self.assertEqual(request.step_ids.voter_ids, self.manager, "and so the customer's wish can be decided")
