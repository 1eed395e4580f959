# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def _refuse_returns_evidence(self):
        """Photos of an inspection that is done stay, as the findings do; what proves that goods were destroyed stays with
        the signed record.

        :raise UserError: one of these files belongs to such an inspection, or to such a record
        """
        super()._refuse_returns_evidence()
        models_named = set() if self.env.su else set(self.sudo().mapped('res_model'))
        if models_named & {'returns.inspection', 'returns.inspection.check'}:
            self._refuse_inspection_photos()
        if 'returns.destruction' in models_named:
            self._refuse_destruction_files()

    def _refuse_inspection_photos(self):
        inspection = self.env['returns.inspection'].sudo().search(
            Domain('state', '=', 'done') & (
                Domain('photo_ids', 'in', self.ids) | Domain('check_ids.photo_ids', 'in', self.ids)), limit=1)
        if inspection:
            raise UserError(self.env._(
                "%s is inspected: its photos stay as they are.", inspection.display_name))

    def _refuse_destruction_files(self):
        record = self.env['returns.destruction'].sudo().search(
            [('file_ids', 'in', self.ids), ('state', '=', 'done')], limit=1)
        if record:
            raise UserError(self.env._(
                "%(file)s belongs to %(record)s, which is signed: it stays as it is.",
                file=(record.file_ids & self.sudo())[:1].name, record=record.name))
