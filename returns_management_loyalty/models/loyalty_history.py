# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class LoyaltyHistory(models.Model):
    _inherit = 'loyalty.history'

    returns_order_id = fields.Many2one(
        'sale.order', "Order Returned", readonly=True, index='btree_not_null', ondelete='set null')
    returns_points = fields.Float(
        "Points of the Return", readonly=True,
        help="What the return asked for: given back, or taken where negative. A card that has less gives what it has.")
    returns_payout_id = fields.Many2one(
        'returns.payout', "Pay-out", readonly=True, index='btree_not_null', ondelete='restrict',
        help="The store credit of a return that this put on the card, or took back.")
