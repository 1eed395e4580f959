# Part of returns_management. See LICENSE file for full copyright and licensing details.
from dataclasses import fields, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.road import ENDS, STATES, WORKING, LineFacts, line_state, request_state

RANK = {state: place for place, state in enumerate((*WORKING, 'done'))}
PIECES = st.integers(0, 8).map(lambda halves: Decimal(halves) / 2)
FLAGS = [field.name for field in fields(LineFacts) if field.type in (bool, 'bool')]
QUANTITIES = [field.name for field in fields(LineFacts) if field.name not in FLAGS]

anything = st.builds(LineFacts, **dict.fromkeys(FLAGS, st.booleans()), **dict.fromkeys(QUANTITIES, PIECES))


@st.composite
def possible(draw, **fixed):
    """Facts that keep the invariants of DESIGN, section 5, of a line neither cancelled nor rejected."""
    approved = draw(st.integers(1, 8))
    returnless = draw(st.booleans())
    no_action = not returnless and draw(st.booleans())  # all is closed: the customer keeps it
    received = 0 if returnless or no_action else draw(st.integers(0, approved))
    closed = approved if no_action else 0 if returnless else draw(st.integers(0, approved - received))
    missing = 0 if returnless else draw(st.integers(0, approved - received - closed))
    waived = 0 if returnless else draw(st.integers(0, approved - received - closed - missing))
    accepted = draw(st.integers(0, received))
    advanced = draw(st.integers(waived, approved - received - closed))
    settled = draw(st.integers(0, accepted + advanced))
    quantities = zip(
        ('approved', 'received', 'closed', 'missing', 'waived', 'accepted', 'advanced', 'settled'),
        map(Decimal, (approved, received, closed, missing, waived, accepted, advanced, settled)),
        strict=True,
    )
    flags = {name: draw(st.booleans()) for name in FLAGS if name not in ('cancelled', 'rejected', 'returnless', 'no_action')}
    return LineFacts(**{**dict(quantities), **flags, 'returnless': returnless, 'no_action': no_action, **fixed})


def steps(facts):
    """Everything that may happen next to a line on its way forward."""
    for name in ('submitted', 'authorised'):
        if not getattr(facts, name):
            yield name, replace(facts, **{name: True})
    for name in ('inspections_open', 'settle_review_open', 'settlements_open', 'payouts_open', 'dispositions_open'):
        if getattr(facts, name):
            yield name, replace(facts, **{name: False})
    if not facts.returnless and facts.approved - facts.received - facts.closed - facts.missing - facts.waived > 0:
        yield 'received', replace(facts, received=facts.received + 1)
        yield 'closed', replace(facts, closed=facts.closed + 1)
        yield 'missing', replace(facts, missing=facts.missing + 1)
    if facts.missing:
        rest = facts.missing - 1
        yield 'found', replace(facts, missing=rest, received=facts.received + 1)
        yield 'closed', replace(facts, missing=rest, closed=facts.closed + 1)
        yield 'waived', replace(facts, missing=rest, waived=facts.waived + 1, advanced=facts.advanced + 1)
    if facts.settled < facts.accepted + facts.advanced:
        yield 'settled', replace(facts, settled=facts.settled + 1)


