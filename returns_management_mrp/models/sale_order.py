# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _compute_returns_may_create(self):
        """No whole kit may come back any more, but some of its components."""
        super()._compute_returns_may_create()
        others = self.filtered(lambda order: order.state == 'sale' and not order.returns_may_create)
        for line, (_kit, free) in others.order_line._origin._get_free_components().items():
            if any(pieces > 0 for pieces in free.values()):
                others.filtered(lambda order, line=line: order._origin == line.order_id).returns_may_create = True
