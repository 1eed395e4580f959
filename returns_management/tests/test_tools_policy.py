# Part of returns_management. See LICENSE file for full copyright and licensing details.
import ast
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools import policy
from odoo.addons.returns_management.tools.policy import (
    DECISIVE,
    STATUSES,
    Facts,
    Rule,
    Subject,
    conflicts,
    evaluate,
    select_rule,
    tied_rules,
    worst,
)

DELIVERED = date(2026, 3, 2)
RESPONSIBLE = ('sales', 'quality', 'warehouse', 'supplier', 'carrier', 'customer', None)
RESOLUTIONS = ('refund', 'store_credit', 'exchange', 'none', 'repair')
AMOUNTS = st.integers(0, 50000).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(0, 800).map(lambda days: DELIVERED + timedelta(days=days))

rules_to_judge = st.builds(
    Rule,
    id=st.integers(1, 9),
    name=st.sampled_from(['', 'Furniture 90 %', '100%(x)s']),
    window_days=st.integers(0, 400),
    warranty_months=st.integers(0, 24),
    returnable=st.booleans(),
    allowed_resolutions=st.frozensets(st.sampled_from(RESOLUTIONS)),
    on_late=st.sampled_from(['refuse', 'committee']),
    fee_percent=st.sampled_from([Decimal(0), Decimal(10), Decimal('12.5')]),
    fee_on_exchange=st.booleans(),
    shipping_paid_by=st.sampled_from(['customer', 'company']),
    delivery_refund=st.sampled_from(['never', 'complete', 'proportional']),
    auto_approve_max=AMOUNTS,
    returnless_max=AMOUNTS,
    advance=st.sampled_from(['never', 'refund', 'exchange']),
    advance_max=AMOUNTS,
    advance_trusted_only=st.booleans(),
)
facts_to_judge = st.builds(
    Facts,
    today=DAYS,
    delivery_date=st.none() | st.just(DELIVERED),
    reason_category=st.sampled_from(['quality', 'transport', 'customer', 'other', None]),
    responsibility=st.sampled_from(RESPONSIBLE),
    amount=AMOUNTS,
    resolution=st.sampled_from([*RESOLUTIONS, None]),
    is_delivery_charged=st.booleans(),
    amount_advance=AMOUNTS,
    amount_open=AMOUNTS,
    is_trusted=st.booleans(),
)

SMALL = st.integers(1, 3)
rules_to_match = st.lists(
    st.builds(
        Rule,
        id=st.integers(1, 10**6),
        sequence=st.integers(1, 2),
        product_id=st.none() | SMALL,
        category_id=st.none() | SMALL,
        partner_id=st.none() | SMALL,
        tag_ids=st.frozensets(SMALL, max_size=2),
        country_id=st.none() | SMALL,
        team_id=st.none() | SMALL,
        date_from=st.none() | st.integers(0, 3).map(lambda days: DELIVERED + timedelta(days=days)),
        date_to=st.none() | st.integers(0, 3).map(lambda days: DELIVERED + timedelta(days=days)),
    ),
    max_size=8,
    unique_by=lambda rule: rule.id,
)
subjects = st.builds(
    Subject,
    product_id=SMALL,
    category_path=st.lists(SMALL, unique=True).map(tuple),
    partner_ids=st.frozensets(SMALL, max_size=1),
    tag_ids=st.frozensets(SMALL, max_size=2),
    country_id=st.none() | SMALL,
    team_id=st.none() | SMALL,
    on=st.integers(0, 3).map(lambda days: DELIVERED + timedelta(days=days)),
)


def text_of(verdict, test):
    return next(entry['text'] for entry in verdict.trace if entry['test'] == test)


