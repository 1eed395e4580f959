# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command, fields
from odoo.tests import tagged

from .common import ReturnsCommon

COSTINGS = [(method, valuation) for method in ('standard', 'average', 'fifo') for valuation in ('periodic', 'real_time')]
#: What three pieces cost that leave after the cost has changed, see ``_change_costs``.
LATER = {'standard': 33.0, 'average': round(120 / 13 * 3, 2), 'fifo': 33.0}


class ValuationCommon(ReturnsCommon):
    """A product of each costing method, periodic and perpetual, each with accounts of its own: 3 were bought for 10."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendors = cls.env.ref('stock.stock_location_suppliers')
        cls.loss = cls._create_account("Loss", 'RVL', 'expense')
        cls.accounts, cls.products = {}, {}
        for number, costing in enumerate(COSTINGS):
            name = ' '.join(costing)
            stock = cls._create_account(f"Stock {name}", f'RVS{number}', 'asset_current')
            cost = cls._create_account(f"Cost {name}", f'RVC{number}', 'expense_direct_cost')
            cls.accounts[costing] = {'stock': stock, 'cost': cost}
            category = cls.env['product.category'].create({
                'name': name, 'property_cost_method': costing[0], 'property_valuation': costing[1],
                'property_stock_valuation_account_id': stock.id, 'property_account_expense_categ_id': cost.id})
            cls.products[costing] = cls._create_product(name, quantity=0.0, categ_id=category.id, standard_price=10 / 3)
            cls._buy(cls.products[costing], 3.0, 10.0)

    @classmethod
    def _create_account(cls, name, code, account_type):
        return cls.env['account.account'].create({
            'name': name, 'code': code, 'account_type': account_type, 'company_ids': cls.company.ids})

    @classmethod
    def _buy(cls, product, quantity, value, lot=None):
        move = cls.env['stock.move'].create({
            'product_id': product.id, 'product_uom_qty': quantity, 'product_uom': product.uom_id.id,
            'location_id': cls.vendors.id, 'location_dest_id': cls.stock.id, 'picked': True,
            'move_line_ids': [Command.create({
                'product_id': product.id, 'quantity': quantity, 'product_uom_id': product.uom_id.id,
                'lot_id': lot and lot.id, 'location_id': cls.vendors.id, 'location_dest_id': cls.stock.id})]})
        move._action_done()
        move.value_manual = value
        return move

    def _sell_all(self):
        """One order of three pieces of each, delivered for 10 each and invoiced; afterwards they cost 11 a piece."""
        order = self._sell(*((product, 3.0) for product in self.products.values()))
        self.assertEqual(set(order.picking_ids.move_ids.mapped('value')), {10.0})
        self._change_costs()
        return order

    def _change_costs(self):
        for (method, _valuation), product in self.products.items():
            if method == 'standard':
                self._buy(product, 10.0, 33.33)
                product.standard_price = 11.0
            else:
                self._buy(product, 10.0, 110.0)

    def _get_totals(self):
        """:return: {costing: what is on hand is worth}"""
        self.env.invalidate_all()
        return {costing: product.total_value for costing, product in self.products.items()}

    def _each(self):
        """:yield: (costing method, whether valuation is perpetual, costing, product)"""
        for costing, product in self.products.items():
            yield costing[0], costing[1] == 'real_time', costing, product

    def _get_balance(self, account):
        return round(sum(self.env['account.move.line'].search([
            ('account_id', '=', account.id), ('parent_state', '=', 'posted')]).mapped('balance')), 2)

    def _check_books(self, expected):
        """:param expected: (method, is_perpetual) -> what the sale has cost; it stands on cost and against stock"""
        for method, perpetual, costing, _product in self._each():
            cost = expected(method) if perpetual else 0.0
            # named, not in a subtest: hypothesis has none
            self.assertAlmostEqual(self._get_balance(self.accounts[costing]['cost']), cost, 2, costing)
            self.assertAlmostEqual(self._get_balance(self.accounts[costing]['stock']), -cost, 2, costing)

    def _get_receipts(self, request, product=None):
        return request.sudo().line_ids.move_ids.filtered(lambda move: (
            move._returns_is_receipt() and move.state == 'done' and move.product_id == (product or move.product_id)))


@tagged('post_install', '-at_install')
class TestValuation(ValuationCommon):
    """What comes back is valued as it went out, to the cent, whatever it costs today."""

    def test_parts_of_a_delivery_come_back_for_what_it_was_worth(self):
        order = self._sell_all()
        before = self._get_totals()
        requests = self.Request
        for _number in range(3):
            requests |= self._return(order, 1.0)
        after = self._get_totals()
        for method, _perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                receipts = self._get_receipts(requests, product).sorted('id')
                self.assertEqual([round(move.value, 2) for move in receipts], [3.33, 3.34, 3.33])
                self.assertAlmostEqual(after[costing], before[costing] + (33.0 if method == 'standard' else 10.0), 2)
                self.assertEqual(self._on_hand(product, self.stock), 13.0)
                receipts._set_value()  # as every credit note does: looked at again they are the same
                self.assertEqual(sum(receipts.mapped('value')), 10.0)
        self._check_books(lambda method: 0.0)

    def test_partial_return_reverses_its_part_of_the_cost_and_restock_changes_no_value(self):
        order = self._sell_all()
        request = self._approve(order, 2.0)
        self._receive(request)
        before = self._get_totals()
        self._inspect(request)
        self.assertEqual(self._get_totals(), before)
        self._check_books(lambda method: 10.0)
        self._settle(request)
        for receipt in self._get_receipts(request):
            self.assertEqual(receipt.value, 6.67)
        self._check_books(lambda method: 3.33)

    def test_sent_back_to_the_customer_leaves_by_the_costing_method(self):
        order = self._sell_all()
        request = self._approve(order, 3.0)
        self._receive(request)
        before = self._get_totals()
        inspections = self._inspect(request, self.back_to_customer, accepted=0.0)
        self._validate(inspections.disposal_move_ids.picking_id)
        after = self._get_totals()
        for method, _perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                out = inspections.disposal_move_ids.filtered(lambda move, product=product: move.product_id == product)
                self.assertAlmostEqual(out.value, LATER[method], 2)
                self.assertAlmostEqual(after[costing], before[costing] - LATER[method], 1)
        self.assertEqual(request.state, 'done')
        self._check_books(lambda method: 10.0)

    def test_exchange_takes_back_at_the_old_cost_and_delivers_at_the_new(self):
        order = self._sell_all()
        request = self._approve(order, 3.0, resolution='exchange')
        self._receive(request)
        self.assertEqual(set(self._get_receipts(request).mapped('value')), {10.0})
        self._inspect(request)
        self._validate(request.sudo().exchange_picking_ids)
        self.assertEqual(request.state, 'done')
        # the pieces got in exchange come back for what they were worth, and the sale's cost is taken back
        again = self._return(order, 3.0)
        for method, _perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                out = request.sudo().line_ids.move_ids.filtered(lambda move, product=product: (
                    move._returns_is_replacement() and move.product_id == product))
                self.assertAlmostEqual(out.value, LATER[method], 2)
                self.assertAlmostEqual(self._get_receipts(again, product).value, LATER[method], 2)
        self._check_books(lambda method: 0.0)

    def test_scrap_is_booked_on_the_expense_account_of_the_category(self):
        order = self._sell_all()
        request = self._approve(order, 3.0)
        self._receive(request)
        before = self._get_totals()
        inspections = self._inspect(request, self.scrap)
        self._settle(request)
        after = self._get_totals()
        for method, perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                out = inspections.disposal_move_ids.filtered(lambda move, product=product: move.product_id == product)
                self.assertAlmostEqual(out.value, LATER[method], 2)
                self.assertEqual(bool(out.account_move_id), perpetual)
                self.assertAlmostEqual(after[costing], before[costing] - LATER[method], 1)
        self.assertEqual(request.state, 'done')
        self._check_books(LATER.get)

    def test_scrap_is_booked_on_the_loss_account_of_its_place(self):
        request = self._approve(self._sell_all(), 3.0)
        self._receive(request)
        self.scrap.location_id = self.env['stock.location'].create({
            'name': "Donated", 'usage': 'inventory', 'company_id': self.company.id, 'valuation_account_id': self.loss.id})
        self._inspect(request, self.scrap)
        self._settle(request)
        self.assertAlmostEqual(self._get_balance(self.loss), sum(LATER.values()), 2)
        for method, perpetual, costing, _product in self._each():
            with self.subTest(costing=costing):
                self.assertEqual(self._get_balance(self.accounts[costing]['cost']), 0.0)
                self.assertAlmostEqual(
                    self._get_balance(self.accounts[costing]['stock']), -LATER[method] if perpetual else 0.0, 2)

    def test_second_choice_takes_its_share_of_the_value_along(self):
        others = {costing: self._create_product(
            f"Second {product.name}", quantity=0.0, categ_id=product.categ_id.id, standard_price=1.0)
            for costing, product in self.products.items()}
        for costing, product in self.products.items():
            product.write({'returns_second_choice_id': others[costing].id, 'returns_second_choice_share': 66.6})
        request = self._approve(self._sell_all(), 3.0)
        self._receive(request)
        before = self._get_totals()
        inspections = self._inspect(request, self.env.ref('returns_management.disposition_second_choice'))
        self._settle(request)
        after = self._get_totals()
        kept = {method: round(worth * 0.666, 2) for method, worth in LATER.items()}
        for method, _perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                other = others[costing]
                gone, come = (inspections.disposal_move_ids.filtered(lambda move, goods=goods: move.product_id == goods)
                              for goods in (product, other))
                self.assertAlmostEqual(gone.value, LATER[method], 2)
                self.assertAlmostEqual(come.value, kept[method], 2)
                self.assertAlmostEqual(after[costing], before[costing] - LATER[method], 1)
                self.assertAlmostEqual(other.total_value, 3.0 if method == 'standard' else kept[method], 2)
                self.assertEqual((self._on_hand(other, self.stock), self._on_hand(product)), (3.0, 0.0))
                come._set_value()
                self.assertAlmostEqual(come.value, kept[method], 2)
                self.assertIn("66.6% of the value of", come.value_justification)
        self._check_books(lambda method: LATER[method] - kept[method])

    def test_second_choice_of_another_category_is_written_down_on_the_account_of_the_original(self):
        stock, cost = self._create_account("S2", 'RVX1', 'asset_current'), self._create_account("C2", 'RVX2', 'expense')
        outlet = self.env['product.category'].create({
            'name': "Outlet", 'property_cost_method': 'average', 'property_valuation': 'real_time',
            'property_stock_valuation_account_id': stock.id, 'property_account_expense_categ_id': cost.id})
        costing = ('fifo', 'real_time')
        product = self.products[costing]
        other = self._create_product("Second", quantity=0.0, categ_id=outlet.id)
        product.write({'returns_second_choice_id': other.id, 'returns_second_choice_share': 40.0})
        # making goods is no loss: what an accountant chose for it is left alone
        product.property_stock_production.valuation_account_id = self.loss
        request = self._approve(self._sell((product, 3.0)), 3.0)
        self._receive(request)
        self._inspect(request, self.env.ref('returns_management.disposition_second_choice'))
        self._settle(request)
        self.assertEqual(
            [self._get_balance(account) for account in (*self.accounts[costing].values(), stock, cost, self.loss)],
            [-10.0, 6.0, 4.0, 0.0, 0.0])

    def test_each_lot_comes_back_for_what_it_was_worth(self):
        for method in ('average', 'fifo'):
            with self.subTest(method=method):
                product = self._create_product(
                    f"Coin {method}", quantity=0.0, tracking='lot', lot_valuated=True,
                    categ_id=self.products[method, 'real_time'].categ_id.id)
                lots = self.env['stock.lot'].create([
                    {'name': f'{method} {number}', 'product_id': product.id} for number in range(2)])
                for lot, value in zip(lots, (10.0, 50.0), strict=True):
                    self._buy(product, 3.0, value, lot)
                order = self._sell((product, 6.0), deliver=False, invoice=False)
                picking = order.picking_ids
                picking.move_ids.move_line_ids.unlink()
                picking.move_ids.move_line_ids = [Command.create({
                    'product_id': product.id, 'lot_id': lot.id, 'quantity': 3.0, 'picking_id': picking.id,
                    'location_id': self.stock.id, 'location_dest_id': picking.location_dest_id.id}) for lot in lots]
                picking.move_ids.picked = True
                picking.button_validate()
                self.assertEqual((picking.state, round(picking.move_ids.value, 2)), ('done', 60.0))
                order._create_invoices().action_post()
                # Odoo's costs at a date are those at the end of that second
                with freeze_time(fields.Datetime.now() + timedelta(minutes=1), tick=True):
                    self._buy(product, 3.0, 90.0, lots[0])
                    values = dict.fromkeys(lots, 0.0)
                    for lot, quantity in ((lots[0], 1.0), (lots[1], 2.0), (lots[0], 2.0), (lots[1], 1.0)):
                        request = self._approve(order, quantity, lot_ids=[Command.set(lot.ids)])
                        self._receive(request)
                        receipt = self._get_receipts(request)
                        self.assertEqual(receipt.lot_ids, lot)
                        values[lot] = round(values[lot] + receipt.value, 2)
                        self._inspect(request)
                        self._settle(request)
                    self.assertEqual(values, {lots[0]: 10.0, lots[1]: 50.0})
        self._check_books(lambda method: 0.0)
