# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    returns_vendor_claim_id = fields.Many2one(
        'returns.vendor.claim', "Vendor Claim", compute='_compute_returns_vendor_claim_id', compute_sudo=True)

    @api.depends('move_ids.returns_vendor_line_id')
    def _compute_returns_vendor_claim_id(self):
        for picking in self:
            picking.returns_vendor_claim_id = picking.move_ids.returns_vendor_line_id.claim_id[:1]

    def action_view_returns_vendor_claim(self):
        self.ensure_one()
        self.check_access('read')
        claim = self.env['returns.vendor.claim'].browse(self.returns_vendor_claim_id.id)
        return self.env['returns.request']._get_records_action(claim, self.env._("Vendor Claim"))
