# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsCloseShort(models.TransientModel):
    """Say why what is still to come does not come any more."""
    _name = 'returns.close.short'
    _description = "Close Returns Short"
    _inherit = ['returns.dialog']

    request_ids = fields.Many2many(
        'returns.request', string="Returns", default=lambda self: self._get_opened_on('returns.request'))
    comment = fields.Text(required=True)

    def action_close_short(self):
        """Close the returns short; see ``returns.request.action_close_short``."""
        self.ensure_one()
        self.request_ids.action_close_short(self.comment)
        return {'type': 'ir.actions.act_window_close'}
