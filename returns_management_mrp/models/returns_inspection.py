# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsInspection(models.Model):
    _inherit = 'returns.inspection'

    def _prepare_disposal_move_vals(self, location, location_dest, pieces):
        """A component that goes back to the customer is part of the kit again."""
        vals = super()._prepare_disposal_move_vals(location, location_dest, pieces)
        if location_dest.usage == 'customer':
            vals['bom_line_id'] = self.move_id.bom_line_id.id
        return vals
