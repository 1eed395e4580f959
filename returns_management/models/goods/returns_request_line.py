# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, fields, models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    move_ids = fields.One2many('stock.move', 'returns_line_id', "Stock Moves", readonly=True, copy=False)
    inspection_ids = fields.One2many(
        'returns.inspection', 'request_line_id', "Inspections", readonly=True, copy=False)

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _get_goods_facts(self):
        """:return: {line id: {'inspections_open': …, 'dispositions_open': …}} for ``tools.road``"""
        facts = {line.id: {'inspections_open': False, 'dispositions_open': False} for line in self}
        for inspection in self.inspection_ids:
            fact = facts.get(inspection.request_line_id.id)
            if inspection.state == 'draft':
                fact['inspections_open'] = True
            elif inspection._get_pending_disposal():
                fact['dispositions_open'] = True
        return facts

    def _update_received(self):
        """``quantity_received`` = what done receipts of each line brought in."""
        received = defaultdict(float)
        for move in self.move_ids:
            if move.state == 'done' and move._returns_is_receipt() and not move.returns_surplus_of_id:
                line = move.returns_line_id
                received[line] += move.product_uom._compute_quantity(
                    move.quantity, line.uom_id, rounding_method='HALF-UP')
        for line in self:
            quantity = line.uom_id.round(received[line])
            if line.uom_id.compare(quantity, line.quantity_received):
                line._write_flow({'quantity_received': quantity})

    def _update_accepted(self):
        """``quantity_accepted`` = what done inspections of each line accepted.

        Pieces released in advance turn into accepted ones: they are not settled a second time.
        """
        for line in self:
            accepted = line.uom_id.round(sum(line.inspection_ids.filtered(
                lambda inspection: inspection.state == 'done').mapped('quantity_accepted')))
            more = accepted - line.quantity_accepted
            if line.uom_id.is_zero(more):
                continue
            vals = {'quantity_accepted': accepted}
            if more > 0 and line.quantity_advanced and not line.is_returnless:
                vals['quantity_advanced'] = line.uom_id.round(max(0.0, line.quantity_advanced - more))
            line._write_flow(vals)

    def _refuse_accepted(self, note):
        """A step after inspection was rejected: nothing is paid, the goods go back to the customer."""
        self.inspection_ids.write({'quantity_accepted': 0.0})
        self.inspection_ids._undo_disposal()
        self.inspection_ids.filtered(lambda inspection: not inspection.is_disposed).write({
            'disposition_id': self.env.ref('returns_management.disposition_customer').id})
        self._write_flow({'rejection_note': note})
        self._update_accepted()

    # ------------------------------------------------------------------
    # Follow-ups
    # ------------------------------------------------------------------

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        entering = self.browse().concat(*changed)
        coming = entering.filtered(lambda line: line.state == 'approved')
        if coming:
            coming.request_id._prepare_reception()
        pending = self.inspection_ids._get_disposable(self._filter_cleared())
        if pending:
            pending._dispose()
            again = True
        return again

    def _filter_cleared(self):
        """:return: the lines about whose goods and money nobody has to decide any more"""
        facts = self._get_review_facts()
        return self.filtered(lambda line: (
            line.state in ('approved', 'received', 'settlement', 'done')
            and facts[line.id]['authorised'] and not facts[line.id]['settle_review_open']))

    # ------------------------------------------------------------------
    # Receiving
    # ------------------------------------------------------------------

    def _get_quantity_to_announce(self):
        """:return: what is approved, still to come, and on no open return picking; in the product's unit"""
        self.ensure_one()
        if self.is_returnless or self.state != 'approved':
            return 0.0
        coming = sum(
            move.product_uom._compute_quantity(move.product_uom_qty, self.product_id.uom_id, rounding_method='HALF-UP')
            for move in self.move_ids
            if move.state not in ('done', 'cancel') and move._returns_is_receipt())
        open_quantity = self._to_product_uom(self.quantity_approved - self.quantity_received - self.quantity_closed)
        return self.product_id.uom_id.round(open_quantity - coming)

    def _allot_to_deliveries(self, quantity, taken):
        """Which delivered moves ``quantity`` pieces undo: oldest first, those with the lots first.

        :param dict taken: {move: pieces already being returned}, updated
        :return: [(delivered move, lot or empty, pieces)], pieces in the product's unit
        """
        self.ensure_one()
        unit = self.product_id.uom_id
        deliveries = self.sale_line_id.move_ids.filtered(lambda move: (
            move.state == 'done' and move.product_id == self.product_id and not move.origin_returned_move_id
            and move.location_dest_id.usage == 'customer')).sorted('date')
        wanted = self.lot_ids
        parts = []
        for move in deliveries.sorted(lambda move: not (move.move_line_ids.lot_id & wanted)):
            if move not in taken:
                taken[move] = sum(
                    back.product_uom._compute_quantity(
                        back.quantity if back.state == 'done' else back.product_uom_qty, unit)
                    for back in move.returned_move_ids if back.state != 'cancel')
            delivered = move.product_uom._compute_quantity(move.quantity, unit, rounding_method='HALF-UP')
            part = min(quantity, unit.round(delivered - taken[move]))
            if unit.compare(part, 0.0) > 0:
                taken[move] += part
                quantity = unit.round(quantity - part)
                parts.append((move, part))
        if unit.compare(quantity, 0.0) > 0:
            raise UserError(self.env._(
                "%(request)s: %(missing)s of %(product)s cannot be matched to a delivery of %(order)s any more. "
                "Close them short, or look for a return made by hand.",
                request=self.request_id.name, missing=quantity, product=self.product_id.display_name,
                order=self.sale_line_id.order_id.name))
        return parts

    def _cut(self, quantity):
        """Give up ``quantity`` pieces (product's unit) that came back another way: youngest line first."""
        for line in self.sorted('id', reverse=True):
            unit = line.product_id.uom_id
            part = min(quantity, line.quantity_held)
            if unit.compare(part, 0.0) <= 0:
                continue
            quantity = unit.round(quantity - part)
            line._close_quantity(line._from_product_uom(part))
            line.request_id.message_post(body=line.env._(
                "%(quantity)s of %(product)s came back by hand and were taken off this return.",
                quantity=part, product=line.product_id.display_name))
            line._advance()

    def _close_quantity(self, quantity):
        """``quantity`` approved pieces (``uom_id``) are not coming any more."""
        self.ensure_one()
        self._write_flow({'quantity_closed': self.uom_id.round(self.quantity_closed + quantity)})

    def _prepare_receipt_move_vals(self, delivery, quantity, warehouse):
        """Values of the move that undoes ``quantity`` pieces (product's unit) of ``delivery``.

        ``to_refund`` follows the resolution: with it, the order's delivered quantity goes down.
        """
        self.ensure_one()
        return {
            'product_id': self.product_id.id, 'product_uom': self.product_id.uom_id.id, 'product_uom_qty': quantity,
            'location_id': delivery.location_dest_id.id, 'location_dest_id': warehouse.returns_location_id.id,
            'picking_type_id': warehouse.returns_type_id.id, 'warehouse_id': warehouse.id,
            'company_id': self.company_id.id, 'partner_id': self.partner_id.id, 'origin': self.request_id.name,
            'procure_method': 'make_to_stock', 'to_refund': self.resolution != 'none',
            'origin_returned_move_id': delivery.id, 'sale_line_id': self.sale_line_id.id,
            'move_orig_ids': [Command.link(delivery.id)],
            'returns_line_id': self.id,
        }
