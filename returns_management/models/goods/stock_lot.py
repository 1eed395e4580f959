# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError

from ..vocabulary import GRADES


class StockLot(models.Model):
    _inherit = 'stock.lot'

    is_returned_item = fields.Boolean(
        readonly=True, copy=False, help="Came back from a customer and is sold again as second choice.")
    returns_grade = fields.Selection(
        GRADES, "Grade", readonly=True, copy=False, help="The lowest that an inspection found for pieces of this lot.")

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('is_returned_item') or vals.get('returns_grade') for vals in vals_list):
            self._refuse_returns_grade()
        return super().create([{'is_returned_item': False, 'returns_grade': False, **vals} for vals in vals_list])

    def write(self, vals):
        if {'is_returned_item', 'returns_grade'}.intersection(vals):
            self._refuse_returns_grade()
        return super().write(vals)

    @api.model
    def _refuse_returns_grade(self):
        """:raise AccessError: a user says what only an inspection finds"""
        if not self.env.su:
            raise AccessError(self.env._("The grade of returned goods is what their inspection found; it cannot be typed."))

    def _mark_returned(self, grade):
        """Mark lots as returned items, in ``grade`` or what was found lower before."""
        for lot in self:
            lot.write({
                'is_returned_item': True,
                'returns_grade': max(filter(None, (lot.returns_grade, grade)), default=False)})

    def _update_standard_price(self):
        """Odoo writes a lot's cost on behalf of whoever posts a credit note for goods that came back; that is an
        accountant, who has no right on lots.
        """
        return super(StockLot, self.sudo())._update_standard_price()
