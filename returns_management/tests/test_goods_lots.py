# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_goods import GoodsCommon


class LotsCommon(GoodsCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.phone = cls._create_product("Phone", quantity=0.0, tracking='serial')
        cls.paint = cls._create_product("Paint", quantity=0.0, tracking='lot')

    @classmethod
    def _stock_lots(cls, product, *names, quantity=1.0):
        lots = cls.env['stock.lot'].create([{'name': name, 'product_id': product.id} for name in names])
        for lot in lots:
            cls.env['stock.quant']._update_available_quantity(product, cls.stock, quantity, lot_id=lot)
        return lots

    def _sell_lots(self, product, lots, quantity=1.0, **kwargs):
        """An order on which exactly these lots were delivered, ``quantity`` pieces of each."""
        order = self._sell((product, len(lots) * quantity), deliver=False, invoice=False, **kwargs)
        picking = self._delivery(order)
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.write({'move_line_ids': [Command.create({
            'product_id': product.id, 'lot_id': lot.id, 'quantity': quantity, 'picking_id': picking.id,
            'product_uom_id': product.uom_id.id, 'location_id': self.stock.id,
            'location_dest_id': picking.location_dest_id.id}) for lot in lots]})
        picking.move_ids.picked = True
        picking.button_validate()
        order._create_invoices().action_post()
        return order

    def _put_lots(self, picking, *pairs):
        """The dock worker's count: (lot, pieces) instead of what was proposed."""
        move = picking.move_ids
        move.move_line_ids.unlink()
        move.write({'move_line_ids': [Command.create({
            'product_id': move.product_id.id, 'lot_id': lot.id, 'quantity': quantity, 'picking_id': picking.id,
            'product_uom_id': move.product_id.uom_id.id, 'location_id': move.location_id.id,
            'location_dest_id': move.location_dest_id.id}) for lot, quantity in pairs]})
        move.picked = True
        picking.with_user(self.stock_user).with_context(skip_backorder=True).button_validate()


@tagged('post_install', '-at_install')
class TestLots(LotsCommon):

    def test_announced_serials_are_proposed_and_inspected_each(self):
        first, second, third = self._stock_lots(self.phone, 'A1', 'A2', 'A3')
        order = self._sell_lots(self.phone, first | second | third)
        request = self._approve(order, 2.0, lot_ids=[Command.set((second | third).ids)])
        picking = self._receipts(request)
        self.assertEqual(picking.move_line_ids.lot_id, second | third)
        self.assertEqual(picking.move_ids.lot_ids, second | third)
        self.assertEqual((picking.state, picking.move_ids.quantity), ('assigned', 2.0))
        picking.with_user(self.stock_user).button_validate()
        inspections = request.sudo().inspection_ids
        self.assertEqual((inspections.lot_id, set(inspections.mapped('quantity'))), (second | third, {1.0}))
        self.assertFalse(request.sudo().discrepancy_ids)

    def test_without_announced_serials_those_at_the_customer_are_proposed(self):
        lots = self._stock_lots(self.phone, 'B1', 'B2', 'B3')
        order = self._sell_lots(self.phone, lots)
        one = self._approve(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        self._receive(one)
        two = self._approve(order, 1.0, lot_ids=[Command.set(lots[2].ids)])
        three = self._approve(order, 1.0)
        self.assertEqual(self._receipts(three).move_line_ids.lot_id, lots[1])
        self.assertEqual(self._receipts(two).move_line_ids.lot_id, lots[2])

    def test_serials_of_several_deliveries_undo_the_delivery_that_brought_them(self):
        lots = self._stock_lots(self.phone, 'C1', 'C2')
        order = self._sell((self.phone, 2.0), deliver=False, invoice=False)
        picking = self._delivery(order)
        picking.move_ids.move_line_ids.filtered(lambda piece: piece.lot_id == lots[1]).unlink()
        picking.move_ids.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        rest = self._delivery(order) - picking
        rest.button_validate()
        request = self._approve(order, 1.0, lot_ids=[Command.set(lots[1].ids)])
        self.assertEqual(self._receipts(request).move_ids.origin_returned_move_id.picking_id, rest)

    def test_serial_that_was_never_delivered_is_refused_at_submit(self):
        lots = self._stock_lots(self.phone, 'D1', 'D2')
        order = self._sell_lots(self.phone, lots[0])
        other = self._sell_lots(self.phone, lots[1])
        with self.assertRaisesRegex(UserError, "D2 was not delivered on this order line"):
            self._submit(order, 1.0, lot_ids=[Command.set(lots[1].ids)])
        self.assertEqual(self._submit(other, 1.0, lot_ids=[Command.set(lots[1].ids)]).state, 'review')

    def test_serial_already_back_announced_elsewhere_or_too_many_are_refused(self):
        lots = self._stock_lots(self.phone, 'E1', 'E2', 'E3')
        order = self._sell_lots(self.phone, lots)
        with self.assertRaisesRegex(UserError, "2 serial numbers are named for 1.0 pieces"):
            self._submit(order, 1.0, lot_ids=[Command.set(lots[:2].ids)])
        request = self._approve(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        with self.assertRaisesRegex(UserError, f"E1 is already announced in {request.name}"):
            self._submit(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        self._receive(request)
        with self.assertRaisesRegex(UserError, "E1 has already come back"):
            self._submit(order, 1.0, lot_ids=[Command.set(lots[0].ids)])

    def test_disputed_serial_that_was_announced_elsewhere_since_is_refused(self):
        first, second = self._stock_lots(self.phone, 'B1', 'B2')
        order = self._sell_lots(self.phone, first | second)
        self.rule.sudo().allow_refund = False
        refused = self._submit(order, 1.0, lot_ids=[Command.set(first.ids)])
        self.rule.sudo().allow_refund = True
        other = self._submit(order, 1.0, lot_ids=[Command.set(first.ids)])
        with self.assertRaisesRegex(UserError, f"B1 is already announced in {other.name}"):
            refused.line_ids.with_user(self.agent).action_dispute("It is mine")

    def test_another_serial_of_the_same_order_counts_and_is_told(self):
        lots = self._stock_lots(self.phone, 'F1', 'F2')
        order = self._sell_lots(self.phone, lots)
        request = self._approve(
            order, 1.0, lot_ids=[Command.set(lots[0].ids)], reason_id=self.reason_simple.id)
        self._put_lots(self._receipts(request), (lots[1], 1.0))
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.quantity, case.note), ('other_serial', 1.0, "Came: F2"))
        self.assertEqual((request.state, request.line_ids.quantity_received), ('received', 1.0))
        inspection = request.sudo().inspection_ids
        self.assertEqual((inspection.lot_id, inspection.state), (lots[1], 'draft'), "somebody has to look at it")

    def test_serial_of_another_order_is_no_return_of_this_one(self):
        lots = self._stock_lots(self.phone, 'G1', 'G2')
        order, other = self._sell_lots(self.phone, lots[0]), self._sell_lots(self.phone, lots[1])
        request = self._approve(order, 1.0)
        self._put_lots(self._receipts(request), (lots[1], 1.0))
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.quantity, case.note), ('other_serial', 1.0, "Came: G2"))
        self.assertEqual((request.state, request.line_ids.quantity_received), ('approved', 0.0))
        self.assertEqual((order.order_line.qty_delivered, other.order_line.qty_delivered), (1.0, 1.0))
        self.assertFalse(case.move_id.sale_line_id)
        rest = self._receipts(request).filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual(rest.move_ids.product_uom_qty, 1.0, "the right one is still awaited")
        self._put_lots(rest, (lots[0], 1.0))
        self.assertEqual((request.state, request.line_ids.quantity_received), ('received', 1.0))

    def test_surplus_is_the_serial_nobody_announced(self):
        lots = self._stock_lots(self.phone, 'H1', 'H2')
        order = self._sell_lots(self.phone, lots)
        request = self._approve(order, 1.0, lot_ids=[Command.set(lots[1].ids)])
        self._put_lots(self._receipts(request), (lots[0], 1.0), (lots[1], 1.0))
        self.assertEqual(request.sudo().inspection_ids.lot_id, lots[1])
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.move_id.lot_ids), ('over', lots[0]))

    def test_serials_on_the_wrong_line_of_one_parcel_find_their_own(self):
        lots = self._stock_lots(self.phone, 'I1', 'I2')
        order = self._sell_lots(self.phone, lots)
        request = self.Request.with_user(self.agent).create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id, 'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 1.0, 'reason_id': reason.id,
                'lot_ids': [Command.set(lot.ids)]})
                for lot, reason in zip(lots, self.reason | self.reason_quality, strict=True)]})
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        moves = self._receipts(request).move_ids
        self.assertEqual([move.lot_ids for move in moves], [lots[0], lots[1]])
        pieces = moves.move_line_ids.sorted('id')
        pieces[0].lot_id, pieces[1].lot_id = lots[1], lots[0]
        self._receipts(request).with_user(self.stock_user).button_validate()
        for line in request.line_ids:
            self.assertEqual(line.sudo().inspection_ids.lot_id, line.lot_ids)
        self.assertFalse(request.sudo().discrepancy_ids)

    def test_more_of_a_lot_than_was_delivered_stands_apart(self):
        lots = self._stock_lots(self.paint, 'J1', 'J2', quantity=10.0)
        order = self._sell_lots(self.paint, lots, quantity=2.0)
        self._sell_lots(self.paint, lots[0], quantity=5.0)
        request = self._approve(order, 4.0)
        self.assertEqual(
            {(piece.lot_id, piece.quantity) for piece in self._receipts(request).move_line_ids},
            {(lots[0], 2.0), (lots[1], 2.0)})
        self._put_lots(self._receipts(request), (lots[0], 3.0), (lots[1], 1.0))
        self.assertEqual(request.line_ids.quantity_received, 3.0)
        self.assertEqual(
            {(inspection.lot_id, inspection.quantity) for inspection in request.sudo().inspection_ids},
            {(lots[0], 2.0), (lots[1], 1.0)})
        self.assertEqual(request.sudo().discrepancy_ids.mapped('quantity'), [1.0])

    def test_the_refused_serial_goes_back_and_the_other_to_stock(self):
        lots = self._stock_lots(self.phone, 'K1', 'K2')
        order = self._sell_lots(self.phone, lots)
        request = self._approve(order, 2.0)
        self._receive(request)
        keep = request.sudo().inspection_ids.filtered(lambda inspection: inspection.lot_id == lots[0])
        back = request.sudo().inspection_ids - keep
        back.write({'disposition_id': self.back_to_customer.id, 'quantity_accepted': 0.0})
        keep.disposition_id = self.restock
        (back | keep).with_user(self.inspector).action_done()
        picking = back.disposal_move_ids.picking_id
        self.assertEqual((picking.state, picking.move_line_ids.lot_id), ('assigned', lots[1]))
        picking.with_user(self.stock_user).button_validate()
        self.assertEqual(lots[0].location_id, self.stock)
        self.assertFalse(self._on_hand(self.phone))
        self.assertEqual((request.state, order.order_line.qty_delivered), ('settlement', 1.0))

    def test_wizard_by_hand_leaves_announced_serials_alone(self):
        lots = self._stock_lots(self.phone, 'L1', 'L2')
        order = self._sell_lots(self.phone, lots)
        request = self._approve(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        back = self._wizard_return(self._delivery(order), 1.0, validate=False)
        self.assertEqual(self._receipts(request).move_line_ids.lot_id, lots[0])
        self.assertEqual(self._receipts(request).state, 'assigned')
        self.assertEqual(back.move_line_ids.lot_id, lots[1])

    def test_goods_delivered_without_a_lot_may_come_back_with_one(self):
        product = self._create_product("Radio", quantity=20.0)
        order = self._sell((product, 2.0))
        product.tracking = 'lot'
        lot = self.env['stock.lot'].create({'name': 'M1', 'product_id': product.id})
        request = self._approve(order, 2.0)
        self._put_lots(self._receipts(request), (lot, 2.0))
        self.assertEqual((request.line_ids.quantity_received, request.sudo().inspection_ids.lot_id), (2.0, lot))
        self.assertFalse(request.sudo().discrepancy_ids)

    def test_lots_that_are_valued_get_a_move_each_and_keep_their_cost(self):
        category = self.env['product.category'].create({'name': "By lot", 'property_cost_method': 'average'})
        product = self._create_product("Coin", quantity=0.0, tracking='lot', categ_id=category.id, lot_valuated=True)
        lots = self.env['stock.lot'].create([{'name': name, 'product_id': product.id} for name in ('N1', 'N2')])
        for lot, price in zip(lots, (5.0, 15.0), strict=True):
            move = self.env['stock.move'].create({
                'product_id': product.id, 'product_uom_qty': 4.0, 'product_uom': product.uom_id.id, 'picked': True,
                'location_id': self.env.ref('stock.stock_location_suppliers').id, 'location_dest_id': self.stock.id,
                'move_line_ids': [Command.create({
                    'product_id': product.id, 'lot_id': lot.id, 'quantity': 4.0, 'product_uom_id': product.uom_id.id,
                    'location_id': self.env.ref('stock.stock_location_suppliers').id,
                    'location_dest_id': self.stock.id})]})
            move._action_done()
            move.value_manual = 4.0 * price
        self.assertEqual(lots.mapped('standard_price'), [5.0, 15.0])
        order = self._sell_lots(product, lots, quantity=2.0)
        self.assertAlmostEqual(self._delivery(order).move_ids.value, 2 * 5.0 + 2 * 15.0)
        request = self._approve(order, 3.0)
        self._put_lots(self._receipts(request), (lots[0], 1.0), (lots[1], 2.0))
        receipts = self._receipts(request).move_ids
        self.assertEqual(
            {(move.lot_ids, move.quantity, move.value) for move in receipts},
            {(lots[0], 1.0, 5.0), (lots[1], 2.0, 30.0)})
        self.assertEqual(lots.mapped('standard_price'), [5.0, 15.0])
        self.assertEqual(receipts.returns_line_id, request.line_ids)
        self.assertEqual((request.state, request.line_ids.quantity_received), ('received', 3.0))
