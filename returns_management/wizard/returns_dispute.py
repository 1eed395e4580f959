# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsDispute(models.TransientModel):
    """Object to a refusal. Who may is checked by the action it calls."""
    _name = 'returns.dispute'
    _description = "Dispute a Refusal"
    _inherit = ['returns.dialog']

    line_ids = fields.Many2many(
        'returns.request.line', string="Lines", default=lambda self: self._get_opened_on('returns.request.line'))
    comment = fields.Text(required=True)
    attachment_ids = fields.Many2many('ir.attachment', string="Evidence")

    def action_dispute(self):
        """See ``returns.request.line.action_dispute``."""
        self.ensure_one()
        self.line_ids.action_dispute(self.comment, self.attachment_ids.ids)
        return {'type': 'ir.actions.act_window_close'}
