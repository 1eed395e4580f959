# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    returns_policy_id = fields.Many2one(
        'returns.policy', "Return Policy", readonly=True, copy=False, ondelete='restrict', index='btree_not_null',
        help="The version in force when the order was confirmed. Later versions do not change it.")

    def _action_confirm(self):
        res = super()._action_confirm()
        for company, orders in self.grouped('company_id').items():
            current = self.env['returns.policy'].sudo()._get_in_force(company, fields.Datetime.now())
            if current:
                orders.sudo().returns_policy_id = current
        return res

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_policy(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_policy([vals])
        return super().write(vals)

    @api.model
    def _refuse_policy(self, vals_list):
        """:raise AccessError: a user sets the policy version, which is frozen at confirmation"""
        if not self.env.su and any(vals.get('returns_policy_id') for vals in vals_list):
            raise AccessError(self.env._(
                "The return policy of an order is the one in force when it was confirmed; it cannot be chosen."))
