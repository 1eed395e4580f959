# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ..batches import work_in_batches

#: Kinds that say something about the goods themselves: the customer is told of them, and asked.
OF_GOODS = ('short', 'over', 'other_product', 'other_serial', 'damaged')
RESULTS = [
    ('short', "Closed short"), ('waived', "Settled without the goods"), ('awaited', "Still to come"),
    ('found', "Came after all"), ('back', "Sent back"), ('return', "Taken as a return"), ('keep', "Kept in stock"),
    ('scrap', "Scrapped"), ('other', "Otherwise")]


class ReturnsDiscrepancy(models.Model):
    """What came differs from what was announced, or a complaint: a case with an owner and a clock.

    Reception opens those with ``is_counted``: their pieces wait for the outcome, whatever else goes on. What people
    note down by hand moves neither goods nor quantities.
    """
    _name = 'returns.discrepancy'
    _description = "Return Discrepancy"
    _inherit = ['returns.guard', 'rating.mixin', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True

    request_id = fields.Many2one('returns.request', "Return", index='btree_not_null', ondelete='restrict')
    company_id = fields.Many2one(
        'res.company', compute='_compute_company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", compute='_compute_partner_id', store=True, readonly=False, precompute=True,
        index='btree_not_null', check_company=True)
    request_line_id = fields.Many2one(
        'returns.request.line', "Return Line", index='btree_not_null', ondelete='restrict')
    move_id = fields.Many2one('stock.move', "Received Move", readonly=True, ondelete='restrict', index='btree_not_null')
    picking_id = fields.Many2one(
        'stock.picking', "Found In", readonly=True, ondelete='restrict', index='btree_not_null',
        help="The transfer in which the parcel was counted.")
    kind = fields.Selection(
        [('short', "Less than announced"), ('over', "More than announced"), ('other_product', "Other product"),
         ('other_serial', "Other serial"), ('damaged', "Damaged in transit"), ('silent', "Silent on the road"),
         ('unannounced', "Unannounced"), ('complaint', "Complaint")],
        required=True, tracking=True)
    product_id = fields.Many2one('product.product', ondelete='restrict')
    uom_id = fields.Many2one(related='product_id.uom_id')
    quantity = fields.Float(digits='Product Unit', help="In the product's own unit.")
    is_counted = fields.Boolean(
        "Found at Reception", readonly=True, copy=False, help="Its pieces wait until it is settled how they go on.")
    user_id = fields.Many2one('res.users', "Owner", tracking=True, domain=[('share', '=', False)], index=True)
    date_due = fields.Datetime("Due", index='btree_not_null')
    is_late = fields.Boolean("Late", compute='_compute_is_late', search='_search_is_late')
    is_told_late = fields.Boolean(readonly=True, copy=False, help="Its owner was told that it takes too long.")
    note = fields.Text(help="For our own people. The customer does not read it.")
    photo_ids = fields.Many2many(
        'ir.attachment', 'returns_discrepancy_photo_rel', string="Photos", readonly=True, copy=False)
    outcome = fields.Text(tracking=True, help="How it was settled.")
    result = fields.Selection(RESULTS, readonly=True, copy=False, tracking=True)
    state = fields.Selection(
        [('open', "Open"), ('closed', "Closed")], "Status", default='open', required=True, readonly=True, tracking=True,
        index=True)
    date_closed = fields.Datetime("Closed On", readonly=True, copy=False)
    version = fields.Integer(readonly=True, copy=False)

    _about_something = models.Constraint(
        'CHECK (request_id IS NOT NULL OR move_id IS NOT NULL)', "Name the return that the case is about.")
    _open_short_idx = models.Index("(request_line_id) WHERE state = 'open' AND kind = 'short'")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('request_id.company_id', 'move_id')
    def _compute_company_id(self):
        for case in self:
            case.company_id = case.request_id.company_id or case.sudo().move_id.company_id

    @api.depends('request_id.partner_id')
    def _compute_partner_id(self):
        for case in self:
            case.partner_id = case.request_id.partner_id or case.partner_id

    @api.depends('state', 'date_due')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for case in self:
            case.is_late = bool(case.state == 'open' and case.date_due and case.date_due < now)

    @api.model
    def _search_is_late(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        late = self._get_late_domain()
        return late if (operator == 'in') == (True in value) else ~late

    @api.model
    def _get_late_domain(self):
        return Domain('state', '=', 'open') & Domain('date_due', '<', fields.Datetime.now())

    @api.depends('kind', 'request_id.name', 'partner_id.name')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for case in self:
            about = case.request_id.name or case.partner_id.name or self.env._("Unknown sender")
            case.display_name = f"{about}: {labels.get(case.kind, '')}"

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'state', 'move_id', 'company_id'}

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases.request_id.check_access('read')
        cases._as_flow()._open_clocks()
        return cases

    def write(self, vals):
        if not self.env.su:
            self._refuse_frozen(vals)
        return super().write(vals)

    def _refuse_frozen(self, vals):
        """:raise UserError: somebody makes a case one of another return, or other than it was counted"""
        if 'request_id' in vals and set(self.request_id.ids) - {vals['request_id']}:
            raise UserError(self.env._("A case stays with its return. Open a new one instead."))
        counted = {'kind', 'product_id', 'quantity', 'request_id', 'request_line_id'}.intersection(vals)
        for case in self:
            if case.request_id and 'partner_id' in vals:
                raise UserError(self.env._("%s: the customer is the one of the return.", case.display_name))
            if counted and case.is_counted:
                raise UserError(self.env._(
                    "%(case)s was counted at reception: its %(field)s stays as it was found. Say in the outcome what came "
                    "of it.", case=case.display_name,
                    field=self._fields[min(counted)]._description_string(self.env).lower()))

    @api.onchange('request_id')
    def _onchange_request_id(self):
        """:raise AccessError: the user names a return that they may not read, to be shown whose it is"""
        self.request_id._origin.check_access('read')

    @api.constrains('request_id', 'request_line_id')
    def _check_line(self):
        for case in self:
            if case.request_line_id and case.request_line_id.request_id != case.request_id:
                raise ValidationError(self.env._("%s: choose a line of the same return.", case.display_name))

    # ------------------------------------------------------------------
    # Owner and clock
    # ------------------------------------------------------------------

    def _open_clocks(self):
        """Each case has an owner and a day at once; owners other than who opened it are told by an activity."""
        now, Limit = fields.Datetime.now(), self.env['returns.time.limit']
        ownerless = self.filtered(lambda case: not case.user_id)
        ownerless._assign_owners()
        for company, cases in self.filtered(lambda case: not case.date_due).grouped('company_id').items():
            cases.date_due = Limit._get_deadline(company, 'discrepancy', now)
        told = self.filtered(lambda case: (  # whoever sees to a silent parcel is told by its request
            case.state == 'open' and case.kind != 'silent' and case.user_id and case.user_id != self.env.user))
        told._ask_owner(lambda case: self.env._("Settle it: %s", case._get_summary()))

    def _assign_owners(self):
        owners = self._find_owners()
        for owner, cases in self.grouped(owners.get).items():
            cases.with_context(mail_auto_subscribe_no_notify=True, mail_notrack=True).user_id = owner

    def _find_owners(self):
        """:return: {case: who sees to it: the owner of the time limit, the return's responsible, or a manager}"""
        found = {}
        for stage, cases in self.grouped(lambda case: 'receipt' if case.kind == 'silent' else 'discrepancy').items():
            owners = cases.request_id._find_stage_owners(stage)
            limits = self.env['returns.time.limit']._get_owners(cases.company_id)
            for case in cases:
                found[case] = owners.get(case.request_id) or (
                    limits.get((case.company_id, stage, False), self.env['res.users']).filtered('active')
                    or case.company_id._get_returns_managers()[:1])
        return found

    def _get_summary(self):
        """:return: what the case is about, in few words"""
        self.ensure_one()
        label = dict(self._fields['kind']._description_selection(self.env))[self.kind]
        if not (self.product_id and self.quantity):
            return label
        return f"{label}, {self.quantity:.10g} × {self.product_id.display_name}"

    def _ask_owner(self, get_summary):
        """One activity a case, for its owner.

        :param get_summary: case -> text
        """
        kind = self.env.ref('returns_management.mail_activity_type_case')
        model_id = self.env['ir.model']._get_id(self._name)
        self.mapped('display_name')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': model_id, 'res_id': case.id, 'activity_type_id': kind.id, 'user_id': case.user_id.id,
            'summary': get_summary(case), 'date_deadline': (case.date_due or fields.Datetime.now()).date(),
        } for case in self if case.user_id])

    def _restart_clock(self, summary):
        """Something new was said about these cases: their owners have the whole time again, and are told."""
        now, Limit = fields.Datetime.now(), self.env['returns.time.limit']
        self.activity_ids.unlink()
        for company, cases in self.grouped('company_id').items():
            cases.write({'date_due': Limit._get_deadline(company, 'discrepancy', now), 'is_told_late': False})
        self._ask_owner(lambda case: summary)

    @api.model
    def _cron_follow_cases(self, batch=200):
        """Tell the owners of cases that take too long. In batches, see :func:`work_in_batches`."""
        work_in_batches(
            self, self._get_late_domain() & Domain('is_told_late', '=', False),
            lambda cases: cases._get_free()._tell_late(), batch)

    def _tell_late(self):
        """Owners who left have their cases handed to a manager."""
        self.write({'is_told_late': True})
        self.filtered(lambda case: not case.user_id.active)._assign_owners()
        self._ask_owner(lambda case: self.env._("Takes too long: %s", case._get_summary()))

    # ------------------------------------------------------------------
    # Closing
    # ------------------------------------------------------------------

    def action_close(self):
        """Close cases that hold back no goods; what becomes of the others has buttons of its own.

        :raise UserError: a case has no outcome written down, or its pieces still wait
        """
        self._check_case_role('agent', 'inspector')
        for case in self.filtered(lambda case: case.state == 'open'):
            if case._needs_outcome() and not (case.outcome or '').strip():
                raise UserError(self.env._("%s: write down how it was settled before you close it.", case.display_name))
        self._as_flow()._do_close_simple()
        return True

    def _needs_outcome(self):
        """Whether it has to be said how the case was settled, before it is closed; complaints have a solution instead."""
        self.ensure_one()
        return True

    def _check_case_role(self, *roles):
        """:param roles: returns groups, without their prefix
        :raise AccessError: the user has none of them, or may not write one of the cases
        """
        groups = [f'returns_management.group_returns_{role}' for role in roles]
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            names = ", ".join(self.env.ref(group).sudo().full_name for group in groups)
            raise AccessError(self.env._("This step belongs to: %s. Ask your administrator for that right.", names))
        self.check_access('write')

    def _read_outcome(self, comment):
        """:return: {case: how it was settled}, from ``comment`` or what is written on the case
        :raise UserError: somewhere it is not said
        """
        if comment is not None and comment is not False and not isinstance(comment, str):
            raise UserError(self.env._("The outcome must be a text."))
        outcomes = {case: (comment or case.outcome or '').strip() for case in self}
        for case, outcome in outcomes.items():
            if not outcome:
                raise UserError(self.env._("%s: write down the outcome: why it is settled this way.", case.display_name))
        return outcomes

    def _lock_cases(self):
        """Lock what these cases are about, in the one order, at last the cases themselves.

        :return: those that are still open
        """
        self.request_id.line_ids._lock()
        self._lock_rows()
        return self.filtered(lambda case: case.state == 'open')

    def _do_close_simple(self):
        cases = self._lock_cases()
        cases._check_nothing_waits()
        cases._set_closed('other')

    def _check_nothing_waits(self):
        """:raise UserError: pieces wait for the outcome of one of these cases"""
        for case in self.filtered('is_counted'):
            if case.kind == 'short':
                raise UserError(self.env._(
                    "%(case)s: %(quantity)s %(unit)s are missing. Close them short, settle them all the same, or say that "
                    "they are still to come.", case=case.display_name, quantity=f"{case.quantity:.10g}",
                    unit=case.uom_id.name))

    def _tell_customers(self):
        """Tell the customers what these cases are about: Voice does."""

    def _set_closed(self, result):
        """The cases are over. What was to do for their owners is done."""
        self.activity_ids.unlink()
        self.write({'state': 'closed', 'result': result, 'date_closed': fields.Datetime.now()})
