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

    @api.depends('move_ids.returns_line_id')
    def _compute_returns_request_id(self):
        for picking in self:
            picking.returns_request_id = picking.move_ids.returns_line_id.request_id[:1]

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_request_id') or vals.get('returns_freight_paid_by') for vals in vals_list):
            self._refuse_returns_request()
        return super().create([{'returns_freight_paid_by': False, **vals} for vals in vals_list])

    def write(self, vals):
        if {'returns_request_id', 'returns_freight_paid_by'}.intersection(vals):
            self._refuse_returns_request()
        return super().write(vals)

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
