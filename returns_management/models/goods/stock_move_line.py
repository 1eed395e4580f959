# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import UserError


class StockMoveLine(models.Model):
    _inherit = 'stock.move.line'

    @api.model_create_multi
    def create(self, vals_list):
        pieces = super().create(vals_list)
        pieces.filtered(lambda piece: piece.state == 'done')._returns_follow_edit()
        return pieces

    def write(self, vals):
        edited = self.browse()
        if {'quantity', 'product_uom_id', 'lot_id', 'location_id', 'location_dest_id', 'move_id'}.intersection(vals):
            edited = self.filtered(lambda piece: piece.state == 'done')
        edited._returns_refuse_edit()
        res = super().write(vals)
        edited._returns_follow_edit()
        return res

    def _returns_refuse_edit(self):
        """:raise UserError: somebody corrects a done transfer that a return counted already"""
        if self.env.su or not self:
            return
        lines = self.sudo().move_id.returns_line_id
        if lines:
            raise UserError(self.env._(
                "%s has counted these pieces: inspections and credit notes rest on them. "
                "Put it right with a new transfer, or an inventory adjustment.",
                ", ".join(lines.request_id.mapped('name'))))

    def _returns_follow_edit(self):
        """Balances follow the correction of a done delivery, or of a return by hand.

        :raise UserError: pieces that open returns hold would be gone
        """
        moves = self.sudo().move_id.filtered(lambda move: move.state == 'done')
        self._returns_refuse_edit()
        balances = moves._returns_find_balances()
        if balances:
            balances._check_held()
            balances._refresh()
