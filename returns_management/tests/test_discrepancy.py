# Part of returns_management. See LICENSE file for full copyright and licensing details.

import math
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rpc import RpcCommon
from .test_dock import DockCommon


@tagged('post_install', '-at_install')
class TestMissing(DockCommon):
    """Fewer pieces come than the parcel announced: only they wait."""

    def setUp(self):
        super().setUp()
        self.company.returns_refund_posting = 'posted'
        self.order = self._sell((self.product, 5.0))
        self.patch(type(self.env['ir.cron']), '_commit_progress', lambda *_args, **_kwargs: math.inf)

    def _receive_short(self, quantity, request=None, came=None):
        """A parcel announced ``quantity`` and held ``came``; that was all.

        :return: (request, its case about what is missing)
        """
        request = request or self._approve(self.order, quantity)
        picking = request.sudo().picking_ids.filtered(lambda picking: picking.state == 'assigned')
        picking.returns_is_all = True
        picking = picking.with_user(self.stocker)
        for move in picking.move_ids:
            move.quantity = came
            move.picked = True
        picking.with_context(skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        self.assertEqual(picking.state, 'done')
        return request, request.sudo().discrepancy_ids.filtered(lambda case: case.kind == 'short' and case.state == 'open')

    def _figures(self, request):
        line = request.line_ids
        return (line.state, line.quantity_received, line.quantity_missing, line.quantity_closed, line.quantity_waived,
                line.quantity_settled)

    def test_case_has_an_owner_and_a_clock_at_once(self):
        request, case = self._receive_short(3.0, came=1.0)
        self.assertEqual((case.quantity, case.product_id, case.user_id, case.state), (2.0, self.product, self.agent, 'open'))
        self.assertGreater(case.date_due, fields.Datetime.now())
        self.assertEqual(case.activity_ids.user_id, self.agent)
        self.assertEqual(self._figures(request), ('received', 1.0, 2.0, 0.0, 0.0, 0.0))
        self.assertEqual(request.line_ids.balance_id.quantity_held, 2.0, "nobody else may ask for what is missing")

    def test_only_the_missing_pieces_wait(self):
        request, case = self._receive_short(3.0, came=2.0)
        self._inspect(request)
        self._settle(request)
        self.assertEqual(self._figures(request), ('settlement', 2.0, 1.0, 0.0, 0.0, 2.0))
        self.assertEqual(request.refund_ids.state, 'posted')
        self.assertIn("missing", request.next_step_note)
        self.assertFalse(request.date_refund_due, "what was promised is paid")
        self._rpc(self.inspector, case._name, 'action_close_short', case.ids, "Weighed on arrival.")
        self.assertEqual(self._figures(request), ('done', 2.0, 0.0, 1.0, 0.0, 2.0))
        self.assertEqual((case.state, case.result, case.outcome), ('closed', 'short', "Weighed on arrival."))
        self.assertFalse(case.activity_ids)
        self.assertEqual(request.line_ids.balance_id.quantity_held, 0.0)

    def test_empty_box_waits_for_its_case_too(self):
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        request = self._approve(order, 2.0)
        picking = request.sudo().picking_ids
        picking.returns_is_all = True
        full = picking.move_ids.filtered(lambda move: move.product_id == self.product)
        full.write({'quantity': 2.0, 'picked': True})
        (picking.move_ids - full).quantity = 0.0
        picking.with_user(self.stocker).with_context(
            skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        none, = request.line_ids.filtered(lambda line: line.product_id == self.product_ordered)
        self.assertEqual((none.state, none.quantity_missing), ('received', 2.0))
        case = request.sudo().discrepancy_ids
        self._rpc(self.inspector, case._name, 'action_close_short', case.ids, "Nothing was in it.")
        self.assertEqual(none.state, 'cancelled')

    def test_believed_customer_is_paid_and_stock_is_not(self):
        request, case = self._receive_short(3.0, came=2.0)
        self._inspect(request)
        self._settle(request)
        self._rpc(self.agent_all, case._name, 'action_waive', case.ids, "A good customer.")
        self.assertEqual(self._figures(request), ('settlement', 2.0, 0.0, 0.0, 1.0, 2.0))
        self._settle(request)
        self.assertEqual(self._figures(request), ('done', 2.0, 0.0, 0.0, 1.0, 3.0))
        self.assertEqual(sorted(request.sudo().settlement_ids.mapped('kind')), ['allowance', 'credit'])
        invoice = self.order.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice')
        self.assertAlmostEqual(
            sum(request.refund_ids.mapped('amount_total')), invoice.amount_total * 3 / 5, places=2)
        line = self.order.order_line
        self.assertEqual((line.qty_delivered, line.qty_to_invoice), (3.0, 0.0))
        self.assertEqual(request.line_ids.balance_id.quantity_held, 1.0, "paid for, so it cannot come back as well")
        self.assertEqual(line.quantity_returnable, 2.0)
        self.assertIn("settled all the same", "".join(request.message_ids.mapped('body')))

    def test_believed_before_the_rest_is_inspected(self):
        request, case = self._receive_short(4.0, came=3.0)
        self._rpc(self.manager, case._name, 'action_waive', case.ids, "Seen on the video.")
        self._inspect(request, accepted=2.0)
        self._settle(request)
        line = request.line_ids
        self.assertEqual((line.state, line.quantity_accepted, line.quantity_settled), ('settlement', 2.0, 3.0))
        self.assertEqual(sum(request.sudo().settlement_ids.filtered(
            lambda settlement: settlement.kind == 'allowance').mapped('pieces')), 1.0)

    def test_who_handled_a_return_does_not_believe_its_customer(self):
        request, case = self._receive_short(3.0, came=2.0)
        for user in (self.agent, self.inspector, self.stocker, self.accountant, self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, case._name, 'action_waive', case.ids, "Mine.")
        request.sudo().user_id = self.agent_all
        with self.assertRaisesRegex(AccessError, "yourself"):
            self._rpc(self.agent_all, case._name, 'action_waive', case.ids, "Mine.")
        self.company.returns_allow_own_decision = True
        self._rpc(self.agent_all, case._name, 'action_waive', case.ids, "Mine.")

    def test_missing_pieces_that_come_after_all_close_the_case(self):
        request, case = self._receive_short(3.0, came=1.0)
        self._rpc(self.agent, case._name, 'action_await', case.ids, "A second parcel is on its way.")
        self.assertEqual((request.state, case.result), ('approved', 'awaited'))
        self.assertEqual(self._figures(request)[:3], ('approved', 1.0, 0.0))
        self.assertEqual(request.sudo().picking_ids.filtered(lambda picking: picking.state == 'assigned').move_ids.mapped(
            'product_uom_qty'), [2.0])
        self._receive_short(3.0, request=request, came=1.0)
        self.assertEqual(self._figures(request)[:3], ('received', 2.0, 1.0))

    def test_found_pieces_are_received_without_an_announcement(self):
        request, case = self._receive_short(3.0, came=1.0)
        receipt = request.sudo().picking_ids.move_ids
        late = receipt.picking_id.copy({'move_ids': []})
        receipt.copy({
            'picking_id': late.id, 'returns_line_id': request.line_ids.id, 'product_uom_qty': 2.0, 'quantity': 2.0,
            'origin_returned_move_id': receipt.origin_returned_move_id.id})
        self._validate(late)
        self.assertEqual(self._figures(request)[:3], ('received', 3.0, 0.0))
        self.assertEqual((case.state, case.result), ('closed', 'found'))

    def test_cancelled_return_asks_no_more_about_what_was_missing(self):
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        request = self._approve(order, 2.0)
        picking = self._receipt(request)
        self._book(request, {})
        self.assertEqual((picking.state, request.line_ids.mapped('quantity_missing')), ('cancel', [2.0, 2.0]))
        request.with_user(self.agent).action_cancel()
        self.assertEqual(request.state, 'cancelled')
        cases = request.sudo().discrepancy_ids
        self.assertEqual((cases.mapped('state'), cases.mapped('result')), (['closed'] * 2, ['other'] * 2))
        request.with_user(self.agent).action_draft()
        self.assertEqual((request.state, request.line_ids.mapped('quantity_missing')), ('draft', [0.0, 0.0]))
        request.with_user(self.agent).action_submit()
        self.assertEqual(request.state, 'review')

    def test_found_parcel_is_taken_in_at_the_dock(self):
        for came in (2.0, 3.0):
            order = self._sell((self.product, 5.0))
            request = self._approve(order, 2.0)
            self._book(request, {})
            case = request.sudo().discrepancy_ids
            self.assertEqual((case.kind, request.state), ('short', 'received'))
            found = self._find(request.name)[0]
            parcel = self._rpc(self.stocker, 'returns.dock', 'open_parcel', found['id'])
            self.assertIn("missing", parcel['reason'])
            self.assertFalse(parcel['picking_id'])
            self._rpc(self.stocker, 'returns.dock', 'open_unannounced', 'returns.request', request.id)
            self._book_unannounced({self.product: came}, request=request)
            with self.subTest(came=came):
                self.assertEqual(self._figures(request)[:3], ('received', 2.0, 0.0))
                self.assertEqual((case.state, case.result), ('closed', 'found'))
                self.assertEqual(order.order_line.qty_delivered, 3.0)
                others = self.env['returns.discrepancy'].search([
                    ('kind', '=', 'unannounced'), ('wanted_line_ids', 'in', request.line_ids.ids)])
                self.assertEqual([(other.state, other.quantity) for other in others],
                                 [('closed', 2.0) if came == 2.0 else ('open', 1.0)])

    def test_missing_pieces_are_not_closed_by_the_clock_nor_announced_again(self):
        request, _case = self._receive_short(3.0, came=1.0)
        with freeze_time(fields.Datetime.now() + timedelta(days=60)):
            self.Request._cron_follow_ship_by()
            self.assertEqual(self._figures(request)[:4], ('received', 1.0, 2.0, 0.0))
        with self.assertRaisesRegex(UserError, "Nothing is to come"):
            request.with_user(self.inspector).action_receive()
        with self.assertRaisesRegex(UserError, "Nothing is to come"):
            request.with_user(self.inspector).action_close_short("Gone.")

    def test_paid_in_advance_and_not_in_the_parcel_is_claimed_back(self):
        self.rule.sudo().advance = 'refund'
        policy = self.policy.copy()
        policy.rule_ids.advance = 'refund'
        policy._do_publish()
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 3.0)
        self._settle(request)
        self.assertEqual(request.line_ids.quantity_settled, 3.0)
        request, case = self._receive_short(3.0, request=request, came=2.0)
        self._inspect(request)
        self.assertEqual(request.line_ids.state, 'settlement')
        self._rpc(self.inspector, case._name, 'action_close_short', case.ids, "It was not in it.")
        self.assertEqual((request.line_ids.state, request.line_ids.quantity_claimed), ('done', 1.0))

    def test_paid_in_advance_and_believed_is_paid_once(self):
        policy = self.policy.copy()
        policy.rule_ids.advance = 'refund'
        policy._do_publish()
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 3.0)
        self._settle(request)
        request, case = self._receive_short(3.0, request=request, came=2.0)
        self._rpc(self.agent_all, case._name, 'action_waive', case.ids, "A good customer.")
        self._inspect(request)
        self.assertEqual(self._figures(request), ('done', 2.0, 0.0, 0.0, 1.0, 3.0))
        self.assertFalse(request.may_settle)

    def test_case_is_closed_once_and_only_with_a_word(self):
        request, case = self._receive_short(3.0, came=2.0)
        with self.assertRaisesRegex(UserError, "outcome"):
            self._rpc(self.inspector, case._name, 'action_close_short', case.ids)
        with self.assertRaisesRegex(UserError, "are missing"):
            case.outcome = "Whatever."
            self._rpc(self.inspector, case._name, 'action_close', case.ids)
        for odd in ({}, [], 3, True):
            with self.assertRaises(UserError):
                self._rpc(self.inspector, case._name, 'action_close_short', case.ids, odd)
        self._rpc(self.inspector, case._name, 'action_close_short', case.ids, "Once.")
        self._rpc(self.agent_all, case._name, 'action_waive', case.ids, "Twice.")
        self.assertEqual((case.result, self._figures(request)[3:5]), ('short', (1.0, 0.0)))

    def test_what_was_counted_stays_as_it_was_counted(self):
        _request, case = self._receive_short(3.0, came=2.0)
        for vals in ({'quantity': 9.0}, {'kind': 'complaint'}, {'product_id': self.product_ordered.id}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "counted at reception"):
                self._rpc(self.agent_all, case._name, 'write', case.ids, vals)
        with self.assertRaises(AccessError):
            self._rpc(self.manager, case._name, 'write', case.ids, {'is_counted': False})

    def test_owner_is_told_once_that_a_case_takes_too_long(self):
        _request, case = self._receive_short(3.0, came=2.0)
        Case = self.env['returns.discrepancy']
        late = [('is_late', '=', True), ('id', '=', case.id)]
        self.assertFalse(Case.search(late))
        with freeze_time(case.date_due + timedelta(minutes=1)):
            self.assertEqual(Case.search(late), case)
            self.assertFalse(Case.search([('is_late', '=', False), ('id', '=', case.id)]))
            for _time in range(2):
                self.env['returns.step']._cron_follow_clocks()
            told = case.activity_ids.filtered(lambda activity: "too long" in activity.summary)
            self.assertEqual((len(told), told.user_id), (1, self.agent))

    def test_case_of_somebody_who_left_goes_to_a_manager(self):
        request = self._approve(self.order, 3.0)
        request.sudo().user_id = False
        _request, case = self._receive_short(3.0, request=request, came=2.0)
        self.assertTrue(case.user_id.has_group('returns_management.group_returns_manager'))
        case.user_id = self.agent
        self.agent.active = False
        with freeze_time(case.date_due + timedelta(minutes=1)):
            self.env['returns.step']._cron_follow_clocks()
        self.assertTrue(case.user_id.has_group('returns_management.group_returns_manager'))

    def test_time_limit_names_the_owner(self):
        limit = self.env['returns.time.limit'].search([
            ('company_id', '=', self.company.id), ('stage', '=', 'discrepancy')])
        self.assertEqual((limit.limit_value, limit.limit_unit), (3.0, 'working_days'))
        limit.user_id = self.agent_all
        _request, case = self._receive_short(3.0, came=2.0)
        self.assertEqual(case.user_id, self.agent_all)


