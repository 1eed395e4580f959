# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyShapes(MoneyCommon):
    """Invoices of shapes that are rarer: what comes back adds up to them all the same."""

    def _credit_in_parts(self, line, parts):
        """:return: the credit notes of returns of ``parts`` pieces of an order line, one after the other"""
        notes = self.env['account.move']
        for part in parts:
            notes |= self._settle_accepted({line: part})
        return notes

    def _pay_in_advance(self, order, percentage):
        """:return: the posted invoice of a down payment"""
        invoice = self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids).create(
                {'advance_payment_method': 'percentage', 'amount': percentage})._create_invoices(order)
        invoice.action_post()
        return invoice

    # === Taxes === #

    def test_tax_that_is_spread_over_accounts_comes_back_from_where_refunds_are_booked(self):
        """A part of the tax is not owed yet; refunds have accounts of their own. The tax adds up to the cent; Odoo itself
        divides that of each note among the accounts, which may round one cent to the other account."""
        accounts = self.env['account.account'].create([
            {'name': name, 'code': f'RETT{number}', 'account_type': 'liability_current', 'company_ids': self.company.ids}
            for number, name in enumerate(("Owed", "Deferred", "Owed back", "Deferred back"))])

        def spread(owed, deferred, share):
            return [Command.clear(), Command.create({'repartition_type': 'base'}), Command.create({
                'repartition_type': 'tax', 'factor_percent': share, 'account_id': owed.id}), Command.create({
                    'repartition_type': 'tax', 'factor_percent': 100.0 - share, 'account_id': deferred.id})]
        tax = self.env['account.tax'].create({
            'name': "Spread", 'amount': 19.0, 'type_tax_use': 'sale', 'company_id': self.company.id,
            'invoice_repartition_line_ids': spread(accounts[0], accounts[1], 70.0),
            'refund_repartition_line_ids': spread(accounts[2], accounts[3], 70.0)})
        invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 33.37, 'tax_ids': tax.ids})
        notes = self._credit_in_parts(invoice.line_ids.sale_line_ids, (1.0, 1.0, 1.0))
        self.assertAddUp(invoice, notes)

        def booked(moves, account):
            return round(sum(moves.line_ids.filtered(lambda line: line.account_id == account).mapped('balance')), 2)
        for there, back in ((0, 2), (1, 3)):
            self.assertTrue(booked(invoice, accounts[there]))
            self.assertAlmostEqual(booked(notes, accounts[back]), -booked(invoice, accounts[there]), delta=0.011)
            self.assertFalse(booked(notes, accounts[there]))

    # === Several invoices === #

    def test_line_invoiced_twice_with_a_discount_of_the_whole_order_on_each_invoice(self):
        order = self._sell((self.product, 4.0, {'price_unit': 40.0, 'tax_ids': self.tax_15.ids}),
                           deliver=False, invoice=False)
        self.env['sale.order.discount'].create({
            'sale_order_id': order.id, 'discount_type': 'so_discount', 'discount_percentage': 0.25}).action_apply_discount()
        goods, discount = order.order_line
        self._deliver(order, {self.product: 1.0})
        first = order._create_invoices()
        first.invoice_date = '2026-01-05'
        first.action_post()
        self._deliver(order)
        second = order._create_invoices()
        second.invoice_date = '2026-01-06'
        second.action_post()
        total = (first | second).mapped('amount_untaxed')
        self.assertAlmostEqual(sum(total), 120.0)
        self.assertIn(discount, first.line_ids.sale_line_ids)
        notes = self._credit_in_parts(goods, (1.0, 2.0, 1.0))
        for invoice in first | second:
            mine = notes.filtered(lambda note, invoice=invoice: note.reversed_entry_id == invoice)
            self.assertAddUp(invoice, mine)

    # === Down payments === #

    def test_down_payments_with_two_taxes_leave_what_the_goods_cost(self):
        """The final invoice deducts what was paid ahead, per tax; the goods are credited whole, the customer gets what
        was paid and not more."""
        order = self.env['sale.order'].with_context(skip_procurement=True).create({
            'partner_id': self.customer.id, 'user_id': self.agent.id,
            'order_line': [Command.create({
                'product_id': product.id, 'product_uom_qty': 3.0, 'price_unit': price, 'tax_ids': tax.ids})
                for product, price, tax in (
                    (self.goods[0], 33.33, self.tax_15), (self.goods[1], 19.99, self.tax_5))]})
        order.with_context(skip_procurement=True).action_confirm()
        ahead = self._pay_in_advance(order, 30.0) | self._pay_in_advance(order, 20.0)
        final = order._create_invoices(final=True)
        final.action_post()
        total = sum((ahead | final).mapped('amount_total'))
        self.assertAlmostEqual(total, order.amount_total, delta=0.03)
        for invoice in ahead | final:
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=invoice.ids).create({})._create_payments()
        first, second = order.order_line.filtered(lambda line: line.product_id in self.goods)
        notes = self._settle_accepted({first: 1.0})
        notes |= self._settle_accepted({first: 2.0, second: 1.0})
        notes |= self._settle_accepted({second: 2.0})
        self.assertEqual(notes.reversed_entry_id, final)
        self.assertAlmostEqual(sum(notes.mapped('amount_total')), order.amount_total, delta=0.03)
        self.assertAlmostEqual(sum(notes.mapped('amount_residual')), total, delta=0.03)
        self.assertFalse(first.qty_to_invoice or second.qty_to_invoice)

    # === Cost === #

    def test_first_in_first_out_gives_the_cost_of_the_delivery_back(self):
        """Pieces of two prices went out together; what came in since at a third does not count."""
        account = self.env['account.account'].create([
            {'name': name, 'code': code, 'account_type': kind, 'company_ids': self.company.ids}
            for name, code, kind in (("Stock", 'RETF1', 'asset_current'), ("Cost", 'RETF2', 'expense_direct_cost'))])
        category = self.env['product.category'].create({
            'name': "First in", 'property_cost_method': 'fifo', 'property_valuation': 'real_time',
            'property_stock_valuation_account_id': account[0].id, 'property_account_expense_categ_id': account[1].id})
        product = self.env['product.product'].create({
            'name': "Layers", 'type': 'consu', 'is_storable': True, 'categ_id': category.id, 'list_price': 30.0,
            'invoice_policy': 'delivery', 'taxes_id': [Command.clear()]})
        warehouse = self.env['stock.warehouse'].search([('company_id', '=', self.company.id)], limit=1)

        def buy(quantity, price):
            picking = self.env['stock.picking'].create({
                'picking_type_id': warehouse.in_type_id.id, 'location_id': self.env.ref('stock.stock_location_suppliers').id,
                'location_dest_id': warehouse.lot_stock_id.id, 'move_ids': [Command.create({
                    'product_id': product.id, 'product_uom_qty': quantity,
                    'location_id': self.env.ref('stock.stock_location_suppliers').id,
                    'location_dest_id': warehouse.lot_stock_id.id})]})
            picking.action_confirm()
            self._validate(picking)
            picking.move_ids.value_manual = quantity * price
        buy(1.0, 10.0)
        buy(5.0, 20.0)
        order = self._sell((product, 2.0))
        buy(5.0, 70.0)

        def cost(moves):
            return round(sum(moves.line_ids.filtered(lambda line: (
                line.display_type == 'cogs' and line.account_id == account[1])).mapped('balance')), 2)
        invoice = order.invoice_ids
        self.assertEqual(cost(invoice), 30.0, "one of 10 and one of 20")
        notes = self._return(order, 1.0).refund_ids
        self.assertEqual(cost(notes), -15.0)
        notes |= self._return(order, 1.0).refund_ids
        self.assertEqual(cost(notes), -30.0)
