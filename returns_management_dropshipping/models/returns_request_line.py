# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    """What a vendor delivered to the customer directly comes back to us, or goes to that vendor."""
    _inherit = 'returns.request.line'

    is_sent_to_vendor = fields.Boolean(
        "Send to Vendor", help="The customer sends the goods to the vendor who delivered them, not to us.")
    is_dropshipped = fields.Boolean("Drop-Shipped", compute='_compute_is_dropshipped', compute_sudo=True)

    @api.depends('sale_line_id.move_ids.state', 'product_id')
    def _compute_is_dropshipped(self):
        for line in self:
            line.is_dropshipped = bool(line._get_drop_shipments())

    def _get_drop_shipments(self):
        """:return: the done moves that a vendor brought these goods to the customer with"""
        self.ensure_one()
        return self.sale_line_id.move_ids.filtered(lambda move: (
            move.state == 'done' and move.product_id == self.product_id and move.purchase_line_id
            and not move.origin_returned_move_id and move._is_dropshipped()))

    @api.model
    def _get_draft_fields(self):
        return super()._get_draft_fields() | {'is_sent_to_vendor'}

    @api.onchange('sale_line_id', 'product_id')
    def _onchange_is_sent_to_vendor(self):
        if not self.is_dropshipped:
            self.is_sent_to_vendor = False

    def _check_complete(self):
        """:raise UserError: goods that are to go to the vendor did not, or not all, come from there; or a vendor would have
            to deliver what they are exchanged for, which is a purchase and no transfer of ours
        """
        super()._check_complete()
        for line in self.filtered(lambda line: line.resolution == 'exchange' and line.is_dropshipped):
            raise UserError(self.env._(
                "%(request)s, %(product)s: what a vendor delivers directly is not exchanged by itself. Choose a refund, and "
                "sell it anew on another order.", request=line.request_id.name, product=line.product_id.display_name))
        for line in self.filtered('is_sent_to_vendor'):
            where = self.env._("%(request)s, %(product)s", request=line.request_id.name,
                               product=line.product_id.display_name)
            others = line.sale_line_id.move_ids.filtered(lambda move, line=line: (
                move.state == 'done' and move.product_id == line.product_id and move._returns_is_delivery()
                and not move.origin_returned_move_id)) - line._get_drop_shipments()
            if others or not line.is_dropshipped:
                raise UserError(self.env._(
                    "%s: only goods that a vendor delivered directly can be sent to the vendor. Untick Send to Vendor.",
                    where))
            if not line._is_taken_off_order():
                raise UserError(self.env._(
                    "%s: goods that the customer gets nothing for, or gets back, are sent to us. Untick Send to Vendor.",
                    where))

    def _prepare_receipt_move_vals(self, delivery, quantity, warehouse, contents=()):
        vals = super()._prepare_receipt_move_vals(delivery, quantity, warehouse, contents)
        if not (self.is_sent_to_vendor and delivery._is_dropshipped()):
            return vals
        place = delivery.location_id.id
        for _command, _id, piece_vals in vals['move_line_ids']:
            piece_vals['location_dest_id'] = place
        return {
            **vals, 'location_dest_id': place, 'picking_type_id': delivery.picking_type_id.id, 'warehouse_id': False,
            'purchase_line_id': delivery.purchase_line_id.id}

    def _get_announced_parts(self):
        """The vendor's address: that for deliveries, if it has one."""
        if not self.is_sent_to_vendor:
            return super()._get_announced_parts()
        vendor = self._get_drop_shipments()[:1].purchase_line_id.order_id.partner_id
        address = vendor.browse(vendor.address_get(['delivery'])['delivery'])
        return [(address, receipt, quantity) for _place, receipt, quantity in super()._get_announced_parts()]

    @api.model
    def _part_from_dropshipping(self):
        """Dropshipping goes: transfers to vendors that are still open are cancelled, and made anew to our house."""
        flow = self._as_flow()
        moves = flow.env['stock.move'].search([('returns_line_id.is_sent_to_vendor', '=', True)]).filtered(
            lambda move: move.state not in ('done', 'cancel') and move._returns_goes_past_us())
        lines = flow.search([('is_sent_to_vendor', '=', True)])
        lines.write({'is_sent_to_vendor': False})
        moves._action_cancel()
        lines.filtered(lambda line: line.state == 'approved').request_id._prepare_reception()
