# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged

from .test_goods import GoodsCommon


@tagged('post_install', '-at_install')
class TestWarehouse(GoodsCommon):
    """Each warehouse has its returns type and location, in every shape a warehouse can have."""

    def _assert_set_up(self, warehouse):
        kind, place = warehouse.returns_type_id, warehouse.returns_location_id
        self.assertEqual((kind.code, kind.warehouse_id, kind.company_id), ('incoming', warehouse, warehouse.company_id))
        self.assertEqual(kind.default_location_dest_id, place)
        self.assertEqual(kind.sequence_id.prefix, f'{warehouse.code}/RET/')
        self.assertEqual(warehouse.out_type_id.return_picking_type_id, kind)
        self.assertEqual(kind.return_picking_type_id, warehouse.out_type_id)
        self.assertEqual((place.usage, place.company_id, place.location_id.id, place.warehouse_id.id),
                         ('internal', warehouse.company_id, False, False))
        self.assertTrue(place.is_returns_location)

    def test_every_warehouse_that_was_there_is_set_up(self):
        for warehouse in self.env['stock.warehouse'].with_context(active_test=False).search([]):
            self._assert_set_up(warehouse)

    def test_new_warehouse_is_set_up_and_takes_back_what_it_delivered(self):
        warehouse = self.env['stock.warehouse'].create({'name': "Annex", 'code': 'ANX'})
        self._assert_set_up(warehouse)
        self.assertEqual(warehouse.returns_location_id.name, 'ANX Returns')
        self.env['stock.quant']._update_available_quantity(self.product, warehouse.lot_stock_id, 10.0)
        order = self._sell((self.product, 2.0), warehouse_id=warehouse.id)
        request = self._approve(order, 1.0)
        self._receive(request)
        self.assertEqual(self._on_hand(self.product, warehouse.returns_location_id), 1.0)
        self._inspect(request)
        self.assertEqual(self._on_hand(self.product, warehouse.lot_stock_id), 9.0)

    def test_request_can_send_goods_to_another_warehouse(self):
        warehouse = self.env['stock.warehouse'].create({'name': "Annex", 'code': 'ANX'})
        request = self._submit(self._sell(), 1.0)
        request.with_user(self.manager).warehouse_id = warehouse
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self.assertEqual(self._on_hand(self.product, warehouse.returns_location_id), 1.0)

    def test_renamed_code_reaches_sequence_and_locations(self):
        refurbish = self.warehouse._get_returns_location('refurbish')
        self.warehouse.with_user(self.stock_manager).write({'code': 'NEW', 'name': "New Name"})
        self._assert_set_up(self.warehouse)
        self.assertEqual(self.returns_place.name, 'NEW Returns')
        self.assertEqual(refurbish.name, 'NEW Refurbishment')
        self.assertIn("New Name", self.warehouse.returns_type_id.sequence_id.name)
        self.assertEqual(self.warehouse.returns_type_id.barcode, 'NEWRET')

    def test_archived_warehouse_takes_its_type_and_locations_along(self):
        warehouse = self.env['stock.warehouse'].create({'name': "Annex", 'code': 'ANX'})
        self.env['stock.quant']._update_available_quantity(self.product, warehouse.lot_stock_id, 3.0)
        order = self._sell((self.product, 3.0), warehouse_id=warehouse.id)
        first = self._approve(order, 1.0)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            warehouse.action_archive()
        self._receive(first)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            warehouse.action_archive()  # goods wait for inspection there
        self._inspect(first)
        self.env['stock.quant']._update_available_quantity(self.product, warehouse.lot_stock_id, -1.0)
        warehouse.action_archive()
        self.assertFalse(warehouse.returns_type_id.active or warehouse.returns_location_id.active)
        second = self._approve(order, 2.0)
        self.assertEqual(self._receipts(second).picking_type_id, self.warehouse.returns_type_id, "another takes them")
        warehouse.action_unarchive()
        self.assertTrue(warehouse.returns_type_id.active and warehouse.returns_location_id.active)

    def test_warehouse_in_several_steps_both_ways(self):
        warehouse = self.env['stock.warehouse'].create({
            'name': "Big", 'code': 'BIG', 'reception_steps': 'three_steps', 'delivery_steps': 'pick_pack_ship'})
        self.env['stock.quant']._update_available_quantity(self.product, warehouse.lot_stock_id, 10.0)
        order = self._sell((self.product, 4.0), warehouse_id=warehouse.id, deliver=False, invoice=False)
        while open_pickings := order.picking_ids.filtered(lambda picking: picking.state == 'assigned'):
            open_pickings.button_validate()
        self.assertEqual(order.order_line.qty_delivered, 4.0)
        request = self._approve(order, 2.0)
        picking = self._receipts(request)
        self.assertEqual(picking.move_ids.origin_returned_move_id.location_dest_id.usage, 'customer')
        self._receive(request)
        self.assertEqual(self._on_hand(self.product, warehouse.returns_location_id), 2.0)
        self.assertFalse(picking.move_ids.move_dest_ids, "no push rule takes them away before they are inspected")
        self._inspect(request, accepted=1.0)
        self.assertEqual(self._on_hand(self.product, warehouse.lot_stock_id), 7.0)
        back = request.sudo().inspection_ids.disposal_move_ids.picking_id
        self.assertEqual((back.picking_type_id, back.state), (warehouse.out_type_id, 'assigned'))
        back.button_validate()
        self.assertEqual(order.order_line.qty_delivered, 3.0)
        self.assertFalse(order.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel')))

    def test_two_warehouses_that_delivered_one_order_line_get_their_own_back(self):
        annex = self.env['stock.warehouse'].create({'name': "Annex", 'code': 'ANX'})
        product = self._create_product("Rare", quantity=2.0)
        self.env['stock.quant']._update_available_quantity(product, annex.lot_stock_id, 3.0)
        order = self._sell((product, 2.0), invoice=False)
        line = order.order_line
        order.warehouse_id = annex
        line.product_uom_qty = 5.0
        self._deliver(order)
        self.assertEqual(line.qty_delivered, 5.0)
        self.assertEqual(self._delivery(order).picking_type_id.warehouse_id, self.warehouse | annex)
        request = self._approve(order, 4.0)
        self.assertEqual(
            {(picking.picking_type_id, picking.move_ids.product_uom_qty) for picking in self._receipts(request)},
            {(self.warehouse.returns_type_id, 2.0), (annex.returns_type_id, 2.0)})
        self._receive(request)
        self.assertEqual((request.state, request.line_ids.quantity_received), ('received', 4.0))
        self._inspect(request)
        self.assertEqual((self._on_hand(product, self.stock), self._on_hand(product, annex.lot_stock_id)), (2.0, 2.0))

    def test_second_company_has_its_own_and_one_batch_may_hold_both(self):
        other = self.env['res.company'].create({'name': "Second Company"})
        warehouse = self.env['stock.warehouse'].search([('company_id', '=', other.id)])
        self._assert_set_up(warehouse)
        self.env.user.company_ids |= other
        everywhere = new_test_user(
            self.env, login='returns_everywhere', company_id=self.company.id,
            company_ids=[Command.set((self.company | other).ids)],
            groups='returns_management.group_returns_manager,stock.group_stock_user')
        self.env['stock.quant'].with_company(other)._update_available_quantity(
            self.product, warehouse.lot_stock_id, 9.0)
        self.env['returns.approval.group'].create({
            'name': "There", 'department': 'sales', 'company_id': other.id, 'is_fallback': True,
            'member_ids': [Command.set(everywhere.ids)]})
        order = self.env['sale.order'].with_company(other).create({
            'partner_id': self.customer.id, 'company_id': other.id, 'warehouse_id': warehouse.id,
            'order_line': [Command.create({'product_id': self.product.id, 'product_uom_qty': 4.0, 'tax_ids': False})]})
        order.action_confirm()
        order.picking_ids.button_validate()
        there = self.Request.with_company(other).create({
            'partner_id': self.customer.id, 'company_id': other.id, 'user_id': False,
            'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 2.0, 'reason_id': self.reason_simple.id})]})
        there.action_submit()
        there.with_user(everywhere).with_context(
            allowed_company_ids=(self.company | other).ids).action_approve()
        here = self._approve(self._sell(), 1.0, reason_id=self.reason_simple.id)
        pickings = self._receipts(there) | self._receipts(here)
        self.assertEqual(pickings.company_id, self.company | other)
        pickings.with_user(everywhere).with_context(
            allowed_company_ids=(self.company | other).ids).button_validate()
        self.assertEqual((there | here).mapped('state'), ['settlement', 'settlement'])
        self.assertEqual(self._on_hand(self.product, warehouse.lot_stock_id), 7.0)
        self.assertEqual(self._on_hand(self.product, warehouse.returns_location_id), 0.0)

    def test_raised_order_delivers_the_difference_only(self):
        order = self._sell((self.product, 5.0))
        self._return(order, 2.0)
        exchanged = self._approve(order, 1.0, resolution='exchange')
        self._receive(exchanged)
        self._inspect(exchanged)
        self._validate(exchanged.sudo().exchange_picking_ids)
        order.order_line.product_uom_qty = 6.0
        more = order.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))
        self.assertEqual(more.move_ids.mapped('product_uom_qty'), [1.0])
        self._deliver(order)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (4.0, 1.0))
