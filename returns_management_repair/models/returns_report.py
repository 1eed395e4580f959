# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsReport(models.Model):
    _inherit = 'returns.report'

    resolution = fields.Selection(selection_add=[('repair', "Repair"), ('none',)])
