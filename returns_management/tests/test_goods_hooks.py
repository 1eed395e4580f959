# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.stock.models.stock_move import StockMove as CoreMove

from .test_goods import GoodsCommon


@tagged('post_install', '-at_install')
class TestHooks(GoodsCommon):
    """People who know nothing of returns work as before, and do not pay for them."""

    def _move(self, source, dest, quantity=2.0, user=None, **values):
        move = self.env['stock.move'].with_user(user or self.stock_user).create({
            'product_id': self.product.id, 'product_uom': self.product.uom_id.id, 'product_uom_qty': quantity,
            'location_id': source.id, 'location_dest_id': dest.id, **values})
        move._action_confirm()
        move.quantity, move.picked = quantity, True
        move._action_done()
        self.assertEqual(move.state, 'done')
        return move

    def test_plain_stock_user_delivers_receives_moves_scraps_and_counts(self):
        suppliers = self.env.ref('stock.stock_location_suppliers')
        customers = self.env.ref('stock.stock_location_customers')
        order = self._sell(deliver=False, invoice=False)
        picking = self._delivery(order).with_user(self.stock_user)
        picking.move_ids.quantity = 2.0
        self._confirm_form(picking.button_validate())
        self._delivery(order).filtered(lambda other: other.state == 'assigned').with_user(
            self.stock_user).button_validate()
        self.assertEqual(order.order_line.qty_delivered, 5.0)
        self._wizard_return(self._delivery(order)[0], 1.0)
        self._move(suppliers, self.stock)
        self._move(self.stock, self.returns_place)
        self._move(self.returns_place, self.stock)
        self._move(suppliers, customers)
        self._move(customers, suppliers)
        scrap = self.env['stock.scrap'].with_user(self.stock_user).create({
            'product_id': self.product.id, 'scrap_qty': 1.0, 'location_id': self.stock.id})
        self.assertTrue(scrap.action_validate())
        quant = self.env['stock.quant'].with_user(self.stock_manager).with_context(inventory_mode=True).create({
            'product_id': self.product.id, 'location_id': self.stock.id, 'inventory_quantity': 12.0})
        quant.action_apply_inventory()
        self.assertEqual(quant.quantity, 12.0)
        spare = self._sell(deliver=False, invoice=False)
        self._delivery(spare).with_user(self.stock_user).action_cancel()
        self._delivery(spare).with_user(self.stock_manager).unlink()
        self.assertFalse(spare.picking_ids)

    def test_salesman_validates_and_cancels_his_order(self):
        order = self._sell((self.product, 2.0), deliver=False, invoice=False, user_id=self.salesman.id)
        self._delivery(order).with_user(self.salesman).button_validate()
        self.assertEqual(order.order_line.qty_delivered, 2.0)
        line = order.order_line.with_user(self.salesman)
        self.assertEqual(line.quantity_returnable, 2.0)
        line.product_uom_qty = 3.0
        order.with_user(self.salesman)._action_cancel()
        self.assertEqual(order.state, 'cancel')

    def test_plain_users_deliver_what_open_returns_are_about(self):
        order = self._sell((self.product, 4.0), deliver=False, invoice=False)
        self._validate(self._delivery(order), {self.product: 2.0})
        request = self._approve(order, 2.0)
        self._delivery(order).filtered(lambda picking: picking.state == 'assigned').with_user(
            self.salesman).button_validate()
        self.assertEqual(self._balance(request.line_ids), (4.0, 2.0, 0.0))

    def test_stock_user_sees_the_pickings_of_returns(self):
        request = self._approve(self._sell(), 2.0)
        picking = self._receipts(request).with_user(self.stock_user)
        self.assertEqual(picking.web_read({'returns_request_id': {'fields': {'display_name': {}}}})[0][
            'returns_request_id']['display_name'], request.name)
        with self.assertRaises(AccessError):
            request.with_user(self.stock_user).read(['amount_requested'])

    def _cost_of_delivery(self, with_rows, hooks=True):
        """Queries of validating one delivery of three lines by a plain stock user, all caches warm but the records'."""
        orders = self.env['sale.order']
        for _number in range(4):  # the first fills caches; a later one may meet a new second, and write dates once more
            order = self._sell(*[(product, 4.0) for product in self.products], deliver=False, invoice=False)
            if with_rows:
                self._validate(self._delivery(order), dict.fromkeys(self.products, 2.0))
                self._submit(order, 1.0)
            orders |= order
        costs = []
        for order in orders:
            picking = self._delivery(order).filtered(lambda picking: picking.state == 'assigned').with_user(
                self.stock_user)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            if hooks:
                picking.button_validate()
            else:
                Ours = type(self.env['stock.move'])
                with patch.object(Ours, '_returns_after_done', lambda self: None), \
                        patch.object(Ours, '_returns_sort_receipts', lambda self: self.browse()), \
                        patch.object(Ours, '_create_backorder', CoreMove._create_backorder):
                    picking.button_validate()
            self.env.flush_all()
            costs.append(self.env.cr.sql_log_count - before)
            self.assertEqual(picking.state, 'done')
        return min(costs)

    def test_ordinary_delivery_pays_at_most_three_queries(self):
        self.ledger_leaves = frozenset({'balance'})  # of what went out without our hooks
        self.products = self.product | self.product_ordered | self._create_product("Third")
        for with_rows in (False, True):
            with self.subTest(with_rows=with_rows):
                core, ours = self._cost_of_delivery(with_rows, hooks=False), self._cost_of_delivery(with_rows)
                self.assertLessEqual(ours - core, 3)

    def test_replacement_deleted_in_inventory_does_not_stop_its_user(self):
        request = self._approve(self._sell(), 1.0, resolution='exchange')
        self._receive(request)
        self._inspect(request)
        picking = request.sudo().exchange_picking_ids.with_user(self.stock_manager)
        picking.action_cancel()
        picking.unlink()
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))

    def test_lines_of_a_request_taken_up_again_may_be_removed(self):
        order = self._sell((self.product, 5.0), (self.product_ordered, 5.0))
        request = self._approve(order, 2.0)
        request.action_cancel()
        request.action_draft()
        request.write({'line_ids': [Command.delete(request.line_ids[0].id)]})
        self.assertEqual(request.line_ids.product_id, self.product_ordered)
        request.action_submit()
        self.assertEqual(request.state, 'review')

    def test_replacement_is_split_by_who_assigns_a_receipt_to_it(self):
        request = self._approve(self._sell((self.product, 5.0)), 3.0, resolution='exchange')
        self._receive(request)
        self._inspect(request, self.scrap)
        suppliers = self.env.ref('stock.stock_location_suppliers')
        receipt = self.env['stock.picking'].create({
            'picking_type_id': self.warehouse.in_type_id.id, 'location_id': suppliers.id,
            'location_dest_id': self.stock.id, 'move_ids': [Command.create({
                'product_id': self.product.id, 'product_uom_qty': 1.0, 'location_id': suppliers.id,
                'location_dest_id': self.stock.id})]})
        receipt.action_confirm()
        replacement = request.sudo().exchange_picking_ids.move_ids
        replacement._do_unreserve()
        self.env['report.stock.report_reception'].with_user(self.stock_user).action_assign(
            replacement.ids, [1.0], receipt.move_ids.ids)
        moves = request.line_ids.move_ids.filtered(lambda move: move._returns_is_replacement())
        self.assertEqual(sorted(moves.mapped('product_uom_qty')), [1.0, 2.0])
