# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VendorCommon


@tagged('post_install', '-at_install')
class TestVendorClaim(VendorCommon):
    """Goods gather on a draft transfer to their vendor, leave with a claim, and come back if it is refused."""

    def test_goods_go_back_to_the_vendor(self):
        purchase = self._buy()
        request = self._to_vendor()
        claim = self._get_claim(request)
        picking = claim.picking_ids
        self.assertEqual((claim.state, claim.partner_id, claim.user_id, claim.amount), (
            'draft', self.vendor, self.buyer, 8.0))
        self.assertEqual(claim.line_ids.reason_id, self.env.ref('returns_management_purchase.vendor_reason_defective'))
        self.assertEqual((picking.state, picking.partner_id, picking.location_id, picking.location_dest_id.usage), (
            'draft', self.vendor, self.warehouse.returns_location_id, 'supplier'))
        self.assertEqual(picking.move_ids.purchase_line_id, purchase.order_line)
        self.assertEqual(picking.move_ids.origin_returned_move_id, self._get_receipt(purchase))
        self.assertEqual(self._settle(request).state, 'posted', "the customer's money does not wait")
        self.assertIn(f"wait to be sent to {self.vendor.name}", request.next_step_note)
        self.assertEqual((request.state, self._on_hand(self.bought)), ('settlement', 2.0))
        self.assertEqual(purchase.order_line.qty_received, 10.0)
        stock = self._on_hand(self.bought, self.stock)

        self._ship(claim)
        self.assertEqual((request.state, self._on_hand(self.bought)), ('done', 0.0))
        self.assertEqual(self._on_hand(self.bought, self.stock), stock, "taken from quarantine, not from the shelf")
        self.assertEqual(purchase.order_line.qty_received, 8.0)
        self.assertEqual((claim.state, claim.line_ids.state), ('asked', 'asked'), "who sends goods asks")
        self.assertTrue(claim.date_due)
        claim.with_user(self.buyer).action_accept()
        self.assertEqual((claim.state, claim.date_due), ('closed', False))

    def test_goods_of_one_vendor_gather_until_it_is_asked(self):
        self._buy()
        first, second = self._to_vendor(), self._to_vendor()
        claim = self._get_claim(first, second)
        self.assertEqual((len(claim), len(claim.picking_ids), len(claim.picking_ids.move_ids)), (1, 1, 2))
        self.assertEqual(claim.request_ids, first | second)
        claim.with_user(self.buyer).action_ask()
        third = self._to_vendor()
        self.assertNotEqual(self._get_claim(third), claim)
        self.assertEqual(claim.state, 'asked')

    def test_goods_of_two_vendors_go_apart(self):
        other = self._create_product("Juicer", quantity=0.0)
        self._buy()
        self._buy(other, vendor=self.other_vendor)
        request = self._to_vendor(self._sell((self.bought, 2.0), (other, 2.0)))
        claims = self._get_claim(request)
        self.assertEqual(claims.partner_id, self.vendor | self.other_vendor)
        self.assertEqual(len(claims.picking_ids), 2)

    def test_transfer_that_somebody_began_takes_no_more(self):
        self._buy()
        claim = self._get_claim(self._to_vendor())
        claim.picking_ids.with_user(self.stocker).action_confirm()
        claim.picking_ids.with_user(self.stocker).action_assign()
        self.assertEqual(claim.picking_ids.state, 'assigned')
        self.assertNotEqual(self._get_claim(self._to_vendor()), claim)

    def test_refused_goods_come_back_to_quarantine(self):
        purchase = self._buy()
        request = self._to_vendor()
        self._settle(request)
        claim = self._get_claim(request)
        self._ship(claim)
        claim.with_user(self.buyer).action_refuse("Worn out")
        self.assertEqual((claim.state, claim.line_ids.answer), ('closed', "Worn out"))
        back = claim.picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual((back.location_id.usage, back.location_dest_id), (
            'supplier', request.inspection_ids.location_id), "where they waited before")
        self._validate(back.with_user(self.stocker))
        inspection = request.inspection_ids
        self.assertEqual((inspection.disposition_kind, inspection.is_disposed), ('quarantine', False))
        self.assertEqual(self._on_hand(self.bought), 2.0)
        self.assertEqual(purchase.order_line.qty_received, 10.0)
        self.assertIn("did not take", request.activity_ids.filtered(
            lambda activity: activity.user_id == self.inspector).note)
        inspection.with_user(self.inspector).write({'disposition_id': self.restock.id})
        inspection.with_user(self.inspector).action_dispose()
        self.assertEqual((self._on_hand(self.bought), request.state), (0.0, 'done'))

    def test_refused_before_they_left_they_stay(self):
        purchase = self._buy()
        request = self._to_vendor()
        claim = self._get_claim(request)
        claim.with_user(self.buyer).action_ask()
        claim.line_ids.with_user(self.buyer).action_refuse("Out of warranty")
        self.assertEqual(claim.picking_ids.state, 'cancel')
        self.assertEqual(request.inspection_ids.disposition_kind, 'quarantine')
        self.assertEqual((self._on_hand(self.bought), purchase.order_line.qty_received), (2.0, 10.0))
        self.assertIn("Out of warranty", request.activity_ids.filtered(
            lambda activity: activity.user_id == self.inspector).note)
        self.assertEqual(claim.state, 'closed')
        # and they may be claimed once more
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.vendor_disposition.id})
        inspection.action_dispose()
        self.assertEqual(len(self._get_claim(request)), 2)

    def test_some_are_taken_and_others_not(self):
        self._buy()
        first, second = self._to_vendor(), self._to_vendor()
        claim = self._get_claim(first, second)
        self._ship(claim)
        lines = claim.line_ids.with_user(self.buyer)
        lines[0].action_accept()
        self.assertEqual(claim.state, 'asked')
        lines[1].action_refuse("Not ours")
        self.assertEqual((claim.state, claim.line_ids.mapped('state')), ('closed', ['accepted', 'refused']))
        back = claim.picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual(back.move_ids.returns_line_id.request_id, second)
        with self.assertRaisesRegex(UserError, "is accepted already"):
            lines[0].action_refuse("After all")
        with self.assertRaisesRegex(UserError, "is answered already"):
            claim.with_user(self.buyer).action_accept()

    def test_cancelled_transfer_cancels_the_claim_and_is_made_anew(self):
        self._buy()
        request = self._to_vendor()
        claim = self._get_claim(request)
        claim.picking_ids.with_user(self.stocker).action_cancel()
        self.assertEqual((claim.state, request.inspection_ids.is_held_back), ('cancelled', True))
        request.inspection_ids.with_user(self.inspector).action_dispose()
        again = self._get_claim(request) - claim
        self._ship(again)
        self.assertEqual((again.state, self._on_hand(self.bought)), ('asked', 0.0))

    def test_fewer_are_sent_than_were_to_go(self):
        purchase = self._buy()
        request = self._to_vendor()
        claim = self._get_claim(request)
        picking = claim.picking_ids.with_user(self.stocker)
        picking.action_confirm()
        picking.move_ids.quantity = 1.0
        picking.move_ids.picked = True
        wizard = picking.button_validate()
        self.env['stock.backorder.confirmation'].with_user(self.stocker).with_context(
            **wizard['context']).create({}).process_cancel_backorder()
        self.assertEqual((claim.line_ids.quantity, claim.state, purchase.order_line.qty_received), (1.0, 'asked', 9.0))
        self.assertEqual(self._on_hand(self.bought), 1.0)
        inspection = request.inspection_ids
        self.assertFalse(inspection.is_disposed)
        inspection.with_user(self.inspector).action_dispose()
        self.assertEqual((self._get_claim(request) - claim).line_ids.quantity, 1.0)

    def test_backorder_belongs_to_the_same_claim(self):
        self._buy()
        claim = self._get_claim(self._to_vendor())
        picking = claim.picking_ids.with_user(self.stocker)
        picking.action_confirm()
        picking.move_ids.quantity = 1.0
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(len(claim.picking_ids), 2)
        self.assertEqual(claim.line_ids.quantity, 2.0)
        self._ship(claim)
        self.assertEqual((claim.state, self._on_hand(self.bought)), ('asked', 0.0))

    def test_goods_that_were_refused_by_us_and_the_vendor_are_not_lost(self):
        """Every piece that ever went to a vendor is there, or here."""
        self._buy(quantity=10.0)
        request = self._to_vendor(quantity=5.0)
        claim = self._get_claim(request)
        self._ship(claim)
        claim.with_user(self.buyer).action_refuse("No")
        self._validate(claim.picking_ids.filtered(lambda picking: picking.state == 'assigned'))
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.vendor_disposition.id})
        inspection.action_dispose()
        second = self._get_claim(request) - claim
        self._ship(second)
        self.assertEqual(self._on_hand(self.bought), 0.0)
        self.assertEqual(inspection._get_quantity_left(), 0.0)
        self.assertEqual(second.line_ids.purchase_line_id.qty_received, 5.0)

    def test_paper_names_no_customer(self):
        self._buy()
        claim = self._get_claim(self._to_vendor())
        claim.with_user(self.buyer).write({'vendor_ref': "RMA 77", 'note': "As agreed."})
        paper = self.env['ir.actions.report']._render_qweb_html(
            'returns_management_purchase.report_returns_vendor_claim', claim.ids)[0].decode()
        for text in ("RMA 77", "As agreed.", "Blender", "Defective", claim.name):
            self.assertIn(text, paper)
        self.assertNotIn(self.customer.name, paper.replace('&amp;', '&'))

    def test_goods_without_a_vendor_are_sent_on_once_there_is_one(self):
        """Who approves cannot choose another vendor: an inspector tries again."""
        self.env['returns.approval.group'].create({
            'name': "Quality Approval", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_quality.ids)]})
        purchase = self._buy(quantity=5.0)
        request = self._to_vendor()
        self.assertFalse(self._get_claim(request), "somebody decides first")
        wizard = self.env['stock.return.picking'].with_context(
            active_model='stock.picking', active_id=self._get_receipt(purchase).picking_id.id).create({})
        wizard.product_return_moves.quantity = 4.0
        back = wizard._create_return()
        request.with_user(self.voter_quality).action_approve()
        entry = self.env['returns.follow.up'].search([('request_ids', 'in', request.ids)])
        self.assertEqual((entry.kind, entry.state, entry.attempts), ('vendor_return', 'open', 1))
        self.assertIn("only 1 of 2", entry.cause)
        entry.with_user(self.inspector).action_retry()
        self.assertEqual((entry.state, entry.attempts), ('open', 2))
        back.action_cancel()
        entry.with_user(self.inspector).action_retry()
        self.assertEqual((entry.state, self._get_claim(request).line_ids.quantity), ('resolved', 2.0))
