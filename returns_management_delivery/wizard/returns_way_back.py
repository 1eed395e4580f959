# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsWayBack(models.TransientModel):
    _inherit = 'returns.way.back'

    carrier_id = fields.Many2one('delivery.carrier', "Delivery Method")
    possible_carrier_ids = fields.Many2many(related='request_id.possible_carrier_ids', related_sudo=False)

    @api.model
    def _get_way_fields(self):
        return super()._get_way_fields() | {'carrier_id'}
