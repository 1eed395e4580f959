# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from itertools import count

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..returns_guard import as_flow
from .returns_payout import OPEN


class ReturnsPayout(models.Model):
    """Pay-outs follow what is reconciled with their credit notes, whoever did it and where."""
    _inherit = 'returns.payout'

    @api.model
    def _follow(self, notes):
        """Bring the pay-outs of these credit notes in line with the payments that meet them.

        Idempotent. A payment without a pay-out gets one; one that bounced gives its amount back to be paid.
        """
        notes = notes.filtered(lambda note: note.move_type == 'out_refund' and note.line_ids.returns_line_id)
        payouts = self.search([('refund_id', 'in', notes.ids), ('state', '!=', 'cancelled')])
        matches = {note: note._returns_get_payments() for note in notes}
        if not payouts and not any(matches.values()):
            if 'follow' in notes.company_id.mapped('returns_payout'):
                notes.returns_request_ids.line_ids._lock()._advance()
            return
        notes.returns_request_ids.line_ids._lock()
        done_before = payouts.filtered(lambda payout: payout.state == 'done')
        for note, amounts in matches.items():
            payouts |= payouts.filtered(lambda payout, note=note: payout.refund_id == note)._follow_note(note, amounts)
        done = payouts.filtered(lambda payout: payout.state == 'done')
        lines = notes.returns_request_ids.line_ids
        lines._update_paid()
        lines._advance()
        (done - done_before)._close_tasks()
        (done - done_before).request_ids._tell('payout')
        (done_before - done)._note_bounced()

    def _follow_note(self, note, amounts):
        """:param dict amounts: {journal item that pays ``note``: how much of it}
        :return: the pay-outs made for payments that nobody knew of
        """
        left = dict(amounts)
        made = self.browse()
        for payout in self.sorted('id'):
            line = payout._find_match(left)
            payout._follow_match(line, left.pop(line, 0.0))
        numbers = count(self.search([('refund_id', '=', note.id)])._get_next_number()) if left else ()
        for (line, amount), number in zip(left.items(), numbers, strict=False):
            made |= self._adopt(note, line, amount, number)
        (self | made)._update_amounts_in_company(note)
        if note.state != 'posted':
            (self - made).filtered(lambda payout: (
                payout.state in OPEN and not payout._is_in_flight() and payout.state != 'unknown'))._do_cancel()
        self._cut_to(note._returns_get_unpaid())
        return made

    def _find_match(self, amounts):
        """:return: which of these journal items is this pay-out's payment"""
        self.ensure_one()
        Line = self.env['account.move.line']
        found = [line for line in amounts if line == self.matched_line_id or line.payment_id and (
            line.payment_id == self.payment_id)]
        if not found and self.payment_id.state in ('in_process', 'paid') and not self.payment_id.move_id:
            # a payment without an entry of its own is met by the bank statement
            found = [line for line, amount in amounts.items() if line.statement_line_id and not (
                self.currency_id.compare_amounts(amount, self.amount))]
        return found[0] if found else Line

    def _follow_match(self, line, amount):
        """:param line: the journal item that pays this, or none
        :param amount: how much of it
        """
        self.ensure_one()
        if line:
            vals = {'state': 'done', 'amount': amount, 'matched_line_id': line.id, 'date_paid': line.date,
                    'failure': False}
        else:
            state, failure = self._get_unmatched_state()
            vals = {'state': state, 'failure': failure}
        changed = {name: value for name, value in vals.items() if (
            self[name].id if name == 'matched_line_id' else self[name]) != value}
        if changed:
            self.write(changed)

    def _get_unmatched_state(self):
        """:return: (state, why it failed) of a pay-out that no payment meets in the books"""
        self.ensure_one()
        payment = self.payment_id
        if payment.state in ('canceled', 'rejected') and self.state != 'cancelled':
            return 'failed', self.env._("The payment %s was cancelled or came back.", payment.name or payment.memo)
        if payment.state == 'draft' and self.state in ('sent', 'done', 'failed'):
            return 'sent', False
        if self.state == 'done' and payment.state in ('in_process', 'paid') and not payment.move_id:
            return 'sent', False  # the bank was told; somebody undid what its statement met
        if self.state == 'done':
            return 'failed', self.env._("The payment no longer meets the credit note in the books.")
        if self.state == 'sent' and self.method in ('bank', 'cash') and not payment:
            return 'cancelled', False
        return self.state, self.failure

    @api.model
    def _adopt(self, note, line, amount, number):
        """A payment was registered in Accounting: it counts like one of ours."""
        way = line._returns_get_way()
        return self.create({
            'request_ids': [Command.set(note.returns_request_ids.ids)], 'refund_id': note.id,
            'company_id': note.company_id.id, 'partner_id': note.commercial_partner_id.id,
            'currency_id': note.currency_id.id, 'amount': amount, 'amount_company': note._returns_to_company(amount),
            'key': f'{note.id}/{number}', 'method': way, 'journal_id': line.journal_id.id, 'is_by_hand': True,
            'payment_id': line.payment_id.id, 'matched_line_id': line.id, 'date_paid': line.date, 'state': 'done',
            'partner_bank_id': line.payment_id.partner_bank_id.id if (
                line.payment_id.partner_bank_id.partner_id.commercial_partner_id == note.commercial_partner_id) else False,
            'reference': line.payment_id.memo or line.move_id.ref or line.name,
        })

    def _get_next_number(self):
        """:return: the number of the next amount of the credit note that all of these, cancelled ones too, are of"""
        return max((int(key.rpartition('/')[2]) for key in self.mapped('key')), default=0) + 1

    def _update_amounts_in_company(self, note):
        """What was paid of ``note``, in the company's currency, adds up to what it credited, however it was cut."""
        before = 0.0
        for payout in self.filtered(lambda payout: payout.state == 'done').sorted('id'):
            amount = note.company_currency_id.round(
                note._returns_to_company(before + payout.amount) - note._returns_to_company(before))
            if note.company_currency_id.compare_amounts(payout.amount_company, amount):
                payout.amount_company = amount
            before += payout.amount

    @api.model
    def _meet_again(self, notes):
        """Money that went already, and meets nothing since it was taken off its credit note or that was cancelled, pays
        these before more is paid. Callers hold the locks.

        :raise UserError: money for a note that was cancelled is on its way, and has not arrived in the books
        """
        of_requests = self.search([
            ('request_ids', 'in', notes.returns_request_ids.ids), ('state', 'in', ('sent', 'unknown', 'failed'))])
        left = of_requests.filtered(lambda payout: payout.state != 'failed' and payout.refund_id.state != 'posted')
        loose = left | of_requests.filtered(lambda payout: payout.state == 'failed' and payout.matched_line_id)
        for payout in loose.sorted('id'):
            item = payout.matched_line_id or payout.payment_id.move_id.line_ids.filtered(
                lambda line, payout=payout: line.account_id == payout.payment_id.destination_account_id)[:1]
            fitting = notes.filtered(lambda note, payout=payout: (
                note.returns_request_ids & payout.request_ids and note.currency_id == payout.currency_id
                and note.commercial_partner_id == payout.partner_id and note._returns_get_unpaid() > 0))
            note = (fitting & payout.refund_id or fitting)[:1]
            owed = note.line_ids.filtered(lambda line, item=item: line.account_id == item.account_id and not line.reconciled)
            if not owed or item.reconciled or item.parent_state != 'posted':
                continue
            if note != payout.refund_id:
                payout.write({
                    'refund_id': note.id, 'request_ids': [Command.set(note.returns_request_ids.ids)],
                    'key': f"{note.id}/{self.search([('refund_id', '=', note.id)])._get_next_number()}"})
            (item | owed).reconcile()
        for payout in left.filtered(lambda payout: payout.state != 'done' and (
                payout.refund_id.state != 'posted' and (payout.state == 'unknown' or payout._is_in_flight()))):
            raise UserError(self.env._(
                "%(payout)s is on its way, though its credit note was cancelled. Wait until it is in the books, or find out "
                "that it was not paid, before you pay anew.", payout=payout.display_name))

    def _cut_to(self, unpaid):
        """What is proposed or prepared, and paid another way meanwhile, is not paid again: the youngest gives way."""
        live = self.filtered(lambda payout: payout.state in OPEN)
        over = sum(live.mapped('amount')) - unpaid
        for payout in live.sorted(lambda payout: (payout.state == 'proposed', payout.id), reverse=True):
            currency = payout.currency_id
            if currency.compare_amounts(over, 0.0) <= 0:
                break
            if payout.state == 'unknown' or payout._is_in_flight():
                continue
            amount = payout.amount
            rest = currency.round(amount - over)
            if payout.state == 'proposed' and currency.compare_amounts(rest, 0.0) > 0:
                payout.write({'amount': rest, 'amount_company': payout.refund_id._returns_to_company(rest)})
            else:
                payout._do_cancel()
            over -= amount

    def _note_bounced(self):
        """What the customer was told to have has not come: a task for who pays."""
        bounced = self.filtered(lambda payout: payout.state == 'failed')
        requests = bounced.request_ids
        if not requests:
            return
        owners = requests._find_stage_owners('payout')
        requests.mapped('display_name')
        notes = defaultdict(list)
        for payout in bounced:
            for request in payout.request_ids:
                notes[request].append(f"{payout.display_name}: {payout.failure}")
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': request.id,
            'activity_type_id': self.env.ref('returns_management.mail_activity_type_payout').id,
            'user_id': owners[request].id, 'automated': True, 'note': "\n".join(notes[request]),
            'summary': self.env._("A pay-out came back: pay out anew"),
            'date_deadline': fields.Date.context_today(request),
        } for request in requests if owners[request]])
        requests._message_log_batch(bodies={request.id: "\n".join(notes[request]) for request in requests})

    def _reconcile_payments(self):
        """Posted payments of these pay-outs meet their credit notes."""
        for payout in self:
            account = payout.payment_id.destination_account_id
            (payout.payment_id.move_id.line_ids + payout.refund_id.line_ids).filtered_domain([
                ('parent_state', '=', 'posted'), ('reconciled', '=', False), ('account_id', '=', account.id),
            ]).reconcile()


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        partials._returns_follow(partials._returns_get_notes())
        return partials

    def unlink(self):
        notes = self._returns_get_notes()
        res = super().unlink()
        self._returns_follow(notes.exists())
        return res

    def _returns_get_notes(self):
        """:return: the credit notes of returns among what is reconciled here, and those of invoices among it: money of a
            customer that does not meet the invoice any more is not given back
        """
        notes = self.credit_move_id.move_id.filtered(lambda move: move.move_type == 'out_refund')
        notes |= self.debit_move_id.move_id.filtered(lambda move: (
            move.move_type == 'out_invoice')).reversal_move_ids.filtered(lambda move: move.move_type == 'out_refund')
        return notes.filtered(lambda note: note.line_ids.returns_line_id)

    @api.model
    def _returns_follow(self, notes):
        if notes:
            as_flow(self.env['returns.payout'])._follow(as_flow(notes))


