# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsPolicyRule(models.Model):
    _inherit = 'returns.policy.rule'

    accept_at_vendor = fields.Boolean(
        "Accept at the Vendor", help="Goods that customers send to the vendor directly are accepted as soon as they are "
        "there. Otherwise an inspector enters what the vendor says of them.")

    @api.depends('accept_at_vendor')
    def _compute_terms_note(self):
        super()._compute_terms_note()

    def _get_terms_note(self):
        note = super()._get_terms_note()
        if not (self.is_returnable and self.accept_at_vendor):
            return note
        return self.env._("%s; sent to the vendor: accepted on arrival.", note.rstrip("."))
