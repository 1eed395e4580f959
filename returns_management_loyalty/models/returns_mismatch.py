# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.tools import SQL


class ReturnsMismatch(models.Model):
    _inherit = 'returns.mismatch'

    kind = fields.Selection(
        selection_add=[('store_credit', "Store credit and card")], ondelete={'store_credit': 'cascade'})

    @api.model
    def _get_ledger_checks(self):
        return {**super()._get_ledger_checks(), 'store_credit': 'returns.payout'}

    @api.model
    def _get_records_to_check(self, requests):
        return {**super()._get_records_to_check(requests), 'returns.payout': requests.payout_ids}

    @api.model
    def _find_store_credit(self, ids):
        """What posted entries of store credit say is owed was put on cards, and nothing else."""
        rows = self.env.execute_query(SQL(
            """
            SELECT payout.id, COALESCE(owed.amount, 0), COALESCE(given.points, 0)
              FROM returns_payout payout
              LEFT JOIN LATERAL (
                   SELECT -SUM(line.amount_currency) AS amount FROM account_move_line line
                    WHERE line.move_id = payout.credit_move_id AND line.parent_state = 'posted'
                      AND line.amount_currency < 0) owed ON TRUE
              LEFT JOIN LATERAL (
                   SELECT SUM(history.issued - history.used) AS points FROM loyalty_history history
                    WHERE history.returns_payout_id = payout.id) given ON TRUE
             WHERE payout.id = ANY(%s) AND ABS(COALESCE(owed.amount, 0) - COALESCE(given.points, 0)) > 0.0001
             ORDER BY payout.id
            """, list(ids)))
        result = []
        for payout_id, *numbers in rows:
            payout, (expected, found) = self.env['returns.payout'].browse(payout_id), map(float, numbers)
            result.append({
                'anchor': payout_id, 'company_id': payout.company_id.id, 'request_id': payout.request_ids[:1].id,
                'move_id': payout.credit_move_id.id, 'expected': expected, 'found': found,
                'cause': self.env._(
                    "%(found)s of store credit for %(note)s are on the card %(card)s, but %(entry)s books %(expected)s. The "
                    "card's history or the entry was changed past the pay-out's own steps.",
                    found=payout.currency_id.format(found), expected=payout.currency_id.format(expected),
                    note=payout.refund_id.name or "–", card=payout.card_id.code or "–",
                    entry=payout.credit_move_id.name or self.env._("no entry")),
            })
        return result
