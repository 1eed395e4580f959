# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_source import SourceCommon


@tagged('post_install', '-at_install')
class TestStrangeLots(SourceCommon):
    """Without an order any lot may come; one that never went to this customer is not sold on just like that."""

    def _receive_lot(self, lot, reason=None, **values):
        request = self._approve_unsold(lot.product_id, reason_id=(reason or self.reason).id, **values)
        self._put_lots(self._receipts(request), (lot, 1.0))
        return request

    def _make_lot(self, name):
        return self.env['stock.lot'].create({'name': name, 'product_id': self.phone.id})

    def test_lot_that_never_went_to_the_customer_is_flagged_blocked_and_raises_the_risk(self):
        request = self._approve_unsold(self.phone)
        risk = request.risk_score
        self._put_lots(self._receipts(request), (self._make_lot('X1'), 1.0))
        inspection = request.sudo().inspection_ids
        self.assertTrue(inspection.is_strange_lot)
        self.assertEqual(request.risk_score, risk + 30)
        self.assertIn("never went to this customer: X1", request.risk_note)
        self.assertEqual(request.sudo().discrepancy_ids.kind, 'other_serial')
        with self.assertRaisesRegex(UserError, "X1 never went to Customer & Sons"):
            self._inspect(request)
        self._inspect(request, self.env.ref('returns_management.disposition_quarantine'))
        inspection = inspection.with_user(self.inspector)
        with self.assertRaisesRegex(UserError, "X1 never went"), self.env.cr.savepoint():
            inspection.write({'disposition_id': self.restock.id})
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "Say why"):
            inspection.action_release_lot(" ")
        inspection.action_release_lot("Sold over the counter, receipt seen.")
        self.assertEqual((inspection.lot_release_user_id, inspection.is_lot_blocked), (self.inspector, False))
        with self.assertRaisesRegex(UserError, "nothing to release"):
            inspection.action_release_lot("Again")
        inspection.disposition_id = self.restock
        inspection.action_dispose()
        self.assertTrue(inspection.is_disposed)

    def test_reason_that_restocks_at_once_does_not_restock_a_strange_lot(self):
        request = self._receive_lot(self._make_lot('X2'), reason=self.reason_simple)
        self.assertEqual(request.sudo().inspection_ids.state, 'draft')
        self.assertFalse(self._on_hand(self.phone, self.stock))

    def test_refurbished_and_inspected_again_a_strange_lot_is_still_held(self):
        request = self._receive_lot(self._make_lot('X8'))
        self._inspect(request, self.env.ref('returns_management.disposition_refurbish'))
        first = request.sudo().inspection_ids.with_user(self.inspector)
        first.action_inspect_again()
        again = first.next_ids
        self.assertTrue(again.is_lot_blocked)
        again.disposition_id = self.restock
        with self.assertRaisesRegex(UserError, "X8 never went to Customer & Sons"), self.env.cr.savepoint():
            again.action_done()
        self.env.invalidate_all()
        again.action_release_lot("Receipt seen.")
        again.action_done()
        self.assertEqual((again.is_disposed, self._on_hand(self.phone, self.stock)), (True, 1.0))

    def test_lot_that_went_to_the_customer_without_an_order_is_none(self):
        lot = self._stock_lots(self.phone, 'X3')
        self._deliver_by_hand(self.phone, 1.0)
        request = self._receive_lot(lot)
        self.assertFalse(request.sudo().inspection_ids.is_strange_lot)
        self.assertFalse(request.sudo().discrepancy_ids)

    def test_serial_that_was_sold_to_the_customer_is_returned_by_its_order(self):
        lot = self._stock_lots(self.phone, 'X4')
        order = self._sell_lots(self.phone, lot)
        with self.assertRaisesRegex(UserError, f"X4 was sold to this customer on an order .{order.name}."):
            self._submit_unsold(self.phone, lot_ids=[Command.set(lot.ids)])
        other = self._sell_lots(self.phone, self._stock_lots(self.phone, 'X5'), user_id=self.agent_all.id)
        with self.assertRaisesRegex(UserError, "somebody else's") as caught:
            self._submit_unsold(
                self.phone, lot_ids=[Command.set(self._delivery(other).move_line_ids.lot_id.ids)])
        self.assertNotIn(other.name, str(caught.exception))

    def test_strange_lot_named_at_filing_counts_at_once_and_not_again(self):
        lot = self._make_lot('X6')
        request = self._submit_unsold(self.phone, lot_ids=[Command.set(lot.ids)])
        self.assertIn("30: lots or serial numbers that never went to this customer: 1", request.risk_note)
        request.with_user(self.voter_sales).action_approve()
        score = request.risk_score
        self.assertEqual(self._receipts(request).move_line_ids.lot_id, lot, "what is named is expected")
        self._receive(request)
        self.assertEqual(request.risk_score, score)
        self.assertTrue(request.sudo().inspection_ids.is_strange_lot)

    def test_only_inspectors_release(self):
        request = self._receive_lot(self._make_lot('X7'))
        inspection = request.sudo().inspection_ids.sudo(False)
        for user in (self.agent_all, self.accountant, self.voter_sales, self.stock_user):
            with self.subTest(user.login), self.assertRaises(AccessError):
                inspection.with_user(user).action_release_lot("Fine")
        for comment in (None, 5, ["x"], False):
            with self.subTest(comment), self.assertRaises(UserError):
                inspection.with_user(self.inspector).action_release_lot(comment)
        with self.assertRaises(AccessError):
            inspection.with_user(self.inspector).write({'is_strange_lot': False})

    def test_returns_without_an_order_are_added_up_by_customer(self):
        self.env['returns.approval.group'].create({
            'name': "Large", 'department': 'finance', 'company_id': self.company.id, 'amount_min': 100.0,
            'sequence': 20, 'member_ids': [Command.set(self.voter_finance.ids)]})
        first = self._submit_unsold(self.product, 1.0, price_said=60.0)
        self.assertEqual(first.step_ids.group_id, self.group_sales)
        second = self._submit_unsold(self.product, 1.0, price_said=60.0)
        self.assertIn("Large", second.step_ids.group_id.mapped('name'))
        stranger = self._submit_unsold(self.product, 1.0, price_said=60.0, partner=self.other_customer)
        self.assertEqual(stranger.step_ids.group_id, self.group_sales)
