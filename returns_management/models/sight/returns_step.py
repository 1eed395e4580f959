# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsStep(models.Model):
    _inherit = 'returns.step'

    policy_status = fields.Selection(related='request_id.policy_status', related_sudo=True)
