# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsChooseDelivery(models.TransientModel):
    """Say which delivery the goods undo that are about to come in. Who may is checked by the action it calls."""
    _name = 'returns.choose.delivery'
    _description = "Choose the Delivery"
    _inherit = ['returns.dialog']
    _links = ('line_id', 'delivery_move_id')

    line_id = fields.Many2one(
        'returns.request.line', "Goods", required=True, ondelete='cascade',
        default=lambda self: self._get_opened_on('returns.request.line')[:1])
    possible_delivery_ids = fields.Many2many('stock.move', compute='_compute_possible_delivery_ids')
    delivery_move_id = fields.Many2one('stock.move', "Delivery", ondelete='cascade')

    @api.depends('line_id')
    def _compute_possible_delivery_ids(self):
        self.line_id._origin.check_access('read')  # whatever a dialog that is not saved names
        for wizard in self:
            wizard.possible_delivery_ids = wizard.line_id.sudo()._find_deliveries()

    def action_choose(self):
        """See ``returns.request.line.action_choose_delivery``."""
        self.ensure_one()
        self.line_id.action_choose_delivery(self.delivery_move_id.id)
        return {'type': 'ir.actions.act_window_close'}
