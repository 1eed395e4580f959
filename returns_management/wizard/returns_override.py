# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

from ..models.vocabulary import POLICY_STATUSES


class ReturnsOverride(models.TransientModel):
    """Put another verdict in the place of the policy's. Who may is checked by the action it calls."""
    _name = 'returns.override'
    _description = "Override the Policy's Verdict"
    _inherit = ['returns.dialog']

    line_ids = fields.Many2many(
        'returns.request.line', string="Lines", default=lambda self: self._get_opened_on('returns.request.line'))
    status = fields.Selection(POLICY_STATUSES, "Verdict", default='exception', required=True)
    comment = fields.Text(required=True)

    def action_override(self):
        """See ``returns.request.line.action_override``."""
        self.ensure_one()
        self.line_ids.action_override(self.status, self.comment)
        return {'type': 'ir.actions.act_window_close'}
