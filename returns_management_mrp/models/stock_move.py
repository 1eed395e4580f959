# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class StockMove(models.Model):
    _inherit = 'stock.move'

    def _returns_after_done(self):
        super()._returns_after_done()
        delivered = self.filtered(lambda move: (
            move.state == 'done' and move.bom_line_id and move.sale_line_id and not move.returns_line_id
            and move._returns_is_delivery()))
        if delivered:
            delivered.sale_line_id._freeze_kits()
