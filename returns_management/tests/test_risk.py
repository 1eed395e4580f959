# Part of returns_management. See LICENSE file for full copyright and licensing details.

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon
from .test_committee import CommitteeCommon


@tagged('post_install', '-at_install')
class TestRiskOfRequests(CommitteeCommon, RpcCommon):
    """The score is made of what really happened, frozen at submission, and read by nobody outside."""

    def _facts(self, request):
        return request.sudo()._get_risk_facts()[request.sudo()]

    def test_first_return_of_a_first_order_says_little(self):
        request = self._submit(self._sell(), 5.0)
        self.assertEqual((request.risk_score, request.risk_note), (10, "10: first order of the last twelve months"))

    def test_pieces_count_that_the_customer_is_responsible_for(self):
        for quantity, values in ((4.0, {}), (3.0, {'reason_id': self.reason_quality.id})):
            self._return(self._sell((self.product, 10.0)), quantity, **values)
        self._validate_by_hand(self._sell((self.product, 5.0)), 2.0)
        request = self._submit(self._sell())
        facts = self._facts(request)
        self.assertEqual((facts.delivered, facts.returned, facts.orders), (30, 6, 3))
        self.assertEqual(request.risk_score, 10)
        self.assertEqual(request.risk_note, "10: sent back 6 of 30 pieces of the last twelve months (20 %)")
        other = self._submit(self._sell(partner=self.other_customer))
        self.assertEqual(self._facts(other).returned, 0, "another customer")

    def _validate_by_hand(self, order, quantity):
        wizard = self.env['stock.return.picking'].with_context(
            active_id=order.picking_ids.id, active_model='stock.picking').create({})
        wizard.product_return_moves.quantity = quantity
        self._validate(wizard._create_return())

    def test_refusals_unsent_goods_and_other_serials_count(self):
        order = self._sell((self.product, 20.0))
        self._submit(order).with_user(self.voter_sales).action_reject("Worn")
        self._approve(order).with_user(self.agent_all).action_close_short("Never came")
        wrong = self._approve(order)
        self.env['returns.discrepancy'].create({'request_id': wrong.id, 'kind': 'other_serial'})
        facts = self._facts(self._submit(order))
        self.assertEqual((facts.refused, facts.unsent, facts.paid_unsent, facts.other_goods), (1, 1, 0, 1))

    def test_paid_in_advance_and_never_sent(self):
        self.policy = self.policy.copy({'rule_ids': [Command.clear(), Command.create({
            'name': "In advance", 'window_days': 30, 'advance': 'refund'})]})
        self.policy._do_publish()
        order = self._sell((self.product, 20.0))
        request = self._approve(order)
        self._settle(request)
        request.with_user(self.agent_all).action_close_short("Never came")
        later = self._submit(order)
        self.assertEqual((self._facts(later).unsent, self._facts(later).paid_unsent), (0, 1))
        self.assertIn("25: returns paid in advance and never sent: 1", later.risk_note)

    def test_unusual_amount(self):
        for _number in range(3):
            self._sell((self.product, 1.0))
        request = self._submit(self._sell((self.product, 10.0)), 10.0)
        facts = self._facts(request)
        self.assertEqual((facts.orders, float(facts.usual), float(facts.amount)), (3, 23.99, 239.89))
        self.assertEqual(request.risk_score, 15)
        self.assertIn(request.currency_id.format(request.amount_requested), request.risk_note)

    def test_committee_is_asked_from_its_risk(self):
        order = self._sell((self.product, 20.0))
        for asked, least, steps in (('exceptions', 0, 1), ('exceptions', 11, 1), ('exceptions', 10, 2), ('never', 10, 1)):
            with self.subTest(asked=asked, least=least):
                self.team.write({'asked': asked, 'asked_risk_min': least})
                request = self._submit(order)
                self.assertEqual((request.risk_score, len(request.step_ids)), (10, steps))
                request.action_cancel()
        for wrong in (-1, 101):
            with self.subTest(wrong=wrong), mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation):
                self._rpc(self.manager, 'returns.team', 'write', self.team.ids, {'asked_risk_min': wrong})

    def test_score_is_frozen_and_not_to_be_typed(self):
        request = self._submit(self._sell())
        for name, value in (('risk_score', 0), ('risk_note', "nothing")):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._rpc(self.agent, 'returns.request', 'write', request.ids, {name: value})
        self._sell()
        self.assertEqual(request.risk_score, 10)
        request.action_cancel()
        request.action_draft()
        request.action_submit()
        self.assertEqual(request.risk_score, 0, "taken up again, it is judged anew")

    def test_customers_never_read_it(self):
        request = self._submit(self._sell())
        for name in ('risk_score', 'risk_note'):
            with self.subTest(name=name):
                with self.assertRaises(AccessError):
                    self._rpc(self.portal, 'returns.request', 'read', request.ids, [name])
                with self.assertRaises(AccessError):
                    self._rpc(self.portal, 'returns.request', 'search', [(name, '!=', False)])
                with self.assertRaises(AccessError):
                    self._rpc(self.portal, 'returns.request', 'search', [], order=name)
        for template in self.env['mail.template'].search([('model', '=', 'returns.request')]):
            self.assertNotIn('risk', template.body_html or '')
        shown = self._rpc(self.voter_sales, 'returns.request', 'read', request.ids, ['risk_score'])
        self.assertEqual(shown[0]['risk_score'], 10)

    def test_many_requests_cost_no_more_queries(self):
        def count(number):
            drafts = self.Request.browse()
            for _number in range(number):
                drafts |= self._file(self._sell(invoice=False))
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            drafts.sudo()._freeze_risk()
            self.env.flush_all()
            return self.env.cr.sql_log_count - start
        count(1)
        self.assertLessEqual(count(9), count(2) + 1)

    def test_form_shows_it_to_staff(self):
        request = self._submit(self._sell())
        with Form(request.with_user(self.agent)) as form:
            self.assertEqual(form.risk_score, 10)
