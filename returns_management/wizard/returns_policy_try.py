# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

from ..models.rights.working_days import WorkingDays
from ..models.vocabulary import CONDITIONS, POLICY_STATUSES, RESOLUTIONS
from ..tools import policy


class ReturnsPolicyTry(models.TransientModel):
    """What a policy would say about a return, and who would be asked. Nothing is written.

    Judged by the same functions as a real return: a return that exists in memory only.
    """
    _name = 'returns.policy.try'
    _description = "Try a Return Policy"

    policy_id = fields.Many2one('returns.policy', required=True, ondelete='cascade')
    company_id = fields.Many2one(related='policy_id.company_id')
    currency_id = fields.Many2one(related='company_id.currency_id')
    product_id = fields.Many2one('product.product', required=True, domain=[('type', '=', 'consu')])
    partner_id = fields.Many2one('res.partner', "Customer")
    sales_team_id = fields.Many2one('crm.team')
    delivery_date = fields.Date("Delivered On", default=fields.Date.context_today)
    order_date = fields.Date("Ordered On", default=fields.Date.context_today, required=True)
    request_date = fields.Date("Asked On", default=fields.Date.context_today, required=True)
    reason_id = fields.Many2one('returns.reason', required=True, default=lambda self: self._default_reason_id())
    resolution = fields.Selection(RESOLUTIONS, default='refund', required=True)
    condition = fields.Selection(CONDITIONS, "Declared Condition")
    amount = fields.Monetary("Value", help="Taxes included, in the company's currency.")

    rule_id = fields.Many2one('returns.policy.rule', "Rule That Applies", compute='_compute_verdict')
    policy_status = fields.Selection(POLICY_STATUSES, "Verdict", compute='_compute_verdict')
    policy_trace = fields.Json(compute='_compute_verdict')
    return_deadline = fields.Date("Returnable Until", compute='_compute_verdict')
    asked_note = fields.Text("Who Is Asked", compute='_compute_verdict')

    @api.model
    def _default_reason_id(self):
        return self.env['returns.reason'].search([], limit=1)

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            raise AccessError(self.env._("Only a returns manager tries policies."))
        self.policy_id.check_access('read')

    @api.depends('policy_id', 'product_id', 'partner_id', 'sales_team_id', 'delivery_date', 'order_date', 'request_date',
                 'reason_id', 'resolution', 'condition', 'amount')
    def _compute_verdict(self):
        for trial in self:
            trial.rule_id = trial.policy_status = trial.policy_trace = trial.return_deadline = trial.asked_note = False
            if not (trial.policy_id and trial.product_id and trial.reason_id and trial.request_date and trial.order_date):
                continue
            trial._check_manager()
            line = trial._prepare_line()
            rule = policy.select_rule(
                [rule._to_rule() for rule in trial.policy_id.rule_ids], trial.policy_id._get_subject(
                    trial.product_id, trial.partner_id, trial.partner_id.country_id, trial.sales_team_id, trial.order_date))
            facts = trial._get_facts(line)
            days = {line.company_id: WorkingDays(line.company_id.resource_calendar_id)}
            facts = line._add_advances({line: rule}, {line: facts}, days)[line]
            verdict = line._get_verdict(rule, facts, days[line.company_id])
            line.update({
                'policy_status': verdict.status, 'is_express': verdict.express, 'is_returnless': verdict.returnless,
                'needs_committee': verdict.needs_committee, 'is_rejected': verdict.status == 'refused'})
            trial.rule_id = rule.id if rule else False
            trial.policy_status = verdict.status
            trial.policy_trace = list(verdict.trace)
            trial.return_deadline = verdict.deadline
            trial.asked_note = trial._get_asked_note(line, verdict)

    def _prepare_line(self):
        """:return: the line of a return in memory, with all that groups and teams look at"""
        request = self.env['returns.request'].sudo().new({
            'company_id': self.company_id.id, 'partner_id': self.partner_id.id, 'channel': 'phone',
            'amount_requested': self.amount,
            'line_ids': [Command.create({
                'product_id': self.product_id.id, 'quantity': 1.0, 'reason_id': self.reason_id.id,
                'resolution': self.resolution, 'amount_company': self.amount, 'quantity_approved': 1.0})]})
        return request.line_ids

    def _get_facts(self, line):
        """:param line: the return in memory"""
        return policy.Facts(
            today=self.request_date, delivery_date=self.delivery_date or None, reason_category=self.reason_id.category,
            responsibility=self.reason_id.responsibility, amount=Decimal(str(self.amount)), resolution=self.resolution,
            condition=self.condition or None, is_delivery_charged=self.policy_id.rule_ids._may_charge_delivery(),
            amount_open=Decimal(str(self.currency_id.round(line._get_amounts_open()[line.request_id]))),
            is_trusted=self.partner_id._returns_is_trusted(self.company_id))

    def _get_asked_note(self, line, verdict):
        """:return: who would be asked, in their order, one a row"""
        _ = self.env._
        if verdict.status == 'refused':
            return _("Nobody: it is refused at once.")
        request, rows = line.request_id, []
        for phase, when in (('authorise', _("before the goods come back")), ('settle', _("after inspection"))):
            found = request._get_askers(phase, line)[request]
            for vals, _lines in sorted(found, key=lambda one: one[0]['sequence']):
                asked = (self.env['returns.approval.group'].browse(vals.get('group_id'))
                         or self.env['returns.team'].browse(vals.get('team_id'))).sudo()
                members = asked.member_ids if vals['kind'] == 'group' else asked.member_ids.user_id
                rows.append(_("%(who)s, %(when)s: %(members)s", who=asked.name, when=when,
                              members=", ".join(members.mapped('name'))))
        if verdict.express:
            rows.insert(0, _("Nobody before the goods come back: approved without asking."))
        return "\n".join(rows) or _("Nobody: no group, team or fallback covers it, so it is approved at once.")
