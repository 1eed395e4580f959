# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    settlement_ids = fields.One2many(
        'returns.settlement', 'request_id', "Settlements", readonly=True, copy=False)
    refund_ids = fields.Many2many(
        'account.move', string="Credit Notes", compute='_compute_refund_ids', compute_sudo=True)
    refund_count = fields.Integer(compute='_compute_refund_count')
    exchange_picking_ids = fields.Many2many(
        'stock.picking', string="Exchanges", compute='_compute_exchange_picking_ids', compute_sudo=True)
    exchange_count = fields.Integer(compute='_compute_exchange_count')
    may_settle = fields.Boolean(compute='_compute_may_settle', compute_sudo=True, search='_search_may_settle')

    @api.depends('settlement_ids.refund_line_id', 'settlement_ids.kind')
    def _compute_refund_ids(self):
        for request in self:
            request.refund_ids = request.settlement_ids.filtered(
                lambda settlement: settlement.kind != 'outside').refund_line_id.move_id

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('refund_ids')
    def _compute_refund_count(self):
        self._count_readable('refund_ids', 'refund_count')

    @api.depends('settlement_ids.move_id.picking_id', 'settlement_ids.exchange_line_id.order_id.picking_ids')
    def _compute_exchange_picking_ids(self):
        for request in self:
            moves = request.line_ids.move_ids.filtered(lambda move: move._returns_is_replacement())
            request.exchange_picking_ids = moves.picking_id | request.exchange_order_ids.picking_ids.filtered(
                lambda picking: picking.picking_type_code == 'outgoing')

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('exchange_picking_ids')
    def _compute_exchange_count(self):
        self._count_readable('exchange_picking_ids', 'exchange_count')

    @api.depends('line_ids.quantity_accepted', 'line_ids.quantity_advanced', 'line_ids.quantity_settled',
                 'line_ids.state')
    def _compute_may_settle(self):
        ready = self._get_lines_to_settle()
        for request in self:
            request.may_settle = bool(request.line_ids & ready)

    def _get_lines_to_settle(self):
        """:return: the lines of these requests of which something can be settled now"""
        return self.line_ids.filtered(lambda line: line._get_quantity_to_settle() > 0)._filter_cleared()

    @api.model
    def _search_may_settle(self, operator, value):
        """The same as :meth:`_compute_may_settle`. Of lines in settlement nobody has to decide any more, so the database
        finds them; those of which only a part is here, always few, are asked one and all.
        """
        if operator not in ('in', 'not in'):
            return NotImplemented
        unsettled = Domain.custom(to_sql=lambda model, alias, query: SQL(
            "%s + %s > %s", *(model._field_to_sql(alias, name, query) for name in (
                'quantity_accepted', 'quantity_advanced', 'quantity_settled'))))
        lines = self.env['returns.request.line'].sudo()
        in_part = lines.search(Domain('state', 'in', ('approved', 'received')) & unsettled)._filter_cleared()
        ready = Domain(
            'line_ids', 'any!', Domain('state', '=', 'settlement') & unsettled | Domain('id', 'in', in_part.ids))
        return ready if (operator == 'in') == (True in value) else ~ready

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_settle(self):
        """Carry out what was accepted: credit notes, exchanges. What is settled already stays as it is.

        Credit notes are posted where the company's ``returns_refund_posting`` says so and a person
        presses; what a cron or other code settles as superuser stays a draft.

        :raise AccessError: not a returns accountant
        :raise UserError: an invoice stands in the way, and what to do about it
        """
        self._check_role('returns_management.group_returns_accountant', operation='read')
        self._as_flow()._do_settle(post=not self.env.su)
        return True

    def action_view_refunds(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['account.move'].browse(self.refund_ids.ids), self.env._("Credit Notes"))

    def action_view_exchanges(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['stock.picking'].browse(self.exchange_picking_ids.ids), self.env._("Exchanges"))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _do_settle(self, post=False):
        """:param bool post: an accountant settles: post where the company posts"""
        self.line_ids._lock(self.line_ids._get_rival_balances())
        ready = self._get_lines_to_settle()
        for request in self:
            if request.state in ('draft', 'review', 'rejected', 'cancelled') and not request.line_ids & ready:
                raise UserError(self.env._(
                    "%(request)s is %(state)s: there is nothing to settle.", request=request.name,
                    state=request._get_state_label().lower()))
        settlements = ready._settle()
        if post:
            self._post_credit_notes(settlements)
        self.line_ids._advance()

    @api.model
    def _post_credit_notes(self, settlements):
        """Post the notes just made, but for those that an accountant has to look at first."""
        notes = settlements.filtered(lambda settlement: (
            settlement.invoice_line_id or settlement._is_priced())).refund_line_id.move_id.filtered(
            lambda note: note.company_id.returns_refund_posting == 'posted')
        for note, excess in notes._returns_get_excesses().items():
            note.message_post(body=excess)
            notes -= note
        if notes:
            notes.action_post()

    def _ask_for_price(self):
        """One activity for who pays these requests out: what is paid has to be typed before anybody decides on it."""
        kind = self.env.ref('returns_management.mail_activity_type_price')
        asked = self.filtered(lambda request: kind not in request.activity_ids.activity_type_id)
        owners = asked._find_stage_owners('payout')
        asked.mapped('display_name')
        vals_list = []
        for request in asked:
            owner = owners[request]
            if not owner.has_group('returns_management.group_returns_accountant'):
                owner = request.company_id._get_returns_managers()[:1]
            if owner:
                vals_list.append({
                    'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': request.id,
                    'activity_type_id': kind.id, 'user_id': owner.id, 'automated': True,
                    'summary': self.env._("No invoice is known: type price and tax"),
                    'date_deadline': fields.Date.context_today(request.with_context(tz=owner.tz))})
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(vals_list)

    def _update_refunded(self):
        for request in self:
            refunded = sum(request.line_ids.mapped('amount_refunded'))
            vals = {}
            if request.currency_id.compare_amounts(refunded, request.amount_refunded):
                vals['amount_refunded'] = refunded
                vals['date_refunded'] = fields.Datetime.now() if refunded else False
            if vals:
                request._write_flow(vals)

    def _get_payout_methods(self):
        """How the customer paid is how they are paid back; who has not paid is credited like anybody else."""
        methods = super()._get_payout_methods()
        for request in self:
            for line in request.line_ids.filtered(lambda line: line.state not in ('rejected', 'cancelled')):
                if line.resolution in ('store_credit', 'exchange'):
                    methods[request].add(line.resolution)
                elif line.resolution == 'refund':
                    methods[request] |= line.sale_line_id.invoice_lines.move_id.filtered(lambda move: (
                        move.move_type == 'out_invoice' and move.state == 'posted'))._returns_get_payment_methods()
        return methods

    def _note_reception(self, receipts):
        super()._note_reception(receipts)
        self._promise_refund()

    def _promise_refund(self, seen=False):
        """Set until when the customer has the money, where nothing is promised yet. See :meth:`_get_refund_dues`."""
        undated = self.filtered(lambda request: not request.date_refund_due)
        for due, requests in undated.grouped(undated._get_refund_dues(fields.Datetime.now(), seen).get).items():
            requests._write_flow({'date_refund_due': due})

    def _follow_early_refunds(self):
        """What can be settled before the goods are seen, because they stay with the customer or in advance, has its
        promise from the approval on. Once it is kept, what comes later gets a promise of its own.
        """
        early = self.filtered(lambda request: not request.date_refund_due and any(
            line.state in ('approved', 'settlement') and line._get_quantity_to_settle() > 0
            for line in request.line_ids))
        if early:
            early._promise_refund(seen=True)
        kept = (self - early).filtered(lambda request: (
            request.date_refund_due
            and (request.state == 'approved' or any(line.quantity_missing for line in request.line_ids))
            and not any(line._get_quantity_to_settle() > 0 for line in request.line_ids)
            and 'planned' not in request.settlement_ids.mapped('state')
            and not any(inspection.state == 'draft' and not inspection.previous_id
                        for inspection in request.inspection_ids)))
        if kept:
            kept._write_flow({'date_refund_due': False})
