# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError

from ..returns_guard import as_flow


class StockMove(models.Model):
    _inherit = 'stock.move'

    def _returns_is_replacement(self):
        """Whether the move brings a customer new goods for those returned."""
        self.ensure_one()
        return bool(
            self.returns_line_id and not self.returns_inspection_id and not self.origin_returned_move_id
            and (self.location_final_id or self.location_dest_id).usage == 'customer'
            and self.location_id.usage != 'customer')

    def _returns_counts_replaced(self):
        """Whether pieces of a replacement are counted by this move: it is to bring them, or has brought them to the customer.
        What an earlier step of the delivery has done, the next one brings.
        """
        self.ensure_one()
        return self.state not in ('done', 'cancel') or self.state == 'done' and self.location_dest_id.usage == 'customer'

    def _returns_write_facts(self):
        super()._returns_write_facts()
        shipped = self.filtered(lambda move: (
            move.location_dest_id.usage == 'customer' and move._returns_is_replacement())).returns_line_id
        shipped._cancel_exchanges()  # shipped in part, and the rest left out
        shipped._update_exchanged()

    def _action_done(self, cancel_backorder=False):
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._returns_follow_exchanges()
        return done

    def _returns_follow_exchanges(self):
        """What an order sends in exchange is billed by a draft once it has left; its return goes on.

        Who ships the goods cannot mend what stands in the way of an invoice: the order and its return say so.
        """
        sold = as_flow(self).sale_line_id.filtered('returns_exchange_settlement_ids')
        if sold:
            lines = sold.returns_exchange_settlement_ids.request_line_id._lock()
            for order in sold.order_id:
                try:
                    with self.env.cr.savepoint():
                        order._returns_invoice_exchanges()
                except UserError as error:
                    order.message_post(body=error.args[0])
                    order.returns_exchange_id.message_post(body=error.args[0])
            lines._advance()

    def _action_cancel(self):
        res = super()._action_cancel()
        self._returns_follow_exchanges()
        lines = self.sudo().filtered(lambda move: move._returns_is_replacement()).returns_line_id
        if lines:
            lines._lock()
            lines._cancel_exchanges()
            lines._advance()
        return res
