# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError


class StockScrap(models.Model):
    _inherit = 'stock.scrap'

    returns_inspection_id = fields.Many2one(
        'returns.inspection', "Return Inspection", readonly=True, copy=False, index='btree_not_null', ondelete='restrict',
        help="The inspection of returned goods that sent them here.")

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_inspection_id') for vals in vals_list):
            self._refuse_returns_inspection()
        return super().create([{'returns_inspection_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_inspection_id' in vals:
            self._refuse_returns_inspection()
        return super().write(vals)

    @api.model
    def _refuse_returns_inspection(self):
        """:raise AccessError: a user says that an inspection of returned goods wrote them off"""
        if not self.env.su:
            raise AccessError(self.env._("Returned goods are scrapped by their inspection, with the disposition Scrap."))

    def _prepare_move_values(self):
        """The move says from the start which goods it writes off: their loss is booked with it."""
        vals = super()._prepare_move_values()
        if self.returns_inspection_id:
            vals['returns_inspection_id'] = self.returns_inspection_id.id
        return vals
