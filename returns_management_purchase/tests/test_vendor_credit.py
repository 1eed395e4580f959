# Part of returns_management. See LICENSE file for full copyright and licensing details.

import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import VendorCommon

PIXEL = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')


@tagged('post_install', '-at_install')
class TestVendorCredit(VendorCommon):
    """What a vendor owes for goods that went back: a draft for each bill, never twice, never posted by itself."""

    def _sent(self, quantity=2.0, **values):
        claim = self._get_claim(self._to_vendor(quantity=quantity, **values))
        self._ship(claim)
        return claim

    def test_draft_credit_note_of_the_bill(self):
        purchase = self._buy(bill=True, discount=25.0)
        bill = purchase.invoice_ids
        note = self._sent().refund_ids
        self.assertEqual((note.move_type, note.state, note.reversed_entry_id, note.partner_id), (
            'in_refund', 'draft', bill, bill.partner_id))
        self.assertEqual(
            [(line.quantity, line.price_unit, line.discount, line.tax_ids, line.account_id)
             for line in note.invoice_line_ids],
            [(2.0, 4.0, 25.0, self.tax_in, bill.invoice_line_ids.account_id)])
        self.assertEqual(note.amount_total, 6.6)
        self.assertEqual((purchase.order_line.qty_received, purchase.order_line.qty_invoiced), (8.0, 8.0))
        self.assertEqual(purchase.order_line.qty_to_invoice, 0.0, "the order does not ask for it a second time")

    def test_never_twice(self):
        self._buy(bill=True)
        claim = self._sent()
        self.assertEqual(len(claim.refund_ids), 1)
        with self.assertRaisesRegex(UserError, "nothing to credit"):
            claim.with_user(self.buyer).action_propose_credit()
        claim.with_user(self.buyer).action_accept()
        self.assertEqual(len(claim.refund_ids), 1)

    def test_deleted_draft_may_be_proposed_again(self):
        self._buy(bill=True)
        claim = self._sent()
        claim.refund_ids.unlink()
        self.assertEqual((claim.line_ids.credit_state, claim.may_propose_credit), ('none', True))
        claim.with_user(self.buyer).action_propose_credit()
        self.assertEqual((len(claim.refund_ids), claim.line_ids.credit_state), (1, 'draft'))

    def test_goods_that_were_never_billed(self):
        purchase = self._buy()
        claim = self._sent()
        self.assertFalse(claim.refund_ids)
        self.assertIn("bill less on", claim.message_ids[0].body + claim.message_ids[1].body)
        with self.assertRaisesRegex(UserError, f"bill less on {purchase.name}"):
            claim.with_user(self.buyer).action_propose_credit()
        self.assertEqual(self._bill(purchase).invoice_line_ids.quantity, 8.0)

    def test_draft_bill_is_named(self):
        purchase = self._buy()
        self._bill(purchase, post=False)
        claim = self._sent()
        self.assertFalse(claim.refund_ids)
        with self.assertRaisesRegex(UserError, "is still a draft: bill less there, or post it first"):
            claim.with_user(self.buyer).action_propose_credit()
        purchase.invoice_ids.action_post()
        claim.with_user(self.buyer).action_propose_credit()
        self.assertEqual(claim.refund_ids.invoice_line_ids.quantity, 2.0)

    def test_credit_that_could_not_be_drafted_is_tried_again(self):
        purchase = self._buy()
        self._bill(purchase, post=False)
        claim = self._sent()
        entry = self.env['returns.follow.up'].search([('request_ids', 'in', claim.request_ids.ids)])
        self.assertEqual((entry.kind, entry.state, entry.attempts), ('vendor_credit', 'open', 1))
        self.assertIn("is still a draft", entry.cause)
        entry.with_user(self.manager).action_retry()
        self.assertEqual((entry.state, entry.attempts), ('open', 2))
        with self.assertRaises(AccessError):
            entry.with_user(self.accountant).action_retry()
        purchase.invoice_ids.action_post()
        entry.with_user(self.manager).action_retry()
        self.assertEqual((entry.state, claim.refund_ids.invoice_line_ids.quantity), ('resolved', 2.0))

    def test_credit_that_the_vendor_refuses_is_tried_no_more(self):
        self._bill(self._buy(), post=False)
        claim = self._sent()
        entry = self.env['returns.follow.up'].search([('request_ids', 'in', claim.request_ids.ids)])
        claim.with_user(self.buyer).action_refuse("Not ours")
        self.assertEqual(entry.state, 'resolved')

    def test_what_was_never_billed_is_no_failure(self):
        self._buy()
        claim = self._sent()
        self.assertFalse(self.env['returns.follow.up'].search([('request_ids', 'in', claim.request_ids.ids)]))

    def test_billed_in_part(self):
        """6 of 10 were billed: after 2 went back 8 are here, and the vendor owes nothing; after 5 it owes for one."""
        purchase = self._buy()
        bill = self._bill(purchase, post=False)
        bill.invoice_line_ids.quantity = 6.0
        bill.action_post()
        self.assertFalse(self._sent().refund_ids)
        claim = self._sent(quantity=3.0)
        self.assertEqual(claim.refund_ids.invoice_line_ids.quantity, 0.0 if not claim.refund_ids else 1.0)
        self.assertEqual(purchase.order_line.qty_to_invoice, 0.0)

    def test_two_bills(self):
        purchase = self._buy()
        first = self._bill(purchase, post=False)
        first.invoice_line_ids.write({'quantity': 9.0})
        first.action_post()
        second = self._bill(purchase)
        claim = self._sent(quantity=3.0)
        self.assertEqual(
            {(note.reversed_entry_id, note.invoice_line_ids.quantity) for note in claim.refund_ids},
            {(second, 1.0), (first, 2.0)})

    def test_posted_credit_note_is_an_answer(self):
        self._buy(bill=True)
        claim = self._sent()
        note = claim.refund_ids
        note.invoice_date = '2026-03-01'
        note.action_post()
        self.assertEqual((claim.state, claim.line_ids.state, claim.line_ids.credit_state), ('closed', 'accepted', 'posted'))

    def test_refusal_takes_the_draft_back(self):
        self._buy(bill=True)
        claim = self._sent()
        claim.with_user(self.buyer).action_refuse("No")
        self.assertFalse(claim.refund_ids)

    def test_refusal_of_what_was_credited(self):
        self._buy(bill=True)
        claim = self._sent()
        claim.refund_ids.invoice_date = '2026-03-01'
        line = claim.line_ids
        # posted by hand while the claim is asked again: the vendor cannot have both
        claim.refund_ids.action_post()
        line.sudo().state = 'asked'
        with self.assertRaisesRegex(UserError, "is posted: the vendor has credited"):
            claim.with_user(self.buyer).action_refuse("No")

    def test_credit_note_by_hand_counts(self):
        purchase = self._buy(bill=True)
        reversal = purchase.invoice_ids._reverse_moves([{'invoice_date': '2026-03-01'}])
        reversal.invoice_line_ids.quantity = 10.0
        reversal.action_post()
        claim = self._sent()
        self.assertFalse(claim.refund_ids, "all of it was credited")

    def test_currency_and_unit_of_the_bill(self):
        euro = self.env.ref('base.EUR')
        euro.active = True
        dozen = self.env.ref('uom.product_uom_dozen')
        purchase = self._buy(quantity=1.0, price=48.0, product_uom_id=dozen.id)
        purchase.currency_id = euro
        self._bill(purchase)
        note = self._sent(quantity=5.0).refund_ids
        self.assertEqual((note.currency_id, note.amount_untaxed), (euro, 20.0))
        line = note.invoice_line_ids
        self.assertEqual((line.quantity, line.product_uom_id, line.price_unit), (5.0, self.bought.uom_id, 4.0))

    def test_pieces_of_a_dozen_are_credited_to_the_piece(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        self._bill(self._buy(quantity=1.0, price=120.0, product_uom_id=dozen.id))
        claim = self._get_claim(self._to_vendor(self._sell((self.bought, 12.0)), quantity=7.0))
        self._ship(claim)
        line = claim.refund_ids.invoice_line_ids
        self.assertEqual((line.product_uom_id._compute_quantity(line.quantity, self.bought.uom_id), line.price_subtotal), (
            7.0, 70.0))

    def test_each_parcel_of_a_claim_is_credited(self):
        self._buy(bill=True)
        claim = self._get_claim(self._to_vendor(quantity=3.0))
        picking = claim.picking_ids.with_user(self.stocker)
        picking.action_confirm()
        picking.move_ids.quantity = 1.0
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        self.assertEqual(claim.refund_ids.invoice_line_ids.quantity, 1.0)
        self._ship(claim)
        self.assertEqual(sorted(claim.refund_ids.invoice_line_ids.mapped('quantity')), [1.0, 2.0])
        self.assertFalse(claim.may_propose_credit)

    def test_what_was_taken_off_a_draft_is_not_put_back_by_an_answer(self):
        self._buy(bill=True)
        claim = self._sent()
        claim.refund_ids.invoice_line_ids.quantity = 1.0
        claim.with_user(self.buyer).action_accept()
        self.assertEqual(claim.refund_ids.invoice_line_ids.mapped('quantity'), [1.0])

    def test_photos_go_with_it(self):
        self._buy(bill=True)
        request = self._approve(self._sell((self.bought, 5.0)), 2.0, reason_id=self.defect.id)
        self._receive(request)
        self.env['ir.attachment'].create({
            'name': "crack.png", 'raw': PIXEL, 'res_model': 'returns.inspection', 'res_id': request.inspection_ids.id})
        self._inspect(request, self.vendor_disposition)
        claim = self._get_claim(request)
        self._ship(claim)
        files = self.env['ir.attachment'].search([
            ('res_model', '=', 'account.move'), ('res_id', '=', claim.refund_ids.id)])
        self.assertEqual(files.mapped('name'), ["crack.png"])

    def test_value_of_stock_goes_down_by_what_left(self):
        self._buy(bill=True)
        request = self._to_vendor()
        before = self.bought.total_value
        self._ship(self._get_claim(request))
        self.assertEqual(self.bought.total_value, before - 2.0 * self.bought.standard_price)
