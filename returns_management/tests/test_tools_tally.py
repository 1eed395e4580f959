# Part of returns_management. See LICENSE file for full copyright and licensing details.
from itertools import permutations, product

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.tally import Voter, can_approve, tally

VERDICTS = ('approve', 'reject', 'abstain')
RULES = ('any', 'quorum', 'all', 'majority', 'unanimous', 'chair')
DEPARTMENTS = ('sales', 'quality', 'finance')


def people(*departments):
    return [Voter(number, department) for number, department in enumerate(departments)]


def cast(text):
    """Votes of voters 0, 1, …: y, n, a; - for a vote not cast."""
    names = dict(zip('yna', VERDICTS, strict=True))
    return {number: names[letter] for number, letter in enumerate(text) if letter != '-'}


def valid(voters, votes, quorum, required):
    heard = {voter.department for voter in voters if votes.get(voter.id) in ('approve', 'reject')}
    return len(votes) >= quorum and set(required) <= heard


def final(rule, voters, votes, quorum, chair, required):
    """The promise in words, for a vote in which everybody voted. Knows nothing of early decisions."""
    approvals = [voter for voter, verdict in votes.items() if verdict == 'approve']
    rejections = [voter for voter, verdict in votes.items() if verdict == 'reject']
    chair_approves = votes.get(chair) == 'approve'
    if rule == 'any':
        opinions = [verdict for verdict in votes.values() if verdict != 'abstain']
        return opinions[:1] == ['approve']
    if rule == 'quorum':
        return len(approvals) >= max(quorum, 1)
    if rule == 'all':
        return len(approvals) == len(voters)
    if not valid(voters, votes, quorum, required):
        return False
    if rule == 'majority':
        return len(approvals) > len(rejections) or (len(approvals) == len(rejections) and chair_approves)
    if rule == 'unanimous':
        return bool(approvals) and not rejections
    return chair_approves


def completions(voters, votes):
    """Every way in which the others may vote."""
    silent = [voter.id for voter in voters if voter.id not in votes]
    for verdicts in product(VERDICTS, repeat=len(silent)):
        yield {**votes, **dict(zip(silent, verdicts, strict=True))}


def oracle(rule, voters, votes, quorum, chair, required):
    if not votes:
        return 'open'
    ends = list(completions(voters, votes))
    results = {final(rule, voters, end, quorum, chair, required) for end in ends}
    if len(results) == 2:
        return 'open'
    unheard = rule in ('majority', 'chair') and not valid(voters, votes, quorum, required)
    if unheard and any(valid(voters, end, quorum, required) for end in ends):
        return 'open'  # certain, but who must be heard was not, and still can be
    return 'approved' if results == {True} else 'rejected'


@st.composite
def polls(draw, rules=RULES):
    voters = people(*draw(st.lists(st.sampled_from(DEPARTMENTS), min_size=1, max_size=5)))
    order = draw(st.permutations([voter.id for voter in voters]))
    votes = {voter: draw(st.sampled_from(VERDICTS)) for voter in order}
    options = {
        'quorum': draw(st.integers(0, len(voters) + 1)),
        'chair': draw(st.sampled_from([None, 99, *order])),
        'required_departments': draw(st.sets(st.sampled_from(DEPARTMENTS), max_size=2)),
    }
    return draw(st.sampled_from(rules)), voters, votes, options


def first(votes, number):
    return dict(list(votes.items())[:number])


