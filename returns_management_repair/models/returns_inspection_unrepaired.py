# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields, models
from odoo.exceptions import UserError


class ReturnsInspection(models.Model):
    """Goods that could not be repaired, and those of them that become ours.

    A customer's own goods are in our house and not in our books. When the customer is compensated for them they change
    hands by two moves at once: out to the customer they belong to, which is worth nothing to us, and in again from the
    customer as ours, by a return of their delivery. So value, cost of goods and what the order counts as delivered are
    those of any return of the same pieces.
    """
    _inherit = 'returns.inspection'

    repair_failure = fields.Text("Not Repaired", readonly=True, copy=False, help="Why the goods could not be repaired.")
    is_taken_over = fields.Boolean(
        "Become Ours", readonly=True, copy=False, help="Came as the customer's own, and are ours since they were settled.")

    _unrepaired_idx = models.Index("(request_line_id) WHERE repair_failure IS NOT NULL")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'repair_failure', 'is_taken_over'}

    def _check_disposition(self):
        """:raise UserError: goods that somebody decided on are to be repaired all the same"""
        super()._check_disposition()
        for inspection in self._get_awaiting_takeover():
            if inspection.disposition_kind == 'repair':
                raise UserError(self.env._(
                    "%(inspection)s: it was decided that the customer gets something else than a repair. Take that decision "
                    "back first, or choose where the goods go.", inspection=inspection.display_name))

    def _get_awaiting_takeover(self):
        """:return: those whose goods belong to a customer who is to be compensated for them"""
        return self.filtered(lambda inspection: (
            inspection.state == 'done' and not inspection.is_taken_over and not inspection.previous_id
            and inspection.request_line_id._is_decided_otherwise() and inspection.move_id.restrict_partner_id
            and inspection.uom_id.compare(inspection.quantity_accepted, 0.0) > 0))

    def _get_pending_disposal(self):
        """What is not ours yet waits: the decision can still be taken back."""
        pending = super()._get_pending_disposal()
        return pending - pending._get_awaiting_takeover()

    def _dispose_repair(self):
        self.write({'repair_failure': False})
        return super()._dispose_repair()

    # ------------------------------------------------------------------
    # Part of it cannot be repaired
    # ------------------------------------------------------------------

    def _split_done(self, quantity):
        """Go on with ``quantity`` inspected pieces apart from the others; what was found is the same.

        :return: the inspection of those pieces
        """
        self.ensure_one()
        rest = self.uom_id.round(self.quantity - quantity)
        is_accepted = bool(self.quantity_accepted)  # one inspection is accepted or refused as a whole
        part = self.copy({
            'quantity': quantity, 'quantity_accepted': quantity if is_accepted else 0.0, 'lot_id': self.lot_id.id,
            'refund_share': self.refund_share, 'policy_trace': self.policy_trace, 'state': self.state})
        self.write({'quantity': rest, 'quantity_accepted': rest if is_accepted else 0.0})
        return part

    # ------------------------------------------------------------------
    # Becoming ours
    # ------------------------------------------------------------------

    def _take_over(self):
        """The goods change hands where they lie, in one batch.

        :raise UserError: they are not where they should be
        """
        awaiting = self._get_awaiting_takeover()
        if not awaiting:
            return
        taken = awaiting._take_on_hand()
        missing = awaiting - awaiting.browse().union(*taken)
        if missing:
            raise UserError(self.env._(
                "%(goods)s cannot become ours: not all of it is in %(place)s any more. Bring it back, or correct the stock.",
                goods=missing[0].display_name, place=missing[0].location_id.display_name))
        moves = self.env['stock.move'].create([
            vals for inspection, pieces in taken.items() for vals in inspection._prepare_takeover_vals(pieces)])
        moves._action_done()
        awaiting.write({'is_taken_over': True})
        awaiting._propose_after_repair()

    def _prepare_takeover_vals(self, pieces):
        """:param pieces: [(lot, owner, package, quantity)], see :meth:`_take_on_hand`
        :return: values of the two moves, the one to their owner first
        """
        self.ensure_one()
        receipt, line = self.move_id, self.request_line_id
        outside = receipt.location_id
        to_owner = {
            **self._prepare_disposal_move_vals(self.location_id, outside, pieces),
            'restrict_partner_id': receipt.restrict_partner_id.id, 'origin_returned_move_id': receipt.id, 'to_refund': False,
        }
        nobody, loose = self.env['res.partner'], self.env['stock.package']
        ours = line._prepare_receipt_move_vals(
            receipt.origin_returned_move_id, sum(piece[-1] for piece in pieces), self._get_warehouse(),
            [(lot, nobody, loose, quantity) for lot, _owner, _package, quantity in pieces])
        where = {'location_id': outside.id, 'location_dest_id': self.location_id.id}
        return [to_owner, {
            **ours, **where, 'date': fields.Datetime.now(), 'picking_type_id': False, 'picked': True,
            'warehouse_id': self._get_warehouse().id, 'returns_inspection_id': self.id,
            'move_line_ids': [Command.create({**values, **where}) for _command, _id, values in ours['move_line_ids']],
        }]

    def _get_owner(self):
        return self.env['res.partner'] if self.is_taken_over else super()._get_owner()

    def _get_source_move(self):
        """Goods that became ours came by the move that made them so."""
        if self.is_taken_over:
            return self.disposal_move_ids.filtered(lambda move: (
                move.state == 'done' and move.location_id.usage == 'customer')).sorted('id')[-1:]
        return super()._get_source_move()

    def _propose_after_repair(self):
        """Goods for which nobody chose anything else go where their reason sends them, or to scrap. What cannot be done
        stays in quarantine, where an inspector has a task about it.
        """
        scrap = self.env.ref('returns_management.disposition_scrap')
        waiting = self.filtered(lambda inspection: inspection.disposition_kind == 'quarantine')
        for inspection in waiting:
            disposition, before = inspection.reason_id.disposition_id, inspection.disposition_id
            if not disposition.active or disposition.kind in ('repair', 'customer'):
                disposition = scrap
            inspection.write({'disposition_id': disposition.id})
            try:
                inspection._check_disposition()
            except UserError:
                inspection.write({'disposition_id': before.id})
