# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..vocabulary import RESPONSIBILITIES


class ReturnsLiability(models.Model):
    """One party's share in the responsibility for what an inspection found."""
    _name = 'returns.liability'
    _description = "Return Share of Responsibility"
    _inherit = ['returns.guard']
    _order = 'inspection_id, share desc, id'

    inspection_id = fields.Many2one('returns.inspection', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='inspection_id.company_id', store=True, index=True, precompute=True)
    responsibility = fields.Selection(RESPONSIBILITIES, required=True, index=True)
    share = fields.Float("Share (%)", digits=(5, 2), required=True, aggregator='avg')
    note = fields.Char(help="Why, for our own people.")

    _share_percent = models.Constraint(
        'CHECK (share > 0 AND share <= 100)', "A share of the responsibility is more than 0 % and at most 100 %.")
    _one_share_each = models.UniqueIndex(
        '(inspection_id, responsibility)', "Each party has one share in the responsibility. Change the one that is there.")

    # ------------------------------------------------------------------
    # CRUD: shares belong to the findings
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        liabilities = super().create(vals_list)
        liabilities._open_findings()
        return liabilities

    def write(self, vals):
        if not self.env.su and 'inspection_id' in vals and set(self.inspection_id.ids) - {vals['inspection_id']}:
            raise UserError(self.env._("A share stays with its inspection. Add one to the other instead."))
        self.check_access('write')
        self._open_findings()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_done(self):
        self._open_findings()

    def _open_findings(self):
        if not self.env.su:
            self.inspection_id.check_access('write')
            self.inspection_id._open_finding()
