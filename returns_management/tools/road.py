# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Where a return stands, derived from facts (DESIGN, section 4)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

#: Stages that still have work, in their order.
WORKING = ('draft', 'review', 'approved', 'received', 'final_review', 'settlement')
#: Ends, the one that speaks for a request of mixed ends first.
ENDS = ('done', 'rejected', 'cancelled')
STATES = WORKING + ENDS

ZERO = Decimal(0)


@dataclass(frozen=True)
class LineFacts:
    """Facts of one request line. Quantities are exact decimals, all in the line's unit.

    ``rejected``: refused by the policy or by a vote, or nothing approved of it.
    ``authorised``: all authorise steps of the current round are passed (true if there are none).
    ``closed``: approved pieces that will not come any more.
    ``no_action``: closed because the customer keeps the goods, and nothing is paid.
    ``missing``: announced in a parcel that did not hold them; nobody knows yet what becomes of them.
    ``waived``: approved pieces that will not come and are settled all the same.
    ``settle_review_open``: settle steps waiting or open.
    ``settlements_open``: settlements planned and not carried out.
    ``payouts_open``: credited, and not all of it paid out yet, where the company waits for that.
    ``dispositions_open``: inspected pieces not yet where they go, be it that somebody still has to approve it.
    """

    submitted: bool = False
    cancelled: bool = False
    rejected: bool = False
    no_action: bool = False
    authorised: bool = False
    approved: Decimal = ZERO
    received: Decimal = ZERO
    closed: Decimal = ZERO
    missing: Decimal = ZERO
    waived: Decimal = ZERO
    accepted: Decimal = ZERO
    advanced: Decimal = ZERO
    settled: Decimal = ZERO
    returnless: bool = False
    inspections_open: bool = False
    settle_review_open: bool = False
    settlements_open: bool = False
    payouts_open: bool = False
    dispositions_open: bool = False


def line_state(facts: LineFacts) -> str:
    """State of a line. Goods in our house are never rejected or cancelled."""
    in_house = facts.received > 0
    if facts.cancelled and not in_house:
        return 'cancelled'
    if not facts.submitted:
        return 'draft'
    if facts.rejected and not in_house:
        return 'rejected'
    unsettled = facts.accepted + facts.advanced > facts.settled
    left = (unsettled or facts.settlements_open or facts.payouts_open or facts.dispositions_open
            or facts.missing > 0)
    waits = left or facts.inspections_open or facts.settle_review_open
    if facts.no_action and not in_house and not waits:
        return 'done'
    if not facts.authorised:
        return 'review'
    if not facts.returnless:
        if facts.approved - facts.received - facts.closed - facts.missing - facts.waived > 0:
            return 'approved'
        if not in_house and not facts.advanced and not facts.settled:
            return 'received' if facts.missing > 0 else 'cancelled'
    if facts.inspections_open:
        return 'received'
    if facts.settle_review_open:
        return 'final_review'
    return 'settlement' if left else 'done'


def request_state(line_states: Iterable[str]) -> str:
    """State of a request: the earliest of its lines that have work left, else the best end; ``draft`` without lines.

    :raises ValueError: for a state that is none
    """
    states = set(line_states)
    if unknown := states.difference(STATES):
        raise ValueError(f"Unknown state: {unknown.pop()!r}")
    return next((state for state in STATES if state in states), 'draft')