class TestTallyExamples(BaseCase):
    def check(self, rule, expected, **options):
        for text, result in expected.items():
            with self.subTest(rule=rule, votes=text):
                self.assertEqual(tally(rule, people(*['sales'] * len(text)), cast(text), **options), result)

    def test_any_is_decided_by_the_first_opinion(self):
        self.check('any', {'---': 'open', '-y-': 'approved', '--n': 'rejected', 'a--': 'open', 'aaa': 'rejected'})
        voters = people('sales', 'sales')
        self.assertEqual(tally('any', voters, {1: 'reject', 0: 'approve'}), 'rejected')
        self.assertEqual(tally('any', voters, {0: 'approve', 1: 'reject'}), 'approved')

    def test_quorum_counts_approvals(self):
        expected = {'yy--': 'approved', 'yn--': 'open', 'ynn-': 'open', 'nnn-': 'rejected', 'aan-': 'rejected'}
        self.check('quorum', expected, quorum=2)
        self.check('quorum', {'--': 'open', 'y-': 'approved', 'aa': 'rejected'}, quorum=0)

    def test_all_means_everybody(self):
        self.check('all', {'yy-': 'open', 'yyy': 'approved', 'n--': 'rejected', 'yya': 'rejected', 'aaa': 'rejected'})

    def test_majority_is_decided_as_soon_as_open_votes_cannot_change_it(self):
        expected = {'yy--': 'open', 'yyy--': 'approved', 'nnn--': 'rejected', 'yya': 'approved', 'yyn--': 'open'}
        self.check('majority', expected)
        self.check('majority', {'yyy--': 'open', 'yyyy-': 'approved', 'yyya-': 'approved'}, quorum=4)

    def test_tie_is_the_chairs(self):
        for chair, result in ((0, 'approved'), (1, 'rejected'), (2, 'rejected'), (None, 'rejected'), (99, 'rejected')):
            self.check('majority', {'yna': result}, chair=chair)
        self.check('majority', {'aaa': 'rejected'}, chair=0)

    def test_chairs_vote_decides_a_coming_tie_early(self):
        self.check('majority', {'yyn-': 'approved', 'yy--': 'approved', 'ynn-': 'open'}, chair=0)

    def test_required_department_must_have_an_opinion(self):
        voters = people('sales', 'sales', 'finance')
        expected = {'yy-': 'open', 'nn-': 'open', 'yyn': 'approved', 'yya': 'rejected', 'nny': 'rejected'}
        for text, result in expected.items():
            with self.subTest(votes=text):
                self.assertEqual(tally('majority', voters, cast(text), required_departments=['finance']), result)

    def test_unanimous_is_broken_by_one_rejection_not_by_an_abstention(self):
        expected = {'yy-': 'open', 'yyy': 'approved', 'yya': 'approved', 'n--': 'rejected', 'aaa': 'rejected'}
        self.check('unanimous', expected)

    def test_chair_decides_once_the_others_were_heard(self):
        self.check('chair', {'y--': 'open', 'yn-': 'approved', 'nyy': 'rejected', 'ay-': 'rejected'}, chair=0, quorum=2)
        self.check('chair', {'yyy': 'rejected'}, chair=None)

    def test_votes_of_others_do_not_count(self):
        self.assertEqual(tally('any', people('sales'), {7: 'approve'}), 'open')
        self.assertEqual(tally('majority', people('sales', 'sales'), {0: 'approve', 7: 'approve'}), 'open')

    def test_unknown_words_are_errors(self):
        with self.assertRaises(ValueError):
            tally('lottery', people('sales'), {})
        with self.assertRaises(ValueError):
            tally('any', people('sales'), {0: 'perhaps'})

    def test_vote_that_cannot_be_won_is_told_before_it_opens(self):
        self.assertFalse(can_approve('any', []))
        self.assertFalse(can_approve('quorum', people('sales'), quorum=2))
        self.assertFalse(can_approve('majority', people('sales'), required_departments=['finance']))
        self.assertFalse(can_approve('chair', people('sales'), chair=9))
        self.assertTrue(can_approve('chair', people('sales'), chair=0))


class TestTallyProperties(BaseCase):
    @given(polls(), st.integers(0, 5))
    def test_agrees_with_enumeration_of_what_others_may_vote(self, poll, number):
        rule, voters, votes, options = poll
        votes = first(votes, number)
        expected = oracle(rule, voters, votes, options['quorum'], options['chair'], options['required_departments'])
        self.assertEqual(tally(rule, voters, votes, **options), expected)

    def test_agrees_with_enumeration_for_every_vote_of_three(self):
        voters = people('sales', 'quality', 'finance')
        cases = product(RULES, range(5), (None, 0, 2), ((), ('finance',)), product('yna-', repeat=3))
        for rule, quorum, chair, required, letters in cases:
            options = {'quorum': quorum, 'chair': chair, 'required_departments': required}
            given_votes = cast(letters)
            for order in permutations(given_votes):
                votes = {voter: given_votes[voter] for voter in order}
                expected = oracle(rule, voters, votes, quorum, chair, required)
                self.assertEqual(tally(rule, voters, votes, **options), expected, (rule, options, votes))

    @given(polls())
    def test_decided_stays_decided(self, poll):
        rule, voters, votes, options = poll
        results = [tally(rule, voters, first(votes, number), **options) for number in range(len(votes) + 1)]
        decided = [result for result in results if result != 'open']
        self.assertEqual(len(set(decided)), 1)
        self.assertEqual(results, ['open'] * (len(results) - len(decided)) + decided)

    @given(polls())
    def test_ends_when_everybody_voted(self, poll):
        rule, voters, votes, options = poll
        self.assertNotEqual(tally(rule, voters, votes, **options), 'open')

    @given(polls())
    def test_nothing_is_decided_by_silence(self, poll):
        rule, voters, _votes, options = poll
        self.assertEqual(tally(rule, voters, {}, **options), 'open')

    @given(polls())
    def test_nothing_is_approved_without_an_approval(self, poll):
        rule, voters, votes, options = poll
        if 'approve' not in votes.values():
            self.assertEqual(tally(rule, voters, votes, **options), 'rejected')

    @given(polls(rules=[rule for rule in RULES if rule != 'any']), st.randoms(use_true_random=False))
    def test_end_does_not_depend_on_the_order_of_votes(self, poll, random):
        rule, voters, votes, options = poll
        shuffled = dict(random.sample(list(votes.items()), len(votes)))
        self.assertEqual(tally(rule, voters, votes, **options), tally(rule, voters, shuffled, **options))

    @given(polls(rules=[rule for rule in RULES if rule != 'any']), st.data())
    def test_another_approval_never_turns_approved_into_rejected(self, poll, data):
        rule, voters, votes, options = poll
        voter = data.draw(st.sampled_from([voter.id for voter in voters]))
        if tally(rule, voters, votes, **options) == 'approved':
            self.assertEqual(tally(rule, voters, {**votes, voter: 'approve'}, **options), 'approved')
