# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Which rule of a return policy applies, and what it says, in words a clerk can read to a customer.

Texts go through the caller's ``_`` (``self.env._`` in models): the parameter bears that name so that Odoo's
export finds the terms.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from dateutil.relativedelta import relativedelta

#: From best to worst.
STATUSES = ('compliant', 'exception', 'refused')
COMPLIANT, EXCEPTION, REFUSED = STATUSES

#: Tests that make the status; the other trace entries tell what follows from it.
DECISIVE = ('rule', 'returnable', 'resolution', 'condition', 'window', 'origin')

#: Conditions of goods, from best to worst.
CONDITIONS = ('unopened', 'complete', 'incomplete')

#: Resolutions that pay money and so may do without the goods.
MONEY = ('refund', 'store_credit')

Translate = Callable[..., str]
#: Last day of a window of n working days from a day; falsy where the calendar has none.
WorkingDays = Callable[[date, int], date | Literal[False] | None]


def plain(source: str, *args: Any, **kwargs: Any) -> str:
    """The text as written, for callers without a language. Same contract as ``env._``."""
    return source % (args or kwargs) if args or kwargs else source


@dataclass(frozen=True)
class Subject:
    """What rules are matched against.

    ``category_path``: product category ids from the root to the product's own.
    ``partner_ids``: the customer and its commercial entity.
    ``on``: the day on which a rule must be in force; rules with dates never match without it.
    """

    product_id: int | None = None
    category_path: tuple[int, ...] = ()
    partner_ids: frozenset[int] = frozenset()
    tag_ids: frozenset[int] = frozenset()
    country_id: int | None = None
    team_id: int | None = None
    website_id: int | None = None
    on: date | None = None


@dataclass(frozen=True)
class Rule:
    """One rule of a policy. Match keys that are empty match everything; all that are set must match.

    Amounts are in company currency; 0 in ``auto_approve_max`` and ``returnless_max`` means never, in ``advance_max``
    without limit. An empty
    ``allowed_resolutions`` leaves the choice free; to send back for nothing (``none``) is always allowed.
    ``condition_required``: the worst of ``CONDITIONS`` that is taken back; ``None`` for any. ``grade_required``: the
    lowest grade ('a' is the best); ``None`` for any. ``shares``: percent refunded by grade, 100 where none is named.
    Condition, grade and share bind customers who return by choice or fault only, as the fee does.
    """

    id: int
    name: str = ''
    sequence: int = 10
    product_id: int | None = None
    category_id: int | None = None
    partner_id: int | None = None
    tag_ids: frozenset[int] = frozenset()
    country_id: int | None = None
    team_id: int | None = None
    website_id: int | None = None
    date_from: date | None = None
    date_to: date | None = None
    window_days: int = 30
    window_unit: str = 'calendar'  # or 'working'
    warranty_months: int = 0
    returnable: bool = True
    allowed_resolutions: frozenset[str] = frozenset()
    on_late: str = 'refuse'  # or 'committee'
    fee_percent: Decimal = Decimal(0)
    fee_on_exchange: bool = False
    shipping_paid_by: str = 'customer'  # or 'company'
    auto_approve_max: Decimal = Decimal(0)
    returnless_max: Decimal = Decimal(0)
    delivery_refund: str = 'complete'  # or 'never', 'proportional'
    advance: str = 'never'  # or 'refund', 'exchange'
    advance_max: Decimal = Decimal(0)
    advance_trusted_only: bool = False
    condition_required: str | None = None
    grade_required: str | None = None
    shares: Mapping[str, Decimal] = field(default_factory=dict)
    conditions: str = ''


@dataclass(frozen=True)
class Facts:
    """What one request line is judged by.

    ``amount``: value of the pieces asked for, in company currency.
    ``responsibility``: sales, quality, warehouse, supplier, carrier or customer; ``None`` when not known.
    ``condition``: what the customer declares, one of ``CONDITIONS``; ``None`` when not said.
    ``origin``: what the goods were sold with: ``order``, ``delivery`` (one without an order), or ``unknown``.
    ``is_gift``: they come back from somebody else than the buyer.
    ``is_delivery_charged``: something was paid for their delivery.
    ``amount_advance``: value of what this return would have settled in advance; ``amount_open``: of what the same customer
    has been settled with in advance elsewhere, and has not sent yet; both in company currency.
    ``is_trusted``: somebody who may say so said that this customer is.
    ``is_withdrawal``: a consumer withdraws from the contract within the period of the law, which ends on
    ``withdrawal_until``; ``None`` while goods are still to come.
    """

    today: date
    delivery_date: date | None = None
    reason_category: str | None = None
    responsibility: str | None = None
    amount: Decimal = Decimal(0)
    resolution: str | None = None
    condition: str | None = None
    origin: str = 'order'
    is_gift: bool = False
    is_delivery_charged: bool = False
    amount_advance: Decimal = Decimal(0)
    amount_open: Decimal = Decimal(0)
    is_trusted: bool = False
    is_withdrawal: bool = False
    withdrawal_until: date | None = None


