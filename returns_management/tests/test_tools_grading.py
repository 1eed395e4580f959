# Part of returns_management. See LICENSE file for full copyright and licensing details.
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.grading import (
    DIGITS,
    GRADES,
    LARGEST,
    Outcome,
    Point,
    judge_answer,
    propose,
    read_answer,
)

outcomes = st.builds(Outcome, passed=st.booleans(), grade=st.sampled_from(GRADES), acceptable=st.booleans())
numbers = st.decimals(-100, 100, places=2)
limits = st.none() | numbers


@st.composite
def points(draw):
    kind = draw(st.sampled_from(['yes_no', 'choice', 'measure']))
    return Point(
        name=draw(st.text(max_size=3)), kind=kind, required=draw(st.booleans()),
        expected=draw(st.sampled_from(['yes', 'no'])), lowest=draw(limits), highest=draw(limits),
        failed=draw(outcomes), options=draw(st.dictionaries(st.sampled_from('1234'), outcomes, min_size=1)))


@st.composite
def answered_points(draw):
    point = draw(points())
    answers = {'yes_no': st.sampled_from(['yes', 'no']), 'choice': st.sampled_from(sorted(point.options)),
               'measure': numbers}
    return point, read_answer(point, draw(st.none() | answers[point.kind]))


def forbids(point, answer, grade):
    """The oracle: does this answer rule out ``grade``? Told from the table alone, case by case."""
    match point.kind, answer:
        case _, None:
            return False
        case 'choice', key:
            return grade < point.options[key].grade
        case 'yes_no', word:
            return word != point.expected and grade < point.failed.grade
        case 'measure', number:
            outside = (
                point.lowest is not None and Decimal(number) < point.lowest
                or point.highest is not None and Decimal(number) > point.highest)
            return outside and grade < point.failed.grade


class TestGrading(BaseCase):
    BATTERY = Point("Battery", 'measure', required=True, lowest=Decimal(80), failed=Outcome(False, 'c'))
    LOOK = Point("Look", 'choice', options={
        '1': Outcome(), '2': Outcome(True, 'b'), '3': Outcome(False, 'd', acceptable=False)})

    def test_worst_answer_decides(self):
        self.assertEqual(propose([(self.BATTERY, '80'), (self.LOOK, '2')]).grade, 'b')
        proposal = propose([(self.BATTERY, '79.99'), (self.LOOK, '2')])
        self.assertEqual((proposal.grade, proposal.decisive), ('c', (self.BATTERY,)))

    def test_missing_required_answers_are_named(self):
        proposal = propose([(self.BATTERY, None), (self.LOOK, '2')])
        self.assertEqual((proposal.grade, proposal.missing), (None, (self.BATTERY,)))
        self.assertIsNone(propose([(self.LOOK, None)]).grade, "nothing was checked")
        self.assertEqual(propose([]).missing, ())

    def test_answer_that_forbids_to_take_goods_back(self):
        proposal = propose([(self.BATTERY, '90'), (self.LOOK, '3')])
        self.assertEqual((proposal.grade, proposal.acceptable, proposal.decisive), ('d', False, (self.LOOK,)))

    def test_answers_are_kept_in_one_way(self):
        self.assertEqual(read_answer(self.BATTERY, 80), '80')
        self.assertEqual(read_answer(self.BATTERY, ' 80.50 '), '80.5')
        self.assertEqual(read_answer(self.BATTERY, -0.00001), '0')
        self.assertEqual(read_answer(self.BATTERY, 1e3), '1000')
        for nothing in (None, False, ''):
            self.assertIsNone(read_answer(self.BATTERY, nothing))

    def test_what_is_no_answer_is_refused(self):
        for answer in ('nan', 'inf', float('nan'), float('-inf'), '1e99', 'a lot', True, [80], {}, LARGEST * 2, '1_0x'):
            with self.subTest(answer=answer), self.assertRaises(ValueError):
                read_answer(self.BATTERY, answer)
        for point, answer in ((self.LOOK, '4'), (self.LOOK, 1), (Point(), 'maybe'), (Point(), True), (Point(), ['yes'])):
            with self.subTest(answer=answer), self.assertRaises(ValueError):
                read_answer(point, answer)

    @given(st.lists(answered_points(), max_size=6))
    def test_proposal_is_the_best_grade_that_no_answer_forbids(self, answered):
        proposal = propose(answered)
        given_answers = [answer for _point, answer in answered if answer is not None]
        missing = tuple(point for point, answer in answered if point.required and answer is None)
        self.assertEqual(proposal.missing, missing)
        if missing or not given_answers:
            self.assertIsNone(proposal.grade)
            return
        possible = [grade for grade in GRADES if not any(forbids(point, answer, grade) for point, answer in answered)]
        self.assertEqual(proposal.grade, possible[0])

    @given(st.lists(answered_points(), max_size=6))
    def test_another_answer_never_makes_it_better(self, answered):
        for end in range(len(answered)):
            before, after = propose(answered[:end]), propose(answered[:end + 1])
            self.assertLessEqual(after.acceptable, before.acceptable)
            if before.grade and after.grade:
                self.assertLessEqual(before.grade, after.grade)

    @given(st.lists(answered_points(), max_size=6))
    def test_without_its_decisive_points_a_proposal_is_better(self, answered):
        proposal = propose(answered)
        rest = propose([(point, answer) for point, answer in answered if point not in proposal.decisive])
        self.assertTrue(rest.acceptable)
        if proposal.decisive and proposal.grade and rest.grade and proposal.grade != 'a':
            self.assertLess(rest.grade, proposal.grade)

    @given(answered_points())
    def test_kept_answer_reads_as_itself(self, answered):
        point, answer = answered
        self.assertEqual(read_answer(point, answer), answer)
        if answer is not None:
            self.assertIn(judge_answer(point, answer).grade, GRADES)
            if point.kind == 'measure':
                self.assertLessEqual(len(answer.partition('.')[2]), DIGITS)
