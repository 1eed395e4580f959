# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    returns_request_id = fields.Many2one(
        'returns.request', "Return Request", compute='_compute_returns_request_id', store=True, precompute=True,
        index='btree_not_null', copy=False)
    returns_freight_paid_by = fields.Selection(
        [('company', "Us"), ('customer', "The customer")], "Freight Paid By", readonly=True, copy=False,
        help="By the return policy, for goods that go back to the customer after their inspection.")
    returns_is_all = fields.Boolean(
        "All That Was in the Parcel", readonly=True, copy=False,
        help="Whoever counted says that nothing more was in it: what it announced and did not hold is missing.")
    returns_weight = fields.Float("Parcel Weight", digits='Stock Weight', readonly=True, copy=False)
    returns_weight_expected = fields.Float(
        "Expected Weight", digits='Stock Weight', readonly=True, copy=False, help="Of the goods that were announced.")
    returns_is_light = fields.Boolean(
        "Too Light", compute='_compute_returns_is_light', help="The parcel weighed so little that it may have been empty.")
    returns_minutes = fields.Float(
        "Minutes at Reception", digits=(16, 1), readonly=True, copy=False, help="What it took to count the parcel.")
    returns_dock_key = fields.Char(readonly=True, copy=False, help="Names the booking: sent twice, it is booked once.")

    _returns_dock_key_uniq = models.UniqueIndex(
        "(company_id, returns_dock_key) WHERE returns_dock_key IS NOT NULL", "This parcel has just been booked in.")

    @api.depends('returns_weight', 'returns_weight_expected')
    def _compute_returns_is_light(self):
        percent = self.env['returns.dock']._get_light_percent()
        for picking in self:
            picking.returns_is_light = 0.0 < picking.returns_weight < picking.returns_weight_expected * percent / 100.0


    @api.depends('move_ids.returns_line_id')
    def _compute_returns_request_id(self):
        for picking in self:
            picking.returns_request_id = picking.move_ids.returns_line_id.request_id[:1]

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_request_id') or vals.get('returns_freight_paid_by') for vals in vals_list):
            self._refuse_returns_request()
        if any(self._get_returns_fields().intersection(vals) for vals in vals_list):
            self._refuse_returns_fields()
        # named always: where a value is missing, Odoo would take it from the caller's context
        names = self._get_returns_fields() | {'returns_freight_paid_by'}
        return super().create([{**dict.fromkeys(names, False), **vals} for vals in vals_list])

    def write(self, vals):
        if {'returns_request_id', 'returns_freight_paid_by'}.intersection(vals):
            self._refuse_returns_request()
        if self._get_returns_fields().intersection(vals):
            self._refuse_returns_fields()
        return super().write(vals)

    @api.model
    def _get_returns_fields(self):
        """:return: names of the fields that reception and disposal write, and nobody else"""
        return {'returns_is_all', 'returns_weight', 'returns_weight_expected', 'returns_minutes', 'returns_dock_key',
                'returns_freight_paid_by'}

    @api.model
    def _refuse_returns_fields(self):
        """:raise AccessError: a user types what is counted at the dock"""
        if not self.env.su:
            raise AccessError(self.env._(
                "What was found in a parcel is entered at the dock (Receive); who pays for its way follows from the policy."))

    @api.model
    def _refuse_returns_request(self):
        """:raise AccessError: a user types what follows from the moves"""
        if not self.env.su:
            raise AccessError(self.env._(
                "Which return a transfer belongs to follows from its moves, and who pays for it from the policy; neither "
                "can be chosen."))

    def action_view_returns_request(self):
        self.ensure_one()
        self.check_access('read')
        Request = self.env['returns.request']
        return Request._get_records_action(Request.browse(self.returns_request_id.id), self.env._("Returns"))
