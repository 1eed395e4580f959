# Part of returns_management. See LICENSE file for full copyright and licensing details.

from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import format_date, mute_logger

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestRoad(ReturnsCommon):
    """From the request to the posted credit note, and every way off that road."""

    def test_whole_road_restocks_goods_and_reconciles_the_invoice(self):
        order = self._sell((self.product, 5.0, {'discount': 10.0}))
        invoice = order.invoice_ids
        before = self._on_hand(self.product, self.stock)
        request = self._submit(order, 2.0)
        self.assertEqual(request.state, 'review')
        request.with_user(self.voter_sales).action_approve("fine")
        self.assertEqual(request.state, 'approved')
        self.assertTrue(request.date_ship_by)
        self._receive(request)
        self.assertEqual(request.state, 'received')
        self.assertEqual(self._on_hand(self.product), 2.0)
        self._inspect(request)
        self.assertEqual(request.state, 'settlement')
        self.assertEqual(self._on_hand(self.product), 0.0)
        self.assertEqual(self._on_hand(self.product, self.stock), before + 2.0)
        note = self._settle(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual(note.reversed_entry_id, invoice)
        self.assertAlmostEqual(note.amount_total, invoice.amount_total * 2 / 5, delta=0.01)
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - note.amount_total)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (3.0, 0.0))
        self.assertEqual(request.amount_refunded, note.amount_total)

    def test_state_is_not_typed(self):
        request = self._file(self._sell())
        with self.assertRaises(AccessError):
            request.write({'state': 'done'})
        with self.assertRaises(AccessError):
            request.line_ids.write({'quantity_accepted': 1.0})
        with self.assertRaises(AccessError):
            request.with_context(tracking_disable=True, returns_flow=True).line_ids.write({'state': 'settlement'})

    def test_more_than_delivered_is_refused_with_the_numbers(self):
        request = self._file(self._sell((self.product, 5.0)), 6.0)
        with self.assertRaisesRegex(UserError, r"asks for 6 .*only 5 may come back: 5 delivered"):
            request.action_submit()
        self.assertEqual(request.state, 'draft')

    def test_two_open_requests_cannot_hold_the_same_pieces(self):
        order = self._sell((self.product, 5.0))
        self._submit(order, 3.0)
        with self.assertRaisesRegex(UserError, r"only 2 may come back.*3 in open returns"):
            self._submit(order, 3.0)

    def test_goods_not_yet_delivered_do_not_come_back(self):
        order = self._sell(deliver=False, invoice=False)
        with self.assertRaises(UserError):
            self._submit(order)

    @mute_logger('odoo.sql_db')
    def test_zero_quantity_is_refused(self):
        order = self._sell()
        with self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self._file(order, 0.0)

    def test_another_customers_order_line_is_refused(self):
        order = self._sell()
        with self.assertRaisesRegex(ValidationError, "One return holds the goods of one customer"):
            self.Request.with_user(self.agent).create({
                'partner_id': self.other_customer.id,
                'line_ids': [(0, 0, {'sale_line_id': order.order_line.id, 'reason_id': self.reason.id})]})

    def test_submitted_lines_no_longer_change(self):
        request = self._submit(self._sell())
        with self.assertRaisesRegex(UserError, "already submitted"):
            request.line_ids.write({'quantity': 2.0})
        with self.assertRaises(UserError):
            request.line_ids.unlink()
        with self.assertRaises(UserError):
            request.write({'partner_id': self.other_customer.id})

    def test_submitting_again_changes_nothing(self):
        request = self._submit(self._sell())
        steps = request.step_ids
        request.action_submit()
        self.assertEqual((request.state, request.step_ids), ('review', steps))

    def test_cancel_frees_the_pieces(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 5.0)
        self.assertEqual(order.order_line.quantity_returnable, 0.0)
        request.action_cancel()
        self.assertEqual(request.state, 'cancelled')
        self.assertEqual(order.order_line.quantity_returnable, 5.0)
        self.assertEqual(request.sudo().picking_ids.mapped('state'), ['cancel'])

    def test_cancelled_draft_is_cancelled_and_can_be_taken_up_again(self):
        request = self._file(self._sell())
        request.action_cancel()
        self.assertEqual(request.state, 'cancelled')
        request.action_submit()
        self.assertEqual(request.state, 'cancelled')
        request.action_draft()
        request.action_submit()
        self.assertEqual(request.state, 'review')

    def test_cancel_after_reception_is_refused(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request, {self.product: 1.0})
        with self.assertRaisesRegex(UserError, "Close short"):
            request.action_cancel()

    def test_partial_reception_leaves_a_backorder_and_can_be_closed_short(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 3.0)
        self._receive(request, {self.product: 2.0})
        line = request.line_ids
        self.assertEqual((request.state, line.quantity_received), ('approved', 2.0))
        self.assertEqual(sorted(request.sudo().picking_ids.mapped('state')), ['assigned', 'done'])
        self._inspect(request)
        note = self._settle(request)
        self.assertEqual(line.quantity_settled, 2.0, "what is here is settled while the rest is on the road")
        self.assertEqual(note.invoice_line_ids.quantity, 2.0)
        request.with_user(self.inspector).action_close_short("Lost by the carrier")
        self.assertEqual(request.state, 'done')
        self.assertEqual(order.order_line.quantity_returnable, 3.0)

    def test_rejected_request_tells_why_and_frees_the_pieces(self):
        order = self._sell((self.product, 5.0))
        request = self._submit(order, 5.0)
        request.with_user(self.voter_sales).action_reject("Worn")
        self.assertEqual((request.state, request.line_ids.rejection_note), ('rejected', "Worn"))
        self.assertEqual(order.order_line.quantity_returnable, 5.0)

    def test_rejected_request_can_be_taken_up_again_in_a_new_round(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("Worn")
        request.action_draft()
        self.assertEqual((request.state, request.round), ('draft', 2))
        request.action_submit()
        self.assertEqual(request.state, 'review')
        self.assertEqual(request.step_ids.mapped('round'), [1, 2], "earlier rounds stay readable")
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(request.state, 'approved')

    def test_request_once_submitted_is_not_deleted_even_if_nobody_was_asked(self):
        self.rule.sudo().on_late = 'refuse'
        order = self._sell()
        order.order_line.move_ids.date = '2020-01-01'
        request = self._submit(order)
        self.assertEqual((request.state, request.step_ids.ids), ('rejected', []))
        request.action_draft()
        with self.assertRaisesRegex(UserError, "stays on file"):
            request.unlink()

    def test_line_that_is_ready_is_settled_while_another_is_in_review(self):
        other = self._create_product("Spoon")
        self.env['returns.policy.rule'].sudo().create({
            'policy_id': self.policy.id, 'name': "Keep it", 'product_id': other.id,
            'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        request = self._submit(self._sell((self.product, 5.0), (other, 5.0)))
        self.assertEqual((request.state, request.line_ids.mapped('state')), ('review', ['review', 'settlement']))
        self.assertTrue(request.may_settle)
        note = self._settle(request)
        self.assertEqual(request.line_ids.mapped('state'), ['review', 'done'])
        self.assertFalse(request.may_settle)
        self.assertEqual(note.invoice_line_ids.quantity, 1.0)

    def test_express_request_goes_straight_to_approved(self):
        self.rule.sudo().auto_approve_max = 1000.0
        request = self._submit(self._sell())
        self.assertEqual(request.state, 'approved')
        self.assertFalse(request.step_ids)

    def test_returnless_request_goes_straight_to_settlement_without_goods(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 100.0})
        order = self._sell((self.product, 5.0))
        request = self._submit(order, 1.0)
        self.assertEqual(request.state, 'settlement')
        self.assertFalse(request.sudo().picking_ids)
        note = self._settle(request)
        self.assertEqual(request.state, 'done')
        self.assertFalse(note.invoice_line_ids.product_id.is_storable, "the goods stay: no cost of goods is reversed")
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        self.assertEqual(order.order_line.quantity_returnable, 4.0, "a piece paid for does not come back as well")

    def test_cutting_a_return_into_small_ones_passes_no_limit(self):
        self.rule.sudo().write({'auto_approve_max': 50.0, 'returnless_max': 50.0})
        order = self._sell((self.product, 5.0))
        requests = [self._submit(order, 1.0) for _piece in range(3)]
        self.assertEqual([request.state for request in requests], ['settlement', 'settlement', 'review'])
        self.assertFalse(requests[2].line_ids.is_returnless)
        self.assertEqual(self._submit(self._sell(), 1.0).state, 'settlement', "another order's goods are no matter")

        order = self._sell((self.product, 5.0))
        at_once = self.Request.union(*(self._file(order) for _piece in range(3)))
        at_once.action_submit()
        self.assertEqual(set(at_once.mapped('state')), {'review'})

    def test_late_request_is_an_exception_for_the_committee(self):
        order = self._sell()
        order.order_line.move_ids.date = '2020-01-01'
        request = self._submit(order)
        self.assertEqual(request.policy_status, 'exception')
        self.assertIn("late by", request.policy_note)
        self.assertIn('committee', request.step_ids.mapped('kind'))

    def test_late_request_is_refused_where_the_rule_says_so(self):
        self.rule.sudo().on_late = 'refuse'
        order = self._sell()
        order.order_line.move_ids.date = '2020-01-01'
        request = self._submit(order)
        self.assertEqual((request.state, request.policy_status), ('rejected', 'refused'))
        self.assertEqual(order.order_line.quantity_returnable, 5.0)

    def test_policy_refuses_in_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        self.rule.sudo().on_late = 'refuse'
        order = self._sell()
        order.order_line.move_ids.date = '2020-01-01'
        line = self._submit(order).line_ids
        self.assertIn(format_date(self.env, line.return_deadline, lang_code='fr_FR'), line.rejection_note)
        self.assertIn(format_date(self.env, line.return_deadline, lang_code='en_US'), line.policy_note)

    def test_exchange_ships_the_same_product_and_moves_no_money(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0, resolution='exchange')
        self._receive(request)
        self._inspect(request)
        line = request.line_ids
        self.assertEqual((request.state, line.quantity_settled), ('settlement', 2.0))
        exchange = request.sudo().exchange_picking_ids
        self.assertEqual(exchange.move_ids.product_uom_qty, 2.0)
        self._validate(exchange)
        self.assertEqual(request.state, 'done')
        self.assertFalse(request.sudo().refund_ids)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (5.0, 0.0))
        self.assertEqual(order.order_line.quantity_returnable, 5.0, "a replacement may come back like any other")

    def test_cancelled_replacement_gives_the_pieces_back_to_be_settled(self):
        request = self._approve(self._sell(), 1.0, resolution='exchange')
        self._receive(request)
        self._inspect(request)
        request.sudo().exchange_picking_ids.action_cancel()
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.line_ids.quantity_settled, 1.0)

    def test_exchange_without_a_route_stops_neither_the_dock_nor_the_inspector(self):
        request = self._approve(self._sell(), 1.0, resolution='exchange')
        other = self._approve(self._sell(), 1.0, resolution='none')
        self.reason.needs_inspection = False
        self.warehouse.delivery_route_id.rule_ids.action_archive()
        self._receive(request | other)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        self.assertTrue(request.message_ids.filtered(lambda message: "No rule has been found" in message.body))
        self.assertEqual(other.state, 'done')
        with self.assertRaisesRegex(UserError, "No rule has been found"):
            request.with_user(self.accountant).action_settle()
        self.warehouse.delivery_route_id.with_context(active_test=False).rule_ids.action_unarchive()
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.line_ids.quantity_settled, 1.0)

    def test_no_compensation_closes_without_money_or_order_change(self):
        order = self._sell()
        request = self._approve(order, 1.0, resolution='none')
        self._receive(request)
        self._inspect(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (5.0, 0.0))

    def test_return_from_the_order_proposes_what_may_come_back(self):
        order = self._sell((self.product, 5.0), (self.product_ordered, 2.0))
        self._submit(order, 1.0)
        action = order.with_user(self.agent).action_create_return()
        request = self.Request.browse(action['res_id'])
        self.assertEqual(request.line_ids.mapped('quantity'), [4.0, 1.0])
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._sell(deliver=False, invoice=False).with_user(self.agent).action_create_return()

    def test_approver_lowers_the_quantity_and_frees_the_rest(self):
        order = self._sell((self.product, 5.0))
        request = self._submit(order, 4.0)
        request.with_user(self.voter_sales).action_lower({request.line_ids.id: 1.0}, "One is enough")
        self.assertEqual(order.order_line.quantity_returnable, 4.0)
        with self.assertRaises(UserError):
            request.with_user(self.voter_quality).sudo(False).action_lower({request.line_ids.id: 1.0}, "x")
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(request.sudo().picking_ids.move_ids.product_uom_qty, 1.0)

    def test_goods_in_quarantine_are_disposed_of_later(self):
        request = self._approve(self._sell(), 1.0)
        self._receive(request)
        inspection = self._inspect(request, self.env.ref('returns_management.disposition_quarantine'))
        self._settle(request)
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 1.0))
        with self.assertRaisesRegex(UserError, "from quarantine"):
            inspection.action_dispose()
        with self.assertRaisesRegex(UserError, "Only goods in quarantine"):
            inspection.write({'disposition_id': self.restock.id, 'grade': 'd'})
        inspection.disposition_id = self.restock
        inspection.action_dispose()
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        with self.assertRaises(UserError):
            inspection.disposition_id = self.scrap
