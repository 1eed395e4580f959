# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, new_test_user, tagged


@tagged('post_install', '-at_install')
class TestCompany(TransactionCase):
    """A company can handle returns from its first day, whoever made it."""

    def _get_setup(self, company):
        domain = [('company_id', '=', company.id)]
        return tuple(self.env[f'returns.{name}'].search(domain) for name in ('policy', 'approval.group', 'team'))

    def test_new_company_gets_policy_groups_and_team(self):
        company = self.env['res.company'].create({'name': "Newcomer"})
        policy, groups, team = self._get_setup(company)
        self.assertEqual((policy.state, len(policy.rule_ids)), ('published', 2))
        self.assertEqual(groups.mapped('department'), ['sales', 'service', 'finance'])
        self.assertTrue(groups.filtered('is_fallback'))
        self.assertEqual(team.member_ids.user_id, groups.member_ids)
        self.assertEqual(groups.member_ids, self.env.ref('base.user_admin'), "OdooBot decides nothing")

    def test_who_makes_the_company_is_asked_first(self):
        """With the rights on companies and contacts and no other: neither stock, nor sales, nor returns."""
        user = new_test_user(self.env, login='test_returns_founder',
                             groups='base.group_erp_manager,base.group_partner_manager')
        company = self.env['res.company'].with_user(user).create({'name': "Newcomer"}).sudo()
        policy, groups, team = self._get_setup(company)
        self.assertTrue(policy and team)
        self.assertEqual(groups.member_ids, user)
        self.assertIn(company, user.company_ids)

    def test_without_the_usual_administrator_another_is_asked(self):
        other = new_test_user(self.env, login='test_returns_second_admin', groups='base.group_system')
        others = self.env.ref('base.group_system').all_user_ids - other
        others.filtered('active').active = False
        _policy, groups, _team = self._get_setup(self.env['res.company'].create({'name': "Newcomer"}))
        self.assertEqual(groups.member_ids, other)

    def test_setting_up_again_changes_nothing(self):
        company = self.env['res.company'].create({'name': "Newcomer"})
        before = self._get_setup(company)
        before[1][0].active = False
        company._setup_returns()
        after = self._get_setup(company)
        self.assertEqual([records.ids for records in after], [before[0].ids, before[1][1:].ids, before[2].ids])

    def test_many_companies_cost_no_more_each(self):
        Company = self.env['res.company']

        def queries(number):
            with patch.object(type(Company), '_setup_returns', lambda companies: None):
                companies = Company.create([{'name': f"Newcomer {number} {index}"} for index in range(number)])
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            companies._setup_returns()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(2)  # fills the caches
        self.assertLess(queries(5) - queries(3), 2 * 20, "a company more costs a few queries to publish its policy")

    def test_second_company_takes_its_own_goods_back(self):
        """Own warehouse, chart, policy, approvers: the whole road, and nothing of the first company in it."""
        company = self.env['res.company'].create({'name': "Second", 'country_id': self.env.ref('base.us').id})
        env = self.env(context={**self.env.context, 'allowed_company_ids': company.ids})
        env['account.chart.template'].try_loading('generic_coa', company, install_demo=False)
        warehouse = env['stock.warehouse'].search([('company_id', '=', company.id)])
        self.assertEqual(warehouse.returns_type_id.default_location_dest_id, warehouse.returns_location_id)
        self.assertEqual(warehouse.returns_location_id.company_id, company)
        admin = self.env.ref('base.user_admin')
        admin.company_ids = [Command.link(company.id)]
        agent = new_test_user(env, login='test_returns_second', groups='returns_management.group_returns_manager',
                              company_id=company.id, company_ids=[Command.set(company.ids)])
        product = env['product.product'].create({'name': "Kettle", 'is_storable': True, 'list_price': 10.0,
                                                 'company_id': company.id})
        env['stock.quant']._update_available_quantity(product, warehouse.lot_stock_id, 10.0)
        order = env['sale.order'].create({
            'partner_id': env['res.partner'].create({'name': "Customer"}).id,
            'order_line': [Command.create({'product_id': product.id, 'product_uom_qty': 3.0})]})
        order.action_confirm()
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        order._create_invoices().action_post()

        request = env['returns.request'].with_user(agent).create({
            'partner_id': order.partner_id.id,
            'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 2.0,
                'reason_id': env.ref('returns_management.reason_changed_mind').id})]})
        self.assertEqual(request.company_id, company)
        self.assertEqual(request.team_id.company_id, company)
        request.action_submit()
        request.with_user(admin).action_approve()
        request.action_receive()
        self.assertEqual(request.picking_ids.picking_type_id, warehouse.returns_type_id)
        request.picking_ids.move_ids.picked = True
        request.picking_ids.button_validate()
        request.inspection_ids.action_done()
        request.action_settle()
        request.refund_ids.action_post()
        self.assertEqual((request.state, request.refund_ids.company_id), ('done', company))
        self.assertAlmostEqual(request.amount_refunded, order.amount_total * 2 / 3, 2)
