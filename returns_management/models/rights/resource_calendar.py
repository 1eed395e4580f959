# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime, time, timedelta

from pytz import timezone

from odoo import fields, models

from ...tools import clock


class ResourceCalendar(models.Model):
    _inherit = 'resource.calendar'

    def _returns_deadline(self, start, value, unit):
        """When ``value`` ``unit`` (hours, working_hours, working_days) from ``start`` are over.

        :param datetime start: naive UTC
        :return: naive UTC; elapsed time where there is no calendar, or it has no working time
        """
        def plan_hours(hours, moment):
            return self.plan_hours(hours, moment, compute_leaves=True) if self else False

        def plan_days(days, moment):
            return self.plan_days(days, moment, compute_leaves=True) if self else False

        return clock.deadline(
            fields.Datetime.to_datetime(start), value, unit, plan_hours, plan_days, tz=timezone(self.tz or 'UTC'))

    def _returns_plan_day(self, day, number):
        """:return: the date of the ``number``-th working day from the date ``day`` on, itself included, holidays left
            out; None where there is no calendar, or it has no working time
        """
        if not self:
            return None
        start = timezone(self.tz or 'UTC').localize(datetime.combine(day, time.min))
        end = self.plan_days(number, start, compute_leaves=True)
        return (end - timedelta(microseconds=1)).date() if end else None