class TestSelectRule(BaseCase):
    SUBJECT = Subject(
        product_id=1, category_path=(10, 11), partner_ids=frozenset({20, 21}), tag_ids=frozenset({30}), country_id=40,
        team_id=50, on=DELIVERED,
    )  # fmt: skip

    def test_goods_before_customer_before_sequence(self):
        ladder = [
            Rule(90, product_id=1, partner_id=20),
            Rule(89, product_id=1, tag_ids=frozenset({30, 31})),
            Rule(88, product_id=1),
            Rule(87, category_id=11, partner_id=21),
            Rule(86, category_id=11),
            Rule(85, category_id=10, partner_id=20),
            Rule(84, category_id=10),
            Rule(83, partner_id=20),
            Rule(82, tag_ids=frozenset({30})),
            Rule(81, country_id=40),
            Rule(80, sequence=1),
            Rule(78, sequence=2),
            Rule(79, sequence=2),
        ]
        for place in range(len(ladder)):
            self.assertEqual(select_rule(ladder[place:][::-1], self.SUBJECT), ladder[place])
        self.assertIsNone(select_rule([], self.SUBJECT))

    def test_rule_needs_all_its_keys(self):
        for other in (
            {'product_id': 2}, {'category_id': 12}, {'partner_id': 22}, {'tag_ids': frozenset({31})},
            {'country_id': 41}, {'team_id': 51}, {'website_id': 1}, {'date_to': DELIVERED - timedelta(1)},
            {'date_from': DELIVERED + timedelta(1)},
        ):  # fmt: skip
            with self.subTest(key=other):
                self.assertIsNone(select_rule([Rule(1, **other)], self.SUBJECT))

    def test_first_and_last_day_of_a_rule_belong_to_it(self):
        rule = Rule(1, date_from=DELIVERED, date_to=DELIVERED)
        self.assertEqual(select_rule([rule], self.SUBJECT), rule)
        self.assertIsNone(select_rule([rule], replace(self.SUBJECT, on=None)))

    def test_tie_is_told(self):
        first, second, less = Rule(2, category_id=11), Rule(5, category_id=11), Rule(1)
        self.assertEqual(tied_rules([second, less, first], self.SUBJECT), [first, second])
        self.assertEqual(tied_rules([second, less], self.SUBJECT), [])
        self.assertEqual(tied_rules([], self.SUBJECT), [])

    def test_conflicts_are_found_without_a_customer(self):
        one = Rule(1, category_id=11, tag_ids=frozenset({30}))
        self.assertEqual(conflicts([one, replace(one, id=2)]), [(one, replace(one, id=2))])
        for other in (
            {'sequence': 2}, {'category_id': 12}, {'tag_ids': frozenset()}, {'product_id': 1}, {'partner_id': 1},
        ):  # fmt: skip
            self.assertEqual(conflicts([one, replace(one, id=2, **other)]), [])
        spring = Rule(1, date_to=date(2026, 5, 31))
        self.assertEqual(conflicts([spring, Rule(2, date_from=date(2026, 6, 1))]), [])
        self.assertEqual(len(conflicts([spring, Rule(2, date_from=date(2026, 5, 31))])), 1)
        self.assertEqual(conflicts([Rule(1, country_id=1), Rule(2, country_id=2)]), [])

    @given(rules_to_match, subjects, st.randoms(use_true_random=False))
    def test_winner_does_not_depend_on_the_order_of_rules(self, rules, subject, random):
        winner = select_rule(rules, subject)
        self.assertEqual(select_rule(random.sample(rules, len(rules)), subject), winner)
        self.assertEqual((winner in rules) if winner else winner, True if winner else None)

    @given(rules_to_match, subjects)
    def test_losers_do_not_matter(self, rules, subject):
        winner = select_rule(rules, subject)
        for rule in rules:
            if rule != winner:
                self.assertEqual(select_rule([other for other in rules if other != rule], subject), winner)

    @given(rules_to_match, subjects)
    def test_no_matching_rule_is_more_specific_than_the_winner(self, rules, subject):
        winner = select_rule(rules, subject)
        for rule in rules:
            if select_rule([rule], subject):
                self.assertLessEqual(bool(rule.product_id), bool(winner.product_id))
                if not winner.product_id:
                    depth = [
                        subject.category_path.index(r.category_id) if r.category_id else -1 for r in (rule, winner)
                    ]
                    self.assertLessEqual(*depth)

    @given(rules_to_match, subjects)
    def test_every_tie_is_a_conflict_known_beforehand(self, rules, subject):
        tied = tied_rules(rules, subject)
        if tied:
            self.assertEqual(tied[0], select_rule(rules, subject))
            known = conflicts(rules)
            for other in tied[1:]:
                self.assertIn((tied[0], other), known)


