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
        # taken back to a quotation and confirmed again, what was delivered meanwhile keeps its terms
        new = self.filtered(lambda order: not (
            order.returns_policy_id and any(order.order_line.mapped('qty_delivered'))))
        for company, orders in new.grouped('company_id').items():
            current = self.env['returns.policy'].sudo()._get_in_force(company, fields.Datetime.now())
            if current:
                orders.sudo().returns_policy_id = current
        return res

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_policy_id') for vals in vals_list):
            self._refuse_policy()
        # named, or a default of the user's would fill it
        return super().create([{'returns_policy_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_policy_id' in vals:
            self._refuse_policy()
        return super().write(vals)

    def _get_returns_day(self):
        """:return: the day on which it was ordered, where the company is; None without a date"""
        self.ensure_one()
        where = self.with_context(tz=self.company_id.partner_id.tz or 'UTC')
        return fields.Datetime.context_timestamp(where, self.date_order).date() if self.date_order else None

    @api.model
    def _refuse_policy(self):
        """:raise AccessError: a user sets or clears the policy version, which is frozen at confirmation"""
        if not self.env.su:
            raise AccessError(self.env._(
                "The return policy of an order is the one in force when it was confirmed; it cannot be chosen."))
