# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo import Command
from odoo.tests import tagged

from odoo.addons.returns_management.tests.money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestDeliveryCharges(MoneyCommon):
    """What the customer paid for delivery comes back with the goods, by the policy's rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.carriage = cls.env['product.product'].create({
            'name': "Carriage", 'type': 'service', 'invoice_policy': 'order', 'list_price': 9.0, 'taxes_id': False})

    def _bill_with_delivery(self, price=9.0, tax='5', lines=({'product_uom_qty': 3.0, 'price_unit': 50.0},), **values):
        invoice = self._bill(*({'tax_ids': self.taxes['15'].ids, **line} for line in lines), post=False, **values)
        order = invoice.line_ids.sale_line_ids.order_id
        order.order_line = [Command.create({
            'product_id': self.carriage.id, 'product_uom_qty': 1.0, 'price_unit': price, 'is_delivery': True,
            'tax_ids': self.taxes[tax].ids})]
        invoice.unlink()
        invoice = order._create_invoices()
        invoice.action_post()
        return invoice, order.order_line.filtered(lambda line: not line.is_delivery)

    def _credit(self, quantities, refund='complete', reason=None):
        request = self._accept(quantities)
        request.line_ids._write_flow({'delivery_refund': refund})
        return self._settle(request), request

    def _get_charge(self, notes):
        return sum(notes.invoice_line_ids.filtered(lambda line: line.product_id == self.carriage).mapped('price_total'))

    def test_charge_is_refunded_when_all_comes_back(self):
        invoice, line = self._bill_with_delivery()
        notes = self.env['account.move']
        for charge in (0.0, 0.0, 9.45):
            note, request = self._credit({line: 1.0})
            self.assertEqual((self._get_charge(note), request.settlement_ids.amount_delivery), (charge, charge))
            self.assertEqual(request.amount_refunded, 57.5 + charge)
            notes |= note
        self.assertAddUp(invoice, notes)
        self.assertEqual(set(line.order_id.order_line.mapped('qty_to_invoice')), {0.0})

    def test_charge_is_refunded_in_proportion(self):
        invoice, line = self._bill_with_delivery(price=10.0)
        notes = self.env['account.move']
        for _number in range(3):
            note, _request = self._credit({line: 1.0}, 'proportional')
            self.assertAlmostEqual(self._get_charge(note), 3.5, delta=0.0101)
            notes |= note
        self.assertAddUp(invoice, notes)

    def test_charge_is_kept_of_an_exchange(self):
        for refund in ('complete', 'proportional'):
            with self.subTest(refund):
                _invoice, line = self._bill_with_delivery()
                request = self._accept({line: 3.0})
                request.line_ids._write_flow({
                    'delivery_refund': refund, 'resolution': 'exchange', 'exchange_product_id': self.goods[4].id})
                note = self._settle(request)
                self.assertEqual((self._get_charge(note), note.amount_total), (0.0, 172.5))
                self.assertEqual(request.exchange_order_ids.state, 'sale')

    def test_charge_is_never_refunded(self):
        invoice, line = self._bill_with_delivery()
        note, request = self._credit({line: 3.0}, 'never')
        self.assertEqual((self._get_charge(note), note.amount_total), (0.0, 172.5))
        self.assertEqual((invoice.amount_residual, request.state), (9.45, 'done'))

    def test_charge_is_refunded_once_only_however_it_was_given_back(self):
        invoice, line = self._bill_with_delivery()
        by_hand = invoice._reverse_moves([{}])
        by_hand.invoice_line_ids.filtered(lambda item: item.product_id != self.carriage).unlink()
        by_hand.action_post()
        note, _request = self._credit({line: 1.0}, 'proportional')
        self.assertEqual(note.amount_total, 57.5, "who gave back all of it by hand meant to")
        note, _request = self._credit({line: 2.0}, 'proportional')
        self.assertEqual(invoice.amount_residual, 0.0)

    def test_charge_given_back_without_naming_the_invoice_counts(self):
        _invoice, line = self._bill_with_delivery()
        self.env['account.move'].create({
            'move_type': 'out_refund', 'partner_id': self.customer.id, 'invoice_line_ids': [Command.create({
                'product_id': self.carriage.id, 'quantity': 1.0, 'price_unit': 4.0, 'tax_ids': self.taxes['5'].ids,
                'sale_line_ids': line.order_id.order_line.filtered('is_delivery').ids})]}).action_post()
        note, _request = self._credit({line: 3.0})
        self.assertEqual(self._get_charge(note), 5.25)

    def test_charge_of_a_cancelled_note_is_given_back_by_the_next(self):
        _invoice, line = self._bill_with_delivery()
        note, request = self._credit({line: 3.0})
        note.button_draft()
        note.button_cancel()
        again = self._settle(request).filtered(lambda move: move.state == 'posted')
        self.assertEqual(self._get_charge(again), 9.45)

    def test_charge_goes_with_the_goods_of_its_order(self):
        first, line = self._bill_with_delivery()
        _second, other = self._bill_with_delivery(price=20.0)
        (first | _second).button_draft()
        (first | _second).unlink()
        invoice = (line | other).order_id._create_invoices()
        invoice.action_post()
        self.assertEqual(len(invoice), 1)
        note, _request = self._credit({line: 3.0})
        self.assertEqual(self._get_charge(note), 9.45)

    def test_fee_is_kept_of_the_goods_only(self):
        _invoice, line = self._bill_with_delivery()
        request = self._accept({line: 3.0})
        request.line_ids._write_flow({'delivery_refund': 'complete', 'fee_percent': 10.0})
        note = self._settle(request)
        self.assertEqual(note.amount_total, 172.5 * 0.9 + 9.45)

    def test_discount_of_the_whole_is_given_back_with_the_charge(self):
        for refund in ('complete', 'proportional'):
            draft, line = self._bill_with_delivery(price=10.01, lines=({'product_uom_qty': 3.0, 'price_unit': 49.99},))
            draft.button_draft()
            draft.unlink()
            self.env['sale.order.discount'].create({
                'sale_order_id': line.order_id.id, 'discount_type': 'so_discount',
                'discount_percentage': 0.13}).action_apply_discount()
            invoice = line.order_id._create_invoices()
            invoice.action_post()
            notes = self.env['account.move']
            for _number in range(3):
                note, _request = self._credit({line: 1.0}, refund)
                notes |= note
            self.assertAddUp(invoice, notes)

    def test_rule_judges_and_says_so(self):
        self.rule.write({'delivery_refund': 'never', 'auto_approve_max': 5000.0})
        _invoice, line = self._bill_with_delivery(lines=({'product_uom_qty': 3.0, 'price_unit': 50.0},))
        for reason, refund, words in (
                ('reason_changed_mind', 'never', "What was paid for delivery is not refunded."),
                ('reason_quality_defect', 'proportional', "the customer is not responsible for the return.")):
            request = self.Request.create({'partner_id': self.customer.id, 'team_id': self.team.id, 'line_ids': [
                Command.create({'sale_line_id': line.id, 'quantity': 1.0,
                                'reason_id': self.env.ref(f'returns_management.{reason}').id})]})
            request.line_ids._judge()
            self.assertEqual(request.line_ids.delivery_refund, refund)
            self.assertIn(words, request.line_ids.customer_verdict)
        self.assertIn("What you paid for delivery is not refunded.", self.rule._get_customer_terms())
        self.assertIn("delivery not refunded", self.rule.terms_note)
        self.rule.delivery_refund = 'complete'
        self.assertIn("Once all that was delivered comes back", self.rule._get_customer_terms())
        self.assertIn("delivery", [test['test'] for test in self._try().policy_trace])

    def _try(self):
        return self.env['returns.policy.try'].create({
            'policy_id': self.policy.id, 'product_id': self.product.id, 'partner_id': self.customer.id,
            'reason_id': self.reason.id, 'resolution': 'refund', 'amount': 10.0,
            'order_date': '2026-01-01', 'delivery_date': '2026-01-01', 'request_date': '2026-01-02'})

    def test_what_the_carrier_broke_brings_its_part_of_the_charge(self):
        self.rule.delivery_refund = 'never'
        order = self._sell((self.product, 4.0, {'price_unit': 50.0}), invoice=False)
        order.order_line = [Command.create({
            'product_id': self.carriage.id, 'price_unit': 8.0, 'is_delivery': True, 'tax_ids': False})]
        order._create_invoices().action_post()
        request = self._approve(order, 1.0)
        self._receive(request)
        inspection = self.env['returns.inspection'].with_user(self.inspector).search([('request_id', '=', request.id)])
        inspection.write({'disposition_id': self.restock.id, 'grade': 'a', 'responsibility': 'carrier'})
        inspection.action_done()
        self.assertEqual(self._get_charge(self._settle(request)), 2.0)

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_partial_notes_are_the_invoice_with_its_charge(self, data):
        """However it is cut, whatever the taxes, with a discount and a charge: to the cent, per tax."""
        draw = data.draw
        taxes = st.sampled_from(list(self.taxes))
        self.company.tax_calculation_rounding_method = draw(st.sampled_from(['round_globally', 'round_per_line']))
        refund = draw(st.sampled_from(['complete', 'proportional']))
        prices = st.integers(1, 9999).map(lambda cents: cents / 100)
        invoice, lines = self._bill_with_delivery(
            draw(prices), draw(taxes), [{
                'product_uom_qty': 4.0, 'price_unit': draw(prices), 'tax_ids': self.taxes[draw(taxes)].ids,
                'discount': draw(st.sampled_from([0, 12.5]))} for _number in range(2)], foreign=draw(st.booleans()))
        notes = self.env['account.move']
        for part in draw(st.sampled_from([[4], [1, 3], [1, 1, 2], [2, 1, 1]])):
            note, _request = self._credit({line: float(part) for line in lines}, refund)
            self.assertGreaterEqual(invoice.amount_residual, 0.0)
            notes |= note
        self.assertAddUp(invoice, notes)
