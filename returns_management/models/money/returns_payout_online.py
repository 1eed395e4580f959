# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging

import requests
from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..returns_guard import as_flow

_logger = logging.getLogger(__name__)


class ReturnsPayout(models.Model):
    """Refunds through the provider that the customer paid by.

    A provider takes no part in our transactions. So the intention is committed first; then a cron makes the provider's
    transaction, commits it as *Answer Unknown*, and only then asks the provider, once. Whatever happens afterwards
    (no answer, a crash, the webhook before the reply), nothing is sent again by itself.
    """
    _inherit = 'returns.payout'

    transaction_id = fields.Many2one(
        'payment.transaction', "Refund Transaction", readonly=True, index='btree_not_null', ondelete='set null')

    def _get_obstacle(self):
        if self.method == 'online' and not self.source_line_id._returns_may_refund_online(
                self.amount, self.currency_id, self):
            return self.env._(
                "The provider cannot refund this amount by itself. Choose By hand, and refund it in the provider's account.")
        return super()._get_obstacle()

    def _is_in_flight(self):
        return super()._is_in_flight() or bool(self.transaction_id)

    def _pay_online(self):
        """Remember the intention; once it is committed, the cron asks the provider."""
        self.env.ref('returns_management.ir_cron_send_payouts')._trigger()

    # ------------------------------------------------------------------
    # Asking the provider
    # ------------------------------------------------------------------

    @api.model
    def _cron_send_payouts(self):
        """Ask providers for what is to be refunded, each once; say where an answer is missing."""
        sent = [('method', '=', 'online'), ('state', '=', 'sent'), ('transaction_id', '=', False)]
        for payout in as_flow(self).search(sent, order='id'):
            try:
                begun = payout._begin_refund()
            except OperationalError:  # somebody was first: looked at again by the next run
                self.env.cr.rollback()
                continue
            if not begun:
                continue
            self.env['ir.cron']._commit_progress(1)
            payout._ask_refund()  # whatever time is left: nobody would do it later
            if not self.env['ir.cron']._commit_progress():
                return
        # what a crash left between the two commits
        as_flow(self).search([('state', '=', 'unknown'), ('failure', '=', False)])._note_unknown(None)

    def _begin_refund(self):
        """Make the provider's transaction, before anything is sent.

        :return: whether the provider is to be asked now; not where another cron is at it
        """
        payout, lines = self._get_free(), self.request_ids.line_ids
        if not payout or lines._get_free() != lines:  # somebody cancels the note, or pays it in Accounting
            return False
        self.env.invalidate_all()
        if payout.state != 'sent' or payout.transaction_id:
            return False
        # what was open when somebody pressed may be so no more
        payout.search([('refund_id', '=', payout.refund_id.id)])._cut_to(payout.refund_id._returns_get_unpaid())
        if payout.state != 'sent':
            return False
        if not payout.source_line_id._returns_may_refund_online(payout.amount, payout.currency_id, payout):
            payout.write({'state': 'failed', 'failure': payout._get_obstacle()})
            return False
        source = payout.source_line_id.payment_id.payment_transaction_id
        try:
            source._ensure_provider_is_not_disabled()
            refund = source._create_child_transaction(payout.amount, is_refund=True)
        except UserError as error:
            payout.write({'state': 'failed', 'failure': error.args[0]})
            return False
        payout.write({'transaction_id': refund.id, 'state': 'unknown', 'failure': False})
        return True

    def _ask_refund(self):
        """Send the refund to the provider: the only place that does, reached once for each transaction."""
        refund, lost = self.transaction_id, None
        refund._log_sent_message()
        try:
            refund._send_refund_request()
            self._follow_transactions()
        except OperationalError:
            # the webhook was first: what it wrote stands, and was followed
            self.env.cr.rollback()
            self.invalidate_recordset()
            return
        except ValidationError as error:
            lost = error
            if not _is_answer_lost(error):
                refund._set_error(str(error))
                self._follow_transactions()
                return
        except Exception as error:  # pylint: disable=broad-except
            # whatever a provider's code raises, the money may be on its way: never ask again
            _logger.info("%s: no usable answer of the provider", self, exc_info=True)
            lost = error
        if lost is not None or self.state == 'unknown':
            self._note_unknown(lost)

    def _note_unknown(self, error):
        """The provider may have paid or not: a task for who pays."""
        waiting = self.filtered(lambda payout: payout.state == 'unknown')
        if not waiting:
            return
        why = str(error) if error else self.env._("no answer")
        waiting.write({'failure': self.env._(
            "The provider's answer is not known (%s). Look into its account: Confirm Paid with reference and evidence, or "
            "Not Paid. Nothing is sent again by itself.", why)})
        owners = waiting.request_ids._find_stage_owners('payout')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': payout.request_ids[:1].id,
            'activity_type_id': self.env.ref('returns_management.mail_activity_type_payout').id, 'automated': True,
            'user_id': payout._get_payer(owners).id, 'note': payout.failure,
            'summary': self.env._("Was %s refunded? Ask the provider", payout.currency_id.format(payout.amount)),
            'date_deadline': fields.Date.context_today(payout),
        } for payout in waiting if payout._get_payer(owners)])

    def _follow_transactions(self):
        """Pay-outs follow their refund transactions. Idempotent."""
        bounced = revived = self.browse()
        for payout in self.filtered(lambda payout: payout.state in ('sent', 'unknown', 'failed')):
            transaction = payout.transaction_id
            if transaction.state in ('pending', 'authorized', 'done'):
                if payout.state == 'failed':
                    revived |= payout
                payout.write({'state': 'sent', 'failure': False, 'reference': transaction.provider_reference})
                if transaction.state == 'done':  # core makes the payment, which then meets the credit note
                    self.env.ref('payment.cron_post_process_payment_tx')._trigger()
            elif transaction.state in ('error', 'cancel') and payout.state != 'failed':
                payout.write({'state': 'failed', 'failure': transaction.state_message or self.env._(
                    "The provider refused the refund.")})
                bounced |= payout
        bounced._note_bounced()
        revived._note_revived()

    def _note_revived(self):
        """The provider pays after all what was taken for not paid: what is prepared instead is not paid, too."""
        if not self:
            return
        self.request_ids.line_ids._lock()
        for payout in self:
            of_note = self.search([('refund_id', '=', payout.refund_id.id)])
            of_note._cut_to(payout.refund_id._returns_get_unpaid())
            payout.request_ids._message_log_batch(bodies=dict.fromkeys(payout.request_ids.ids, self.env._(
                "%s was taken for not paid, but the provider says now that it pays. Look at the pay-outs: what was paid "
                "instead meanwhile has to be asked back from the customer.", payout.display_name)))

    # ------------------------------------------------------------------
    # What a person finds out
    # ------------------------------------------------------------------

    def action_not_paid(self):
        """The provider did not pay, as its account says: the amount is open again.

        :raise UserError: the answer is known
        """
        self._check_accountant()
        payouts = as_flow(self)
        payouts._lock_all()
        for payout in payouts:
            if payout.state == 'failed' and payout.transaction_id:
                continue
            if payout.state != 'unknown':
                raise UserError(self.env._(
                    "%(payout)s is %(state)s: its answer is known.", payout=payout.display_name,
                    state=payout._get_state_label().lower()))
            payout.write({'state': 'failed', 'failure': self.env._(
                "Not paid, as %s saw in the provider's account.", self.env.user.name)})
            # its transaction is left: the provider may pay after all, and is heard
        payouts._close_tasks()
        return True

    def _may_confirm(self):
        return super()._may_confirm() or self.state == 'unknown'

    def _prepare_payment_vals(self):
        vals = super()._prepare_payment_vals()
        if self.transaction_id:
            vals['payment_transaction_id'] = self.transaction_id.id
        return vals

    def _make_payments(self):
        super()._make_payments()
        for payout in self.filtered('transaction_id'):
            payout.transaction_id.payment_id = payout.payment_id  # or core would make another


