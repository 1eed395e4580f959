# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, models
from odoo.exceptions import UserError

from .on_hand import OnHand


class ReturnsInspection(models.Model):
    """Where inspected goods go."""
    _inherit = 'returns.inspection'

    # ------------------------------------------------------------------
    # Disposing: a disposition of kind x is carried out by _dispose_x
    # ------------------------------------------------------------------

    def _dispose(self):
        """Carry out the dispositions of these inspected goods, each kind in one batch."""
        for kind, inspections in self.grouped('disposition_kind').items():
            # moves that are done set the return in motion, which may carry out the other kinds on the way
            pending = inspections.filtered(lambda inspection: not inspection.is_disposed and not inspection._is_under_way())
            if pending:
                getattr(pending, f'_dispose_{kind}')()

    def _get_pending_disposal(self):
        """:return: those inspected whose goods still have to go somewhere"""
        return self.filtered(lambda inspection: (
            inspection.state == 'done' and not inspection.is_disposed
            and inspection.disposition_kind != 'quarantine'))

    def _get_disposable(self, cleared_lines):
        """:return: those whose goods can go where they should now: nobody is going to object any more
            (``cleared_lines``), or it can be undone if somebody does
        """
        return self._get_pending_disposal().filtered(lambda inspection: (
            (inspection.request_line_id in cleared_lines
             or inspection.disposition_id.can_be_undone and not inspection._goes_far())
            and not inspection.is_held_back and not inspection._is_under_way()))

    def _is_under_way(self):
        """Whether a transfer is to take these goods where they should go."""
        self.ensure_one()
        return bool(self.disposal_move_ids.filtered(lambda move: move.state not in ('cancel', 'done')))

    def _undo_disposal(self, disposition):
        """Bring goods back into the returns location that were restocked before somebody objected.

        Pieces that were sold meanwhile stay where they are.

        :param disposition: what becomes of those that are brought back
        """
        wanted = self.filtered(lambda inspection: inspection.is_disposed and inspection.disposition_id.can_be_undone)
        if not wanted:
            return
        moved = {
            inspection: inspection.disposal_move_ids.filtered(lambda move: move.state == 'done')[-1:]
            for inspection in wanted}
        stock = OnHand(self.env, wanted.product_id, wanted.disposal_move_ids.location_dest_id)
        vals_list = []
        for inspection, done in moved.items():
            pieces = stock.take(
                inspection.product_id, done.location_dest_id, inspection.lot_id, inspection.quantity, reserved=False)
            if not pieces:
                inspection.request_id.message_post(body=self.env._(
                    "%s was sold again meanwhile and stays restocked.", inspection.display_name))
                continue
            vals_list.append({
                **inspection._prepare_disposal_move_vals(done.location_dest_id, inspection.location_id, pieces),
                'move_orig_ids': [Command.link(done.id)], 'origin_returned_move_id': done.id})
            # first, or the goods would be restocked again as soon as they are back
            inspection.write({'disposition_id': disposition.id})
        self.env['stock.move'].create(vals_list)._action_done()

    def _dispose_restock(self):
        self._move_to(lambda inspection: (
            inspection._get_chosen_place() or inspection._get_warehouse().lot_stock_id))

    def _dispose_refurbish(self):
        self._move_to(lambda inspection: (
            inspection._get_chosen_place() or inspection._get_warehouse()._get_returns_location('refurbish')))

    def _dispose_second_choice(self):
        self._move_to(lambda inspection: (
            inspection._get_chosen_place() or inspection._get_warehouse()._get_returns_location('second_choice')))

    def _get_chosen_place(self):
        """:return: the location that the disposition names for the company of the goods, if any; none where the kind of the
            disposition was changed since
        """
        self.ensure_one()
        disposition = self.disposition_id.with_company(self.company_id)
        return disposition.location_id.filtered(lambda place: place.active and place.usage == disposition.location_usage)

    def _goes_far(self):
        """Whether the disposition sends the goods to another warehouse: somebody has to carry them there."""
        self.ensure_one()
        warehouse = self._get_chosen_place().warehouse_id
        return bool(warehouse) and warehouse != self._get_warehouse()

    def _dispose_quarantine(self):
        """The goods stay where they are until somebody decides otherwise."""

    def _get_warehouse(self):
        self.ensure_one()
        return (self.move_id.picking_type_id.warehouse_id or self.move_id.warehouse_id
                or self.env['stock.warehouse'].search([('company_id', '=', self.company_id.id)], limit=1))

    def _get_source_move(self):
        """:return: the move that brought the goods where they are"""
        self.ensure_one()
        return self.move_id

    def _get_owner(self):
        """:return: whose goods these are; nobody's are ours"""
        self.ensure_one()
        return self.move_id.restrict_partner_id

    def _take_on_hand(self):
        """Own move lines check nothing (TRIALS E): see first that the goods are really there.

        Where they are not, an inspector is told so; for anybody else (an approver, say), who
        could do nothing about it, the goods are held back until an inspector sends them on.

        :return: {inspection: [(lot, owner, package, pieces)]} in the product's own unit
        :raise UserError: less is on hand than was inspected
        """
        stock = OnHand(self.env, self.product_id, self.location_id)
        taken = {}
        for inspection in self:
            key = (inspection.product_id, inspection.location_id, inspection.lot_id)
            quantity = inspection._get_quantity_left()
            pieces = stock.take(*key, quantity, owner=inspection._get_owner())
            if pieces:
                taken[inspection] = pieces
                continue
            message = self.env._(
                "%(there)s %(uom)s of %(product)s %(lot)s are in %(location)s, but %(quantity)s are to be moved on. "
                "Somebody moved them by hand: bring them back, or correct the stock.",
                there=stock.count(*key), uom=inspection.uom_id.name, product=inspection.product_id.display_name,
                lot=inspection.lot_id.name or "", location=inspection.location_id.display_name, quantity=quantity)
            if self.env.user.has_group('returns_management.group_returns_inspector'):
                raise UserError(message)
            inspection.write({'is_held_back': True})
            inspection.request_id.message_post(body=message)
            self.env['returns.follow.up']._note_failure('disposal', inspection, message)
        return taken

    def _prepare_disposal_move_vals(self, location, location_dest, pieces):
        """Values of one internal move with its own move lines, chained to the receipt.

        :param pieces: [(lot, owner, package, quantity)], see :meth:`_take_on_hand`
        """
        self.ensure_one()
        where = {'location_id': location.id, 'location_dest_id': location_dest.id, 'company_id': self.company_id.id}
        return {
            **where,
            'origin': self.request_id.name,
            'product_id': self.product_id.id, 'product_uom': self.uom_id.id,
            'product_uom_qty': sum(piece[-1] for piece in pieces),
            'move_orig_ids': [Command.link(self._get_source_move().id)],
            'returns_line_id': self.request_line_id.id, 'returns_inspection_id': self.id, 'picked': True,
            'move_line_ids': [Command.create({
                **where, 'product_id': self.product_id.id, 'product_uom_id': self.uom_id.id,
                'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id, 'quantity': quantity,
            }) for lot, owner, package, quantity in pieces],
        }

    def _move_to(self, get_location):
        """Move the goods at once, in one batch: one own-line move each (TRIALS E). Those for another warehouse get a
        transfer, one for each return.

        :param get_location: inspection -> ``stock.location``
        """
        far = self.filtered(lambda inspection: inspection._goes_far())
        here = (self - far).filtered(lambda inspection: inspection.location_id == get_location(inspection))
        if here:
            here.write({'is_disposed': True})
        if far:
            far._send_far(get_location)
        if self - far - here:
            (self - far - here)._move_now(get_location)

    def _move_now(self, get_location):
        taken = self._take_on_hand()
        # Core's own cache for moves that are carried out together: else it looks for the goods line by line.
        quants = self.env['stock.quant']._get_quants_by_products_locations(self.product_id, self.location_id)
        moves = self.env['stock.move'].with_context(quants_cache=quants).create([
            inspection._prepare_disposal_move_vals(inspection.location_id, get_location(inspection), pieces)
            for inspection, pieces in taken.items()])
        moves.with_env(self.env)._action_done()

    def _send_far(self, get_location):
        """Have the goods carried to another warehouse: what lies on the road is not there yet."""
        taken = self._take_on_hand()
        groups = self.browse().union(*taken).grouped(lambda inspection: (
            inspection.request_id, inspection._get_warehouse(), inspection.location_id, get_location(inspection)))
        self._create_transfers([{
            'picking_type_id': warehouse.int_type_id.id, 'origin': request.name, 'company_id': request.company_id.id,
            'location_id': place.id, 'location_dest_id': place_dest.id,
            'move_ids': [Command.create({
                **inspection._prepare_disposal_move_vals(place, place_dest, taken[inspection]),
                'picked': False, 'picking_type_id': warehouse.int_type_id.id,
            }) for inspection in inspections],
        } for (request, warehouse, place, place_dest), inspections in groups.items()])

    def _create_transfers(self, vals_list):
        """Make transfers whose moves bring their own pieces along, and reserve those."""
        pickings = self.env['stock.picking'].create(vals_list)
        for picking in pickings:
            picking.move_ids.move_line_ids.picking_id = picking
        if pickings:
            pickings.action_confirm()
            pickings.action_assign()

    def _dispose_scrap(self):
        vals_list, origins = [], []
        usual = {company: self._get_scrap_location(company) for company in self.company_id}
        for inspection, pieces in self._take_on_hand().items():
            place = inspection._get_chosen_place() or usual[inspection.company_id]
            for lot, owner, package, quantity in pieces:
                origins.append(inspection)
                vals_list.append(inspection._prepare_scrap_vals(place, lot, owner, package, quantity))
        scraps = self.env['stock.scrap'].create(vals_list)
        for company, parts in scraps.grouped('company_id').items():
            parts.with_company(company).do_scrap()  # costs are the company's
        for inspection, scrap in zip(origins, scraps, strict=True):
            # not before they are done: each would set the return in motion
            scrap.move_ids.write({
                'returns_line_id': inspection.request_line_id.id,
                'move_orig_ids': [Command.link(inspection._get_source_move().id)],
            })
        scrapped = self.browse().union(*origins)
        scrapped._update_disposed()
        scrapped._note_write_off()

    def _prepare_scrap_vals(self, location_dest, lot, owner, package, quantity):
        self.ensure_one()
        return {
            'company_id': self.company_id.id, 'origin': self.request_id.name,
            'product_id': self.product_id.id, 'product_uom_id': self.uom_id.id, 'scrap_qty': quantity,
            'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id,
            'location_id': self.location_id.id, 'scrap_location_id': location_dest.id,
            'returns_inspection_id': self.id,
        }

    def _note_write_off(self):
        """These goods are no longer the product they were. Each part adds what follows from it."""

    @api.model
    def _get_scrap_location(self, company):
        """:return: the company's scrap location: core would take its first inventory loss location (ODOO19 1.7),
            which is where inventory adjustments go
        """
        places = self.env['stock.location'].search(
            [('usage', '=', 'inventory'), ('company_id', 'in', (company.id, False))], order='company_id, id')
        adjustments = places.browse(self.env['ir.default']._get(
            'product.template', 'property_stock_inventory', company_id=company.id) or [])
        return (places.filtered(lambda place: 'scrap' in place.name.lower()) or places - adjustments or places)[:1]

    def _dispose_customer(self):
        """Send the goods back: an outgoing picking a request and warehouse, from where the goods are."""
        taken = self._take_on_hand()
        # apart where there is no order: core would put such goods on the order of the others
        groups = self.browse().union(*taken).grouped(lambda inspection: (
            inspection.request_id, inspection._get_warehouse(), inspection.location_id,
            bool(inspection.request_line_id.sale_line_id), inspection._get_freight_payer()))
        self._create_transfers([
            {**inspections._prepare_send_back_vals(warehouse, taken), 'returns_freight_paid_by': payer}
            for (_request, warehouse, _place, _is_sold, payer), inspections in groups.items()])

    def _get_freight_payer(self):
        """:return: who pays for sending the goods back to the customer: as for the way here, by the policy's rule; never
            the customer where the inspection found somebody else responsible
        """
        self.ensure_one()
        is_theirs = self.responsibility in (False, 'customer') and self.request_line_id.shipping_paid_by == 'customer'
        return 'customer' if is_theirs else 'company'

    def _prepare_send_back_vals(self, warehouse, taken):
        """Values of the picking that brings refused goods back to the customer.

        :param taken: which pieces of each inspection, see :meth:`_take_on_hand`
        """
        request, company = self.request_id, self.company_id
        buyer = self.request_line_id.sale_line_id.order_id[:1].partner_shipping_id
        partner = not request.is_gift and buyer or request.partner_id
        location_dest = partner.with_company(company).property_stock_customer
        return {
            'picking_type_id': warehouse.out_type_id.id, 'partner_id': partner.id, 'origin': request.name,
            'location_id': self.location_id.id, 'location_dest_id': location_dest.id,
            'company_id': company.id, 'return_id': self.move_id[:1].picking_id.id,
            'move_ids': [Command.create({
                # reserved piece by piece from where the goods are: the same serial goes back
                **inspection._prepare_disposal_move_vals(inspection.location_id, location_dest, taken[inspection]),
                'picked': False, 'picking_type_id': warehouse.out_type_id.id, 'partner_id': partner.id,
                'origin_returned_move_id': inspection.move_id.id, 'to_refund': inspection.move_id.to_refund,
                'sale_line_id': inspection.request_line_id.sale_line_id.id,
            }) for inspection in self],
        }

    def _get_quantity_left(self):
        """:return: what of the inspected pieces has not gone anywhere yet"""
        self.ensure_one()
        left = self.quantity
        for move in self.disposal_move_ids.filtered(lambda move: move.state == 'done' and (
                move.product_id == self.product_id)):
            pieces = move._returns_get_pieces()
            left += pieces if move.location_dest_id == self.location_id else -pieces
        return self.uom_id.round(left)

    def _update_disposed(self):
        """Goods whose disposal moves are done have gone where they should."""
        for inspection in self:
            is_disposed = inspection.uom_id.compare(inspection._get_quantity_left(), 0.0) <= 0
            if is_disposed != inspection.is_disposed:
                inspection.write({'is_disposed': is_disposed})
