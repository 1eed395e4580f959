# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import UserError


class CarrierMixin:
    """No carrier of Community makes return labels or fetches anything, so the tests bring a provider: the fixed price one,
    which learns both for the time of a test.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.country_id = cls.env.ref('base.be')
        cls.customer.write({'country_id': cls.env.ref('base.be').id, 'city': "Ghent", 'street': "1 Canal"})
        cls.product.weight = 2.0
        cls.stork, cls.snail = (cls.env['delivery.carrier'].create({
            'name': name, 'delivery_type': kind, 'tracking_url': "https://stork.example.com/<shipmenttrackingnumber>",
            'product_id': cls.env['product.product'].create({
                'name': f"Carriage by {name}", 'type': 'service', 'list_price': 7.5}).id,
        }) for name, kind in (("Stork", 'fixed'), ("Snail", 'base_on_rule')))

    def _teach(self, label=True, pickup=True, price=11.0, number="RT-1"):
        """Let the provider make labels and fetch; :attr:`calls` lists what it was asked for."""
        self.calls = calls = []
        Carrier = type(self.env['delivery.carrier'])

        def can_generate_return(carriers):
            for carrier in carriers:
                carrier.can_generate_return = label

        def get_return_label(carrier, pickings, tracking_number=None, origin_date=None):
            calls.append(('label', pickings, tracking_number, origin_date))
            for picking in pickings:
                picking.message_post(body="Label", attachments=[
                    (f"{carrier.get_return_label_prefix()}-{picking.id}.pdf", b"%PDF-1.4 label")])
                picking.carrier_tracking_ref = number

        def book(carrier, request):
            calls.append(('book', request, request._get_pickup_place(), request.date_pickup, request.pickup_window))
            if request.pickup_window == "night":
                raise UserError(carrier.env._("We sleep at night."))
            return {'reference': f"PU-{len(calls)}", 'tracking_number': number, 'price': price}

        def cancel(carrier, request):
            calls.append(('cancel', request, request.pickup_booking_ref))

        self.patch(Carrier, '_compute_can_generate_return', can_generate_return)
        for name, method in (('fixed_get_return_label', get_return_label), *(
                (('_fixed_returns_book_pickup', book), ('_fixed_returns_cancel_pickup', cancel)) if pickup else ())):
            setattr(Carrier, name, method)
            self.addCleanup(delattr, Carrier, name)
        self.env.invalidate_all()
