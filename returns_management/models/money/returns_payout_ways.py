# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .payout_book import PayoutBook, Source
from .returns_payout import OPEN


class ReturnsPayout(models.Model):
    """How what is to be paid is proposed, and carried out: a way x by ``_pay_x``."""
    _inherit = 'returns.payout'

    # ------------------------------------------------------------------
    # Proposing
    # ------------------------------------------------------------------

    @api.model
    def _propose(self, notes):
        """Propose what is still to be paid of these credit notes, each amount to the payment it goes back to.

        Callers hold the locks of the notes' returns.

        :return: the pay-outs made
        """
        known = self.search([('refund_id.reversed_entry_id', 'in', notes.reversed_entry_id.ids)]) | self.search(
            [('refund_id', 'in', notes.ids)])
        by_note = known.grouped('refund_id')
        given = {}  # {invoice: {its payment: cents that went back to it, are on their way, or are proposed}}
        for payout in known.filtered(lambda payout: payout.state in (*OPEN, 'done')):
            to = given.setdefault(payout.refund_id.reversed_entry_id, {})
            to[payout.source_line_id] = to.get(payout.source_line_id, 0) + _to_cents(payout.amount, payout.currency_id)
        vals_list = []
        for note in notes:
            of_note = by_note.get(note, self)
            currency = note.currency_id
            cents = _to_cents(note._returns_get_unpaid() - sum(
                payout.amount for payout in of_note if payout.state in OPEN), currency)
            if cents <= 0:
                continue
            to = given.setdefault(note.reversed_entry_id, {})
            book = PayoutBook([
                Source(key=line, day=line.date, order=line.id, cents=_to_cents(amount, currency))
                for line, amount in note._returns_get_sources()], to)
            parts = [(None, cents)] if note._returns_get_wished_way() else book.allot(cents)
            for number, (line, part) in enumerate(parts, start=of_note._get_next_number()):
                line = line or self.env['account.move.line']
                to[line] = to.get(line, 0) + part  # another note of the invoice finds only what is left
                vals_list.append(self._prepare_payout_vals(note, line, currency.round(part * currency.rounding), number))
        return self.create(vals_list)

    @api.model
    def _prepare_payout_vals(self, note, source, amount, number):
        """:param source: the journal item of the customer's payment that ``amount`` goes back to, where one is known"""
        way = source._returns_get_way() if source else False
        account = self._find_account(note, source) if way in ('bank', False) else self.env['res.partner.bank']
        method = source._returns_get_way_back(amount, note.currency_id) if source else 'bank'
        journal = source.journal_id or self.env['account.journal'].search([
            *self.env['account.journal']._check_company_domain(note.company_id), ('type', '=', 'bank')], limit=1)
        return {
            'request_ids': [Command.set(note.returns_request_ids.ids)], 'refund_id': note.id,
            'company_id': note.company_id.id, 'partner_id': note.commercial_partner_id.id,
            'currency_id': note.currency_id.id, 'amount': amount, 'amount_company': note._returns_to_company(amount),
            'key': f'{note.id}/{number}', 'source_line_id': source.id, 'paid_by': way, 'method': method,
            'journal_id': journal.id, 'partner_bank_id': account.id,
            'payee_note': method == 'manual' and self._describe_source(source),
        }

    @api.model
    def _describe_source(self, source):
        """:return: the payment that somebody gives back by hand, in words"""
        payment = source.payment_id
        return ", ".join(filter(None, (
            payment.payment_transaction_id.sudo().provider_reference or payment.memo or source.name or source.move_name,
            source.journal_id.name)))

    @api.model
    def _find_account(self, note, source):
        """:return: the account that the money came from; else the only one the customer has"""
        accounts = note.commercial_partner_id.bank_ids | note.partner_id.bank_ids
        accounts = accounts.filtered(lambda account: account.company_id in (note.company_id, self.env['res.company']))
        origin = source.move_id.statement_line_id
        found = origin.partner_bank_id or accounts.filtered(
            lambda account: origin.account_number and account.acc_number == origin.account_number)[:1]
        if found and found.partner_id.commercial_partner_id == note.commercial_partner_id:
            return found
        return accounts if len(accounts) == 1 else accounts.browse()

    # ------------------------------------------------------------------
    # Carrying out
    # ------------------------------------------------------------------

    def _carry_out(self, post=False):
        """Do what can be done at once of what is proposed. Callers hold the locks.

        :param bool post: a person presses: post bank payments where the company does
        """
        ready = self.filtered(lambda payout: payout.state == 'proposed' and not payout._get_obstacle())
        for method, payouts in ready.grouped('method').items():
            for payout in payouts:
                payout.payee_account = payout._get_payee()
            payouts.write({'state': 'sent', 'date_sent': fields.Datetime.now(), 'failure': False})
            getattr(payouts, f'_pay_{method}')()
        if post:
            posted = ready.filtered(lambda payout: (
                payout.method == 'bank' and payout.company_id.returns_payout_posting == 'posted'))
            posted.payment_id.action_post()

    def _pay_bank(self):
        """A draft payment in the journal that the money came in by; it is posted when the bank is told."""
        self._make_payments()

    def _pay_cash(self):
        """A draft payment; it is posted when the money is handed over, against a signed receipt."""
        self._make_payments()

    def _pay_manual(self):
        """A task for a person: nobody can pay that way by program."""
        kind = self.env.ref('returns_management.mail_activity_type_payout')
        requests = self.request_ids
        owners = requests._find_stage_owners('payout')
        vals_list = []
        for payout in self:
            request = payout.request_ids[:1]
            owner = payout._get_payer(owners)
            if owner:
                vals_list.append({
                    'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': request.id,
                    'activity_type_id': kind.id, 'user_id': owner.id, 'automated': True,
                    'summary': self.env._("Pay %s by hand", payout.currency_id.format(payout.amount)),
                    'note': self.env._(
                        "To %(payee)s (%(journal)s), for %(note)s. Then confirm the pay-out with date, reference and "
                        "evidence.", payee=payout.payee_note, journal=payout.journal_id.name,
                        note=payout.refund_id.name),
                    'date_deadline': fields.Date.context_today(payout)})
        requests.mapped('display_name')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(vals_list)

    def _get_payer(self, owners):
        """:return: who pays by hand: an accountant"""
        self.ensure_one()
        owner = owners.get(self.request_ids[:1], self.env['res.users'])
        if self.env.user.has_group('returns_management.group_returns_accountant'):
            owner = self.env.user
        if not owner.has_group('returns_management.group_returns_accountant'):
            owner = self.company_id._get_returns_managers()[:1]
        return owner

    def _make_payments(self):
        payments = self.env['account.payment'].create([payout._prepare_payment_vals() for payout in self])
        for payout, payment in zip(self, payments, strict=True):
            payout.payment_id = payment

    def _prepare_payment_vals(self):
        """Values of the payment that gives the amount back."""
        self.ensure_one()
        note = self.refund_id
        receivable = note.line_ids.filtered(lambda line: line.display_type == 'payment_term')[:1]
        return {
            'payment_type': 'outbound', 'partner_type': 'customer', 'company_id': self.company_id.id,
            'partner_id': (self.partner_bank_id.partner_id or self.partner_id).id, 'amount': self.amount,
            'currency_id': self.currency_id.id, 'journal_id': self.journal_id.id,
            'partner_bank_id': self.partner_bank_id.id, 'destination_account_id': receivable.account_id.id,
            'payment_method_line_id': self.journal_id.outbound_payment_method_line_ids[:1].id,
            'date': self.date_paid or fields.Date.context_today(self), 'invoice_ids': [Command.set(note.ids)],
            'memo': " ".join(filter(None, (note.name, *self.request_ids.mapped('name'), self.reference))),
        }

    def _do_confirm_paid(self):
        """Callers hold the locks."""
        for payout in self:
            if not payout._may_confirm():
                raise UserError(self.env._(
                    "%(payout)s is %(state)s: there is nothing to confirm.", payout=payout.display_name,
                    state=payout._get_state_label().lower()))
            if payout.method in ('manual', 'online') and not (payout.reference and payout.evidence_ids):
                raise UserError(self.env._(
                    "%s: enter the reference of the payment and add a file that proves it.", payout.display_name))
            if payout.method == 'cash' and not payout.evidence_ids:
                raise UserError(self.env._(
                    "%s: have the receipt signed, and add a picture of it as evidence.", payout.display_name))
            if payout.date_paid and payout.date_paid > fields.Date.context_today(payout):
                raise UserError(self.env._("Enter the day on which it was paid, not one to come."))
        self.filtered(lambda payout: not payout.date_paid).write({'date_paid': fields.Date.context_today(self)})
        self.filtered(lambda payout: not payout.payment_id)._make_payments()
        for payout in self.filtered(lambda payout: payout.payment_id.state == 'draft'):
            payout.payment_id.write({'date': payout.date_paid, 'memo': payout._prepare_payment_vals()['memo']})
        self.payment_id.filtered(lambda payment: payment.state == 'draft').action_post()

    def _may_confirm(self):
        """Whether a person says that it was paid."""
        self.ensure_one()
        return self.state == 'sent' and self.method != 'online'

    def _is_in_flight(self):
        """Whether somebody outside was told to pay it."""
        self.ensure_one()
        return self.payment_id.state in ('in_process', 'paid')

    def _may_take_back(self):
        """Whether what was given can be taken back by ourselves: no money that left us can."""
        self.ensure_one()
        return False

    def _do_cancel(self):
        """Callers hold the locks."""
        live = self.filtered(lambda payout: payout.state in (*OPEN, 'failed'))
        payments = live.payment_id.filtered(lambda payment: payment.state == 'draft')
        if live:
            live.write({'state': 'cancelled'})
            live._close_tasks()
        if payments:
            payments.action_cancel()

    def _close_tasks(self):
        """Nobody pays by hand any more what these requests have no such pay-out for."""
        kind = self.env.ref('returns_management.mail_activity_type_payout')
        waiting = self.search([('request_ids', 'in', self.request_ids.ids), ('method', '=', 'manual'),
                               ('state', '=', 'sent')]).request_ids
        (self.request_ids - waiting).activity_ids.filtered(
            lambda activity: activity.activity_type_id == kind).action_done()


def _to_cents(amount, currency):
    return round(amount / currency.rounding)
