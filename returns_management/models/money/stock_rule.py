# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class StockRule(models.Model):
    _inherit = 'stock.rule'

    def _get_custom_move_fields(self):
        return super()._get_custom_move_fields() + ['returns_line_id']

    def _push_prepare_move_copy_values(self, move_to_copy, new_date):
        """A replacement keeps its return through every step of a delivery in several steps."""
        values = super()._push_prepare_move_copy_values(move_to_copy, new_date)
        if move_to_copy.returns_line_id and move_to_copy._returns_is_replacement():
            values['returns_line_id'] = move_to_copy.returns_line_id.id
        return values
