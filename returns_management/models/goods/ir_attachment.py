# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class IrAttachment(models.Model):
    """Photos of an inspection that is done stay, as the findings do."""
    _inherit = 'ir.attachment'

    def _refuse_returns_evidence(self):
        super()._refuse_returns_evidence()
        if self.env.su or not any(
                file.res_model in ('returns.inspection', 'returns.inspection.check') for file in self.sudo()):
            return
        inspection = self.env['returns.inspection'].sudo().search(
            Domain('state', '=', 'done') & (
                Domain('photo_ids', 'in', self.ids) | Domain('check_ids.photo_ids', 'in', self.ids)), limit=1)
        if inspection:
            raise UserError(self.env._(
                "%s is inspected: its photos stay as they are.", inspection.display_name))
