# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import Form, tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyCreditNotes(MoneyCommon):
    """What a credit note says is what the invoice said, whatever changed since."""

    def test_discount_is_credited_as_invoiced(self):
        order = self._sell((self.product, 3.0, {'price_unit': 35.45, 'discount': 12.5}))
        notes = self._settle(self._accept_road(order, 1.0)) | self._settle(self._accept_road(order, 2.0))
        self.assertEqual(notes.invoice_line_ids.mapped('discount'), [12.5, 12.5])
        self.assertAddUp(order.invoice_ids - notes, notes)

    def _accept_road(self, order, quantity):
        request = self._approve(order, quantity)
        self._receive(request)
        self._inspect(request)
        return request

    def test_price_changed_on_the_order_since_does_not_count(self):
        order = self._sell((self.product, 4.0, {'price_unit': 35.45}))
        invoice = order.invoice_ids
        order.order_line.price_unit = 50.0
        note = self._settle(self._accept_road(order, 1.0))
        self.assertEqual(note.invoice_line_ids.price_unit, 35.45)
        self.assertEqual(note.amount_untaxed, 35.45)
        note |= self._settle(self._accept_road(order, 3.0))
        self.assertAddUp(invoice, note)

    def test_tax_changed_on_product_and_order_since_does_not_count(self):
        order = self._sell((self.product, 2.0, {'price_unit': 35.45}))
        invoice = order.invoice_ids
        order.order_line.tax_ids = self.tax_5
        self.product.taxes_id = self.tax_21_included
        note = self._settle(self._accept_road(order, 2.0))
        self.assertEqual(note.invoice_line_ids.tax_ids, self.tax_15 | self.tax_5)
        self.assertAddUp(invoice, note)

    def test_archived_tax_is_still_credited(self):
        invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 35.45, 'tax_ids': self.tax_15.ids})
        self.tax_15.active = False
        self.assertAddUp(invoice, self._settle_accepted({invoice.line_ids.sale_line_ids: 3.0}))

    def test_rounding_method_changed_in_between_does_not_count(self):
        self.company.tax_calculation_rounding_method = 'round_globally'
        line = {'product_uom_qty': 3.0, 'price_unit': 33.333, 'discount': 7, 'tax_ids': (self.tax_15 | self.tax_5).ids}
        invoice = self._bill(line, line)
        sale_lines = invoice.line_ids.sale_line_ids
        notes = self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
        self.company.tax_calculation_rounding_method = 'round_per_line'
        notes |= self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
        notes |= self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
        self.assertAddUp(invoice, notes)

    def test_tax_edited_on_the_invoice_is_credited_as_edited(self):
        invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 33.33, 'tax_ids': self.tax_15.ids}, post=False)
        tax_line = invoice.line_ids.filtered(lambda line: line.display_type == 'tax')
        invoice.write({'line_ids': [Command.update(tax_line.id, {'amount_currency': tax_line.amount_currency - 0.02})]})
        invoice.action_post()
        self.assertEqual(invoice.amount_tax, 15.02)
        sale_line = invoice.line_ids.sale_line_ids
        notes = self._settle_accepted({sale_line: 1.0}) | self._settle_accepted({sale_line: 2.0})
        self.assertAddUp(invoice, notes)

    def test_line_invoiced_in_two_parts_at_two_prices_and_taxes_is_credited_oldest_first(self):
        order = self._sell((self.product, 4.0, {'price_unit': 100.0}), deliver=False, invoice=False)
        self._deliver(order, {self.product: 1.0})
        first = order._create_invoices()
        first.invoice_date = '2026-01-02'
        first.action_post()
        order.order_line.write({'price_unit': 80.0, 'tax_ids': [Command.set(self.tax_5.ids)]})
        self._deliver(order)
        second = order._create_invoices()
        second.invoice_date = '2026-01-01'
        second.invoice_line_ids.price_unit = 90.0
        second.action_post()
        request = self._accept_road(order, 4.0)
        notes = self._settle(request)
        self.assertEqual(notes.reversed_entry_id, second | first)
        # the older by date is the second: 3 of it, then the one of the first
        self.assertEqual(request.settlement_ids.mapped('pieces'), [3.0, 1.0])
        self.assertEqual(request.settlement_ids.invoice_line_id.move_id.ids, [second.id, first.id])
        for invoice in first | second:
            self.assertAddUp(invoice, notes.filtered(lambda note, invoice=invoice: note.reversed_entry_id == invoice))

    def test_part_of_a_line_with_several_invoices_comes_from_the_oldest(self):
        order = self._sell((self.product, 4.0), deliver=False, invoice=False)
        invoices = self.env['account.move']
        for day in ('2026-01-05', '2026-01-06'):
            self._deliver(order, {self.product: 2.0})
            invoice = order._create_invoices()
            invoice.invoice_date = day
            invoice.action_post()
            invoices |= invoice
        notes = self._settle(self._accept_road(order, 1.0))
        self.assertEqual(notes.reversed_entry_id, invoices[0])
        notes = self._settle(self._accept_road(order, 2.0))
        self.assertEqual({note.reversed_entry_id: note.invoice_line_ids.quantity for note in notes},
                         {invoices[0]: 1.0, invoices[1]: 1.0})

    def test_one_invoice_for_several_orders_gets_one_credit_note(self):
        orders = self._sell((self.product, 2.0), invoice=False) | self._sell((self.product, 3.0), invoice=False)
        invoice = orders._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice), 1)
        request = self._accept({line: line.product_uom_qty for line in orders.order_line})
        note = self._settle(request)
        self.assertEqual(len(note), 1)
        self.assertAddUp(invoice, note)
        self.assertEqual(orders.order_line.mapped('qty_invoiced'), [0.0, 0.0])

    def test_two_requests_settled_together_get_one_credit_note(self):
        invoice = self._bill(*[{'product_uom_qty': 2.0, 'price_unit': 9.99, 'tax_ids': self.tax_15.ids}] * 2)
        first, second = invoice.line_ids.sale_line_ids
        requests = self._accept({first: 1.0, second: 2.0}) | self._accept({first: 1.0})
        note = self._settle(requests)
        self.assertEqual(len(note), 1)
        self.assertEqual(note.returns_request_ids, requests)
        self.assertEqual(sum(requests.mapped('amount_refunded')), note.amount_total)
        self.assertAddUp(invoice, note)

    def test_requests_of_two_customers_get_a_credit_note_each(self):
        line = {'product_uom_qty': 2.0, 'price_unit': 9.99, 'tax_ids': self.tax_15.ids}
        invoices = self._bill(line) | self._bill(line, partner_id=self.other_customer.id)
        notes = self._settle(self._accept({invoices[0].line_ids.sale_line_ids: 2.0})
                             | self._accept({invoices[1].line_ids.sale_line_ids: 2.0}))
        self.assertEqual(len(notes), 2)
        for invoice in invoices:
            note = notes.filtered(lambda note, invoice=invoice: note.reversed_entry_id == invoice)
            self.assertEqual(note.partner_id, invoice.partner_id)
            self.assertAddUp(invoice, note)

    def test_foreign_currency_is_credited_at_the_invoices_rate(self):
        invoice = self._bill(
            {'product_uom_qty': 3.0, 'price_unit': 33.33, 'tax_ids': (self.tax_15 | self.tax_5).ids}, foreign=True)
        self.assertEqual(invoice.invoice_currency_rate, 0.8731)
        sale_line = invoice.line_ids.sale_line_ids
        notes = self._settle_accepted({sale_line: 1.0})
        late = self._settle_accepted({sale_line: 2.0}, post=False)
        late.invoice_date = '2026-02-01'  # what accountants do: the date of the paper
        late.action_post()
        notes |= late
        self.assertEqual(set(notes.mapped('invoice_currency_rate')), {0.8731})
        self.assertAddUp(invoice, notes)
        request = notes[0].returns_request_ids
        self.assertEqual(request.amount_refunded, abs(notes[0].amount_total_signed))

    def test_draft_in_foreign_currency_posted_on_another_day_keeps_the_invoices_rate(self):
        # the rate had not moved when the draft was made, which core takes for "not typed by hand"
        invoice = self._bill({'product_uom_qty': 1.0, 'price_unit': 33.33}, foreign=True, post=False)
        invoice.write({'invoice_date': '2025-02-01'})
        invoice.action_post()
        self.assertAlmostEqual(invoice.invoice_currency_rate, 0.9412)
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 1.0}, post=False)
        self._set_rate('2025-06-01', 0.5)
        note.action_post()
        self.assertAlmostEqual(note.invoice_currency_rate, 0.9412)

    def test_account_analytic_and_fiscal_position_are_those_of_the_invoice(self):
        plan = self.env['account.analytic.plan'].create({'name': "Returns"})
        analytic = self.env['account.analytic.account'].create({'name': "Kettles", 'plan_id': plan.id})
        position = self.env['account.fiscal.position'].create({'name': "Abroad", 'company_id': self.company.id})
        account = self.env['account.account'].create({
            'name': "Special sales", 'code': 'RETX1', 'account_type': 'income', 'company_ids': self.company.ids})
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids}, post=False)
        invoice.fiscal_position_id = position
        invoice.invoice_line_ids.write({
            'account_id': account.id, 'analytic_distribution': {str(analytic.id): 100.0},
            'tax_ids': [Command.set(self.tax_15.ids)], 'name': "As agreed by phone"})
        invoice.action_post()
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 1.0})
        line = note.invoice_line_ids
        self.assertEqual((line.account_id, line.analytic_distribution, line.name),
                         (account, {str(analytic.id): 100.0}, "As agreed by phone"))
        self.assertEqual((note.fiscal_position_id, note.journal_id, note.partner_id, note.reversed_entry_id),
                         (position, invoice.journal_id, invoice.partner_id, invoice))

    def test_pieces_of_a_dozen_are_credited_exactly(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        unit = self.env.ref('uom.product_uom_unit')
        invoice = self._bill({
            'product_uom_qty': 1.0, 'product_uom_id': dozen.id, 'price_unit': 100.0, 'tax_ids': self.tax_15.ids})
        sale_line = invoice.line_ids.sale_line_ids
        notes = self._settle_accepted({sale_line: (5.0, {'uom_id': unit.id})})
        self.assertEqual((notes.invoice_line_ids.quantity, notes.invoice_line_ids.product_uom_id), (5.0, unit))
        self.assertEqual((notes.amount_untaxed, notes.amount_tax), (41.67, 6.25))  # 5/12 of 100.00 and 15.00
        for _number in range(3):
            notes |= self._settle_accepted({sale_line: (1.0, {'uom_id': unit.id})})
        notes |= self._settle_accepted({sale_line: (4.0, {'uom_id': unit.id})})
        self.assertAddUp(invoice, notes)

    def test_dozens_that_come_in_pieces_are_credited_in_pieces(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 1.0, {'product_uom_id': dozen.id, 'price_unit': 100.0}))
        request = self._approve(order, 1.0)
        for _number in range(3):
            self._receive(request, {self.product: 4.0})
            self._inspect(request)
            self._settle(request)
        self.assertEqual(request.settlement_ids.mapped('pieces'), [4.0, 4.0, 4.0])
        self.assertEqual(request.state, 'done')
        self.assertAddUp(order.invoice_ids - request.refund_ids, request.refund_ids)

    def test_pieces_taken_off_the_note_of_a_dozen_are_settled_exactly(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        invoice = self._bill({'product_uom_qty': 1.0, 'product_uom_id': dozen.id, 'price_unit': 100.0, 'tax_ids': []})
        request = self._accept({invoice.line_ids.sale_line_ids: 1.0})
        note = self._settle(request, post=False)
        note.invoice_line_ids.write({
            'product_uom_id': self.env.ref('uom.product_uom_unit').id, 'quantity': 5.0, 'price_unit': 100.0 / 12})
        note.action_post()
        self.assertEqual((note.amount_total, request.settlement_ids.pieces), (41.67, 5.0))
        self.assertAddUp(invoice, note | self._settle(request).filtered(lambda other: other.state == 'posted'))
        self.assertEqual((request.settlement_ids.mapped('pieces'), request.state), ([5.0, 7.0], 'done'))

    def test_price_included_taxes_add_up(self):
        line = {'product_uom_qty': 7.0, 'price_unit': 9.99, 'tax_ids': self.tax_21_included.ids}
        invoice = self._bill(line, {**line, 'product_uom_qty': 3.0, 'discount': 33})
        first, second = invoice.line_ids.sale_line_ids
        notes = self.env['account.move']
        for number in range(7):
            notes |= self._settle_accepted({first: 1.0, second: 1.0} if number < 3 else {first: 1.0})
        self.assertAddUp(invoice, notes)

    def test_special_taxes_add_up(self):
        Tax = self.env['account.tax']
        per_piece = Tax.create({
            'name': "Fee per piece", 'amount_type': 'fixed', 'amount': 0.37, 'type_tax_use': 'sale',
            'include_base_amount': True, 'sequence': 1, 'company_id': self.company.id})
        on_top = Tax.create({
            'name': "On top of it", 'amount': 7.7, 'type_tax_use': 'sale', 'sequence': 2, 'company_id': self.company.id})
        group = Tax.create({
            'name': "Group", 'amount_type': 'group', 'type_tax_use': 'sale', 'company_id': self.company.id,
            'children_tax_ids': [Command.set((self.tax_15 | self.tax_5).ids)]})
        reverse_charge = Tax.create({
            'name': "Reverse charge", 'amount': 20.0, 'type_tax_use': 'sale', 'company_id': self.company.id,
            'invoice_repartition_line_ids': [
                Command.create({'repartition_type': 'base'}),
                Command.create({'repartition_type': 'tax', 'factor_percent': 100}),
                Command.create({'repartition_type': 'tax', 'factor_percent': -100})],
            'refund_repartition_line_ids': [
                Command.create({'repartition_type': 'base'}),
                Command.create({'repartition_type': 'tax', 'factor_percent': 100}),
                Command.create({'repartition_type': 'tax', 'factor_percent': -100})]})
        for taxes in (per_piece | on_top, group, reverse_charge, reverse_charge | self.tax_5):
            for method in ('round_globally', 'round_per_line'):
                self.company.tax_calculation_rounding_method = method
                line = {'product_uom_qty': 3.0, 'price_unit': 33.337, 'discount': 3, 'tax_ids': taxes.ids}
                invoice = self._bill(line, line)
                sale_lines = invoice.line_ids.sale_line_ids
                notes = self.env['account.move']
                for _number in range(3):
                    notes |= self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
                with self.subTest(taxes=taxes.mapped('name'), method=method):
                    self.assertAddUp(invoice, notes)

    def test_cash_rounding_pays_back_what_was_paid(self):
        rounding = self.env['account.cash.rounding'].create({
            'name': "5 cents", 'rounding': 0.05, 'rounding_method': 'HALF-UP', 'strategy': 'add_invoice_line',
            'profit_account_id': self._get_account('income_other').id,
            'loss_account_id': self._get_account('expense').id})
        for strategy in ('add_invoice_line', 'biggest_tax'):
            rounding.strategy = strategy
            for price in (9.99, 11.13, 7.77, 0.89):
                invoice = self._bill(*[{
                    'product_uom_qty': 3.0, 'price_unit': price, 'tax_ids': self.tax_15.ids}] * 2, post=False)
                invoice.invoice_cash_rounding_id = rounding
                invoice.action_post()
                sale_lines = invoice.line_ids.sale_line_ids
                notes = self._settle_accepted({sale_lines[0]: 1.0})
                notes |= self._settle_accepted({sale_lines[1]: 2.0})
                notes |= self._settle_accepted({sale_lines[0]: 2.0, sale_lines[1]: 1.0})
                with self.subTest(strategy=strategy, price=price):
                    self.assertAlmostEqual(sum(notes.mapped('amount_total')), invoice.amount_total)
                    self.assertEqual((invoice.amount_residual, invoice.payment_state), (0.0, 'reversed'))
                    self.assertAlmostEqual(
                        sum(notes.returns_request_ids.mapped('amount_refunded')), invoice.amount_total)
                    self.assertFalse(notes.invoice_cash_rounding_id)

    def _get_account(self, account_type):
        return self.env['account.account'].search(
            [('account_type', '=', account_type), ('company_ids', 'in', self.company.ids)], limit=1)

    def test_global_discount_is_given_back_in_proportion(self):
        order = self.env['sale.order'].with_context(skip_procurement=True).create({
            'partner_id': self.customer.id, 'user_id': self.agent.id,
            'order_line': [Command.create({
                'product_id': product.id, 'product_uom_qty': 3.0, 'price_unit': price, 'tax_ids': tax.ids})
                for product, price, tax in (
                    (self.goods[0], 33.33, self.tax_15), (self.goods[1], 9.99, self.tax_5))]})
        wizard = self.env['sale.order.discount'].create({
            'sale_order_id': order.id, 'discount_type': 'so_discount', 'discount_percentage': 0.1})
        wizard.action_apply_discount()
        order.with_context(skip_procurement=True).action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        kettles, mugs = order.order_line[:2]
        notes = self._settle_accepted({kettles: 1.0})
        self.assertAlmostEqual(notes.amount_total, 33.33 * 1.15 * 0.9, delta=0.02)
        notes |= self._settle_accepted({kettles: 2.0, mugs: 1.0})
        notes |= self._settle_accepted({mugs: 2.0})
        self.assertAddUp(invoice, notes)
        self.assertEqual(order.invoice_status, 'invoiced')

    def _order_goods(self, *lines, discounts=()):
        """:param lines: (price, tax) of three pieces each
        :param discounts: (type, number) of the discounts of the whole order
        """
        order = self.env['sale.order'].with_context(skip_procurement=True).create({
            'partner_id': self.customer.id, 'user_id': self.agent.id,
            'order_line': [Command.create({
                'product_id': product.id, 'product_uom_qty': 3.0, 'price_unit': price, 'tax_ids': tax.ids})
                for product, (price, tax) in zip(self.goods, lines, strict=False)]})
        for kind, number in discounts:
            name = 'discount_amount' if kind == 'amount' else 'discount_percentage'
            self.env['sale.order.discount'].create({
                'sale_order_id': order.id, 'discount_type': kind, name: number}).action_apply_discount()
        order.with_context(skip_procurement=True).action_confirm()
        return order

    def test_two_discounts_of_one_order_are_each_given_back_in_proportion(self):
        order = self._order_goods((40.0, self.tax_15), discounts=(('so_discount', 0.1), ('amount', 11.1)))
        invoice = order._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice.invoice_line_ids), 3)
        notes = self.env['account.move']
        for _number in range(3):
            note = self._settle_accepted({order.order_line[0]: 1.0})
            self.assertAlmostEqual(note.amount_total, invoice.amount_total / 3, delta=0.02)
            notes |= note
        self.assertAddUp(invoice, notes)

    def test_discount_of_one_order_is_not_given_back_with_the_goods_of_another(self):
        orders = self._order_goods((40.0, self.tax_15), discounts=(('so_discount', 0.5),))
        orders |= self._order_goods((40.0, self.tax_15), discounts=(('so_discount', 0.1),))
        orders |= self._order_goods((40.0, self.tax_15))
        invoice = orders._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice), 1)
        notes = self.env['account.move']
        for quantity in (1.0, 2.0):
            for order, part in zip(orders, (0.5, 0.9, 1.0), strict=True):
                note = self._settle_accepted({order.order_line[0]: quantity})
                self.assertAlmostEqual(note.amount_untaxed, quantity * 40.0 * part)
                notes |= note
        self.assertAddUp(invoice, notes)

    def test_discount_lowers_the_taxes_of_the_goods_that_came_back(self):
        order = self._order_goods((40.0, self.tax_15), (60.0, self.tax_5), discounts=(('so_discount', 0.1),))
        invoice = order._create_invoices()
        invoice.action_post()
        first, second = order.order_line[:2]
        note = self._settle_accepted({first: 1.0})
        self.assertEqual((note.invoice_line_ids.tax_ids, note.amount_untaxed, note.amount_tax), (self.tax_15, 36.0, 5.4))
        note |= self._settle_accepted({second: 3.0})
        self.assertAddUp(invoice, note | self._settle_accepted({first: 2.0}))

    def test_early_payment_discount_on_the_tax_is_given_back_in_proportion(self):
        term = self.env['account.payment.term'].create({
            'name': "2/10", 'early_discount': True, 'discount_percentage': 2.0, 'discount_days': 10,
            'early_pay_discount_computation': 'mixed',
            'line_ids': [Command.create({'value': 'percent', 'value_amount': 100.0, 'nb_days': 30})]})
        line = {'product_uom_qty': 3.0, 'price_unit': 33.33, 'tax_ids': self.tax_15.ids}
        invoice = self._bill(line, line, payment_term_id=term.id)
        self.assertEqual(invoice.amount_tax, 29.4)  # of 98 % of the price
        sale_lines = invoice.line_ids.sale_line_ids
        notes = self.env['account.move']
        for _number in range(3):
            notes |= self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
        self.assertAlmostEqual(sum(notes.mapped('amount_total')), invoice.amount_total)
        self.assertAlmostEqual(sum(notes.mapped('amount_tax')), invoice.amount_tax)
        self.assertEqual((invoice.amount_residual, invoice.payment_state), (0.0, 'reversed'))

    def test_lock_date_moves_the_accounting_date_only(self):
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids})
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 2.0}, post=False)
        note.invoice_date = '2026-01-15'
        self.company.sudo().sale_lock_date = '2026-01-31'
        note.action_post()
        self.assertEqual(str(note.invoice_date), '2026-01-15')
        self.assertGreater(str(note.date), '2026-01-31')
        self.assertAddUp(invoice, note)

    def test_paid_invoice_stays_paid_and_the_note_is_owed_to_the_customer(self):
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids})
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({})._create_payments()
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 1.0})
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual((note.amount_residual, note.payment_state), (11.5, 'not_paid'))

    def test_goods_bought_with_a_down_payment_credit_the_goods_only(self):
        order = self._sell((self.product, 2.0, {'price_unit': 100.0, 'tax_ids': self.tax_15.ids}),
                           deliver=False, invoice=False)
        wizard = self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids).create(
                {'advance_payment_method': 'percentage', 'amount': 50.0})
        down_payment = wizard._create_invoices(order)
        down_payment.action_post()
        self._deliver(order)
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual((down_payment.amount_total, final.amount_total), (115.0, 115.0))
        request = self._accept_road(order, 2.0)
        note = self._settle(request)
        self.assertEqual(note.reversed_entry_id, final)
        self.assertEqual(note.invoice_line_ids.product_id, self.product)
        self.assertEqual(note.amount_total, 230.0)
        self.assertEqual((final.amount_residual, note.amount_residual), (0.0, 115.0))
        self.assertEqual((request.state, order.invoice_status), ('done', 'invoiced'))

    def test_goods_of_which_only_a_down_payment_is_invoiced_are_not_credited(self):
        order = self._sell((self.product, 2.0, {'price_unit': 100.0}), deliver=False, invoice=False)
        wizard = self.env['sale.advance.payment.inv'].with_context(
            active_model='sale.order', active_ids=order.ids).create(
                {'advance_payment_method': 'percentage', 'amount': 50.0})
        wizard._create_invoices(order).action_post()
        self._deliver(order)
        request = self._accept_road(order, 2.0)
        self.assertFalse(self._settle(request))
        self.assertEqual(request.settlement_ids.kind, 'uninvoiced')
        self.assertIn("final invoice", request.settlement_ids.note)
        final = order._create_invoices(final=True)
        self.assertEqual((final.move_type, final.amount_untaxed), ('out_refund', 100.0))

    def test_negative_and_free_lines_add_up(self):
        tax = self.tax_15.ids
        invoice = self._bill(
            {'product_uom_qty': 3.0, 'price_unit': 20.0, 'tax_ids': tax},
            {'product_uom_qty': 3.0, 'price_unit': -3.33, 'tax_ids': tax},
            {'product_uom_qty': 3.0, 'price_unit': 0.0, 'tax_ids': tax},
            {'product_uom_qty': 3.0, 'price_unit': 20.0, 'discount': 100.0, 'tax_ids': tax})
        sale_lines = invoice.line_ids.sale_line_ids
        notes = self.env['account.move']
        for _number in range(3):
            notes |= self._settle_accepted(dict.fromkeys(sale_lines, 1.0))
        self.assertAddUp(invoice, notes)

    def test_goods_that_were_free_close_with_a_credit_note_of_nothing(self):
        order = self._sell((self.product, 2.0, {'discount': 100.0}))
        request = self._accept_road(order, 1.0)
        note = self._settle(request)
        self.assertEqual((note.amount_total, note.state), (0.0, 'posted'))
        self.assertEqual((request.state, request.line_ids.quantity_settled, request.amount_refunded), ('done', 1.0, 0.0))
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_several_companies_are_settled_at_once_each_in_its_own_books(self):
        other = self.env['res.company'].create({'name': "Other Company", 'currency_id': self.company.currency_id.id})
        self.env['account.chart.template'].try_loading('generic_coa', company=other, install_demo=False)
        self.accountant.company_ids |= other
        mine = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': []})
        env = self.env(context={**self.env.context, 'allowed_company_ids': [other.id, self.company.id]})
        order = env['sale.order'].with_context(skip_procurement=True).create({
            'partner_id': self.customer.id, 'company_id': other.id, 'state': 'sale',
            'order_line': [Command.create({
                'product_id': self.goods[0].id, 'product_uom_qty': 2.0, 'price_unit': 30.0, 'tax_ids': []})]})
        theirs = order._create_invoices()
        theirs.action_post()
        request = env['returns.request'].create({
            'partner_id': self.customer.id, 'company_id': other.id, 'team_id': False,
            'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 2.0, 'reason_id': self.reason.id})]})
        request._write_flow({'date_submitted': '2026-01-01'})
        for name in ('quantity_approved', 'quantity_received', 'quantity_accepted'):
            request.line_ids._write_flow({name: 2.0})
        request.line_ids._claim_balance()
        request.line_ids._advance()
        requests = self._accept({mine.line_ids.sale_line_ids: 2.0}) | request.with_env(self.env)
        requests.with_user(self.accountant).with_context(
            allowed_company_ids=[self.company.id, other.id]).action_settle()
        notes = requests.refund_ids
        notes.action_post()
        for invoice in mine | theirs:
            note = notes.filtered(lambda note, invoice=invoice: note.reversed_entry_id == invoice)
            self.assertEqual((note.company_id, note.journal_id), (invoice.company_id, invoice.journal_id))
            self.assertAddUp(invoice, note)

    def test_printed_credit_note_form_opens_for_an_accountant(self):
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids})
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 1.0}, post=False)
        with Form(note.with_user(self.accountant)) as form:
            form.ref = "Seen"
        self.assertEqual(note.amount_total, 11.5)


