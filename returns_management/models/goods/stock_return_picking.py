# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class StockReturnPicking(models.TransientModel):
    _inherit = 'stock.return.picking'

    def _create_return(self):
        """Core frees what other returns of the same delivery expect; the dock still expects ours."""
        picking = super(StockReturnPicking, self.with_context(returns_keep_receipts=True))._create_return()
        return picking.with_env(self.env)
