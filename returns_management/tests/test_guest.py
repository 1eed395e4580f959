# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime
from unittest.mock import patch

from freezegun import freeze_time

from odoo import http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PortalCase

SENT = "Please look into your mail"


@tagged('post_install', '-at_install')
class TestGuest(PortalCase, HttpCase):
    """Who has no account gets a link to their order by mail, and nobody learns from the page whether there is one."""

    checks_ledger = False  # nothing is returned here

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.guest = cls.env['res.partner'].create({
            'name': "Gustav", 'email': '"Gustav" <Gustav@Example.com>', 'lang': 'en_US'})
        cls.order = cls._sell(partner=cls.guest)
        cls.Link = cls.env['returns.link.request']

    def setUp(self):
        super().setUp()
        self.authenticate(None, None)

    def _ask(self, order=None, email='gustav@example.com', token=True, **kw):
        """:return: (status, text) of the answer"""
        data = {'order': self.order.name if order is None else order, 'email': email, **kw}
        if token:
            data['csrf_token'] = http.Request.csrf_token(self)
        response = self.url_open('/returns', data=data)
        return response.status_code, response.text

    def _send(self):
        """:return: the mails that the cron makes of what was asked"""
        before = self.env['mail.mail'].search([])
        with patch.object(self.env.registry['ir.cron'], '_commit_progress', lambda *args, **kwargs: 60.0):
            self.Link._cron_send_links()
        self.assertFalse(self.Link.search([]))
        return self.env['mail.mail'].search([]) - before

    def _path(self, order=None, token=None, page=''):
        order = order or self.order
        return f'/returns/order/{order.id}{page}?access_token={order._portal_ensure_token() if token is None else token}'

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def test_number_and_address_give_a_link_by_mail(self):
        self.assertIn("Order number", self.url_open('/returns').text)
        for order, email in (
                (self.order.name, 'gustav@example.com'), (f' #{self.order.name.lower()} ', ' GUSTAV@example.COM ')):
            status, text = self._ask(order, email)
            self.assertEqual((status, SENT in text), (200, True))
            mail = self._send()
            self.assertEqual((mail.recipient_ids, mail.email_to, mail.state), (self.guest, False, 'outgoing'))
            self.assertIn(self.order.name, mail.subject)
            self.assertIn(f'/returns/order/{self.order.id}?access_token={self.order.access_token}', mail.body_html)

    def test_answer_is_the_same_whether_or_not_they_belong_together(self):
        other = self._sell(partner=self.other_customer)
        draft = self._sell(deliver=False, invoice=False, partner=self.guest)
        draft.action_cancel()

        answers = set()
        for order, email in (
            (self.order.name, 'gustav@example.com'), ('S99999999', 'gustav@example.com'),
            (self.order.name, 'else@example.com'), (other.name, 'gustav@example.com'), (draft.name, 'gustav@example.com'),
            ('%', 'gustav@example.com'), ('S_____', 'gustav@example.com'),
        ):
            self.env['returns.link.count'].search([]).unlink()
            status, text = self._ask(order, email)
            answers.add((status, text.split('<main')[1].split('</main>')[0]))
        self.assertEqual(len(answers), 1)
        self.assertEqual(len(self._send()), 1)

    def test_page_does_the_same_work_whether_or_not_there_is_such_an_order(self):
        def count(order):
            self.env.flush_all()
            before = self.cr.sql_log_count
            self.Link.with_user(self.env.ref('base.public_user'))._ask(order, 'x@example.com', '192.0.2.1')
            self.env.flush_all()
            return self.cr.sql_log_count - before
        count('WARM')
        self.assertEqual(count(self.order.name), count('S00000'))

    def test_link_goes_to_the_address_of_the_invoice_too(self):
        accounts = self.env['res.partner'].create({
            'name': "Accounts", 'email': 'accounts@example.com', 'parent_id': self.guest.id, 'type': 'invoice'})
        self.order.partner_invoice_id = accounts
        self._ask(email='accounts@example.com')
        self.assertEqual(self._send().recipient_ids, accounts)

    def test_mail_is_in_the_customers_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.guest.lang = 'fr_FR'
        self.env.ref('returns_management.mail_template_order_link').with_context(lang='fr_FR').subject = "Retours"
        self._ask()
        self.assertEqual(self._send().subject, "Retours")

    def test_archived_template_sends_nothing(self):
        self.env.ref('returns_management.mail_template_order_link').active = False
        self._ask()
        self.assertFalse(self._send())

    # ------------------------------------------------------------------
    # Abuse
    # ------------------------------------------------------------------

    @freeze_time('2031-05-05 10:20:00')
    def test_who_asks_too_often_waits_an_hour(self):
        ask = self.Link.with_user(self.env.ref('base.public_user'))._ask
        for number in range(10):  # one visitor
            self.assertIs(ask(f'S{number}', f'{number}@example.com', '192.0.2.1'), True)
        self.assertIs(ask('S11', '11@example.com', '192.0.2.1'), False)
        self.assertIs(ask('S11', '11@example.com', '192.0.2.2'), True)
        for number in range(5):  # one address
            self.assertIs(ask(f'T{number}', 'many@example.com', f'192.0.3.{number}'), True)
        self.assertIs(ask('T6', 'Many@Example.com ', '192.0.3.9'), False)
        for number in range(10):  # one order
            self.assertIs(ask('U1', f'u{number}@example.com', f'192.0.4.{number}'), True)
        self.assertIs(ask(' u1', 'u11@example.com', '192.0.4.99'), False)
        for number in range(10):  # one network
            self.assertIs(ask(f'V{number}', f'v{number}@example.com', f'2001:db8:1:2::{number}'), True)
        self.assertIs(ask('V11', 'v11@example.com', '2001:db8:1:2:ffff::1'), False)
        with freeze_time('2031-05-05 11:00:01'):
            self.assertIs(ask('S11', '11@example.com', '192.0.2.1'), True)
        counts = self.env['returns.link.count'].search([])
        self.assertFalse([key for key in counts.mapped('key') if 'example' in key or '192.' in key])
        with freeze_time('2031-05-05 14:00:00'):
            self.env['returns.link.count']._gc_old()
            self.env.cr.execute("UPDATE returns_link_request SET create_date = %s", [datetime(2031, 5, 1)])
            self.Link._gc_forgotten()
        self.assertFalse(counts.exists() | self.env['returns.link.count'].search([]))
        self.assertFalse(self.Link.search([]))

    def test_page_of_the_order_leads_to_the_form(self):
        url = f'/my/returns/new?order_id={self.order.id}&access_token={self.order._portal_ensure_token()}'
        page = self.url_open(f'/returns/order/{self.order.id}?access_token={self.order.access_token}').text
        self.assertIn(url.replace('&', '&amp;'), page)
        self.assertIn(self.order.name, self.url_open(url).text)

    def test_page_says_that_there_were_too_many(self):
        with patch.object(self.env.registry['returns.link.count'], '_take', lambda *args: False):
            status, text = self._ask()
        self.assertEqual((status, "Wait an hour" in text, SENT in text), (429, True, False))
        self.assertFalse(self._send())

    def test_programs_get_the_answer_and_nothing_else(self):
        status, text = self._ask(subject="Buy now")
        self.assertEqual((status, SENT in text), (200, True))
        self.assertFalse(self._send())

    @mute_logger('odoo.http')
    def test_form_of_another_site_asks_for_nothing(self):
        self.assertEqual(self._ask(token=False)[0], 400)
        self.assertFalse(self.Link.search([]))

    def test_odd_input_is_answered_on_the_page(self):
        for order, email in (
            ('', 'gustav@example.com'), (self.order.name, ''), (self.order.name, 'no address'), ('\0', '\0'),
            ('x' * 5000, 'gustav@example.com'), (self.order.name, 'x' * 5000 + '@example.com'), ('  #  ', 'a@example.com'),
        ):
            status, text = self._ask(order, email)
            self.assertEqual((status, "Enter the number of your order" in text), (200, True), (order[:9], email[:9]))
        self.assertEqual(self._ask(f'{self.order.name}\0', 'gustav@example.com\0')[0], 200)
        self.assertEqual(len(self._send()), 1)
        status, text = self._ask('<script>alert(1)</script>', '"><img src=x>')
        self.assertNotIn('<script>alert', text)
        self.assertNotIn('<img src=x>', text)
        response = self.url_open('/returns', data={'csrf_token': http.Request.csrf_token(self)}, files=[
            ('order', ('x.txt', b'x')), ('email', ('x.txt', b'x')), ('subject', ('', b''))])
        self.assertIn("Enter the number of your order", response.text)

    @mute_logger('odoo.http')
    def test_page_is_switched_off(self):
        self.assertIn('href="/returns"', self.url_open('/web/login').text)
        self.company.returns_guest_page = False
        self.assertNotIn('href="/returns"', self.url_open('/web/login').text)
        self.assertEqual(self.url_open('/returns').status_code, 404)
        self.assertEqual(self._ask()[0], 404)
        self.assertFalse(self.Link.search([]))

    # ------------------------------------------------------------------
    # The order's page
    # ------------------------------------------------------------------

    def test_link_shows_the_order_and_lets_into_its_returns_only(self):
        request = self._submit(self.order)
        text = self.url_open(self._path()).text
        link = f'/my/returns/{request.id}?access_token={request.access_token}'
        for words in (self.order.name, "Kettle", request.name, link):
            self.assertIn(words, text)
        self.assertNotIn('&lt;', text.split('o_returns_guest')[1].split('</main>')[0])

    def test_stale_and_foreign_links_are_answered_with_a_sentence(self):
        other, draft = self._sell(partner=self.other_customer), self._sell(deliver=False, invoice=False, partner=self.guest)
        draft.action_cancel()
        tokens = (self._path(token=other._portal_ensure_token()), self._path(token='stale'), self._path(token=''),
                  self._path(token='%C3%A9'), self._path(other, self.order._portal_ensure_token()), self._path(draft),
                  f'/returns/order/{2**40}?access_token=x', '/returns/order/0')
        self.authenticate(None, None)
        for path in tokens:
            response = self.url_open(path)
            self.assertEqual(response.status_code, 404, path)
            self.assertIn("This link does not work", response.text)
            self.assertNotIn("Kettle", response.text)

    def test_accounts_see_their_own_orders_only(self):
        order = self._sell(partner=self.buyer)
        for login, status in (('portal_rita', 200), ('portal_stranger', 404)):
            self.authenticate(login, login)
            response = self.url_open(f'/returns/order/{order.id}')
            self.assertEqual(response.status_code, status)
            self.assertNotIn('access_token', response.text.split('o_returns_guest')[1])

    def test_accounts_learn_nothing_of_links(self):
        for model in ('returns.link.request', 'returns.link.count'):
            for user in (self.rita, self.employee, self.manager):
                for operation in ('read', 'write', 'create', 'unlink'):
                    self.assertFalse(self.env[model].with_user(user).has_access(operation))
