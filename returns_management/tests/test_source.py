# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from psycopg2.errors import CheckViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_goods_lots import LotsCommon


class SourceCommon(LotsCommon):

    def _sell_twice(self, first=2.0, second=3.0, product=None, days=10):
        """An order delivered in two parts, ``days`` apart.

        :return: (the order, the older delivered move, the younger)
        """
        product = product or self.product
        order = self._sell((product, first + second), deliver=False, invoice=False)
        old = self._delivery(order)
        self._validate(old, {product: first})
        old.move_ids.date = fields.Datetime.now() - timedelta(days=days)
        self._deliver(order)
        order._create_invoices().action_post()
        young = self._delivery(order) - old
        return order, old.move_ids, young.move_ids

    def _deliver_by_hand(self, product, quantity, partner=None):
        """A delivery that no order asked for. Returns its move."""
        customer = partner or self.customer
        picking = self.env['stock.picking'].create({
            'picking_type_id': self.warehouse.out_type_id.id, 'partner_id': customer.id,
            'location_id': self.stock.id, 'location_dest_id': customer.property_stock_customer.id,
            'move_ids': [Command.create({
                'product_id': product.id, 'product_uom_qty': quantity, 'product_uom': product.uom_id.id,
                'location_id': self.stock.id, 'location_dest_id': customer.property_stock_customer.id})]})
        picking.action_confirm()
        picking.action_assign()
        self._validate(picking)
        return picking.move_ids

    def _counted_from(self, request):
        """:return: the day of delivery that the policy counted from"""
        delivered = next(test for test in request.line_ids.policy_trace if test['test'] == 'window')['inputs']['delivered']
        return fields.Date.to_date(delivered)

    def _file_unsold(self, product, quantity=1.0, partner=None, user=None, **line_values):
        """A draft return of goods without an order."""
        return self.Request.with_user(user or self.agent).create({
            'partner_id': (partner or self.customer).id, 'team_id': self.team.id, 'line_ids': [Command.create({
                'product_id': product.id, 'quantity': quantity, 'reason_id': self.reason.id,
                **({} if 'delivery_move_id' in line_values else {'without_order': True}), **line_values})]})

    def _submit_unsold(self, product, quantity=1.0, **values):
        request = self._file_unsold(product, quantity, **values)
        request.action_submit()
        return request

    def _approve_unsold(self, product, quantity=1.0, **values):
        request = self._submit_unsold(product, quantity, **values)
        request.with_user(self.voter_sales).action_approve()
        return request


