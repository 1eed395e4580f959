# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class StockLocation(models.Model):
    _inherit = 'stock.location'

    is_returns_location = fields.Boolean(
        "Returns Location", readonly=True, copy=False,
        help="Goods here are ours and valued, but not sellable: the location lies outside the warehouse.")
