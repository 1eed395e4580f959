# Part of returns_management. See LICENSE file for full copyright and licensing details.

import quopri
from email import encoders
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.utils import encode_rfc2231, format_datetime
from itertools import count

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from ..tools import mail_intake, uploads
from .common import ReturnsCommon

PNG = bytes.fromhex(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082')
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SCRIPT = b"<html><body><script>alert(1)</script></body></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NUMBERS = count(1)


def build(subject="", body="Please take it back.", sender='contact@example.com', *, to='returns@mail.example.com',
          charset='utf-8', coding='base64', html=None, files=(), headers=(), message_id=True, date=True, name="", plain=True):
    """A mail as programs of the world write it.

    :param coding: of text: base64, quoted-printable or 8bit
    :param html: text of an HTML part, beside the plain one or, without ``plain``, instead of it
    :param files: (name, content, type, how the name is written: plain, 2047 or 2231[, id of an inline picture])
    :param headers: (name, value) pairs, beside or instead of the usual ones
    :return: bytes
    """
    parts = ([_text(body, 'plain', charset, coding)] if plain else []) + (
        [_text(html, 'html', charset, coding)] if html is not None else [])
    root = parts[0]
    if len(parts) == 2:
        root = MIMEMultipart('alternative', _subparts=parts)
    if files:
        root = MIMEMultipart('mixed', _subparts=[root, *(_file(*file) for file in files)])
    given = dict(headers)
    usual = {
        'From': f'{Header(name, charset).encode()} <{sender}>' if name else sender, 'To': to,
        'Subject': Header(subject, charset).encode() if subject and not subject.isascii() else subject,
        'Message-Id': f'<{next(NUMBERS)}@shop.example.com>' if message_id else None,
        'Date': format_datetime(fields.Datetime.now()) if date else None}
    for header, value in {**usual, **given}.items():
        if value is not None:
            root[header] = value
    return root.as_bytes()


def _text(text, subtype, charset, coding):
    part = Message()
    part['MIME-Version'] = '1.0'
    part['Content-Type'] = f'text/{subtype}; charset="{charset}"'
    part['Content-Transfer-Encoding'] = coding
    raw = text.encode(charset, 'replace')
    if coding == 'quoted-printable':
        part.set_payload(quopri.encodestring(raw).decode())
    elif coding == 'base64':
        part.set_payload(raw)
        del part['Content-Transfer-Encoding']
        encoders.encode_base64(part)
    else:
        part.set_payload(raw.decode('ascii', 'surrogateescape'))
    return part


def _file(name, content, kind, written='plain', inline=None):
    part = MIMEBase(*kind.split('/'))
    part.set_payload(content)
    encoders.encode_base64(part)
    disposition = 'inline' if inline else 'attachment'
    if written == '2231':
        part['Content-Disposition'] = f"{disposition}; filename*={encode_rfc2231(name, 'utf-8')}"
    else:
        shown = Header(name, 'utf-8').encode() if written == '2047' else name
        part['Content-Disposition'] = f'{disposition}; filename="{shown}"'
    if inline:
        part['Content-Id'] = f'<{inline}>'
    return part


BOUNCE = b"""From: MAILER-DAEMON@mx.example.com\r
To: returns@mail.example.com\r
Subject: Undelivered Mail Returned to Sender S90042\r
Message-Id: <bounce-1@mx.example.com>\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: text/plain\r
\r
User unknown\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mx.example.com\r
\r
Final-Recipient: rfc822; contact@example.com\r
Action: failed\r
--b--\r
"""

#: What comes of a mail: orders whose lines the draft has; a draft without lines; the history of a return; an answer that asks
#: for the number; nothing.
ONE, TWO, BOTH, BARE, HISTORY, ANSWER, NOTHING = {'S90042'}, {'S90043'}, {'S90042', 'S90043'}, 'bare', 'history', 'answer', ''
STRANGER = {'sender': 'stranger@example.org'}
MAILS = [
    # the order by its number, in the words and brackets that people use
    ("plain English", ONE, {'subject': "Return request S00042"}),
    ("Chinese, square brackets", ONE, {'subject': "退货申请[S00042]", 'charset': 'gb18030'}),
    ("Chinese, full-width brackets and digits", ONE, {'subject': "退货申请【Ｓ０００４２】", 'body': "商品坏了，请退货。"}),
    ("full-width round brackets", ONE, {'subject': "退貨申請（S00042）", 'charset': 'big5', 'body': "商品壞了。"}),
    ("no space between", ONE, {'subject': "请退S00042订单", 'charset': 'gb18030', 'coding': 'quoted-printable'}),
    ("small letters and a hash", ONE, {'subject': "return for #s00042!"}),
    ("the number ends a sentence", ONE, {'subject': "I want to return order no.S00042."}),
    ("Re:", ONE, {'subject': "Re: S00042"}),
    ("Fwd: of a forward", ONE, {'subject': "Fwd: FW: Order S00042"}),
    ("回复：", ONE, {'subject': "回复：答复: 退货 S00042", 'charset': 'gb18030'}),
    ("轉寄:", ONE, {'subject': "轉寄: 回覆: 退貨 S00042", 'charset': 'big5'}),
    ("the order in the text", ONE, {'subject': "Broken", 'body': "Hello,\nmy order S00042 came broken.\nBye"}),
    ("the order in the HTML only", ONE, {'subject': "Broken", 'html': "<p>Order <b>S00042</b></p>", 'plain': False}),
    ("two orders", BOTH, {'subject': "Return S00042 and S00043"}),
    ("two orders, Chinese comma", BOTH, {'subject': "退货：S00042、S00043", 'charset': 'gb18030'}),
    # by other numbers of ours
    ("our delivery", ONE, {'subject': "Problem with {delivery}"}),
    ("our invoice", ONE, {'subject': "Rechnung {invoice}", 'charset': 'iso-8859-1', 'coding': 'quoted-printable'}),
    ("the customer's reference", TWO, {'subject': "Our PO 77-B: return"}),
    ("the customer's reference, Chinese around it", TWO, {'subject': "采购单PO 77-B退货", 'charset': 'utf-8'}),
    ("a return of ours", HISTORY, {'subject': "When do I get my money? {request}"}),
    ("a return and its order", HISTORY, {'subject': "{request} (S00042)"}),
    # who writes
    ("the company's own address", ONE, {'subject': "S00042", 'sender': 'customer@example.com'}),
    ("a name in Chinese", ONE, {'subject': "S00042", 'name': "王小明", 'charset': 'gb18030'}),
    ("capitals in the address", ONE, {'subject': "S00042", 'sender': 'Contact@Example.COM'}),
    ("the order of somebody else", BARE, {'subject': "Return S00044"}),
    ("a customer without a number", BARE, {'subject': "I want to send something back"}),
    ("a customer without a subject", BARE, {}),
    ("a stranger who names an order", ANSWER, {'subject': "Return S00042", **STRANGER}),
    ("a stranger without a number", ANSWER, {'subject': "Hello", **STRANGER}),
    ("a contact who never bought", ANSWER, {'subject': "Offer 12345", 'sender': 'else@example.com'}),
    ("no sender", NOTHING, {'subject': "S00042", 'headers': [('From', None)]}),
    # how it is written
    ("8bit utf-8", ONE, {'subject': "退货 S00042", 'coding': '8bit', 'body': "坏了"}),
    ("HTML beside text", ONE, {'subject': "S00042", 'html': "<div>Broken <img src='cid:p1'></div>"}),
    ("no Message-Id", ONE, {'subject': "S00042", 'message_id': False}),
    ("no date", ONE, {'subject': "S00042", 'date': False}),
    ("a date that is none", ONE, {'subject': "S00042", 'headers': [('Date', "yesterday, I think")]}),
    ("a subject of a thousand characters", ONE, {'subject': "S00042 " + "very " * 200}),
    ("a subject over several lines", ONE, {'subject': "退货申请" * 20 + "S00042", 'charset': 'gb18030'}),
    # machines, lists, loops
    ("out of office, as Exchange says it", NOTHING, {'subject': "Automatic reply: S00042", 'headers': [
        ('Auto-Submitted', 'auto-generated'), ('X-Auto-Response-Suppress', 'All')]}),
    ("out of office, as sieve says it", NOTHING, {'subject': "Re: S00042", 'headers': [
        ('Auto-Submitted', 'auto-replied (vacation)')]}),
    ("out of office without a header", NOTHING, {'subject': "自动回复: S00042", 'charset': 'gb18030'}),
    ("X-Autoreply", NOTHING, {'subject': "S00042", 'headers': [('X-Autoreply', 'yes')]}),
    ("said to be no automatic mail", ONE, {'subject': "S00042", 'headers': [('Auto-Submitted', 'no')]}),
    ("a customer who wants no automatic answers", ONE, {
        'subject': "S00042", 'headers': [('X-Auto-Response-Suppress', 'All')]}),
    ("a stranger who wants none", NOTHING, {**STRANGER, 'headers': [('X-Auto-Response-Suppress', 'OOF')]}),
    ("a mailing list", NOTHING, {
        **STRANGER, 'subject': "Weekly news 2026-11", 'headers': [('List-Id', '<news.example.org>')]}),
    ("bulk", NOTHING, {**STRANGER, 'headers': [('Precedence', 'bulk')]}),
    ("no-reply", NOTHING, {'sender': 'no-reply@example.org', 'subject': "Your parcel 4711"}),
    ("an empty envelope", NOTHING, {**STRANGER, 'headers': [('Return-Path', '<>')]}),
    ("our own address", NOTHING, {'sender': 'returns@mail.example.com', 'subject': "S00042"}),
    ("our catchall", NOTHING, {'sender': 'catchall@mail.example.com', 'subject': "S00042"}),
    ("a bounce", NOTHING, BOUNCE),
]


@tagged('post_install', '-at_install')
class TestMailIntake(ReturnsCommon):
    """Mails to the team's address: the right drafts, no mess, no loops."""

    checks_ledger = False  # a draft moves nothing

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.alias_domain_id = cls.env['mail.alias.domain'].create({
            'name': 'mail.example.com', 'bounce_alias': 'bounce', 'catchall_alias': 'catchall', 'default_from': 'notify'})
        cls.team.write({'alias_name': 'returns', 'alias_domain_id': cls.company.alias_domain_id.id})
        cls.gateway = cls.env(context={})['mail.thread']
        cls.order = cls._sell((cls.product, 5.0), partner=cls.contact)
        cls.order_two = cls._sell((cls.product, 2.0), (cls.product_ordered, 3.0), client_order_ref="PO 77-B")
        cls.order_other = cls._sell((cls.product, 1.0), partner=cls.other_customer)
        cls.env['sale.order'].search([('name', 'in', ('S90042', 'S90043', 'S90044'))]).name = "taken"
        for order, name in ((cls.order, 'S90042'), (cls.order_two, 'S90043'), (cls.order_other, 'S90044')):
            order.name = name
        cls.other_customer = cls.env['res.partner'].create({'name': "Newsletter", 'email': 'else@example.com'})
        cls.env['res.partner'].search([('email_normalized', '=', 'else@example.com')]).filtered(
            lambda partner: partner.sale_order_ids).email = 'other@example.com'
        cls.known = cls.Request.with_user(cls.agent).create({'partner_id': cls.contact.id, 'team_id': cls.team.id})
        cls.known.flush_recordset()

    def _mail(self, **values):
        values['subject'] = values.get('subject', "").replace('S000', 'S900').replace('Ｓ０００', 'Ｓ９００').replace(
            's000', 's900').format(
            delivery=self.order.picking_ids[:1].name, invoice=self.order.invoice_ids[:1].name, request=self.known.name)
        for part in ('body', 'html'):
            if values.get(part):
                values[part] = values[part].replace('S000', 'S900')
        return build(**values)

    def _take(self, mail):
        """:return: (the drafts that the mail made, its messages on other records, answers to strangers)"""
        drafts, messages = self._all('returns.request'), self._all('mail.message')
        self.gateway.message_process(None, mail)
        self.env.flush_all()
        drafts, messages = self._all('returns.request') - drafts, self._all('mail.message') - messages
        elsewhere = messages.filtered(lambda message: message.message_type == 'email' and message.res_id not in drafts.ids)
        return drafts, elsewhere, messages.filtered(lambda message: message.model == 'returns.team')

    def _all(self, model):
        return self.env[model].search([])

    # ------------------------------------------------------------------
    # Fifty mails
    # ------------------------------------------------------------------

    def test_fifty_mails_make_the_right_drafts_and_no_loops(self):
        self.assertGreaterEqual(len(MAILS), 50)
        partners = self.env['res.partner'].search_count([])
        self.gateway = self.env['mail.thread']  # nobody follows, so that nothing is rendered for them
        for label, expected, values in MAILS:
            with self.subTest(label):
                savepoint = self.env.cr.savepoint()
                drafts, messages, answers = self._take(values if isinstance(values, bytes) else self._mail(**dict(values)))
                self._check_outcome(expected, drafts, messages, answers)
                self.assertEqual(self.env['res.partner'].search_count([]), partners, "no mail makes a contact")
                savepoint.rollback()
                self.env.invalidate_all()

    def _check_outcome(self, expected, drafts, messages, answers):
        self.assertEqual(len(answers), expected == ANSWER)
        self.assertEqual(messages.mapped('res_id'), self.known.ids if expected == HISTORY else [])
        self.assertEqual(len(drafts), expected not in (HISTORY, ANSWER, NOTHING))
        if drafts:
            self.assertEqual(set(drafts.sale_order_ids.mapped('name')), set() if expected == BARE else expected)
            self.assertEqual((drafts.state, drafts.channel, drafts.team_id), ('draft', 'email', self.team))
            self.assertEqual(drafts.commercial_partner_id, self.customer)
            self.assertTrue(drafts.user_id if expected == BARE else drafts.user_id == self.agent, "somebody named, at once")
            mail = drafts.message_ids.filtered(lambda message: message.message_type == 'email')
            self.assertEqual(len(mail), 1, "the mail is in the history")
            self.assertEqual(mail.author_id.commercial_partner_id, self.customer)

    # ------------------------------------------------------------------
    # The draft
    # ------------------------------------------------------------------

    def test_draft_proposes_what_may_come_back_and_says_so(self):
        self._submit(self.order_two, 1.0)
        drafts, _messages, _answers = self._take(self._mail(subject="S00043", body="The toaster is dead.\n\nRegards"))
        self.assertEqual(drafts.line_ids.mapped('quantity'), [1.0, 2.0], "what is asked for already is left out")
        self.assertFalse(drafts.line_ids.reason_id, "nobody guesses why")
        self.assertEqual(drafts.customer_note, "The toaster is dead.\nRegards")
        history = "".join(drafts.message_ids.mapped('body'))
        self.assertIn("all that may come back (2)", history)
        self.assertFalse(drafts._is_shown_to_customer(), "it is ours until it is submitted")
        drafts.line_ids.reason_id = self.reason
        drafts.with_user(self.agent).action_submit()
        self.assertEqual(drafts.state, 'review')

    def test_owner_is_told_by_the_mail_itself(self):
        drafts, _messages, _answers = self._take(self._mail(subject="S00042"))
        mail = drafts.message_ids.filtered(lambda message: message.message_type == 'email')
        self.assertIn(self.agent.partner_id, mail.notified_partner_ids)

    def test_date_of_the_mail_is_when_the_customer_asked(self):
        now = fields.Datetime.now()
        for given, expected in (
                (fields.Datetime.subtract(now, days=2), fields.Datetime.subtract(now, days=2)),
                (fields.Datetime.add(now, days=9), now), (fields.Datetime.subtract(now, years=50), now)):
            with self.subTest(given), freeze_time(now):
                savepoint = self.env.cr.savepoint()
                drafts, *_others = self._take(self._mail(subject="S00042", headers=[('Date', format_datetime(given))]))
                self.assertEqual(drafts.date_requested, expected.replace(microsecond=0))
                savepoint.rollback()
                self.env.invalidate_all()

    def test_pictures_and_pdfs_are_evidence_and_nothing_else_is(self):
        self.patch(uploads, 'MAX_BYTES', 1000)
        drafts, *_others = self._take(self._mail(subject="S00042", html="<p>See <img src='cid:pic'></p>", files=[
            ("裂纹.png", PNG, 'image/png', '2231'), ("发票.pdf", PDF, 'application/pdf', '2047'),
            ("inline.png", PNG, 'image/png', 'plain', 'pic'), ("photo.jpg", SCRIPT, 'image/jpeg'),
            ("drawing.svg", SVG, 'image/svg+xml'), ("huge.png", PNG + bytes(1000), 'image/png'),
            ("run.exe", b"MZ\x90", 'application/octet-stream'), ("no ending", PNG, 'application/octet-stream')]))
        self.assertEqual(
            drafts.evidence_ids.sorted('id').mapped('name'), ["裂纹.png", "发票.pdf", "inline.png", "no ending.png"])
        mail = drafts.message_ids.filtered(lambda message: message.message_type == 'email')
        self.assertEqual(len(mail.attachment_ids), 8, "the others stay with the mail")
        self.assertNotIn('text/html', mail.attachment_ids.mapped('mimetype'), "nothing runs in a browser")

    def test_second_mail_about_the_same_order_goes_to_the_draft(self):
        drafts, *_others = self._take(self._mail(subject="Return S00042"))
        again, messages, _answers = self._take(self._mail(subject="Return S00042: any news?"))
        self.assertFalse(again)
        self.assertEqual(messages.mapped('res_id'), drafts.ids)
        drafts.line_ids.reason_id = self.reason
        drafts.line_ids.quantity = 1.0
        drafts.action_submit()
        again, *_others = self._take(self._mail(subject="Return S00042, another piece"))
        self.assertEqual(again.line_ids.quantity, 4.0, "what is submitted is another return")

    def test_answer_to_our_mail_lands_in_its_history(self):
        sent = self.known.with_context(tracking_disable=False).message_post(
            body="Which colour?", partner_ids=self.contact.ids, subtype_xmlid='mail.mt_comment')
        drafts, messages, answers = self._take(self._mail(
            subject="Re: Which colour?", sender='private@example.org', to='catchall@mail.example.com',
            headers=[('References', sent.message_id), ('In-Reply-To', sent.message_id)]))
        self.assertEqual((len(drafts), messages.mapped('res_id'), len(answers)), (0, self.known.ids, 0))

    def test_same_mail_twice_is_taken_once(self):
        mail = self._mail(subject="S00042")
        self.assertEqual(len(self._take(mail)[0]), 1)
        self.assertEqual([len(found) for found in self._take(mail)], [0, 0, 0])

    def test_who_makes_too_many_is_stopped(self):
        self.env['ir.config_parameter'].set_param('mail.gateway.loop.threshold', 2)
        made = self.Request
        for number in range(4):
            made |= self._take(self._mail(subject=f"Wish {number}"))[0]
        self.assertEqual(len(made), 2)

    def test_nothing_returnable_is_said(self):
        self._return(self.order, 5.0)
        drafts, *_others = self._take(self._mail(subject="S00042"))
        self.assertFalse(drafts.line_ids)
        self.assertIn("nothing may come back now", "".join(drafts.message_ids.mapped('body')))

    # ------------------------------------------------------------------
    # Forwarding
    # ------------------------------------------------------------------

    def test_agents_forward_what_customers_wrote_to_them(self):
        self.agent.email = 'agent@mail.example.com'
        drafts, *_others = self._take(self._mail(
            subject="FW: broken", body="Please file.\n> my order S00042", sender='agent@mail.example.com'))
        self.assertEqual((drafts.partner_id, drafts.user_id, drafts.sale_order_ids), (self.contact, self.agent, self.order))
        self.assertFalse(drafts.customer_note, "what the agent adds is not the customer's")
        mail = drafts.message_ids.filtered(lambda message: message.message_type == 'email')
        self.assertTrue(mail.subtype_id.internal)
        drafts.unlink()
        self.order.user_id = self.agent_all
        drafts, *_others = self._take(self._mail(subject="FW: S00042", sender='agent@mail.example.com'))
        self.assertFalse(drafts, "not theirs to read")

    # ------------------------------------------------------------------
    # Answering strangers
    # ------------------------------------------------------------------

    def test_strangers_are_answered_once_a_day_and_told_nothing(self):
        *_others, answers = self._take(self._mail(subject="Return S00042", **STRANGER))
        mail = self.env['mail.mail'].search([('mail_message_id', '=', answers.id)])
        self.assertEqual((mail.email_to, mail.state), ('stranger@example.org', 'outgoing'))
        self.assertEqual(mail.reply_to, 'returns@mail.example.com')
        self.assertIn('auto-replied', mail.headers)
        self.assertIn('/my/returns', mail.body_html)
        for secret in (self.order.name, self.customer.name, self.agent.name):
            self.assertNotIn(secret, mail.body_html + mail.subject)
        self.assertFalse(self._take(self._mail(subject="Hello?", **STRANGER))[2])
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), hours=25)):
            self.assertTrue(self._take(self._mail(subject="Hello?", **STRANGER))[2])

    def test_answer_of_a_stranger_from_the_right_address_makes_the_draft(self):
        *_others, answers = self._take(self._mail(subject="Hello", **STRANGER))
        drafts, messages, _answers = self._take(self._mail(
            subject="Re: S00042", headers=[('References', answers.message_id)]))
        self.assertEqual((drafts.sale_order_ids, len(messages)), (self.order, 0))

    def test_archived_template_answers_nobody(self):
        self.env.ref('returns_management.mail_template_unknown_sender').active = False
        self.assertFalse(self._take(self._mail(subject="Hello", **STRANGER))[2])

    def test_storm_of_senders_is_not_answered_without_end(self):
        self.env['mail.message'].create([
            {'model': 'returns.team', 'res_id': self.team.id, 'outgoing_email_to': f'a{number}@example.org'}
            for number in range(50)])
        self.assertFalse(self._take(self._mail(subject="Hello", **STRANGER))[2])

    # ------------------------------------------------------------------
    # Companies and rights
    # ------------------------------------------------------------------

    def test_mail_goes_to_the_company_of_its_team(self):
        other = self.env['res.company'].create({'name': "Second Company", 'alias_domain_id': self.company.alias_domain_id.id})
        team = self.env['returns.team'].search([('company_id', '=', other.id)])
        team.alias_name = 'returns-two'
        self.assertEqual(
            [len(found) for found in self._take(self._mail(subject="S00042", to='returns-two@mail.example.com'))], [0, 0, 1],
            "the order, and so the customer, are of another company")

    def test_nobody_makes_returns_by_pretending_to_be_the_gateway(self):
        portal = new_test_user(self.env, login='test_returns_faker', groups='base.group_portal', partner_id=self.contact.id)
        for user in (portal, self.employee, self.agent_all):
            with self.assertRaisesRegex(AccessError, "mail gateway only"):
                self.Request.with_user(user).message_new(
                    {'body': "", 'subject': "S90042"}, {'returns_mail': {'team': self.team, 'partner': self.contact}})

    def test_answers_are_in_the_language_of_the_mail(self):
        guess = mail_intake.guess_language
        installed = ['en_US', 'fr_FR', 'zh_CN', 'zh_TW']
        self.assertEqual(guess("商品坏了，请退货", None, installed), 'zh_CN')
        self.assertEqual(guess("商品壞了，請退貨", None, installed), 'zh_TW')
        self.assertEqual(guess("Bonjour", 'fr', installed), 'fr_FR')
        self.assertEqual(guess("Hello", 'zh-Hant', installed), 'zh_TW')
        self.assertEqual(guess("商品壞了", 'de-DE', installed[:3]), 'zh_CN')
        self.assertIsNone(guess("Hello", None, installed))
        self.assertIsNone(guess("商品坏了", None, ['en_US']))
        self.assertEqual(mail_intake.read_numbers("回复：退货【Ｓ０００４２】 wh/out/00012."), [
            'S00042', 'wh/out/00012', 'WH/OUT/00012', '00012'])
        self.assertTrue(mail_intake.names("our  po 77-b, please", "PO 77-B"))
        self.assertFalse(mail_intake.names("our PO 77-BC", "PO 77-B"))
