# Part of returns_management. See LICENSE file for full copyright and licensing details.

from urllib.parse import urlencode

from odoo import Command, http
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger

from .test_portal import PIXEL, PortalCase


@tagged('post_install', '-at_install')
class TestPortalAsk(PortalCase, HttpCase):
    """Customers ask for a return by themselves, see what the policy says, send, change and cancel it; nobody else does."""

    ledger_leaves = frozenset()

    def setUp(self):
        super().setUp()
        self.order = self._sell((self.product, 5.0), partner=self.buyer)
        self.sold = self.order.order_line
        self.authenticate('portal_rita', 'portal_rita')

    def _typed(self, sale_line=None, quantity='2', reason=None, resolution='refund', **more):
        number = (sale_line or self.sold).id
        return {
            'pick': number, f'quantity_{number}': quantity, f'reason_{number}': (reason or self.reason).id,
            f'resolution_{number}': resolution, **{f'{name}_{number}': value for name, value in more.items()}}

    def _post(self, path='/my/returns/new', data=None, files=(), token=True):
        data = dict(self._typed() if data is None else data)
        if token:
            data['csrf_token'] = http.Request.csrf_token(self)
        response = self.url_open(path, data=data, files=[('evidence', file) for file in files] or None)
        self.env.invalidate_all()
        return response

    def _found(self):
        return self.Request.search([('commercial_partner_id', '=', self.customer.id)], order='id')

    # ------------------------------------------------------------------
    # The road
    # ------------------------------------------------------------------

    def test_customer_asks_sees_the_verdict_and_sends(self):
        page = self.url_open('/my/returns/new').text
        for words in (self.order.name, "Kettle", "5 may come back", "Changed mind", "about $"):
            self.assertIn(words, page)
        response = self._post(data={**self._typed(answer="Too loud."), 'note': "In the box."})
        request = self._found()
        self.assertEqual((request.state, request.channel, request.partner_id, request.user_id),
                         ('draft', 'portal', self.buyer, self.agent), "who sold it is responsible")
        self.assertNotIn(self.buyer, request.sudo().message_partner_ids)
        line = request.line_ids
        self.assertEqual((line.sale_line_id, line.quantity, line.reason_id, line.reason_answer, line.resolution),
                         (self.sold, 2.0, self.reason, "Too loud.", 'refund'))
        self.assertTrue(response.url.endswith(f'/my/returns/{request.id}'))
        for words in ("Not sent yet", "Within our policy", "You would get", "about $", "Send the request",
                      "days left", "In the box."):
            self.assertIn(words, response.text)
        self.assertFalse(line.policy_status, "nothing is frozen before it is sent")
        began = request.date_requested
        page = self._post(f'/my/returns/{request.id}/submit', {}).text
        self.assertEqual((request.state, line.policy_status, request.date_requested), ('review', 'compliant', began))
        self.assertIn("We are checking your request", page)
        self._post(f'/my/returns/{request.id}/submit', {})
        self.assertEqual((request.state, request.round, len(request.sudo().step_ids)), ('review', 1, 1))

    def test_one_form_makes_one_request_however_often_it_is_sent(self):
        data = {**self._typed(), 'key': 'a' * 32}
        for _time in range(2):
            self._post(data=data, files=[('photo.png', PIXEL, 'image/png')])
        request = self._found()
        self.assertEqual((len(request), len(request.line_ids), len(request.sudo().evidence_ids)), (1, 1, 1))
        self._post(data={**self._typed(quantity='3'), 'key': 'a' * 32})
        self.assertEqual(self._found().line_ids.quantity, 3.0, "sent again after a step back, the draft is written on")
        self._post(f'/my/returns/{request.id}/submit', {})
        self._post(data={**self._typed(quantity='1'), 'key': 'a' * 32})
        self.assertEqual((len(self._found()), request.line_ids.quantity), (1, 3.0), "what is sent stays")
        self._post(data={**self._typed(), 'key': 'b' * 32})
        self.assertEqual(len(self._found()), 2)

    def test_change_after_sending_is_a_new_round(self):
        self._post(files=[('photo.png', PIXEL, 'image/png')])
        request = self._found()
        self._post(f'/my/returns/{request.id}/submit', {})
        step = request.sudo().step_ids
        page = self.url_open(f'/my/returns/{request.id}/change').text
        self.assertIn("5 may come back", page, "what the request itself holds is free to it")
        self.assertIn('value="2"', page)
        self.assertIn("photo.png", page)
        second = self._sell((self.product_ordered, 2.0), partner=self.buyer).order_line
        page = self._post(f'/my/returns/{request.id}/change', {
            **self._typed(quantity='4'), **self._typed(second, quantity='1'), 'pick': [self.sold.id, second.id]}).text
        self.assertIn("Not sent yet", page)
        self.assertEqual((request.state, request.round, step.state), ('draft', 2, 'skipped'))
        self.assertEqual(sorted(request.line_ids.mapped('quantity')), [1.0, 4.0])
        self._post(f'/my/returns/{request.id}/change', self._typed(second, quantity='2'))
        self.assertEqual((request.line_ids.sale_line_id, request.line_ids.quantity), (second, 2.0))
        self._post(f'/my/returns/{request.id}/submit', {})
        self.assertEqual((request.state, request.round), ('review', 2))

    def test_cancelled_until_it_is_approved(self):
        requests = self.Request
        for _time in range(3):
            self._post()
            requests |= self._found()
        for request in requests[1:]:
            self._post(f'/my/returns/{request.id}/submit', {})
        requests[2].with_user(self.voter_sales).action_approve()
        for request in requests:
            page = self._post(f'/my/returns/{request.id}/cancel', {}).text
        self.assertEqual(requests.mapped('state'), ['cancelled', 'cancelled', 'approved'])
        self.assertIn("can no longer be cancelled here", page)
        self._post(f'/my/returns/{requests[2].id}/change', self._typed(quantity='1'))
        self.assertEqual((requests[2].state, requests[2].line_ids.quantity), ('approved', 2.0))
        self.assertEqual(self.sold.quantity_returnable, 3.0)

    # ------------------------------------------------------------------
    # What may come back, and why not the rest
    # ------------------------------------------------------------------

    def _page(self, path='/my/returns/new'):
        return ' '.join(self.url_open(path).text.split())

    def test_form_says_what_may_come_back_and_why_the_rest_may_not(self):
        open_request = self._submit(self.order, 2.0)
        self._return(self.order, 1.0)
        waiting = self._sell((self.product_ordered, 3.0), partner=self.buyer, deliver=False, invoice=False)
        late = self._sell((self._create_product("Lamp"), 1.0), partner=self.buyer)
        final = self._sell((self._create_product("Underwear"), 1.0), partner=self.buyer)
        policy = self.policy.copy({'name': "Strict", 'rule_ids': [Command.clear(), Command.create({
            'name': "All", 'window_days': 30}), Command.create({
                'name': "Final", 'product_id': final.order_line.product_id.id, 'is_returnable': False})]})
        policy._do_publish()
        (late | final).sudo().returns_policy_id = policy
        late.picking_ids.move_ids.date = '2024-01-10'
        page = self._page()
        for words in (
                "2 may come back", f"2 already asked for in {open_request.name}; 1 came back already.",
                "Cannot come back now: 3 not delivered yet.", "Cannot come back now: It could come back until",
                "Cannot come back now: It cannot be returned: our policy excludes it."):
            self.assertIn(words, page)
        for order in (waiting, late, final):
            self.assertIn(order.name, page)
            self.assertNotIn(f'id="returns_pick_{order.order_line.id}"', page, "what cannot come back has no box")
        # sent all the same, past the form: never more than a refused line with its reason
        for order, reason in ((late, "late by"), (final, "excluded from returns")):
            page = self._post(data=self._typed(order.order_line, quantity='1')).text
            request = self._found()[-1]
            for words in ("Not within our policy", "Sent as it is, it will be refused", reason):
                self.assertIn(words, page)
            self._post(f'/my/returns/{request.id}/submit', {})
            self.assertEqual((request.state, request.line_ids.quantity_approved), ('rejected', 0.0))
            self.assertIn(reason, request.line_ids.rejection_note)

    def test_money_is_said_for_each_wish_and_a_fee_with_it(self):
        self.policy.copy({'name': "Fees", 'rule_ids': [Command.clear(), Command.create({
            'name': "All", 'window_days': 30, 'fee_percent': 10.0, 'condition_required': 'complete', 'allow_exchange': False,
        })]})._do_publish()
        order = self._sell((self.product, 2.0), partner=self.buyer)
        page = self._page(f'/my/returns/new?order_id={order.id}')
        unit = order.currency_id.round(order.amount_total / 2)
        self.assertIn("a fee of 10% is kept", page)
        self.assertIn("In which condition is it?", page)
        self.assertNotIn('value="exchange"', page)
        self.assertNotIn(self.order.name, page, "one order was chosen")
        self.assertIn(f"about {order.currency_id.format(unit)}".replace('\xa0', ' '), page)
        page = self._post(data=self._typed(order.order_line, resolution='store_credit', condition='complete')).text
        fee = order.currency_id.round(order.amount_total / 10)
        self.assertIn(order.currency_id.format(order.amount_total - fee), page)
        self.assertIn(f"less a fee of {order.currency_id.format(fee)}", page)
        self._post(data=self._typed(order.order_line, reason=self.reason_quality))
        self.assertNotIn("less a fee", self._page(f'/my/returns/{self._found()[-1].id}'), "not where others are responsible")

    def test_serials_are_chosen_of_those_delivered(self):
        phone = self._create_product("Phone", tracking='serial')
        lots = self.env['stock.lot'].create([{'name': f"SN-{number}", 'product_id': phone.id} for number in range(4)])
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(phone, self.stock, 1.0, lot_id=lot)
        order = self._sell((phone, 3.0), partner=self.buyer)
        sold = order.order_line
        there = sold.move_ids.move_line_ids.lot_id
        page = self._page()
        self.assertTrue(all(lot.name in page for lot in there))
        self.assertNotIn((lots - there).name, page)
        page = self._post(data=self._typed(sold, quantity='1', lots=(lots - there).id)).text
        self.assertIn("delivered to you", page)
        page = self._post(data={**self._typed(sold, quantity='1'), f'lots_{sold.id}': there[:2].ids}).text
        self.assertIn("You ticked 2 serial numbers", page)
        self.assertFalse(self._found())
        self._post(data={**self._typed(sold, quantity='2'), f'lots_{sold.id}': there[:2].ids})
        request = self._found()
        self.assertEqual(request.sudo().line_ids.lot_ids, there[:2])
        self._post(f'/my/returns/{request.id}/submit', {})
        self.assertEqual(request.state, 'review')
        self.assertNotIn(f'id="returns_lot_{sold.id}_{there[0].id}"', self._page())

    # ------------------------------------------------------------------
    # What is wrong
    # ------------------------------------------------------------------

    def test_what_is_wrong_is_said_where_it_is_and_nothing_typed_is_lost(self):
        defect = self.env.ref('returns_management.reason_quality_defect')
        number = self.sold.id
        for data, files, words in (
            ({}, [], "Choose at least one product"),
            (self._typed(quantity='6'), [], "No more than 5 may come back"),
            (self._typed(quantity='0'), [], "Enter how many you send back: up to 5"),
            (self._typed(quantity='1.5'), [], "Enter a whole number"),
            (self._typed(quantity='nan'), [], "Enter how many"),
            (self._typed(quantity='9' * 60), [], "No more than 5"),
            ({**self._typed(), f'reason_{number}': ''}, [], "Choose why it comes back"),
            (self._typed(resolution='free lunch'), [], "Choose what you would like"),
            (self._typed(resolution='exchange', exchange=str(self.product_ordered.id)), [], "Choose a product of the list"),
            (self._typed(answer='x' * 4001), [], "longer than 4000 characters"),
            ({**self._typed(), 'note': 'x' * 4001}, [], "longer than 4000 characters"),
            (self._typed(condition='great'), [], "Choose in which condition"),
            (self._typed(reason=defect), [], "needs a picture"),
            (self._typed(reason=defect), [('photo.png', b'<html><script>alert(1)</script></html>', 'image/png')],
             "photo.png is neither a picture"),
            (self._typed(), [(f'{number}.png', PIXEL, 'image/png') for number in range(6)], "You sent 6 files"),
        ):
            with self.subTest(words):
                data = {'note': "My <b>words</b>\0", **data}
                response = self._post(data=data, files=files)
                self.assertEqual(response.status_code, 200)
                self.assertIn(words, response.text)
                if len(data['note']) < 100:
                    self.assertIn("My &lt;b&gt;words&lt;/b&gt;", response.text)
                if data.get(f'answer_{number}') is None and 'pick' in data:
                    self.assertRegex(' '.join(response.text.split()), rf'id="returns_pick_{number}" checked="checked"')
                self.assertFalse(self._found(), "nothing is saved")

    @mute_logger('odoo.http')
    def test_goods_of_others_and_forms_of_other_sites_change_nothing(self):
        foreign = self._sell((self.product, 2.0), partner=self.other_customer)
        service = self._create_product("Advice", type='service', is_storable=False, quantity=0)
        own_service = self._sell((service, 1.0), partner=self.buyer, deliver=False, invoice=False)
        quotation = self.order.copy()
        for sale_line in (foreign.order_line, own_service.order_line, quotation.order_line):
            page = self._post(data=self._typed(sale_line, quantity='1')).text
            self.assertIn("Some of what you chose is not among your goods", page)
            self.assertNotIn(foreign.name, page)
        page = self._post(data={**self._typed(foreign.order_line), **self._typed(), 'pick': [
            self.sold.id, foreign.order_line.id, 'x', -1, 2**40]}).text
        self.assertIn("Some of what you chose", page)
        self.assertEqual(self._post(token=False).status_code, 400)
        self.assertTrue(self.url_open(f'/my/returns/new?order_id={foreign.id}').url.endswith('/my'))
        self.assertTrue(self._post(f'/my/returns/new?order_id={foreign.id}').url.endswith('/my'))
        self.assertFalse(self._found())
        self.assertFalse(self.Request.search([('sale_order_ids', 'in', foreign.ids)]))

    @mute_logger('odoo.http')
    def test_nobody_else_sends_changes_or_cancels(self):
        self._post()
        request = self._found()
        self._post(f'/my/returns/{request.id}/submit', {})
        manager = self.manager
        manager.password = manager.login
        for login in ('portal_stranger', manager.login, None):
            self.authenticate(login, login)
            for step in ('cancel', 'change', 'submit'):
                for query in ('', '?access_token=wrong', '?access_token=%C3%A9'):
                    self._post(f'/my/returns/{request.id}/{step}{query}', self._typed(quantity='1'))
        self.assertEqual((request.state, request.line_ids.quantity), ('review', 2.0))
        self.authenticate(None, None)
        self.assertIn('/web/login', self.url_open('/my/returns/new').url)
        self.assertIn('/web/login', self.url_open(f'/my/returns/new?order_id={self.order.id}&access_token=wrong').url)
        self.authenticate('portal_colleague', 'portal_colleague')
        self._post(f'/my/returns/{request.id}/cancel', {})
        self.assertEqual(request.state, 'cancelled', "a colleague of the same company may")

    def test_guest_with_an_orders_link_asks_about_that_order_only(self):
        other = self._sell((self.product, 2.0), partner=self.buyer)
        self.authenticate(None, None)
        query = urlencode({'order_id': self.order.id, 'access_token': self.order._portal_ensure_token()})
        path = f'/my/returns/new?{query}'
        page = self._page(path)
        self.assertIn(self.order.name, page)
        self.assertNotIn(other.name, page)
        self.assertIn("not among your goods", self._post(path, self._typed(other.order_line, quantity='1')).text)
        response = self._post(path)
        request = self._found()
        self.assertEqual((request.state, request.partner_id, request.channel), ('draft', self.buyer, 'portal'))
        self.assertIn(f'/my/returns/{request.id}?access_token={request.sudo().access_token}', response.url)
        token = f'?access_token={request.sudo().access_token}'
        self.assertNotIn(other.name, self._page(f'/my/returns/{request.id}/change{token}'))
        page = self._post(f'/my/returns/{request.id}/change{token}', self._typed(other.order_line, quantity='1')).text
        self.assertIn("not among your goods", page)
        self._post(f'/my/returns/{request.id}/submit{token}', {})
        self.assertEqual((request.state, request.line_ids.sale_line_id), ('review', self.sold))
        order_page = self._page(self.order.get_portal_url())
        self.assertIn(f'/my/returns/new?order_id={self.order.id}&amp;access_token=', order_page)
        stale = f'/my/returns/new?order_id={other.id}&access_token={self.order.access_token}'
        self.assertIn("/web/login", self.url_open(stale).url)

    def test_a_customer_begins_no_more_than_so_many(self):
        self.Request.sudo().create([{
            'partner_id': self.customer.id, 'channel': 'portal', 'user_id': False} for _number in range(20)])
        self.assertIn("You have begun 20 returns", self._post().text)
        self.assertEqual(len(self._found()), 20)

    def test_order_page_and_list_lead_to_the_form(self):
        self.assertIn('href="/my/returns/new"', self._page('/my/returns'))
        self.assertIn(f'href="/my/returns/new?order_id={self.order.id}"', self._page(f'/my/orders/{self.order.id}'))
        self._submit(self.order, 5.0)
        self.assertNotIn('/my/returns/new?order_id=', self._page(f'/my/orders/{self.order.id}'))
        self.assertIn('href="/my/returns/new"', self._page('/my/returns'))
