# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict


class OnHand:
    """What is on hand of some products in some locations, read once and handed out piece by piece."""

    def __init__(self, env, products, locations):
        self._quants = defaultdict(list)  # {(product, location, lot): [[quant, pieces on hand, pieces not reserved]]}
        self._nothing = env['stock.lot'], env['res.partner'], env['stock.package']
        for quant in env['stock.quant'].search([
                ('product_id', 'in', products.ids), ('location_id', 'in', locations.ids)], order='in_date, id'):
            self._quants[quant.product_id, quant.location_id, quant.lot_id].append(
                [quant, quant.quantity, quant.quantity - quant.reserved_quantity])

    def count(self, product, location, lot):
        """:return: pieces that were not handed out yet"""
        return product.uom_id.round(sum(here for _quant, here, _free in self._quants[product, location, lot]))

    def take(self, product, location, lot, quantity, reserved=True, owner=None):
        """Hand out ``quantity`` pieces, all or none.

        :param bool reserved: also those that another transfer has reserved
        :param owner: whose pieces to take first, ``res.partner``; the empty one stands for ours
        :return: [(lot, owner, package, pieces)], empty if there are not enough
        """
        unit = product.uom_id
        if not product.is_storable:
            return [(lot, *self._nothing[1:], quantity)]
        entries = self._quants[product, location, lot]
        column = 1 if reserved else 2
        if unit.compare(sum(entry[column] for entry in entries), quantity) < 0:
            return []
        taken = []
        for entry in entries if owner is None else sorted(entries, key=lambda entry: entry[0].owner_id != owner):
            part = unit.round(min(quantity, entry[column]))
            if unit.compare(part, 0.0) > 0:
                entry[1], entry[2] = entry[1] - part, entry[2] - part
                quantity = unit.round(quantity - part)
                quant = entry[0]
                taken.append((lot, quant.owner_id, quant.package_id, part))
        return taken
