# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsCloseShort(models.TransientModel):
    """Say why what is still to come does not come any more."""
    _name = 'returns.close.short'
    _description = "Close Returns Short"

    request_ids = fields.Many2many(
        'returns.request', string="Returns", default=lambda self: self._default_request_ids())
    comment = fields.Text(required=True)

    @api.model
    def _default_request_ids(self):
        if self.env.context.get('active_model') != 'returns.request':
            return self.env['returns.request']
        return self.env['returns.request'].browse(self.env.context.get('active_ids') or []).exists()

    def action_close_short(self):
        """Close the returns short; see ``returns.request.action_close_short``."""
        self.ensure_one()
        self.request_ids.action_close_short(self.comment)
        return {'type': 'ir.actions.act_window_close'}
