# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsStep(models.Model):
    _inherit = 'returns.step'

    policy_status = fields.Selection(related='request_id.policy_status', related_sudo=True)
    customer_note = fields.Text(related='request_id.customer_note', related_sudo=True)
    risk_score = fields.Integer(related='request_id.risk_score', related_sudo=True, aggregator=None)
    risk_note = fields.Text(related='request_id.risk_note', related_sudo=True)
    price_note = fields.Text(related='request_id.price_note', related_sudo=True)
    reason_note = fields.Char("Reasons", compute='_compute_reason_note', compute_sudo=True)

    @api.depends('line_ids.reason_id')
    def _compute_reason_note(self):
        for step in self:
            step.reason_note = ", ".join(step.line_ids.reason_id.mapped('name'))
