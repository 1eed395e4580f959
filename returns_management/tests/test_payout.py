# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .money_common import MoneyCommon


class PayoutCommon(MoneyCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Payout = cls.env['returns.payout']
        Journal = cls.env['account.journal'].with_company(cls.company)
        cls.bank = Journal.create({'name': "Returns Bank", 'code': 'RBK', 'type': 'bank', 'company_id': cls.company.id})
        cls.cash = Journal.create({'name': "Returns Cash", 'code': 'RCS', 'type': 'cash', 'company_id': cls.company.id})
        cls.account = cls.env['res.partner.bank'].create({'partner_id': cls.customer.id, 'acc_number': 'CUST 0001'})
        cls.accountant_two = new_test_user(
            cls.env, login='test_returns_accountant_two', groups='returns_management.group_returns_accountant',
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])

    def _pay(self, invoice, journal=None, amount=None, date='2024-06-10', **values):
        """The customer pays ``invoice``, or a part."""
        return self._register(invoice, journal or self.bank, amount, payment_date=date, **values)

    def _register(self, move, journal, amount=None, **values):
        wizard = self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=move.ids).create({
                'journal_id': journal.id, **({'amount': amount} if amount else {}), **values})
        return wizard._create_payments()

    def _credited(self, *payments, pieces=2.0, quantity=5.0):
        """:param payments: (journal, amount) pairs; an amount of None pays the rest
        :return: (request, its posted credit note) of ``pieces`` of an invoice that was paid so
        """
        order = self._sell((self.product, quantity))
        invoice = order.invoice_ids
        for day, (journal, amount) in enumerate(payments, start=1):
            self._pay(invoice, journal, amount, date=f'2024-06-{day:02d}')
        request = self._return(order, pieces)
        return request, request.sudo().refund_ids

    def _pay_out(self, request, user=None):
        request.with_user(user or self.accountant).action_pay_out()
        return request.sudo().payout_ids

    def _confirm(self, payout, *args):
        """Confirm that ``payout`` was paid, cash with the signed receipt."""
        payout = payout.with_user(self.accountant)
        if payout.method == 'cash':
            payout.evidence_ids = [Command.create({'name': "receipt.jpg", 'raw': b"signed"})]
        payout.action_confirm_paid(*args)

    def _check(self, payout):
        payout.with_user(self.accountant).check_note = "Called back."
        payout.with_user(self.accountant_two).action_check_payee()


