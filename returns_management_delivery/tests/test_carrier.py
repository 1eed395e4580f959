# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from odoo.addons.returns_management.tests.test_ship_by import DAY, MONDAY, ShipByCommon

from .common import CarrierMixin


@tagged('post_install', '-at_install')
class TestCarrier(CarrierMixin, ShipByCommon):
    """Which carrier brings the goods back, what it costs, its label, its pick-up, and where the parcel is."""

    def _fetch(self, **way):
        request = self._submit(self._sell())
        request.write({'shipping_method': 'pickup', 'carrier_id': self.stork.id, 'date_pickup': '2027-03-09', **way})
        request.with_user(self.voter_sales).action_approve()
        return request

    # === Choosing === #

    def test_carrier_goes_along_with_the_announced_goods(self):
        request = self._submit(self._sell())
        request.carrier_id = self.stork
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.carrier_name, request.sudo().picking_ids.carrier_id), ("Stork", self.stork))
        other = self._approve(self._sell())
        other.carrier_id = self.stork
        self.assertEqual(other.sudo().picking_ids.carrier_id, self.stork)
        other.carrier_id = False
        self.assertFalse(other.sudo().picking_ids.carrier_id)

    def test_only_carriers_that_bring_it_can_be_chosen(self):
        request = self._approve(self._sell(), 3.0)
        self.assertIn(self.stork, request.possible_carrier_ids)
        self.stork.country_ids = self.env.ref('base.fr')
        self.snail.max_weight = 5.0
        self.env.invalidate_all()
        self.assertFalse(request.possible_carrier_ids & (self.stork | self.snail))
        for carrier in (self.stork, self.snail):
            with self.subTest(carrier=carrier.name), self.assertRaisesRegex(UserError, "does not bring"):
                request.carrier_id = carrier
        self.stork.country_ids = self.env.ref('base.be')
        self.env.invalidate_all()
        request.carrier_id = self.stork

    def test_carriers_price_is_proposed_as_the_freight(self):
        request = self._approve(self._sell(), 3.0)
        request.carrier_id = self.stork
        self.assertEqual(request.freight_amount, 7.5)
        request.write({'freight_amount': 9.0, 'carrier_id': False})
        request.carrier_id = self.stork
        self.assertEqual(request.freight_amount, 9.0, "what somebody typed stays")

    def test_price_rules_look_at_what_comes_back(self):
        self.snail.write({'margin': 0.5, 'price_rule_ids': [
            Command.create({'variable': 'weight', 'operator': '<=', 'max_value': 10.0, 'list_base_price': 2.0,
                            'list_price': 0.5, 'variable_factor': 'weight'})]})
        request = self._approve(self._sell((self.product, 5.0)), 3.0)
        request.carrier_id = self.snail
        self.assertEqual(request.freight_amount, 2.0 + 0.5 * 6.0, "three pieces of 2 kg, without our margin")
        heavy = self._approve(self._sell((self.product, 50.0)), 30.0)
        heavy.carrier_id = self.snail
        self.assertEqual(heavy.freight_amount, 0.0, "no price for that: the bill will tell")

    # === Labels === #

    def test_carriers_label_is_made_once_and_the_customer_is_told(self):
        self._teach()
        order = self._sell()
        delivery = order.picking_ids
        delivery.carrier_tracking_ref = "OUT-7"
        request = self._approve(order)
        request.carrier_id = self.stork
        self.assertTrue(request.may_make_label)
        request.action_make_label()
        request.action_make_label()
        picking = request.sudo().picking_ids
        self.assertEqual(self.calls, [('label', picking, "OUT-7", delivery.date_done)])
        self.assertEqual(request.label_ids.name, f"LabelReturn-fixed-{picking.id}.pdf")
        self.assertFalse(request.may_make_label)
        self.assertEqual(len(self._mails(request, "gets to us")), 1)
        self.assertIn("label of the carrier", self._mails(request, "gets to us").body_html)
        page = request.sudo()._prepare_customer_page()
        self.assertEqual([label['id'] for label in page['labels']], request.label_ids.ids)
        self.assertIn("Stick the label", page['ask']['text'])
        with self.assertRaisesRegex(UserError, "already"):
            request.carrier_id = self.snail
        self._receive(request)
        self.assertFalse(request.sudo()._prepare_customer_page()['labels'], "it is used")

    def test_number_of_a_label_does_not_mean_that_it_is_sent(self):
        self._teach()
        labelled, tracked = self._approve(self._sell()), self._approve(self._sell())
        labelled.carrier_id = self.stork
        labelled.action_make_label()
        tracked.sudo().picking_ids.carrier_tracking_ref = "1Z999"
        self._after(11)
        self._cron()
        self.assertEqual((labelled.state, tracked.state), ('cancelled', 'approved'))

    def test_without_a_label_of_the_carrier_there_is_the_return_slip(self):
        request = self._approve(self._sell())
        with self.assertRaisesRegex(UserError, "choose the delivery method"):
            request.action_make_label()
        request.carrier_id = self.stork
        with self.assertRaisesRegex(UserError, "prints the return slip"):
            request.action_make_label()

    def test_carrier_that_sends_no_label_leaves_nothing_behind(self):
        self._teach()
        self.patch(type(self.env['delivery.carrier']), 'fixed_get_return_label', lambda *args: None)
        request = self._approve(self._sell())
        request.carrier_id = self.stork
        self.assertIn("sent no label", request.action_make_label()['params']['message'])
        self.assertFalse(request.label_ids or self._mails(request, "gets to us"))

    # === What the carrier refuses === #

    def _get_failed(self, requests):
        return self.env['returns.follow.up'].search([
            ('request_ids', 'in', requests.ids), ('state', '!=', 'resolved')])

    def _refuse(self, name, words, refused):
        """Let the carrier refuse ``refused`` until the list is emptied."""
        Carrier = type(self.env['delivery.carrier'])
        method = getattr(Carrier, name)

        def refuse(carrier, record, *args, **kwargs):
            if record in refused:
                raise UserError(words)
            return method(carrier, record, *args, **kwargs)
        self.patch(Carrier, name, refuse)

    def test_refused_label_keeps_no_other_from_being_made(self):
        self._teach()
        first, second = self._approve(self._sell()), self._approve(self._sell())
        (first | second).carrier_id = self.stork
        refused = [first.sudo().picking_ids]
        self._refuse('fixed_get_return_label', "No such street.", refused)
        answer = (first | second).action_make_label()
        self.assertEqual(answer['params']['message'], f"{first.name}: No such street.")
        self.assertTrue(second.label_ids and self._mails(second, "gets to us"))
        self.assertFalse(first.label_ids or self._mails(first, "gets to us"))
        entry = self._get_failed(first | second)
        self.assertEqual((entry.kind, entry.request_ids, entry.cause), ('label', first, "No such street."))
        entry.with_user(self.inspector).action_retry()
        self.assertEqual((entry.state, entry.attempts), ('open', 2))
        with self.assertRaises(AccessError):
            entry.with_user(self.accountant).action_retry()
        refused.clear()
        entry.with_user(self.agent).action_retry()
        self.assertEqual((entry.state, len(first.label_ids), len(self._mails(first, "gets to us"))), ('resolved', 1, 1))

    def test_label_that_is_not_needed_any_more_is_resolved(self):
        self._teach()
        request = self._approve(self._sell())
        request.carrier_id = self.stork
        self._refuse('fixed_get_return_label', "No such street.", [request.sudo().picking_ids])
        request.action_make_label()
        entry = self._get_failed(request)
        self.assertEqual(entry.state, 'open')
        request.action_cancel()
        self.assertEqual(entry.state, 'resolved')

    def test_refused_pick_up_is_booked_later(self):
        self._teach()
        first, second = self._fetch(), self._fetch()
        refused = [first]
        self._refuse('_fixed_returns_book_pickup', "No van that day.", refused)
        (first | second).action_book_pickup()
        self.assertEqual((bool(first.pickup_booking_ref), bool(second.pickup_booking_ref)), (False, True))
        entry = self._get_failed(first | second)
        self.assertEqual((entry.kind, entry.cause), ('pickup', "No van that day."))
        entry.with_user(self.agent).action_retry()
        self.assertEqual((entry.state, entry.attempts), ('open', 2))
        refused.clear()
        first.action_book_pickup()
        self.assertEqual((entry.state, bool(first.pickup_booking_ref)), ('resolved', True))

    def test_carrier_that_cannot_be_called_off_still_comes(self):
        self._teach()
        request = self._fetch()
        request.action_book_pickup()
        refused = [request]
        self._refuse('_fixed_returns_cancel_pickup', "The van has left.", refused)
        request.action_cancel()
        self.assertEqual((request.state, bool(request.pickup_booking_ref)), ('cancelled', True), "it is on file")
        entry = self._get_failed(request)
        self.assertEqual((entry.kind, entry.cause), ('pickup_off', "The van has left."))
        entry.with_user(self.agent).action_retry()
        self.assertEqual(entry.attempts, 2)
        refused.clear()
        entry.with_user(self.agent).action_retry()
        self.assertEqual((entry.state, request.pickup_booking_ref), ('resolved', False))
        self.assertEqual(self.calls[-1][:2], ('cancel', request))

    def test_carrier_that_was_called_off_by_telephone(self):
        self._teach()
        request = self._fetch()
        request.action_book_pickup()
        self._refuse('_fixed_returns_cancel_pickup', "The van has left.", [request])
        request.action_cancel()
        entry = self._get_failed(request)
        entry.with_user(self.agent).action_finish()
        self.assertEqual((entry.state, request.pickup_booking_ref), ('resolved', False))
        self.assertIn("Done another way", entry.outcome)

    # === Pick-up === #

    def test_pick_up_is_booked_once_with_place_and_day(self):
        self._teach()
        request = self._fetch(pickup_window="8-12")
        self.assertTrue(request.may_book_pickup)
        request.action_book_pickup()
        request.action_book_pickup()
        self.assertEqual(self.calls, [
            ('book', request, request._get_pickup_place(), request.date_pickup, "8-12")])
        self.assertEqual((request.pickup_booking_ref, request.freight_amount), ("PU-1", 11.0))
        self.assertEqual(request.sudo().picking_ids.carrier_tracking_ref, "RT-1")
        self.assertFalse(request.may_book_pickup)
        self._cron()
        self.assertFalse(request.date_receipt_due, "it is not fetched yet")
        self.assertEqual(request.sudo()._prepare_customer_page()['tracking'], [
            {'carrier': "Stork", 'ref': "RT-1", 'url': "https://stork.example.com/RT-1"}])

    def test_booked_pick_up_changes_by_cancelling_it(self):
        self._teach()
        request = self._fetch()
        request.action_book_pickup()
        for vals in ({'date_pickup': '2027-03-10'}, {'shipping_method': 'self'}):
            with self.subTest(vals=vals), self.assertRaisesRegex(UserError, "Cancel the booking first"):
                request.write(vals)
        with self.assertRaisesRegex(UserError, "already"):
            request.carrier_id = False
        request.action_cancel_booking()
        self.assertEqual(self.calls[-1], ('cancel', request, "PU-1"))
        self.assertFalse(request.pickup_booking_ref or request.sudo().picking_ids.carrier_tracking_ref)
        request.date_pickup = '2027-03-10'
        with self.assertRaisesRegex(UserError, "no pick-up is booked"):
            request.action_cancel_booking()
        request.action_book_pickup()
        self.assertEqual(request.pickup_booking_ref, "PU-3")

    def test_carrier_is_told_when_nothing_is_to_come_any_more(self):
        self._teach()
        cancelled, closed = self._fetch(), self._fetch()
        (cancelled | closed).action_book_pickup()
        cancelled.action_cancel()
        closed.with_user(self.agent_all).action_close_short("They keep it.")
        self.assertEqual([call[:2] for call in self.calls[2:]], [('cancel', cancelled), ('cancel', closed)])
        self.assertFalse((cancelled | closed).filtered('pickup_booking_ref'))

    def test_what_is_missing_to_book_is_said(self):
        self._teach()
        for way, words in (({'date_pickup': False}, "agree with the customer on a day"),
                           ({'date_pickup': '2027-03-07'}, "a day from today"),
                           ({'carrier_id': False}, "choose the delivery method"),
                           ({'carrier_id': self.snail.id}, "takes no orders")):
            request = self._fetch(**way)
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                request.action_book_pickup()
        sleeping = self._fetch(pickup_window="night")
        self.assertIn("We sleep at night", sleeping.action_book_pickup()['params']['message'])
        with self.assertRaisesRegex(UserError, "Choose We Fetch"):
            self._approve(self._sell()).action_book_pickup()

    def test_of_several_none_is_booked_where_one_cannot_be(self):
        """The carrier would come, and we would not know."""
        self._teach()
        good = self._fetch()
        for way in ({'date_pickup': False}, {'carrier_id': self.snail.id}):
            with self.subTest(way=way), self.assertRaises(UserError):
                (good | self._fetch(**way)).action_book_pickup()
        self.assertFalse(self.calls)

    def test_fetched_goods_are_not_booked_again_but_the_rest_is(self):
        self._teach()
        request = self._submit(self._sell(), 2.0)
        request.write({'shipping_method': 'pickup', 'carrier_id': self.stork.id, 'date_pickup': '2027-03-09'})
        request.with_user(self.voter_sales).action_approve()
        request.action_book_pickup()
        request.action_pick_up()
        self.assertEqual(request.date_receipt_due > MONDAY, True)
        with self.assertRaisesRegex(UserError, "still to come"):
            request.action_cancel_booking()
        self._after(1)
        self._receive(request, {self.product: 1.0})
        self.assertFalse(request.pickup_booking_ref)
        request.date_pickup = (MONDAY + 2 * DAY).date()
        request.action_book_pickup()
        self.assertEqual(request.pickup_booking_ref, "PU-2")

    # === Tracking and rights === #

    def test_staff_and_customer_see_each_parcel_once(self):
        request = self._approve(self._sell())
        request.write({'carrier_id': self.stork.id, 'tracking_ref': "1Z999"})
        picking = request.sudo().picking_ids
        picking.carrier_tracking_ref = "1Z999"
        self.assertEqual(request._prepare_tracking(), [
            {'carrier': "Stork", 'ref': "1Z999", 'url': "https://stork.example.com/1Z999"}])
        picking.carrier_tracking_ref = "1Z888"
        self.stork.tracking_url = "javascript:alert('<shipmenttrackingnumber>')"
        self.env.invalidate_all()
        self.assertEqual([(parcel['ref'], parcel['url']) for parcel in request._prepare_tracking()],
                         [("1Z999", ''), ("1Z888", '')])

    def test_several_links_of_one_transfer(self):
        request = self._approve(self._sell())
        request.carrier_id = self.stork
        self.stork.tracking_url = '[["A", "https://a.example.com"], ["B", "https://b.example.com"]]'
        request.sudo().picking_ids.carrier_tracking_ref = "A,B"
        self.assertEqual([(parcel['ref'], parcel['url']) for parcel in request.sudo()._prepare_tracking()],
                         [("A", "https://a.example.com"), ("B", "https://b.example.com")])

    def test_who_may_order_the_carrier(self):
        self._teach()
        stocker = new_test_user(self.env, login='test_returns_carrier_stocker', groups='stock.group_stock_user',
                                company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        other_agent = new_test_user(
            self.env, login='test_returns_carrier_agent', groups='returns_management.group_returns_agent',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        request = self._fetch()
        for user in (other_agent, self.accountant, self.employee, self.voter_sales):
            for method in ('action_book_pickup', 'action_cancel_booking', 'action_make_label'):
                with self.subTest(user=user.name, method=method), self.assertRaises(AccessError):
                    getattr(request.with_user(user), method)()
            with self.assertRaises(AccessError):
                request.with_user(user).write({'pickup_booking_ref': "X"})
        for user in (stocker, self.inspector, self.agent_all, self.agent):
            request.with_user(user).action_book_pickup()
            request.with_user(user).action_cancel_booking()
            with self.assertRaises(AccessError):
                request.with_user(user).write({'pickup_booking_ref': "X"})
        request.with_user(stocker).action_make_label()

    def test_accountant_opens_a_return(self):
        request = self._submit(self._sell((self.product, 5.0)))
        names = {'possible_carrier_ids': {}, 'carrier_id': {'fields': {'display_name': {}}}}
        self.assertTrue(request.with_user(self.accountant).web_read(names))

    def test_inspector_chooses_the_carrier_in_the_dialog(self):
        request = self._approve(self._sell())
        wizard = self.env['returns.way.back'].with_user(self.inspector).create({
            'request_id': request.id, 'carrier_id': self.stork.id})
        wizard.action_save()
        self.assertEqual((request.carrier_id, request.freight_amount), (self.stork, 7.5))
