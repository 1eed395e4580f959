# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def _refuse_returns_evidence(self):
        """What proves that goods were destroyed stays with the signed record.

        :raise UserError: one of these files belongs to a destruction record that is signed
        """
        super()._refuse_returns_evidence()
        if self.env.su or not any(file.res_model == 'returns.destruction' for file in self.sudo()):
            return
        record = self.env['returns.destruction'].sudo().search(
            [('file_ids', 'in', self.ids), ('state', '=', 'done')], limit=1)
        if record:
            raise UserError(self.env._(
                "%(file)s belongs to %(record)s, which is signed: it stays as it is.",
                file=(record.file_ids & self.sudo())[:1].name, record=record.name))
