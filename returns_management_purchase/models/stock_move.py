# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockMove(models.Model):
    _inherit = 'stock.move'

    returns_vendor_line_id = fields.Many2one(
        'returns.vendor.claim.line', "Vendor Claim Line", copy=False, index='btree_not_null', ondelete='restrict',
        readonly=True, help="What is claimed of the vendor to whom the move brings goods, or from whom they come back.")

    @api.model
    def _get_returns_fields(self):
        return super()._get_returns_fields() | {'returns_vendor_line_id'}

    def _returns_write_facts(self):
        # before it is asked what goes where next
        self.filtered(lambda move: (
            move.returns_vendor_line_id and move._returns_comes_from_vendor()))._returns_put_into_quarantine()
        super()._returns_write_facts()
        self.returns_vendor_line_id._follow_moves()

    def _returns_comes_from_vendor(self):
        """Whether the move brings back what a vendor did not take."""
        self.ensure_one()
        return self.location_id.usage == 'supplier' and self.location_dest_id.usage != 'supplier'

    def _returns_count_as_received(self):
        """:return: how a done move counts for what its purchase line received, as core has it: 1, -1, or 0"""
        self.ensure_one()
        origin = self.origin_returned_move_id
        if self._is_purchase_return():
            return -1 if not origin or self.to_refund else 0
        if not origin:
            return 1
        is_ours_again = origin._is_dropshipped() and not self._is_dropshipped_returned()
        is_exchanged = origin._is_purchase_return() and not self.to_refund
        return 0 if is_ours_again or is_exchanged else 1

    def _returns_put_into_quarantine(self):
        inspections = self.returns_inspection_id
        choosers = inspections.grouped(lambda inspection: (inspection.request_id, inspection._get_chooser()))
        inspections.write({'disposition_id': self.env.ref('returns_management.disposition_quarantine').id})
        inspections.request_id._ask_to_choose(choosers, self.env._("The vendor did not take them."))

    def _action_cancel(self):
        claimed = self.sudo().returns_vendor_line_id
        res = super()._action_cancel()
        if claimed:
            claimed._as_flow()._follow_moves()
        return res
