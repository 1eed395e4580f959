# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


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

    def write(self, vals):
        res = super().write(vals)
        if 'state' in vals:
            self._returns_after_state()
        return res

    def _post(self, soft=True):
        self._returns_check_credit_notes()
        self._returns_set_invoice_date()
        return super()._post(soft=soft)

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
        open_lines = (ours | ours.reversed_entry_id).line_ids.filtered(lambda line: (
            not line.reconciled
            and (line.account_id.reconcile or line.account_id.account_type in ('asset_cash', 'liability_credit_card')))
        ).grouped('move_id')
        plan = [
            lines for note in ours if note in open_lines and note.reversed_entry_id in open_lines
            for lines in (open_lines[note] + open_lines[note.reversed_entry_id]).grouped(
                lambda line: (line.account_id, line.currency_id)).values()]
        self.env['account.move.line'].with_context(move_reverse_cancel=move_reverse_cancel)._reconcile_plan(plan)
        for note in reverse_moves - ours:
            super(AccountMove, note.reversed_entry_id)._reconcile_reversed_moves(note, move_reverse_cancel)
        return reverse_moves

    def _returns_get_settlements(self):
        """:return: the live settlements whose credit note lines stand in these moves"""
        notes = self.filtered(lambda move: move.move_type == 'out_refund')
        if not notes:
            return self.env['returns.settlement']
        return self.env['returns.settlement'].sudo().search([
            ('refund_line_id.move_id', 'in', notes.ids), ('state', '!=', 'cancelled')])

    def _returns_after_state(self):
        """Settlements follow their credit notes: posted is done, draft is planned, cancelled gives back."""
        settlements = self._returns_get_settlements()
        if not settlements:
            return
        lines = settlements.request_line_id._lock()
        for state, part in settlements.grouped(lambda settlement: settlement.refund_line_id.parent_state).items():
            if state == 'posted':
                part._update_amounts()
                part._set_done()
            elif state == 'draft':
                part._set_planned()
            else:
                part._cancel()
        lines._update_settled()
        lines._advance()
        if any(settlement.refund_line_id.parent_state == 'posted' for settlement in settlements):
            settlements.filtered(lambda settlement: settlement.state == 'done').request_id._tell('credit_note')

    def _returns_check_credit_notes(self):
        """A credit note says what was accepted, no more: its lines may have been edited meanwhile.

        :raise UserError: a line credits more pieces or a higher price than was settled
        """
        settlements = self._returns_get_settlements()
        for settlement in settlements:
            line, source = settlement.refund_line_id, settlement.invoice_line_id
            unit = line.product_id.uom_id if settlement.kind == 'credit' else settlement.uom_id
            quantity = line.product_uom_id._compute_quantity(line.quantity, settlement.uom_id, round=False) \
                if line.product_uom_id and settlement.kind == 'credit' else line.quantity
            pieces = source.product_id.uom_id
            ceiling = settlement.quantity if settlement.kind == 'credit' else pieces._compute_quantity(
                settlement.request_line_id._to_product_uom(settlement.quantity), source.product_uom_id, round=False)
            if unit.compare(quantity, ceiling) > 0:
                raise UserError(self.env._(
                    "%(note)s credits %(quantity)s of %(product)s, but only %(ceiling)s were accepted. Set the "
                    "quantity back, or take the rest off the return.", note=line.move_id.display_name, quantity=line.quantity,
                    product=source.product_id.display_name, ceiling=ceiling))
            if line.currency_id.compare_amounts(line.price_total, settlement.amount) > 0:
                raise UserError(self.env._(
                    "%(note)s credits %(amount)s for %(product)s, but %(ceiling)s were invoiced for what was accepted. "
                    "Set price, discount and taxes back as on the invoice.", note=line.move_id.display_name,
                    amount=line.currency_id.format(line.price_total), product=source.product_id.display_name,
                    ceiling=line.currency_id.format(settlement.amount)))

    def action_view_returns_requests(self):
        self.ensure_one()
        self.check_access('read')
        return self.env['returns.request']._get_records_action(
            self.env['returns.request'].browse(self.returns_request_ids.ids), self.env._("Returns"))
