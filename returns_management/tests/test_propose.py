# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .test_source import SourceCommon


@tagged('post_install', '-at_install')
class TestProposeByProduct(SourceCommon):
    """Pieces found by customer and product over all deliveries."""

    def _draft(self, user=None, **values):
        return self.Request.with_user(user or self.agent).create(
            {'partner_id': self.customer.id, 'team_id': self.team.id, **values})

    def _open(self, request, user=None, **values):
        form = Form(self.env['returns.propose'].with_user(user or self.agent).with_context(
            active_model='returns.request', active_id=request.id))
        form.way = 'product'
        form.reason_id = self.reason
        for name, value in values.items():
            setattr(form, name, value)
        return form

    def _rows(self, form):
        return [(row['name'], row['possible'], row['quantity']) for row in form.line_ids._records]

    def test_oldest_deliveries_of_all_orders_are_proposed_first(self):
        young = self._sell((self.product, 2.0))
        order, old, between = self._sell_twice(first=1.0, second=3.0)
        between.date = fields.Datetime.now() - timedelta(days=5)
        self._sell((self.product_ordered, 5.0))
        self._sell((self.product, 5.0), partner=self.other_customer)
        by_hand = self._deliver_by_hand(self.product, 4.0)
        by_hand.date = fields.Datetime.now() - timedelta(days=8)
        request = self._draft()
        form = self._open(request, product_id=self.product, quantity=6.0)
        self.assertEqual(self._rows(form), [
            (order.name, 1.0, 1.0), (by_hand.reference, 4.0, 4.0), (order.name, 3.0, 1.0), (young.name, 2.0, 0.0)])
        self.assertFalse(form.found_note)
        with form.line_ids.edit(3) as row:
            row.quantity = 2.0
        form.save().action_add()
        self.assertEqual(
            [(line.sale_line_id, line.delivery_move_id, line.quantity, line.reason_id) for line in request.line_ids],
            [(order.order_line, old, 1.0, self.reason), (self.env['sale.order.line'], by_hand, 4.0, self.reason),
             (order.order_line, between, 1.0, self.reason),
             (young.order_line, self._delivery(young).move_ids, 2.0, self.reason)])
        request.action_submit()
        self.assertEqual(request.state, 'review')

    def test_days_left_and_what_is_held_are_told(self):
        order, _old, _young = self._sell_twice(days=60)
        self._submit(order, 1.0)
        form = self._open(self._draft(), product_id=self.product, quantity=9.0)
        rows = form.line_ids._records
        self.assertEqual([row['possible'] for row in rows], [2.0, 2.0], "one of five is asked for already")
        self.assertLess(rows[0]['days_left'], 0)
        self.assertGreaterEqual(rows[1]['days_left'], 29)
        self.assertIn("Only 4 Units may come back", form.found_note)

    def test_the_rest_is_added_without_an_order_if_wanted(self):
        order = self._sell((self.product, 2.0))
        request = self._draft()
        form = self._open(request, product_id=self.product, quantity=5.0)
        form.without_order = True
        form.save().action_add()
        self.assertEqual(
            [(line.sale_line_id, line.without_order, line.quantity) for line in request.line_ids],
            [(order.order_line, False, 2.0), (self.env['sale.order.line'], True, 3.0)])

    def test_nothing_delivered_says_so(self):
        form = self._open(self._draft(), product_id=self.product)
        self.assertIn("Nothing that was delivered", form.found_note)
        with self.assertRaisesRegex(UserError, "Nothing is chosen"):
            form.save().action_add()

    def test_serial_finds_its_delivery(self):
        lots = self._stock_lots(self.phone, 'P1', 'P2', 'P3')
        self._sell_lots(self.phone, lots[0])
        order = self._sell_lots(self.phone, lots[1] | lots[2])
        request = self._draft()
        form = self._open(request, lot_id=lots[2])
        self.assertEqual(form.product_id, self.phone)
        self.assertEqual(self._rows(form), [(order.name, 1.0, 1.0)])
        form.save().action_add()
        self.assertEqual((request.line_ids.sale_line_id, request.line_ids.lot_ids), (order.order_line, lots[2]))

    def test_orders_that_one_may_not_read_are_not_found(self):
        self._sell((self.product, 2.0), user_id=self.agent_all.id)
        form = self._open(self._draft(), product_id=self.product)
        self.assertFalse(self._rows(form))
        form = self._open(self._draft(), user=self.agent_all, product_id=self.product)
        self.assertEqual(len(self._rows(form)), 1)

    def test_thousands_of_orders_cost_no_more_queries(self):
        def count():
            request = self._draft()
            wizard = self.env['returns.propose'].with_user(self.agent).create(
                {'request_id': request.id, 'way': 'product', 'product_id': self.product.id, 'quantity': 1.0})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            found = wizard._find_deliveries()
            return len(found), self.env.cr.sql_log_count - before

        self._sell((self.product, 1.0))
        self._sell((self.product, 1.0))
        count()
        few, queries = count()
        for _number in range(12):
            self._sell((self.product, 1.0), invoice=False)
        many, more = count()
        self.assertEqual((few, many), (2, 14))
        self.assertLessEqual(more, queries + 3)

    def test_rows_are_not_a_way_to_read_or_return_what_is_not_ones_own(self):
        foreign = self._sell((self.product, 2.0), partner=self.other_customer, user_id=self.agent_all.id)
        request = self._draft()
        wizard = self.env['returns.propose'].with_user(self.agent).create(
            {'request_id': request.id, 'way': 'product', 'product_id': self.product.id})
        Line = self.env['returns.propose.line'].with_user(self.agent)
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            Line.create({'wizard_id': wizard.id, 'sale_line_id': foreign.order_line.id, 'quantity': 1.0})
        mine = self._sell((self.product, 2.0), partner=self.other_customer)
        wizard.line_ids = [Command.create({'sale_line_id': mine.order_line.id, 'quantity': 1.0})]
        with self.assertRaisesRegex(ValidationError, "sold to"):
            wizard.action_add()
