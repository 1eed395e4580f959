# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..vocabulary import PAUSE_REASONS


class ReturnsPause(models.Model):
    """The clocks of a return standing still, and why. Kept for good: it explains later deadlines."""
    _name = 'returns.pause'
    _description = "Return Clock Pause"
    _inherit = ['returns.guard']
    _order = 'date_from desc, id desc'

    request_id = fields.Many2one('returns.request', required=True, index=True, ondelete='cascade', readonly=True)
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    reason = fields.Selection(PAUSE_REASONS, required=True, readonly=True)
    note = fields.Char(readonly=True)
    user_id = fields.Many2one('res.users', "Paused By", required=True, ondelete='restrict', readonly=True)
    date_from = fields.Datetime("From", required=True, readonly=True)
    date_until = fields.Date(
        "Wait Until", readonly=True, index='btree_not_null', help="From then on whoever stopped the clocks is asked to look.")
    is_told = fields.Boolean(readonly=True, help="They were.")
    date_to = fields.Datetime("Until", readonly=True, help="Empty while the clocks still stand.")

    _one_open = models.UniqueIndex("(request_id) WHERE date_to IS NULL", "The clocks of this return stand already.")
    _order_of_dates = models.Constraint('CHECK (date_to IS NULL OR date_to >= date_from)', "A pause ends after it began.")

    def _compute_display_name(self):
        labels = dict(self._fields['reason']._description_selection(self.env))
        for pause in self:
            pause.display_name = f"{labels.get(pause.reason)}: {pause.note}" if pause.note else labels.get(pause.reason)

    @api.model
    def _get_forgotten_domain(self):
        """:return: domain of the pauses that last longer than was meant, and nobody was told yet"""
        return (fields.Domain('date_to', '=', False) & fields.Domain('is_told', '=', False)
                & fields.Domain('date_until', '<', fields.Date.today()))

    def _tell_forgotten(self):
        """One activity for whoever stopped the clocks, or is responsible for the return, or a manager."""
        model_id, kind = self.env['ir.model']._get_id('returns.request'), 'returns_management.mail_activity_type_late'
        owners = {
            pause: pause.user_id.filtered('active') or pause.request_id.user_id.filtered('active')
            or pause.request_id.company_id._get_returns_managers()[:1] for pause in self}
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': model_id, 'res_id': pause.request_id.id, 'activity_type_id': self.env.ref(kind).id,
            'user_id': owner.id, 'summary': self.env._("The clocks still stand: %s", pause.display_name),
            'date_deadline': pause.date_until,
        } for pause, owner in owners.items() if owner])
        self.write({'is_told': True})

    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))
