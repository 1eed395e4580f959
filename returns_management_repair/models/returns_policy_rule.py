# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsPolicyRule(models.Model):
    _inherit = 'returns.policy.rule'

    # Not from the start: what is published already must not promise more than on the day it was published.
    allow_repair = fields.Boolean()

    @api.depends('allow_repair')
    def _compute_allowed_resolutions(self):
        super()._compute_allowed_resolutions()

    @api.model
    def _get_resolutions(self):
        return (*super()._get_resolutions(), 'repair')

    @api.depends('allow_repair')
    def _compute_terms_note(self):
        super()._compute_terms_note()

    def _get_offered_words(self):
        return {**super()._get_offered_words(), 'repair': self.env._("repair")}

    def _get_promised_words(self):
        return {**super()._get_promised_words(), 'repair': self.env._("a repair")}
