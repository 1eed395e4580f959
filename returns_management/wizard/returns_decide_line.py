# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsDecideLine(models.TransientModel):
    """How many pieces of one line are approved. Any employee may make one about any line, so it shows what its user
    may read of that line, and no more.
    """
    _name = 'returns.decide.line'
    _description = "Decide on Returns: Quantity"
    _inherit = ['returns.dialog']
    _links = ('request_line_id',)

    wizard_id = fields.Many2one('returns.decide', required=True, ondelete='cascade')
    request_line_id = fields.Many2one('returns.request.line', required=True, ondelete='cascade')
    product_id = fields.Many2one(related='request_line_id.product_id', related_sudo=False)
    reason_id = fields.Many2one(related='request_line_id.reason_id', related_sudo=False)
    uom_id = fields.Many2one(related='request_line_id.uom_id', related_sudo=False)
    quantity_approved = fields.Float(related='request_line_id.quantity_approved', related_sudo=False, string="Asked")
    policy_status = fields.Selection(related='request_line_id.policy_status', related_sudo=False)
    quantity = fields.Float("Approve", digits='Product Unit', help="0: this product does not come back.")