@dataclass(frozen=True)
class Verdict:
    """What a rule says about a line. ``trace``: JSON values only, one entry a test, in the order judged.

    A trace entry is ``{'test': code, 'ok': bool, 'inputs': {…}, 'text': sentence}``. For the tests in
    ``DECISIVE`` a line is compliant exactly when all are ok; for the others ``ok`` tells whether the
    customer gets what was tested.
    """

    status: str
    trace: tuple[dict[str, Any], ...] = ()
    deadline: date | None = None
    express: bool = False
    returnless: bool = False
    fee_percent: Decimal = Decimal(0)
    shipping_paid_by: str = 'company'
    delivery_refund: str = 'proportional'
    advance: str = 'never'
    needs_committee: bool = False
    note: str = ''


# Which rule


def select_rule(rules: Iterable[Rule], subject: Subject) -> Rule | None:
    """The most specific rule that matches.

    Product before nearest category before all; then customer before tag before country before all; then
    sequence, then id. Sales team, website and dates only decide whether a rule matches.
    """
    return min(_matching(rules, subject), key=lambda rule: (*_rank(rule, subject), rule.id), default=None)


def tied_rules(rules: Iterable[Rule], subject: Subject) -> list[Rule]:
    """The rules that match as well as the selected one, itself first, when only the id sets them apart; else none."""
    matching = _matching(rules, subject)
    best = min((_rank(rule, subject) for rule in matching), default=None)
    tied = sorted((rule for rule in matching if _rank(rule, subject) == best), key=lambda rule: rule.id)
    return tied if len(tied) > 1 else []


def conflicts(rules: Sequence[Rule]) -> list[tuple[Rule, Rule]]:
    """Pairs of rules that would tie for some product, customer and day, for a warning in the configuration.

    Two tags count as a conflict: a customer may bear both.
    """
    groups: dict[tuple, list[Rule]] = {}
    for rule in sorted(rules, key=lambda rule: rule.id):
        goods = ('product', rule.product_id) if rule.product_id else ('category', rule.category_id)
        groups.setdefault((goods, _customer_level(rule), rule.sequence), []).append(rule)
    return [
        (first, second)
        for group in groups.values()
        for place, first in enumerate(group)
        for second in group[place + 1 :]
        if not _exclude_each_other(first, second)
    ]


def _matching(rules: Iterable[Rule], subject: Subject) -> list[Rule]:
    return [rule for rule in rules if _matches(rule, subject)]


def _matches(rule: Rule, subject: Subject) -> bool:
    if (rule.date_from or rule.date_to) and subject.on is None:
        return False
    return (
        (not rule.product_id or rule.product_id == subject.product_id)
        and (not rule.category_id or rule.category_id in subject.category_path)
        and (not rule.partner_id or rule.partner_id in subject.partner_ids)
        and (not rule.tag_ids or bool(rule.tag_ids & subject.tag_ids))
        and (not rule.country_id or rule.country_id == subject.country_id)
        and (not rule.team_id or rule.team_id == subject.team_id)
        and (not rule.website_id or rule.website_id == subject.website_id)
        and (not rule.date_from or rule.date_from <= subject.on)
        and (not rule.date_to or subject.on <= rule.date_to)
    )


def _rank(rule: Rule, subject: Subject) -> tuple[int, int, int, int]:
    """The less, the more specific."""
    if rule.product_id:
        goods = (0, 0)
    elif rule.category_id:
        goods = (1, -subject.category_path.index(rule.category_id))
    else:
        goods = (2, 0)
    return (*goods, _customer_level(rule), rule.sequence)


def _customer_level(rule: Rule) -> int:
    keys = (rule.partner_id, rule.tag_ids, rule.country_id)
    return next((level for level, key in enumerate(keys) if key), len(keys))


def _exclude_each_other(first: Rule, second: Rule) -> bool:
    for key in ('partner_id', 'country_id', 'team_id', 'website_id'):
        mine, other = getattr(first, key), getattr(second, key)
        if mine and other and mine != other:
            return True
    return any(
        early.date_to and late.date_from and early.date_to < late.date_from
        for early, late in ((first, second), (second, first))
    )


