# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon
from .test_ship_by import DAY, MONDAY, ShipByCommon


@tagged('post_install', '-at_install')
class TestWayBack(ShipByCommon):
    """The customer sends the goods, or we fetch them: whose turn it is, until when, and what it costs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env['returns.time.limit'].search(
            [('company_id', '=', cls.company.id), ('stage', 'in', ('pickup', 'receipt'))]).unlink()
        cls.env['returns.time.limit'].create([
            {'stage': stage, 'limit_value': 48, 'limit_unit': 'hours', 'user_id': cls.inspector.id}
            for stage in ('pickup', 'receipt')])
        cls.depot = cls.env['res.partner'].create({
            'name': "Depot", 'parent_id': cls.customer.id, 'type': 'delivery', 'street': "7 Quay Street"})

    def _fetch(self, quantity=1.0, **way):
        """A return that we are to fetch, approved."""
        request = self._submit(self._sell(), quantity)
        request.write({'shipping_method': 'pickup', **way})
        request.with_user(self.voter_sales).action_approve()
        return request

    def _page(self, request):
        return request.sudo()._prepare_customer_page()

    # === Whose turn it is === #

    def test_goods_that_we_fetch_have_our_deadline_and_not_the_customers(self):
        request = self._fetch()
        self.assertEqual((request.date_ship_by, request.date_pickup_due), (False, MONDAY + 2 * DAY))
        self.assertEqual(request.date_due, MONDAY + 2 * DAY)

    def test_goods_that_wait_for_us_are_never_closed_as_not_sent(self):
        request = self._fetch()
        self._after(40)
        self._cron()
        self.assertEqual((request.state, request.line_ids.quantity_closed), ('approved', 0.0))
        self.assertFalse(self._mails(request, "please send") | self._mails(request, "is closed"))

    def test_owner_is_told_when_goods_are_fetched_late(self):
        request = self._fetch()
        self._after(2.5)
        self._cron()  # which keeps the other one, too, from committing
        self.assertTrue(request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self.env['returns.step']._cron_follow_clocks()
        task = self._tasks(request, 'late')
        self.assertEqual((task.user_id, task.summary), (self.inspector, "Pick-up takes too long"))
        request.with_user(self.inspector).action_pick_up()
        self.assertFalse(request.is_late or self._tasks(request, 'late'))
        self.assertNotIn(request, self.Request.search([('is_late', '=', True)]))

    def test_pause_moves_the_pick_up(self):
        request = self._fetch()
        self._after(1)
        request.action_pause('customer')
        self._after(4)
        self.assertFalse(request.is_late)
        request.action_resume()
        self.assertEqual(request.date_pickup_due, MONDAY + 5 * DAY)

    def test_fetched_goods_are_on_the_road(self):
        request = self._fetch()
        self._after(1)
        request.action_pick_up()
        self.assertEqual((request.date_picked_up, request.date_pickup_due, request.date_receipt_due),
                         (MONDAY + DAY, False, MONDAY + 3 * DAY))
        self.assertIn("on the road", request.next_step_note)
        self._cron()
        self.assertEqual(request.date_receipt_due, MONDAY + 3 * DAY)
        request.action_pick_up()
        self.assertEqual(request.date_picked_up, MONDAY + DAY, "once is enough")
        self._after(40)
        self._cron()
        self.assertEqual(request.state, 'approved')

    def test_not_fetched_after_all_is_our_turn_again(self):
        request = self._fetch()
        request.action_pick_up()
        self._after(1)
        request.action_undo_pick_up()
        self.assertEqual((request.date_picked_up, request.date_pickup_due, request.date_receipt_due),
                         (False, MONDAY + 3 * DAY, False))
        with self.assertRaisesRegex(UserError, "not fetched"):
            request.action_undo_pick_up()
        self._receive(request)
        with self.assertRaisesRegex(UserError, "are here"):
            request.action_undo_pick_up()

    def test_what_did_not_come_along_is_fetched_another_time(self):
        request = self._fetch(2.0)
        request.action_pick_up()
        self._after(1)
        self._receive(request, {self.product: 1.0})
        self.assertEqual((request.date_picked_up, request.date_pickup_due, request.date_receipt_due),
                         (False, MONDAY + 3 * DAY, False))
        self._after(2)
        self._receive(request)
        self.assertEqual((request.date_picked_up, request.date_pickup_due), (MONDAY + 2 * DAY, False), "it must have been")

    def test_customer_sends_after_all_and_has_the_whole_time_for_it(self):
        request = self._fetch()
        self._after(1)
        request.shipping_method = 'self'
        self.assertEqual((request.date_ship_by, request.date_pickup_due), (MONDAY + 11 * DAY, False))
        request.shipping_method = 'pickup'
        self.assertEqual((request.date_ship_by, request.date_pickup_due), (False, MONDAY + 3 * DAY))

    def test_taken_up_again_nothing_was_fetched(self):
        request = self._fetch()
        request.action_cancel()
        request.action_draft()
        self.assertFalse(request.date_pickup_due or request.date_picked_up)
        self.assertEqual(request.shipping_method, 'pickup', "what was agreed stays")

    def test_line_approved_later_is_fetched_too(self):
        self.rule.sudo().on_late = 'refuse'
        order = self._sell((self.product, 2.0), (self.product_ordered, 2.0))
        order.order_line[1].move_ids.date = '2025-01-01'
        request = self._file(order)
        request.shipping_method = 'pickup'
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        request.action_pick_up()
        request.line_ids[1].action_dispute("The parcel stood at the wrong depot for a year.")
        for user in (self.chair, self.voter_quality, self.voter_finance):
            request.with_user(user).action_approve()
        self.assertFalse(request.date_ship_by)
        self._after(40)
        self._cron()
        self.assertEqual(set(request.line_ids.mapped('state')), {'approved'})

    # === Until when it changes === #

    def test_way_back_is_agreed_until_the_goods_are_fetched_or_came(self):
        request = self._fetch()
        request.action_pick_up()
        with self.assertRaisesRegex(UserError, "Not Fetched"):
            request.shipping_method = 'self'
        request.tracking_ref = "1Z999"
        self._receive(request)
        with self.assertRaisesRegex(UserError, "no way back"):
            request.date_pickup = '2027-03-09'
        request.write({'freight_amount': 12.5, 'carrier_name': "Stork"})
        self.assertEqual(request.freight_amount, 12.5, "the carrier's bill comes late")

    def test_nothing_is_fetched_that_is_not_to_be(self):
        sent = self._approve(self._sell())
        with self.assertRaisesRegex(UserError, "Choose We Fetch"):
            sent.action_pick_up()
        asked = self._submit(self._sell())
        asked.shipping_method = 'pickup'
        with self.assertRaisesRegex(UserError, "nothing is to be fetched"):
            asked.action_pick_up()

    def test_goods_are_fetched_where_the_customer_has_them(self):
        request = self._fetch()
        request.pickup_partner_id = self.depot
        with self.assertRaisesRegex(ValidationError, "neither an address of Customer & Sons"):
            request.pickup_partner_id = self.other_customer
        order = self._sell(partner_shipping_id=self.other_customer.id)
        request = self._submit(order)
        request.write({'shipping_method': 'pickup', 'pickup_partner_id': self.other_customer.id})
        self.assertEqual(request._get_pickup_place(), self.other_customer, "we delivered there")

    def test_link_leads_to_a_page_and_nowhere_else(self):
        request = self._approve(self._sell())
        for link in ("javascript:alert(1)", "data:text/html,x", "//x", "carrier.example.com", "http://[", "https://"):
            with self.subTest(link=link), self.assertRaisesRegex(ValidationError, "address of a page"):
                request.tracking_url = link
        request.tracking_url = "https://carrier.example.com/follow?no=1"

    @mute_logger('odoo.sql_db')
    def test_freight_is_a_number_not_below_nothing(self):
        request = self._approve(self._sell())
        for amount in (float('nan'), float('inf'), "much"):
            with self.subTest(amount=amount), self.assertRaises(ValidationError):
                request.freight_amount = amount
        with self.assertRaises(Exception) as caught, self.env.cr.savepoint():
            request.freight_amount = -1.0
            request.flush_recordset()
        self.assertIn("freight_positive", str(caught.exception))

    # === What people read === #

    def test_customer_reads_when_and_where_we_fetch(self):
        request = self._fetch(pickup_partner_id=self.depot.id, date_pickup='2027-03-10', pickup_window="8-12")
        page = self._page(request)
        self.assertEqual(page['status'], "We fetch it")
        self.assertEqual(page['promises'][0], ("We fetch it", "Mar 10, 2027, 8-12"))
        self.assertIn("7 Quay Street", page['pickup']['address'])
        self.assertIn("packed", page['ask']['text'])
        stage = next(stage for stage in page['road'] if stage['key'] == 'sending')
        self.assertEqual((stage['title'], stage['text']), ("We fetch the goods", "Mar 10, 2027, 8-12"))
        mail = self._mails(request, "is approved").body_html
        for words in ("Mar 10, 2027, 8-12", "7 Quay Street", "packed"):
            self.assertIn(words, mail)
        self.assertNotIn("send the goods back by", mail)
        request.action_pick_up()
        page = self._page(request)
        self.assertEqual((page['status'], page['pickup']), ("On its way to us", False))
        self.assertIn("do not have to do anything", page['ask']['text'])

    def test_customer_reads_the_deadline_where_no_day_is_agreed(self):
        request = self._fetch()
        page = self._page(request)
        self.assertEqual(page['promises'][0], ("We fetch it", "by Mar 10, 2027"))
        self.assertIn("We write to you about the day", page['ask']['text'])
        self.assertEqual(request.sudo()._get_customer_promise(), ("We fetch it", "by Mar 10, 2027"))
        self.assertIn("is to be agreed", request.next_step_note)

    def test_customer_is_told_of_each_agreement_once(self):
        request = self._fetch()
        self.assertFalse(self._mails(request, "gets to us"), "the approval said so")
        request.write({'date_pickup': '2027-03-10', 'pickup_window': "8-12"})
        request.write({'date_pickup': '2027-03-10', 'carrier_name': "Stork"})
        mail = self._mails(request, "gets to us")
        self.assertEqual(len(mail), 1)
        self.assertIn("Mar 10, 2027, 8-12", mail.body_html)
        request.shipping_method = 'self'
        self.assertIn("send the goods back by", (self._mails(request, "gets to us") - mail).body_html)

    def test_customer_follows_the_parcel(self):
        request = self._approve(self._sell())
        self.assertFalse(self._page(request)['tracking'])
        request.write({'tracking_ref': "1Z999", 'tracking_url': "https://stork.example.com/1Z999", 'carrier_name': "Stork"})
        self.assertEqual(self._page(request)['tracking'], [
            {'carrier': "Stork", 'ref': "1Z999", 'url': "https://stork.example.com/1Z999"}])
        self._cron()
        self.assertEqual(self._page(request)['status'], "On its way to us")

    # === What it costs === #

    def test_who_pays_is_proposed_by_the_policy(self):
        self.rule.sudo().shipping_paid_by = 'customer'
        request = self._approve(self._sell())
        self.assertEqual(request.freight_paid_by, 'customer')
        request.freight_paid_by = 'carrier'
        self._receive(request)
        self.assertEqual(request.freight_paid_by, 'carrier', "what a person said stays")

    def test_freight_of_a_return_is_its_lines_freight_in_the_analysis(self):
        request = self._approve(self._sell((self.product, 3.0), (self.product_ordered, 2.0, {'price_unit': 77.77})))
        request.freight_amount = 10.0
        draft = self._file(self._sell((self.product, 3.0), (self.product_ordered, 2.0)))
        draft.freight_amount = 5.0
        self.env.flush_all()
        for each, total in ((request, 10.0), (draft, 5.0)):
            rows = self.env['returns.report'].search([('request_id', '=', each.id)])
            self.assertEqual(len(rows), 2)
            self.assertAlmostEqual(sum(rows.mapped('freight_amount')), total)
        rows = self.env['returns.report'].search([('request_id', '=', request.id)])
        first, second = (rows.filtered(lambda row, product=product: row.product_id == product)
                         for product in (self.product, self.product_ordered))
        self.assertAlmostEqual(
            first.freight_amount / second.freight_amount, first.amount_requested / second.amount_requested)

    def test_pick_up_costs_the_same_for_many(self):
        def cost(number):
            requests = self.Request.union(*[self._fetch() for _number in range(number)])
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            requests.action_pick_up()
            self.env.flush_all()
            self.cr.precommit.run()
            return self.cr.sql_log_count - before

        cost(1)
        few, many = cost(2), cost(12)
        self.assertLessEqual(many - few, 10, f"{few} queries for 2 returns, {many} for 12")


@tagged('post_install', '-at_install')
class TestWayBackDialog(RpcCommon):
    """Inspectors and accountants, who do not write returns, arrange and note what is theirs to."""

    def _save(self, user, request, **vals):
        wizard = self._rpc(user, 'returns.way.back', 'create', [{'request_id': request.id, **vals}])
        return self._rpc(user, 'returns.way.back', 'action_save', wizard)

    def test_inspector_agrees_on_a_pick_up(self):
        request = self._approve(self._sell())
        self._save(self.inspector, request, shipping_method='pickup', date_pickup='2027-03-10', freight_amount=20.0)
        self.assertEqual((request.shipping_method, str(request.date_pickup), request.freight_amount),
                         ('pickup', '2027-03-10', 20.0))
        self._save(self.inspector, request, carrier_name="Stork")
        self.assertEqual((request.carrier_name, request.freight_amount), ("Stork", 20.0), "what is not said stays")

    def test_accountant_notes_the_freight_and_nothing_else(self):
        request = self._approve(self._sell())
        self._save(self.accountant, request, freight_amount=20.0, freight_paid_by='supplier')
        self.assertEqual((request.freight_amount, request.freight_paid_by), (20.0, 'supplier'))
        for vals in ({'shipping_method': 'pickup'}, {'tracking_ref': "1Z"}, {'carrier_name': "Stork", 'freight_amount': 1.0}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._save(self.accountant, request, **vals)

    def test_dialog_shows_nobody_anothers_return(self):
        request = self._approve(self._sell())
        request.sudo().write({'freight_amount': 99.0})
        for user in (self.other_agent, self.employee):
            with self.subTest(user=user.name), self.assertRaises(AccessError), mute_logger('odoo.addons.base.models.ir_rule'):
                self._rpc(user, 'returns.way.back', 'create', [{'request_id': request.id}])
            with self.subTest(user=user.name), self.assertRaises(AccessError), mute_logger('odoo.addons.base.models.ir_rule'):
                self._rpc(user, 'returns.way.back', 'default_get', ['freight_amount', 'request_id'], context={
                    'active_model': 'returns.request', 'active_id': request.id})

    def test_dialog_opens_with_what_is_arranged(self):
        request = self._approve(self._sell())
        request.write({'carrier_name': "Stork", 'date_pickup': fields.Date.today()})
        values = self._rpc(
            self.inspector, 'returns.way.back', 'default_get', ['carrier_name', 'request_id', 'freight_amount'],
            context={'active_model': 'returns.request', 'active_id': request.id})
        self.assertEqual(values, {'carrier_name': "Stork", 'request_id': request.id, 'freight_amount': 0.0})

    def test_stock_user_says_that_the_goods_were_fetched(self):
        request = self._approve(self._sell())
        request.shipping_method = 'pickup'
        self._rpc(self.stocker, 'returns.request', 'action_pick_up', request.ids)
        self.assertTrue(request.date_picked_up)
        for user in (self.employee, self.portal, self.voter_sales, self.accountant, self.seller):
            with self.subTest(user=user.name), self.assertRaises(AccessError), mute_logger('odoo.addons.base.models.ir_rule'):
                self._rpc(user, 'returns.request', 'action_undo_pick_up', request.ids)
