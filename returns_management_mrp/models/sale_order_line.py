# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models

from ..tools.kit import Kit, approximate, compose, exact, sum_up


class SaleOrderLine(models.Model):
    """An order line that sold kits: what they were made of, and what of them may come back."""
    _inherit = 'sale.order.line'

    # ------------------------------------------------------------------
    # What the kits are made of
    # ------------------------------------------------------------------

    def _get_kits(self):
        """:return: {order line: :class:`Kit`} of those whose goods are delivered as the components of a kit; for everybody
            who may read the order lines
        """
        kits = self.env['returns.kit.component']._read_kits(self)
        for line in (self - self.browse().concat(*kits))._filter_kits():
            kit = line.sudo()._compose_kit()
            if kit:
                kits[line] = kit
        return kits

    def _freeze_kits(self):
        """Keep what the kits of these order lines are made of and worth, from now on. See ``returns.kit.component``."""
        Component = self.env['returns.kit.component']
        known = Component._read_kits(self)
        new = self - self.browse().concat(*known)
        Component._freeze({line: kit for line, kit in new._get_kits().items() if line not in known})

    def _filter_kits(self):
        """:return: those of these order lines whose goods are delivered as the components of a kit"""
        if not self.ids:
            return self.browse()
        rows = self.env['stock.move'].sudo().with_context(active_test=False)._read_group(
            [('sale_line_id', 'in', self.ids), ('bom_line_id.bom_id.type', '=', 'phantom')],
            ['sale_line_id', 'product_id'])
        kits = {line.id for line, product in rows if product != line.product_id}
        return self.filtered(lambda line: line.id in kits)

    def _compose_kit(self):
        """:return: :class:`Kit` as it was to be delivered, worth what its components cost today; or None"""
        self.ensure_one()
        moves = self.move_ids.filtered(lambda move: (
            move.product_id != self.product_id and not move.origin_returned_move_id and not move.returns_line_id
            and (move.location_final_id or move.location_dest_id).usage == 'customer'
            and move.location_id.usage != 'customer'))
        products = self.env['product.product'].sudo(False)
        first = moves.filtered(lambda move: not move.move_orig_ids & moves)  # of a delivery in several steps
        moved = sum_up((products.browse(move.product_id.id), exact(move.product_qty)) for move in first)
        ordered = self.product_uom_id._compute_quantity(self.product_uom_qty, self.product_id.uom_id, round=False)
        pieces = compose(moved, self._get_listed_pieces(first), approximate(ordered))
        return Kit(pieces, _get_values(products.sudo().concat(*pieces), self.company_id)) if pieces else None

    def _get_listed_pieces(self, moves):
        """:return: {component: pieces in one kit} by the bill of materials that ``moves`` were made from, as it is now"""
        bom = moves.bom_line_id.bom_id.filtered(lambda bom: bom.type == 'phantom' and self.product_id in (
            bom.product_id or bom.product_tmpl_id.product_variant_ids))[:1]
        bom = bom or self.env['mrp.bom']._bom_find(
            self.product_id, company_id=self.company_id.id, bom_type='phantom')[self.product_id]
        if not bom:
            return {}
        size = self.product_id.uom_id._compute_quantity(1.0, bom.product_uom_id, round=False) / bom.product_qty
        _boms, lines = bom.explode(self.product_id, size)
        products = self.env['product.product'].sudo(False)
        return {product: pieces for product, pieces in sum_up(
            (products.browse(line.product_id.id), approximate(line.product_uom_id._compute_quantity(
                data['qty'], line.product_id.uom_id, round=False)))
            for line, data in lines if line.product_id.type != 'service').items() if pieces}

    # ------------------------------------------------------------------
    # What may come back
    # ------------------------------------------------------------------

    def _get_returnable_products(self):
        products = super()._get_returnable_products()
        return products | {line: products[line].concat(*kit.pieces) for line, kit in self._get_kits().items()}

    @api.depends('move_ids.state', 'move_ids.quantity', 'returns_line_ids.quantity_held')
    def _compute_quantity_returnable(self):
        """Of kits: the whole ones. What else may come back of their components is proposed apart."""
        super()._compute_quantity_returnable()
        found = self._origin._get_free_components()
        for line in self:
            if line._origin in found:
                kit, free = found[line._origin]
                line.quantity_returnable = line.product_id.uom_id._compute_quantity(
                    float(kit.count_whole(free)), line.product_uom_id, rounding_method='DOWN')

    def _get_free_components(self):
        """:return: {order line of kits: (its :class:`Kit`, {component: pieces that may still be asked for})}"""
        kits = self._get_kits()
        free = self.env['returns.balance']._get_free_quantities(
            {(line.id, product.id) for line, kit in kits.items() for product in kit.pieces})
        return {
            line: (kit, {product: free.get((line.id, product.id), 0.0) for product in kit.pieces})
            for line, kit in kits.items()}

    # ------------------------------------------------------------------
    # What the order owes
    # ------------------------------------------------------------------

    def _get_kits_ahead(self):
        """Kits that the customer has to pay although they seem not to be delivered.

        A component that comes back through a return makes core count a kit less. But it is credited by a line of its own,
        which names no order line: it is no kit. So what was invoiced stays, and nothing of it is to be credited by a
        final invoice as well.

        :return: {order line invoiced as delivered: kits, in its unit}
        """
        lines = self.filtered(lambda line: (
            line.state == 'sale' and line.product_id.invoice_policy == 'delivery' and any(
                back.product_id != line.product_id for back in line.returns_line_ids)))
        ahead = {}
        for line, kit in lines._get_kits().items():
            moves = line.sudo().move_ids.filtered(lambda move: (
                move.state == 'done' and (move.to_refund or not move.origin_returned_move_id)))
            kits = kit.count_whole(_count_delivered(moves.filtered(lambda move: not move.returns_line_id)))
            kits -= kit.count_whole(_count_delivered(moves)) + line._get_kits_adopted(kit)
            ahead[line] = line.product_id.uom_id._compute_quantity(
                float(kits), line.product_uom_id, rounding_method='HALF-UP')
        return ahead

    @api.depends('returns_line_ids.quantity_received', 'returns_settlement_ids.state')
    def _compute_qty_to_invoice(self):
        super()._compute_qty_to_invoice()
        for line, ahead in self._get_kits_ahead().items():
            line.qty_to_invoice = line.product_uom_id.round(line.qty_to_invoice + ahead)

    @api.depends('returns_line_ids.quantity_received')
    def _compute_untaxed_amount_to_invoice(self):
        super()._compute_untaxed_amount_to_invoice()
        for line, ahead in self._get_kits_ahead().items():
            if line.product_uom_qty:
                line.untaxed_amount_to_invoice += line.price_subtotal / line.product_uom_qty * ahead

    @api.depends('returns_line_ids.quantity_received')
    def _compute_amount_to_invoice(self):
        super()._compute_amount_to_invoice()
        for line, ahead in self._get_kits_ahead().items():
            if line.product_uom_qty:
                line.amount_to_invoice += line.price_total / line.product_uom_qty * ahead

    def _get_kits_adopted(self, kit):
        """:return: whole kits that a note by hand, which the order sees, had credited, and that came back since"""
        self.ensure_one()
        adopted = self.returns_settlement_ids.filtered(lambda settlement: (
            settlement.state != 'cancelled' and settlement.kind == 'outside'
            and self in settlement.refund_line_id.sale_line_ids and settlement.request_line_id.product_id in kit.pieces))
        return kit.count_whole(sum_up(
            (settlement.request_line_id.product_id, exact(settlement.pieces)) for settlement in adopted))

    def _get_returns_qty_back(self, posted=False):
        back = super()._get_returns_qty_back(posted=posted)
        kit = self._get_kits().get(self) if 'outside' in self.returns_settlement_ids.mapped('kind') else None
        return back + self.product_id.uom_id._compute_quantity(
            float(self._get_kits_adopted(kit)), self.product_uom_id, rounding_method='HALF-UP') if kit else back

    def _get_qty_procurement(self, previous_product_uom_qty=False):
        """A raised order is delivered the difference: what came back through a return is credited or replaced already."""
        before = (previous_product_uom_qty or {}).get(self.id)
        is_raised = before is not None and self.product_uom_id.compare(self.product_uom_qty, before) > 0
        return super(SaleOrderLine, self.with_context(returns_left_out=is_raised))._get_qty_procurement(
            previous_product_uom_qty=previous_product_uom_qty)

    @api.model
    def _get_incoming_outgoing_moves_filter(self):
        filters = super()._get_incoming_outgoing_moves_filter()
        if not self.env.context.get('returns_left_out'):
            return filters
        return {
            name: lambda move, counts=counts: not move.returns_line_id and counts(move)
            for name, counts in filters.items()}


def _count_delivered(moves):
    """:return: {component: pieces that ``moves`` left at the customer}"""
    return sum_up(
        (move.product_id, exact(move._returns_get_pieces()) * (move._returns_is_delivery() - move._returns_is_receipt()))
        for move in moves)


def _get_values(products, company):
    """:return: {component: what one piece is worth beside the others}: sales price, or cost where none has a price"""
    for name in ('lst_price', 'standard_price'):
        values = {product: exact(max(product.with_company(company)[name], 0.0)) for product in products}
        if any(values.values()):
            return values
    return values
