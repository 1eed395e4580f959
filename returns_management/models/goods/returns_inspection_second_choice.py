# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models


class ReturnsInspection(models.Model):
    """Second choice: returned pieces that become another product, with a price and a value of its own."""
    _inherit = 'returns.inspection'

    second_choice_id = fields.Many2one(
        'product.product', "Sold As", readonly=True, copy=False, ondelete='restrict', index='btree_not_null',
        help="The product that these pieces have become.")
    second_choice_share = fields.Float(
        "Value Kept (%)", digits=(5, 2), readonly=True, copy=False,
        help="Of what the pieces were worth. The rest was written off.")
    second_choice_note = fields.Char(compute='_compute_second_choice_note')

    @api.depends('disposition_id.kind', 'product_id', 'is_disposed', 'second_choice_id')
    @api.depends_context('lang')
    def _compute_second_choice_note(self):
        """What becomes of pieces with this disposition, in words."""
        for inspection in self.sudo():
            product, share = inspection.second_choice_id, inspection.second_choice_share
            if not product and inspection.disposition_kind == 'second_choice' and not inspection.is_disposed:
                product = inspection._get_second_choice()
                share = inspection._get_mapped_product().returns_second_choice_share
            inspection.second_choice_note = self.env._(
                "%(product)s, at %(share)s%% of what the pieces are worth",
                product=product.display_name, share=f"{share:.10g}") if product else False

    def _get_mapped_product(self):
        self.ensure_one()
        return self.product_id.with_company(self.company_id)

    def _get_second_choice(self):
        """:return: the product that these pieces become as second choice; none where nobody named one that fits"""
        self.ensure_one()
        product = self._get_mapped_product()
        other = product.returns_second_choice_id
        fits = (other.active and other.is_storable and other.uom_id == product.uom_id and other.tracking == product.tracking
                and other.company_id in (self.env['res.company'], self.company_id))
        return other if fits and product.is_storable else other.browse()

    def _dispose_second_choice(self):
        mapped = self.filtered(lambda inspection: inspection._get_second_choice())
        if self - mapped:
            super(ReturnsInspection, self - mapped)._dispose_second_choice()
            for inspection in self - mapped:
                if inspection.product_id.tracking == 'serial':
                    inspection.lot_id._mark_returned(inspection.grade)
        for inspections in mapped.grouped('company_id').values():
            inspections._become_second_choice()

    def _become_second_choice(self):
        """The pieces leave the stock of their product and come in as the other one, by real moves through the place
        where Odoo makes goods of goods (as an unbuild order does). Their value goes along, but for the loss.
        """
        taken = self._take_on_hand()
        inspections = self.browse().union(*taken)
        company = self.company_id
        lots = inspections._get_second_choice_lots()
        vals_list = []
        for inspection in inspections:
            product = inspection._get_mapped_product()
            inspection.write({
                'second_choice_id': inspection._get_second_choice().id,
                'second_choice_share': product.returns_second_choice_share})
            vals_list.append(inspection._prepare_disposal_move_vals(
                inspection.location_id, product.property_stock_production, taken[inspection]))
        Move = self.env['stock.move'].with_company(company)
        leaving = Move.create(vals_list)
        coming = Move.create([
            inspection._prepare_second_choice_move_vals(move, lots) for inspection, move in zip(
                inspections, leaving, strict=True)])
        for gone, come in zip(leaving, coming, strict=True):
            gone.move_line_ids.write({'produce_line_ids': [Command.set(come.move_line_ids.ids)]})
        (leaving | coming)._action_done()
        for inspection, move in zip(inspections, coming, strict=True):
            move.lot_ids._mark_returned(inspection.grade)
        inspections._carry_second_choice_far(coming)
        inspections._note_write_off()

    def _get_second_choice_lots(self):
        """:return: {inspection: the lot of the other product with the same name}, made where there is none"""
        lots, missing = {}, []
        for inspection in self.filtered('lot_id'):
            other, lot = inspection._get_second_choice(), inspection.lot_id
            lots[inspection] = self.env['stock.lot'].search([
                ('product_id', '=', other.id), ('name', '=', lot.name),
                ('company_id', 'in', (False, inspection.company_id.id))], limit=1)
            if not lots[inspection]:
                missing.append(inspection)
        keys = {(inspection._get_second_choice(), inspection.lot_id): None for inspection in missing}
        made = self.env['stock.lot'].create([{
            'product_id': other.id, 'name': lot.name, 'company_id': lot.company_id.id, 'ref': lot.ref,
        } for other, lot in keys])
        by_key = dict(zip(keys, made, strict=True))
        lots.update({
            inspection: by_key[inspection._get_second_choice(), inspection.lot_id] for inspection in missing})
        return lots

    def _prepare_second_choice_move_vals(self, gone, lots):
        """Values of the move by which pieces come in as the other product.

        :param gone: the move by which they leave, see :meth:`_prepare_disposal_move_vals`
        :param dict lots: {inspection: lot of the other product}
        """
        self.ensure_one()
        place = self._get_second_choice_place()
        lot = lots.get(self, self.env['stock.lot'])
        pieces = [(lot, piece.owner_id, self.env['stock.package'], piece.quantity) for piece in gone.move_line_ids]
        vals = self._prepare_disposal_move_vals(gone.location_dest_id, place, pieces)
        vals.update(product_id=self.second_choice_id.id, move_orig_ids=[Command.link(gone.id)])
        for _command, _id, piece in vals['move_line_ids']:
            piece['product_id'] = self.second_choice_id.id
        return vals

    def _get_second_choice_place(self):
        """:return: where the other product is sold from; in our second choice location where it still has to be
            carried to another warehouse
        """
        self.ensure_one()
        warehouse = self._get_warehouse()
        if self._goes_far():
            return warehouse._get_returns_location('second_choice')
        return self._get_chosen_place() or warehouse.lot_stock_id

    def _carry_second_choice_far(self, moves):
        """:param moves: by which the pieces came in as the other product, one for each of these inspections"""
        groups = {}
        for inspection, move in zip(self, moves, strict=True):
            if inspection._goes_far():
                key = (inspection.request_id, inspection._get_warehouse(), move.location_dest_id,
                       inspection._get_chosen_place())
                groups.setdefault(key, []).append(move)
        if groups:
            self._create_transfers([{
                'picking_type_id': warehouse.int_type_id.id, 'origin': request.name, 'company_id': request.company_id.id,
                'location_id': place.id, 'location_dest_id': place_dest.id,
                'move_ids': [Command.create(self._prepare_carry_vals(move, place_dest, warehouse)) for move in parts],
            } for (request, warehouse, place, place_dest), parts in groups.items()])

    @api.model
    def _prepare_carry_vals(self, move, place_dest, warehouse):
        where = {
            'location_id': move.location_dest_id.id, 'location_dest_id': place_dest.id, 'company_id': move.company_id.id}
        return {
            **where, 'origin': move.origin, 'picking_type_id': warehouse.int_type_id.id,
            'product_id': move.product_id.id, 'product_uom': move.product_uom.id, 'product_uom_qty': move.quantity,
            'move_orig_ids': [Command.link(move.id)],
            'move_line_ids': [Command.create({
                **where, 'product_id': piece.product_id.id, 'product_uom_id': piece.product_uom_id.id,
                'lot_id': piece.lot_id.id, 'owner_id': piece.owner_id.id, 'quantity': piece.quantity,
            }) for piece in move.move_line_ids],
        }
