# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.tools import format_date


class ReturnsVendorClaim(models.Model):
    """The claim on paper, as the vendor reads it: plain values, nothing of our customers."""
    _inherit = 'returns.vendor.claim'

    def _prepare_claim(self):
        """:return: what the printed claim shows"""
        self.ensure_one()
        facts = [
            (self.env._("Our reference"), self.name),
            (self.env._("Your RMA number"), self.vendor_ref),
            (self.env._("Contact"), self.user_id.name),
            (self.env._("Transfer"), ", ".join(self.sudo().picking_ids.filtered(
                lambda picking: picking.state != 'cancel' and picking.location_dest_id.usage == 'supplier').mapped('name'))),
        ]
        return {
            'name': self.name, 'facts': [fact for fact in facts if fact[1]], 'note': self.note or '',
            'lines': [line._prepare_claim_line() for line in self.sudo().line_ids.filtered(
                lambda line: line.state not in ('cancelled', 'refused'))],
        }


class ReturnsVendorClaimLine(models.Model):
    _inherit = 'returns.vendor.claim.line'

    def _prepare_claim_line(self):
        self.ensure_one()
        seller = self.purchase_line_id.selected_seller_id
        grades = dict(self.inspection_id._fields['grade']._description_selection(self.env))
        quantity = f"{self.quantity:.10g} {self.uom_id.name}"
        return {
            'product': self.product_id.display_name,
            'vendor_product': " ".join(filter(None, (seller.product_code, seller.product_name))),
            'lot': self.lot_id.name or '', 'quantity': quantity,
            'purchase': ", ".join(filter(None, (self.purchase_order_id.name, self.purchase_order_id.partner_ref))),
            'date': format_date(self.env, self.receipt_id.date.date()),
            'reason': self.reason_id.display_name or '', 'grade': grades.get(self.inspection_id.grade, ''),
        }
