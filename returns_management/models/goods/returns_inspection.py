# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.policy import show_percent
from ..vocabulary import CONDITIONS, GRADES, RESPONSIBILITIES
from .on_hand import OnHand


class ReturnsInspection(models.Model):
    """What the inspector found for a quantity (or one lot) of received goods.

    Reception makes them, one a line and lot; an inspector may split one. ``quantity_accepted``
    is about the money, the disposition about the goods.
    """
    _name = 'returns.inspection'
    _description = "Return Inspection"
    _inherit = ['returns.guard', 'mail.thread']
    _order = 'state, id desc'
    _check_company_auto = True

    request_line_id = fields.Many2one(
        'returns.request.line', "Return Line", required=True, index=True, ondelete='restrict', readonly=True)
    request_id = fields.Many2one(
        related='request_line_id.request_id', string="Return", store=True, index=True, precompute=True)
    company_id = fields.Many2one(related='request_line_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='request_id.partner_id', string="Customer")
    product_id = fields.Many2one(
        related='request_line_id.product_id', store=True, index=True, precompute=True)
    uom_id = fields.Many2one(related='product_id.uom_id')
    reason_id = fields.Many2one(related='request_line_id.reason_id', string="Customer's Reason")
    customer_note = fields.Text(related='request_id.customer_note')
    move_id = fields.Many2one(
        'stock.move', "Receipt", required=True, index=True, ondelete='restrict', readonly=True, copy=True)
    location_id = fields.Many2one('stock.location', "Where", required=True, ondelete='restrict', readonly=True)
    lot_id = fields.Many2one(
        'stock.lot', "Lot/Serial Number", readonly=True, ondelete='restrict', index='btree_not_null')
    date_received = fields.Datetime(related='move_id.date', string="Received On")

    quantity = fields.Float(
        digits='Product Unit', required=True, readonly=True,
        help="In the product's own unit: pieces are inspected, whatever the customer ordered them in.")
    quantity_accepted = fields.Float(
        "Accepted", digits='Product Unit', compute='_compute_quantity_accepted', store=True, readonly=False,
        precompute=True, required=True, help="Of these, what may be settled. The rest goes back to the customer.")
    condition = fields.Selection(CONDITIONS, "Condition Found")
    grade = fields.Selection(GRADES)
    refund_share = fields.Float(
        "Refunded (%)", digits=(5, 2), default=100.0, readonly=True, copy=False,
        help="Of the price, by the policy's rule for the grade found.")
    policy_trace = fields.Json(
        readonly=True, copy=False, help="What the policy says about the goods as found: each test and its result.")
    policy_note = fields.Text("By the Policy", compute='_compute_policy_note')
    root_cause_id = fields.Many2one('returns.root.cause', ondelete='restrict', index='btree_not_null')
    responsibility = fields.Selection(RESPONSIBILITIES)
    disposition_id = fields.Many2one('returns.disposition', ondelete='restrict', index='btree_not_null')
    disposition_kind = fields.Selection(related='disposition_id.kind', string="Kind of Disposition")
    note = fields.Text("Findings", help="For our own people. The customer does not read it.")
    inspector_id = fields.Many2one('res.users', readonly=True, index='btree_not_null')
    date_done = fields.Datetime("Inspected On", readonly=True)
    state = fields.Selection(
        [('draft', "To Inspect"), ('done', "Inspected")], "Status", default='draft', required=True, readonly=True, index=True)

    # === The disposition, carried out === #
    is_disposed = fields.Boolean("Disposed", readonly=True, help="The goods went where the disposition sends them.")
    is_held_back = fields.Boolean(
        "Held Back", readonly=True, copy=False,
        help="Somebody cancelled the transfer: the goods stay until they are sent on again.")
    disposal_move_ids = fields.One2many(
        'stock.move', 'returns_inspection_id', "Disposal Moves", readonly=True,
        groups='stock.group_stock_user,returns_management.group_returns_agent,'
               'returns_management.group_returns_accountant')
    version = fields.Integer(readonly=True)

    _quantities = models.Constraint(
        'CHECK (quantity > 0 AND quantity_accepted >= 0 AND quantity_accepted <= quantity)',
        "Accept from nothing up to the quantity that was received.")

    # ------------------------------------------------------------------
    # Computes and guards
    # ------------------------------------------------------------------

    @api.depends('quantity')
    def _compute_quantity_accepted(self):
        for inspection in self:
            inspection.quantity_accepted = inspection.quantity

    @api.depends('condition', 'grade', 'responsibility', 'request_line_id.rule_id')
    @api.depends_context('lang')
    def _compute_policy_note(self):
        """Of a draft, what the policy would say; findings do not change once they are done, nor does the rule."""
        for inspection in self.sudo():
            inspection.policy_note = inspection._get_policy_note()

    def _get_policy_note(self):
        """:return: what the policy says about the goods as found, in the language of the context"""
        return "\n".join(f"{test['text'][:1].upper()}{test['text'][1:]}." for test in self._judge().trace) or False

    @api.depends('request_line_id', 'lot_id')
    def _compute_display_name(self):
        for inspection in self:
            parts = [inspection.request_id.name, inspection.product_id.display_name, inspection.lot_id.name]
            inspection.display_name = " · ".join(part for part in parts if part)

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'request_line_id', 'move_id', 'location_id', 'lot_id', 'quantity', 'inspector_id', 'date_done', 'state',
            'is_disposed', 'is_held_back', 'disposal_move_ids', 'version',
        }

    def write(self, vals):
        finding = {'quantity_accepted', 'condition', 'grade', 'root_cause_id', 'responsibility', 'disposition_id', 'note'}
        changed = finding.intersection(vals)
        if changed and not self.env.su:
            for inspection in self:
                is_released = changed == {'disposition_id'} and inspection.disposition_kind == 'quarantine'
                if inspection.state != 'draft' and not is_released:
                    raise UserError(self.env._(
                        "%s is inspected: the finding stands as the inspector wrote it. Only goods in quarantine get "
                        "another disposition.", inspection.display_name))
        res = super().write(vals)
        if 'disposition_id' in changed and not self.env.su:
            self.filtered(lambda inspection: inspection.state == 'done')._check_disposition()
        return res

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_done(self):
        """Fix the findings; goods move as soon as nobody can object any more.

        :raise UserError: a disposition is missing, or the accepted quantity does not fit
        """
        self._check_inspector()
        self._as_flow()._do_done()
        return True

    def action_dispose(self):
        """Send goods on that are still here: from quarantine, once another disposition is chosen for them, or
        because somebody cancelled the transfer that was to take them.

        :raise UserError: goods are not inspected, or are to stay in quarantine
        """
        self._check_inspector()
        self._as_flow()._do_dispose()
        return True

    def _do_dispose(self):
        lines = self.request_line_id
        lines._lock()
        for inspection in self:
            if inspection.state != 'done' or inspection.disposition_kind == 'quarantine':
                raise UserError(self.env._(
                    "%s: inspect the goods, then choose where they go from quarantine.", inspection.display_name))
        self.write({'is_held_back': False})
        lines._advance()

    def action_split(self, quantity=1.0):
        """Inspect ``quantity`` pieces (in the product's own unit) apart from the others.

        :return: an action that opens the new inspection
        :raise UserError: the quantity is not less than what there is
        """
        self.ensure_one()
        self._check_inspector()
        part = self._as_flow()._do_split(self._read_number(quantity))
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': part.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }

    def _check_inspector(self):
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_inspector'):
            raise AccessError(self.env._("Only returns inspectors inspect goods. Ask an administrator for the right."))
        self.check_access('write')

    # ------------------------------------------------------------------
    # Inspecting
    # ------------------------------------------------------------------

    def _do_done(self):
        lines = self.request_line_id
        lines._lock()
        drafts = self.filtered(lambda inspection: inspection.state == 'draft')
        for inspection in drafts:
            if not inspection.disposition_id:
                raise UserError(self.env._(
                    "%s: choose what becomes of the goods (disposition).", inspection.display_name))
        parts = drafts._split_refused()
        parts._check_disposition()
        parts._check_finding()
        parts._note_judgement()
        parts._set_done()
        for inspection in parts.filtered('responsibility'):
            inspection.request_line_id._write_flow({'responsibility': inspection.responsibility})
        parts.request_line_id._update_accepted()
        parts.request_line_id._advance()

    def _check_disposition(self):
        """:raise UserError: nothing here carries the disposition out, or it gives back goods that are paid for"""
        for inspection in self:
            names = {'inspection': inspection.display_name, 'disposition': inspection.disposition_id.name}
            if not inspection._can_dispose():
                raise UserError(self.env._(
                    "%(inspection)s: %(disposition)s cannot be carried out here. Choose another disposition.", **names))
            if inspection._is_gift():
                raise UserError(self.env._(
                    "%(inspection)s: %(disposition)s is for goods that are not accepted, or the customer would have both "
                    "goods and money. Accept none of them, or choose another disposition.", **names))

    def _check_finding(self):
        """:raise UserError: the policy's rule needs to know more about goods that are accepted"""
        labels = {
            'condition': self.env._("the condition they were found in"), 'grade': self.env._("their grade")}
        for inspection in self.filtered('quantity_accepted'):
            missing = inspection._get_missing()
            if missing:
                raise UserError(self.env._(
                    "%(inspection)s: what the customer gets depends on the goods. Enter %(missing)s.",
                    inspection=inspection.display_name,
                    missing=self.env._(" and ").join(labels[name] for name in missing)))

    def _get_missing(self):
        """:return: what the policy's rule still needs to know, see ``returns.request.line._get_missing_findings``"""
        self.ensure_one()
        return self.request_line_id._get_missing_findings(self.condition, self.grade, self.responsibility)

    def _judge(self):
        """:return: what the policy says about the goods as found, see ``returns.request.line._judge_finding``"""
        self.ensure_one()
        return self.request_line_id._judge_finding(self.condition, self.grade, self.responsibility)

    def _note_judgement(self):
        """Freeze what the policy says; accepted goods that are worse than it demands are put before people."""
        for inspection in self:
            judgement = inspection._judge()
            inspection.write({'policy_trace': list(judgement.trace), 'refund_share': float(judgement.share)})
            if not judgement.ok and inspection.quantity_accepted:
                inspection.request_line_id._write_flow({'is_worse_than_demanded': True})
            line = inspection.request_line_id
            if judgement.share < 100 and inspection.quantity_accepted and not line.is_returnless \
                    and line.uom_id.compare(line.quantity_settled, line.quantity_accepted) > 0:
                inspection.request_id.message_post(body=self.env._(
                    "%(inspection)s was settled in advance, in full; by the policy %(share)s%% of its price are refunded "
                    "in grade %(grade)s. Claim the rest back.", inspection=inspection.display_name,
                    share=show_percent(judgement.share), grade=(inspection.grade or '').upper()))

    def _can_dispose(self):
        self.ensure_one()
        return hasattr(self, f'_dispose_{self.disposition_kind}')

    def _is_gift(self):
        """Whether the customer would get goods back for which they are also compensated."""
        self.ensure_one()
        return (self.disposition_kind == 'customer' and self.uom_id.compare(self.quantity_accepted, 0.0) > 0
                and self.request_line_id.resolution != 'none')

    def _set_done(self):
        """The findings stand. The chatter says so, all in one batch: a tracked field would do it one by one."""
        self.write({
            'state': 'done', 'inspector_id': self.env.uid, 'date_done': fields.Datetime.now()})
        self._message_log_batch(bodies=dict.fromkeys(self.ids, self.env._("Inspected")))

    def _do_split(self, quantity):
        """:return: the new inspection, of ``quantity`` pieces"""
        self.request_line_id._lock()
        quantity = self.uom_id.round(quantity)
        if self.state != 'draft' or self.uom_id.compare(quantity, 0.0) <= 0 or self.uom_id.compare(
                quantity, self.quantity) >= 0:
            raise UserError(self.env._(
                "%(inspection)s: split off more than 0 and less than %(quantity)s, before it is inspected.",
                inspection=self.display_name, quantity=self.quantity))
        rest = self.uom_id.round(self.quantity - quantity)
        part = self.copy({'quantity': quantity, 'quantity_accepted': quantity, 'lot_id': self.lot_id.id})
        self.write({'quantity': rest, 'quantity_accepted': min(self.quantity_accepted, rest)})
        return part

    def _split_refused(self):
        """Refused pieces go their own way: where some of a quantity are refused, they become an
        inspection of their own that sends them back to the customer.

        :return: the inspections, each accepted or refused as a whole
        """
        parts = self
        back = self.env.ref('returns_management.disposition_customer')
        for inspection in self:
            accepted, unit = inspection.quantity_accepted, inspection.uom_id
            if unit.is_zero(accepted) or unit.compare(accepted, inspection.quantity) == 0:
                continue
            refused = inspection.copy({
                'quantity': unit.round(inspection.quantity - accepted), 'quantity_accepted': 0.0,
                'disposition_id': back.id, 'lot_id': inspection.lot_id.id,
            })
            inspection.write({'quantity': accepted})
            inspection.write({'quantity_accepted': accepted})
            parts |= refused
        return parts

    # ------------------------------------------------------------------
    # Disposing: a disposition of kind x is carried out by _dispose_x
    # ------------------------------------------------------------------

    def _dispose(self):
        """Carry out the dispositions of these inspected goods, each kind in one batch."""
        for kind, inspections in self.grouped('disposition_kind').items():
            getattr(inspections, f'_dispose_{kind}')()

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
            (inspection.request_line_id in cleared_lines or inspection.disposition_id.can_be_undone)
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
        self._move_to(lambda inspection: inspection._get_warehouse().lot_stock_id)

    def _dispose_refurbish(self):
        self._move_to(lambda inspection: inspection._get_warehouse()._get_returns_location('refurbish'))

    def _dispose_second_choice(self):
        self._move_to(lambda inspection: inspection._get_warehouse()._get_returns_location('second_choice'))

    def _dispose_quarantine(self):
        """The goods stay where they are until somebody decides otherwise."""

    def _get_warehouse(self):
        self.ensure_one()
        return (self.move_id.picking_type_id.warehouse_id or self.move_id.warehouse_id
                or self.env['stock.warehouse'].search([('company_id', '=', self.company_id.id)], limit=1))

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
            pieces = stock.take(*key, quantity)
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
            'move_orig_ids': [Command.link(self.move_id.id)],
            'returns_line_id': self.request_line_id.id, 'returns_inspection_id': self.id, 'picked': True,
            'move_line_ids': [Command.create({
                **where, 'product_id': self.product_id.id, 'product_uom_id': self.uom_id.id,
                'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id, 'quantity': quantity,
            }) for lot, owner, package, quantity in pieces],
        }

    def _move_to(self, get_location):
        """Move the goods at once, in one batch: one own-line move each (TRIALS E).

        :param get_location: inspection -> ``stock.location``
        """
        taken = self._take_on_hand()
        # Core's own cache for moves that are carried out together: else it looks for the goods line by line.
        quants = self.env['stock.quant']._get_quants_by_products_locations(self.product_id, self.location_id)
        moves = self.env['stock.move'].with_context(quants_cache=quants).create([
            inspection._prepare_disposal_move_vals(inspection.location_id, get_location(inspection), pieces)
            for inspection, pieces in taken.items()])
        moves.with_env(self.env)._action_done()

    def _dispose_scrap(self):
        vals_list, origins = [], []
        places = {company: self._get_scrap_location(company) for company in self.company_id}
        for inspection, pieces in self._take_on_hand().items():
            for lot, owner, package, quantity in pieces:
                origins.append(inspection)
                vals_list.append(inspection._prepare_scrap_vals(
                    places[inspection.company_id], lot, owner, package, quantity))
        scraps = self.env['stock.scrap'].create(vals_list)
        scraps.do_scrap()
        for inspection, scrap in zip(origins, scraps, strict=True):
            scrap.move_ids.write({
                'returns_line_id': inspection.request_line_id.id, 'returns_inspection_id': inspection.id,
                'move_orig_ids': [Command.link(inspection.move_id.id)],
            })
        self.browse().union(*origins)._update_disposed()

    def _prepare_scrap_vals(self, location_dest, lot, owner, package, quantity):
        self.ensure_one()
        return {
            'company_id': self.company_id.id, 'origin': self.request_id.name,
            'product_id': self.product_id.id, 'product_uom_id': self.uom_id.id, 'scrap_qty': quantity,
            'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id,
            'location_id': self.location_id.id, 'scrap_location_id': location_dest.id,
        }

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
        groups = self.browse().union(*taken).grouped(lambda inspection: (
            inspection.request_id, inspection._get_warehouse(), inspection.location_id))
        pickings = self.env['stock.picking'].create([
            inspections._prepare_send_back_vals(warehouse, taken)
            for (_request, warehouse, _place), inspections in groups.items()])
        for picking in pickings:
            picking.move_ids.move_line_ids.picking_id = picking
        pickings.action_confirm()
        pickings.action_assign()

    def _prepare_send_back_vals(self, warehouse, taken):
        """Values of the picking that brings refused goods back to the customer.

        :param taken: which pieces of each inspection, see :meth:`_take_on_hand`
        """
        request, company = self.request_id, self.company_id
        partner = self.request_line_id.sale_line_id.order_id[:1].partner_shipping_id or request.partner_id
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
        for move in self.disposal_move_ids.filtered(lambda move: move.state == 'done'):
            pieces = move._returns_get_pieces()
            left += pieces if move.location_dest_id == self.location_id else -pieces
        return self.uom_id.round(left)

    def _update_disposed(self):
        """Goods whose disposal moves are done have gone where they should."""
        for inspection in self:
            is_disposed = inspection.uom_id.compare(inspection._get_quantity_left(), 0.0) <= 0
            if is_disposed != inspection.is_disposed:
                inspection.write({'is_disposed': is_disposed})
