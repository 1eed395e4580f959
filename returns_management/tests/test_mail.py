# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestMail(ReturnsCommon):
    """Customers are told once, by the queue, in their language, and nothing that is ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.returns_refund_posting = 'draft'

    def _mails(self, requests, event=None):
        """:return: the mails queued about ``requests``, of one kind or all"""
        mails = self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', 'in', requests.ids),
            ('message_type', '=', 'email_outgoing')], order='id')
        subjects = {'approved': "is approved", 'rejected': "about your return", 'credit_note': "credit note for"}
        return mails.filtered(lambda mail: not event or subjects[event] in mail.subject)

    # ------------------------------------------------------------------
    # When, to whom, how often
    # ------------------------------------------------------------------

    def test_each_event_is_told_once_and_by_the_queue(self):
        request = self._submit(self._sell(), 2.0)
        self.assertFalse(self._mails(request), "nobody decided yet")
        request.with_user(self.voter_sales).action_approve()
        mail = self._mails(request)
        self.assertEqual((len(mail), mail.state, mail.recipient_ids), (1, 'outgoing', self.customer))
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        self._inspect(request)
        self.assertEqual(self._mails(request), mail, "goods that arrive are no approval")
        note = self._settle(request, post=False)
        self.assertFalse(self._mails(request, 'credit_note'), "a draft is ours")
        note.with_user(self.accountant).action_post()
        told = self._mails(request, 'credit_note')
        self.assertEqual(len(told), 1)
        self.assertEqual(self._mails(request), mail | told)
        self.assertIn(note.name, told.body_html)
        amount = note.currency_id.format(note.amount_total)
        self.assertIn(amount.replace("\xa0", "&nbsp;"), told.body_html.replace("\xa0", "&nbsp;"))

    def test_rejected_customer_reads_the_reason_once(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("The seal is broken.")
        mail = self._mails(request)
        self.assertEqual(len(mail), 1)
        self.assertIn("The seal is broken.", mail.body_html)
        request.action_draft()
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(len(self._mails(request, 'approved')), 1, "a new round has its own answer")

    def test_request_refused_by_the_policy_is_told_at_submission(self):
        self.rule.sudo().on_late = 'refuse'
        order = self._sell()
        order.order_line.move_ids.date = '2020-01-01'
        request = self._submit(order)
        self.assertIn(request.line_ids.rejection_note, self._mails(request, 'rejected').body_html)

    def test_express_request_is_told_at_submission(self):
        self.rule.sudo().auto_approve_max = 1000.0
        self.assertEqual(len(self._mails(self._submit(self._sell()), 'approved')), 1)

    def test_customer_who_keeps_the_goods_is_not_asked_for_them(self):
        self.rule.sudo().write({'auto_approve_max': 1000.0, 'returnless_max': 1000.0})
        mail = self._mails(self._submit(self._sell()), 'approved')
        self.assertIn("do not have to send anything back", mail.body_html)
        self.assertNotIn("return slip", mail.body_html)

    def test_cancelled_request_is_not_told_as_approved(self):
        request = self._submit(self._sell())
        request.action_cancel()
        self.assertFalse(self._mails(request))

    def test_two_credit_notes_posted_together_are_one_mail(self):
        order = self._sell((self.product, 2.0), invoice=False)
        order._create_invoices().action_post()
        order.order_line.product_uom_qty = 4.0
        self._deliver(order)
        order._create_invoices().action_post()
        request = self._approve(order, 4.0)
        self._receive(request)
        self._inspect(request)
        notes = self._settle(request)
        self.assertEqual(len(notes), 2)
        mail = self._mails(request, 'credit_note')
        self.assertEqual(len(mail), 1)
        for note in notes:
            self.assertIn(note.name, mail.body_html)

    def test_credit_note_posted_again_is_told_only_with_another_amount(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        self._inspect(request)
        note = self._settle(request)
        note.button_draft()
        note.action_post()
        self.assertEqual(len(self._mails(request, 'credit_note')), 1, "nothing is new to the customer")
        note.button_draft()
        note.invoice_line_ids.quantity = 1.0
        note.action_post()
        told = self._mails(request, 'credit_note')
        self.assertEqual(len(told), 2)
        amount = note.currency_id.format(note.amount_total)
        self.assertIn(amount.replace("\xa0", "&nbsp;"), told[-1].body_html.replace("\xa0", "&nbsp;"))

    def test_contact_without_address_is_told_at_the_company(self):
        self.contact.email = False
        request = self._approve(self._sell(partner=self.contact))
        self.assertEqual(self._mails(request).recipient_ids, self.customer)

    def test_customer_without_address_is_noted_in_the_chatter(self):
        self.customer.email = False
        request = self._approve(self._sell())
        self.assertFalse(self._mails(request))
        notes = request.message_ids.filtered(lambda message: "no email address" in (message.body or ''))
        self.assertEqual(len(notes), 1)
        self.assertTrue(notes.is_internal)

    # ------------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------------

    def test_approval_says_what_to_do_until_when_and_what_was_cut(self):
        request = self._submit(self._sell((self.product, 5.0), (self.product_ordered, 2.0)), 2.0)
        kettle, toaster = request.line_ids
        voter = request.with_user(self.voter_sales)
        voter.action_lower({kettle.id: 1.0}, "One kettle was used.")
        voter.action_lower({toaster.id: 0.0}, "Toasters stay sold.")
        voter.action_approve()
        request = request.sudo()
        body = self._mails(request).body_html
        for text in ("One kettle was used.", "Toasters stay sold.", "We could not approve all of it",
                     request._show_date(request.date_ship_by), self.warehouse.partner_id.name,
                     f'/my/returns/{request.id}?access_token={request.access_token}'):
            self.assertIn(text, body)

    def test_mail_speaks_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.customer.lang = 'fr_FR'
        template = self.env.ref('returns_management.mail_template_approved')
        template.with_context(lang='fr_FR').subject = "Votre retour {{ object.name }} : is approved"
        self.product.with_context(lang='fr_FR').name = "Bouilloire"
        request = self._approve(self._sell())
        mail = self._mails(request)
        self.assertEqual(mail.subject, f"Votre retour {request.name} : is approved")
        self.assertIn("Bouilloire", mail.body_html)
        self.assertIn(request.sudo().with_context(lang='fr_FR')._show_date(request.date_ship_by), mail.body_html)

    def test_no_internal_word_leaves_the_house(self):
        request = self._submit(self._sell(), 2.0)
        request.with_user(self.agent).message_post(body="SECRET chatter")
        request.with_user(self.voter_sales).action_approve("SECRET comment")
        self._receive(request)
        inspection = self.env['returns.inspection'].search([('request_id', '=', request.id)])
        inspection.with_user(self.inspector).note = "SECRET finding"
        self._inspect(request)
        self._settle(request)
        mails = self._mails(request)
        self.assertEqual(len(mails), 2)
        for mail in mails:
            self.assertNotIn("SECRET", mail.body_html)
            for word in (self.group_sales.name, self.voter_sales.name, self.rule.name, self.inspector.name):
                self.assertNotIn(word, mail.body_html)

    def test_sent_mail_stays_readable_for_our_people_only(self):
        request = self._approve(self._sell())
        mail = self._mails(request)
        message = mail.mail_message_id
        self.assertTrue(mail.auto_delete)
        mail.unlink()  # as the queue does once it is sent
        self.assertIn(message, request.message_ids)
        self.assertFalse(message.filtered_domain(self.env['mail.message']._get_search_domain_share()))

    # ------------------------------------------------------------------
    # How much it costs
    # ------------------------------------------------------------------

    def test_mails_are_made_in_batch(self):
        def cost(number):
            requests = self.Request.union(*[self._submit(self._sell()) for _number in range(number)]).sudo()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests._tell('approved')
            self.env.flush_all()
            return self.cr.sql_log_count - before

        cost(1)
        few, many = cost(2), cost(12)
        self.assertLessEqual(many - few, 8, f"{few} queries for 2 mails, {many} for 12")
