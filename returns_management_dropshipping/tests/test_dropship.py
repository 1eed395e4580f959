# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.returns_management_purchase.tests.common import VendorCommon


class DropshipCommon(VendorCommon):
    """A product that its vendor delivers to our customers directly."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shipped = cls._create_shipped("Sofa")
        cls.vendor.child_ids = [Command.create({
            'name': "Vendor Returns", 'type': 'delivery', 'street': "Dock 9", 'city': "Harbour"})]

    @classmethod
    def _create_shipped(cls, name, **values):
        return cls._create_product(name, quantity=0.0, **{
            'standard_price': 0.0, 'purchase_method': 'receive', 'invoice_policy': 'delivery',
            'route_ids': [Command.set(cls.env.ref('stock_dropshipping.route_drop_shipping').ids)],
            'seller_ids': [Command.create({'partner_id': cls.vendor.id, 'price': 6.0})],
            'supplier_taxes_id': [Command.clear()], **values})

    @classmethod
    def _drop_ship(cls, quantity=5.0, bill=False, lots=(), product=None):
        """An order that the vendor has delivered to the customer."""
        order = cls._sell((product or cls.shipped, quantity), deliver=False, invoice=False)
        purchase = order._get_purchase_orders()
        purchase.button_confirm()
        picking = purchase.picking_ids
        move = picking.move_ids
        if lots:
            move.move_line_ids.unlink()
            move.move_line_ids = [Command.create({
                'product_id': move.product_id.id, 'lot_id': lot.id, 'quantity': 1.0, 'picking_id': picking.id,
                'location_id': move.location_id.id, 'location_dest_id': move.location_dest_id.id}) for lot in lots]
            move.picked = True
            picking.button_validate()
        else:
            cls._validate(picking)
        order._create_invoices().action_post()
        if bill:
            cls._bill(purchase)
        return order

    def _counters(self, order):
        line = order.order_line
        return line.qty_delivered, line.qty_invoiced, line.qty_to_invoice

    def _purchased(self, order):
        line = order._get_purchase_orders().order_line
        return line.qty_received, line.qty_invoiced, line.qty_to_invoice


@tagged('post_install', '-at_install')
class TestDropshipToUs(DropshipCommon):
    """A drop-shipped piece comes into our house like any other."""

    def test_it_comes_back_to_us(self):
        order = self._drop_ship()
        self.assertEqual(self._counters(order), (5.0, 5.0, 0.0))
        self.assertEqual(order.order_line.quantity_returnable, 5.0)
        request = self._approve(order, 2.0)
        receipt = request.sudo().picking_ids
        self.assertEqual((receipt.picking_type_id, receipt.location_dest_id), (
            order.warehouse_id.returns_type_id, order.warehouse_id.returns_location_id))
        self.assertEqual(receipt.move_ids.origin_returned_move_id.location_id.usage, 'supplier')
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._counters(order), (3.0, 3.0, 0.0))
        self.assertEqual(self._purchased(order)[0], 5.0, "the vendor has delivered it all the same")
        balance = request.line_ids.balance_id.sudo()
        self.assertEqual((balance.quantity_delivered, balance.quantity_returned), (5.0, 2.0))
        order.order_line.invalidate_recordset(['quantity_returnable'])
        self.assertEqual(order.order_line.quantity_returnable, 3.0)
        self.assertEqual(self._on_hand(self.shipped, self.stock), 2.0)
        with self.assertRaisesRegex(UserError, "only 3 may come back"):
            self._submit(order, 4.0)

    def test_it_is_worth_what_it_was_bought_for(self):
        for method in ('standard', 'average', 'fifo'):
            with self.subTest(method=method):
                category = self.env['product.category'].create({'name': method, 'property_cost_method': method})
                product = self._create_shipped(method, categ_id=category.id, standard_price=1.0)
                order = self._drop_ship(3.0, product=product)
                product.standard_price = 9.0
                for quantity in (1.0, 2.0):
                    request = self._approve(order, quantity)
                    self._receive(request)
                    self.assertEqual(request.sudo().picking_ids.move_ids.value, quantity * 6.0)

    def test_parts_add_up_to_the_cent(self):
        self.env.ref('product.decimal_price').digits = 4
        self.shipped.seller_ids.price = 3.3333
        order = self._drop_ship(3.0)
        values = []
        for _number in range(3):
            request = self._approve(order, 1.0)
            self._receive(request)
            values.append(request.sudo().picking_ids.move_ids.value)
        self.assertAlmostEqual(sum(values), 10.0)
        self.assertTrue(all(round(value * 100) == value * 100 for value in values))

    def test_from_our_house_back_to_the_vendor(self):
        order = self._drop_ship(bill=True)
        request = self._approve(order, 2.0, reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.vendor_disposition)
        claim = self._get_claim(request)
        self.assertEqual((claim.partner_id, claim.line_ids.receipt_id), (
            self.vendor, request.sudo().picking_ids.move_ids.origin_returned_move_id))
        self._ship(claim)
        self.assertEqual(self._purchased(order), (3.0, 3.0, 0.0))
        self.assertEqual(claim.refund_ids.amount_untaxed, 12.0)

    def test_serial_numbers(self):
        product = self._create_shipped("Scooter", tracking='serial')
        lots = self.env['stock.lot'].create([{'name': f"S{number}", 'product_id': product.id} for number in range(3)])
        order = self._drop_ship(3.0, lots=lots, product=product)
        self.assertEqual(set(order.order_line._get_lots_at_customer(product)), set(lots))
        request = self._approve(order, 1.0, lot_ids=[Command.set(lots[1].ids)])
        self._receive(request)
        self.assertEqual(request.inspection_ids.lot_id, lots[1])
        self.assertFalse(request.discrepancy_ids)


@tagged('post_install', '-at_install')
class TestDropshipToVendor(DropshipCommon):
    """A drop-shipped piece goes from the customer to the vendor; we go by the vendor's word."""

    def _send(self, order, quantity=2.0, **line_values):
        """A return whose goods have arrived at the vendor."""
        request = self._approve(order, quantity, is_sent_to_vendor=True, **line_values)
        self._receive(request)
        return request

    def test_it_goes_to_the_vendor(self):
        order = self._drop_ship(bill=True)
        request = self._approve(order, 2.0, is_sent_to_vendor=True)
        picking = request.sudo().picking_ids
        self.assertEqual((picking.location_id.usage, picking.location_dest_id.usage, picking.picking_type_id.code), (
            'customer', 'supplier', 'dropship'))
        self._receive(request)
        inspection = request.inspection_ids
        self.assertEqual((request.state, inspection.state, inspection.disposition_id), (
            'received', 'draft', self.vendor_disposition))
        self.assertTrue(inspection.is_at_vendor)
        self.assertEqual(self._counters(order), (3.0, 5.0, -2.0))
        self._inspect(request, self.vendor_disposition)
        claim = self._get_claim(request)
        self.assertEqual((claim.state, claim.partner_id, claim.line_ids.quantity), ('asked', self.vendor, 2.0))
        self.assertEqual(claim.refund_ids.amount_untaxed, 12.0)
        self.assertEqual(self._purchased(order), (3.0, 3.0, 0.0))
        self._settle(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._counters(order), (3.0, 3.0, 0.0))
        self.assertEqual(self.shipped.qty_available, 0.0, "never in our house")
        self.assertEqual(self.shipped.total_value, 0.0)
        balance = request.line_ids.balance_id.sudo()
        self.assertEqual((balance.quantity_delivered, balance.quantity_returned), (5.0, 2.0))

    def test_customer_reads_the_vendors_address(self):
        request = self._approve(self._drop_ship(), 2.0, is_sent_to_vendor=True)
        parcel, = request.sudo()._prepare_return_parcels()
        self.assertIn("Dock 9", " ".join(parcel['address']))
        self.assertEqual(parcel['lines'][0]['product'], self.shipped.display_name)

    def test_dock_does_not_wait_for_it(self):
        request = self._approve(self._drop_ship(), 2.0, is_sent_to_vendor=True)
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_parcel', request.id)
        self.assertEqual((parcel['picking_id'], parcel['goods']), (False, []))

    def test_policy_may_accept_on_arrival(self):
        self.rule.accept_at_vendor = True
        request = self._send(self._drop_ship(bill=True), reason_id=self.defect.id)
        self.assertEqual((request.inspection_ids.state, request.line_ids.quantity_accepted), ('done', 2.0))
        self.assertEqual(self._get_claim(request).state, 'asked')
        self._settle(request)
        self.assertEqual(request.state, 'done')
        self.assertIn("accepted on arrival", self.rule.terms_note)

    def test_vendor_refuses_and_sends_it_on_to_the_customer(self):
        order = self._drop_ship(bill=True)
        request = self._send(order)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        picking = request.inspection_ids.sudo().disposal_move_ids.picking_id
        self.assertEqual((picking.location_id.usage, picking.location_dest_id.usage, picking.picking_type_id.code), (
            'supplier', 'customer', 'dropship'))
        self._validate(picking)
        self.assertEqual((request.state, self._get_claim(request).ids), ('done', []))
        self.assertEqual(self._counters(order), (5.0, 5.0, 0.0))
        self.assertEqual(self._purchased(order), (5.0, 5.0, 0.0))
        self.assertEqual(request.line_ids.balance_id.sudo().quantity_returned, 2.0, "refused: it came back once")

    def test_vendor_accepts_some(self):
        order = self._drop_ship(bill=True)
        request = self._send(order, 3.0)
        self._inspect(request, self.vendor_disposition, accepted=2.0)
        claim = self._get_claim(request)
        self.assertEqual(claim.line_ids.quantity, 2.0)
        self.assertEqual(claim.refund_ids.invoice_line_ids.quantity, 2.0, "the third goes on to the customer")
        self._validate(request.inspection_ids.sudo().disposal_move_ids.picking_id)
        self._settle(request)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 2.0))
        self.assertEqual(self._counters(order), (3.0, 3.0, 0.0))
        self.assertEqual(self._purchased(order)[0], 3.0)

    def test_each_serial_number_at_the_vendor_is_claimed(self):
        product = self._create_shipped("Scooter", tracking='serial')
        lots = self.env['stock.lot'].create([{'name': f"S{number}", 'product_id': product.id} for number in range(3)])
        order = self._drop_ship(3.0, lots=lots, product=product, bill=True)
        request = self._send(order, 2.0, lot_ids=[Command.set(lots[:2].ids)])
        self._inspect(request, self.vendor_disposition)
        claim = self._get_claim(request)
        self.assertEqual((claim.state, claim.line_ids.lot_id, set(claim.line_ids.mapped('state'))), (
            'asked', lots[:2], {'asked'}))
        self.assertEqual(claim.refund_ids.invoice_line_ids.mapped('quantity'), [1.0, 1.0])

    def test_vendor_who_changes_its_mind_sends_the_goods_to_us(self):
        order = self._drop_ship(bill=True)
        request = self._send(order, 3.0)
        self._inspect(request, self.vendor_disposition, accepted=2.0)
        claim = self._get_claim(request)
        claim.with_user(self.buyer).action_refuse("Scratched")
        self.assertFalse(claim.refund_ids)
        picking = claim.picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual((picking.location_id.usage, picking.location_dest_id, picking.move_ids.product_uom_qty), (
            'supplier', order.warehouse_id.returns_location_id, 2.0))
        self._validate(picking)
        self.assertEqual(self._on_hand(self.shipped), 2.0)
        again = request.inspection_ids.filtered('previous_id')
        self.assertEqual((again.state, again.quantity, again.location_id), (
            'draft', 2.0, order.warehouse_id.returns_location_id))
        self._inspect(request, self.restock)
        self.assertEqual((self._on_hand(self.shipped), self._on_hand(self.shipped, self.stock)), (0.0, 2.0))

    def test_nobody_waits_for_an_exchange_that_the_vendor_would_have_to_deliver(self):
        with self.assertRaisesRegex(UserError, "Choose a refund"):
            self._submit(self._drop_ship(), resolution='exchange')

    def test_nothing_there_can_be_used_here(self):
        request = self._send(self._drop_ship())
        for disposition in (self.restock, self.scrap, self.quarantine):
            with self.assertRaisesRegex(UserError, "the goods are at the vendor"):
                self._inspect(request, disposition)

    def test_only_what_a_vendor_delivered(self):
        with self.assertRaisesRegex(UserError, "only goods that a vendor delivered directly"):
            self._submit(self._sell(), is_sent_to_vendor=True)
        with self.assertRaisesRegex(UserError, "are sent to us"):
            self._submit(self._drop_ship(), resolution='none', is_sent_to_vendor=True)

    def test_wish_of_a_submitted_return_does_not_change(self):
        request = self._submit(self._drop_ship())
        with self.assertRaisesRegex(UserError, "already submitted"):
            self._rpc(self.agent, 'returns.request.line', 'write', request.line_ids.ids, {'is_sent_to_vendor': True})

    def test_other_goods_do_not_slip_past_the_inspection(self):
        """Whoever counts at the dock sends nothing to a vendor that is to come to us."""
        request = self._approve(self._drop_ship(), 2.0)
        picking = request.sudo().picking_ids.with_user(self.inspector)
        place = self.env.ref('stock.stock_location_suppliers')
        picking.move_ids.move_line_ids.location_dest_id = place
        picking.move_ids.picked = True
        with self.assertRaisesRegex(UserError, "is inspected first"):
            picking.button_validate()

    def test_some_to_us_and_some_to_the_vendor(self):
        order = self._drop_ship()
        line = order.order_line
        request = self.Request.with_user(self.agent).create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id, 'line_ids': [
                Command.create({'sale_line_id': line.id, 'quantity': 1.0, 'reason_id': self.reason.id}),
                Command.create({'sale_line_id': line.id, 'quantity': 2.0, 'reason_id': self.defect.id,
                                'is_sent_to_vendor': True})]})
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(
            {(picking.location_dest_id.usage, sum(picking.move_ids.mapped('product_uom_qty')))
             for picking in request.sudo().picking_ids}, {('internal', 1.0), ('supplier', 2.0)})
        self.assertEqual(len(request.sudo()._prepare_return_parcels()), 2)
        self._receive(request)
        self.assertEqual(self._on_hand(self.shipped), 1.0)
        self.assertEqual(self._counters(order)[0], 2.0)