# What it says


def evaluate(
    facts: Facts,
    rule: Rule | None,
    _: Translate = plain,
    *,
    working_days: WorkingDays | None = None,
    next_working_day: Callable[[date], date] | None = None,
    show_date: Callable[[date], str] = date.isoformat,
    show_amount: Callable[[Decimal], str] = str,
) -> Verdict:
    """Hold one request line against one rule. Depends on nothing but its arguments.

    - Not returnable, a resolution the rule does not offer, or goods declared in a worse condition than it takes
      back: refused. What nobody declared is judged at inspection (``tools.finding``).
    - Window: from the delivery date; for reasons of category ``quality`` the later of window and warranty
      counts. Late: refused, or an exception for the committee, as ``on_late`` says. A deadline that can't be
      worked out is an exception.
    - Fee and freight are the customer's only where the customer is responsible; goods that are kept bear no fee.
    - What was paid for delivery is given back as the rule says, in proportion where others are responsible.
    - Express, returnless and advance: only for compliant lines, up to their limits; returnless only for
      refund and store credit, advance only for the resolution it names (store credit counts as refund), and where the
      rule says so only for customers who are trusted.
    - No rule: an exception, to be judged by people.
    - A gift is never left with who got it, nor paid in advance.
    - Without an order: at best an exception, whatever the rule says: nobody can see what was sold, when and for how much.

    :param working_days: needed for rules with working days
    :param next_working_day: the day itself or the next one on which we work; moves the deadline
    :param show_date: how the texts write dates
    :param show_amount: how the texts write amounts of company currency
    :raises ValueError: for a rule in working days without ``working_days``
    """
    if rule is None:
        text = _("no rule of the policy covers this return: it has to be judged case by case")
        return Verdict(EXCEPTION, trace=(entry('rule', False, {'rule': None}, text),), note=text)

    name = rule.name or str(rule.id)
    inputs = {'rule': rule.id, 'name': rule.name}
    trace = [entry('rule', True, inputs, _("judged by the rule \"%s\"", name))]
    if facts.is_withdrawal:
        rule = _bend_to_law(rule)
    trace.append(_judge_returnable(rule, _))
    trace.append(_judge_resolution(facts, rule, _))
    if rule.returnable and rule.condition_required:
        trace.append(_judge_condition(facts, rule, _))
    deadline = None
    late = False
    if rule.returnable:
        deadline, window = (
            _judge_withdrawal(facts, _, show_date) if facts.is_withdrawal
            else _judge_window(facts, rule, _, working_days, next_working_day, show_date))
        trace.append(window)
        late = deadline is not None and not window['ok']
        if facts.origin != 'order':
            trace.append(_judge_origin(facts, _))

    failed = {test['test'] for test in trace if not test['ok']}
    if not failed:
        status = COMPLIANT
    elif failed <= {'window', 'origin'} and not (late and rule.on_late == 'refuse'):
        status = EXCEPTION
    else:
        status = REFUSED
    note = "; ".join(test['text'] for test in trace if not test['ok'])
    if status == COMPLIANT:
        note = _("within the policy: %s", trace[-1]['text'])

    payer, freight_entry = _judge_freight(facts, rule, _)
    delivery, delivery_entry = _judge_delivery(facts, rule, _)
    express, express_entry = _judge_express(facts, rule, status, _, show_amount)
    returnless, returnless_entry = _judge_returnless(facts, rule, status, _, show_amount)
    fee, fee_entry = _judge_fee(facts, rule, returnless, _)
    advance_entry = judge_advance(facts, rule, status, _, show_amount=show_amount)
    trace += [fee_entry, freight_entry]
    if facts.is_delivery_charged:
        trace.append(delivery_entry)
    trace += [express_entry, returnless_entry, advance_entry]
    return Verdict(
        status=status,
        trace=tuple(trace),
        deadline=deadline,
        express=express,
        returnless=returnless,
        fee_percent=fee,
        shipping_paid_by=payer,
        delivery_refund=delivery,
        advance=rule.advance if advance_entry['ok'] else 'never',
        needs_committee=status == EXCEPTION and late,
        note=note,
    )


def worst(statuses: Iterable[str | None]) -> str | None:
    """Policy status of a request from those of its lines; lines not judged yet don't count; ``None`` if none is."""
    return max((status for status in statuses if status), key=STATUSES.index, default=None)


