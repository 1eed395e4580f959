# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsTimeLimit(models.Model):
    """Vendor return: from the vendor being asked, or sent the goods, until the vendor has answered."""
    _inherit = 'returns.time.limit'

    stage = fields.Selection(selection_add=[('vendor', "Vendor return")], ondelete={'vendor': 'cascade'})

    @api.model
    def _get_defaults(self):
        return {**super()._get_defaults(), 'vendor': (10.0, 'working_days')}
