# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.returns_management.tests.test_payout import PayoutCommon


class StoreCreditCommon(PayoutCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['loyalty.program'].search([]).action_archive()
        cls.wallets, cls.gift_cards = (cls._create_program(name, kind) for name, kind in (
            ("Wallet", 'ewallet'), ("Gift Cards", 'gift_card')))
        Account = cls.env['account.account']
        cls.liability = Account.create({
            'name': "Store credit", 'code': 'RSC.1', 'account_type': 'liability_current'})
        cls.expense = Account.create({'name': "Bonus", 'code': 'RSC.2', 'account_type': 'expense'})
        for program in cls.wallets | cls.gift_cards:
            program.payment_program_discount_product_id.write({
                'property_account_income_id': cls.liability.id, 'taxes_id': [Command.clear()]})
        cls.company.write({
            'returns_credit_program_id': cls.wallets.id, 'returns_credit_account_id': cls.liability.id,
            'returns_credit_bonus_account_id': cls.expense.id, 'returns_credit_bonus': 0.0,
            'returns_payout_posting': 'posted'})

    @classmethod
    def _create_program(cls, name, kind, **values):
        return cls.env['loyalty.program'].create({
            'name': name, 'program_type': kind, 'applies_on': 'future', 'trigger': 'auto', 'rule_ids': [Command.clear()],
            'communication_plan_ids': [Command.clear()],
            'reward_ids': [Command.clear(), Command.create({
                'reward_type': 'discount', 'discount': 1.0, 'discount_mode': 'per_point',
                'discount_applicability': 'order', 'required_points': 1.0})], **values})

    def _wish(self, pieces=2.0, paid_by=None, order=None, **line_values):
        """:return: (return for store credit of goods that were paid, its posted note)"""
        if not order:
            order = self._sell((self.product, 5.0, {'discount': 12.5}))
            self._pay(order.invoice_ids, paid_by or self.cash)
        request = self._return(order, pieces, **{'resolution': 'store_credit', **line_values})
        return request, request.sudo().refund_ids

    def _get_owed(self):
        """:return: what the books owe as store credit"""
        lines = self.env['account.move.line'].search([
            ('account_id', '=', self.liability.id), ('parent_state', '=', 'posted')])
        return self.company.currency_id.round(-sum(lines.mapped('balance')))

    def _spend(self, card, quantity=1.0, price=10.0, product=None):
        """An order that the card pays for as far as it goes, billed."""
        order = self.env['sale.order'].create({
            'partner_id': self.customer.id, 'user_id': self.agent.id, 'order_line': [Command.create({
                'product_id': (product or self.goods[0]).id, 'product_uom_qty': quantity, 'price_unit': price,
                'tax_ids': self.taxes['15'].ids})]})
        if card.program_type == 'gift_card':
            order._apply_program_reward(card.program_id.reward_ids, next(iter(order._try_apply_code(card.code))))
        else:
            order._update_programs_and_rewards()
            order._apply_program_reward(card.program_id.reward_ids, card)
        order.action_confirm()
        order._create_invoices().action_post()
        return order


@tagged('post_install', '-at_install')
class TestStoreCredit(StoreCreditCommon):
    """Store credit is put on the customer's card once, booked to the cent, and taken back as long as it is there."""

    def test_credit_note_becomes_credit_on_the_wallet_to_the_cent(self):
        request, note = self._wish()  # two taxes, and a discount
        self.assertEqual((note.payment_state, request.amount_to_pay), ('not_paid', note.amount_total))
        payout = self._pay_out(request)
        self.assertEqual(
            (payout.state, payout.method, payout.amount, payout.points, payout.bonus),
            ('done', 'store_credit', note.amount_total, note.amount_total, 0.0))
        card = payout.card_id
        self.assertEqual((card.program_id, card.partner_id, card.points), (self.wallets, self.customer, note.amount_total))
        self.assertEqual(
            card.history_ids.mapped(lambda row: (row.issued, row.used, row.order_id)), [(note.amount_total, 0.0, request.id)])
        entry = payout.credit_move_id
        self.assertEqual(
            {(line.account_id, line.debit, line.credit) for line in entry.line_ids},
            {(note.line_ids.filtered(lambda line: line.display_type == 'payment_term').account_id, note.amount_total, 0.0),
             (self.liability, 0.0, note.amount_total)})
        self.assertEqual(note.amount_residual, 0.0)
        self.assertEqual((request.amount_paid, request.amount_to_pay), (note.amount_total, 0.0))
        self.assertEqual(self._get_owed(), card.points)
        mail = self.env['mail.mail'].search([('model', '=', 'returns.request'), ('res_id', '=', request.id),
                                             ('subject', 'like', "we have paid you")])
        self.assertEqual(len(mail), 1)
        self.assertIn(f"Put on your eWallet {card.code}", mail.body_html)
        self.assertNotIn("Bank transfers take", mail.body_html)
        self.assertEqual(self._pay_out(request), payout, "pressed again, nothing more is given")
        payout.with_user(self.accountant).action_carry_out()
        payout.with_user(self.accountant).action_confirm_paid()
        self.assertEqual((card.points, len(card.history_ids)), (note.amount_total, 1))

    def test_bonus_is_rounded_and_an_expense_of_its_own(self):
        self.company.returns_credit_bonus = 7.77
        given = 0.0
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash)
        for pieces in (1.0, 3.0, 1.0):
            request, note = self._wish(pieces, order=order)
            payout = self._pay_out(request)
            self.assertEqual(payout.bonus, round(note.amount_total * 0.0777 + 1e-9, 2))
            self.assertEqual(payout.amount, note.amount_total, "the bonus is not credited")
            given += note.amount_total + payout.bonus
            bonus = payout.credit_move_id.line_ids.filtered(lambda line: line.account_id == self.expense)
            self.assertEqual((bonus.debit, bonus.credit), (payout.bonus, 0.0))
            self.assertEqual(note.amount_residual, 0.0)
        self.assertAlmostEqual(payout.card_id.points, given, places=2)
        self.assertEqual(self._get_owed(), payout.card_id.points)
        self.assertEqual(len(self.wallets.coupon_ids), 1, "one wallet for all of it")

    def test_wallet_is_the_one_that_orders_of_the_buyer_find(self):
        card = self.env['loyalty.card'].create({'program_id': self.wallets.id, 'partner_id': self.contact.id, 'points': 3.0})
        order = self._sell((self.product, 5.0), partner=self.contact)
        self._pay(order.invoice_ids, self.cash)
        request, note = self._wish(order=order)
        self.assertEqual(self._pay_out(request).card_id, card)
        self.assertAlmostEqual(card.points, 3.0 + note.amount_total, places=2)

    def test_gift_card_is_a_new_one_each_time_and_its_code_is_told(self):
        self.company.write({'returns_credit_program_id': self.gift_cards.id, 'returns_credit_bonus': 10.0})
        (one, note), (two, _other) = self._wish(), self._wish()
        card = self._pay_out(one).card_id
        self.assertAlmostEqual(card.points, note.amount_total + round(note.amount_total / 10, 2), places=2)
        self.assertFalse(card.partner_id, "whoever has the code spends it")
        self.assertNotEqual(self._pay_out(two).card_id, card)
        mail = self.env['mail.mail'].search([('model', '=', 'returns.request'), ('res_id', '=', one.id),
                                             ('subject', 'like', "we have paid you")])
        self.assertIn(f"Gift card {card.code}", mail.body_html)
        self.assertIn("with a bonus of", mail.body_html)
        row, = one._prepare_customer_payouts()
        self.assertEqual((row['may_confirm'], row['credit']), (False, True))
        self._spend(card)
        self.assertAlmostEqual(card.points, note.amount_total * 1.1 - 11.5, delta=0.01)

    def test_draft_where_the_company_wants_drafts_and_where_no_accountant_presses(self):
        self.company.returns_payout_posting = 'draft'
        request, note = self._wish()
        payout = self._pay_out(request)
        self.assertEqual((payout.state, payout.credit_move_id.state, payout.card_id.points), ('sent', 'draft', 0.0))
        self.assertEqual((note.amount_residual, request.amount_to_pay), (note.amount_total, 0.0))
        payout.with_user(self.accountant).action_confirm_paid('2024-06-20')
        self.assertEqual((payout.state, str(payout.credit_move_id.date), payout.card_id.points),
                         ('done', '2024-06-20', note.amount_total))
        self.company.returns_payout_posting = 'posted'
        request, note = self._wish()
        request.sudo().action_pay_out()  # code
        payout = request.sudo().payout_ids
        self.assertEqual((payout.state, payout.credit_move_id.state), ('sent', 'draft'))
        payout.credit_move_id.with_user(self.accountant).action_post()
        self.assertEqual((payout.state, note.amount_residual), ('done', 0.0))

    def test_taken_back_before_it_is_spent(self):
        self.company.write({'returns_credit_bonus': 10.0, 'returns_payout': 'follow'})
        request, note = self._wish()
        self.assertEqual(request.state, 'settlement')
        payout = self._pay_out(request)
        self.assertEqual(request.state, 'done')
        payout.with_user(self.accountant).action_cancel()
        self.assertEqual((payout.state, payout.credit_move_id.state, payout.card_id.points), ('cancelled', 'cancel', 0.0))
        self.assertEqual((note.amount_residual, request.amount_paid, request.state), (note.amount_total, 0.0, 'settlement'))
        self.assertEqual(sum(row.issued - row.used for row in payout.card_id.history_ids), 0.0)
        self.assertFalse(request._prepare_customer_payouts())
        payout.with_user(self.accountant).action_cancel()
        payout.credit_move_id.button_draft()
        with self.assertRaisesRegex(UserError, "was cancelled. Press Pay Out"), self.env.cr.savepoint():
            payout.credit_move_id.action_post()
        payout.credit_move_id.button_cancel()
        again = self._pay_out(request) - payout
        self.assertEqual((again.state, again.card_id), ('done', payout.card_id))

    def test_entry_cancelled_in_accounting_takes_it_back(self):
        request, note = self._wish()
        payout = self._pay_out(request)
        entry, card = payout.credit_move_id, payout.card_id
        entry.button_draft()
        self.assertEqual((payout.state, card.points, request.amount_paid), ('sent', 0.0, 0.0))
        entry.action_post()
        self.assertEqual((payout.state, card.points, request.amount_paid), ('done', note.amount_total, note.amount_total))
        entry.button_cancel()
        self.assertEqual((payout.state, card.points, note.amount_residual), ('failed', 0.0, note.amount_total))
        self.assertIn("was cancelled", payout.failure)
        again = self._pay_out(request) - payout
        self.assertEqual((again.state, card.points), ('done', note.amount_total))
        entry.button_draft()
        self.assertEqual(card.points, note.amount_total)
        if entry.state == 'draft':
            with self.assertRaises(UserError), self.env.cr.savepoint():
                entry.action_post()

    def test_deleted_draft_entry_gives_the_amount_back(self):
        self.company.returns_payout_posting = 'draft'
        request, note = self._wish()
        payout = self._pay_out(request)
        payout.credit_move_id.unlink()
        self.assertEqual((payout.state, request.amount_to_pay), ('cancelled', note.amount_total))

    def test_not_taken_back_once_it_is_spent_with_the_numbers(self):
        request, note = self._wish()
        payout = self._pay_out(request)
        order = self._spend(payout.card_id)
        spent, left = 11.5, round(note.amount_total - 11.5, 2)
        self.assertAlmostEqual(payout.card_id.points, left, places=2)
        for take_back in (payout.with_user(self.accountant).action_cancel, payout.credit_move_id.button_draft,
                          payout.credit_move_id.button_cancel):
            with self.assertRaisesRegex(UserError, rf"only \D*{left:.2f}\D* are left: \D*{spent:.2f}\D* were spent"), (
                    self.env.cr.savepoint()):
                take_back()
        self.assertEqual((payout.state, payout.credit_move_id.state), ('done', 'posted'))
        order.invoice_ids.button_cancel()
        order._action_cancel()
        payout.with_user(self.accountant).action_cancel()
        self.assertEqual(payout.card_id.points, 0.0)

    def test_note_cannot_be_opened_again_while_the_customer_has_the_credit(self):
        request, note = self._wish()
        payout = self._pay_out(request)
        for undo in (note.button_cancel, note.line_ids.remove_move_reconcile):
            with self.assertRaisesRegex(UserError, "First press Take Back"), self.env.cr.savepoint():
                undo()
        payout.with_user(self.accountant).action_cancel()
        note.button_cancel()
        self.assertEqual((request.amount_refunded, request.amount_paid), (0.0, 0.0))

    def test_changed_entry_is_not_posted(self):
        self.company.returns_payout_posting = 'draft'
        request, note = self._wish()
        entry = self._pay_out(request).credit_move_id
        receivable, owed = entry.line_ids.sorted('balance', reverse=True)
        entry.line_ids = [Command.update(receivable.id, {'debit': 1000.0}), Command.update(owed.id, {'credit': 1000.0})]
        with self.assertRaisesRegex(UserError, "Its lines were changed"), self.env.cr.savepoint():
            entry.action_post()
        request.sudo().payout_ids.with_user(self.accountant).action_cancel()
        self.assertEqual((entry.state, request.amount_to_pay), ('cancel', note.amount_total))

    def test_paid_another_way_meanwhile_gives_the_draft_up(self):
        self.company.returns_payout_posting = 'draft'
        request, note = self._wish()
        payout = self._pay_out(request)
        self._register(note, self.bank)
        self.assertEqual((payout.state, payout.credit_move_id.state), ('cancelled', 'cancel'))
        self.assertEqual(request.amount_paid, note.amount_total)

    def test_unpaid_invoice_is_set_off_first_and_only_the_rest_is_put_on_the_card(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash, 90.0)
        request, _note = self._wish(5.0, order=order)
        self.assertAlmostEqual(self._pay_out(request).card_id.points, 90.0, places=2)

    def test_money_and_store_credit_of_one_return_go_their_own_ways(self):
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        self._pay(order.invoice_ids, self.cash)
        request = self._approve(order, 1.0)
        request.sudo().line_ids[0]._write_flow({'resolution': 'store_credit'})
        self._receive(request)
        self._inspect(request)
        notes = self._settle(request)
        self.assertEqual(len(notes), 2)
        payouts = self._pay_out(request)
        self.assertEqual(sorted(payouts.mapped('method')), ['cash', 'store_credit'])
        self.assertEqual(sum(payouts.mapped('amount')), sum(notes.mapped('amount_total')))

    # === Wish and consent === #

    def test_another_way_than_wished_needs_consent(self):
        self.company.returns_credit_account_id = False
        request, note = self._wish()
        payout = self._pay_out(request).with_user(self.accountant)
        self.assertEqual(payout.state, 'proposed')
        self.assertIn("Choose the liability account", payout.obstacle)
        payout.write({'method': 'cash', 'journal_id': self.cash.id})
        self.assertIn("asked for store credit", payout.obstacle)
        with self.assertRaisesRegex(UserError, "asked for store credit"):
            payout.action_carry_out()
        payout.consent_note = "By phone, 3 May."
        payout.action_carry_out()
        self._confirm(payout)
        self.assertEqual((payout.state, note.amount_residual, payout.sudo().card_id), (
            'done', 0.0, self.env['loyalty.card']))

    def test_who_asked_for_money_gets_store_credit_with_their_consent_only(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.bank)
        request = self._return(order, 2.0)
        payout = self._pay_out(request).with_user(self.accountant)
        self.assertEqual((payout.state, payout.method), ('proposed', 'bank'))
        payout.method = 'store_credit'
        self.assertIn("consent to store credit", payout.obstacle)
        payout.consent_note = "By mail, 3 May."
        payout.action_carry_out()
        self.assertEqual(payout.state, 'done')
        self.assertEqual(payout.sudo().card_id.points, payout.amount)

    def test_gift_is_paid_to_who_got_it_and_no_other_way(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash)
        request = self.Request.with_user(self.agent).create({
            'partner_id': self.other_customer.id, 'team_id': self.team.id, 'is_gift': True, 'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 2.0, 'reason_id': self.reason.id})]})
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        self.company.returns_credit_account_id = False
        payout = self._pay_out(request).with_user(self.accountant)
        payout.write({'method': 'cash', 'journal_id': self.cash.id, 'consent_note': "Asked."})
        self.assertIn("The money is the buyer's", payout.obstacle)
        self.company.returns_credit_account_id = self.liability
        payout.method = 'store_credit'
        payout.action_carry_out()
        self.assertEqual(payout.sudo().card_id.partner_id, self.other_customer)

    def test_without_a_programme_the_note_stays_open(self):
        self.company.returns_credit_program_id = False
        request, note = self._wish()
        self.assertFalse(request.amount_to_pay)
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._pay_out(request)
        self.assertEqual(note.amount_residual, note.amount_total)

    def test_foreign_currency_stays_open_and_says_so(self):
        self.company.returns_payout = 'follow'
        order = self._sell((self.product, 5.0), pricelist_id=self.pricelist.id)
        self._pay(order.invoice_ids, self.cash)
        request, note = self._wish(order=order)
        self.assertEqual(note.currency_id, self.currency)
        with self.assertRaisesRegex(UserError, r"counts in USD.*stays open on the customer's account"):
            self._pay_out(request)
        self.assertEqual((request.state, request.amount_to_pay), ('done', 0.0), "nobody hangs on it")

    def test_programme_in_the_currency_of_the_notes(self):
        self.company.returns_credit_program_id = self._create_program(
            "Franken", 'ewallet', company_id=False, currency_id=self.currency.id)
        order = self._sell((self.product, 5.0), pricelist_id=self.pricelist.id)
        self._pay(order.invoice_ids, self.cash)
        self._set_rate('2026-01-01', 0.7)
        request, note = self._wish(order=order)
        self.company.returns_credit_bonus = 5.0
        payout = self._pay_out(request)
        self.assertEqual((payout.currency_id, payout.card_id.points), (
            self.currency, self.currency.round(note.amount_total * 1.05)))
        self.assertEqual((note.amount_residual, note.line_ids.matched_debit_ids.exchange_move_id),
                         (0.0, self.env['account.move']))
        self.assertEqual(request.amount_paid, request.amount_refunded)

    # === Settings and rights === #

    def test_settings_refuse_what_cannot_hold_store_credit(self):
        points = self._create_program("Points", 'loyalty')
        half = self._create_program("Half", 'ewallet')
        half.reward_ids.discount = 0.5
        other = self.env['res.company'].create({'name': "Other"})
        foreign = self._create_program("Foreign", 'ewallet', company_id=other.id)
        for vals in ({'returns_credit_program_id': points.id}, {'returns_credit_program_id': half.id},
                     {'returns_credit_program_id': foreign.id}, {'returns_credit_account_id': self.expense.id},
                     {'returns_credit_bonus_account_id': self.liability.id},
                     {'returns_credit_journal_id': self.bank.id}):
            with self.subTest(**vals), self.assertRaises(ValidationError):
                self.company.write(vals)

    def test_settings_say_where_spending_does_not_reach_the_liability(self):
        settings = self.env['res.config.settings'].create({})
        self.assertFalse(settings.returns_credit_warning)
        self.wallets.payment_program_discount_product_id.property_account_income_id = False
        settings = self.env['res.config.settings'].create({})
        self.assertIn("Store credit the income account of the product", settings.returns_credit_warning)

    def test_another_company_has_its_own_programme(self):
        other = self.env['res.company'].create({'name': "Other"})
        self.assertFalse(other.returns_credit_program_id)
        request, _note = self._wish()
        payout = self._pay_out(request)
        self.accountant_two.write({'company_ids': [Command.set(other.ids)], 'company_id': other.id})
        with self.assertRaises(AccessError):
            payout.with_user(self.accountant_two).action_cancel()

    def test_only_accountants_give_and_take_back_and_nobody_types(self):
        request, _note = self._wish()
        payout = self._pay_out(request)
        for user in (self.agent, self.agent_all, self.inspector, self.employee):
            for method in ('action_cancel', 'action_carry_out', 'action_confirm_paid'):
                with self.assertRaises(AccessError):
                    getattr(payout.with_user(user), method)()
        mine = payout.with_user(self.accountant)
        for vals in ({'points': 1.0}, {'bonus': 1.0}, {'card_id': False}, {'credit_move_id': False},
                     {'credit_program_id': False}):
            with self.subTest(**vals), self.assertRaises(AccessError):
                mine.write(vals)
        self.assertTrue(mine.read()[0]['card_code'])
        self.assertTrue(mine.credit_move_id.read(['state', 'returns_credit_payout_ids']))

    def test_ledger_check_finds_what_was_changed_on_the_card(self):
        request, note = self._wish()
        payout = self._pay_out(request)
        Mismatch = self.env['returns.mismatch'].sudo()
        self.assertFalse(Mismatch._check_requests(request.sudo()))
        payout.card_history_ids.issued = 1000.0
        found = Mismatch._check_requests(request.sudo())
        self.assertEqual((found.kind, found.expected, found.found), ('store_credit', note.amount_total, 1000.0))
        payout.card_history_ids.issued = note.amount_total
        self.assertFalse(Mismatch._check_requests(request.sudo()))

    # === Spending === #

    def test_what_is_bought_with_it_and_comes_back_goes_back_on_the_card(self):
        self.company.returns_credit_bonus = 10.0
        request, _note = self._wish()
        card = self._pay_out(request).card_id
        for price, is_more in ((10.0, False), (20.01, True)):  # less, and more, than the card has
            start = card.points
            order = self._spend(card, quantity=3.0, price=price)
            total = order.currency_id.round(price * 3 * 1.15)
            by_card = min(start, total)
            self.assertEqual(is_more, by_card < total)
            self.assertAlmostEqual(card.points, start - by_card, places=2)
            self.assertEqual(self._get_owed(), self.company.currency_id.round(card.points))
            if is_more:
                self._pay(order.invoice_ids, self.cash)
            line = order.order_line.filtered(lambda line: not line.is_reward_line)
            notes, bonus = self.env['account.move'], 0.0
            for pieces in (1.0, 2.0):
                note = self._settle_accepted({line: (pieces, {'resolution': 'store_credit'})})
                notes |= note
                again = note.line_ids.returns_line_id.request_id
                if is_more:
                    bonus += self._pay_out(again).bonus
                self.assertEqual(self._get_owed(), self.company.currency_id.round(card.points), "at each step")
            self.assertAddUp(order.invoice_ids - notes, notes)
            self.assertAlmostEqual(card.points, start + total - by_card + bonus, places=2)
