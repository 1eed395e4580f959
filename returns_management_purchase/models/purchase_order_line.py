# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class PurchaseOrderLine(models.Model):
    _inherit = 'purchase.order.line'

    returns_version = fields.Integer(
        readonly=True, copy=False, help="Counts how often what may go back to the vendor was locked.")

    def _returns_lock(self):
        """Nobody else decides meanwhile what of these purchases goes back. The rows are written, or the lock would be
        granted on a stale snapshot; whoever waited is retried and reads the truth.
        """
        if not self:
            return
        self.env.cr.execute(
            "SELECT id FROM purchase_order_line WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [sorted(self.ids)], log_exceptions=False)
        self.env.cr.execute(
            "UPDATE purchase_order_line SET returns_version = COALESCE(returns_version, 0) + 1 WHERE id = ANY(%s)",
            [sorted(self.ids)], log_exceptions=False)

    def _returns_count_received(self):
        """:return: what Odoo counts as received, in pieces of the product's own unit: ``qty_received`` is rounded to the
            order's unit, and 5 of a dozen are not 0.42
        """
        self.ensure_one()
        unit, moves = self.product_id.uom_id, self._get_po_line_moves().filtered(lambda move: move.state == 'done')
        if self.product_uom_id == unit or self.move_ids.product_id - self.product_id:
            return self.product_uom_id._compute_quantity(self.qty_received, unit, rounding_method='HALF-UP')
        return sum(move._returns_get_pieces() * move._returns_count_as_received() for move in moves)
