# Part of returns_management. See LICENSE file for full copyright and licensing details.

import re

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import ReturnsCommon


class GoodsCommon(ReturnsCommon):
    """Helpers around stock: plain users, core's wizards, quants."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stock_user = new_test_user(
            cls.env, login='returns_stock_user', groups='stock.group_stock_user', company_id=cls.company.id)
        cls.stock_manager = new_test_user(
            cls.env, login='returns_stock_manager', groups='stock.group_stock_manager', company_id=cls.company.id)
        cls.salesman = new_test_user(
            cls.env, login='returns_salesman', groups='sales_team.group_sale_salesman', company_id=cls.company.id)
        cls.returns_place = cls.warehouse.returns_location_id
        cls.reason_simple = cls.reason_quality.copy({'name': "Straight to the shelf", 'needs_inspection': False})

    def _wizard_return(self, picking, quantity=None, user=None, validate=True):
        """A return (or the return of a return) by core's own wizard, of ``quantity`` pieces a line or of all."""
        wizard = self.env['stock.return.picking'].with_user(user or self.stock_user).with_context(
            active_id=picking.id, active_ids=picking.ids, active_model='stock.picking').create({})
        for line in wizard.product_return_moves:
            line.quantity = line.move_quantity if quantity is None else quantity
        back = wizard._create_return()
        if validate:
            back.button_validate()
        return back

    def _delivery(self, order):
        return order.picking_ids.filtered(lambda picking: picking.picking_type_code == 'outgoing')

    def _receipts(self, request, state=None):
        pickings = request.sudo().picking_ids
        return pickings.filtered(lambda picking: picking.state == state) if state else pickings

    def _free(self, product):
        return product.with_context(warehouse_id=self.warehouse.id).free_qty

    def _balance(self, line):
        balance = line.sudo().balance_id
        return balance.quantity_delivered, balance.quantity_held, balance.quantity_returned


