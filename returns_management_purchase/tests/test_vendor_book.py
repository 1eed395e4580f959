# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VendorCommon


@tagged('post_install', '-at_install')
class TestVendorBook(VendorCommon):
    """With which purchase a returned piece came, and never more of it than may go back."""

    def _get_receipts(self, request):
        return self._get_claim(request).line_ids.receipt_id

    def test_newest_receipt_from_before_the_delivery(self):
        old = self._buy(quantity=10.0)
        new = self._buy(quantity=10.0)
        self._get_receipt(old).date = '2026-01-01 08:00:00'
        self._get_receipt(new).date = '2026-01-02 08:00:00'
        order = self._sell((self.bought, 5.0))
        self._buy(quantity=10.0)
        self.assertEqual(self._get_receipts(self._to_vendor(order)), self._get_receipt(new))

    def test_what_is_left_of_it_then_the_one_before(self):
        old, new = self._buy(quantity=10.0), self._buy(quantity=3.0, vendor=self.other_vendor)
        self._get_receipt(old).date = '2026-01-01 08:00:00'
        self._get_receipt(new).date = '2026-01-02 08:00:00'
        request = self._to_vendor(quantity=5.0)
        lines = self.env['returns.vendor.claim.line'].search([('request_id', '=', request.id)])
        self.assertEqual(
            {(line.partner_id, line.quantity) for line in lines}, {(self.other_vendor, 3.0), (self.vendor, 2.0)})
        again = self._to_vendor()
        self.assertEqual(self._get_receipts(again), self._get_receipt(old), "nothing is left of the newer")

    def test_lot_tells(self):
        product = self._create_product("Milk", tracking='lot', quantity=0.0)
        lots = self.env['stock.lot'].create([{'name': name, 'product_id': product.id} for name in "AB"])
        first = self._buy(product, 5.0, lots=lots[0])
        self._buy(product, 5.0, vendor=self.other_vendor, lots=lots[1])
        order = self._sell((product, 5.0))
        self.assertEqual(order.picking_ids.move_line_ids.lot_id, lots[0])
        request = self._to_vendor(order, lot_ids=[Command.set(lots[0].ids)])
        self.assertEqual(self._get_receipts(request), self._get_receipt(first))
        self.assertEqual(self._get_claim(request).partner_id, self.vendor)

    def test_never_more_than_was_received_and_is_not_returned(self):
        purchase = self._buy(quantity=3.0)
        self.env['stock.quant']._update_available_quantity(self.bought, self.stock, 10.0)
        wizard = self.env['stock.return.picking'].with_context(
            active_model='stock.picking', active_id=self._get_receipt(purchase).picking_id.id).create({})
        wizard.product_return_moves.quantity = 1.0
        wizard._create_return()  # by hand, and not even sent yet
        request = self._approve(self._sell((self.bought, 5.0)), 3.0, reason_id=self.defect.id)
        self._receive(request)
        with self.assertRaisesRegex(UserError, r"only 2 of 3 Units can go back to a vendor, with P\d+\. Split"):
            self._inspect(request, self.vendor_disposition)
        inspection = request.inspection_ids.with_user(self.inspector)
        part = self.env['returns.inspection'].browse(inspection.action_split(1.0)['res_id'])
        inspection.disposition_id = self.vendor_disposition
        inspection.action_done()
        part.with_user(self.inspector).write({'disposition_id': self.restock.id})
        part.with_user(self.inspector).action_done()
        self.assertEqual(self._get_claim(request).line_ids.quantity, 2.0)
        other = self._approve(self._sell((self.bought, 1.0)), 1.0, reason_id=self.defect.id)
        self._receive(other)
        with self.assertRaisesRegex(UserError, "no purchase is known"):
            self._inspect(other, self.vendor_disposition)

    def test_several_pieces_inspected_at_once_share_what_is_left(self):
        self._buy(quantity=3.0)
        self.env['stock.quant']._update_available_quantity(self.bought, self.stock, 10.0)
        requests = [self._approve(self._sell((self.bought, 2.0)), 2.0, reason_id=self.defect.id) for _number in range(2)]
        for request in requests:
            self._receive(request)
        inspections = self.env['returns.inspection'].search([('request_id', 'in', [request.id for request in requests])])
        inspections.write({'disposition_id': self.vendor_disposition.id, 'grade': 'd'})
        with self.assertRaisesRegex(UserError, "only 1 of 2"):
            inspections.with_user(self.inspector).action_done()

    def test_goods_that_were_made_have_no_vendor(self):
        self.env['stock.quant']._update_available_quantity(self.bought, self.stock, 10.0)
        request = self._approve(self._sell((self.bought, 5.0)), 2.0, reason_id=self.defect.id)
        self._receive(request)
        with self.assertRaisesRegex(UserError, "no purchase is known"):
            self._inspect(request, self.vendor_disposition)

    def test_units_of_the_purchase(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        self._buy(quantity=1.0, price=48.0, product_uom_id=dozen.id)
        claim = self._get_claim(self._to_vendor(quantity=5.0))
        self.assertEqual((claim.line_ids.quantity, claim.amount), (5.0, 20.0))
        self._ship(claim)
        self.assertEqual(claim.line_ids.purchase_line_id.qty_received, 0.58)
