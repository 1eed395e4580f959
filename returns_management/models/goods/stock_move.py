# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..returns_guard import as_flow


class Carried(int):
    """The id of a return record in values of a move that our own code prepared; nobody can send one by RPC."""


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
        return {'returns_line_id', 'returns_inspection_id', 'returns_surplus_of_id', 'returns_case_id'}

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_fields(vals_list)
        # Named always: where a value is missing, Odoo would take it from the caller's context.
        return super().create([
            {**vals, **{name: int(vals.get(name) or 0) or False for name in self._get_returns_fields()}}
            for vals in vals_list])

    def write(self, vals):
        if self._get_returns_fields().intersection(vals):
            self._refuse_returns_fields([dict.fromkeys(vals, True)])
        self._returns_refuse_rewriting(vals)
        return super().write(vals)

    def _returns_refuse_rewriting(self, vals):
        """:raise UserError: a move of a return becomes one of other goods, or one that was counted reads otherwise"""
        sources = {'product_id', 'sale_line_id', 'origin_returned_move_id'}
        named = (sources | {'state', 'to_refund', 'location_id', 'location_dest_id'}).intersection(vals)
        if self.env.su or not named:
            return
        for move in self.sudo().filtered('returns_line_id'):
            changed = {name for name in named if self._fields[name].convert_to_write(move[name], move) != vals[name]}
            if move.state == 'done' and changed or sources & changed:
                raise UserError(self.env._(
                    "%(transfer)s belongs to the return %(request)s: its %(field)s cannot change. Put other goods on a "
                    "line of their own; put right what is done with a new transfer.",
                    transfer=move.picking_id.name or move.display_name, request=move.returns_line_id.request_id.name,
                    field=self._fields[min(changed)]._description_string(self.env).lower()))

    @api.model
    def _refuse_returns_fields(self, vals_list):
        """:raise UserError: a user links a move to a return by hand"""
        if self.env.su:
            return
        for vals in vals_list:
            if any(vals.get(name) and not isinstance(vals[name], Carried) for name in self._get_returns_fields()):
                raise UserError(self.env._("A move becomes part of a return through the return itself (Receive)."))

    # ------------------------------------------------------------------
    # Carrying the link along
    # ------------------------------------------------------------------

    def _prepare_move_split_vals(self, qty):
        # Whoever validates, plans a wave or assigns a receipt splits moves, and has no right to set the links.
        vals = super()._prepare_move_split_vals(qty)
        for name in self._get_returns_fields():
            if self[name]:
                vals[name] = Carried(self[name].id)
        return vals

    def _compute_location_dest_id(self):
        """What is received for a return waits with its like, also when a back-order takes it over."""
        super()._compute_location_dest_id()
        for move in as_flow(self).filtered('returns_line_id'):
            place = move.location_dest_id
            if place.is_returns_location and place == move.picking_id.location_dest_id and move._returns_is_receipt():
                reason = move.returns_line_id.reason_id
                move.location_dest_id = place._get_waiting_places(reason)[reason]

    def _do_unreserve(self):
        moves = self
        if self.env.context.get('returns_keep_receipts'):
            moves = self.filtered(lambda move: not move.returns_line_id)
        return super(StockMove, moves)._do_unreserve()

    def _push_apply(self):
        """No push rule leads on from where returns wait, unless somebody made one: core looks for it move by move."""
        waiting = self.filtered(lambda move: (
            move.returns_line_id and move.location_dest_id.is_returns_location and not move.move_dest_ids))
        if waiting and not self.env['stock.rule'].sudo().search_count([
                ('action', 'in', ('push', 'pull_push')),
                ('location_src_id', 'parent_of', waiting.location_dest_id.ids)], limit=1):
            return super(StockMove, self - waiting)._push_apply()
        return super()._push_apply()

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return super()._prepare_merge_moves_distinct_fields() + [
            'returns_line_id', 'returns_inspection_id', 'returns_surplus_of_id', 'returns_case_id']

    # ------------------------------------------------------------------
    # What a done or cancelled move means for returns
    # ------------------------------------------------------------------

    def _action_done(self, cancel_backorder=False):
        self._returns_refuse_undoing()
        moves = self | self._returns_sort_receipts()
        done = super(StockMove, moves)._action_done(cancel_backorder=cancel_backorder)
        as_flow(done)._returns_after_done()
        return done

    def _action_cancel(self):
        res = super()._action_cancel()
        moves = self.sudo()
        if moves.returns_line_id:
            # whoever cancelled the transfer does not want it made again at once
            moves.returns_inspection_id.write({'is_held_back': True})
            moves.returns_line_id._lock()._advance()
        return res

    def _returns_refuse_undoing(self):
        """:raise UserError: somebody undoes by hand what a return received. That return goes on, and would be paid for goods
            that the customer has again, and that could come back once more
        """
        for move in self.sudo():
            receipt = move.origin_returned_move_id
            if receipt.returns_line_id and receipt._returns_is_receipt() and move._returns_is_delivery() \
                    and move.picked and not move.returns_line_id:
                raise UserError(self.env._(
                    "%(transfer)s would give back to the customer what came with %(request)s, which goes on. Cancel it; "
                    "what is sent back is inspected, and gets the disposition Back to Customer.",
                    transfer=move.picking_id.name or move.display_name, request=receipt.returns_line_id.request_id.name))

    def _returns_is_receipt(self):
        """Whether the move brings a customer's goods to us."""
        self.ensure_one()
        return (self.location_id.usage == 'customer' and self.location_dest_id.usage != 'customer'
                and not self._returns_changes_hands())

    def _returns_is_delivery(self):
        """Whether the move brings goods to a customer."""
        self.ensure_one()
        return (self.location_id.usage != 'customer' and self.location_dest_id.usage == 'customer'
                and not self._returns_changes_hands())

    def _returns_changes_hands(self):
        """Whether inspected goods stay where they are by this move, and become somebody else's: they go out to the customer
        and come in again without a transfer. Goods that are really sent back go by one.
        """
        self.ensure_one()
        return bool(self.returns_inspection_id) and not self.picking_id

    def _returns_describe_delivery(self):
        """:return: a delivery as people choose it: its reference and the day"""
        self.ensure_one()
        return " · ".join(filter(None, (self.reference, format_date(self.env, self.date))))

    @api.depends_context('returns_deliveries')
    def _compute_display_name(self):
        super()._compute_display_name()
        for move in self if self.env.context.get('returns_deliveries') else ():
            move.display_name = move._returns_describe_delivery()

    def _returns_stays_returned(self):
        """Whether goods that the move brings to a customer are not theirs to return once more: they came back, were
        refused and are sent back.
        """
        self.ensure_one()
        return bool(self.returns_line_id)

    def _returns_get_pieces(self):
        """:return: what the move has brought, or is to bring, in the product's own unit"""
        self.ensure_one()
        return self.product_uom._compute_quantity(
            self.quantity if self.state == 'done' else self.product_uom_qty, self.product_id.uom_id,
            rounding_method='HALF-UP')

    def _returns_after_done(self):
        """Balances, lines and inspections follow the goods; then the lines move on."""
        moves = self.filtered(lambda move: move.state == 'done')
        # with those of which nothing was in a parcel that is said to be complete
        lines = moves.returns_line_id | moves.picking_id.filtered('returns_is_all').move_ids.returns_line_id
        balances = moves._returns_find_balances(lock=not lines)
        if lines:
            lines = lines._lock(balances)
        if lines or moves.returns_surplus_of_id:
            moves._returns_write_facts()
            lines._write_held()
        if balances:
            moves._returns_update_balances(balances)
        if lines:
            lines._advance()

    def _returns_write_facts(self):
        """Write what these done moves mean for their return lines. Each layer adds its own part."""
        receipts = self.filtered(lambda move: move.returns_line_id and move._returns_is_receipt())
        if receipts:
            receipts.returns_line_id._update_received()
            receipts._returns_create_inspections()
            receipts.returns_line_id.request_id._note_reception(receipts)
        self.returns_inspection_id._update_disposed()
        self._returns_open_cases()

    def _returns_find_balances(self, lock=True):
        """Find the balances of the order lines that these moves deliver or bring back.

        Deliveries change rows that exist already; what comes back makes its row, so that it
        meets whoever asks for the same pieces at this moment.

        :param bool lock: lock them with the same query; they are to be refreshed then
        :return: ``returns.balance`` records
        """
        keys_in, keys_out = set(), set()
        for move in self:
            if move._returns_is_receipt() or move._returns_is_delivery():
                key = move._returns_get_balance_key()
                (keys_in if move._returns_is_receipt() else keys_out).add(key)
        keys_in.discard(None)
        keys_out.discard(None)
        Balance = self.env['returns.balance']
        if keys_in:
            Balance._ensure(keys_in)
        if not (keys_in or keys_out):
            return Balance
        return Balance.browse(sorted(Balance._find(keys_in | keys_out, lock=lock).values()))

    def _returns_get_balance_key(self):
        """:return: what names the balance of what this move delivers or brings back, see ``returns.balance``; None where
            it brings back something of which no delivery is known
        """
        self.ensure_one()
        if self.sale_line_id:
            return (self.sale_line_id.id, self.product_id.id)
        delivery = self
        while delivery.origin_returned_move_id:
            delivery = delivery.origin_returned_move_id
        return delivery.id if delivery._returns_is_delivery() and not delivery.sale_line_id else None

    def _returns_update_balances(self, balances):
        """Write the balances anew. Goods that moved by hand must leave what open returns hold.

        :raise UserError: they do not
        """
        if any(not move.returns_line_id and move._returns_is_receipt() for move in self):
            balances._check_held()
        balances._refresh()

    # ------------------------------------------------------------------
    # Reception: pieces sorted before they are done
    # ------------------------------------------------------------------

    def _returns_sort_receipts(self):
        """Put what a return did not announce on moves of its own, before it is done.

        Pieces beyond what was approved, lots that this customer never got and products that
        nobody asked for never count as received: they stand apart from the order, each with
        a case (DESIGN §5.2). Goods valued by lot get a move a lot, or their value would be mixed.

        :return: the moves made
        """
        arriving = self.filtered(lambda move: (
            move.picked and move.state not in ('done', 'cancel') and move._returns_is_receipt()))
        if not arriving:
            return self.browse()
        arriving = arriving.sudo()
        receipts = arriving.filtered('returns_line_id')
        if receipts:
            receipts._returns_check_places()
            receipts.returns_line_id._lock(self.sudo()._returns_find_balances(lock=False))
            receipts._returns_check_products()
        for move in arriving - receipts:
            if move.picking_id.returns_request_id and not move.sale_line_id:
                move.write(move._prepare_surplus_vals(move.picking_id.move_ids.returns_line_id))
        tracked = receipts.filtered(lambda move: move.product_id.tracking != 'none')
        tracked._returns_swap_lots()
        made = tracked._returns_split_unknown_lots()
        made |= receipts._returns_split_surplus()
        made |= tracked._returns_split_valued_lots()
        return self.browse(made.ids)

    def _returns_check_places(self):
        """:raise UserError: goods would wait for inspection where they can be sold (DESIGN §5.6)"""
        waiting = self.env['stock.warehouse'].with_context(active_test=False).search(
            [('company_id', 'in', self.company_id.ids)]).returns_location_id
        here = self.filtered(lambda move: not move._returns_goes_past_us())
        for piece in here.move_line_ids.filtered('picked'):
            if not any(piece.location_dest_id._child_of(place) for place in waiting):
                raise UserError(self.env._(
                    "%(product)s comes back with %(request)s and is inspected first: receive it in %(waiting)s instead "
                    "of %(place)s. The inspector sends it on.", product=piece.product_id.display_name,
                    request=piece.move_id.returns_line_id.request_id.name, place=piece.location_dest_id.display_name,
                    waiting=piece.move_id.picking_type_id.warehouse_id.returns_location_id.display_name))

    def _returns_goes_past_us(self):
        """Whether the goods of this receipt never come to our house; a bridge knows where else."""
        self.ensure_one()
        return False

    def _returns_check_products(self):
        """:raise UserError: goods of another product are counted as those that a return announced"""
        for move in self:
            strange = move.move_line_ids.product_id - move.returns_line_id.product_id
            if strange:
                raise UserError(self.env._(
                    "%(transfer)s: %(strange)s was counted as %(product)s. Take it off that line and add it to the transfer "
                    "as a product of its own.", transfer=move.picking_id.name, strange=strange[:1].display_name,
                    product=move.returns_line_id.product_id.display_name))

    def _prepare_surplus_vals(self, lines):
        """Values that set a move apart from the order. ``lines``: the return lines of its transfer."""
        self.ensure_one()
        line = lines.filtered(lambda line: line.product_id == self.product_id)[:1] or lines[:1]
        return {
            'sale_line_id': False, 'to_refund': False, 'origin_returned_move_id': False,
            'move_orig_ids': [Command.clear()], 'returns_line_id': False, 'returns_surplus_of_id': line.id,
        }

    def _returns_get_arriving(self):
        """:return: {move line: pieces} that are to be done, in the product's own unit"""
        self.ensure_one()
        return {piece: piece.quantity_product_uom for piece in self.move_line_ids if piece.picked}

    def _returns_swap_lots(self):
        """A lot that came on the move of another line of the same transfer goes to the line that announced it."""
        for move in self.filtered('returns_line_id.lot_ids'):
            for piece in move._returns_get_arriving():
                if piece.lot_id and piece.lot_id not in move.returns_line_id.lot_ids:
                    owner = self.filtered(lambda other, move=move, piece=piece: (
                        other.picking_id == move.picking_id and piece.lot_id in other.returns_line_id.lot_ids))[:1]
                    if owner:
                        piece.move_id = owner

    def _returns_split_unknown_lots(self):
        """Lots that did not go to this customer on this order line, or not as many pieces of them."""
        made = self.browse()
        expected = {}
        nameless = self.env['stock.lot']
        typed = self.move_line_ids.filtered(lambda piece: piece.lot_name and not piece.lot_id)
        known = {(lot.product_id, lot.name): lot for lot in nameless.search([
            ('product_id', 'in', typed.product_id.ids), ('name', 'in', typed.mapped('lot_name'))])} if typed else {}
        for move in self:
            line, unit = move.returns_line_id, move.product_id.uom_id
            key = line._get_balance_key()
            if not key:  # nothing is known of a delivery: any lot may come
                continue
            if key not in expected:
                expected[key] = defaultdict(float, line._get_lots_at_customer())
            lots = expected[key]
            unknown = {}
            for piece, pieces in move._returns_get_arriving().items():
                lot = piece.lot_id or known.get((piece.product_id, piece.lot_name), nameless)
                # pieces that we delivered without a lot may come back with one
                for source in (lot, nameless) if lot or not piece.lot_name else ():
                    part = min(pieces, lots[source])
                    lots[source] -= part
                    pieces = unit.round(pieces - part)
                if unit.compare(pieces, 0.0) > 0:
                    unknown[piece] = pieces
            if unknown:
                made |= move._returns_split_off(unknown, move._prepare_surplus_vals(line))
        return made

    def _returns_split_surplus(self):
        """Pieces beyond what was approved, those of lots that were not announced first."""
        made = self.browse()
        still_open = {line: line._get_quantity_open() for line in self.returns_line_id}
        for move in self:
            line, unit = move.returns_line_id, move.product_id.uom_id
            arriving = move._returns_get_arriving()
            counted = sum(arriving.values())
            surplus = unit.round(counted - max(still_open[line], 0.0))
            still_open[line] -= counted
            taken = {}
            for piece in sorted(arriving, key=lambda piece: (piece.lot_id in line.lot_ids, piece.id)):
                part = min(surplus, arriving[piece])
                if unit.compare(part, 0.0) > 0:
                    taken[piece] = part
                    surplus = unit.round(surplus - part)
            if taken:
                made |= move._returns_split_off(taken, move._prepare_surplus_vals(line))
        return made

    def _returns_split_valued_lots(self):
        """One move a lot where lots are valued."""
        made = self.browse()
        for move in self.filtered('product_id.lot_valuated'):
            by_lot = defaultdict(dict)
            for piece, pieces in move._returns_get_arriving().items():
                by_lot[piece.lot_id][piece] = pieces
            for pieces in list(by_lot.values())[1:]:
                made |= move._returns_split_off(pieces, {
                    'returns_line_id': move.returns_line_id.id,
                    'origin_returned_move_id': move.origin_returned_move_id.id,
                    'move_orig_ids': [Command.set(move.move_orig_ids.ids)],
                }, with_demand=True)
        return made

    def _returns_split_off(self, pieces, vals, with_demand=False):
        """Put ``pieces`` of this move on one of their own.

        :param dict pieces: {move line: pieces}, in the product's own unit
        :param dict vals: what is different about the new move
        :param bool with_demand: the pieces are no longer expected on this move either
        :return: the new move
        """
        self.ensure_one()
        unit = self.product_id.uom_id
        quantity = unit.round(sum(pieces.values()))
        move = self.copy({
            **vals, 'product_uom': unit.id, 'product_uom_qty': quantity, 'picking_id': self.picking_id.id,
            'picked': False})
        for piece, part in pieces.items():
            rest = unit.round(piece.quantity_product_uom - part)
            if unit.is_zero(rest):
                piece.move_id = move
            else:
                piece.copy({'move_id': move.id, 'quantity': part, 'product_uom_id': unit.id})
                piece.write({'quantity': rest, 'product_uom_id': unit.id})
        if with_demand:
            self.with_context(do_not_unreserve=True).product_uom_qty -= unit._compute_quantity(
                quantity, self.product_uom, rounding_method='HALF-UP')
        move._action_confirm(merge=False)
        move.picked = True
        return move

    # ------------------------------------------------------------------
    # Reception: what follows from it
    # ------------------------------------------------------------------

    def _returns_create_inspections(self):
        """One inspection a line and lot, where the goods now are."""
        vals_list = []
        for move in self:
            pieces = defaultdict(float)
            for piece in move.move_line_ids:
                pieces[piece.lot_id, piece.location_dest_id] += piece.quantity_product_uom
            for (lot, place), quantity in pieces.items():
                if move.product_id.uom_id.compare(quantity, 0.0) > 0:
                    vals_list.append(move._prepare_inspection_vals(lot, place, quantity))
        inspections = self.env['returns.inspection'].create(vals_list)
        inspections._note_strange_lots()
        simple = inspections.filtered(lambda inspection: (
            inspection.request_line_id._needs_no_inspection() and inspection.disposition_id
            and inspection._can_dispose() and not inspection._is_gift() and not inspection._get_missing()
            and inspection._is_answered() and not inspection.request_line_id._is_other_lot(inspection.lot_id)
            and not inspection._is_held_for_its_lot()))
        if simple:
            simple._set_done()
            simple.request_line_id._update_accepted()

    def _prepare_inspection_vals(self, lot, place, quantity):
        """:param quantity: in the product's own unit"""
        self.ensure_one()
        line = self.returns_line_id
        return {
            'request_line_id': line.id, 'move_id': self.id, 'lot_id': lot.id, 'location_id': place.id,
            'quantity': quantity, 'responsibility': line.responsibility,
            'disposition_id': line._get_default_disposition().id,
        }
