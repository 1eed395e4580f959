# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_criteria import CriteriaCommon


@tagged('post_install', '-at_install')
class TestOnSite(CriteriaCommon):
    """Goods are inspected at the customer's, and what is found decides whether they move at all."""

    def _order(self, quantity=5.0, **line_values):
        self.order = self._sell((self.product, quantity, {'price_unit': 50.0, **line_values}))
        return self.order

    def _inspect_there(self, request):
        """:return: the inspection at the customer's, for the inspector"""
        request.with_user(self.agent).action_inspect_on_site()
        return request.sudo().line_ids.site_inspection_ids.filtered(
            lambda inspection: inspection.state == 'draft').with_user(self.inspector)

    def _get_balance(self, request):
        balance = request.sudo().line_ids.balance_id
        return balance.quantity_delivered, balance.quantity_held, balance.quantity_returned

    def _add_settle_group(self):
        return self.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_finance.ids)]})

    # -- ordered -------------------------------------------------------------------------------------------

    def test_nothing_moves_and_the_customer_waits(self):
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        self.assertEqual((inspection.quantity, inspection.is_on_site), (2.0, True))
        self.assertFalse(inspection.move_id or inspection.location_id)
        line = request.line_ids
        self.assertEqual((line.state, line.sudo().inspection_ids), ('approved', inspection.browse()))
        self.assertFalse(request.date_ship_by)
        self.assertIn("inspected at the customer's", request.next_step_note)
        self.assertEqual(request.sudo()._get_lines_to_send(), line.browse())
        self.assertEqual(request.with_user(self.inspector).next_action, 'inspect')
        self.assertEqual(self._get_balance(request), (5.0, 2.0, 0.0))

    def test_ordered_twice_it_is_one(self):
        request = self._approve(self._order(), 2.0)
        first = self._inspect_there(request)
        self.assertEqual(self._inspect_there(request), first)
        self.assertFalse(request.may_inspect_on_site)

    def test_only_before_anything_moved(self):
        order = self._order()
        draft, received = self._file(order), self._approve(order, 2.0)
        self._receive(received, {self.product: 1.0})
        for request in (draft, received):
            with self.assertRaisesRegex(UserError, "only goods that are approved"):
                request.action_inspect_on_site()
            self.assertFalse(request.may_inspect_on_site)

    def test_agents_order_it_for_their_own_returns_only(self):
        request = self._approve(self._order(), 2.0)
        for user in (self.other_agent, self.accountant, self.voter_sales, self.employee, self.portal, self.stocker):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.request', 'action_inspect_on_site', request.ids)
        self._rpc(self.inspector, 'returns.request', 'action_inspect_on_site', request.ids)
        self.assertEqual(len(request.sudo().line_ids.site_inspection_ids), 1)

    def test_nobody_else_says_that_goods_stay(self):
        inspection = self._inspect_there(self._approve(self._order(), 2.0))
        for user in (self.agent, self.agent_all, self.accountant, self.voter_sales):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, inspection._name, 'write', inspection.ids, {'site_outcome': 'keep'})
        with self.assertRaises(AccessError):
            self._rpc(self.inspector, inspection._name, 'write', inspection.ids, {'is_on_site': False})
        with self.assertRaisesRegex(UserError, "decided on as a whole"):
            inspection.action_split(1.0)

    def test_outcome_and_answers_are_required(self):
        self._ask("Does it work?")
        inspection = self._inspect_there(self._approve(self._order(), 2.0))
        with self.assertRaisesRegex(UserError, "say what becomes of the goods"):
            inspection.action_done()
        inspection.site_outcome = 'keep'
        with self.assertRaisesRegex(UserError, r"Does it work\?"):
            inspection.action_done()
        self._answer(inspection, 'no')
        inspection.action_done()
        self.assertEqual(inspection.grade, 'c')

    # -- they stay -----------------------------------------------------------------------------------------

    def test_goods_that_stay_are_settled_by_an_allowance(self):
        request = self._approve(self._order(), 2.0)
        order_line, line = self.order.order_line, request.line_ids
        delivered, to_invoice = order_line.qty_delivered, order_line.qty_to_invoice
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'keep'
        inspection.action_done()
        self.assertEqual((line.state, line.is_returnless, line.quantity_advanced), ('settlement', True, 2.0))
        self.assertTrue(request.date_refund_due)
        self.assertEqual(set(request.sudo().picking_ids.mapped('state')), {'cancel'})
        note = self._settle(request)
        self.assertEqual((note.amount_untaxed, note.amount_total), (100.0, 120.0))
        self.assertNotIn(self.product, note.invoice_line_ids.product_id, "the goods did not come back")
        self.assertEqual(request.sudo().settlement_ids.kind, 'allowance')
        self.assertEqual((request.state, line.quantity_accepted, line.quantity_settled), ('done', 0.0, 2.0))
        self.assertEqual((order_line.qty_delivered, order_line.qty_to_invoice), (delivered, to_invoice))
        self.assertEqual(self._get_balance(request), (5.0, 2.0, 0.0), "paid for, so it cannot come back as well")
        self.assertEqual(order_line.quantity_returnable, 3.0)

    def test_what_is_not_accepted_is_closed_short_with_its_reason(self):
        request = self._approve(self._order(), 3.0)
        inspection = self._inspect_there(request)
        inspection.write({'site_outcome': 'keep', 'quantity_accepted': 1.0})
        with self.assertRaisesRegex(UserError, "why goods are refused"):
            inspection.action_done()
        inspection.site_note = "Two of them work."
        inspection.action_done()
        line = request.line_ids
        self.assertEqual((line.quantity_closed, line.quantity_advanced, line.rejection_note),
                         (2.0, 1.0, "Two of them work."))
        self.assertEqual(self._settle(request).amount_total, 60.0)
        self.assertEqual((request.state, self._get_balance(request)), ('done', (5.0, 1.0, 0.0)))

    def test_settle_approval_is_asked_before_money(self):
        self._add_settle_group()
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'keep'
        inspection.action_done()
        self.assertEqual(request.state, 'final_review')
        for user in (self.accountant, self.manager):
            request.with_user(user).action_settle()
        self.assertFalse(request.sudo().refund_ids)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(request.state, 'settlement')
        self.assertEqual(self._settle(request).amount_total, 120.0)
        self.assertEqual(request.state, 'done')

    def test_settle_approval_refused_frees_the_pieces(self):
        self._add_settle_group()
        request = self._approve(self._order(), 3.0)
        inspection = self._inspect_there(request)
        inspection.write({'site_outcome': 'keep', 'quantity_accepted': 2.0, 'site_note': "One works."})
        inspection.action_done()
        request.with_user(self.voter_finance).action_reject("Out of warranty.")
        line = request.line_ids
        self.assertEqual((request.state, line.rejection_note), ('rejected', "Out of warranty."))
        with self.assertRaisesRegex(UserError, "nothing to settle"):
            self._settle(request)
        self.assertEqual(self._get_balance(request), (5.0, 0.0, 0.0))
        request.with_user(self.agent).action_draft()
        self.assertEqual(request.state, 'draft')

    def test_grade_keeps_its_share_and_no_fee_is_kept(self):
        self.rule.sudo().write({'fee_percent': 10.0, 'share_c': 70.0, 'share_d': 0.0})
        request = self._approve(self._order(), 2.0)
        self.assertEqual(request.line_ids.fee_percent, 10.0)
        inspection = self._inspect_there(request)
        inspection.write({'site_outcome': 'keep', 'grade': 'c'})
        inspection.action_done()
        self.assertIn("found in grade C: 70% of the price is refunded",
                      [test['text'] for test in request.line_ids.finding_trace])
        self.assertEqual(self._settle(request).amount_total, 84.0)

    def test_worse_than_demanded_is_judged_by_people(self):
        self.rule.sudo().write({'grade_required': 'b'})
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        inspection.write({'site_outcome': 'keep', 'grade': 'd'})
        inspection.action_done()
        self.assertEqual(request.state, 'final_review')

    def test_money_paid_in_advance_is_not_paid_again(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        note = self._settle(request)
        self.assertEqual(note.amount_total, 120.0)
        inspection.site_outcome = 'keep'
        with self.assertRaisesRegex(UserError, "settled in advance as goods that come back"):
            inspection.action_done()
        inspection.site_outcome = 'return'
        inspection.action_done()
        self._receive(request)
        self._inspect(request)
        self.assertEqual((request.state, request.amount_refunded), ('done', 120.0))

    def test_exchanged_goods_do_not_stay(self):
        request = self._approve(self._order(), 2.0, resolution='exchange')
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'keep'
        with self.assertRaisesRegex(UserError, r"customer wishes otherwise \(Exchange\)"):
            inspection.action_done()

    def test_cancelled_allowance_is_settled_anew(self):
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'keep'
        inspection.action_done()
        note = self._settle(request, post=False)
        note.with_user(self.accountant).button_cancel()
        self.assertEqual(request.state, 'settlement')
        self._settle(request)
        self.assertEqual((request.state, request.amount_refunded), ('done', 120.0))

    # -- they have to come back ----------------------------------------------------------------------------

    def test_goods_that_have_to_come_back_take_the_usual_road(self):
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'return'
        inspection.action_done()
        self.assertEqual((request.state, inspection.quantity_accepted), ('approved', 0.0))
        self.assertGreater(request.date_ship_by, fields.Datetime.now())
        self._receive(request)
        self.assertEqual(len(request.line_ids.inspection_ids), 1)
        self._inspect(request)
        note = self._settle(request)
        self.assertEqual((note.amount_total, request.state), (120.0, 'done'))
        self.assertIn(self.product, note.invoice_line_ids.product_id)
        self.assertEqual((self._get_balance(request), self.order.order_line.qty_delivered), ((5.0, 0.0, 2.0), 3.0))

    # -- refused -------------------------------------------------------------------------------------------

    def test_refused_goods_are_free_again(self):
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        inspection.site_outcome = 'refuse'
        with self.assertRaisesRegex(UserError, "why goods are refused"):
            inspection.action_done()
        inspection.site_note = "It was dropped."
        inspection.action_done()
        line = request.line_ids
        self.assertEqual((request.state, line.rejection_note), ('rejected', "It was dropped."))
        self.assertEqual(self._get_balance(request), (5.0, 0.0, 0.0))
        self.assertEqual(set(request.sudo().picking_ids.mapped('state')), {'cancel'})
        with self.assertRaisesRegex(UserError, "nothing to settle"):
            self._settle(request)
        self.assertIn("It was dropped.", "".join(request.sudo().message_ids.mapped('body')), "the customer was mailed")

    def test_refused_after_a_part_came_back_by_hand(self):
        request = self._approve(self._order(), 5.0)
        inspection = self._inspect_there(request)
        self._return_by_hand(2.0)
        line = request.line_ids
        self.assertEqual((line.quantity_closed, inspection.quantity), (2.0, 3.0), "three are still there")
        inspection.write({'site_outcome': 'refuse', 'site_note': "It was dropped."})
        inspection.action_done()
        self.assertEqual((request.state, line.quantity_closed), ('rejected', 0.0))
        self.assertEqual(self._get_balance(request), (5.0, 0.0, 2.0))

    def test_what_came_back_by_hand_is_not_settled_as_kept(self):
        request = self._approve(self._order(), 5.0)
        inspection = self._inspect_there(request)
        self._return_by_hand(2.0)
        inspection.site_outcome = 'keep'
        inspection.action_done()
        self.assertEqual(request.line_ids.quantity_advanced, 3.0)
        self.assertEqual(self._settle(request).amount_total, 180.0)
        self.assertEqual((request.state, self._get_balance(request)), ('done', (5.0, 3.0, 2.0)))

    def _return_by_hand(self, quantity):
        delivery = self.order.picking_ids.filtered(lambda picking: picking.picking_type_code == 'outgoing')
        wizard = self.env['stock.return.picking'].with_user(self.manager).with_context(
            active_id=delivery.id, active_ids=delivery.ids, active_model='stock.picking').create({})
        wizard.product_return_moves.quantity = quantity
        self._validate(wizard._create_return())

    def test_refused_after_it_was_paid_in_advance_is_claimed_back(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        self._settle(request)
        inspection.write({'site_outcome': 'refuse', 'site_note': "It was dropped."})
        inspection.action_done()
        line = request.line_ids
        self.assertEqual((line.state, line.quantity_settled, line.quantity_claimed), ('rejected', 2.0, 2.0))
        self.assertEqual(self._get_balance(request), (5.0, 0.0, 0.0))

    def test_refusal_of_what_was_paid_in_advance_is_disputed(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        note = self._settle(request)
        inspection.write({'site_outcome': 'refuse', 'site_note': "It was dropped."})
        inspection.action_done()
        line = request.line_ids
        line.with_user(self.agent).action_dispute("It never fell.")
        self.assertEqual((line.state, line.quantity_advanced, line.quantity_settled), ('review', 2.0, 2.0))
        step = request.step_ids.filtered(lambda step: step.state == 'open')
        for voter in step.voter_ids:
            if step.state == 'open':
                request.with_user(voter).action_approve()
        self._receive(request)
        self._inspect(request)
        self.assertEqual((request.state, request.sudo().refund_ids, request.amount_refunded), ('done', note, 120.0))

    def test_what_is_inspected_there_is_in_no_parcel(self):
        for end in ('lost', 'counted'):
            order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
            request = self._approve(order, 2.0)
            self._receive(request, {self.product: 1.0})
            sent, there = request.line_ids
            inspection = self._inspect_there(request)
            self.assertEqual(inspection.request_line_id, there)
            if end == 'lost':
                case = self.env['returns.discrepancy'].create({'request_id': request.id, 'kind': 'silent'})
                case.with_user(self.inspector).action_lost("The carrier says so.")
            else:
                receipt = request.sudo().picking_ids.filtered(lambda picking: picking.state == 'assigned')
                self.env['returns.dock'].with_user(self.inspector).book_in(
                    receipt.id, {'key': end, 'is_all': True, 'counts': [
                        {'product_id': self.product.id, 'lot': '', 'quantity': 1.0, 'damaged': 0.0}]})
            with self.subTest(end=end):
                self.assertEqual((sent.quantity_missing, sent.quantity_received), (1.0, 1.0) if end == 'lost' else (0.0, 2.0))
                self.assertEqual((there.state, there.quantity_missing, inspection.state), ('approved', 0.0, 'draft'))
                inspection.write({'site_outcome': 'return'})
                inspection.action_done()
                request.with_user(self.inspector).action_receive()
                self.assertEqual(there.sudo()._get_open_receipts().product_uom_qty, 2.0)

    # -- overtaken -----------------------------------------------------------------------------------------

    def test_goods_that_come_meanwhile_are_inspected_here(self):
        request = self._approve(self._order(), 2.0)
        inspection = self._inspect_there(request)
        self._receive(request, {self.product: 1.0})
        self.assertEqual((inspection.state, inspection.site_outcome), ('done', False))
        with self.assertRaises(UserError):
            inspection.site_outcome = 'keep'
        self._receive(request)
        self._inspect(request)
        self.assertEqual(self._settle(request).amount_total, 120.0)
        self.assertEqual(request.line_ids.quantity_accepted, 2.0)

    def test_return_that_ends_needs_no_inspection(self):
        order = self._order()
        for end in (lambda request: request.action_cancel(),
                    lambda request: request.with_user(self.inspector).action_close_short("Kept.")):
            request = self._approve(order, 2.0)
            inspection = self._inspect_there(request)
            end(request)
            self.assertEqual((request.state, inspection.state), ('cancelled', 'done'))
            self.assertEqual(self._get_balance(request), (5.0, 0.0, 0.0))

    def test_clock_does_not_close_what_waits_for_us(self):
        request = self._approve(self._order(), 2.0)
        self._inspect_there(request)
        self.env['returns.request']._cron_follow_ship_by()
        self.assertEqual(request.state, 'approved')
        self.assertFalse(request.is_late)
        self.assertFalse(request.is_ship_by_reminded)