class AccountPayment(models.Model):
    _inherit = 'account.payment'

    def write(self, vals):
        if vals.get('state') in ('in_process', 'paid'):
            self.filtered(lambda payment: payment.state == 'draft')._returns_check_payouts()
        res = super().write(vals)
        if 'state' in vals:
            self._returns_follow()
        return res

    def _returns_check_payouts(self):
        """:raise UserError: one of these payments gives more than its pay-out, or not the way and to the account that it
            was checked for; both may have been edited since
        """
        for payout in self._returns_get_payouts().filtered(lambda payout: not payout.is_by_hand):
            payment = payout.payment_id
            names = {'payment': payment.name or payment.memo, 'payout': payout.display_name}
            number = payment.partner_bank_id.sanitized_acc_number
            if payout.method == 'bank' and number != payout.payee_account:
                raise UserError(self.env._(
                    "%(payment)s goes to %(number)s, but %(payout)s was made for %(account)s. Set the account back, or "
                    "cancel the pay-out and pay out anew.", **names, number=number or "-", account=payout.payee_account))
            if payout.method in ('bank', 'cash') and (payment.journal_id.type == 'cash') != (payout.method == 'cash'):
                raise UserError(self.env._(
                    "%(payment)s is paid from %(journal)s, which is not the way of %(payout)s. Choose another journal, or "
                    "cancel the pay-out and pay out anew.", **names, journal=payment.journal_id.name))
            if (payment.currency_id != payout.currency_id or payment.payment_type != 'outbound'
                    or payment.partner_id.commercial_partner_id != payout.partner_id
                    or not payout.matched_line_id  # paid before, it may have met a part of the note only
                    and payout.currency_id.compare_amounts(payment.amount, payout.amount) > 0):
                raise UserError(self.env._(
                    "%(payment)s gives %(amount)s to %(partner)s, which is more or something else than %(payout)s for "
                    "%(customer)s. Set it back, or cancel the pay-out and pay out anew.", **names,
                    amount=payment.currency_id.format(payment.amount), partner=payment.partner_id.display_name,
                    customer=payout.partner_id.display_name))

    def unlink(self):
        payouts = self._returns_get_payouts()
        res = super().unlink()
        if payouts:
            payouts._follow(payouts.refund_id)
        return res

    def _returns_get_payouts(self):
        return as_flow(self.env['returns.payout']).search([
            ('payment_id', 'in', self.ids), ('state', '!=', 'cancelled')])

    def _returns_follow(self):
        """Pay-outs follow their payments: posted, they meet their credit notes; cancelled, they have failed."""
        payouts = self._returns_get_payouts()
        if payouts:
            payouts.filtered(lambda payout: (
                payout.payment_id.state in ('in_process', 'paid') and payout.state in ('sent', 'unknown')
            ))._reconcile_payments()
            payouts._follow(payouts.refund_id)
