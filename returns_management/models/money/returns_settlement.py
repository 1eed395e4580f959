# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...tools import apportion
from .deductions import Deductions
from .freight import Freight
from .invoice_book import InvoiceBook


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
    request_id = fields.Many2one(
        related='request_line_id.request_id', string="Return", store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='request_line_id.company_id', store=True, index=True, precompute=True)
    sale_line_id = fields.Many2one(
        related='request_line_id.sale_line_id', string="Order Line", store=True, index='btree_not_null')
    kind = fields.Selection(
        [('credit', "Credit note"), ('allowance', "Allowance, goods kept"), ('uninvoiced', "Not invoiced yet"),
         ('outside', "Already credited by hand"), ('exchange', "Exchange"), ('repair', "Repair"),
         ('nothing', "No compensation")], required=True, readonly=True, index=True)
    quantity = fields.Float(digits='Product Unit', required=True, readonly=True, help="In the return line's unit.")
    pieces = fields.Float(
        digits='Product Unit', compute='_compute_pieces', store=True, readonly=False, precompute=True,
        help="The quantity in the product's own unit: what invoice lines are cut by.")
    uom_id = fields.Many2one(related='request_line_id.uom_id')
    amount = fields.Monetary(readonly=True, help="Credited, taxes included, in the invoice's currency.")
    pieces_withheld = fields.Float(
        digits=0, readonly=True, help="What the pieces lost in value by their grades, in whole pieces.")
    pieces_exempt = fields.Float(
        digits=0, readonly=True, help="Pieces that bear no restocking fee: the customer is not responsible for them.")
    fee_percent = fields.Float("Restocking Fee (%)", digits=(5, 2), readonly=True)
    amount_kept = fields.Monetary(
        "Kept", readonly=True,
        help="Restocking fee, loss of value and freight, taxes included: what the policy lets us keep.")
    amount_freight = fields.Monetary(
        "Kept for Freight", readonly=True, help="Of what is kept: for the way back, where the customer pays it.")
    freight_company = fields.Monetary(
        "Kept for Freight (Company Currency)", currency_field='company_currency_id', readonly=True,
        help="What it is of the freight cost of the return.")
    amount_ceiling = fields.Monetary(
        "At Most", readonly=True, help="What these goods were invoiced for, taxes included: more is not credited.")
    currency_id = fields.Many2one('res.currency', readonly=True)
    amount_company = fields.Monetary(
        "Amount (Company Currency)", currency_field='company_currency_id', readonly=True,
        help="The same at the credit note's rate.")
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    invoice_line_id = fields.Many2one(
        'account.move.line', "Credited Invoice Line", readonly=True, index='btree_not_null', ondelete='set null')
    refund_line_id = fields.Many2one(
        'account.move.line', "Credit Note Line", readonly=True, index='btree_not_null', ondelete='set null',
        help="Ours, or the one made by hand that credited these goods already.")
    refund_id = fields.Many2one(related='refund_line_id.move_id', string="Credit Note")
    exchange_line_id = fields.Many2one(
        'sale.order.line', "Sold in Exchange", readonly=True, index='btree_not_null', ondelete='set null',
        help="What the customer gets for these goods, where that is another product.")
    move_id = fields.Many2one(
        'stock.move', "Replacement", readonly=True, index='btree_not_null', ondelete='set null')
    state = fields.Selection(
        [('planned', "Planned"), ('done', "Done"), ('cancelled', "Cancelled")], "Status",
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

    @api.depends('quantity', 'request_line_id')
    def _compute_pieces(self):
        for settlement in self:
            settlement.pieces = settlement.request_line_id._to_product_uom(settlement.quantity)

    # ------------------------------------------------------------------
    # State
    # ------------------------------------------------------------------

    def _cancel(self):
        """Give the quantities back to be settled: their documents were cancelled or deleted."""
        self.filtered(lambda settlement: settlement.state != 'cancelled').write({'state': 'cancelled', 'date_done': False})
        self.request_line_id._update_settled()

    def _set_done(self):
        self.filtered(lambda settlement: settlement.state != 'done').write({
            'state': 'done', 'date_done': fields.Datetime.now()})

    def _set_planned(self):
        self.filtered(lambda settlement: settlement.state != 'planned').write({'state': 'planned', 'date_done': False})

    def _set_shipped(self, quantity):
        """``quantity`` (the return line's unit) of a replacement has left: as far as that goes, the exchange is done.

        :return: what of it belongs to this settlement
        """
        self.ensure_one()
        line = self.request_line_id
        rest = line.uom_id.round(self.quantity - quantity)
        if rest > 0:
            self.create(line._prepare_settlement_vals(
                self.kind, rest, line._get_next_numbers()[line], move_id=self.move_id.id))
            self.write({'quantity': line.uom_id.round(quantity)})
        self._set_done()
        return self.quantity

    # ------------------------------------------------------------------
    # Following the credit notes
    # ------------------------------------------------------------------

    def _follow_credit_notes(self):
        """State and quantity follow the note: posted is done, draft is planned, cancelled gives back.

        Less on a posted note than was planned, or an invoice that reverses it, gives the rest
        back; a note taken up again takes its pieces again. All settlements of a note at once.

        :return: those that are done now and were not
        :raise UserError: the pieces of a note taken up again are settled another way by now
        """
        done_before = self.filtered(lambda settlement: settlement.state == 'done')
        targets = self._get_targets()
        pieces = {settlement: pieces for settlement, (_state, pieces) in targets.items()}
        self.filtered(lambda settlement: (
            targets[settlement][0] != 'cancelled' and pieces[settlement] > settlement._get_live_pieces()
        ))._check_growth(pieces)
        for state, settlements in self.grouped(lambda settlement: targets[settlement][0]).items():
            if state == 'cancelled':
                settlements._cancel()
                continue
            for settlement in settlements:
                settlement._set_pieces(pieces[settlement])
            settlements._set_done() if state == 'done' else settlements._set_planned()
        done = self.filtered(lambda settlement: settlement.state == 'done')
        done._update_amounts()
        return done - done_before

    def _get_targets(self):
        """:return: {settlement: (state, pieces)} as their notes have it"""
        reversed_pieces = self._get_reversed_pieces()
        by_hand = defaultdict(float)
        targets = {}
        for settlement in self.sorted('id'):
            line, pieces = settlement.refund_line_id, settlement.pieces
            state = {'posted': 'done', 'draft': 'planned'}.get(line.parent_state, 'cancelled')
            if settlement.kind == 'outside':
                key = line, settlement.request_line_id.product_id  # of a kit, each component by itself
                by_hand[key] += pieces
                noted = settlement._get_noted_pieces() - reversed_pieces[line]
                if settlement.state == 'cancelled' or by_hand[key] > noted:
                    state = 'cancelled'
            elif state == 'done' or (state == 'planned' and settlement.state == 'cancelled'):
                pieces = settlement._get_noted_pieces() - reversed_pieces[line]
                if settlement.request_line_id.product_id.uom_id.compare(pieces, 0.0) <= 0:
                    state, pieces = 'cancelled', settlement.pieces
            targets[settlement] = (state, pieces)
        return targets

    def _get_live_pieces(self):
        self.ensure_one()
        return 0.0 if self.state == 'cancelled' else self.pieces

    @api.model
    def _open_book(self, sale_lines, without=()):
        """:return: the :class:`InvoiceBook` that pieces of these order lines are settled by"""
        return InvoiceBook(sale_lines, without=without)

    def _to_invoice_pieces(self, pieces):
        """:return: ``pieces`` of the return line as a quantity of what the invoice line bills, in its product's own unit"""
        self.ensure_one()
        return pieces

    def _get_noted_product(self):
        """:return: the product that the credit note names for these goods"""
        self.ensure_one()
        return self.request_line_id.product_id

    def _get_noted_pieces(self):
        """:return: what the credit note line says while the note lives, in the product's own unit"""
        self.ensure_one()
        line = self.refund_line_id
        if not line or line.parent_state == 'cancel':
            return 0.0
        # only the invoice that took back goods by hand does so by a negative quantity
        quantity = abs(line.quantity) if self.kind == 'outside' else max(line.quantity, 0.0)
        if self.kind == 'allowance':
            return quantity
        unit = self.request_line_id.product_id.uom_id
        return line.product_uom_id._compute_quantity(quantity, unit, rounding_method='HALF-UP')

    def _get_reversed_pieces(self):
        """:return: {note line: pieces that posted invoices billed again, because they reverse the note}"""
        result = defaultdict(float)
        ours = self.filtered(lambda settlement: settlement.kind in ('credit', 'allowance'))
        notes = ours.refund_line_id.move_id.filtered(lambda note: note.state == 'posted')
        if not notes:
            return result
        invoices = self.env['account.move.line'].search([
            ('move_id.reversed_entry_id', 'in', notes.ids), ('parent_state', '=', 'posted'),
            ('move_id.move_type', '=', 'out_invoice'), ('display_type', '=', 'product'), ('quantity', '>', 0)])
        for item in invoices:
            left = item.product_uom_id._compute_quantity(
                item.quantity, item.product_id.uom_id, rounding_method='HALF-UP')
            for settlement in ours:
                line = settlement.refund_line_id
                if line.move_id != item.move_id.reversed_entry_id or line.product_id != item.product_id \
                        or line.sale_line_ids != item.sale_line_ids \
                        or item.returns_line_id not in (line.returns_line_id, item.returns_line_id.browse()):
                    continue
                part = min(left, settlement._get_noted_pieces() - result[line])
                result[line] += part
                left -= part
        return result

    def _check_growth(self, pieces):
        """These settlements take pieces that were given back: they must still be there.

        :param dict pieces: {settlement: its new pieces}
        :raise UserError: they are not
        """
        if not self:
            return
        book = self._open_book(self.sale_line_id, without=self)
        wanted = defaultdict(float)
        for settlement in self:
            wanted[settlement.invoice_line_id] += settlement._to_invoice_pieces(pieces[settlement])
        for line, settlements in self.grouped('request_line_id').items():
            more = sum(pieces[settlement] - settlement._get_live_pieces() for settlement in settlements)
            if line.product_id.uom_id.compare(more, line._get_pieces_to_settle()) > 0 or any(
                    book.lacks(source, wanted[source]) for source in settlements.invoice_line_id):
                note = settlements.refund_line_id.move_id[:1]
                claim = note.reversal_move_ids.filtered(
                    lambda move: move.move_type == 'out_invoice' and move.state == 'posted')[:1]
                if claim:
                    raise UserError(self.env._(
                        "%(note)s was taken back by %(claim)s, which is posted, so neither of them goes back to draft. To "
                        "give the money after all, make a credit note of %(claim)s.", note=note.display_name,
                        claim=claim.display_name))
                raise UserError(self.env._(
                    "%(line)s was settled another way meanwhile, so %(note)s cannot count again. Leave it as it was; "
                    "what is left of the return is settled by Settle.", line=line.display_name, note=note.display_name))

    def _set_pieces(self, pieces):
        self.ensure_one()
        if self.request_line_id.product_id.uom_id.compare(pieces, self.pieces) == 0:
            return
        self.write({
            'quantity': self.request_line_id._fit_unit(pieces), 'pieces': pieces,
            **{name: self[name] * pieces / self.pieces for name in ('pieces_withheld', 'pieces_exempt')},
            'amount_ceiling': self.currency_id.round(self.amount_ceiling * pieces / self.pieces),
            'amount_kept': self.currency_id.round(self._get_kept_of(pieces)),
        })

    def _get_kept_of(self, pieces):
        """:return: what may be kept of ``pieces`` of it: fee and loss of value go by the piece, freight does not"""
        self.ensure_one()
        return (self.amount_kept - self.amount_freight) * pieces / self.pieces + self.amount_freight

    def _adopt_notes(self):
        """Goods came back that a note made by hand had credited: the settlement follows that note.

        The order must see the note, or it would ask to credit the same goods again; but it does
        not owe the goods that a customer keeps.
        """
        for settlement in self:
            line = settlement.refund_line_id
            if not line.sale_line_ids and not settlement.request_line_id.is_returnless:
                line.sale_line_ids = settlement.sale_line_id
        self.filtered(lambda settlement: settlement.refund_line_id.parent_state == 'posted')._set_done()

    def _check_credit_notes(self):
        """A credit note says what was accepted, no more: its lines may have been edited meanwhile.

        :raise UserError: a line credits more pieces, a higher price or something else than was settled
        """
        for settlement in self:
            line, source = settlement.refund_line_id, settlement.invoice_line_id
            product = settlement.request_line_id.product_id
            noted, ceiling = settlement._get_noted_pieces(), settlement.amount_ceiling
            names = {'note': line.move_id.display_name, 'product': product.display_name}
            if line.currency_id != settlement.currency_id or (
                    settlement.kind == 'credit' and line.product_id != settlement._get_noted_product()) \
                    or line.move_id.commercial_partner_id != settlement._get_credited_entity():
                raise UserError(self.env._(
                    "%(note)s credits %(product)s to another customer, in another currency or as another product than "
                    "%(origin)s says. Set it back, or delete it and settle the return again.", **names,
                    origin=source.move_id.display_name or settlement.request_id.name))
            if product.uom_id.compare(noted, settlement.pieces) != 0:
                allowed = settlement.pieces + settlement.request_line_id._get_pieces_to_settle()
                if product.uom_id.compare(noted, allowed) > 0:
                    raise UserError(self.env._(
                        "%(note)s credits %(quantity)s %(unit)s of %(product)s, but only %(ceiling)s were accepted. Set "
                        "the quantity back, or take the rest off the return.", **names, quantity=f"{noted:.10g}",
                        unit=product.uom_id.name, ceiling=f"{allowed:.10g}"))
                # core computed the edited line by itself, a cent at most away from ours for each amount in it
                cents = 1 + len(line.tax_ids.flatten_taxes_hierarchy())
                ceiling = ceiling * noted / settlement.pieces + cents * line.currency_id.rounding
            if line.currency_id.compare_amounts(line.price_total, ceiling) > 0:
                raise UserError(self.env._(
                    "%(note)s credits %(amount)s for %(product)s, but %(ceiling)s were invoiced for the accepted goods. "
                    "Set price, discount and taxes back as on the invoice.", **names,
                    amount=line.currency_id.format(line.price_total),
                    ceiling=line.currency_id.format(line.currency_id.round(ceiling))))
        self._check_kept()
        self._check_invoices()

    def _get_credited_entity(self):
        """:return: the commercial entity that the money goes to"""
        self.ensure_one()
        return self.invoice_line_id.move_id.commercial_partner_id or self.request_id.commercial_partner_id

    def _check_kept(self):
        """:raise UserError: a note keeps more of the goods than the policy says; less is the accountant's goodwill"""
        for note, settlements in self.grouped(lambda settlement: settlement.refund_line_id.move_id).items():
            lines, currency = note._returns_get_deductions(), note.currency_id
            if any(line.price_total > 0 for line in lines):
                raise UserError(self.env._(
                    "%s pays more by a line of restocking fee, loss of value or freight: such lines are kept, so they are "
                    "negative. "
                    "Set it to zero at most.", note.display_name))
            kept = -sum(lines.mapped('price_total'))
            allowed = sum(settlement._get_kept_of(settlement._get_noted_pieces()) for settlement in settlements)
            # core computes an edited line by itself, a cent at most away from ours for each amount in it
            slack = sum(1 + len(line.tax_ids.flatten_taxes_hierarchy()) for line in lines) * currency.rounding
            if currency.compare_amounts(kept, allowed + slack) > 0:
                raise UserError(self.env._(
                    "%(note)s keeps %(kept)s as restocking fee, loss of value and freight, but by the policy only "
                    "%(allowed)s. "
                    "Lower those lines, or delete the credit note and settle the return again.",
                    note=note.display_name, kept=currency.format(kept), allowed=currency.format(currency.round(allowed))))

    def _check_invoices(self):
        """What these notes credit must still be billed as it was: invoices are reset to draft, changed and cancelled.

        :raise UserError: an invoice is not posted any more, or bills less than is credited
        """
        credited = defaultdict(float)
        for settlement in self.search(
                [('invoice_line_id', 'in', self.invoice_line_id.ids), ('state', '!=', 'cancelled')]):
            credited[settlement.invoice_line_id] += settlement._to_invoice_pieces(settlement._get_noted_pieces())
        for settlement in self.filtered('invoice_line_id'):
            line, source = settlement.refund_line_id, settlement.invoice_line_id
            names = {'note': line.move_id.display_name, 'invoice': source.move_id.display_name}
            if source.parent_state != 'posted':
                raise UserError(self.env._(
                    "%(invoice)s is not posted any more, so %(note)s has nothing to credit. Post the invoice again, or "
                    "delete the credit note and settle the return again.", **names))
            unit = source.product_id.uom_id
            billed = source.product_uom_id._compute_quantity(source.quantity, unit, rounding_method='HALF-UP')
            # each amount of a note may make up for a cent or two that earlier ones missed
            slack = 2 * (1 + len(line.tax_ids.flatten_taxes_hierarchy())) * (
                1 + len(source.move_id.reversal_move_ids)) * line.currency_id.rounding
            share = source.price_total * settlement._to_invoice_pieces(settlement._get_noted_pieces()) / (billed or 1.0)
            if unit.compare(credited[source], billed) > 0 or line.currency_id.compare_amounts(
                    line.price_total, share + slack) > 0:
                raise UserError(self.env._(
                    "%(invoice)s was changed since and bills less for %(product)s than %(note)s credits. Delete the "
                    "credit note and settle the return again.", **names,
                    product=settlement.request_line_id.product_id.display_name))

    def _update_amounts(self):
        """``amount`` = what the credit note really says, taxes included.

        What a note has beside the returned goods (a share of a discount, cash rounding, a line
        typed by an accountant) is spread over its settlements, so that they add up to the note, less
        what posted invoices took back of it.
        """
        ours = self.filtered(lambda settlement: settlement.kind != 'outside' and settlement.refund_line_id)
        for note, settlements in ours.grouped(lambda settlement: settlement.refund_line_id.move_id).items():
            rate, company_currency = note.invoice_currency_rate or 1.0, note.company_currency_id
            claims = note.reversal_move_ids.filtered(
                lambda move: move.move_type == 'out_invoice' and move.state == 'posted')
            paid = [
                settlement.refund_line_id.price_total * settlement.pieces / (settlement._get_noted_pieces() or 1.0)
                - settlement.amount_kept for settlement in settlements]
            amounts = spread(
                note.amount_total - sum(claim._returns_get_total_in(note.currency_id) for claim in claims),
                paid, note.currency_id)
            company = spread(
                abs(note.amount_total_signed) - sum(abs(claim.amount_total_signed) for claim in claims),
                [amount / rate for amount in paid], company_currency)
            for settlement, amount, amount_company in zip(settlements, amounts, company, strict=True):
                settlement.write({'amount': amount, 'amount_company': amount_company})

    # ------------------------------------------------------------------
    # Making credit notes
    # ------------------------------------------------------------------

    def _create_credit_notes(self, book, parts):
        """One draft credit note an invoice for these planned settlements, all in one create.

        :param book: the :class:`InvoiceBook` they were allotted in
        :param dict parts: {settlement: its :class:`Part`}
        """
        by_invoice = self.filtered('invoice_line_id').grouped(lambda settlement: settlement.invoice_line_id.move_id)
        if not by_invoice:
            return
        freight = Freight(self)
        prepared = [
            settlements._prepare_credit_note(invoice, book, parts, freight) for invoice, settlements in by_invoice.items()]
        self._make_notes(by_invoice.values(), prepared, freight)

    def _make_notes(self, groups, prepared, freight):
        """Make the credit notes of these settlements, all in one create.

        :param groups: the settlements of each note
        :param prepared: [(values of the note, {settlement: what it keeps of it})], one for each group
        :param freight: the :class:`Freight` that was kept by them
        """
        notes = self.env['account.move'].create([vals for vals, _kept in prepared])
        for note, settlements, (_vals, kept) in zip(notes, groups, prepared, strict=True):
            lines = note.invoice_line_ids.filtered('returns_line_id').sorted('id')
            amounts = spread(
                -sum(note._returns_get_deductions().mapped('price_total')),
                [kept[settlement] for settlement in settlements], note.currency_id)
            for settlement, line, amount in zip(settlements, lines, amounts, strict=True):
                part, part_noted = freight.parts.get(settlement, (0.0, 0.0))
                settlement.write({
                    'refund_line_id': line.id, 'amount_ceiling': line.price_total, 'amount_kept': amount,
                    'amount_freight': part_noted, 'freight_company': part})
        self._update_amounts()

    def _prepare_credit_note(self, invoice, book, parts, freight):
        """:return: (values of the credit note of ``invoice`` for these settlements, {settlement: what it keeps of it, see
            :class:`Deductions` and :class:`Freight`})
        """
        lines = [settlement._prepare_credit_note_line_vals(book, parts[settlement]) for settlement in self]
        book.take_rest(invoice, lines)
        charges = book.prepare_charges(invoice, self, lines)
        shared = book.prepare_shared(invoice, lines, charges)
        note = Deductions(invoice, self, lines)
        deductions, kept = note.prepare(shared)
        kept_lines = deductions + freight.prepare(note, kept)
        return self._prepare_note_vals(invoice, lines + [vals for _line, vals in charges] + shared + kept_lines), kept

    def _prepare_note_vals(self, invoice, lines):
        """Values of the credit note of ``invoice`` with these lines' values, otherwise as the invoice was made.

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
            'invoice_line_ids': [Command.create(vals) for vals in lines],
        }

    def _prepare_credit_note_line_vals(self, book, part):
        """Values of the line that credits ``part`` of an invoice line."""
        self.ensure_one()
        line, unit = part.invoice_line, part.invoice_line.product_id.uom_id
        quantity, uom, price_unit = part.pieces, line.product_uom_id, line.price_unit
        if uom != unit:
            quantity = unit._compute_quantity(part.pieces, uom, rounding_method='HALF-UP')
            if self.kind == 'allowance' or unit.compare(uom._compute_quantity(quantity, unit, round=False), part.pieces):
                # no exact number of the invoice's unit (5 of a dozen): credit in the product's own
                quantity, uom, price_unit = part.pieces, unit, uom._compute_price(line.price_unit, unit)
        vals = {
            'product_id': line.product_id.id, 'name': line.name, 'product_uom_id': uom.id,
            'quantity': quantity, 'price_unit': price_unit, 'discount': line.discount,
            'tax_ids': [Command.set(line.tax_ids.ids)], 'account_id': line.account_id.id,
            'analytic_distribution': line.analytic_distribution,
            'sale_line_ids': [Command.set(line.sale_line_ids.ids)],
            'returns_line_id': self.request_line_id.id,
            'extra_tax_data': book.prepare_exact(part, price_unit, quantity),
        }
        if self.kind == 'allowance':
            # The goods stay with the customer: neither cost of goods nor the order's quantities change.
            allowance = self.env.ref('returns_management.product_allowance')
            vals.update(
                product_id=allowance.id, product_uom_id=allowance.uom_id.id,
                name=self.env._("Allowance, goods kept: %s", line.name), sale_line_ids=[Command.clear()])
        return vals


def spread(total, amounts, currency):
    """:return: ``amounts`` brought to add up to ``total``, each in proportion to its size"""
    rest = round((total - sum(currency.round(amount) for amount in amounts)) / currency.rounding)
    size = sum(abs(amount) for amount in amounts)
    result, before = [], 0.0
    for amount in amounts:
        now = abs(amount) if size else 1.0
        cents = apportion.share(rest, before, now, size or len(amounts)) if rest else 0
        result.append(currency.round(currency.round(amount) + cents * currency.rounding))
        before += now
    return result
