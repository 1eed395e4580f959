# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, tagged

from odoo.addons.returns_management.tests.test_portal import PortalCase

from .test_store_credit import StoreCreditCommon


@tagged('post_install', '-at_install')
class TestPortalCredit(StoreCreditCommon, PortalCase, HttpCase):
    """The customer reads on their page what was put on which card."""

    def test_customer_finds_the_card_and_has_nothing_to_confirm(self):
        self.company.write({'returns_credit_program_id': self.gift_cards.id, 'returns_credit_bonus': 10.0})
        order = self._sell((self.product, 5.0), partner=self.buyer)
        self._pay(order.invoice_ids, self.cash)
        request, _note = self._wish(order=order)
        payout = self._pay_out(request)
        self.authenticate('portal_rita', 'portal_rita')
        page = self.url_open(f'/my/returns/{request.id}').text
        for words in ("Your store credit", f"Gift card {payout.card_id.code}", "with a bonus of",
                      "Pays for whatever you order next."):
            self.assertIn(words, page)
        for words in ("It has come", "Money paid to you"):
            self.assertNotIn(words, page)
        payout.with_user(self.accountant).action_cancel()
        self.assertNotIn(payout.card_id.code, self.url_open(f'/my/returns/{request.id}').text)
