# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError


class ReturnsInspection(models.Model):
    """Goods that a customer sent to the vendor: nobody here sees them, an inspector enters the vendor's word."""
    _inherit = 'returns.inspection'

    is_at_vendor = fields.Boolean("At the Vendor", compute='_compute_is_at_vendor', compute_sudo=True)

    def _compute_is_at_vendor(self):
        for inspection in self:
            inspection.is_at_vendor = inspection._is_at_vendor()

    def _is_at_vendor(self):
        self.ensure_one()
        return self.location_id.usage == 'supplier'

    def _check_disposition(self):
        """:raise UserError: goods at a vendor are to be used here"""
        there = self.filtered(lambda inspection: inspection._is_at_vendor())
        for inspection in there:
            if inspection.disposition_kind not in ('vendor', 'customer'):
                raise UserError(self.env._(
                    "%(inspection)s: the goods are at the vendor, so %(disposition)s is not for them. Choose Back to Vendor, "
                    "or Back to Customer for those that the vendor does not accept.", inspection=inspection.display_name,
                    disposition=inspection.disposition_id.name))
        super()._check_disposition()

    def _needs_tracing(self):
        return super()._needs_tracing() and not self._is_at_vendor()

    def _take_on_hand(self):
        there = self.filtered(lambda inspection: inspection._is_at_vendor())
        nobody = self.env['res.partner'], self.env['stock.package']
        return {
            **{inspection: [(inspection.lot_id, *nobody, inspection._get_quantity_left())] for inspection in there},
            **super(ReturnsInspection, self - there)._take_on_hand()}

    def _dispose_vendor(self):
        """They are there: what is left is to claim them."""
        there = self.filtered(lambda inspection: inspection._is_at_vendor())
        rest = self - there
        if rest:
            super(ReturnsInspection, rest)._dispose_vendor()
        if there:
            there._claim_there()

    def _claim_there(self):
        """A claim for each return and vendor, asked by the goods themselves."""
        self.write({'is_disposed': True})
        Claim, Line = self.env['returns.vendor.claim'], self.env['returns.vendor.claim.line']
        made = Line
        for (_request, vendor), parts in self.grouped(lambda inspection: (
                inspection.request_id, inspection.move_id.purchase_line_id.order_id.partner_id)).items():
            claim = Claim.create({
                'company_id': parts.company_id.id, 'partner_id': vendor.id,
                'warehouse_id': parts[:1]._get_warehouse().id,
                'user_id': parts.move_id.purchase_line_id.order_id[:1].user_id.id})
            reasons = self.env['returns.vendor.reason']._get_of(vendor)
            made |= Line.create([{
                'claim_id': claim.id, 'inspection_id': inspection.id, 'quantity': inspection.quantity,
                'receipt_id': inspection.move_id.origin_returned_move_id.id,
                'purchase_line_id': inspection.move_id.purchase_line_id.id, 'reason_id': reasons._propose(inspection).id,
            } for inspection in parts])
        for line in made:
            line.inspection_id.move_id.write({'returns_vendor_line_id': line.id})
        made._follow_moves()

    def _prepare_send_back_vals(self, warehouse, taken):
        """The vendor sends on to the customer what it does not accept."""
        vals = super()._prepare_send_back_vals(warehouse, taken)
        move = self.move_id[:1]
        if self[:1]._is_at_vendor():
            vals['picking_type_id'] = move.picking_type_id.id
            for _command, _id, move_vals in vals['move_ids']:
                move_vals.update(picking_type_id=move.picking_type_id.id, purchase_line_id=move.purchase_line_id.id)
        return vals
