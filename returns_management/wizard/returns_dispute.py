# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsDispute(models.TransientModel):
    """Object to a refusal. Who may is checked by the action it calls."""
    _name = 'returns.dispute'
    _description = "Dispute a Refusal"

    line_ids = fields.Many2many(
        'returns.request.line', string="Lines", default=lambda self: self._default_line_ids())
    comment = fields.Text(required=True)
    attachment_ids = fields.Many2many('ir.attachment', string="Evidence")

    @api.model
    def _default_line_ids(self):
        if self.env.context.get('active_model') != 'returns.request.line':
            return self.env['returns.request.line']
        return self.env['returns.request.line'].browse(self.env.context.get('active_ids') or []).exists()

    def action_dispute(self):
        """See ``returns.request.line.action_dispute``."""
        self.ensure_one()
        self.line_ids.action_dispute(self.comment, self.attachment_ids.ids)
        return {'type': 'ir.actions.act_window_close'}
