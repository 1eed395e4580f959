# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class StockMove(models.Model):
    _inherit = 'stock.move'

    def _returns_stays_returned(self):
        return super()._returns_stays_returned() and not self.returns_inspection_id.is_given_back

    def _returns_is_handing_back(self):
        """Whether the move brings customers their own goods, to whom they never ceased to belong."""
        self.ensure_one()
        return self.returns_inspection_id.is_given_back and self._returns_is_delivery()

    def _returns_sort_receipts(self):
        """What is repaired for its owner stays the owner's: it is in our house and not in our books."""
        made = super()._returns_sort_receipts()
        for move in (self | made).sudo():
            line = move.returns_line_id
            if line.resolution == 'repair' and move.picked and move.state not in ('done', 'cancel') \
                    and move._returns_is_receipt():
                move.restrict_partner_id = move.move_line_ids.owner_id = line.request_id.partner_id
        return made

    def _prepare_inspection_vals(self, lot, place, quantity):
        vals = super()._prepare_inspection_vals(lot, place, quantity)
        if self.returns_line_id.resolution == 'repair':
            vals['disposition_id'] = self.env.ref('returns_management.disposition_repair').id
        return vals

    def _returns_write_facts(self):
        super()._returns_write_facts()
        self.filtered(lambda move: move._returns_is_handing_back()).returns_line_id._update_repaired()
