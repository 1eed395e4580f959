# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging

from psycopg2 import OperationalError

from odoo.exceptions import UserError
from odoo.fields import Domain

_logger = logging.getLogger(__name__)


def work_in_batches(model, domain, work, batch):
    """Have ``work`` done on the records of ``domain``, in batches, each committed by itself.

    For crons, which Odoo does not retry. A batch that fails, because another transaction was at the same rows or a
    record refuses, is rolled back and tried again record by record; what fails then is left to the next run.

    :param model: empty records, whose environment is worked in
    :param domain: what is still to do: what is done does not match it any more
    :param work: called with the records of a batch
    :param int batch: records at once
    :return: whether the cron has time left
    """
    last, domain = 0, Domain(domain)
    while found := model.search(Domain('id', '>', last) & domain, order='id', limit=batch):
        last = found.ids[-1]
        left = _attempt(found, work)
        for number in found.ids if left is None else ():
            # looked at again: somebody changed one of them, perhaps so that there is nothing left to do
            left = _attempt(model.search(Domain('id', '=', number) & domain), work)
            if left == 0:
                return False
        if left == 0:
            return False
    return True


def _attempt(records, work):
    """:return: seconds that the cron has left; None where the work failed and was rolled back, or there is none"""
    if not records:
        return None
    try:
        work(records)
        return records.env['ir.cron']._commit_progress(len(records))
    except (OperationalError, UserError) as error:
        records.env.cr.rollback()
        refused = isinstance(error, UserError) and len(records) == 1
        _logger.log(
            logging.WARNING if refused else logging.INFO, "%s left to a later try: %s", records, str(error).strip())
        return None
