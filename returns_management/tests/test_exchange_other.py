# Part of returns_management. See LICENSE file for full copyright and licensing details.

from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestExchangeForAnotherProduct(ReturnsCommon):
    """What comes back is credited, what goes out is sold; the two are set off, and the difference is left."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.returns_refund_posting = 'posted'
        cls.dear = cls._create_product("Espresso Machine", invoice_policy='order', list_price=99.9)
        cls.cheap = cls._create_product("Cup", invoice_policy='order', list_price=4.0)
        cls.late = cls._create_product("Grinder", invoice_policy='delivery', list_price=60.0)

    def _exchange(self, order, other, quantity=1.0, receive=True, **values):
        request = self._approve(order, quantity, resolution='exchange', exchange_product_id=other.id, **values)
        if receive:
            self._receive(request)
            self._inspect(request)
            self.assertFalse(request.sudo().exchange_order_ids, "money moves: an accountant settles")
            request.with_user(self.accountant).action_settle()
        return request, request.sudo().exchange_order_ids

    def _create_variants(self, price):
        attribute = self.env['product.attribute'].create({
            'name': "Size", 'value_ids': [Command.create({'name': name}) for name in ("M", "L")]})
        template = self.env['product.template'].create({
            'name': "Shirt", 'is_storable': True, 'list_price': price, 'invoice_policy': 'order',
            'taxes_id': [Command.set((self.tax_15 | self.tax_5).ids)],
            'attribute_line_ids': [Command.create({
                'attribute_id': attribute.id, 'value_ids': [Command.set(attribute.value_ids.ids)]})]})
        for variant in template.product_variant_ids:
            self.env['stock.quant']._update_available_quantity(variant, self.stock, 100.0)
        return template.product_variant_ids

    def _pay(self, order):
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create({})._create_payments()

    def _get_open(self):
        """:return: what the customer owes in all, negative for what is owed to them"""
        items = self.env['account.move.line'].search([
            ('partner_id', '=', self.customer.id), ('account_id.account_type', '=', 'asset_receivable'),
            ('parent_state', '=', 'posted')])
        return sum(items.mapped('amount_residual'))

    def test_dearer_product_leaves_the_difference_to_be_paid(self):
        order = self._sell((self.product, 2.0, {'price_unit': 50.0, 'discount': 10.0}))
        self._pay(order)
        request, exchange = self._exchange(order, self.dear)
        note, invoice = request.sudo().refund_ids, exchange.invoice_ids
        self.assertEqual((note.amount_untaxed, note.amount_total, note.state), (45.0, 54.0, 'posted'))
        self.assertEqual((invoice.amount_untaxed, invoice.amount_total, invoice.state), (99.9, 119.89, 'posted'))
        self.assertEqual((note.amount_residual, invoice.amount_residual), (0.0, 65.89))
        self.assertEqual(self._get_open(), 65.89)
        self.assertEqual(exchange.returns_exchange_id, request)
        self.assertEqual((exchange.partner_shipping_id, exchange.origin), (order.partner_shipping_id, request.name))
        self.assertEqual(request.state, 'settlement')
        self.assertIn("The replacement waits to be sent", request.next_step_note)
        self._deliver(exchange)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._on_hand(self.dear, self.stock), 999.0)

    def test_cheaper_product_leaves_the_difference_to_be_paid_back(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        request, exchange = self._exchange(order, self.cheap)
        note, invoice = request.sudo().refund_ids, exchange.invoice_ids
        self.assertEqual((note.amount_total, note.amount_residual), (60.0, 55.2))
        self.assertEqual((invoice.amount_total, invoice.amount_residual), (4.8, 0.0))
        self.assertEqual(self._get_open(), -55.2)
        request.with_user(self.accountant).action_pay_out()
        self.assertEqual(sum(request.sudo().payout_ids.mapped('amount')), 55.2)

    def test_unpaid_invoice_is_set_off_first(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        __, exchange = self._exchange(order, self.dear)
        self.assertEqual(order.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice').amount_residual, 0.0)
        self.assertEqual(exchange.invoice_ids.amount_residual, 119.89)
        self.assertEqual(self._get_open(), 119.89)

    def test_another_tax_is_right_on_both(self):
        other = self._create_product("Book", invoice_policy='order', list_price=50.0, taxes_id=[Command.set(self.tax_5.ids)])
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        request, exchange = self._exchange(order, other)
        self.assertEqual(request.sudo().refund_ids.amount_tax, 10.0)
        self.assertEqual(exchange.invoice_ids.amount_tax, 2.5)
        self.assertEqual(self._get_open(), -7.5)

    def test_billed_by_a_draft_once_it_has_left(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        request, exchange = self._exchange(order, self.late)
        self.assertFalse(exchange.invoice_ids)
        self.assertEqual(self._get_open(), -60.0)
        with self.assertRaisesRegex(UserError, "Nothing of .* is to be paid out"):  # it will be set off
            request.with_user(self.accountant).action_pay_out()
        self._deliver(exchange)
        invoice = exchange.invoice_ids
        self.assertEqual((invoice.state, invoice.amount_total), ('draft', 72.0))
        self.assertEqual(request.state, 'settlement')
        self.assertIn("The invoice of the exchange waits to be posted", request.next_step_note)
        invoice.with_user(self.accountant).action_post()
        self.assertEqual((invoice.amount_residual, request.sudo().refund_ids.amount_residual), (12.0, 0.0))
        self.assertEqual((request.state, self._get_open()), ('done', 12.0))

    def test_what_has_left_is_not_held_up_by_its_invoice(self):
        order = self._sell((self.product, 2.0))
        request, exchange = self._exchange(order, self.late)
        with patch.object(type(exchange), '_create_invoices', side_effect=UserError("No sales journal.")):
            self._deliver(exchange)
        self.assertEqual(exchange.picking_ids.state, 'done')
        self.assertIn("No sales journal.", request.message_ids[0].body)
        self.assertEqual(request.state, 'settlement')
        request.with_user(self.accountant).action_settle()
        self.assertTrue(exchange.invoice_ids)

    def test_drafts_are_left_where_the_company_wants_drafts(self):
        self.company.returns_refund_posting = 'draft'
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        request, exchange = self._exchange(order, self.dear)
        note, invoice = request.sudo().refund_ids, exchange.invoice_ids
        self.assertEqual((note.state, invoice.state), ('draft', 'draft'))
        for move in (invoice, note):  # in the other order than made
            move.with_user(self.accountant).action_post()
        self.assertEqual((note.amount_residual, invoice.amount_residual), (0.0, 59.89))

    def test_variant_costs_what_was_paid_to_the_cent(self):
        medium, large = self._create_variants(30.0)
        included = self.env['account.tax'].create({
            'name': "Returns 21 % included", 'amount': 21.0, 'type_tax_use': 'sale', 'company_id': self.company.id,
            'price_include_override': 'tax_included'})
        for price, discount, sold, taken, taxes in (
                (33.35, 7, 3.0, 2.0, self.tax_15 | self.tax_5), (9.99, 33.33, 7.0, 4.0, self.tax_15),
                (10.01, 0, 3.0, 1.0, included), (0.07, 50, 9.0, 5.0, self.tax_5),
                (1234.56, 12.5, 2.0, 1.0, self.tax_5.browse())):
            with self.subTest(price=price, taken=taken):
                order = self._sell((medium, sold, {
                    'price_unit': price, 'discount': discount, 'tax_ids': [Command.set(taxes.ids)]}))
                self._pay(order)
                large.list_price = 45.0
                request, exchange = self._exchange(order, large, taken)
                note, invoice = request.sudo().refund_ids, exchange.invoice_ids
                self.assertEqual((note.amount_untaxed, note.amount_tax), (invoice.amount_untaxed, invoice.amount_tax))
                self.assertEqual((note.amount_residual, invoice.amount_residual, self._get_open()), (0.0, 0.0, 0.0))
                self.assertEqual(invoice.invoice_line_ids.product_id, large)

    def test_variant_of_goods_paid_early_costs_what_came_in(self):
        medium, large = self._create_variants(30.0)
        term = self.env['account.payment.term'].create({
            'name': "2/10 net 30", 'early_discount': True, 'discount_percentage': 2.0, 'discount_days': 10,
            'early_pay_discount_computation': 'included',
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100.0, 'nb_days': 30})]})
        order = self._sell((medium, 3.0, {'price_unit': 33.35}), payment_term_id=term.id)
        self._pay(order)
        request, exchange = self._exchange(order, large, 2.0)
        self.assertLess(request.sudo().refund_ids.amount_total, order.amount_total / 3 * 2)
        self.assertEqual(request.sudo().refund_ids.amount_total, exchange.invoice_ids.amount_total)
        self.assertEqual(self._get_open(), 0.0)

    def test_variant_after_a_discount_on_the_whole_order(self):
        discount = self.company.sale_discount_product_id or self.env['product.product'].create({
            'name': "Discount", 'type': 'service', 'invoice_policy': 'order', 'taxes_id': [Command.clear()]})
        self.company.sale_discount_product_id = discount
        red, blue = self._create_variants(40.0)
        order = self._sell((red, 3.0), deliver=False, invoice=False)
        self.env['sale.order.discount'].with_context(active_id=order.id, active_model='sale.order').create({
            'sale_order_id': order.id, 'discount_type': 'so_discount', 'discount_percentage': 0.1}).action_apply_discount()
        self._deliver(order)
        order._create_invoices().action_post()
        self._pay(order)
        request = self._approve(
            order, 1.0, resolution='exchange', exchange_product_id=blue.id)
        self._receive(request)
        self._inspect(request)
        request.with_user(self.accountant).action_settle()
        note, invoice = request.sudo().refund_ids, request.sudo().exchange_order_ids.invoice_ids
        self.assertEqual((note.amount_total, invoice.amount_total, self._get_open()), (43.2, 43.2, 0.0))

    def test_settled_again_nothing_is_sold_twice(self):
        order = self._sell((self.product, 2.0))
        request, exchange = self._exchange(order, self.dear, 2.0)
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.sudo().exchange_order_ids, exchange)
        note = request.sudo().refund_ids
        note.button_draft()
        note.button_cancel()
        self.assertEqual(request.line_ids.quantity_settled, 0.0)
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.sudo().exchange_order_ids, exchange)
        self.assertEqual(request.line_ids.quantity_settled, 2.0)
        self.assertEqual(exchange.order_line.returns_exchange_settlement_ids.mapped('state'), ['cancelled', 'done'])

    def test_two_arrivals_are_two_exchanges(self):
        order = self._sell((self.product, 2.0))
        request = self._approve(order, 2.0, resolution='exchange', exchange_product_id=self.dear.id)
        for _arrival in range(2):
            self._receive(request, {self.product: 1.0})
            self._inspect(request)
            request.with_user(self.accountant).action_settle()
        orders = request.sudo().exchange_order_ids
        self.assertEqual(orders.mapped('order_line.product_uom_qty'), [1.0, 1.0])

    def test_cancelled_order_leaves_the_credit(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        request, exchange = self._exchange(order, self.late)
        exchange.action_cancel()
        self.assertEqual((request.state, self._get_open()), ('done', -60.0))
        self.assertIn("What was credited stays the customer", request.sudo().message_ids[:3].mapped('body')[0]
                      + "".join(request.sudo().message_ids[1:4].mapped('body')))

    def test_not_invoiced_yet_the_order_owes_less_and_the_exchange_is_billed(self):
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}), invoice=False)
        request, exchange = self._exchange(order, self.dear)
        self.assertFalse(request.sudo().refund_ids)
        self.assertEqual(exchange.invoice_ids.amount_untaxed, 99.9)
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)

    def test_in_advance_it_leaves_before_the_goods_are_back(self):
        self.rule.sudo().advance = 'exchange'
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        request, __ = self._exchange(order, self.dear, receive=False)
        self.assertTrue(request.may_settle)
        request.with_user(self.accountant).action_settle()
        exchange = request.sudo().exchange_order_ids
        self.assertEqual(exchange.state, 'sale')
        self._deliver(exchange)
        self._receive(request)
        self._inspect(request)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 1.0))
        self.assertEqual(len(request.sudo().exchange_order_ids), 1)

    def test_fee_where_the_rule_says_so(self):
        self.rule.sudo().fee_percent = 10.0
        for is_kept, credited in ((False, 60.0), (True, 54.0)):
            with self.subTest(is_kept):
                self.rule.sudo().fee_on_exchange = is_kept
                order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
                self._pay(order)
                request, __ = self._exchange(order, self.dear)
                self.assertEqual(request.sudo().refund_ids.amount_total, credited)

    def test_what_is_got_in_exchange_comes_back_for_what_was_paid_for_it(self):
        order = self._sell((self.product, 1.0, {'price_unit': 50.0}))
        self._pay(order)
        __, exchange = self._exchange(order, self.dear)
        self._deliver(exchange)
        back = self._return(exchange, 1.0)
        self.assertEqual((back.state, back.sudo().refund_ids.amount_total), ('done', 119.89))

    def test_what_cannot_be_exchanged_is_said_when_it_is_asked(self):
        order = self._sell()
        service = self.env['product.product'].create({'name': "Advice", 'type': 'service'})
        weight = self._create_product("Beans", uom_id=self.env.ref('uom.product_uom_kgm').id)
        gone = self._create_product("Gone", sale_ok=False)
        for product, sentence in (
                (service, "is no goods"), (weight, "is counted in kg, the goods in Units"), (gone, "is not sold by")):
            with self.subTest(product.name), self.assertRaisesRegex(UserError, sentence):
                self._submit(order, 1.0, resolution='exchange', exchange_product_id=product.id)

    def test_an_order_is_named_an_exchange_by_settling_only(self):
        request = self._approve(self._sell(), 1.0)
        order = self._sell(deliver=False, invoice=False, partner=self.other_customer)
        salesman = self.agent_all
        salesman.group_ids |= self.env.ref('sales_team.group_sale_manager')
        with self.assertRaisesRegex(AccessError, "is made when its return is settled"):
            order.with_user(salesman).returns_exchange_id = request
        with self.assertRaisesRegex(AccessError, "is made when its return is settled"):
            self.env['sale.order'].with_user(salesman).create({
                'partner_id': self.customer.id, 'returns_exchange_id': request.id})
        order = self.env['sale.order'].with_user(salesman).with_context(default_returns_exchange_id=request.id).create({
            'partner_id': self.customer.id})
        self.assertFalse(order.returns_exchange_id)
