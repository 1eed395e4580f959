# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.tools import SQL


class ReturnsBalance(models.Model):
    _inherit = 'returns.balance'

    @api.model
    def _get_sent_back_condition(self):
        """A customer's own piece is at the customer again: it may come back another time."""
        self.env['returns.inspection'].flush_model(['is_given_back'])
        return SQL(
            "%s AND NOT EXISTS (SELECT FROM returns_inspection inspection"
            " WHERE inspection.id = move.returns_inspection_id AND inspection.is_given_back)",
            super()._get_sent_back_condition())
