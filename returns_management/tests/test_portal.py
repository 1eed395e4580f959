# Part of returns_management. See LICENSE file for full copyright and licensing details.

import base64
import json
from urllib.parse import quote

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .common import ReturnsCommon

PIXEL = base64.b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')

# What our people think and do, field by field: no portal user reads it.
INTERNAL_FIELDS = {
    'returns.request': [
        'next_step_note', 'policy_note', 'step_ids', 'decision_ids', 'inspection_ids', 'discrepancy_ids',
        'settlement_ids', 'evidence_ids', 'may_decide', 'may_settle', 'team_id',
    ],
    'returns.request.line': [
        'policy_note', 'policy_trace', 'rule_id', 'is_express', 'needs_committee', 'balance_id', 'inspection_ids',
        'settlement_ids', 'move_ids', 'responsibility',
    ],
}


class PortalCase(ReturnsCommon):
    """A customer's company with two contacts who have an account, and a stranger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def portal_user(name, parent=None):
            user = new_test_user(
                cls.env, login=f'portal_{name}', password=f'portal_{name}', name=name.title(),
                email=f'{name}@example.com', groups='base.group_portal')
            user.partner_id.parent_id = parent
            return user

        cls.rita = portal_user('rita', cls.customer)
        cls.colleague = portal_user('colleague', cls.customer)
        cls.stranger = portal_user('stranger')
        cls.buyer = cls.rita.partner_id


@tagged('post_install', '-at_install')
class TestPortalPages(PortalCase, HttpCase):
    """What customers see of their returns, and that nobody else does."""

    def _get(self, path):
        """:return: (path where the browser ends up, text of the page)"""
        response = self.url_open(path)
        self.assertLess(response.status_code, 500, path)
        return response.url.replace(self.base_url(), '').split('?')[0], response.text

    def _token_path(self, request, token=None, suffix=''):
        return f'/my/returns/{request.id}{suffix}?access_token={quote(token or request.sudo()._portal_ensure_token())}'

    # ------------------------------------------------------------------
    # Objecting to a refusal
    # ------------------------------------------------------------------

    def _refuse(self, lines=1):
        request = self._submit(self._sell(*[(self.product, 5.0)] * lines, partner=self.buyer))
        request.with_user(self.voter_sales).action_reject("It was used.")
        return request

    def _object(self, path, comment="It was never used.", files=(), token=True):
        data = {'comment': comment, **({'csrf_token': http.Request.csrf_token(self)} if token else {})}
        return self.url_open(path, data=data, files=[('evidence', file) for file in files])

    def test_customer_objects_once_with_evidence(self):
        request = self._refuse()
        self.authenticate('portal_rita', 'portal_rita')
        self.assertIn("I object to the refusal", self._get(f'/my/returns/{request.id}')[1])
        response = self._object(
            f'/my/returns/{request.id}/dispute', files=[('photo.png', PIXEL, 'text/plain'), ('', b'', '')])
        self.assertNotIn("I object to the refusal", response.text)
        line = request.line_ids
        self.assertEqual((request.state, line.is_disputed, line.dispute_note), ('review', True, "It was never used."))
        evidence = request.sudo().evidence_ids
        self.assertEqual((evidence.name, evidence.mimetype, evidence.res_id, evidence.public),
                         ('photo.png', 'image/png', request.id, False))
        self.assertEqual(request.sudo().step_ids.filtered(lambda step: step.state == 'open').kind, 'committee')
        for user in (self.voter_quality, self.voter_finance, self.chair):
            request.with_user(user).action_reject("Still used.")
        self.assertEqual(request.state, 'rejected')
        self.assertIn("can be done once", self._object(f'/my/returns/{request.id}/dispute').text)
        self.assertEqual(request.round, 2)

    def test_guest_with_the_link_objects_and_others_do_not(self):
        request, path = self._refuse(), '/my/returns/%s/dispute'
        self.authenticate(None, None)
        for target in (path % request.id, f'{path % request.id}?access_token=wrong', path % 2**40):
            self.assertIn('/web/login', self._object(target).url)
        self.authenticate('portal_stranger', 'portal_stranger')
        self.assertTrue(self._object(path % request.id).url.endswith('/my'))
        self.assertEqual(request.state, 'rejected')
        self.authenticate(None, None)
        self._object(self._token_path(request, suffix='/dispute'))
        self.assertEqual(request.state, 'review')

    def test_evidence_is_named_as_what_it_is(self):
        request = self._refuse()
        self.authenticate('portal_rita', 'portal_rita')
        self._object(f'/my/returns/{request.id}/dispute', files=[
            ('page.html', PIXEL, 'text/html'), ('Photo.PNG', PIXEL, 'image/png'), ('x\u202egnp.exe', PIXEL, 'image/png')])
        self.assertEqual(
            sorted(request.sudo().evidence_ids.mapped('name')), ['Photo.PNG', 'page.html.png', 'xgnp.exe.png'])

    def test_address_says_nothing_about_an_objection(self):
        request = self._refuse()
        self.authenticate('portal_rita', 'portal_rita')
        self.assertIn("I object to the refusal", self._get(f'/my/returns/{request.id}?dispute=1&kw=1')[1])

    @mute_logger('odoo.http')
    def test_form_of_another_site_objects_to_nothing(self):
        request = self._refuse()
        self.authenticate('portal_rita', 'portal_rita')
        self.assertEqual(self._object(f'/my/returns/{request.id}/dispute', token=False).status_code, 400)
        self.assertEqual(request.state, 'rejected')

    def test_what_is_wrong_is_said_and_nothing_typed_is_lost(self):
        request = self._refuse()
        self.authenticate('portal_rita', 'portal_rita')
        script = b'<html><script>alert(1)</script></html>'
        for comment, files, words in (
            ("  ", [], "Tell us what speaks against"),
            ("x" * 4001, [], "Your text has 4001 characters"),
            ("My <words>", [('photo.png', script, 'image/png')], "photo.png is neither a picture"),
            ("My <words>", [('x.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'image/svg+xml')], "x.svg is neither"),
            ("My <words>", [(f'{number}.png', PIXEL, 'image/png') for number in range(6)], "You sent 6 files"),
            ("My <words>", [('big.png', PIXEL + bytes(10 * 1024**2), 'image/png')], "larger than 10 MB"),
        ):
            with self.subTest(words):
                response = self._object(f'/my/returns/{request.id}/dispute', comment, files)
                self.assertIn(words, response.text)
                if 'words' in comment:
                    self.assertIn("My &lt;words&gt;", response.text)
                self.assertEqual((request.state, request.sudo().evidence_ids.ids), ('rejected', []))

    def test_page_says_what_the_policy_says(self):
        self.rule.write({'fee_percent': 10.0, 'shipping_paid_by': 'customer'})
        request = self._approve(self._sell(partner=self.buyer))
        self.authenticate('portal_rita', 'portal_rita')
        text = self._get(f'/my/returns/{request.id}')[1]
        for words in ("A fee of 10% is kept", "The customer pays the way back", "You pay the way back."):
            self.assertIn(words, text)
        self.assertNotIn(self.rule.name, text)

    # ------------------------------------------------------------------
    # Who sees it
    # ------------------------------------------------------------------

    def test_customer_sees_their_return(self):
        request = self._approve(self._sell(partner=self.buyer), 2.0)
        self.authenticate('portal_rita', 'portal_rita')
        url, text = self._get('/my/returns')
        self.assertEqual(url, '/my/returns')
        self.assertIn(request.name, text)
        self.assertIn("Please send it back", text)
        url, text = self._get(f'/my/returns/{request.id}')
        self.assertEqual(url, f'/my/returns/{request.id}')
        for words in (request.name, "2 × Kettle", self.reason.name, "You send the goods back",
                      request._show_date(request.date_ship_by), self.warehouse.partner_id.name):
            self.assertIn(words, text)

    def test_colleague_of_the_same_company_sees_it_too(self):
        request = self._submit(self._sell(partner=self.buyer))
        self.authenticate('portal_colleague', 'portal_colleague')
        self.assertIn(request.name, self._get('/my/returns')[1])
        self.assertEqual(self._get(f'/my/returns/{request.id}')[0], f'/my/returns/{request.id}')

    def test_another_customer_is_sent_away(self):
        request = self._approve(self._sell(partner=self.buyer))
        self.authenticate('portal_stranger', 'portal_stranger')
        self.assertNotIn(request.name, self._get('/my/returns')[1])
        for path in (f'/my/returns/{request.id}', f'/my/returns/{request.id}/slip'):
            url, text = self._get(path)
            self.assertEqual(url, '/my')
            self.assertNotIn(request.name, text)

    def test_guest_with_the_link_sees_it(self):
        request = self._approve(self._sell(partner=self.buyer))
        url, text = self._get(self._token_path(request))
        self.assertEqual(url, f'/my/returns/{request.id}')
        self.assertIn(request.name, text)
        self.assertNotIn(f'/my/orders/{request.sale_order_ids.id}', text, "the order has a link of its own")
        self.assertIn(request.name, self._get(self._token_path(request, suffix='/slip'))[1])

    @mute_logger('odoo.http')
    def test_guest_with_a_wrong_link_is_sent_to_the_login(self):
        request, other = self._approve(self._sell(partner=self.buyer)), self._approve(self._sell(partner=self.buyer))
        stale = request.sudo()._portal_ensure_token()
        request.sudo().access_token = 'renewed'
        paths = [
            f'/my/returns/{request.id}', self._token_path(request, stale),
            self._token_path(request, other.sudo()._portal_ensure_token()), self._token_path(request, 'ünïcode'),
            f'/my/returns/{request.id}?access_token=', f'/my/returns/{2**40}?access_token={stale}',
            f'/my/returns/0?access_token={stale}', self._token_path(request, stale, '/slip'),
        ]
        for path in paths:
            url, text = self._get(path)
            self.assertEqual(url, '/web/login', path)
            self.assertNotIn(request.name, text)

    def test_what_our_people_are_still_writing_stays_with_them(self):
        request = self._file(self._sell(partner=self.buyer))
        token = self._token_path(request)
        self.authenticate('portal_rita', 'portal_rita')
        self.assertNotIn(request.name, self._get('/my/returns')[1])
        self.assertEqual(self._get(token)[0], '/my')
        request.action_submit()
        request.with_user(self.voter_sales).action_reject("Worn")
        request.action_draft()
        url, text = self._get(token)
        self.assertEqual(url, f'/my/returns/{request.id}', "what the customer knows of does not vanish")
        self.assertIn("This request is being prepared", text)

    def test_cancelled_draft_of_ours_stays_with_us(self):
        request = self._file(self._sell(partner=self.buyer))
        request.action_cancel()
        self.authenticate('portal_rita', 'portal_rita')
        self.assertNotIn(request.name, self._get('/my/returns')[1])
        self.assertEqual(self._get(self._token_path(request))[0], '/my')

    # ------------------------------------------------------------------
    # What they see
    # ------------------------------------------------------------------

    def test_list_takes_any_filter_order_and_page(self):
        returned = self._approve(self._sell(partner=self.buyer))
        refused = self._submit(self._sell(partner=self.buyer))
        refused.with_user(self.voter_sales).action_reject("Worn")
        self.authenticate('portal_rita', 'portal_rita')
        text = self._get('/my/returns?filterby=send&sortby=state')[1]
        self.assertIn(returned.name, text)
        self.assertNotIn(refused.name, text)
        self.assertIn(refused.name, self._get('/my/returns?filterby=refused')[1])
        self.assertIn("None of your returns is of this kind", self._get('/my/returns?filterby=done')[1])
        for path in ('?filterby=nonsense&sortby=1%27', '/page/99999999999999999999', '/page/0'):
            self.assertIn(returned.name, self._get(f'/my/returns{path}')[1], path)

    def test_home_counts_returns(self):
        self.authenticate('portal_rita', 'portal_rita')

        def count():
            return self.make_jsonrpc_request('/my/counters', {'counters': ['returns_count']})['returns_count']

        self.assertEqual(count(), 0)
        self._file(self._sell(partner=self.buyer))
        self.assertEqual(count(), 0)
        self._submit(self._sell(partner=self.buyer))
        self.assertEqual(count(), 1)
        self.assertIn('/my/returns', self._get('/my')[1])

    def test_refused_pieces_come_with_their_reason(self):
        request = self._submit(self._sell((self.product, 5.0), (self.product_ordered, 2.0), partner=self.buyer), 2.0)
        kettle, toaster = request.line_ids
        request.with_user(self.voter_sales).action_lower({kettle.id: 1.0, toaster.id: 0.0}, "Only what is unopened.")
        request.with_user(self.voter_sales).action_approve()
        self.authenticate('portal_rita', 'portal_rita')
        text = self._get(f'/my/returns/{request.id}')[1]
        for words in ("Approved in part", "Why we approved less", "Why we refuse it", "Only what is unopened."):
            self.assertIn(words, text)

    def test_open_decision_is_not_shown_as_made(self):
        request = self._submit(self._sell((self.product, 5.0), partner=self.buyer), 4.0)
        line = request.sudo().line_ids
        self.assertEqual(line._prepare_customer_line()['figures'], [])
        request.with_user(self.voter_sales).action_approve()
        self._receive(request)
        inspection = self.env['returns.inspection'].search([('request_id', '=', request.id)])
        inspection.with_user(self.inspector).write({'quantity_accepted': 1.0, 'disposition_id': self.restock.id})
        figures = dict(line._prepare_customer_line()['figures'])
        self.assertEqual((figures["Received"], figures["Accepted"]), ("4", ""))
        inspection.with_user(self.inspector).action_done()
        self.assertEqual(dict(line._prepare_customer_line()['figures'])["Accepted"], "1")

    def test_only_posted_credit_notes_are_shown(self):
        self.company.returns_refund_posting = 'draft'
        request = self._approve(self._sell(partner=self.buyer), 2.0)
        self._receive(request)
        self._inspect(request)
        note = self._settle(request, post=False)
        self.authenticate('portal_rita', 'portal_rita')
        self.assertNotIn("Credit note", self._get(f'/my/returns/{request.id}')[1])
        note.with_user(self.accountant).action_post()
        text = self._get(f'/my/returns/{request.id}')[1]
        self.assertIn(f"Credit note {note.name}", text)
        self.assertIn(f'/my/invoices/{note.id}?access_token=', text)
        self.assertIn("This return is closed", text)
        self.assertEqual(self._get(note.get_portal_url())[0], f'/my/invoices/{note.id}')

    def test_replacement_is_shown_and_no_money_is_promised(self):
        request = self._approve(self._sell(partner=self.buyer), 2.0, resolution='exchange')
        self._receive(request)
        self._inspect(request)
        self.authenticate('portal_rita', 'portal_rita')
        text = self._get(f'/my/returns/{request.id}')[1]
        self.assertIn(request.sudo().exchange_picking_ids.name, text)
        self.assertIn("Replacement on its way", text)
        self.assertNotIn("Money", text)

    def test_road_of_each_state(self):
        order = self._sell((self.product, 9.0), partner=self.buyer)

        def road(request):
            return [(stage['key'], stage['state']) for stage in request.sudo()._prepare_customer_road()]

        request = self._submit(order)
        rest = [(key, 'next') for key in ('sending', 'arrival', 'inspection', 'money', 'end')]
        self.assertEqual(road(request), [('request', 'done'), ('decision', 'now'), *rest])
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(road(request)[2], ('sending', 'now'))
        self._receive(request)
        self.assertEqual(road(request)[3:5], [('arrival', 'done'), ('inspection', 'now')])
        self._inspect(request)
        self.assertEqual(road(request)[5], ('money', 'now'))
        self._settle(request)
        self.assertEqual({state for _key, state in road(request)}, {'done'})
        request = self._submit(order)
        request.with_user(self.voter_sales).action_reject("Worn")
        self.assertEqual(road(request), [('request', 'done'), ('decision', 'stop')])
        request = self._submit(order)
        request.action_cancel()
        self.assertEqual(road(request), [('request', 'done'), ('end', 'stop')])
        request = self._approve(order, resolution='none')
        self.assertNotIn('money', dict(road(request)))

    def test_order_page_lists_its_returns(self):
        order = self._sell((self.product, 5.0), partner=self.buyer)
        request = self._approve(order)
        draft = self._file(order)
        receipt = request.sudo().picking_ids
        self.authenticate('portal_rita', 'portal_rita')
        text = self._get(f'/my/orders/{order.id}')[1]
        self.assertIn(f'href="/my/returns/{request.id}"', text)
        self.assertNotIn(draft.name, text)
        self.assertNotIn(receipt.name, text, "the transfer is part of the return")
        self.assertNotIn('/my/picking/return/pdf/', text, "nobody approved what core's slip sends back")
        self.logout()
        text = self._get(order.get_portal_url())[1]
        self.assertIn(f'/my/returns/{request.id}?access_token={request.sudo().access_token}', text)

    def test_slip_is_there_while_something_is_to_be_sent(self):
        self.authenticate('portal_rita', 'portal_rita')
        request = self._submit(self._sell((self.product, 5.0), partner=self.buyer), 3.0)
        slip, page = f'/my/returns/{request.id}/slip', f'/my/returns/{request.id}'
        self.assertEqual(self._get(slip)[0], page)
        self.assertNotIn(slip, self._get(page)[1])
        request.with_user(self.voter_sales).action_approve()
        self.assertIn(slip, self._get(page)[1])
        url, text = self._get(slip)
        self.assertEqual(url, slip)
        for words in (request.name, 'data:image/svg+xml;base64,', self.warehouse.partner_id.name, "Kettle",
                      request.sudo().picking_ids.name):
            self.assertIn(words, text)
        self._receive(request, {self.product: 1.0})
        self.assertEqual(request.sudo()._prepare_return_parcels()[0]['lines'][0]['quantity'], "2")
        self._receive(request)
        self.assertEqual(self._get(slip)[0], page)

    def test_slip_is_printed_by_our_people_too(self):
        request = self._approve(self._sell(partner=self.buyer))
        html = self.env['ir.actions.report'].with_user(self.agent)._render_qweb_html(
            'returns_management.action_report_returns_slip', request.ids)[0].decode()
        self.assertIn("Put the lower part of this page on top of them, inside the parcel", html)
        request.action_cancel()
        html = self.env['ir.actions.report'].with_user(self.agent)._render_qweb_html(
            'returns_management.action_report_returns_slip', request.ids)[0].decode()
        self.assertIn("Nothing of this return is to be sent now", html)

    def test_one_parcel_for_each_warehouse(self):
        other = self.env['stock.warehouse'].create({'name': "Second House", 'code': 'SEC'})
        other.partner_id = self.other_customer
        request = self._approve(self._sell((self.product, 5.0), (self.product_ordered, 5.0), partner=self.buyer))
        move = request.sudo().picking_ids.move_ids[0]
        move.picking_id.copy({'picking_type_id': other.returns_type_id.id, 'move_ids': []}).move_ids = move
        move.picking_type_id = other.returns_type_id
        parcels = request.sudo()._prepare_return_parcels()
        self.assertEqual(len(parcels), 2)
        self.assertEqual({parcel['address'][0] for parcel in parcels},
                         {other.partner_id.name, self.warehouse.partner_id.name})

    # ------------------------------------------------------------------
    # What they do not see
    # ------------------------------------------------------------------

    def test_no_internal_word_on_any_page(self):
        order = self._sell((self.product, 9.0), partner=self.buyer)
        self.rule.sudo().name = "SECRET rule"
        self.group_sales.name = "SECRET group"
        self.group_sales.escalation_user_id = self.manager
        self.voter_sales.name = "SECRET voter"
        self.inspector.name = "SECRET inspector"
        request = self._submit(order, 2.0)
        paths = [f'/my/returns/{request.id}', '/my/returns', f'/my/orders/{order.id}', f'/my/returns/{request.id}/slip',
                 self._token_path(request)]
        self.authenticate('portal_rita', 'portal_rita')

        def check():
            for path in paths:
                self.assertNotIn("SECRET", self._get(path)[1], f"{path} of {request.state}")

        request.with_user(self.agent).message_post(body="SECRET chatter")
        check()
        request.with_user(self.voter_sales).action_approve("SECRET comment")
        check()
        self._receive(request)
        inspection = self.env['returns.inspection'].search([('request_id', '=', request.id)])
        cause = self.env['returns.root.cause'].create({'name': "SECRET cause"})
        inspection.with_user(self.inspector).write({'note': "SECRET finding", 'root_cause_id': cause.id})
        self.env['returns.discrepancy'].create({
            'request_id': request.id, 'kind': 'damaged', 'note': "SECRET case"})
        check()
        self._inspect(request)
        check()
        self._settle(request)
        request.sudo().settlement_ids.note = "SECRET settlement"
        check()
        text = json.dumps(self.make_jsonrpc_request('/mail/chatter_fetch', {
            'thread_model': 'returns.request', 'thread_id': request.id, 'fetch_params': {}}))
        self.assertNotIn("SECRET", text)

    def test_conversation_goes_both_ways(self):
        request = self._submit(self._sell(partner=self.buyer))
        request.with_user(self.agent).message_post(
            body="When may we call?", message_type='comment', subtype_xmlid='mail.mt_comment')
        token = request.sudo()._portal_ensure_token()
        answer = {
            'thread_model': 'returns.request', 'thread_id': request.id, 'token': token,
            'post_data': {'body': "Tomorrow at nine", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment'},
        }
        self.make_jsonrpc_request('/mail/message/post', answer)
        message = request.message_ids.filtered(lambda message: "Tomorrow at nine" in (message.body or ''))
        self.assertEqual(message.author_id, self.buyer, "who holds the link writes as the customer")
        text = json.dumps(self.make_jsonrpc_request('/mail/chatter_fetch', {
            'thread_model': 'returns.request', 'thread_id': request.id, 'token': token, 'fetch_params': {}}))
        self.assertIn("When may we call?", text)
        self.assertIn("Tomorrow at nine", text)
        self.assertNotIn("Draft", text, "our own log stays ours")

    def test_customer_writes_with_their_account(self):
        request = self._submit(self._sell(partner=self.buyer))
        request.message_subscribe(self.agent.partner_id.ids)
        self.authenticate('portal_rita', 'portal_rita')
        self.make_jsonrpc_request('/mail/message/post', {
            'thread_model': 'returns.request', 'thread_id': request.id,
            'post_data': {'body': "When do you call?", 'message_type': 'comment', 'subtype_xmlid': 'mail.mt_comment'}})
        message = request.message_ids.filtered(lambda message: "When do you call?" in (message.body or ''))
        self.assertEqual(message.author_id, self.buyer)
        self.assertIn(self.agent.partner_id, message.notified_partner_ids)
        init = self.make_jsonrpc_request('/portal/chatter_init', {
            'thread_model': 'returns.request', 'thread_id': request.id})
        self.assertTrue(init)

    def test_customer_is_proposed_as_recipient_of_an_answer(self):
        request = self._submit(self._sell(partner=self.buyer))
        proposed = request.with_user(self.agent)._message_get_suggested_recipients()
        self.assertIn(self.buyer.id, [recipient['partner_id'] for recipient in proposed])

    def test_page_promises_no_more_than_it_keeps(self):
        request = self._approve(self._sell(partner=self.buyer))
        request.sudo().date_ship_by = '2020-01-01'
        self.assertIn("The date has passed", request.sudo()._prepare_customer_ask()['text'])
        self._receive(request)
        request.sudo().date_refund_due = '2020-01-01'
        self.assertIn("We are late", request.sudo()._prepare_customer_ask()['text'])


@tagged('post_install', '-at_install')
class TestPortalRpc(PortalCase):
    """What a portal user may do by RPC: read their own requests and lines, and nothing else."""

    def setUp(self):
        super().setUp()
        self.mine = self._submit(self._sell((self.product, 5.0), partner=self.buyer), 2.0)
        self.foreign = self._submit(self._sell((self.product, 5.0), partner=self.other_customer), 2.0)

    def test_reads_what_is_theirs(self):
        for user in (self.rita, self.colleague):
            found = self.Request.with_user(user).search([])
            self.assertEqual(found, self.mine)
            self.assertEqual(found.read(['name', 'state'])[0]['name'], self.mine.name)
            self.assertEqual(found.line_ids.read(['quantity'])[0]['quantity'], 2.0)
        self.assertFalse(self.Request.with_user(self.stranger).search([]))

    def test_reads_no_draft_of_ours(self):
        """What our people still write stays with them; what the customer began, or knows of, does not vanish."""
        ours = self._file(self._sell(partner=self.buyer))
        for records in (ours, ours.line_ids):
            seen = records.with_user(self.rita)
            self.assertFalse(seen.search([('id', 'in', records.ids)]))
            with self.assertRaises(AccessError):
                seen.read(['display_name'])
        theirs = self._file(self._sell(partner=self.buyer))
        theirs.channel = 'portal'
        self.mine.action_cancel()
        self.mine.action_draft()
        for request in (theirs, self.mine):
            self.assertEqual(request.state, 'draft')
            self.assertEqual(request.with_user(self.rita).read(['state'])[0]['state'], 'draft')
            self.assertTrue(request.line_ids.with_user(self.rita).read(['quantity']))

    def test_reads_nothing_of_others(self):
        for records in (self.foreign, self.foreign.line_ids):
            with self.assertRaises(AccessError):
                records.with_user(self.rita).read(['display_name'])

    def test_writes_nothing(self):
        line = self.mine.line_ids
        for records, vals in ((self.mine, {'customer_note': "x"}), (self.mine, {'state': 'approved'}),
                              (line, {'quantity': 1.0}), (line, {'quantity_approved': 2.0})):
            with self.assertRaises(UserError):
                records.with_user(self.rita).write(vals)
        for records in (self.mine, line):
            with self.assertRaises(UserError):
                records.with_user(self.rita).unlink()
        with self.assertRaises(AccessError):
            self.Request.with_user(self.rita).create({'partner_id': self.buyer.id})
        with self.assertRaises(AccessError):
            line.with_user(self.rita).create({
                'request_id': self.mine.id, 'sale_line_id': line.sale_line_id.id, 'quantity': 1.0})

    def test_presses_no_button(self):
        calls = {
            'action_submit': (), 'action_cancel': (), 'action_draft': (), 'action_receive': (), 'action_settle': (),
            'action_close_short': ("x",), 'action_approve': ("x",), 'action_reject': ("x",), 'action_abstain': ("x",),
            'action_lower': ({self.mine.line_ids.id: 1.0}, "x"),
        }
        for request in (self.mine, self.foreign):
            self.env.cr.flush()  # mails that wait for the end of their moment
            self.env.invalidate_all()
            before = request.sudo().read()
            for name, arguments in calls.items():
                with self.subTest(action=name):
                    with self.assertRaises(UserError) as caught:
                        getattr(request.with_user(self.rita), name)(*arguments)
                    for insider in (self.voter_sales, self.manager, self.group_sales):
                        self.assertNotIn(insider.name, str(caught.exception))
            self.assertEqual(request.sudo().read(), before)

    def test_sees_no_part_of_the_work_behind(self):
        for model in ('returns.step', 'returns.decision', 'returns.inspection', 'returns.discrepancy',
                      'returns.settlement', 'returns.balance', 'returns.policy', 'returns.policy.rule',
                      'returns.approval.group', 'returns.team', 'returns.team.member', 'returns.root.cause',
                      'returns.disposition', 'returns.report'):
            with self.assertRaises(AccessError, msg=model):
                self.env[model].with_user(self.rita).search([])

    def test_reads_no_internal_field(self):
        for model, names in INTERNAL_FIELDS.items():
            record = (self.mine if model == 'returns.request' else self.mine.line_ids).with_user(self.rita)
            for name in names:
                record.env.invalidate_all()
                with self.subTest(field=f'{model}.{name}'):
                    with self.assertRaises(AccessError):
                        record.read([name])
                    if record._fields[name].store:
                        with self.assertRaises(AccessError):
                            record.search([(name, '!=', False)])

    def test_messages_read_are_those_meant_for_customers(self):
        self.mine.with_user(self.agent).message_post(body="Our note")
        self.mine.with_user(self.agent).message_post(
            body="Our answer", message_type='comment', subtype_xmlid='mail.mt_comment')
        messages = self.env['mail.message'].with_user(self.rita).search(
            [('model', '=', 'returns.request'), ('res_id', '=', self.mine.id)])
        self.assertEqual([str(body) for body in messages.mapped('preview')], ["Our answer"])
