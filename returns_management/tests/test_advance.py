# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import given
from hypothesis import strategies as st
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from . import test_money_properties as money
from .rpc import RpcCommon

#: What may happen to the returns of a customer, in any order: (what, which of them, how much)
acts = st.lists(st.tuples(
    st.sampled_from(['submit', 'submit', 'approve', 'approve', 'receive', 'inspect', 'settle', 'close', 'lower', 'reject']),
    st.integers(0, 9), st.integers(1, 3)), min_size=5, max_size=10)


class AdvanceCommon(RpcCommon):
    """A piece costs 10, in the company's currency."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule.sudo().write({'advance': 'refund', 'advance_max': 30.0})
        cls.product.taxes_id = False
        cls.order = cls._sell_tens(40.0)

    @classmethod
    def _sell_tens(cls, quantity, **values):
        return cls._sell((cls.product, quantity, {'price_unit': 10.0}), **values)

    def _show(self, amount):
        return self.company.currency_id.format(float(amount))

    def _text(self, request):
        return next(test['text'] for test in request.line_ids[0].policy_trace if test['test'] == 'advance')


@tagged('post_install', '-at_install')
class TestAdvance(AdvanceCommon):
    """What is settled before the goods are back: up to a limit for each customer, and with whom we trust."""

    def test_within_the_limit_it_is_settled_on_approval(self):
        request = self._approve(self.order, 3.0)
        self.assertEqual((request.line_ids.quantity_advanced, request.state), (3.0, 'approved'))
        self.assertIn(f"{self._show(30)}, with {self._show(0)} of other returns", self._text(request))
        note = self._settle(request)
        self.assertEqual((note.state, note.amount_total), ('posted', 30.0))

    def test_above_the_limit_it_is_settled_after_receipt(self):
        request = self._approve(self.order, 4.0)
        self.assertFalse(request.line_ids.quantity_advanced)
        self.assertIn(f"{self._show(40)} in advance is above the limit of {self._show(30)}", self._text(request))
        self.assertFalse(request.may_settle)
        self._receive(request)
        self._inspect(request)
        self.assertEqual(self._settle(request).amount_total, 40.0)
        self.assertEqual(request.state, 'done')

    def test_many_small_returns_do_not_beat_the_limit(self):
        requests = [self._approve(self.order, 1.0) for _number in range(5)]
        self.assertEqual([request.line_ids.quantity_advanced for request in requests], [1.0, 1.0, 1.0, 0.0, 0.0])
        self.assertIn(
            f"with {self._show(30)} of other returns that have not come yet, is above the limit", self._text(requests[3]))

    def test_several_lines_count_together(self):
        order = self._sell(*[(self.product, 4.0, {'price_unit': 10.0})] * 2)
        self.assertEqual(self._approve(order, 2.0).line_ids.mapped('quantity_advanced'), [0.0, 0.0])
        self.assertEqual(self._approve(order, 1.0).line_ids.mapped('quantity_advanced'), [1.0, 1.0])

    def test_goods_that_come_make_room(self):
        first = self._approve(self.order, 3.0)
        self._settle(first)
        self._receive(first)
        self.assertTrue(self._approve(self.order, 3.0).line_ids.quantity_advanced)

    def test_what_never_came_counts_until_it_is_claimed_back(self):
        first = self._approve(self.order, 3.0)
        note = self._settle(first)
        first.with_user(self.inspector).action_close_short("Never sent")
        self.assertFalse(self._approve(self.order, 1.0).line_ids.quantity_advanced)
        note.reversal_move_ids.action_post()
        self.assertTrue(self._approve(self.order, 1.0).line_ids.quantity_advanced)

    def test_it_is_judged_again_at_the_approval(self):
        """Filed side by side, each within the limit: what is approved first counts."""
        requests = self._submit(self.order, 2.0) | self._submit(self.order, 2.0)
        self.assertEqual(requests.line_ids.mapped('quantity_advanced'), [2.0, 2.0])
        requests[1].with_user(self.voter_sales).action_approve()
        requests[0].with_user(self.voter_sales).action_approve()
        self.assertEqual(requests.line_ids.mapped('quantity_advanced'), [0.0, 2.0])
        self.assertEqual(requests.mapped('state'), ['approved', 'approved'])
        self.assertIn(f"with {self._show(20)} of other returns that have not come yet, is above", self._text(requests[0]))
        self.assertTrue(any("is above the limit" in message.body for message in requests[0].message_ids), "it is said")

    def test_approved_in_bulk_they_count_together(self):
        requests = self.Request.union(*(self._submit(self.order, 2.0) for _number in range(3)))
        requests.with_user(self.voter_sales).action_approve()
        self.assertEqual(requests.line_ids.mapped('quantity_advanced'), [2.0, 0.0, 0.0])

    def test_approved_by_the_policy_alone_the_limit_holds(self):
        self.rule.sudo().auto_approve_max = 1000.0
        requests = [self._submit(self.order, 2.0), self._submit(self.order, 2.0)]
        self.assertEqual([request.state for request in requests], ['approved', 'approved'])
        self.assertEqual([request.line_ids.quantity_advanced for request in requests], [2.0, 0.0])

    def test_of_fewer_pieces_approved_fewer_count(self):
        first, second = self._submit(self.order, 3.0), self._submit(self.order, 2.0)
        first.with_user(self.voter_sales).action_lower({first.line_ids.id: 1.0}, "One is enough")
        (first | second).with_user(self.voter_sales).action_approve()
        self.assertEqual((first | second).line_ids.mapped('quantity_advanced'), [1.0, 2.0])

    def test_contacts_of_a_customer_share_the_limit_and_others_do_not(self):
        self._approve(self.order, 3.0)
        theirs = self._approve(self._sell_tens(3.0, partner=self.contact), 1.0)
        self.assertFalse(theirs.line_ids.quantity_advanced)
        self.assertTrue(self._approve(self._sell_tens(3.0, partner=self.other_customer), 3.0).line_ids.quantity_advanced)

    def test_without_a_limit_anything_is_advanced(self):
        self.rule.sudo().advance_max = 0.0
        self.assertEqual(self._approve(self.order, 15.0).line_ids.quantity_advanced, 15.0)

    def test_foreign_order_counts_in_the_companys_currency(self):
        foreign = self.setup_other_currency('EUR', rates=[('2020-01-01', 4.0)])
        pricelist = self.env['product.pricelist'].create({'name': "Foreign", 'currency_id': foreign.id})
        order = self._sell_tens(20.0, pricelist_id=pricelist.id)
        order.order_line.price_unit = 10.0
        self.assertEqual(self._approve(order, 12.0).line_ids.quantity_advanced, 12.0)
        self.assertFalse(self._approve(order, 1.0).line_ids.quantity_advanced)

    def test_exchange_beyond_the_limit_waits_for_the_goods(self):
        self.rule.sudo().advance = 'exchange'
        sent = self._approve(self.order, 3.0, resolution='exchange')
        self.assertTrue(sent.exchange_picking_ids)
        waits = self._approve(self.order, 1.0, resolution='exchange')
        self.assertFalse(waits.exchange_picking_ids)
        self._receive(waits)
        self._inspect(waits)
        self.assertTrue(waits.exchange_picking_ids)

    # ------------------------------------------------------------------
    # Trust
    # ------------------------------------------------------------------

    def test_only_trusted_customers_get_it(self):
        self.rule.sudo().advance_trusted_only = True
        request = self._approve(self.order, 1.0)
        self.assertFalse(request.line_ids.quantity_advanced)
        self.assertIn("only with trusted customers, and this one is not marked as trusted", self._text(request))
        self.customer.trust = 'good'
        self.assertTrue(self._approve(self.order, 1.0).line_ids.quantity_advanced)
        theirs = self._approve(self._sell_tens(3.0, partner=self.contact), 1.0)
        self.assertTrue(theirs.line_ids.quantity_advanced, "trust is the company's, for all its contacts")

    def test_trust_that_is_lost_before_the_approval(self):
        self.rule.sudo().advance_trusted_only = True
        self.customer.trust = 'good'
        request = self._submit(self.order, 1.0)
        self.assertTrue(request.line_ids.quantity_advanced)
        self.customer.trust = 'normal'
        request.with_user(self.voter_sales).action_approve()
        self.assertFalse(request.line_ids.quantity_advanced)
        self.assertIn("not marked as trusted", self._text(request))

    def test_trust_of_one_company_is_not_anothers(self):
        self.rule.sudo().advance_trusted_only = True
        other = self.env['res.company'].create({'name': "Elsewhere"})
        self.customer.with_company(other).trust = 'good'
        self.assertFalse(self._approve(self.order, 1.0).line_ids.quantity_advanced)

    def test_only_accountants_and_managers_say_who_is_trusted(self):
        for user in (self.agent, self.accountant, self.manager):
            user.group_ids += self.env.ref('base.group_partner_manager')
        for user in (self.accountant, self.manager):
            self._rpc(user, 'res.partner', 'write', self.customer.ids, {'trust': 'good'})
            self.assertEqual(self.customer.trust, 'good')
            self._rpc(user, 'res.partner', 'write', self.customer.ids, {'trust': 'normal'})
        for values in ({'trust': 'good'}, {'trust': 'good', 'name': "Me"}):
            with self.assertRaisesRegex(AccessError, "is a good debtor"), self.env.cr.savepoint():
                self._rpc(self.agent, 'res.partner', 'write', self.customer.ids, values)
        with self.assertRaisesRegex(AccessError, "is a good debtor"), self.env.cr.savepoint():
            self._rpc(self.agent, 'res.partner', 'create', [{'name': "New", 'trust': 'good'}])
        with self.assertRaisesRegex(AccessError, "is a good debtor"), self.env.cr.savepoint():
            self._rpc(self.agent, 'res.partner', 'create', [{'name': "New"}], context={'default_trust': 'good'})
        self.customer.trust = 'good'
        self._rpc(self.agent, 'res.partner', 'write', self.customer.ids, {'trust': 'good', 'ref': "As it is"})
        twin = self._rpc(self.agent, 'res.partner', 'copy', self.customer.ids)
        self.assertEqual(self.env['res.partner'].browse(twin).trust, 'normal')

    # ------------------------------------------------------------------
    # Cheats
    # ------------------------------------------------------------------

    def test_no_request_writes_itself_an_advance(self):
        request = self._file(self.order, 5.0)
        for name, value in (('quantity_advanced', 5.0), ('policy_trace', []), ('rule_id', self.rule.id)):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                self._rpc(self.agent, 'returns.request.line', 'write', request.line_ids.ids, {name: value})
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids, context={
            'default_quantity_advanced': 5.0, 'advance_max': 0, 'returns_flow': True, 'default_advance_max': 0.0})
        self._rpc(self.voter_sales, 'returns.request', 'action_approve', request.ids, context={
            'default_quantity_advanced': 5.0, 'default_trust': 'good'})
        self.assertEqual((request.state, request.line_ids.quantity_advanced), ('approved', 0.0))

    def test_limit_is_an_amount(self):
        draft = self.policy.with_user(self.manager).copy({'name': "Next"})
        for amount in (-1.0, float('nan'), float('inf'), 1e300):
            for name in ('advance_max', 'auto_approve_max', 'returnless_max'):
                error = CheckViolation if amount < 0 else ValidationError
                with self.subTest(amount=amount, name=name), mute_logger('odoo.sql_db'), self.assertRaises(
                        error), self.env.cr.savepoint():
                    self._rpc(self.manager, 'returns.policy.rule', 'write', draft.rule_ids.ids, {name: amount})

    def test_published_limit_stays(self):
        for values in ({'advance_max': 0.0}, {'advance_trusted_only': True}):
            with self.assertRaisesRegex(Exception, "is published"), self.env.cr.savepoint():
                self._rpc(self.manager, 'returns.policy.rule', 'write', self.rule.ids, values)
        self.rule.sudo().advance_trusted_only = True
        copied = self.policy.browse(self.policy.with_user(self.manager).action_new_version()['res_id']).rule_ids
        self.assertEqual((copied.advance_max, copied.advance_trusted_only), (30.0, True))

    # ------------------------------------------------------------------
    # In words, tried, and replayed
    # ------------------------------------------------------------------

    def test_rule_in_words(self):
        self.assertIn(f"refunded before the goods are back, up to {self._show(30)} a customer", self.rule.terms_note)
        self.rule.sudo().write({'advance_trusted_only': True, 'advance_max': 0.0})
        self.assertIn("refunded before the goods are back, trusted customers only.", self.rule.terms_note)

    def test_trial_counts_what_is_out(self):
        self._approve(self.order, 2.0)
        form = Form(self.env['returns.policy.try'].with_user(self.manager).with_context(default_policy_id=self.policy.id))
        form.product_id, form.reason_id, form.amount = self.product, self.reason, 20.0

        def said():
            return next(test for test in form.policy_trace if test['test'] == 'advance')

        self.assertTrue(said()['ok'])
        form.partner_id = self.contact
        self.assertFalse(said()['ok'])
        self.assertEqual((said()['inputs']['amount'], said()['inputs']['open']), ('20.0', '20.0'))

    def test_replay_says_who_would_be_settled_in_advance(self):
        requests = [self._approve(self.order, 2.0), self._approve(self.order, 2.0)]
        draft = self.policy.sudo().copy({'name': "Next"})
        replay = self.env['returns.policy.replay'].with_user(self.manager).create({'policy_id': draft.id})
        replay.action_replay()
        self.assertFalse(replay.line_ids, "as it was")
        draft.rule_ids.advance_max = 10.0
        replay.action_replay()
        self.assertEqual(
            [(line.request_id, line.is_advance_now) for line in replay.line_ids], [(requests[0], False)])
        draft.rule_ids.advance_max = 0.0
        replay.action_replay()
        self.assertEqual([(line.request_id, line.is_advance_now) for line in replay.line_ids], [(requests[1], True)])
        draft.rule_ids.advance_trusted_only = True
        replay.action_replay()
        self.assertEqual([(line.request_id, line.is_advance_now) for line in replay.line_ids], [(requests[0], False)])


@tagged('post_install', '-at_install')
class TestAdvanceProperties(AdvanceCommon):
    """Whatever is asked, approved, sent and settled, in whatever order: no customer has more in advance than the limit."""

    _undone = money.TestMoneyProperties._undone

    def _get_out(self):
        """:return: value of the goods that the customer was, or may be, settled with and has not sent; counted here"""
        lines = self.Request.search([('partner_id', '=', self.customer.id)]).line_ids
        return sum(10.0 * max(
            0.0, max(line.quantity_advanced + line.quantity_accepted, line.quantity_settled) - line.quantity_received)
            for line in lines if line.state not in ('draft', 'review'))

    def _act(self, requests, what, number, quantity):
        if what == 'submit' or not requests:
            return requests | self._submit(self.order, quantity)
        request = requests[number % len(requests)]
        steps = request.step_ids.filtered(lambda step: step.state == 'open')
        match what:
            case 'approve' if steps:
                request.with_user(self.voter_sales).action_approve()
            case 'reject' if steps:
                request.with_user(self.voter_sales).action_reject("No")
            case 'lower' if steps and request.line_ids.quantity_approved > 1:
                request.with_user(self.voter_sales).action_lower({request.line_ids.id: 1.0}, "Less")
            case 'receive' if request.state == 'approved':
                self._receive(request, {self.product: min(quantity, request.line_ids._get_quantity_awaited())})
            case 'inspect':
                self._inspect(request, accepted=None if number % 2 else 0.0)
            case 'settle' if request.may_settle:
                self._settle(request)
            case 'close' if request.state == 'approved':
                request.with_user(self.inspector).action_close_short("Lost")
        return requests

    @money._share(4)
    @given(acts, st.sampled_from([20.0, 30.0, 50.0]))
    def test_no_customer_has_more_in_advance_than_the_limit(self, acts, limit):
        with self._undone():
            self.rule.sudo().advance_max = limit
            requests = self.Request
            for act in acts:
                requests = self._act(requests, *act)
                self.assertLessEqual(self._get_out(), limit, act)
