# Part of returns_management. See LICENSE file for full copyright and licensing details.

import math

from odoo import api, fields, models, tools
from odoo.exceptions import AccessError, UserError, ValidationError

#: What private code keeps of a caller's context. Every other key could steer Odoo's own code: a ``default_``
#: key, for one, fills the fields of whatever the step creates.
KEPT_CONTEXT = frozenset({
    'lang', 'tz', 'allowed_company_ids',
    # speed and silence of the chatter, see TRIALS F
    'mail_create_nolog', 'mail_create_nosubscribe', 'mail_notrack', 'tracking_disable',
})


#: No quantity, amount or percentage is larger; much larger ones cannot be rounded.
LARGEST = 1e15
#: Of a PostgreSQL integer.
LARGEST_INTEGER = 2**31 - 1


def as_flow(records):
    """``records`` for private code: as superuser, without what a caller put into the context.

    :raise AccessError: the context names companies that the user has no access to
    """
    env = records.env
    context = {key: value for key, value in env.context.items() if key in KEPT_CONTEXT}
    context['returns_flow'] = True  # without the user's personal defaults either, see ir.default
    if 'allowed_company_ids' in context:
        context['allowed_company_ids'] = env.companies.ids  # checked here: a superuser may name any
    return records.sudo().with_context(context)  # pylint: disable=context-overridden


def lock_rows(records, column):
    """Lock the rows of ``records`` and write their ``column``, an integer: see :meth:`ReturnsGuard._lock_rows`."""
    if not records:
        return
    records.flush_model()
    ids = sorted(records.ids)
    records.env.cr.execute(
        f'SELECT id FROM "{records._table}" WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE',  # pylint: disable=sql-injection
        [ids], log_exceptions=False,
    )
    records.env.cr.execute(
        f'UPDATE "{records._table}" SET {column} = COALESCE({column}, 0) + 1 WHERE id = ANY(%s)',  # pylint: disable=sql-injection
        [ids], log_exceptions=False,
    )
    records.invalidate_recordset()


class ReturnsGuard(models.AbstractModel):
    """What every record that carries state, quantity or money in a return has in common.

    Any method without an underscore can be called, and any field written, by any user
    who reaches the model by RPC. Fields declared readonly, and others that a model names in
    :meth:`_get_flow_fields`, are therefore written by private code only, which runs as
    superuser (:meth:`_as_flow`); a context key is never enough.
    """
    _name = 'returns.guard'
    _description = "Return Record Written by the Flow"

    @api.model
    def _get_flow_fields(self):
        """:return: the names of the fields that only private code writes
        :rtype: frozenset[str]
        """
        return self._get_readonly_fields()

    @tools.ormcache()
    def _get_readonly_fields(self):
        """``readonly`` binds screens only; here it binds everybody."""
        return frozenset(
            name for name, field in self._fields.items()
            if field.store and field.readonly and name not in models.MAGIC_COLUMNS)

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_flow_fields(vals_list)
        self._refuse_odd_numbers(vals_list)
        defaults = self._get_flow_defaults()
        records = super().create([{**defaults, **vals} for vals in vals_list])
        for name in self._get_flow_fields():
            field = self._fields[name]
            if field.store and field.compute and not field.precompute:
                self.env.add_to_compute(field, records)  # a default may have come before the compute
        return records

    def write(self, vals):
        self._refuse_flow_fields([vals])
        self._refuse_odd_numbers([vals])
        return super().write(vals)

    @api.model
    def _get_flow_defaults(self):
        """What flow fields start with, whatever a caller's context or personal defaults propose.

        Odoo looks at both even in superuser mode, wherever ``create`` gets no value.
        """
        return {
            name: field.default(self) if field.default else False
            for name, field in ((name, self._fields[name]) for name in self._get_flow_fields())
            if not field.compute and field.type != 'one2many'
        }

    @api.model
    def _refuse_odd_numbers(self, vals_list):
        """:raise ValidationError: a number is infinite, beyond all measure or none at all, here or in lines that come along;
            comparisons would let it pass, and what Odoo computes before it stores would stumble over it
        """
        for vals in vals_list:
            for name, value in vals.items():
                field = self._fields.get(name)
                if field is not None and field.type == 'one2many' and isinstance(value, (list, tuple)):
                    lines = self.env[field.comodel_name]
                    if isinstance(lines, ReturnsGuard):
                        lines._refuse_odd_numbers([
                            command[2] for command in value
                            if isinstance(command, (list, tuple)) and len(command) == 3 and isinstance(command[2], dict)])
                if field is not None and field.type in ('integer', 'float', 'monetary') and value:
                    try:
                        self._read_number(value, LARGEST_INTEGER if field.type == 'integer' else LARGEST)
                    except UserError as error:
                        raise ValidationError(self.env._(
                            "%(field)s: %(error)s", field=field._description_string(self.env),
                            error=error.args[0])) from error

    @api.model
    def _read_number(self, value, largest=LARGEST):
        """:return: ``value``, that somebody sent, as a number
        :rtype: float
        :raise UserError: it is none, or larger than ``largest``
        """
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not abs(number) <= largest:
            raise UserError(self.env._("Enter a number."))
        return number

    @api.model
    def _read_day(self, value, most):
        """:return: the day that somebody sent; nothing where it is none, past, or more than ``most`` days ahead"""
        today = fields.Date.context_today(self)
        try:
            day = fields.Date.to_date(value)
        except (ValueError, TypeError, KeyError):
            return None
        return day if day and today <= day <= fields.Date.add(today, days=most) else None

    @api.model
    def _refuse_flow_fields(self, vals_list):
        """:raise AccessError: a user sets a field that only the flow may write"""
        if self.env.su:
            return
        named = self._get_flow_fields().intersection(name for vals in vals_list for name in vals)
        if named:
            labels = [self._fields[name]._description_string(self.env) for name in sorted(named)]
            raise AccessError(self.env._(
                "%(fields)s cannot be typed: the return's own steps set it. "
                "Use the buttons of the return (submit, approve, receive, inspect, settle) instead.",
                fields=", ".join(labels),
            ))

    def _as_flow(self):
        """These records for private code, see :func:`as_flow`."""
        return as_flow(self)

    def _lock_rows(self):
        """Take the row locks of these records, wait for them, and invalidate what was read.

        The locked rows are written too (``version``): a lock on a row that nobody writes can
        be granted on a stale snapshot (TRIALS A). Waiting on a row that another transaction
        then commits ends in a serialization failure, which Odoo retries. A cron has no retry.

        Every model locked needs a ``version`` column. Callers respect the one order:
        balances, requests, lines; ids ascending.
        """
        lock_rows(self, 'version')

    def _get_free(self):
        """:return: those of these records that no other transaction holds, locked for a cron, which does not wait"""
        return self.try_lock_for_update(allow_referencing=True)
