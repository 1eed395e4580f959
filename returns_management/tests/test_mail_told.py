# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ReturnsCommon

#: What customers may read, so a mail may say it. Every other text of ours, and each to come, is internal.
FOR_CUSTOMERS = {
    'returns.request': {'name', 'customer_note', 'tracking_ref', 'pickup_contact', 'pickup_window', 'access_token'},
    'returns.request.line': {'rejection_note', 'reason_answer', 'policy_note', 'customer_verdict'},
    'returns.reason': {'name', 'question'},
    'returns.policy.rule': {'conditions'},
    'returns.discrepancy': {'answer_note', 'complaint', 'solution'},
    'returns.pause': {'question'},
}
#: Of Odoo's own, what our people write down for themselves
INTERNAL = {'res_partner': 'comment', 'stock_picking': 'note', 'sale_order': 'client_order_ref'}
MARK = 'XSECRETX'


@tagged('post_install', '-at_install')
class TestMailTold(ReturnsCommon):
    """Customers are told of each change that matters to them, once, where the company wants it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.returns_refund_posting = 'draft'

    def _mails(self, requests):
        self.cr.precommit.run()
        return self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', 'in', requests.ids),
            ('message_type', '=', 'email_outgoing')], order='id')

    def _subjects(self, request):
        """:return: what each mail is about, in its order"""
        words = {
            "received your request": 'submitted', "is approved": 'approved', "have arrived": 'received',
            "have inspected": 'inspected', "credit note for": 'credit_note', "how did we do": 'done',
            "a question about": 'discrepancy', "need your answer": 'question', "about your return": 'rejected',
            "have paid you": 'payout'}
        return [next(event for text, event in words.items() if text in mail.subject) for mail in self._mails(request)]

    def _switch(self, event, is_sent):
        self.env['returns.mail'].search([
            ('company_id', '=', self.company.id), ('event', '=', event)]).is_sent = is_sent

    # ------------------------------------------------------------------
    # What is told when
    # ------------------------------------------------------------------

    def test_customer_is_told_along_the_whole_road(self):
        request = self._submit(self._sell(), 2.0)
        self.assertEqual(self._subjects(request), ['submitted'])
        body = self._mails(request).body_html
        self.assertIn(self.reason.name, body)
        self.assertIn(request.sudo()._show_date(request.sudo().date_decision_due), body)
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self.assertEqual(self._subjects(request), ['submitted', 'approved', 'received'])
        self._inspect(request)
        self.assertEqual(self._subjects(request)[3:], [], "what is inspected is credited a moment later: switched off")
        self._settle(request)
        self.assertEqual(self._subjects(request)[3:], ['credit_note'], "it closed the return, and asks for the rating")
        self.assertIn('/rate/', self._mails(request)[-1].body_html)

    def test_parcels_are_told_one_by_one(self):
        request = self._approve(self._sell(), 3.0)
        self._receive(request, {self.product: 1.0})
        self._mails(request)
        self._receive(request)
        first, second = self._mails(request).filtered(lambda mail: "have arrived" in mail.subject)
        self.assertIn("Still to come", first.body_html)
        self.assertNotIn("Still to come", second.body_html)

    def test_one_moment_is_one_mail(self):
        self._switch('inspected', True)
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(self._subjects(request), ['approved'], "submitted and approved in one transaction")
        self._receive(request)
        self._inspect(request)
        self.assertEqual(self._subjects(request)[1:], ['inspected'], "received and inspected in one transaction")

    def test_difference_is_told_instead_of_the_arrival(self):
        request = self._approve(self._sell())
        self._mails(request)
        self._receive(request, {self.product: 2.0})
        self.assertEqual(self._subjects(request)[1:], ['discrepancy'])

    def test_closing_is_told_with_the_rating_where_nothing_else_says_it(self):
        request = self._approve(self._sell(), resolution='exchange')
        self._receive(request)
        self._inspect(request)
        self._mails(request)
        request.with_user(self.accountant).action_settle()
        for picking in request.sudo().exchange_picking_ids:
            self._validate(picking)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._subjects(request)[-1], 'done')
        body = self._mails(request)[-1].body_html
        self.assertIn("We sent you a replacement.", body)
        self.assertEqual(body.count('/rate/'), 3)

    def test_customer_reads_why_goods_were_not_accepted(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        self._inspect(request, accepted=0.0, disposition=self.back_to_customer)
        line = request.sudo().line_ids
        line._as_flow().rejection_note = "The heating plate is broken."
        for picking in request.sudo().line_ids.move_ids.picking_id.filtered(lambda picking: picking.state != 'done'):
            self._validate(picking)
        if request.state != 'done':
            request.with_user(self.accountant).action_settle()
        self.assertEqual(request.state, 'done')
        body = self._mails(request)[-1].body_html
        self.assertIn("We could not accept all of the goods", body)
        self.assertIn("The heating plate is broken.", body)

    def test_rolled_back_step_is_not_told(self):
        request = self._file(self._sell())
        with self.assertRaises(ZeroDivisionError), self.env.cr.savepoint():
            request.action_submit()
            raise ZeroDivisionError
        self.assertFalse(self._mails(request))

    # ------------------------------------------------------------------
    # The question
    # ------------------------------------------------------------------

    def test_customer_is_asked_by_mail_and_on_the_page(self):
        request = self._submit(self._sell())
        wizard = Form(self.env['returns.pause.wizard'].with_user(self.agent).with_context(
            active_model='returns.request', active_ids=request.ids))
        wizard.note = "XSECRETX"
        wizard.question = "Is the seal broken?"
        wizard.save().action_pause()
        self.assertTrue(request.is_paused)
        mail = self._mails(request)[-1]
        self.assertIn("need your answer", mail.subject)
        self.assertIn("Is the seal broken?", mail.body_html)
        self.assertNotIn("XSECRETX", mail.body_html)
        page = request.sudo()._prepare_customer_page()
        self.assertIn("Is the seal broken?", page['ask']['text'])
        self.assertEqual(page['tone'], 'warning')
        request.action_resume()
        self.assertNotIn("Is the seal broken?", request.sudo()._prepare_customer_page()['ask']['text'])

    def test_question_is_refused_where_nobody_would_read_it(self):
        request = self._file(self._sell())
        with self.assertRaisesRegex(UserError, "not submitted yet"), self.cr.savepoint():
            request.action_ask_customer("Why?")
        request.action_submit()
        for question in ('', '  ', None, 7, ['x'], 'x' * 5000):
            with self.assertRaises(UserError), self.cr.savepoint():
                request.action_ask_customer(question)
        with self.assertRaises(AccessError), self.cr.savepoint():
            request.with_user(self.employee).action_ask_customer("Why?")
        request.action_pause('carrier')
        with self.assertRaisesRegex(UserError, "stand already"), self.cr.savepoint():
            request.action_ask_customer("Why?")

    # ------------------------------------------------------------------
    # Switches
    # ------------------------------------------------------------------

    def test_each_event_has_a_switch_for_each_company(self):
        Mail = self.env['returns.mail']
        other = self.env['res.company'].create({'name': "Other"})
        events = Mail._fields['event'].get_values(self.env)
        for company in self.company | other:
            rows = Mail.search([('company_id', '=', company.id)])
            self.assertEqual(rows.mapped('event'), events)
            self.assertFalse(rows.filtered(lambda row: not row.template_id))
            self.assertEqual(rows.filtered(lambda row: not row.is_sent).mapped('event'), ['inspected'])
        Mail._create_missing()
        self.assertEqual(Mail.search_count([('company_id', '=', other.id)]), len(events))

    def test_what_is_switched_off_is_not_sent(self):
        self._switch('submitted', False)
        self._switch('credit_note', False)
        request = self._return(self._sell())
        self.assertNotIn('credit_note', self._subjects(request))
        self.assertEqual(self._subjects(request)[-1], 'done', "nothing else tells of the end")

    def test_company_chooses_its_own_words(self):
        row = self.env['returns.mail'].search([('company_id', '=', self.company.id), ('event', '=', 'approved')])
        row.with_user(self.manager).template_id = row.template_id.copy({'subject': "Ours: is approved"})
        self.assertIn("Ours: is approved", self._mails(self._approve(self._sell())).mapped('subject'))
        with self.assertRaisesRegex(UserError, "no mail about a return"), self.cr.savepoint():
            row.template_id = self.env['mail.template'].create({
                'name': "Orders", 'model_id': self.env['ir.model']._get_id('sale.order')})
        with self.assertRaises(AccessError), self.cr.savepoint():
            row.with_user(self.manager).event = 'done'

    # ------------------------------------------------------------------
    # What they say
    # ------------------------------------------------------------------

    def _get_templates(self):
        """:return: {event: standard template}"""
        Mail, Request = self.env['returns.mail'], self.Request
        return {event: Request._get_mail_template(event) for event in Mail._fields['event'].get_values(self.env)}

    def _make_one_in_each_state(self):
        self.env['returns.approval.group'].create({
            'name': "Judges", 'department': 'quality', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_quality.ids)], 'reason_ids': [Command.set(self.reason_quality.ids)]})
        draft, cancelled, review, rejected, awaited = (self._file(self._sell(invoice=False)) for _number in range(5))
        (cancelled | review | rejected | awaited).action_submit()
        cancelled.action_cancel()
        awaited.with_user(self.voter_sales).action_approve()
        review.action_ask_customer("Why?")
        rejected.with_user(self.voter_sales).action_reject("Too late.")
        received, over, final = (self._approve(self._sell(invoice=False), reason_id=reason.id) for reason in (
            self.reason, self.reason, self.reason_quality))
        self._receive(received)
        self._receive(over, {self.product: 2.0})
        settlement, done = self._approve(self._sell(), 2.0), self._return(self._sell())
        for request in (final, settlement):
            self._receive(request)
            self._inspect(request, accepted=1.0)
        requests = draft | cancelled | review | rejected | received | over | final | settlement | done
        requests |= awaited
        for request in (review | done).sudo():
            request._complain_by_customer("Too slow.", ())
        done.sudo().discrepancy_ids.write({'cause': "Yard.", 'solution': "Today."})
        done.sudo().discrepancy_ids.action_close()
        self.assertEqual(set(requests.mapped('state')), set(dict(requests._fields['state'].selection)))
        return requests

    def _mark_everything_internal(self, requests):
        """Write the mark, with its place, into every text of ours that is not for customers."""
        for request in requests:
            request.with_user(self.agent).message_post(body=f"{MARK} note", subtype_xmlid='mail.mt_note')
        self.env.flush_all()
        marked = set()
        for model in self.env.registry.values():
            if not model._name.startswith('returns.') or model._abstract or model._transient or not model._auto:
                continue
            for name, field in model._fields.items():
                if (field.type in ('char', 'text', 'html') and field.store and not field.company_dependent
                        and name not in FOR_CUSTOMERS.get(model._name, ())):
                    value = f"'{MARK} {model._table}.{name} ' || id"
                    value = f"jsonb_build_object('en_US', {value})" if field.translate else value
                    self.cr.execute(f'UPDATE "{model._table}" SET "{name}" = {value}')
                    marked.add((model._name, name))
        for table, name in INTERNAL.items():
            self.cr.execute(f'UPDATE "{table}" SET "{name}" = %s', [f"{MARK} {table}.{name}"])
        self.env.invalidate_all()
        self.assertLess({('returns.request', 'risk_note'), ('returns.decision', 'comment'), ('returns.inspection', 'note'),
                         ('returns.discrepancy', 'note'), ('returns.pause', 'note'), ('returns.step', 'name')} & marked | {
                             ('returns.decision', 'comment')}, marked)

    def test_no_internal_text_leaks_into_any_mail_in_any_state(self):
        requests = self._make_one_in_each_state().sudo()
        self._mark_everything_internal(requests)
        for event, template in self._get_templates().items():
            rendered = template._generate_template(requests.ids, ('subject', 'body_html', 'email_from', 'reply_to'))
            for request in requests:
                for part, text in rendered[request.id].items():
                    if isinstance(text, str) and MARK in text:
                        place = text[text.index(MARK):][:80]
                        self.fail(f"{event} {part} of a return in {request.state}: {place}")

    def test_every_mail_speaks_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        self.product.with_context(lang='fr_FR').name = "Bouilloire"
        request = self._approve(self._sell()).sudo()
        self._receive(request)
        for event, template in self._get_templates().items():
            template.with_context(lang='fr_FR').subject = f"FR {event} {{{{ object._show_date(object.date_ship_by) or 0 }}}}"
            self.env['returns.mail'].search([('event', '=', event)]).is_sent = True
            known = self._mails(request)
            request._tell(event)
            mail = self._mails(request) - known
            self.assertEqual(len(mail), 1, event)
            self.assertTrue(mail.subject.startswith(f"FR {event}"), mail.subject)
            if event in ('submitted', 'received'):
                self.assertIn("Bouilloire", mail.body_html)

    # ------------------------------------------------------------------
    # How much it costs
    # ------------------------------------------------------------------

    def test_mails_with_ratings_are_made_in_batch(self):
        requests = self.Request.union(*[self._return(self._sell()) for _number in range(6)]).sudo()
        requests.rating_ids.unlink()

        def cost(told):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            told._tell('done')
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(requests[:1])
        few, many = cost(requests[1:2]), cost(requests[2:])
        self.assertLessEqual(many - few, 4, f"{few} queries for a mail, {many} for 4")

    # ------------------------------------------------------------------
    # The rating
    # ------------------------------------------------------------------

    def test_rating_is_asked_once_it_is_given(self):
        request = self._return(self._sell()).sudo()
        answers = request._prepare_rating()
        self.assertEqual(len(answers), 3)
        token = answers[0]['url'].split('/')[2]
        rating = request.rating_apply(5, token=token, feedback="Quick!")
        self.assertTrue(rating.consumed)
        self.assertEqual((request.rating_last_value, request._prepare_rating()), (5.0, []))
        self.assertFalse(self._approve(self._sell()).sudo()._prepare_rating(), "nothing is over yet")
