# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsSettlement(models.Model):
    """Loyalty points follow each settlement: done, cut, or undone with its credit note."""
    _inherit = 'returns.settlement'

    def write(self, vals):
        res = super().write(vals)
        if {'state', 'pieces'}.intersection(vals):
            for request, settlements in self.sudo().grouped('request_id').items():
                settlements.sale_line_id.order_id._returns_update_points(request)
        return res
