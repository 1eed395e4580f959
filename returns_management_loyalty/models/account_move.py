# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.returns_management.models.returns_guard import as_flow


class AccountMove(models.Model):
    """Store credit is on the card while its journal entry is posted, whoever posts it or takes it back."""
    _inherit = 'account.move'

    returns_credit_payout_ids = fields.One2many(
        'returns.payout', 'credit_move_id', "Store Credit", readonly=True,
        groups='returns_management.group_returns_accountant')

    def _returns_get_credit_program(self):
        """:return: the programme that the store credit of this credit note goes on; none where it is kept in another
            currency
        """
        self.ensure_one()
        program = self.company_id.returns_credit_program_id
        return program if program.currency_id == self.currency_id else program.browse()

    def _returns_is_left_open(self):
        return super()._returns_is_left_open() and not self._returns_get_credit_program()

    def _returns_get_wished_way(self):
        if self._returns_is_credit_wished() and self._returns_get_credit_program():
            return 'store_credit'
        return super()._returns_get_wished_way()

    def _post(self, soft=True):
        payouts = self._returns_get_credits()
        payouts._check_entries()
        posted = super()._post(soft=soft)
        if payouts:
            payouts.filtered(lambda payout: payout.credit_move_id in posted)._reconcile_entries()
        return posted

    def write(self, vals):
        res = super().write(vals)
        if vals.get('state') in ('draft', 'cancel'):
            payouts = self._returns_get_credits().filtered(lambda payout: payout.state != 'cancelled')
            if payouts:
                payouts._follow(payouts.refund_id)
        return res

    def unlink(self):
        notes = self._returns_get_credits().filtered(lambda payout: payout.state != 'cancelled').refund_id
        res = super().unlink()
        if notes:
            as_flow(self.env['returns.payout'])._follow(notes.exists())
        return res

    def _returns_get_credits(self):
        """:return: the pay-outs that these journal entries book as store credit"""
        entries = self.filtered(lambda move: move.move_type == 'entry')
        return as_flow(entries).returns_credit_payout_ids


class AccountPartialReconcile(models.Model):
    _inherit = 'account.partial.reconcile'

    @api.ondelete(at_uninstall=False)
    def _unlink_except_store_credit(self):
        """
        :raise UserError: it would leave the customer the store credit and open the credit note again
        """
        given = self.debit_move_id.move_id.filtered(lambda move: move.state == 'posted')._returns_get_credits().filtered(
            lambda payout: payout.state == 'done')
        if given:
            raise UserError(self.env._(
                "%(note)s is settled by store credit, %(payout)s, which the customer has. First press Take Back on "
                "the pay-out, or cancel the entry %(entry)s.", note=given[0].refund_id.name,
                payout=given[0]._format_credit(), entry=given[0].credit_move_id.name))
