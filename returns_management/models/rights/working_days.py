# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import timedelta
from functools import cache


class WorkingDays:
    """A calendar's working days for one run of judging: each question is put to the database once."""

    def __init__(self, calendar):
        """:param calendar: a ``resource.calendar``, may be empty"""
        self._plan = cache(calendar._returns_plan_day)

    def count_from(self, day, number):
        """:return: the ``number``-th working day after the date ``day``; ``day`` itself for 0; None where there is none"""
        return self._plan(day + timedelta(days=1), number) if number else day

    def get_next(self, day):
        """:return: the date ``day``, or the next one on which somebody works; ``day`` where nobody ever does"""
        return self._plan(day, 1) or day
