# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What a rule says about goods that an inspector has seen. Texts go through ``_``, see ``tools.policy``."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .policy import Rule, condition_name, entry, is_as_good, plain, show_percent

ALL = Decimal(100)


@dataclass(frozen=True)
class Finding:
    """What was found for some pieces.

    ``condition``: one of ``policy.CONDITIONS``; ``grade``: 'a' (the best) to 'd'; ``None`` where not recorded.
    ``responsibility``: the main one, as found, or as the reason proposes where nothing else was found.
    ``customer_part``: percent of the responsibility that is the customer's, where it is shared.
    """

    condition: str | None = None
    grade: str | None = None
    responsibility: str | None = None
    customer_part: Decimal | None = None

    @property
    def is_customers(self) -> bool:
        return self.responsibility == 'customer'

    @property
    def part(self) -> Decimal:
        if self.customer_part is not None:
            return self.customer_part
        return ALL if self.is_customers else Decimal(0)


@dataclass(frozen=True)
class Judgement:
    """``ok``: the goods are as the rule demands. ``share``: percent of the price that it refunds. ``trace``: as that
    of ``policy.Verdict``.
    """

    ok: bool = True
    share: Decimal = ALL
    trace: tuple[dict[str, Any], ...] = ()


def is_needed(finding: Finding, rule: Rule | None) -> tuple[str, ...]:
    """:return: what the inspector has to record before the rule can judge: of 'condition' and 'grade', those missing"""
    if rule is None:
        return ()
    is_graded = finding.is_customers and rule.grade_required or finding.part and _has_shares(rule)
    wanted = (
        ('condition', finding.is_customers and rule.condition_required and not finding.condition),
        ('grade', is_graded and not finding.grade),
    )
    return tuple(name for name, is_missing in wanted if is_missing)


def judge_finding(finding: Finding, rule: Rule | None, _: Callable[..., str] = plain) -> Judgement:
    """Hold what the inspector found against the rule that the return was judged by.

    What it demands of the goods binds customers who are mainly responsible for the return; what it keeps for a grade
    is kept for the customer's part of the responsibility only: what others broke is refunded in full.
    """
    if rule is None or not (rule.condition_required or rule.grade_required or _has_shares(rule)):
        return Judgement()
    if not finding.part or not (finding.is_customers or _has_shares(rule)):
        text = (_("refunded in full: the customer is not mainly responsible for the return") if finding.part
                else _("refunded in full: the customer is not responsible for the return"))
        inputs = {'responsibility': finding.responsibility, 'share': '100'}
        return Judgement(trace=(entry('share', True, inputs, text),))
    trace = []
    if finding.is_customers and rule.condition_required:
        trace.append(_judge_condition(finding, rule, _))
    if finding.is_customers and rule.grade_required:
        trace.append(_judge_grade(finding, rule, _))
    by_grade = rule.shares.get(finding.grade, ALL) if finding.grade else ALL
    share = ALL - (ALL - by_grade) * finding.part / ALL
    if _has_shares(rule):
        trace.append(_tell_share(finding, by_grade, share, _))
    ok = all(test['ok'] for test in trace if test['test'] != 'share')
    return Judgement(ok, share, tuple(trace))


def _tell_share(finding: Finding, by_grade: Decimal, share: Decimal, _: Callable[..., str]) -> dict[str, Any]:
    values = {'grade': (finding.grade or '').upper(), 'share': show_percent(share)}
    inputs = {'responsibility': finding.responsibility, 'grade': finding.grade, 'share': str(share)}
    if finding.part == ALL or by_grade == ALL:
        text = _("found in grade %(grade)s: %(share)s%% of the price is refunded", **values)
    else:
        inputs['part'] = str(finding.part)
        text = _("found in grade %(grade)s, for %(part)s%% of which the customer is responsible: %(share)s%% of the price "
                 "is refunded", part=show_percent(finding.part), **values)
    return entry('share', share == ALL, inputs, text)


def _has_shares(rule: Rule) -> bool:
    return any(share != ALL for share in rule.shares.values())


def _judge_condition(finding: Finding, rule: Rule, _: Callable[..., str]) -> dict[str, Any]:
    demanded, found = rule.condition_required, finding.condition
    ok = found is not None and is_as_good(found, demanded)
    values = {'demanded': condition_name(demanded, _), 'found': condition_name(found or '', _)}
    if ok:
        text = _("found %(found)s, as demanded (%(demanded)s)", **values)
    else:
        text = _("must come back %(demanded)s, but was found %(found)s", **values)
    return entry('condition_found', ok, {'demanded': demanded, 'found': found}, text)


def _judge_grade(finding: Finding, rule: Rule, _: Callable[..., str]) -> dict[str, Any]:
    demanded, found = rule.grade_required, finding.grade
    ok = found is not None and found <= demanded
    values = {'demanded': demanded.upper(), 'found': (found or '').upper()}
    if ok:
        text = _("found in grade %(found)s; at least %(demanded)s is demanded", **values)
    else:
        text = _("found in grade %(found)s, but at least %(demanded)s is demanded", **values)
    return entry('grade_found', ok, {'demanded': demanded, 'found': found}, text)
