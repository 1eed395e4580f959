# Part of returns_management. See LICENSE file for full copyright and licensing details.
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.finding import ALL, Finding, is_needed, judge_finding
from odoo.addons.returns_management.tools.policy import CONDITIONS, Rule

GRADES = 'abcd'
RESPONSIBLE = ('sales', 'quality', 'warehouse', 'supplier', 'carrier', 'customer', None)

rules = st.builds(
    Rule,
    id=st.just(1),
    condition_required=st.sampled_from([None, *CONDITIONS]),
    grade_required=st.sampled_from([None, *GRADES]),
    shares=st.lists(st.integers(0, 100), min_size=4, max_size=4).map(
        lambda shares: dict(zip(GRADES, map(Decimal, sorted(shares, reverse=True)), strict=True))),
)
findings = st.builds(
    Finding,
    condition=st.sampled_from([None, *CONDITIONS]),
    grade=st.sampled_from([None, *GRADES]),
    responsibility=st.sampled_from(RESPONSIBLE),
)


class TestFinding(BaseCase):
    RULE = Rule(
        1, condition_required='complete', grade_required='c', shares={'a': ALL, 'b': ALL, 'c': Decimal(70), 'd': Decimal(0)})

    def judge(self, condition='complete', grade='a', responsibility='customer'):
        return judge_finding(Finding(condition, grade, responsibility), self.RULE)

    def test_as_demanded(self):
        judgement = self.judge()
        self.assertEqual((judgement.ok, judgement.share), (True, 100))
        self.assertEqual([(test['test'], test['ok']) for test in judgement.trace], [
            ('condition_found', True), ('grade_found', True), ('share', True)])

    def test_share_of_the_grade(self):
        judgement = self.judge(grade='c')
        self.assertEqual((judgement.ok, judgement.share), (True, 70))
        self.assertEqual(judgement.trace[-1]['text'], "found in grade C: 70% of the price is refunded")

    def test_worse_than_demanded(self):
        self.assertFalse(self.judge(condition='incomplete').ok)
        self.assertFalse(self.judge(grade='d').ok)
        self.assertTrue(self.judge(condition='unopened').ok, "Better than demanded")

    def test_what_has_to_be_recorded(self):
        self.assertEqual(is_needed(Finding(responsibility='customer'), self.RULE), ('condition', 'grade'))
        self.assertEqual(is_needed(Finding('complete', 'a', 'customer'), self.RULE), ())
        self.assertEqual(is_needed(Finding(responsibility='customer'), Rule(1)), ())
        self.assertEqual(is_needed(Finding(responsibility='carrier'), self.RULE), ())

    @given(findings, rules)
    def test_nobody_pays_for_what_somebody_else_did(self, finding, rule):
        judgement = judge_finding(finding, rule)
        if finding.responsibility != 'customer':
            self.assertEqual((judgement.ok, judgement.share), (True, 100))

    @given(findings, rules)
    def test_complete_finding_is_judged_by_order_of_grades(self, finding, rule):
        if is_needed(finding, rule):
            return
        judgement = judge_finding(finding, rule)
        self.assertTrue(0 <= judgement.share <= 100)
        self.assertEqual(judgement.ok, all(test['ok'] for test in judgement.trace if test['test'] != 'share'))
        if finding.grade and finding.grade != 'a':
            better = judge_finding(Finding(finding.condition, 'a', finding.responsibility), rule)
            self.assertGreaterEqual(better.share, judgement.share)
            self.assertGreaterEqual(better.ok, judgement.ok)

    @given(findings, rules, st.decimals(0, 100, places=2))
    def test_of_shared_responsibility_only_the_customers_part_is_kept(self, finding, rule, part):
        shared = replace(finding, customer_part=part)
        if is_needed(shared, rule):
            return
        whole = judge_finding(replace(finding, responsibility='customer'), rule).share
        kept = (100 - Fraction(whole)) * Fraction(part) / 100
        self.assertEqual(Fraction(judge_finding(shared, rule).share), 100 - kept)

    @given(findings, rules, st.decimals(0, 100, places=2))
    def test_what_is_demanded_binds_the_mainly_responsible(self, finding, rule, part):
        shared = judge_finding(replace(finding, customer_part=part), rule)
        if part and finding.responsibility == 'customer':
            self.assertEqual(shared.ok, judge_finding(finding, rule).ok)
        else:
            self.assertTrue(shared.ok)

    @given(findings, rules)
    def test_one_party_alone_is_not_shared(self, finding, rule):
        alone = replace(finding, customer_part=ALL if finding.responsibility == 'customer' else Decimal(0))
        self.assertEqual(judge_finding(alone, rule), judge_finding(finding, rule))
        self.assertEqual(is_needed(alone, rule), is_needed(finding, rule))
