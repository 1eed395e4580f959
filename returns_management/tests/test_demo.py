# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..demo.stories import STORIES


@tagged('post_install', '-at_install')
class TestDemo(TransactionCase):
    """The demo data shows every state, reads true, and stands on real decisions and documents."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.requests = cls.env['returns.request'].union(*(
            cls.env.ref(f'returns_management.demo_request_{story.name}') for story in STORIES))

    def _get(self, name):
        return self.env.ref(f'returns_management.demo_request_{name}')

    def test_every_state_is_there(self):
        states = dict(self.requests._fields['state'].selection)
        self.assertEqual(set(self.requests.mapped('state')), set(states))
        self.assertGreater(len(self.requests), 20)

    def test_every_resolution_and_most_reasons_are_there(self):
        lines = self.requests.line_ids
        self.assertEqual(set(lines.mapped('resolution')), {'refund', 'store_credit', 'exchange', 'none'})
        self.assertGreaterEqual(len(lines.reason_id), 10)
        self.assertGreaterEqual(len(lines.product_id), 10)
        self.assertGreaterEqual(len(self.requests.commercial_partner_id), 9)

    def test_requests_spread_over_three_months_and_none_lies_ahead(self):
        now = fields.Datetime.now()
        days = self.requests.mapped('date_requested')
        self.assertLess(min(days), now - timedelta(days=85))
        self.assertLessEqual(max(days), now)
        self.assertGreaterEqual(len({(day.year, day.month) for day in days}), 3)
        self.assertEqual(self.requests.sorted('date_requested').ids, self.requests.sorted('id').ids)

    def test_each_road_runs_forward_in_time(self):
        for request in self.requests:
            stages = [request.date_requested, request.date_submitted, request.date_approved, request.date_received,
                      request.date_refunded, request.date_done]
            known = [stage for stage in stages if stage]
            self.assertEqual(known, sorted(known), request.name)
            self.assertTrue(all(order.date_order < request.date_requested for order in request.sale_order_ids))
            for step in request.step_ids.filtered('date_closed'):
                self.assertTrue(step.date_opened <= step.date_closed <= fields.Datetime.now(), request.name)
            for note in request.refund_ids.filtered(lambda note: note.state == 'posted'):
                self.assertEqual(note.invoice_date, request.date_refunded.date(), request.name)

    def test_verdicts_name_the_days_on_which_they_were_given(self):
        for line in self.requests.line_ids.filtered('policy_status'):
            for entry in line.policy_trace:
                if entry['test'] == 'window' and line.sale_line_id:
                    self.assertEqual(entry['inputs']['today'], str(line.request_id.date_submitted.date()))
                    delivered = min(line.sale_line_id.move_ids.filtered(
                        lambda move: move.location_dest_id.usage == 'customer').mapped('date'))
                    self.assertEqual(entry['inputs']['delivered'], str(delivered.date()))

    def test_mails_name_the_day_until_which_goods_are_awaited(self):
        request = self._get('never_sent')
        mail = request.message_ids.filtered(lambda message: message.message_type == 'email_outgoing')
        self.assertIn(request._show_date(request.date_ship_by), mail.body)

    def test_what_is_late_and_what_is_refused(self):
        late = self.env['returns.request'].search([('is_late', '=', True), ('id', 'in', self.requests.ids)])
        self.assertLessEqual(
            {'approved', 'review', 'final_review', 'settlement'}, set(late.mapped('state')), "late in each way")
        self.assertEqual(self._get('never_sent').state, 'approved')
        self.assertEqual((self._get('cut_screens').state, self._get('cut_screens').policy_status),
                         ('rejected', 'refused'))
        self.assertEqual((self._get('used_chairs').state, self._get('used_chairs').policy_status),
                         ('rejected', 'compliant'))
        self.assertEqual(self._get('forgotten_doors').policy_status, 'exception')

    def test_departments_and_committee_really_decided(self):
        decisions = self.requests.decision_ids
        self.assertLessEqual({'sales', 'quality', 'finance', 'management'}, set(decisions.mapped('department')))
        self.assertEqual(set(decisions.mapped('verdict')), {'approve', 'reject', 'abstain'})
        for decision in decisions:
            self.assertIn(decision.user_id, decision.step_id.voter_ids)
        self.assertEqual(len(self._get('desk_too_long').decision_ids), 6)
        with self.assertRaises(UserError):
            decisions[0].comment = "I never said that"

    def test_each_kind_of_trouble_is_there(self):
        self.assertEqual(
            set(self.requests.discrepancy_ids.mapped('kind')), {'over', 'complaint'})
        partial = self._get('half_of_them')
        self.assertEqual((partial.line_ids.quantity_received, partial.line_ids.quantity_approved), (5.0, 8.0))
        self.assertIn('assigned', partial.picking_ids.mapped('state'), "the back-order is awaited")
        self.assertEqual(self._get('third_chair').line_ids.quantity_closed, 1.0)
        refused = self._get('cut_sofa')
        self.assertEqual((refused.state, refused.amount_refunded, refused.line_ids.quantity_accepted),
                         ('done', 0.0, 0.0))
        self.assertTrue(self._get('gas_lift').evidence_ids.filtered(lambda file: file.mimetype == 'image/jpeg'))

    def test_money_is_right_to_the_cent(self):
        for request in self.requests.filtered('amount_refunded'):
            posted = request.refund_ids.filtered(lambda note: note.state == 'posted')
            self.assertEqual(request.amount_refunded, sum(posted.mapped('amount_total_in_currency_signed')) * -1)
            for line in request.line_ids:
                price = line.sale_line_id.price_total / line.sale_line_id.product_uom_qty
                kept = sum(line.settlement_ids.mapped('amount_kept'))
                self.assertAlmostEqual(line.amount_refunded, price * line.quantity_settled - kept, 2)
        self.assertTrue(self.requests.line_ids.settlement_ids.filtered('amount_kept'), "a fee or a grade costs something")
        self.assertEqual(self._get('sized_chairs').refund_ids.state, 'draft', "something is left to post")
        self.assertEqual(self._get('deep_cabinet').state, 'settlement', "something is left to settle")

    def test_goods_without_an_order_wait_for_the_word_on_what_is_paid(self):
        request = self._get('fair_lamp')
        line = request.line_ids
        self.assertEqual((request.state, request.policy_status, line.without_order), ('final_review', 'exception', True))
        self.assertEqual((line.credit_price, line.sale_order_id.id, line.balance_id.id), (32.0, False, False))
        self.assertEqual(request.step_ids.filtered(lambda step: step.phase == 'settle').state, 'open')

    def test_loading_again_changes_nothing(self):
        before = self.env['returns.request'].search_count([])
        self.env['returns.demo']._load()
        self.assertEqual(self.env['returns.request'].search_count([]), before)

    def test_nothing_waits_to_be_sent_to_customers_who_do_not_exist(self):
        self.assertFalse(self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', 'in', self.requests.ids), ('state', '=', 'outgoing')]))

    def test_everybody_can_log_in_with_their_login(self):
        agent = self.env.ref('returns_management.demo_agent')
        credential = {'login': agent.login, 'password': agent.login, 'type': 'password'}
        self.assertEqual(agent.with_user(agent)._check_credentials(credential, {'interactive': False})['uid'], agent.id)
        people = self.env['res.users'].search([('login', '=like', 'returns_%')])
        self.assertGreaterEqual(len(people), 12)
        self.env.cr.execute("SELECT login, password FROM res_users WHERE id = ANY(%s)", [people.ids])
        for login, hashed in self.env.cr.fetchall():
            self.assertTrue(self.env['res.users']._crypt_context().verify(login, hashed), login)

    def test_each_role_sees_what_it_has_to_do(self):
        def waiting(login, domain):
            user = self.env.ref(f'returns_management.demo_{login}')
            return self.env['returns.request'].with_user(user).search_count(domain)

        self.assertTrue(waiting('inspector', [('inspection_ids.state', '=', 'draft')]))
        self.assertTrue(waiting('accountant', [('may_settle', '=', True)]))
        for login in ('sales', 'quality', 'finance', 'chair', 'committee_sales', 'committee_finance'):
            steps = self.env['returns.step'].with_user(self.env.ref(f'returns_management.demo_{login}'))
            self.assertTrue(steps.search_count([('may_decide', '=', True)]), login)
        joel = self.env.ref('base.demo_user0')
        self.assertEqual(
            set(self.env['returns.request'].with_user(joel).search([]).mapped('state')),
            {'done', 'final_review', 'review'})
