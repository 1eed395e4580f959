# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsReleaseLot(models.TransientModel):
    """Say why a lot that never went to the customer may be sold on. Who may is checked by the action it calls."""
    _name = 'returns.release.lot'
    _description = "Release a Lot"
    _inherit = ['returns.dialog']

    inspection_ids = fields.Many2many(
        'returns.inspection', string="Inspections", default=lambda self: self._get_opened_on('returns.inspection'))
    comment = fields.Text(required=True)

    def action_release(self):
        """See ``returns.inspection.action_release_lot``."""
        self.ensure_one()
        self.inspection_ids.action_release_lot(self.comment)
        return {'type': 'ir.actions.act_window_close'}
