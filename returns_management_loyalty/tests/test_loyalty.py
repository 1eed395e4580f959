# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import tagged

from odoo.addons.returns_management.tests.money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestLoyalty(MoneyCommon):
    """Rewards are given back in proportion, and points follow what comes back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['loyalty.program'].search([]).action_archive()
        cls.program = cls.env['loyalty.program'].create({
            'name': "Points", 'program_type': 'loyalty', 'applies_on': 'both', 'trigger': 'auto',
            'rule_ids': [Command.clear(), Command.create({
                'reward_point_mode': 'money', 'reward_point_amount': 1.0, 'minimum_amount': 0.0})],
            'reward_ids': [Command.clear(), Command.create({
                'reward_type': 'discount', 'discount': 10.0, 'discount_mode': 'percent',
                'discount_applicability': 'order', 'required_points': 20.0})]})
        cls.card = cls.env['loyalty.card'].with_context(loyalty_no_mail=True).create({
            'program_id': cls.program.id, 'partner_id': cls.customer.id, 'points': 100.0})

    def _order(self, reward=None, lines=((3.0, 50.0), (1.0, 40.0))):
        order = self.env['sale.order'].create({
            'partner_id': self.customer.id, 'user_id': self.agent.id, 'order_line': [Command.create({
                'product_id': product.id, 'product_uom_qty': quantity, 'price_unit': price,
                'tax_ids': self.taxes['15'].ids})
                for product, (quantity, price) in zip(self.goods, lines, strict=False)]})
        order._update_programs_and_rewards()
        if reward:
            order._apply_program_reward(reward, self.card)
        order.action_confirm()
        order._create_invoices().action_post()
        return order, order.order_line.filtered(lambda line: not line.reward_id)

    def test_discount_of_a_reward_is_given_back_in_proportion(self):
        order, (first, second) = self._order(self.program.reward_ids)
        notes = self.env['account.move']
        for quantities in ({first: 1.0}, {first: 1.0, second: 1.0}, {first: 1.0}):
            notes |= self._settle_accepted(quantities)
        self.assertEqual(notes[0].amount_total, 51.75, "57.50 less 10 %")
        self.assertAddUp(order.invoice_ids - notes, notes)
        self.assertEqual(set(order.order_line.mapped('qty_to_invoice')), {0.0})

    def test_discount_on_specific_products_is_given_back_with_those(self):
        self.program.reward_ids.write({
            'discount_applicability': 'specific', 'discount_product_ids': [Command.set(self.goods[1].ids)]})
        order, (first, second) = self._order(self.program.reward_ids)
        notes = self._settle_accepted({first: 3.0})
        self.assertEqual(notes.amount_total, 172.5, "no discount was given on these")
        notes |= self._settle_accepted({second: 1.0})
        self.assertAddUp(order.invoice_ids - notes, notes)

    def test_points_follow_what_comes_back(self):
        order, (first, second) = self._order(self.program.reward_ids)
        earned, spent = order.coupon_point_ids.points, 20.0
        start = 100.0 + earned - spent
        self.assertEqual(self.card.points, start)
        note = self._settle_accepted({first: 1.0, second: 1.0})  # 90 of 190
        part = round(spent * 90 / 190, 2) - round(earned * 90 / 190, 2)
        self.assertAlmostEqual(self.card.points, start + part, places=2)
        history = self.card.history_ids.filtered('returns_order_id')
        self.assertEqual((len(history), history.returns_order_id), (1, order))
        note.line_ids.returns_line_id.request_id.action_settle()
        note._returns_after_state(note)
        self.assertAlmostEqual(self.card.points, start + part, places=2, msg="never twice")
        self._settle_accepted({first: 2.0})
        self.assertAlmostEqual(self.card.points, 100.0, places=2, msg="as if nothing had been bought")

    def test_points_of_a_cancelled_note_are_as_before(self):
        order, (first, _second) = self._order()
        start = self.card.points
        note = self._settle_accepted({first: 3.0})
        self.assertLess(self.card.points, start)
        note.button_draft()
        self.assertAlmostEqual(self.card.points, start, places=2)
        note.button_cancel()
        self.assertAlmostEqual(self.card.points, start, places=2)
        self.assertEqual(order.invoice_ids.filtered(lambda move: move.state == 'posted').amount_residual, 218.5)

    def test_points_spent_meanwhile_are_not_claimed_and_not_given_back_by_undoing(self):
        _order, (first, second) = self._order()
        self.card.points = 30.0
        note = self._settle_accepted({first: 3.0, second: 1.0})
        self.assertEqual(self.card.points, 0.0)
        request = note.line_ids.returns_line_id.request_id
        self.assertIn("the rest was spent already", "".join(request.message_ids.mapped('body')))
        self.card.points = 5.0
        note.button_draft()
        self.assertEqual(self.card.points, 35.0, "what was taken, and no more")

    def test_points_earned_spent_and_both_returned_are_not_won(self):
        self.card.points = 0.0
        earning, lines = self._order(lines=((2.0, 10.0), (1.0, 10.0)))
        earned = earning.coupon_point_ids.points
        self.assertGreater(earned, 20.0)
        self.card.points = 20.0  # the rest was spent before
        _spending, others = self._order(self.program.reward_ids, lines=((1.0, 10.0), (0.0, 1.0)))
        self.card.points = 0.0
        self._settle_accepted({line: line.product_uom_qty for line in lines})
        self._settle_accepted({others[0]: 1.0})
        self.assertEqual(self.card.points, 0.0, "what was spent had been earned by goods that came back")

    def test_ewallet_that_paid_a_part_gets_its_part_back(self):
        wallet = self.env['loyalty.program'].create({
            'name': "Wallet", 'program_type': 'ewallet', 'applies_on': 'future', 'trigger': 'auto',
            'reward_ids': [Command.clear(), Command.create({
                'reward_type': 'discount', 'discount': 1.0, 'discount_mode': 'per_point',
                'discount_applicability': 'order', 'required_points': 1.0})]})
        self.program.action_archive()
        self.card = self.env['loyalty.card'].with_context(loyalty_no_mail=True).create({
            'program_id': wallet.id, 'partner_id': self.customer.id, 'points': 50.0})
        order, (first, second) = self._order(wallet.reward_ids)
        self.assertEqual((self.card.points, order.amount_total), (0.0, 168.5))
        notes = self._settle_accepted({first: 1.0, second: 1.0})
        self.assertAlmostEqual(self.card.points, 50.0 * 90 / 190, delta=0.01)
        notes |= self._settle_accepted({first: 2.0})
        self.assertEqual(self.card.points, 50.0)
        self.assertAddUp(order.invoice_ids - notes, notes)
