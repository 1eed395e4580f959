# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestExchangeInParts(ReturnsCommon):
    """Pieces of one return that are exchanged one after the other."""

    def _exchange_some(self, order, quantity, *parts):
        """An exchange whose pieces come in ``parts``, each exchanged at once."""
        request = self._approve(order, quantity, resolution='exchange')
        for part in parts:
            self._receive(request, {self.product: part})
            self._inspect(request)
            request.with_user(self.accountant).action_settle()
        return request

    def _get_settled(self, request):
        return request.settlement_ids.mapped(lambda settlement: (settlement.quantity, settlement.state))

    def test_second_piece_goes_along_with_the_first_that_has_not_left(self):
        order = self._sell((self.product, 5.0))
        request = self._exchange_some(order, 3.0, 1.0, 2.0)
        self.assertEqual(self._get_settled(request), [(1.0, 'planned'), (2.0, 'planned')])
        self.assertEqual(sum(request.sudo().exchange_picking_ids.move_ids.mapped('product_uom_qty')), 3.0)
        self._validate(request.sudo().exchange_picking_ids)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 5.0))
