# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsPolicyTry(models.TransientModel):
    _inherit = 'returns.policy.try'

    resolution = fields.Selection(selection_add=[('repair', "Repair"), ('none',)], ondelete={'repair': 'cascade'})
