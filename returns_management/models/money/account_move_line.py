# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..returns_guard import as_flow


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    returns_line_id = fields.Many2one(
        'returns.request.line', "Return Line", copy=False, index='btree_not_null', ondelete='restrict', readonly=True)
    returns_settlement_ids = fields.One2many(
        'returns.settlement', 'refund_line_id', "Return Settlements", readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_line(vals_list)
        # named, or a default of the user's would fill it
        return super().create([{'returns_line_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_line_id' in vals:
            self._refuse_returns_line([{'returns_line_id': True}])
        return super().write(vals)

    @api.model
    def _refuse_returns_line(self, vals_list):
        """:raise UserError: a user links a journal item to a return by hand"""
        if not self.env.su and any(vals.get('returns_line_id') for vals in vals_list):
            raise UserError(self.env._("A credit note line becomes part of a return through the return (Settle)."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_credited(self):
        """:raise UserError: the line of an invoice was credited for a return"""
        if not any(line.move_type == 'out_invoice' for line in self):
            return
        settlement = as_flow(self.env['returns.settlement']).search(
            [('invoice_line_id', 'in', self.ids), ('state', '!=', 'cancelled')], limit=1)
        if settlement:
            raise UserError(self.env._(
                "%(line)s was credited by %(note)s for the return %(request)s. Cancel that credit note first.",
                line=settlement.invoice_line_id.name or settlement.invoice_line_id.display_name,
                note=settlement.refund_id.display_name, request=settlement.request_id.name))

    def unlink(self):
        """A deleted credit note line gives its quantity back to be settled."""
        settlements = self.env['returns.settlement']
        if any(line.move_type == 'out_refund' for line in self):
            settlements = as_flow(settlements).search([('refund_line_id', 'in', self.ids), ('state', '!=', 'cancelled')])
        lines = settlements.request_line_id
        if lines:
            lines._lock()
        res = super().unlink()
        if lines:
            settlements._cancel()
            lines._advance()
        return res

    # ------------------------------------------------------------------
    # What a line is about
    # ------------------------------------------------------------------

    def _returns_is_shared(self):
        """Whether the line of an invoice belongs to it as a whole, so that each return gets its share."""
        self.ensure_one()
        if self.display_type == 'rounding':
            return not self.tax_repartition_line_id
        return self._returns_is_not_paid() or (
            self.display_type == 'product' and self.price_subtotal < 0 and self.product_id
            and (self.product_id == self.company_id.sale_discount_product_id
                 or any(line._is_discount_line() for line in self.sale_line_ids)))

    def _returns_get_discounted(self):
        """:return: the order lines that this line, a discount, is given on; none where it is on all of its order"""
        self.ensure_one()
        return self.sale_line_ids.browse()

    def _returns_is_share_of(self, line):
        """Whether this line of a credit note gives back a share of ``line``."""
        self.ensure_one()
        if line.display_type == 'rounding':
            return self.display_type == 'rounding' and self._returns_is_shared() or (
                self.display_type == 'product' and not self.product_id and not self.tax_ids
                and self.account_id == line.account_id)
        return (self.display_type == 'product' and self.product_id == line.product_id
                and self.tax_ids == line.tax_ids and not self.returns_line_id)

    def _returns_is_delivery_charge(self):
        """Whether the line of an invoice bills the delivery of goods."""
        self.ensure_one()
        return self.display_type == 'product' and any(line._is_delivery() for line in self.sale_line_ids)

    def _returns_is_deduction(self):
        """Whether this line of a credit note keeps something of the goods, by the policy."""
        self.ensure_one()
        return self._returns_is_of('product_restocking_fee', 'product_value_loss', 'product_return_freight')

    def _returns_is_not_paid(self):
        """Whether this line of a credit note keeps what the customer was let off, see :class:`NotPaid`."""
        self.ensure_one()
        return self._returns_is_of('product_not_paid')

    def _returns_is_of(self, *names):
        """Whether the line is about one of our products. Without env.ref, which asks the database each time for them."""
        find = self.env['ir.model.data']._xmlid_to_res_id
        return bool(self.product_id) and self.product_id.id in [find(f'returns_management.{name}') for name in names]

    def _returns_is_down_payment(self):
        self.ensure_one()
        return self.is_downpayment

    def _get_cogs_value(self):
        """What came back cost what it cost when it was invoiced, line by line and in any unit."""
        settlements = as_flow(self).returns_settlement_ids
        priced = settlements.filtered(lambda settlement: settlement._is_priced())
        if priced:
            return priced._get_receipt_cost()
        source = settlements.invoice_line_id
        original = source.move_id.line_ids.filtered(
            lambda line: line.display_type == 'cogs' and line.cogs_origin_id in source and line.price_unit >= 0)
        return original[0].price_unit if original else super()._get_cogs_value()
