# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import http
from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PIXEL, PortalCase


@tagged('post_install', '-at_install')
class TestPortalCases(PortalCase, HttpCase):
    """The customer is told what differs, and says on the page of the return how to go on."""

    def setUp(self):
        super().setUp()
        self.order = self._sell((self.product, 5.0), partner=self.buyer)

    def _receive_less(self):
        """:return: a return of three pieces of which two came; the case about the third"""
        request = self._approve(self.order, 3.0)
        request.sudo().picking_ids.returns_is_all = True
        picking = request.sudo().picking_ids.with_user(self.inspector)
        picking.move_ids.write({'quantity': 2.0, 'picked': True})
        picking.with_context(skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        return request, request.sudo().discrepancy_ids

    def _receive_more(self):
        request = self._approve(self.order, 2.0)
        self._receive(request, {self.product: 3.0})
        return request, request.sudo().discrepancy_ids

    def _page(self, request):
        response = self.url_open(f'/my/returns/{request.id}')
        self.assertEqual(response.status_code, 200)
        return response.text

    def _answer(self, case, answer, comment='', files=(), request=None, token=True, query='', **data):
        data = {'case_id': case.id, 'answer': answer, 'comment': comment, **data}
        if token:
            data['csrf_token'] = http.Request.csrf_token(self)
        response = self.url_open(
            f'/my/returns/{(request or case.request_id).id}/answer{query}', data=data,
            files=[('proof', file) for file in files])
        self.env.invalidate_all()
        return response

    def test_customer_is_mailed_once_what_differs(self):
        request, _case = self._receive_less()
        mails = self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', '=', request.id), ('subject', 'like', 'a question about')])
        self.assertEqual((len(mails), mails.recipient_ids), (1, self.buyer))
        self.assertIn("Missing: 1 × Kettle", mails.body_html)
        self.env.ref('returns_management.mail_template_discrepancy').active = False
        request, _case = self._receive_more()
        self.assertFalse(self.env['mail.mail'].search([
            ('model', '=', 'returns.request'), ('res_id', '=', request.id), ('subject', 'like', 'a question about')]))

    def test_customer_accepts_the_count(self):
        request, case = self._receive_less()
        self.authenticate('portal_rita', 'portal_rita')
        page = self._page(request)
        for words in ("We need your answer", "Missing: 1 × Kettle", "Your count is right"):
            self.assertIn(words, page)
        self.assertIn("We need your answer", self.url_open('/my/returns').text)
        self._answer(case, 'accept')
        self.assertEqual((case.state, case.result, case.answer), ('closed', 'short', 'accept'))
        self.assertEqual((request.line_ids.quantity_closed, request.line_ids.quantity_missing), (1.0, 0.0))
        self.assertNotIn("Your count is right", self._page(request))
        self.assertIn("cannot be answered any more", self._answer(case, 'proof', "Wait!").text)
        self.assertEqual(case.state, 'closed')

    def test_customer_sends_proof_and_the_owner_has_the_whole_time_again(self):
        request, case = self._receive_less()
        due = case.date_due
        case.date_due = '2020-01-01'
        case.is_told_late = True
        self.authenticate('portal_rita', 'portal_rita')
        page = self._answer(case, 'proof', "I packed three.", [('box.png', PIXEL, 'text/plain')]).text
        self.assertIn("I packed three.", page)
        self.assertIn("We look into it", page)
        self.assertEqual((case.state, case.answer, case.answer_note), ('open', 'proof', "I packed three."))
        self.assertGreaterEqual(case.date_due, due)
        self.assertFalse(case.is_told_late)
        self.assertEqual((case.activity_ids.user_id, len(case.activity_ids)), (self.agent, 1))
        proof = case.proof_ids
        self.assertEqual((proof.mimetype, proof.res_model, proof.res_id, proof.public),
                         ('image/png', 'returns.request', request.id, False))
        self.assertLessEqual(proof, request.sudo().evidence_ids)
        with self.assertRaisesRegex(UserError, "evidence"):
            proof.with_user(self.agent).unlink()
        self._answer(case, 'proof', "Here is more.")
        self.assertEqual(case.answer_note, "I packed three.\n\nHere is more.")
        self._answer(case, 'accept')
        self.assertEqual((case.state, case.result), ('closed', 'short'))

    def test_customer_wants_a_surplus_back(self):
        request, case = self._receive_more()
        self.authenticate('portal_rita', 'portal_rita')
        self.assertIn("Send it back to me", self._page(request))
        self._answer(case, 'send_back')
        self.assertTrue(case.is_under_way)
        page = self._page(request)
        self.assertIn("We send it back to you", page)
        self.assertNotIn("Send it back to me", page)
        case.disposal_move_ids.picking_id.button_validate()
        self.assertIn("Sent back to you", self._page(request))

    def test_customer_leaves_a_surplus_to_us(self):
        request, case = self._receive_more()
        self.authenticate('portal_rita', 'portal_rita')
        self._answer(case, 'accept')
        self.assertEqual((case.state, case.answer), ('open', 'accept'))
        self.assertIn("We look into it", self._page(request))
        self.assertIn("cannot be answered any more", self._answer(case, 'send_back').text)
        self.assertFalse(case.is_under_way)

    def test_guest_with_the_link_answers_and_others_do_not(self):
        request, case = self._receive_less()
        token = request.sudo()._portal_ensure_token()
        self.authenticate(None, None)
        self._answer(case, 'accept')
        self._answer(case, 'accept', query='?access_token=wrong')
        self.authenticate('portal_stranger', 'portal_stranger')
        self._answer(case, 'accept')
        self.assertEqual(case.state, 'open')
        self.authenticate(None, None)
        self._answer(case, 'accept', query=f'?access_token={token}')
        self.assertEqual(case.state, 'closed')

    def test_answers_need_a_token_against_forgery(self):
        _request, case = self._receive_less()
        self.authenticate('portal_rita', 'portal_rita')
        with mute_logger('odoo.http'):
            self.assertEqual(self._answer(case, 'accept', token=False).status_code, 400)
        self.assertEqual(case.state, 'open')

    def test_nobody_answers_for_another_return(self):
        request, _case = self._receive_less()
        other = self._approve(self._sell((self.product, 5.0), partner=self.other_customer), 3.0)
        self._receive(other, {self.product: 4.0})
        foreign = other.sudo().discrepancy_ids
        self.authenticate('portal_rita', 'portal_rita')
        self.assertIn("no such question", self._answer(foreign, 'send_back', request=request).text)
        self.assertFalse(foreign.is_under_way)

    def test_odd_answers_change_nothing_and_are_no_server_errors(self):
        request, case = self._receive_less()
        complaint = self.env['returns.discrepancy'].create({'request_id': request.id, 'kind': 'complaint'})
        self.authenticate('portal_rita', 'portal_rita')
        for data in (
                {'answer': ''}, {'answer': 'waive'}, {'answer': 'send_back'}, {'answer': '__class__'},
                {'answer': 'proof'}, {'answer': 'proof', 'comment': "x" * 5000}, {'answer': 'accept', 'case_id': '-1'},
                {'answer': 'accept', 'case_id': '²'}, {'answer': 'accept', 'case_id': '9' * 30},
                {'answer': 'accept', 'case_id': complaint.id}, {'answer': 'accept', 'case_id': "1; DROP"}):
            with self.subTest(**data):
                response = self._answer(case, **data)
                self.assertEqual(response.status_code, 200)
                self.assertIn('alert-danger', response.text)
        form = {'case_id': case.id, 'answer': 'waive', 'comment': '', 'access_token': ''}
        for name in form:
            with self.subTest(file=name):
                data = {other: value for other, value in form.items() if other != name}
                response = self.url_open(
                    f'/my/returns/{request.id}/answer', files={name: ('a.txt', b'a')},
                    data={**data, 'csrf_token': http.Request.csrf_token(self)})
                self.assertEqual(response.status_code, 200)
        for parameter in ('document', 'values', 'session_history', 'no_breadcrumbs', 'access_token'):
            with self.subTest(parameter=parameter):
                response = self.url_open(f'/my/returns/{request.id}?{parameter}=1')
                self.assertEqual(response.status_code, 200)
        page = self._answer(case, 'proof', "Look", [('evil.svg', b'<svg onload="alert(1)"/>', 'image/png')]).text
        self.assertIn("neither a picture", page)
        self.assertEqual((case.state, case.answer, complaint.state), ('open', False, 'open'))
        self._answer(case, 'proof', "A\0gain.")
        self.assertEqual(case.answer_note, "Again.")
        for _time in range(12):
            self._answer(case, 'proof', "Again.")
        self.assertEqual(case.answer_count, 10)
