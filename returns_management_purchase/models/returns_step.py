# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class ReturnsStep(models.Model):
    _inherit = 'returns.step'

    @api.model
    def _get_clock_work(self):
        Line = self.env['returns.vendor.claim.line']
        return [
            *super()._get_clock_work(),
            (Line, Line._get_untold_domain(), lambda lines: lines._get_free()._tell_late()),
        ]
