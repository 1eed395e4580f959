# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Odoo's server for the tests that press over HTTP and pull the plug, see served.py.

It is Odoo as it is installed, but for what lies outside of it: a payment provider that keeps a book of what it was asked
for, mails that go nowhere, and a way to die at a given point. The folder $RETURNS_POINTS is how it is told:

    kill_at   while it exists, points are taken down; the one that it names is where this process is killed
    passed    the points that were passed, one a line
    died      made when it dies there
    provider  what the provider was asked to refund, one a line: what it would show in its account
"""

import os
import re
import signal
import sys
import threading
from pathlib import Path

import odoo.cli.command
from odoo.sql_db import Cursor, PsycoConnection
from odoo.tools import config

FOLDER = Path(os.environ['RETURNS_POINTS'])
WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?((?:returns|account|payment)_\w+)')
_passing = threading.Lock()


def pass_point(name):
    """Take down that this point was reached; die here where that is wished."""
    with _passing:
        try:
            last = (FOLDER / 'kill_at').read_text()
        except FileNotFoundError:
            return
        with (FOLDER / 'passed').open('a+') as passed:
            passed.seek(0)
            name = f'{name}, time {1 + sum(line.startswith(f"{name}, time ") for line in passed)}'
            passed.write(f'{name}\n')
        if name == last:
            (FOLDER / 'died').touch()
            os.kill(os.getpid(), signal.SIGKILL)
            signal.pause()


def watch_commits():
    """Each commit of a transaction that wrote money or returns is two points: before it, and after it."""
    execute, commit = Cursor.execute, PsycoConnection.commit

    def note_and_execute(cursor, query, params=None, log_exceptions=True):
        text = getattr(query, 'code', query)
        if found := WRITES.match(text.decode() if isinstance(text, bytes) else text):
            cursor._cnx.__dict__.setdefault('written', set()).add(found[1])
        return execute(cursor, query, params, log_exceptions)

    def commit_between(connection):
        if written := connection.__dict__.pop('written', None):
            pass_point(f"before the commit of {', '.join(sorted(written))}")
        commit(connection)
        if written:
            pass_point(f"after the commit of {', '.join(sorted(written))}")

    Cursor.execute, PsycoConnection.commit = note_and_execute, commit_between


def be_provider():
    """Refunds are asked for by a line in a book that no transaction undoes, and granted at once."""
    from odoo.addons.payment.models.payment_provider import PaymentProvider
    from odoo.addons.payment.models.payment_transaction import PaymentTransaction

    def refund(transaction):
        pass_point("before the provider is asked")
        with (FOLDER / 'provider').open('a') as book:
            book.write(f'{transaction.source_transaction_id.reference} {-transaction.amount:.2f}\n')
        pass_point("after the provider paid, before its answer is written")
        transaction.provider_reference = f'R-{transaction.id}'
        transaction._set_done()

    def support_refunds(providers):
        for provider in providers:
            provider.support_refund = 'partial'

    PaymentTransaction._send_refund_request = refund
    PaymentProvider._compute_feature_support_fields = support_refunds


def lose_mails():
    from odoo.addons.base.models.ir_mail_server import IrMail_Server

    IrMail_Server._connect__ = lambda *_args, **_kwargs: None
    IrMail_Server.send_email = lambda _servers, message, *_args, **_kwargs: message['Message-Id']


if __name__ == '__main__':
    config.parse_config([argument for argument in sys.argv[1:] if argument != 'gevent'])  # where the add-ons are
    watch_commits()
    be_provider()
    lose_mails()
    odoo.cli.command.main()
