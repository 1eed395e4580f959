# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    returns_request_id = fields.Many2one(
        'returns.request', "Return Request", compute='_compute_returns_request_id', store=True,
        index='btree_not_null', copy=False)

    @api.depends('move_ids.returns_line_id')
    def _compute_returns_request_id(self):
        for picking in self:
            picking.returns_request_id = picking.move_ids.returns_line_id.request_id[:1]

    def action_view_returns_request(self):
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'returns.request', 'res_id': self.returns_request_id.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }
