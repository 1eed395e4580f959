# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsMail(models.Model):
    _inherit = 'returns.mail'

    event = fields.Selection(
        selection_add=[('repair_decided', "Could not be repaired")], ondelete={'repair_decided': 'cascade'})
