# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsProposeLine(models.TransientModel):
    """One delivery of the goods looked for, and how many of it come back. What is chosen is checked once it becomes a
    line of the return.
    """
    _name = 'returns.propose.line'
    _description = "Add Lines from Sales Orders: Delivery"
    _inherit = ['returns.dialog']
    _links = ('sale_line_id', 'delivery_move_id')

    wizard_id = fields.Many2one('returns.propose', required=True, ondelete='cascade')
    sale_line_id = fields.Many2one('sale.order.line', "Order Line", ondelete='cascade')
    delivery_move_id = fields.Many2one('stock.move', "Delivery", ondelete='cascade')
    name = fields.Char("Order")
    date_delivered = fields.Date("Delivered On")
    deadline = fields.Date("Returnable Until")
    days_left = fields.Integer()
    possible = fields.Float(digits='Product Unit', help="What may come back of it, in the product's own unit.")
    quantity = fields.Float(digits='Product Unit', help="How many pieces of it come back; 0: none.")
