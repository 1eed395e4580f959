# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsDecideLine(models.TransientModel):
    """How many pieces of one line are approved."""
    _name = 'returns.decide.line'
    _description = "Decide on Returns: Quantity"

    wizard_id = fields.Many2one('returns.decide', required=True, ondelete='cascade')
    request_line_id = fields.Many2one('returns.request.line', required=True, ondelete='cascade')
    product_id = fields.Many2one(related='request_line_id.product_id')
    reason_id = fields.Many2one(related='request_line_id.reason_id')
    uom_id = fields.Many2one(related='request_line_id.uom_id')
    quantity_approved = fields.Float(related='request_line_id.quantity_approved', string="Asked")
    policy_status = fields.Selection(related='request_line_id.policy_status')
    quantity = fields.Float("Approve", digits='Product Unit', help="0: this product does not come back.")
