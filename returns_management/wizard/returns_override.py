# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..models.vocabulary import POLICY_STATUSES


class ReturnsOverride(models.TransientModel):
    """Put another verdict in the place of the policy's. Who may is checked by the action it calls."""
    _name = 'returns.override'
    _description = "Override the Policy's Verdict"

    line_ids = fields.Many2many(
        'returns.request.line', string="Lines", default=lambda self: self._default_line_ids())
    status = fields.Selection(POLICY_STATUSES, "Verdict", default='exception', required=True)
    comment = fields.Text(required=True)

    @api.model
    def _default_line_ids(self):
        if self.env.context.get('active_model') != 'returns.request.line':
            return self.env['returns.request.line']
        return self.env['returns.request.line'].browse(self.env.context.get('active_ids') or []).exists()

    def action_override(self):
        """See ``returns.request.line.action_override``."""
        self.ensure_one()
        self.line_ids.action_override(self.status, self.comment)
        return {'type': 'ir.actions.act_window_close'}
