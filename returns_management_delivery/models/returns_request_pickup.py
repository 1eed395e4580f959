# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsRequest(models.Model):
    """A pick-up that is booked with the carrier."""
    _inherit = 'returns.request'

    pickup_booking_ref = fields.Char(
        "Booked As", readonly=True, copy=False, help="The carrier's number of the order to fetch the goods.")
    may_book_pickup = fields.Boolean(compute='_compute_may_book_pickup', compute_sudo=True)

    @api.depends('state', 'shipping_method', 'date_picked_up', 'carrier_id', 'pickup_booking_ref')
    def _compute_may_book_pickup(self):
        for request in self:
            request.may_book_pickup = bool(
                request._is_to_fetch() and request.carrier_id.returns_books_pickup and not request.pickup_booking_ref)

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_book_pickup(self):
        """Order the carrier to fetch the goods on the day agreed. What is booked stays as it is. What the carrier refuses is
        on the list of failed follow-ups, and keeps no other order from being given.

        :return: True, or an action that tells what the carrier refused
        :raise AccessError: neither agent of the return, inspector nor stock user
        :raise UserError: no day or carrier, or nothing to fetch
        """
        self._check_way_role()
        return self._tell_refusals(self._as_flow()._do_book_pickup())

    def action_cancel_booking(self):
        """Call the order to the carrier off.

        :raise AccessError: neither agent of the return, inspector nor stock user
        :raise UserError: nothing is booked, or it cannot be called off from here
        """
        self._check_way_role()
        self._as_flow()._do_cancel_booking()
        return True

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _do_book_pickup(self):
        """:return: {request: what the carrier refused}"""
        self._lock_rows()
        waiting = self.filtered(lambda request: not request.pickup_booking_ref)
        for request in waiting:  # all of them first: an error afterwards would forget what the carrier was told already
            request._check_bookable()
        causes = {}
        for request in waiting:
            if cause := self.env['returns.follow.up']._attempt(
                    'pickup', request, lambda request=request: request._note_booking(
                        request.carrier_id._returns_book_pickup(request))):
                causes[request] = cause
        return causes

    def _check_bookable(self):
        """:raise UserError: something is missing to order the carrier"""
        self.ensure_one()
        if not self._is_to_fetch():
            raise UserError(self.env._(
                "%s: nothing waits to be fetched. Choose We Fetch as the way back, and book once it is approved.", self.name))
        if not self.carrier_id:
            raise UserError(self.env._("%s: choose the delivery method that fetches the goods.", self.name))
        if not self.date_pickup or self.date_pickup < fields.Date.context_today(self):
            raise UserError(self.env._("%s: agree with the customer on a day from today on first.", self.name))
        self.carrier_id._returns_check_books_pickup()

    def _note_booking(self, booked):
        """:param dict booked: see ``delivery.carrier._returns_book_pickup``"""
        self.ensure_one()
        price = booked.get('price')
        vals = {'pickup_booking_ref': booked['reference']}
        if price is not None:
            vals['freight_amount'] = self.currency_id.round(self._read_number(price))
        for picking in self._get_open_pickings():
            self._note_tracking(picking, booked.get('tracking_number'))
        self._message_log(body=self.env._(
            "Pick-up booked with %(carrier)s: %(reference)s.", carrier=self.carrier_id.name, reference=booked['reference']))
        if booked.get('date') and fields.Date.to_date(booked['date']) != self.date_pickup:
            vals['date_pickup'] = booked['date']  # the carrier's day, which the customer is told of
        self._write_flow(vals)

    def _do_cancel_booking(self):
        self._lock_rows()
        for request in self:
            if not request.pickup_booking_ref or not request._is_to_fetch():
                raise UserError(self.env._("%s: no pick-up is booked that is still to come.", request.name))
        self._do_call_off()

    def _do_call_off(self):
        """Tell the carrier that nobody is to come. Callers know that it is so."""
        self._lock_rows()
        for request in self.filtered('pickup_booking_ref'):
            request.carrier_id._returns_cancel_pickup(request)
            request._message_log(body=self.env._("Booking %s called off.", request.pickup_booking_ref))
        self._forget_booking()

    def _forget_booking(self):
        booked = self.filtered('pickup_booking_ref')
        if booked:
            self.env['returns.follow.up']._resolve('pickup_off', booked, self.env._("Called off."))
            ahead = booked._get_open_pickings().filtered('returns_tracked_ahead')
            ahead.write({'carrier_tracking_ref': False, 'returns_tracked_ahead': False})
            booked._write_flow({'pickup_booking_ref': False})

    def _drop_bookings(self):
        """Nothing is to come any more: the carrier is told, or somebody has to; the booking is on file until then."""
        told = self.browse()
        for request in self.filtered('pickup_booking_ref'):
            if error := self.env['returns.follow.up']._attempt(
                    'pickup_off', request, lambda request=request: request.carrier_id._returns_cancel_pickup(request)):
                request.message_post(body=self.env._(
                    "The carrier still comes to fetch the goods, as %(reference)s: %(error)s",
                    reference=request.pickup_booking_ref, error=error))
            else:
                told |= request
        told._forget_booking()

    def _refuse_other_way(self):
        super()._refuse_other_way()
        for request in self.filtered('pickup_booking_ref'):
            raise UserError(self.env._(
                "%(request)s: %(carrier)s is ordered for that pick-up, %(reference)s. Cancel the booking first.",
                request=request.name, carrier=request.carrier_id.sudo().name, reference=request.pickup_booking_ref))

    def _start_pickup_clock(self):
        super()._start_pickup_clock()
        self._forget_booking()

    def _do_cancel(self):
        super()._do_cancel()
        self._drop_bookings()

    def _do_close_short(self, comments):
        super()._do_close_short(comments)
        waiting = self.filtered(lambda request: not request._get_lines_to_send() and not request.date_picked_up)
        waiting._drop_bookings()
