# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import convert_file

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyDeductions(MoneyCommon):
    """What a credit note keeps by the policy: a restocking fee, and the loss of value by the grade found."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.fee = cls.env.ref('returns_management.product_restocking_fee')
        cls.loss = cls.env.ref('returns_management.product_value_loss')

    def _set_rule(self, **values):
        self.rule.write(values)  # in superuser mode: published rules are frozen for everybody else

    def _inspect_as(self, request, grade='a', condition='complete', accepted=None, **values):
        inspections = self.env['returns.inspection'].with_user(self.inspector).search(
            [('request_id', '=', request.id), ('state', '=', 'draft')])
        inspections.write({
            'disposition_id': self.restock.id, 'grade': grade, 'condition': condition, **values,
            **({} if accepted is None else {'quantity_accepted': accepted})})
        inspections.action_done()
        return inspections

    def _return_as(self, order, quantity=1.0, grade='a', **values):
        request = self._approve(order, quantity)
        self._receive(request)
        self._inspect_as(request, grade, **values)
        return self._settle(request), request

    def _get_kept(self, notes, product):
        return -sum(notes.invoice_line_ids.filtered(lambda line: line.product_id == product).mapped('price_subtotal'))

    def test_fee_lowers_net_and_taxes_alike(self):
        self._set_rule(fee_percent=10.0)
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        notes, request = self._return_as(order, 2.0)
        self.assertEqual(self._get_kept(notes, self.fee), 10.0)
        self.assertEqual((notes.amount_untaxed, notes.amount_tax, notes.amount_total), (90.0, 18.0, 108.0))
        self.assertEqual(request.amount_refunded, 108.0)
        self.assertEqual(request.line_ids.fee_percent, 10.0)
        self.assertEqual(request.state, 'done')

    def test_fee_of_what_is_left_after_the_loss_of_value(self):
        self._set_rule(fee_percent=10.0, share_c=70.0, share_d=20.0)
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        notes, request = self._return_as(order, 2.0, 'c')
        self.assertEqual((self._get_kept(notes, self.loss), self._get_kept(notes, self.fee)), (30.0, 7.0))
        self.assertEqual(request.sudo().line_ids.settlement_ids.amount, 75.6)
        self.assertEqual(notes.amount_total, 75.6)

    def test_no_more_is_kept_than_the_goods_cost(self):
        """Of 10.01, one half for the grade and the rest as a fee: two halves of a cent are one."""
        self._set_rule(fee_percent=100.0, share_d=50.0)
        notes, request = self._return_as(self._sell((self.product, 1.0, {'price_unit': 10.01})), grade='d')
        self.assertEqual((self._get_kept(notes, self.loss), self._get_kept(notes, self.fee)), (5.01, 5.0))
        self.assertEqual((notes.amount_untaxed, notes.amount_tax, notes.state), (0.0, 0.0, 'posted'))
        self.assertEqual((request.amount_refunded, request.state), (0.0, 'done'))

    def test_each_grade_its_share(self):
        self._set_rule(share_c=70.0, share_d=20.0)
        order = self._sell((self.product, 3.0, {'price_unit': 100.0, 'tax_ids': [Command.clear()]}))
        request = self._approve(order, 3.0)
        self._receive(request)
        first = self.env['returns.inspection'].search([('request_id', '=', request.id)])
        second = self.env['returns.inspection'].browse(first.with_user(self.inspector).action_split(1.0)['res_id'])
        for inspection, grade in ((first, 'a'), (second, 'd')):
            inspection.with_user(self.inspector).write({
                'disposition_id': self.restock.id, 'grade': grade, 'condition': 'complete'})
        (first | second).with_user(self.inspector).action_done()
        self.assertEqual((first.refund_share, second.refund_share), (100.0, 20.0))
        self.assertIn("1 Units: found in grade D: 20% of the price is refunded",
                      [test['text'] for test in request.line_ids.finding_trace])
        notes = self._settle(request)
        self.assertEqual(notes.amount_total, 220.0)

    def test_nothing_is_kept_where_the_customer_is_not_responsible(self):
        self._set_rule(fee_percent=10.0, share_a=50.0, share_b=50.0, share_c=50.0, share_d=50.0)
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        request = self._approve(order, 1.0, reason_id=self.env.ref('returns_management.reason_quality_defect').id)
        self.assertEqual(request.line_ids.fee_percent, 0.0)
        self._receive(request)
        self._inspect_as(request, False, False)
        self.assertEqual(self._settle(request).amount_total, 60.0)
        notes, request = self._return_as(order, 1.0, 'd', responsibility='carrier')
        self.assertEqual(request.line_ids.fee_percent, 10.0)
        self.assertEqual(notes.amount_total, 60.0, "The inspector found that the carrier broke it")

    def test_grade_has_to_be_entered_where_money_depends_on_it(self):
        self._set_rule(share_d=20.0, condition_required='complete')
        request = self._approve(self._sell(), 1.0)
        self._receive(request)
        with self.assertRaisesRegex(UserError, r"the condition they were found in and their grade"):
            self._inspect_as(request, False, False)
        self._inspect_as(request, False, False, accepted=0.0, disposition_id=self.back_to_customer.id)

    def test_goods_that_need_no_inspection_wait_for_one_where_money_depends_on_it(self):
        self.reason.write({'needs_inspection': False, 'disposition_id': self.restock.id})
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        request = self._approve(order, 1.0)
        self._receive(request)
        self.assertEqual(request.inspection_ids.state, 'done', "its rule asks for nothing")
        self._set_rule(share_c=70.0, share_d=20.0)
        request = self._approve(order, 1.0)
        self._receive(request)
        self.assertEqual((request.inspection_ids.state, request.line_ids.quantity_accepted), ('draft', 0.0))
        self._inspect_as(request, 'd')
        self.assertEqual(self._settle(request).amount_total, 12.0)

    def test_each_piece_bears_the_fee_by_who_is_responsible_for_it(self):
        self._set_rule(fee_percent=20.0, share_d=20.0)
        for in_turn in (True, False):
            order = self._sell((self.product, 10.0, {'price_unit': 100.0, 'tax_ids': [Command.clear()]}))
            request = self._approve(order, 10.0)
            self._receive(request)
            nine = self.env['returns.inspection'].search([('request_id', '=', request.id)])
            one = nine.browse(nine.with_user(self.inspector).action_split(1.0)['res_id'])
            (nine | one).with_user(self.inspector).write({'disposition_id': self.restock.id, 'grade': 'd'})
            one.with_user(self.inspector).responsibility = 'carrier'
            for inspection in (nine, one) if in_turn else (one, nine):
                inspection.with_user(self.inspector).action_done()
            notes = self._settle(request)
            self.assertEqual((self._get_kept(notes, self.loss), self._get_kept(notes, self.fee)), (720.0, 36.0))
            self.assertEqual(notes.amount_total, 244.0)
            self.assertEqual(request.sudo().line_ids.settlement_ids.pieces_exempt, 1.0)

    def test_goods_worse_than_demanded_are_judged_by_people(self):
        self._set_rule(condition_required='unopened')
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        request = self._approve(order, 1.0, condition='unopened')
        self.assertEqual(request.policy_status, 'compliant')
        self._receive(request)
        self._inspect_as(request)
        self.assertEqual(request.state, 'final_review')
        step = request.sudo().step_ids.filtered(lambda step: step.state == 'open')
        self.assertEqual((step.kind, step.phase), ('committee', 'settle'))
        for user in (self.voter_quality, self.voter_finance, self.chair):
            request.with_user(user).action_reject("It was used.")
        self.assertEqual(request.state, 'settlement' if request.line_ids.inspection_ids.is_disposed else request.state)
        self.assertEqual(request.line_ids.quantity_accepted, 0.0)
        self.assertFalse(request.sudo().refund_ids)

    def test_declared_worse_than_demanded_is_refused(self):
        self._set_rule(condition_required='unopened')
        order = self._sell()
        request = self._submit(order, 1.0, condition='complete')
        self.assertEqual((request.state, request.policy_status), ('rejected', 'refused'))
        self.assertEqual(
            request.line_ids.rejection_note,
            "Must come back unopened, but is declared complete, with packaging and accessories.")
        broken = self._submit(
            order, 1.0, condition='complete', reason_id=self.env.ref('returns_management.reason_quality_defect').id)
        self.assertEqual(broken.policy_status, 'compliant', "What is broken was opened")

    def test_global_discount_lowers_what_is_kept(self):
        self._set_rule(fee_percent=10.0)
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}), invoice=False)
        self.env['sale.order.discount'].create({
            'sale_order_id': order.id, 'discount_type': 'so_discount', 'discount_percentage': 0.2}).action_apply_discount()
        order._create_invoices().action_post()
        notes, _request = self._return_as(order, 2.0)
        self.assertEqual(self._get_kept(notes, self.fee), 8.0)
        self.assertEqual(notes.amount_untaxed, 72.0)

    def test_fee_with_a_tax_and_account_of_its_own(self):
        self._set_rule(fee_percent=10.0)
        account = self.product._get_product_accounts()['income'].copy({'code': '400777'})
        self.fee.write({'taxes_id': [Command.set(self.tax_5.ids)], 'property_account_income_id': account.id})
        notes, request = self._return_as(self._sell((self.product, 1.0, {'price_unit': 100.0})))
        line = notes.invoice_line_ids.filtered(lambda line: line.product_id == self.fee)
        self.assertEqual((line.account_id, line.tax_ids, line.price_total), (account, self.tax_5, -10.5))
        self.assertEqual((notes.amount_total, request.amount_refunded), (109.5, 109.5))

    def test_default_taxes_of_other_companies_are_forgotten(self):
        """Odoo gives a new product the default taxes of all other companies: there, too, the goods' taxes are to hold."""
        other, country = self.env['res.company'].create({'name': "Elsewhere"}), self.company.account_fiscal_country_id
        group = self.env['account.tax.group'].create(
            {'name': "Elsewhere", 'company_id': other.id, 'country_id': country.id})
        other.account_sale_tax_id = self.env['account.tax'].create({
            'name': "Elsewhere", 'amount': 25.0, 'company_id': other.id, 'country_id': country.id, 'tax_group_id': group.id})
        names = ['product_allowance', 'product_restocking_fee', 'product_value_loss', 'product_return_freight',
                 'product_not_paid']
        self.env['ir.model.data'].search([('module', '=', 'returns_management'), ('name', 'in', names)]).unlink()
        installing = self.env(context={'allowed_company_ids': self.company.ids})
        convert_file(installing, 'returns_management', 'data/product_data.xml', {}, mode='init', noupdate=True)
        for name in names:
            product = self.env.ref(f'returns_management.{name}')
            self.assertNotIn(product, self.fee | self.loss)
            self.assertFalse(product.sudo().taxes_id, name)

    def test_what_is_kept_can_be_waived_but_not_raised(self):
        self._set_rule(fee_percent=10.0)
        request = self._approve(self._sell((self.product, 2.0, {'price_unit': 50.0})), 2.0)
        self._receive(request)
        self._inspect_as(request)
        note = self._settle(request, post=False).with_user(self.accountant)
        line = note.invoice_line_ids.filtered(lambda line: line.product_id == self.fee)
        line.price_unit = -20.0
        with self.assertRaisesRegex(UserError, r"keeps .*24\.00.* but by the policy only .*12\.00"):
            note.action_post()
        line.price_unit = -4.0
        note.action_post()
        self.assertEqual(request.amount_refunded, 115.2)

    def test_what_was_never_invoiced_takes_its_part_of_the_loss(self):
        self._set_rule(share_d=20.0, fee_percent=10.0)
        order = self._sell((self.product, 5.0, {'price_unit': 50.0}), deliver=False, invoice=False)
        self._deliver(order, {self.product: 2.0})
        order._create_invoices().action_post()
        self._deliver(order)
        request = self._approve(order, 5.0)
        self._receive(request)
        self._inspect_as(request, 'd')
        notes = self._settle(request)
        self.assertEqual(notes.amount_untaxed, 2 * 50.0 * 0.2 * 0.9)
        owed = request.line_ids.settlement_ids.filtered(lambda settlement: settlement.kind == 'uninvoiced')
        self.assertEqual((owed.pieces, round(owed.pieces_withheld, 6), owed.fee_percent), (3.0, 2.4, 0.0))
        self.assertIn("is not charged", owed.note)

    def test_goods_that_are_kept_bear_no_fee(self):
        self._set_rule(fee_percent=10.0, returnless_max=500.0, auto_approve_max=500.0)
        request = self._submit(self._sell((self.product, 2.0, {'price_unit': 50.0})), 1.0)
        self.assertTrue(request.line_ids.is_returnless)
        self.assertEqual(self._settle(request).amount_total, 60.0)

    def test_line_of_a_fee_pays_nothing_more(self):
        self._set_rule(fee_percent=10.0)
        request = self._approve(self._sell((self.product, 2.0, {'price_unit': 50.0})), 1.0)
        self._receive(request)
        self._inspect_as(request)
        note = self._settle(request, post=False).with_user(self.accountant)
        note.invoice_line_ids.filtered(lambda line: line.product_id == self.fee).price_unit = 5.0
        with self.assertRaisesRegex(UserError, "they are negative"):
            note.action_post()

    def test_low_grade_of_what_was_paid_in_advance_is_said(self):
        self._set_rule(advance='refund', share_d=20.0)
        request = self._approve(self._sell((self.product, 2.0, {'price_unit': 50.0})), 2.0)
        self.assertEqual(self._settle(request).amount_total, 120.0)
        self._receive(request)
        self._inspect_as(request, 'd')
        self.assertIn("was settled in advance, in full; by the policy 20% of its price",
                      "".join(request.message_ids.mapped('body')))

    def test_store_credit_bears_the_fee_exchange_does_not(self):
        self._set_rule(fee_percent=10.0)
        order = self._sell((self.product, 2.0, {'price_unit': 50.0}))
        request = self._approve(order, 1.0, resolution='store_credit')
        self._receive(request)
        self._inspect_as(request)
        self.assertEqual(self._settle(request).amount_total, 54.0)
        request = self._approve(order, 1.0, resolution='exchange')
        self._receive(request)
        self._inspect_as(request)
        self.assertFalse(self._settle(request))
        self.assertEqual(request.line_ids.settlement_ids.kind, 'exchange')

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_what_is_paid_and_kept_is_the_invoice(self, data):
        """Cut as you like: credited goods are the invoice, and each note keeps its part of them to the cent."""
        draw = data.draw
        fee, share = draw(st.sampled_from([0, 7.5, 15, 100])), draw(st.sampled_from([100, 66.67, 30, 0]))
        self._set_rule(fee_percent=fee, share_d=share)
        price = draw(st.integers(1, 99999)) / 100
        parts = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
        order = self._sell((self.product, float(sum(parts)), {
            'price_unit': price, 'discount': draw(st.sampled_from([0, 12.5, 33.33]))}))
        invoice = order.invoice_ids
        notes = self.env['account.move']
        for part in parts:
            grade = draw(st.sampled_from('ad'))
            note, request = self._return_as(order, float(part), grade)
            goods = note.invoice_line_ids.filtered(lambda line: line.product_id == self.product)
            kept = (1 - (share / 100 if grade == 'd' else 1) * (1 - fee / 100))
            self.assertAlmostEqual(note.amount_untaxed, goods.price_subtotal * (1 - kept), delta=0.0101)
            self.assertAlmostEqual(note.amount_total, goods.price_total * (1 - kept), delta=0.0301)
            self.assertGreaterEqual(note.amount_total, 0.0)
            self.assertAlmostEqual(request.amount_refunded, note.amount_total, places=2)
            notes |= note
        goods = notes.invoice_line_ids.filtered(lambda line: line.product_id == self.product)
        self.assertAlmostEqual(sum(goods.mapped('price_subtotal')), invoice.amount_untaxed, places=2)
        self.assertAlmostEqual(sum(goods.mapped('price_total')), invoice.amount_total, places=2)
