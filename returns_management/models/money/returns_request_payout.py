# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .returns_payout import OPEN
from .returns_settlement import spread


class ReturnsRequest(models.Model):
    """What the customer is paid out."""
    _inherit = 'returns.request'

    payout_ids = fields.Many2many(
        'returns.payout', 'returns_payout_request_rel', 'request_id', 'payout_id', "Pay-outs", readonly=True, copy=False,
        groups='returns_management.group_returns_agent,returns_management.group_returns_accountant')
    payout_count = fields.Integer(compute='_compute_payout_count')
    amount_paid = fields.Monetary(
        "Paid Out", readonly=True, copy=False,
        help="What payments reconciled with the credit notes gave back, in the company's currency.")
    amount_to_pay = fields.Monetary(
        "To Pay Out", compute='_compute_amount_to_pay', search='_search_amount_to_pay', compute_sudo=True,
        help="What remains of the posted credit notes and is not on its way, in the company's currency.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'amount_paid', 'payout_ids'}

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('payout_ids')
    def _compute_payout_count(self):
        if self.env['returns.payout'].has_access('read'):
            self._count_readable('payout_ids', 'payout_count')
        else:
            self.payout_count = 0

    @api.depends('settlement_ids.state', 'payout_ids.state', 'payout_ids.amount')
    def _compute_amount_to_pay(self):
        for request in self:
            request.amount_to_pay = sum(
                note._returns_to_company(note._returns_get_unpaid() - sum(
                    payout.amount for payout in request.payout_ids
                    if payout.refund_id == note and payout.state in ('sent', 'unknown')))
                for note in request._get_notes_to_pay())

    def _search_amount_to_pay(self, operator, value):
        """Only which returns have something to be paid out: ``('amount_to_pay', '>', 0)``."""
        if (operator, value) != ('>', 0):
            return NotImplemented
        settlements = self.env['returns.settlement'].sudo().search([
            ('state', '=', 'done'), ('kind', 'in', ('credit', 'allowance')),
            ('refund_line_id.move_id', 'any', [('state', '=', 'posted'), ('amount_residual', '!=', 0)])])
        found = settlements.request_id.filtered(
            lambda request: request.currency_id.compare_amounts(request.amount_to_pay, 0.0) > 0)
        return Domain('id', 'in', found.ids)

    def _get_notes_to_pay(self):
        """:return: the posted credit notes of which money is still owed: not those left open as store credit"""
        return self.refund_ids.filtered(
            lambda note: note._returns_get_unpaid() > 0 and not note._returns_is_left_open())

    def action_pay_out(self):
        """Propose how the customers get the money of their posted credit notes, each amount as it came, and carry out what
        can be done at once. What is on its way or paid stays as it is.

        :return: an action that shows the pay-outs
        :raise AccessError: not a returns accountant
        :raise UserError: there is nothing to pay out
        """
        self._check_role('returns_management.group_returns_accountant', operation='read')
        self._as_flow()._do_pay_out(post=not self.env.su)
        return self.action_view_payouts()

    def _do_pay_out(self, post=False):
        """:param bool post: an accountant presses: post bank payments where the company does"""
        notes = self.refund_ids
        (self | notes.returns_request_ids).line_ids._lock()
        notes._returns_set_off_invoices()
        notes = self._get_notes_to_pay()
        if not notes and not self.payout_ids:
            raise UserError(self.env._(
                "Nothing of %s is to be paid out: money is paid out of posted credit notes that are still open.",
                ", ".join(self.mapped('name'))))
        self.env['returns.payout']._meet_again(notes)
        self.env['returns.payout']._propose(notes)
        self.invalidate_recordset(['payout_ids'])
        payouts = self.env['returns.payout'].search([('refund_id', 'in', notes.ids), ('state', 'in', OPEN)])
        payouts._lock_rows()
        payouts._carry_out(post=post)

    def action_view_payouts(self):
        self.check_access('read')
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Pay-outs are on the page of the return."))
        return self._get_records_action(
            self.env['returns.payout'].browse(self.sudo().payout_ids.ids), self.env._("Pay-outs"))


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    amount_paid = fields.Monetary(
        "Paid Out", currency_field='company_currency_id', readonly=True, copy=False,
        help="This line's share of what was paid out of its credit notes, in the company's currency.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'amount_paid'}

    def _get_money_facts(self):
        facts = super()._get_money_facts()
        for line in self.filtered(lambda line: line.company_id.returns_payout == 'follow'):
            notes = line.settlement_ids.filtered(lambda settlement: (
                settlement.state == 'done' and settlement.kind in ('credit', 'allowance'))).refund_id
            facts[line.id]['payouts_open'] = any(
                note._returns_get_unpaid() > 0 and not note._returns_is_left_open() for note in notes)
        return facts

    def _update_paid(self):
        """``amount_paid`` = each line's share of what payments gave back, in proportion to what it was credited."""
        paid = dict(self.env['returns.payout']._read_group(
            [('refund_id', 'in', self.settlement_ids.refund_id.ids), ('state', '=', 'done')],
            ['refund_id'], ['amount_company:sum']))
        shares = self._share_paid(paid)
        for line, amount in shares.items():
            if line.company_currency_id.compare_amounts(amount, line.amount_paid):
                line._write_flow({'amount_paid': amount})
        for request in self.request_id:
            amount = sum(request.line_ids.mapped('amount_paid'))
            if request.currency_id.compare_amounts(amount, request.amount_paid):
                request._write_flow({'amount_paid': amount})

    def _share_paid(self, paid):
        """:param dict paid: {credit note: how much of it payments gave back, in the company's currency}
        :return: {line of these: its share, in proportion to what it was credited}
        """
        settlements = self.env['returns.settlement'].search([
            ('refund_line_id.move_id', 'in', [note.id for note in paid]), ('state', '=', 'done'), ('kind', '!=', 'outside')])
        shares = dict.fromkeys(self, 0.0)
        for note, of_note in settlements.grouped('refund_id').items():
            amounts = of_note.mapped('amount_company')
            total = sum(amounts)
            parts = spread(paid[note], [
                amount * paid[note] / total if total else 0.0 for amount in amounts], note.company_currency_id)
            for settlement, part in zip(of_note, parts, strict=True):
                if settlement.request_line_id in shares:
                    shares[settlement.request_line_id] += part
        return shares
