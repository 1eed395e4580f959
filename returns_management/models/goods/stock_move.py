# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class StockMove(models.Model):
    _inherit = 'stock.move'

    returns_line_id = fields.Many2one(
        'returns.request.line', "Return Line", copy=False, index='btree_not_null', ondelete='restrict', readonly=True)
    returns_inspection_id = fields.Many2one(
        'returns.inspection', "Inspection", copy=False, index='btree_not_null', ondelete='restrict', readonly=True,
        help="The inspection whose disposition this move carries out.")
    returns_surplus_of_id = fields.Many2one(
        'returns.request.line', "Surplus On", copy=False, index='btree_not_null', ondelete='restrict', readonly=True,
        help="Pieces that came with this return and were not announced.")

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    @api.model
    def _get_returns_fields(self):
        return {'returns_line_id', 'returns_inspection_id', 'returns_surplus_of_id'}

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if self._get_returns_fields().intersection(vals):
            self._refuse_returns_fields([dict.fromkeys(vals, True)])
        return super().write(vals)

    @api.model
    def _refuse_returns_fields(self, vals_list):
        """:raise UserError: a user links a move to a return by hand"""
        if self.env.su:
            return
        for vals in vals_list:
            if any(vals.get(name) for name in self._get_returns_fields()):
                raise UserError(self.env._("A move becomes part of a return through the return itself (Receive)."))

    # ------------------------------------------------------------------
    # Carrying the link along
    # ------------------------------------------------------------------

    def _prepare_move_split_vals(self, qty):
        vals = super()._prepare_move_split_vals(qty)
        for name in self._get_returns_fields():
            if self[name]:
                vals[name] = self[name].id
        return vals

    def _create_backorder(self):
        # Split moves carry the link to their return; whoever validates has no right to set it.
        if any(move.returns_line_id for move in self) and not self.env.su:
            return super(StockMove, self.sudo())._create_backorder().sudo(False)
        return super()._create_backorder()

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return super()._prepare_merge_moves_distinct_fields() + [
            'returns_line_id', 'returns_inspection_id', 'returns_surplus_of_id']

    # ------------------------------------------------------------------
    # What a done or cancelled move means for returns
    # ------------------------------------------------------------------

    def _action_done(self, cancel_backorder=False):
        self._returns_split_surplus()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done.sudo()._returns_after_done()
        return done

    def _action_cancel(self):
        res = super()._action_cancel()
        lines = self.sudo().returns_line_id
        if lines:
            lines._lock()
            lines._advance()
        return res

    def _returns_after_done(self):
        """Balances, lines and inspections follow the goods; then the lines move on."""
        moves = self.filtered(lambda move: move.state == 'done')
        lines = moves.returns_line_id
        if lines:
            lines._lock()
        moves._returns_update_balances()
        if not (lines or moves.returns_surplus_of_id):
            return
        moves._returns_write_facts()
        lines._advance()

    def _returns_write_facts(self):
        """Write what these done moves mean for their return lines. Each layer adds its own part."""
        receipts = self.filtered(lambda move: move.returns_line_id and move._returns_is_receipt())
        if receipts:
            receipts.returns_line_id._update_received()
            receipts._returns_create_inspections()
            receipts.picking_id.returns_request_id._note_reception(receipts)
        self.returns_inspection_id._update_disposed()
        surplus = self.filtered('returns_surplus_of_id')
        if surplus:
            surplus._returns_open_surplus_cases()

    def _returns_is_receipt(self):
        """Whether the move brings a customer's goods to us."""
        self.ensure_one()
        return self.location_id.usage == 'customer' and self.location_dest_id.usage != 'customer'

    def _returns_update_balances(self):
        """Bring the balance rows of the order lines concerned up to date.

        Deliveries change rows that exist already; a return by hand makes its row, so that it
        meets whoever asks for the same pieces at this moment.

        :raise UserError: a return by hand takes pieces that open returns hold
        """
        keys_in, keys_out = set(), set()
        for move in self:
            if move.sale_line_id and 'customer' in (move.location_id.usage, move.location_dest_id.usage):
                key = (move.sale_line_id.id, move.product_id.id)
                (keys_in if move._returns_is_receipt() else keys_out).add(key)
        if not (keys_in or keys_out):
            return
        Balance = self.env['returns.balance']
        found = Balance._find(sorted(keys_out - keys_in)) if keys_out - keys_in else {}
        if keys_in:
            found |= Balance._ensure(keys_in)
        balances = Balance.browse(sorted(set(found.values())))
        if not balances:
            return
        balances._lock_rows()
        by_hand = self.filtered(lambda move: not move.returns_line_id and move.sale_line_id
                                and move._returns_is_receipt())
        if by_hand:
            by_hand._returns_check_held(balances)
        else:
            # our own receipts: received lowers what the line holds, in _advance
            lines = self.returns_line_id.filtered(lambda line: line.balance_id in balances)
            if not lines:
                balances._refresh()

    def _returns_check_held(self, balances):
        """A return made by hand must leave what open returns hold; a manager may cut them.

        :raise UserError: it does not; the message names the returns
        """
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        for balance in balances:
            moved = self.env.execute_query(balance._get_moved_query(balance.sale_line_id.ids))
            delivered, returned = next(
                ((float(row[2]), float(row[3])) for row in moved if row[1] == balance.product_id.id), (0.0, 0.0))
            over = round(balance.quantity_held + min(returned, delivered) - delivered, digits)
            if over <= 0:
                continue
            lines = balance._get_open_lines()
            if not self.env.user.has_group('returns_management.group_returns_manager'):
                raise UserError(self.env._(
                    "%(over)s %(uom)s of %(product)s are announced in %(requests)s and cannot come back by hand too. "
                    "Receive them through the return, or have a returns manager validate this transfer: that cuts the "
                    "return.", over=over, uom=balance.product_id.uom_id.name, product=balance.product_id.display_name,
                    requests=", ".join(lines.request_id.mapped('name'))))
            lines._cut(over)
        balances._refresh()

    # ------------------------------------------------------------------
    # Reception
    # ------------------------------------------------------------------

    def _returns_split_surplus(self):
        """Pieces beyond what was approved never count as received: they get a move of their own,
        apart from the order, and a case (DESIGN §5.2).
        """
        receipts = self.filtered(lambda move: (
            move.returns_line_id and move.state not in ('done', 'cancel') and move.picked
            and move._returns_is_receipt()))
        if not receipts:
            return
        receipts = receipts.sudo()
        receipts.returns_line_id._lock()
        open_quantity = {
            line: line._to_product_uom(line.quantity_approved - line.quantity_received - line.quantity_closed)
            for line in receipts.returns_line_id
        }
        for move in receipts:
            line, unit = move.returns_line_id, move.product_id.uom_id
            counted = move.product_uom._compute_quantity(move.quantity, unit, rounding_method='HALF-UP')
            surplus = unit.round(counted - max(open_quantity[line], 0.0))
            open_quantity[line] -= counted
            if unit.compare(surplus, 0.0) > 0:
                move._returns_move_surplus(min(surplus, counted))

    def _returns_move_surplus(self, surplus):
        """Take ``surplus`` pieces (in the product's unit) off this move onto one of their own."""
        self.ensure_one()
        unit = self.product_id.uom_id
        extra = self.copy({
            'product_uom': unit.id, 'product_uom_qty': surplus, 'sale_line_id': False,
            'origin_returned_move_id': False, 'move_orig_ids': [Command.clear()], 'to_refund': False,
            'returns_surplus_of_id': self.returns_line_id.id, 'picking_id': self.picking_id.id, 'picked': False,
        })
        announced = self.returns_line_id.lot_ids
        for piece in self.move_line_ids.sorted(lambda piece: (piece.lot_id in announced, piece.id)):
            there = piece.product_uom_id._compute_quantity(piece.quantity, unit, rounding_method='HALF-UP')
            taken = min(there, surplus)
            if unit.compare(taken, there) == 0:
                piece.move_id = extra
            else:
                piece.copy({'move_id': extra.id, 'quantity': taken, 'product_uom_id': unit.id})
                piece.quantity = unit._compute_quantity(there - taken, piece.product_uom_id)
            surplus = unit.round(surplus - taken)
            if unit.is_zero(surplus):
                break
        extra._action_confirm(merge=False)
        extra.picked = True

    def _returns_open_surplus_cases(self):
        self.env['returns.discrepancy'].create([{
            'request_id': move.returns_surplus_of_id.request_id.id, 'request_line_id': move.returns_surplus_of_id.id,
            'move_id': move.id, 'kind': 'over', 'product_id': move.product_id.id,
            'quantity': move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, rounding_method='HALF-UP'),
            'user_id': move.returns_surplus_of_id.request_id.user_id.id,
        } for move in self])

    def _returns_create_inspections(self):
        """One inspection a line and lot, where the goods now are."""
        vals_list = []
        for move in self:
            line = move.returns_line_id
            pieces = defaultdict(float)
            for piece in move.move_line_ids:
                pieces[piece.lot_id, piece.location_dest_id] += piece.product_uom_id._compute_quantity(
                    piece.quantity, line.uom_id, rounding_method='HALF-UP')
            for (lot, place), quantity in pieces.items():
                if line.uom_id.compare(quantity, 0.0) > 0:
                    vals_list.append(move._prepare_inspection_vals(lot, place, quantity))
        inspections = self.env['returns.inspection'].create(vals_list)
        simple = inspections.filtered(lambda inspection: not inspection.reason_id.needs_inspection
                                      and inspection.disposition_id)
        if simple:
            simple.write({'state': 'done', 'inspector_id': self.env.uid, 'date_done': fields.Datetime.now()})
            simple.request_line_id._update_accepted()

    def _prepare_inspection_vals(self, lot, place, quantity):
        """:param quantity: in the return line's unit"""
        self.ensure_one()
        line = self.returns_line_id
        return {
            'request_line_id': line.id, 'move_id': self.id, 'lot_id': lot.id, 'location_id': place.id,
            'quantity': quantity, 'responsibility': line.responsibility,
            'disposition_id': line.reason_id.disposition_id.id,
        }
