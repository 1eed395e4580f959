# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyByHand(MoneyCommon):
    """Credit notes and returns that somebody made beside us, in Accounting and Inventory."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = {'product_uom_qty': 5.0, 'price_unit': 35.45, 'tax_ids': (cls.tax_15 | cls.tax_5).ids}

    def _return_by_hand(self, order, quantity):
        """What a warehouse worker does: the Return button of the delivery."""
        delivery = order.picking_ids.filtered(lambda picking: picking.picking_type_code == 'outgoing')[:1]
        wizard = self.env['stock.return.picking'].with_context(
            active_model='stock.picking', active_id=delivery.id, active_ids=delivery.ids).create({})
        wizard.product_return_moves.quantity = quantity
        picking = wizard._create_return()
        self._validate(picking)
        return picking

    def test_hand_made_credit_note_closes_and_pays_nothing(self):
        invoice = self._bill(self.line)
        sale_line = invoice.line_ids.sale_line_ids
        by_hand = self._credit_by_hand(invoice, 2.0)
        request = self._accept({sale_line: 3.0})
        note = self._settle(request)
        self.assertEqual(
            request.settlement_ids.mapped(lambda settlement: (settlement.kind, settlement.pieces, settlement.state)),
            [('outside', 2.0, 'done'), ('credit', 1.0, 'done')])
        self.assertEqual((note.invoice_line_ids.quantity, request.state), (1.0, 'done'))
        self.assertEqual(request.settlement_ids[0].amount, 0.0)
        self.assertIn(by_hand.name, request.settlement_ids[0].note)
        self.assertEqual(request.amount_refunded, note.amount_total)
        self.assertNotIn(by_hand, request.refund_ids)
        self.assertAddUp(invoice, by_hand | note | self._settle_accepted({sale_line: 2.0}))

    def test_draft_made_by_hand_counts_and_is_waited_for(self):
        invoice = self._bill(self.line)
        by_hand = self._credit_by_hand(invoice, 2.0, post=False)
        self.company.returns_refund_posting = 'posted'
        request = self._accept({invoice.line_ids.sale_line_ids: 2.0})
        request.with_user(self.accountant).action_settle()
        self.assertEqual((by_hand.state, request.state), ('draft', 'settlement'))
        by_hand.action_post()
        self.assertEqual((request.state, request.settlement_ids.kind), ('done', 'outside'))

    def test_cancelled_note_made_by_hand_gives_the_goods_back_to_be_settled(self):
        invoice = self._bill(self.line)
        by_hand = self._credit_by_hand(invoice, 5.0)
        request = self._accept({invoice.line_ids.sale_line_ids: 5.0})
        self.assertFalse(self._settle(request))
        by_hand.button_draft()
        self.assertEqual(request.state, 'settlement')
        by_hand.button_cancel()
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        self.assertAddUp(invoice, self._settle(request))

    def test_note_linked_to_the_order_only_counts(self):
        invoice = self._bill(self.line)
        sale_line = invoice.line_ids.sale_line_ids
        by_hand = self._credit_by_hand(invoice, 2.0, post=False)
        by_hand.reversed_entry_id = False
        by_hand.action_post()
        request = self._accept({sale_line: 5.0})
        self._settle(request)
        self.assertEqual(request.settlement_ids.mapped('kind'), ['outside', 'credit'])

    def test_note_linked_to_the_invoice_only_counts_and_the_order_learns_of_it(self):
        invoice = self._bill(self.line)
        sale_line = invoice.line_ids.sale_line_ids
        by_hand = self._credit_by_hand(invoice, 2.0, post=False)
        by_hand.invoice_line_ids.sale_line_ids = False
        by_hand.action_post()
        self.assertEqual(sale_line.qty_invoiced, 5.0)
        request = self._accept({sale_line: 2.0})
        self.assertFalse(self._settle(request))
        self.assertEqual(request.settlement_ids.kind, 'outside')
        self.assertEqual((sale_line.qty_invoiced, sale_line.qty_to_invoice, sale_line.invoice_status),
                         (3.0, 0.0, 'invoiced'))

    def test_part_of_a_note_by_hand_leaves_the_rest_to_core(self):
        invoice = self._bill(self.line)
        sale_line = invoice.line_ids.sale_line_ids
        self._credit_by_hand(invoice, 3.0)
        self.assertEqual(sale_line.qty_to_invoice, 3.0, "core: three of five ordered are not invoiced")
        self._settle_accepted({sale_line: 2.0})
        self.assertEqual(sale_line.qty_to_invoice, 1.0)

    def test_final_invoice_that_deducts_goods_counts(self):
        order = self._sell((self.product, 5.0))
        request = self._approve(order, 2.0)
        self._receive(request)
        self._inspect(request)
        order.write({'order_line': [Command.create({'product_id': self.product_ordered.id, 'product_uom_qty': 9.0})]})
        final = order._create_invoices(final=True)
        final.action_post()
        self.assertEqual((final.move_type, sorted(final.invoice_line_ids.mapped('quantity'))), ('out_invoice', [-2.0, 9.0]))
        self.assertFalse(self._settle(request))
        self.assertEqual((request.settlement_ids.kind, request.state), ('outside', 'done'))

    def test_goods_and_note_by_hand_together_are_done_with(self):
        order = self._sell((self.product, 5.0, {'price_unit': 35.45}))
        invoice = order.invoice_ids
        self._return_by_hand(order, 2.0)
        by_hand = self._credit_by_hand(invoice, 2.0)
        request = self._approve(order, 3.0)
        self._receive(request)
        self._inspect(request)
        note = self._settle(request)
        self.assertEqual(request.settlement_ids.mapped(lambda settlement: (settlement.kind, settlement.pieces)),
                         [('credit', 3.0)])
        self.assertAddUp(invoice, by_hand | note)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (0.0, 0.0))

    def test_goods_back_by_hand_before_they_were_invoiced_are_no_business_of_ours(self):
        order = self._sell((self.product, 5.0), invoice=False)
        self._return_by_hand(order, 2.0)
        order._create_invoices().action_post()
        self.assertEqual(order.invoice_ids.invoice_line_ids.quantity, 3.0)
        request = self._approve(order, 3.0)
        self._receive(request)
        self._inspect(request)
        note = self._settle(request)
        self.assertEqual(request.settlement_ids.mapped('kind'), ['credit'])
        self.assertAddUp(order.invoice_ids - note, note)

    def test_price_reduced_by_hand_lowers_what_the_goods_are_worth(self):
        invoice = self._bill({**self.line, 'price_unit': 100.0, 'tax_ids': self.tax_15.ids})
        sale_line = invoice.line_ids.sale_line_ids
        by_hand = self._credit_by_hand(invoice, 5.0, price_unit=10.0)
        request = self._accept({sale_line: 1.0})
        note = self._settle(request)
        self.assertEqual(request.settlement_ids.kind, 'credit')
        self.assertEqual((note.amount_untaxed, note.amount_tax), (90.0, 13.5))
        self.assertIn(by_hand.name, request.settlement_ids.note)
        self.assertAddUp(invoice, by_hand | note | self._settle_accepted({sale_line: 4.0}))

    def test_goods_back_by_hand_for_less_leave_the_price_of_the_others(self):
        order = self._sell((self.product, 2.0, {'price_unit': 100.0, 'tax_ids': self.tax_15.ids}))
        invoice = order.invoice_ids
        self._return_by_hand(order, 1.0)
        self._credit_by_hand(invoice, 1.0, price_unit=60.0)
        request = self._approve(order, 1.0)
        self._receive(request)
        self._inspect(request)
        self.assertEqual(self._settle(request).amount_total, 115.0)

    def test_goodwill_without_product_stops_a_note_that_would_credit_more_than_was_billed(self):
        invoice = self._bill({**self.line, 'price_unit': 100.0, 'tax_ids': []})
        goodwill = invoice._reverse_moves([{}])
        goodwill.write({'invoice_line_ids': [
            Command.delete(goodwill.invoice_line_ids.id),
            Command.create({'name': "Sorry", 'price_unit': 50.0, 'tax_ids': []})]})
        goodwill.action_post()
        self.assertEqual(goodwill.amount_total, 50.0)
        self.company.returns_refund_posting = 'posted'
        request = self._accept({invoice.line_ids.sale_line_ids: 5.0})
        request.with_user(self.accountant).action_settle()
        note = request.refund_ids
        self.assertEqual(note.state, 'draft', "an accountant has to look at it first")
        self.assertIn("50.00 more than", note.message_ids[:1].body)
        with self.assertRaisesRegex(UserError, "50.00 more than the .*500.00 it billed"):
            note.action_post()
        note.invoice_line_ids.price_unit = 90.0
        note.action_post()
        self.assertEqual((invoice.amount_residual, request.state, request.amount_refunded), (0.0, 'done', 450.0))

    def test_note_by_hand_in_another_currency_counts_at_its_worth(self):
        self._set_rate('2026-01-01', 2.0)
        invoice = self._bill({**self.line, 'price_unit': 20.0, 'tax_ids': []})
        note = self._settle_accepted({invoice.line_ids.sale_line_ids: 2.0})
        by_hand = self._credit_by_hand(invoice, 3.0, post=False)
        by_hand.write({'currency_id': self.currency.id, 'invoice_date': '2026-02-01'})
        by_hand.invoice_line_ids.price_unit = 45.0
        with self.assertRaisesRegex(UserError, "7.50 more than the"):
            by_hand.action_post()
        by_hand.invoice_line_ids.price_unit = 40.0  # in this currency, what 20.00 are
        by_hand.action_post()
        self.assertEqual(note.amount_total + abs(by_hand.amount_total_signed), invoice.amount_total)

    def _put_right(self, invoice, **line_values):
        """What an accountant does with a wrong invoice: credit all of it and bill it anew. Returns the new invoice."""
        wizard = self.env['account.move.reversal'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({'journal_id': invoice.journal_id.id})
        again = self.env['account.move'].browse(wizard.modify_moves()['res_id'])
        again.invoice_line_ids.write(line_values)
        return again

    def test_invoice_that_was_put_right_is_credited_as_it_is_now(self):
        invoice = self._bill({**self.line, 'tax_ids': []})
        again = self._put_right(invoice, price_unit=30.0)
        request = self._accept({invoice.line_ids.sale_line_ids: 2.0})
        with self.assertRaisesRegex(UserError, "stand on the draft invoice"):
            request.with_user(self.accountant).action_settle()
        again.action_post()
        note = self._settle(request)
        self.assertEqual((request.settlement_ids.kind, note.reversed_entry_id, note.amount_total), ('credit', again, 60.0))
        self._credit_by_hand(again, 1.0)
        request = self._accept({invoice.line_ids.sale_line_ids: 3.0})
        self.assertEqual(self._settle(request).amount_total, 60.0)
        self.assertEqual(sorted(request.settlement_ids.mapped('kind')), ['credit', 'outside'])

    def test_goods_put_right_after_a_delivery_are_credited(self):
        for product in (self.product, self.product_ordered):
            order = self._sell((product, 5.0, {'price_unit': 20.0, 'tax_ids': [Command.clear()]}))
            again = self._put_right(order.invoice_ids)
            again.action_post()
            request = self._approve(order, 2.0)
            self._receive(request)
            self._inspect(request)
            with self.subTest(policy=product.invoice_policy):
                self.assertEqual((self._settle(request).amount_total, request.settlement_ids.kind), (40.0, 'credit'))

    def test_credited_because_it_was_never_delivered_does_not_count_for_what_was(self):
        order = self._sell((self.product_ordered, 5.0, {'price_unit': 20.0, 'tax_ids': [Command.clear()]}), deliver=False)
        self._deliver(order, {self.product_ordered: 3.0})
        self._credit_by_hand(order.invoice_ids, 2.0)
        request = self._approve(order, 1.0)
        self._receive(request)
        self._inspect(request)
        self.assertEqual((self._settle(request).amount_total, request.settlement_ids.kind), (20.0, 'credit'))

    def test_stray_cents_of_notes_by_hand_are_made_up_for(self):
        for method in ('round_globally', 'round_per_line'):
            self.company.tax_calculation_rounding_method = method
            for discount in (0.0, 7.0, 33.0):
                line = {'product_uom_qty': 7.0, 'price_unit': 9.995, 'discount': discount, 'tax_ids': self.tax_15.ids}
                invoice = self._bill(line, line)
                first, second = invoice.line_ids.sale_line_ids
                by_hand = self._credit_by_hand(invoice, 3.0) | self._credit_by_hand(invoice, 1.0)
                notes = self._settle_accepted({second: 2.0}) | self._settle_accepted({second: 5.0})
                request = self._accept({first: 7.0})
                notes |= self._settle(request)
                with self.subTest(method=method, discount=discount):
                    self.assertEqual(request.settlement_ids.mapped('kind'), ['outside', 'outside', 'credit'])
                    self.assertAddUp(invoice, by_hand | notes)

    def test_same_product_twice_on_an_invoice_each_note_counts_once(self):
        orders = self._sell((self.product, 2.0), invoice=False) | self._sell((self.product, 2.0), invoice=False)
        invoice = orders._create_invoices()
        invoice.action_post()
        first, second = orders.order_line.sorted('id')
        by_hand = self._credit_by_hand(invoice, 2.0, post=False)
        by_hand.invoice_line_ids.sale_line_ids = first
        by_hand.action_post()
        request = self._accept({second: 2.0})
        self.assertEqual(self._settle(request).invoice_line_ids.quantity, 2.0)
        self.assertEqual(request.settlement_ids.kind, 'credit', "the note by hand was about the other order")
        request = self._accept({first: 2.0})
        self.assertFalse(self._settle(request))
        self.assertEqual(request.settlement_ids.kind, 'outside')

    def test_note_that_names_no_order_counts_once_among_two(self):
        orders = self._sell((self.product, 2.0), invoice=False) | self._sell((self.product, 2.0), invoice=False)
        invoice = orders._create_invoices()
        invoice.action_post()
        by_hand = self._credit_by_hand(invoice, 2.0, post=False)
        by_hand.invoice_line_ids.sale_line_ids = False
        by_hand.action_post()
        requests = self._accept({orders.order_line[1]: 2.0}), self._accept({orders.order_line[0]: 2.0})
        notes = self.env['account.move']
        for request in requests:
            notes |= self._settle(request)
        self.assertEqual(sorted(requests[0].settlement_ids.mapped('kind') + requests[1].settlement_ids.mapped('kind')),
                         ['credit', 'outside'])
        self.assertAddUp(invoice, by_hand | notes)

    def test_credited_by_hand_for_goods_that_stay_counts_for_returnless_refunds(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        order = self._sell((self.product, 5.0))
        self._credit_by_hand(order.invoice_ids, 1.0)
        request = self._submit(order, 1.0)
        self.assertFalse(self._settle(request))
        self.assertEqual((request.settlement_ids.kind, request.state), ('outside', 'done'))
