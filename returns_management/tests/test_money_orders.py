# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import UserError
from odoo.tests import tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyOrders(MoneyCommon):
    """What the order owes and is owed, invoiced as delivered and as ordered."""

    def _take_back(self, order, quantity, **line_values):
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        self._inspect(request)
        return request

    def assertNothingToInvoice(self, order):
        self.assertEqual(order.order_line.mapped('qty_to_invoice'), [0.0] * len(order.order_line))
        self.assertNotEqual(order.invoice_status, 'to invoice')
        for final in (False, True):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                order._create_invoices(final=final)

    def test_not_invoiced_yet_owes_less_for_both_policies(self):
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 5.0), invoice=False)
            self.assertEqual(order.order_line.qty_to_invoice, 5.0)
            request = self._take_back(order, 2.0)
            self.assertFalse(self._settle(request))
            with self.subTest(policy=product.invoice_policy):
                settlement = request.settlement_ids
                self.assertEqual((settlement.kind, settlement.pieces, settlement.state), ('uninvoiced', 2.0, 'done'))
                self.assertIn(order.name, settlement.note)
                self.assertEqual((request.state, request.amount_refunded), ('done', 0.0))
                self.assertEqual(order.order_line.qty_to_invoice, 3.0)
                invoice = order._create_invoices()
                self.assertEqual(invoice.invoice_line_ids.quantity, 3.0)
                invoice.action_post()
                self.assertNothingToInvoice(order)
                self.assertEqual(order.order_line.untaxed_amount_to_invoice, 0.0)
                self.assertAlmostEqual(order.amount_to_invoice, 0.0)
                note = self._settle(self._take_back(order, 3.0))
                self.assertAddUp(invoice, note)
                self.assertNothingToInvoice(order)

    def test_partly_invoiced_takes_what_is_not_invoiced_first(self):
        order = self._sell((self.product, 5.0), deliver=False, invoice=False)
        self._deliver(order, {self.product: 3.0})
        order._create_invoices().action_post()
        self._deliver(order)
        request = self._take_back(order, 4.0)
        note = self._settle(request)
        self.assertEqual(request.settlement_ids.mapped(lambda settlement: (settlement.kind, settlement.pieces)),
                         [('uninvoiced', 2.0), ('credit', 2.0)])
        self.assertEqual((note.invoice_line_ids.quantity, request.state), (2.0, 'done'))
        self.assertNothingToInvoice(order)

    def test_credited_goods_are_not_invoiced_again_for_both_policies(self):
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 5.0))
            for quantity in (2.0, 3.0):
                request = self._take_back(order, quantity)
                draft = self._settle(request, post=False)
                with self.subTest(policy=product.invoice_policy, quantity=quantity):
                    self.assertNothingToInvoice(order)
                    draft.action_post()
                    self.assertNothingToInvoice(order)
                    self.assertAlmostEqual(order.order_line.untaxed_amount_to_invoice, 0.0)
                    self.assertAlmostEqual(order.amount_to_invoice, 0.0)
                    if product.invoice_policy == 'order':
                        self.assertEqual((order.order_line.invoice_status, order.invoice_status), ('invoiced',) * 2)

    def test_order_policy_in_every_state_of_the_note(self):
        order = self._sell((self.product_ordered, 5.0))
        request = self._take_back(order, 2.0)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        note = self._settle(request)
        for step in ('button_draft', 'button_cancel'):
            getattr(note, step)()
            self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0.0, 'invoiced'), step)
        note.button_draft()
        note.unlink()
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0.0, 'invoiced'))

    def test_ordered_quantity_lowered_for_the_same_return_is_not_credited_twice(self):
        order = self._sell((self.product_ordered, 5.0))
        self._settle(self._take_back(order, 2.0))
        order.order_line.product_uom_qty = 3.0
        self.assertNothingToInvoice(order)

    def test_ordered_quantity_raised_after_a_return_is_invoiced(self):
        order = self._sell((self.product_ordered, 5.0))
        self._settle(self._take_back(order, 2.0))
        order.order_line.product_uom_qty = 7.0
        self.assertEqual(order.order_line.qty_to_invoice, 2.0)
        self.assertAlmostEqual(order.order_line.untaxed_amount_to_invoice, 2 * 19.99)

    def test_draft_invoice_is_named_and_nothing_changes(self):
        order = self._sell((self.product, 5.0), invoice=False)
        draft = order._create_invoices()
        request = self._take_back(order, 2.0)
        with self.assertRaisesRegex(UserError, f"2.0 of 2.0 .* stand on the draft invoice of {order.name}"):
            request.with_user(self.accountant).action_settle()
        self.assertFalse(request.settlement_ids)
        self.assertEqual((request.state, draft.state), ('settlement', 'draft'))
        draft.action_post()
        self.assertEqual(self._settle(request).invoice_line_ids.quantity, 2.0)

    def test_draft_invoice_lowered_instead_leaves_the_goods_uninvoiced(self):
        order = self._sell((self.product, 5.0), invoice=False)
        draft = order._create_invoices()
        request = self._take_back(order, 2.0)
        draft.invoice_line_ids.quantity = 3.0
        self._settle(request)
        self.assertEqual(request.settlement_ids.kind, 'uninvoiced')
        draft.action_post()
        self.assertNothingToInvoice(order)

    def test_invoice_reset_to_draft_is_not_credited(self):
        order = self._sell((self.product, 5.0))
        request = self._take_back(order, 2.0)
        order.invoice_ids.button_draft()
        with self.assertRaisesRegex(UserError, "draft invoice"):
            request.with_user(self.accountant).action_settle()

    def test_cancelled_invoice_counts_as_none(self):
        order = self._sell((self.product, 5.0))
        order.invoice_ids.button_draft()
        order.invoice_ids.button_cancel()
        request = self._take_back(order, 2.0)
        self._settle(request)
        self.assertEqual(request.settlement_ids.kind, 'uninvoiced')
        self.assertEqual(order.order_line.qty_to_invoice, 3.0)

    def test_goods_that_stay_are_not_credited_before_they_are_invoiced(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        order = self._sell((self.product, 5.0), invoice=False)
        request = self._submit(order, 1.0)
        with self.assertRaisesRegex(UserError, "nothing of them is invoiced"):
            request.with_user(self.accountant).action_settle()
        invoice = order._create_invoices()
        invoice.action_post()
        note = self._settle(request)
        self.assertEqual(request.settlement_ids.kind, 'allowance')
        self.assertAlmostEqual(note.amount_total, invoice.amount_total / 5, delta=0.01)
        self.assertEqual((order.order_line.qty_invoiced, order.order_line.qty_to_invoice), (5.0, 0.0))

    def test_goods_that_stay_and_are_invoiced_in_part_wait_for_the_rest(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        order = self._sell((self.product, 3.0), deliver=False, invoice=False)
        self._deliver(order, {self.product: 1.0})
        order._create_invoices().action_post()
        self._deliver(order)
        request = self._submit(order, 2.0)
        with self.assertRaisesRegex(UserError, "only 1.0 left, and not all of it is invoiced"):
            request.with_user(self.accountant).action_settle()
        order._create_invoices().action_post()
        self._settle(request)
        self.assertEqual(request.settlement_ids.mapped('pieces'), [1.0, 1.0])

    def test_credit_in_advance_is_not_invoiced_again_while_the_goods_are_on_the_road(self):
        self.rule.sudo().advance = 'refund'
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 5.0))
            request = self._approve(order, 2.0)
            note = self._settle(request)
            with self.subTest(policy=product.invoice_policy):
                self.assertEqual((note.invoice_line_ids.quantity, request.state), (2.0, 'approved'))
                self.assertNothingToInvoice(order)
                self._receive(request)
                self._inspect(request)
                self.assertEqual((request.state, request.refund_ids), ('done', note))
                self.assertNothingToInvoice(order)

    def test_advanced_credit_for_goods_that_never_come_is_to_invoice_again(self):
        self.rule.sudo().advance = 'refund'
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        self._settle(request)
        request.with_user(self.inspector).action_close_short("Never came")
        self.assertNothingToInvoice(order)  # a draft invoice claims it back
        self.assertEqual(order.order_line.qty_invoiced, 5.0)
        order.invoice_ids.filtered(lambda move: move.state == 'draft').unlink()
        self.assertEqual(order.order_line.qty_to_invoice, 2.0)

    def test_advanced_credit_for_ordered_goods_that_never_come_is_to_invoice_again(self):
        self.rule.sudo().advance = 'refund'
        order = self._sell((self.product_ordered, 5.0))
        request = self._approve(order, 3.0)
        self._settle(request)
        self._receive(request, {self.product_ordered: 1.0})
        request.with_user(self.inspector).action_close_short("Never came")
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (0.0, 'invoiced'))
        order.invoice_ids.filtered(lambda move: move.state == 'draft').unlink()
        self.assertEqual((order.order_line.qty_to_invoice, order.invoice_status), (2.0, 'to invoice'))

    def test_advance_that_was_taken_back_is_not_paid_for_goods_that_do_not_come(self):
        self.rule.sudo().advance = 'refund'
        order = self._sell()
        request = self._approve(order, 3.0)
        note = self._settle(request)
        self._receive(request, {self.product: 1.0})
        self._inspect(request)
        request.with_user(self.inspector).action_close_short("Never came")
        note.button_draft()
        note.button_cancel()
        line = request.line_ids
        self.assertEqual((line.quantity_accepted, line.quantity_advanced, line.quantity_settled), (1.0, 0.0, 0.0))
        self.assertEqual((self._settle(request) - note).invoice_line_ids.quantity, 1.0)
        self.assertEqual(request.state, 'done')
        self.assertNothingToInvoice(order)

    def test_advance_that_was_taken_back_is_not_paid_for_refused_goods(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._sell(), 2.0)
        note = self._settle(request)
        self._receive(request)
        self._inspect(request, accepted=0.0)
        note.button_draft()
        note.button_cancel()
        self.assertEqual((request.line_ids.quantity_advanced, request.state), (0.0, 'done'))

    def test_goods_refused_before_their_advance_was_paid_are_not_paid(self):
        self.rule.sudo().advance = 'refund'
        order = self._sell()
        request = self._approve(order, 3.0)
        self._receive(request)
        self._inspect(request, accepted=1.0)
        line = request.line_ids
        self.assertEqual((line.quantity_accepted, line.quantity_advanced), (1.0, 0.0))
        self.assertEqual(self._settle(request).invoice_line_ids.quantity, 1.0)
        self.assertNotIn("claim it back", "".join(request.sudo().message_ids.mapped('body')))

    def test_advance_of_goods_that_are_refused_is_to_be_claimed_back(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._sell(), 4.0)
        self._settle(request)
        self._receive(request)
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.action_split(3.0)
        part, rest = request.sudo().inspection_ids.sorted('quantity').with_user(self.inspector)
        part.write({'disposition_id': self.back_to_customer.id, 'quantity_accepted': 0.0})
        part.action_done()
        rest.write({'disposition_id': self.restock.id, 'quantity_accepted': 2.0})
        rest.action_done()
        words = [body for body in request.sudo().message_ids.mapped('body') if "claim it back" in body]
        self.assertEqual(len(words), 2, "each refused piece once")
        self.assertTrue(all("1 Units" in body for body in words), words)
        self.assertEqual((request.line_ids.quantity_accepted, request.line_ids.quantity_advanced), (2.0, 2.0))

    def test_advance_lives_on_while_somebody_only_looked_at_the_customers(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._sell(), 3.0)
        request.with_user(self.agent).action_inspect_on_site()
        inspection = request.sudo().line_ids.site_inspection_ids.with_user(self.inspector)
        note = self._settle(request)
        inspection.site_outcome = 'return'
        inspection.action_done()
        note.button_draft()
        note.button_cancel()
        self.assertEqual(request.line_ids.quantity_advanced, 3.0, "the goods are awaited as before")

    def _exchange_in_two_steps(self):
        """:return: (the return of three pieces, the picking of their replacement, which is done)"""
        warehouse = self.env['stock.warehouse'].create({
            'name': "Big", 'code': 'BIG', 'delivery_steps': 'pick_ship'})
        self.env['stock.quant']._update_available_quantity(self.product, warehouse.lot_stock_id, 20.0)
        order = self._sell((self.product, 5.0), warehouse_id=warehouse.id, deliver=False, invoice=False)
        while steps := order.picking_ids.filtered(lambda picking: picking.state == 'assigned'):
            steps.button_validate()
        order._create_invoices().action_post()
        request = self._take_back(order, 3.0, resolution='exchange')
        pick = request.sudo().exchange_picking_ids
        self.assertEqual(pick.picking_type_id, warehouse.pick_type_id)
        self._validate(pick)
        return request, request.sudo().exchange_picking_ids - pick

    def test_replacement_picked_and_not_shipped_is_not_given_yet(self):
        request, ship = self._exchange_in_two_steps()
        self._validate(ship, {self.product: 1.0})
        settlements = request.sudo().settlement_ids
        self.assertEqual(request.state, 'settlement')
        self.assertEqual(settlements.mapped(lambda part: (part.state, part.quantity)), [('done', 1.0), ('planned', 2.0)])
        rest = request.sudo().exchange_picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual(rest.move_ids.product_uom_qty, 2.0)
        self._validate(rest)
        self.assertEqual((request.state, set(settlements.mapped('state'))), ('done', {'done'}))

    def test_replacement_shipped_in_part_without_a_backorder_is_settled_anew(self):
        order = self._sell()
        request = self._take_back(order, 3.0, resolution='exchange')
        ship = request.sudo().exchange_picking_ids
        ship.move_ids.write({'quantity': 1.0, 'picked': True})
        ship.with_context(skip_backorder=True, picking_ids_not_to_backorder=ship.ids).button_validate()
        self.assertEqual(ship.state, 'done')
        settlement = request.sudo().settlement_ids
        self.assertEqual((settlement.state, settlement.quantity, settlement.pieces), ('done', 1.0, 1.0))
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 1.0))
        request.with_user(self.accountant).action_settle()
        again = request.sudo().exchange_picking_ids - ship
        self.assertEqual(again.move_ids.product_uom_qty, 2.0)
        self._validate(again)
        self.assertEqual((request.state, order.order_line.qty_delivered, order.order_line.qty_to_invoice), ('done', 5.0, 0.0))

    def test_replacement_cancelled_after_it_was_picked_is_settled_anew(self):
        request, ship = self._exchange_in_two_steps()
        ship.action_cancel()
        self.assertEqual(request.sudo().settlement_ids.state, 'cancelled')
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        request.with_user(self.accountant).action_settle()
        again = request.sudo().exchange_picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self.assertEqual(again.move_ids.product_uom_qty, 3.0)

    def test_advance_that_was_taken_back_is_paid_again_while_the_goods_are_awaited(self):
        self.rule.sudo().advance = 'refund'
        request = self._approve(self._sell(), 3.0)
        note = self._settle(request)
        self._receive(request, {self.product: 1.0})
        self._inspect(request)
        note.button_draft()
        note.button_cancel()
        self.assertEqual((request.line_ids.quantity_advanced, request.may_settle), (2.0, True))
        self.assertEqual((self._settle(request) - note).invoice_line_ids.quantity, 3.0)

    def test_refused_goods_that_stay_with_us_are_not_credited_by_a_final_invoice(self):
        for disposition in (self.restock, self.scrap):
            order = self._sell((self.product, 5.0))
            request = self._approve(order, 2.0)
            self._receive(request)
            self._inspect(request, disposition, accepted=0.0)
            with self.subTest(disposition=disposition.kind):
                self.assertEqual(request.state, 'done')
                self.assertNothingToInvoice(order)

    def test_refused_goods_that_stay_with_us_are_invoiced(self):
        order = self._sell((self.product, 5.0), invoice=False)
        request = self._approve(order, 2.0)
        self._receive(request)
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.action_split(1.0)
        request.inspection_ids[0].with_user(self.inspector).quantity_accepted = 0.0
        request.inspection_ids.with_user(self.inspector).write({'disposition_id': self.scrap.id})
        request.inspection_ids.with_user(self.inspector).action_done()
        self._settle(request)
        self.assertEqual((request.state, order.order_line.qty_to_invoice), ('done', 4.0))
        order._create_invoices().action_post()
        self.assertNothingToInvoice(order)

    def test_refused_goods_on_their_way_back_are_not_credited_by_a_final_invoice(self):
        order = self._sell((self.product, 5.0))
        request = self._take_back(order, 3.0)
        self._settle(request)
        request = self._approve(order, 2.0)
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        self.assertNothingToInvoice(order)
        self._validate(request.line_ids.move_ids.picking_id.filtered(lambda picking: picking.state == 'assigned'))
        self.assertEqual(order.order_line.qty_delivered, 2.0)
        self.assertNothingToInvoice(order)
