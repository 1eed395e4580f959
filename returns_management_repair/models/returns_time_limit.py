# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsTimeLimit(models.Model):
    """Repair: from the goods being handed to repair until they are repaired."""
    _inherit = 'returns.time.limit'

    stage = fields.Selection(selection_add=[('repair', "Repair"), ('payout',)], ondelete={'repair': 'cascade'})

    @api.model
    def _get_defaults(self):
        return {**super()._get_defaults(), 'repair': (5.0, 'working_days')}
