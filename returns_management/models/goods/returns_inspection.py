# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.policy import show_percent
from ..vocabulary import CONDITIONS, GRADES, RESPONSIBILITIES


class ReturnsInspection(models.Model):
    """What the inspector found for a quantity (or one lot) of received goods.

    Reception makes them, one a line and lot; an inspector may split one. ``quantity_accepted``
    is about the money, the disposition about the goods.
    """
    _name = 'returns.inspection'
    _description = "Return Inspection"
    _inherit = ['returns.guard', 'returns.photos', 'mail.thread']
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
        'stock.move', "Receipt", index=True, ondelete='restrict', readonly=True, copy=True)
    location_id = fields.Many2one('stock.location', "Where", ondelete='restrict', readonly=True)
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
        "Refunded (%)", digits=(7, 4), default=100.0, readonly=True, copy=False,
        help="Of the price, by the policy's rule for the grade found and the customer's part of the responsibility.")
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
    minutes = fields.Integer(
        copy=False, help="Spent on the inspection: measured while it is open on a screen, or typed.")
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
    _minutes = models.Constraint(
        'CHECK (minutes BETWEEN 0 AND 14400)', "An inspection takes from 0 minutes up to ten days of them (14400).")

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

    def _get_grade_note(self):
        """:return: in which grade the goods were found, in the language of the context; empty where nobody said"""
        self.ensure_one()
        label = dict(self._fields['grade']._description_selection(self.env)).get(self.grade)
        return self.env._("Found in grade %s.", label) if label else ""

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

    @api.model
    def _get_finding_fields(self):
        """:return: what the inspector writes down: it stands once the inspection is done"""
        return frozenset({
            'quantity_accepted', 'condition', 'grade', 'root_cause_id', 'responsibility', 'disposition_id', 'note',
            'photo_ids', 'minutes'})

    def write(self, vals):
        changed = self._get_finding_fields().intersection(vals)
        if changed and not self.env.su:
            self.filtered(lambda inspection: (
                changed != {'disposition_id'} or inspection.disposition_kind != 'quarantine'))._refuse_done()
        res = super().write(vals)
        if 'disposition_id' in changed and not self.env.su:
            for disposition in self.disposition_id.filtered(lambda disposition: not disposition.active):
                raise UserError(self.env._(
                    "%s is archived and cannot be carried out here. Choose another disposition.", disposition.name))
            self.filtered(lambda inspection: inspection.state == 'done')._check_disposition()
        return res

    def _refuse_done(self):
        """:raise UserError: one of these is inspected"""
        for inspection in self:
            if inspection.state != 'draft':
                raise UserError(self.env._(
                    "%s is inspected: the finding stands as the inspector wrote it. Only goods in quarantine get "
                    "another disposition.", inspection.display_name))

    def _open_finding(self):
        """Rows that belong to the findings are about to change. Whoever presses Done meanwhile meets the change.

        :raise UserError: one of these is inspected
        """
        self.sudo()._lock_rows()
        self._refuse_done()

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

    def action_done_next(self):
        """Fix the findings, and go on with the next piece that waits: of the same return first, then the oldest.

        :return: an action that opens it, or the list where nothing waits
        :raise UserError: see :meth:`action_done`
        """
        self.action_done()
        waiting = [('state', '=', 'draft'), ('id', 'not in', self.ids)]
        following = self.search([*waiting, ('request_id', 'in', self.request_id.ids)], order='id', limit=1)
        following = following or self.search(waiting, order='id', limit=1)
        if not following:
            return self.env['ir.actions.actions']._for_xml_id('returns_management.returns_inspection_action')
        return following._get_form_action()

    def _get_form_action(self):
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': self.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }

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
        self._note_sent_on()
        lines._advance()

    def _note_sent_on(self):
        """Goods that nobody could send on before are sent on now."""
        self.env['returns.follow.up']._resolve('disposal', self)

    def action_split(self, quantity=1.0):
        """Inspect ``quantity`` pieces (in the product's own unit) apart from the others.

        :return: an action that opens the new inspection
        :raise UserError: the quantity is not less than what there is
        """
        self.ensure_one()
        self._check_inspector()
        return self._as_flow()._do_split(self._read_number(quantity))._get_form_action()

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
        drafts._check_complete()
        drafts._take_proposals()
        parts = drafts._split_refused()
        parts._check_disposition()
        parts._check_finding()
        parts._note_judgement()
        parts._set_done()
        parts._write_findings()
        parts.request_line_id._advance()

    def _write_findings(self):
        """Write what these inspections mean for their lines."""
        for inspection in self.filtered('responsibility'):
            inspection.request_line_id._write_flow({'responsibility': inspection.responsibility})
        self.request_line_id._update_accepted()
        refused = self.filtered(lambda inspection: not inspection.previous_id and not inspection.is_on_site)
        for line, parts in refused.grouped('request_line_id').items():
            pieces = sum(part.quantity - part.quantity_accepted for part in parts)
            paid = line.quantity_settled - line.quantity_accepted - max(line._get_quantity_to_inspect(), 0.0)
            paid = line.uom_id.round(min(line._from_product_uom(pieces), paid))
            if paid > 0 and not line.is_returnless:
                line._ask_to_claim_refused(paid)

    def _check_complete(self):
        """:raise UserError: something is missing in the findings, whatever the policy says"""
        for inspection in self:
            inspection._check_outcome()

    def _check_outcome(self):
        """:raise UserError: nothing says what becomes of the goods"""
        self.ensure_one()
        if not self.disposition_id:
            raise UserError(self.env._("%s: choose what becomes of the goods (disposition).", self.display_name))

    def _take_proposals(self):
        """What follows from the answers holds where the inspector says nothing else."""

    def _get_grade(self):
        """:return: the grade that counts: as found, or as the answers propose so far"""
        self.ensure_one()
        return self.grade

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
        return self.request_line_id._get_missing_findings(*self._get_finding())

    def _judge(self):
        """:return: what the policy says about the goods as found, see ``returns.request.line._judge_finding``"""
        self.ensure_one()
        return self.request_line_id._judge_finding(*self._get_finding())

    def _get_finding(self):
        """:return: what the policy's rule looks at: (condition, grade, main responsibility, percent of it that is the
            customer's where it is shared)
        """
        self.ensure_one()
        return self.condition, self._get_grade(), self.responsibility, None

    def _get_customer_part(self):
        """:return: percent of the responsibility that is the customer's: what fee and loss of value are kept for"""
        _condition, _grade, responsibility, part = self._get_finding()
        if part is not None:
            return part
        return Decimal(100 if responsibility in (False, 'customer') else 0)

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
                and self.request_line_id._is_taken_off_order())

    def _set_done(self):
        """The findings stand. The chatter says so, all in one batch: a tracked field would do it one by one."""
        self.write({
            'state': 'done', 'inspector_id': self.env.uid, 'date_done': fields.Datetime.now()})
        self._message_log_batch(bodies={inspection.id: inspection._get_done_note() for inspection in self})

    def _get_done_note(self):
        self.ensure_one()
        return self.env._("Inspected")

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
