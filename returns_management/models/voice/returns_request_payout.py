# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date


class ReturnsRequest(models.Model):
    """What the customer reads of what was paid out, and says that it has come."""
    _inherit = 'returns.request'

    def _get_shown_payouts(self):
        """:return: what was paid out, oldest first"""
        self.ensure_one()
        return self.sudo().payout_ids.filtered(lambda payout: payout.state == 'done').sorted('id')

    def _prepare_customer_payouts(self):
        """:return: [{'id', 'text', 'amount', 'note', 'confirmed', 'may_confirm'}], in words"""
        self.ensure_one()
        return [{
            'id': payout.id,
            'text': self._describe_payout(payout, format_date(self.env, payout.date_paid, date_format='medium')),
            'amount': payout.currency_id.format(payout.amount),
            'note': '' if self.is_gift else payout.refund_id.name or '',
            'confirmed': self._show_date(payout.date_paid_confirmed),
            'may_confirm': not payout.date_paid_confirmed,
        } for payout in self._get_shown_payouts()]

    def _describe_payout(self, payout, day):
        """:return: how and on which ``day`` the customer was paid, in words; bridges know more ways"""
        ways = {
            'online': self.env._("the way you paid online"), 'bank': self.env._("bank transfer"),
            'cash': self.env._("cash"), 'manual': self.env._("the way you paid")}
        return self.env._("Paid on %(day)s by %(way)s", way=ways[payout.method], day=day)

    def _is_payout_to_confirm(self):
        """Whether the customer is asked to say that money has come."""
        return any(row['may_confirm'] for row in self._prepare_customer_payouts())

    def _confirm_paid_by_customer(self, payout_id):
        """The customer says that the money has come. Callers have checked who says so.

        :raise UserError: there is no such payment
        """
        self.ensure_one()
        payout = self._get_shown_payouts().filtered(lambda payout: payout.id == payout_id)._as_flow()
        if not payout:
            raise UserError(self.env._("There is no such payment of this return. Look at the page again."))
        if not payout.date_paid_confirmed:
            payout.write({'date_paid_confirmed': fields.Datetime.now()})
            payout.request_ids._message_log_batch(bodies=dict.fromkeys(payout.request_ids.ids, self.env._(
                "The customer confirms that %s has come.", payout.currency_id.format(payout.amount))))
