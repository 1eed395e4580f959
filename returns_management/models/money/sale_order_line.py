# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import float_compare


class SaleOrderLine(models.Model):
    _inherit = 'sale.order.line'

    returns_settlement_ids = fields.One2many(
        'returns.settlement', 'sale_line_id', "Return Settlements", readonly=True)
    returns_qty_back = fields.Float(
        "Taken Back", digits='Product Unit', compute='_compute_returns_qty_back', store=True,
        precompute=True, copy=False,
        help="Returned and credited, or returned before it was invoiced: the order does not owe it. "
             "In the order line's unit; counts for products invoiced on ordered quantities.")

    @api.depends('invoice_lines.returns_line_id', 'invoice_lines.quantity', 'invoice_lines.move_id.state',
                 'invoice_lines.move_id.move_type', 'returns_settlement_ids.state',
                 'returns_settlement_ids.quantity', 'returns_settlement_ids.kind')
    def _compute_returns_qty_back(self):
        for line in self:
            back = 0.0
            for item in line.invoice_lines:
                if item.returns_line_id and item.parent_state != 'cancel' and item.move_type == 'out_refund':
                    back += item.product_uom_id._compute_quantity(item.quantity, line.product_uom_id)
            for settlement in line.returns_settlement_ids:
                if settlement.kind == 'uninvoiced' and settlement.state != 'cancelled':
                    back += settlement.uom_id._compute_quantity(settlement.quantity, line.product_uom_id)
            line.returns_qty_back = back

    @api.model_create_multi
    def create(self, vals_list):
        if any('returns_qty_back' in vals for vals in vals_list):
            self._refuse_qty_back()
        return super().create(vals_list)

    def write(self, vals):
        if 'returns_qty_back' in vals:
            self._refuse_qty_back()
        return super().write(vals)

    @api.model
    def _refuse_qty_back(self):
        """:raise AccessError: a user types what was taken back, and so what is left to invoice"""
        if not self.env.su:
            raise AccessError(self.env._("What was taken back follows from the order's returns; it cannot be typed."))

    def _returns_is_invoiced_as_ordered(self):
        self.ensure_one()
        return (self.state == 'sale' and not self.display_type and self.product_id.type != 'combo'
                and self.product_id.invoice_policy == 'order')

    @api.depends('returns_qty_back')
    def _compute_qty_to_invoice(self):
        """What came back and was credited is not invoiced again (TRIALS C)."""
        super()._compute_qty_to_invoice()
        for line in self.filtered(lambda line: line.returns_qty_back and line._returns_is_invoiced_as_ordered()):
            line.qty_to_invoice -= line.returns_qty_back

    @api.depends('returns_qty_back')
    def _compute_invoice_status(self):
        super()._compute_invoice_status()
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        for line in self.filtered(lambda line: line.returns_qty_back and line._returns_is_invoiced_as_ordered()):
            if line.invoice_status == 'no' and float_compare(
                    line.qty_invoiced + line.returns_qty_back, line.product_uom_qty, precision_digits=digits) >= 0:
                line.invoice_status = 'invoiced'
