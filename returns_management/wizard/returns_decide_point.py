# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsDecidePoint(models.TransientModel):
    """What the voter answers to one point of a checklist."""
    _name = 'returns.decide.point'
    _description = "Decide on Returns: Checklist"
    _order = 'id'

    wizard_id = fields.Many2one('returns.decide', required=True, ondelete='cascade')
    point_id = fields.Many2one('returns.approval.point', required=True, ondelete='cascade')
    name = fields.Char("What to Confirm", related='point_id.name', related_sudo=False)
    is_required = fields.Boolean(related='point_id.is_required', related_sudo=False)
    is_confirmed = fields.Boolean("Confirmed")