class TestEvaluate(BaseCase):
    def judge(self, rule=None, **facts):
        facts = {'today': date(2026, 3, 20), 'delivery_date': DELIVERED, 'resolution': 'refund', **facts}
        return evaluate(Facts(**facts), rule or Rule(1, 'Everything'))

    def test_late_in_words(self):
        verdict = self.judge(today=date(2026, 4, 5))
        self.assertEqual(
            verdict.note, "delivered 2026-03-02, window 30 days, ended 2026-04-01, today 2026-04-05: late by 4 days"
        )
        self.assertEqual((verdict.status, verdict.deadline), ('refused', date(2026, 4, 1)))
        self.assertFalse(verdict.needs_committee)

    def test_last_day_is_in_time(self):
        verdict = self.judge(today=date(2026, 4, 1))
        self.assertEqual(verdict.status, 'compliant')
        self.assertIn("today 2026-04-01: the last day", verdict.note)
        self.assertIn("late by 1 day", self.judge(today=date(2026, 4, 2)).note)

    def test_late_goes_to_the_committee_where_the_rule_says_so(self):
        verdict = self.judge(Rule(1, on_late='committee'), today=date(2026, 4, 5))
        self.assertEqual((verdict.status, verdict.needs_committee), ('exception', True))

    def test_committee_is_not_asked_about_what_is_refused_anyway(self):
        rule = Rule(1, on_late='committee', allowed_resolutions=frozenset({'exchange'}))
        verdict = self.judge(rule, today=date(2026, 4, 5))
        self.assertEqual((verdict.status, verdict.needs_committee), ('refused', False))
        self.assertIn("refund, which is not offered; possible: exchange; delivered", verdict.note)

    def test_warranty_counts_for_quality_only(self):
        rule = Rule(1, warranty_months=12)
        late = date(2026, 12, 1)
        verdict = self.judge(rule, today=late, reason_category='quality')
        self.assertEqual((verdict.status, verdict.deadline), ('compliant', date(2027, 3, 2)))
        self.assertIn("warranty 12 months", verdict.note)
        self.assertEqual(self.judge(rule, today=late, reason_category='customer').status, 'refused')

    def test_longer_window_beats_shorter_warranty(self):
        verdict = self.judge(Rule(1, window_days=90, warranty_months=1), reason_category='quality')
        self.assertEqual(verdict.deadline, DELIVERED + timedelta(90))

    def test_month_ends_are_clamped(self):
        verdict = self.judge(
            Rule(1, window_days=0, warranty_months=1),
            delivery_date=date(2026, 1, 31), today=date(2026, 2, 28), reason_category='quality',
        )  # fmt: skip
        self.assertEqual((verdict.status, verdict.deadline), ('compliant', date(2026, 2, 28)))

    def test_unknown_delivery_date_is_for_people(self):
        for on_late in ('refuse', 'committee'):
            verdict = self.judge(Rule(1, on_late=on_late), delivery_date=None)
            self.assertEqual((verdict.status, verdict.deadline, verdict.needs_committee), ('exception', None, False))
            self.assertIn("the delivery date is not known", verdict.note)

    def test_no_rule_is_for_people(self):
        verdict = evaluate(Facts(today=DELIVERED), None)
        self.assertEqual((verdict.status, verdict.express, verdict.returnless), ('exception', False, False))
        self.assertIn("no rule", verdict.note)

    def test_working_days_and_days_off_come_from_the_calendar(self):
        facts = Facts(today=date(2026, 3, 16), delivery_date=DELIVERED)
        rule = Rule(1, window_days=10, window_unit='working')
        asked = []
        verdict = evaluate(facts, rule, working_days=lambda *args: asked.append(args) or date(2026, 3, 16))
        self.assertEqual((asked, verdict.deadline), ([(DELIVERED, 10)], date(2026, 3, 16)))
        self.assertIn("window 10 working days", verdict.note)
        self.assertEqual(evaluate(facts, rule, working_days=lambda *args: False).status, 'exception')
        with self.assertRaises(ValueError):
            evaluate(facts, rule)
        moved = evaluate(facts, Rule(1, window_days=12), next_working_day=lambda day: day + timedelta(days=2))
        self.assertEqual((moved.status, moved.deadline), ('compliant', date(2026, 3, 16)))
        self.assertIn("window 12 days to 2026-03-14, when we do not work, ends 2026-03-16", moved.note)

    def test_product_excluded_from_returns(self):
        verdict = self.judge(Rule(1, returnable=False, on_late='committee'), today=date(2028, 1, 1))
        self.assertEqual((verdict.status, verdict.needs_committee, verdict.deadline), ('refused', False, None))

    def test_resolution_must_be_offered_or_be_none_at_all(self):
        rule = Rule(1, allowed_resolutions=frozenset({'refund'}))
        passed = {wish for wish in (*RESOLUTIONS, None) if self.judge(rule, resolution=wish).status == 'compliant'}
        self.assertEqual(passed, {'refund', 'none', None})
        self.assertEqual({self.judge(resolution=wish).status for wish in RESOLUTIONS}, {'compliant'})

    def test_express_up_to_the_limit(self):
        for limit, amount, express in (('100', '100', True), ('100', '100.01', False), ('0', '0', False)):
            rule = Rule(1, auto_approve_max=Decimal(limit))
            self.assertEqual(self.judge(rule, amount=Decimal(amount)).express, express)
        self.assertTrue(self.judge(Rule(1, auto_approve_max=100.1), amount=Decimal('100.1')).express)

    def test_returnless_for_money_only(self):
        rule = Rule(1, returnless_max=Decimal(20))
        granted = {wish for wish in RESOLUTIONS if self.judge(rule, resolution=wish, amount=Decimal(20)).returnless}
        self.assertEqual(granted, {'refund', 'store_credit'})

    def test_advance_for_the_resolution_it_names(self):
        for advance, expected in (
            ('refund', {'refund', 'store_credit'}),
            ('exchange', {'exchange'}),
            ('never', set()),
        ):
            granted = {w for w in RESOLUTIONS if self.judge(Rule(1, advance=advance), resolution=w).advance != 'never'}
            self.assertEqual(granted, expected)

    def test_advance_up_to_a_limit_and_for_trusted_customers(self):
        rule = Rule(1, advance='refund', advance_max=Decimal(100), advance_trusted_only=True)
        for own, pending, trusted, advance, words in (
            (100, 0, True, 'refund', "the money may be paid before the goods are back: 100, with 0 of other returns"),
            (60, 40, True, 'refund', "60, with 40 of other returns that have not come yet, is within the limit of 100"),
            (60, '40.01', True, 'never', "60 in advance, with 40.01 of other returns that have not come yet, is above"),
            ('100.01', 0, True, 'never', "100.01 in advance is above the limit of 100"),
            (1, 0, False, 'never', "only with trusted customers, and this one is not marked as trusted"),
        ):
            verdict = self.judge(
                rule, amount_advance=Decimal(own), amount_open=Decimal(pending), is_trusted=trusted, resolution='refund')
            self.assertEqual(verdict.advance, advance)
            self.assertIn(words, text_of(verdict, 'advance'))
        everybody = Rule(1, advance='refund')
        self.assertEqual(self.judge(everybody, amount_advance=Decimal(10**9), resolution='refund').advance, 'refund')

    def test_fee_in_words(self):
        verdict = self.judge(Rule(1, fee_percent=Decimal('10.0')), responsibility='customer')
        self.assertEqual(text_of(verdict, 'fee'), "a fee of 10% is kept: the return is the customer's choice or fault")

    def test_texts_are_written_by_the_callers_functions(self):
        verdict = evaluate(
            Facts(today=DELIVERED, delivery_date=DELIVERED, amount=Decimal(5), resolution='refund'),
            Rule(1, auto_approve_max=Decimal(9)),
            lambda source, *args, **kwargs: "«" + policy.plain(source, *args, **kwargs) + "»",
            show_date=lambda day: day.strftime('%d/%m'),
            show_amount=lambda amount: f"{amount} €",
        )
        self.assertIn("02/03", verdict.note)
        self.assertIn("5 € is within the limit of 9 €", text_of(verdict, 'express'))
        self.assertTrue(all(entry['text'][0] == "«" for entry in verdict.trace))
        self.assertEqual(verdict.trace[3]['inputs']['delivered'], '2026-03-02')

    @given(facts_to_judge, st.none() | rules_to_judge)
    def test_compliant_exactly_when_every_decisive_test_is_passed(self, facts, rule):
        verdict = evaluate(facts, rule)
        self.assertIn(verdict.status, STATUSES)
        passed = all(entry['ok'] for entry in verdict.trace if entry['test'] in DECISIVE)
        self.assertEqual(verdict.status == 'compliant', passed)
        self.assertTrue(verdict.note)

    @given(facts_to_judge, st.none() | rules_to_judge)
    def test_trace_is_json_with_a_sentence_for_each_test(self, facts, rule):
        trace = list(evaluate(facts, rule).trace)
        self.assertEqual(json.loads(json.dumps(trace)), trace)
        self.assertEqual(len({entry['test'] for entry in trace}), len(trace))
        for entry in trace:
            self.assertEqual(list(entry), ['test', 'ok', 'inputs', 'text'])
            self.assertIs(type(entry['ok']), bool)
            self.assertTrue(entry['text'])

    @given(facts_to_judge, rules_to_judge, st.sampled_from([r for r in RESPONSIBLE if r != 'customer']))
    def test_only_the_responsible_customer_pays(self, facts, rule, other):
        free = evaluate(replace(facts, responsibility=other), rule)
        self.assertEqual(
            (free.fee_percent, free.shipping_paid_by, free.delivery_refund), (0, 'company', 'proportional'))
        paid = evaluate(replace(facts, responsibility='customer'), rule)
        # nobody restocks what the customer keeps; an exchange bears a fee only where the rule says so
        is_spared = paid.returnless or facts.resolution == 'exchange' and not rule.fee_on_exchange
        fee = 0 if is_spared else rule.fee_percent
        self.assertEqual(
            (paid.fee_percent, paid.shipping_paid_by, paid.delivery_refund),
            (fee, rule.shipping_paid_by, rule.delivery_refund))

    @given(facts_to_judge, rules_to_judge)
    def test_favours_are_for_compliant_lines_within_their_limits(self, facts, rule):
        verdict = evaluate(facts, rule)
        compliant = verdict.status == 'compliant'
        self.assertEqual(verdict.express, compliant and 0 < rule.auto_approve_max >= facts.amount)
        money = facts.resolution in ('refund', 'store_credit')
        self.assertEqual(verdict.returnless, compliant and money and 0 < rule.returnless_max >= facts.amount)
        wish = 'refund' if money else facts.resolution
        self.assertEqual(verdict.advance != 'never', (
            compliant and rule.advance == wish and (facts.is_trusted or not rule.advance_trusted_only)
            and (not rule.advance_max or facts.amount_advance + facts.amount_open <= rule.advance_max)))

    @given(facts_to_judge, rules_to_judge, st.integers(1, 400))
    def test_waiting_never_helps(self, facts, rule, days):
        now, later = (evaluate(replace(facts, today=facts.today + timedelta(days=d)), rule) for d in (0, days))
        self.assertEqual(worst([now.status, later.status]), later.status)
        self.assertEqual(now.deadline, later.deadline)

    @given(facts_to_judge, rules_to_judge)
    def test_late_is_a_day_after_the_deadline(self, facts, rule):
        deadline = evaluate(facts, rule).deadline
        if deadline:
            on_time, late = (evaluate(replace(facts, today=deadline + timedelta(days=d)), rule) for d in (0, 1))
            self.assertIn("the last day", text_of(on_time, 'window'))
            self.assertIn("late by 1 day", text_of(late, 'window'))

    def test_worst(self):
        self.assertEqual(worst(['compliant', 'refused', 'exception']), 'refused')
        self.assertEqual(worst(['compliant', False, 'exception']), 'exception')
        self.assertIsNone(worst([]))
        self.assertIsNone(worst([False]))


class TestTerms(BaseCase):
    def test_every_text_can_be_exported_for_translation(self):
        tree = ast.parse(Path(policy.__file__).read_text(encoding='utf-8'))
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == '_']
        self.assertGreater(len(calls), 20)
        for call in calls:
            self.assertIsInstance(call.args[0], ast.Constant)
            placeholders = call.args[0].value.count('%s')
            self.assertLessEqual(placeholders, 1, call.args[0].value)
