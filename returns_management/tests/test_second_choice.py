# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestSecondChoice(RpcCommon):
    """Second choice becomes the product that is sold as such, piece by piece and lot by lot."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env.ref('returns_management.disposition_second_choice')
        cls.other = cls._create_product("Kettle, second choice", quantity=0.0)

    def _map(self, product, other=None, share=50.0):
        product.write({'returns_second_choice_id': (other or self.other).id, 'returns_second_choice_share': share})

    def _inspected(self, order, quantity, disposition=None, **line_values):
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        return request, self._inspect(request, disposition or self.second)

    def _sell_lots(self, product, lots, quantity=1.0):
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(product, self.stock, quantity, lot_id=lot)
        return self._sell((product, quantity * len(lots)))

    def test_pieces_are_sold_as_the_other_product(self):
        self._map(self.product)
        request, inspection = self._inspected(self._sell(), 2.0)
        self._settle(request)
        self.assertEqual(
            (request.state, self._on_hand(self.product), self._on_hand(self.other, self.stock)), ('done', 0.0, 2.0))
        self.assertEqual((inspection.second_choice_id, inspection.second_choice_share), (self.other, 50.0))
        self.assertIn("Kettle, second choice, at 50%", inspection.second_choice_note)
        gone, come = inspection.disposal_move_ids.sorted('id')
        self.assertEqual((come.move_orig_ids, gone.move_orig_ids), (gone, inspection.move_id))
        self.assertEqual(gone.move_line_ids.produce_line_ids, come.move_line_ids)
        order = self._sell((self.other, 2.0))
        self.assertEqual(order.order_line.qty_delivered, 2.0)

    def test_serial_number_is_kept_and_marked_with_its_grade(self):
        product = self._create_product("Radio", tracking='serial')
        other = self._create_product("Radio, second choice", tracking='serial')
        self._map(product, other)
        lots = self.env['stock.lot'].create([{'name': f'R{number}', 'product_id': product.id} for number in range(2)])
        order = self._sell_lots(product, lots)
        request = self._approve(order, 2.0)
        self._receive(request)
        for inspection, grade in zip(request.inspection_ids.sorted('lot_id'), 'bc', strict=True):
            inspection.with_user(self.inspector).write({'grade': grade, 'disposition_id': self.second.id})
        request.inspection_ids.with_user(self.inspector).action_done()
        self._settle(request)
        sold_as = self.env['stock.lot'].search([('product_id', '=', other.id)], order='name')
        self.assertEqual(
            [(lot.name, lot.is_returned_item, lot.returns_grade, lot.product_qty) for lot in sold_as],
            [('R0', True, 'b', 1.0), ('R1', True, 'c', 1.0)])
        self.assertEqual(lots.mapped('product_qty'), [0.0, 0.0])
        # second choice comes back like anything else, and is second choice still
        again = self._sell((other, 2.0))
        request, _inspections = self._inspected(again, 2.0)
        self._settle(request)
        place = self.warehouse.returns_second_choice_location_id
        self.assertEqual((request.state, self._on_hand(other, place)), ('done', 2.0))

    def test_lot_bears_the_lowest_grade_of_its_pieces(self):
        product = self._create_product("Pill", tracking='lot')
        other = self._create_product("Pill, second choice", tracking='lot')
        self._map(product, other)
        lot = self.env['stock.lot'].create({'name': 'P1', 'product_id': product.id})
        order = self._sell_lots(product, lot, 5.0)
        for grade in 'cab':
            request = self._approve(order, 1.0)
            self._receive(request)
            request.inspection_ids.with_user(self.inspector).write({'grade': grade, 'disposition_id': self.second.id})
            request.inspection_ids.with_user(self.inspector).action_done()
            self._settle(request)
        sold_as = self.env['stock.lot'].search([('product_id', '=', other.id)])
        self.assertEqual((sold_as.name, sold_as.returns_grade, sold_as.product_qty), ('P1', 'c', 3.0))

    def test_without_another_product_they_wait_apart(self):
        request, inspection = self._inspected(self._sell(), 1.0)
        self._settle(request)
        place = self.warehouse.returns_second_choice_location_id
        self.assertEqual((self._on_hand(self.product, place), inspection.second_choice_note), (1.0, False))

    def test_other_product_that_does_not_fit_any_more_is_left_alone(self):
        self._map(self.product)
        self.other.active = False
        request, _inspection = self._inspected(self._sell(), 1.0)
        self._settle(request)
        self.assertEqual(self._on_hand(self.product, self.warehouse.returns_second_choice_location_id), 1.0)

    def test_mapping_that_cannot_work_is_refused(self):
        tracked = self._create_product("Tracked", tracking='lot')
        dozen = self._create_product("Dozen", uom_id=self.env.ref('uom.product_uom_dozen').id)
        service = self.env['product.product'].create({'name': "Service", 'type': 'service'})
        for other in (self.product, tracked, dozen, service):
            with self.subTest(other=other.name), self.assertRaises(ValidationError):
                self._map(self.product, other)
        for share in (0.0, -1.0, 100.5):
            with self.subTest(share=share), self.assertRaisesRegex(ValidationError, "more than 0"):
                self._map(self.product, share=share)

    def test_product_without_variants_is_mapped_on_its_form(self):
        template = self.product.product_tmpl_id
        template.write({'returns_second_choice_id': self.other.id, 'returns_second_choice_share': 30.0})
        self.assertEqual(
            (self.product.returns_second_choice_id, self.product.returns_second_choice_share), (self.other, 30.0))
        made = self.env['product.template'].create({
            'name': "Made", 'is_storable': True, 'returns_second_choice_id': self.other.id,
            'returns_second_choice_share': 20.0})
        self.assertEqual(made.product_variant_id.returns_second_choice_share, 20.0)
        company = self.env['res.company'].create({'name': "Elsewhere"})
        self.assertFalse(template.with_company(company).returns_second_choice_id, "each company has its own")

    def test_grade_of_a_lot_is_not_typed(self):
        lot = self.env['stock.lot'].create({'name': 'X', 'product_id': self._create_product("L", tracking='lot').id})
        for user in (self.stocker, self.manager):
            for vals in ({'returns_grade': 'a'}, {'is_returned_item': True}):
                with self.subTest(user=user.login), self.assertRaises(AccessError):
                    self._rpc(user, 'stock.lot', 'write', lot.ids, vals)
        with self.assertRaises(AccessError):
            self._rpc(self.stocker, 'stock.lot', 'create', {
                'name': 'Y', 'product_id': lot.product_id.id, 'returns_grade': 'a'})

    def test_nobody_says_by_hand_that_an_inspection_scrapped_goods(self):
        _request, inspection = self._inspected(self._sell(), 1.0, self.restock)
        vals = {'product_id': self.product.id, 'scrap_qty': 1.0, 'returns_inspection_id': inspection.id}
        with self.assertRaises(AccessError):
            self._rpc(self.stocker, 'stock.scrap', 'create', vals)

    # -- destinations of a company's own

    def _place(self, name, **values):
        return self.env['stock.location'].create({
            'name': name, 'usage': 'internal', 'company_id': self.company.id, 'location_id': False, **values})

    def test_company_adds_an_outlet_without_code(self):
        outlet = self.env['returns.disposition'].with_user(self.manager).create({
            'name': "Outlet", 'kind': 'second_choice', 'location_id': self._place("Outlet").id})
        request, _inspection = self._inspected(self._sell(), 2.0, outlet)
        self._settle(request)
        self.assertEqual(self._on_hand(self.product, outlet.location_id), 2.0)

    def test_company_adds_a_donation_without_code(self):
        reason = self.env['stock.scrap.reason.tag'].create({'name': "Given away"})
        donated = self._place("Donated", usage='inventory')
        donate = self.env['returns.disposition'].with_user(self.manager).create({
            'name': "Donate", 'kind': 'scrap', 'location_id': donated.id, 'scrap_reason_tag_ids': [Command.set(reason.ids)]})
        request, inspection = self._inspected(self._sell(), 2.0, donate)
        self._settle(request)
        scrap = self.env['stock.scrap'].search([('returns_inspection_id', '=', inspection.id)])
        self.assertEqual(
            (scrap.scrap_location_id, scrap.scrap_reason_tag_ids, scrap.scrap_qty), (donated, reason, 2.0))
        self.assertEqual(request.state, 'done')

    def test_place_in_another_warehouse_is_reached_by_a_transfer(self):
        shop = self.env['stock.warehouse'].create({'name': "Shop", 'code': 'SHP'})
        outlet = self.env['returns.disposition'].create({
            'name': "Outlet shop", 'kind': 'restock', 'location_id': shop.lot_stock_id.id})
        request, inspection = self._inspected(self._sell(), 2.0, outlet)
        picking = inspection.disposal_move_ids.picking_id
        self.assertEqual((picking.state, picking.picking_type_id), ('assigned', self.warehouse.int_type_id))
        self.assertEqual((inspection.is_disposed, self._on_hand(self.product)), (False, 2.0))
        self._settle(request)
        self.assertEqual(request.state, 'settlement')
        self._validate(picking)
        self.assertEqual((request.state, self._on_hand(self.product, shop.lot_stock_id)), ('done', 2.0))
        # as second choice, the other product is carried there
        self._map(self.product)
        outlet.kind = 'second_choice'
        request, inspection = self._inspected(self._sell(), 2.0, outlet)
        self._settle(request)
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        picking = self.env['stock.picking'].search(
            [('origin', '=', request.name), ('picking_type_code', '=', 'internal')])
        self.assertEqual((picking.state, picking.move_ids.product_id), ('assigned', self.other))
        self._validate(picking)
        self.assertEqual(self._on_hand(self.other, shop.lot_stock_id), 2.0)

    def test_place_that_cannot_work_is_refused(self):
        strange = self.env['res.company'].create({'name': "Strangers"})
        for kind, place in (
                ('restock', self._place("Loss", usage='inventory')), ('scrap', self._place("Inside")),
                ('restock', self.warehouse.returns_location_id), ('customer', self._place("Anywhere")),
                ('restock', self._place("Foreign", company_id=strange.id)),
                ('restock', self._place("None", company_id=False))):
            with self.subTest(kind=kind, place=place.name), self.assertRaises(ValidationError):
                self.env['returns.disposition'].create({'name': "X", 'kind': kind, 'location_id': place.id})

    # -- replenishment

    def _rule(self, product):
        vendor = self.env['res.partner'].create({'name': "Vendor"})
        source = self._place("Source")
        self.env['stock.quant']._update_available_quantity(product, source, 50.0)
        route = self.env['stock.route'].create({
            'name': "From source", 'product_selectable': True, 'rule_ids': [Command.create({
                'name': "Source", 'action': 'pull', 'procure_method': 'make_to_stock',
                'location_src_id': source.id, 'location_dest_id': self.stock.id,
                'picking_type_id': self.warehouse.int_type_id.id})]})
        product.route_ids = route
        self.assertTrue(vendor)
        return self.env['stock.warehouse.orderpoint'].create({
            'product_id': product.id, 'location_id': self.stock.id, 'product_min_qty': 1000.0,
            'product_max_qty': 1000.0, 'trigger': 'auto'})

    def _get_ordered(self, product):
        return sum(self.env['stock.move'].search([
            ('product_id', '=', product.id), ('location_dest_id', '=', self.stock.id),
            ('orderpoint_id', '!=', False)]).mapped('product_uom_qty'))

    def test_written_off_goods_are_replenished_or_marked_not_to_be(self):
        order = self._sell()
        self._rule(self.product)
        self.scrap.replenish = False
        request, inspection = self._inspected(order, 1.0, self.scrap)
        self._settle(request)
        self.assertEqual((inspection.replenish, self._get_ordered(self.product)), (False, 0.0))
        with self.assertRaisesRegex(UserError, "gone already"):
            self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'replenish': True})
        # the inspector knows better, this time
        request = self._approve(order, 1.0)
        self._receive(request)
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.scrap.id, 'grade': 'd'})
        inspection.replenish = True
        inspection.action_done()
        self._settle(request)
        self.assertEqual(self._get_ordered(self.product), 5.0)

    def test_exchange_is_replenished(self):
        order = self._sell()
        self._rule(self.product)
        request = self._approve(order, 1.0, resolution='exchange')
        self._receive(request)
        self._inspect(request, self.scrap)
        self.assertEqual(self._get_ordered(self.product), 6.0)

    def test_what_cannot_be_ordered_stops_nothing(self):
        order = self._sell()
        rule = self._rule(self.product)
        self.product.route_ids = False
        print("TO ORDER", rule.qty_to_order, rule.qty_forecast, self.scrap.replenish, rule.warehouse_id, self.warehouse)
        request, _inspection = self._inspected(order, 1.0, self.scrap)
        self._settle(request)
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        self.assertTrue(rule.product_id.product_tmpl_id.activity_ids)