class TestLineState(BaseCase):
    def test_road_of_a_return(self):
        facts = LineFacts()
        road = [line_state(facts)]
        for change in (
            {'submitted': True, 'approved': Decimal(2)},
            {'authorised': True},
            {'received': Decimal(1), 'inspections_open': True},
            {'received': Decimal(2)},
            {'inspections_open': False, 'accepted': Decimal(2), 'settle_review_open': True},
            {'settle_review_open': False},
            {'settled': Decimal(2), 'settlements_open': True},
            {'settlements_open': False},
        ):
            facts = replace(facts, **change)
            road.append(line_state(facts))
        self.assertEqual(
            road,
            [
                'draft', 'review', 'approved', 'approved', 'received',
                'final_review', 'settlement', 'settlement', 'done',
            ],
        )  # fmt: skip

    def test_cancelled_credit_note_brings_it_back_to_settlement(self):
        done = LineFacts(
            submitted=True,
            authorised=True,
            approved=Decimal(2),
            received=Decimal(2),
            accepted=Decimal(2),
            settled=Decimal(2),
        )
        self.assertEqual(line_state(done), 'done')
        self.assertEqual(line_state(replace(done, settled=Decimal(1))), 'settlement')

    def test_returnless_refund_waits_for_no_goods(self):
        facts = LineFacts(submitted=True, authorised=True, approved=Decimal(1), advanced=Decimal(1), returnless=True)
        self.assertEqual(line_state(facts), 'settlement')
        self.assertEqual(line_state(replace(facts, settled=Decimal(1))), 'done')

    def test_nothing_came_and_all_closed_short_is_cancelled(self):
        facts = LineFacts(submitted=True, authorised=True, approved=Decimal(2), closed=Decimal(2))
        self.assertEqual(line_state(facts), 'cancelled')
        advanced = replace(facts, advanced=Decimal(1))
        self.assertEqual(line_state(advanced), 'settlement')
        self.assertEqual(line_state(replace(advanced, settled=Decimal(1))), 'done')

    def test_missing_pieces_wait_and_the_others_go_on(self):
        facts = LineFacts(
            submitted=True, authorised=True, approved=Decimal(3), received=Decimal(2), missing=Decimal(1),
            inspections_open=True)
        self.assertEqual(line_state(facts), 'received')
        facts = replace(facts, inspections_open=False, accepted=Decimal(2), settled=Decimal(2))
        self.assertEqual(line_state(facts), 'settlement')
        self.assertEqual(line_state(replace(facts, missing=Decimal(0), closed=Decimal(1))), 'done')
        waived = replace(facts, missing=Decimal(0), waived=Decimal(1), advanced=Decimal(1))
        self.assertEqual(line_state(waived), 'settlement')
        self.assertEqual(line_state(replace(waived, settled=Decimal(3))), 'done')
        empty = LineFacts(submitted=True, authorised=True, approved=Decimal(1), missing=Decimal(1))
        self.assertEqual(line_state(empty), 'received')

    def test_refused_after_inspection_goes_on_through_settlement(self):
        facts = LineFacts(
            submitted=True,
            authorised=True,
            rejected=True,
            approved=Decimal(1),
            received=Decimal(1),
            dispositions_open=True,
        )
        self.assertEqual(line_state(facts), 'settlement')
        self.assertEqual(line_state(replace(facts, dispositions_open=False)), 'done')

    @given(anything)
    def test_every_line_has_a_state(self, facts):
        self.assertIn(line_state(facts), STATES)

    @given(anything)
    def test_goods_in_our_house_are_never_rejected_or_cancelled(self, facts):
        if facts.received > 0:
            self.assertNotIn(line_state(facts), ('rejected', 'cancelled'))

    @given(anything)
    def test_done_means_that_nothing_is_left_to_do(self, facts):
        if line_state(facts) == 'done':
            self.assertTrue(facts.submitted)
            self.assertTrue(facts.authorised or facts.no_action)
            self.assertFalse(facts.settlements_open or facts.payouts_open or facts.dispositions_open)
            self.assertFalse(facts.inspections_open or facts.settle_review_open)
            self.assertLessEqual(facts.accepted + facts.advanced, facts.settled)
            self.assertTrue(
                facts.returnless or facts.no_action
                or facts.received + facts.closed + facts.missing + facts.waived >= facts.approved)
            self.assertLessEqual(facts.missing, 0)

    @given(anything, st.sampled_from([name for name in FLAGS if name.endswith('_open')]))
    def test_open_work_is_never_lost_behind_done(self, facts, name):
        self.assertNotEqual(line_state(replace(facts, **{name: True})), 'done')

    @given(possible())
    def test_work_done_never_moves_a_line_back(self, facts):
        state = line_state(facts)
        for name, later in steps(facts):
            now = line_state(later)
            if now == 'cancelled':  # the last piece closed short
                self.assertFalse(later.received or later.advanced)
            elif state != 'cancelled':
                self.assertGreaterEqual(RANK[now], RANK[state], name)

    @given(possible())
    def test_every_road_ends(self, facts):
        while following := list(steps(facts)):
            facts = following[0][1]
        self.assertIn(line_state(facts), ENDS)


class TestRequestState(BaseCase):
    def test_earliest_line_with_work_speaks(self):
        self.assertEqual(request_state(['done', 'settlement', 'received', 'rejected']), 'received')

    def test_ends(self):
        self.assertEqual(request_state(['cancelled', 'rejected', 'done']), 'done')
        self.assertEqual(request_state(['cancelled', 'rejected']), 'rejected')
        self.assertEqual(request_state(['cancelled']), 'cancelled')
        self.assertEqual(request_state([]), 'draft')

    def test_unknown_state_is_an_error(self):
        with self.assertRaises(ValueError):
            request_state(['done', 'lost'])

    @given(st.lists(st.sampled_from(STATES), min_size=1))
    def test_is_the_state_of_one_line_and_the_earliest_open(self, states):
        result = request_state(states)
        self.assertIn(result, states)
        working = [state for state in states if state in WORKING]
        if working:
            self.assertEqual(result, min(working, key=WORKING.index))
        else:
            self.assertIn(result, ENDS)

    @given(st.lists(st.sampled_from(STATES), min_size=1), st.data())
    def test_line_going_on_never_moves_the_request_back(self, states, data):
        place = data.draw(st.integers(0, len(states) - 1))
        if states[place] not in WORKING:
            return
        later = data.draw(st.sampled_from(STATES[STATES.index(states[place]) :]))
        after = request_state([*states[:place], later, *states[place + 1 :]])
        if after in WORKING:
            self.assertGreaterEqual(WORKING.index(after), WORKING.index(request_state(states)))
