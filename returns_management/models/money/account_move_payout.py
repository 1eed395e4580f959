# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models

from ..returns_guard import as_flow


class AccountMove(models.Model):
    """What a credit note of a return has left to be paid, and by which payments its goods were paid."""
    _inherit = 'account.move'

    def write(self, vals):
        known = self.filtered('posted_before') if 'state' in vals else self.browse()
        res = super().write(vals)
        notes = self.browse()
        if 'state' in vals:
            # one that is posted again is paid as it was before
            notes = self.filtered(lambda move: move.move_type == 'out_refund' and (
                move.state != 'posted' or move in known))
            notes = notes.filtered(lambda note: note.line_ids.returns_line_id)
            # a payment reset to draft stays reconciled, and pays nothing
            money = self.filtered(lambda move: move.move_type == 'entry' and move.journal_id.type in (
                'bank', 'cash', 'credit'))
            notes |= (money.line_ids.matched_credit_ids | money.line_ids.matched_debit_ids)._returns_get_notes()
        if 'matched_payment_ids' in vals:  # payments that have no entry of their own
            notes |= self.filtered(lambda move: move.move_type == 'out_refund' and move.line_ids.returns_line_id)
        if notes:
            as_flow(self.env['returns.payout'])._follow(as_flow(notes))
        return res

    def unlink(self):
        notes = self.filtered(lambda move: move.move_type == 'out_refund')
        if notes:
            as_flow(self.env['returns.payout']).search([
                ('refund_id', 'in', notes.ids), ('state', 'in', ('proposed', 'sent'))]).filtered(
                    lambda payout: not payout._is_in_flight())._do_cancel()
        return super().unlink()

    def _returns_is_credit_wished(self):
        """Whether the customer gets store credit: as they chose, or because it was a gift."""
        self.ensure_one()
        lines = self.line_ids.returns_line_id
        return 'store_credit' in lines.mapped('resolution') or any(lines.request_id.mapped('is_gift'))

    def _returns_is_left_open(self):
        """Whether the credit note stays open on the customer's account: what store credit is, unless bridges know better."""
        return self._returns_is_credit_wished()

    def _returns_get_wished_way(self):
        """:return: the way of paying out that the customer gets whatever they paid by, or False: as they paid"""
        self.ensure_one()
        return False

    def _returns_get_unpaid(self):
        """:return: what remains to be paid of this credit note, in its currency: nothing while it is a draft, nor what
            waits for the invoice of an exchange, nor what the customer did not pay for the goods
        """
        self.ensure_one()
        if self.state != 'posted':
            return 0.0
        unpaid = self.amount_residual + sum(
            partial.credit_amount_currency for partial in self.line_ids.matched_debit_ids
            if partial.debit_move_id.parent_state != 'posted')
        return max(0.0, self.currency_id.round(
            unpaid - self._returns_get_kept_for_exchange() - self._returns_get_owed() - self._returns_get_paid_unbooked()))

    def _returns_get_owed(self):
        """:return: what is open of the invoice that this reverses, or met by documents that are drafts again: a payment
            that bounced. It is set off first.
        """
        self.ensure_one()
        invoice = self.reversed_entry_id
        if (invoice.state != 'posted' or invoice.currency_id != self.currency_id
                or invoice.commercial_partner_id != self.commercial_partner_id):
            return 0.0
        return max(invoice.amount_residual, 0.0) + sum(
            partial.debit_amount_currency for partial in invoice.line_ids.matched_credit_ids
            if partial.credit_move_id.parent_state != 'posted' and partial.credit_move_id.move_id != self)

    def _returns_get_paid_unbooked(self):
        """:return: what payments without an entry of their own pay of this note, registered in Accounting: the bank
            statement will meet it
        """
        self.ensure_one()
        payments = self.matched_payment_ids.filtered(lambda payment: (
            payment.state == 'in_process' and not payment.move_id and payment.payment_type == 'outbound'))
        if payments:
            payments -= as_flow(self.env['returns.payout']).search([
                ('refund_id', '=', self.id), ('state', '!=', 'cancelled')]).payment_id
        return sum(payment.currency_id._convert(payment.amount, self.currency_id, self.company_id, payment.date)
                   for payment in payments)

    def _returns_set_off_invoices(self):
        """These notes meet the invoices that they reverse, where these are open: the customer's payment came back."""
        notes = self.filtered(lambda note: (
            note.state == 'posted' and note.amount_residual > 0 and note.reversed_entry_id.state == 'posted'
            and note.reversed_entry_id.amount_residual > 0 and not note._returns_is_left_open()))
        if notes:
            notes._reconcile_reversed_moves(notes, False)

    def _returns_to_company(self, amount):
        """:return: ``amount`` of this note in the company's currency: the whole of it is what the note booked"""
        self.ensure_one()
        whole = self.amount_total
        return self.company_currency_id.round(amount * abs(self.amount_total_signed) / whole if whole else 0.0)

    def _returns_get_payments(self):
        """:return: {journal item: how much of this credit note it pays, in the note's currency}

        What is set off against an invoice, or booked elsewhere by a plain entry, is no payment.
        """
        self.ensure_one()
        amounts = {}
        for partial in self.line_ids.matched_debit_ids.sorted('id'):
            line = partial.debit_move_id
            if partial.credit_amount_currency > 0 and line._returns_is_money() and line.parent_state == 'posted':
                amounts[line] = amounts.get(line, 0.0) + partial.credit_amount_currency
        return {line: amount for line, amount in amounts.items() if self.currency_id.compare_amounts(amount, 0.0) > 0}

    def _returns_get_sources(self):
        """:return: [(journal item of a customer's payment, how much of the invoice came in by it)], those of the down
            payments that the invoice deducts along with its own
        """
        self.ensure_one()
        invoice = self.reversed_entry_id
        deducted = invoice.invoice_line_ids.filtered('is_downpayment').sale_line_ids.invoice_lines.move_id.filtered(
            lambda move: move.move_type == 'out_invoice' and move.state == 'posted' and (
                move.currency_id == invoice.currency_id))
        sources = {}
        for partial in (invoice | deducted).line_ids.matched_credit_ids:
            line = partial.credit_move_id
            if line._returns_is_money() and line.parent_state == 'posted':
                sources[line] = sources.get(line, 0.0) + partial.debit_amount_currency * line._returns_get_part_paid()
        return list(sources.items())


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _returns_is_money(self):
        """Whether this item, reconciled with an invoice or credit note, is money that came or went."""
        self.ensure_one()
        return self.move_id.move_type == 'entry' and bool(
            self.payment_id or self.statement_line_id or self.move_id.statement_line_id
            or self.journal_id.type in ('bank', 'cash', 'credit'))

    def _returns_get_way(self):
        """:return: how the money of this item came or went: 'online', 'bank' or 'cash'"""
        self.ensure_one()
        if self.payment_id.payment_transaction_id:
            return 'online'
        return 'cash' if self.journal_id.type == 'cash' else 'bank'

    def _returns_get_way_back(self, _amount, _currency):
        """:return: how the money of this item goes back: as it came, or by hand where no program can do that"""
        self.ensure_one()
        way = self._returns_get_way()
        return 'manual' if way == 'online' else way

    def _returns_get_settled(self):
        """:return: how much of invoices this payment settles, in its own currency"""
        self.ensure_one()
        return abs(sum(self.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == self.account_id.account_type).mapped('amount_currency')))

    def _returns_get_let_off(self):
        """:return: the lines by which this payment of a customer settles more than came in: the discount for paying early,
            with its taxes, or what was written off
        """
        self.ensure_one()
        if not self._returns_is_money() or self.parent_state != 'posted':
            return self.browse()
        company = self.company_id
        lines = self.move_id.line_ids.filtered(lambda line: line.account_id not in (
            company.expense_currency_exchange_account_id | company.income_currency_exchange_account_id))
        if self.payment_id:
            if self.currency_id.compare_amounts(self._returns_get_settled(), self.payment_id.amount) <= 0:
                return self.browse()
            return lines & self.payment_id._seek_for_lines()[2]
        # fees of the bank are ours: the customer paid them
        discounts = lines.filtered(lambda line: line.account_id == company.account_journal_early_pay_discount_loss_account_id)
        return discounts | lines.filtered(lambda line: line.tax_line_id) if discounts else discounts

    def _returns_get_part_paid(self):
        """:return: the part of what this payment settles that came in"""
        self.ensure_one()
        settled = self._returns_get_settled()
        let_off = sum(self._returns_get_let_off().mapped('amount_currency'))
        return 1.0 - let_off / settled if settled else 1.0
