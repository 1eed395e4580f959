# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    quantity_returnable = fields.Float(
        "Returnable", digits='Product Unit', compute='_compute_quantity_returnable',
        help="Delivered, and neither returned nor asked for in an open return. In the order line's unit.")
    returns_line_ids = fields.One2many('returns.request.line', 'sale_line_id', "Returns", copy=False)

    @api.depends('move_ids.state', 'move_ids.quantity', 'returns_line_ids.quantity_held')
    def _compute_quantity_returnable(self):
        free = self.env['returns.balance']._get_free_quantities(
            {(line.id, line.product_id.id) for line in self._origin if line.id})
        for line in self:
            quantity = free.get((line._origin.id, line.product_id.id), 0.0)
            line.quantity_returnable = line.product_id.uom_id._compute_quantity(
                quantity, line.product_uom_id, rounding_method='DOWN') if quantity else 0.0

    def _get_returnable_products(self):
        """:return: {order line: the products that may come back of what was sold on it}"""
        return {line: line.product_id for line in self}

    def _get_lots_at_customer(self, product):
        """Lots of ``product`` that went to the customer on this order line and are still there.

        :return: {lot: pieces} in the product's own unit; the empty lot stands for pieces without one
        """
        self.ensure_one()
        lots = defaultdict(float)
        for move in self.move_ids | self.returns_line_ids.surplus_move_ids:
            if move.state == 'done' and move.product_id == product:
                sign = move._returns_is_delivery() - move._returns_is_receipt()
                for piece in move.move_line_ids if sign else ():
                    lots[piece.lot_id] += sign * piece.quantity_product_uom
        return {lot: pieces for lot, pieces in lots.items() if product.uom_id.compare(pieces, 0.0) > 0}

    def _get_delivered_lots(self, product):
        """:return: the lots of ``product`` that ever went to the customer on this order line"""
        self.ensure_one()
        return self.move_ids.filtered(lambda move: (
            move.state == 'done' and move.product_id == product and move._returns_is_delivery())).move_line_ids.lot_id

    @api.depends('move_ids.to_refund')
    def _compute_qty_delivered(self):
        """What is refunded can change after the move is done; core does not look again (TRIALS D)."""
        return super()._compute_qty_delivered()

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        """A raised order is delivered the difference. Core would add what came back, but a return has already
        credited or replaced that, and the order does not owe it (``returns_qty_back``).
        """
        quantity = super()._get_qty_procurement(previous_product_uom_qty=previous_product_uom_qty)
        before = (previous_product_uom_qty or {}).get(self.id)
        if before is None or self.product_uom_id.compare(self.product_uom_qty, before) <= 0:
            return quantity
        outgoing, incoming = (
            moves.filtered('returns_line_id') for moves in self._get_outgoing_incoming_moves(strict=False))
        pieces = sum(move._returns_get_pieces() for move in incoming) - sum(
            move._returns_get_pieces() for move in outgoing)
        return quantity + self.product_id.uom_id._compute_quantity(
            pieces, self.product_uom_id, rounding_method='HALF-UP')
