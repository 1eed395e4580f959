# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

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
    date_to = fields.Datetime("Until", readonly=True, help="Empty while the clocks still stand.")

    _one_open = models.UniqueIndex("(request_id) WHERE date_to IS NULL", "The clocks of this return stand already.")
    _order_of_dates = models.Constraint('CHECK (date_to IS NULL OR date_to >= date_from)', "A pause ends after it began.")

    def _compute_display_name(self):
        labels = dict(self._fields['reason']._description_selection(self.env))
        for pause in self:
            pause.display_name = f"{labels.get(pause.reason)}: {pause.note}" if pause.note else labels.get(pause.reason)

    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))
