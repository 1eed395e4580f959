# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from .delivery_book import DeliveryBook


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    warehouse_id = fields.Many2one(
        'stock.warehouse', "Return To", check_company=True, copy=False,
        help="Where the goods are received. Empty: the warehouse that delivered them.")
    picking_ids = fields.Many2many(
        'stock.picking', string="Receipts", compute='_compute_picking_ids', compute_sudo=True,
        help="Transfers that bring the goods back.")
    picking_count = fields.Integer(compute='_compute_picking_ids', compute_sudo=True)
    inspection_ids = fields.One2many('returns.inspection', 'request_id', "Inspections", readonly=True, copy=False)
    inspection_count = fields.Integer(compute='_compute_inspection_count')
    discrepancy_ids = fields.One2many('returns.discrepancy', 'request_id', "Discrepancies", copy=False)
    is_complaint = fields.Boolean(
        "Complaint", compute='_compute_is_complaint', compute_sudo=True, search='_search_is_complaint')
    tracking_ref = fields.Char(
        "Tracking Number", copy=False, index='trigram', help="Of the parcel that the customer sends.")

    @api.depends('line_ids.move_ids.picking_id')
    def _compute_picking_ids(self):
        for request in self:
            request.picking_ids = request.line_ids.move_ids.filtered(lambda move: move._returns_is_receipt()).picking_id
            request.picking_count = len(request.picking_ids)

    @api.depends('inspection_ids')
    def _compute_inspection_count(self):
        counts = dict(self.env['returns.inspection'].sudo()._read_group(
            [('request_id', 'in', self.ids)], ['request_id'], ['__count']))
        for request in self:
            request.inspection_count = counts.get(request._origin, 0)

    @api.depends('discrepancy_ids.kind')
    def _compute_is_complaint(self):
        for request in self:
            request.is_complaint = 'complaint' in request.discrepancy_ids.mapped('kind')

    @api.model
    def _search_is_complaint(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        complained = fields.Domain('discrepancy_ids.kind', '=', 'complaint')
        return complained if (operator == 'in') == (True in value) else ~complained

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_receive(self):
        """Make the return pickings that are missing and open them: one return at the dock, several in a list. Validates
        nothing.

        :raise AccessError: neither inspector nor stock user
        :raise UserError: nothing is to come
        """
        self._check_dock()
        if not self:
            raise UserError(self.env._("Choose the returns whose goods have come."))
        requests = self._as_flow()
        requests._lock()
        requests._prepare_reception()
        pickings = requests.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))
        if not pickings:
            raise UserError(self.env._("Nothing is to come for %s.", ", ".join(requests.mapped('name'))))
        if len(requests) == 1:
            return {
                'type': 'ir.actions.client', 'tag': 'returns_management.dock', 'name': self.env._("Receive Returns"),
                'context': {'returns_dock_request_id': requests.id},
                'params': {'picking_ids': pickings.sorted('id').ids},
            }
        return self._get_records_action(self.env['stock.picking'].browse(pickings.ids), self.env._("Receive"))

    def action_close_short(self, comment):
        """What is still to come does not come any more: close it and free the pieces.

        :param str comment: why; the customer reads it
        :raise UserError: nothing is to come, or no reason is given
        """
        if self.env.user.has_group('returns_management.group_returns_agent_all'):
            self.check_access('read')
        else:
            self._check_dock()
        if not isinstance(comment, str) or not comment.strip():
            raise UserError(self.env._("Say why the rest does not come: the customer reads it."))
        self._as_flow()._do_close_short(dict.fromkeys(self.ids, comment))
        return True

    def _check_dock(self):
        """Warehouse people handle every parcel of their companies, also of returns that they may not read.

        :raise AccessError: neither inspector nor stock user, or another company's return
        """
        groups = ('returns_management.group_returns_inspector', 'stock.group_stock_user')
        if not any(self.env.user.has_group(group) for group in groups):
            self._check_role(*groups, operation='read')
        strange = self.sudo().company_id - self.env.companies
        if strange and not self.env.su:
            raise AccessError(self.env._("Some of these returns belong to %s.", ", ".join(strange.mapped('name'))))

    def action_view_pickings(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['stock.picking'].browse(self.picking_ids.ids), self.env._("Receipts"))

    def action_view_inspections(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(self.inspection_ids, self.env._("Inspections"))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _do_close_short(self, comments):
        """:param dict comments: {request id: why; the customer reads it}"""
        self._lock()
        lines = self.line_ids.filtered(lambda line: line.state == 'approved' and not line.is_returnless)
        for request in self - lines.request_id:
            raise UserError(self.env._("Nothing is to come for %s.", request.name))
        pieces = {line: line._to_product_uom(line._get_quantity_awaited()) for line in lines}
        for line in lines:
            line._close_quantity(line._get_quantity_awaited())
            line._write_flow({'rejection_note': comments[line.request_id.id]})
        self._message_log_batch(bodies={
            request.id: self.env._("Closed short: %s", comments[request.id]) for request in self})
        self._cancel_receptions()
        self.line_ids._advance()
        lines._claim_advances(pieces)

    def _get_disposal_askers(self, lines):
        askers = super()._get_disposal_askers(lines)
        to_ask = lines.inspection_ids._get_to_ask()
        for (request, group, disposition), inspections in to_ask.grouped(lambda inspection: (
                inspection.request_id, inspection._get_disposal_group(), inspection.disposition_id)).items():
            askers.setdefault(request, []).append((
                {'kind': 'group', 'group_id': group.id, 'sequence': group.sequence, 'disposition_id': disposition.id,
                 'inspection_ids': [Command.set(inspections.ids)]},
                inspections.request_line_id))
        return askers

    def _ask_to_choose(self, inspections, note):
        """One activity for each inspector whose disposition was not approved: choose another.

        :param dict inspections: {(request, inspector): ``returns.inspection``}
        """
        self.mapped('display_name')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': request.id, 'user_id': inspector.id,
            'activity_type_id': self.env.ref('mail.mail_activity_data_todo').id, 'note': note,
            'summary': self.env._("Choose another disposition: %s", ", ".join(parts.product_id.mapped('display_name'))),
            'date_deadline': fields.Date.context_today(request.with_context(tz=inspector.tz)),
        } for (request, inspector), parts in inspections.items() if inspector.active])

    def _cancel_receptions(self):
        """Cancel what is still announced to come."""
        self.line_ids._get_open_receipts()._action_cancel()

    def _prepare_reception(self):
        """Make the return pickings that are missing: one per request, warehouse and place the goods are at.

        Chained to the deliveries they undo, where they are known; all in one create, confirm and assign (ODOO19 §6).
        """
        missing = {line: line._get_quantity_to_announce() for line in self.line_ids}
        lines = self.line_ids.filtered(lambda line: line.product_id.uom_id.compare(missing[line], 0.0) > 0)
        vals = {}
        book = DeliveryBook(lines)
        for line in lines:
            for delivery, pieces, contents in book.allot(line, missing[line]):
                warehouse = line._get_return_warehouse(delivery)
                move_vals = line._prepare_receipt_move_vals(delivery, pieces, warehouse, contents)
                place_dest = self.env['stock.location'].browse(move_vals['location_dest_id'])._get_returns_root()
                ways = (move_vals['location_id'], place_dest, move_vals['picking_type_id'])
                vals.setdefault((line.request_id, *ways), []).append(move_vals)
        if not vals:
            return
        pickings = self.env['stock.picking'].create([
            request._prepare_receipt_vals(move_vals) for (request, *_ways), move_vals in vals.items()])
        # Apart from their pickings, which would give them another date, one by one.
        moves = self.env['stock.move'].create([
            {**move_vals, 'picking_id': picking.id}
            for picking, group in zip(pickings, vals.values(), strict=True) for move_vals in group])
        for picking, pieces in moves.move_line_ids.grouped(lambda piece: piece.move_id.picking_id).items():
            pieces.picking_id = picking
        # On the moves: the transfer's own buttons would look for reordering rules, move by move.
        moves._action_confirm(merge=False)
        moves._action_assign()
        moves.move_line_ids.filtered('location_dest_id.putaway_rule_ids')._apply_putaway_strategy()

    def _prepare_receipt_vals(self, move_vals):
        """Values of one return picking.

        :param move_vals: the values of its moves, which all go the same way
        """
        self.ensure_one()
        place_dest = self.env['stock.location'].browse(move_vals[0]['location_dest_id'])._get_returns_root()
        return {
            # core lets customers read their transfers, and with them the order: a gift's names nobody
            'picking_type_id': move_vals[0]['picking_type_id'], 'location_id': move_vals[0]['location_id'],
            'location_dest_id': place_dest.id, 'partner_id': not self.is_gift and self.partner_id.id,
            'origin': self.name, 'company_id': self.company_id.id, 'user_id': False,
            'return_id': self.env['stock.move'].browse(move_vals[0]['origin_returned_move_id']).picking_id.id,
        }

    def _note_reception(self, receipts):
        super()._note_reception(receipts)
        self.filtered(lambda request: not request.date_received)._write_flow({'date_received': fields.Datetime.now()})
