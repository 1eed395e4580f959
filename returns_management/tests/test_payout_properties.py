# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import tagged

from . import test_money_properties as money
from .test_payout import PayoutCommon

#: What may happen to the money of a return, in any order and more than once: (what, how much)
acts = st.lists(st.tuples(
    st.sampled_from(['pay out', 'pay out', 'confirm', 'confirm', 'by hand', 'bounce', 'draft', 'post', 'cancel']),
    st.integers(1, 99)), min_size=2, max_size=9)


@tagged('post_install', '-at_install')
class TestPayoutProperties(PayoutCommon):
    """Whatever is paid, by whom and where, and whatever of it bounces: never more than remains, and in the end all of it."""

    _undone = money.TestMoneyProperties._undone

    def _act(self, request, note, what, number):
        payouts = request.sudo().payout_ids.sorted('id')
        match what:
            case 'pay out':
                if request.amount_to_pay:
                    self._pay_out(request)
            case 'confirm':
                self._confirm(payouts.filtered(lambda payout: payout.state == 'sent')[:1])
            case 'by hand':
                amount = note.currency_id.round(note.amount_residual * number / 100)
                if amount:
                    self._register(note, self.bank, amount)
            case 'bounce':
                payouts.filtered(lambda payout: payout.state == 'done')[:1].payment_id.action_cancel()
            case 'draft':
                payouts.filtered(lambda payout: payout.state == 'done')[-1:].payment_id.action_draft()
            case 'post':
                payouts.payment_id.filtered(lambda payment: payment.state == 'draft')[:1].action_post()
            case 'cancel':
                payouts.filtered(lambda payout: payout.state in ('sent', 'failed'))[:1].with_user(
                    self.accountant).action_cancel()

    def _check_books(self, request, note):
        currency, payouts = note.currency_id, request.sudo().payout_ids
        waiting = payouts.filtered(lambda payout: payout.state in ('proposed', 'sent', 'unknown'))
        self.assertLessEqual(currency.compare_amounts(sum(waiting.mapped('amount')), note._returns_get_unpaid()), 0)
        done = payouts.filtered(lambda payout: payout.state == 'done')
        self.assertEqual(currency.compare_amounts(
            sum(done.mapped('amount')), note.amount_total - note._returns_get_unpaid()), 0)
        self.assertEqual(currency.compare_amounts(request.amount_paid, sum(done.mapped('amount'))), 0)
        self.assertEqual(len(done), len(done.matched_line_id), "each payment counts once")

    @money._share(5)
    @given(st.lists(st.integers(1, 60), max_size=2), acts)
    def test_never_more_than_remains_and_in_the_end_all_of_it(self, parts, history):
        with self._undone():
            request, note = self._credited(*((self.cash, float(part)) for part in parts), (self.cash, None), pieces=4.0)
            for what, number in history:
                self._act(request, note, what, number)
                self._check_books(request, note)
            for payment in request.sudo().payout_ids.payment_id.filtered(lambda payment: payment.state == 'draft'):
                payment.action_post()
            if request.amount_to_pay:
                self._pay_out(request)
            for payout in request.sudo().payout_ids.filtered(lambda payout: payout.state == 'sent'):
                self._confirm(payout)
            self._check_books(request, note)
            self.assertEqual((note._returns_get_unpaid(), request.amount_to_pay), (0.0, 0.0))
            self.assertEqual(request.amount_paid, request.amount_refunded)

    @money._share(5)
    @given(st.lists(st.integers(1, 50), min_size=1, max_size=3), st.lists(st.integers(1, 2), min_size=1, max_size=3))
    def test_last_paid_is_given_back_first(self, parts, returned):
        with self._undone():
            order = self._sell((self.product, 7.0))
            invoice = order.invoice_ids
            payments = [self._pay(invoice, self.cash, float(part), date=f'2024-06-{day:02d}')
                        for day, part in enumerate(parts, start=1)]
            payments.append(self._pay(invoice, self.cash, date='2024-06-28'))
            given_back = 0.0
            for pieces in returned:
                request = self._return(order, float(pieces))
                self._pay_out(request)
                given_back += request.sudo().refund_ids.amount_total
            left = given_back
            for payment in reversed(payments):
                paid = sum(self.Payout.search([('source_line_id.payment_id', '=', payment.id)]).mapped('amount'))
                self.assertEqual(invoice.currency_id.compare_amounts(paid, min(left, payment.amount)), 0)
                left -= paid
            self.assertTrue(invoice.currency_id.is_zero(left))
