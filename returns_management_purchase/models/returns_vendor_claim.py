# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ReturnsVendorClaim(models.Model):
    """What we claim of one vendor for returned goods that it sold us: the goods go there in one transfer.

    Made by the disposition "Back to Vendor", which adds goods for as long as the vendor was not asked. State and dates
    follow from the lines.
    """
    _name = 'returns.vendor.claim'
    _description = "Vendor Claim"
    _inherit = ['returns.guard', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True

    name = fields.Char("Reference", readonly=True, copy=False, index='trigram')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one('res.partner', "Vendor", required=True, readonly=True, index=True, ondelete='restrict')
    warehouse_id = fields.Many2one('stock.warehouse', readonly=True, ondelete='restrict')
    user_id = fields.Many2one(
        'res.users', "Buyer", index='btree_not_null', domain=[('share', '=', False)], tracking=True,
        help="Sees to the claim. Told when the vendor takes too long.")
    vendor_ref = fields.Char(
        "RMA Number", tracking=True, copy=False, help="What the vendor calls this claim: it goes on the parcel.")
    note = fields.Text("Note to the Vendor", help="Printed on the claim.")
    line_ids = fields.One2many('returns.vendor.claim.line', 'claim_id', "Lines")  # guarded by its own fields and rights
    state = fields.Selection(
        [('draft', "To Ask"), ('asked', "Asked"), ('closed', "Answered"), ('cancelled', "Cancelled")], "Status",
        compute='_compute_state', store=True, index=True)
    date_asked = fields.Datetime("Asked On", readonly=True, copy=False)
    date_due = fields.Datetime("Answer Due", compute='_compute_date_due', store=True, index='btree_not_null')
    is_late = fields.Boolean("Late", compute='_compute_is_late', search='_search_is_late')
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(
        "Claimed", compute='_compute_amount', help="What we paid for the goods, without taxes, at today's rates.")
    picking_ids = fields.Many2many(
        'stock.picking', string="Transfers", compute='_compute_documents', compute_sudo=True)
    picking_count = fields.Integer(compute='_compute_counts')
    refund_ids = fields.Many2many(
        'account.move', string="Vendor Credit Notes", compute='_compute_documents', compute_sudo=True)
    refund_count = fields.Integer(compute='_compute_counts')
    request_ids = fields.Many2many(
        'returns.request', string="Returns", compute='_compute_documents', compute_sudo=True,
        search='_search_request_ids')
    request_count = fields.Integer(compute='_compute_counts')
    version = fields.Integer(readonly=True)

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('line_ids.state')
    def _compute_state(self):
        for claim in self:
            states = set(claim.line_ids.mapped('state'))
            claim.state = (
                'draft' if 'draft' in states else 'asked' if 'asked' in states
                else 'closed' if states & {'accepted', 'refused'} else 'cancelled' if states else 'draft')

    @api.depends('line_ids.date_due', 'line_ids.state')
    def _compute_date_due(self):
        for claim in self:
            dues = claim.line_ids.filtered(lambda line: line.state == 'asked').mapped('date_due')
            claim.date_due = min(filter(None, dues), default=False)

    @api.depends('date_due')
    def _compute_is_late(self):
        late = set(self.line_ids._filter_late().claim_id.ids)
        for claim in self:
            claim.is_late = claim.id in late

    @api.model
    def _search_is_late(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        late = fields.Domain('line_ids', 'any', self.env['returns.vendor.claim.line']._get_late_domain())
        return late if (operator == 'in') == (True in value) else ~late

    @api.depends('line_ids.amount', 'line_ids.state')
    def _compute_amount(self):
        for claim in self:
            claim.amount = sum(claim.line_ids.filtered(
                lambda line: line.state not in ('cancelled', 'refused')).mapped('amount'))

    @api.depends('line_ids.move_ids.picking_id', 'line_ids.refund_line_ids.move_id', 'line_ids.request_id')
    def _compute_documents(self):
        for claim in self:
            claim.picking_ids = claim.line_ids.move_ids.picking_id
            claim.refund_ids = claim.line_ids.refund_line_ids.move_id
            claim.request_ids = claim.line_ids.request_id

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('picking_ids', 'refund_ids', 'request_ids')
    def _compute_counts(self):
        for documents, count in (
                ('picking_ids', 'picking_count'), ('refund_ids', 'refund_count'), ('request_ids', 'request_count')):
            readable = self[documents]._filtered_access('read')
            for claim in self:
                claim[count] = len(claim[documents] & readable)

    @api.model
    def _search_request_ids(self, operator, value):
        return fields.Domain('line_ids.request_id', operator, value)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'state', 'date_due', 'version'}

    @api.model_create_multi
    def create(self, vals_list):
        claims = super().create(vals_list)
        for company, group in claims.grouped('company_id').items():
            for claim in group:
                claim._as_flow().name = self.env['ir.sequence'].with_company(company).next_by_code('returns.vendor.claim')
        return claims

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def _check_buyer(self):
        """:raise AccessError: neither purchase user nor returns manager, or another company's claim"""
        groups = ('purchase.group_purchase_user', 'returns_management.group_returns_manager')
        if not self.env.su and not any(self.env.user.has_group(group) for group in groups):
            raise AccessError(self.env._("Claims on vendors belong to purchase users. Ask an administrator for the right."))
        self.check_access('write')

    def action_ask(self):
        """The vendor was told what we claim: the answer is awaited, and its clock runs. Asked claims stay as they are.

        :raise AccessError: no purchase user
        """
        self._check_buyer()
        self._as_flow().line_ids._do_ask()
        return True

    def action_accept(self):
        """The vendor takes the goods back, all that it has not answered about.

        :raise UserError: nothing is open
        """
        self._check_buyer()
        self._get_open_lines()._do_accept()
        return True

    def action_refuse(self, comment):
        """The vendor does not take them, all that it has not answered about: they come back to quarantine.

        :param str comment: why not
        :raise UserError: nothing is open, or no reason is given
        """
        self._check_buyer()
        self._get_open_lines()._do_refuse(self._read_comment(comment))
        return True

    def action_wait(self, until, comment):
        """The vendor will answer by another day.

        :param until: the day
        :param str comment: who said so
        :raise UserError: nothing was asked, the day is past, or no reason is given
        """
        self._check_buyer()
        comment = self._read_comment(comment)
        day = self._read_day(until, 366)
        if not day:
            raise UserError(self.env._("Choose a day from today up to a year ahead."))
        self._as_flow()._do_wait(day, comment)
        return True

    def action_propose_credit(self):
        """Make drafts of the credit notes that the vendor owes us for what left. What has one is left alone.

        :raise UserError: nothing of it left, or nothing was billed, and what follows from it
        """
        self._check_buyer()
        self._as_flow()._do_propose_credit()
        return True

    def _get_open_lines(self):
        """:return: the lines that the vendor has still to answer about, for the flow
        :raise UserError: there are none
        """
        lines = self._as_flow().line_ids.filtered(lambda line: line.state in ('draft', 'asked'))
        for claim in self:
            if not lines.filtered(lambda line, claim=claim: line.claim_id.id == claim.id):
                raise UserError(self.env._("%s is answered already.", claim.name))
        return lines

    @api.model
    def _read_comment(self, comment):
        if not isinstance(comment, str) or not comment.strip():
            raise UserError(self.env._("Say what the vendor said."))
        return comment.strip()

    def action_view_pickings(self):
        return self._view('picking_ids', self.env._("Transfers"))

    def action_view_refunds(self):
        return self._view('refund_ids', self.env._("Vendor Credit Notes"))

    def action_view_requests(self):
        return self._view('request_ids', self.env._("Returns"))

    def _view(self, documents, name):
        self.ensure_one()
        self.check_access('read')
        records = self[documents]
        return self.env['returns.request']._get_records_action(self.env[records._name].browse(records.ids), name)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _prepare_back_vals(self, place, lines):
        """Values of the transfer that brings back into ``place`` what the vendor did not take of ``lines``."""
        self.ensure_one()
        moves = lines._get_sent_moves()
        return {
            'picking_type_id': self.warehouse_id.in_type_id.id, 'partner_id': self.partner_id.id, 'origin': self.name,
            'company_id': self.company_id.id, 'location_id': moves[:1].location_dest_id.id, 'location_dest_id': place.id,
            'return_id': moves[:1].picking_id.id,
            'move_ids': [fields.Command.create({
                **line._prepare_back_move_vals(move, place), 'picking_type_id': self.warehouse_id.in_type_id.id})
                for line in lines for move in line._get_sent_moves()],
        }

    def _lock(self):
        """The returns whose goods these are, then the claims."""
        self.line_ids.request_line_id._lock()
        self._lock_rows()

    def _do_wait(self, day, comment):
        self._lock()
        for claim in self:
            asked = claim.line_ids.filtered(lambda line: line.state == 'asked')
            if not asked:
                raise UserError(self.env._("%s: nothing is asked of the vendor.", claim.name))
            asked._set_due(fields.Datetime.to_datetime(day).replace(hour=23, minute=59))
            claim.message_post(body=self.env._("The vendor answers by %(day)s: %(comment)s", day=day, comment=comment))

    def _do_propose_credit(self):
        self._lock()
        for claim in self:
            lines = claim.line_ids._filter_to_credit()
            if not lines:
                raise UserError(self.env._(
                    "%s: there is nothing to credit: the goods did not leave yet, were not taken, or have a credit note.",
                    claim.name))
            if not lines._propose_credit():
                raise UserError(self.env._("%(claim)s: %(why)s", claim=claim.name, why=lines._get_why_not_credited()))
        self._follow_credits()

    def _follow_credits(self):
        """Of claims that nothing is to be credited of any more nothing failed."""
        self.env['returns.follow.up']._resolve(
            'vendor_credit', self.filtered(lambda claim: not claim.line_ids._filter_to_credit()))
