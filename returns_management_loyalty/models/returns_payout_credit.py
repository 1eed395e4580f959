# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command


class ReturnsPayout(models.Model):
    """Store credit is booked, put on the card, and taken back."""
    _inherit = 'returns.payout'

    # ------------------------------------------------------------------
    # Giving
    # ------------------------------------------------------------------

    def _carry_out(self, post=False):
        super()._carry_out(post=post)
        if post:
            self.filtered(lambda payout: (
                payout.state == 'sent' and payout.company_id.returns_payout_posting == 'posted'
            ))._get_draft_entries().action_post()

    def _get_draft_entries(self):
        return self.credit_move_id.filtered(lambda move: move.state == 'draft')

    def _pay_store_credit(self):
        """A draft entry; posted, it puts the amount and the bonus on the card."""
        for payout in self:
            currency = payout.currency_id
            bonus = currency.round(payout.amount * payout.company_id.returns_credit_bonus / 100)
            payout.write({
                'bonus': bonus, 'points': currency.round(payout.amount + bonus),
                'credit_program_id': payout.company_id.returns_credit_program_id.id})
        entries = self.env['account.move'].create([payout._prepare_credit_move_vals() for payout in self])
        for payout, entry in zip(self, entries, strict=True):
            payout.credit_move_id = entry

    def _prepare_credit_move_vals(self):
        """Values of the entry: customer's account and bonus to liability, in the note's currency and at its rate."""
        self.ensure_one()
        note, company = self.refund_id, self.company_id
        receivable = note.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        amount_company = self.amount_company
        if not self.currency_id.compare_amounts(-sum(receivable.mapped('amount_residual_currency')), self.amount):
            amount_company = -sum(receivable.mapped('amount_residual'))
        bonus_company = note._returns_to_company(self.bonus)
        name = self.env._("Store credit for %s", note.name)
        bonus_name = self.env._("Bonus on store credit for %s", note.name)
        rows = [
            (receivable[:1].account_id, name, self.amount, amount_company),
            (company.returns_credit_account_id, name, -self.amount, -amount_company),
        ]
        if self.bonus:
            rows += [
                (company.returns_credit_bonus_account_id, bonus_name, self.bonus, bonus_company),
                (company.returns_credit_account_id, bonus_name, -self.bonus, -bonus_company),
            ]
        return {
            'move_type': 'entry', 'company_id': company.id, 'journal_id': company._get_returns_credit_journal().id,
            'date': fields.Date.context_today(self), 'currency_id': self.currency_id.id,
            'ref': " ".join((name, *self.request_ids.mapped('name'))),
            'line_ids': [Command.create({
                'account_id': account.id, 'name': label, 'partner_id': self.partner_id.id,
                'currency_id': self.currency_id.id, 'amount_currency': amount, 'balance': balance,
            }) for account, label, amount, balance in rows],
        }

    def _make_payments(self):
        """Store credit needs no payment."""
        super(ReturnsPayout, self.filtered(lambda payout: payout.method != 'store_credit'))._make_payments()

    def _do_confirm_paid(self):
        super()._do_confirm_paid()
        for payout in self.filtered(lambda payout: payout.method == 'store_credit'):
            payout._get_draft_entries().date = payout.date_paid
        self._get_draft_entries().action_post()

    # ------------------------------------------------------------------
    # The entry
    # ------------------------------------------------------------------

    def _check_entries(self):
        """Before the entries of these are posted.

        :raise UserError: an entry says something else than its pay-out, or more than is still to be paid
        """
        if not self:
            return
        self._lock_all()
        for payout in self:
            entry, note, currency = payout.credit_move_id, payout.refund_id, payout.currency_id
            names = {'entry': entry.ref, 'note': note.name, 'credit': payout._format_credit(),
                     'amount': currency.format(payout.amount)}
            if payout.state == 'cancelled':
                raise UserError(self.env._(
                    "The pay-out that %(entry)s books was cancelled. Press Pay Out on the return again.", **names))
            customer = entry.line_ids.filtered(lambda line: line.account_id.account_type == 'asset_receivable')
            owed = entry.line_ids.filtered(lambda line: line.account_id.internal_group == 'liability')
            if (currency.compare_amounts(sum(customer.mapped('amount_currency')), payout.amount)
                    or currency.compare_amounts(-sum(owed.mapped('amount_currency')), payout.points)):
                raise UserError(self.env._(
                    "%(entry)s has to book %(amount)s of %(note)s as store credit, %(credit)s. Its lines were changed: "
                    "cancel the pay-out, and pay out anew.", **names))
            if not customer.matched_credit_ids and currency.compare_amounts(payout.amount, note._returns_get_unpaid()) > 0:
                raise UserError(self.env._(
                    "Only %(left)s of %(note)s are still to be paid, not %(amount)s. Cancel the pay-out, and pay out anew.",
                    left=currency.format(note._returns_get_unpaid()), **names))

    def _reconcile_entries(self):
        """Posted entries meet their credit notes; the cards follow."""
        for payout in self:
            lines = payout.credit_move_id.line_ids | payout.refund_id.line_ids
            lines.filtered(lambda line: (
                line.account_id.account_type == 'asset_receivable' and line.parent_state == 'posted' and not line.reconciled
            )).reconcile()
        self._follow(self.refund_id)

    # ------------------------------------------------------------------
    # Following
    # ------------------------------------------------------------------

    def _find_match(self, amounts):
        if self.method == 'store_credit':
            return next((line for line in amounts if line.move_id == self.credit_move_id), self.env['account.move.line'])
        return super()._find_match(amounts)

    def _follow_match(self, line, amount):
        super()._follow_match(line, amount)
        if self.method == 'store_credit':
            given = sum(row.issued - row.used for row in self.card_history_ids)
            self._move_points((self.points if self.state == 'done' else 0.0) - given)

    def _get_unmatched_state(self):
        if self.method != 'store_credit':
            return super()._get_unmatched_state()
        entry = self.credit_move_id
        if entry.state == 'cancel' and self.state in ('sent', 'done', 'failed'):
            return 'failed', self.env._("The entry %s was cancelled.", entry.name or entry.ref)
        if entry.state == 'draft' and self.state in ('sent', 'done', 'failed'):
            return 'sent', False
        if not entry and self.state == 'sent':
            return 'cancelled', False
        return self.state, self.failure

    def _is_in_flight(self):
        return super()._is_in_flight() or self.credit_move_id.state == 'posted'

    # ------------------------------------------------------------------
    # The card
    # ------------------------------------------------------------------

    def _move_points(self, change):
        """Put points on the card, or (negative) take them back.

        :raise UserError: some of them were spent
        """
        self.ensure_one()
        change = self.currency_id.round(change)
        if not change:
            return
        if not self.card_id:
            self.card_id = self._find_card()
        card = self.card_id.with_context(loyalty_no_mail=True)
        if change < 0 and self.currency_id.compare_amounts(card.points, -change) < 0:
            raise UserError(self.env._(
                "%(payout)s put %(given)s on %(card)s, of which only %(left)s are left: %(spent)s were spent. What was spent "
                "cannot be taken back: cancel the order that it was spent on first.", payout=self.display_name,
                given=self.currency_id.format(-change), card=card.display_name, left=self.currency_id.format(card.points),
                spent=self.currency_id.format(-change - card.points)))
        request = self.request_ids[:1]
        self.env['loyalty.history'].create({
            'card_id': card.id, 'order_model': 'returns.request', 'order_id': request.id, 'returns_payout_id': self.id,
            'issued': max(change, 0.0), 'used': max(-change, 0.0),
            'description': self.env._("Store credit for %s", request.name) if change > 0 else self.env._(
                "Store credit for %s taken back", request.name)})
        card.points = self.currency_id.round(card.points + change)

    def _find_card(self):
        """:return: the eWallet that orders of the customer find by themselves, or a new card"""
        self.ensure_one()
        program, holder = self.credit_program_id, self._get_card_holder()
        Card = self.env['loyalty.card'].with_context(loyalty_no_mail=True)
        vals = {'program_id': program.id, 'points': 0.0}
        if program.program_type == 'gift_card':
            return Card.create(vals)  # whoever has the code spends it
        return Card.search([
            ('program_id', '=', program.id), ('partner_id', '=', holder.id),
            '|', ('expiration_date', '=', False), ('expiration_date', '>=', fields.Date.context_today(self)),
        ], order='id', limit=1) or Card.create({**vals, 'partner_id': holder.id})

    def _get_card_holder(self):
        """:return: who has the eWallet: who ordered what came back, as Odoo looks for it by that; of a gift, who got it"""
        self.ensure_one()
        requests = self.request_ids
        buyers = requests.line_ids.sale_line_id.order_id.partner_id
        return buyers if len(buyers) == 1 and not any(requests.mapped('is_gift')) else requests[:1].partner_id

    # ------------------------------------------------------------------
    # Taking back
    # ------------------------------------------------------------------

    def _may_take_back(self):
        return super()._may_take_back() or self.method == 'store_credit' and self.state == 'done'

    def _do_cancel(self):
        given = self.filtered(lambda payout: payout._may_take_back())
        for payout in given:
            payout._move_points(-payout.points)
        if given:
            given.write({'state': 'cancelled'})
        live = self.filtered(lambda payout: payout.state in ('proposed', 'sent', 'failed'))
        super()._do_cancel()
        entries = (given | live).credit_move_id.filtered(lambda move: move.state in ('draft', 'posted'))
        if entries:
            entries.button_cancel()
        if given:
            lines = given.request_ids.line_ids
            lines._update_paid()
            lines._advance()
