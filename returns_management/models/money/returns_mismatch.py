# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging

from psycopg2 import IntegrityError, OperationalError

from odoo import api, fields, models
from odoo.tools import SQL

_logger = logging.getLogger(__name__)

#: Where a run of the check that had no time left goes on.
POSITION = 'returns_management.ledger_position'


class ReturnsMismatch(models.Model):
    """Two places that must say the same about a return, and do not.

    Quantities and amounts of returns are written by the steps that move goods and money. This list is what a check of all
    of them against stock moves, inspections and journal entries finds, and it is empty after any normal history. What a
    check of kind x finds is told by ``_find_x``, see :meth:`_get_ledger_checks`.
    """
    _name = 'returns.mismatch'
    _description = "Ledger Mismatch"
    _inherit = ['returns.guard']
    _order = 'state, id desc'

    kind = fields.Selection([
        ('received', "Received"), ('accepted', "Accepted"), ('settled', "Settled"), ('refunded', "Refunded"),
        ('balance', "Balance"), ('credit_note', "Settlement and credit note"), ('amount', "Credited amount"),
        ('invoice', "Credited and invoiced"), ('invoice_line', "Credited and invoiced pieces"),
        ('on_hand', "On hand in the returns location"),
    ], required=True, readonly=True, index=True)
    cause = fields.Text(required=True, readonly=True)
    expected = fields.Float(digits=0, readonly=True, help="What goods, inspections and entries add up to.")
    found = fields.Float(digits=0, readonly=True, help="What the return says.")
    state = fields.Selection(
        [('open', "Open"), ('resolved', "Resolved")], "Status", default='open', required=True, readonly=True, index=True)
    date_found = fields.Datetime("Found On", default=fields.Datetime.now, required=True, readonly=True)
    date_seen = fields.Datetime(
        "Last Seen", default=fields.Datetime.now, required=True, readonly=True, help="By the last check that looked.")
    date_resolved = fields.Datetime("Resolved On", readonly=True, help="A check looked again, and it was gone.")
    key = fields.Char(required=True, readonly=True, help="Kind, record and part: what stands in the list once while open.")
    anchor = fields.Integer(required=True, readonly=True, help="The record that the check of this kind came by.")

    # === Documents === #
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    request_id = fields.Many2one(
        'returns.request', "Return", readonly=True, index='btree_not_null', ondelete='set null')
    request_line_id = fields.Many2one(
        'returns.request.line', "Return Line", readonly=True, index='btree_not_null', ondelete='set null')
    settlement_id = fields.Many2one(
        'returns.settlement', readonly=True, index='btree_not_null', ondelete='set null')
    move_id = fields.Many2one(
        'account.move', "Credit Note or Invoice", readonly=True, index='btree_not_null', ondelete='set null')
    balance_id = fields.Many2one('returns.balance', readonly=True, index='btree_not_null', ondelete='set null')
    product_id = fields.Many2one('product.product', readonly=True, index='btree_not_null', ondelete='set null')
    location_id = fields.Many2one('stock.location', readonly=True, index='btree_not_null', ondelete='set null')

    _key_uniq = models.UniqueIndex(
        "(key) WHERE state = 'open'", "Somebody else is just checking the same. Look again.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))

    @api.depends('kind', 'request_id.name', 'product_id.display_name')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for mismatch in self:
            about = mismatch.request_id.name or mismatch.product_id.display_name
            mismatch.display_name = " · ".join(filter(None, (labels.get(mismatch.kind), about)))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_check(self):
        """Look again at what these are about: what is gone is resolved.

        :raise AccessError: no returns accountant
        """
        self.env['returns.request'].browse()._check_role('returns_management.group_returns_accountant', operation='read')
        self.check_access('read')
        mismatches = self._as_flow()
        for kind, found in mismatches.filtered(lambda mismatch: mismatch.state == 'open').grouped('kind').items():
            found._check(kind, sorted(set(found.mapped('anchor'))))
        return True

    # ------------------------------------------------------------------
    # Checking
    # ------------------------------------------------------------------

    @api.model
    def _get_ledger_checks(self):
        """What is checked. Whoever adds a kind x adds it to ``kind``, here, and as a method ``_find_x(ids)``: it gets ids
        of records of the model named here, and returns values of what it finds wrong about them, as a list of dicts with
        ``anchor`` (one of the ids), ``company_id``, ``cause``, ``expected``, ``found``, links to the documents, and
        ``part`` where one record can have several.

        :return: {kind: name of the model whose records are gone through}
        """
        return {
            'received': 'returns.request.line', 'accepted': 'returns.request.line', 'settled': 'returns.request.line',
            'refunded': 'returns.request', 'balance': 'returns.balance', 'credit_note': 'returns.settlement',
            'amount': 'returns.settlement', 'invoice': 'returns.settlement', 'invoice_line': 'returns.settlement',
            'on_hand': 'product.product',
        }

    @api.model
    def _get_records_to_check(self, requests):
        """:return: {model name: its records that tell about ``requests``}, for :meth:`_get_ledger_checks`"""
        return {
            'returns.request': requests, 'returns.request.line': requests.line_ids,
            'returns.balance': requests.line_ids.balance_id, 'returns.settlement': requests.settlement_ids,
            'product.product': requests.line_ids.product_id,
        }

    @api.model
    def _check_requests(self, requests):
        """Check all that tells about ``requests``.

        :return: the open mismatches found
        """
        records = self._get_records_to_check(requests)
        found = self.browse()
        for kind, model in self._get_ledger_checks().items():
            # a note or an invoice is looked at when its first settlement comes by, perhaps another return's
            ids = self._widen(records[model]).ids if model == 'returns.settlement' else records[model].ids
            if ids:
                found |= self._check(kind, ids)
        return found

    @api.model
    def _widen(self, settlements):
        """:return: ``settlements`` and all others about the same credit notes and invoices"""
        return settlements | settlements.search([
            '|', ('refund_line_id.move_id', 'in', settlements.refund_line_id.move_id.ids),
            ('invoice_line_id.move_id', 'in', settlements.invoice_line_id.move_id.ids)])

    @api.model
    def _check(self, kind, ids):
        """Look at ``ids`` of the model of ``kind``, and bring the list in line with what is found.

        :return: the open mismatches found
        """
        self.env.flush_all()
        rows = {}
        for row in getattr(self, f'_find_{kind}')(ids):
            part = row.pop('part', False)
            rows["/".join(str(name) for name in (kind, row['anchor'], part) if name)] = row
        known = self.search([('kind', '=', kind), ('state', '=', 'open'), ('anchor', 'in', ids)])
        now = fields.Datetime.now()
        gone = known.filtered(lambda mismatch: mismatch.key not in rows)
        gone.write({'state': 'resolved', 'date_resolved': now})
        for mismatch in known - gone:
            row = rows.pop(mismatch.key)
            mismatch.write({'date_seen': now, **{
                name: row[name] for name in ('cause', 'expected', 'found') if row[name] != mismatch[name]}})
        return known - gone | self.create([
            {**row, 'kind': kind, 'key': key, 'date_found': now, 'date_seen': now} for key, row in rows.items()])

    # ------------------------------------------------------------------
    # Every night
    # ------------------------------------------------------------------

    @api.model
    def _cron_check_ledger(self, batch=1000):
        """Check everything, ``batch`` records at once, each batch committed by itself.

        A run that has no time left goes on where it stopped. A batch that meets another transaction is left to the next
        night.
        """
        mismatches = self._as_flow()
        checks = mismatches._get_ledger_checks()
        stopped, last = mismatches._take_up()
        kinds = list(checks)
        for kind in kinds[kinds.index(stopped) if stopped in kinds else 0:]:
            while ids := mismatches._get_next_ids(checks[kind], last, batch):
                last = ids[-1]
                try:
                    mismatches._check(kind, ids)
                except (OperationalError, IntegrityError) as error:
                    self.env.cr.rollback()
                    _logger.info("Ledger check of %s %s-%s left to the next run: %s", kind, ids[0], last, error)
                if not self.env['ir.cron']._commit_progress(len(ids)):
                    mismatches._stop_at(kind, last)
                    return
            mismatches._resolve_without_anchor(kind, checks[kind])
            last = 0
        self.env['ir.cron']._commit_progress(remaining=0)

    @api.model
    def _take_up(self):
        """:return: (kind, id) after which the last run had no time left"""
        position = self.env['ir.config_parameter'].search([('key', '=', POSITION)])
        kind, _slash, last = (position.value or '').partition('/')
        position.unlink()
        return kind, int(last) if last.isdigit() else 0

    @api.model
    def _stop_at(self, kind, last):
        self.env['ir.config_parameter'].set_param(POSITION, f'{kind}/{last}')
        self.env['ir.cron']._commit_progress(remaining=1)  # called again soon

    @api.model
    def _get_next_ids(self, model, last, batch):
        """:return: the ids of ``batch`` records of ``model`` after ``last``"""
        table = self.env[model]._table
        condition = SQL()
        if model == 'product.product':
            condition = SQL("AND EXISTS (SELECT FROM returns_request_line line WHERE line.product_id = checked.id)")
        return [number for number, in self.env.execute_query(SQL(
            "SELECT checked.id FROM %s checked WHERE checked.id > %s %s ORDER BY checked.id LIMIT %s",
            SQL.identifier(table), last, condition, batch))]

    @api.model
    def _resolve_without_anchor(self, kind, model):
        """What a record said that is gone is no mismatch any more."""
        known = self.search([('kind', '=', kind), ('state', '=', 'open')])
        there = set(self.env[model].browse(known.mapped('anchor')).exists().ids)
        known.filtered(lambda mismatch: mismatch.anchor not in there).write({
            'state': 'resolved', 'date_resolved': fields.Datetime.now()})


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    mismatch_ids = fields.One2many(
        'returns.mismatch', 'request_id', "Mismatches", readonly=True, copy=False, domain=[('state', '=', 'open')],
        groups='returns_management.group_returns_accountant')
    mismatch_count = fields.Integer(
        compute='_compute_mismatch_count', compute_sudo=True,
        groups='returns_management.group_returns_accountant')

    @api.depends('mismatch_ids')
    def _compute_mismatch_count(self):
        counts = dict(self.env['returns.mismatch']._read_group(
            [('request_id', 'in', self.ids), ('state', '=', 'open')], ['request_id'], ['__count']))
        for request in self:
            request.mismatch_count = counts.get(request._origin, 0)

    def action_check_ledger(self):
        """Compare all quantities and amounts of these returns with goods, inspections and entries, now.

        :return: an action: the mismatches found, or a word that there are none
        :raise AccessError: no returns accountant
        """
        self._check_role('returns_management.group_returns_accountant', operation='read')
        found = self.env['returns.mismatch']._as_flow()._check_requests(self._as_flow())
        if found:
            return self._get_records_action(self.env['returns.mismatch'].browse(found.ids), self.env._("Mismatches"))
        return {
            'type': 'ir.actions.client', 'tag': 'display_notification',
            'params': {
                'type': 'success', 'message': self.env._("Quantities and amounts agree with goods and entries."),
                'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'},
            },
        }

    def action_view_mismatches(self):
        self.ensure_one()
        self._check_role('returns_management.group_returns_accountant', operation='read')
        return self._get_records_action(self.mismatch_ids, self.env._("Mismatches"))