@tagged('post_install', '-at_install')
class TestChosenDelivery(SourceCommon):
    """Several deliveries of one order line: which of them a return undoes."""

    def test_the_delivery_chosen_is_undone(self):
        order, _old, young = self._sell_twice()
        request = self._approve(order, 2.0, delivery_move_id=young.id)
        move = self._receipts(request).move_ids
        self.assertEqual((move.origin_returned_move_id, move.product_uom_qty), (young, 2.0))
        other = self._approve(order, 3.0, reason_id=self.reason_quality.id)
        self.assertEqual(
            [(move.origin_returned_move_id, move.product_uom_qty) for move in self._receipts(other).move_ids.sorted('id')],
            [(_old, 2.0), (young, 1.0)], "the oldest first where none is chosen")

    def test_the_window_counts_from_the_delivery_chosen(self):
        order, old, young = self._sell_twice(days=60)
        request = self._submit(order, 1.0)
        self.assertEqual(request.policy_status, 'compliant', "the latest, in the customer's favour")
        late = self._submit(order, 1.0, delivery_move_id=old.id)
        self.assertEqual(late.policy_status, 'exception')
        self.assertEqual(self._counted_from(late), old.date.date())
        punctual = self._submit(order, 1.0, delivery_move_id=young.id)
        self.assertEqual(punctual.policy_status, 'compliant')

    def test_a_delivery_that_has_come_back_prolongs_nothing(self):
        order, old, young = self._sell_twice()
        self._receive(self._approve(order, 3.0, delivery_move_id=young.id))
        request = self._submit(order, 1.0)
        self.assertEqual(self._counted_from(request), old.date.date())

    def test_the_serial_named_says_which_delivery(self):
        lots = self._stock_lots(self.phone, 'D1', 'D2')
        order = self._sell((self.phone, 2.0), deliver=False, invoice=False)
        old = self._delivery(order)
        old.move_ids.move_line_ids.filtered(lambda piece: piece.lot_id == lots[1]).unlink()
        old.move_ids.picked = True
        old.with_context(skip_backorder=True).button_validate()
        old.move_ids.date = fields.Datetime.now() - timedelta(days=60)
        self._deliver(order)
        late = self._submit(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        self.assertEqual(late.policy_status, 'exception')
        punctual = self._submit(order, 1.0, lot_ids=[Command.set(lots[1].ids)])
        self.assertEqual(punctual.policy_status, 'compliant')
        late.action_cancel()
        with self.assertRaisesRegex(UserError, "D1 did not come with"):
            self._submit(order, 1.0, lot_ids=[Command.set(lots[0].ids)], reason_id=self.reason_quality.id,
                         delivery_move_id=(self._delivery(order) - old).move_ids.id)

    def test_no_more_than_the_delivery_chosen_has_left(self):
        order, old, young = self._sell_twice()
        with self.assertRaisesRegex(UserError, r"asks for 3 Units of Kettle from .*, but only 2 of that delivery are left"):
            self._submit(order, 3.0, delivery_move_id=old.id)
        self._submit(order, 2.0, delivery_move_id=young.id)
        with self.assertRaisesRegex(UserError, "only 1 of that delivery are left"):
            self._submit(order, 2.0, delivery_move_id=young.id, reason_id=self.reason_quality.id)

    def test_what_somebody_chose_is_left_to_them(self):
        order, old, young = self._sell_twice()
        first = self._submit(order, 2.0, delivery_move_id=old.id)
        other = self._approve(order, 2.0, reason_id=self.reason_quality.id)
        self.assertEqual(self._receipts(other).move_ids.origin_returned_move_id, young)
        first.with_user(self.voter_sales).action_approve()
        self.assertEqual(self._receipts(first).move_ids.origin_returned_move_id, old)

    def test_only_deliveries_of_these_goods_can_be_chosen(self):
        order, _old, _young = self._sell_twice()
        other_line = self._sell((self.product, 1.0))
        other_product = self._sell((self.product_ordered, 1.0))
        by_hand = self._deliver_by_hand(self.product, 1.0)
        for move, message in (
                (self._delivery(other_line).move_ids, "delivered Kettle for an order|did not deliver this order line"),
                (self._delivery(other_product).move_ids, "another product"),
                (by_hand, "did not deliver this order line")):
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self._file(order, 1.0, delivery_move_id=move.id)
        request = self._approve(order, 1.0)
        self._receive(request)
        with self.assertRaisesRegex(ValidationError, "brought nothing to a customer"):
            self._file(order, 1.0, delivery_move_id=self._receipts(request).move_ids.id)
        open_order = self._sell((self.product, 1.0), deliver=False, invoice=False)
        with self.assertRaisesRegex(ValidationError, "brought nothing to a customer"):
            self._file(open_order, 1.0, delivery_move_id=self._delivery(open_order).move_ids.id)

    def test_choice_is_made_in_draft_only(self):
        order, old, young = self._sell_twice()
        request = self._submit(order, 1.0, delivery_move_id=young.id)
        with self.assertRaisesRegex(UserError, "already submitted"):
            request.line_ids.write({'delivery_move_id': old.id})

    def test_the_dock_sees_which_delivery_it_was(self):
        order, old, young = self._sell_twice(days=60)
        request = self._approve(order, 2.0)
        line = request.line_ids.with_user(self.stock_user).sudo(False)
        first = self._receipts(request)
        self.assertEqual(first.move_ids.origin_returned_move_id, old)
        line.action_choose_delivery(young.id)
        moves = self._receipts(request, 'assigned').move_ids
        self.assertEqual((moves.origin_returned_move_id, moves.product_uom_qty, first.state), (young, 2.0, 'cancel'))
        self.assertIn(young.reference, "".join(request.message_ids[:2].mapped('body')))
        line.action_choose_delivery(old.id)
        self.assertIn("late by", "".join(request.message_ids[:2].mapped('body')))
        self.assertEqual(request.policy_status, 'compliant', "the verdict stays as it was given")
        self._receive(request)
        self.assertEqual(request.line_ids.quantity_received, 2.0)
        with self.assertRaisesRegex(UserError, "Nothing is to come"):
            line.action_choose_delivery(young.id)

    def test_the_dock_chooses_what_is_left_of_these_goods(self):
        order, old, _young = self._sell_twice()
        foreign = self._delivery(self._sell((self.product, 5.0))).move_ids
        request = self._approve(order, 3.0)
        line = request.line_ids.with_user(self.inspector)
        for move_id, message in (
                (old.id, "only 2 of"), (foreign.id, "Choose one of the deliveries"), (10**12, "Choose one"),
                ("x", "Choose one"), (None, "Choose one"), (True, "Choose one"), ([old.id], "Choose one"),
                (999999999, "Choose one")):
            with self.subTest(move_id), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                line.action_choose_delivery(move_id)
        self.assertEqual(self._receipts(request).mapped('state'), ['assigned'])
        for user in (self.agent, self.accountant, self.employee):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.line_ids.with_user(user).action_choose_delivery(old.id)

    def test_possible_deliveries_and_quantities_are_told(self):
        order, old, young = self._sell_twice()
        self._receive(self._approve(order, 2.0, delivery_move_id=old.id))
        line = self._file(order, 1.0).line_ids
        self.assertEqual(line.possible_delivery_ids, young)
        self.assertEqual((line.quantity_returnable, line.delivery_note), (3.0, False))
        self._submit(order, 2.0, delivery_move_id=young.id)
        line.invalidate_recordset()
        line.delivery_move_id = young
        self.assertEqual(line.quantity_returnable, 1.0)
        self.assertIn(young.picking_id.name, line.delivery_note)


@tagged('post_install', '-at_install')
class TestWithoutOrder(SourceCommon):
    """Goods of which no order is known: delivered by hand, or nobody knows how."""

    def test_goods_without_an_order_are_always_an_exception(self):
        self.rule_free = self.policy.copy({'rule_ids': [Command.clear(), Command.create({
            'name': "Everything goes", 'window_days': 1000, 'auto_approve_max': 9999.0, 'returnless_max': 9999.0,
            'advance': 'refund'})]})
        self.rule_free._do_publish()
        move = self._deliver_by_hand(self.product, 3.0)
        for values in ({}, {'delivery_move_id': move.id}):
            with self.subTest(values):
                line = self._submit_unsold(self.product, **values).line_ids
                self.assertEqual(line.policy_status, 'exception')
                self.assertFalse(line.is_express or line.is_returnless or line.quantity_advanced)
                self.assertEqual(line.state, 'review')
                self.assertIn('origin', [test['test'] for test in line.policy_trace])

    def test_somebody_is_asked_even_where_no_group_is(self):
        self.group_sales.action_archive()
        request = self._submit_unsold(self.product)
        self.assertEqual(request.step_ids.kind, 'committee', "the team, where there is no fallback group")
        fallback = self.env['returns.approval.group'].create({
            'name': "Fallback", 'department': 'service', 'company_id': self.company.id, 'is_fallback': True,
            'member_ids': [Command.set(self.voter_quality.ids)]})
        self.assertEqual(self._submit_unsold(self.product).step_ids.group_id, fallback)

    def test_goods_of_an_unknown_delivery_come_in_by_the_products_own_cost(self):
        request = self._approve_unsold(self.product, 2.0)
        move = self._receipts(request).move_ids
        self.assertFalse(move.origin_returned_move_id | move.move_orig_ids)
        self.assertFalse(move.sale_line_id)
        self.assertEqual(move.location_id, self.customer.property_stock_customer)
        self.assertEqual(move.location_dest_id, self.returns_place)
        self.product.standard_price = 9.0
        self._receive(request)
        self.assertEqual((request.state, request.line_ids.quantity_received), ('received', 2.0))
        self.assertEqual(self._on_hand(self.product), 2.0)
        self.assertAlmostEqual(move.value, 18.0)
        self.assertFalse(request.line_ids.balance_id)
        self._inspect(request)
        self.assertFalse(self._on_hand(self.product), "restocked")

    def test_more_than_approved_is_no_return_without_an_order_either(self):
        request = self._approve_unsold(self.product, 2.0)
        self._validate(self._receipts(request).with_user(self.stock_user), {self.product: 3.0})
        self.assertEqual(request.line_ids.quantity_received, 2.0)
        self.assertEqual(request.sudo().discrepancy_ids.kind, 'over')

    def test_refused_goods_without_an_order_go_back(self):
        order = self._sell((self.product, 1.0))
        request = self._file_unsold(self.product, 1.0)
        request.write({'line_ids': [Command.create({
            'sale_line_id': order.order_line.id, 'quantity': 1.0, 'reason_id': self.reason.id})]})
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        back = request.sudo().inspection_ids.disposal_move_ids
        self.assertEqual(len(back.picking_id), 2)
        for picking in back.picking_id:
            self._validate(picking)
        self.assertEqual(back.sale_line_id, order.order_line)
        self.assertEqual(len(order.order_line), 1)
        self.assertEqual(order.order_line.qty_delivered, 1.0)
        self.assertEqual(request.state, 'done')

    def test_goods_delivered_without_an_order_come_back_once(self):
        move = self._deliver_by_hand(self.product, 3.0)
        request = self._approve_unsold(self.product, 2.0, delivery_move_id=move.id)
        line = request.line_ids
        self.assertEqual(line.product_id, self.product)
        self.assertEqual(self._balance(line), (3.0, 2.0, 0.0))
        self.assertEqual(self._receipts(request).move_ids.origin_returned_move_id, move)
        with self.assertRaisesRegex(UserError, rf"asks for 2 Units of Kettle \({move.reference}\), but only 1 may come back"):
            self._submit_unsold(self.product, 2.0, delivery_move_id=move.id)
        self._receive(request)
        self.assertEqual(self._balance(line), (3.0, 0.0, 2.0))
        self.assertAlmostEqual(self._receipts(request).move_ids.value, 14.0)
        self._wizard_return(move.picking_id, 1.0)
        self.assertEqual(self._balance(line), (3.0, 0.0, 3.0))
        with self.assertRaisesRegex(UserError, "but only 0 may come back"):
            self._submit_unsold(self.product, 1.0, delivery_move_id=move.id)

    def test_return_by_hand_leaves_what_is_held_of_a_delivery_without_an_order(self):
        move = self._deliver_by_hand(self.product, 3.0)
        request = self._submit_unsold(self.product, 2.0, delivery_move_id=move.id)
        with self.assertRaisesRegex(UserError, rf"announced in {request.name}"), self.env.cr.savepoint():
            self._wizard_return(move.picking_id, 2.0)
        back = self._wizard_return(move.picking_id, 1.0)
        again = self._wizard_return(back, 1.0)
        self.assertEqual(self._balance(request.line_ids), (3.0, 2.0, 0.0), "a return undone by hand is no return")
        self.assertEqual(again.state, 'done')

    def test_corrected_delivery_without_an_order_lowers_what_may_come_back(self):
        move = self._deliver_by_hand(self.product, 3.0)
        request = self._submit_unsold(self.product, 2.0, delivery_move_id=move.id)
        move.with_user(self.stock_user).quantity = 2.0
        self.assertEqual(self._balance(request.line_ids), (2.0, 2.0, 0.0))
        with self.assertRaisesRegex(UserError, rf"announced in {request.name}"), self.env.cr.savepoint():
            move.with_user(self.stock_user).quantity = 1.0

    def test_lots_of_a_delivery_without_an_order(self):
        lots = self._stock_lots(self.phone, 'W1', 'W2')
        strange = self._stock_lots(self.phone, 'W3')
        move = self._deliver_by_hand(self.phone, 2.0)
        with self.assertRaisesRegex(UserError, "W3 was not delivered with"):
            self._submit_unsold(self.phone, delivery_move_id=move.id, lot_ids=[Command.set(strange.ids)])
        request = self._approve_unsold(self.phone, delivery_move_id=move.id, lot_ids=[Command.set(lots[1].ids)])
        self.assertEqual(self._receipts(request).move_line_ids.lot_id, lots[1])
        self._receive(request)
        self.assertEqual(request.sudo().inspection_ids.lot_id, lots[1])
        with self.assertRaisesRegex(UserError, "W2 has already come back"):
            self._submit_unsold(self.phone, delivery_move_id=move.id, lot_ids=[Command.set(lots[1].ids)])

    def test_deliveries_to_others_and_of_orders_are_no_source(self):
        stranger = self._deliver_by_hand(self.product, 1.0, partner=self.other_customer)
        sold = self._delivery(self._sell((self.product, 1.0))).move_ids
        for move, message in ((stranger, "did not go to Customer & Sons"), (sold, "for an order. Choose that order line")):
            with self.subTest(message), self.assertRaisesRegex(ValidationError, message), self.env.cr.savepoint():
                self._file_unsold(self.product, delivery_move_id=move.id)

    def test_a_line_says_where_its_goods_come_from(self):
        request = self._file_unsold(self.product, without_order=False)
        with self.assertRaisesRegex(UserError, "choose the order line"):
            request.action_submit()

    def test_goods_without_an_order_are_not_exchanged(self):
        move = self._deliver_by_hand(self.product, 1.0)
        for values in ({}, {'delivery_move_id': move.id}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "sell the replacement on a new order"):
                self._submit_unsold(self.product, resolution='exchange', **values)

    def test_value_is_what_the_customer_says_or_the_list_price(self):
        line = self._file_unsold(self.product, 2.0).line_ids
        self.assertAlmostEqual(line.amount, 2 * 23.99, 2)
        self.assertEqual(line.value_note, "list price")
        line.price_said = 10.0
        self.assertEqual((line.amount, line.value_note), (20.0, "as the customer says"))
        line.request_id.action_submit()
        self.assertEqual(line.request_id.amount_requested, 20.0)
        listed = self._submit_unsold(self.product, 1.0)
        self.product.list_price = 5.0
        listed.line_ids.invalidate_recordset()
        self.assertAlmostEqual(listed.line_ids.amount, 23.99, 2)

    def test_window_counts_from_the_delivery_without_an_order(self):
        move = self._deliver_by_hand(self.product, 1.0)
        request = self._submit_unsold(self.product, delivery_move_id=move.id)
        self.assertEqual(self._counted_from(request), move.date.date())
        self.assertFalse(self._submit_unsold(self.product).line_ids.return_deadline)

    @mute_logger('odoo.sql_db')
    def test_balance_belongs_to_an_order_line_or_a_move(self):
        move = self._deliver_by_hand(self.product, 1.0)
        balance = self._submit_unsold(self.product, delivery_move_id=move.id).sudo().line_ids.balance_id
        self.assertEqual((balance.move_id, balance.sale_line_id.id), (move, False))
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute("UPDATE returns_balance SET quantity_held = 2 WHERE id = %s", [balance.id])
