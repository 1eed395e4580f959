# Part of returns_management. See LICENSE file for full copyright and licensing details.

from html import unescape

import lxml.html

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestWorkOrder(RpcCommon):
    """The return on paper: lines, verdict, each signed opinion, what was found, what was paid."""

    def _print(self, request, user):
        return self.env['ir.actions.report'].with_user(user)._render_qweb_html(
            'returns_management.action_report_returns_work_order', request.ids)[0].decode()

    def test_work_order_tells_the_whole_road(self):
        request = self._submit(self._sell(), 3.0)
        request.with_user(self.voter_sales).action_approve("Fine <with> me")
        self._receive(request, {self.product: 2.0})
        self._inspect(request, accepted=1.0)
        note = self._settle(request)
        page = self._print(request, self.accountant)
        for words in (request.name, self.customer.name, "Kettle", self.reason.name, "Compliant", self.rule.name,
                      "Sales Approval", self.voter_sales.name, "Fine <with> me", "A - As new", self.restock.name,
                      self.inspector.name, note.name, note.currency_id.format(note.amount_total).replace("\xa0", " ")):
            self.assertIn(words, unescape(page).replace("\xa0", " "))
        self.assertNotIn("<with>", page)
        for table in lxml.html.fromstring(page).xpath("//div[contains(@class, 'o_returns_work_order')]//table[thead]"):
            for row in table.xpath("tbody/tr[not(td/@colspan)]"):
                self.assertEqual(len(row), len(table.xpath("thead/tr/th")), "an empty cell is a cell")

    def test_draft_and_refusal_can_be_printed(self):
        draft = self._file(self._sell())
        self.assertIn(draft.name, self._print(draft, self.agent))
        refused = self._submit(self._sell())
        refused.with_user(self.voter_sales).action_reject("Worn out")
        refused.line_ids.with_user(self.agent).action_dispute("It was new")
        refused.line_ids.with_user(self.manager).action_override('exception', "Goodwill")
        page = self._print(refused, self.agent)
        for words in ("Worn out", "It was new", "Goodwill", "round 2"):
            self.assertIn(words, page)

    def test_who_reads_no_invoices_reads_none_here(self):
        request = self._approve(self._sell())
        self._receive(request)
        self._inspect(request)
        note = self._settle(request)
        page = self._print(request, self.voter_sales)
        self.assertIn(request.name, page)
        self.assertNotIn(note.name, page)

    def test_work_order_is_for_who_reads_the_return(self):
        request = self._submit(self._sell(partner=self.contact))
        for user in (self.portal, self.other_portal, self.employee, self.other_agent):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                request.with_user(user)._prepare_work_order()
