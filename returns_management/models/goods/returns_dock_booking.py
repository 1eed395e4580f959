# Part of returns_management. See LICENSE file for full copyright and licensing details.

import binascii
from base64 import b64decode

from odoo import Command, api, models
from odoo.exceptions import UserError

from ...tools.uploads import KINDS, MAX_BYTES, read_files
from ..returns_guard import as_flow

MAX_COUNTS = 200        # products and lots in one parcel
MAX_PIECES = 1_000_000
MAX_MINUTES = 24 * 60
MAX_WORDS = 2000        # characters of a note
PICTURES = [kind for kind in KINDS if kind.startswith('image/')]


class ReturnsDock(models.AbstractModel):
    """What was counted at the dock is written on the receipt's moves, and the receipt validated: all of it, or nothing."""
    _inherit = 'returns.dock'

    @api.model
    def book_in(self, picking_id, parcel):
        """Book in what was counted of a receipt. Sent again with the same key, it is booked once.

        :param dict parcel: what the screen knows: ``key``, a text that names this booking; ``counts``, a list of
            {product_id, lot, quantity, damaged}, pieces in the product's own unit; ``is_all``, nothing more was in it
            (else the rest is still to come); ``weight``, ``minutes``, ``note``; ``photos``, a list of {name, data in
            base64, is_damage}
        :return: dict for the screen, see :meth:`_prepare_receipt`
        :raise UserError: somebody else was faster, nothing was counted, or something of it cannot be
        """
        self._check_dock()
        picking = self._read_record('stock.picking', picking_id)
        if not picking.returns_request_id:
            raise UserError(self.env._("%s is no receipt of a return.", picking.name))
        parcel = self._read_parcel(parcel)
        return as_flow(self)._do_book_in(as_flow(picking), parcel)

    # ------------------------------------------------------------------
    # Reading what the screen sends
    # ------------------------------------------------------------------

    @api.model
    def _read_parcel(self, parcel):
        """:return: ``parcel`` with each value of the type it should have
        :raise UserError: one of them is not
        """
        if not isinstance(parcel, dict):
            raise UserError(self.env._("The parcel could not be read. Load the screen again."))
        note = parcel.get('note') or ''
        if not isinstance(note, str) or len(note) > MAX_WORDS or '\0' in note:
            raise UserError(self.env._("The note must be a text of up to %s characters.", MAX_WORDS))
        return {
            'key': self._read_text(parcel.get('key')),
            'counts': self._read_counts(parcel.get('counts')),
            'is_all': parcel.get('is_all') is True,
            'weight': self._read_quantity(parcel.get('weight') or 0.0, MAX_PIECES),
            'minutes': self._read_quantity(parcel.get('minutes') or 0.0, MAX_MINUTES),
            'note': note.strip(),
            'photos': self._read_photos(parcel.get('photos') or []),
        }

    @api.model
    def _read_counts(self, counts):
        """:return: [{'product': record in superuser mode, 'lot': name or '', 'quantity', 'damaged'}], none of them empty"""
        if not isinstance(counts, (list, tuple)) or len(counts) > MAX_COUNTS or not all(
                isinstance(count, dict) for count in counts):
            raise UserError(self.env._("Count up to %s products and lots in one parcel.", MAX_COUNTS))
        found = []
        for count in counts:
            product = self._read_record('product.product', count.get('product_id'))
            lot = self._read_text(count['lot']) if count.get('lot') else ''
            quantity = product.uom_id.round(self._read_quantity(count.get('quantity') or 0.0, MAX_PIECES))
            damaged = product.uom_id.round(self._read_quantity(count.get('damaged') or 0.0, MAX_PIECES))
            self._check_count(product, lot, quantity, damaged)
            if not product.uom_id.is_zero(quantity):
                found.append({'product': product, 'lot': lot, 'quantity': quantity, 'damaged': damaged})
        named = [(count['product'], count['lot']) for count in found]
        if len(set(named)) < len(named):
            raise UserError(self.env._("The same product or number is counted twice. Load the screen again."))
        return found

    @api.model
    def _check_count(self, product, lot, quantity, damaged):
        """:raise UserError: these pieces cannot be counted like that"""
        numbers = {'product': product.display_name, 'quantity': f"{quantity:.10g}", 'lot': lot,
                   'damaged': f"{damaged:.10g}"}
        if product.type != 'consu':
            raise UserError(self.env._("%(product)s is no goods that could be in a parcel.", **numbers))
        if quantity and product.tracking != 'none' and not lot:
            raise UserError(self.env._(
                "%(product)s has lot or serial numbers: scan the number of each of the %(quantity)s pieces.", **numbers))
        if lot and product.tracking == 'none':
            raise UserError(self.env._("%(product)s has no lot or serial numbers.", **numbers))
        if product.tracking == 'serial' and quantity > 1:
            raise UserError(self.env._(
                "%(product)s %(lot)s is counted %(quantity)s times, but a serial number is one piece.", **numbers))
        if product.uom_id.compare(damaged, quantity) > 0:
            raise UserError(self.env._(
                "%(damaged)s of %(product)s are damaged, but only %(quantity)s came.", **numbers))

    @api.model
    def _read_quantity(self, value, limit):
        """:raise UserError: ``value`` is no number from 0 to ``limit``"""
        if isinstance(value, bool):
            raise UserError(self.env._("Enter a number."))
        number = self.env['returns.guard']._read_number(value)
        if not 0 <= number <= limit:
            raise UserError(self.env._("Enter a number from 0 to %s.", limit))
        return number

    @api.model
    def _read_photos(self, photos):
        """:return: (values of attachments of the parcel, values of those that show damage)"""
        if not isinstance(photos, (list, tuple)) or not all(
                isinstance(photo, dict) and isinstance(photo.get('data'), str) for photo in photos):
            raise UserError(self.env._("The photos could not be read. Take them again."))
        files = []
        for photo in photos:
            name = photo.get('name')
            if len(photo['data']) > MAX_BYTES * 4 // 3 + 4:
                raise UserError(self.env._("A photo is larger than %s MB: take a smaller one.", MAX_BYTES // 1024**2))
            try:
                content = b64decode(photo['data'], validate=True)
            except (binascii.Error, ValueError) as error:
                raise UserError(self.env._("The photos could not be read. Take them again.")) from error
            files.append((name if isinstance(name, str) and name else 'photo', content))
        read = read_files(files, PICTURES, self.env._)
        shown = [photo.get('is_damage') is True for photo in photos]
        return ([vals for vals, is_damage in zip(read, shown, strict=True) if not is_damage],
                [vals for vals, is_damage in zip(read, shown, strict=True) if is_damage])

    # ------------------------------------------------------------------
    # Booking
    # ------------------------------------------------------------------

    def _do_book_in(self, picking, parcel):
        request = picking.returns_request_id
        request._lock()
        picking.invalidate_recordset()
        picking = picking.with_company(picking.company_id)  # costs are the company's
        if picking.state in ('done', 'cancel'):
            if picking.returns_dock_key == parcel['key']:
                return self._prepare_receipt(picking)
            raise UserError(self._get_booked_words(picking))
        if picking not in request._get_receipts_at_dock():  # it brings replacements, or goods on from here
            raise UserError(self.env._("%s is no receipt of a return.", picking.name))
        if not parcel['counts'] and not parcel['is_all']:
            raise UserError(self.env._(
                "Nothing is counted of %s. Count what was in the parcel, or say that it was empty.", picking.name))
        expected = sum(
            move.product_id.weight * move._returns_get_pieces() for move in picking.move_ids if move.returns_line_id)
        self._enter_counts(picking, parcel['counts'])
        picking.write({**self._prepare_parcel_vals(parcel), 'returns_weight_expected': expected})
        if parcel['counts']:
            picking._sanity_check()
            picking.with_context(cancel_backorder=parcel['is_all'])._action_done()
        else:
            moves = picking.move_ids
            picking.action_cancel()
            request._note_empty_parcel()
            moves._returns_open_cases()
            moves.returns_line_id._advance()
        self._keep_words(picking, request, parcel)
        return self._prepare_receipt(picking)

    def _prepare_parcel_vals(self, parcel):
        return {
            'returns_is_all': parcel['is_all'], 'returns_weight': parcel['weight'], 'returns_minutes': parcel['minutes'],
            'returns_dock_key': parcel['key'], 'user_id': self.env.uid,
        }

    def _enter_counts(self, picking, counts):
        """Write the counts on the moves of ``picking``: announced goods on the moves that await them, all others on moves
        of their own. What somebody entered before is forgotten.
        """
        moves = picking.move_ids.filtered(lambda move: move.state not in ('done', 'cancel'))
        awaited = moves.filtered('returns_line_id')
        (moves - awaited)._action_cancel()
        by_product = {}
        for count in counts:
            by_product.setdefault(count['product'], []).append(count)
        for product in awaited.product_id | self.env['product.product'].concat(*by_product):
            own = awaited.filtered(lambda move, product=product: move.product_id == product).sorted('id')
            found = by_product.get(product, [])
            if found and not own:
                own = self._add_move(picking, product, sum(count['quantity'] for count in found))
            if product.tracking == 'none':
                self._enter_pieces(own, found)
            else:
                self._enter_lots(own, found)
            self._enter_damage(own, found)

    def _add_move(self, picking, product, quantity):
        """:return: a move for goods that the receipt did not announce"""
        move = self.env['stock.move'].create({
            'picking_id': picking.id, 'product_id': product.id, 'product_uom': product.uom_id.id,
            'product_uom_qty': quantity, 'company_id': picking.company_id.id, 'location_id': picking.location_id.id,
            'location_dest_id': picking.location_dest_id.id, 'picking_type_id': picking.picking_type_id.id,
            'origin': picking.origin, 'to_refund': False})
        move._action_confirm(merge=False)
        move.move_line_ids.unlink()
        return move

    def _enter_pieces(self, moves, counts):
        """Untracked pieces fill one move after the other; what is too much is on the last."""
        left = sum(count['quantity'] for count in counts)
        for move in moves:
            unit = move.product_id.uom_id
            part = left if move == moves[-1] else min(left, move._returns_get_pieces())
            left = unit.round(left - part)
            move.quantity = unit._compute_quantity(part, move.product_uom, rounding_method='HALF-UP')
            move.picked = not unit.is_zero(part)

    def _enter_lots(self, moves, counts):
        """Each lot goes to the move that expects it, else to one with room, at last to the last."""
        expected, room = {}, {}
        for move in moves:
            room[move] = move._returns_get_pieces()
            for piece in move.move_line_ids:
                expected.setdefault(piece.lot_id.name, []).append((move, piece.owner_id, piece.package_id))
        moves.move_line_ids.unlink()
        lots = self._get_lots(moves, [count['lot'] for count in counts])
        vals_list = []
        nothing = self.env['res.partner'], self.env['stock.package']
        for count in counts:
            left, unit = count['quantity'], moves.product_id.uom_id
            targets = expected.get(count['lot'], []) + [(move, *nothing) for move in moves]
            for position, (move, owner, package) in enumerate(targets, 1):
                part = left if position == len(targets) else min(left, max(room[move], 0.0))
                if unit.compare(part, 0.0) <= 0:
                    continue
                left, room[move] = unit.round(left - part), unit.round(room[move] - part)
                vals_list.append({
                    'move_id': move.id, 'picking_id': move.picking_id.id, 'product_id': move.product_id.id,
                    'product_uom_id': unit.id, 'quantity': part, 'lot_id': lots[count['lot']].id, 'owner_id': owner.id,
                    'package_id': package.id, 'location_id': move.location_id.id,
                    'location_dest_id': move.location_dest_id.id, 'picked': True})
        self.env['stock.move.line'].create(vals_list)
        for move in moves:
            move.picked = bool(move.move_line_ids)

    def _get_lots(self, moves, names):
        """:return: {name: lot of the moves' product}; what nobody knows yet is made: its pieces stand apart, as a case"""
        lots = {lot.name: lot for lot in self.env['stock.lot'].search([
            ('product_id', 'in', moves.product_id.ids), ('name', 'in', names),
            ('company_id', 'in', [False, *moves.company_id.ids])])}
        new = [name for name in names if name not in lots]
        made = self.env['stock.lot'].create([
            {'name': name, 'product_id': moves.product_id.id, 'company_id': moves.company_id.id} for name in new])
        return {**lots, **{lot.name: lot for lot in made}}

    def _enter_damage(self, moves, counts):
        """How many of the pieces on each move are damaged."""
        left = sum(count['damaged'] for count in counts)
        for move in moves:
            unit = move.product_id.uom_id
            part = min(left, move.product_uom._compute_quantity(move.quantity, unit, rounding_method='HALF-UP'))
            left = unit.round(left - part)
            move.returns_damaged = part

    # ------------------------------------------------------------------
    # What is said about it
    # ------------------------------------------------------------------

    def _keep_words(self, picking, requests, parcel, cases=None):
        """Photos and words go where those can read them who have to settle it."""
        photos, damages = parcel['photos']
        cases = cases or self._get_cases(picking)
        broken = cases.filtered(lambda case: case.kind == 'damaged') or cases
        for case in broken:
            case.write({'photo_ids': [Command.create({**vals, 'res_model': case._name, 'res_id': case.id})
                                      for vals in damages]})
        body = self._get_parcel_words(picking, parcel['note'])
        for request in requests:
            files = self.env['ir.attachment'].create([
                {**vals, 'res_model': request._name, 'res_id': request.id}
                for vals in photos + (damages if not broken else [])])
            request._message_log(body=body, attachment_ids=files.ids)
        picking._message_log(body=body)

    def _get_cases(self, picking):
        """:return: the cases that this parcel opened"""
        return self.env['returns.discrepancy'].search([('picking_id', '=', picking.id)], order='id')

    def _get_parcel_words(self, picking, note):
        words = [self.env._("%s was counted at the dock.", picking.name)]
        if picking.returns_weight:
            unit = self.env['product.template']._get_weight_uom_name_from_ir_config_parameter()
            words.append(self.env._(
                "It weighed %(weight)s %(unit)s; %(expected)s were expected.", unit=unit,
                weight=f"{picking.returns_weight:.10g}", expected=f"{picking.returns_weight_expected:.10g}"))
        if picking.returns_is_light:
            words.append(self.env._("That is so little that the box may have been empty."))
        return " ".join([*words, note]).strip()

    def _prepare_receipt(self, picking):
        """:return: {'picking', 'request_id', 'name', 'goods': [text], 'cases': [text], 'rest': text}: what the screen
            says after a booking
        """
        unit_words = [
            self.env._("%(quantity)s × %(product)s", quantity=f"{move._returns_get_pieces():.10g}",
                       product=move.product_id.display_name)
            for move in picking.move_ids if move.state == 'done']
        rest = self.env['stock.picking'].search([('backorder_id', '=', picking.id), ('state', '!=', 'cancel')], limit=1)
        return {
            'picking': picking.name, 'picking_id': picking.id, 'request_id': picking.returns_request_id.id,
            'name': picking.returns_request_id.name or picking.name, 'goods': unit_words,
            'cases': [case._get_summary() for case in self._get_cases(picking)],
            'rest': rest.name or '',
        }
