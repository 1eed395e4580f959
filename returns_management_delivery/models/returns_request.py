# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain


class ReturnsRequest(models.Model):
    """The carrier that brings the goods back."""
    _inherit = 'returns.request'

    carrier_id = fields.Many2one(
        'delivery.carrier', "Delivery Method", check_company=True, copy=False, index='btree_not_null',
        ondelete='restrict', help="The carrier that brings the goods back.")
    possible_carrier_ids = fields.Many2many(
        'delivery.carrier', compute='_compute_possible_carrier_ids', compute_sudo=True,
        help="Carriers that serve the place where the goods are, and take what is announced.")
    carrier_name = fields.Char(compute='_compute_carrier_name', store=True, readonly=False)
    label_ids = fields.Many2many(
        'ir.attachment', string="Carrier Labels", compute='_compute_label_ids', compute_sudo=True)
    may_make_label = fields.Boolean(compute='_compute_may_make_label', compute_sudo=True)

    @api.depends('company_id', 'partner_id', 'pickup_partner_id', 'line_ids.move_ids.state')
    def _compute_possible_carrier_ids(self):
        for company, requests in self.grouped('company_id').items():
            Carrier = self.env['delivery.carrier']
            carriers = Carrier.search(Carrier._check_company_domain(company))
            for request in requests:
                request.possible_carrier_ids = carriers.filtered(
                    lambda carrier, request=request: carrier._returns_is_possible(request))

    @api.depends('carrier_id')
    def _compute_carrier_name(self):
        for request in self:
            request.carrier_name = request.carrier_id.name or request.carrier_name

    @api.constrains('carrier_id')
    def _check_carrier(self):
        for request in self.filtered('carrier_id'):
            if request.carrier_id not in request.possible_carrier_ids:
                raise ValidationError(self.env._(
                    "%(carrier)s does not bring %(request)s: look at the countries, weights and tags that it takes.",
                    carrier=request.carrier_id.sudo().name, request=request.name))

    def write(self, vals):
        if 'carrier_id' not in vals:
            return super().write(vals)
        changed = self.filtered(lambda request: request.carrier_id.id != vals['carrier_id'])
        changed._refuse_other_carrier()
        res = super().write(vals)
        changed._as_flow()._follow_carrier()
        return res

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests.filtered('carrier_id')._as_flow()._follow_carrier()
        return requests

    def _refuse_other_carrier(self):
        """:raise UserError: the carrier was ordered already, or the customer has its label"""
        for request in self:
            if request.sudo()._get_labels() or request.pickup_booking_ref:
                raise UserError(self.env._(
                    "%(carrier)s brings %(request)s already: its label is made or its pick-up booked. Cancel the booking, or "
                    "delete the label, first.", carrier=request.carrier_id.sudo().name, request=request.name))

    def _follow_carrier(self):
        """The announced transfers go by the carrier, and what it takes is proposed as the freight."""
        for request in self:
            request._get_open_pickings().write({'carrier_id': request.carrier_id.id})
            if request.carrier_id and not request.freight_amount:
                price = request.carrier_id._returns_rate(request)
                if price and price > 0:
                    request.freight_amount = request.currency_id.round(price)

    def _get_open_pickings(self):
        """:return: the return transfers that are still to bring something"""
        return self.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))

    def _prepare_receipt_vals(self, move_vals):
        # Core takes the carrier off what its own wizard returns, so that it stays with whoever makes the transfer.
        return {**super()._prepare_receipt_vals(move_vals), 'carrier_id': self.carrier_id.id}

    # ------------------------------------------------------------------
    # Tracking
    # ------------------------------------------------------------------

    @api.model
    def _get_begun_domain(self):
        """A number that came with the label or the order is known before anything is on the road."""
        return super()._get_begun_domain() | (
            Domain('picking_id.carrier_tracking_ref', '!=', False) & Domain('picking_id.returns_tracked_ahead', '=', False))

    def _note_tracking(self, picking, number):
        """The carrier gave ``number`` to what ``picking`` is to bring."""
        if number:
            picking.write({'carrier_tracking_ref': number, 'returns_tracked_ahead': True})

    def _prepare_tracking(self):
        parcels = super()._prepare_tracking()
        template = self.sudo().carrier_id.tracking_url or ''
        for parcel in parcels:
            if not parcel['url'] and template.startswith(('https://', 'http://')):
                parcel['url'] = template.replace('<shipmenttrackingnumber>', parcel['ref'])
        known = {parcel['ref'] for parcel in parcels}
        for picking in self.sudo().picking_ids.filtered(
                lambda picking: picking.carrier_tracking_ref and picking.state != 'cancel'):
            for ref, url in picking._returns_get_tracking():
                if ref not in known:
                    known.add(ref)
                    parcels.append({'carrier': picking.carrier_id.name or '', 'ref': ref, 'url': url})
        return parcels