@tagged('post_install', '-at_install')
class TestSurplus(RpcCommon):
    """What nobody announced waits apart from the order until it is said where it goes."""

    def setUp(self):
        super().setUp()
        self.order = self._sell((self.product, 5.0))
        self.request = self._approve(self.order, 2.0)
        self._receive(self.request, {self.product: 3.0})
        self.case = self.request.sudo().discrepancy_ids

    def test_goods_keep_their_case_open(self):
        self.assertTrue(self.case.has_goods)
        self.case.outcome = "Whatever."
        with self.assertRaisesRegex(UserError, "lie in"):
            self._rpc(self.agent, self.case._name, 'action_close', self.case.ids)

    def test_sent_back_by_a_delivery_that_closes_the_case(self):
        action = self._rpc(self.inspector, self.case._name, 'action_send_back', self.case.ids, "Not ours.")
        picking = self.env['stock.picking'].browse(action['res_id'])
        self.assertEqual((picking.state, picking.picking_type_id.code, self.case.state), ('assigned', 'outgoing', 'open'))
        with self.assertRaisesRegex(UserError, picking.name):
            self._rpc(self.inspector, self.case._name, 'action_scrap', self.case.ids, "Twice.")
        picking.with_user(self.stocker).button_validate()
        self.assertEqual((self.case.state, self.case.result), ('closed', 'back'))
        self.assertEqual((self._on_hand(self.product), self.order.order_line.qty_delivered), (2.0, 3.0))
        self.assertEqual(len(self.order.order_line), 1)

    def test_cancelled_delivery_leaves_the_case_to_its_owner(self):
        self._rpc(self.agent, self.case._name, 'action_send_back', self.case.ids, "Not ours.")
        self.case.disposal_move_ids.picking_id.action_cancel()
        self.assertTrue(self.case.has_goods and not self.case.is_under_way)
        self._rpc(self.agent, self.case._name, 'action_send_back', self.case.ids, "Again.")
        self.assertTrue(self.case.is_under_way)

    def test_kept_only_where_the_customer_left_it_to_us(self):
        with self.assertRaisesRegex(UserError, "left these goods to us"):
            self._rpc(self.inspector, self.case._name, 'action_keep', self.case.ids, "Nice.")
        self._rpc(self.agent, self.case._name, 'action_answer', self.case.ids, 'accept', "On the phone.")
        shelf = self._on_hand(self.product, self.stock)
        self._rpc(self.inspector, self.case._name, 'action_keep', self.case.ids, "Nice.")
        self.assertEqual((self.case.state, self.case.result), ('closed', 'keep'))
        self.assertEqual((self._on_hand(self.product), self._on_hand(self.product, self.stock)), (2.0, shelf + 1.0))

    def test_scrapped_by_a_scrap_order(self):
        self._rpc(self.inspector, self.case._name, 'action_scrap', self.case.ids, "Rotten.")
        self.assertEqual((self.case.state, self.case.result), ('closed', 'scrap'))
        self.assertEqual(self._on_hand(self.product), 2.0)
        self.assertTrue(self.case.disposal_move_ids.scrap_id)

    def test_scrap_that_needs_an_approval_needs_a_manager(self):
        group = self.group_sales.copy({'phase': 'dispose', 'name': "Scrap"})
        self.scrap.with_company(self.company).approval_group_id = group
        with self.assertRaises(AccessError):
            self._rpc(self.inspector, self.case._name, 'action_scrap', self.case.ids, "Rotten.")
        self._rpc(self.manager, self.case._name, 'action_scrap', self.case.ids, "Rotten.")
        self.assertEqual(self.case.result, 'scrap')

    def test_goods_moved_by_hand_are_missed(self):
        move = self.env['stock.move'].create({
            'product_id': self.product.id, 'product_uom_qty': 3.0, 'product_uom': self.product.uom_id.id,
            'location_id': self.warehouse.returns_location_id.id, 'location_dest_id': self.stock.id})
        move._action_confirm()
        move.write({'quantity': 3.0, 'picked': True})
        move._action_done()
        self.ledger_leaves = frozenset({'on_hand'})
        with self.assertRaisesRegex(UserError, "moved them by hand"):
            self._rpc(self.inspector, self.case._name, 'action_send_back', self.case.ids, "Not ours.")