def entry(test: str, ok: bool, inputs: dict[str, Any], text: str) -> dict[str, Any]:
    """One test of a trace."""
    return {'test': test, 'ok': ok, 'inputs': inputs, 'text': text}


def _judge_returnable(rule: Rule, _: Translate) -> dict[str, Any]:
    text = _("the product may be returned") if rule.returnable else _("the product is excluded from returns")
    return entry('returnable', rule.returnable, {'returnable': rule.returnable}, text)


def _judge_resolution(facts: Facts, rule: Rule, _: Translate) -> dict[str, Any]:
    wish, allowed = facts.resolution, rule.allowed_resolutions
    ok = not allowed or wish in (None, 'none') or wish in allowed
    inputs = {'resolution': wish, 'allowed': sorted(allowed)}
    if wish is None:
        text = _("no wish named yet")
    elif ok:
        text = _("wished: %s, which is offered", _resolution(wish, _))
    else:
        text = _(
            "wished: %(wish)s, which is not offered; possible: %(offered)s",
            wish=_resolution(wish, _),
            offered=", ".join(_resolution(code, _) for code in sorted(allowed)),
        )
    return entry('resolution', ok, inputs, text)


def _resolution(code: str, _: Translate) -> str:
    names = {
        'none': _("no compensation"),
        'refund': _("refund"),
        'store_credit': _("store credit"),
        'exchange': _("exchange"),
        'repair': _("repair"),
    }
    return names.get(code, code)


def _judge_condition(facts: Facts, rule: Rule, _: Translate) -> dict[str, Any]:
    demanded, declared = rule.condition_required, facts.condition
    by_choice = facts.responsibility == 'customer'
    ok = not by_choice or declared is None or is_as_good(declared, demanded)
    values = {'demanded': condition_name(demanded, _), 'declared': condition_name(declared or '', _)}
    if not by_choice:
        text = _("the condition does not matter: the customer is not responsible for the return")
    elif declared is None:
        text = _("must come back %(demanded)s: judged when the goods are here", **values)
    elif ok:
        text = _("must come back %(demanded)s; declared %(declared)s", **values)
    else:
        text = _("must come back %(demanded)s, but is declared %(declared)s", **values)
    inputs = {'demanded': demanded, 'declared': declared, 'responsibility': facts.responsibility}
    return entry('condition', ok, inputs, text)


def is_as_good(condition: str, demanded: str) -> bool:
    return CONDITIONS.index(condition) <= CONDITIONS.index(demanded)


def condition_name(code: str, _: Translate) -> str:
    names = {
        'unopened': _("unopened"),
        'complete': _("complete, with packaging and accessories"),
        'incomplete': _("incomplete"),
    }
    return names.get(code, code)


def _bend_to_law(rule: Rule) -> Rule:
    """What of a rule holds for a withdrawal in time: no wish, condition or fee stands against it, and what was paid for
    delivery is given back. Whether the goods may come back at all stays the rule's say: the law exempts some.
    """
    delivery = 'complete' if rule.delivery_refund == 'never' else rule.delivery_refund
    return replace(
        rule, allowed_resolutions=frozenset(), condition_required=None, fee_percent=Decimal(0), delivery_refund=delivery)


def _judge_withdrawal(
    facts: Facts, _: Translate, show_date: Callable[[date], str]
) -> tuple[date | None, dict[str, Any]]:
    """Deadline and trace entry of a withdrawal in time; its window is the law's."""
    until = facts.withdrawal_until
    inputs = {'withdrawal_until': until and until.isoformat(), 'today': facts.today.isoformat()}
    text = (
        _("withdrawn from the contract in time: the period ends on %s", show_date(until)) if until
        else _("withdrawn from the contract in time: not all of it was delivered yet"))
    return until, entry('window', True, inputs, text)


