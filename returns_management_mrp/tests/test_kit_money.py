# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.returns_management.models.returns_guard import as_flow

from .common import KitCommon


@tagged('post_install', '-at_install')
class TestKitMoney(KitCommon):
    """A component is credited its part of the kit's invoiced price: together they are the invoice, never more."""

    def test_component_is_credited_its_part_of_the_price(self):
        order = self._sell((self.set, 3.0, {'price_unit': 100.0, 'discount': 10.0}))
        request = self._return_parts(order, {self.cup: 1.0})
        note = request.sudo().refund_ids
        self.assertEqual((note.amount_untaxed, note.amount_tax, note.reversed_entry_id),
                         (15.0, 2.25, order.invoice_ids))
        line = note.invoice_line_ids
        self.assertEqual((line.quantity, line.sale_line_ids), (1.0, self.env['sale.order.line']))
        self.assertIn("Cup, part of", line.name)
        self.assertEqual(line.account_id, order.invoice_ids.invoice_line_ids.account_id)
        self.assertIn("16.67 % of the price of Tea Set", request.sudo().settlement_ids.note)
        self.assertEqual((request.state, request.amount_refunded), ('done', 17.25))

    def test_card_that_costs_nothing_is_credited_nothing(self):
        order = self._sell((self.set, 3.0))
        request = self._return_parts(order, {self.card: 1.0})
        self.assertEqual((request.state, request.amount_refunded), ('done', 0.0))

    def test_kits_without_any_price_are_shared_by_component(self):
        (self.pot | self.cup).write({'list_price': 0.0, 'standard_price': 0.0})
        self.card.standard_price = 0.0
        request = self._return_parts(self._sell((self.set, 3.0)), {self.cup: 1.0})
        self.assertAlmostEqual(request.amount_refunded, 115.0 / 6, places=2)

    def test_whole_kits_are_credited_to_the_cent(self):
        for price in (99.99, 0.01, 33.335):
            order = self._sell((self.set, 3.0, {'price_unit': price}))
            request = self._return_parts(order, {self.set: 3.0})
            self.assertAddUp(order.invoice_ids, request.sudo().refund_ids)

    def test_components_one_by_one_are_the_invoice_to_the_cent(self):
        order = self._sell((self.set, 2.0, {'price_unit': 33.33}))
        notes = self.env['account.move']
        for parts in ({self.cup: 1.0}, {self.pot: 1.0}, {self.cup: 2.0, self.card: 1.0}, {self.pot: 1.0},
                      {self.cup: 1.0}, {self.card: 1.0}):
            notes |= self._return_parts(order, parts).sudo().refund_ids
        self.assertAddUp(order.invoice_ids, notes)

    def test_kits_billed_by_two_invoices_at_two_prices(self):
        order = self._sell((self.set, 3.0, {'price_unit': 100.0}), deliver=False, invoice=False)
        self._deliver(order, {self.pot: 1.0, self.cup: 2.0, self.card: 1.0})
        first = order._create_invoices()
        first.action_post()
        order.order_line.price_unit = 90.0
        self._deliver(order)
        second = order._create_invoices()
        second.action_post()
        request = self._return_parts(order, {self.cup: 3.0})
        notes = request.sudo().refund_ids.sorted('id')
        self.assertEqual(notes.mapped('reversed_entry_id'), first | second)
        self.assertEqual(notes.mapped('amount_untaxed'), [33.33, 15.0])
        rest = self._return_parts(order, {self.cup: 3.0, self.pot: 3.0, self.card: 3.0}).sudo().refund_ids
        for invoice in (first, second):
            self.assertAddUp(invoice, (notes | rest).filtered(
                lambda note, invoice=invoice: note.reversed_entry_id == invoice))

    def test_what_is_not_invoiced_is_invoiced_first(self):
        order = self._sell((self.set, 3.0), invoice=False)
        request = self._approve_parts(order, {self.cup: 1.0})
        self._receive(request)
        self._inspect(request)
        with self.assertRaisesRegex(UserError, "nothing of them is invoiced"):
            self._settle(request)
        self.assertEqual(order.order_line.qty_to_invoice, 3.0, "the part is credited, not left out")
        order._create_invoices()
        with self.assertRaisesRegex(UserError, "Post that invoice first"):
            self._settle(request)
        order.invoice_ids.action_post()
        self._settle(request)
        self.assertAlmostEqual(request.amount_refunded, 115.0 / 6, places=2)
        self.assertEqual((order.order_line.qty_to_invoice, order.order_line.invoice_status), (0.0, 'invoiced'))

    def test_nothing_is_credited_twice(self):
        order = self._sell((self.set, 1.0))
        request = self._return_parts(order, {self.set: 1.0})
        before = request.sudo().refund_ids
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.sudo().refund_ids, before)

    def test_kit_credited_by_hand_is_paid_already(self):
        order = self._sell((self.set, 3.0))
        invoice = order.invoice_ids
        note = self._credit_by_hand(invoice, 1.0)
        request = self._return_parts(order, {self.cup: 3.0, self.pot: 1.0})
        kinds = {(settlement.request_line_id.product_id, settlement.kind): settlement.pieces
                 for settlement in request.sudo().settlement_ids}
        self.assertEqual(kinds, {
            (self.cup, 'outside'): 2.0, (self.cup, 'credit'): 1.0, (self.pot, 'outside'): 1.0})
        self.assertEqual(request.state, 'done')
        as_flow(request.sudo().settlement_ids)._follow_credit_notes()
        self.assertEqual(set(request.sudo().settlement_ids.mapped('state')), {'done'}, "each component by itself")
        rest = self._return_parts(order, {self.cup: 3.0, self.pot: 2.0, self.card: 3.0})
        self.assertAddUp(invoice, note | (request | rest).sudo().refund_ids)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_kit_that_came_back_and_was_credited_by_hand_is_nobodys_any_more(self):
        order = self._sell((self.set, 3.0))
        delivery = order.picking_ids
        wizard = self.env['stock.return.picking'].with_context(
            active_id=delivery.id, active_ids=delivery.ids, active_model='stock.picking').create({})
        for line in wizard.product_return_moves:
            line.quantity = 2.0 if line.product_id == self.cup else 1.0
        self._validate(wizard._create_return())
        invoice = order.invoice_ids
        note = self._credit_by_hand(invoice, 1.0)
        request = self._return_parts(order, {self.set: 2.0})
        self.assertEqual(set(request.sudo().settlement_ids.mapped('kind')), {'credit'})
        self.assertAddUp(invoice, note | request.sudo().refund_ids)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_credit_note_that_is_taken_back_gives_its_pieces_back(self):
        order = self._sell((self.set, 3.0))
        request = self._return_parts(order, {self.cup: 2.0})
        note = request.sudo().refund_ids
        note.button_draft()
        note.button_cancel()
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        again = self._settle(request) - note
        self.assertEqual(again.amount_total, note.amount_total)
        with self.assertRaisesRegex(UserError, "settled another way"), self.env.cr.savepoint():
            note.button_draft()

    def test_credit_note_says_no_more_than_was_accepted(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 1.0})
        self._receive(request)
        self._inspect(request)
        note = self._settle(request, post=False)
        for values, words in (({'price_unit': 20.0}, "were invoiced for the accepted goods"),
                              ({'quantity': 2.0}, "only 1 were accepted"),
                              ({'product_id': self.cup.id}, "as another product")):
            with self.subTest(values=values), self.assertRaisesRegex(UserError, words), self.env.cr.savepoint():
                note.invoice_line_ids.write(values)
                note.action_post()
        note.action_post()

    def test_changed_invoice_is_noticed(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.set: 3.0})
        self._receive(request)
        self._inspect(request)
        note = self._settle(request, post=False)
        invoice = order.invoice_ids
        invoice.button_draft()
        invoice.invoice_line_ids.quantity = 1.0
        invoice.action_post()
        self.ledger_leaves |= {'invoice_line'}  # the draft credits more than is billed by now
        with self.assertRaisesRegex(UserError, "bills less"), self.env.cr.savepoint():
            note.action_post()

    def test_component_that_the_customer_keeps_is_an_allowance(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        order = self._sell((self.set, 3.0))
        request = self._file_parts(order, {self.cup: 1.0})
        request.action_submit()
        self._settle(request)
        self.assertEqual(request.sudo().settlement_ids.kind, 'allowance')
        self.assertAlmostEqual(request.amount_refunded, 115.0 / 6, places=2)
        self.assertEqual(order.order_line.quantity_returnable, 2.0)

    def test_component_paid_in_advance_and_never_sent_is_claimed_back(self):
        self.rule.sudo().write({'advance': 'refund'})
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 2.0})
        note = self._settle(request)
        self.assertAlmostEqual(note.amount_untaxed, 33.33)
        request.with_user(self.agent_all).action_close_short("They keep it.")
        claim = note.reversal_move_ids
        self.assertEqual((claim.amount_total, claim.state), (note.amount_total, 'draft'))
        claim.action_post()
        self.assertEqual(request.amount_refunded, 0.0)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)
        again = self._return_parts(order, {self.set: 3.0})
        self.assertAlmostEqual(again.amount_refunded, order.invoice_ids[:1].amount_total)

    def test_fee_and_loss_of_value_are_kept_of_a_component(self):
        self.rule.sudo().write({'fee_percent': 10.0, 'share_c': 50.0, 'share_d': 50.0})
        order = self._sell((self.set, 3.0, {'price_unit': 120.0}))
        request = self._approve_parts(order, {self.pot: 1.0})
        self._receive(request)
        inspection = request.sudo().inspection_ids
        inspection.write({'grade': 'c', 'disposition_id': self.restock.id, 'quantity_accepted': 1.0})
        inspection.with_user(self.inspector).action_done()
        note = self._settle(request)
        self.assertEqual(note.amount_untaxed, 36.0, "half of 80.00, less a tenth")

    def test_foreign_currency(self):
        order = self._sell((self.set, 2.0, {'price_unit': 33.33}), pricelist_id=self.pricelist.id)
        notes = self.env['account.move']
        for parts in ({self.cup: 3.0}, {self.pot: 2.0, self.cup: 1.0, self.card: 2.0}):
            notes |= self._return_parts(order, parts).sudo().refund_ids
        self.assertAddUp(order.invoice_ids, notes)
