# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    returns_may_create = fields.Boolean(
        compute='_compute_returns_may_create', help="Something of this order may come back.")

    @api.depends('state', 'order_line.quantity_returnable')
    def _compute_returns_may_create(self):
        for order in self:
            order.returns_may_create = order.state == 'sale' and any(
                line.quantity_returnable > 0 for line in order.order_line)
