# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Counting the votes of an approval group or of the return team."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OPEN, APPROVED, REJECTED = 'open', 'approved', 'rejected'
APPROVE, REJECT, ABSTAIN = 'approve', 'reject', 'abstain'


@dataclass(frozen=True)
class Voter:
    id: Any
    department: str | None = None


def tally(
    rule: str,
    voters: Sequence[Voter],
    votes: Mapping[Any, str],
    *,
    quorum: int = 0,
    chair: Any = None,
    required_departments: Collection[str] = (),
) -> str:
    """Result of a vote: ``open``, ``approved`` or ``rejected``.

    A result other than ``open`` is never changed by votes cast later, and once everybody has voted it is
    never ``open``. Without a single vote nothing is decided, whoever may or may not vote: ask
    :func:`can_approve` before opening a vote.

    Rules of groups:

    - ``any``: the first approval approves, the first rejection rejects; all abstained: rejected.
    - ``quorum``: approved by ``quorum`` approvals (at least one), rejected when they can't be reached.
    - ``all``: approved when everybody approved. An abstention is no approval, so it rejects.

    Rules of committees (``majority`` serves groups as well). They need ``quorum`` votes of any kind, and an
    approval or rejection from each required department; when either can't come any more: rejected.

    - ``majority``: more approvals than rejections, abstentions aside, as soon as open votes can't change
      it. A tie is the chair's; without a chair, or if the chair abstained, it is rejected.
    - ``unanimous``: one rejection rejects at once. Approved when everybody voted, nobody rejected and
      somebody approved: who abstains stands aside.
    - ``chair``: the chair's verdict; an abstention, or no chair among the voters, rejects.

    :param voters: who may vote; votes of others are not counted
    :param votes: verdict by voter id, in the order cast (only ``any`` depends on the order)
    :param chair: voter id of the chair, or of who stands in for them
    :raises ValueError: for an unknown rule or verdict
    """
    count = _COUNTS.get(rule)
    if count is None:
        raise ValueError(f"Unknown voting rule: {rule!r}")
    ids = {voter.id for voter in voters}
    cast = {voter: verdict for voter, verdict in votes.items() if voter in ids}
    if unknown := set(cast.values()) - {APPROVE, REJECT, ABSTAIN}:
        raise ValueError(f"Unknown verdict: {unknown.pop()!r}")
    if not cast:
        return OPEN
    return count(_Poll(voters, cast, quorum, chair if chair in ids else None, frozenset(required_departments)))


def can_approve(rule: str, voters: Sequence[Voter], **options: Any) -> bool:
    """Whether these voters could approve at all; takes the options of :func:`tally`.

    False for no voters, a quorum above their number, a required department without a voter, the rule
    ``chair`` without its chair: such a step goes to the escalation user.
    """
    return tally(rule, voters, {voter.id: APPROVE for voter in voters}, **options) == APPROVED


@dataclass(frozen=True)
class _Poll:
    voters: Sequence[Voter]
    votes: Mapping[Any, str]
    quorum: int
    chair: Any
    required: frozenset[str]

    def number(self, verdict: str) -> int:
        return sum(vote == verdict for vote in self.votes.values())

    @property
    def silent(self) -> list[Voter]:
        return [voter for voter in self.voters if voter.id not in self.votes]

    @property
    def unheard(self) -> frozenset[str]:
        """Required departments that neither approved nor rejected yet."""
        heard = {voter.department for voter in self.voters if self.votes.get(voter.id) in (APPROVE, REJECT)}
        return self.required - heard

    @property
    def is_valid(self) -> bool:
        return len(self.votes) >= self.quorum and not self.unheard

    @property
    def is_void(self) -> bool:
        """The quorum or a required department can't be had any more."""
        return self.quorum > len(self.voters) or not self.unheard <= {voter.department for voter in self.silent}


def _any(poll: _Poll) -> str:
    for verdict in poll.votes.values():
        if verdict != ABSTAIN:
            return APPROVED if verdict == APPROVE else REJECTED
    return OPEN if poll.silent else REJECTED


def _quorum(poll: _Poll) -> str:
    needed = max(poll.quorum, 1)
    if poll.number(APPROVE) >= needed:
        return APPROVED
    return OPEN if poll.number(APPROVE) + len(poll.silent) >= needed else REJECTED


def _all(poll: _Poll) -> str:
    if poll.number(APPROVE) < len(poll.votes):
        return REJECTED
    return OPEN if poll.silent else APPROVED


def _majority(poll: _Poll) -> str:
    if poll.is_void:
        return REJECTED
    if not poll.is_valid:
        return OPEN
    lead, silent = poll.number(APPROVE) - poll.number(REJECT), len(poll.silent)
    chair = poll.votes.get(poll.chair) if poll.chair is not None else ABSTAIN  # None: still to vote
    if lead - silent > 0 or (lead - silent == 0 and chair == APPROVE):
        return APPROVED
    if lead + silent < 0 or (lead + silent == 0 and chair in (REJECT, ABSTAIN)):
        return REJECTED
    return OPEN


def _unanimous(poll: _Poll) -> str:
    if poll.number(REJECT) or poll.is_void:
        return REJECTED
    if poll.silent:
        return OPEN
    return APPROVED if poll.number(APPROVE) else REJECTED


def _chair(poll: _Poll) -> str:
    if poll.is_void:
        return REJECTED
    if not poll.is_valid:
        return OPEN
    if poll.chair is None:
        return REJECTED
    if poll.chair not in poll.votes:
        return OPEN
    return APPROVED if poll.votes[poll.chair] == APPROVE else REJECTED


_COUNTS: Mapping[str, Callable[[_Poll], str]] = {
    'any': _any,
    'quorum': _quorum,
    'all': _all,
    'majority': _majority,
    'unanimous': _unanimous,
    'chair': _chair,
}
