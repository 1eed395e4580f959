# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ...tools import policy
from ...tools.finding import Finding, is_needed, judge_finding
from ..vocabulary import POLICY_STATUSES
from .working_days import WorkingDays

#: Of a trace, what customers are told. The others tell what we look at among ourselves: limits and names of rules.
CUSTOMER_TESTS = frozenset({'returnable', 'resolution', 'condition', 'window', 'origin', 'fee', 'freight', 'delivery'})


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    rule_id = fields.Many2one(
        'returns.policy.rule', "Policy Rule", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    policy_status = fields.Selection(POLICY_STATUSES, readonly=True, copy=False, index=True)
    policy_trace = fields.Json(readonly=True, copy=False, help="Each test of the policy, its inputs and its result.")
    policy_note = fields.Text("Verdict", readonly=True, copy=False, help="The policy's verdict, in words.")
    return_deadline = fields.Date("Returnable Until", readonly=True, copy=False)
    is_express = fields.Boolean("Express", readonly=True, copy=False, help="Needs no approval by the policy.")
    is_returnless = fields.Boolean("Customer Keeps Goods", readonly=True, copy=False)
    is_kept_on_site = fields.Boolean(
        "Kept After Inspection", readonly=True, copy=False,
        help="The customer keeps the goods not by the policy, but because they were inspected where they are.")
    needs_committee = fields.Boolean(readonly=True, copy=False, help="The rule sends this case to the return team.")
    fee_percent = fields.Float(
        "Restocking Fee (%)", digits=(5, 2), readonly=True, copy=False, help="By the policy, kept of what is credited.")
    shipping_paid_by = fields.Selection(
        [('company', "Company"), ('customer', "Customer")], "Way Back Paid By", readonly=True, copy=False)
    delivery_refund = fields.Selection(
        [('never', "Never"), ('complete', "When all comes back"), ('proportional', "In proportion")],
        "Delivery Charges Refunded", readonly=True, copy=False)
    customer_verdict = fields.Text(
        "What the Customer Is Told", readonly=True, copy=False,
        help="What the policy says about their wish, in the customer's language.")
    is_worse_than_demanded = fields.Boolean(
        "Worse Than Demanded", readonly=True, copy=False,
        help="The inspector found the goods in a worse condition or grade than the rule takes back.")
    is_settle_laid = fields.Boolean(
        readonly=True, copy=False, help="The steps after inspection have been laid out, if there are any.")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'rule_id', 'policy_status', 'policy_trace', 'policy_note', 'return_deadline', 'is_express',
            'is_returnless', 'is_kept_on_site', 'needs_committee', 'fee_percent', 'shipping_paid_by', 'delivery_refund',
            'customer_verdict', 'is_worse_than_demanded', 'is_settle_laid',
        }

    def _prepare_change(self):
        super()._prepare_change()
        if not self.env.su:
            self.request_id._note_handler()

    # ------------------------------------------------------------------
    # Policy
    # ------------------------------------------------------------------

    def _judge(self):
        """Hold each line against the policy version its order was sold under; freeze rule and verdict.

        The proposed ``quantity_approved`` is what was asked, 0 for refused lines.
        """
        for line, (rule, facts, verdict, days) in self._get_verdicts().items():
            refused = verdict.status == 'refused'
            line._write_flow({
                **line._prepare_verdict_words(rule, facts, verdict, days),
                'rule_id': rule.id if rule else False,
                'policy_status': verdict.status,
                'is_express': verdict.express,
                'is_returnless': verdict.returnless,
                'needs_committee': verdict.needs_committee,
                'fee_percent': float(verdict.fee_percent),
                'shipping_paid_by': verdict.shipping_paid_by,
                'delivery_refund': verdict.delivery_refund,
                'is_worse_than_demanded': False,
                'is_rejected': refused,
                'quantity_approved': 0.0 if refused else line.quantity,
                'quantity_advanced': line.quantity if verdict.returnless or verdict.advance != 'never' else 0.0,
                'is_settle_laid': False,
            })

    def _get_verdicts(self):
        """:return: {line: (``tools.policy.Rule`` or None, ``tools.policy.Facts``, ``tools.policy.Verdict``, the company's
            :class:`WorkingDays`)}, by the policy version its order was sold under; nothing is written
        """
        versions = self._get_policy_versions()
        rules = {
            version: [rule._to_rule() for rule in version.rule_ids] for version in set(versions.values())
        }
        delivered = self._get_delivery_dates()
        passed, pending = self._get_amounts_passed(), self._get_amounts_open()
        days = {company: WorkingDays(company.resource_calendar_id) for company in self.company_id}
        rule_of = {line: policy.select_rule(rules[versions[line]], line._get_policy_subject()) for line in self}
        facts_of = self._add_advances(rule_of, {
            line: line._get_policy_facts(delivered[line], passed[line.request_id], pending[line.request_id])
            for line in self}, days)
        return {
            line: (rule_of[line], facts_of[line],
                   line._get_verdict(rule_of[line], facts_of[line], days[line.company_id]), days[line.company_id])
            for line in self}

    def _get_verdict(self, rule, facts, days=None):
        """:param days: the company's :class:`WorkingDays`, shared by those who judge many lines
        :return: what ``rule`` says about this line, in the language of the context
        """
        self.ensure_one()
        days = days or WorkingDays(self.company_id.resource_calendar_id)
        return policy.evaluate(
            facts, rule, self.env._,
            working_days=days.count_from, next_working_day=days.get_next,
            show_date=lambda day: format_date(self.env, day),
            show_amount=self._show_amount)

    def _prepare_verdict_words(self, rule, facts, verdict, days=None):
        """:return: values of what the verdict says, to our people and, in their language, to the customer"""
        self.ensure_one()
        lang = self.partner_id.lang or self.env.lang
        told = verdict if lang == self.env.lang else self.with_context(lang=lang)._get_verdict(rule, facts, days)
        return {
            'policy_trace': list(verdict.trace), 'policy_note': verdict.note, 'return_deadline': verdict.deadline,
            'customer_verdict': "\n".join(self._tell_verdict(told)) or False,
            'rejection_note': self._tell_refusal(told) or False,
        }

    @staticmethod
    def _tell_verdict(verdict):
        """:return: what of the verdict is about the customer's wish, one sentence each"""
        return [_make_sentence(test['text']) for test in verdict.trace if test['test'] in CUSTOMER_TESTS]

    @staticmethod
    def _tell_refusal(verdict):
        """:return: why the policy refuses it, in a sentence; empty where it does not"""
        return _make_sentence(verdict.note) if verdict.status == 'refused' else ''

    def _get_window_text(self):
        """:return: what the rule that the line was judged by says about the window, counted from its delivery and up to
            the day it was submitted; empty without a rule
        """
        self.ensure_one()
        if not self.rule_id:
            return ""
        facts = replace(
            self._get_policy_facts(self._get_delivery_dates()[self]), today=self._get_day(self.request_id.date_submitted))
        verdict = self._get_verdict(self.rule_id._to_rule(), facts)
        return "".join(_make_sentence(test['text']) for test in verdict.trace if test['test'] == 'window')

    def _get_policy_versions(self):
        """:return: {line: ``returns.policy``}, the version frozen on the order or in force when it was made"""
        versions = {}
        cache = {}
        for line in self:
            order = line.sale_line_id.order_id
            version = order.returns_policy_id
            if not version:
                key = (line.company_id, line._get_sold_moment())
                if key not in cache:
                    cache[key] = self.env['returns.policy']._get_in_force(*key)
                version = cache[key]
            versions[line] = version
        return versions

    def _get_policy_product(self):
        """:return: the product that rules are matched on"""
        self.ensure_one()
        return self.product_id

    def _get_policy_subject(self):
        """:return: what rules are matched on"""
        self.ensure_one()
        order = self.sale_line_id.order_id
        # a gift comes back by the terms it was bought under
        partner = order.partner_id if self.request_id.is_gift else self.request_id.partner_id
        return self.env['returns.policy']._get_subject(
            self._get_policy_product(), partner, order.partner_shipping_id.country_id, order.team_id,
            order._get_returns_day() if order else self._get_day(self._get_sold_moment()))

    def _get_amounts_passed(self):
        """What other returns of the same orders pass, or passed, without anybody being asked: the limits of a rule
        are about an order's goods, however many requests they are cut into.

        :return: {request: amount, in the company's currency}
        """
        passed = self.search([
            ('sale_line_id.order_id', 'in', self.sale_order_id.ids), ('state', 'not in', ('rejected', 'cancelled')),
            '|', ('is_express', '=', True), '&', ('is_returnless', '=', True), ('is_kept_on_site', '=', False)]) | self
        by_order = passed.grouped('sale_order_id')
        return {
            request: sum(
                line.amount_company for order in request.line_ids.sale_order_id
                for line in by_order.get(order, ())
                if line.request_id != request)
            for request in self.request_id}

    def _get_policy_facts(self, delivery_date, amount_passed=0.0, amount_open=0.0):
        """:param amount_passed: see :meth:`_get_amounts_passed`
        :param amount_open: see :meth:`_get_amounts_open`
        :return: what the line is judged by; amounts in the company's currency
        """
        self.ensure_one()
        return policy.Facts(
            today=fields.Date.context_today(self.with_context(tz=self.company_id.partner_id.tz or 'UTC')),
            delivery_date=delivery_date,
            reason_category=self.reason_id.category,
            responsibility=self.responsibility,
            amount=Decimal(str(self.company_currency_id.round(self.request_id.amount_requested + amount_passed))),
            resolution=self.resolution,
            condition=self.condition or None,
            origin=self._get_origin(),
            is_gift=self.request_id.is_gift,
            is_delivery_charged=any(item._is_delivery() for item in self.sale_line_id.sudo().order_id.order_line),
            amount_open=Decimal(str(self.company_currency_id.round(amount_open))),
            is_trusted=self.request_id.partner_id._returns_is_trusted(self.company_id),
            **self._get_withdrawal_facts(),
        )

    # ------------------------------------------------------------------
    # What was found
    # ------------------------------------------------------------------

    def _judge_finding(self, condition, grade, responsibility, customer_part=None):
        """Hold what an inspector found against the rule that the line was judged by.

        :param responsibility: the main one, as found; without it, as the line has it
        :param customer_part: percent of it that is the customer's, where it is shared
        :return: ``tools.finding.Judgement``, in the language of the context
        """
        self.ensure_one()
        rule = self.rule_id._to_rule() if self.rule_id else None
        return judge_finding(self._get_finding(condition, grade, responsibility, customer_part), rule, self.env._)

    def _get_missing_findings(self, condition, grade, responsibility, customer_part=None):
        """:return: what the rule of the line needs to know of the goods: of 'condition' and 'grade', those missing"""
        self.ensure_one()
        if not self.rule_id:
            return ()
        return is_needed(
            self._get_finding(condition, grade, responsibility, customer_part), self.rule_id._to_rule())

    def _get_finding(self, condition, grade, responsibility, customer_part):
        return Finding(
            condition or None, grade or None, responsibility or self.responsibility or None, customer_part)

    # ------------------------------------------------------------------
    # Reviews
    # ------------------------------------------------------------------

    def _get_review_facts(self):
        """:return: {line id: {'authorised': …, 'settle_review_open': …}} for ``tools.road``"""
        pending = defaultdict(set)
        steps = self.env['returns.step'].search([
            ('request_id', 'in', self.request_id.ids), ('state', 'in', ('waiting', 'open'))])
        for step in steps:
            if step.round == step.request_id.round:
                for line in step.line_ids:
                    pending[line.id].add(step.phase)
        # a group made later asks about no line whose goods and money were cleared before
        seen = self.filtered(lambda line: (
            (line.quantity_received or line.is_kept_on_site or line._is_always_asked('settle'))
            and not line.is_settle_laid and line.state not in ('settlement', 'done')))
        to_ask = {
            line for askers in seen.request_id._get_askers('settle', seen).values()
            for _vals, about in askers for line in about
        }
        return {
            line.id: {
                'authorised': 'authorise' not in pending[line.id],
                'settle_review_open': 'settle' in pending[line.id] or line in to_ask or line._is_price_missing(),
            }
            for line in self
        }

    def _ask_again(self, phase, note):
        """What was decided in ``phase`` about these lines is another question now: whoever was asked is asked again.

        Answers given stay on file, and keep nobody from answering anew. Questions that are open and about other
        lines, too, are put anew for all of them.

        :param str note: why, for the chatter
        """
        for request, lines in self.filtered('is_settle_laid').grouped('request_id').items():
            steps = request.step_ids.filtered(lambda step, lines=lines: (
                step.phase == phase and step.round == step.request_id.round and step.line_ids & lines
                and step.state in ('waiting', 'open', 'approved')))
            pending = steps.filtered(lambda step: step.state != 'approved')
            steps.write({'is_superseded': True})
            pending._skip()
            request._lay_out_steps(phase, lines | pending.line_ids)
            request.message_post(body=note)

    def _is_always_asked(self, phase):
        """Whether somebody must be asked in ``phase``, even where no group or team is about the line: without an order
        nobody can see what was sold. After inspection, about what is accepted.
        """
        self.ensure_one()
        return self._get_origin() != 'order' and (
            phase == 'authorise' or not self.uom_id.is_zero(self.quantity_accepted + self.quantity_advanced))

    def _reject(self, note):
        """These lines do not come back; ``note`` is what the customer reads. What was settled in advance stays settled until
        it is claimed back.
        """
        for settled, lines in self.grouped('quantity_settled').items():
            lines._write_flow({
                'is_rejected': True, 'rejection_note': note, 'quantity_approved': 0.0, 'quantity_advanced': settled})

    def _lower_approved(self, quantities, note):
        """Approve fewer pieces than asked; what is given up is free at once.

        :param dict quantities: {line: new approved quantity, in ``uom_id``}
        :param str note: why; the customer reads it
        :raise UserError: more than before, or less than nothing
        """
        for line, quantity in quantities.items():
            if line.uom_id.compare(quantity, line.quantity_approved) > 0 or line.uom_id.compare(quantity, 0.0) < 0:
                raise UserError(self.env._(
                    "%(product)s: %(new)s cannot be approved. Choose a quantity from 0 to %(old)s.",
                    product=line.product_id.display_name, new=f"{quantity:.10g}", old=f"{line.quantity_approved:.10g}"))
            if line.uom_id.is_zero(quantity):
                line._reject(note)
            elif line.uom_id.compare(quantity, line.quantity_approved):
                line._check_round_trip(quantity)
                line._write_flow({
                    'quantity_approved': quantity, 'rejection_note': note,
                    'quantity_advanced': min(quantity, line.quantity_advanced),
                })

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        entering = self.browse().concat(*changed)
        approved = entering.filtered(
            lambda line: changed[line] in ('draft', 'review') and line.state in ('approved', 'settlement'))
        approved.request_id._set_ship_by(approved)
        again |= self.request_id._open_next_steps()
        review = self.filtered(lambda line: (
            line.state == 'final_review' and not line.is_settle_laid and not line._is_price_missing()))
        if review:
            review.request_id._lay_out_steps('settle', review)
            review._write_flow({'is_settle_laid': True})
            again = True
        return again

    def _reset_to_draft(self):
        super()._reset_to_draft()
        self._write_flow({
            'rule_id': False, 'policy_status': False, 'policy_trace': False, 'policy_note': False,
            'return_deadline': False, 'is_express': False, 'is_returnless': False, 'is_kept_on_site': False,
            'needs_committee': False, 'fee_percent': 0.0, 'shipping_paid_by': False, 'delivery_refund': False,
            'customer_verdict': False, 'is_settle_laid': False,
        })


def _make_sentence(text):
    return f"{text[:1].upper()}{text[1:]}."
