# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestWaiting(RpcCommon):
    """Goods that may be defective wait apart from others, in locations made when they are first needed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = cls.warehouse.returns_location_id
        cls.defect = cls.env.ref('returns_management.reason_quality_defect')

    def _arrived(self, order, quantity=1.0, **line_values):
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        return request

    def test_quality_returns_wait_apart_by_category(self):
        order = self._sell()
        common = self._arrived(order, 1.0)
        apart = self._arrived(order, 2.0, reason_id=self.defect.id)
        again = self._arrived(order, 1.0, reason_id=self.defect.id)
        self.assertEqual(common.inspection_ids.location_id, self.place)
        quality = apart.inspection_ids.location_id
        self.assertEqual((quality.location_id, quality.name, again.inspection_ids.location_id),
                         (self.place, "Quality", quality))
        self.assertTrue(quality.is_returns_location and quality._should_be_valued())
        self.assertEqual((quality.warehouse_id, self._on_hand(self.product, quality)), (self.env['stock.warehouse'], 3.0))
        self.assertEqual(self._on_hand(self.product), 4.0, "on hand in the returns location = received - disposed")
        self.assertEqual(self.product.with_context(warehouse_id=self.warehouse.id).free_qty, 995.0)
        self._inspect(apart)
        self.assertEqual((self._on_hand(self.product, quality), self._on_hand(self.product)), (1.0, 2.0))

    def test_reason_may_wait_by_itself_or_with_all_others(self):
        order = self._sell()
        self.reason.waits = 'reason'
        self.defect.waits = 'common'
        alone, common = self._arrived(order), self._arrived(order, reason_id=self.defect.id)
        self.assertEqual((alone.inspection_ids.location_id.name, common.inspection_ids.location_id),
                         (self.reason.name, self.place))
        reason = self.env['returns.reason'].create({'name': "Smells", 'category': 'quality'})
        self.assertEqual(reason.waits, 'category')

    def test_back_order_waits_with_its_like(self):
        request = self._approve(self._sell(), 3.0, reason_id=self.defect.id)
        self._receive(request, {self.product: 1.0})
        self._receive(request)
        self.assertEqual(request.line_ids.quantity_received, 3.0)
        self.assertEqual(request.inspection_ids.location_id.mapped('name'), ["Quality"])

    def test_every_warehouse_has_its_own(self):
        other = self.env['stock.warehouse'].create({'name': "Second", 'code': 'SEC'})
        request = self._file(self._sell(), reason_id=self.defect.id)
        request.warehouse_id = other
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self.assertEqual(request.inspection_ids.location_id.location_id, other.returns_location_id)

    def test_whoever_receives_may_choose_another_shelf_of_the_returns(self):
        shelf = self.env['stock.location'].create({'name': "Shelf", 'location_id': self.place.id})
        self.assertTrue(shelf.is_returns_location)
        request = self._approve(self._sell(), 1.0, reason_id=self.defect.id)
        request.sudo().picking_ids.move_line_ids.location_dest_id = shelf
        self._receive(request)
        self.assertEqual(request.inspection_ids.location_id, shelf)
        request = self._approve(self._sell(), 1.0, reason_id=self.defect.id)
        request.sudo().picking_ids.move_line_ids.location_dest_id = self.stock
        with self.assertRaisesRegex(UserError, "inspected first"):
            self._receive(request)

    def test_location_that_becomes_the_returns_location(self):
        place = self.env['stock.location'].create({
            'name': "Cage", 'usage': 'internal', 'location_id': False, 'company_id': self.company.id})
        inside = self.env['stock.location'].create({'name': "Box", 'location_id': place.id})
        self.assertFalse(place.is_returns_location or inside.is_returns_location)
        self.warehouse.returns_location_id = place
        self.assertTrue(place.is_returns_location and inside.is_returns_location)
        self.assertFalse(self.place.is_returns_location)

    # -- labels

    def _render(self, inspections, user=None):
        report = self.env['ir.actions.report'].with_user(user or self.inspector)
        return report._render_qweb_html('returns_management.report_returns_label', inspections.ids)[0].decode()

    def test_label_on_each_piece(self):
        request = self._arrived(self._sell(), 3.0, reason_id=self.defect.id)
        page = self._render(request.inspection_ids)
        self.assertEqual((page.count('class="o_returns_label"'), page.count("data:image/svg+xml")), (3, 3))
        for text in (request.name, "Kettle", self.defect.name, "Quality", "NOT FOR SALE", "2 / 3", "Customer &amp; Sons"):
            self.assertIn(text, page)
        self.assertNotIn('class="o_grade"', page)
        self._inspect(request, self.env.ref('returns_management.disposition_quarantine'))
        self.assertIn('class="o_grade"', self._render(request.inspection_ids))

    def test_heap_gets_one_label(self):
        request = self._arrived(self._sell((self.product, 200.0)), 150.0)
        page = self._render(request.inspection_ids)
        self.assertEqual(page.count('class="o_returns_label"'), 1)
        self.assertIn("150 Units", page)

    def test_label_is_for_our_own_people(self):
        request = self._arrived(self._sell(), 1.0)
        with self.assertRaises(AccessError):
            request.inspection_ids.with_user(self.portal)._prepare_labels()