@tagged('post_install', '-at_install')
class TestReception(GoodsCommon):
    """What happens at the dock."""

    def test_goods_that_wait_are_valued_and_promised_to_nobody(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        free, value = self._free(self.product), self.product.total_value
        self._receive(request)
        self.assertEqual(self._on_hand(self.product), 2.0)
        self.assertEqual(self._free(self.product), free)
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).qty_available, free)
        self.assertAlmostEqual(self.product.total_value, value + 2 * 7.0)
        thirsty = self._sell((self.product, free + 1), deliver=False, invoice=False)
        self.assertEqual(thirsty.picking_ids.move_ids.quantity, free, "what waits for inspection is not reserved")

    def test_return_picking_speaks_of_the_delivery_it_undoes(self):
        order = self._sell()
        request = self._approve(order, 2.0)
        picking, delivery = self._receipts(request), self._delivery(order)
        self.assertEqual(picking.picking_type_id, self.warehouse.returns_type_id)
        self.assertEqual(picking.return_id, delivery)
        self.assertEqual(picking.returns_request_id, request)
        self.assertEqual(picking.move_ids.origin_returned_move_id, delivery.move_ids)
        self.assertEqual(picking.move_ids.sale_line_id, order.order_line)
        self.assertEqual((picking.state, picking.move_ids.quantity), ('assigned', 2.0))

    def test_core_dialog_makes_a_backorder_that_still_belongs_to_the_return(self):
        request = self._approve(self._sell(), 3.0)
        picking = self._receipts(request).with_user(self.stock_user)
        picking.move_ids.quantity = 1.0
        action = picking.button_validate()
        self.assertEqual(action['res_model'], 'stock.backorder.confirmation')
        self._confirm_form(action)
        line = request.line_ids
        self.assertEqual((line.state, line.quantity_received), ('approved', 1.0))
        rest = self._receipts(request, 'assigned')
        self.assertEqual((rest.move_ids.returns_line_id, rest.move_ids.product_uom_qty), (line, 2.0))
        self._receive(request)
        self.assertEqual((line.state, line.quantity_received), ('received', 3.0))

    def test_without_backorder_the_rest_can_be_announced_again(self):
        request = self._approve(self._sell(), 3.0)
        picking = self._receipts(request).with_user(self.stock_user)
        picking.move_ids.quantity = 1.0
        action = picking.button_validate()
        wizard = self.env[action['res_model']].with_context(**action['context']).create({})
        wizard.process_cancel_backorder()
        self.assertEqual((request.state, request.line_ids.quantity_received), ('approved', 1.0))
        self.assertFalse(self._receipts(request, 'assigned'))
        action = request.with_user(self.inspector).action_receive()
        self.assertEqual(action['params']['picking_ids'], self._receipts(request, 'assigned').ids)
        self.assertEqual(self._receipts(request, 'assigned').move_ids.product_uom_qty, 2.0)
        request.with_user(self.inspector).action_receive()
        self.assertEqual(len(self._receipts(request, 'assigned')), 1, "asked twice, made once")

    def test_more_than_approved_stands_apart_from_the_order(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        picking = self._receipts(request)
        self._validate(picking.with_user(self.stock_user), {self.product: 3.0})
        line = request.line_ids
        self.assertEqual((line.state, line.quantity_received), ('received', 2.0))
        self.assertEqual((order.order_line.qty_delivered, len(order.order_line)), (3.0, 1))
        self.assertEqual(self._balance(line), (5.0, 0.0, 2.0))
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.quantity, case.state, case.user_id), ('over', 1.0, 'open', self.agent))
        self.assertEqual((case.move_id.state, case.move_id.quantity, case.move_id.picking_id), ('done', 1.0, picking))
        self.assertFalse(case.move_id.sale_line_id)
        self.assertEqual(self._on_hand(self.product), 3.0)
        self.assertEqual(request.sudo().inspection_ids.quantity, 2.0)
        self.assertFalse(self._receipts(request).filtered(lambda other: other.state not in ('done', 'cancel')))

    def test_another_product_in_the_parcel_becomes_a_case_and_no_order_line(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        picking = self._receipts(request).with_user(self.stock_user)
        picking.write({'move_ids': [Command.create({
            'product_id': self.product_ordered.id, 'product_uom_qty': 1.0, 'quantity': 1.0, 'picked': True,
            'product_uom': self.product_ordered.uom_id.id,
            'location_id': picking.location_id.id, 'location_dest_id': picking.location_dest_id.id})]})
        self._validate(picking, {self.product: 2.0, self.product_ordered: 1.0})
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.product_id, case.quantity), ('other_product', self.product_ordered, 1.0))
        self.assertEqual(order.order_line.product_id, self.product)
        self.assertEqual((request.line_ids.quantity_received, request.state), (2.0, 'received'))

    def test_one_delivery_after_the_other_oldest_first(self):
        order = self._sell((self.product, 6.0), deliver=False, invoice=False)
        first = self._delivery(order)
        self._validate(first, {self.product: 2.0})
        first.move_ids.date = '2026-01-01'
        self._deliver(order)
        second = self._delivery(order) - first
        request = self._approve(order, 3.0)
        moves = self._receipts(request).move_ids.sorted('id')
        self.assertEqual(moves.origin_returned_move_id.mapped('picking_id'), first | second)
        self.assertEqual(moves.mapped('product_uom_qty'), [2.0, 1.0])
        self._receive(request)
        self.assertEqual(request.line_ids.quantity_received, 3.0)

    def test_second_delivery_raises_what_may_come_back(self):
        order = self._sell((self.product, 6.0), deliver=False, invoice=False)
        self._validate(self._delivery(order), {self.product: 2.0})
        request = self._approve(order, 2.0)
        with self.assertRaisesRegex(UserError, "2 delivered"):
            self._submit(order, 1.0)
        self._deliver(order)
        self.assertEqual(self._balance(request.line_ids), (6.0, 2.0, 0.0))
        self.assertEqual(self._submit(order, 4.0).state, 'review')

    def test_dozens_are_counted_exactly(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 2.0, {'product_uom_id': dozen.id}))
        request = self._approve(order, 1.0)
        line = request.line_ids
        self.assertEqual((line.uom_id, line.quantity_approved), (dozen, 1.0))
        self.assertEqual(self._balance(line), (24.0, 12.0, 0.0))
        self._receive(request)
        self.assertEqual((line.uom_id, line.quantity_received), (dozen, 1.0))
        inspection = request.sudo().inspection_ids
        self.assertEqual((inspection.quantity, inspection.uom_id), (12.0, self.product.uom_id))
        self._inspect(request)
        self._settle(request)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 1.0))

    def test_five_of_a_dozen_are_five_to_the_piece(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 2.0, {'product_uom_id': dozen.id}))
        request = self._approve(order, 1.0)
        self._receive(request, {self.product: 5.0})
        line = request.line_ids
        self.assertEqual((line.uom_id, line.quantity, line.quantity_received), (self.product.uom_id, 12.0, 5.0))
        self.assertEqual(self._balance(line), (24.0, 7.0, 5.0))
        self.assertEqual(self._receipts(request, 'assigned').move_ids.product_uom_qty, 7.0)
        self._receive(request)
        self._inspect(request, accepted=3.0)
        self.assertEqual(line.quantity_accepted, 6.0)
        self.assertEqual(line._to_product_uom(line.quantity_settled), 0.0)

    def test_plain_stock_user_receives_without_any_returns_right(self):
        order = self._sell()
        request = self._approve(order, 2.0, reason_id=self.reason_simple.id)
        stock = self._on_hand(self.product, self.stock)
        picking = self._receipts(request).with_user(self.stock_user)
        picking.button_validate()
        self.assertEqual(picking.state, 'done')
        self.assertEqual((request.state, request.line_ids.quantity_accepted), ('settlement', 2.0))
        self.assertEqual(self._on_hand(self.product, self.stock), stock + 2.0, "restocked without inspection")

    def test_cancelled_receipt_can_be_made_again(self):
        request = self._approve(self._sell(), 2.0)
        self._receipts(request).with_user(self.stock_user).action_cancel()
        self.assertEqual((request.state, self._balance(request.line_ids)), ('approved', (5.0, 2.0, 0.0)))
        request.with_user(self.stock_user).action_receive()
        self._receive(request)
        self.assertEqual(request.state, 'received')

    def test_deleted_receipt_can_be_made_again(self):
        request = self._approve(self._sell(), 2.0)
        self._receipts(request).with_user(self.stock_manager).unlink()
        self.assertEqual(request.state, 'approved')
        request.with_user(self.inspector).action_receive()
        self._receive(request)
        self.assertEqual(request.state, 'received')

    def test_receipt_of_a_cancelled_order_can_be_made_again(self):
        order = self._sell((self.product, 5.0), deliver=False, invoice=False)
        self._validate(self._delivery(order), {self.product: 3.0})
        request = self._approve(order, 2.0)
        order._action_cancel()
        self.assertEqual(order.state, 'cancel')
        self.assertEqual((request.state, self._receipts(request).state), ('approved', 'cancel'))
        request.with_user(self.inspector).action_receive()
        self._receive(request)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('received', 1.0))

    def test_two_hundred_receipts_need_no_search_each(self):
        requests = self.Request
        for _number in range(12):
            requests |= self._approve(self._sell(invoice=False), 1.0)

        def cost(some):
            pickings = some.sudo().picking_ids.with_user(self.stock_user)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            pickings.button_validate()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        cost(requests[:1])
        few, many = cost(requests[1:4]), cost(requests[4:])
        self.assertLess((many - few) / 5, 16, "queries for each further receipt; core alone needs 5.3")
        self.assertEqual(set(requests.mapped('state')), {'received'})

    def test_receive_belongs_to_the_dock(self):
        request = self._approve(self._sell(), 2.0)
        for user in (self.employee, self.agent, self.accountant, self.voter_quality, self.salesman):
            with self.assertRaises(AccessError):
                request.with_user(user).action_receive()
        action = request.with_user(self.stock_user).action_receive()
        self.assertTrue(self.env['stock.picking'].with_user(self.stock_user).browse(action['params']['picking_ids']).name)

    def test_receive_is_for_approved_requests(self):
        order = self._sell((self.product, 5.0))
        draft = self._file(order, 1.0)
        review = self._submit(order, 1.0)
        done = self._return(order, 1.0)
        for request in (draft, review, done):
            with self.assertRaisesRegex(UserError, "Nothing is to come"):
                request.with_user(self.inspector).action_receive()

    def test_receive_of_another_company_is_refused(self):
        request = self._approve(self._sell(), 1.0)
        other = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(
            self.env, login='returns_stranger', groups='stock.group_stock_user', company_id=other.id,
            company_ids=[Command.set(other.ids)])
        with self.assertRaisesRegex(AccessError, re.escape(self.company.name)):
            request.with_user(stranger).action_receive()
        with self.assertRaises(AccessError):
            request.with_user(stranger).action_close_short("x")

    def test_close_short_frees_the_rest_and_says_why(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 4.0)
        self._receive(request, {self.product: 1.0})
        for user in (self.employee, self.agent, self.accountant, self.salesman):
            with self.assertRaises(AccessError):
                request.with_user(user).action_close_short("Gone")
        for comment in ("", "  ", None, 5):
            with self.assertRaisesRegex(UserError, "Say why"):
                request.with_user(self.inspector).action_close_short(comment)
        request.with_user(self.stock_user).action_close_short("Gone")
        self.assertEqual((request.state, request.line_ids.quantity_closed), ('received', 3.0))
        self.assertEqual(self._balance(request.line_ids), (5.0, 0.0, 1.0))
        self.assertFalse(self._receipts(request, 'assigned'))
        with self.assertRaisesRegex(UserError, "Nothing is to come"):
            request.with_user(self.agent_all).action_close_short("Gone")

    def test_closing_all_of_it_short_cancels_the_request(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 4.0)
        request.with_user(self.agent_all).action_close_short("Never sent")
        self.assertEqual((request.state, order.order_line.quantity_returnable), ('cancelled', 5.0))

    def test_what_is_closed_short_is_not_paid_in_advance(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._sell(), 3.0)
        self.assertEqual(request.line_ids.quantity_advanced, 3.0)
        self._receive(request, {self.product: 1.0})
        request.with_user(self.inspector).action_close_short("Lost")
        self._inspect(request)
        self.assertEqual((request.line_ids.quantity_accepted, request.line_ids.quantity_advanced), (1.0, 0.0))
        self.assertEqual(self._settle(request).invoice_line_ids.quantity, 1.0)

    def test_a_done_receipt_is_not_rewritten(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        picking = self._receipts(request).with_user(self.stock_manager)
        picking.action_toggle_is_locked()
        with self.assertRaisesRegex(UserError, "has counted these pieces"), self.env.cr.savepoint():
            picking.move_ids.quantity = 1.0

    def test_what_a_return_counted_is_not_rewritten_by_rpc(self):
        request = self._approve(self._sell(), 2.0)
        other = self._create_product("Pencil")
        open_move = self._approve(self._sell()).sudo().picking_ids.move_ids.with_user(self.stock_user)
        with self.assertRaisesRegex(UserError, "line of their own"):
            open_move.product_id = other
        for name in ('sale_line_id', 'origin_returned_move_id'):
            with self.subTest(field=name), self.assertRaisesRegex(UserError, "belongs to the return"):
                open_move.write({name: False})
        self._receive(request)
        move = self._receipts(request).move_ids.with_user(self.stock_user)
        for name, value in (
                ('state', 'draft'), ('state', 'cancel'), ('sale_line_id', False), ('product_id', other.id),
                ('origin_returned_move_id', False), ('location_dest_id', self.stock.id), ('to_refund', False)):
            with self.subTest(field=name, value=value), self.assertRaisesRegex(UserError, request.name):
                move.write({name: value})
        move.write({'state': 'done', 'product_id': self.product.id})
        self.assertEqual(request.line_ids.sudo().balance_id.quantity_returned, 2.0)

    def test_another_product_is_not_counted_as_the_one_announced(self):
        request = self._approve(self._sell())
        other = self._create_product("Pencil")
        picking = self._receipts(request).with_user(self.stock_user)
        move = picking.move_ids
        move.move_line_ids.unlink()
        self.env['stock.move.line'].with_user(self.stock_user).create({
            'move_id': move.id, 'picking_id': picking.id, 'product_id': other.id, 'quantity': 1.0, 'picked': True,
            'location_id': move.location_id.id, 'location_dest_id': move.location_dest_id.id})
        with self.assertRaisesRegex(UserError, "Pencil was counted as Kettle"):
            picking.button_validate()
        self.assertEqual(request.line_ids.quantity_received, 0.0)

    def test_links_to_a_return_are_not_forged(self):
        request = self._approve(self._sell(), 2.0)
        picking = self._receipts(request).with_user(self.stock_user)
        vals = {
            'product_id': self.product.id, 'product_uom_qty': 1.0, 'product_uom': self.product.uom_id.id,
            'location_id': picking.location_id.id, 'location_dest_id': picking.location_dest_id.id}
        Move = self.env['stock.move'].with_user(self.stock_user)
        with self.assertRaises(UserError):
            Move.create({**vals, 'returns_line_id': request.line_ids.id})
        with self.assertRaises(UserError):
            picking.move_ids.write({'returns_line_id': False})
        move = Move.with_context(default_returns_line_id=request.line_ids.id).create(vals)
        self.assertFalse(move.returns_line_id)


@tagged('post_install', '-at_install')
class TestByHand(GoodsCommon):
    """Odoo's own documents move on without us."""

    def test_return_by_hand_counts(self):
        order = self._sell((self.product, 5.0))
        back = self._wizard_return(self._delivery(order), 2.0)
        self.assertEqual((back.picking_type_id, back.state), (self.warehouse.returns_type_id, 'done'))
        self.assertEqual(self._on_hand(self.product), 2.0, "core's wizard, too, brings goods where they are inspected")
        self.assertEqual(order.order_line.quantity_returnable, 3.0)
        with self.assertRaisesRegex(UserError, "only 3 may come back"):
            self._submit(order, 4.0)

    def test_return_by_hand_that_eats_held_pieces_is_refused_by_name(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 4.0)
        back = self._wizard_return(self._delivery(order), 3.0, validate=False)
        with self.assertRaisesRegex(UserError, rf"2.0 .*{request.name}"):
            back.with_user(self.stock_user).button_validate()
        back.move_ids.quantity = 1.0
        back.with_user(self.stock_user).with_context(skip_backorder=True).button_validate()
        self.assertEqual(self._balance(request.line_ids), (5.0, 4.0, 1.0))

    def test_manager_goes_on_and_the_youngest_requests_are_cut(self):
        order = self._sell((self.product, 10.0))
        first = self._approve(order, 4.0)
        second, third = self._approve(order, 3.0), self._submit(order, 3.0)
        back = self._wizard_return(self._delivery(order), 5.0, validate=False)
        back.with_user(self.manager).button_validate()
        self.assertEqual(back.state, 'done')
        self.assertEqual((first.line_ids.quantity_held, first.state), (4.0, 'approved'))
        self.assertEqual((second.line_ids.quantity_held, second.line_ids.quantity_closed), (1.0, 2.0))
        self.assertEqual(third.state, 'rejected', "nothing of it is left to approve")
        self.assertIn("came back by hand", second.message_ids[:4].mapped('body')[0] + second.message_ids[1].body)
        self.assertEqual(self._balance(first.line_ids), (10.0, 5.0, 5.0))
        self.assertEqual(self._receipts(second, 'assigned').move_ids.product_uom_qty, 1.0, "nor is more announced")
        self._receive(second)
        self.assertEqual((second.state, second.line_ids.quantity_received), ('received', 1.0))

    def test_request_in_review_that_was_cut_can_still_be_lowered_and_rejected(self):
        order = self._sell((self.product, 5.0))
        request = self._submit(order, 5.0)
        back = self._wizard_return(self._delivery(order), 2.0, validate=False)
        back.with_user(self.manager).button_validate()
        self.assertEqual((request.state, request.line_ids.quantity_approved), ('review', 3.0))
        request.with_user(self.voter_sales).action_lower({request.line_ids.id: 1.0}, "One")
        request.with_user(self.voter_sales).action_reject("No")
        self.assertEqual(request.state, 'rejected')

    def test_return_undone_by_hand_may_come_back_again(self):
        order = self._sell((self.product, 5.0))
        back = self._wizard_return(self._delivery(order), 5.0)
        self.assertEqual(order.order_line.quantity_returnable, 0.0)
        self._wizard_return(back, 5.0)
        self.assertEqual((order.order_line.quantity_returnable, order.order_line.qty_delivered), (5.0, 5.0))
        request = self._approve(order, 5.0)
        self._receive(request)
        self.assertEqual((request.line_ids.quantity_received, self._balance(request.line_ids)), (5.0, (5.0, 0.0, 5.0)))

    def test_what_a_return_received_is_not_given_back_by_hand(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        self._receive(request)
        back = self._wizard_return(self._receipts(request), 1.0, validate=False)
        for user in (self.stock_user, self.manager):
            with self.assertRaisesRegex(UserError, f"what came with {request.name}.*Back to Customer"):
                self._validate(back.with_user(user))
        self.assertEqual((order.order_line.quantity_returnable, self._on_hand(self.product)), (3.0, 2.0))
        back.action_cancel()
        self._inspect(request)
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def test_goods_sent_back_by_us_do_not_count_as_delivered_again(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        sent = request.sudo().inspection_ids.disposal_move_ids.picking_id
        self._validate(sent)
        self.assertEqual(request.state, 'done')
        self.assertEqual((order.order_line.qty_delivered, order.order_line.quantity_returnable), (5.0, 3.0))
        other = self._approve(order, 3.0)
        self._wizard_return(sent, 2.0)
        self.assertEqual(self._balance(other.line_ids), (5.0, 3.0, 2.0), "nor do they eat what is held, coming again")

    def test_planned_return_by_hand_does_not_stand_in_the_way(self):
        order = self._sell((self.product, 5.0))
        self._wizard_return(self._delivery(order), 5.0, validate=False)
        request = self._approve(order, 5.0)
        self.assertEqual(self._receipts(request).move_ids.product_uom_qty, 5.0)

    def test_corrected_delivery_lowers_what_may_come_back(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        delivery = self._delivery(order).with_user(self.stock_manager)
        delivery.action_toggle_is_locked()
        delivery.move_ids.quantity = 3.0
        self.assertEqual(self._balance(request.line_ids), (3.0, 2.0, 0.0))
        with self.assertRaisesRegex(UserError, request.name), self.env.cr.savepoint():
            delivery.move_ids.quantity = 1.0
        delivery.with_user(self.manager).move_ids.quantity = 1.0
        self.assertEqual((self._balance(request.line_ids), request.line_ids.quantity_closed), ((1.0, 1.0, 0.0), 1.0))

    def test_one_batch_of_our_receipt_a_return_by_hand_and_a_delivery(self):
        mine, hand, fresh = (self._sell((self.product, 5.0), invoice=False) for _number in range(3))
        request = self._approve(mine, 2.0)
        other = self._approve(mine, 3.0)
        on_fresh = self._approve(fresh, 5.0)
        fresh.order_line.product_uom_qty = 7.0
        pickings = self._receipts(request) | self._wizard_return(
            self._delivery(hand), 1.0, validate=False) | fresh.picking_ids.filtered(
                lambda picking: picking.state == 'assigned' and not picking.returns_request_id)
        pickings.with_user(self.stock_user).button_validate()
        self.assertEqual(set(pickings.mapped('state')), {'done'})
        self.assertEqual(self._balance(request.line_ids), (5.0, 3.0, 2.0))
        self.assertEqual((other.state, hand.order_line.quantity_returnable), ('approved', 4.0))
        self.assertEqual(self._balance(on_fresh.line_ids), (7.0, 5.0, 0.0), "balances nobody received on follow, too")

    def test_our_receipt_and_a_return_by_hand_of_the_same_order_line_fit_together(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 3.0)
        pickings = self._receipts(request) | self._wizard_return(self._delivery(order), 2.0, validate=False)
        pickings.with_user(self.stock_user).button_validate()
        self.assertEqual(self._balance(request.line_ids), (5.0, 0.0, 5.0))


@tagged('post_install', '-at_install')
class TestDisposition(GoodsCommon):
    """Where inspected goods go, and that they go nowhere else."""

    def _received(self, quantity=2.0, **line_values):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        return order, request

    def _disposition(self, kind):
        return self.env['returns.disposition'].search([('kind', '=', kind)], limit=1)

    def test_restock_refurbish_second_choice_and_quarantine_go_where_they_say(self):
        places = {
            'restock': self.stock,
            'refurbish': self.warehouse._get_returns_location('refurbish'),
            'second_choice': self.warehouse._get_returns_location('second_choice'),
            'quarantine': self.returns_place,
        }
        for kind, place in places.items():
            with self.subTest(kind=kind):
                _order, request = self._received()
                free, before = self._free(self.product), self._on_hand(self.product, place)
                waiting = self._on_hand(self.product)
                value = self.product.total_value
                self._inspect(request, self._disposition(kind))
                stays = kind == 'quarantine'
                self.assertEqual(self._on_hand(self.product, place), before + (0.0 if stays else 2.0))
                self.assertEqual(self._on_hand(self.product), waiting - (0.0 if stays else 2.0))
                self.assertEqual(self._free(self.product), free + (2.0 if kind == 'restock' else 0.0))
                self.assertAlmostEqual(self.product.total_value, value, msg="moving on is value-neutral")
                self.assertEqual(request.state, 'settlement')
                self.assertEqual(request.sudo().inspection_ids.is_disposed, not stays)
                self._settle(request)
                self.assertEqual(request.state, 'done')

    def _get_scrap_place(self):
        """Companies from before Odoo had scrap locations have none."""
        place = self.env['stock.location'].search([('name', '=', 'Scrap'), ('company_id', '=', self.company.id)])
        return place or place.create({'name': "Scrap", 'usage': 'inventory', 'company_id': self.company.id})

    def test_scrap_goes_to_the_scrap_location(self):
        place = self._get_scrap_place()
        _order, request = self._received()
        self._inspect(request, self.scrap)
        scrap = self.env['stock.scrap'].search([('product_id', '=', self.product.id)])
        self.assertEqual((scrap.scrap_location_id, scrap.scrap_qty, scrap.state), (place, 2.0, 'done'))
        self.assertEqual(scrap.move_ids.returns_line_id, request.line_ids)
        self.assertEqual((self._on_hand(self.product), request.sudo().inspection_ids.is_disposed), (0.0, True))

    def test_renamed_scrap_location_is_still_not_the_one_for_adjustments(self):
        place = self._get_scrap_place()
        place.name = 'Ausschuss'
        self.assertEqual(self.env['returns.inspection']._get_scrap_location(self.company), place)

    def test_back_to_customer_ships_and_restores_the_order(self):
        order, request = self._received()
        self.assertEqual(order.order_line.qty_delivered, 3.0)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        picking = request.sudo().inspection_ids.disposal_move_ids.picking_id
        self.assertEqual((picking.state, picking.picking_type_code), ('assigned', 'outgoing'))
        self.assertEqual(request.state, 'settlement', "waits until the goods have left")
        picking.with_user(self.stock_user).button_validate()
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 5.0))
        self.assertEqual(self._on_hand(self.product), 0.0)
        self.assertFalse(request.sudo().refund_ids)

    def test_refused_part_of_an_inspection_goes_back_to_the_customer(self):
        order, request = self._received(3.0)
        stock = self._on_hand(self.product, self.stock)
        self._inspect(request, self.restock, accepted=2.0)
        self.assertEqual(self._on_hand(self.product, self.stock), stock + 2.0)
        refused = request.sudo().inspection_ids.filtered(lambda inspection: not inspection.quantity_accepted)
        self.assertEqual((refused.quantity, refused.disposition_id), (1.0, self.back_to_customer))
        self.assertEqual((request.line_ids.quantity_accepted, order.order_line.qty_delivered), (2.0, 2.0))
        refused.disposal_move_ids.picking_id.with_user(self.stock_user).button_validate()
        self.assertEqual(order.order_line.qty_delivered, 3.0)
        note = self._settle(request)
        self.assertEqual((note.invoice_line_ids.quantity, request.state), (2.0, 'done'))

    def test_send_back_in_two_parcels(self):
        order, request = self._received(3.0)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        inspection = request.sudo().inspection_ids
        self._validate(inspection.disposal_move_ids.picking_id.with_user(self.stock_user), {self.product: 1.0})
        self.assertEqual((inspection.is_disposed, request.state), (False, 'settlement'))
        rest = inspection.disposal_move_ids.filtered(lambda move: move.state == 'assigned').picking_id
        rest.with_user(self.stock_user).button_validate()
        self.assertEqual((inspection.is_disposed, request.state, order.order_line.qty_delivered), (True, 'done', 5.0))

    def test_cancelled_send_back_waits_for_an_inspector(self):
        _order, request = self._received(3.0)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        inspection = request.sudo().inspection_ids
        self._validate(inspection.disposal_move_ids.picking_id, {self.product: 1.0})
        inspection.disposal_move_ids.picking_id.filtered(lambda picking: picking.state == 'assigned').with_user(
            self.stock_user).action_cancel()
        self.assertEqual(sorted(inspection.disposal_move_ids.mapped('state')), ['cancel', 'done'], "not made at once")
        self.assertEqual(request.state, 'settlement')
        with self.assertRaises(AccessError):
            inspection.with_user(self.agent_all).action_dispose()
        inspection.with_user(self.inspector).action_dispose()
        again = inspection.disposal_move_ids.filtered(lambda move: move.state == 'assigned')
        self.assertEqual(again.product_uom_qty, 2.0)
        again.picking_id.button_validate()
        self.assertEqual(request.state, 'done')

    def test_goods_moved_by_hand_are_missed_before_anything_is_done(self):
        _order, request = self._received(2.0)
        other = self._approve(self._sell((self.product_ordered, 5.0)), 1.0)
        self._receive(other)
        self.env['stock.quant']._update_available_quantity(self.product, self.returns_place, -1.0)
        self.ledger_leaves = frozenset({'on_hand'})
        inspections = (request | other).sudo().inspection_ids.with_user(self.inspector)
        inspections.write({'disposition_id': self.restock.id})
        with self.assertRaisesRegex(UserError, r"1\.0 .*Kettle.*but 2\.0 are to be moved"), self.env.cr.savepoint():
            inspections.action_done()
        self.assertEqual(set(inspections.mapped('state')), {'draft'}, "nothing half done")
        self.assertEqual((self._on_hand(self.product), self._on_hand(self.product_ordered)), (1.0, 1.0))

    def test_approver_is_not_stopped_by_goods_moved_by_hand(self):
        self.env['returns.approval.group'].create({
            'name': "Quality Approval", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_quality.ids)]})
        _order, request = self._received(2.0)
        self._inspect(request, self.scrap)
        self.assertEqual((request.state, self._on_hand(self.product)), ('final_review', 2.0), "scrap waits")
        self.env['stock.quant']._update_available_quantity(self.product, self.returns_place, -1.0)
        request.with_user(self.voter_quality).action_approve()
        inspection = request.sudo().inspection_ids
        self.assertEqual((request.state, inspection.is_held_back, inspection.is_disposed), ('settlement', True, False))
        self.assertIn("Somebody moved them by hand", " ".join(request.message_ids.mapped('body')))
        with self.assertRaisesRegex(UserError, "Somebody moved them by hand"):
            inspection.with_user(self.inspector).action_dispose()
        self.env['stock.quant']._update_available_quantity(self.product, self.returns_place, 1.0)
        inspection.with_user(self.inspector).action_dispose()
        self.assertEqual((inspection.is_disposed, self._on_hand(self.product)), (True, 0.0))

    def test_inspection_is_split(self):
        _order, request = self._received(3.0)
        inspection = request.sudo().inspection_ids.with_user(self.inspector)
        for wrong in (0.0, -1.0, 3.0, 4.0):
            with self.assertRaises(UserError):
                inspection.action_split(wrong)
        action = inspection.action_split(1.0)
        part = inspection.browse(action['res_id'])
        self.assertEqual((inspection.quantity, part.quantity, part.move_id), (2.0, 1.0, inspection.move_id))
        inspection.disposition_id, part.disposition_id = self.restock, self.scrap
        (inspection | part).action_done()
        self.assertEqual((request.state, request.line_ids.quantity_accepted), ('settlement', 3.0))
        self.assertEqual(self._on_hand(self.product), 0.0)
        with self.assertRaises(UserError):
            inspection.action_split(1.0)

    def test_restocked_goods_come_back_only_as_far_as_they_are_there(self):
        self.env['returns.approval.group'].create({
            'name': "Quality Approval", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_quality.ids)]})
        product = self._create_product("Lamp", quantity=5.0)
        requests = self.Request
        for order in (self._sell((product, 2.0)), self._sell((product, 2.0))):
            request = self._approve(order, 2.0)
            self._receive(request)
            self._inspect(request, self.restock)
            requests |= request
        self.assertEqual(self._on_hand(product, self.stock), 5.0)
        self.env['stock.quant']._update_available_quantity(product, self.stock, -3.0)
        for request in requests:
            request.with_user(self.voter_quality).action_reject("No")
        self.assertEqual((self._on_hand(product, self.stock), self._on_hand(product)), (0.0, 2.0))
        self.assertEqual([request.sudo().inspection_ids.is_disposed for request in requests], [False, True])

    def test_goods_come_back_at_the_cost_they_left_with(self):
        for method in ('standard', 'average', 'fifo'):
            with self.subTest(method=method):
                category = self.env['product.category'].create({'name': method, 'property_cost_method': method})
                product = self._create_product(method, quantity=0.0, categ_id=category.id, standard_price=5.0)
                self._buy(product, 10.0, 5.0)
                order = self._sell((product, 4.0), invoice=False)
                if method == 'standard':
                    product.standard_price = 8.0
                else:
                    self._buy(product, 6.0, 11.0)
                request = self._approve(order, 2.0)
                self._receive(request)
                receipt = self._receipts(request).move_ids
                self.assertAlmostEqual(receipt.value, 10.0, msg="2 pieces at 5, whatever they cost now")
                before = product.total_value
                self._inspect(request)
                self.assertAlmostEqual(product.total_value, before)

    def _buy(self, product, quantity, price):
        move = self.env['stock.move'].create({
            'product_id': product.id, 'product_uom_qty': quantity, 'product_uom': product.uom_id.id,
            'location_id': self.env.ref('stock.stock_location_suppliers').id, 'location_dest_id': self.stock.id,
            'picked': True, 'price_unit': price, 'quantity': quantity})
        move._action_confirm()
        move.quantity, move.picked = quantity, True
        move._action_done()
        move.value_manual = quantity * price
        return move

    def test_goods_in_a_package_leave_it_where_they_are_taken_from(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        picking = self._receipts(request)
        package = self.env['stock.package'].create({'name': "RETURN-PACK"})
        picking.move_line_ids.result_package_id = package
        self._receive(request)
        self._inspect(request)
        quants = self.env['stock.quant'].search([
            ('product_id', '=', self.product.id), ('location_id', '=', self.returns_place.id)])
        self.assertFalse(quants.filtered('quantity'), "no negative quant beside a full package")

    def test_goods_wait_where_nobody_sells_them(self):
        request = self._approve(self._sell(), 2.0)
        pieces = self._receipts(request).move_line_ids.with_user(self.stock_user)
        pieces.location_dest_id = self.stock
        with self.assertRaisesRegex(UserError, "is inspected first"):
            self._receive(request)
        pieces.location_dest_id = self.env['stock.location'].create(
            {'name': "Shelf 1", 'location_id': self.returns_place.id, 'usage': 'internal'})
        self._receive(request)
        self.assertEqual(request.line_ids.quantity_received, 2.0)

    def test_disposition_that_nothing_carries_out_is_refused(self):
        request = self._approve(self._sell(), 1.0)
        self._receive(request)
        with self.assertRaisesRegex(UserError, "cannot be carried out here"):
            self._inspect(request, self.env.ref('returns_management.disposition_repair'))

    def test_default_disposition_that_nothing_carries_out_waits_for_the_inspector(self):
        self.reason_simple.disposition_id = self.env.ref('returns_management.disposition_repair')
        request = self._approve(self._sell(), 1.0, reason_id=self.reason_simple.id)
        self._receive(request)
        self.assertEqual((request.state, request.inspection_ids.state), ('received', 'draft'))

    def test_customer_does_not_get_goods_and_money(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        with self.assertRaisesRegex(UserError, "both goods and money"):
            self._inspect(request, self.back_to_customer)
        inspection = self._inspect(request, self.env.ref('returns_management.disposition_quarantine'))
        with self.assertRaisesRegex(UserError, "both goods and money"):
            inspection.disposition_id = self.back_to_customer

    def test_split_is_rounded_as_pieces_are_counted(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        request.inspection_ids.with_user(self.inspector).action_split(0.005)
        self.assertEqual(request.inspection_ids.mapped('quantity'), [0.01, 1.99])
