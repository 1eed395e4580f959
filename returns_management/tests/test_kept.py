# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .test_goods import GoodsCommon


@tagged('post_install', '-at_install')
class TestKept(GoodsCommon):
    """The customer keeps the goods after all, and nothing is paid."""

    def _mails(self, request):
        return self.env['mail.mail'].sudo().search([('model', '=', 'returns.request'), ('res_id', '=', request.id)])

    def test_kept_goods_end_the_line_and_may_come_back_another_time(self):
        order = self._sell((self.product, 3.0))
        request = self._approve(order, 3.0)
        picking = self._receipts(request)
        request.line_ids.with_user(self.agent).action_close_kept("It works now.")
        line = request.line_ids
        self.assertEqual((line.state, request.state, line.is_no_action), ('done', 'done', True))
        self.assertEqual(picking.state, 'cancel')
        self.assertEqual(self._balance(line), (3.0, 0.0, 0.0))
        self.assertFalse(request.sudo().settlement_ids)
        mail = self._mails(request).filtered(lambda mail: "closed" in mail.subject)
        self.assertIn("It works now.", mail.body_html)
        page = request._prepare_customer_page()
        self.assertEqual((page['lines'][0]['status'], page['lines'][0]['refusal']), ("You keep it", "It works now."))
        self.assertEqual(page['road'][-1]['title'], "Closed: you keep the goods")
        self.assertEqual(self._return(order, 3.0).state, 'done')

    def test_in_review_nobody_has_to_decide_any_more(self):
        request = self._submit(self._sell(), 2.0)
        request.line_ids.action_close_kept("Found a use for it.")
        self.assertEqual(request.state, 'done')
        self.assertEqual(request.step_ids.state, 'skipped')
        self.assertEqual(
            self._mails(request).mapped('subject'), [f"{self.company.name}: your return {request.name} is closed"])

    def test_the_other_lines_go_on(self):
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        request = self._submit(order, 1.0)
        kept, other = request.line_ids
        kept.action_close_kept("Keeps it.")
        self.assertEqual((kept.state, other.state, request.state), ('done', 'review', 'review'))
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((kept.state, other.state), ('done', 'approved'))
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        self.assertEqual(request.state, 'done')

    def test_what_was_to_be_paid_ahead_is_not_paid(self):
        self.policy = self.policy.copy({'rule_ids': [Command.clear(), Command.create({
            'name': "Free", 'window_days': 30, 'returnless_max': 9999.0})]})
        self.policy._do_publish()
        request = self._approve(self._sell(), 1.0)
        self.assertEqual((request.state, request.line_ids.is_returnless), ('settlement', True))
        request.line_ids.action_close_kept("Wants nothing for it.")
        self.assertEqual((request.state, request.line_ids.quantity_advanced), ('done', 0.0))
        request.with_user(self.accountant).action_settle()
        self.assertFalse(request.sudo().settlement_ids)

    def test_once_goods_or_money_moved_it_is_too_late(self):
        request = self._approve(self._sell(), 3.0)
        self._validate(self._receipts(request), {self.product: 1.0})
        with self.assertRaisesRegex(UserError, "of it 1 came in"):
            request.line_ids.action_close_kept("Too late")
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        with self.assertRaisesRegex(UserError, "is done"):
            request.line_ids.action_close_kept("Too late")
        draft = self._file(self._sell())
        with self.assertRaisesRegex(UserError, "is draft"):
            draft.line_ids.action_close_kept("Too early")

    def test_what_was_missing_of_kept_goods_is_asked_about_no_more(self):
        annex = self.env['stock.warehouse'].create({'name': "Annex", 'code': 'ANX'})
        product = self._create_product("Rare", quantity=2.0)
        self.env['stock.quant']._update_available_quantity(product, annex.lot_stock_id, 3.0)
        order = self._sell((product, 2.0), invoice=False)
        order.warehouse_id = annex
        order.order_line.product_uom_qty = 5.0
        self._deliver(order)
        request = self._approve(order, 5.0)
        here, there = self._receipts(request).sorted('id')
        self.env['returns.dock'].with_user(self.inspector).book_in(here.id, {'key': 'k', 'counts': [], 'is_all': True})
        line = request.line_ids
        self.assertEqual((line.state, line.quantity_missing), ('approved', 2.0))
        line.with_user(self.agent).action_close_kept("It works now.")
        self.assertEqual((request.state, line.quantity_missing, there.state), ('done', 0.0, 'cancel'))
        self.assertEqual(request.sudo().discrepancy_ids.state, 'closed')
        self.assertEqual(self._balance(line), (5.0, 0.0, 0.0))

    def test_a_reason_and_the_right_are_needed(self):
        request = self._submit(self._sell(), 1.0)
        for comment in (None, "", "  ", 5, ["x"], False):
            with self.subTest(comment), self.assertRaises(UserError):
                request.line_ids.action_close_kept(comment)
        for user in (self.inspector, self.accountant, self.voter_sales, self.employee):
            with self.subTest(user.login), self.assertRaises(AccessError):
                request.line_ids.with_user(user).action_close_kept("Mine")
        self.assertFalse(request.line_ids.is_no_action)

    def test_kept_goods_are_not_held_against_the_customer(self):
        self._approve(self._sell(), 1.0).line_ids.action_close_kept("Keeps it.")
        self.assertNotIn("never sent", self._submit(self._sell(), 1.0).risk_note or "")

    def test_dialog_offers_what_can_be_kept(self):
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        request = self._submit(order, 1.0)
        self.assertTrue(request.may_close_kept)
        form = Form(self.env['returns.close.kept'].with_user(self.agent).with_context(
            active_model='returns.request', active_id=request.id))
        self.assertEqual(form.line_ids[:], request.line_ids)
        form.comment = "Keeps both."
        form.save().action_close()
        self.assertEqual(request.state, 'done')
        self.assertFalse(request.may_close_kept)
