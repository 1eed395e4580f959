# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..vocabulary import DEPARTMENTS, LIMIT_UNITS


class ReturnsTeam(models.Model):
    """The return team: it handles requests; as a committee of departments it votes."""
    _name = 'returns.team'
    _description = "Return Team"
    _inherit = ['mail.thread']
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    member_ids = fields.One2many('returns.team.member', 'team_id', "Members", copy=True)
    point_ids = fields.One2many(
        'returns.approval.point', 'team_id', "Checklist", copy=True, help="What members confirm before they approve.")
    escalation_user_id = fields.Many2one('res.users', "Escalation", domain=[('share', '=', False)])
    limit_value = fields.Float("Time to Vote", default=2.0)
    limit_unit = fields.Selection(LIMIT_UNITS, default='working_days', required=True)
    rule = fields.Selection(
        [('majority', "Majority"), ('unanimous', "Unanimous"), ('chair', "The chair decides")],
        default='majority', required=True)
    quorum = fields.Integer(default=1, help="Votes that must be in before the result counts.")
    needs_sales = fields.Boolean("Sales Must Vote")
    needs_quality = fields.Boolean("Quality Must Vote")
    needs_finance = fields.Boolean("Finance Must Vote")
    required_departments = fields.Char(
        compute='_compute_required_departments', help="Departments that must cast approve or reject, comma separated.")
    asked = fields.Selection(
        [('never', "Never"), ('exceptions', "On exceptions"), ('always', "Always")],
        default='exceptions', required=True, help="When the team votes as a committee.")
    asked_amount_min = fields.Monetary(
        "Asked From Amount",
        help="The committee also votes from this amount, of this return and of others under way or paid that are about "
             "the same orders. 0: no.")
    asked_risk_min = fields.Integer(
        "Asked From Risk", help="The committee also votes where the risk is so high, from 1 to 100. 0: no.")

    _risk_range = models.Constraint(
        'CHECK (asked_risk_min BETWEEN 0 AND 100)', "The risk from which the committee is asked lies between 0 and 100.")
    _limit_positive = models.Constraint(
        'CHECK (limit_value > 0 AND limit_value <= 10000)', "The time to vote must be more than zero, and 10000 at most.")

    @api.depends('needs_sales', 'needs_quality', 'needs_finance')
    def _compute_required_departments(self):
        for team in self:
            team.required_departments = ','.join(team._get_required_departments())

    def _get_required_departments(self):
        """:rtype: list[str]"""
        self.ensure_one()
        return [name for name in ('sales', 'quality', 'finance') if self[f'needs_{name}']]

    @api.constrains('member_ids', 'quorum', 'rule', 'needs_sales', 'needs_quality', 'needs_finance', 'asked', 'active')
    def _check_committee(self):
        labels = dict(DEPARTMENTS)
        for team in self:
            if not team.active or team.asked == 'never':
                continue
            members = team.member_ids
            if not members:
                raise ValidationError(self.env._(
                    "%s votes as a committee but has no members. Add members, or never ask it.", team.name))
            if not 1 <= team.quorum <= len(members):
                raise ValidationError(self.env._(
                    "%(team)s asks for %(quorum)s votes but has %(members)s members. Set 1 to %(members)s.",
                    team=team.name, quorum=team.quorum, members=len(members)))
            missing = set(team._get_required_departments()) - set(members.mapped('department'))
            if missing:
                raise ValidationError(self.env._(
                    "%(team)s needs the vote of %(departments)s but has no member there. Add one, or require less.",
                    team=team.name, departments=", ".join(labels[name] for name in sorted(missing))))
            chairs = members.filtered('is_chair')
            if len(chairs) > 1 or team.rule == 'chair' and not chairs:
                raise ValidationError(self.env._(
                    "%(team)s needs exactly one chair and has %(chairs)s.", team=team.name, chairs=len(chairs)))

    @api.model
    def _get_default(self, company):
        """:return: the company's first team"""
        return self.search([('company_id', '=', company.id)], limit=1)

    def _filter_lines(self, request, lines, amount):
        """:param amount: what is asked for, see ``returns.request._get_amounts_asked``
        :return: those of ``lines`` (of ``request``) about which the committee is to vote
        """
        self.ensure_one()
        if not self.active or self.asked == 'never' or not self.member_ids:
            return lines.browse()
        if self.asked == 'always' or self.asked_amount_min and request.currency_id.compare_amounts(
                amount, self.asked_amount_min) >= 0 or self.asked_risk_min and request.risk_score >= self.asked_risk_min:
            return lines
        return lines.filtered(lambda line: line._get_effective_status() != 'compliant')
