# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    returns_guest_page = fields.Boolean(related='company_id.returns_guest_page', readonly=False)
    returns_withdrawal = fields.Boolean(related='company_id.returns_withdrawal', readonly=False)
    returns_withdrawal_days = fields.Integer(related='company_id.returns_withdrawal_days', readonly=False)
