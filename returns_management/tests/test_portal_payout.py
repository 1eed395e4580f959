# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, http
from odoo.tests import HttpCase, tagged

from .test_portal import PortalCase


@tagged('post_install', '-at_install')
class TestPortalPayout(PortalCase, HttpCase):
    """The customer reads how and when they were paid, and says that it has come."""

    def setUp(self):
        super().setUp()
        cash = self.env['account.journal'].create({'name': "Cash", 'code': 'RCS', 'type': 'cash'})
        order = self._sell((self.product, 5.0), partner=self.buyer)
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create(
                {'journal_id': cash.id})._create_payments()
        self.request = self._return(order, 2.0)
        self.request.with_user(self.accountant).action_pay_out()
        self.payout = self.request.sudo().payout_ids

    def _pay(self, *args):
        self.payout.evidence_ids = [Command.create({'name': "receipt.jpg", 'raw': b"signed"})]
        self.payout.with_user(self.accountant).action_confirm_paid(*args)

    def _confirm(self, payout=None, query=''):
        response = self.url_open(f'/my/returns/{self.request.id}/paid{query}', data={
            'payout_id': (payout or self.payout).id, 'csrf_token': http.Request.csrf_token(self)})
        self.env.invalidate_all()
        return response

    def test_customer_confirms_that_the_money_has_come(self):
        self.authenticate('portal_rita', 'portal_rita')
        self.assertNotIn("Money paid to you", self.url_open(f'/my/returns/{self.request.id}').text)
        self.assertIn("There is no such payment", self._confirm().text, "it is not paid yet")
        self._pay('2024-06-20')
        page = self.url_open(f'/my/returns/{self.request.id}').text
        for words in ("Money paid to you", "Paid on Jun 20, 2024 by cash", "It has come"):
            self.assertIn(words, page)
        page = self._confirm().text
        self.assertTrue(self.payout.date_paid_confirmed)
        self.assertIn("You confirmed on", page)
        first = self.payout.date_paid_confirmed
        self._confirm()
        self.assertEqual(self.payout.date_paid_confirmed, first)

    def test_road_says_credited_until_it_is_paid(self):
        def read():
            self.env.invalidate_all()
            page = self.request.sudo()._prepare_customer_page()
            return next((stage['title'], stage['date'], stage['text']) for stage in page['road'] if stage['key'] == 'money')
        self.assertEqual(self.request.state, 'done')
        title, _date, text = read()
        self.assertEqual((title, text), ("Credited to you", "What is open in your favour is still to be paid to you."))
        self._pay('2024-06-20')
        self.assertEqual(read(), ("Money back", "Jun 20, 2024", ''))

    def test_nobody_else_confirms(self):
        self._pay()
        self.authenticate(self.accountant.login, self.accountant.login)
        token = self.request._portal_ensure_token()
        self.assertNotIn("It has come", self.url_open(f'/my/returns/{self.request.id}').text)
        self._confirm(query=f'?access_token={token}')
        self.assertFalse(self.payout.date_paid_confirmed, "our people do not speak for the customer")
        self.authenticate(None, None)
        self._confirm()
        self.assertFalse(self.payout.date_paid_confirmed, "without the link")
        self._confirm(query=f'?access_token={token}')
        self.assertTrue(self.payout.date_paid_confirmed, "the link in the mail lets them in")
