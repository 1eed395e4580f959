# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from odoo import models

from ...tools import policy
from ..returns_guard import lock_rows


class ReturnsRequestLine(models.Model):
    """What may be settled before the goods are back: as far as the rule trusts the customer, and up to its limit.

    The limit is about a customer: it counts all that they were settled with in advance and have not sent, however many
    returns it is cut into. It is judged at submission, and again, under a lock, when the line is approved.
    """
    _inherit = 'returns.request.line'

    _advanced_idx = models.Index("(request_id) WHERE quantity_advanced > 0")

    def _get_advanced_domain(self):
        """:return: domain of the lines that something was or may be settled in advance on, whoever approved it"""
        return [('quantity_advanced', '>', 0), ('is_returnless', '=', False), ('state', 'not in', ('draft', 'review'))]

    def _get_advance_key(self):
        """:return: whose advances are counted together"""
        self.ensure_one()
        return (self.company_id._origin, self.request_id.commercial_partner_id._origin)

    def _sum_open_advances(self):
        """:return: {key of :meth:`_get_advance_key`: value of what was settled in advance and has not come, these lines left
            out; in the company's currency}
        """
        found = self.search([
            ('request_id.commercial_partner_id', 'in', self.request_id.commercial_partner_id._origin.ids),
            ('company_id', 'in', self.company_id.ids), ('id', 'not in', self.ids), *self._get_advanced_domain()])
        sums = defaultdict(float)
        for line in found:
            sums[line._get_advance_key()] += line._get_amount_advanced()
        return sums

    def _get_amounts_open(self):
        """What customers were settled with in advance elsewhere, and have not sent yet.

        :return: {request: amount, in the company's currency}
        """
        sums = self.request_id.line_ids._sum_open_advances()
        return {request: sums[lines[0]._get_advance_key()] for request, lines in self.grouped('request_id').items()}

    def _get_amount_advanced(self):
        """:return: value of the pieces that may be, or were, settled in advance and have not come; those that were closed
            short count until what was settled is claimed back. In the company's currency
        """
        self.ensure_one()
        away = max(self.quantity_approved, self.quantity_settled) - self.quantity_received
        pieces = max(0.0, min(self.quantity_advanced, away) - self.quantity_waived)
        return self.amount_company * pieces / self.quantity

    def _add_advances(self, rules, facts, days):
        """What each return would have settled in advance, were there no limit.

        :param dict rules: {line: ``tools.policy.Rule``, or None}
        :param dict facts: {line: ``tools.policy.Facts``}
        :param dict days: {company: its :class:`WorkingDays`}
        :return: the facts with it
        """
        amounts = defaultdict(Decimal)
        for line in self:
            rule = rules[line] and replace(rules[line], advance_max=Decimal(0))
            if not rule or rule.advance == 'never':
                continue
            verdict = line._get_verdict(rule, facts[line], days[line.company_id])
            if verdict.advance != 'never' and not verdict.returnless:
                amounts[line.request_id] += Decimal(str(line.company_currency_id.round(line.amount_company)))
        return {line: replace(facts[line], amount_advance=amounts[line.request_id]) for line in self}

    def _update_states(self):
        changed = super()._update_states()
        self.browse().concat(*(line for line, old in changed.items() if old in ('draft', 'review')))._grant_advances()
        return changed

    def _grant_advances(self):
        """These lines leave their review. Whatever may be settled in advance is judged by what is out now: what was
        approved meanwhile counts, and of two approvals at once the later meets the earlier.
        """
        asked = self.filtered(lambda line: (
            line.state not in ('draft', 'review', 'rejected', 'cancelled') and line.quantity_advanced > 0
            and not line.is_returnless and (line.rule_id.advance_max or line.rule_id.advance_trusted_only)))
        if not asked:
            return
        lock_rows(asked.request_id.commercial_partner_id, 'returns_version')
        sums = asked._sum_open_advances()
        for _request, lines in sorted(asked.grouped('request_id').items(), key=lambda item: item[0].id):
            key = lines[0]._get_advance_key()
            own = sum(line._get_amount_advanced() for line in lines)
            refused = lines.filtered(lambda line, own=own, key=key: not line._judge_advance(own, sums[key]))
            refused._refuse_advance()
            sums[key] += sum(line._get_amount_advanced() for line in lines - refused)

    def _judge_advance(self, amount, amount_open):
        """Judge anew whether the line may be settled in advance, and put the answer into its trace.

        :param amount: of all lines of the return that are approved now, in the company's currency
        :param amount_open: see :meth:`_get_amounts_open`
        :return: whether it may
        """
        self.ensure_one()
        facts = replace(
            self._get_policy_facts(None, amount_open=amount_open),
            amount_advance=Decimal(str(self.company_currency_id.round(amount))))
        judged = policy.judge_advance(
            facts, self.rule_id._to_rule(), self.policy_status, self.env._, show_amount=self._show_amount)
        self._write_flow({'policy_trace': [
            judged if test['test'] == 'advance' else test for test in self.policy_trace or []]})
        return judged['ok']

    def _was_advanced(self):
        """Whether the policy let the line be settled in advance, as far as that was judged to the end."""
        self.ensure_one()
        return not self.is_returnless and any(
            test['test'] == 'advance' and test['ok'] for test in self.policy_trace or [])

    def _show_amount(self, amount):
        """:return: an amount of the company's currency as texts of the policy write it"""
        return self.company_currency_id.format(float(amount))

    def _refuse_advance(self):
        """What was judged to be settled in advance at submission is not, now that it is approved."""
        for line in self:
            line._write_flow({'quantity_advanced': 0.0})
            reason = next((test['text'] for test in line.policy_trace or [] if test['test'] == 'advance'), "")
            line.request_id.message_post(body=self.env._(
                "%(product)s: %(reason)s.", product=line.product_id.display_name, reason=reason))
