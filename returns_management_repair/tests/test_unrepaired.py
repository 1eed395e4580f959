# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RepairCommon


class UnrepairedCommon(RepairCommon):

    def _fail(self, request, quantity=None, reason="Burnt out"):
        """The mechanic gives up what waits."""
        repair = self._get_repairs(request).filtered(lambda repair: repair.state not in ('done', 'cancel'))
        self._rpc(self.mechanic, 'repair.order', 'action_returns_cannot_repair', repair.ids, reason, quantity)
        return repair

    def _decide(self, request, outcome, user=None, comment=None, product=None):
        """:return: the lines decided on"""
        lines = request.line_ids.filtered('quantity_unrepaired')
        self._rpc(user or self.agent, 'returns.request.line', 'action_decide_repair', lines.ids, outcome, comment,
                  product and product.id)
        return request.line_ids.filtered(lambda line: line.repair_decision == outcome)

    def _approve_after(self, request, user=None):
        self._rpc(user or self.voter_sales, 'returns.request', 'action_approve', request.ids)

    def _get_mails(self, request):
        return request.message_ids.filtered(lambda message: "could not be repaired" in (message.subject or ''))


@tagged('post_install', '-at_install')
class TestUnrepaired(UnrepairedCommon):
    """A repair that fails is put to a decision: refund, exchange, or the goods as they are."""

    def test_failed_repair_becomes_a_refund(self):
        order = self._sell()
        request = self._to_repair(order)
        line = request.line_ids
        repair = self._fail(request)
        self.assertEqual((repair.state, repair.returns_failure), ('cancel', "Burnt out"))
        self.assertEqual((line.quantity_unrepaired, request.may_decide_repair, request.state), (2.0, True, 'settlement'))
        self.assertIn("decide what the customer gets", request.next_step_note)
        kind = self.env.ref('returns_management_repair.mail_activity_type_unrepaired')
        self.assertEqual(request.activity_ids.filtered(lambda task: task.activity_type_id == kind).user_id, self.agent)
        page = request.sudo()._prepare_customer_page()
        self.assertEqual(page['status'], "Could not be repaired")
        self.assertIn("We decide what you get instead", [stage['title'] for stage in page['road']])

        self._decide(request, 'refund')
        self.assertEqual((line.resolution, line.repair_decision_user_id), ('refund', self.agent))
        self.assertEqual((request.state, line.quantity_settled), ('final_review', 0.0), "a refund is another question")
        self.assertFalse(request.activity_ids.filtered(lambda task: task.activity_type_id == kind))
        self.assertEqual(order.order_line.qty_delivered, 5.0, "still the customer's")
        self.assertEqual(self._get_mails(request).mapped('subject'), [
            f"{self.company.name}: your return {request.name} could not be repaired"])
        self._approve_after(request)
        self.assertEqual((request.state, request.may_settle), ('settlement', True))
        inspection = request.sudo().inspection_ids
        self.assertEqual((inspection.disposition_kind, inspection.is_taken_over), ('quarantine', False))

        note = self._settle(request)
        order_line = order.order_line
        self.assertEqual((note.state, note.invoice_line_ids.filtered('returns_line_id').quantity), ('posted', 2.0))
        self.assertEqual(note.amount_total, order.invoice_ids.filtered(
            lambda move: move.move_type == 'out_invoice').currency_id.round(
            2.0 * order.order_line.price_total / 5.0))
        self.assertEqual((order_line.qty_delivered, order_line.qty_invoiced, order_line.qty_to_invoice), (3.0, 3.0, 0.0))
        self.assertEqual(order.invoice_status, 'invoiced')
        self.assertEqual((inspection.is_taken_over, inspection.disposition_kind, inspection.is_disposed), (
            True, 'scrap', True))
        self.assertEqual((request.state, self._on_hand(self.product), line.quantity_received), ('done', 0.0, 2.0))
        self.assertEqual(line.settlement_ids.sorted('id').mapped(lambda part: (part.kind, part.state)), [
            ('repair', 'cancelled'), ('credit', 'done')])
        balance = line.balance_id.sudo()
        self.assertEqual((balance.quantity_delivered, balance.quantity_returned, balance.quantity_held), (5.0, 2.0, 0.0))
        self.assertEqual(order.order_line.quantity_returnable, 3.0)
        self._settle(request)
        self.assertEqual(request.sudo().refund_ids, note, "once")

    def test_nobody_is_asked_where_the_policy_lets_the_refund_pass(self):
        self.rule.auto_approve_max = 1000.0
        request = self._to_repair_express()
        self._fail(request)
        self._decide(request, 'refund')
        self.assertEqual((request.state, request.may_settle, request.step_ids.ids), ('settlement', True, []))
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def _to_repair_express(self, order=None):
        request = self._submit(order or self._sell(), 2.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.repair)
        return request

    def test_refused_goods_of_which_a_part_fails_stay_refused(self):
        order = self._sell()
        request = self._approve(order, 3.0, reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.repair, accepted=0.0)
        self.assertEqual((request.line_ids.quantity_accepted, order.order_line.qty_to_invoice), (0.0, 0.0))
        self._fail(request, 1.0)
        inspections = request.line_ids.inspection_ids
        self.assertEqual(sorted(inspections.mapped('quantity')), [1.0, 2.0])
        self.assertEqual(set(inspections.mapped('quantity_accepted')), {0.0})
        self.assertEqual((request.line_ids.quantity_accepted, order.order_line.qty_to_invoice), (0.0, 0.0))

    def test_refused_refund_hands_the_goods_back(self):
        order = self._sell()
        request = self._to_repair(order)
        self._fail(request)
        self._decide(request, 'refund')
        self._rpc(self.voter_sales, 'returns.request', 'action_reject', request.ids, "It was dropped")
        line = request.line_ids
        self.assertEqual((line.resolution, line.repair_decision, line.rejection_note), ('repair', 'back', "It was dropped"))
        self.assertEqual((request.state, line.quantity_accepted), ('settlement', 2.0))
        self._send_back(request)
        self.assertEqual((request.state, line.settlement_ids.filtered(lambda part: part.state == 'done').kind), (
            'done', 'repair'))
        self.assertFalse(request.sudo().refund_ids)
        self.assertEqual((order.order_line.qty_delivered, line.balance_id.sudo().quantity_returned), (5.0, 0.0))
        page = request.sudo()._prepare_customer_page()
        self.assertEqual(page['lines'][0]['status'], "Sent back, not repaired")

    def test_handed_back_unrepaired(self):
        order = self._sell()
        request = self._to_repair(order)
        self._fail(request)
        self._decide(request, 'back')
        self.assertEqual(request.sudo()._prepare_customer_page()['status'], "On its way back to you")
        self._send_back(request)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 5.0))
        self.assertEqual(len(self._get_mails(request)), 1)
        self.assertIn("It could not be repaired. You get it back as it is.",
                      request.sudo()._prepare_customer_page()['lines'][0]['verdict'])
        self.assertEqual(self._submit(order, 5.0).state, 'review', "it may come back for something else")

    def test_two_of_three_are_repaired(self):
        order = self._sell()
        request = self._to_repair(order, 3.0)
        repair = self._fail(request, 1.0)
        self.assertEqual((repair.state, repair.product_qty, request.line_ids.quantity_unrepaired), ('draft', 2.0, 1.0))
        self._repair(request)
        self._send_back(request)
        self.assertEqual(request.state, 'settlement')
        part = self._decide(request, 'refund')
        line = request.line_ids - part
        self.assertEqual([(each.resolution, each.quantity, each.quantity_received, each.quantity_accepted) for each in (
            line, part)], [('repair', 2.0, 2.0, 2.0), ('refund', 1.0, 1.0, 1.0)])
        self.assertEqual((line.state, part.state), ('done', 'final_review'))
        self._approve_after(request)
        note = self._settle(request)
        self.assertEqual(note.invoice_line_ids.filtered('returns_line_id').returns_line_id, part)
        self.assertEqual((request.state, order.order_line.qty_delivered, order.order_line.qty_to_invoice), ('done', 4.0, 0.0))
        self.assertEqual([balance.quantity_returned for balance in request.line_ids.balance_id.sudo()], [1.0])
        self.assertEqual(request.amount_requested, sum(request.line_ids.mapped('amount_company')))
        again = self._return(order, 4.0)
        self.assertEqual(again.state, 'done', "what was repaired may come back")
        invoice = order.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice')
        self.assertEqual(sum((note | again.sudo().refund_ids).mapped('amount_total')), invoice.amount_total)

    def test_decided_before_the_others_are_repaired_and_while_some_are_on_the_road(self):
        request = self._approve(self._sell(), 4.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request, {self.product: 3.0})
        self._inspect(request, self.repair)
        self._fail(request, 1.0)
        part = self._decide(request, 'refund')
        line = request.line_ids - part
        self.assertEqual((line.quantity, line.quantity_approved, line.quantity_received, line.quantity_settled), (
            3.0, 3.0, 2.0, 0.0), "repairs are planned once all is here")
        self._approve_after(request)
        self._settle(request)
        self._repair(request)
        self._send_back(request)
        self.assertEqual((line.state, part.state, self._on_hand(self.product)), ('approved', 'done', 0.0))
        self._receive(request)
        self._inspect(request, self.repair)
        self._fail(request)
        self._decide(request, 'back')
        self._send_back(request)
        self.assertEqual((request.state, line.quantity_settled), ('done', 3.0))

    def test_exchange_for_the_same_product(self):
        self.rule.auto_approve_max = 1000.0
        order = self._sell()
        request = self._to_repair_express(order)
        self._fail(request)
        self._decide(request, 'exchange')
        picking = request.sudo().exchange_picking_ids
        self.assertEqual((request.state, len(picking), order.order_line.qty_delivered), ('settlement', 1, 3.0))
        self._validate(picking)
        self.assertEqual((request.state, order.order_line.qty_delivered, order.order_line.qty_to_invoice), ('done', 5.0, 0.0))
        self.assertFalse(request.sudo().refund_ids)
        self.assertEqual(self._on_hand(self.product), 0.0)

    def test_exchange_for_another_product(self):
        self.rule.auto_approve_max = 1000.0
        order = self._sell()
        request = self._to_repair_express(order)
        self._fail(request)
        self._decide(request, 'exchange', product=self.product_ordered)
        self.assertEqual((request.state, request.may_settle), ('settlement', True))
        self._settle(request)
        exchange = request.sudo().exchange_order_ids
        self.assertEqual((exchange.state, exchange.order_line.product_id, order.order_line.qty_delivered), (
            'sale', self.product_ordered, 3.0))
        self._deliver(exchange)
        exchange.invoice_ids.filtered(lambda move: move.state == 'draft').action_post()
        self.assertEqual(request.state, 'done')

    def test_order_that_is_invoiced_as_ordered_and_one_that_is_not_invoiced(self):
        self.rule.auto_approve_max = 1000.0
        for product, invoice in ((self.product_ordered, True), (self.product, False)):
            with self.subTest(product=product.name):
                order = self._sell((product, 5.0), invoice=invoice)
                request = self._to_repair_express(order)
                self._fail(request)
                self._decide(request, 'refund')
                self._settle(request)
                line = order.order_line
                self.assertEqual((request.state, line.qty_delivered, line.qty_to_invoice), (
                    'done', 3.0, 0.0 if invoice else 3.0))

    def test_serial_number_becomes_ours(self):
        self.rule.auto_approve_max = 1000.0
        product = self._create_product("Drill", tracking='serial')
        lots = self.env['stock.lot'].create([{'name': f"D{number}", 'product_id': product.id} for number in range(3)])
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(product, self.stock, 1.0, lot_id=lot)
        order = self._sell((product, 3.0))
        request = self._submit(order, 2.0, resolution='repair', reason_id=self.defect.id,
                               lot_ids=[Command.set(lots[:2].ids)])
        self._receive(request)
        self._inspect(request, self.repair)
        failed = self._get_repairs(request)[0]
        self._rpc(self.mechanic, 'repair.order', 'action_returns_cannot_repair', failed.ids, "Burnt out")
        part = self._decide(request, 'refund')
        self.assertEqual((part.lot_ids, (request.line_ids - part).lot_ids), (failed.lot_id, lots[:2] - failed.lot_id))
        self._settle(request)
        self._repair(request)
        self._send_back(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual(set(order.order_line._get_lots_at_customer(product)), set(lots - failed.lot_id))

    def test_parts_used_stay_booked_and_nothing_is_billed_under_warranty(self):
        self.rule.auto_approve_max = 1000.0
        request = self._to_repair_express()
        repair = self._get_repairs(request)
        used, spare = self._create_product("Fuse"), self._create_product("Knob")
        self.env['stock.move'].with_user(self.mechanic).create([
            {'repair_id': repair.id, 'repair_line_type': 'add', 'product_id': product.id, 'product_uom_qty': 1.0,
             'picking_type_id': repair.picking_type_id.id} for product in (used, spare)])
        repair.action_validate()
        repair.action_repair_start()
        repair.sudo().action_create_sale_order()
        moves = repair.move_ids.sudo()
        moves.filtered(lambda move: move.product_id == used).picked = True
        self._fail(request)
        self.assertEqual({move.product_id: move.state for move in moves}, {used: 'done', spare: 'cancel'})
        self.assertEqual(repair.sudo().sale_order_id.amount_total, 0.0)
        with self.assertRaisesRegex(UserError, "used up parts"), self.env.cr.savepoint():
            repair.action_repair_cancel_draft()
        self._decide(request, 'refund')
        self._settle(request)
        self.assertEqual((request.state, self._on_hand(used, self.stock)), ('done', 999.0))

    def test_others_goods_of_the_same_kind_stay_theirs(self):
        """Two customers' kettles and one of ours wait in one place."""
        self.rule.auto_approve_max = 1000.0
        other = self._sell(partner=self.other_customer)
        first, theirs = self._to_repair_express(), self._to_repair_express(other)
        ours = self._submit(self._sell(), 2.0)
        self._receive(ours)
        self._inspect(ours, self.quarantine)
        self._fail(theirs)
        self._decide(theirs, 'refund')
        self._settle(theirs)
        quants = self.env['stock.quant'].search([
            ('product_id', '=', self.product.id), ('quantity', '>', 0),
            ('location_id', 'child_of', self.warehouse.returns_location_id.id)])
        self.assertEqual({quant.owner_id: quant.quantity for quant in quants}, {
            self.customer: 2.0, self.env['res.partner']: 2.0})
        self._repair(first)
        pickings = self._send_back(first)
        self.assertEqual(pickings.move_line_ids.owner_id, self.customer)

    # ------------------------------------------------------------------
    # Taken back
    # ------------------------------------------------------------------

    def test_decision_is_taken_back_and_the_repair_taken_up_again(self):
        order = self._sell()
        request = self._to_repair(order)
        repair = self._fail(request)
        self._decide(request, 'refund')
        with self.assertRaisesRegex(UserError, "has to take that decision back"), self.env.cr.savepoint():
            self._rpc(self.mechanic, 'repair.order', 'action_repair_cancel_draft', repair.ids)
        self._rpc(self.agent, 'returns.request', 'action_undo_repair_decision', request.ids)
        line = request.line_ids
        self.assertEqual((line.resolution, line.quantity_settled, line.quantity_unrepaired, request.state), (
            'repair', 2.0, 2.0, 'settlement'))
        self.assertFalse(request.step_ids.filtered(lambda step: step.state == 'open'))
        self._rpc(self.mechanic, 'repair.order', 'action_repair_cancel_draft', repair.ids)
        self.assertEqual((line.quantity_unrepaired, repair.state), (0.0, 'draft'))
        self._repair(request)
        self._send_back(request)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 5.0))

    def test_price_that_was_said_of_it_is_taken_back_with_the_decision(self):
        """Of goods without an order: what is decided later is priced anew."""
        request = self.Request.with_user(self.agent).create({
            'partner_id': self.customer.id, 'team_id': self.team.id, 'line_ids': [Command.create({
                'product_id': self.product.id, 'quantity': 2.0, 'reason_id': self.defect.id, 'resolution': 'repair',
                'without_order': True})]})
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request, self.repair)
        step = request.sudo().step_ids.filtered(lambda step: step.state == 'open')  # the committee's: nobody sees the order
        for voter in step.voter_ids:
            if step.state == 'open':
                request.with_user(voter).action_approve()
        line, repair = request.line_ids, self._fail(request)
        self._decide(request, 'refund', user=self.manager, comment="Bought at the fair")
        self.assertTrue(line.is_price_missing)
        line.with_user(self.accountant).action_set_price(100.0, "Till receipt", tax_ids=self.tax_15.ids)
        self.assertEqual((line.credit_price, line.credit_tax_ids, line.is_price_missing), (100.0, self.tax_15, False))
        self._rpc(self.agent, 'returns.request', 'action_undo_repair_decision', request.ids)
        self.assertFalse(line.credit_price or line.credit_tax_ids or line.credit_user_id)
        self.assertEqual((line.quantity_unrepaired, repair.state), (2.0, 'cancel'))
        self._decide(request, 'refund', user=self.manager, comment="Bought at the fair")
        self.assertTrue(line.is_price_missing)

    def test_what_is_settled_is_not_taken_back(self):
        self.rule.auto_approve_max = 1000.0
        request = self._to_repair_express()
        repair = self._fail(request)
        self._decide(request, 'refund')
        note = self._settle(request, post=False)
        with self.assertRaisesRegex(UserError, "no decision on a failed repair to take back"), self.env.cr.savepoint():
            self._rpc(self.agent, 'returns.request', 'action_undo_repair_decision', request.ids)
        with self.assertRaisesRegex(UserError, "cannot be taken up again"), self.env.cr.savepoint():
            repair.action_repair_cancel_draft()
        note.unlink()
        with self.assertRaisesRegex(UserError, "no decision on a failed repair to take back"), self.env.cr.savepoint():
            self._rpc(self.agent, 'returns.request', 'action_undo_repair_decision', request.ids)
        self._settle(request)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 2.0))

    def test_cancelled_credit_note_does_not_take_the_goods_over_twice(self):
        self.rule.auto_approve_max = 1000.0
        order = self._sell()
        request = self._to_repair_express(order)
        self._fail(request)
        self._decide(request, 'refund')
        note = self._settle(request)
        note.button_draft()
        note.button_cancel()
        self.assertEqual((request.state, order.order_line.qty_delivered), ('settlement', 3.0))
        self._settle(request)
        self.assertEqual((request.state, order.order_line.qty_delivered, order.order_line.qty_to_invoice), ('done', 3.0, 0.0))

    def test_inspector_chooses_where_they_go(self):
        self.rule.auto_approve_max = 1000.0
        request = self._to_repair_express()
        self._fail(request)
        inspection = request.inspection_ids.with_user(self.inspector)
        with self.assertRaisesRegex(UserError, "wants these goods repaired and back"), self.env.cr.savepoint():
            inspection.write({'disposition_id': self.restock.id})
        self._decide(request, 'refund')
        with self.assertRaisesRegex(UserError, "something else than a repair"), self.env.cr.savepoint():
            inspection.write({'disposition_id': self.repair.id})
        inspection.write({'disposition_id': self.restock.id})
        inspection.action_dispose()
        self.assertFalse(inspection.is_disposed, "not ours yet")
        before = self._on_hand(self.product, self.stock)
        self._settle(request)
        self.assertEqual((inspection.is_disposed, self._on_hand(self.product, self.stock)), (True, before + 2.0))

    # ------------------------------------------------------------------
    # Rights
    # ------------------------------------------------------------------

    def test_what_the_policy_does_not_offer_is_a_managers_decision(self):
        self.rule.allow_refund = False
        request = self._to_repair()
        self._fail(request)
        with self.assertRaisesRegex(AccessError, "does not offer this"), self.env.cr.savepoint():
            self._decide(request, 'refund', comment="Please")
        with self.assertRaisesRegex(UserError, "Say why"), self.env.cr.savepoint():
            self._decide(request, 'refund', user=self.manager)
        self._decide(request, 'refund', user=self.manager, comment="Good customer")
        self.assertEqual((request.line_ids.override_status, request.state), ('exception', 'final_review'))
        self._approve_after(request)
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def test_bad_arguments(self):
        request = self._to_repair()
        line, repair = request.line_ids, self._get_repairs(request)
        decide = ('returns.request.line', 'action_decide_repair', line.ids)
        fail = ('repair.order', 'action_returns_cannot_repair', repair.ids)
        with self.assertRaisesRegex(UserError, "Choose one repair"), self.env.cr.savepoint():
            self._rpc(self.mechanic, *fail[:2], [], "x")
        for user, call, *args in (
                (self.agent, decide, 'refund'), (self.agent, decide, 'none'), (self.agent, decide, 3),
                (self.agent, decide, ['refund']), (self.agent, decide, 'refund', {}), (self.agent, decide, 'refund', "x", 1),
                (self.agent, decide, 'exchange', None, -1), (self.agent, decide, 'exchange', None, "1"),
                (self.agent, decide, 'exchange', None, 2**40), (self.agent, decide, 'exchange', None, True),
                (self.mechanic, fail, ""), (self.mechanic, fail, 3), (self.mechanic, fail, "x", "y"),
                (self.mechanic, fail, "x", -1), (self.mechanic, fail, "x", float('nan')), (self.mechanic, fail, "x", 1e300),
                (self.mechanic, fail, "x", 3.0), (self.mechanic, fail, "x", 0.0)):
            with self.subTest(call=call[1], args=args), self.assertRaises(UserError), self.env.cr.savepoint():
                self._rpc(user, *call, *args)
        for user in (self.other_portal, self.employee, self.other_agent, self.agent):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self._rpc(user, *fail, "x")
        self._fail(request)
        with self.assertRaisesRegex(UserError, "already"), self.env.cr.savepoint():
            self._fail_again(repair)
        for user in (self.other_portal, self.employee, self.other_agent, self.inspector, self.accountant):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self._rpc(user, *decide, 'refund')
        for name, error in (('repair_decision', AccessError), ('resolution', UserError)):
            with self.assertRaises(error), self.env.cr.savepoint():
                self._rpc(self.agent, 'returns.request.line', 'write', line.ids, {name: 'refund'})
        with self.assertRaises(AccessError), self.env.cr.savepoint():
            self._rpc(self.mechanic, 'repair.order', 'write', repair.ids, {'returns_failure': "x"})

    def _fail_again(self, repair):
        self._rpc(self.mechanic, 'repair.order', 'action_returns_cannot_repair', repair.ids, "Again")
