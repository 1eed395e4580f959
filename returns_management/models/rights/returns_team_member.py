# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

from ..vocabulary import DEPARTMENTS


class ReturnsTeamMember(models.Model):
    """One person's seat in a return team."""
    _name = 'returns.team.member'
    _description = "Return Team Member"
    _order = 'team_id, is_chair desc, id'

    team_id = fields.Many2one('returns.team', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='team_id.company_id', store=True, index=True, precompute=True)
    user_id = fields.Many2one(
        'res.users', required=True, index=True, ondelete='cascade', domain=[('share', '=', False)])
    department = fields.Selection(DEPARTMENTS, required=True)
    is_chair = fields.Boolean("Chair", help="A tie is the chair's to break.")

    _member_uniq = models.UniqueIndex("(team_id, user_id)", "A person sits in a return team once.")
