# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class DeliveryCarrier(models.Model):
    """What a carrier does for the way back.

    A provider ``x`` (of ``delivery_type``) joins in by methods of these names, each of them optional:

    - ``x_get_return_label``, Odoo's own, with ``can_generate_return``: the label that the customer sticks on the parcel;
    - ``_x_returns_rate(request)``: what the way back costs, in the company's currency;
    - ``_x_returns_book_pickup(request)``: orders the carrier to fetch the goods, see :meth:`_returns_book_pickup`;
    - ``_x_returns_cancel_pickup(request)``: calls that off again.
    """
    _inherit = 'delivery.carrier'

    returns_books_pickup = fields.Boolean(
        "Fetches Returns", compute='_compute_returns_books_pickup', help="A pick-up can be booked from the return.")

    @api.depends('delivery_type')
    def _compute_returns_books_pickup(self):
        for carrier in self:
            carrier.returns_books_pickup = bool(carrier._returns_get_method('book_pickup'))

    def _returns_get_method(self, name):
        return getattr(self, f'_{self.delivery_type}_returns_{name}', None)

    def _returns_is_possible(self, request):
        """Whether this carrier brings the goods of ``request``: address and, of what is announced, weight and size."""
        self.ensure_one()
        return self._match_address(request._get_pickup_place()) and all(
            self._match_must_have_tags(receipt) and self._match_excluded_tags(receipt)
            and self._match_weight(receipt) and self._match_volume(receipt)
            for receipt in request._get_open_pickings())

    # ------------------------------------------------------------------
    # What it costs
    # ------------------------------------------------------------------

    def _returns_rate(self, request):
        """:return: what the way back of what is to come costs us, in the company's currency, or None if nobody knows"""
        self.ensure_one()
        rate = self._returns_get_method('rate') or self._returns_rate_delivery
        try:
            return rate(request)
        except UserError:  # no price for that weight or place: it is typed when the bill comes
            return None

    def _fixed_returns_rate(self, request):
        return self.currency_id._convert(
            self.fixed_price, request.currency_id, request.company_id, fields.Date.context_today(self))

    def _base_on_rule_returns_rate(self, request):
        """By the carrier's own price rules; what we add for customers is no cost of ours."""
        lines = [(line.product_id, line._get_quantity_open()) for line in request._get_lines_to_send()]
        lines = lines or [(line.product_id, line._to_product_uom(line.quantity)) for line in request.line_ids]
        weight, volume, both, quantity = (sum(size(product) * pieces for product, pieces in lines) for size in (
            lambda product: product.weight, lambda product: product.volume,
            lambda product: product.weight * product.volume, lambda product: 1.0))
        worth = sum(request.line_ids.mapped('amount_company'))
        return self._get_price_from_picking(worth, weight, volume, quantity, wv=both)

    def _returns_rate_delivery(self, request):
        """What the same carrier takes for the way there, as near as one gets."""
        order = request.sale_order_ids
        if len(order) != 1:
            return None
        rate = self.rate_shipment(order)
        if not rate.get('success'):
            return None
        return order.currency_id._convert(
            rate.get('carrier_price', rate['price']), request.currency_id, request.company_id,
            fields.Date.context_today(self))

    # ------------------------------------------------------------------
    # Pick-up
    # ------------------------------------------------------------------

    def _returns_check_books_pickup(self):
        """:raise UserError: the carrier takes no orders from here"""
        self.ensure_one()
        if not self._returns_get_method('book_pickup'):
            raise UserError(self.env._(
                "%s takes no orders from here. Order the pick-up at the carrier, and press Fetched when it is done.",
                self.name))

    def _returns_book_pickup(self, request):
        """Order the carrier to fetch the goods of ``request``: place, day, hours and contact stand on it.

        :return: {'reference': the carrier's number of the order; 'tracking_number', 'price' (company's currency) and
            'date' where the carrier says so}
        :raise UserError: the carrier says no
        """
        self.ensure_one()
        self._returns_check_books_pickup()
        booked = self._returns_get_method('book_pickup')(request)
        if not (isinstance(booked, dict) and booked.get('reference')):
            raise UserError(self.env._("%s did not confirm the pick-up. Ask the carrier before you try again.", self.name))
        return booked

    def _returns_cancel_pickup(self, request):
        """Call the carrier's order off.

        :raise UserError: it cannot be called off from here
        """
        self.ensure_one()
        cancel = self._returns_get_method('cancel_pickup')
        if not cancel:
            raise UserError(self.env._(
                "%(carrier)s takes no cancellation from here. Call the order %(reference)s off at the carrier.",
                carrier=self.name, reference=request.pickup_booking_ref))
        cancel(request)
