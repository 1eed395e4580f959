# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import tagged

from odoo.addons.returns_management.tests.test_dock import DockCommon

from .common import KitCommon


@tagged('post_install', '-at_install')
class TestKitDock(KitCommon, DockCommon):
    """Components of a kit at the dock: announced ones, and a parcel that nobody announced."""

    def test_unannounced_component_becomes_a_return_of_its_kit(self):
        order = self._sell((self.set, 3.0))
        result = self._book_unannounced({self.cup: 2.0}, partner=self.customer)
        case = self.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])
        action = self._rpc(self.agent_all, case._name, 'action_make_return', case.ids)
        request = self.Request.browse(action['res_id'])
        line = request.line_ids
        self.assertEqual((line.product_id, line.quantity, line.sale_line_id), (self.cup, 2.0, order.order_line))
        line.reason_id = self.reason
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        request.with_user(self.voter_sales).action_approve()
        self.env.invalidate_all()
        self.assertEqual((request.state, line.quantity_received), ('received', 2.0))
        self.assertEqual(case.move_id.bom_line_id, self.bom.bom_line_ids[1])
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (2.0, 0.0))
        self._inspect(request)
        self._settle(request)
        self.assertAlmostEqual(request.amount_refunded, 115.0 / 3, places=2)

    def test_surplus_component_waits_apart(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 1.0})
        self._receive(request, {self.cup: 2.0})
        self.assertEqual(request.line_ids.quantity_received, 1.0)
        self.assertEqual(request.sudo().discrepancy_ids.mapped('kind'), ['over'])
        self.assertEqual(order.order_line.quantity_returnable, 2.0)
