# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .test_ship_by import DAY, MONDAY, ShipByCommon


@tagged('post_install', '-at_install')
class TestClaims(ShipByCommon):
    """Settled in advance, and never sent."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.sudo().advance = 'refund'

    def _claims(self, notes):
        return notes.reversal_move_ids.filtered(lambda move: move.move_type == 'out_invoice')

    def assertMirror(self, claims, notes):
        """Claims and notes undo each other to the cent, in the books as on paper."""
        self.assertEqual(self._get_books(claims), self._get_books(notes))

    def test_credit_becomes_a_task_and_an_exact_draft_invoice_once(self):
        order = self._sell((self.product, 3.0, {'price_unit': 35.453, 'discount': 7.5}))
        request = self._approve(order, 2.0)
        note = self._settle(request)
        self._after(11)
        self._cron()
        self._cron()
        claim = self._claims(note)
        self.assertEqual((len(claim), claim.state, claim.amount_total), (1, 'draft', note.amount_total))
        self.assertEqual(claim.invoice_line_ids.sale_line_ids, order.order_line)
        task = self._tasks(request)
        self.assertEqual((len(task), task.user_id), (1, self.agent))
        self.assertIn(note.name, task.note)
        self.assertIn("is owed again", self._mails(request, "is closed").body_html)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        claim.action_post()
        self.assertMirror(claim, note)
        self.assertEqual((order.order_line.qty_to_invoice, order.order_line.qty_invoiced), (0.0, 3.0))
        self.assertEqual((request.state, request.line_ids.quantity_settled, request.amount_refunded), ('cancelled', 0.0, 0.0))

    def test_what_was_kept_of_the_credit_is_not_claimed(self):
        self.rule.sudo().fee_percent = 12.5
        request = self._approve(self._sell((self.product, 3.0, {'price_unit': 35.453, 'discount': 7.5})), 2.0)
        note = self._settle(request)
        self.assertTrue(note._returns_get_deductions())
        request.with_user(self.inspector).action_close_short("Never sent")
        claim = self._claims(note)
        claim.action_post()
        self.assertEqual(claim.amount_total, note.amount_total)
        self.assertMirror(claim, note)

    def test_who_closes_short_by_hand_claims_too(self):
        request = self._approve(self._sell(), 2.0)
        note = self._settle(request)
        request.with_user(self.inspector).action_close_short("Lost interest")
        self.assertEqual(self._claims(note).state, 'draft')
        with self.assertRaisesRegex(UserError, "Nothing is to come"):
            request.with_user(self.inspector).action_close_short("Again")
        self.assertEqual((len(self._claims(note)), len(self._tasks(request))), (1, 1))
        self._claims(note).unlink()
        request.line_ids._advance()
        self._cron()
        self.assertFalse(self._claims(note), "deleted by somebody who knows why")
        self.assertEqual(request.line_ids.quantity_claimed, 2.0)

    def test_part_of_a_credit_is_claimed_exactly(self):
        order = self._sell((self.product, 3.0, {'price_unit': 35.453, 'discount': 7.5}))
        request = self._approve(order, 3.0)
        note = self._settle(request)
        self._receive(request, {self.product: 1.0})
        self._inspect(request)
        request.with_user(self.inspector).action_close_short("The rest was lost")
        claim = self._claims(note)
        self.assertEqual(claim.invoice_line_ids.quantity, 2.0)
        claim.action_post()
        self.assertEqual((request.line_ids.quantity_settled, request.state), (1.0, 'done'))
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        self.assertAlmostEqual(claim.amount_total, note.amount_total * 2 / 3, delta=0.01)
        self.assertAlmostEqual(request.amount_refunded, note.amount_total - claim.amount_total, 2)
        self.assertAlmostEqual(
            sum(request.line_ids.settlement_ids.filtered(lambda settlement: settlement.state == 'done').mapped('amount')),
            note.amount_total - claim.amount_total, 2)
        rest = self._settle(self._approve(order, 2.0))  # what is left of the credit, of the claim, and this: all of it
        self.assertEqual((rest.reversed_entry_id, rest.amount_total), (claim, claim.amount_total))

    def test_ordered_goods_in_foreign_currency_with_a_discount_of_the_whole(self):
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 3.0, {'price_unit': 10.37}), invoice=False, pricelist_id=self.pricelist.id)
            order.order_line.price_unit = 10.37
            self.env['sale.order.discount'].create({
                'sale_order_id': order.id, 'discount_type': 'amount', 'discount_amount': 3.33}).action_apply_discount()
            invoice = order._create_invoices()
            invoice.action_post()
            line = order.order_line[0]
            request = self.Request.with_user(self.agent).create({
                'partner_id': order.partner_id.id, 'team_id': self.team.id, 'line_ids': [Command.create({
                    'sale_line_id': line.id, 'quantity': 3.0, 'reason_id': self.reason.id})]})
            request.action_submit()
            request.with_user(self.voter_sales).action_approve()
            note = self._settle(request)
            self._set_rate('2027-03-14', 1.2345)
            self._after(11)
            self._cron()
            claim = self._claims(note)
            with self.subTest(policy=product.invoice_policy):
                self.assertEqual(line.qty_to_invoice, 0.0)
                claim.action_post()
                self.assertMirror(claim, note)
                self.assertEqual(line.qty_to_invoice, 0.0)
            self.env['res.currency.rate'].search([('name', '=', '2027-03-14')]).unlink()
            self.clock.move_to(MONDAY)

    def test_draft_credit_note_is_cancelled_instead(self):
        request = self._approve(self._sell(), 3.0)
        note = self._settle(request, post=False)
        self._receive(request, {self.product: 1.0})
        self._inspect(request)
        request.with_user(self.inspector).action_close_short("The rest was lost")
        self.assertEqual((note.state, self._claims(note), self._tasks(request)), ('cancel', note.browse(), self._tasks(note)))
        self.assertEqual((self._settle(request) - note).invoice_line_ids.quantity, 1.0)
        self.assertEqual(request.state, 'done')

    def test_exchange_in_advance_becomes_a_task(self):
        self.rule.sudo().advance = 'exchange'
        request = self._approve(self._sell(), 1.0, resolution='exchange')
        self.assertTrue(request.exchange_picking_ids)
        self._after(11)
        self._cron()
        self.assertIn(request.sudo().exchange_picking_ids.name, self._tasks(request).note)

    def test_replacement_that_left_becomes_a_task_and_a_draft_invoice_at_the_price_billed(self):
        self.rule.sudo().advance = 'exchange'
        for product in (self.product, self.product_ordered):
            with self.subTest(policy=product.invoice_policy):
                order = self._sell((product, 3.0, {'price_unit': 35.45, 'discount': 10.0}))
                invoice, line = order.invoice_ids, order.order_line
                line.price_unit = 99.0  # of today: nobody paid it
                request = self._approve(order, 1.0, resolution='exchange')
                self._validate(request.sudo().exchange_picking_ids)
                self.assertEqual(line.qty_to_invoice, 0.0, "its goods are awaited")
                self._after(11)
                self._cron()
                self._cron()
                claim = order.invoice_ids - invoice
                self.assertEqual((len(claim), claim.state, claim.invoice_line_ids.quantity), (1, 'draft', 1.0))
                self.assertEqual(
                    (claim.invoice_line_ids.price_unit, claim.invoice_line_ids.discount, claim.invoice_line_ids.tax_ids),
                    (35.45, 10.0, invoice.invoice_line_ids.tax_ids))
                task = self._tasks(request)
                self.assertIn("a draft that bills the replacement", task.note)
                self.assertEqual((len(task), line.qty_to_invoice), (1, 0.0))
                claim.action_post()
                self.assertEqual((line.qty_invoiced, line.qty_to_invoice, request.state), (4.0, 0.0, 'done'))
                self.clock.move_to(MONDAY)

    def test_replacement_that_left_in_part_is_billed_as_far_as_it_has_left(self):
        self.rule.sudo().advance = 'exchange'
        for product in (self.product, self.product_ordered):
            with self.subTest(policy=product.invoice_policy):
                order = self._sell((product, 5.0))
                invoice, line = order.invoice_ids, order.order_line
                request = self._approve(order, 3.0, resolution='exchange')
                first = request.sudo().exchange_picking_ids
                first.move_ids.quantity = 1.0
                first.with_context(skip_backorder=True, picking_ids_not_to_backorder=[]).button_validate()
                rest = request.sudo().exchange_picking_ids - first
                parts = request.line_ids.settlement_ids
                self.assertEqual(
                    sorted(parts.mapped(lambda part: (part.state, part.quantity))), [('done', 1.0), ('planned', 2.0)])
                self.assertEqual((request.line_ids.quantity_settled, line.qty_to_invoice), (3.0, 0.0))
                request.with_user(self.inspector).action_close_short("Lost")
                self.assertEqual((order.invoice_ids - invoice).invoice_line_ids.quantity, 1.0)
                self.assertIn(f"2 Units of {product.display_name} were replaced by {rest.name}", self._tasks(request).note)
                self.assertEqual(line.qty_to_invoice, 0.0)
                self._validate(rest)
                self.assertEqual(set(parts.mapped('state')), {'done'})

    def test_replacement_of_a_part_of_a_dozen_is_billed_by_the_piece(self):
        self.rule.sudo().advance = 'exchange'
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 1.0, {'product_uom_id': dozen.id, 'price_unit': 120.0}))
        invoice = order.invoice_ids
        request = self._approve(order, 5.0, resolution='exchange', uom_id=self.product.uom_id.id)
        self._validate(request.sudo().exchange_picking_ids)
        request.with_user(self.inspector).action_close_short("Lost")
        line = (order.invoice_ids - invoice).invoice_line_ids
        self.assertEqual((line.quantity, line.product_uom_id, line.price_subtotal), (5.0, self.product.uom_id, 50.0))

    def test_replacement_whose_invoice_is_deleted_is_to_invoice_by_the_order(self):
        self.rule.sudo().advance = 'exchange'
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 3.0))
            invoice = order.invoice_ids
            request = self._approve(order, 1.0, resolution='exchange')
            self._validate(request.sudo().exchange_picking_ids)
            request.with_user(self.inspector).action_close_short("Lost")
            (order.invoice_ids - invoice).unlink()
            self.assertEqual(order.order_line.qty_to_invoice, 1.0)

    def test_uninvoiced_goods_are_to_invoice_again_and_nobody_is_asked(self):
        order = self._sell(invoice=False)
        request = self._approve(order, 2.0)
        self._settle(request)
        self.assertEqual(order.order_line.qty_to_invoice, 3.0)
        self._after(11)
        self._cron()
        self.assertEqual(order.order_line.qty_to_invoice, 5.0)
        self.assertFalse(self._tasks(request))

    def test_owner_of_settlements_is_asked(self):
        self.env['returns.time.limit'].search([
            ('company_id', '=', self.company.id), ('stage', '=', 'payout')]).user_id = self.accountant
        request = self._approve(self._sell(), 2.0)
        self._settle(request)
        self._after(11)
        self._cron()
        self.assertEqual(self._tasks(request).user_id, self.accountant)

    def test_goods_that_come_after_all(self):
        """Credited in advance, closed short, and then the same goods come with another return."""
        for product in (self.product, self.product_ordered):
            for claim_is in ('posted', 'deleted'):
                with self.subTest(policy=product.invoice_policy, claim=claim_is):
                    order = self._sell((product, 2.0))
                    first = self._approve(order, 2.0)
                    note = self._settle(first)
                    self._after(11)
                    self._cron()
                    claim = self._claims(note)
                    self.rule.sudo().advance = 'never'
                    second = self._approve(order, 2.0)
                    self._receive(second)
                    self._inspect(second)
                    with self.assertRaisesRegex(UserError, "Have they come now. Then delete that draft"):
                        second.with_user(self.accountant).action_settle()
                    claim.action_post() if claim_is == 'posted' else claim.unlink()
                    notes = self._settle(second)
                    self.assertEqual(second.state, 'done')
                    if claim_is == 'posted':
                        self.assertMirror(notes, claim)
                    else:
                        self.assertFalse(notes)
                        self.assertEqual(second.settlement_ids.kind, 'outside')
                        self.assertIn("in advance", second.settlement_ids.note)
                    self.assertEqual(order.order_line.qty_to_invoice, 0.0)
                    self.rule.sudo().advance = 'refund'
                    self.clock.move_to(MONDAY)

    def test_money_in_advance_has_its_promise(self):
        self.company.returns_refund_days = 2
        request = self._approve(self._sell(), 2.0)
        self.assertEqual(request.date_refund_due, MONDAY + 2 * DAY)
        self._after(3)
        self.assertTrue(request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self._settle(request)
        self.assertFalse(request.date_refund_due or request.is_late, "it is kept")
        self._receive(request)
        self.assertEqual(request.date_refund_due, MONDAY + 5 * DAY, "for goods that came now")

    def test_money_for_what_is_kept_has_its_promise(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        request = self._submit(self._sell())
        self.assertEqual(request.state, 'settlement')
        self.assertTrue(MONDAY < request.date_refund_due <= MONDAY + 14 * DAY)
