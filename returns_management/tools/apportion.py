# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Cutting amounts of an invoice into credit notes, to the cent.

All amounts are whole minor units (cents) of one currency; all quantities of one line are in one unit.
A share is the difference of two rounded running totals, so shares add up to the whole however it is cut
and in whichever order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

#: A float is read as the decimal it prints: 0.1 is a tenth.
Quantity = int | Decimal | Fraction | float

HALF = Fraction(1, 2)


def target(total: int, done: Quantity, whole: Quantity) -> int:
    """Cents of ``total`` that belong to ``done`` of ``whole`` pieces, half a cent away from zero.

    ``target(total, whole, whole) == total``, for negative lines too.

    :raises ZeroDivisionError: when ``whole`` is 0
    """
    return round_half(_part(total, done, whole))


def share(total: int, before: Quantity, now: Quantity, whole: Quantity) -> int:
    """Cents of ``total`` for the next ``now`` pieces, when ``before`` pieces had theirs already."""
    return target(total, exact(before) + exact(now), whole) - target(total, before, whole)


def heal(total: int, booked: int, after: Quantity, whole: Quantity) -> int:
    """Cents to book so that ``after`` pieces have had their part, when ``booked`` cents really were booked.

    For invoices with notes made or changed by hand; equals :func:`share` where nobody interfered.
    """
    return target(total, after, whole) - booked


@dataclass(frozen=True)
class Portion:
    """What one credit note takes of one invoice line.

    ``totals``: cents of the whole line by name, one name for each amount that must add up (a tax; or a tax
    and the account or analytic distribution it is booked by, where its lines differ in that).
    ``before``: quantity credited by earlier live notes; ``now``: by this one, 0 if the line is not on it.
    """

    key: Any
    totals: Mapping[str, int]
    before: Quantity
    now: Quantity
    whole: Quantity


def smooth(portions: Sequence[Portion], booked: Mapping[str, int] | None = None) -> list[dict[str, int]]:
    """Shares of several lines, rounded for each name over all lines instead of line by line.

    Pass *every* line of the invoice that bears one of the names, also those that are not on this note: what
    a note gets is the rounded running total of the invoice after it less the one before it, and that depends
    on each line's quantities only. So for each name the notes add up to the invoice, and each note is within
    one cent of its exact part (line by line it would be one cent for each line).

    The cents that this moves are handed out along the lines on the note, the worst rounded first. One line's
    shares therefore add up to its own total only within some cents: for amounts that must add up line by
    line (net amount, tax base) use :func:`share`.

    :param booked: cents that earlier live notes really booked, by name, over all lines; where given, this
        note makes up for what they did wrong, as far as it has a line that bears the name
    :return: for each portion, in the order given, its cents by name; 0 for lines not on the note
    """
    result = [dict.fromkeys(portion.totals, 0) for portion in portions]
    for name in dict.fromkeys(name for portion in portions for name in portion.totals):
        bearing = [(place, portion) for place, portion in enumerate(portions) if portion.totals.get(name)]
        earlier = sum(_part(portion.totals[name], portion.before, portion.whole) for _place, portion in bearing)
        on_note = [(place, portion) for place, portion in bearing if portion.now]
        parts = [_part(portion.totals[name], portion.now, portion.whole) for _place, portion in on_note]
        already = round_half(earlier) if booked is None else booked.get(name, 0)
        amount = round_half(earlier + sum(parts)) - already
        own = [share(p.totals[name], p.before, p.now, p.whole) for _place, p in on_note]
        for (place, _portion), cents in zip(on_note, _hand_out(amount, parts, own), strict=True):
            result[place][name] = cents
    return result


def _hand_out(amount: int, parts: Sequence[Fraction], start: Sequence[int]) -> list[int]:
    """Whole cents that add up to ``amount``, near ``start``, moved where they miss ``parts`` most."""
    weight = sum(map(abs, parts))
    gap = amount - sum(parts)
    wanted = [part + gap * abs(part) / weight for part in parts]
    cents = [own + round_half(goal - part) for own, goal, part in zip(start, wanted, parts, strict=True)]
    while cents and (missing := amount - sum(cents)):
        step = 1 if missing > 0 else -1
        worst = max(range(len(cents)), key=lambda place: step * (wanted[place] - cents[place]))
        cents[worst] += step
    return cents


def _part(total: int, done: Quantity, whole: Quantity) -> Fraction:
    return Fraction(total) * exact(done) / exact(whole)


def exact(quantity: Quantity) -> Fraction:
    """A number as it is written: 0.1 is a tenth, not the nearest binary number."""
    return Fraction(str(quantity)) if isinstance(quantity, float) else Fraction(quantity)


def round_half(value: Fraction) -> int:
    """Whole cents, half a cent away from zero."""
    size = int(abs(value) + HALF)
    return size if value >= 0 else -size
