# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    returns_refund_posting = fields.Selection(related='company_id.returns_refund_posting', readonly=False)
    returns_payout = fields.Selection(related='company_id.returns_payout', readonly=False)
    returns_payout_posting = fields.Selection(related='company_id.returns_payout_posting', readonly=False)
    returns_refund_days = fields.Integer(related='company_id.returns_refund_days', readonly=False)
