# Part of returns_management. See LICENSE file for full copyright and licensing details.

from psycopg2.errors import UniqueViolation

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyDrafts(MoneyCommon):
    """What accountants do with our drafts, and with posted notes, and what becomes of the return."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.invoice = cls._bill(
            {'product_uom_qty': 3.0, 'price_unit': 33.33, 'tax_ids': cls.tax_15.ids},
            {'product_uom_qty': 3.0, 'price_unit': 9.99, 'tax_ids': cls.tax_5.ids})
        cls.sale_line, cls.other_sale_line = cls.invoice.line_ids.sale_line_ids

    def setUp(self):
        super().setUp()
        self.request = self._accept({self.sale_line: 2.0})
        self.note = self._settle(self.request, post=False)

    def assertOpen(self, settled=0.0):
        self.assertEqual((self.request.state, self.request.line_ids.quantity_settled), ('settlement', settled))

    def assertSettledAgain(self, notes):
        """Settled once more, and with the rest of the invoice, it adds up."""
        notes |= self._settle(self.request).filtered(lambda note: note.state == 'posted')
        self.assertEqual((self.request.state, self.request.line_ids.quantity_settled), ('done', 2.0))
        self.assertAddUp(self.invoice, notes | self._settle_accepted({self.sale_line: 1.0, self.other_sale_line: 3.0}))

    def test_settling_again_changes_nothing(self):
        settlements = self.request.settlement_ids
        for _press in range(2):
            self.request.with_user(self.accountant).action_settle()
        self.assertEqual((self.request.settlement_ids, self.request.refund_ids), (settlements, self.note))
        self.note.action_post()
        self.assertEqual(self.request.state, 'done')
        self.request.with_user(self.accountant).action_settle()
        self.assertEqual((self.request.settlement_ids, self.request.refund_ids), (settlements, self.note))

    def test_two_acts_on_one_line_have_one_key(self):
        line = self.request.line_ids
        vals = line._prepare_settlement_vals('credit', 1.0, 1)
        with mute_logger('odoo.sql_db'), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env['returns.settlement'].create(vals).flush_recordset()

    def test_quantity_raised_is_refused(self):
        self.note.invoice_line_ids.quantity = 3.0
        with self.assertRaisesRegex(UserError, "credits 3 .* only 2 were accepted"):
            self.note.action_post()
        self.assertEqual(self.note.state, 'draft')
        self.note.invoice_line_ids.quantity = 2.0
        self.note.action_post()
        self.assertSettledAgain(self.note)

    def test_price_raised_is_refused_by_a_cent(self):
        for vals in ({'price_unit': 33.34}, {'tax_ids': [Command.set((self.tax_15 | self.tax_5).ids)]}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "were invoiced for the accepted goods"), \
                    self.env.cr.savepoint():
                self.note.invoice_line_ids.write(vals)
                self.note.action_post()

    def test_discount_lowered_is_refused(self):
        self.invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 33.33, 'discount': 20, 'tax_ids': []})
        note = self._settle_accepted({self.invoice.line_ids.sale_line_ids: 1.0}, post=False)
        note.invoice_line_ids.discount = 10
        with self.assertRaisesRegex(UserError, "Set price, discount and taxes back"):
            note.action_post()

    def test_fewer_pieces_at_a_higher_price_are_refused(self):
        self.note.invoice_line_ids.write({'quantity': 1.0, 'price_unit': 66.66})
        with self.assertRaisesRegex(UserError, "were invoiced for the accepted goods"):
            self.note.action_post()

    def test_other_product_customer_or_currency_is_refused(self):
        for record, vals in ((self.note.invoice_line_ids, {'product_id': self.goods[4].id}),
                             (self.note, {'partner_id': self.other_customer.id}),
                             (self.note, {'currency_id': self.currency.id})):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "settle the return again"), \
                    self.env.cr.savepoint():
                record.write(vals)
                self.note.action_post()

    def test_line_added_by_hand_obeys_the_ceiling_of_the_invoice(self):
        self.note.write({'invoice_line_ids': [Command.create({'name': "More", 'price_unit': 100.0, 'tax_ids': []})]})
        with self.assertRaisesRegex(UserError, "more than the .* it billed"):
            self.note.action_post()

    def test_quantity_lowered_gives_the_rest_back(self):
        self.note.invoice_line_ids.quantity = 1.0
        self.note.action_post()
        self.assertOpen(1.0)
        self.assertEqual(self.request.amount_refunded, self.note.amount_total)
        self.assertSettledAgain(self.note)

    def test_quantity_lowered_to_nothing_gives_all_back(self):
        self.note.write({'invoice_line_ids': [
            Command.update(self.note.invoice_line_ids.id, {'quantity': 0.0}),
            Command.create({'name': "Something else", 'price_unit': 1.0, 'tax_ids': []})]})
        self.note.action_post()
        self.assertOpen()

    def test_lowered_quantity_raised_again_after_posting_counts(self):
        self.note.invoice_line_ids.quantity = 1.0
        self.note.action_post()
        self.note.button_draft()
        self.assertOpen(1.0)
        self.note.invoice_line_ids.quantity = 2.0
        self.note.action_post()
        self.assertEqual((self.request.state, self.request.line_ids.quantity_settled), ('done', 2.0))

    def test_price_lowered_on_purpose_stays_lowered(self):
        self.note.invoice_line_ids.price_unit = 20.0
        self.note.action_post()
        self.assertEqual((self.request.state, self.request.amount_refunded), ('done', 46.0))
        rest = self._settle_accepted({self.sale_line: 1.0})
        self.assertEqual(rest.amount_untaxed, 33.33, "the last piece does not make up for it")

    def test_line_deleted_gives_its_pieces_back(self):
        request = self._accept({self.sale_line: 1.0, self.other_sale_line: 1.0})
        note = self._settle(request, post=False)
        note.invoice_line_ids.filtered(lambda line: line.sale_line_ids == self.sale_line).unlink()
        self.assertEqual(request.line_ids.mapped('quantity_settled'), [0.0, 1.0])
        note.action_post()
        self.assertEqual(request.line_ids.mapped('state'), ['settlement', 'done'])
        self.assertEqual(request.amount_refunded, note.amount_total)

    def test_posted_note_reset_to_draft_is_open_again_and_settles_once(self):
        self.note.action_post()
        self.assertEqual(self.request.state, 'done')
        self.note.button_draft()
        self.assertOpen(2.0)
        self.assertEqual(self.request.amount_refunded, 0.0)
        self.request.with_user(self.accountant).action_settle()
        self.assertEqual(self.request.refund_ids, self.note)
        self.note.action_post()
        self.assertSettledAgain(self.note)

    def test_cancelled_note_gives_the_pieces_back(self):
        self.note.action_post()
        self.note.button_draft()
        self.note.button_cancel()
        self.assertOpen()
        self.assertEqual(self.request.amount_refunded, 0.0)
        self.assertSettledAgain(self.env['account.move'])

    def test_deleted_note_gives_the_pieces_back(self):
        self.note.unlink()
        self.assertOpen()
        self.assertSettledAgain(self.env['account.move'])

    def test_an_accountant_without_returns_rights_may_do_all_that(self):
        plain = new_test_user(self.env, 'plain_accountant', groups='account.group_account_invoice')
        note = self.note.with_user(plain)
        note.action_post()
        self.assertEqual(self.request.state, 'done')
        note.button_draft()
        note.button_cancel()
        self.assertOpen()
        note.button_draft()
        self.assertOpen(2.0)
        note.unlink()
        self.assertOpen()

    def test_cancelled_note_taken_up_again_counts_again(self):
        self.note.button_cancel()
        self.assertOpen()
        self.note.button_draft()
        self.assertOpen(2.0)
        self.request.with_user(self.accountant).action_settle()
        self.assertEqual(self.request.refund_ids, self.note)
        self.note.action_post()
        self.assertSettledAgain(self.note)

    def test_cancelled_note_is_not_taken_up_again_once_the_goods_are_settled_anew(self):
        self.note.button_cancel()
        self._settle(self.request)
        with self.assertRaisesRegex(UserError, "settled another way meanwhile"), self.env.cr.savepoint():
            self.note.button_draft()
        self.assertEqual(self.request.line_ids.quantity_settled, 2.0)

    def test_cancelled_note_is_not_taken_up_again_once_the_goods_are_credited_by_hand(self):
        self.note.button_cancel()
        self._credit_by_hand(self.invoice, 2.0)
        with self.assertRaisesRegex(UserError, "settled another way meanwhile"), self.env.cr.savepoint():
            self.note.button_draft()

    def test_note_reversed_by_an_invoice_gives_the_pieces_back(self):
        self.note.action_post()
        again = self.note._reverse_moves([{}])
        self.assertEqual(again.move_type, 'out_invoice')
        again.action_post()
        self.assertOpen()
        self.assertEqual(self.sale_line.qty_to_invoice, 0.0)
        # the third piece of the first invoice, which is older, and one of those billed again
        notes = self._settle(self.request) - self.note
        self.assertEqual(notes.reversed_entry_id, self.invoice | again)
        self.assertEqual((self.request.state, self.sale_line.qty_to_invoice), ('done', 0.0))
        notes |= self._settle_accepted({self.sale_line: 1.0, self.other_sale_line: 3.0})
        self.assertAddUp(again, notes.filtered(lambda note: note.reversed_entry_id == again))
        self.assertAddUp(self.invoice, (notes | self.note).filtered(lambda note: note.reversed_entry_id == self.invoice))

    def test_invoice_taken_back_is_not_credited(self):
        for step in ('button_draft', 'button_cancel'):
            getattr(self.invoice, step)()
            with self.subTest(step=step), self.assertRaisesRegex(UserError, "is not posted any more"):
                self.note.action_post()
        self.note.unlink()
        self.assertOpen()

    def _change_invoice(self, **vals):
        self.invoice.button_draft()
        self.invoice.invoice_line_ids[0].write(vals)
        self.invoice.action_post()

    def test_invoice_that_bills_less_since_is_credited_for_no_more(self):
        for vals in ({'price_unit': 20.0}, {'discount': 10.0}, {'tax_ids': [Command.clear()]}, {'quantity': 1.0}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "was changed since"), \
                    self.env.cr.savepoint():
                self._change_invoice(**vals)
                self.note.action_post()
        self._change_invoice(price_unit=20.0)
        self.note.unlink()
        self.assertSettledAgain(self.env['account.move'])

    def test_invoice_that_bills_the_same_or_more_since_is_credited(self):
        self._change_invoice(name="Reworded", quantity=4.0, price_unit=40.0)
        self.note.action_post()
        self.assertEqual(self.request.state, 'done')

    def test_credited_invoice_line_cannot_be_deleted(self):
        self.note.action_post()
        self.invoice.button_draft()
        self.ledger_leaves |= {'invoice'}  # credited, and a draft
        with self.assertRaisesRegex(UserError, "Cancel that credit note first"), self.env.cr.savepoint():
            self.invoice.invoice_line_ids[0].unlink()
        self.invoice.action_post()  # or the ledger check would say that it is not posted any more

    def test_line_of_a_cancelled_note_does_not_block_the_invoice(self):
        self.note.button_cancel()
        self.invoice.button_draft()
        self.invoice.invoice_line_ids[0].unlink()
        self.assertFalse(self.request.settlement_ids.invoice_line_id)

    def test_two_drafts_of_one_invoice_posted_at_once_are_reconciled_with_it(self):
        other = self._bill({'product_uom_qty': 1.0, 'price_unit': 500.0, 'tax_ids': []})
        notes = self.note
        for quantities in ({self.sale_line: 1.0, self.other_sale_line: 3.0}, {other.line_ids.sale_line_ids: 1.0}):
            notes |= self._settle_accepted(quantities, post=False)
        self.assertEqual(len(notes), 3)
        notes.with_user(self.accountant).action_post()
        self.assertAddUp(self.invoice, notes[:2])
        self.assertAddUp(other, notes[2])

    def test_link_to_the_return_is_not_typed(self):
        with self.assertRaisesRegex(UserError, "through the return"):
            self.invoice.with_user(self.accountant).invoice_line_ids[0].write({
                'returns_line_id': self.request.line_ids.id})

    def test_note_does_not_become_an_invoice(self):
        """It would bill the customer again, and the return would wait for its credit note for ever."""
        note = self.note.with_user(self.accountant)
        with self.assertRaisesRegex(UserError, f"counts on it.*{self.request.name}|{self.request.name}.*counts on it"):
            note.action_switch_move_type()
        with self.assertRaisesRegex(UserError, "counts on it"):
            note.write({'move_type': 'out_receipt'})
        note.action_post()
        self.assertEqual(self.request.state, 'done')

    def test_invoice_that_takes_a_note_back_does_not_credit_it_again(self):
        self.note.action_post()
        again = self.note._reverse_moves([{}]).with_user(self.accountant)
        with self.assertRaisesRegex(UserError, "counts on it"):
            again.action_switch_move_type()
        again.action_post()
        self.assertOpen()

    def test_note_stays_with_its_invoice(self):
        other = self._bill({'product_uom_qty': 1.0, 'price_unit': 500.0, 'tax_ids': []})
        for value in (other.id, False):
            with self.subTest(value=value), self.assertRaisesRegex(UserError, "counts on it"):
                self.note.with_user(self.accountant).write({'reversed_entry_id': value})
        self.note.with_user(self.accountant).write({'move_type': 'out_refund', 'reversed_entry_id': self.invoice.id})

    def test_negative_quantity_and_price_are_refused(self):
        line = self.note.invoice_line_ids
        line.write({'quantity': -line.quantity, 'price_unit': -line.price_unit})
        with self.assertRaisesRegex(UserError, "Set price"):
            self.note.action_post()

    def test_whole_invoice_credited_by_hand_afterwards_is_refused(self):
        self.note.action_post()
        by_hand = self.invoice.with_user(self.accountant)._reverse_moves([{}])
        with self.assertRaisesRegex(UserError, f"{self.invoice.name}.*already.*more than the"):
            by_hand.action_post()
        by_hand.invoice_line_ids[0].quantity = 1.0
        by_hand.action_post()
        self.assertAddUp(self.invoice, self.note | by_hand)
