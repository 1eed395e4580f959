# Part of returns_management. See LICENSE file for full copyright and licensing details.
from datetime import date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from odoo.addons.returns_management.tools.clock import deadline, extend, paused_seconds

MONDAY = datetime(2026, 3, 2)
HOURS = st.integers(0, 24 * 20)
MOMENTS = HOURS.map(lambda hours: MONDAY + timedelta(hours=hours))
PAUSES = st.lists(st.tuples(MOMENTS, MOMENTS).map(lambda pause: tuple(sorted(pause))), max_size=5)


class Calendar:
    """The habits of `resource.calendar`: 8-12 and 13-17 on weekdays, holidays, a day counts from its first minute
    of work and ends with that piece of work, False when nothing is found."""

    def __init__(self, *holidays, zone=timezone.utc, works=True, hours=((8, 12), (13, 17))):
        self.holidays, self.zone, self.works, self.hours = set(holidays), zone, works, hours

    def intervals(self, start):
        day = start.astimezone(self.zone).date()
        for current in (day + timedelta(days=number) for number in range(60 if self.works else 0)):
            if current.weekday() < 5 and current not in self.holidays:
                for hours in self.hours:
                    midnight = datetime.combine(current, time(), self.zone)
                    begin, end = (midnight + timedelta(hours=hour) for hour in hours)
                    if end > start:
                        yield max(begin, start), end

    def plan_hours(self, hours, start):
        aware = start if start.tzinfo else start.replace(tzinfo=timezone.utc)
        for begin, end in self.intervals(aware):
            length = (end - begin).total_seconds() / 3600
            if hours <= length:
                return self.revert(begin + timedelta(hours=hours), start)
            hours -= length
        return False

    def plan_days(self, days, start):
        aware = start if start.tzinfo else start.replace(tzinfo=timezone.utc)
        found = set()
        for begin, end in self.intervals(aware):
            found.add(begin.date())
            if len(found) == days:
                return self.revert(end, start)
        return False

    def revert(self, moment, start):
        moment = moment.astimezone(start.tzinfo or timezone.utc)
        return moment if start.tzinfo else moment.replace(tzinfo=None)


def march(day, hour=0):
    return datetime(2026, 3, day, hour)


class TestDeadline(BaseCase):
    def end(self, start, value, unit, calendar=None, **options):
        calendar = calendar or Calendar()
        return deadline(start, value, unit, calendar.plan_hours, calendar.plan_days, **options)

    def test_elapsed_hours_know_no_weekend(self):
        self.assertEqual(self.end(march(6, 16), 24, 'hours'), march(7, 16))

    def test_working_hours_skip_nights_weekends_and_holidays(self):
        self.assertEqual(self.end(march(2, 15), 4, 'working_hours'), march(3, 10))
        self.assertEqual(self.end(march(6, 16), 2, 'working_hours'), march(9, 9))
        self.assertEqual(self.end(march(6, 16), 2, 'working_hours', Calendar(date(2026, 3, 9))), march(10, 9))

    def test_working_day_ends_at_the_close_of_the_next_one(self):
        for hour in (0, 8, 10, 15, 17, 22):
            with self.subTest(hour=hour):
                self.assertEqual(self.end(march(2, hour), 1, 'working_days'), march(3, 17))
        self.assertEqual(self.end(march(6, 10), 1, 'working_days'), march(9, 17))
        self.assertEqual(self.end(march(7, 10), 1, 'working_days'), march(9, 17))
        self.assertEqual(self.end(march(2, 10), 3, 'working_days', Calendar(date(2026, 3, 4))), march(6, 17))

    def test_part_of_a_working_day_is_a_day_and_none_is_now(self):
        self.assertEqual(self.end(march(2, 10), 0.5, 'working_days'), march(3, 17))
        self.assertEqual(self.end(march(2, 10), 0, 'working_days'), march(2, 10))

    def test_day_begins_where_the_calendar_is(self):
        shanghai = ZoneInfo('Asia/Shanghai')
        start = march(2, 20)  # UTC: already Tuesday there
        self.assertEqual(self.end(start, 1, 'working_days', Calendar(zone=shanghai), tz=shanghai), march(4, 9))
        aware = start.replace(tzinfo=timezone.utc)
        end = self.end(aware, 1, 'working_days', Calendar(zone=shanghai), tz=shanghai)
        self.assertEqual((end, end.tzinfo), (march(4, 9).replace(tzinfo=timezone.utc), timezone.utc))

    def test_day_that_crosses_midnight_in_utc_is_one_day(self):
        pacific = ZoneInfo('America/Los_Angeles')  # 8 to 17 there is 16 to 1 in UTC
        self.assertEqual(self.end(march(2, 18), 1, 'working_days', Calendar(zone=pacific), tz=pacific), march(4, 1))

    def test_shift_until_midnight_ends_its_day(self):
        for hours in (((8, 12), (16, 24)), ((16, 24),)):
            late = Calendar(hours=hours)
            self.assertEqual(self.end(march(2, 10), 1, 'working_days', late), march(4, 0))

    def test_without_working_time_the_limit_is_elapsed_time(self):
        never = Calendar(works=False)
        self.assertEqual(self.end(march(2, 10), 2, 'working_days', never), march(4, 10))
        self.assertEqual(self.end(march(2, 10), 2, 'working_hours', never), march(2, 12))
        self.assertEqual(deadline(march(2, 10), 2, 'working_days'), march(4, 10))
        self.assertEqual(deadline(march(2, 10), 2, 'working_hours'), march(2, 12))

    def test_nonsense_is_refused(self):
        with self.assertRaises(ValueError):
            deadline(MONDAY, 1, 'moons')
        with self.assertRaises(ValueError):
            deadline(MONDAY, -1, 'hours')

    @given(MOMENTS, st.integers(1, 8), st.sets(st.integers(0, 20).map(lambda n: (MONDAY + timedelta(days=n)).date())))
    def test_working_days_agree_with_counting_days(self, start, value, holidays):
        day, left = start.date(), value
        while left:
            day += timedelta(days=1)
            left -= day.weekday() < 5 and day not in holidays
        self.assertEqual(self.end(start, value, 'working_days', Calendar(*holidays)), datetime.combine(day, time(17)))

    @given(MOMENTS, HOURS, HOURS, st.sampled_from(['hours', 'working_hours', 'working_days']))
    def test_longer_limit_is_never_earlier(self, start, some, more, unit):
        some, more = some % 30, more % 30
        self.assertLessEqual(start, self.end(start, some, unit))
        self.assertLessEqual(self.end(start, some, unit), self.end(start, some + more, unit))


