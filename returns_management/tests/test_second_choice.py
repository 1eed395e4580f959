# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, ValidationError
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
