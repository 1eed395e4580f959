# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Many people give money back at once, over HTTP: of the same returns and of others, as fast as the server answers.

Nobody reads anything but an answer or a sentence; each return has one credit note and one pay-out; the books agree. A few
sessions until a few returns are done; twenty for a minute with ``./dev test --deep``. It prints what was served.
"""

import contextlib
import os
import random
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict

from served import PAYERS, RefusedError, Session

from setup import logwatch

WAYS = ('online', 'bank', 'cash')
#: returns that are pressed at the same time: fewer than sessions, so that they meet at one
OPEN_AT_ONCE = 12
#: What Odoo logs where two wrote the same, before it tries again for the user
RETRIED = (
    "could not serialize access", "deadlock detected", "canceling statement due to lock timeout", "could not obtain lock")


class Crowd:
    """Sessions that press what is next at one of the first returns that are not done, each whichever it likes."""

    def __init__(self, server, ids, sessions, seconds):
        self.server, self.open, self.sessions, self.seconds = server, list(ids), sessions, seconds
        self.times, self.refused, self.broken = defaultdict(list), Counter(), []

    def run(self):
        """:return: seconds that it took"""
        self.begun = threading.Barrier(self.sessions + 1, timeout=120)
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(self.sessions)]
        for thread in threads:
            thread.start()
        try:
            self.begun.wait()
        except threading.BrokenBarrierError:
            raise self.broken[0] from None
        started = time.monotonic()
        for thread in threads:
            thread.join(self.seconds + 120)
        assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
        return time.monotonic() - started

    def _work(self, number):
        luck = random.Random(number)
        try:
            session = Session(self.server, f'test_returns_payer_{number % PAYERS}')
            self.begun.wait()
            end = time.monotonic() + self.seconds
            while time.monotonic() < end and self.open:
                one = luck.choice(self.open[:OPEN_AT_ONCE])
                if self._press(session, one):
                    with contextlib.suppress(ValueError):  # somebody else saw it, too
                        self.open.remove(one)
        except Exception as error:
            self.broken.append(error)
            self.begun.abort()  # or the others wait for it

    def _press(self, session, one):
        """Look at the return, and press what a person would.

        :return: whether nothing is left to press
        """
        row, = self._time('look', session, 'returns.request', [one], 'read', ['refund_ids', 'payout_ids'])
        if not row['refund_ids']:
            self._time('settle', session, 'returns.request', [one], 'action_settle')
            return False
        notes = self._time('look', session, 'account.move', row['refund_ids'], 'read', ['state'])
        if drafts := [note['id'] for note in notes if note['state'] == 'draft']:
            self._time('post', session, 'account.move', drafts, 'action_post')
            return False
        payouts = self._time('look', session, 'returns.payout', row['payout_ids'], 'read', ['state', 'method'])
        if not payouts:
            self._time('pay out', session, 'returns.request', [one], 'action_pay_out')
            return False
        if cash := [payout['id'] for payout in payouts if (payout['state'], payout['method']) == ('sent', 'cash')]:
            file, = session.call('ir.attachment', [], 'create', [{'name': "signed.txt", 'raw': "signed"}])
            self._time('confirm', session, 'returns.payout', cash, 'action_confirm_paid', None, None, [file])
            return False
        return all(payout['state'] == 'done' for payout in payouts)

    def _time(self, act, session, model, ids, method, *arguments):
        """:return: the server's answer; False where it refuses with a sentence"""
        if not ids:
            return []
        started = time.monotonic()
        try:
            return session.call(model, ids, method, *arguments)
        except RefusedError as error:
            assert error.name in ('odoo.exceptions.UserError', 'odoo.exceptions.ValidationError'), (act, error.debug)
            self.refused[act, str(error)] += 1
            return False
        finally:
            self.times[act].append(time.monotonic() - started)

    def report(self, seconds):
        """:return: what was served, as a table"""
        rows = [f"{'':10}{'served':>8}{'a second':>10}{'p50 ms':>8}{'p95 ms':>8}{'refused':>9}"]
        refused = Counter()
        for (act, _sentence), times in self.refused.items():
            refused[act] += times
        everything = [taken for taken_all in self.times.values() for taken in taken_all]
        for act, taken in [*self.times.items(), ('all', everything)]:
            slow = statistics.quantiles(taken, n=20)[-1] if len(taken) > 1 else taken[0]
            rows.append(f"{act:10}{len(taken):8}{len(taken) / seconds:10.1f}{1000 * statistics.median(taken):8.0f}"
                        f"{1000 * slow:8.0f}{refused.total() if act == 'all' else refused[act]:9}")
        return "\n".join([*rows, *(f"{times} × {act}: {sentence}" for (act, sentence), times in self.refused.items())])


def test_many_sessions_pay_each_return_once_and_read_no_error(served, capsys):
    deep = bool(os.environ.get('RETURNS_DEEP'))
    sessions, seconds, orders = (20, 60, 120) if deep else (8, 300, 6)
    made = served.prepare(lambda: {'requests': served.accept(*WAYS * (orders // len(WAYS)), each=2)})
    served.server.start()
    begin = served.server.get_log_end()
    crowd = Crowd(served.server, made.requests[1], sessions, seconds)
    took = crowd.run()
    log = served.server.read_log(begin)
    retries = log.count(' tries left, try again in ')
    with capsys.disabled():
        sys.stdout.write(f"\n{crowd.report(took)}\n{retries} times tried again for a user; {len(crowd.open)} of "
                         f"{len(made.requests[1])} returns not done after {took:.0f} s\n")
    assert not crowd.broken, crowd.broken
    assert deep or not crowd.open, "somebody was never served"
    assert not (strange := [record for record in logwatch.failures(log) if not _is_announced(record)]), strange
    check_each_was_paid_once(served, made.requests, served.server.refunds)
    served.check_ledger()


def _is_announced(record):
    """Whether Odoo says this of what it then tries again, or of a sentence that it gave to somebody."""
    return any(reason in record for reason in RETRIED) or " WARNING " in record and " odoo.http: " in record


def check_each_was_paid_once(served, record, refunds):
    requests = served.look(record)
    settlements = requests.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
    assert len(settlements) == len(settlements.request_id) == len(requests.filtered('refund_ids')) > 0
    for request in requests:
        notes = request.refund_ids
        payouts = request.payout_ids.filtered(lambda payout: payout.state not in ('failed', 'cancelled'))
        assert len(notes) <= 1 and len(payouts) <= 1
        assert payouts.refund_id <= notes and len(payouts.payment_id) <= 1
    payments = requests.env['account.payment'].search([
        ('partner_id', 'child_of', requests.partner_id.ids), ('payment_type', '=', 'outbound')])
    assert payments == requests.payout_ids.payment_id
    asked = Counter(refunds)
    for invoice in requests.refund_ids.reversed_entry_id:
        online = requests.payout_ids.filtered(lambda payout, invoice=invoice: (
            payout.method == 'online' and payout.transaction_id and payout.refund_id.reversed_entry_id == invoice))
        mine = sum(times for line, times in asked.items() if line.startswith(f'paid-{invoice.id} '))
        assert mine == len(online) <= 2
