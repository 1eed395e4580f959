# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ReturnsCommon

RESOLUTIONS = ('refund', 'store_credit', 'exchange', 'none')
#: (disposition, whether the goods are accepted). 3 pieces are sold, 2 come back.
FATES = (
    ('restock', True), ('refurbish', True), ('second_choice', True), ('scrap', True), ('quarantine', True),
    ('customer', False), ('quarantine', False))


@tagged('post_install', '-at_install')
class TestOrderCounters(ReturnsCommon):
    """Whatever becomes of returned goods, the order never becomes invoiceable again by it."""

    def _check(self, order, expected):
        """:param expected: order line -> (delivered, invoiced)"""
        self.env.invalidate_all()
        for line, case in self.cases.items():
            with self.subTest(case=case):
                self.assertEqual(
                    (line.qty_delivered, line.qty_invoiced, line.qty_to_invoice, line.untaxed_amount_to_invoice,
                     line.amount_to_invoice, line.invoice_status), (*expected(line), 0.0, 0.0, 0.0, 'invoiced'))
        self.assertEqual(order.invoice_status, 'invoiced')
        with self.assertRaisesRegex(UserError, "invoice"):
            order._create_invoices(final=True)

    def _expect_first(self, line):
        _policy, resolution, _disposition, is_accepted = self.cases[line]
        if is_accepted:
            return (3.0, 3.0) if resolution in ('exchange', 'none') else (1.0, 1.0)
        # refused: sent back to the customer, or kept here, and owed in both cases
        return (1.0, 3.0) if self._is_kept(line) else (3.0, 3.0)

    def _is_kept(self, line):
        """Whether the goods were refused and not sent back; they left the order unless nothing was to be paid."""
        _policy, resolution, disposition, is_accepted = self.cases[line]
        return not is_accepted and disposition == 'quarantine' and resolution != 'none'

    def test_every_way_a_return_can_go(self):
        second = self._create_product("Second choice", quantity=0.0)
        (self.product | self.product_ordered).write({
            'returns_second_choice_id': second.id, 'returns_second_choice_share': 50.0})
        cases = [(product.invoice_policy, resolution, disposition, is_accepted)
                 for product in (self.product, self.product_ordered) for resolution in RESOLUTIONS
                 for disposition, is_accepted in FATES]
        goods = {'delivery': self.product, 'order': self.product_ordered}
        order = self._sell(*((goods[case[0]], 3.0) for case in cases))
        self.cases = dict(zip(order.order_line, cases, strict=True))
        self._check(order, lambda line: (3.0, 3.0))

        request = self._file(order, 2.0)
        for line in request.line_ids:
            line.resolution = self.cases[line.sale_line_id][1]
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        inspections = request.inspection_ids.with_user(self.inspector)
        for inspection in inspections:
            _policy, _resolution, disposition, is_accepted = self.cases[inspection.request_line_id.sale_line_id]
            inspection.write({
                'grade': 'b', 'disposition_id': self.env.ref(f'returns_management.disposition_{disposition}').id,
                'quantity_accepted': 2.0 if is_accepted else 0.0})
        inspections.action_done()
        self._settle(request)
        for picking in request.sudo().exchange_picking_ids | inspections.sudo().disposal_move_ids.picking_id:
            self._validate(picking)
        self.assertEqual(request.state, 'done')
        self._check(order, self._expect_first)

        # what the customer has now comes back as well: pieces got in exchange, and those that never came back before
        again = self.Request.with_user(self.agent).create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id,
            'line_ids': [Command.create({
                'sale_line_id': line.id, 'quantity': line.quantity_returnable, 'reason_id': self.reason.id})
                for line in order.order_line if line.quantity_returnable]})
        back = {line.sale_line_id: line.quantity for line in again.line_ids}
        again.action_submit()
        again.with_user(self.voter_sales).action_approve()
        self._receive(again)
        self._inspect(again)
        self._settle(again)
        self.assertEqual(again.state, 'done')
        for line, (_policy, resolution, _disposition, is_accepted) in self.cases.items():
            with self.subTest(case=self.cases[line]):
                self.assertEqual(back[line], 3.0 if is_accepted and resolution == 'exchange' else 1.0)
        self._check(order, lambda line: tuple(quantity - back[line] for quantity in self._expect_first(line)))
