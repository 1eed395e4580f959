# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Which grade the answers of an inspection leave open, by the table of what each answer means."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

#: From best to worst.
GRADES = ('a', 'b', 'c', 'd')

KINDS = ('yes_no', 'choice', 'measure')

#: Measures are kept with so many digits after the point, and no larger than this.
DIGITS = 4
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True)
class Outcome:
    """What an answer means. ``grade``: the best that is still possible. ``acceptable``: the goods can be taken back
    with it at all.
    """

    passed: bool = True
    grade: str = 'a'
    acceptable: bool = True


@dataclass(frozen=True)
class Point:
    """One point to check, and the table of what its answers mean.

    ``kind``: how it is answered: 'yes' or 'no'; the key of one of ``options``; a number.
    ``expected``: the answer that passes, of a 'yes_no'. ``lowest``, ``highest``: what a measure must keep, both
    included; ``None`` for no limit. ``failed``: what it means if it does not pass. ``options``: what each choice means.
    """

    name: str = ''
    kind: str = 'yes_no'
    required: bool = False
    expected: str = 'yes'
    lowest: Decimal | None = None
    highest: Decimal | None = None
    failed: Outcome = Outcome(passed=False)
    options: Mapping[str, Outcome] | None = None


@dataclass(frozen=True)
class Proposal:
    """``grade``: the best that all answers leave open, ``None`` while required ones are missing or none is given.
    ``acceptable``: no answer forbids to take the goods back. ``missing``: the required points without an answer.
    ``decisive``: those whose answers keep the grade down to what it is, or forbid to take the goods back.
    """

    grade: str | None = None
    acceptable: bool = True
    missing: tuple[Point, ...] = ()
    decisive: tuple[Point, ...] = ()


def read_answer(point: Point, answer: Any) -> str | None:
    """:return: the answer as it is kept; ``None`` for none
    :raises ValueError: the point cannot be answered like that
    """
    if answer is None or answer is False or answer == '':
        return None
    if point.kind == 'measure':
        return _read_measure(answer)
    if not isinstance(answer, str) or answer not in (('yes', 'no') if point.kind == 'yes_no' else point.options or ()):
        raise ValueError(f"No such answer: {answer!r}")
    return answer


def _read_measure(answer: Any) -> str:
    if isinstance(answer, bool) or not isinstance(answer, (int, float, str, Decimal)):
        raise ValueError("No number")
    try:
        number = Decimal(str(answer).strip())
    except InvalidOperation as error:
        raise ValueError("No number") from error
    if not number.is_finite() or abs(number) > LARGEST:
        raise ValueError("No number that can be measured")
    number = number.quantize(Decimal(1).scaleb(-DIGITS))
    return f'{number.normalize() + 0:f}'  # + 0: no -0


def judge_answer(point: Point, answer: str) -> Outcome:
    """:param answer: as :func:`read_answer` returns it"""
    if point.kind == 'choice':
        return (point.options or {})[answer]
    if point.kind == 'yes_no':
        passed = answer == point.expected
    else:
        number = Decimal(answer)
        passed = (point.lowest is None or number >= point.lowest) and (
            point.highest is None or number <= point.highest)
    return Outcome() if passed else point.failed


def propose(answered: Iterable[tuple[Point, str | None]]) -> Proposal:
    """The worst answer decides; a point nobody had to answer, and nobody did, says nothing.

    :param answered: each point with its answer, as :func:`read_answer` returns it
    """
    answered = list(answered)
    missing = tuple(point for point, answer in answered if answer is None and point.required)
    judged = [(point, judge_answer(point, answer)) for point, answer in answered if answer is not None]
    worst = max((outcome.grade for _point, outcome in judged), default=None)
    decisive = tuple(
        point for point, outcome in judged
        if not outcome.acceptable or outcome.grade == worst and worst != GRADES[0])
    acceptable = all(outcome.acceptable for _point, outcome in judged)
    return Proposal(None if missing else worst, acceptable, missing, decisive)
