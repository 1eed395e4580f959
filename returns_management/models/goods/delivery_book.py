# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from functools import cached_property


class DeliveryBook:
    """Which delivered pieces are still at the customer and not announced, for some request lines.

    Pieces are in the product's own unit. A return by hand that was undone by hand is at the
    customer again; goods that we sent back after a return are not: they came back once already.
    Returns by hand that are only planned are left aside: nobody knows whether they will come.
    """

    def __init__(self, lines):
        """:param lines: ``returns.request.line`` records, all that will be asked about"""
        self.env = lines.env
        self._nothing = lines.env['stock.lot'], lines.env['res.partner'], lines.env['stock.package']
        self._left = {}     # {delivered move: pieces}
        self._lots = {}     # {what brought the goods: {lot or none: pieces}}
        # lists, not record sets: what belongs to the moves is read for all of them at once
        self._deliveries = defaultdict(list)
        sale_lines = lines.sale_line_id._origin
        for move in sale_lines.move_ids.sorted(lambda move: (move.date, move.id)):
            if move.state == 'done' and move._returns_is_delivery() and not move.origin_returned_move_id:
                self._deliveries[move.sale_line_id, move.product_id].append(move)
        for move in lines.delivery_move_id._origin:
            if not move.sale_line_id:
                self._deliveries[move, move.product_id].append(move)

    @staticmethod
    def _get_key(line):
        return (line.sale_line_id or line.delivery_move_id)._origin, line.product_id._origin

    def _get_deliveries(self, line):
        """:return: the deliveries that pieces of ``line`` may undo: the one chosen, then the oldest first"""
        chosen = line.delivery_move_id._origin
        return sorted(self._deliveries[self._get_key(line)], key=lambda delivery: delivery != chosen)

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def find(self, line):
        """:return: the deliveries of which the customer still has pieces, as ``stock.move``, oldest first"""
        return self.env['stock.move'].union(*(
            delivery for delivery in self._deliveries[self._get_key(line)] if self._get_left(delivery) > 0))

    def find_dated(self, line):
        """:return: the deliveries that the policy may count from, see ``returns.request.line._get_delivery_dates``"""
        if line.delivery_move_id:
            return line.delivery_move_id
        deliveries = self._deliveries[self._get_key(line)]
        lots = line.lot_ids
        named = [delivery for delivery in deliveries if lots & delivery.move_line_ids.lot_id] if lots else []
        return named or [delivery for delivery in deliveries if self._get_left(delivery) > 0] or deliveries

    def get_free(self, delivery, lines):
        """:return: pieces of ``delivery`` at the customer that neither a transfer is to bring nor another return than
            that of ``lines`` has chosen
        """
        taken = sum(pieces for line, pieces in self._chosen[delivery].items() if line not in lines)
        return delivery.product_id.uom_id.round(self._get_left(delivery) - taken)

    @cached_property
    def _chosen(self):
        """Pieces that open returns hold and that no transfer is to bring yet.

        :return: {the delivery they chose: {line: pieces}}
        """
        chosen = defaultdict(dict)
        ids = [delivery.id for deliveries in self._deliveries.values() for delivery in deliveries]
        for line in self.env['returns.request.line'].sudo().search(
                [('delivery_move_id', 'in', ids), ('quantity_held', '>', 0)]):
            coming = sum(move._returns_get_pieces() for move in line._get_open_receipts())
            chosen[line.delivery_move_id][line] = max(0.0, line.product_id.uom_id.round(line.quantity_held - coming))
        return chosen

    # ------------------------------------------------------------------
    # Allotting
    # ------------------------------------------------------------------

    def allot(self, line, quantity):
        """Which deliveries ``quantity`` pieces of ``line`` undo: the one chosen, then the oldest first, those with its lots
        before all others. What somebody else has chosen is left to them.

        What no delivery has left is put on the one chosen, or the youngest: an approval must not fail for it. Where
        nothing is known of a delivery, the empty move stands for it.

        :return: [(delivered move, pieces, [(lot, owner, package, pieces)])]; the list names what to expect, and is
            empty where only Odoo's own reservation knows which packages and owners are left
        """
        unit = line.product_id.uom_id
        deliveries = self._get_deliveries(line)
        if not deliveries:
            return [(self.env['stock.move'], quantity, self._expect_anything(line, quantity))]
        parts = defaultdict(float)
        contents = defaultdict(list)

        def take(delivery, pieces):
            nonlocal quantity
            pieces = min(quantity, pieces, self.get_free(delivery, line))
            if unit.compare(pieces, 0.0) <= 0:
                return 0.0
            self._left[delivery] = unit.round(self._left[delivery] - pieces)
            if line in self._chosen[delivery]:
                self._chosen[delivery][line] -= pieces
            parts[delivery] += pieces
            quantity = unit.round(quantity - pieces)
            return pieces

        for delivery, piece in self._list_lots(line, deliveries):
            lots = self._get_lots(line)
            taken = take(delivery, min(piece.quantity_product_uom, lots[piece.lot_id]))
            if taken:
                lots[piece.lot_id] -= taken
                contents[delivery].append((piece.lot_id, piece.owner_id, piece.result_package_id, taken))
        for delivery in deliveries:
            take(delivery, quantity)
        if unit.compare(quantity, 0.0) > 0:
            parts[deliveries[0 if line.delivery_move_id else -1]] += quantity
        if line.product_id.tracking == 'none':
            for delivery, pieces in parts.items():
                if not (delivery.move_line_ids.result_package_id or delivery.move_line_ids.owner_id):
                    contents[delivery] = [(*self._nothing, unit.round(pieces))]
        return [(delivery, unit.round(pieces), contents[delivery]) for delivery, pieces in parts.items()]

    @staticmethod
    def _list_lots(line, deliveries):
        """:return: [(delivery, its move line)] of tracked goods, those of the lots that the line names first"""
        if line.product_id.tracking == 'none':
            return []
        pieces = [(delivery, piece) for delivery in deliveries for piece in delivery.move_line_ids]
        return sorted(pieces, key=lambda pair: pair[1].lot_id not in line.lot_ids)

    def allot_lot(self, line, lot, quantity):
        """Which deliveries the return of ``quantity`` pieces undoes that are here: oldest first, those of the same lot
        before all others. What no delivery has left is put on the youngest one.

        :param lot: of the pieces, may be empty
        :return: [(delivered move, pieces)]; the empty move stands for a delivery that nobody knows
        """
        unit, parts = line.product_id.uom_id, defaultdict(float)
        deliveries = self._get_deliveries(line)
        if not deliveries:
            return [(self.env['stock.move'], quantity)]
        same = [delivery for delivery in deliveries if lot and lot in delivery.move_line_ids.lot_id]
        for delivery in [*same, *(delivery for delivery in deliveries if delivery not in same)]:
            part = min(quantity, self._get_left(delivery))
            if unit.compare(part, 0.0) > 0:
                self._left[delivery] = unit.round(self._left[delivery] - part)
                parts[delivery] += part
                quantity = unit.round(quantity - part)
        if unit.compare(quantity, 0.0) > 0:
            parts[(same or deliveries)[-1]] += quantity
        return [(delivery, unit.round(part)) for delivery, part in parts.items()]

    def _expect_anything(self, line, quantity):
        """:return: what to expect of goods whose delivery nobody knows, as :meth:`allot` names it"""
        lots, unit = line.lot_ids, line.product_id.uom_id
        if line.product_id.tracking == 'none':
            return [(*self._nothing, quantity)]
        if line.product_id.tracking == 'lot':
            return [(lots, *self._nothing[1:], quantity)] if len(lots) == 1 else []
        return [(lot, *self._nothing[1:], 1.0) for lot in lots] if unit.compare(len(lots), quantity) <= 0 else []

    def _get_left(self, delivery):
        if delivery not in self._left:
            self._left[delivery] = self._count_left(delivery)
        return self._left[delivery]

    def _count_left(self, delivery):
        """:return: pieces of a done move to the customer that neither came back nor are announced"""
        left = delivery._returns_get_pieces()
        for back in delivery.returned_move_ids:
            if back._returns_is_receipt() and (
                    back.state == 'done' or back.returns_line_id and back.state != 'cancel'):
                left -= back._returns_get_pieces()
                left += sum(
                    self._count_left(again) for again in back.returned_move_ids
                    if again.state == 'done' and again._returns_is_delivery() and not again._returns_stays_returned())
        return delivery.product_id.uom_id.round(left)

    def _get_lots(self, line):
        """:return: {lot: pieces} of the order line at the customer and not announced; ``lots[none]`` without lot"""
        key = self._get_key(line)
        if key not in self._lots:
            lots = defaultdict(float, line._get_lots_at_customer())
            sharing = line.sale_line_id.returns_line_ids or self.env['returns.request.line'].search(
                [('delivery_move_id', '=', line.delivery_move_id.id)])
            for move in sharing.move_ids:
                if move.product_id == line.product_id and move._returns_is_receipt() and move.state not in (
                        'done', 'cancel'):
                    for piece in move.move_line_ids:
                        lots[piece.lot_id] -= piece.quantity_product_uom
            self._lots[key] = lots
        return self._lots[key]
