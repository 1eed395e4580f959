# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsRequestLine(models.Model):
    """The customer's own goods are repaired and go back: no money moves, and the order is not touched."""
    _inherit = 'returns.request.line'

    resolution = fields.Selection(
        selection_add=[('repair', "Repair"), ('none',)],
        ondelete={'repair': lambda lines: lines.write({'resolution': 'none'})})

    def _is_taken_off_order(self):
        return super()._is_taken_off_order() and self.resolution != 'repair'

    def _needs_no_accountant(self):
        return super()._needs_no_accountant() or self.resolution == 'repair'

    def _settle_repair(self):
        """Planned until the goods have left again."""
        numbers = self._get_next_numbers()
        settlements = self.env['returns.settlement'].create([
            line._prepare_settlement_vals('repair', line._get_quantity_to_settle(), numbers[line]) for line in self])
        self._update_repaired()
        return settlements

    def _update_repaired(self):
        """Repairs are settled when the customer's goods have left again, oldest first."""
        for line in self:
            live = line.settlement_ids.filtered(
                lambda settlement: settlement.kind == 'repair' and settlement.state != 'cancelled')
            moves = line.move_ids.filtered(lambda move: move.state == 'done' and move._returns_is_handing_back())
            left = sum(move._returns_get_pieces() for move in moves)
            for settlement in live.sorted('id'):
                if line.product_id.uom_id.compare(left, settlement.pieces) >= 0 and settlement.state == 'planned':
                    settlement.write({'move_id': moves[-1:].id})
                    settlement._set_done()
                left -= settlement.pieces

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_settled_words(self):
        return self.env._("Repaired") if self.resolution == 'repair' else super()._get_settled_words()

    def _get_settled_label(self):
        return self.env._("Sent back to you") if self.resolution == 'repair' else super()._get_settled_label()
