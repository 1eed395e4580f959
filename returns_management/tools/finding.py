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
    ``responsibility``: as found, or as the reason proposes where nothing else was found.
    """

    condition: str | None = None
    grade: str | None = None
    responsibility: str | None = None


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
    if rule is None or finding.responsibility != 'customer':
        return ()
    wanted = (
        ('condition', rule.condition_required and not finding.condition),
        ('grade', (rule.grade_required or _has_shares(rule)) and not finding.grade),
    )
    return tuple(name for name, is_missing in wanted if is_missing)


def judge_finding(finding: Finding, rule: Rule | None, _: Callable[..., str] = plain) -> Judgement:
    """Hold what the inspector found against the rule that the return was judged by.

    Binds returns only for which the customer is responsible: what somebody else broke is refunded in full.
    """
    if rule is None or not (rule.condition_required or rule.grade_required or _has_shares(rule)):
        return Judgement()
    responsible = {'responsibility': finding.responsibility}
    if finding.responsibility != 'customer':
        text = _("refunded in full: the customer is not responsible for the return")
        return Judgement(trace=(entry('share', True, {**responsible, 'share': '100'}, text),))
    trace = []
    if rule.condition_required:
        trace.append(_judge_condition(finding, rule, _))
    if rule.grade_required:
        trace.append(_judge_grade(finding, rule, _))
    share = rule.shares.get(finding.grade, ALL) if finding.grade else ALL
    if _has_shares(rule):
        values = {'grade': (finding.grade or '').upper(), 'share': show_percent(share)}
        text = _("found in grade %(grade)s: %(share)s%% of the price is refunded", **values)
        inputs = {**responsible, 'grade': finding.grade, 'share': str(share)}
        trace.append(entry('share', share == ALL, inputs, text))
    ok = all(test['ok'] for test in trace if test['test'] != 'share')
    return Judgement(ok, share, tuple(trace))


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
