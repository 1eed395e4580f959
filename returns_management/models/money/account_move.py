# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..returns_guard import as_flow
from .exact_amounts import CostBook
from .price_book import ReceiptCosts


class AccountMove(models.Model):
    _inherit = 'account.move'

    returns_request_ids = fields.Many2many(
        'returns.request', string="Return Requests", compute='_compute_returns_request_ids', compute_sudo=True,
        search='_search_returns_request_ids')
    returns_request_count = fields.Integer(compute='_compute_returns_request_ids', compute_sudo=True)

    @api.depends('line_ids.returns_line_id')
    def _compute_returns_request_ids(self):
        for move in self:
            move.returns_request_ids = move.line_ids.returns_line_id.request_id
            move.returns_request_count = len(move.returns_request_ids)

    @api.model
    def _search_returns_request_ids(self, operator, value):
        return fields.Domain('line_ids.returns_line_id.request_id', operator, value)

    def _has_field_access(self, field, operation):
        """Customers read their credit notes. What the note of a gift reverses is its buyer's, and would say who that is."""
        allowed = self.env.su or field.name != 'reversed_entry_id' or self.env.user._is_internal()
        return allowed and super()._has_field_access(field, operation)

    def write(self, vals):
        self._returns_refuse_other_purpose(vals)
        known = self.filtered('posted_before') if 'state' in vals else self.browse()
        res = super().write(vals)
        if 'state' in vals:
            self._returns_after_state(known)
        if vals.get('state') == 'cancel':
            self._returns_drop_claims()
        return res

    def unlink(self):
        self._returns_drop_claims()
        return super().unlink()

    def _returns_drop_claims(self):
        """A credit note that is gone is not claimed back: the drafts that would are cancelled."""
        notes = self.filtered(lambda move: move.move_type == 'out_refund' and move.line_ids.returns_line_id)
        claims = as_flow(notes).reversal_move_ids.filtered(
            lambda move: move.move_type == 'out_invoice' and move.state == 'draft' and move.line_ids.returns_line_id)
        if claims:
            claims.button_cancel()

    def _post(self, soft=True):
        self._returns_check_credit_notes()
        self._returns_set_invoice_date()
        posted = super()._post(soft=soft)
        as_flow(posted)._returns_set_off_exchanges()
        return posted

    def _returns_set_off_exchanges(self):
        """Reconcile invoices of what was sold in exchange with the credit notes of what came back for it. What is
        left is the difference, to be paid by the customer or to them. Their returns go on.
        """
        lines = self.line_ids.filtered('returns_line_id').returns_line_id | (
            self.line_ids.sale_line_ids.returns_exchange_settlement_ids.request_line_id)
        lines = lines.filtered(lambda line: line._is_exchanged_for_other())
        if not lines:
            return
        lines._lock()
        plan = []
        for sold in lines.settlement_ids.filtered(lambda settlement: settlement.state == 'done').exchange_line_id:
            moves = sold.invoice_lines.move_id | sold.returns_exchange_settlement_ids.filtered(
                lambda settlement: settlement.kind in ('credit', 'allowance')).refund_line_id.move_id
            items = moves.filtered(lambda move: move.state == 'posted').line_ids.filtered(lambda item: (
                item.account_id.account_type == 'asset_receivable' and not item.reconciled))
            for part in items.grouped(
                    lambda item: (item.account_id, item.currency_id, item.partner_id.commercial_partner_id)).values():
                if len(set(part.mapped(lambda item: item.balance > 0))) > 1 and part not in plan:
                    plan.append(part)
        if plan:
            self.env['account.move.line']._reconcile_plan(plan)
        lines._advance()

    def _returns_set_invoice_date(self):
        """Date the credit notes of returns all at once, as core would one by one; the rate stays the invoice's."""
        undated = self.filtered(lambda move: (
            move.move_type == 'out_refund' and not move.invoice_date and move.line_ids.returns_line_id))
        if undated:
            with self.env.protecting([self._fields['invoice_currency_rate']], undated):
                undated.invoice_date = fields.Date.context_today(self)

    def _reconcile_reversed_moves(self, reverse_moves, move_reverse_cancel):
        """Reconcile the credit notes of returns with their invoices by one plan of core's.

        Core goes note by note; and where an invoice has two of them, it takes each following note for that of
        the next invoice, another customer's perhaps.
        """
        ours = reverse_moves.filtered(lambda move: move.line_ids.returns_line_id)
        if not ours:
            return super()._reconcile_reversed_moves(reverse_moves, move_reverse_cancel)
        # the credit of who got a gift pays no invoice of the buyer
        gifts = ours.filtered(lambda note: note.commercial_partner_id != note.reversed_entry_id.commercial_partner_id)
        ours, reverse_moves = ours - gifts, reverse_moves - gifts
        open_lines = (ours | ours.reversed_entry_id).line_ids.filtered(lambda line: (
            not line.reconciled
            and (line.account_id.reconcile or line.account_id.account_type in ('asset_cash', 'liability_credit_card')))
        ).grouped('move_id')
        plan = [
            lines for note in ours if note in open_lines and note.reversed_entry_id in open_lines
            for lines in (open_lines[note] + open_lines[note.reversed_entry_id]).grouped(
                lambda line: (line.account_id, line.currency_id)).values()]
        if plan:
            self.env['account.move.line'].with_context(move_reverse_cancel=move_reverse_cancel)._reconcile_plan(plan)
        for note in reverse_moves - ours:
            super(AccountMove, note.reversed_entry_id)._reconcile_reversed_moves(note, move_reverse_cancel)
        return reverse_moves

    def _returns_refuse_other_purpose(self, vals):
        """:raise UserError: a credit note of a return, or an invoice that takes it back, becomes a document of another
            kind or of another invoice: settlements follow it as what it was made for
        """
        named = {'move_type', 'reversed_entry_id'}.intersection(vals)
        if self.env.su or not named:
            return
        changed = self.filtered(lambda move: any(
            self._fields[name].convert_to_write(move[name], move) != vals[name] for name in named))
        settlement = changed._returns_get_settlements().filtered(
            lambda settlement: settlement.kind != 'outside' or settlement.state != 'cancelled')[:1]
        if settlement:
            note = settlement.refund_id
            move = note if note in changed else changed.filtered(lambda move: move.reversed_entry_id == note)
            raise UserError(self.env._(
                "%(move)s stays what it is, of %(origin)s: the return %(request)s counts on it. Delete or cancel it, and "
                "make a new document.", move=move.display_name, request=settlement.request_id.name,
                origin=(move.reversed_entry_id or note).display_name))

    def _returns_get_settlements(self):
        """:return: the settlements whose credit notes, ours or adopted, are these moves or reversed by them"""
        notes = self.filtered(lambda move: move.move_type == 'out_refund')
        notes |= self.filtered(lambda move: move.move_type == 'out_invoice').reversed_entry_id
        Settlement = as_flow(self.env['returns.settlement'])
        return Settlement.search([('refund_line_id.move_id', 'in', notes.ids)]) if notes else Settlement

    def _returns_get_payment_methods(self):
        """:return: the ways in which these invoices were paid: 'bank', 'cash', 'online'"""
        items = self.line_ids.matched_credit_ids.credit_move_id
        payments = self.matched_payment_ids | items.payment_id
        online = payments.filtered('payment_transaction_id')
        journals = (payments - online).journal_id | items.filtered(lambda item: not item.payment_id).journal_id
        methods = {'bank' if kind == 'credit' else kind for kind in journals.mapped('type')} & {'bank', 'cash'}
        return methods | ({'online'} if online else set())

    def _returns_after_state(self, known):
        """Settlements follow their credit notes.

        :param known: those of these moves that were posted before: their customers know of them, unless the amount
            is another now
        """
        settlements = self._returns_get_settlements()
        if not settlements:
            return
        lines = settlements.request_line_id._lock()
        amounts = {settlement: settlement.amount for settlement in settlements if settlement.refund_id in known}
        done = settlements._follow_credit_notes()
        lines._update_settled()
        lines._advance()
        done.filtered(lambda settlement: (
            settlement.kind != 'outside' and amounts.get(settlement) != settlement.amount
        )).request_id._tell('credit_note')

    def _returns_check_credit_notes(self):
        """:raise UserError: a credit note of a return says more than was accepted; or all credit notes of an invoice
            that a return credited, those made by hand along with them, more than was invoiced
        """
        settlements = self._returns_get_settlements().filtered(lambda settlement: (
            settlement.state != 'cancelled' and (settlement.invoice_line_id or settlement._is_priced())
            and settlement.refund_line_id.move_id in self))
        notes, lines = self._returns_find_rivals()
        (settlements.request_line_id | lines)._lock()
        settlements._check_credit_notes()
        for excess in (settlements.refund_line_id.move_id | notes)._returns_get_excesses().values():
            raise UserError(excess)

    def _returns_find_rivals(self):
        """:return: (those of these credit notes whose invoices a return credits too, or is about to; the lines of
            those returns), in superuser mode
        """
        notes = as_flow(self.filtered(lambda move: move.move_type == 'out_refund' and move.reversed_entry_id))
        ours = notes.line_ids.search([
            ('move_id.reversed_entry_id', 'in', notes.reversed_entry_id.ids), ('parent_state', 'in', ('draft', 'posted')),
            ('move_id.move_type', '=', 'out_refund'), ('returns_line_id', '!=', False)]) if notes else notes.line_ids
        credited = ours.move_id.reversed_entry_id
        return notes.filtered(lambda note: note.reversed_entry_id in credited), ours.returns_line_id

    def _returns_get_excesses(self):
        """All credit notes of an invoice together must not credit more than it billed.

        Down payments it deducts were billed before and are given back with the goods.

        :return: {note: sentence} of those that would
        """
        excesses, credited = {}, defaultdict(float)
        others = self.search([
            ('reversed_entry_id', 'in', (self.reversed_entry_id | self.reversed_entry_id.reversal_move_ids).ids),
            ('state', '=', 'posted'), ('move_type', 'in', ('out_refund', 'out_invoice')), ('id', 'not in', self.ids)])
        for other in others:
            # an invoice that reverses a note takes back what the note credited
            invoice, sign = (other.reversed_entry_id, 1) if other.move_type == 'out_refund' else (
                other.reversed_entry_id.reversed_entry_id, -1)
            credited[invoice] += sign * other._returns_get_total_in(invoice.currency_id)
        for note in self.filtered('reversed_entry_id'):
            invoice, currency = note.reversed_entry_id, note.reversed_entry_id.currency_id
            limit = invoice.amount_total - sum(
                line.price_total for line in invoice.invoice_line_ids if line.is_downpayment and line.price_total < 0)
            total = note._returns_get_total_in(currency)
            over = credited[invoice] + total - limit
            if currency.compare_amounts(over, 0.0) > 0:
                excesses[note] = self.env._(
                    "%(note)s of %(amount)s and what is credited of %(invoice)s already, %(credited)s, are %(over)s more "
                    "than the %(limit)s it billed. Look at the other credit notes of %(invoice)s, and lower this one by "
                    "%(over)s.", note=note.display_name, invoice=invoice.display_name,
                    amount=currency.format(total), credited=currency.format(credited[invoice]),
                    over=currency.format(over), limit=currency.format(limit))
            credited[invoice] += total
        return excesses

    def _returns_get_deductions(self):
        """:return: the lines by which these credit notes keep something of the goods, by the policy"""
        return self.invoice_line_ids.filtered(lambda line: line._returns_is_deduction())

    def _returns_get_total_in(self, currency):
        """:return: the total in ``currency``, at the rate of this document or of the day"""
        self.ensure_one()
        if self.currency_id == currency:
            return self.amount_total
        return self.company_currency_id._convert(
            abs(self.amount_total_signed), currency, self.company_id, self.invoice_date or self.date)

    def _stock_account_prepare_realtime_out_lines_vals(self):
        """The cost of what comes back is booked in parts that add up to what was booked when it was sold,
        on the accounts it was booked on.
        """
        vals_list = super()._stock_account_prepare_realtime_out_lines_vals()
        origins = self.env['account.move.line'].browse(vals['cogs_origin_id'] for vals in vals_list).sudo()
        self._returns_cut_receipt_costs(vals_list, origins)
        if not any(origins.mapped('returns_settlement_ids.invoice_line_id')):
            return vals_list
        costs = CostBook(origins.returns_settlement_ids.invoice_line_id)
        for vals, origin in zip(vals_list, origins, strict=True):
            settlement = origin.returns_settlement_ids.filtered('invoice_line_id')
            if settlement:
                vals.update(costs.prepare_cost(settlement, is_stock=vals['price_unit'] >= 0))
        return vals_list

    @api.model
    def _returns_cut_receipt_costs(self, vals_list, origins):
        """Goods without an order cost what they came in at."""
        priced = origins.returns_settlement_ids.filtered(lambda settlement: settlement._is_priced())
        if not priced:
            return
        costs = ReceiptCosts(priced)
        values = {settlement.refund_line_id: costs.cut(settlement) for settlement in priced}
        for vals, origin in zip(vals_list, origins, strict=True):
            if origin in values:
                # costs stand in the company's currency, whatever the note's
                vals['amount_currency'] = values[origin] if vals['price_unit'] >= 0 else -values[origin]

    @api.depends('reversed_entry_id')
    def _compute_invoice_currency_rate(self):
        """A credit note of a return keeps the rate of its invoice, whatever its date becomes; what claims it back, too."""
        super()._compute_invoice_currency_rate()
        for move in self:
            invoice = move.reversed_entry_id
            if move.is_sale_document() and move.currency_id == invoice.currency_id and move.line_ids.returns_line_id:
                move.invoice_currency_rate = invoice.invoice_currency_rate

    def action_view_returns_requests(self):
        self.ensure_one()
        self.check_access('read')
        return self.env['returns.request']._get_records_action(
            self.env['returns.request'].browse(self.returns_request_ids.ids), self.env._("Returns"))
