# Part of returns_management. See LICENSE file for full copyright and licensing details.

import base64
from io import BytesIO

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged

from .common import ReturnsCommon

PNG = base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')


class ComplaintCommon(ReturnsCommon):

    def _mails(self, request, words):
        return self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', '=', request.id)]).filtered(lambda mail: words in mail.subject)

    def _complain(self, request, words="It took too long.", attachments=()):
        request = self.Request.browse(request.id)  # the customer does, not who filed it
        request._complain_by_customer(words, attachments)
        return request.discrepancy_ids.filtered(lambda case: case.kind == 'complaint').sorted('id')[-1:]


@tagged('post_install', '-at_install')
class TestComplaint(ComplaintCommon):
    """A complaint has an owner, a clock, a cause and a solution, and the customer has the last word."""

    def test_complaint_has_owner_clock_and_receipt_at_once(self):
        request = self._submit(self._sell())
        case = self._complain(request)
        self.assertEqual((case.user_id, case.state, case.complaint), (self.agent, 'open', "It took too long."))
        self.assertTrue(case.date_due and request.is_complaint)
        self.assertEqual(case.activity_ids.user_id, self.agent)
        mail = self._mails(request, "your complaint")
        self.assertIn("It took too long.", mail.body_html)
        self.assertIn(request.sudo()._show_date(case.date_due), mail.body_html)

    def test_customer_complains_in_any_state(self):
        draft, cancelled = self._file(self._sell()), self._submit(self._sell())
        cancelled.action_cancel()
        for request in draft | cancelled | self._approve(self._sell()) | self._return(self._sell()):
            state = request.state
            self.assertTrue(self._complain(request))
            self.assertEqual(request.state, state, "a complaint decides nothing")

    def test_second_text_is_added_to_the_open_complaint(self):
        request = self._submit(self._sell())
        case = self._complain(request)
        due = case.date_due
        self.assertEqual(self._complain(request, "Still nothing."), case)
        self.assertEqual(case.complaint, "It took too long.\n\nStill nothing.")
        self.assertEqual(len(self._mails(request, "your complaint")), 1)
        self.assertEqual(case.date_due, due, "to complain again is no reason to wait longer")
        self.assertEqual(len(case.activity_ids), 2)
        with self.assertRaisesRegex(UserError, "open complaint already"), self.cr.savepoint():
            self.env['returns.discrepancy'].with_user(self.agent).create({'request_id': request.id, 'kind': 'complaint'})
        for number in range(8):
            self._complain(request, f"Again {number}")
        with self.assertRaisesRegex(UserError, "wait for our answer"), self.cr.savepoint():
            self._complain(request, "Once more.")

    def test_complaint_closes_with_cause_and_solution(self):
        request = self._submit(self._sell())
        case = self._complain(request).with_user(self.agent)
        with self.assertRaisesRegex(UserError, "cause"), self.cr.savepoint():
            case.action_close()
        case.cause = "XSECRETX: the parcel lay in the yard."
        with self.assertRaisesRegex(UserError, "solution"), self.cr.savepoint():
            case.action_close()
        self.assertFalse(request.sudo()._prepare_customer_complaints()[0]['solution'])
        case.solution = "We send it today."
        self.assertFalse(request.sudo()._prepare_customer_complaints()[0]['solution'], "not before it is said to be over")
        case.action_close()
        self.assertFalse(case.activity_ids)
        shown = request.sudo()._prepare_customer_complaints()[0]
        self.assertEqual((shown['status'], shown['solution'], len(shown['rating'])), ("Solved", "We send it today.", 3))
        mail = self._mails(request, "our answer")
        self.assertIn("We send it today.", mail.body_html)
        self.assertNotIn("XSECRETX", mail.body_html)
        self.assertEqual(mail.body_html.count('/rate/'), 3)
        for vals in ({'solution': "Nothing."}, {'cause': "They."}, {'complaint': "All is well."}):
            with self.assertRaises(UserError), self.cr.savepoint():
                case.write(vals)
        again = self._complain(request, "It did not come.")
        self.assertTrue(again.id > case.id and again.state == 'open', "a closed complaint is over")

    def test_customer_rates_the_solution(self):
        request = self._submit(self._sell())
        case = self._complain(request)
        case.write({'cause': "Yard.", 'solution': "Today."})
        case.with_user(self.agent).action_close()
        token = case._prepare_rating()[0]['url'].split('/')[2]
        with self.assertRaises(AccessError), self.cr.savepoint():
            case.with_user(self.agent).rating_apply(5, token=token)
        case.rating_apply(1, token=token, feedback="Too late.")
        self.assertEqual((case.rating_last_value, case.rating_last_text, case._prepare_rating()), (1.0, 'ko', []))
        self.assertFalse(request.sudo().rating_ids, "the return itself is rated apart")

    def test_staff_note_a_complaint_and_leave_the_words_alone(self):
        request = self._submit(self._sell()).with_user(self.agent)
        action = request.action_view_complaint()
        case = self.env['returns.discrepancy'].with_user(self.agent).with_context(**action['context']).create(
            {'complaint': "On the phone: too slow."})
        self.assertEqual((case.kind, case.request_id), ('complaint', request))
        self.assertEqual(request.action_view_complaint()['res_id'], case.id)
        with self.assertRaisesRegex(UserError, "stays as it is"), self.cr.savepoint():
            case.complaint = "They are content."
        self.assertEqual(request.sudo()._prepare_customer_complaints()[0]['words'], "On the phone: too slow.")

    def test_answer_templates_render_for_any_return(self):
        request = self._submit(self._sell())
        templates = self.env['mail.template'].search([('name', '=like', 'Answer, %'), ('model', '=', 'returns.request')])
        self.assertGreaterEqual(len(templates), 6)
        for template in templates:
            composer = self.env['mail.compose.message'].with_user(self.agent).create({
                'model': 'returns.request', 'res_ids': request.ids, 'template_id': template.id,
                'composition_mode': 'comment'})
            self.assertIn(request.name, composer.body)
            self.assertIn(self.agent.name, composer.body)
            self.assertEqual(composer.partner_ids, self.customer)


