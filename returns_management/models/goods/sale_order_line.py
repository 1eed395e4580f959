# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    quantity_returnable = fields.Float(
        "Returnable", digits='Product Unit', compute='_compute_quantity_returnable',
        help="Delivered, and neither returned nor asked for in an open return. In the order line's unit.")
    returns_line_ids = fields.One2many('returns.request.line', 'sale_line_id', "Returns", copy=False)

    @api.depends('qty_delivered')
    def _compute_quantity_returnable(self):
        free = self.env['returns.balance']._get_free_quantities(
            {(line.id, line.product_id.id) for line in self._origin if line.id})
        for line in self:
            quantity = free.get((line._origin.id, line.product_id.id), 0.0)
            line.quantity_returnable = line.product_id.uom_id._compute_quantity(
                quantity, line.product_uom_id, rounding_method='DOWN') if quantity else 0.0

    def _get_returnable_lots(self, product):
        """:return: the lots of ``product`` that were delivered to the customer on this order line"""
        self.ensure_one()
        moves = self.move_ids.filtered(
            lambda move: move.state == 'done' and move.product_id == product
            and move.location_dest_id.usage == 'customer')
        return moves.move_line_ids.lot_id

    @api.depends('move_ids.to_refund')
    def _compute_qty_delivered(self):
        """What is refunded can change after the move is done; core does not look again (TRIALS D)."""
        return super()._compute_qty_delivered()
