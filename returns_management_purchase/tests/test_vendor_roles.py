# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields
from odoo.tests import new_test_user, tagged

from odoo.addons.returns_management.tests.bridge_roles import BridgeRoles

from .common import VendorCommon


@tagged('post_install', '-at_install')
class TestVendorRoles(VendorCommon, BridgeRoles):
    """The README's table is what programs of these people get."""

    bridge = 'returns_management_purchase'
    roles = {
        'Customer': 'portal', 'Employee': 'employee', 'Agent: all': 'agent_all', 'Inspector': 'inspector',
        'Accountant': 'accountant', 'Manager': 'manager', 'Purchase user': 'buyer', 'Purchase manager': 'chief_buyer',
        'Stock user': 'stocker'}

    def setUp(self):
        super().setUp()
        self.chief_buyer = new_test_user(
            self.env, login='test_returns_chief_buyer', groups='purchase.group_purchase_manager',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self._buy(bill=True)
        self.request = self._to_vendor()
        self.asked = self._get_claim(self.request)
        self.asked._as_flow().line_ids._do_ask()
        self.sent = self._get_claim(self._to_vendor())
        self._ship(self.sent)
        self.note = self.sent.refund_ids
        self.left = self._get_claim(self._to_vendor())
        self._ship(self.left)
        self.left.refund_ids.unlink()
        self.draft = self._get_claim(self._to_vendor())

    def _make_answer(self, user):
        return self.env(user=user, su=True)['returns.vendor.answer'].create({
            'kind': 'refuse', 'comment': "No", 'claim_ids': [Command.set(self.asked.ids)]})

    def get_records(self):
        reason = self.env['returns.vendor.reason'].create({'name': "Too loud"})
        return {
            'returns.vendor.claim': (
                self.asked, {'partner_id': self.vendor.id, 'company_id': self.company.id}, {'vendor_ref': "RMA"}),
            'returns.vendor.claim.line': (
                self.asked.line_ids, {'claim_id': self.asked.id, 'quantity': 1.0}, {'reason_id': reason.id}),
            'returns.vendor.reason': (reason, {'name': "Too quiet"}, {'code': "Q"}),
            'returns.vendor.answer': (self._make_answer, {'kind': 'refuse', 'comment': "No"}, {'comment': "Never"}),
        }

    def get_calls(self):
        claim, line = 'returns.vendor.claim', 'returns.vendor.claim.line'
        return {
            (claim, 'action_ask'): (self.draft,), (claim, 'action_accept'): (self.asked,),
            (claim, 'action_refuse'): (self.asked, "No"),
            (claim, 'action_wait'): (self.asked, fields.Date.add(fields.Date.today(), days=30), "Later"),
            (claim, 'action_propose_credit'): (self.left,), (claim, 'action_view_pickings'): (self.asked,),
            (claim, 'action_view_refunds'): (self.asked,), (claim, 'action_view_requests'): (self.asked,),
            (line, 'action_accept'): (self.asked.line_ids,), (line, 'action_refuse'): (self.asked.line_ids, "No"),
            ('returns.vendor.answer', 'action_answer'): (self._make_answer,),
            ('returns.request', 'action_view_vendor_claims'): (self.request,),
            ('stock.picking', 'action_view_returns_vendor_claim'): (self.asked.picking_ids,),
            ('account.move', 'action_view_returns_vendor_claim'): (self.note,),
        }

    def test_table(self):
        self._check_table()
