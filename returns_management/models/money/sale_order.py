# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..returns_guard import as_flow


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    returns_exchange_id = fields.Many2one(
        'returns.request', "In Exchange For", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
        help="The return whose goods this order brings other ones for. Its invoice is set off against the credit note.")

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_exchange_id') for vals in vals_list):
            self._returns_refuse_exchange()
        # named, or a default of the user's would fill it
        return super().create([{'returns_exchange_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_exchange_id' in vals:
            self._returns_refuse_exchange()
        return super().write(vals)

    @api.model
    def _returns_refuse_exchange(self):
        """:raise AccessError: a user makes an order that of an exchange, or none"""
        if not self.env.su:
            raise AccessError(self.env._(
                "The order of an exchange is made when its return is settled; no other can be named as one."))

    def _action_cancel(self):
        """The credit note of a cancelled exchange stays, to be paid out."""
        res = super()._action_cancel()
        for order in as_flow(self.filtered('returns_exchange_id')):
            lines = order.order_line.returns_exchange_settlement_ids.request_line_id._lock()
            order.returns_exchange_id.message_post(body=self.env._(
                "%s was cancelled: nothing is sent in exchange. What was credited stays the customer's.", order.name))
            lines._advance()
        return res

    def _returns_invoice_exchanges(self):
        """Draft the invoices of what these orders send in exchange and may be billed.

        :return: these orders
        """
        for order in self.filtered(lambda order: order.state == 'sale' and order.invoice_status == 'to invoice'):
            order.with_company(order.company_id)._create_invoices()
        return self


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    returns_exchange_settlement_ids = fields.One2many(
        'returns.settlement', 'exchange_line_id', "Settled in Exchange", readonly=True)

    def _returns_is_exchange_open(self):
        """Whether something of this line, sold in exchange, is still to be sent or billed."""
        self.ensure_one()
        if self.state == 'cancel':
            return False
        unit = self.product_uom_id
        is_coming = unit.compare(self.qty_delivered, self.product_uom_qty) < 0 and (
            not self.move_ids or any(move.state not in ('done', 'cancel') for move in self.move_ids))
        return is_coming or unit.compare(self.qty_to_invoice, 0.0) > 0 or 'draft' in self.invoice_lines.mapped(
            'parent_state')
