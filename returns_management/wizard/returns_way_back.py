# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..models.goods.returns_request_way_back import AGREED, NOTED
from ..models.vocabulary import FREIGHT_PAYERS, SHIPPING_METHODS


class ReturnsWayBack(models.TransientModel):
    """Arrange how the goods of a return get back: for who may not write returns. Rights are checked by the return."""
    _name = 'returns.way.back'
    _description = "Arrange the Way Back of a Return"
    _inherit = ['returns.dialog']
    _links = ('request_id',)

    request_id = fields.Many2one('returns.request', "Return", required=True)
    commercial_partner_id = fields.Many2one(related='request_id.commercial_partner_id', related_sudo=False)
    currency_id = fields.Many2one(related='request_id.currency_id', related_sudo=False)
    shipping_method = fields.Selection(SHIPPING_METHODS, "Way Back", required=True, default='self')
    pickup_partner_id = fields.Many2one('res.partner', "Fetch From")
    date_pickup = fields.Date("Pick-up On")
    pickup_window = fields.Char("Between")
    pickup_contact = fields.Char("Handed Over By")
    carrier_name = fields.Char("Carrier", help="Who brings the goods, or was ordered to fetch them.")
    tracking_ref = fields.Char("Tracking Number")
    tracking_url = fields.Char("Tracking Link")
    freight_amount = fields.Monetary("Freight Cost")
    freight_paid_by = fields.Selection(FREIGHT_PAYERS)

    @api.model
    def _get_way_fields(self):
        """:return: names of the fields that are the return's; bridges add theirs"""
        return AGREED | NOTED

    @api.model
    def _read_way(self, request):
        """:return: what is arranged for ``request``, as values
        :raise AccessError: the user may not read it
        """
        request.check_access('read')
        return {name: request._fields[name].convert_to_write(request[name], request) for name in self._get_way_fields()}

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        if self.env.context.get('active_model') == 'returns.request':
            request = self.env['returns.request'].browse(self.env.context.get('active_id')).exists()
            values.update(request_id=request.id, **(self._read_way(request) if request else {}))
        return {name: value for name, value in values.items() if name in fields}

    @api.model_create_multi
    def create(self, vals_list):
        """What is not said stays as it is."""
        ids = [vals.get('request_id') for vals in vals_list]
        requests = self.env['returns.request'].browse(number for number in ids if isinstance(number, int)).exists()
        known = {request.id: self._read_way(request) for request in requests}
        return super().create([{**known.get(number, {}), **vals} for number, vals in zip(ids, vals_list, strict=True)])

    def action_save(self):
        """Write it on the return.

        :raise AccessError: the user may not arrange it
        :raise UserError: the goods are fetched already, or none are to come
        """
        self.ensure_one()
        self.request_id._arrange(self._read_typed())
        return {'type': 'ir.actions.act_window_close'}

    def _read_typed(self):
        return {name: self._fields[name].convert_to_write(self[name], self) for name in self._get_way_fields()}
