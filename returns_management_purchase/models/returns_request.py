# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from odoo.addons.returns_management.tools import clock


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    vendor_claim_ids = fields.Many2many(
        'returns.vendor.claim', string="Vendor Claims", compute='_compute_vendor_claim_ids', compute_sudo=True)
    vendor_claim_count = fields.Integer(compute='_compute_vendor_claim_count')

    @api.depends('inspection_ids.vendor_line_ids')
    def _compute_vendor_claim_ids(self):
        for request in self:
            request.vendor_claim_ids = request.inspection_ids.vendor_line_ids.claim_id

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('vendor_claim_ids')
    def _compute_vendor_claim_count(self):
        self._count_readable('vendor_claim_ids', 'vendor_claim_count')

    def action_view_vendor_claims(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['returns.vendor.claim'].browse(self.vendor_claim_ids.ids), self.env._("Vendor Claims"))

    def _do_resume(self):
        """What a vendor is asked about goods of this return has its own clock, from when it was asked."""
        pauses = self.pause_ids.filtered(lambda pause: not pause.date_to)
        super()._do_resume()
        for pause in pauses.filtered('date_to'):
            lines = pause.request_id.inspection_ids.vendor_line_ids
            for line in lines.filtered(lambda line: line.state == 'asked' and line.date_due):
                due = clock.extend(line.date_due, [(pause.date_from, pause.date_to)], start=line.date_asked)
                if due != line.date_due:
                    line._set_due(due)

    def _get_waiting_note(self):
        waiting = self.sudo().inspection_ids.vendor_line_ids.filtered(
            lambda line: line.state in ('draft', 'asked', 'accepted') and not line._get_sent_moves())
        if self.state == 'settlement' and not self.may_settle and waiting:
            return self.env._("The goods wait to be sent to %s.", ", ".join(waiting.partner_id.mapped('display_name')))
        return super()._get_waiting_note()