def _judge_window(
    facts: Facts,
    rule: Rule,
    _: Translate,
    working_days: WorkingDays | None,
    next_working_day: Callable[[date], date] | None,
    show_date: Callable[[date], str],
) -> tuple[date | None, dict[str, Any]]:
    """Deadline and trace entry; no deadline where it can't be worked out."""
    delivered = facts.delivery_date
    warranty = rule.warranty_months if facts.reason_category == 'quality' else 0
    inputs = {
        'delivered': delivered and delivered.isoformat(),
        'window_days': rule.window_days,
        'window_unit': rule.window_unit,
        'warranty_months': warranty,
        'today': facts.today.isoformat(),
    }
    if delivered is None:
        return None, entry('window', False, inputs, _("the delivery date is not known: the window can't be checked"))
    last = _window_end(delivered, rule, working_days)
    if not last:
        text = _("the calendar has no working days to count the window by: it can't be checked")
        return None, entry('window', False, inputs, text)

    if rule.window_unit == 'working':
        window = _("1 working day") if rule.window_days == 1 else _("%s working days", rule.window_days)
    else:
        window = _days(rule.window_days, _)
    warranted = delivered + relativedelta(months=warranty)
    if warranty and warranted > last:
        last = warranted
        months = _("1 month") if warranty == 1 else _("%s months", warranty)
        limit = _("warranty %s", months)
    else:
        limit = _("window %s", window)
    deadline = next_working_day(last) if next_working_day else last
    inputs['deadline'] = deadline.isoformat()
    if deadline != last:
        inputs['not_worked_on'] = last.isoformat()
        limit = _("%(limit)s to %(day)s, when we do not work", limit=limit, day=show_date(last))

    days = (facts.today - deadline).days
    values = {
        'delivered': show_date(delivered),
        'limit': limit,
        'deadline': show_date(deadline),
        'today': show_date(facts.today),
        'days': _days(abs(days), _),
    }
    if days > 0:
        text = _("delivered %(delivered)s, %(limit)s, ended %(deadline)s, today %(today)s: late by %(days)s", **values)
    elif days < 0:
        text = _("delivered %(delivered)s, %(limit)s, ends %(deadline)s, today %(today)s: %(days)s left", **values)
    else:
        text = _("delivered %(delivered)s, %(limit)s, ends %(deadline)s, today %(today)s: the last day", **values)
    return deadline, entry('window', days <= 0, inputs, text)


def _judge_origin(facts: Facts, _: Translate) -> dict[str, Any]:
    if facts.origin == 'delivery':
        text = _("delivered without an order: what was sold, and for how much, has to be judged case by case")
    else:
        text = _("no order is known: what was sold, when and for how much has to be judged case by case")
    return entry('origin', False, {'origin': facts.origin}, text)


def _window_end(delivered: date, rule: Rule, working_days: WorkingDays | None) -> date | Literal[False] | None:
    if rule.window_unit != 'working':
        return delivered + timedelta(days=rule.window_days)
    if working_days is None:
        raise ValueError("A window in working days needs a calendar")
    return working_days(delivered, rule.window_days)


def _days(number: int, _: Translate) -> str:
    return _("1 day") if number == 1 else _("%s days", number)


def _judge_fee(facts: Facts, rule: Rule, returnless: bool, _: Translate) -> tuple[Decimal, dict[str, Any]]:
    asked = _decimal(rule.fee_percent)
    exchanged = facts.resolution == 'exchange' and not rule.fee_on_exchange
    fee = asked if facts.responsibility == 'customer' and not returnless and not exchanged else Decimal(0)
    inputs = {'fee_percent': str(asked), 'responsibility': facts.responsibility, 'resolution': facts.resolution}
    if fee:
        text = _("a fee of %s%% is kept: the return is the customer's choice or fault", show_percent(fee))
    elif asked and returnless:
        text = _("no fee: the goods stay where they are")
    elif asked and exchanged and facts.responsibility == 'customer':
        text = _("no fee: the goods are exchanged")
    elif asked:
        text = _("no fee: the customer is not responsible for the return")
    else:
        text = _("no fee")
    return fee, entry('fee', not fee, inputs, text)


def _judge_freight(facts: Facts, rule: Rule, _: Translate) -> tuple[str, dict[str, Any]]:
    pays = rule.shipping_paid_by == 'customer' and facts.responsibility == 'customer'
    inputs = {'shipping_paid_by': rule.shipping_paid_by, 'responsibility': facts.responsibility}
    text = _("the customer pays the way back") if pays else _("we pay the way back")
    return 'customer' if pays else 'company', entry('freight', not pays, inputs, text)


def _judge_delivery(facts: Facts, rule: Rule, _: Translate) -> tuple[str, dict[str, Any]]:
    refund = rule.delivery_refund if facts.responsibility == 'customer' else 'proportional'
    if facts.is_gift:
        refund, text = 'never', _("what was paid for delivery is its buyer's")
    elif facts.responsibility != 'customer':
        text = _("what was paid for delivery is refunded in proportion: the customer is not responsible for the return")
    elif refund == 'proportional':
        text = _("what was paid for delivery is refunded in proportion to what comes back")
    elif refund == 'complete':
        text = _("what was paid for delivery is refunded once all that was delivered comes back")
    else:
        text = _("what was paid for delivery is not refunded")
    inputs = {'delivery_refund': rule.delivery_refund, 'responsibility': facts.responsibility}
    return refund, entry('delivery', refund != 'never', inputs, text)


