# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VendorCommon


@tagged('post_install', '-at_install')
class TestVendorRights(VendorCommon):
    """Inspectors dispose; purchase users handle the claim; nobody types what the steps set."""

    def setUp(self):
        super().setUp()
        self._buy(bill=True)
        self.request = self._to_vendor()
        self.claim = self._get_claim(self.request)

    def test_who_handles_claims(self):
        steps = (
            ('returns.vendor.claim', 'action_ask', self.claim.ids), ('returns.vendor.claim', 'action_accept', self.claim.ids),
            ('returns.vendor.claim', 'action_refuse', self.claim.ids, "No"),
            ('returns.vendor.claim', 'action_wait', self.claim.ids, '2030-01-01', "Later"),
            ('returns.vendor.claim', 'action_propose_credit', self.claim.ids),
            ('returns.vendor.claim.line', 'action_accept', self.claim.line_ids.ids),
            ('returns.vendor.claim.line', 'action_refuse', self.claim.line_ids.ids, "No"),
            ('returns.vendor.claim', 'write', self.claim.ids, {'vendor_ref': "RMA 1"}),
            ('returns.vendor.claim.line', 'write', self.claim.line_ids.ids, {'reason_id': False}),
        )
        for user in (self.portal, self.employee, self.agent, self.agent_all, self.inspector, self.accountant, self.stocker,
                     self.voter_sales):
            for model, method, *args in steps:
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self._rpc(user, model, method, *args)
        for user in (self.buyer, self.manager):
            self._rpc(user, 'returns.vendor.claim', 'write', self.claim.ids, {'vendor_ref': user.login})
        self._rpc(self.buyer, 'returns.vendor.claim', 'action_ask', self.claim.ids)
        self._rpc(self.manager, 'returns.vendor.claim', 'action_accept', self.claim.ids)
        self.assertEqual(self.claim.state, 'closed')

    def test_who_reads_them(self):
        for user in (self.buyer, self.manager, self.inspector, self.accountant, self.stocker):
            self.assertTrue(self._rpc(user, 'returns.vendor.claim', 'read', self.claim.ids, ['name', 'state', 'is_late']))
            self.assertTrue(self._rpc(user, 'returns.vendor.claim.line', 'read', self.claim.line_ids.ids, ['quantity']))
        for user in (self.portal, self.employee, self.agent, self.agent_all):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.vendor.claim', 'read', self.claim.ids, ['name'])
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.vendor.claim.line', 'read', self.claim.line_ids.ids, ['quantity'])

    def test_nobody_writes_what_the_steps_write(self):
        for model, records in (('returns.vendor.claim', self.claim), ('returns.vendor.claim.line', self.claim.line_ids)):
            for name in self.env[model]._get_flow_fields():
                for user in (self.buyer, self.manager):
                    with self.subTest(model=model, name=name), self.assertRaises(AccessError):
                        self._rpc(user, model, 'write', records.ids, {name: False})
            for user in (self.buyer, self.manager):
                with self.assertRaises(AccessError):
                    self._rpc(user, model, 'create', [{}])
                with self.assertRaises(AccessError):
                    self._rpc(user, model, 'unlink', records.ids)

    def test_no_document_becomes_part_of_a_claim_by_hand(self):
        move = self.claim.picking_ids.move_ids
        line = self.claim.line_ids
        with self.assertRaises(UserError):
            self._rpc(self.stocker, 'stock.move', 'write', move.ids, {'returns_vendor_line_id': False})
        item = self.env['account.move.line'].search([('move_id.move_type', '=', 'in_invoice')], limit=1)
        with self.assertRaises(AccessError):
            self._rpc(self.accountant, 'account.move.line', 'write', item.ids, {'returns_vendor_line_id': line.id})

    def test_odd_arguments(self):
        for comment in (None, "", "  ", 7, ["No"]):
            with self.assertRaisesRegex(UserError, "Say what the vendor said"):
                self._rpc(self.buyer, 'returns.vendor.claim', 'action_refuse', self.claim.ids, comment)
            with self.assertRaisesRegex(UserError, "Say what the vendor said"):
                self._rpc(self.buyer, 'returns.vendor.claim.line', 'action_refuse', self.claim.line_ids.ids, comment)

    def test_dialog(self):
        vals = {'kind': 'refuse', 'comment': "No", 'claim_ids': [[6, 0, self.claim.ids]]}
        with self.assertRaises(AccessError):
            self._rpc(self.inspector, 'returns.vendor.answer', 'create', [vals])
        wizard_id = self._rpc(self.buyer, 'returns.vendor.answer', 'create', [vals])
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.vendor.answer', 'action_answer', wizard_id)
        self._rpc(self.buyer, 'returns.vendor.answer', 'action_answer', wizard_id)
        self.assertEqual(self.claim.state, 'closed')

    def test_buttons_open_what_one_may_read(self):
        opened = self._rpc(self.buyer, 'returns.vendor.claim', 'action_view_requests', self.claim.ids)
        self.assertFalse(opened.get('res_id'), "a buyer reads no returns")
        opened = self._rpc(self.inspector, 'returns.request', 'action_view_vendor_claims', self.request.ids)
        self.assertEqual(opened['res_id'], self.claim.id)
        self.assertFalse(self.request.with_user(self.agent).vendor_claim_count)
        picking = self.claim.picking_ids
        opened = self._rpc(self.stocker, 'stock.picking', 'action_view_returns_vendor_claim', picking.ids)
        self.assertEqual(opened['res_id'], self.claim.id)
        with self.assertRaises(AccessError):
            self._rpc(self.agent_all, 'returns.vendor.claim', 'action_view_pickings', self.claim.ids)

    def test_other_companies(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = self.buyer.copy({
            'login': 'test_returns_stranger', 'company_id': other.id, 'company_ids': [(6, 0, other.ids)]})
        with self.assertRaises(AccessError):
            self._rpc(stranger, 'returns.vendor.claim', 'read', self.claim.ids, ['name'])
        with self.assertRaises(AccessError):
            self._rpc(stranger, 'returns.vendor.claim', 'action_ask', self.claim.ids)

    def test_reason_of_another_vendor(self):
        reason = self.env['returns.vendor.reason'].create({'name': "E 17", 'partner_id': self.other_vendor.id})
        with self.assertRaisesRegex(UserError, "is what Other Vendor calls it"):
            self._rpc(self.buyer, 'returns.vendor.claim.line', 'write', self.claim.line_ids.ids, {'reason_id': reason.id})
        own = reason.copy({'partner_id': self.vendor.id, 'reason_ids': [(6, 0, self.defect.ids)]})
        self.assertEqual(self._get_claim(self._to_vendor()).line_ids.filtered(
            lambda line: line.inspection_id not in self.request.inspection_ids).reason_id, own)
