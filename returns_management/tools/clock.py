# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Deadlines and clocks that stand still."""

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Literal

#: ``resource.calendar.plan_hours`` and ``plan_days``, with their options bound by the caller.
Planner = Callable[[float, datetime], datetime | Literal[False]]
#: From and until; ``None`` while the clock still stands.
Pause = tuple[datetime, datetime | None]

UNITS = ('hours', 'working_hours', 'working_days')


def deadline(
    start: datetime,
    value: float,
    unit: str,
    plan_hours: Planner | None = None,
    plan_days: Planner | None = None,
    *,
    tz: tzinfo | None = None,
) -> datetime:
    """End of a time limit of ``value`` ``unit`` that begins at ``start``.

    - ``hours``: elapsed hours.
    - ``working_hours``: hours of the calendar.
    - ``working_days``: close of work on the n-th working day after the day of ``start``, parts of a day
      rounded up. Odoo's ``plan_days`` counts the day of ``start`` itself and ends at the first break of the
      last day: one day from Monday 15:00 would be two hours, from Monday 8:00 four.

    Without a planner, or where it finds no working time (it looks about four years ahead and returns
    False), the limit is elapsed time, a day being 24 hours.

    :param start: naive UTC as Odoo stores it, or aware; the result is of the same kind
    :param tz: time zone of the calendar, which tells where its days begin; without it that of ``start``
    :raises ValueError: for an unknown unit or a negative value
    """
    if unit not in UNITS:
        raise ValueError(f"Unknown unit of time: {unit!r}")
    if value < 0:
        raise ValueError(f"A time limit can't be negative: {value!r}")
    end = None
    if unit == 'working_hours' and plan_hours:
        end = plan_hours(value, start)
    elif unit == 'working_days' and plan_days:
        end = _close_of_day(start, math.ceil(value), plan_days, tz)
    return end or start + (timedelta(days=value) if unit == 'working_days' else timedelta(hours=value))


def paused_seconds(pauses: Iterable[Pause], start: datetime, end: datetime) -> float:
    """Seconds between ``start`` and ``end`` in which the clock stood still; overlapping pauses count once."""
    total, reached = 0.0, start
    for begin, until in sorted((begin, end if until is None else until) for begin, until in pauses):
        begin, until = max(begin, reached), min(until, end)
        if until > begin:
            total += (until - begin).total_seconds()
            reached = until
    return total


def extend(
    deadline: datetime, pauses: Iterable[Pause], *, start: datetime | None = None, now: datetime | None = None
) -> datetime:
    """Deadline moved by the time that the clock stood still before it ran out.

    A pause that begins at or after the deadline, as moved by those before it, came too late and counts
    nothing. The time added is elapsed time, for limits in working time too.

    :param start: when the clock began; what stood still before it does not count
    :param now: until when a pause that still lasts is counted
    :raises ValueError: for a lasting pause without ``now``
    """
    reached = start
    for begin, until in sorted(_closed(pauses, now)):
        begin = begin if reached is None else max(begin, reached)
        if begin >= deadline:
            break
        if until > begin:
            deadline += until - begin
            reached = until
    return deadline


def _closed(pauses: Iterable[Pause], now: datetime | None) -> Iterable[tuple[datetime, datetime]]:
    for begin, until in pauses:
        if until is None and now is None:
            raise ValueError("A pause still lasts: say until when to count it")
        yield begin, now if until is None else until


def _close_of_day(start: datetime, days: int, plan_days: Planner, tz: tzinfo | None) -> datetime | None:
    aware = start if start.tzinfo else start.replace(tzinfo=timezone.utc)
    local = aware.astimezone(tz or aware.tzinfo)
    if days:
        end = plan_days(days, _next_midnight(local))
        if end:  # then on over the breaks of that day
            night = _next_midnight(end - timedelta(microseconds=1))
            while (later := plan_days(1, end)) and end < later <= night:
                end = later
    else:
        end = local
    if not end:
        return None
    return end.astimezone(start.tzinfo) if start.tzinfo else end.astimezone(timezone.utc).replace(tzinfo=None)


def _next_midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
