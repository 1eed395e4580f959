# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.fields import Domain


class ReturnsStep(models.Model):
    """A step before disposal: may these inspected goods go where the inspector sends them?

    It decides about goods only. Rejected, they stay in quarantine until another disposition is chosen.
    """
    _inherit = 'returns.step'

    inspection_ids = fields.Many2many(
        'returns.inspection', 'returns_step_inspection_rel', string="Goods to Dispose Of", readonly=True)
    disposition_id = fields.Many2one(
        'returns.disposition', readonly=True, ondelete='restrict', index='btree_not_null',
        help="Where the goods would go.")

    @api.model_create_multi
    def create(self, vals_list):
        steps = super().create(vals_list)
        for step in steps.filtered('inspection_ids'):
            step.inspection_ids.write({'disposal_step_id': step.id})
        return steps

    @api.depends('inspection_ids.quantity', 'disposition_id')
    def _compute_amount(self):
        super()._compute_amount()
        for step in self.filtered('inspection_ids'):
            step.amount = sum(
                line.amount_company * inspection.quantity / line._to_product_uom(line.quantity)
                for inspection in step.inspection_ids for line in inspection.request_line_id)
            step.product_note = ", ".join(
                f"{inspection.quantity:.10g} × {inspection.product_id.display_name}: {step.disposition_id.name}"
                for inspection in step.inspection_ids)

    @api.model
    def _get_handled_domain(self):
        chosen = self.env['returns.inspection'].sudo()._search(
            Domain('inspector_id', '=', self.env.uid) | Domain('chooser_id', '=', self.env.uid))
        return super()._get_handled_domain() | Domain('phase', '=', 'dispose') & Domain('inspection_ids', 'in', chosen)

    def _get_handlers(self):
        """Who inspected the goods, or chose where they go, does not approve it either."""
        handlers = super()._get_handlers()
        if self.phase == 'dispose' and not self.request_id.company_id.returns_allow_own_decision:
            handlers |= self.inspection_ids.inspector_id | self.inspection_ids.chooser_id
        return handlers

    @api.model
    def _cron_follow_clocks(self, batch=200):
        super()._cron_follow_clocks(batch)
        self.env['returns.discrepancy']._cron_follow_cases(batch)

    def _get_pending_inspections(self):
        """:return: the goods that still wait for this step"""
        return self.inspection_ids.filtered(
            lambda inspection: inspection.disposal_step_id == self)._get_pending_disposal()

    def _get_live_lines(self):
        if self.phase != 'dispose':
            return super()._get_live_lines()
        return self._get_pending_inspections().request_line_id

    def _carry_out_rejection(self):
        if self.phase != 'dispose':
            return super()._carry_out_rejection()
        return self._get_pending_inspections()._keep(self._get_rejection_note())