class PaymentTransaction(models.Model):
    _inherit = 'payment.transaction'

    def write(self, vals):
        res = super().write(vals)
        if 'state' in vals:
            self._returns_get_payouts()._follow_transactions()
        return res

    def _returns_get_payouts(self):
        refunds = self.filtered(lambda tx: tx.operation == 'refund')
        Payout = as_flow(self.env['returns.payout'])
        return Payout.search([('transaction_id', 'in', refunds.ids)]) if refunds else Payout

    def _create_payment(self, **extra_create_values):
        """The payment of a refund meets the credit note that it pays: core does not reconcile it."""
        payouts = self._returns_get_payouts().filtered(lambda payout: payout.state != 'done')
        note = payouts[:1].refund_id
        if note:
            receivable = note.line_ids.filtered(lambda line: line.display_type == 'payment_term')[:1]
            extra_create_values.setdefault('destination_account_id', receivable.account_id.id)
            outbound = self.provider_id.journal_id.outbound_payment_method_line_ids
            if outbound:
                extra_create_values.setdefault('payment_method_line_id', (outbound.filtered(
                    lambda line: line.payment_provider_id == self.provider_id) or outbound)[:1].id)
        payment = super()._create_payment(**extra_create_values)
        if payouts:
            payouts.write({'payment_id': payment.id})
            payouts._reconcile_payments()
            payouts._follow(payouts.refund_id)
        return payment


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _returns_get_way_back(self, amount, currency):
        if self._returns_get_way() == 'online' and self._returns_may_refund_online(amount, currency):
            return 'online'
        return super()._returns_get_way_back(amount, currency)

    def _returns_may_refund_online(self, amount, currency, payout=None):
        """Whether the provider can give back ``amount`` of this payment, less what it gave or was asked for. It does so
        in the currency that it was paid in only: an invoice in another may have been matched with it.

        :param payout: a pay-out whose own amount that is
        """
        payment = self.payment_id.sudo()
        source = payment.payment_transaction_id
        provider, method = source.provider_id, source.payment_method_id.primary_payment_method_id or (
            source.payment_method_id)
        supported = {provider.support_refund or 'none', method.support_refund or 'none'}
        if not source or source.state != 'done' or 'none' in supported or provider.state == 'disabled' or (
                source.currency_id != currency):
            return False
        Payout = as_flow(self.env['returns.payout'])
        asked = sum((Payout.search([
            ('source_line_id', '=', self.id), ('method', '=', 'online'), ('state', 'in', ('sent', 'unknown'))]) - (
                payout or Payout)).mapped('amount'))
        left = payment.amount_available_for_refund - asked
        compare = payment.currency_id.compare_amounts
        if 'full_only' in supported:
            return not compare(amount, payment.amount) and not compare(left, payment.amount)
        return compare(amount, left) <= 0


def _is_answer_lost(error):
    """Whether core's error hides that the provider never answered."""
    while error is not None:
        if isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.Timeout)):
            return True
        error = error.__cause__ or error.__context__
    return False
