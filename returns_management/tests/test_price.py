# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import given
from hypothesis import strategies as st

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_money_properties import _share, _Undo, prices
from .test_source import SourceCommon


class PriceCommon(SourceCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.group_settle = cls.env['returns.approval.group'].create({
            'name': "Finance After", 'department': 'finance', 'company_id': cls.company.id, 'phase': 'settle',
            'member_ids': [Command.set(cls.voter_finance.ids)]})
        cls.included = cls.tax_15.copy({
            'name': "Returns 21 % included", 'price_include_override': 'tax_included', 'amount': 21.0})
        cls.income = cls.product.with_company(cls.company).product_tmpl_id.get_product_accounts()['income']

    def _get_foreign_currency(self):
        """:return: francs, two to a unit of the company's currency"""
        currency = self.env['res.currency'].with_context(active_test=False).search([('name', '=', 'CHF')])
        currency.active = True
        self.env['res.currency.rate'].search([('currency_id', '=', currency.id)]).unlink()
        self.env['res.currency.rate'].create({
            'name': '2020-01-01', 'rate': 2.0, 'currency_id': currency.id, 'company_id': self.company.id})
        return currency

    def _accept_unsold(self, product=None, quantity=2.0, accepted=None, **values):
        """Goods without an order, in and inspected."""
        request = self._approve_unsold(product or self.product, quantity, **values)
        self._receive(request)
        self._inspect(request, accepted=accepted)
        return request

    def _set_price(self, request, price=10.0, basis="Till receipt", user=None, **values):
        line = request.line_ids.with_user(user or self.accountant)
        return line.action_set_price(price, basis, **values)

    def _clear_to_settle(self, request, price=10.0, **values):
        self._set_price(request, price, **values)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(request.state, 'settlement')


@tagged('post_install', '-at_install')
class TestPrice(PriceCommon):
    """What is paid for goods without an order: typed by an accountant, approved after inspection, never twice."""

    def test_nothing_is_decided_or_paid_before_somebody_types_the_price(self):
        request = self._accept_unsold()
        self.assertEqual(request.state, 'final_review')
        self.assertTrue(request.line_ids.is_price_missing)
        self.assertFalse(request.step_ids.filtered(lambda step: step.phase == 'settle'))
        self.assertIn("types price and tax", request.next_step_note)
        self.assertEqual(request.with_user(self.accountant).next_action, 'price')
        self.assertIn(request, self.Request.with_user(self.accountant).search(
            [('line_ids', 'any', [('is_price_missing', '=', True)])]))
        activity = request.sudo().activity_ids.filtered(
            lambda activity: activity.activity_type_id == self.env.ref('returns_management.mail_activity_type_price'))
        self.assertTrue(activity.user_id.has_group('returns_management.group_returns_accountant'))
        request.with_user(self.accountant).action_settle()
        self.assertFalse(request.sudo().settlement_ids)
        self._set_price(request)
        step = request.step_ids.filtered(lambda step: step.phase == 'settle')
        self.assertEqual((step.group_id, step.state), (self.group_settle, 'open'))
        self.assertFalse(activity.exists())
        request.with_user(self.accountant).action_settle()
        self.assertFalse(request.sudo().settlement_ids)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(request.state, 'settlement')

    def test_credit_note_says_what_was_typed_and_why(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        note = self._settle(request)
        self.assertEqual((note.state, note.move_type, note.reversed_entry_id.id), ('posted', 'out_refund', False))
        self.assertEqual(note.partner_id, self.customer)
        self.assertEqual((note.amount_untaxed, note.amount_total), (20.0, 24.0))
        self.assertIn("Till receipt", note.narration)
        line = note.invoice_line_ids
        self.assertEqual((line.product_id, line.quantity, line.price_unit), (self.product, 2.0, 10.0))
        self.assertEqual((line.tax_ids, line.account_id), (self.tax_15 | self.tax_5, self.income))
        settlement = request.sudo().settlement_ids
        self.assertEqual((settlement.kind, settlement.state, settlement.amount), ('credit', 'done', 24.0))
        self.assertIn("Price typed by", settlement.note)
        self.assertEqual((request.state, request.amount_refunded), ('done', 24.0))

    def test_taxes_currency_and_account_can_be_typed(self):
        currency = self._get_foreign_currency()
        account = self.income.copy({'code': '499999', 'name': "Returns without an order"})
        request = self._accept_unsold(quantity=3.0)
        self._clear_to_settle(
            request, 33.33, currency_id=currency.id, tax_ids=self.tax_5.ids, account_id=account.id)
        note = self._settle(request)
        self.assertEqual((note.currency_id, note.invoice_line_ids.tax_ids), (currency, self.tax_5))
        self.assertEqual(note.invoice_line_ids.account_id, account)
        self.assertEqual((note.amount_untaxed, note.amount_total), (99.99, 104.99))
        self.assertAlmostEqual(request.amount_refunded, 52.5, 2)

    def test_fee_and_grade_are_kept_of_a_typed_price_too(self):
        self.policy = self.policy.copy({'rule_ids': [Command.clear(), Command.create({
            'name': "Fee", 'window_days': 30, 'fee_percent': 10.0, 'share_c': 50.0, 'share_d': 50.0})]})
        self.policy._do_publish()
        request = self._approve_unsold(self.product, 2.0)
        self._receive(request)
        inspection = request.sudo().inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.restock.id, 'grade': 'c'})
        inspection.action_done()
        self._clear_to_settle(request, 10.0)
        note = self._settle(request)
        self.assertEqual(note.amount_untaxed, 20.0 - 10.0 - 1.0)
        self.assertEqual(note.amount_total, 24.0 - 12.0 - 1.2)
        self.assertEqual(request.sudo().settlement_ids.amount_kept, 13.2)

    def test_changed_price_is_asked_about_again_by_the_same_people(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        first = request.step_ids.filtered(lambda step: step.phase == 'settle')
        self._set_price(request, 15.0, "Found the receipt")
        self.assertEqual(request.state, 'final_review')
        again = request.step_ids.filtered(lambda step: step.phase == 'settle') - first
        self.assertEqual((first.is_superseded, first.state), (True, 'approved'))
        self.assertEqual((again.voter_ids, again.state), (self.voter_finance, 'open'))
        request.with_user(self.accountant).action_settle()
        self.assertFalse(request.sudo().settlement_ids)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(self._settle(request).amount_untaxed, 30.0)
        self.assertEqual(len(first.decision_ids), 1)

    def test_the_same_price_again_asks_nobody(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        self._set_price(request, 10.0)
        self.assertEqual(request.state, 'settlement')

    def test_price_changed_while_it_is_asked_about_is_put_anew(self):
        request = self._accept_unsold()
        self._set_price(request, 10.0)
        first = request.step_ids.filtered(lambda step: step.phase == 'settle')
        self._set_price(request, 11.0)
        self.assertEqual(first.state, 'skipped')
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(self._settle(request).amount_untaxed, 22.0)

    def test_typed_early_it_is_asked_about_after_inspection(self):
        request = self._submit_unsold(self.product, 2.0)
        self._set_price(request, 10.0)
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request)
        self.assertEqual(request.step_ids.filtered(lambda step: step.phase == 'settle').state, 'open')

    def test_who_typed_the_price_does_not_approve_it(self):
        self.accountant.group_ids += self.env.ref('returns_management.group_returns_accountant')
        self.group_settle.member_ids = self.accountant | self.voter_finance
        request = self._accept_unsold()
        self._set_price(request)
        step = request.step_ids.filtered(lambda step: step.phase == 'settle')
        self.assertEqual(step.voter_ids, self.voter_finance)

    def test_a_step_after_inspection_is_always_asked(self):
        self.group_settle.action_archive()
        request = self._accept_unsold()
        self._set_price(request)
        step = request.step_ids.filtered(lambda step: step.phase == 'settle')
        self.assertEqual((step.kind, step.team_id), ('committee', self.team))
        for user in (self.voter_quality, self.voter_finance, self.chair):
            if step.state == 'open':
                request.with_user(user).action_approve()
        self.assertEqual(request.state, 'settlement')

    def test_without_compensation_nobody_types_a_price_but_somebody_decides(self):
        request = self._accept_unsold(resolution='none')
        self.assertEqual(request.step_ids.filtered(lambda step: step.phase == 'settle').state, 'open')
        with self.assertRaisesRegex(UserError, "is not paid"):
            self._set_price(request)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(request.state, 'done')

    def test_rejected_after_inspection_nothing_is_paid(self):
        request = self._accept_unsold()
        self._set_price(request)
        request.with_user(self.voter_finance).action_reject("Not ours.")
        self.assertEqual(request.line_ids.quantity_accepted, 0.0)
        self.assertFalse(request.sudo().settlement_ids)

    def test_typed_price_stays_once_it_is_paid(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        note = self._settle(request, post=False)
        with self.assertRaisesRegex(UserError, "settled in part"):
            self._set_price(request, 20.0)
        note.button_cancel()
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('settlement', 0.0))
        self._set_price(request, 20.0)
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(self._settle(request).filtered(lambda note: note.state == 'posted').amount_untaxed, 40.0)

    def test_settled_twice_pays_once(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        self._settle(request)
        self.assertEqual(request.state, 'done')
        request.with_user(self.accountant).action_settle()
        self.assertEqual(len(request.sudo().settlement_ids), 1)
        self.assertEqual(len(request.sudo().refund_ids), 1)

    def test_note_edited_to_more_is_not_posted(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        note = self._settle(request, post=False)
        for values, message in (
                ({'price_unit': 11.0}, "credits .* for Kettle"), ({'quantity': 3.0}, "only 2 were accepted"),
                ({'product_id': self.product_ordered.id}, "as another product")):
            with self.subTest(message), self.assertRaisesRegex(UserError, message), self.env.cr.savepoint():
                note.invoice_line_ids.write(values)
                note.with_user(self.accountant).action_post()
            self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "to another customer"), self.env.cr.savepoint():
            note.partner_id = self.other_customer
            note.action_post()

    def test_note_lowered_reset_cancelled_and_deleted_gives_back(self):
        request = self._accept_unsold(quantity=3.0)
        self._clear_to_settle(request, 10.0)
        note = self._settle(request, post=False)
        note.invoice_line_ids.quantity = 2.0
        note.action_post()
        line = request.line_ids
        self.assertEqual((line.quantity_settled, request.state), (2.0, 'settlement'))
        self._settle(request)
        self.assertEqual((line.quantity_settled, request.state, request.amount_refunded), (3.0, 'done', 36.0))
        note.button_draft()
        self.assertEqual((line.quantity_settled, request.state), (3.0, 'settlement'))
        note.button_cancel()
        self.assertEqual((line.quantity_settled, request.state), (1.0, 'settlement'))
        note.button_draft()
        note.action_post()
        self.assertEqual((line.quantity_settled, request.state), (3.0, 'done'))
        note.button_draft()
        note.button_cancel()
        draft = self._settle(request, post=False).filtered(lambda note: note.state == 'draft')
        self.assertEqual((line.quantity_settled, request.state), (3.0, 'settlement'))
        draft.unlink()
        self.assertEqual((line.quantity_settled, request.state), (1.0, 'settlement'))
        self._settle(request)
        self.assertEqual((request.state, request.amount_refunded), ('done', 36.0))

    def test_note_billed_again_gives_back(self):
        request = self._accept_unsold()
        self._clear_to_settle(request, 10.0)
        note = self._settle(request)
        invoice = note._reverse_moves([{}])
        invoice.action_post()
        self.assertEqual(request.line_ids.quantity_settled, 0.0)
        self.assertEqual(request.state, 'settlement')

    def test_store_credit_stays_open(self):
        request = self._accept_unsold(resolution='store_credit')
        self._clear_to_settle(request, 10.0)
        note = self._settle(request)
        self.assertEqual((note.amount_residual, note.payment_state), (24.0, 'not_paid'))

    def test_cost_of_what_came_back_is_booked_to_the_cent(self):
        accounts = self.env['account.account'].create([
            {'name': name, 'code': f'49{number}', 'account_type': kind} for number, (name, kind) in enumerate((
                ("Stock", 'asset_current'), ("Cost of goods", 'expense_direct_cost')))])
        category = self.env['product.category'].create({
            'name': "Perpetual", 'property_cost_method': 'average', 'property_valuation': 'real_time',
            'property_stock_valuation_account_id': accounts[0].id, 'property_account_expense_categ_id': accounts[1].id})
        product = self._create_product("Clock", quantity=0.0, categ_id=category.id, standard_price=3.333)
        request = self._accept_unsold(product, 3.0)
        self._clear_to_settle(request, 10.0)
        note = self._settle(request, post=False)
        note.invoice_line_ids.quantity = 1.0
        note.action_post()
        note = self._settle(request, post=False).filtered(lambda note: note.state == 'draft')
        note.invoice_line_ids.quantity = 1.0
        note.action_post()
        self._settle(request)
        notes = request.sudo().refund_ids
        self.assertEqual((len(notes), request.state), (3, 'done'))
        costs = notes.line_ids.filtered(lambda line: line.display_type == 'cogs')
        self.assertEqual(costs.account_id, accounts)
        value = self._receipts(request).move_ids.value
        self.assertAlmostEqual(value, 10.0, 2)
        self.assertAlmostEqual(
            sum(costs.filtered(lambda line: line.account_id == accounts[0]).mapped('balance')), value, 2)
        self.assertAlmostEqual(sum(costs.mapped('balance')), 0.0, 2)

    def test_cost_is_booked_in_the_companys_currency_whatever_is_paid_in(self):
        currency = self._get_foreign_currency()
        accounts = self.env['account.account'].create([
            {'name': name, 'code': f'49{number}', 'account_type': kind} for number, (name, kind) in enumerate((
                ("Stock", 'asset_current'), ("Cost of goods", 'expense_direct_cost')))])
        category = self.env['product.category'].create({
            'name': "Perpetual", 'property_cost_method': 'average', 'property_valuation': 'real_time',
            'property_stock_valuation_account_id': accounts[0].id, 'property_account_expense_categ_id': accounts[1].id})
        request = self._accept_unsold(self._create_product("Clock", quantity=0.0, categ_id=category.id, standard_price=5.0))
        self._clear_to_settle(request, 30.0, currency_id=currency.id, tax_ids=[])
        costs = self._settle(request).line_ids.filtered(lambda line: line.display_type == 'cogs')
        self.assertEqual({line.account_id: line.balance for line in costs}, {accounts[0]: 10.0, accounts[1]: -10.0})

    def test_sold_goods_bear_no_typed_price(self):
        request = self._approve(self._sell((self.product, 1.0)))
        with self.assertRaisesRegex(UserError, "credited as it was invoiced"):
            self._set_price(request)

    def test_odd_values_are_refused(self):
        request = self._accept_unsold()
        line = request.line_ids.with_user(self.accountant)
        purchase_tax = self.env['account.tax'].search([('type_tax_use', '=', 'purchase')], limit=1)
        receivable = self.env['account.account'].search([('account_type', '=', 'asset_receivable')], limit=1)
        for args, kwargs in (
                ((-1.0, "x"), {}), ((float('nan'), "x"), {}), ((float('inf'), "x"), {}), (("ten", "x"), {}),
                ((1e300, "x"), {}), ((None, "x"), {}), ((1.0, ""), {}), ((1.0, None), {}), ((1.0, 5), {}),
                ((1.0, ["x"]), {}), ((1.0, "x"), {'currency_id': 10**12}), ((1.0, "x"), {'currency_id': "EUR"}),
                ((1.0, "x"), {'tax_ids': 3}), ((1.0, "x"), {'tax_ids': ["a"]}), ((1.0, "x"), {'tax_ids': [True]}),
                ((1.0, "x"), {'tax_ids': purchase_tax.ids}), ((1.0, "x"), {'tax_ids': [999999999]}),
                ((1.0, "x"), {'account_id': receivable.id}), ((1.0, "x"), {'account_id': [1]})):
            with self.subTest(args=args, kwargs=kwargs), self.assertRaises(UserError), self.env.cr.savepoint():
                line.action_set_price(*args, **kwargs)
        for user in (self.agent_all, self.inspector, self.voter_finance, self.employee):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.line_ids.with_user(user).action_set_price(1.0, "x")
        with self.assertRaises(AccessError):
            line.write({'credit_price': 5.0})
        with self.assertRaises(AccessError):
            self._file_unsold(self.product, credit_price=5.0)

    def test_nothing_of_another_company_is_typed(self):
        request = self._accept_unsold()
        other = self.env['res.company'].create({'name': "Elsewhere", 'country_id': self.company.country_id.id})
        tax = self.env['account.tax'].with_company(other).create({
            'name': "Elsewhere", 'amount': 5.0, 'type_tax_use': 'sale', 'company_id': other.id,
            'tax_group_id': self.env['account.tax.group'].with_company(other).create({
                'name': "Elsewhere", 'company_id': other.id}).id})
        account = self.env['account.account'].with_company(other).create({
            'name': "Elsewhere", 'code': '400001', 'account_type': 'income', 'company_ids': [Command.set(other.ids)]})
        for values in ({'tax_ids': tax.ids}, {'account_id': account.id}):
            with self.subTest(values), self.assertRaises(UserError), self.env.cr.savepoint():
                self._set_price(request, **values)
            both = self.accountant.with_company(self.company)
            both.sudo().company_ids += other
            with self.subTest(values), self.assertRaisesRegex(
                    UserError, "Choose sales taxes of|is no income or expense"), self.env.cr.savepoint():
                request.line_ids.with_user(both).with_context(
                    allowed_company_ids=[self.company.id, other.id]).action_set_price(10.0, "Receipt", **values)

    def test_dialog_proposes_the_products_taxes(self):
        request = self._accept_unsold()
        wizard = self.env['returns.price'].with_user(self.accountant).with_context(
            active_model='returns.request', active_id=request.id).create({})
        self.assertEqual(wizard.line_id, request.line_ids)
        self.assertEqual(wizard.tax_ids, self.tax_15 | self.tax_5)
        wizard.write({'price': 10.0, 'basis': "Receipt"})
        self.assertEqual(wizard.total, 24.0)
        wizard.action_set_price()
        self.assertEqual(request.line_ids.credit_price, 10.0)
        self.assertIn("Receipt", request.price_note)

    def test_taken_up_again_nothing_stays_typed(self):
        request = self._submit_unsold(self.product)
        self._set_price(request)
        request.action_cancel()
        request.action_draft()
        self.assertFalse(request.line_ids.credit_user_id)

    @_share(3)
    @given(st.integers(1, 7), prices, st.sampled_from(['15', '5', 'both', 'included']),
           st.lists(st.integers(1, 3), max_size=6))
    def test_however_it_is_cut_the_notes_add_up_to_the_typed_price(self, pieces, price, taxes, cuts):
        taxes = {'15': self.tax_15, '5': self.tax_5, 'both': self.tax_15 | self.tax_5, 'included': self.included}[taxes]
        whole = None
        for parts in ([pieces], [*cuts, pieces]):
            try:
                with self.env.cr.savepoint():
                    totals = self._pay_in_parts(pieces, price, taxes, parts)
                    raise _Undo
            except _Undo:
                self.env.invalidate_all()
            if whole is None:
                whole = totals
            self.assertEqual(totals, whole)

    def _pay_in_parts(self, pieces, price, taxes, parts):
        """:return: (untaxed, tax, total) of the credit notes of ``pieces``, accepted and paid in ``parts``"""
        request = self._file_unsold(self.product, float(pieces))
        line = request.line_ids
        request._write_flow({'date_submitted': fields.Datetime.now()})
        for name in ('approved', 'received', 'accepted'):
            line._write_flow({f'quantity_{name}': pieces})
        line._as_flow()._advance()
        self._clear_to_settle(request, price, tax_ids=taxes.ids)
        accepted = 0
        for part in parts:
            accepted = min(pieces, accepted + part)
            line._write_flow({'quantity_accepted': accepted})
            self._settle(request)
        self.assertEqual(line.quantity_settled, pieces)
        notes = request.sudo().refund_ids
        return tuple(round(sum(notes.mapped(name)), 2) for name in ('amount_untaxed', 'amount_tax', 'amount_total'))
