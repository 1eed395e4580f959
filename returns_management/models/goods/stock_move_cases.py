# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError


class StockMove(models.Model):
    """Where a parcel differs from what was announced, its receipt opens cases."""
    _inherit = 'stock.move'

    returns_damaged = fields.Float(
        "Damaged in Transit", digits='Product Unit', readonly=True, copy=False,
        help="Of the pieces that came, in the product's own unit.")

    returns_case_id = fields.Many2one(
        'returns.discrepancy', "Discrepancy", copy=False, index='btree_not_null', ondelete='restrict', readonly=True,
        help="The case whose goods this move takes away.")

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get('returns_damaged') for vals in vals_list):
            self._refuse_damage()
        return super().create([{'returns_damaged': 0.0, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_damaged' in vals:
            self._refuse_damage()
        return super().write(vals)

    @api.model
    def _refuse_damage(self):
        """:raise AccessError: a user types what is counted at the dock; the customer is told of it"""
        if not self.env.su:
            raise AccessError(self.env._("What is damaged in a parcel is entered at the dock (Receive)."))

    def _returns_after_done(self):
        super()._returns_after_done()
        self.filtered(lambda move: move.state == 'done').returns_case_id._follow_goods()

    def _returns_split_done(self, goods):
        """Put ``goods`` of this done move on a done move of their own: nothing moves, only the record of it is cut.

        :param dict goods: {(lot, place): pieces}, in the product's own unit
        :return: that move, or this one if it is all of it
        """
        self.ensure_one()
        unit, left, value = self.product_id.uom_id, dict(goods), self.value
        quantity, whole = unit.round(sum(goods.values())), self._returns_get_pieces()
        if unit.compare(quantity, whole) == 0:
            return self
        move = self.copy({
            'picking_id': self.picking_id.id, 'product_uom': unit.id, 'product_uom_qty': quantity, 'state': 'done',
            'date': self.date, 'picked': True, 'returns_surplus_of_id': self.returns_surplus_of_id.id})
        for piece in self.move_line_ids:
            key = (piece.lot_id, piece.location_dest_id)
            part = unit.round(min(left.get(key, 0.0), piece.quantity_product_uom))
            if unit.compare(part, 0.0) <= 0:
                continue
            left[key] -= part
            rest = unit.round(piece.quantity_product_uom - part)
            if unit.is_zero(rest):
                piece.move_id = move
            else:
                piece.copy({'move_id': move.id, 'quantity': part, 'product_uom_id': unit.id})
                piece.write({'quantity': rest, 'product_uom_id': unit.id})
        damaged = min(self.returns_damaged, quantity)
        move.returns_damaged, self.returns_damaged = damaged, unit.round(self.returns_damaged - damaged)
        move.value = value * quantity / whole  # as they came, each its part
        self.value = value - move.value
        return move

    def _returns_open_cases(self):
        """Open the cases of these done moves, all at once, and tell the customers."""
        receipts = self.filtered(lambda move: move._returns_is_receipt())
        announced = receipts.filtered('returns_line_id')
        vals_list = (
            announced._returns_prepare_lot_cases() + receipts._returns_prepare_surplus_cases()
            + receipts._returns_prepare_damaged_cases() + receipts._returns_prepare_short_cases())
        if vals_list:
            cases = self.env['returns.discrepancy'].create(vals_list)
            cases.request_line_id._update_missing()
            cases._tell_customers()

    def _returns_prepare_lot_cases(self):
        """:return: values of a case for each move by which the customer sends other lots than announced, although they
            got them from us too: the pieces count, and are inspected like the others
        """
        vals_list = []
        for move in self:
            line = move.returns_line_id
            strange = line._find_strange_lots(move.move_line_ids.lot_id)
            line.request_id._note_strange_lots(strange - line.lot_ids)  # of those named it was known before
            others = move.move_line_ids.filtered(lambda piece, line=line, strange=strange: (
                line._is_other_lot(piece.lot_id) or piece.lot_id in strange))
            if others:
                vals_list.append(move._prepare_discrepancy_vals(
                    line, 'other_serial', sum(others.mapped('quantity_product_uom')), lots=others.lot_id))
        return vals_list

    def _returns_prepare_surplus_cases(self):
        """:return: values of a case for each move of goods that nobody announced: another product, an unknown lot, or
            simply too many
        """
        vals_list = []
        for move in self.filtered('returns_surplus_of_id'):
            line = move.returns_surplus_of_id
            kind = 'over'
            if move.product_id != line.product_id:
                kind = 'other_product'
            elif line._get_balance_key() and move.move_line_ids.lot_id - line._get_delivered_lots():
                kind = 'other_serial'
                line.request_id._note_strange_lots(line._find_strange_lots(move.move_line_ids.lot_id, anywhere=True))
            vals_list.append(move._prepare_discrepancy_vals(
                line, kind, move._returns_get_pieces(), lots=move.move_line_ids.lot_id))
        return vals_list

    def _returns_prepare_damaged_cases(self):
        """:return: values of a case for each move of goods that the carrier damaged; they are inspected like the others"""
        return [
            move._prepare_discrepancy_vals(
                move.returns_line_id or move.returns_surplus_of_id, 'damaged', move.returns_damaged)
            for move in self
            if move.returns_damaged and (move.returns_line_id or move.returns_surplus_of_id)]

    def _returns_prepare_short_cases(self):
        """:return: values of a case for each line of which a parcel held less than it announced, where whoever counted
            says that this was all. What is to be inspected at the customer's was in no parcel.
        """
        missing = defaultdict(float)
        pickings = self.picking_id.filtered('returns_is_all')
        for move in pickings.move_ids:
            line, unit = move.returns_line_id, move.product_id.uom_id
            if line and move._returns_is_receipt() and move.state in ('done', 'cancel'):
                announced = move.product_uom._compute_quantity(move.product_uom_qty, unit, rounding_method='HALF-UP')
                came = move._returns_get_pieces() if move.state == 'done' else 0.0
                missing[move.picking_id, line] += announced - came
        vals_list = []
        for (picking, line), pieces in missing.items():
            if line._is_awaited_on_site():
                continue
            unit = line.product_id.uom_id
            pieces = unit.round(min(pieces, line._get_quantity_to_announce()))
            if unit.compare(pieces, 0.0) > 0:
                move = picking.move_ids.filtered(lambda move, line=line: move.returns_line_id == line)[:1]
                vals_list.append({
                    **move._prepare_discrepancy_vals(line, 'short', pieces), 'move_id': False})
        return vals_list

    def _prepare_discrepancy_vals(self, line, kind, quantity, lots=()):
        """:param quantity: in the product's own unit"""
        self.ensure_one()
        return {
            'request_id': line.request_id.id, 'request_line_id': line.id, 'move_id': self.id,
            'picking_id': self.picking_id.id, 'kind': kind, 'product_id': self.product_id.id, 'quantity': quantity,
            'is_counted': True, 'note': self.env._("Came: %s", ", ".join(lots.mapped('name'))) if lots else False,
        }
