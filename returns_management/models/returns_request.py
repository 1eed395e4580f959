# Part of returns_management. See LICENSE file for full copyright and licensing details.

from babel.dates import format_skeleton

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_time, get_lang
from odoo.tools.misc import babel_locale_parse

from ..tools import road
from .vocabulary import CHANNELS, REQUEST_STATES


class ReturnsRequest(models.Model):
    """One customer's wish to send goods back: the header of everything.

    Flow knows *when* something happens and asks the layers (rights, goods, money, voice)
    *how*. ``state`` follows from the lines, see ``returns.request.line._advance``.
    """
    _name = 'returns.request'
    _description = "Return Request"
    _inherit = ['returns.guard', 'portal.mixin', 'rating.mixin', 'mail.activity.mixin']
    _order = 'priority desc, id desc'
    _check_company_auto = True
    _mail_post_access = 'read'

    # === Identity === #
    name = fields.Char("Reference", default="New", readonly=True, copy=False, index='trigram')
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, index=True, tracking=True, check_company=True)
    commercial_partner_id = fields.Many2one(
        related='partner_id.commercial_partner_id', string="Commercial Entity", store=True, index=True)
    user_id = fields.Many2one(
        'res.users', "Responsible", index=True, tracking=True, copy=False,
        default=lambda self: self._get_default_owner(), domain=[('share', '=', False)])
    is_gift = fields.Boolean(
        "Gift", copy=False, help="The customer received the goods as a gift: they return them for store credit, and learn "
                                 "neither who bought them nor for how much.")
    team_id = fields.Many2one(
        'returns.team', "Return Team", index=True, tracking=True, check_company=True, copy=True,
        compute='_compute_team_id', store=True, readonly=False, precompute=True)
    channel = fields.Selection(CHANNELS, default='phone', required=True, help="How the request reached us.")
    priority = fields.Selection([('0', "Normal"), ('1', "Urgent")], default='0')
    customer_note = fields.Text("Customer's Words", help="What the customer wrote or said. Shown to the customer.")

    # === Flow === #
    state = fields.Selection(
        REQUEST_STATES, "Status", default='draft', required=True, readonly=True, copy=False, index=True,
        help="The earliest state of the lines that are still under way.")
    round = fields.Integer(default=1, readonly=True, copy=False, help="A request taken up again is judged anew.")
    version = fields.Integer(readonly=True, copy=False, help="Counts the locks taken on this row.")
    line_ids = fields.One2many('returns.request.line', 'request_id', "Lines", copy=True)
    sale_order_ids = fields.Many2many(
        'sale.order', string="Sales Orders", compute='_compute_sale_order_ids', compute_sudo=True,
        search='_search_sale_order_ids', help="Only named here: to read them takes the orders' own access.")
    sale_order_count = fields.Integer(compute='_compute_sale_order_count')
    next_step_note = fields.Char("Where It Stands", compute='_compute_next_step_note')

    # === Promises and facts === #
    date_requested = fields.Datetime(
        "Requested On", default=fields.Datetime.now, required=True, copy=False, index=True,
        help="When the customer asked: the mail's date, the first save in the portal, the phone call.")
    date_submitted = fields.Datetime("Submitted On", readonly=True, copy=False)
    date_approved = fields.Datetime("Approved On", readonly=True, copy=False)
    date_ship_by = fields.Datetime("Send Back By", readonly=True, copy=False, index='btree_not_null')
    date_receipt_due = fields.Datetime(
        "Receipt Due", readonly=True, copy=False, index='btree_not_null', help="Set while the goods are on the road.")
    date_received = fields.Datetime("Received On", readonly=True, copy=False)
    date_decision_due = fields.Datetime("Decision Due", readonly=True, copy=False, index='btree_not_null')
    date_refund_due = fields.Datetime("Refund Due", readonly=True, copy=False, index='btree_not_null')
    date_refunded = fields.Datetime("Refunded On", readonly=True, copy=False)
    date_done = fields.Datetime("Closed On", readonly=True, copy=False)
    is_late = fields.Boolean("Late", compute='_compute_is_late', search='_search_is_late')

    # === Amounts, in the company's currency === #
    amount_requested = fields.Monetary(
        "Requested Amount", readonly=True, copy=False,
        help="Taxes included, in the company's currency at the rate of the day of submission.")
    amount_refunded = fields.Monetary(
        "Refunded Amount", readonly=True, copy=False,
        help="Posted credit notes, taxes included, in the company's currency.")

    # === For our own people: customers read none of it === #
    risk_score = fields.Integer(
        "Risk", readonly=True, copy=False, aggregator='avg',
        help="How unusual the return is for this customer, from 0 to 100; frozen at submission.")
    risk_note = fields.Text("Why This Risk", readonly=True, copy=False, help="The points, and what they are for.")

    _company_state_idx = models.Index("(company_id, state, date_requested)")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.model
    def _get_default_owner(self):
        """:return: the current user, where a return is theirs to handle; whose it is else, Rights knows"""
        user = self.env.user
        is_agent = user.id != SUPERUSER_ID and user.has_group('returns_management.group_returns_agent')
        return user if is_agent else user.browse()

    @api.depends('company_id')
    def _compute_team_id(self):
        for company, requests in self.grouped('company_id').items():
            requests.team_id = self.env['returns.team']._get_default(company)

    @api.depends('line_ids.sale_line_id')
    def _compute_sale_order_ids(self):
        for request in self:
            request.sale_order_ids = request.line_ids.sale_line_id.order_id

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('sale_order_ids')
    def _compute_sale_order_count(self):
        self._count_readable('sale_order_ids', 'sale_order_count')

    def _count_readable(self, documents, count):
        """Set ``count`` to how many of its ``documents`` the current user may open: a button that leads to an error
        is not shown.
        """
        readable = self[documents]._filtered_access('read')
        for request in self:
            request[count] = len(request[documents] & readable)

    @api.model
    def _search_sale_order_ids(self, operator, value):
        return Domain('line_ids.sale_line_id.order_id', operator, value)

    @api.depends('state', 'date_decision_due', 'date_ship_by', 'date_receipt_due', 'date_refund_due')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for request in self:
            request.is_late = any(due < now for due in request._get_due_dates())

    def _get_due_dates(self):
        """:return: the deadlines that the request's present state must keep: what the customer was promised, and ours"""
        self.ensure_one()
        promise = self._get_current_due_date()
        return [promise] if promise else []

    @api.model
    def _search_is_late(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        late = self._get_late_domain()
        return late if (operator == 'in') == (True in value) else ~late

    @api.model
    def _get_late_domain(self):
        """:return: domain of the requests that miss a promise now"""
        now = fields.Datetime.now()
        return Domain.OR([
            Domain('state', '=', 'review') & Domain('date_decision_due', '<', now),
            Domain('state', '=', 'approved') & Domain('date_ship_by', '<', now) & Domain('date_receipt_due', '=', False),
            Domain('state', 'in', ('received', 'final_review', 'settlement')) & Domain('date_refund_due', '<', now),
        ])

    def _get_refund_dues(self, start, seen=False):
        """:param bool seen: nobody has to look at the goods first: they stay with the customer, or are paid in advance
        :return: {request: until when the customer has the money for what came in, or was approved, at ``start``}: the
            company's promise
        """
        return {request: fields.Datetime.add(start, days=request.company_id.returns_refund_days) for request in self}

    def _get_payout_methods(self):
        """:return: {request: in which ways its customer is paid, as ``returns.time.limit`` names them}: Money knows"""
        return {request: set() for request in self}

    def _get_current_due_date(self):
        """:return: what the customer was promised for the request's present state, or False"""
        self.ensure_one()
        return {
            'review': self.date_decision_due,
            'approved': not self.date_receipt_due and self.date_ship_by,
            'received': self.date_refund_due,
            'final_review': self.date_refund_due,
            'settlement': self.date_refund_due,
        }.get(self.state, False)

    @api.depends_context('lang', 'tz', 'uid')
    @api.depends('state')
    def _compute_next_step_note(self):
        for request in self:
            request.next_step_note = request._get_next_step_note()

    def _get_next_step_note(self):
        """Where the request is and what comes next, in one sentence. Layers refine it by state."""
        self.ensure_one()
        return {
            'draft': self.env._("Being written. Submit it to have the policy judge it."),
            'approved': self.env._("Approved. Waiting for the goods."),
            'received': self.env._("The goods are here and wait for inspection."),
            'settlement': self.env._("Inspected. Waiting to be settled."),
            'done': self.env._("Closed."),
            'rejected': self.env._("Rejected."),
            'cancelled': self.env._("Cancelled."),
        }.get(self.state, "")

    def _show_moment(self, moment):
        """:return: ``moment`` as people say it: the day by name where it has one (yesterday, today, tomorrow)"""
        local = fields.Datetime.context_timestamp(self, moment)
        today = fields.Date.context_today(self)
        time = format_time(self.env, moment, time_format='short').replace('\u202f', '\xa0')
        match (local.date() - today).days:
            case -1:
                return self.env._("yesterday, %s", time)
            case 0:
                return self.env._("today, %s", time)
            case 1:
                return self.env._("tomorrow, %s", time)
        locale = babel_locale_parse(get_lang(self.env).code)
        day = format_skeleton('MMMd' if local.year == today.year else 'yMMMd', local, locale=locale)
        return f"{day}, {time}"

    def _compute_access_url(self):
        super()._compute_access_url()
        for request in self:
            request.access_url = f'/my/returns/{request.id}'

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'name', 'state', 'round', 'version', 'date_submitted', 'date_approved', 'date_ship_by', 'date_receipt_due',
            'date_received', 'date_decision_due', 'date_refund_due', 'date_refunded', 'date_done', 'amount_requested',
            'amount_refunded', 'risk_score', 'risk_note', 'access_token',
        }

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        requests._as_flow()._assign_names()
        return requests

    def _assign_names(self):
        """Number the records of each company with one query (TRIALS F)."""
        for company, requests in self.grouped('company_id').items():
            names = self._next_names(company, len(requests))
            for request, name in zip(requests, names, strict=True):
                request.name = name

    @api.model
    def _next_names(self, company, number):
        """:return: that many new names, from the company's sequence or the common one"""
        sequence = self.env['ir.sequence'].search(
            [('code', '=', 'returns.request'), ('company_id', 'in', (company.id, False))], order='company_id', limit=1)
        if not sequence:
            raise UserError(self.env._(
                "There is no sequence for return requests in %s: create one with the code returns.request.",
                company.name))
        if sequence.implementation != 'standard' or sequence.use_date_range:
            return [sequence.next_by_id() for _number in range(number)]
        self.env.cr.execute(
            "SELECT nextval(%s) FROM generate_series(1, %s)", [f'ir_sequence_{sequence.id:03d}', number])
        return [sequence.get_next_char(row[0]) for row in self.env.cr.fetchall()]

    def write(self, vals):
        self._refuse_frozen_header(vals)
        return super().write(vals)

    def _refuse_frozen_header(self, vals):
        """:raise UserError: customer, company or channel of a submitted request change"""
        frozen = {'partner_id', 'is_gift', 'company_id', 'date_requested', 'channel', 'customer_note'}
        if not self.env.user.has_group('returns_management.group_returns_manager'):
            frozen.add('team_id')  # nobody picks the committee that still has to judge
        frozen.intersection_update(vals)
        if self.env.su or not frozen:
            return
        for request in self:
            if request.state != 'draft':
                raise UserError(self.env._(
                    "%(request)s is already submitted: its %(field)s can no longer change. "
                    "Cancel it and file a new one, or set it back to draft where that is still possible.",
                    request=request.name, field=self._fields[min(frozen)]._description_string(self.env)))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_submitted(self):
        for request in self:
            if request.state != 'draft' or request.round > 1:
                raise UserError(self.env._(
                    "%s has been submitted or cancelled once and stays on file. Cancel it instead.", request.name))

    @api.constrains('partner_id', 'is_gift', 'company_id', 'line_ids')
    def _check_one_entity(self):
        self.line_ids._check_sale_line()

    # ------------------------------------------------------------------
    # Public actions: rights, access, state, lock, then _do_*
    # ------------------------------------------------------------------

    def action_submit(self):
        """Hold the drafts against the policy and lay out who has to decide.

        A request that is already submitted is left as it is.

        :raise AccessError: the user is no returns agent, or may not write one of them
        :raise UserError: nothing to return, more asked for than may come back, or nobody may decide
        """
        self._check_role('returns_management.group_returns_agent')
        drafts = self.filtered(lambda request: request.state == 'draft')
        drafts._as_flow()._do_submit()
        return True

    def action_cancel(self):
        """Withdraw the requests. Possible until the first piece moved or was credited.

        :raise UserError: something already came in, was credited or exchanged
        """
        self._check_role('returns_management.group_returns_agent')
        self.filtered(lambda request: request.state != 'cancelled')._as_flow()._do_cancel()
        return True

    def action_draft(self):
        """Take rejected or cancelled requests up again, in a new round.

        :raise UserError: a request is in another state
        """
        self._check_role('returns_management.group_returns_agent')
        self._as_flow()._do_draft()
        return True

    def _check_role(self, *groups, operation='write'):
        """:raise AccessError: the user has none of the groups, or may not touch one of the records"""
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            names = ", ".join(self.env.ref(group).sudo().full_name for group in groups)
            raise AccessError(self.env._("This step belongs to: %s. Ask your administrator for that right.", names))
        self.check_access(operation)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _lock(self):
        """Lock the scarce rows of these requests, in the one order: balances, requests, lines."""
        self.line_ids._lock()

    def _do_submit(self):
        """Judge, freeze and lay out the drafts of this set, all or none of them."""
        if not self:
            return
        for request in self:
            if not request.line_ids:
                raise UserError(self.env._("%s has no lines: add what the customer wants to send back.", request.name))
        self.line_ids._expand()
        self.line_ids._check_complete()
        self.line_ids._claim_balance()
        self._lock()
        drafts = self.filtered(lambda request: request.state == 'draft')
        drafts.filtered(lambda request: not request.team_id)._compute_team_id()  # no way past the committee
        lines = drafts.line_ids
        lines.balance_id._refresh()
        lines._check_returnable()
        drafts._write_flow({'date_submitted': fields.Datetime.now()})
        lines._freeze_amounts()
        drafts._freeze_amount_requested()
        lines._judge()
        drafts._freeze_risk()
        drafts._lay_out_steps('authorise')
        lines._advance()

    def _freeze_amount_requested(self):
        for request in self:
            request._write_flow({'amount_requested': sum(request.line_ids.mapped('amount_company'))})

    def _freeze_risk(self):
        """Store how unusual these requests are for their customers: Voice does."""

    def _do_cancel(self):
        self._lock()
        for request in self:
            moved = request.line_ids.filtered(lambda line: line.quantity_received or line.quantity_settled)
            if moved:
                raise UserError(self.env._(
                    "%(request)s can no longer be cancelled: of %(product)s %(received)s came in and %(settled)s "
                    "were settled. Use Close short for what will not come.",
                    request=request.name, product=moved[0].product_id.display_name,
                    received=f"{moved[0].quantity_received:.10g}", settled=f"{moved[0].quantity_settled:.10g}"))
            if request.state == 'done':
                raise UserError(self.env._("%s is closed and cannot be cancelled.", request.name))
        self.line_ids._write_flow({'is_cancelled': True})
        self._close_steps()
        self._cancel_receptions()
        self.line_ids._advance()

    def _do_draft(self):
        self._lock()
        for request in self:
            if request.state not in ('rejected', 'cancelled'):
                raise UserError(self.env._(
                    "%(request)s is %(state)s: only a rejected or cancelled request can be taken up again.",
                    request=request.name, state=request._get_state_label()))
            if any(line.quantity_received or line.quantity_settled for line in request.line_ids):
                raise UserError(self.env._(
                    "%s already had goods or money moved and stays as it is. File a new request.", request.name))
        self._start_anew()

    def _do_take_back(self):
        """Take requests back that nobody has approved yet, to be changed and judged anew: their customers may.

        :raise UserError: a request, or a part of it, is past its review
        """
        self._lock()
        for request in self:
            if not request._may_be_taken_back():
                raise UserError(self.env._(
                    "%(request)s is %(state)s: only a request that nobody has approved yet can be taken back.",
                    request=request.name, state=request._get_state_label()))
        self._close_steps()
        self._start_anew()

    def _may_be_taken_back(self):
        """Whether the request is submitted and no part of it approved, so that nobody acts on it yet."""
        self.ensure_one()
        return self.state == 'review' and all(line.state in ('review', 'rejected') for line in self.line_ids)

    def _start_anew(self):
        """These requests are drafts again, in a new round. Callers hold the locks and have checked that nothing moved."""
        for request in self:
            request._write_flow({
                'round': request.round + 1, 'date_submitted': False, 'date_approved': False, 'date_decision_due': False,
                'date_ship_by': False, 'date_receipt_due': False, 'date_refund_due': False, 'date_done': False,
            })
        self.line_ids._reset_to_draft()
        self.line_ids._advance()

    def _get_state_label(self):
        self.ensure_one()
        return dict(self._fields['state']._description_selection(self.env))[self.state]

    def _write_flow(self, vals):
        """Write fields that carry the flow; chatter gets one line a step from ``_advance``, not one a field."""
        self._as_flow().with_context(mail_notrack=True, mail_auto_subscribe_no_notify=True).write(vals)

    def _update_state(self):
        """Set the header's state from its lines'. Only ``returns.request.line._advance`` calls this.

        :return: {request: (old state, new state)} of those that changed
        :rtype: dict
        """
        changed = {}
        for request in self:
            state = road.request_state(request.line_ids.mapped('state'))
            if state != request.state:
                changed[request] = (request.state, state)
        by_state = {}
        for request, (_old, state) in changed.items():
            by_state.setdefault(state, self.browse())
            by_state[state] |= request
        now = fields.Datetime.now()
        for state, requests in by_state.items():
            closed = state in ('done', 'rejected', 'cancelled')
            requests._write_flow({'state': state, 'date_done': now if closed else False})
        return changed

    @api.model
    def _tell_state_changes(self, changed):
        """Tell the customers what a change of state means for them: Voice does.

        :param dict changed: {request: (old state, new state)}
        """

    def _note_strange_lots(self, lots):
        """Lots came that never went to this customer, and that nobody had named: Voice says what it makes of that."""

    def _note_reception(self, receipts):
        """Goods of these requests came in by ``receipts`` (done moves): each layer notes what follows for it."""

    def _tell(self, event):
        """Tell the customers of these requests about ``event`` (a word of ours): Voice does."""

    @api.model
    def _log_state_changes(self, changed):
        """One chatter line a request, made in batch.

        :param dict changed: {request: (old state, new state)}
        """
        if not changed:
            return
        labels = dict(self._fields['state']._description_selection(self.env))
        self.concat(*changed)._message_log_batch(bodies={
            request.id: self.env._("%(old)s → %(new)s", old=labels[old], new=labels[new])
            for request, (old, new) in changed.items()
        })

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def action_view_sale_orders(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['sale.order'].browse(self.sale_order_ids.ids), self.env._("Sales Orders"))

    def _get_records_action(self, records, name):
        """:return: an action that opens one record in its form, several in a list"""
        records = records._filtered_access('read')
        action = {
            'type': 'ir.actions.act_window', 'name': name, 'res_model': records._name,
            'view_mode': 'list,form', 'domain': [('id', 'in', records.ids)],
            'context': {'create': False},
        }
        if len(records) == 1:
            action.update(view_mode='form', views=[(False, 'form')], res_id=records.id)
        return action

    @api.model
    def _propose(self, orders):
        """New drafts for what may come back from these orders: one per customer and company.

        :param orders: ``sale.order`` records
        :return: the requests made
        :raise UserError: nothing of them may come back
        """
        vals_list = []
        for (company, entity), group in orders.grouped(
                lambda order: (order.company_id, order.partner_id.commercial_partner_id)).items():
            lines = self.env['returns.request.line']._propose_lines(group.order_line)
            if lines:
                vals_list.append({
                    'partner_id': group[:1].partner_id.id if len(group.partner_id) == 1 else entity.id,
                    'company_id': company.id,
                    'line_ids': [Command.create(vals) for vals in lines],
                })
        if not vals_list:
            raise UserError(self.env._(
                "Nothing of %s may come back: either nothing was delivered yet, or all of it is already returned "
                "or part of an open return.", ", ".join(orders.mapped('name'))))
        return self.create(vals_list)
