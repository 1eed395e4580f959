# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import AccessError


class ReturnsGuard(models.AbstractModel):
    """What every record that carries state, quantity or money in a return has in common.

    Any method without an underscore can be called, and any field written, by any user
    who reaches the model by RPC. Fields named by :meth:`_get_flow_fields` are therefore
    written by private code only, which runs as superuser; a context key is never enough.
    """
    _name = 'returns.guard'
    _description = "Return Record Written by the Flow"

    @api.model
    def _get_flow_fields(self):
        """:return: the names of the fields that only private code writes
        :rtype: frozenset[str]
        """
        return frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_flow_fields(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_flow_fields([vals])
        return super().write(vals)

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

    def _lock_rows(self):
        """Take the row locks of these records, wait for them, and invalidate what was read.

        The locked rows are written too (``version``): a lock on a row that nobody writes can
        be granted on a stale snapshot (TRIALS A). Waiting on a row that another transaction
        then commits ends in a serialization failure, which Odoo retries. A cron has no retry.

        Every model locked needs a ``version`` column. Callers respect the one order:
        balances, requests, lines; ids ascending.
        """
        if not self:
            return
        self.flush_model()
        ids = sorted(self.ids)
        self.env.cr.execute(
            f'SELECT id FROM "{self._table}" WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE',  # pylint: disable=sql-injection
            [ids], log_exceptions=False,
        )
        self.env.cr.execute(
            f'UPDATE "{self._table}" SET version = COALESCE(version, 0) + 1 WHERE id = ANY(%s)',  # pylint: disable=sql-injection
            [ids], log_exceptions=False,
        )
        self.invalidate_recordset()
