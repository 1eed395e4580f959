# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models

from odoo.addons.returns_management.tools import apportion


class StockMove(models.Model):
    _inherit = 'stock.move'

    def _returns_goes_past_us(self):
        """Goods that a customer sends to the vendor who delivered them."""
        self.ensure_one()
        return super()._returns_goes_past_us() or bool(
            self.returns_line_id.is_sent_to_vendor and self.location_dest_id.usage == 'supplier'
            and self.origin_returned_move_id._is_dropshipped())

    def _prepare_inspection_vals(self, lot, place, quantity):
        vals = super()._prepare_inspection_vals(lot, place, quantity)
        if self._returns_goes_past_us():
            vals['disposition_id'] = self.env.ref('returns_management.disposition_vendor').id
        return vals

    def _returns_create_inspections(self):
        """Goods at the vendor wait for the vendor's word, unless the policy takes them as they are."""
        super()._returns_create_inspections()
        there = self.filtered(lambda move: move._returns_goes_past_us())
        drafts = self.env['returns.inspection'].search([('move_id', 'in', there.ids), ('state', '=', 'draft')])
        taken = drafts.filtered(lambda inspection: (
            inspection.request_line_id.rule_id.accept_at_vendor and not inspection._get_missing()))
        if taken:
            taken._set_done()
            taken.request_line_id._update_accepted()

    def _returns_put_into_quarantine(self):
        """Goods that were at the vendor are seen here for the first time."""
        first = self.filtered(lambda move: move.returns_vendor_line_id.inspection_id._is_at_vendor())
        super(StockMove, self - first)._returns_put_into_quarantine()
        for place, moves in first.grouped('location_dest_id').items():
            moves.returns_vendor_line_id.inspection_id._inspect_again(place)

    def _get_value_from_returns(self, quantity, at_date=None):
        """What the vendor delivered to the customer never was in our stock, and comes in at what it was bought for; core
        would take today's cost.
        """
        data = super()._get_value_from_returns(quantity, at_date=at_date)
        origin, pieces = self.origin_returned_move_id, self._get_valued_qty()
        if data['quantity'] or not (self.returns_line_id and origin.is_dropship and pieces):
            return data
        unit = self.company_id.currency_id.rounding
        earlier = origin.returned_move_ids.filtered(lambda move: (
            move.state == 'done' and move != self and (move.date, move.id) < (self.date, self.id)
            and move._returns_is_receipt()))
        cents = apportion.share(
            round(origin._get_value() / unit), sum(move._returns_get_pieces() for move in earlier), pieces,
            origin._get_valued_qty())
        return {
            'value': cents * unit * quantity / pieces, 'quantity': quantity,
            'description': self.env._("As bought with %s", origin.reference)}