def hours_in(pauses, start, end):
    """Count hour by hour."""
    hours = int((end - start).total_seconds() // 3600)
    moments = [start + timedelta(hours=number) for number in range(hours)]
    return [moment for moment in moments if any(begin <= moment < until for begin, until in pauses)]


class TestPauses(BaseCase):
    def test_overlapping_pauses_count_once(self):
        pauses = [(march(2, 8), march(2, 10)), (march(2, 9), march(2, 11)), (march(2, 9), march(2, 10))]
        self.assertEqual(paused_seconds(pauses, march(2), march(3)), 3 * 3600)

    def test_pause_that_lasts_counts_until_the_end(self):
        self.assertEqual(paused_seconds([(march(2, 8), None)], march(2), march(2, 10)), 2 * 3600)
        self.assertEqual(extend(march(2, 17), [(march(2, 8), None)], now=march(2, 11)), march(2, 20))
        with self.assertRaises(ValueError):
            extend(march(2, 17), [(march(2, 8), None)])

    def test_pause_after_the_deadline_comes_too_late(self):
        self.assertEqual(extend(march(2, 17), [(march(2, 17), march(2, 20))]), march(2, 17))

    def test_pause_before_the_extended_deadline_counts(self):
        pauses = [(march(2, 18), march(2, 20)), (march(2, 10), march(2, 12))]
        self.assertEqual(extend(march(2, 17), pauses), march(2, 21))

    def test_pause_before_the_clock_began_does_not_count(self):
        pauses = [(march(2, 6), march(2, 9)), (march(2, 7), march(2, 8))]
        self.assertEqual(extend(march(2, 17), pauses, start=march(2, 8)), march(2, 18))

    @given(PAUSES, MOMENTS, MOMENTS)
    def test_paused_time_agrees_with_counting_hours(self, pauses, start, end):
        self.assertEqual(paused_seconds(pauses, start, end), 3600 * len(hours_in(pauses, start, end)))

    @given(PAUSES, MOMENTS, st.integers(0, 72))
    def test_running_time_up_to_the_extended_deadline_is_the_limit(self, pauses, start, limit):
        end = extend(start + timedelta(hours=limit), pauses, start=start)
        running = (end - start).total_seconds() - paused_seconds(pauses, start, end)
        self.assertEqual(running, limit * 3600)

    @given(PAUSES, MOMENTS, st.integers(0, 72), st.randoms(use_true_random=False))
    def test_order_of_pauses_does_not_matter(self, pauses, start, limit, random):
        end = start + timedelta(hours=limit)
        shuffled = random.sample(pauses, len(pauses))
        self.assertEqual(extend(end, pauses, start=start), extend(end, shuffled, start=start))
        self.assertEqual(paused_seconds(pauses, start, end), paused_seconds(shuffled, start, end))
