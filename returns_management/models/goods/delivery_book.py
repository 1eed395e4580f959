# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict


class DeliveryBook:
    """Which delivered pieces are still at the customer and not announced, for some request lines.

    Pieces are in the product's own unit. A return by hand that was undone by hand is at the
    customer again; goods that we sent back after a return are not: they came back once already.
    Returns by hand that are only planned are left aside: nobody knows whether they will come.
    """

    def __init__(self, lines):
        """:param lines: ``returns.request.line`` records, all that will be allotted"""
        self._nothing = lines.env['stock.lot'], lines.env['res.partner'], lines.env['stock.package']
        self._left = {}     # {delivered move: pieces}
        self._lots = {}     # {(order line, product): {lot or none: pieces}}
        # lists, not record sets: what belongs to the moves is read for all of them at once
        self._deliveries = defaultdict(list)
        for move in lines.sale_line_id.move_ids.sorted(lambda move: (move.date, move.id)):
            if move.state == 'done' and move._returns_is_delivery() and not move.origin_returned_move_id:
                self._deliveries[move.sale_line_id, move.product_id].append(move)

    def allot(self, line, quantity):
        """Which deliveries ``quantity`` pieces of ``line`` undo: oldest first, those with its lots before all others.

        What no delivery has left is put on the youngest one: an approval must not fail for it.

        :return: [(delivered move, pieces, [(lot, owner, package, pieces)])]; the list names what to expect, and is
            empty where only Odoo's own reservation knows which packages and owners are left
        """
        unit = line.product_id.uom_id
        deliveries = self._deliveries[line.sale_line_id, line.product_id]
        parts = defaultdict(float)
        contents = defaultdict(list)

        def take(delivery, pieces):
            nonlocal quantity
            pieces = min(quantity, pieces, self._get_left(delivery))
            if unit.compare(pieces, 0.0) <= 0:
                return 0.0
            self._left[delivery] = unit.round(self._left[delivery] - pieces)
            parts[delivery] += pieces
            quantity = unit.round(quantity - pieces)
            return pieces

        if line.product_id.tracking != 'none':
            lots = self._get_lots(line)
            for wanted in ((True, False) if line.lot_ids else (False,)):
                for delivery in deliveries:
                    for piece in delivery.move_line_ids:
                        if (piece.lot_id in line.lot_ids) == wanted:
                            taken = take(delivery, min(piece.quantity_product_uom, lots[piece.lot_id]))
                            if taken:
                                lots[piece.lot_id] -= taken
                                contents[delivery].append(
                                    (piece.lot_id, piece.owner_id, piece.result_package_id, taken))
        for delivery in deliveries:
            take(delivery, quantity)
        if unit.compare(quantity, 0.0) > 0 and deliveries:
            parts[deliveries[-1]] += quantity
        if line.product_id.tracking == 'none':
            for delivery, pieces in parts.items():
                if not (delivery.move_line_ids.result_package_id or delivery.move_line_ids.owner_id):
                    contents[delivery] = [(*self._nothing, unit.round(pieces))]
        return [(delivery, unit.round(pieces), contents[delivery]) for delivery, pieces in parts.items()]

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
        key = (line.sale_line_id, line.product_id)
        if key not in self._lots:
            lots = defaultdict(float, line.sale_line_id._get_lots_at_customer(line.product_id))
            for move in line.sale_line_id.returns_line_ids.move_ids:
                if move.product_id == line.product_id and move._returns_is_receipt() and move.state not in (
                        'done', 'cancel'):
                    for piece in move.move_line_ids:
                        lots[piece.lot_id] -= piece.quantity_product_uom
            self._lots[key] = lots
        return self._lots[key]
