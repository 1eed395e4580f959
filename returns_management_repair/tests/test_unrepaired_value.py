# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.returns_management.tests.test_valuation import ValuationCommon

from .test_unrepaired import UnrepairedCommon

#: How many pieces, and what becomes of them one after the other: how many fail at once, and what is decided
FATES = st.tuples(st.integers(2, 6), st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(['refund', 'back', 'store_credit'])), min_size=1, max_size=3))


@tagged('post_install', '-at_install')
class TestUnrepairedValue(UnrepairedCommon, ValuationCommon):
    """A customer's own goods that become ours are worth what a return of the same pieces is worth, to the cent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.defect.disposition_id = cls.restock
        cls.rule.auto_approve_max = 100000.0

    def _bring_in(self, order, quantity):
        request = self._submit(order, quantity, resolution='repair', reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.repair)
        return request

    def _get_takeovers(self, request, product):
        return request.sudo().line_ids.move_ids.filtered(lambda move: (
            move._returns_changes_hands() and move.location_id.usage == 'customer' and move.product_id == product))

    def test_worth_as_a_return_of_the_delivery(self):
        order = self._sell_all()
        before = self._get_totals()
        request = self._bring_in(order, 3.0)
        self.assertEqual(self._get_totals(), before, "the customer's own")
        for quantity in (1.0, None):
            for repair in self._get_repairs(request).filtered(lambda repair: repair.state == 'draft'):
                self._rpc(self.mechanic, 'repair.order', 'action_returns_cannot_repair', repair.ids, "Burnt out", quantity)
            self._decide(request, 'refund')
            self._settle(request)
        self.assertEqual(request.state, 'done')
        after = self._get_totals()
        for method, _perpetual, costing, product in self._each():
            with self.subTest(costing=costing):
                moves = self._get_takeovers(request, product).sorted('id')
                self.assertEqual([round(move.value, 2) for move in moves], [3.33, 6.67])
                self.assertEqual(moves.mapped('is_in'), [True, True])
                self.assertAlmostEqual(after[costing], before[costing] + (33.0 if method == 'standard' else 10.0), 2)
                self.assertEqual(self._on_hand(product, self.stock), 13.0)
        self._check_books(lambda method: 0.0)
        self.assertEqual(set(order.order_line.mapped('qty_delivered')), {0.0})
        notes, invoice = request.sudo().refund_ids, order.invoice_ids - request.sudo().refund_ids
        self.assertEqual(sum(notes.mapped('amount_total')), invoice.amount_total)

    @settings(max_examples=max(3, settings.default.max_examples // 20), phases=set(Phase) - {Phase.shrink})
    @given(FATES)
    def test_pieces_and_money_add_up_whatever_fails(self, fates):
        with self.env.cr.savepoint() as savepoint:
            self._try(*fates)
            savepoint.rollback()
        self.env.invalidate_all()

    def _try(self, quantity, fates):
        product = self.products['average', 'real_time']
        self._buy(product, 10.0, 77.77)
        order = self._sell((product, quantity))
        invoice, delivery = order.invoice_ids, order.picking_ids.move_ids
        request = self._bring_in(order, quantity)
        left, paid = quantity, 0
        for pieces, outcome in fates:
            pieces = min(pieces, left)
            if not pieces:
                break
            self._fail(request, pieces)
            self._decide(request, outcome)
            left -= pieces
            if outcome != 'back':
                paid += pieces
                self._settle(request)
        self._repair(request)
        self._send_back(request)
        self.assertEqual((request.state, self._on_hand(product)), ('done', 0.0))
        moves = self._get_takeovers(request, product)
        self.assertEqual(sum(moves.mapped('quantity')), paid)
        self.assertLess(abs(sum(moves.mapped('value')) - delivery.value * paid / quantity), 0.0101)
        line = order.order_line
        self.assertEqual((line.qty_delivered, line.qty_invoiced, line.qty_to_invoice, line.quantity_returnable), (
            quantity - paid, quantity - paid, 0.0, quantity - paid))
        self.assertEqual(sum(request.line_ids.mapped('quantity')), quantity)
        notes = request.sudo().refund_ids
        self.assertLess(abs(sum(notes.mapped('amount_total')) - invoice.amount_total * paid / quantity), 0.0101 * 3)
        self._check_ledger()
