# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import replace
from decimal import Decimal

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError

from ..models.rights.working_days import WorkingDays
from ..models.vocabulary import POLICY_STATUSES
from ..tools import policy


class ReturnsPolicyReplay(models.TransientModel):
    """What a policy would have said about the returns of the last twelve months.

    Each line is judged anew by the facts that were judged then, as its trace has them: delivery, value, day. Nothing
    of the returns changes.
    """
    _name = 'returns.policy.replay'
    _description = "Replay a Return Policy"

    policy_id = fields.Many2one('returns.policy', required=True, readonly=True, ondelete='cascade')
    company_id = fields.Many2one(related='policy_id.company_id')
    currency_id = fields.Many2one(related='company_id.currency_id')
    date_from = fields.Date(
        "Submitted From", required=True, default=lambda self: fields.Date.subtract(fields.Date.today(), months=12))
    line_ids = fields.One2many('returns.policy.replay.line', 'replay_id', "Decided Otherwise", readonly=True)
    judged_count = fields.Integer("Lines Judged", readonly=True)
    changed_count = fields.Integer("Decided Otherwise (Number)", readonly=True)
    amount_stricter = fields.Monetary("Value Judged More Strictly", readonly=True)
    amount_milder = fields.Monetary("Value Judged More Mildly", readonly=True)

    def action_replay(self):
        """Judge anew, and list what would have been decided otherwise.

        :raise AccessError: not a returns manager
        """
        self.ensure_one()
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            raise AccessError(self.env._("Only a returns manager replays policies."))
        self.policy_id.check_access('read')
        rules = [rule._to_rule() for rule in self.policy_id.rule_ids]
        lines = self.env['returns.request.line'].search([
            ('company_id', '=', self.policy_id.company_id.id), ('policy_status', '!=', False),
            ('request_id.date_submitted', '>=', self.date_from)])
        days, found, stricter, milder = WorkingDays(self.policy_id.company_id.resource_calendar_id), [], 0.0, 0.0
        delivered = lines._get_delivery_dates()
        rule_of = {line: policy.select_rule(rules, line._get_policy_subject()) for line in lines}
        facts_of = lines._add_advances(
            rule_of, {line: self._get_facts_then(line, delivered[line]) for line in lines},
            {self.policy_id.company_id: days})
        for line, rule in rule_of.items():
            verdict = line._get_verdict(rule, facts_of[line], days)
            is_advance = verdict.advance != 'never' and not verdict.returnless
            said = (line.policy_status, line.is_express, line.is_returnless, line._was_advanced())
            says = (verdict.status, verdict.express, verdict.returnless, is_advance)
            if says == said:
                continue
            order = policy.STATUSES.index(verdict.status) - policy.STATUSES.index(line.policy_status)
            stricter += line.amount_company if order > 0 else 0.0
            milder += line.amount_company if order < 0 else 0.0
            found.append({
                'request_line_id': line.id, 'rule_id': rule.id if rule else False, 'status_now': verdict.status,
                'is_express_now': verdict.express, 'is_returnless_now': verdict.returnless,
                'is_advance_now': is_advance, 'note': verdict.note})
        self.write({
            'line_ids': [Command.clear(), *map(Command.create, found)], 'judged_count': len(lines),
            'changed_count': len(found), 'amount_stricter': stricter, 'amount_milder': milder})
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Replay the Policy"), 'res_model': self._name,
            'res_id': self.id, 'view_mode': 'form', 'views': [(False, 'form')], 'target': 'new'}

    @api.model
    def _get_facts_then(self, line, delivery_date):
        """:param delivery_date: what counts where the trace names no delivery
        :return: the facts that ``line`` was judged by when it was submitted
        """
        inputs = {entry['test']: entry['inputs'] for entry in line.policy_trace or []}
        window, express = inputs.get('window', {}), inputs.get('express', {})
        day = window.get('today') and fields.Date.to_date(window['today']) or line.request_id.date_submitted.date()
        delivered = (fields.Date.to_date(window['delivered']) if window.get('delivered')
                     else None if 'window' in inputs else delivery_date)
        facts = replace(line._get_policy_facts(delivered), today=day)
        if 'amount' in express:
            facts = replace(facts, amount=Decimal(express['amount']))
        advance = inputs.get('advance', {})
        if 'open' in advance:
            facts = replace(facts, amount_open=Decimal(advance['open']), is_trusted=advance['trusted'])
        return facts


class ReturnsPolicyReplayLine(models.TransientModel):
    """A line that would have been decided otherwise."""
    _name = 'returns.policy.replay.line'
    _description = "Replay a Return Policy: Line"
    _inherit = ['returns.dialog']
    _links = ('request_line_id',)

    replay_id = fields.Many2one('returns.policy.replay', required=True, ondelete='cascade')
    request_line_id = fields.Many2one('returns.request.line', required=True, ondelete='cascade')
    request_id = fields.Many2one(related='request_line_id.request_id', related_sudo=False)
    product_id = fields.Many2one(related='request_line_id.product_id', related_sudo=False)
    currency_id = fields.Many2one(related='replay_id.currency_id')
    amount = fields.Monetary(related='request_line_id.amount_company', related_sudo=False)
    status_then = fields.Selection(related='request_line_id.policy_status', related_sudo=False, string="Was")
    status_now = fields.Selection(POLICY_STATUSES, "Would Be")
    is_express_now = fields.Boolean("Express")
    is_returnless_now = fields.Boolean("Customer Keeps Goods")
    is_advance_now = fields.Boolean("In Advance")
    rule_id = fields.Many2one('returns.policy.rule', "By Rule", ondelete='cascade')
    note = fields.Char("Why")
