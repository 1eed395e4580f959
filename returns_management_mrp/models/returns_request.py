# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    has_kits = fields.Boolean(compute='_compute_has_kits', help="Some of the goods were sold as a kit.")

    @api.depends('line_ids.returnable_product_ids')
    def _compute_has_kits(self):
        for request in self:
            request.has_kits = any(len(line.returnable_product_ids) > 1 for line in request.line_ids)
