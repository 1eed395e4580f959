# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsApprovalPoint(models.Model):
    """One point of the checklist that the voters of a group, or of a return team, go through before they decide.

    What they answer is kept in their decision, in the words they read: a point may change or go later.
    """
    _name = 'returns.approval.point'
    _description = "Returns Approval Checklist"
    _order = 'sequence, id'

    name = fields.Char("Point", required=True, translate=True)
    sequence = fields.Integer(default=10)
    is_required = fields.Boolean(
        "Required", default=True, help="Nobody approves without confirming it. Rejecting needs no answer.")
    group_id = fields.Many2one('returns.approval.group', index='btree_not_null', ondelete='cascade')
    team_id = fields.Many2one('returns.team', index='btree_not_null', ondelete='cascade')
    company_id = fields.Many2one('res.company', compute='_compute_company_id', store=True, index=True, precompute=True)

    _one_owner = models.Constraint(
        'CHECK (num_nonnulls(group_id, team_id) = 1)',
        "A checklist belongs to one approval group or one return team.")

    @api.depends('group_id.company_id', 'team_id.company_id')
    def _compute_company_id(self):
        for point in self:
            point.company_id = point.group_id.company_id or point.team_id.company_id