@tagged('post_install', '-at_install')
class TestPayout(PayoutCommon):
    """What was credited goes back the way it came, once, and is followed to the customer."""

    def test_bank_payment_goes_back_to_the_account_it_came_from(self):
        order = self._sell((self.product, 5.0))
        invoice = order.invoice_ids
        statement = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'amount': invoice.amount_total, 'payment_ref': "Kettles", 'date': '2024-06-10',
            'partner_id': self.customer.id, 'partner_bank_id': self.account.id, 'account_number': 'CUST 0001'})
        suspense = statement.line_ids.filtered(lambda line: line.account_id == self.bank.suspense_account_id)
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        suspense.account_id = receivable.account_id
        (suspense + receivable).reconcile()
        self.assertEqual(invoice.amount_residual, 0.0)
        request = self._return(order, 2.0)
        note = request.sudo().refund_ids
        self.assertEqual(request.amount_to_pay, note.amount_total)
        payout = self._pay_out(request)
        self.assertEqual(
            (payout.state, payout.method, payout.paid_by, payout.amount, payout.partner_bank_id, payout.is_payee_new),
            ('sent', 'bank', 'bank', note.amount_total, self.account, False))
        payment = payout.payment_id
        self.assertEqual(
            (payment.state, payment.payment_type, payment.journal_id, payment.amount, payment.partner_bank_id),
            ('draft', 'outbound', self.bank, note.amount_total, self.account))
        self.assertEqual(request.amount_to_pay, 0.0)
        self.assertFalse(request.amount_paid)
        payment.with_user(self.accountant).action_post()
        self.assertEqual((payout.state, note.amount_residual, payout.date_paid), ('done', 0.0, payment.date))
        self.assertEqual((request.amount_paid, request.line_ids.amount_paid), (note.amount_total, note.amount_total))
        mail = self.env['mail.mail'].search([('model', '=', 'returns.request'), ('res_id', '=', request.id),
                                             ('subject', 'like', "we have paid you")])
        self.assertEqual(len(mail), 1)
        self.assertIn("by bank transfer", mail.body_html)
        self.assertEqual(self._pay_out(request), payout, "pressed again, nothing more is paid")

    def test_split_payment_goes_back_last_paid_first(self):
        request, note = self._credited((self.cash, 30.0), (self.bank, 30.0), (self.cash, None), pieces=5.0)
        payouts = self._pay_out(request).sorted('id')
        self.assertEqual(payouts.mapped('method'), ['cash', 'bank', 'cash'])
        self.assertEqual(payouts.mapped('amount'), [note.currency_id.round(note.amount_total - 60.0), 30.0, 30.0])
        self.assertEqual(sum(payouts.mapped('amount')), note.amount_residual)

    def test_second_return_goes_back_to_what_is_left_of_each_payment(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.bank, 80.0, date='2024-06-01')
        self._pay(order.invoice_ids, self.cash, date='2024-06-02')
        first = self._return(order, 1.0)
        self.assertEqual(self._pay_out(first).mapped('method'), ['cash'])
        second = self._return(order, 4.0)
        payouts = self._pay_out(second).sorted('id')
        self.assertEqual(payouts.mapped('method'), ['cash', 'bank'])
        self.assertEqual(payouts[1].amount, 80.0)

    def test_unpaid_invoice_is_set_off_first_and_only_the_rest_is_paid_out(self):
        order = self._sell((self.product, 5.0))
        invoice = order.invoice_ids
        self._pay(invoice, self.cash, 90.0)
        request = self._return(order, 5.0)
        note = request.sudo().refund_ids
        self.assertEqual(note.currency_id.compare_amounts(note.amount_residual, 90.0), 0)
        self.assertEqual(self._pay_out(request).mapped('amount'), [90.0])
        unpaid = self._return(self._sell((self.product, 5.0)), 1.0)
        with self.assertRaisesRegex(UserError, "Nothing of RET.* is to be paid out"):
            self._pay_out(unpaid)

    def test_cash_is_paid_against_a_receipt_and_confirmed(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        self.assertEqual((payout.state, payout.method), ('sent', 'cash'))
        page = self.env['ir.actions.report']._render_qweb_html(
            'returns_management.report_returns_cash_receipt', payout.ids)[0].decode()
        for words in ("Customer &amp; Sons", "has received", "Date and signature", request.name, note.name):
            self.assertIn(words, page)
        with self.assertRaisesRegex(UserError, "have the receipt signed"), self.env.cr.savepoint():
            payout.with_user(self.accountant).action_confirm_paid('2024-06-20', "Receipt 7")
        self._confirm(payout, '2024-06-20', "Receipt 7")
        self.assertEqual((payout.state, str(payout.date_paid), payout.reference), ('done', '2024-06-20', "Receipt 7"))
        self.assertEqual(str(payout.payment_id.date), '2024-06-20')
        with self.assertRaisesRegex(UserError, "date and reference stand"):
            payout.with_user(self.accountant).reference = "Receipt 8"

    def test_what_a_person_pays_by_hand_is_a_task_with_reference_and_evidence(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request).with_user(self.accountant)
        self.assertEqual(payout.state, 'proposed', "whose account it is was not checked")
        payout.write({'method': 'manual', 'payee_note': "Alipay 138"})
        self.assertIn("consent", payout.obstacle)
        payout.consent_note = "By mail, 3 May."
        self.assertEqual((payout.consent_user_id, payout.payee_user_id), (self.accountant, self.accountant))
        self.assertIn("second person", payout.obstacle)
        payout.check_note = "Called back."
        with self.assertRaisesRegex(UserError, "You entered this account"):
            payout.action_check_payee()
        payout.with_user(self.accountant_two).action_check_payee()
        payout.action_carry_out()
        self.assertEqual(payout.state, 'sent')
        task = request.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('returns_management.mail_activity_type_payout'))
        self.assertEqual(task.user_id, self.accountant)
        self.assertIn("Alipay 138", task.note)
        with self.assertRaisesRegex(UserError, "enter the reference"):
            payout.action_confirm_paid('2024-06-20', "A-1")
        file = self.env['ir.attachment'].with_user(self.accountant).create({
            'name': "paid.png", 'raw': b'x', 'res_model': 'returns.payout'})
        payout.action_confirm_paid('2024-06-20', "A-1", file.ids)
        self.assertEqual((payout.state, payout.payment_id.journal_id, payout.evidence_ids), ('done', self.bank, file))
        self.assertEqual(file.res_id, payout.id)
        self.assertFalse(task.exists().filtered('active'))
        with self.assertRaisesRegex(UserError, "proves the pay-out"):
            file.unlink()

    def test_new_account_is_checked_by_a_second_person_and_again_when_it_changes(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request)
        self.assertIn("second person", payout.obstacle)
        with self.assertRaisesRegex(UserError, "second person"):
            payout.with_user(self.accountant).action_carry_out()
        self._check(payout)
        self.assertFalse(payout.obstacle)
        self.account.acc_number = 'THIEF 0002'
        payout.invalidate_recordset()
        self.assertIn("second person", payout.obstacle, "it is another account now")
        self.account.acc_number = 'CUST 0001'
        payout.invalidate_recordset()
        payout.with_user(self.accountant).action_carry_out()
        payout.payment_id.action_post()
        self.assertEqual(payout.state, 'done')
        again, _note = self._credited((self.bank, None))
        self.assertEqual(self._pay_out(again).state, 'sent', "it is known by now")

    def test_account_of_somebody_else_is_refused(self):
        request, _note = self._credited((self.bank, None))
        payout = self._pay_out(request).with_user(self.accountant)
        foreign = self.env['res.partner.bank'].create({'partner_id': self.other_customer.id, 'acc_number': 'ELSE 1'})
        with self.assertRaisesRegex(ValidationError, "is not one of Customer"):
            payout.partner_bank_id = foreign

    def test_two_notes_of_an_invoice_share_its_payments(self):
        """Paid out with one press, they do not both go back to the payment that came last."""
        order = self._sell((self.product, 4.0))
        invoice = order.invoice_ids
        by_bank = invoice.currency_id.round(invoice.amount_total / 2)
        by_cash = invoice.currency_id.round(invoice.amount_total - by_bank)
        self._pay(invoice, self.bank, by_bank, date='2024-06-01')
        self._pay(invoice, self.cash, by_cash, date='2024-06-02')
        requests = self._return(order, 2.0) | self._return(order, 2.0)
        payouts = self._pay_out(requests)
        self.assertEqual(len(requests.sudo().refund_ids), 2)
        by_way = {way: sum(found.mapped('amount')) for way, found in payouts.grouped('paid_by').items()}
        self.assertEqual(set(by_way), {'bank', 'cash'})
        self.assertAlmostEqual(by_way['bank'], by_bank)
        self.assertAlmostEqual(by_way['cash'], by_cash)

    def test_payment_registered_in_accounting_counts(self):
        request, note = self._credited((self.cash, None))
        self._register(note, self.bank, 10.0)
        by_hand = request.sudo().payout_ids
        self.assertEqual((by_hand.state, by_hand.amount, by_hand.is_by_hand, by_hand.method), ('done', 10.0, True, 'bank'))
        self.assertEqual(request.amount_paid, 10.0)
        payouts = self._pay_out(request) - by_hand
        self.assertEqual(payouts.amount, note.currency_id.round(note.amount_total - 10.0))
        self._register(note, self.bank)
        self.assertEqual((payouts.state, payouts.payment_id.state), ('cancelled', 'canceled'), "paid another way meanwhile")
        self.assertEqual(request.amount_paid, note.amount_total)

    def test_bounced_payment_gives_the_amount_back_to_be_paid(self):
        self.company.returns_payout = 'follow'
        request, note = self._credited((self.cash, None))
        self.assertEqual((request.state, request.line_ids.state), ('settlement', 'settlement'))
        self.assertEqual(request.with_user(self.accountant).next_action, 'pay_out')
        self.assertIn("waits to be paid out", request.next_step_note)
        payout = self._pay_out(request)
        self._confirm(payout)
        self.assertEqual((payout.state, request.state, request.amount_paid), ('done', 'done', note.amount_total))
        payout.payment_id.action_draft()
        self.assertEqual((payout.state, request.state, request.amount_paid), ('sent', 'settlement', 0.0))
        payout.payment_id.action_post()
        self.assertEqual((payout.state, request.state), ('done', 'done'))
        payout.payment_id.action_cancel()
        self.assertEqual((payout.state, request.state, request.amount_paid), ('failed', 'settlement', 0.0))
        self.assertIn("cancelled or came back", payout.failure)
        self.assertTrue(request.sudo().activity_ids.filtered(lambda activity: "came back" in (activity.summary or '')))
        again = self._pay_out(request) - payout
        self.assertEqual((again.state, again.amount), ('sent', note.amount_total))
        again.payment_id.action_post()
        self.assertEqual(request.state, 'done')

    def test_closing_does_not_wait_for_money_unless_the_company_says_so(self):
        request, _note = self._credited((self.cash, None))
        self.assertEqual(request.state, 'done')
        self.assertTrue(request.amount_to_pay)

    def test_credit_note_taken_back_takes_its_proposals_along(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        note.button_draft()
        self.assertEqual((payout.state, payout.payment_id.state), ('cancelled', 'canceled'))
        note.button_cancel()
        self.assertEqual(request.amount_paid, 0.0)

    def test_deleted_draft_payment_gives_the_amount_back(self):
        request, note = self._credited((self.cash, None))
        payout = self._pay_out(request)
        payout.payment_id.unlink()
        self.assertEqual(payout.state, 'cancelled')
        self.assertEqual((self._pay_out(request) - payout).amount, note.amount_total)

    def test_store_credit_is_not_paid_out(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash)
        request = self._return(order, 2.0, resolution='store_credit')
        self.assertFalse(request.amount_to_pay)
        with self.assertRaisesRegex(UserError, "Nothing of"):
            self._pay_out(request)

    def test_two_returns_on_one_note_share_what_is_paid(self):
        order = self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash)
        requests = self.Request
        for pieces in (1.0, 2.0):
            request = self._approve(order, pieces)
            self._receive(request)
            self._inspect(request)
            requests |= request
        note = self._settle(requests)
        self.assertEqual(len(note), 1)
        payout = self._pay_out(requests)
        self._confirm(payout)
        self.assertEqual(requests.mapped('amount_paid'), requests.mapped('amount_refunded'))
        self.assertEqual(sum(requests.mapped('amount_paid')), note.amount_total)

    def test_foreign_currency(self):
        order = self._sell((self.product, 5.0), currency_id=self.env.ref('base.EUR').id) if (
            self.env.ref('base.EUR') != self.company.currency_id) else self._sell((self.product, 5.0))
        self._pay(order.invoice_ids, self.cash)
        request = self._return(order, 2.0)
        payout = self._pay_out(request)
        self.assertEqual((payout.currency_id, payout.amount), (
            order.currency_id, request.sudo().refund_ids.amount_total))
        self._confirm(payout)
        self.assertEqual(request.amount_paid, request.amount_refunded)

    def test_paid_amount_and_flow_fields_cannot_be_typed(self):
        request, _note = self._credited((self.cash, None))
        payout = self._pay_out(request).with_user(self.accountant)
        for vals in ({'amount': 1.0}, {'state': 'done'}, {'checked_by_id': self.accountant.id}, {'is_by_hand': True},
                     {'date_paid_confirmed': '2024-06-01'}, {'consent_user_id': 1}, {'key': 'x'}):
            with self.subTest(**vals), self.assertRaises(AccessError):
                payout.write(vals)
        with self.assertRaises(AccessError):
            request.with_user(self.accountant).write({'amount_paid': 1.0})
        with self.assertRaisesRegex(UserError, "where it goes stands"):
            payout.method = 'bank'
        for user in (self.agent, self.inspector, self.agent_all, self.employee):
            with self.assertRaises(AccessError):
                request.with_user(user).action_pay_out()
            with self.assertRaises(AccessError):
                payout.with_user(user).action_confirm_paid()

    def test_odd_arguments_are_refused_in_words(self):
        request, _note = self._credited((self.cash, None))
        payout = self._pay_out(request).with_user(self.accountant)
        for args in (('2999-01-01',), ('x',), (5,), (None, 7), (None, None, 'abc'), (None, None, [True]), ([],)):
            with self.subTest(args=args), self.assertRaises(UserError):
                payout.action_confirm_paid(*args)
        self.assertEqual(payout.state, 'sent')
