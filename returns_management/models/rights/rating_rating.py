# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import AccessError

#: What only customers rate: a return, and the solution of a complaint
RATED = ('returns.request', 'returns.discrepancy')


class RatingRating(models.Model):
    """What a customer says of their return is the customer's: core lets every employee write ratings."""
    _inherit = 'rating.rating'

    @api.model_create_multi
    def create(self, vals_list):
        ratings = super().create(vals_list)
        ratings._refuse_returns_rating()
        return ratings

    def write(self, vals):
        self._refuse_returns_rating()
        return super().write(vals)

    def _refuse_returns_rating(self):
        """:raise AccessError: somebody else than the customer, who comes by the mailed link, rates a return"""
        if not self.env.su and any(rating.res_model in RATED for rating in self):
            raise AccessError(self.env._("Customers rate their returns themselves, with the link they get by mail."))