@tagged('post_install', '-at_install')
class TestMoneyCostOfGoods(MoneyCommon):
    """In perpetual valuation the cost comes back as it went out."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stock, expense = cls.env['account.account'].create([
            {'name': name, 'code': code, 'account_type': account_type, 'company_ids': cls.company.ids}
            for name, code, account_type in (
                ("Stock of returns", 'RETS1', 'asset_current'), ("Cost of returns", 'RETC1', 'expense_direct_cost'))])
        cls.stock_account, cls.cost_account = stock, expense
        cls.categories = cls.env['product.category'].create([{
            'name': method, 'property_cost_method': method, 'property_valuation': 'real_time',
            'property_stock_valuation_account_id': stock.id, 'property_account_expense_categ_id': expense.id,
        } for method in ('standard', 'average')])

    def _get_costs(self, moves):
        return {account.code: round(sum(
            line.balance for line in moves.line_ids if line.display_type == 'cogs' and line.account_id == account), 2)
            for account in (self.stock_account, self.cost_account)}

    def test_original_cost_is_reversed_though_the_cost_changed(self):
        for category in self.categories:
            product = self._create_product(f"Costly {category.name}", categ_id=category.id, standard_price=5.0)
            order = self._sell((product, 3.0))
            invoice = order.invoice_ids
            self.assertEqual(self._get_costs(invoice), {'RETS1': -15.0, 'RETC1': 15.0})
            product.standard_price = 8.0
            first = self._return(order, 1.0)
            self.assertEqual(self._get_costs(first.refund_ids), {'RETS1': 5.0, 'RETC1': -5.0})
            second = self._return(order, 2.0)
            self.assertEqual(self._get_costs(first.refund_ids | second.refund_ids), {'RETS1': 15.0, 'RETC1': -15.0})

    def test_each_line_of_an_invoice_has_its_own_cost(self):
        product = self._create_product("Twice", categ_id=self.categories[0].id, standard_price=5.0)
        orders = self._sell((product, 1.0), invoice=False)
        product.standard_price = 9.0
        orders |= self._sell((product, 1.0), invoice=False)
        invoice = orders._create_invoices()
        invoice.action_post()
        for order in orders:
            line = order.order_line
            billed = invoice.line_ids.filtered(lambda item, line=line: (
                item.display_type == 'cogs' and item.cogs_origin_id.sale_line_ids == line
                and item.account_id == self.cost_account))
            request = self._return(order, 1.0)
            self.assertEqual(self._get_costs(request.refund_ids)['RETC1'], -billed.balance)

    def test_pieces_of_a_dozen_cost_what_they_cost(self):
        product = self._create_product("Dozens", categ_id=self.categories[0].id, standard_price=5.0)
        order = self._sell((product, 1.0, {'product_uom_id': self.env.ref('uom.product_uom_dozen').id}))
        self.assertEqual(self._get_costs(order.invoice_ids), {'RETS1': -60.0, 'RETC1': 60.0})
        product.standard_price = 8.0
        request = self._return(order, 5.0, uom_id=self.env.ref('uom.product_uom_unit').id)
        self.assertEqual(self._get_costs(request.refund_ids), {'RETS1': 25.0, 'RETC1': -25.0})

    def test_cents_of_cost_add_up(self):
        product = self._create_product("Thirds", categ_id=self.categories[1].id, standard_price=3.335)
        order = self._sell((product, 3.0))
        invoice = order.invoice_ids
        notes = self.env['account.move']
        for _number in range(3):
            notes |= self._return(order, 1.0).refund_ids
        self.assertEqual(self._get_costs(notes)['RETC1'], -self._get_costs(invoice)['RETC1'])
        self.assertEqual(self._get_costs(notes)['RETS1'], -self._get_costs(invoice)['RETS1'])

    def test_cost_of_goods_that_were_credited_and_never_came_is_booked_again(self):
        self.rule.sudo().advance = 'refund'
        for category in self.categories:
            product = self._create_product(f"Lost {category.name}", categ_id=category.id, standard_price=3.335)
            request = self._approve(self._sell((product, 3.0)), 3.0)
            note = self._settle(request)
            product.standard_price = 8.0
            request.with_user(self.inspector).action_close_short("Never came")
            note.reversal_move_ids.action_post()
            self.assertTrue(self._get_costs(note)['RETC1'])
            self.assertEqual(self._get_costs(note | note.reversal_move_ids), {'RETS1': 0.0, 'RETC1': 0.0})

    def test_allowance_reverses_no_cost(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 100.0})
        product = self._create_product("Kept", categ_id=self.categories[0].id, standard_price=5.0)
        order = self._sell((product, 3.0))
        request = self._submit(order, 1.0)
        note = self._settle(request)
        self.assertEqual(self._get_costs(note), {'RETS1': 0.0, 'RETC1': 0.0})
        self.assertEqual((order.order_line.qty_invoiced, order.order_line.qty_to_invoice), (3.0, 0.0))
