# Part of returns_management. See LICENSE file for full copyright and licensing details.

from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import format_date

from ..vocabulary import FREIGHT_PAYERS, SHIPPING_METHODS

#: What is agreed with the customer about the way back: it stays once the goods are fetched, or came.
AGREED = frozenset({'shipping_method', 'pickup_partner_id', 'date_pickup', 'pickup_window', 'pickup_contact'})
#: Who brings the goods, and what it costs: known late, and put right at any time.
NOTED = frozenset({'carrier_name', 'tracking_ref', 'tracking_url', 'freight_amount', 'freight_paid_by'})


class ReturnsRequest(models.Model):
    """The way back: the customer sends the goods, or we fetch them; who brings them, and what that costs.

    Whose turn it is shows in the deadlines: ``date_ship_by`` is the customer's, ``date_pickup_due`` ours.
    """
    _inherit = 'returns.request'

    shipping_method = fields.Selection(
        SHIPPING_METHODS, "Way Back", default='self', required=True, copy=False,
        help="Who sees to it that the goods come back.")
    pickup_partner_id = fields.Many2one(
        'res.partner', "Fetch From", check_company=True, copy=False,
        help="Where the goods are. Empty: where they were delivered.")
    date_pickup = fields.Date("Pick-up On", copy=False, help="The day agreed with the customer.")
    pickup_window = fields.Char("Between", copy=False, help="The hours agreed with the customer, where they are.")
    pickup_contact = fields.Char("Handed Over By", copy=False, help="Name and telephone of who is there.")
    date_pickup_due = fields.Datetime(
        "Pick-up Due", readonly=True, copy=False, index='btree_not_null', help="Set while goods wait to be fetched.")
    date_picked_up = fields.Datetime("Fetched On", readonly=True, copy=False, index='btree_not_null')
    carrier_name = fields.Char("Carrier", copy=False, help="Who brings the goods, or was ordered to fetch them.")
    tracking_url = fields.Char(
        "Tracking Link", copy=False, help="Where the parcel can be followed. Shown to the customer.")
    freight_amount = fields.Monetary(
        "Freight Cost", copy=False,
        help="What the carrier bills us for the way back. What customers pay to a carrier of their own is not entered.")
    freight_paid_by = fields.Selection(
        FREIGHT_PAYERS, compute='_compute_freight_paid_by', store=True, readonly=False, precompute=True, copy=False,
        help="Who bears it. Proposed from the policy. What the customer bears is kept of the credit note, but no more of it "
             "than of goods whose way back the policy has the customer pay.")

    _freight_positive = models.Constraint('CHECK (freight_amount >= 0)', "Freight cannot cost less than nothing.")

    @api.depends('line_ids.shipping_paid_by')
    def _compute_freight_paid_by(self):
        for request in self:
            payers = set(request.line_ids.filtered('shipping_paid_by').mapped('shipping_paid_by'))
            request.freight_paid_by = 'customer' if payers == {'customer'} else 'company'

    # ------------------------------------------------------------------
    # Constraints and CRUD
    # ------------------------------------------------------------------

    @api.constrains('tracking_url')
    def _check_tracking_url(self):
        """Customers are to press it, so it must be a link to a page and nothing else."""
        for request in self.filtered('tracking_url'):
            try:
                parts = urlsplit(request.tracking_url)
                is_page = parts.scheme in ('http', 'https') and bool(parts.netloc)
            except ValueError:
                is_page = False
            if not is_page:
                raise ValidationError(self.env._(
                    "%s is not the address of a page. Copy it from the carrier's site: it begins with https://.",
                    request.tracking_url))

    @api.constrains('pickup_partner_id', 'partner_id', 'line_ids')
    def _check_pickup_partner(self):
        """The customer reads the address on their page, so it must be theirs, or where we delivered to."""
        for request in self.sudo().filtered('pickup_partner_id'):
            theirs = request.sale_order_ids.partner_shipping_id
            if (request.pickup_partner_id not in theirs
                    and request.pickup_partner_id.commercial_partner_id != request.commercial_partner_id):
                raise ValidationError(self.env._(
                    "%(address)s is neither an address of %(customer)s nor one that their goods were delivered to.",
                    address=request.pickup_partner_id.display_name, customer=request.commercial_partner_id.display_name))

    def write(self, vals):
        if not AGREED.intersection(vals):
            return super().write(vals)
        if not self.env.su:
            self._refuse_other_way()
        before = {request: request._get_agreed() for request in self}
        res = super().write(vals)
        changed = self.filtered(lambda request: request._get_agreed() != before[request])
        changed._as_flow()._follow_way_back({request.id for request in changed if (
            before[request]['shipping_method'] != request.shipping_method)})
        return res

    def _get_agreed(self):
        self.ensure_one()
        return {name: self[name] for name in AGREED}

    def _refuse_other_way(self):
        """:raise UserError: the goods are fetched already, or none are to come"""
        self._lock_rows()
        for request in self:
            if request.state not in ('draft', 'review', 'approved'):
                raise UserError(self.env._(
                    "%(request)s is %(state)s: no goods are to come, so there is no way back to arrange.",
                    request=request.name, state=request._get_state_label().lower()))
            if request.date_picked_up and request.state == 'approved':
                raise UserError(self.env._(
                    "%(request)s: the goods were fetched, %(when)s. Were they not? Then press Not Fetched first.",
                    request=request.name, when=request._show_moment(request.date_picked_up)))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_pick_up(self):
        """The goods were fetched: they are on the road now, and the clock of the receipt runs.

        :raise AccessError: neither agent of the return, inspector nor stock user
        :raise UserError: we are not to fetch anything
        """
        self._check_way_role()
        self._as_flow()._do_pick_up()
        return True

    def action_undo_pick_up(self):
        """The goods were not fetched after all: the clock of the pick-up runs anew.

        :raise AccessError: neither agent of the return, inspector nor stock user
        :raise UserError: they were not fetched, or came already
        """
        self._check_way_role()
        self._as_flow()._do_undo_pick_up()
        return True

    def _check_way_role(self):
        """:raise AccessError: neither inspector or stock user, nor an agent who may write these returns"""
        if self.env.su or any(self.env.user.has_group(group) for group in (
                'returns_management.group_returns_inspector', 'stock.group_stock_user')):
            self._check_dock()
        else:
            self._check_role('returns_management.group_returns_agent')

    def _arrange(self, values):
        """What an inspector or accountant, who do not write returns, put into the dialog.

        :param dict values: of :data:`AGREED` and :data:`NOTED`
        """
        self.ensure_one()
        changed = {
            name: value for name, value in values.items()
            if self._fields[name].convert_to_write(self[name], self) != value}
        notes_freight = not set(changed) - {'freight_amount', 'freight_paid_by'}
        if notes_freight and self.env.user.has_group('returns_management.group_returns_accountant'):
            self._check_role('returns_management.group_returns_accountant', operation='read')
        else:
            self._check_way_role()
        if AGREED.intersection(changed):
            self._refuse_other_way()
        self._as_flow().write(changed)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _is_to_fetch(self):
        """Whether goods wait at the customer's for us to fetch them."""
        self.ensure_one()
        return self.state == 'approved' and self.shipping_method == 'pickup' and not self.date_picked_up

    def _do_pick_up(self):
        self._lock_rows()
        for request in self:
            if request.state == 'approved' and request.shipping_method == 'pickup':
                continue
            if request.state != 'approved':
                raise UserError(self.env._(
                    "%(request)s is %(state)s: nothing is to be fetched.", request=request.name,
                    state=request._get_state_label().lower()))
            raise UserError(self.env._(
                "%s: the customer sends the goods. Choose We Fetch as the way back first.", request.name))
        waiting = self.filtered(lambda request: request._is_to_fetch())
        waiting._write_flow({'date_picked_up': fields.Datetime.now(), 'date_pickup_due': False})
        waiting._note_sent()
        waiting._forget_late()
        waiting._message_log_batch(bodies=dict.fromkeys(waiting.ids, self.env._("The goods were fetched.")))

    def _do_undo_pick_up(self):
        self._lock_rows()
        for request in self:
            if request.state != 'approved' or not request.date_picked_up:
                raise UserError(self.env._(
                    "%(request)s is %(state)s, and its goods were not fetched.", request=request.name,
                    state=request._get_state_label().lower()) if not request.date_picked_up else self.env._(
                    "The goods of %s are here.", request.name))
        self._write_flow({'date_picked_up': False, 'date_receipt_due': False})
        self._start_pickup_clock()
        self._message_log_batch(bodies=dict.fromkeys(self.ids, self.env._("The goods were not fetched after all.")))

    def _follow_way_back(self, other_method):
        """Deadlines, chatter and customers follow what was agreed.

        :param set other_method: ids of those that go another way than before
        """
        awaited = self.filtered(lambda request: request.state == 'approved')
        turned = awaited.filtered(lambda request: request.id in other_method)
        fetched = turned.filtered(lambda request: request.shipping_method == 'pickup')
        fetched._start_pickup_clock()
        sent = turned - fetched
        if sent:
            sent._write_flow({'date_pickup_due': False})
            sent._set_ship_by(sent._get_lines_to_send())
        submitted = self.filtered('date_submitted')
        submitted._message_log_batch(bodies={
            request.id: request._name_way_back() for request in submitted})
        awaited._tell('way_back')

    def _get_lines_to_send(self):
        """:return: the lines of which goods are still to come"""
        return self.line_ids.filtered(lambda line: line.state == 'approved' and not line.is_returnless)

    def _start_pickup_clock(self):
        """From now on it is our turn: the goods wait to be fetched."""
        now, Limit = fields.Datetime.now(), self.env['returns.time.limit']
        for company, requests in self.grouped('company_id').items():
            requests._write_flow({
                'date_ship_by': False, 'date_picked_up': False,
                'date_pickup_due': Limit._get_deadline(company, 'pickup', now)})
        self._forget_late()

    def _set_ship_by(self, lines):
        super()._set_ship_by(lines)
        fetched = self.filtered(lambda request: request.shipping_method == 'pickup')
        fetched.filtered(lambda request: not request.date_picked_up)._start_pickup_clock()
        fetched.filtered('date_picked_up')._write_flow({'date_ship_by': False})

    def _note_reception(self, receipts):
        """What did not come along is fetched another time."""
        super()._note_reception(receipts)
        fetched = self.filtered(lambda request: request.shipping_method == 'pickup')
        if not fetched:
            return
        rest = fetched.filtered(lambda request: any(
            line.product_id.uom_id.compare(line._get_quantity_open(), 0.0) > 0
            for line in request._get_lines_to_send()))
        rest._start_pickup_clock()
        for request in fetched - rest:
            request._write_flow({
                'date_pickup_due': False, 'date_picked_up': request.date_picked_up or fields.Datetime.now()})

    def _get_expected_date(self):
        """:return: when the goods should be on their way, for who plans their receipt"""
        self.ensure_one()
        if self.shipping_method == 'pickup' and self.date_pickup:
            return max(fields.Datetime.now(), fields.Datetime.to_datetime(self.date_pickup))
        return self.date_ship_by or self.date_pickup_due or fields.Datetime.now()

    def _do_draft(self):
        super()._do_draft()
        self._write_flow({'date_pickup_due': False, 'date_picked_up': False})

    @api.model
    def _get_sent_domain(self):
        return super()._get_sent_domain() | Domain('date_picked_up', '!=', False)

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------

    def _get_pickup_place(self):
        """:return: the partner where the goods are fetched; a gift at who got it, not where its buyer had it delivered"""
        self.ensure_one()
        delivered = self.sudo().sale_order_ids.partner_shipping_id[:1]
        return self.pickup_partner_id or not self.is_gift and delivered or self.partner_id

    def _name_pickup_day(self):
        """:return: the day and hours agreed, in words; empty where there are none"""
        self.ensure_one()
        day = format_date(self.env, self.date_pickup, date_format='medium') if self.date_pickup else ''
        return ", ".join(part for part in (day, self.pickup_window) if part)

    def _name_way_back(self):
        """:return: what is agreed about the way back, for our own people"""
        self.ensure_one()
        if self.shipping_method == 'self':
            return self.env._("Way back: the customer sends the goods.")
        return self.env._(
            "Way back: we fetch the goods at %(place)s, %(day)s.", place=self._get_pickup_place().display_name,
            day=self._name_pickup_day() or self.env._("on a day still to be agreed"))

    def _get_next_step_note(self):
        if self._is_to_fetch() and not self.is_paused:
            if day := self._name_pickup_day():
                return self.env._("Approved. We fetch the goods: %s.", day)
            return self.env._("Approved. The pick-up is to be agreed with the customer.")
        return super()._get_next_step_note()

    def _prepare_tracking(self):
        """:return: [{'carrier', 'ref', 'url'}] of the parcels that bring the goods, as far as they are known"""
        self.ensure_one()
        if not self.tracking_ref and not self.tracking_url:
            return []
        return [{'carrier': self.carrier_name or '', 'ref': self.tracking_ref or '', 'url': self.tracking_url or ''}]
