# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...tools import apportion


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    move_ids = fields.One2many(
        'stock.move', 'returns_line_id', "Stock Moves", readonly=True, copy=False,
        groups='stock.group_stock_user,returns_management.group_returns_agent,'
               'returns_management.group_returns_accountant')
    surplus_move_ids = fields.One2many(
        'stock.move', 'returns_surplus_of_id', "Surplus Moves", readonly=True, copy=False,
        groups='stock.group_stock_user,returns_management.group_returns_agent,'
               'returns_management.group_returns_accountant',
        help="Pieces that came with this line and were not announced.")
    inspection_ids = fields.One2many(
        'returns.inspection', 'request_line_id', "Inspections", domain=[('is_on_site', '=', False)], readonly=True,
        copy=False, help="Of goods that came back.")
    finding_trace = fields.Json(
        compute='_compute_finding_trace', compute_sudo=True,
        help="What the policy says about the goods as the inspectors found them.")

    @api.depends('inspection_ids.state', 'inspection_ids.policy_trace')
    def _compute_finding_trace(self):
        for line in self:
            line.finding_trace = [
                {**test, 'text': line._name_pieces(inspection, test['text'])}
                for inspection in line._get_findings().sorted('id')
                for test in inspection.policy_trace or ()] or False

    def _name_pieces(self, inspection, text):
        """:return: ``text`` about the pieces of ``inspection``, which is named where the line has others"""
        if len(self._get_findings()) == 1 and len(self.inspection_ids) <= 1:
            return text
        return self.env._("%(pieces)s %(unit)s: %(text)s", pieces=f"{inspection.quantity:.10g}",
                          unit=inspection.lot_id.name or inspection.uom_id.name, text=text)

    @api.ondelete(at_uninstall=False)
    def _unlink_leave_cancelled_moves(self):
        """A line that is taken up again and dropped leaves the cancelled transfers of earlier rounds behind."""
        self.sudo().move_ids.filtered(lambda move: move.state == 'cancel').write({'returns_line_id': False})

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _get_goods_facts(self):
        """:return: {line id: {'inspections_open': …, 'dispositions_open': …}} for ``tools.road``"""
        facts = {line.id: {'inspections_open': False, 'dispositions_open': False} for line in self}
        for inspection in self.inspection_ids:
            fact = facts.get(inspection.request_line_id.id)
            if inspection.state == 'draft':
                fact['inspections_open'] |= not inspection.previous_id
            elif inspection._get_pending_disposal():
                fact['dispositions_open'] = True
        return facts

    def _update_received(self):
        """``quantity_received`` = what done receipts of each line brought in."""
        received = defaultdict(float)
        for move in self.move_ids:
            if move.state == 'done' and move._returns_is_receipt():
                received[move.returns_line_id] += move._returns_get_pieces()
        for line in self:
            quantity = line._fit_unit(received[line])
            if line.uom_id.compare(quantity, line.quantity_received):
                room = line.quantity_approved - quantity - line.quantity_closed - line.quantity_waived
                line._write_flow({
                    'quantity_received': quantity,
                    # whatever is missing and has come after all is missing no more
                    'quantity_missing': line.uom_id.round(min(line.quantity_missing, room))})
        self._close_found()

    def _update_accepted(self):
        """``quantity_accepted`` = what done inspections of each line accepted.

        Pieces released in advance turn into accepted ones: they are not settled a second time. Those that are refused are
        released no more.
        """
        for line in self:
            accepted = line._fit_unit(sum(line._get_findings_here().mapped('quantity_accepted')))
            more = accepted - line.quantity_accepted
            vals = {} if line.uom_id.is_zero(more) else {'quantity_accepted': accepted}
            if line.quantity_advanced and not line.is_returnless:
                left = line.quantity_advanced
                if more > 0:
                    left = max(line.quantity_waived, left - more)
                left = line.uom_id.round(min(
                    left, max(line._get_quantity_to_inspect(), line.quantity_settled - accepted, 0.0)))
                if line.uom_id.compare(left, line.quantity_advanced):
                    vals['quantity_advanced'] = left
            paid = line.uom_id.round(line.quantity_settled - accepted - line.quantity_advanced)
            if paid > 0:  # refused after it was settled in advance: that stays, somebody has to claim it back
                vals['quantity_advanced'] = line.uom_id.round(line.quantity_advanced + paid)
                line._ask_to_claim_refused(paid)
            if vals:
                line._write_flow(vals)

    def _ask_to_claim_refused(self, quantity):
        """:param quantity: of pieces that were settled in advance and are refused, in ``uom_id``"""
        self.ensure_one()
        self.request_id.message_post(body=self.env._(
            "%(quantity)s %(uom)s of %(product)s were settled in advance and are refused now: claim it back.",
            quantity=f"{quantity:.10g}", uom=self.uom_id.name, product=self.product_id.display_name))

    def _get_findings(self):
        """:return: the done inspections that say what the customer gets: the first of all pieces"""
        return self.inspection_ids.filtered(lambda inspection: inspection.state == 'done' and not inspection.previous_id)

    def _get_findings_here(self):
        """:return: those of goods that came back"""
        return self._get_findings() & self.inspection_ids

    def _get_quantity_to_inspect(self):
        """:return: approved, neither closed short nor inspected here, in ``uom_id``: pieces that may be settled in advance"""
        self.ensure_one()
        inspected = self._from_product_uom(sum(self._get_findings_here().mapped('quantity')))
        return self.uom_id.round(self.quantity_approved - self.quantity_closed - inspected)

    def _get_pieces_withheld(self):
        """:return: what the accepted pieces lost in value by their grades, in whole pieces of the product's own unit:
            2 pieces of which 70 % is refunded make 0.6
        """
        self.ensure_one()
        return float(sum(
            apportion.exact(inspection.quantity_accepted) * (100 - apportion.exact(inspection.refund_share)) / 100
            for inspection in self._get_findings()))

    def _get_pieces_exempt(self):
        """:return: the accepted pieces that bear no restocking fee, in the product's own unit: as far as the inspection
            found others than the customer responsible
        """
        self.ensure_one()
        return float(sum(
            apportion.exact(inspection.quantity_accepted) * (100 - apportion.exact(inspection._get_customer_part())) / 100
            for inspection in self._get_findings()))

    def _needs_no_inspection(self):
        """Whether goods are accepted as received: the reason says so, or the policy's rule takes what the customer
        returns by choice as it comes.
        """
        self.ensure_one()
        return not self.reason_id.needs_inspection or self._is_taken_unseen()

    def _is_taken_unseen(self):
        self.ensure_one()
        return self.rule_id.without_inspection and self.responsibility == 'customer'

    def _get_default_disposition(self):
        """:return: what becomes of the goods, unless an inspector finds otherwise"""
        self.ensure_one()
        restock = self.env.ref('returns_management.disposition_restock') if self._is_taken_unseen() else self.env[
            'returns.disposition']
        return self.reason_id.disposition_id or restock

    def _fit_unit(self, quantity):
        """Put ``quantity`` pieces (product's unit) into ``uom_id``. Where they are no exact number of it (5 of a
        dozen), the line is counted in the product's own unit from now on: goods and money must not drift apart.

        :return: the quantity in what is now ``uom_id``
        """
        self.ensure_one()
        unit = self.product_id.uom_id
        if unit.compare(self._to_product_uom(self._from_product_uom(quantity)), quantity):
            self._count_in_product_unit()
        return self._from_product_uom(quantity)

    def _count_in_product_unit(self):
        """Write all quantities of the line in the product's own unit. Other layers convert their own."""
        self.ensure_one()
        self._write_flow({'uom_id': self.product_id.uom_id.id, **{
            name: self._to_product_uom(self[name]) for name in (
                'quantity', 'quantity_approved', 'quantity_received', 'quantity_closed', 'quantity_missing',
                'quantity_waived', 'quantity_accepted', 'quantity_advanced', 'quantity_settled')}})

    def _is_other_lot(self, lot):
        """Whether the customer announced lots, and ``lot`` is none of them."""
        self.ensure_one()
        return bool(lot and self.lot_ids and lot not in self.lot_ids)

    def _refuse_accepted(self, note):
        """A step after inspection was rejected: nothing is paid, the goods go back to the customer."""
        back = self.env.ref('returns_management.disposition_customer')
        inspections = self.inspection_ids
        inspections.write({'quantity_accepted': 0.0})
        self._write_flow({'rejection_note': note})
        self._update_accepted()
        inspections.filtered(lambda inspection: not inspection.is_disposed).write({'disposition_id': back.id})
        inspections._undo_disposal(back)

    # ------------------------------------------------------------------
    # Follow-ups
    # ------------------------------------------------------------------

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        entering = self.browse().concat(*changed)
        coming = entering.filtered(lambda line: line.state == 'approved')
        if coming:
            coming.request_id._prepare_reception()
        cleared = self._filter_cleared()
        to_ask = cleared.inspection_ids._get_to_ask()
        if to_ask:
            to_ask.request_id._lay_out_steps('dispose', to_ask.request_line_id)
            again = True
        pending = self.inspection_ids._get_disposable(cleared)
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

    def _get_quantity_open(self):
        """:return: what is approved and may still come, what is missing included; in the product's unit"""
        self.ensure_one()
        return self._to_product_uom(
            self.quantity_approved - self.quantity_received - self.quantity_closed - self.quantity_waived)

    def _get_quantity_awaited(self):
        """:return: what is approved and still to come, in ``uom_id``; what is missing was to come already"""
        self.ensure_one()
        return self.uom_id.round(
            self.quantity_approved - self.quantity_received - self.quantity_closed - self.quantity_missing
            - self.quantity_waived)

    def _get_open_receipts(self):
        """:return: the moves that are to bring goods of these lines, and have not yet"""
        return self.move_ids.filtered(
            lambda move: move.state not in ('done', 'cancel') and move._returns_is_receipt())

    def _get_quantity_to_announce(self):
        """:return: what is approved, still to come, and on no open return picking; in the product's unit"""
        self.ensure_one()
        if self.is_returnless or self.state != 'approved':
            return 0.0
        coming = sum(move._returns_get_pieces() for move in self._get_open_receipts())
        return self.product_id.uom_id.round(self._to_product_uom(self._get_quantity_awaited()) - coming)

    def _get_return_warehouse(self, delivery):
        """:return: the active warehouse that takes back what ``delivery`` brought: the one chosen on the request,
            the one that delivered, the order's, or the company's first
        """
        self.ensure_one()
        order = self.sale_line_id.order_id
        for warehouse in (self.request_id.warehouse_id, delivery.warehouse_id, delivery.location_id.warehouse_id,
                          order.warehouse_id):
            if warehouse.active and warehouse.returns_type_id:
                return warehouse
        return self.env['stock.warehouse'].search(
            [('company_id', '=', self.company_id.id), ('returns_type_id', '!=', False)], limit=1)

    def _get_customer_location(self, delivery):
        """:return: where the goods are that ``delivery`` brought, or that come without a known delivery"""
        self.ensure_one()
        return delivery.location_dest_id or self.partner_id.with_company(self.company_id).property_stock_customer

    def _trim_receptions(self, here=0.0):
        """No more stays announced to come than may come: the youngest moves are lowered or cancelled.

        :param here: so many pieces of each line, in the product's own unit, have come already without being announced
        """
        for line in self:
            unit = line.product_id.uom_id
            moves = line._get_open_receipts()
            excess = unit.round(sum(move._returns_get_pieces() for move in moves) - line._get_quantity_open() + here)
            for move in moves.sorted('id', reverse=True):
                part = min(excess, move._returns_get_pieces())
                if unit.compare(part, 0.0) <= 0:
                    break
                excess = unit.round(excess - part)
                if unit.compare(part, move._returns_get_pieces()) == 0:
                    move._action_cancel()
                else:
                    move.product_uom_qty -= unit._compute_quantity(part, move.product_uom, rounding_method='HALF-UP')
                    move._action_assign()

    def _cut(self, quantity):
        """Give up ``quantity`` pieces (product's unit) that came back another way: youngest line first."""
        cut = self.browse()
        for line in self.sorted('id', reverse=True):
            unit = line.product_id.uom_id
            part = min(quantity, line.quantity_held)
            if unit.compare(part, 0.0) > 0:
                quantity = unit.round(quantity - part)
                cut |= line
                note = line.env._(
                    "%(quantity)s of %(product)s came back by hand and were taken off this return.",
                    quantity=part, product=line.product_id.display_name)
                line._give_up(part, note)
                line.request_id.message_post(body=note)
        cut = cut._lock()
        cut._advance()
        cut._trim_receptions()

    def _give_up(self, pieces, note):
        """``pieces`` (product's unit) of what this line holds do not come.

        What is not approved yet is lowered: an approval must be able to say less, or no, afterwards.
        """
        self.ensure_one()
        quantity = self._fit_unit(pieces)
        if self.state != 'review':
            self._close_quantity(quantity)
        elif self.uom_id.compare(quantity, self.quantity_approved) >= 0:
            self._reject(note)
        else:
            self._lower_approved({self: self.uom_id.round(self.quantity_approved - quantity)}, note)

    def _close_quantity(self, quantity):
        """``quantity`` approved pieces (``uom_id``) are not coming any more, and are no longer paid in advance: first
        those that are still awaited, then those that are missing, at last those that were waived.
        """
        self.ensure_one()
        missing = min(self.quantity_missing, max(0.0, self.uom_id.round(
            self.quantity_missing - max(0.0, quantity - self._get_quantity_awaited()))))
        closed = self.uom_id.round(self.quantity_closed + quantity)
        waived = min(self.quantity_waived, self.uom_id.round(
            self.quantity_approved - self.quantity_received - closed - missing))
        advanced = max(self.quantity_advanced - quantity, self.quantity_settled - self.quantity_accepted, waived)
        self._write_flow({
            'quantity_closed': closed, 'quantity_missing': missing, 'quantity_waived': waived,
            'quantity_advanced': self.uom_id.round(min(advanced, self.quantity_advanced))})
        self._close_found()

    def _is_taken_off_order(self):
        """Whether the order takes what comes back as not delivered: something else is given for it."""
        self.ensure_one()
        return self.resolution != 'none'

    def _prepare_receipt_move_vals(self, delivery, quantity, warehouse, contents=()):
        """Values of the move that undoes ``quantity`` pieces (product's unit) of ``delivery``, or that brings them where no
        delivery is known.

        ``to_refund`` follows the resolution (:meth:`_is_taken_off_order`). Without an order it must not be set, or core
        would look for one that they belong to.

        :param contents: [(lot, owner, package, pieces)] to expect; see :class:`DeliveryBook`
        """
        self.ensure_one()
        place = warehouse.returns_location_id._get_waiting_places(self.reason_id)[self.reason_id]
        where = {
            'location_id': self._get_customer_location(delivery).id, 'location_dest_id': place.id,
            'company_id': self.company_id.id,
        }
        return {
            **where,
            'product_id': self.product_id.id, 'product_uom': self.product_id.uom_id.id, 'product_uom_qty': quantity,
            'picking_type_id': warehouse.returns_type_id.id, 'warehouse_id': warehouse.id,
            'partner_id': not self.request_id.is_gift and self.partner_id.id, 'origin': self.request_id.name,
            'date': self.request_id._get_expected_date(),  # the picking is planned for it
            'procure_method': 'make_to_stock', 'to_refund': bool(self.sale_line_id) and self._is_taken_off_order(),
            'origin_returned_move_id': delivery.id, 'sale_line_id': self.sale_line_id.id,
            'move_orig_ids': [Command.set(delivery.ids)],
            'returns_line_id': self.id,
            'move_line_ids': [Command.create({
                **where, 'product_id': self.product_id.id, 'product_uom_id': self.product_id.uom_id.id,
                'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id, 'quantity': pieces,
            }) for lot, owner, package, pieces in contents],
        }

    # ------------------------------------------------------------------
    # Submitting
    # ------------------------------------------------------------------

    def _check_lots(self):
        """:raise UserError: a lot named on a line is not at this customer, or somebody else announced it"""
        named = self.filtered('lot_ids')
        if not named:
            return
        rivals = self.env['returns.request.line'].search(
            [('lot_ids', 'in', named.lot_ids.ids), ('quantity_held', '>', 0), ('id', 'not in', self.ids)])
        for line in named:
            where = self.env._("%(request)s, %(product)s", request=line.request_id.name,
                               product=line.product_id.display_name)
            here = line._get_lots_at_customer()
            strange = line.lot_ids - self.env['stock.lot'].union(*here) if here is not None else None
            if strange:
                never = strange - line._get_delivered_lots()
                names = {'where': where, 'lots': ", ".join((never or strange).mapped('name'))}
                if not never:
                    raise UserError(self.env._("%(where)s: %(lots)s has already come back.", **names))
                raise UserError(
                    self.env._("%(where)s: %(lots)s was not delivered on this order line.", **names) if line.sale_line_id
                    else self.env._("%(where)s: %(lots)s was not delivered with %(delivery)s.", **names,
                                    delivery=line._get_source()))
            if line.tracking != 'serial':
                continue
            if line.product_id.uom_id.compare(len(line.lot_ids), line._to_product_uom(line.quantity)) > 0:
                raise UserError(self.env._(
                    "%(where)s: %(count)s serial numbers are named for %(quantity)s pieces. Name those that come back.",
                    where=where, count=len(line.lot_ids), quantity=line._to_product_uom(line.quantity)))
            for rival in (rivals | self - line).filtered(lambda other, line=line: other.lot_ids & line.lot_ids):
                raise UserError(self.env._(
                    "%(where)s: %(lots)s is already announced in %(request)s.", where=where,
                    lots=", ".join((rival.lot_ids & line.lot_ids).mapped('name')), request=rival.request_id.name))
