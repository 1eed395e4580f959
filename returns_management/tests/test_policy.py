# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import date, timedelta
from decimal import Decimal

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from odoo import Command, fields
from odoo.exceptions import AccessError
from odoo.tests import Form, HttpCase, tagged

from .rpc import RpcCommon

TUESDAY = date(2026, 3, 10)


@tagged('post_install', '-at_install')
class TestPolicy(RpcCommon, HttpCase):
    """The policy decides, warns of its own ties, can be tried, and is published as it is judged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        calendar = cls.env['resource.calendar'].create({
            'name': "Weekdays", 'tz': 'UTC', 'company_id': cls.company.id, 'attendance_ids': [Command.clear()] + [
                Command.create({'name': str(day), 'dayofweek': str(day), 'hour_from': 8, 'hour_to': 16})
                for day in range(5)]})
        cls.env['resource.calendar.leaves'].create({
            'name': "Holiday", 'calendar_id': calendar.id, 'company_id': cls.company.id,
            'date_from': '2026-03-18 00:00:00', 'date_to': '2026-03-18 23:59:59'})
        cls.company.resource_calendar_id = calendar
        cls.company.partner_id.tz = 'UTC'

    def _ask(self, window, unit, asked_on):
        """A return of goods delivered on Tuesday the 10th."""
        self.rule.sudo().write({'window_days': window, 'window_unit': unit, 'on_late': 'refuse', 'warranty_months': 0})
        with freeze_time(f'{TUESDAY} 10:00:00'):
            order = self._sell()
            order.picking_ids.move_ids.date = fields.Datetime.now()
            order.sudo().returns_policy_id = self.policy  # published today, which is later
        with freeze_time(f'{asked_on} 10:00:00'):
            return self._submit(order).line_ids

    def _try(self, **values):
        form = Form(self.env['returns.policy.try'].with_user(self.manager).with_context(
            default_policy_id=self.policy.id))
        for name, value in {'product_id': self.product, 'reason_id': self.reason, **values}.items():
            setattr(form, name, value)
        return form

    # ------------------------------------------------------------------
    # Windows
    # ------------------------------------------------------------------

    def test_window_in_working_days_leaves_out_weekends_and_holidays(self):
        # 11, 12, 13, 16, 17, (18 is a holiday) 19
        line = self._ask(6, 'working', date(2026, 3, 19))
        self.assertEqual((line.return_deadline, line.policy_status), (date(2026, 3, 19), 'compliant'))
        late = self._ask(6, 'working', date(2026, 3, 20))
        self.assertEqual((late.return_deadline, late.policy_status), (date(2026, 3, 19), 'refused'))
        self.assertIn("6 working days", late.policy_note)

    def test_window_that_ends_on_a_free_day_goes_on_to_the_next_working_day(self):
        line = self._ask(4, 'calendar', date(2026, 3, 16))  # ends on Saturday the 14th
        self.assertEqual((line.return_deadline, line.policy_status), (date(2026, 3, 16), 'compliant'))
        holiday = self._ask(8, 'calendar', date(2026, 3, 19))  # ends on the holiday
        self.assertEqual((holiday.return_deadline, holiday.policy_status), (date(2026, 3, 19), 'compliant'))
        self.assertEqual(self._ask(6, 'calendar', date(2026, 3, 17)).policy_status, 'refused')

    def test_many_lines_ask_the_calendar_once(self):
        def cost(number):
            requests = self.Request.union(*[self._file(self._sell()) for _number in range(number)])
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests.action_submit()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(1)
        self.assertLessEqual(cost(8) - cost(2), 6)

    def test_company_without_working_time_counts_calendar_days(self):
        self.company.resource_calendar_id.attendance_ids.unlink()
        self.assertEqual(self._ask(4, 'calendar', date(2026, 3, 14)).return_deadline, date(2026, 3, 14))
        line = self._ask(4, 'working', date(2026, 3, 14))
        self.assertEqual((line.return_deadline, line.policy_status), (False, 'exception'), "people have to judge it")

    # ------------------------------------------------------------------
    # Ties
    # ------------------------------------------------------------------

    def test_order_confirmed_again_keeps_the_terms_its_goods_were_delivered_under(self):
        delivered, quotation = self._sell(invoice=False), self._sell(deliver=False, invoice=False)
        later = self.policy.copy()
        later.sudo()._do_publish()
        for order, version in ((delivered, self.policy), (quotation, later)):
            order = order.with_user(self.seller)
            order._action_cancel()
            order.action_draft()
            order.action_confirm()
            self.assertEqual(order.returns_policy_id, version)

    def test_new_version_bears_its_name_in_every_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.policy.sudo().with_context(lang='fr_FR').name = "Retours"
        version = self.policy.browse(self.policy.with_user(self.manager).action_new_version()['res_id'])
        self.assertEqual(
            (version.name, version.with_context(lang='fr_FR').name), (self.policy.name, "Retours"))

    def test_rule_begins_at_midnight_where_the_company_is(self):
        self.company.partner_id.tz = 'Asia/Shanghai'
        rule = self.env['returns.policy.rule'].create({
            'policy_id': self.policy.id, 'name': "From March 10", 'product_id': self.product.id,
            'date_from': '2026-03-10'})
        for moment, expected in (('2026-03-09 15:59:00', self.rule), ('2026-03-09 16:00:00', rule)):
            order = self._sell()
            order.date_order = moment
            self.assertEqual(self._submit(order).line_ids.rule_id, expected)

    @settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_whatever_is_published_later_old_orders_and_verdicts_stay(self, data):
        draw, frozen, judged = data.draw, {}, {}
        for window in draw(st.lists(st.integers(0, 400), min_size=2, max_size=4)):
            version = self.env['returns.policy'].search(
                [('company_id', '=', self.company.id), ('state', '=', 'published')])
            order = self._sell()
            frozen[order] = version
            for other in draw(st.sets(st.sampled_from(list(frozen)), max_size=2)):
                line = self._submit(other).line_ids
                judged[line] = (frozen[other], line.rule_id, line.policy_trace, line.policy_status, line.return_deadline)
                self.assertEqual(line.rule_id.policy_id, frozen[other])
            draft = self.env['returns.policy'].browse(
                version.with_user(self.manager).action_new_version()['res_id'])
            draft.rule_ids.with_user(self.manager).write({'window_days': window, 'is_returnable': draw(st.booleans())})
            draft.with_user(self.manager).action_publish()
        self.env.invalidate_all()
        for order, version in frozen.items():
            self.assertEqual(order.returns_policy_id, version)
        for line, said in judged.items():
            self.assertEqual(
                (line.sale_order_id.returns_policy_id, line.rule_id, line.policy_trace, line.policy_status,
                 line.return_deadline), said)

    def test_rules_that_tie_are_named(self):
        draft = self.policy.copy({'name': "Draft", 'rule_ids': [Command.clear(), *(
            Command.create({'name': name, 'category_id': self.product.categ_id.id, 'sequence': sequence})
            for name, sequence in (("One", 10), ("Two", 10), ("Three", 20)))]})
        self.assertIn('"One" and "Two"', draft.conflict_note)
        self.assertNotIn("Three", draft.conflict_note)
        draft.rule_ids[1].sequence = 15
        draft.invalidate_recordset()
        self.assertFalse(draft.conflict_note)

    # ------------------------------------------------------------------
    # Try it
    # ------------------------------------------------------------------

    def test_trial_says_what_a_real_return_meets(self):
        """Whatever is tried, a real return of the same goods gets the same verdict, trace and askers."""
        self.team.asked = 'exceptions'
        order = self._sell((self.product, 5.0))
        for days, resolution, reason in (
                (0, 'refund', self.reason), (40, 'refund', self.reason), (40, 'exchange', self.reason_quality),
                (0, 'exchange', self.reason)):
            delivered = fields.Date.today() - timedelta(days=days)
            order.picking_ids.move_ids.filtered(lambda move: move.state == 'done' and not move.returns_line_id).date = (
                fields.Datetime.to_datetime(delivered))
            request = self._submit(order, 1.0, resolution=resolution, reason_id=reason.id, reason_answer="Red")
            line = request.line_ids
            trial = self._try(
                partner_id=self.customer, resolution=resolution, reason_id=reason, delivery_date=delivered,
                order_date=order.date_order.date(), amount=request.amount_requested)
            with self.subTest(days=days, resolution=resolution):
                self.assertEqual(trial.policy_status, line.policy_status)
                self.assertEqual(trial.policy_trace, line.policy_trace)
                self.assertEqual(trial.rule_id, line.rule_id)
                self.assertEqual(trial.return_deadline, line.return_deadline)
                asked = [note.split(",")[0] for note in trial.asked_note.split("\n") if "before the goods" in note]
                self.assertEqual(asked, request.step_ids.mapped('display_name'))

    def test_trial_writes_nothing(self):
        count = self.Request.search_count([])
        trial = self._try(amount=10.0)
        self.assertEqual(trial.policy_status, 'compliant')
        self.assertIn("Sales Approval", trial.asked_note)
        self.assertEqual(self.Request.search_count([]), count)

    def test_only_managers_try_policies(self):
        for user in (self.agent_all, self.accountant, self.employee, self.portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.policy.try', 'create', [{
                    'policy_id': self.policy.id, 'product_id': self.product.id, 'reason_id': self.reason.id}])

    # ------------------------------------------------------------------
    # Replay
    # ------------------------------------------------------------------

    def _replay(self, version, user=None):
        replay = self.env['returns.policy.replay'].with_user(user or self.manager).create({'policy_id': version.id})
        replay.action_replay()
        return replay

    def test_replay_of_the_policy_in_force_finds_nothing(self):
        requests = self._submit(self._sell()) | self._submit(self._sell(), resolution='exchange')
        replay = self._replay(self.policy)
        self.assertFalse(replay.line_ids.request_id & requests)
        self.assertGreaterEqual(replay.judged_count, 2)

    def test_replay_names_what_would_be_decided_otherwise(self):
        refund, exchange = self._submit(self._sell(), 2.0), self._submit(self._sell(), resolution='exchange')
        draft = self.policy.copy({'name': "Draft", 'rule_ids': [Command.clear(), Command.create({
            'name': "No refunds", 'window_days': 30, 'allow_refund': False})]})
        before = self._get_lines_as_judged(refund | exchange)
        replay = self._replay(draft)
        changed = replay.line_ids.filtered(lambda line: line.request_id in refund | exchange)
        self.assertEqual((changed.request_id, changed.status_then, changed.status_now), (refund, 'compliant', 'refused'))
        self.assertIn("not offered", changed.note)
        self.assertGreaterEqual(replay.amount_stricter, refund.amount_requested)
        self.assertEqual(self._get_lines_as_judged(refund | exchange), before, "returns stay as they are")

    def _get_lines_as_judged(self, requests):
        return requests.line_ids.mapped(lambda line: (line.policy_status, line.rule_id, line.policy_trace, line.state))

    def test_replay_judges_by_the_day_it_was_asked(self):
        line = self._ask(30, 'calendar', date(2026, 3, 16))
        self.assertEqual(line.policy_status, 'compliant')
        draft = self.policy.copy({'name': "Shorter", 'rule_ids': [Command.clear(), Command.create({
            'name': "A week", 'window_days': 7})]})
        self.assertNotIn(line, self._replay(draft).line_ids.request_line_id, "within the week then, long past now")
        draft.rule_ids.window_days = 2
        self.assertIn(line, self._replay(draft).line_ids.request_line_id)

    def test_replay_costs_the_same_however_many_lines(self):
        self.policy.sudo().rule_ids = [Command.create({
            'name': "Toasters stay sold", 'product_id': self.product_ordered.id, 'is_returnable': False})]

        def cost(number):
            for _number in range(number):
                self._submit(self._sell((self.product_ordered, 1.0)))
            self.env.flush_all()
            self.env.invalidate_all()
            replay = self.env['returns.policy.replay'].with_user(self.manager).create({'policy_id': self.policy.id})
            before = self.cr.sql_log_count
            replay.action_replay()
            return self.cr.sql_log_count - before

        cost(1)
        few, many = cost(1), cost(8)
        self.assertLessEqual(many - few, 3, f"{few} queries for 2 lines, {many} for 10")

    def test_only_managers_replay(self):
        for user in (self.agent_all, self.accountant, self.employee, self.portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.policy.replay', 'create', [{'policy_id': self.policy.id}])

    # ------------------------------------------------------------------
    # Published
    # ------------------------------------------------------------------

    def test_published_text_says_what_is_judged(self):
        rule = self.rule.sudo()
        rule.write({'window_days': 17, 'warranty_months': 5, 'auto_approve_max': 123.0, 'allow_exchange': False,
                    'conditions': "<p>In its box</p>", 'condition_required': 'complete', 'grade_required': 'b',
                    'share_c': 62.5, 'share_d': 0.0, 'fee_percent': 7.25, 'shipping_paid_by': 'customer'})
        self.policy.sudo().rule_ids = [
            Command.create({'name': "Secret", 'partner_id': self.customer.id, 'window_days': 999}),
            Command.create({'name': "Toasters", 'product_id': self.product_ordered.id, 'is_returnable': False})]
        self.authenticate(None, None)
        page = self.url_open('/returns/policy')
        self.assertEqual(page.status_code, 200)
        # the policy alone: the page around it has tokens, in which any number may stand
        text = html.fromstring(page.text).xpath("//div[contains(@class, 'o_returns_policy')]")[0].text_content()
        for words in ("within 17 days", "within 5 months", "In its box", "Toaster", "Cannot be returned",
                      "must come back complete", "worse state than light traces of use are judged case by case",
                      "62.5% of the price for goods with clear traces of use, 0% of the price for goods with damage",
                      "fee of 7.25%", "You pay the way back", "by your own choice or fault"):
            self.assertIn(words, text)
        for words in ("999", "Secret", "123", "an exchange", self.customer.name):
            self.assertNotIn(words, text)

    def test_order_says_what_may_come_back(self):
        self.policy.sudo().rule_ids = [
            Command.create({'name': "Toasters", 'product_id': self.product_ordered.id, 'is_returnable': False})]
        order = self._sell((self.product, 1.0), (self.product_ordered, 1.0))
        self.assertEqual([(part['goods'], part['terms'][:19]) for part in order._prepare_returns_terms()], [
            ("Kettle", "May be returned wit"), ("Toaster", "Cannot be returned.")])
        printed = self.env['ir.actions.report']._render_qweb_html('sale.report_saleorder', order.ids)[0].decode()
        self.assertIn("Cannot be returned.", printed)
        self.policy.copy({'name': "Stricter", 'rule_ids': [Command.clear(), Command.create({
            'name': "Nothing", 'is_returnable': False})]})._do_publish()
        self.assertEqual(len(order._prepare_returns_terms()), 2, "the order keeps its version")
        quotation = self._sell((self.product, 1.0), deliver=False, invoice=False)
        self.assertEqual(quotation._prepare_returns_terms(), [{'goods': "", 'terms': "Cannot be returned."}])

    def test_mail_that_confirms_an_order_says_what_may_come_back(self):
        quotation = self._sell(deliver=False, invoice=False)
        sent = quotation.with_context(force_send=False)
        sent._send_order_confirmation_mail()
        self.assertIn("May be returned within 30 days", sent.message_ids[:1].body)
        sent._send_order_notification_mail(self.env.ref('sale.mail_template_sale_payment_executed'))
        self.assertNotIn("May be returned", sent.message_ids[:1].body, "other mails are about something else")

    def test_order_page_names_the_terms(self):
        order = self._sell()
        self.portal.password = 'test_returns_portal'
        self.authenticate('test_returns_portal', 'test_returns_portal')
        order.partner_id = self.contact
        page = self.url_open(f'/my/orders/{order.id}')
        self.assertIn("May be returned within 30 days", page.text)
        self.assertEqual(Decimal(self.rule.window_days), 30)
