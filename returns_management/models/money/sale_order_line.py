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
             "Below nothing: replaced in advance, and never sent back. "
             "In the order line's unit; counts for products invoiced on ordered quantities.")
    returns_qty_ahead = fields.Float(
        "Settled Ahead", digits='Product Unit', compute='_compute_returns_qty_ahead', store=True,
        precompute=True, copy=False,
        help="Settled in advance, and the goods are still on their way: what was delivered is not invoiced again "
             "meanwhile. In the order line's unit; counts for products invoiced on delivered quantities.")

    returns_qty_refused = fields.Float(
        "Refused and Kept", digits='Product Unit', compute='_compute_returns_qty_refused', store=True,
        precompute=True, copy=False,
        help="Came back, was refused at inspection, and was not sent back: delivered as far as money goes. "
             "In the order line's unit; counts for products invoiced on delivered quantities.")

    @api.depends('returns_line_ids.resolution', 'returns_line_ids.inspection_ids.state',
                 'returns_line_ids.inspection_ids.quantity_accepted', 'returns_line_ids.inspection_ids.is_disposed',
                 'returns_line_ids.inspection_ids.disposition_id')
    def _compute_returns_qty_refused(self):
        for line in self:
            own = line.returns_line_ids.filtered(lambda back, line=line: (
                back._is_taken_off_order() and back.product_id == line.product_id))
            inspections = own.inspection_ids.filtered(lambda inspection: inspection.state == 'done')
            # of all pieces once, less what was sent back, be it after their first inspection or a later one
            refused = sum(
                (inspection.quantity - inspection.quantity_accepted)
                * ((not inspection.previous_id) - (inspection.is_disposed and inspection.disposition_kind == 'customer'))
                for inspection in inspections)
            line.returns_qty_refused = line.product_id.uom_id._compute_quantity(
                refused, line.product_uom_id, rounding_method='HALF-UP') if refused else 0.0

    @api.depends('returns_line_ids.quantity_approved', 'returns_line_ids.quantity_received',
                 'returns_line_ids.quantity_closed', 'returns_settlement_ids.state', 'returns_settlement_ids.pieces')
    def _compute_returns_qty_ahead(self):
        for line in self:
            ahead = sum(max(0.0, min(coming, settled)) for settled, coming in line._get_returns_settled_ahead())
            line.returns_qty_ahead = line.product_id.uom_id._compute_quantity(
                ahead, line.product_uom_id, rounding_method='HALF-UP') if ahead else 0.0

    def _get_returns_settled_ahead(self):
        """:return: [(pieces settled and not received, pieces still to come)] of each return of the order line"""
        self.ensure_one()
        settled = self.returns_settlement_ids.filtered(lambda settlement: (
            (settlement.kind in ('credit', 'uninvoiced') and settlement.state != 'cancelled'
             or settlement.kind == 'exchange' and settlement.state == 'done')  # the replacement has left
            and settlement.request_line_id.product_id == self.product_id))
        return [
            (sum(settlements.mapped('pieces')) - line._to_product_uom(line.quantity_received),
             line._to_product_uom(line.quantity_approved - line.quantity_received - line.quantity_closed))
            for line, settlements in settled.grouped('request_line_id').items()]

    @api.depends('invoice_lines.returns_line_id', 'invoice_lines.quantity', 'invoice_lines.move_id.state',
                 'invoice_lines.move_id.move_type', 'returns_settlement_ids.state', 'returns_settlement_ids.pieces',
                 'returns_settlement_ids.kind', 'returns_settlement_ids.refund_line_id',
                 'returns_line_ids.quantity_received', 'returns_line_ids.quantity_closed')
    def _compute_returns_qty_back(self):
        for line in self:
            line.returns_qty_back = line._get_returns_qty_back()

    def _get_returns_qty_back(self, posted=False):
        """:param bool posted: count posted credit notes only
        :return: what came back and the order does not owe, in the order line's unit
        """
        self.ensure_one()
        back = claimed = 0.0
        notes = self.invoice_lines.filtered('returns_line_id').move_id
        for item in self.invoice_lines:
            if item.parent_state == 'cancel' or (posted and item.parent_state != 'posted'):
                continue
            quantity = item.product_uom_id._compute_quantity(item.quantity, self.product_uom_id)
            if item.move_type == 'out_refund' and item.returns_line_id:
                back += quantity
            elif item.move_type == 'out_invoice' and item.move_id.reversed_entry_id in notes:
                back -= quantity  # a note of ours that was reversed: billed again
                claimed += quantity if item.parent_state == 'draft' else 0.0
        own = self.returns_settlement_ids.filtered(  # a component of a kit is not the kit
            lambda settlement: settlement.request_line_id.product_id == self.product_id)
        pieces = sum(own.filtered(lambda settlement: settlement.state != 'cancelled' and (
            settlement.kind == 'uninvoiced'
            or settlement.kind == 'outside' and self in settlement.refund_line_id.sale_line_ids)).mapped('pieces'))
        # settled in advance and never sent: the customer has them, and owes them again, but for what a draft bills
        never = sum(max(0.0, settled - coming) for settled, coming in self._get_returns_settled_ahead())
        pieces -= max(0.0, never - self.product_uom_id._compute_quantity(
            claimed, self.product_id.uom_id, rounding_method='HALF-UP'))
        return back + self.product_id.uom_id._compute_quantity(
            pieces, self.product_uom_id, rounding_method='HALF-UP')

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_quantities(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_returns_quantities([vals])
        return super().write(vals)

    @api.model
    def _refuse_returns_quantities(self, vals_list):
        """:raise AccessError: a user types what was taken back, and so what is left to invoice"""
        if not self.env.su and any(
                {'returns_qty_back', 'returns_qty_ahead', 'returns_qty_refused'} & set(vals) for vals in vals_list):
            raise AccessError(self.env._("What was taken back follows from the order's returns; it cannot be typed."))

    def _returns_is_invoiced_as_ordered(self):
        self.ensure_one()
        return (self.state == 'sale' and not self.display_type and self.product_id.type != 'combo'
                and self.product_id.invoice_policy == 'order')

    @api.depends('returns_qty_back', 'returns_qty_ahead', 'returns_qty_refused')
    def _compute_qty_to_invoice(self):
        """What came back and was credited is not invoiced again (TRIALS C), nor what is about to come back. What was
        refused and not sent back is owed as if it were still delivered: no final invoice credits it.

        Never below nothing: somebody may have lowered the ordered quantity for the same return.
        """
        super()._compute_qty_to_invoice()
        for line in self:
            is_as_ordered = line._returns_is_invoiced_as_ordered()
            if line.returns_qty_refused and line.state == 'sale' and not is_as_ordered:
                line.qty_to_invoice = line.product_uom_id.round(line.qty_to_invoice + line.returns_qty_refused)
            settled = line.returns_qty_back if is_as_ordered else line.returns_qty_ahead
            if settled < 0 or settled and line.qty_to_invoice > 0:
                line.qty_to_invoice = line.product_uom_id.round(max(0.0, line.qty_to_invoice - settled))

    @api.depends('returns_qty_back')
    def _compute_invoice_status(self):
        super()._compute_invoice_status()
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        for line in self.filtered(lambda line: line.returns_qty_back and line._returns_is_invoiced_as_ordered()):
            if line.invoice_status == 'no' and float_compare(
                    line.qty_invoiced + line.returns_qty_back, line.product_uom_qty, precision_digits=digits) >= 0:
                line.invoice_status = 'invoiced'

    @api.depends('returns_qty_back', 'returns_qty_ahead', 'returns_qty_refused')
    def _compute_untaxed_amount_to_invoice(self):
        super()._compute_untaxed_amount_to_invoice()
        for line in self:
            line.untaxed_amount_to_invoice = line._returns_correct_amount(
                line.untaxed_amount_to_invoice, line.price_subtotal)

    @api.depends('returns_qty_back', 'returns_qty_ahead', 'returns_qty_refused')
    def _compute_amount_to_invoice(self):
        super()._compute_amount_to_invoice()
        for line in self:
            line.amount_to_invoice = line._returns_correct_amount(line.amount_to_invoice, line.price_total)

    def _returns_correct_amount(self, amount, price):
        """:param amount: what Odoo finds left to invoice
        :param price: of the ordered quantity
        :return: the same without what returns settled, as :meth:`_compute_qty_to_invoice` has it, by what is posted
        """
        self.ensure_one()
        is_touched = self.returns_qty_back or self.returns_qty_ahead or self.returns_qty_refused
        if not is_touched or not self.product_uom_qty or self.state != 'sale':
            return amount
        is_as_ordered = self._returns_is_invoiced_as_ordered()
        if self.returns_qty_refused and not is_as_ordered:
            amount = self.currency_id.round(amount + price / self.product_uom_qty * self.returns_qty_refused)
        settled = self.returns_qty_ahead
        if is_as_ordered:
            settled = self._get_returns_qty_back(posted=True) if self.returns_qty_back and (
                amount > 0 or self.returns_qty_back < 0) else 0.0
        if settled < 0 or settled and amount > 0:
            amount = max(0.0, amount - price / self.product_uom_qty * settled)
        return amount
