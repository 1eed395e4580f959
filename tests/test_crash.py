# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""The power fails while money is given back: who was asked over HTTP is killed, started again, and asked again.

Where it can die is counted in a first run: before and after each commit that writes money, before the provider is asked
and before its answer is written. Then it dies once at each of these points. Of Odoo's processes the one dies that is at
it, and Odoo starts another, after each commit; with ``./dev test --deep`` the whole server dies, before each, too.
"""

import os
import time

import psycopg2
import pytest
import requests
from served import Server, Session

from setup import logwatch

DEEP = bool(os.environ.get('RETURNS_DEEP'))


class Road:
    """From the accepted goods to the customer's money, pressed by an accountant, as often as it takes."""

    def __init__(self, world, server, request_id, way):
        self.world, self.server, self.ids, self.way = world, server, [request_id], way

    def look(self):
        """:return: the request as it is now"""
        for cr in self.world.cursors:
            cr.close()
        self.world.cursors.clear()
        return self.world.look(('returns.request', self.ids))

    def press(self, session):
        """Settle, post, pay out."""
        session.call('returns.request', self.ids, 'action_settle')
        drafts = session.call('account.move', [], 'search', [
            ('id', 'in', session.call('returns.request', self.ids, 'read', ['refund_ids'])[0]['refund_ids']),
            ('state', '=', 'draft')])
        if drafts:
            session.call('account.move', drafts, 'action_post')
        session.call('returns.request', self.ids, 'action_pay_out')

    def wait(self):
        """Until nothing goes on any more by itself: the provider answered, or nobody knows whether it did.

        :return: whether the server lived that long
        """
        patience = time.monotonic() + 180  # of a busy machine
        while time.monotonic() < patience:
            if self.server.has_died():
                return False
            payouts = self.look().payout_ids.filtered(lambda payout: payout.state not in ('failed', 'cancelled'))
            if payouts and all(
                    payout.state == 'done' or payout.state == 'unknown' and payout.failure for payout in payouts):
                return True
            _wake_crons(self.server.database)
            time.sleep(0.1)
        raise AssertionError(self.look().payout_ids.read(['state', 'method', 'obstacle', 'failure', 'transaction_id']))

    def walk(self, session):
        """Press and wait. :return: whether the server lived"""
        try:
            self.press(session)
        except requests.ConnectionError:
            assert self.server.has_died()
            return False
        return self.wait()

    def clear_up(self, session):
        """What a person does who reads that the answer of the provider is not known: look into its account.

        :return: whether there was such a pay-out
        """
        request = self.look()
        unknown = request.payout_ids.filtered(lambda payout: payout.state == 'unknown')
        for payout in unknown:
            if self.get_refunds(request):
                file = session.call('ir.attachment', [], 'create', {
                    'name': "account.txt", 'raw': 'paid', 'res_model': 'returns.payout', 'res_id': payout.id})
                session.call('returns.payout', payout.ids, 'action_confirm_paid', None, "R", [file])
            else:
                session.call('returns.payout', payout.ids, 'action_not_paid')
        return bool(unknown)

    def get_refunds(self, request):
        """:return: what the provider shows as refunded of this customer's payment, in its own account"""
        invoice = request.line_ids.sale_line_id.invoice_lines.move_id.filtered(
            lambda move: move.move_type == 'out_invoice')
        return [line for line in self.server.refunds if line.startswith(f'paid-{invoice.id} ')]

    def check(self, where):
        """One credit note, one payment, one refund of the provider, all of the same amount."""
        request = self.look()
        note = request.line_ids.sale_line_id.invoice_lines.move_id.filtered(lambda move: move.move_type == 'out_refund')
        assert (len(note), note.state, note.amount_residual) == (1, 'posted', 0.0), where
        assert (request.refund_ids, request.line_ids.quantity_settled, request.state) == (note, 1.0, 'done'), where
        done = request.payout_ids.filtered(lambda payout: payout.state == 'done')
        assert done.mapped('amount') == [note.amount_total], where
        payments = request.env['account.payment'].search([
            ('partner_id', 'child_of', request.partner_id.id), ('payment_type', '=', 'outbound'),
            ('state', 'not in', ('canceled', 'rejected'))])
        assert (payments, payments.mapped('amount')) == (done.payment_id, [note.amount_total]), where
        refunds = [line.split()[1] for line in self.get_refunds(request)]
        assert refunds == ([f'{note.amount_total:.2f}'] if self.way == 'online' else []), where


def _wake_crons(database):
    """What Odoo does itself when something is to be done; a server that died did not come to it."""
    with psycopg2.connect(dbname='postgres') as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('cron_trigger', %s)", [database])


@pytest.fixture
def server(served):
    """The server that is killed, running."""
    server = served.server
    if DEEP:
        server = Server(server.database, server.folder, workers=0)
    server.start()
    yield server
    if server is not served.server:
        server.stop()


@pytest.mark.parametrize('way', ['online', 'bank'])
def test_killed_anywhere_and_pressed_again_pays_once(served, server, way):
    def prepare(number):
        return [Road(served, server, request_id, way)
                for request_id in served.prepare(lambda: {'requests': served.accept(*[way] * number)}).requests[1]]

    log = server.get_log_end()
    road, = prepare(1)
    session = Session(server, 'test_returns_accountant')
    with server.killed_at(''):
        assert road.walk(session)
        points = server.passed
    assert road.walk(session), "pressed again when all is over"
    road.check("not killed")
    assert len(points) >= {'online': 14, 'bank': 6}[way], points
    if not DEEP:
        points = [point for point in points if not point.startswith("before the commit")]
    for point, road in zip(points, prepare(len(points)), strict=True):
        where = f"killed {point}"
        with server.killed_at(point):
            road.walk(session)
            assert server.has_died(patience=20), f"was not {where}"
        server.start()
        assert road.walk(session), where
        if road.clear_up(session):
            assert road.walk(session), where
        road.check(where)
    served.check_ledger()
    assert not logwatch.failures(server.read_log(log))
