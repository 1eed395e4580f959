# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    returns_allow_own_decision = fields.Boolean(
        "Decide on Own Returns",
        help="People may decide on returns they filed or are responsible for, and answer several steps of one return. "
             "For companies too small to separate the duties.")

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies.sudo()._setup_returns()
        return companies

    def _setup_returns(self):
        """What a company needs to handle returns from the first day: a published policy, approval groups and a team.

        Nothing is approved by itself: a fallback group is asked where no other is. The first
        member of each is who made the company. Companies that have a policy already are left alone.
        """
        known = self.env['returns.policy'].search([('company_id', 'in', self.ids)]).company_id
        companies = (self - known).with_context(tracking_disable=True)
        if not companies:
            return
        founder = self._get_returns_founder()
        env = companies.env
        for policy in env['returns.policy'].create([company._prepare_returns_policy_vals() for company in companies]):
            policy._do_publish()
        env['returns.approval.group'].create(
            [vals for company in companies for vals in company._prepare_returns_group_vals(founder)])
        env['returns.team'].create([company._prepare_returns_team_vals(founder) for company in companies])
        env['returns.time.limit'].create([
            {'company_id': company.id, 'stage': stage, 'limit_value': value, 'limit_unit': unit}
            for company in companies for stage, (value, unit) in env['returns.time.limit']._get_defaults().items()])
        companies.returns_allow_own_decision = env['res.users'].search_count([('share', '=', False)], limit=2) == 1

    @api.model
    def _get_returns_founder(self):
        """:return: the first member of a new company's groups and team: an active person, never OdooBot"""
        admin = self.env.ref('base.user_admin', raise_if_not_found=False) or self.env['res.users']
        people = self.env.user | admin | self.env.ref('base.group_system').all_user_ids
        return people.filtered(lambda user: user.active and not user.share)[:1] or self.env.user

    def _get_returns_managers(self):
        """:return: the returns managers who may work in this company"""
        self.ensure_one()
        managers = self.env.ref('returns_management.group_returns_manager').all_user_ids
        return managers.filtered(lambda user: user.active and self in user.company_ids)

    def _prepare_returns_policy_vals(self):
        """30 days for everything, and as an example 90 for a category of its own, which has no products yet."""
        self.ensure_one()
        common = {'warranty_months': 24, 'on_late': 'committee'}
        category = self.env.ref('returns_management.product_category_long_window', raise_if_not_found=False)
        rules = [{**common, 'name': self.env._("All products: 30 days"), 'window_days': 30, 'sequence': 20}]
        if category:
            rules.append({**common, 'name': self.env._("%s: 90 days", category.name), 'window_days': 90,
                          'category_id': category.id, 'sequence': 10})
        return {
            'name': self.env._("Return Policy"), 'company_id': self.id,
            'rule_ids': [Command.create(vals) for vals in rules],
        }

    def _prepare_returns_group_vals(self, founder):
        self.ensure_one()
        common = {'company_id': self.id, 'member_ids': [Command.set(founder.ids)]}
        return [
            {**common, 'name': self.env._("Sales"), 'department': 'sales', 'sequence': 10,
             'limit_value': 1, 'limit_unit': 'working_days'},
            {**common, 'name': self.env._("Finance"), 'department': 'finance', 'sequence': 30, 'phase': 'settle',
             'amount_min': 1000.0, 'limit_value': 3, 'limit_unit': 'working_days'},
            {**common, 'name': self.env._("Fallback"), 'department': 'service', 'sequence': 90, 'is_fallback': True,
             'limit_value': 1, 'limit_unit': 'working_days'},
        ]

    def _prepare_returns_team_vals(self, founder):
        self.ensure_one()
        return {
            'name': self.env._("Return Team"), 'company_id': self.id, 'asked': 'exceptions',
            'member_ids': [Command.create({'user_id': founder.id, 'department': 'sales', 'is_chair': True})],
        }
