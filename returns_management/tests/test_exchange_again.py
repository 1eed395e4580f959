# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_source import SourceCommon


@tagged('post_install', '-at_install')
class TestReturnOfAnExchange(SourceCommon):
    """A piece got in exchange comes back: with a delivery date of its own, for the price first paid."""

    def _exchange(self, order, quantity=1.0, **line_values):
        """Exchange pieces, to the replacement at the customer's. Returns its move."""
        request = self._approve(order, quantity, resolution='exchange', **line_values)
        self._receive(request)
        self._inspect(request)
        replacement = request.sudo().exchange_picking_ids
        self._validate(replacement)
        self.assertEqual(request.state, 'done')
        return replacement.move_ids

    def _check_counters(self, order, delivered, invoiced=None):
        line = order.order_line
        self.assertEqual((line.qty_delivered, line.qty_to_invoice), (delivered, 0.0))
        if invoiced is not None:
            self.assertEqual(line.qty_invoiced, invoiced)
        self.assertNotEqual(order.invoice_status, 'to invoice')

    def test_exchanged_twice_and_then_returned_it_is_paid_as_first_bought(self):
        for product in (self.product, self.product_ordered):
            with self.subTest(product.name):
                order = self._sell((product, 3.0, {'price_unit': 33.35, 'discount': 7}))
                invoice = order.invoice_ids
                sold = self._delivery(order).move_ids
                first = self._exchange(order)
                self._check_counters(order, 3.0, 3.0)
                order.order_line.price_unit = 99.0  # of today: nobody paid it
                second = self._exchange(order, delivery_move_id=first.id)
                self._check_counters(order, 3.0, 3.0)
                request = self._return(order, 1.0, delivery_move_id=second.id)
                self.assertEqual(
                    request.line_ids.move_ids.filtered(lambda move: move._returns_is_receipt()).origin_returned_move_id,
                    second)
                self._check_counters(order, 2.0)
                note = request.sudo().refund_ids
                self.assertAlmostEqual(note.amount_untaxed, round(33.35 * 0.93, 2), 2)
                self.assertEqual(self._balance(request.line_ids), (5.0, 0.0, 3.0))
                self._return(order, 2.0, delivery_move_id=sold.id)
                self._check_counters(order, 0.0)
                notes = invoice.reversal_move_ids
                self.assertEqual(sum(notes.mapped('amount_total')), invoice.amount_total)
                self.assertEqual(sum(notes.mapped('amount_tax')), invoice.amount_tax)
                self.assertEqual(invoice.amount_residual, 0.0)

    def test_the_replacement_has_a_window_of_its_own(self):
        order = self._sell((self.product, 3.0))
        sold = self._delivery(order).move_ids
        replacement = self._exchange(order)
        sold.date = fields.Datetime.now() - timedelta(days=60)
        own = self._submit(order, 1.0, delivery_move_id=replacement.id)
        self.assertEqual((own.policy_status, self._counted_from(own)), ('compliant', replacement.date.date()))
        old = self._submit(order, 1.0, delivery_move_id=sold.id)
        self.assertEqual((old.policy_status, self._counted_from(old)), ('exception', sold.date.date()))

    def test_replacement_that_came_back_prolongs_nothing(self):
        order = self._sell((self.product, 3.0))
        sold = self._delivery(order).move_ids
        replacement = self._exchange(order)
        self._return(order, 1.0, delivery_move_id=replacement.id)
        sold.date = fields.Datetime.now() - timedelta(days=60)
        request = self._submit(order, 1.0)
        self.assertEqual((request.policy_status, self._counted_from(request)), ('exception', sold.date.date()))

    def test_replacement_of_a_serial_comes_back_by_its_own_number(self):
        lots = self._stock_lots(self.phone, 'E1', 'E2')
        order = self._sell_lots(self.phone, lots[0])
        replacement = self._exchange(order)
        self.assertEqual(replacement.lot_ids, lots[1], "the other one was restocked later")
        request = self._return(order, 1.0, lot_ids=[(6, 0, lots[1].ids)])
        self.assertEqual(request.sudo().inspection_ids.lot_id, lots[1])
        self._check_counters(order, 0.0)
        self.assertEqual(
            request.sudo().refund_ids.amount_total,
            order.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice').amount_total)
