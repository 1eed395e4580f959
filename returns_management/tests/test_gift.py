# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import HttpCase, new_test_user, tagged

from .test_source import SourceCommon


class GiftCommon(SourceCommon):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.receiver = cls.env['res.partner'].create({'name': "Receiver", 'email': 'receiver@example.com'})

    def _sell_paid(self, *lines, paid=True, **kwargs):
        order = self._sell(*lines, **kwargs)
        if paid:
            self.env['account.payment.register'].with_context(
                active_model='account.move', active_ids=order.invoice_ids.ids).create({})._create_payments()
        return order

    def _get_invoice(self, order):
        return order.invoice_ids.filtered(lambda move: move.move_type == 'out_invoice')

    def _file_gift(self, order, quantity=1.0, user=None, **line_values):
        return self.Request.with_user(user or self.agent).create({
            'partner_id': self.receiver.id, 'team_id': self.team.id, 'is_gift': True, 'line_ids': [Command.create({
                'sale_line_id': line.id, 'quantity': quantity, 'reason_id': self.reason.id,
                'resolution': 'store_credit', **line_values}) for line in order.order_line]})

    def _approve_gift(self, order, quantity=1.0):
        request = self._file_gift(order, quantity)
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        return request

    def _return_gift(self, order, quantity=1.0):
        request = self._approve_gift(order, quantity)
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        return request


@tagged('post_install', '-at_install')
class TestGift(GiftCommon):
    """A gift comes back from somebody else than its buyer."""

    def test_who_got_it_gets_store_credit_and_the_buyer_cannot_get_it_again(self):
        order = self._sell_paid((self.product, 3.0))
        invoice = order.invoice_ids
        request = self._return_gift(order, 2.0)
        note = request.sudo().refund_ids
        self.assertEqual((note.state, note.partner_id, note.reversed_entry_id), ('posted', self.receiver, invoice))
        self.assertAlmostEqual(note.amount_total, invoice.amount_total * 2 / 3, 2)
        self.assertEqual((note.amount_residual, note.payment_state), (note.amount_total, 'not_paid'))
        self.assertNotIn(invoice.name, f"{note.ref} {note.invoice_origin}")
        self.assertIn(invoice.payment_state, ('paid', 'in_payment'))
        self.assertEqual(self._balance(request.line_ids), (3.0, 0.0, 2.0))
        with self.assertRaisesRegex(UserError, "but only 1 may come back"):
            self._submit(order, 2.0)
        self._return(order, 1.0)
        notes = invoice.reversal_move_ids
        self.assertAlmostEqual(sum(notes.mapped('amount_total')), invoice.amount_total)
        self.assertEqual((notes - note).partner_id, self.customer)
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_gift_and_buyers_own_return_settled_together_get_a_note_each(self):
        order = self._sell_paid((self.product, 3.0))
        gift = self._approve_gift(order, 1.0)
        own = self._approve(order, 2.0)
        for request in (gift, own):
            self._receive(request)
            self._inspect(request)
        (gift | own).with_user(self.accountant).action_settle()
        notes = (gift | own).sudo().refund_ids
        notes.action_post()
        self.assertEqual(len(notes), 2)
        self.assertEqual(gift.sudo().refund_ids.partner_id, self.receiver)
        self.assertEqual(own.sudo().refund_ids.partner_id, self.customer)
        self.assertAlmostEqual(sum(notes.mapped('amount_total')), self._get_invoice(order).amount_total)

    def test_surplus_in_a_gift_goes_back_to_who_sent_it(self):
        request = self._approve_gift(self._sell_paid((self.product, 3.0)), 1.0)
        self._receive(request, {self.product: 2.0})
        case = request.sudo().discrepancy_ids
        self.assertEqual(case.kind, 'over')
        case.with_user(self.manager).action_send_back("Not announced.")
        self.assertEqual(case.disposal_move_ids.picking_id.partner_id, self.receiver)
        self.assertEqual(case.disposal_move_ids.partner_id, self.receiver)

    def test_gift_is_credited_once_its_buyer_has_paid(self):
        order = self._sell((self.product, 2.0))
        with self.assertRaisesRegex(UserError, f"{order.invoice_ids.name} is not paid yet"):
            self._file_gift(order).action_submit()
        order = self._sell((self.product, 2.0), invoice=False)
        with self.assertRaisesRegex(UserError, "not all of it is invoiced"):
            self._file_gift(order).action_submit()

    def test_gift_is_for_store_credit_only(self):
        order = self._sell_paid((self.product, 2.0))
        for resolution in ('refund', 'exchange'):
            with self.subTest(resolution), self.assertRaisesRegex(UserError, "gets store credit"):
                self._file_gift(order, resolution=resolution).action_submit()
        request = self.Request.with_user(self.agent).create({'partner_id': self.receiver.id, 'is_gift': True})
        line = self.env['returns.request.line'].with_user(self.agent).create({
            'request_id': request.id, 'sale_line_id': order.order_line.id})
        self.assertEqual(line.resolution, 'store_credit')
        without = self._file_unsold(self.product, partner=self.receiver)
        without.is_gift = True
        without.line_ids.resolution = 'store_credit'
        with self.assertRaisesRegex(UserError, "by the order it was bought on"):
            without.action_submit()

    def test_gift_is_neither_left_with_who_got_it_nor_paid_ahead(self):
        self.policy = self.policy.copy({'rule_ids': [Command.clear(), Command.create({
            'name': "Free", 'window_days': 30, 'returnless_max': 9999.0, 'advance': 'refund'})]})
        self.policy._do_publish()
        order = self._sell_paid((self.product, 2.0))
        line = self._approve_gift(order).line_ids
        self.assertFalse(line.is_returnless or line.quantity_advanced)

    def test_only_who_may_read_the_order_makes_it_a_gift(self):
        order = self._sell_paid((self.product, 2.0), user_id=self.agent_all.id)
        with self.assertRaisesRegex(ValidationError, "was not sold to Receiver") as caught:
            self._file_gift(order)
        self.assertNotIn(self.customer.name, str(caught.exception))
        self._file_gift(order, user=self.agent_all)
        with self.assertRaisesRegex(ValidationError, "no gift"):
            self.Request.with_user(self.agent_all).create({
                'partner_id': self.customer.id, 'is_gift': True,
                'line_ids': [Command.create({'sale_line_id': order.order_line.id})]})

    def test_gift_mark_is_made_in_draft_only(self):
        order = self._sell_paid((self.product, 2.0))
        request = self._approve_gift(order)
        with self.assertRaisesRegex(UserError, "can no longer change"):
            request.is_gift = False

    def test_note_of_a_gift_goes_to_nobody_else(self):
        order = self._sell_paid((self.product, 2.0))
        request = self._approve_gift(order)
        self._receive(request)
        self._inspect(request)
        note = self._settle(request, post=False)
        note.partner_id = self.customer
        with self.assertRaisesRegex(UserError, "to another customer"):
            note.action_post()

    def test_refused_gift_goes_back_to_who_sent_it(self):
        order = self._sell_paid((self.product, 2.0))
        request = self._approve_gift(order)
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        self.assertEqual(request.sudo().inspection_ids.disposal_move_ids.picking_id.partner_id, self.receiver)


