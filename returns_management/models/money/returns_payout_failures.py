# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import UserError

from ..returns_guard import as_flow


class ReturnsPayout(models.Model):
    """Pay-outs that failed, or whose answer is not known, stand in the list of failed follow-ups.

    What failed is paid by another pay-out, so an entry is about what goes back from one credit note to one payment: it
    follows the last pay-out of that, and is over when the money went, or when nothing of the note is to be paid any more.
    """
    _inherit = 'returns.payout'

    @api.model_create_multi
    def create(self, vals_list):
        payouts = super().create(vals_list)
        payouts._follow_failures()
        return payouts

    def write(self, vals):
        if not {'state', 'failure', 'amount'}.intersection(vals):
            return super().write(vals)
        before = self.filtered(lambda payout: payout._is_troubled())
        res = super().write(vals)
        self._follow_failures(before)
        return res

    def _is_troubled(self):
        """Whether a person has to look after it. While the provider is asked, nobody has."""
        self.ensure_one()
        return self.state == 'failed' or self.state == 'unknown' and bool(self.failure)

    def _get_failure_key(self):
        self.ensure_one()
        return f"{self._get_failure_prefix()}{self.source_line_id.id or 0}"

    def _get_failure_prefix(self):
        """:return: what the keys of all entries about the credit note begin with, known after it was deleted, too"""
        return f"payout/{self.key.partition('/')[0]}/"

    def _follow_failures(self, before=()):
        """Bring the list in line with these pay-outs.

        :param before: those that somebody had to look after until now
        """
        FollowUp = as_flow(self.env['returns.follow.up'])
        flow = as_flow(self)
        requests = flow.request_ids
        known = FollowUp.search([
            ('kind', '=', 'payout'), ('state', '!=', 'resolved'), ('request_ids', 'in', requests.ids)])
        troubled = flow.filtered(lambda payout: payout._is_troubled())
        if not known and not troubled:
            return
        turned = troubled.filtered(lambda payout: payout not in before)
        payouts = flow | flow.search([('refund_id', 'in', flow.refund_id.ids)])
        open_by_key = known.grouped('key')
        for prefix, of_note in payouts.grouped(lambda payout: payout._get_failure_prefix()).items():
            live = of_note.filtered(lambda payout: payout.state != 'cancelled').sorted('id')
            by_key = live.grouped(lambda payout: payout._get_failure_key())
            uncovered = live._is_uncovered()
            for key in {*by_key, *(key for key in open_by_key if key.startswith(prefix))}:
                by_key.get(key, flow.browse())._follow_failure(
                    key, open_by_key.get(key, FollowUp), uncovered, turned)

    def _is_uncovered(self):
        """Whether money is owed of the credit note of these pay-outs that is not on its way."""
        note = self.refund_id
        if not note:
            return False
        under_way = sum(self.filtered(lambda payout: payout.state in ('sent', 'unknown')).mapped('amount'))
        return note.currency_id.compare_amounts(note._returns_get_unpaid(), under_way) > 0

    def _follow_failure(self, key, follow_up, uncovered, turned):
        """:param follow_up: the entry under ``key``, or none
        :param bool uncovered: money of the note is owed and not on its way
        :param turned: the pay-outs that failed just now
        """
        unknown = self.filtered(lambda payout: payout.state == 'unknown' and payout._is_troubled())[-1:]
        last = unknown or self[-1:]
        if unknown or last.state == 'failed' and uncovered:
            if last in turned or not follow_up:
                self.env['returns.follow.up']._note_failure(
                    'payout', last, last.failure, key=key, request_ids=[(6, 0, last.request_ids.ids)])
            elif follow_up.state != 'open' or follow_up.cause != last.failure:
                follow_up.write({'cause': last.failure, 'state': 'open'})
        elif follow_up and last.state == 'proposed' and uncovered:
            follow_up.write({
                'state': 'open', 'res_id': last.id, 'name': last.display_name,
                'cause': last.obstacle or self.env._("It is proposed anew, and not carried out yet.")})
        elif follow_up and last.state in ('sent', 'unknown'):
            follow_up.write({'state': 'pending', 'res_id': last.id, 'name': last.display_name})
        else:
            follow_up._set_resolved(self.env._("Paid.") if last.state == 'done' else self.env._(
                "Nothing of it is to be paid any more."))

    def _ask_again(self):
        """Look whether the provider has answered meanwhile. Nothing is sent.

        :raise UserError: it has not
        """
        self._lock_all()
        self.transaction_id.invalidate_recordset()
        self._follow_transactions()
        if self.state == 'unknown':
            raise UserError(self.failure or self.env._("The provider's answer is not known yet."))


class ReturnsFollowUp(models.Model):
    _inherit = 'returns.follow.up'

    def _retry_payout(self, payout):
        """What is owed is paid out anew; what may have been paid is only asked about."""
        payout._check_accountant()
        if payout.state == 'unknown':
            as_flow(payout)._ask_again()
        else:
            payout.request_ids.action_pay_out()

    def _retry_exchange(self, line):
        """The line alone: what else of the return waits to be settled is not this."""
        line.request_id._check_role('returns_management.group_returns_accountant', operation='read')
        line.check_access('read')
        lines = as_flow(line)
        lines._lock()
        if lines._get_quantity_to_settle() > 0 and lines.state not in ('rejected', 'cancelled'):
            lines._settle()
            lines._advance()
        else:
            self._resolve('exchange', line, self.env._("Nothing of it is to be settled any more."))
