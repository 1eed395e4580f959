# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestTrusted(ReturnsCommon):
    """A policy's rule may trust customers with what they return by choice."""

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
