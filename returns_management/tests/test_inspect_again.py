# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestInspectAgain(RpcCommon):
    """Refurbished goods are inspected again where they are; the money is not touched a second time."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.refurbish = cls.env.ref('returns_management.disposition_refurbish')
        cls.workshop = cls.warehouse._get_returns_location('refurbish')

    def _refurbished(self, quantity=2.0, accepted=None, settle=True, **line_values):
        request = self._approve(self._sell(), quantity, **line_values)
        self._receive(request)
        first = self._inspect(request, self.refurbish, accepted=accepted)
        if settle:
            self._settle(request)
        return request, first

    def _again(self, inspection):
        action = self._rpc(self.inspector, 'returns.inspection', 'action_inspect_again', inspection.ids)
        self.assertEqual(action['res_model'], 'returns.inspection')
        return inspection.next_ids

    def test_refurbished_goods_are_inspected_again_where_they_are(self):
        request, first = self._refurbished()
        self.assertEqual((request.state, self._on_hand(self.product, self.workshop)), ('done', 2.0))
        note, amount = request.refund_ids, request.amount_refunded
        again = self._again(first)
        self.assertEqual(
            (again.location_id, again.quantity, again.quantity_accepted, again.state, again.grade, again.move_id),
            (self.workshop, 2.0, 2.0, 'draft', False, first.move_id))
        self.assertEqual(request.state, 'done', "the customer has their money; only goods wait")
        self.assertFalse(first.may_inspect_again)
        self._rpc(self.inspector, 'returns.inspection', 'write', again.ids, {
            'grade': 'b', 'disposition_id': self.restock.id})
        self._rpc(self.inspector, 'returns.inspection', 'action_done', again.ids)
        self.assertTrue(again.is_disposed)
        self.assertEqual((self._on_hand(self.product, self.workshop), self._on_hand(self.product)), (0.0, 0.0))
        self.assertEqual(again.disposal_move_ids.move_orig_ids, first.disposal_move_ids, "the history is kept")
        line = request.line_ids
        self.assertEqual((request.state, line.quantity_accepted, line.quantity_settled), ('done', 2.0, 2.0))
        self.assertEqual((request.refund_ids, request.amount_refunded), (note, amount))
        self.assertEqual(line.sale_line_id.qty_to_invoice, 0.0)

    def test_may_go_round_more_than_once_and_to_scrap(self):
        request, first = self._refurbished()
        second = self._again(first)
        self._inspect(request, self.refurbish)
        self.assertEqual((second.is_disposed, self._on_hand(self.product, self.workshop)), (True, 2.0))
        third = self._again(second)
        third.with_user(self.inspector).action_split(1.0)
        parts = second.next_ids
        self.assertEqual((len(parts), parts.mapped('quantity')), (2, [1.0, 1.0]))
        for part, disposition in zip(parts, (self.scrap, self.restock), strict=True):
            part.with_user(self.inspector).write({'disposition_id': disposition.id, 'grade': 'c'})
        parts.with_user(self.inspector).action_done()
        self.assertEqual(self._on_hand(self.product, self.workshop), 0.0)
        self.assertEqual(sum(self.env['stock.scrap'].search([('origin', '=', request.name)]).mapped('scrap_qty')), 1.0)
        self.assertEqual((request.state, request.line_ids.quantity_accepted), ('done', 2.0))

    def test_before_the_money_is_paid_it_waits_for_nothing(self):
        request, first = self._refurbished(settle=False)
        self._again(first)
        self.assertEqual(request.state, 'settlement')
        note = self._settle(request)
        self.assertEqual((request.state, note.state), ('done', 'posted'))

    def test_refused_goods_stay_refused(self):
        request, first = self._refurbished(accepted=0.0)
        sale_line = request.line_ids.sale_line_id
        self.assertEqual((request.state, sale_line.returns_qty_refused), ('done', 2.0))
        again = self._again(first)
        self.assertEqual((again.quantity_accepted, sale_line.returns_qty_refused), (0.0, 2.0))
        self._inspect(request, self.back_to_customer, accepted=0.0)
        picking = again.disposal_move_ids.picking_id
        self.assertEqual(picking.move_ids.location_id, self.workshop)
        self._validate(picking)
        self.assertEqual(
            (request.state, sale_line.returns_qty_refused, sale_line.qty_delivered, sale_line.qty_to_invoice),
            ('done', 0.0, 5.0, 0.0))

    def test_paid_goods_are_not_given_back(self):
        request, first = self._refurbished()
        self._again(first)
        with self.assertRaisesRegex(UserError, "both goods and money"):
            self._inspect(request, self.back_to_customer)

    def test_what_was_settled_cannot_be_changed_the_second_time(self):
        _request, first = self._refurbished()
        again = self._again(first)
        for vals in ({'quantity_accepted': 0.0}, {'responsibility': 'supplier'}, {'condition': 'unopened'},
                     {'previous_id': False}, {'quantity': 5.0}):
            with self.subTest(vals=vals), self.assertRaises(UserError):
                self._rpc(self.inspector, 'returns.inspection', 'write', again.ids, vals)

    def test_only_refurbished_goods_and_each_time_once(self):
        request, first = self._refurbished()
        self._again(first)
        other = self._return(self._sell()).inspection_ids
        for inspection in (first, other, first.next_ids):
            with self.subTest(inspection=inspection), self.assertRaisesRegex(UserError, "refurbishment"):
                self._rpc(self.inspector, 'returns.inspection', 'action_inspect_again', inspection.ids)
        with self.assertRaises(AccessError):
            self._rpc(self.agent_all, 'returns.inspection', 'action_inspect_again', first.ids)

    def test_grade_of_the_second_time_changes_no_refund(self):
        self.rule.sudo().write({'share_b': 50.0, 'share_c': 50.0, 'share_d': 50.0})
        request, first = self._refurbished(settle=False)
        self._again(first)
        self._inspect(request, self.restock)
        first.next_ids._as_flow().grade = 'b'
        self._settle(request)
        self.assertEqual(request.line_ids._get_pieces_withheld(), 0.0)
        self.assertFalse(first.next_ids.policy_note)

    def test_rejected_after_refurbishing_goes_back_from_where_it_is(self):
        group = self.env['returns.approval.group'].create({
            'name': "Settle", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': self.voter_quality.ids})
        self.assertTrue(group)
        request, first = self._refurbished(settle=False)
        self.assertEqual(request.state, 'final_review')
        again = self._again(first)
        request.with_user(self.voter_quality).action_reject("No")
        self.assertEqual((again.disposition_kind, again.quantity_accepted), ('customer', 0.0))
        self.assertEqual(self._on_hand(self.product, self.workshop), 2.0)
        again.with_user(self.inspector).action_done()
        self._validate(again.disposal_move_ids.picking_id)
        self.assertEqual((request.state, self._on_hand(self.product, self.workshop)), ('done', 0.0))