@tagged('post_install', '-at_install')
class TestComplaintPage(HttpCase, ComplaintCommon):
    """The customer complains and rates on the page; nobody else does in their name."""

    def test_customer_complains_and_rates_on_the_page(self):
        request = self._submit(self._sell()).sudo()
        portal = new_test_user(
            self.env, login='test_returns_portal', groups='base.group_portal', password='test_returns_portal')
        portal.partner_id.parent_id = self.customer
        stranger = new_test_user(
            self.env, login='test_returns_stranger', groups='base.group_portal', password='test_returns_stranger')
        page = f'/my/returns/{request.id}'

        def post(words, token=None, csrf=True, files=None, path='complain'):
            data = {'comment': words, **({'access_token': token} if token else {})}
            if csrf:
                data['csrf_token'] = http.Request.csrf_token(self)
            return self.url_open(f'{page}/{path}', data=data, files=files)

        self.authenticate(stranger.login, stranger.login)
        post("Not mine.")
        self.authenticate(None, None)
        post("Not mine.")
        post("Not mine.", token='0' * 36)
        self.authenticate('test_returns_agent', 'test_returns_agent')
        post("Our own people.")
        self.assertFalse(request.discrepancy_ids)

        self.authenticate(portal.login, portal.login)
        self.assertIn("Make a complaint", self.url_open(page).text)
        with self.assertLogs('odoo.http', 'WARNING'):
            self.assertEqual(post("No token.", csrf=False).status_code, 400)
        self.assertIn("Tell us what you are not content with.", post("   ").text)
        refused = post("Script <b>inside</b>", files={'evidence': ('x.html', BytesIO(b'<script>'), 'text/html')})
        self.assertIn("Script &lt;b&gt;inside&lt;/b&gt;", refused.text)
        self.assertFalse(request.discrepancy_ids)
        answer = post("It <b>rattles</b>.", files={'evidence': ('x.png', BytesIO(PNG), 'image/png')})
        case = request.discrepancy_ids
        self.assertEqual((case.kind, case.complaint, len(case.proof_ids)), ('complaint', "It <b>rattles</b>.", 1))
        self.assertIn("It &lt;b&gt;rattles&lt;/b&gt;.", answer.text)
        self.assertIn("sees to it", answer.text)
        self.assertIn("Add something", answer.text)
        self.assertIn(case.proof_ids, request.evidence_ids)

        self.authenticate(None, None)
        post("By the link.", token=request.access_token)
        self.assertIn("By the link.", case.complaint)
        case.write({'cause': "XSECRETX", 'solution': "A new one.", 'note': "XSECRETX"})
        case.with_user(self.agent).action_close()
        self.authenticate(portal.login, portal.login)
        text = self.url_open(page).text
        self.assertIn("A new one.", text)
        self.assertNotIn("XSECRETX", text)
        url = case._prepare_rating()[0]['url']
        self.assertIn(url, text)
        self.assertEqual(self.url_open(url).status_code, 200)
        self.url_open(f'{url.rsplit("/", 1)[0]}/submit_feedback', data={
            'rate': 5, 'feedback': "Thank you", 'csrf_token': http.Request.csrf_token(self)})
        self.assertEqual(case.rating_last_value, 5.0)
        self.assertNotIn(url, self.url_open(page).text)
