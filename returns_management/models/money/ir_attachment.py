# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = 'ir.attachment'

    def _refuse_returns_evidence(self):
        """What proves that a customer was paid stays with the pay-out.

        :raise UserError: one of these files belongs to a pay-out that is paid
        """
        super()._refuse_returns_evidence()
        if self.env.su or 'returns.payout' not in self.sudo().mapped('res_model'):
            return
        payout = self.env['returns.payout'].sudo().search(
            [('evidence_ids', 'in', self.ids), '|', ('state', '=', 'done'), ('matched_line_id', '!=', False)], limit=1)
        if payout:
            raise UserError(self.env._(
                "%(file)s proves the pay-out %(payout)s: it stays as it is. Add another file instead.",
                file=(payout.evidence_ids & self.sudo())[:1].name, payout=payout.display_name))
