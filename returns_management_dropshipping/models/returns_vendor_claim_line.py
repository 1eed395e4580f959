# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsVendorClaimLine(models.Model):
    """What a customer sent to the vendor directly: one move may have brought what several lines claim, or what the vendor
    did not accept.
    """
    _inherit = 'returns.vendor.claim.line'

    def _get_sent_moves(self):
        there = self.inspection_id.filtered(lambda inspection: inspection._is_at_vendor())
        return super()._get_sent_moves() | there.move_id

    def _get_quantity_sent(self):
        return self.quantity if self.inspection_id._is_at_vendor() else super()._get_quantity_sent()

    def _get_place_to_wait(self):
        """What was never in our house comes there now."""
        if self.inspection_id._is_at_vendor():
            return self.claim_id.warehouse_id.returns_location_id
        return super()._get_place_to_wait()

    def _prepare_back_move_vals(self, move, place):
        vals = super()._prepare_back_move_vals(move, place)
        if self.inspection_id._is_at_vendor():
            vals.update(product_uom=self.uom_id.id, product_uom_qty=self.quantity)
        return vals
