# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from ..tools import road
from .vocabulary import CONDITIONS, REQUEST_STATES, RESOLUTIONS, RESPONSIBILITIES


class ReturnsRequestLine(models.Model):
    """One product of one sale line (or of a delivery, or of neither) that a customer wants to send back.

    All ``quantity_*`` are in ``uom_id``; they are compared in the product's own unit.
    ``state`` follows from the line's facts and is written by :meth:`_advance` only.
    """
    _name = 'returns.request.line'
    _description = "Return Request Line"
    _inherit = ['returns.guard']
    _order = 'request_id, sequence, id'
    _check_company_auto = True

    # === What === #
    request_id = fields.Many2one('returns.request', required=True, index=True, ondelete='cascade')
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='request_id.partner_id')
    sale_line_id = fields.Many2one(
        'sale.order.line', "Order Line", index='btree_not_null', ondelete='restrict', check_company=True)
    sale_order_id = fields.Many2one(related='sale_line_id.order_id', string="Sales Order")
    balance_id = fields.Many2one(
        'returns.balance', readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    product_id = fields.Many2one(
        'product.product', required=True, index=True, ondelete='restrict',
        compute='_compute_product_id', store=True, readonly=False, precompute=True)
    uom_id = fields.Many2one(
        'uom.uom', "Unit", required=True, ondelete='restrict',
        compute='_compute_uom_id', store=True, readonly=False, precompute=True)
    lot_ids = fields.Many2many(
        'stock.lot', string="Lots/Serial Numbers", help="Those the customer sends back.",
        groups='stock.group_stock_user,returns_management.group_returns_agent')
    lot_note = fields.Char(
        "Lots and Serials", compute='_compute_lot_note', compute_sudo=True,
        help="Their names, for those who may read the return but not the lots.")
    tracking = fields.Selection(related='product_id.tracking')

    # === Why and what for === #
    reason_id = fields.Many2one('returns.reason', index=True, ondelete='restrict')
    reason_question = fields.Char(related='reason_id.question')
    reason_answer = fields.Text("Answer", help="What the customer answers to the reason's question.")
    responsibility = fields.Selection(
        RESPONSIBILITIES, compute='_compute_responsibility', store=True, readonly=False, precompute=True,
        help="Who is mainly responsible. Proposed from the reason, found at inspection.")
    condition = fields.Selection(
        CONDITIONS, "Declared Condition", help="As the customer says. What the inspector finds is on the inspection.")
    resolution = fields.Selection(
        RESOLUTIONS, default='refund', required=True, help="What the customer wishes, within the policy.")
    exchange_product_id = fields.Many2one(
        'product.product', "Exchange For", ondelete='restrict',
        help="Leave empty to exchange for the same product.")

    # === How many, in uom_id === #
    quantity = fields.Float("Asked", digits='Product Unit', default=1.0, required=True)
    quantity_approved = fields.Float(
        "Approved", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False)
    quantity_received = fields.Float(
        "Received", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False)
    quantity_closed = fields.Float(
        "Closed Short", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="Approved, and not coming any more.")
    quantity_missing = fields.Float(
        "Missing", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="Announced in a parcel that did not hold them; a discrepancy is open about them.")
    quantity_waived = fields.Float(
        "Waived", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="Never came, and are settled all the same: the customer is believed.")
    quantity_accepted = fields.Float(
        "Accepted", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False)
    quantity_advanced = fields.Float(
        "Advanced", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="May be settled before the goods are accepted.")
    quantity_settled = fields.Float(
        "Settled", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False)
    quantity_held = fields.Float(
        "Held", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="Asked or approved and not received, in the product's own unit: what the balance keeps for this line.")
    quantity_returnable = fields.Float(
        "May Come Back", digits='Product Unit', compute='_compute_quantity_returnable',
        help="What of the order line was delivered and is neither returned nor asked for, this line left out.")

    # === How much === #
    order_currency_id = fields.Many2one(
        'res.currency', compute='_compute_order_currency_id', compute_sudo=True,
        help="Without an order the company's.")
    amount = fields.Monetary(
        "Value", currency_field='order_currency_id', compute='_compute_amount',
        help="What the customer was charged for the quantity asked, taxes included, in the order's currency.")
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    amount_company = fields.Monetary(
        "Value (Company Currency)", currency_field='company_currency_id', readonly=True, copy=False,
        help="The same in the company's currency, at the rate of the day of submission.")

    # === Flow === #
    state = fields.Selection(
        REQUEST_STATES, "Status", default='draft', required=True, readonly=True, copy=False, index=True)
    is_cancelled = fields.Boolean(readonly=True, copy=False)
    is_rejected = fields.Boolean(readonly=True, copy=False)
    rejection_note = fields.Text("Reason for Rejection", readonly=True, copy=False, help="The customer reads this.")
    version = fields.Integer(default=0, readonly=True, copy=False)

    _quantity_positive = models.Constraint('CHECK (quantity > 0)', "The quantity to return must be more than zero.")
    _quantity_order = models.Constraint(
        'CHECK (quantity >= quantity_approved'
        ' AND quantity_approved >= quantity_received + quantity_closed + quantity_missing + quantity_waived'
        ' AND quantity_received >= quantity_accepted AND quantity_accepted >= 0'
        ' AND quantity_closed >= 0 AND quantity_missing >= 0 AND quantity_waived >= 0)',
        "A return's quantities must shrink along its road: asked, approved, received, accepted.")
    _settled_ceiling = models.Constraint(
        'CHECK (quantity_settled >= 0 AND quantity_accepted + quantity_advanced >= quantity_settled)',
        "No more can be settled than was accepted, or released in advance.")
    _request_sale_line_idx = models.Index("(sale_line_id, state) WHERE sale_line_id IS NOT NULL")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('sale_line_id')
    def _compute_product_id(self):
        for line in self:
            if line.sale_line_id:
                line.product_id = line.sale_line_id.product_id

    @api.depends('sale_line_id', 'product_id')
    def _compute_uom_id(self):
        for line in self:
            line.uom_id = line.sale_line_id.product_uom_id or line.product_id.uom_id

    @api.depends('lot_ids.name')
    def _compute_lot_note(self):
        for line in self:
            line.lot_note = ", ".join(line.lot_ids.mapped('name'))

    @api.depends('reason_id')
    def _compute_responsibility(self):
        for line in self:
            if line.reason_id:
                line.responsibility = line.reason_id.responsibility

    @api.depends('sale_line_id', 'product_id', 'uom_id', 'state')
    def _compute_quantity_returnable(self):
        keys = {line: line._get_balance_key() for line in self}
        free = self.env['returns.balance']._get_free_quantities(set(keys.values()))
        for line in self:
            quantity = free.get(keys[line], 0.0) + line._origin.quantity_held
            line.quantity_returnable = (
                line.product_id.uom_id._compute_quantity(quantity, line.uom_id, rounding_method='DOWN')
                if keys[line] and line.uom_id else 0.0)

    @api.depends('sale_line_id', 'company_id')
    def _compute_order_currency_id(self):
        for line in self:
            line.order_currency_id = line.sale_line_id.currency_id or line.company_id.currency_id

    @api.depends('quantity', 'uom_id', 'sale_line_id')
    def _compute_amount(self):
        for line in self:
            line.amount = line._get_unit_value() * line.quantity if line.product_id and line.uom_id else 0.0

    def _get_unit_value(self):
        """:return: what one ``uom_id`` cost the customer, taxes included, in the order's currency"""
        self.ensure_one()
        return self._get_sold_unit_value(self.uom_id)

    def _get_sold_unit_value(self, uom):
        """:return: what one ``uom`` of the product sold cost the customer, taxes included, in the order's currency"""
        self.ensure_one()
        sale_line = self.sale_line_id.sudo()
        if not sale_line.product_uom_qty:
            return 0.0
        value = sale_line.price_total / sale_line.product_uom_qty
        return sale_line.product_uom_id._compute_price(value, uom)

    @api.depends('request_id.name', 'product_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.request_id.name}: {line.product_id.display_name}"

    # ------------------------------------------------------------------
    # Constraints and CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'state', 'balance_id', 'quantity_approved', 'quantity_received', 'quantity_closed', 'quantity_missing',
            'quantity_waived', 'quantity_accepted', 'quantity_advanced', 'quantity_settled', 'quantity_held',
            'amount_company', 'is_cancelled', 'is_rejected', 'rejection_note', 'version',
        }

    @api.model
    def _get_draft_fields(self):
        """Fields that describe the wish: they change in draft only."""
        return frozenset({
            'request_id', 'sale_line_id', 'product_id', 'uom_id', 'quantity', 'reason_id', 'reason_answer',
            'responsibility', 'condition', 'resolution', 'exchange_product_id', 'lot_ids',
        })

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines._prepare_change()
        return lines

    def write(self, vals):
        if not self.env.su and 'request_id' in vals and set(self.request_id.ids) - {vals['request_id']}:
            raise UserError(self.env._("A line stays in the return it was written in. Make a new one instead."))
        if not self.env.su and self._get_draft_fields().intersection(vals):
            self._prepare_change()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_draft(self):
        self._prepare_change()

    def _prepare_change(self):
        """The wish is about to change. The requests are locked: whoever submits one meets the change.

        :raise UserError: a line belongs to a request that is no draft any more
        """
        self.request_id._lock_rows()
        for line in self:
            if line.state != 'draft' or line.request_id.state != 'draft':
                raise UserError(self.env._(
                    "%(request)s is already submitted: its lines can no longer change. "
                    "Cancel it and set it back to draft to change it.", request=line.request_id.name))

    @api.onchange('request_id')
    def _onchange_request_id(self):
        """:raise AccessError: the user names a return that they may not read, to be shown whose it is"""
        self.request_id._origin.check_access('read')

    @api.constrains('sale_line_id', 'product_id', 'request_id')
    def _check_sale_line(self):
        products = self.sudo().sale_line_id._get_returnable_products()
        for line in self.sudo():
            sale_line, request = line.sale_line_id, line.request_id
            if not sale_line:
                continue
            if sale_line.company_id != request.company_id:
                raise ValidationError(self.env._(
                    "%(order)s belongs to %(order_company)s, the return to %(company)s. File one return a company.",
                    order=sale_line.order_id.name, order_company=sale_line.company_id.name,
                    company=request.company_id.name))
            is_own = sale_line.order_id.partner_id.commercial_partner_id == request.partner_id.commercial_partner_id
            if is_own and request.is_gift:
                raise ValidationError(self.env._(
                    "%(customer)s bought %(order)s: goods that they bought themselves are no gift. Name who received "
                    "them, or take the mark off.", customer=request.partner_id.display_name, order=sale_line.order_id.name))
            if not is_own and not (request.is_gift and sale_line.sudo(False).has_access('read')):
                if not sale_line.sudo(False).has_access('read'):  # numbers can be guessed: names are not told for them
                    raise ValidationError(self.env._(
                        "This order line was not sold to %s. One return holds the goods of one customer.",
                        request.partner_id.display_name))
                raise ValidationError(self.env._(
                    "%(order)s was sold to %(buyer)s, not to %(customer)s. One return holds the goods of one customer.",
                    order=sale_line.order_id.name, buyer=sale_line.order_id.partner_id.commercial_partner_id.name,
                    customer=request.partner_id.display_name))
            if line.product_id not in products[sale_line]:
                raise ValidationError(self.env._(
                    "The order line of %(order)s is about %(sold)s, not %(product)s.",
                    order=sale_line.order_id.name, sold=sale_line.product_id.display_name,
                    product=line.product_id.display_name))

    @api.constrains('uom_id', 'product_id')
    def _check_uom(self):
        for line in self:
            if not line.uom_id._has_common_reference(line.product_id.uom_id):
                raise ValidationError(self.env._(
                    "%(product)s is counted in %(unit)s, which cannot be converted to %(wrong)s.",
                    product=line.product_id.display_name, unit=line.product_id.uom_id.name, wrong=line.uom_id.name))

    @api.constrains('quantity', 'uom_id', 'product_id')
    def _check_quantity_round_trip(self):
        for line in self:
            line._check_round_trip(line.quantity)

    def _check_round_trip(self, quantity):
        """A quantity must be the same in its own and in the product's unit, or money and stock drift apart.

        :raise ValidationError: ``quantity`` (in ``uom_id``) is no exact number of the product's unit
        """
        self.ensure_one()
        unit = self.product_id.uom_id
        exact = self.uom_id._compute_quantity(quantity, unit, round=False)
        if float_compare(exact, self._to_product_uom(quantity), precision_digits=6):
            raise ValidationError(self.env._(
                "%(quantity)s %(uom)s of %(product)s is no exact number of %(unit)s. Enter the quantity in %(unit)s.",
                quantity=quantity, uom=self.uom_id.name, product=self.product_id.display_name, unit=unit.name))

    # ------------------------------------------------------------------
    # Units and balance
    # ------------------------------------------------------------------

    def _to_product_uom(self, quantity):
        """:return: ``quantity`` (in ``uom_id``) in the product's unit, at 'Product Unit' precision"""
        self.ensure_one()
        return self.uom_id._compute_quantity(quantity, self.product_id.uom_id, rounding_method='HALF-UP')

    def _from_product_uom(self, quantity):
        """:return: ``quantity`` (in the product's unit) in ``uom_id``, at 'Product Unit' precision"""
        self.ensure_one()
        return self.product_id.uom_id._compute_quantity(quantity, self.uom_id, rounding_method='HALF-UP')

    def _get_balance_key(self):
        """:return: what names this line's balance row, see ``returns.balance``; None where there is none, as nothing is
            known of a delivery
        """
        self.ensure_one()
        sale_line_id = self.sale_line_id.id or self.sale_line_id._origin.id
        return (sale_line_id, self.product_id.id) if sale_line_id else None

    def _claim_balance(self):
        """Find or make the balance row of each line, and remember it."""
        keys = {line: line._get_balance_key() for line in self}
        balances = self.env['returns.balance'].sudo()._ensure({key for key in keys.values() if key})
        for balance_id, lines in self.grouped(lambda line: balances.get(keys[line], False)).items():
            lines._write_flow({'balance_id': balance_id})

    def _lock(self, balances=None):
        """Lock balances, requests and lines of these lines' requests, in that order (DESIGN §5).

        :param balances: others to lock along, in the same order: taken afterwards they could end in a deadlock
        :return: these lines, to go on with: all that was read of them is forgotten, and with it
            which records belonged together and can be read together
        """
        lines = self._as_flow().request_id.line_ids
        (lines.balance_id | (balances or lines.balance_id))._lock_rows()
        lines.request_id._lock_rows()
        lines._lock_rows()
        return self.with_prefetch()

    def _update_held(self):
        """Store what each line keeps of its balance, and carry it to the balance rows."""
        self._write_held()
        self.balance_id._refresh()

    def _write_held(self):
        """Store what each line keeps of its balance: asked or approved, and not received."""
        for line in self:
            held = 0.0
            if line.state in ('review', 'approved', 'received', 'final_review', 'settlement', 'done'):
                held = line._to_product_uom(line.quantity_approved - line.quantity_received - line.quantity_closed)
            if float_compare(held, line.quantity_held, precision_rounding=line.product_id.uom_id.rounding):
                line._write_flow({'quantity_held': held})

    # ------------------------------------------------------------------
    # Submitting
    # ------------------------------------------------------------------

    def _expand(self):
        """What was asked for as one and comes back as several goods gets a line for each: bridges do."""

    def _check_complete(self):
        """:raise UserError: a line cannot be judged as it stands"""
        seen = set()
        for line in self:
            where = self.env._("%(request)s, %(product)s", request=line.request_id.name,
                               product=line.product_id.display_name)
            if not line._has_source():
                raise UserError(self.env._("%s: choose the order line the goods were sold on.", where))
            if not line.reason_id:
                raise UserError(self.env._("%s: choose the reason of the return.", where))
            if line.product_id.type != 'consu':
                raise UserError(self.env._("%s is a service and cannot be sent back.", where))
            key = line._get_repeat_key()
            if key in seen:
                raise UserError(self.env._("%s stands in the request twice. Put the quantities on one line.", where))
            seen.add(key)
            if line.reason_id.needs_photo and line.request_id.channel == 'portal' and not any(
                    (file.mimetype or '').startswith('image/') for file in line.request_id.evidence_ids):
                raise UserError(self.env._("%s: this reason needs a picture. Please add one.", where))
            if line.reason_id.needs_lot and line.tracking != 'none' and not line.lot_ids:
                raise UserError(self.env._("%s: this reason needs the lot or serial number.", where))
        self._check_lots()

    def _has_source(self):
        """Whether the line says where the goods come from. Goods knows of more than order lines."""
        self.ensure_one()
        return bool(self.sale_line_id)

    def _is_given_up(self):
        """Whether there is nothing left to decide about this line: refused, withdrawn, or what Goods adds."""
        self.ensure_one()
        return self.is_rejected or self.is_cancelled

    def _get_origin(self):
        """:return: what the goods were sold with, see ``tools.policy.Facts``. Goods knows of more than orders."""
        self.ensure_one()
        return 'order'

    def _is_price_missing(self):
        """Whether somebody has to type what is paid before anybody can decide on it. Money knows when."""
        self.ensure_one()
        return False

    def _get_sold_moment(self):
        """:return: when the goods were sold, as far as that is known; else when they were asked to be taken back"""
        self.ensure_one()
        return self.sale_line_id.order_id.date_order or self.request_id.date_requested

    def _get_day(self, moment):
        """:return: the day that ``moment`` is on where the company is; None for no moment"""
        self.ensure_one()
        where = self.with_context(tz=self.company_id.partner_id.tz or 'UTC')
        return fields.Datetime.context_timestamp(where, moment).date() if moment else None

    def _get_repeat_key(self):
        """:return: what two lines of a request must not have in common"""
        self.ensure_one()
        return (self.request_id.id, self.sale_line_id.id, self.product_id.id, self.reason_id.id, self.resolution,
                tuple(self.lot_ids.ids))

    def _check_returnable(self):
        """:raise UserError: more is asked for than was delivered and is not yet returned or asked for"""
        for balance, lines in self.filtered('balance_id').grouped('balance_id').items():
            asked = sum(line._to_product_uom(line.quantity) for line in lines)
            free = balance.quantity_delivered - balance.quantity_held - balance.quantity_returned
            uom = balance.product_id.uom_id
            if uom.compare(asked, free) > 0:
                numbers = {name: f"{quantity:.10g}" for name, quantity in (
                    ('asked', asked), ('free', max(free, 0)), ('delivered', balance.quantity_delivered),
                    ('returned', balance.quantity_returned), ('held', balance.quantity_held))}
                raise UserError(self.env._(
                    "%(request)s asks for %(asked)s %(uom)s of %(product)s (%(order)s), but only %(free)s may come "
                    "back: %(delivered)s delivered, %(returned)s returned, %(held)s in open returns.",
                    request=lines.request_id[:1].name, uom=uom.name, product=balance.product_id.display_name,
                    order=balance._get_source(), **numbers))

    def _freeze_amounts(self):
        """Store the value of each line in the company's currency, at today's rate."""
        for line in self:
            line._write_flow({'amount_company': line._get_amount_company()})

    def _get_amount_company(self):
        """:return: the value of the line in the company's currency, at today's rate"""
        self.ensure_one()
        return self.order_currency_id._convert(
            self.amount, self.company_currency_id, self.company_id, fields.Date.context_today(self))

    def _reset_to_draft(self):
        self._write_flow({
            'is_cancelled': False, 'is_rejected': False, 'rejection_note': False,
            'quantity_approved': 0.0, 'quantity_closed': 0.0, 'quantity_waived': 0.0, 'quantity_advanced': 0.0,
            'amount_company': 0.0,
        })

    @api.model
    def _propose_lines(self, sale_lines):
        """:return: values of one line for each of ``sale_lines`` of which something may come back"""
        vals_list = []
        for sale_line in sale_lines:
            quantity = sale_line.quantity_returnable
            if sale_line.product_uom_id.compare(quantity, 0.0) > 0:
                vals_list.append({
                    'sale_line_id': sale_line.id, 'product_id': sale_line.product_id.id,
                    'uom_id': sale_line.product_uom_id.id, 'quantity': quantity,
                })
        return vals_list

    # ------------------------------------------------------------------
    # The road
    # ------------------------------------------------------------------

    def _write_flow(self, vals):
        self._as_flow().write(vals)

    def _get_road_facts(self):
        """What each line's state follows from, read for the whole set at once.

        :return: {line id: tools.road.LineFacts}
        """
        reviews = self._get_review_facts()
        goods = self._get_goods_facts()
        money = self._get_money_facts()
        digits = self.env['decimal.precision'].precision_get('Product Unit')

        def exact(quantity):
            return Decimal(f'{quantity:.{digits}f}')

        return {
            line.id: road.LineFacts(
                submitted=bool(line.request_id.date_submitted),
                cancelled=line.is_cancelled,
                rejected=line.is_rejected,
                approved=exact(line.quantity_approved), received=exact(line.quantity_received),
                closed=exact(line.quantity_closed), missing=exact(line.quantity_missing),
                waived=exact(line.quantity_waived), accepted=exact(line.quantity_accepted),
                advanced=exact(line.quantity_advanced), settled=exact(line.quantity_settled),
                returnless=line.is_returnless,
                **reviews[line.id], **goods[line.id], **money[line.id],
            )
            for line in self
        }

    def _advance(self):
        """Bring the lines' states in line with what happened, and do what follows from it.

        The one upward entry of every hook. Idempotent, on whole record sets, the only writer
        of ``state``. Callers hold the locks (:meth:`_lock`).
        """
        lines = self._as_flow()
        arrived = {request: request.state for request in lines.request_id}
        for _pass in range(8):  # a state with nothing to do is passed through at once
            changed = lines._update_states()
            lines._update_held()
            lines.request_id._update_state()
            if not (lines._do_follow_ups(changed) or changed):
                break
        moved = {
            request: (old, request.state) for request, old in arrived.items() if request.state != old}
        self.env['returns.request']._log_state_changes(moved)
        self.env['returns.request']._tell_state_changes(moved)

    def _update_states(self):
        """:return: {line: old state} of those whose state changed"""
        facts = self._get_road_facts()
        changed, by_state = {}, {}
        for line in self:
            state = road.line_state(facts[line.id])
            if state != line.state:
                changed[line] = line.state
                by_state[state] = by_state.get(state, self.browse()) | line
        for state, lines in by_state.items():
            lines._write_flow({'state': state})
        return changed

    def _claim_advances(self, pieces):
        """Goods of these lines do not come: what was settled in advance for them is claimed back. Money does.

        :param dict pieces: {line: how many of them}, in the product's own unit
        """

    def _do_follow_ups(self, changed):
        """What a new state sets in motion. Each layer adds its own part.

        :param dict changed: {line: old state}
        :return: whether facts changed, so that the states must be looked at again
        """
        return False
