# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, tagged

from .test_payout import PayoutCommon


@tagged('post_install', '-at_install')
class TestMoneyInTheBrowser(PayoutCommon, HttpCase):
    ledger_leaves = frozenset()

    def test_five_returns_are_settled_and_paid_out_from_the_list(self):
        self.accountant.password = self.accountant.login
        self.company.returns_refund_posting = 'posted'
        requests = self.Request
        for pieces in range(1, 6):
            order = self._sell((self.product, 5.0, {'discount': 10.0}))
            self._pay(order.invoice_ids, self.cash)
            request = self._approve(order, float(pieces))
            self._receive(request)
            self._inspect(request)
            requests |= request
        self.assertEqual(set(requests.mapped('state')), {'settlement'})

        self.start_tour('/odoo/returns-to-settle', 'returns_money_accountant', login=self.accountant.login)

        self.env.invalidate_all()
        payouts = requests.sudo().payout_ids
        self.assertEqual(set(requests.mapped('state')), {'done'})
        self.assertEqual(len(payouts), 5, "one amount a return")
        paid = payouts.filtered(lambda payout: payout.state == 'done')
        self.assertEqual((len(paid), paid.reference, paid.evidence_ids.name), (1, "C-77", "signed receipt.txt"))
        self.assertEqual(paid.refund_id.payment_state, 'paid')
        self.assertEqual(paid.request_ids.amount_paid, paid.request_ids.amount_refunded)
        self.assertEqual(set((payouts - paid).mapped('state')), {'sent'})
        waiting = self.Request.with_user(self.accountant).search([('amount_to_pay', '>', 0)])
        self.assertFalse(waiting & requests, "what is on its way is not paid again")