@tagged('post_install', '-at_install')
class TestGiftPage(HttpCase, GiftCommon):
    """What who got a gift sees of it."""

    def _assert_secret(self, text, order):
        for secret in (order.name, self._get_invoice(order).name, self.customer.name, self.customer.email, '23.99', '19.99',
                       'Customer &amp; Sons'):
            self.assertNotIn(secret, text)

    def test_slip_and_pick_up_name_who_got_it_and_not_where_its_buyer_lives(self):
        order = self._sell_paid((self.product, 2.0))
        self.assertEqual(order.partner_shipping_id.commercial_partner_id, self.customer)
        self.customer.street = "1 Secret Lane"
        self.receiver.street = "2 Present Road"
        request = self._approve_gift(order)
        path = f'/my/returns/{request.id}'
        token = request.sudo()._portal_ensure_token()
        slip = self.url_open(f'{path}/slip?access_token={token}').text
        request.sudo().shipping_method = 'pickup'
        page = self.url_open(f'{path}?access_token={token}').text
        for text in (slip, page):
            self.assertIn("2 Present Road", text)
            self.assertNotIn("1 Secret Lane", text)
            self._assert_secret(text, order)

    def test_refused_gift_that_is_sent_back_does_not_name_the_order(self):
        user = new_test_user(
            self.env, login='gift_receiver', groups='base.group_portal', partner_id=self.receiver.id)
        order = self._sell_paid((self.product, 2.0))
        request = self._approve_gift(order)
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        sent_back = request.sudo().inspection_ids.disposal_move_ids.picking_id
        self.assertEqual((sent_back.partner_id, sent_back.sale_id), (self.receiver, order))
        Picking = self.env['stock.picking'].with_user(user).with_context(sale_show_partner_name=True)
        self.assertFalse(Picking.search([('id', 'in', sent_back.ids)]))
        with self.assertRaises(AccessError):
            Picking.browse(sent_back.ids).read(['sale_id'])
        self.assertTrue(sent_back.with_user(self.stock_user).has_access('read'))
        own = self._sell((self.product, 1.0), partner=self.receiver)
        self.assertTrue(Picking.search([('id', 'in', own.picking_ids.ids)]), "their own orders are theirs")

    def test_note_of_a_gift_does_not_name_the_invoice_that_its_buyer_got(self):
        user = new_test_user(
            self.env, login='gift_receiver', groups='base.group_portal', partner_id=self.receiver.id)
        note = self._return_gift(self._sell_paid((self.product, 2.0))).sudo().refund_ids
        note = note.with_user(user).sudo(False).with_context(input_full_display_name=True)
        told = note.read(['display_name', 'amount_total', 'ref', 'invoice_origin', 'partner_id', 'narration'])
        self.assertNotIn(self.customer.name, str(told))
        with self.assertRaises(AccessError):
            note.read(['reversed_entry_id'])

    def test_customers_read_their_own_credit_notes_as_ever(self):
        user = new_test_user(
            self.env, login='buyer', password='buyer', groups='base.group_portal', partner_id=self.customer.id)
        note = self._return(self._sell_paid((self.product, 2.0))).sudo().refund_ids
        theirs = note.with_user(user).sudo(False)
        for name in theirs.fields_get(attributes=['type']):
            try:
                theirs.read([name])
            except AccessError as error:  # some are core's own: activities, banks
                self.assertNotIn('reversed_entry_id', str(error), f"{name} needs the field that is not theirs")
        self.authenticate('buyer', 'buyer')
        for path in ('/my/invoices', note.access_url, f'{note.access_url}?report_type=html'):
            page = self.url_open(path)
            self.assertEqual((page.status_code, note.name in page.text), (200, True), path)

    def test_page_list_and_mails_show_neither_price_nor_buyer_nor_order(self):
        user = new_test_user(
            self.env, login='gift_receiver', password='gift_receiver', groups='base.group_portal',
            partner_id=self.receiver.id)
        order = self._sell_paid((self.product, 2.0))
        request = self._approve_gift(order)
        self.authenticate('gift_receiver', 'gift_receiver')
        for _stage in ('approved', 'done'):
            page = self.url_open(f'/my/returns/{request.id}')
            self.assertIn(request.name, page.text)
            self.assertIn('access_token', page.url)
            self._assert_secret(page.text, order)
            listed = self.url_open('/my/returns')
            self.assertIn(request.name, listed.text)
            self._assert_secret(listed.text, order)
            self._receive(request)
            self._inspect(request)
            self._settle(request)
        self.assertEqual(request.state, 'done')
        mails = self.env['mail.mail'].sudo().search([('model', '=', 'returns.request'), ('res_id', '=', request.id)])
        self.assertEqual(len(mails), 2)
        for mail in mails:
            self.assertEqual(mail.recipient_ids, self.receiver)
            self._assert_secret(f"{mail.subject} {mail.body_html}", order)
        for records in (request, request.line_ids, request.line_ids.sale_line_id, request.sudo().picking_ids):
            with self.subTest(records), self.assertRaises(AccessError):
                records.with_user(user).sudo(False).read(['display_name'])
        buyer = new_test_user(
            self.env, login='gift_buyer', password='gift_buyer', groups='base.group_portal', partner_id=self.contact.id)
        with self.assertRaises(AccessError):
            request.with_user(buyer).sudo(False).read(['name'])
        self.authenticate('gift_buyer', 'gift_buyer')
        self.assertNotIn(request.name, self.url_open('/my/returns').text)
        self.assertNotIn(request.name, self.url_open(f'/my/returns/{request.id}').text)
        self.authenticate(None, None)
        self.assertNotIn(request.name, self.url_open(f'/my/returns/{request.id}').text)
