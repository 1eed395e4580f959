# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models


class ReturnsSettlement(models.Model):
    """One quantity of one request line, settled one way against one document.

    It is the allocation (which pieces against which invoice line), the ceiling (the sum of those
    not cancelled is the line's ``quantity_settled``) and the idempotency key: a key names the
    n-th act on its line, so that no second transaction can carry out the same act.
    """
    _name = 'returns.settlement'
    _description = "Return Settlement"
    _inherit = ['returns.guard']
    _order = 'id'

    request_line_id = fields.Many2one(
        'returns.request.line', "Return Line", required=True, readonly=True, index=True, ondelete='restrict')
    request_id = fields.Many2one(related='request_line_id.request_id', store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='request_line_id.company_id', store=True, index=True, precompute=True)
    sale_line_id = fields.Many2one(
        related='request_line_id.sale_line_id', string="Order Line", store=True, index='btree_not_null')
    kind = fields.Selection(
        [('credit', "Credit note"), ('allowance', "Allowance, goods kept"), ('uninvoiced', "Not invoiced yet"),
         ('outside', "Already credited by hand"), ('exchange', "Exchange"), ('repair', "Repair"),
         ('nothing', "No compensation")], required=True, readonly=True, index=True)
    quantity = fields.Float(digits='Product Unit', required=True, readonly=True, help="In the return line's unit.")
    uom_id = fields.Many2one(related='request_line_id.uom_id')
    amount = fields.Monetary(readonly=True, help="Credited, taxes included, in the invoice's currency.")
    currency_id = fields.Many2one('res.currency', readonly=True)
    amount_company = fields.Monetary(
        "Amount (Company Currency)", currency_field='company_currency_id', readonly=True,
        help="The same at the credit note's rate.")
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    invoice_line_id = fields.Many2one(
        'account.move.line', "Credited Invoice Line", readonly=True, index='btree_not_null', ondelete='restrict')
    refund_line_id = fields.Many2one(
        'account.move.line', "Credit Note Line", readonly=True, index='btree_not_null', ondelete='set null')
    refund_id = fields.Many2one(related='refund_line_id.move_id', string="Credit Note")
    move_id = fields.Many2one(
        'stock.move', "Replacement", readonly=True, index='btree_not_null', ondelete='set null')
    state = fields.Selection(
        [('planned', "Planned"), ('done', "Done"), ('cancelled', "Cancelled")],
        default='planned', required=True, readonly=True, index=True)
    key = fields.Char(required=True, readonly=True, copy=False)
    date_done = fields.Datetime("Settled On", readonly=True)
    note = fields.Char(readonly=True, help="Why it was settled this way, where that is not plain.")

    _key_uniq = models.UniqueIndex(
        "(key) WHERE state <> 'cancelled'", "This piece is already being settled by somebody else. Look again.")
    _quantity_positive = models.Constraint('CHECK (quantity > 0)', "A settlement is about at least some goods.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))

    @api.depends('kind', 'request_line_id.display_name')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for settlement in self:
            settlement.display_name = f"{settlement.request_line_id.display_name} ({labels.get(settlement.kind)})"

    def _cancel(self):
        """Give the quantities back to be settled: their documents were cancelled or deleted."""
        self.filtered(lambda settlement: settlement.state != 'cancelled').write({
            'state': 'cancelled', 'date_done': False})
        self.request_line_id._update_settled()

    def _set_done(self):
        self.filtered(lambda settlement: settlement.state == 'planned').write({
            'state': 'done', 'date_done': fields.Datetime.now()})

    def _set_planned(self):
        self.filtered(lambda settlement: settlement.state == 'done').write({'state': 'planned', 'date_done': False})

    # ------------------------------------------------------------------
    # Credit notes
    # ------------------------------------------------------------------

    def _create_credit_notes(self, book, cuts):
        """One draft credit note an invoice for these planned settlements, all in one create.

        :param book: the :class:`InvoiceBook` they were allotted in
        :param dict cuts: {settlement: (pieces of the invoice line credited before, pieces now)}
        """
        by_invoice = defaultdict(self.browse)
        for settlement in self.filtered('invoice_line_id'):
            by_invoice[settlement.invoice_line_id.move_id] |= settlement
        if not by_invoice:
            return
        notes = self.env['account.move'].create([
            settlements._prepare_credit_note_vals(invoice, book, cuts) for invoice, settlements in by_invoice.items()])
        for note, settlements in zip(notes, by_invoice.values(), strict=True):
            lines = note.invoice_line_ids.filtered(lambda line: line.display_type == 'product').sorted('id')
            for settlement, line in zip(settlements, lines, strict=True):
                settlement.refund_line_id = line
        self._update_amounts()

    def _prepare_credit_note_vals(self, invoice, book, cuts):
        """Values of the credit note of ``invoice`` for these settlements, as the invoice was made.

        Cash rounding is not copied: core would round anew and pay back more or less than was paid.
        """
        requests = self.request_id
        return {
            'move_type': 'out_refund', 'reversed_entry_id': invoice.id,
            'partner_id': invoice.partner_id.id, 'partner_shipping_id': invoice.partner_shipping_id.id,
            'company_id': invoice.company_id.id, 'journal_id': invoice.journal_id.id,
            'currency_id': invoice.currency_id.id, 'invoice_currency_rate': invoice.invoice_currency_rate,
            'fiscal_position_id': invoice.fiscal_position_id.id, 'invoice_origin': ", ".join(requests.mapped('name')),
            'ref': self.env._("Return %(requests)s of %(invoice)s", requests=", ".join(requests.mapped('name')),
                              invoice=invoice.name),
            'invoice_user_id': invoice.invoice_user_id.id, 'team_id': invoice.team_id.id,
            'invoice_payment_term_id': False,
            'invoice_line_ids': [
                Command.create(settlement._prepare_credit_note_line_vals(book, *cuts[settlement]))
                for settlement in self],
        }

    def _prepare_credit_note_line_vals(self, book, before, now):
        """Values of the line that credits ``now`` pieces (product's unit) of the invoice line."""
        self.ensure_one()
        line, request_line = self.invoice_line_id, self.request_line_id
        unit = line.product_id.uom_id
        quantity = unit._compute_quantity(now, line.product_uom_id, rounding_method='HALF-UP')
        uom, price_unit = line.product_uom_id, line.price_unit
        if unit.compare(line.product_uom_id._compute_quantity(quantity, unit, round=False), now):
            # no exact number of the invoice's unit (5 of a dozen): credit in the product's own
            quantity, uom = now, unit
            price_unit = line.product_uom_id._compute_price(line.price_unit, unit)
        vals = {
            'product_id': line.product_id.id, 'name': line.name, 'product_uom_id': uom.id,
            'quantity': quantity, 'price_unit': price_unit, 'discount': line.discount,
            'tax_ids': [Command.set(line.tax_ids.ids)], 'account_id': line.account_id.id,
            'analytic_distribution': line.analytic_distribution,
            'sale_line_ids': [Command.set(line.sale_line_ids.ids)],
            'returns_line_id': request_line.id,
            'extra_tax_data': book.prepare_exact(line, before, now, price_unit, quantity),
        }
        if self.kind == 'allowance':
            # The goods stay with the customer: neither cost of goods nor the order's quantities change.
            vals.update(
                product_id=self.env.ref('returns_management.product_allowance').id, product_uom_id=False,
                name=self.env._("Allowance, goods kept: %s", line.name), sale_line_ids=[Command.clear()])
        return vals

    def _update_amounts(self):
        """``amount`` = what the credit note line really says, taxes included."""
        for settlement in self:
            line = settlement.refund_line_id
            if line:
                rate = line.move_id.invoice_currency_rate or 1.0
                settlement.write({
                    'amount': line.price_total, 'amount_company': settlement.company_currency_id.round(
                        line.price_total / rate)})
