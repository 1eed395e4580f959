# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools.safe_eval import safe_eval

from ..vocabulary import DEPARTMENTS, LIMIT_UNITS, PHASES


class ReturnsApprovalGroup(models.Model):
    """Users who may approve for one department, and when they are asked."""
    _name = 'returns.approval.group'
    _description = "Returns Approval Group"
    _order = 'company_id, phase, sequence, id'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    currency_id = fields.Many2one(related='company_id.currency_id')
    department = fields.Selection(DEPARTMENTS, required=True)
    member_ids = fields.Many2many(
        'res.users', string="Members", domain=[('share', '=', False)],
        help="They need no other returns right: they see the requests put to them.")
    escalation_user_id = fields.Many2one(
        'res.users', "Escalation", domain=[('share', '=', False)],
        help="Asked where too few members may decide, and told when a deadline passes.")
    phase = fields.Selection(
        PHASES, default='authorise', required=True,
        help="Before disposal: asked where an inspector chooses a disposition that names this group.")
    sequence = fields.Integer(default=10, help="Groups are asked in this order; the same number: side by side.")
    rule = fields.Selection(
        [('any', "Any member decides"), ('quorum', "A number of approvals"), ('majority', "Majority"),
         ('all', "All members")], default='any', required=True)
    quorum = fields.Integer(default=1, help="Approvals needed, or votes needed before a majority counts.")
    limit_value = fields.Float("Time Limit", default=1.0)
    limit_unit = fields.Selection(LIMIT_UNITS, default='working_days', required=True)
    is_fallback = fields.Boolean(
        "Fallback", help="Asked about lines that no other group, committee or express rule covers.")

    point_ids = fields.One2many(
        'returns.approval.point', 'group_id', "Checklist", copy=True, help="What members confirm before they approve.")

    # === When asked === #
    amount_min = fields.Monetary(
        "From Amount", help="Of this return, and of others under way or paid that are about the same orders.")
    amount_max = fields.Monetary("Up To Amount", help="0: no upper limit.")
    reason_ids = fields.Many2many('returns.reason', string="Reasons", help="Empty: all reasons.")
    product_category_ids = fields.Many2many('product.category', string="Product Categories", help="Empty: all.")
    only_exceptions = fields.Boolean(help="Asked only where the policy's verdict is an exception.")
    domain = fields.Char(default='[]', help="Further condition on the return request.")
    condition_note = fields.Char("When Asked", compute='_compute_condition_note')

    _limit_positive = models.Constraint(
        'CHECK (limit_value > 0 AND limit_value <= 10000)', "The time limit must be more than zero, and 10000 at most.")

    @api.depends('amount_min', 'amount_max', 'reason_ids', 'product_category_ids', 'only_exceptions', 'is_fallback',
                 'phase', 'domain')
    def _compute_condition_note(self):
        for group in self:
            group.condition_note = group._get_condition_note()

    def _get_condition_note(self):
        """:return: the group's conditions written out as one sentence"""
        self.ensure_one()
        _ = self.env._
        if self.is_fallback:
            return _("Asked about whatever no other group, committee or express rule covers.")
        parts = []
        if self.amount_min:
            parts.append(_("from %s", self.currency_id.format(self.amount_min)))
        if self.amount_max:
            parts.append(_("up to %s", self.currency_id.format(self.amount_max)))
        if self.reason_ids:
            parts.append(_("for the reasons %s", ", ".join(self.reason_ids.mapped('name'))))
        if self.product_category_ids:
            parts.append(_("for products of %s", ", ".join(self.product_category_ids.mapped('display_name'))))
        if self.only_exceptions:
            parts.append(_("where the policy sees an exception"))
        if self.domain and self.domain.strip() != '[]':
            parts.append(_("where the further condition holds"))
        if self.phase == 'dispose':
            when = _("before goods go where a disposition that names this group sends them")
        else:
            when = _("after inspection") if self.phase == 'settle' else _("before the goods come back")
        if not parts:
            return _("Asked about every return, %s.", when)
        return _("Asked about returns %(conditions)s, %(when)s.", conditions=", ".join(parts), when=when)

    @api.constrains('rule', 'quorum', 'member_ids', 'active')
    def _check_quorum(self):
        for group in self:
            if not group.active:
                continue
            members = len(group.member_ids)
            if not members:
                raise ValidationError(self.env._(
                    "%s has no members: nobody could ever decide. Add at least one, or archive the group.", group.name))
            if group.rule in ('quorum', 'majority') and not 1 <= group.quorum <= members:
                raise ValidationError(self.env._(
                    "%(group)s asks for a quorum of %(quorum)s but has %(members)s members. "
                    "Set a quorum from 1 to %(members)s, or add members.",
                    group=group.name, quorum=group.quorum, members=members))

    @api.constrains('amount_min', 'amount_max')
    def _check_amounts(self):
        for group in self:
            if group.amount_min < 0 or group.amount_max and group.amount_max < group.amount_min:
                raise ValidationError(self.env._(
                    "%(group)s is asked from %(low)s up to %(high)s: no amount fits.",
                    group=group.name, low=group.amount_min, high=group.amount_max))

    @api.constrains('domain')
    def _check_domain(self):
        for group in self:
            try:
                self.env['returns.request'].sudo().search_count(group._get_domain(), limit=1)
            except Exception as error:
                raise ValidationError(self.env._(
                    "The further condition of %(group)s cannot be read: %(error)s", group=group.name,
                    error=error)) from error

    def _get_domain(self):
        self.ensure_one()
        return Domain(safe_eval(self.domain or '[]'))

    def _filter_lines(self, request, lines, amount):
        """:param amount: what is asked for, see ``returns.request._get_amounts_asked``
        :return: those of lines (of request) about which this group is to be asked
        """
        self.ensure_one()
        compare = request.currency_id.compare_amounts
        if compare(amount, self.amount_min) < 0 or self.amount_max and compare(amount, self.amount_max) > 0:
            return lines.browse()
        domain = self._get_domain()
        if not domain.is_true() and not request.filtered_domain(domain):
            return lines.browse()
        if self.reason_ids:
            lines = lines.filtered(lambda line: line.reason_id in self.reason_ids)
        if self.only_exceptions:
            lines = lines.filtered(lambda line: line._get_effective_status() != 'compliant')
        if self.product_category_ids:
            wanted = set(self.product_category_ids.ids)
            lines = lines.filtered(lambda line: wanted.intersection(
                int(number) for number in (line.product_id.categ_id.parent_path or '').split('/') if number))
        return lines
