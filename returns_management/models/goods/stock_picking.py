# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    returns_request_id = fields.Many2one(
        'returns.request', "Return Request", compute='_compute_returns_request_id', store=True, precompute=True,
        index='btree_not_null', copy=False)
    returns_is_all = fields.Boolean(
        "All That Was in the Parcel", readonly=True, copy=False,
        help="Whoever counted says that nothing more was in it: what it announced and did not hold is missing.")

    @api.depends('move_ids.returns_line_id')
    def _compute_returns_request_id(self):
        for picking in self:
            picking.returns_request_id = picking.move_ids.returns_line_id.request_id[:1]

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_request_id') for vals in vals_list):
            self._refuse_returns_request()
        if any(self._get_returns_fields().intersection(vals) for vals in vals_list):
            self._refuse_returns_fields()
        # named always: where a value is missing, Odoo would take it from the caller's context
        return super().create([{**dict.fromkeys(self._get_returns_fields(), False), **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_request_id' in vals:
            self._refuse_returns_request()
        if self._get_returns_fields().intersection(vals):
            self._refuse_returns_fields()
        return super().write(vals)

    @api.model
    def _get_returns_fields(self):
        """:return: names of the fields that reception writes, and nobody else"""
        return {'returns_is_all'}

    @api.model
    def _refuse_returns_fields(self):
        """:raise AccessError: a user types what is counted at the dock"""
        if not self.env.su:
            raise AccessError(self.env._("What was found in a parcel is entered at the dock (Receive)."))

    @api.model
    def _refuse_returns_request(self):
        """:raise AccessError: a user types what follows from the moves"""
        if not self.env.su:
            raise AccessError(self.env._(
                "A transfer belongs to the return that its moves belong to; it cannot be chosen."))

    def action_view_returns_request(self):
        self.ensure_one()
        self.check_access('read')
        Request = self.env['returns.request']
        return Request._get_records_action(Request.browse(self.returns_request_id.id), self.env._("Returns"))
