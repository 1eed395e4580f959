# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..vocabulary import REQUEST_STATES

CLOSED = ('done', 'rejected', 'cancelled')


class ReturnsRequest(models.Model):
    """What the screens show. Nothing here is stored, and nobody decides by it."""
    _inherit = 'returns.request'

    state = fields.Selection(group_expand='_group_expand_state')
    product_note = fields.Char("Products", compute='_compute_product_note')
    partner_note = fields.Char(
        "Customer's History", compute='_compute_partner_note', compute_sudo=True,
        help="Their other returns of the last twelve months, in this company.")
    date_due = fields.Datetime(
        "Due", compute='_compute_date_due', help="The next deadline that the present state must keep.")
    amount_to_settle = fields.Monetary(
        "To Settle", compute='_compute_amount_to_settle', compute_sudo=True,
        help="What the pieces ready to be settled cost the customer, taxes included, at the rate of submission. "
             "The credit note says it to the cent.")
    price_note = fields.Text(
        "Typed Prices", compute='_compute_price_note', compute_sudo=True, help="Of goods without an order.")
    may_price = fields.Boolean(
        compute='_compute_price_note', compute_sudo=True, help="An accountant may type a price, or another.")
    discrepancy_count = fields.Integer(compute='_compute_discrepancy_count', compute_sudo=True)
    may_receive = fields.Boolean(compute='_compute_may_receive')
    may_pick_up = fields.Boolean(compute='_compute_may_pick_up')
    may_inspect = fields.Boolean(compute='_compute_may_inspect')
    may_cancel = fields.Boolean(compute='_compute_may_cancel')
    may_close_kept = fields.Boolean(compute='_compute_may_cancel', help="The customer may keep something after all.")
    may_resume = fields.Boolean(compute='_compute_may_cancel', help="A closed request can be taken up again.")
    next_action = fields.Selection(
        [('submit', "Submit"), ('decide', "Decide"), ('price', "Type the Price"), ('settle', "Settle"),
         ('post', "Post Credit Note"), ('pay_out', "Pay Out"),
         ('inspect', "Inspect"), ('pick_up', "Fetched"), ('receive', "Receive")],
        compute='_compute_next_action', help="What the current user is to do next: the highlighted button.")

    # ------------------------------------------------------------------
    # Notes
    # ------------------------------------------------------------------

    @api.depends('line_ids.quantity', 'line_ids.product_id')
    def _compute_product_note(self):
        for request in self:
            request.product_note = ", ".join(
                f"{line.quantity:.10g} × {line.product_id.display_name}" for line in request.line_ids)

    @api.depends('commercial_partner_id', 'company_id')
    def _compute_partner_note(self):
        since = fields.Datetime.subtract(fields.Datetime.now(), months=12)
        history = {
            (entity, company): (requests, amount)
            for entity, company, requests, amount in self._read_group(
                [('commercial_partner_id', 'in', self.commercial_partner_id.ids), ('date_requested', '>=', since),
                 ('company_id', 'in', self.company_id.ids), ('state', 'not in', ('draft', 'cancelled'))],
                ['commercial_partner_id', 'company_id'], ['id:recordset', 'amount_refunded:sum'])
        }
        for request in self:
            requests, amount = history.get((request.commercial_partner_id, request.company_id), (self.browse(), 0.0))
            others = requests - request._origin
            refunded = (self.env._("%s refunded in all", request.currency_id.format(amount)) if amount
                        else self.env._("nothing refunded so far"))
            if not request.commercial_partner_id:
                request.partner_note = False
            elif not others:
                request.partner_note = self.env._("No other return in the last twelve months.")
            elif len(others) == 1:
                request.partner_note = self.env._("One other return in the last twelve months; %s.", refunded)
            else:
                request.partner_note = self.env._(
                    "%(count)s other returns in the last twelve months; %(refunded)s.",
                    count=len(others), refunded=refunded)

    def _get_next_step_note(self):
        """Why it was rejected, or until when what comes next is promised."""
        note = super()._get_next_step_note()
        if self.state == 'rejected':
            reasons = dict.fromkeys(line.rejection_note for line in self.line_ids if line.rejection_note)
            return self.env._("Rejected: %s", " · ".join(reasons)) if reasons else note
        if self.state == 'final_review' and not note and any(self.line_ids.mapped('is_price_missing')):
            return self.env._("Inspected. No invoice of the goods is known: an accountant types price and tax first.")
        if self.state == 'settlement' and not self.may_settle:
            note = self._get_waiting_note() or note
        due = self.date_due
        if due and self.state in ('approved', 'received', 'settlement'):
            values = {'note': note.rstrip("."), 'due': self._show_moment(due)}
            if self.is_late:
                return self.env._("%(note)s; was due %(due)s.", **values)
            return self.env._("%(note)s; due %(due)s.", **values)
        return note

    def _get_waiting_note(self):
        """:return: what a return in settlement waits for that nobody has to settle; bridges know more"""
        self.ensure_one()
        if 'draft' in self.sudo().refund_ids.mapped('state'):
            return self.env._("The credit note is made and waits to be posted.")
        orders = self.sudo().exchange_order_ids
        is_coming = any(picking.state not in ('done', 'cancel') for picking in self.exchange_picking_ids)
        if not is_coming and 'draft' in orders.invoice_ids.mapped('state'):
            return self.env._("The invoice of the exchange waits to be posted.")
        if not is_coming and self._get_notes_to_pay():
            return self.env._("Credited. The money waits to be paid out.")
        return self.env._("The replacement waits to be sent.") if self.exchange_picking_ids else ""

    @api.depends('state', 'date_decision_due', 'date_ship_by', 'date_pickup_due', 'date_receipt_due', 'date_refund_due')
    def _compute_date_due(self):
        for request in self:
            request.date_due = min(request._get_due_dates(), default=False)

    @api.depends('line_ids.amount_company', 'line_ids.quantity', 'line_ids.quantity_accepted',
                 'line_ids.quantity_advanced', 'line_ids.quantity_settled', 'line_ids.state')
    def _compute_amount_to_settle(self):
        cleared = self.line_ids._filter_cleared()
        for request in self:
            request.amount_to_settle = sum(
                line.amount_company * line._get_quantity_to_settle() / line.quantity
                for line in request.line_ids & cleared)

    @api.model
    def _group_expand_state(self, states, _domain):
        """:return: the columns of a board: the road in its order, and of the closed states those there are"""
        return [state for state, _label in REQUEST_STATES if state in states or state not in CLOSED]

    @api.depends('line_ids.credit_note', 'line_ids.state', 'line_ids.quantity_settled')
    def _compute_price_note(self):
        for request in self:
            request.price_note = "\n".join(
                f"{line.product_id.display_name}: {line.credit_note}" for line in request.line_ids if line.credit_note)
            request.may_price = any(line._may_set_price() for line in request.line_ids)

    @api.depends('discrepancy_ids')
    def _compute_discrepancy_count(self):
        for request in self:
            request.discrepancy_count = len(request.discrepancy_ids)

    # ------------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------------

    @api.depends('line_ids.state', 'line_ids.is_returnless')
    def _compute_may_receive(self):
        for request in self:
            request.may_receive = any(
                line.state == 'approved' and not line.is_returnless for line in request.line_ids)

    @api.depends('state', 'shipping_method', 'date_picked_up')
    def _compute_may_pick_up(self):
        for request in self:
            request.may_pick_up = request._is_to_fetch()

    @api.depends('inspection_ids.state')
    def _compute_may_inspect(self):
        for request in self:
            request.may_inspect = 'draft' in request.inspection_ids.mapped('state')

    @api.depends('state', 'line_ids.quantity_received', 'line_ids.quantity_settled')
    def _compute_may_cancel(self):
        for request in self:
            moved = any(line.quantity_received or line.quantity_settled for line in request.line_ids)
            request.may_cancel = bool(request._origin) and request.state not in CLOSED and not moved
            request.may_close_kept = bool(request._origin) and any(
                line._may_close_kept() for line in request.line_ids)
            request.may_resume = request.state in ('rejected', 'cancelled') and not moved

    @api.depends_context('uid')
    @api.depends('state', 'line_ids.state', 'may_decide', 'may_settle', 'may_inspect', 'may_pick_up', 'may_receive')
    def _compute_next_action(self):
        for request in self:
            request.next_action = request._get_next_action()

    def _get_next_action(self):
        """:return: the one thing the current user should do now, or False

        What clears a request for good comes before what goes on elsewhere.
        """
        self.ensure_one()
        user = self.env.user
        if self.state in CLOSED:
            return False
        if self.state == 'draft':
            return 'submit' if self.line_ids and user.has_group('returns_management.group_returns_agent') else False
        if self.may_decide:
            return 'decide'
        if user.has_group('returns_management.group_returns_accountant'):
            if any(self.line_ids.mapped('is_price_missing')):
                return 'price'
            if self.may_settle:
                return 'settle'
            if 'draft' in self.sudo().refund_ids.mapped('state'):
                return 'post'
            if self.state == 'settlement' and self.amount_to_pay:
                return 'pay_out'
        if self.may_inspect and user.has_group('returns_management.group_returns_inspector'):
            return 'inspect'
        if self.may_pick_up and any(user.has_group(f'returns_management.group_returns_{role}') for role in (
                'agent', 'inspector')):
            return 'pick_up'
        if self.may_receive and user.has_group('returns_management.group_returns_inspector'):
            return 'receive'
        return False
