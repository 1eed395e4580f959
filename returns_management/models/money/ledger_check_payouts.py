# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from .returns_payout import OPEN


class ReturnsMismatch(models.Model):
    """What the ledger check compares of the money that was given back."""
    _inherit = 'returns.mismatch'

    kind = fields.Selection(
        selection_add=[('payout', "Pay-out and payment"), ('paid', "Paid out")],
        ondelete={'payout': 'cascade', 'paid': 'cascade'})

    @api.model
    def _get_ledger_checks(self):
        return {**super()._get_ledger_checks(), 'payout': 'returns.payout', 'paid': 'returns.request'}

    @api.model
    def _get_records_to_check(self, requests):
        return {**super()._get_records_to_check(requests), 'returns.payout': requests.payout_ids}

    @api.model
    def _find_payout(self, ids):
        """A pay-out that is done was paid by the entry it names, as much as it says; and no more is promised of a credit
        note than it leaves open.
        """
        here = self.env['returns.payout'].browse(ids).exists()
        payouts = here.search([('refund_id', 'in', here.refund_id.ids), ('state', '!=', 'cancelled')])
        result = []
        for note, of_note in payouts.sorted('id').grouped('refund_id').items():
            payments = note._returns_get_payments()
            for payout in of_note & here:
                expected = payments.get(payout.matched_line_id, 0.0)
                found = payout.amount if payout.state == 'done' else 0.0
                if note.currency_id.compare_amounts(expected, found):
                    result.append(payout._describe_mismatch(expected, found, self.env._(
                        "%(payout)s says that %(found)s of %(note)s were paid, but its payment gave %(expected)s. The "
                        "pay-out or the payment was changed past its own steps.", **payout._name_amounts(expected, found))))
            promised = sum(of_note.filtered(lambda payout: payout.state in OPEN).mapped('amount'))
            unpaid = note._returns_get_unpaid()
            if of_note[0] in here and note.currency_id.compare_amounts(promised, unpaid) > 0:
                result.append({**of_note[0]._describe_mismatch(unpaid, promised, self.env._(
                    "Pay-outs of %(note)s promise %(found)s, but it leaves %(expected)s open. Cancel what is too much.",
                    **of_note[0]._name_amounts(unpaid, promised))), 'part': 'promised'})
        return result

    @api.model
    def _find_paid(self, ids):
        """What payments gave back, shared among the lines that were credited; on the lines and on the return."""
        requests = self.env['returns.request'].browse(ids).exists()
        notes = requests.line_ids.settlement_ids.refund_id
        shares = requests.line_ids._share_paid({
            note: note._returns_to_company(sum(note._returns_get_payments().values()))
            for note in notes})
        result = []
        for request in requests.sorted('id'):
            lines = request.line_ids
            for record, expected in [
                    *((line, shares[line]) for line in lines), (request, sum(shares[line] for line in lines))]:
                if request.currency_id.compare_amounts(expected, record.amount_paid):
                    result.append({
                        'anchor': request.id, 'request_id': request.id, 'company_id': request.company_id.id,
                        'expected': expected, 'found': record.amount_paid,
                        **({'part': record.id, 'request_line_id': record.id} if record._name == lines._name else {}),
                        'cause': self.env._(
                            "%(record)s says that %(found)s were paid out, but payments of its credit notes gave "
                            "%(expected)s. A payment or the return was changed past its own steps.",
                            record=record.display_name, found=request.currency_id.format(record.amount_paid),
                            expected=request.currency_id.format(expected))})
        return result


class ReturnsPayout(models.Model):
    _inherit = 'returns.payout'

    def _describe_mismatch(self, expected, found, cause):
        """:return: values of a mismatch about this pay-out, for ``returns.mismatch``"""
        self.ensure_one()
        return {
            'anchor': self.id, 'company_id': self.company_id.id, 'request_id': self.request_ids[:1].id,
            'move_id': self.refund_id.id, 'expected': expected, 'found': found, 'cause': cause,
        }

    def _name_amounts(self, expected, found):
        self.ensure_one()
        return {'payout': self.display_name, 'note': self.refund_id.display_name,
                'expected': self.currency_id.format(expected), 'found': self.currency_id.format(found)}
