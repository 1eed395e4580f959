# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from odoo.addons.returns_management.tools import clock


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    repair_ids = fields.Many2many(
        'repair.order', string="Repairs", compute='_compute_repair_ids', compute_sudo=True)
    repair_count = fields.Integer(compute='_compute_repair_count')
    date_repair_due = fields.Datetime(
        "Repair Due", readonly=True, copy=False, index='btree_not_null',
        help="Of what is being repaired, the earliest.")

    @api.depends('inspection_ids.repair_ids')
    def _compute_repair_ids(self):
        for request in self:
            request.repair_ids = request.inspection_ids.repair_ids

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('repair_ids')
    def _compute_repair_count(self):
        self._count_readable('repair_ids', 'repair_count')

    def action_view_repairs(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['repair.order'].browse(self.repair_ids.ids), self.env._("Repairs"))

    # ------------------------------------------------------------------
    # The clock
    # ------------------------------------------------------------------

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'date_repair_due'}

    @api.model
    def _get_stages(self):
        return (*super()._get_stages(), *(
            (state, 'repair', 'date_repair_due') for state in ('approved', 'received', 'final_review', 'settlement')))

    @api.depends('date_repair_due')
    def _compute_is_late(self):
        super()._compute_is_late()

    @api.depends('date_repair_due')
    def _compute_date_due(self):
        super()._compute_date_due()

    def _update_repair_due(self):
        """``date_repair_due`` = when the first of the open repairs is due. Once it moves, who was told is told anew."""
        for request in self:
            open_repairs = request.repair_ids._filter_open()
            due = min(filter(None, open_repairs.mapped('returns_date_due')), default=False)
            if due != request.date_repair_due:
                request._write_flow({'date_repair_due': due})
                if 'repair' in (request.stages_told_late or ''):
                    request._forget_late()

    def _do_resume(self):
        """Each repair has its own clock, from when it began."""
        pauses = self.pause_ids.filtered(lambda pause: not pause.date_to)
        super()._do_resume()
        for pause in pauses.filtered('date_to'):
            for repair in pause.request_id.repair_ids._filter_open().filtered('returns_date_due'):
                repair.returns_date_due = clock.extend(
                    repair.returns_date_due, [(pause.date_from, pause.date_to)], start=repair.returns_date_begun)
        pauses.request_id._update_repair_due()

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    def _get_waiting_note(self):
        """Goods in repair are what the return waits for, whatever else is done."""
        repairs = self.sudo().repair_ids._filter_open()
        if self.state == 'settlement' and not self.may_settle and repairs:
            return self.env._("Being repaired: %s.", ", ".join(repairs.mapped('name')))
        return super()._get_waiting_note()

    def _get_resolution_words(self):
        is_back = any(self.sudo().inspection_ids.mapped('is_given_back'))
        return {**super()._get_resolution_words(), 'repair': (
            self.env._("On its way back to you") if is_back else self.env._("Being repaired"))}

    def _get_settled_sentences(self):
        return {**super()._get_settled_sentences(), 'repair': self.env._("We sent your goods back to you.")}

    def _get_money_title(self, resolutions):
        if 'repair' not in resolutions:
            return super()._get_money_title(resolutions)
        if resolutions == {'repair'}:
            return self.env._("Repaired and sent back")
        return self.env._("%s, and repair", super()._get_money_title(resolutions - {'repair'}))

    def _prepare_customer_promises(self):
        promises = super()._prepare_customer_promises()
        if self.date_repair_due and self.line_ids.filtered(lambda line: line.resolution == 'repair'):
            promises.append((self.env._("Repaired by"), self._show_date(self.date_repair_due)))
        return promises
