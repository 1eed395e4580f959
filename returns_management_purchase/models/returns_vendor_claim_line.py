# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class ReturnsVendorClaimLine(models.Model):
    """Inspected pieces that came with one purchase, and what their vendor says about them."""
    _name = 'returns.vendor.claim.line'
    _description = "Vendor Claim Line"
    _inherit = ['returns.guard']
    _order = 'claim_id, id'
    _check_company_auto = True

    claim_id = fields.Many2one('returns.vendor.claim', required=True, readonly=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='claim_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='claim_id.partner_id', string="Vendor", store=True, index=True)
    inspection_id = fields.Many2one(
        'returns.inspection', required=True, readonly=True, index=True, ondelete='restrict')
    request_line_id = fields.Many2one(related='inspection_id.request_line_id')
    request_id = fields.Many2one(related='inspection_id.request_id', string="Return", store=True, index=True)
    product_id = fields.Many2one(related='inspection_id.product_id', store=True, index=True)
    uom_id = fields.Many2one(related='product_id.uom_id')
    lot_id = fields.Many2one(related='inspection_id.lot_id')
    quantity = fields.Float(digits='Product Unit', required=True, readonly=True, help="In the product's own unit.")
    receipt_id = fields.Many2one(
        'stock.move', "Came With", required=True, readonly=True, ondelete='restrict', index=True,
        help="The move that brought these pieces from the vendor.")
    purchase_line_id = fields.Many2one(
        'purchase.order.line', readonly=True, ondelete='restrict', index='btree_not_null')
    purchase_order_id = fields.Many2one(related='purchase_line_id.order_id')
    reason_id = fields.Many2one(
        'returns.vendor.reason', "Vendor's Reason", ondelete='restrict', index='btree_not_null',
        domain="['|', ('partner_id', '=', False), ('partner_id', '=', partner_id)]",
        help="Why they go back, as the vendor calls it.")
    state = fields.Selection(
        [('draft', "To Ask"), ('asked', "Asked"), ('accepted', "Accepted"), ('refused', "Refused"),
         ('cancelled', "Cancelled")], "Status", default='draft', required=True, readonly=True, index=True)
    answer = fields.Char("Vendor's Answer", readonly=True)
    date_due = fields.Datetime("Answer Due", readonly=True, index='btree_not_null')
    date_asked = fields.Datetime("Asked On", readonly=True)
    is_told = fields.Boolean(readonly=True, help="Somebody was told that the vendor takes too long.")
    move_ids = fields.One2many('stock.move', 'returns_vendor_line_id', "Moves", readonly=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary("Claimed", compute='_compute_amount')

    _quantity_positive = models.Constraint('CHECK (quantity > 0)', "A claim is about at least some goods.")

    @api.depends('purchase_line_id.price_unit', 'quantity')
    def _compute_amount(self):
        today = fields.Date.context_today(self)
        for line in self:
            purchase = line.purchase_line_id.sudo()
            price = purchase.product_uom_id._compute_price(purchase.price_unit_discounted, line.uom_id) if purchase else 0.0
            line.amount = purchase.currency_id._convert(
                price * line.quantity, line.currency_id, line.company_id, today) if purchase else 0.0

    @api.depends('claim_id.name', 'product_id')
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.claim_id.name}: {line.product_id.display_name}"

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'move_ids', 'refund_line_ids'}

    @api.constrains('reason_id', 'claim_id')
    def _check_reason(self):
        for line in self:
            vendor = line.reason_id.partner_id
            if vendor and vendor.commercial_partner_id != line.partner_id.commercial_partner_id:
                raise UserError(self.env._(
                    "%(reason)s is what %(other)s calls it, not %(vendor)s.", reason=line.reason_id.display_name,
                    other=vendor.name, vendor=line.partner_id.name))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_accept(self):
        """The vendor takes these back.

        :raise UserError: it has answered about one of them already
        """
        self._check_open()
        self._as_flow()._do_accept()
        return True

    def action_refuse(self, comment):
        """The vendor does not take these: they come back to quarantine.

        :param str comment: why not
        :raise UserError: it has answered about one of them already, or no reason is given
        """
        self._check_open()
        self._as_flow()._do_refuse(self.claim_id._read_comment(comment))
        return True

    def _check_open(self):
        self.claim_id._check_buyer()
        self.check_access('write')
        for line in self:
            if line.state not in ('draft', 'asked'):
                raise UserError(self.env._(
                    "%(line)s is %(state)s already.", line=line.display_name,
                    state=dict(self._fields['state']._description_selection(self.env))[line.state].lower()))

    # ------------------------------------------------------------------
    # Asking and answers
    # ------------------------------------------------------------------

    def _do_ask(self):
        self.claim_id._lock()
        self._ask()

    def _ask(self):
        drafts = self.filtered(lambda line: line.state == 'draft')
        now = fields.Datetime.now()
        for company, lines in drafts.grouped('company_id').items():
            due = self.env['returns.time.limit']._get_deadline(company, 'vendor', now)
            lines.write({'state': 'asked', 'date_asked': now, 'date_due': due, 'is_told': False})
        claims = drafts.claim_id
        claims.filtered(lambda claim: not claim.date_asked).write({'date_asked': now})
        claims._message_log_batch(bodies={claim.id: self.env._("The vendor was asked.") for claim in claims})

    def _do_accept(self):
        self.claim_id._lock()
        self._set_answer('accepted', False)
        for claim, lines in self.grouped('claim_id').items():
            claim._message_log(body=self.env._(
                "The vendor takes back: %s", ", ".join(lines.mapped('product_id.display_name'))))
        # what somebody took off a draft since is not put back
        self.filtered(lambda line: not line._get_live_credits())._propose_credit_by_itself()

    def _do_refuse(self, comment):
        self.claim_id._lock()
        self._take_credit_back()
        self._set_answer('refused', comment)
        for claim, lines in self.grouped('claim_id').items():
            claim._message_log(body=self.env._(
                "The vendor does not take %(goods)s: %(why)s", why=comment,
                goods=", ".join(lines.mapped('product_id.display_name'))))
        self._bring_back(comment)

    def _set_answer(self, state, answer):
        self.write({'state': state, 'answer': answer})
        self._forget_lateness()
        self.claim_id._follow_credits()

    def _bring_back(self, comment):
        """What has not left stays, in quarantine; what has comes back by a transfer, and then waits there.

        :param str comment: why
        """
        staying = self.move_ids.filtered(lambda move: move.state not in ('done', 'cancel'))
        kept = staying.returns_inspection_id
        if kept:
            kept._keep_from_vendor(comment)
            staying._action_cancel()
        left = self.filtered(lambda line: line._get_quantity_sent() > 0)
        for (claim, place), lines in left.grouped(lambda line: (line.claim_id, line._get_place_to_wait())).items():
            picking = self.env['stock.picking'].create(claim._prepare_back_vals(place, lines))
            picking.action_confirm()
            picking.action_assign()

    def _get_place_to_wait(self):
        """:return: where goods that the vendor did not take come back to"""
        self.ensure_one()
        return self.inspection_id.location_id

    def _prepare_back_move_vals(self, move, place):
        """Values of the move that brings back what ``move`` took to the vendor."""
        self.ensure_one()
        return {
            'product_id': move.product_id.id, 'product_uom': move.product_uom.id, 'product_uom_qty': move.quantity,
            'location_id': move.location_dest_id.id, 'location_dest_id': place.id, 'company_id': move.company_id.id,
            'partner_id': self.partner_id.id, 'origin': self.claim_id.name, 'procure_method': 'make_to_stock',
            'origin_returned_move_id': move.id, 'move_orig_ids': [Command.link(move.id)],
            'purchase_line_id': move.purchase_line_id.id, 'to_refund': True,
            'returns_line_id': move.returns_line_id.id, 'returns_inspection_id': move.returns_inspection_id.id,
            'returns_vendor_line_id': self.id,
        }

    # ------------------------------------------------------------------
    # Following the goods
    # ------------------------------------------------------------------

    def _get_sent_moves(self):
        """:return: the moves that took these pieces to the vendor"""
        return self.move_ids.filtered(lambda move: move.state == 'done' and move.location_dest_id.usage == 'supplier')

    def _get_quantity_sent(self):
        """:return: pieces that left for the vendor"""
        self.ensure_one()
        return sum(move._returns_get_pieces() for move in self._get_sent_moves())

    def _follow_moves(self):
        """Goods left, or will not: who sends goods has asked; who sends fewer claims fewer."""
        for line in self.filtered(lambda line: line.state in ('draft', 'asked', 'accepted')):
            if line.move_ids.filtered(lambda move: move.state not in ('done', 'cancel')):
                continue
            sent = line._get_quantity_sent()
            if line.uom_id.compare(sent, 0.0) <= 0:
                if line.move_ids:
                    line._set_answer('cancelled', False)
            elif line.uom_id.compare(sent, line.quantity) < 0:
                line.write({'quantity': sent})
        gone = self.filtered(lambda line: line._get_sent_moves())
        gone._ask()
        gone._propose_credit_by_itself()

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    @api.model
    def _get_late_domain(self):
        """:return: domain of the lines that a vendor should have answered; clocks of their return do not stand"""
        return (fields.Domain('state', '=', 'asked') & fields.Domain('date_due', '<', fields.Datetime.now())
                & (fields.Domain('request_id.is_paused', '=', False) | fields.Domain('request_id.was_late', '=', True)))

    @api.model
    def _get_untold_domain(self):
        return self._get_late_domain() & fields.Domain('is_told', '=', False)

    def _filter_late(self):
        now = fields.Datetime.now()
        return self.sudo().filtered(lambda line: (
            line.state == 'asked' and line.date_due and line.date_due < now and not line.request_id._stands())).sudo(False)

    def _set_due(self, due):
        self.write({'date_due': due})
        self._forget_lateness()

    def _forget_lateness(self):
        """What was late is over; what is late still is told anew."""
        told = self.claim_id.filtered(lambda claim: any(claim.line_ids.mapped('is_told')))
        if told:
            kind = self.env.ref('returns_management_purchase.mail_activity_type_vendor_late')
            told.activity_ids.filtered(lambda activity: activity.activity_type_id == kind).unlink()
            told.line_ids.write({'is_told': False})

    def _tell_late(self):
        """One activity a claim, for the limit's owner, the buyer, or a manager."""
        owners = self.env['returns.time.limit']._get_owners(self.company_id)
        kind = self.env.ref('returns_management_purchase.mail_activity_type_vendor_late')
        told = self.claim_id
        vals_list = []
        for claim in told:
            named = owners.get((claim.company_id, 'vendor', False)) or self.env['res.users']
            owner = (named.filtered('active') or claim.user_id.filtered('active')
                     or claim.company_id._get_returns_managers()[:1])
            late = self.filtered(lambda line, claim=claim: line.claim_id == claim)
            if owner:
                vals_list.append({
                    'res_model_id': self.env['ir.model']._get_id(claim._name), 'res_id': claim.id,
                    'activity_type_id': kind.id, 'user_id': owner.id,
                    'summary': self.env._("%s has not answered", claim.partner_id.display_name),
                    'date_deadline': min(late.mapped('date_due')).date()})
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(vals_list)
        told.line_ids.filtered(lambda line: line.state == 'asked').write({'is_told': True})
