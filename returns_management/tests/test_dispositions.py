# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestDispositions(RpcCommon):
    """Where goods go is a table of records that a company extends without code."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.second = cls.env.ref('returns_management.disposition_second_choice')
        cls.other = cls._create_product("Kettle, second choice", quantity=0.0)

    def _inspected(self, order, quantity, disposition=None, **line_values):
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        return request, self._inspect(request, disposition or self.second)

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
        self.product.write({'returns_second_choice_id': self.other.id, 'returns_second_choice_share': 50.0})
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
        self.env['stock.rule'].search([('location_dest_id', '=', self.stock.id)]).active = False
        self.scrap.replenish = True
        request, _inspection = self._inspected(order, 1.0, self.scrap)
        self._settle(request)
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        self.assertFalse(self._get_ordered(self.product))
        self.assertTrue(rule.product_id.product_tmpl_id.activity_ids, "whoever is responsible is told")

    # -- without an inspector

    def test_trusted_customers_goods_are_restocked_uninspected(self):
        self.rule.sudo().without_inspection = True
        order = self._sell()
        request = self._approve(order, 2.0)
        self._receive(request)
        inspection = request.inspection_ids
        self.assertEqual((inspection.state, inspection.disposition_id, inspection.is_disposed), ('done', self.restock, True))
        self.assertEqual((request.state, self._on_hand(self.product), self._on_hand(self.product, self.stock)),
                         ('settlement', 0.0, 997.0))
        # a defect is looked at all the same, and so is what the rule demands something of
        request = self._approve(order, 1.0, reason_id=self.env.ref('returns_management.reason_quality_defect').id)
        self._receive(request)
        self.assertEqual((request.state, request.inspection_ids.state), ('received', 'draft'))
        self.rule.sudo().grade_required = 'b'
        request = self._approve(order, 1.0)
        self._receive(request)
        self.assertEqual((request.state, request.inspection_ids.state), ('received', 'draft'))

    # -- back to the customer

    def test_freight_of_the_way_back_to_the_customer_is_recorded(self):
        self.rule.sudo().shipping_paid_by = 'customer'
        request = self._approve(self._sell(), 3.0)
        self._receive(request)
        inspection = request.inspection_ids.with_user(self.inspector)
        part = inspection.browse(inspection.action_split(1.0)['res_id'])
        for one, responsibility in ((inspection, 'customer'), (part, 'carrier')):
            one.write({'disposition_id': self.back_to_customer.id, 'quantity_accepted': 0.0, 'grade': 'd',
                       'responsibility': responsibility})
        (inspection | part).action_done()
        pickings = [one.sudo().disposal_move_ids.picking_id for one in (inspection, part)]
        self.assertEqual([picking.returns_freight_paid_by for picking in pickings], ['customer', 'company'])
        with self.assertRaises(AccessError):
            self._rpc(self.stocker, 'stock.picking', 'write', pickings[0].ids, {'returns_freight_paid_by': 'company'})
