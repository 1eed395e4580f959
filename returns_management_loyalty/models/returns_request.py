# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _do_pay_out(self, post=False):
        if not self._get_notes_to_pay() and not self.payout_ids:
            self._explain_store_credit()
        return super()._do_pay_out(post=post)

    def _explain_store_credit(self):
        """:raise UserError: a credit note stays open because the programme counts in another currency"""
        for note in self.refund_ids:
            program = note.company_id.returns_credit_program_id
            if program and note._returns_get_unpaid() > 0 and note._returns_is_left_open():
                raise UserError(self.env._(
                    "%(note)s over %(amount)s cannot become store credit on %(program)s, which counts in %(currency)s. It "
                    "stays open on the customer's account, to be set off against an invoice in %(own)s.", note=note.name,
                    amount=note.currency_id.format(note._returns_get_unpaid()), program=program.name,
                    currency=program.currency_id.name, own=note.currency_id.name))

    def _describe_payout(self, payout, day):
        if payout.method != 'store_credit':
            return super()._describe_payout(payout, day)
        if payout.card_id.program_type == 'gift_card':
            return self.env._("Gift card %(code)s of %(day)s", code=payout.card_id.code, day=day)
        return self.env._("Put on your eWallet %(code)s on %(day)s", code=payout.card_id.code, day=day)

    def _prepare_customer_payouts(self):
        """Store credit is there at once: nobody has to confirm that it came."""
        rows = super()._prepare_customer_payouts()
        for row, payout in zip(rows, self._get_shown_payouts(), strict=True):
            row['credit'] = payout.method == 'store_credit'
            if row['credit']:
                row.update(
                    amount=payout.currency_id.format(payout.points), may_confirm=False,
                    bonus=payout.currency_id.format(payout.bonus) if payout.bonus else '')
        return rows