def _judge_express(
    facts: Facts, rule: Rule, status: str, _: Translate, show_amount: Callable[[Decimal], str]
) -> tuple[bool, dict[str, Any]]:
    amount, limit = _decimal(facts.amount), _decimal(rule.auto_approve_max)
    if facts.is_withdrawal and status == COMPLIANT:
        inputs = {'amount': str(amount), 'status': status, 'withdrawal': True}
        text = _("approved without asking: a withdrawal in time is the customer's right")
        return True, entry('express', True, inputs, text)
    ok = status == COMPLIANT and _within(amount, limit)
    values = {'amount': show_amount(amount), 'limit': show_amount(limit)}
    if ok:
        text = _("approved without asking: %(amount)s is within the limit of %(limit)s", **values)
    elif limit <= 0:
        text = _("to be approved: this rule approves nothing by itself")
    elif status != COMPLIANT:
        text = _("not approved without asking: the return is not within the policy")
    else:
        text = _("to be approved: %(amount)s is above the limit of %(limit)s", **values)
    return ok, entry('express', ok, {'amount': str(amount), 'limit': str(limit), 'status': status}, text)


def _judge_returnless(
    facts: Facts, rule: Rule, status: str, _: Translate, show_amount: Callable[[Decimal], str]
) -> tuple[bool, dict[str, Any]]:
    amount, limit = _decimal(facts.amount), _decimal(rule.returnless_max)
    ok = status == COMPLIANT and facts.resolution in MONEY and not facts.is_gift and _within(amount, limit)
    values = {'amount': show_amount(amount), 'limit': show_amount(limit)}
    if ok:
        text = _("the goods need not be sent back: %(amount)s is within the limit of %(limit)s", **values)
    else:
        text = _("the goods have to be sent back")
    inputs = {'amount': str(amount), 'limit': str(limit), 'resolution': facts.resolution, 'status': status}
    return ok, entry('returnless', ok, inputs, text)


def judge_advance(
    facts: Facts, rule: Rule, status: str, _: Translate = plain, *, show_amount: Callable[[Decimal], str] = str
) -> dict[str, Any]:
    """Whether the line may be settled before its goods are back: judged at submission, and again when it is approved.

    :param status: what the policy says about the line
    :return: the trace entry
    """
    wish = 'refund' if facts.resolution in MONEY else facts.resolution
    own, pending, limit = _decimal(facts.amount_advance), _decimal(facts.amount_open), _decimal(rule.advance_max)
    offered = status == COMPLIANT and rule.advance != 'never' and rule.advance == wish and not facts.is_gift
    stranger = rule.advance_trusted_only and not facts.is_trusted
    above = limit > 0 and own + pending > limit
    values = {'own': show_amount(own), 'open': show_amount(pending), 'limit': show_amount(limit)}
    if not offered:
        text = _("settled after the goods were accepted")
    elif stranger:
        text = _("settled after the goods were accepted: in advance only with trusted customers, and this one is not marked "
                 "as trusted")
    elif above and pending:
        text = _("settled after the goods were accepted: %(own)s in advance, with %(open)s of other returns that have not "
                 "come yet, is above the limit of %(limit)s", **values)
    elif above:
        text = _("settled after the goods were accepted: %(own)s in advance is above the limit of %(limit)s", **values)
    elif wish == 'refund':
        text = _("the money may be paid before the goods are back")
    else:
        text = _("the replacement may be sent before the goods are back")
    ok = offered and not stranger and not above
    if ok and limit > 0:
        text = _("%(granted)s: %(own)s, with %(open)s of other returns that have not come yet, is within the limit of "
                 "%(limit)s", granted=text, **values)
    inputs = {
        'advance': rule.advance, 'resolution': facts.resolution, 'status': status, 'amount': str(own), 'open': str(pending),
        'limit': str(limit), 'trusted_only': rule.advance_trusted_only, 'trusted': facts.is_trusted}
    return entry('advance', ok, inputs, text)


def _within(amount: Decimal, limit: Decimal) -> bool:
    return limit > 0 and amount <= limit


def show_percent(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _decimal(value: Any) -> Decimal:
    """Floats of Odoo as the decimals they print."""
    return value if isinstance(value, Decimal) else Decimal(str(value))
