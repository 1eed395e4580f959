# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

#: Receipts of a product that are looked through, from the newest on.
DEPTH = 500


class VendorBook:
    """With which purchases inspected goods came, and how many pieces of each may still go back to the vendor.

    A working paper for one run. Pieces are in the product's own unit. No piece is found twice, and no more of a receipt
    than was received and is neither returned nor about to be.

    Known for certain is the vendor of what the vendor delivered to the customer directly, and of goods with a lot or
    serial number. Of others it is the newest receipt from before they were delivered that has pieces left: what came
    later cannot be what the customer had, and the newest is the one that the vendor is most likely to take back.
    """

    def __init__(self, inspections):
        """:param inspections: ``returns.inspection`` records, all that will be allotted"""
        self.env = inspections.env
        self._left = {}  # {receipt: pieces}, filled as they are asked for
        self._left_of_line = {}  # {purchase line: pieces}
        self._left_of_lot = {}  # {(receipt, lot): pieces}
        self._receipts = {}  # {(company, product): receipts, the newest first}
        for (company, product), _parts in inspections.grouped(
                lambda inspection: (inspection.company_id, inspection.product_id)).items():
            self._receipts[company, product] = self._find(company, product)
        self.purchase_lines = self.env['purchase.order.line'].union(
            *(self._get_candidates(inspection).purchase_line_id for inspection in inspections))

    def _find(self, company, product):
        Move = self.env['stock.move']
        return Move.search([
            ('company_id', '=', company.id), ('product_id', '=', product.id), ('state', '=', 'done'),
            ('purchase_line_id', '!=', False), ('origin_returned_move_id', '=', False),
            ('location_id.usage', 'in', ('supplier', 'transit')), ('location_dest_id.usage', '!=', 'customer'),
        ], order='date desc, id desc', limit=DEPTH)

    def _get_candidates(self, inspection):
        """:return: the receipts that the goods may have come with, the likeliest first"""
        delivery = inspection.move_id.origin_returned_move_id
        if delivery.purchase_line_id:
            return delivery
        known = self._receipts[inspection.company_id, inspection.product_id]
        if inspection.lot_id:
            return known.filtered(lambda receipt: inspection.lot_id in receipt.move_line_ids.lot_id)
        sold = delivery or inspection.move_id
        return known.filtered(lambda receipt: (receipt.date, receipt.id) < (sold.date, sold.id))

    def allot(self, inspection, quantity):
        """:return: [(receipt, pieces)]; less than ``quantity`` where no more is known"""
        unit, parts = inspection.uom_id, []
        for receipt in self._get_candidates(inspection):
            pieces = unit.round(min(quantity, self._get_left(receipt), self._get_lot_left(receipt, inspection.lot_id)))
            if unit.compare(pieces, 0.0) <= 0:
                continue
            self._left[receipt] -= pieces
            self._left_of_line[receipt.purchase_line_id] -= pieces
            self._left_of_lot[receipt, inspection.lot_id] -= pieces
            quantity = unit.round(quantity - pieces)
            parts.append((receipt, pieces))
            if unit.is_zero(quantity):
                break
        return parts

    def _get_left(self, receipt):
        line = receipt.purchase_line_id
        if receipt not in self._left:
            self._left[receipt] = receipt._returns_get_pieces() - self._count_sent(receipt.returned_move_ids)
        if line not in self._left_of_line:
            moves = line.move_ids.filtered(lambda move: move.product_id == receipt.product_id)
            received = moves.filtered(lambda move: (
                move.state == 'done' and not move.origin_returned_move_id and not move._is_purchase_return()))
            self._left_of_line[line] = (
                sum(move._returns_get_pieces() for move in received)
                - self._count_sent(moves.filtered(lambda move: move._is_purchase_return())))
        return min(self._left[receipt], self._left_of_line[line])

    def _count_sent(self, moves):
        """:return: pieces that these moves took, or are to take, to the vendor, less what came back from there"""
        return sum(
            move._returns_get_pieces() - sum(
                back._returns_get_pieces() for back in move.returned_move_ids
                if back.state == 'done' and back.location_id.usage == 'supplier')
            for move in moves if move.state != 'cancel' and move._is_purchase_return())

    def _get_lot_left(self, receipt, lot):
        if not lot:
            self._left_of_lot.setdefault((receipt, lot), float('inf'))
        elif (receipt, lot) not in self._left_of_lot:
            counts = defaultdict(float)
            for sign, moves in ((1, receipt), (-1, receipt.returned_move_ids.filtered(
                    lambda move: move.state != 'cancel' and move._is_purchase_return()))):
                for piece in moves.move_line_ids:
                    counts[piece.lot_id] += sign * piece.quantity_product_uom
            self._left_of_lot[receipt, lot] = counts[lot]
        return self._left_of_lot[receipt, lot]
