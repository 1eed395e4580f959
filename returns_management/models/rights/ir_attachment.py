# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    """What a decision rests on stays as it was: evidence of a submitted return is neither changed nor deleted."""
    _inherit = 'ir.attachment'

    def write(self, vals):
        if not {'raw', 'datas', 'db_datas', 'store_fname', 'mimetype', 'name', 'url', 'type', 'res_model', 'res_id',
                'res_field'}.isdisjoint(vals):
            self._refuse_returns_evidence()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_returns_evidence(self):
        self._refuse_returns_evidence()

    def _refuse_returns_evidence(self):
        """:raise UserError: one of these files is evidence of a return that has been submitted"""
        if self.env.su or not any(file.res_model == 'returns.request' for file in self.sudo()):
            return
        request = self.env['returns.request'].sudo().search(
            [('evidence_ids', 'in', self.ids), '|', ('state', '!=', 'draft'), ('round', '>', 1)], limit=1)
        if request:
            raise UserError(self.env._(
                "%(file)s is evidence of %(request)s, which has been submitted: it stays as it is. Add another file "
                "instead.", file=(request.evidence_ids & self.sudo())[:1].name, request=request.name))
