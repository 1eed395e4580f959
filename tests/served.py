# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""A real Odoo server on a database of its own, sessions that press its buttons over HTTP, and returns to press them for."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import requests
from test_concurrency import World as BaseWorld

from odoo import Command
from odoo.tests import new_test_user

LAUNCHER = Path(__file__).parent / 'served_odoo.py'
PAYERS = 4


class RefusedError(Exception):
    """What the server answered instead of a result.

    ``name``: of the exception there, ``odoo.exceptions.UserError`` for one
    """

    def __init__(self, error):
        super().__init__(error['data']['message'])
        self.name, self.debug = error['data']['name'], error['data']['debug']


class Server:
    """An Odoo server, see served_odoo.py: one process, or with ``workers`` one that starts others, and anew those that die.
    Its log is ``log``."""

    def __init__(self, database, folder, workers):
        self.database, self.folder, self.workers = database, Path(folder), workers
        self.log = self.folder / 'odoo.log'
        self.process = None

    def start(self):
        """Start it, unless it runs, and wait until it answers."""
        if self.process and self.process.poll() is None:
            return
        ports = _free_ports(2)
        self.address = f'http://127.0.0.1:{ports[0]}'
        command = [
            sys.executable, LAUNCHER, '-c', os.environ['ODOO_RC'], '-d', self.database, '--db-filter', f'^{self.database}$',
            '--http-port', ports[0], '--gevent-port', ports[1], '--workers', self.workers, '--max-cron-threads', 1,
            '--limit-time-real', 300]
        with self.log.open('a') as log:
            self.process = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=os.environ | {'RETURNS_POINTS': str(self.folder)}, cwd=self.folder)
        patience = time.monotonic() + 120
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < patience, self.log.read_text()[-3000:]
            time.sleep(0.1)

    def _answers(self):
        with requests.Session() as http:
            http.trust_env = False
            try:
                return http.get(f'{self.address}/web/health', timeout=60).ok
            except requests.ConnectionError:
                return False

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(30)

    @contextmanager
    def killed_at(self, point):
        """Take down points, and die at this one; '': only take down."""
        (self.folder / 'passed').unlink(missing_ok=True)
        (self.folder / 'kill_at').write_text(point)
        try:
            yield
        finally:
            for name in ('kill_at', 'died'):
                (self.folder / name).unlink(missing_ok=True)

    def has_died(self, patience=0):
        """:param patience: seconds
        :return: whether the process that did the work was killed
        """
        end = time.monotonic() + patience
        while not (self.folder / 'died').exists():
            if time.monotonic() >= end:
                return False
            time.sleep(0.05)
        if not self.workers:
            self.process.wait(30)
        return True

    def get_log_end(self):
        return self.log.stat().st_size

    def read_log(self, begin):
        """:return: what the server logged since :meth:`get_log_end` said ``begin``"""
        return self.log.read_bytes()[begin:].decode(errors='replace')

    def _read(self, name):
        try:
            return (self.folder / name).read_text().splitlines()
        except FileNotFoundError:
            return []

    @property
    def passed(self):
        return self._read('passed')

    @property
    def refunds(self):
        """What the provider was asked for: lines of the transaction it is of, and the amount."""
        return self._read('provider')


class Session:
    """Somebody who logged in with a browser, and stays so while servers come and go."""

    def __init__(self, server, login):
        self.server = server
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers['Connection'] = 'close'
        self._post('/web/session/authenticate', {'db': server.database, 'login': login, 'password': login})

    def call(self, model, ids, method, *arguments, **named):
        return self._post('/web/dataset/call_kw', {
            'model': model, 'method': method, 'args': [*([ids] if ids else []), *arguments], 'kwargs': named})

    def _post(self, path, parameters):
        """:raise RefusedError: the server says no
        :raise requests.ConnectionError: it is no more
        """
        response = self.http.post(f'{self.server.address}{path}', timeout=300, json={
            'jsonrpc': '2.0', 'method': 'call', 'id': 1, 'params': parameters})
        assert response.status_code == 200, (response.status_code, response.text[:2000])
        answer = response.json()
        if 'error' in answer:
            raise RefusedError(answer['error'])
        return answer['result']


def _free_ports(number):
    sockets = [socket.socket() for _number in range(number)]
    try:
        for taken in sockets:
            taken.bind(('127.0.0.1', 0))
        return [taken.getsockname()[1] for taken in sockets]
    finally:
        for taken in sockets:
            taken.close()


class World(BaseWorld):
    """The small company, whose customers paid online, by bank and in cash. Of Odoo's scheduled actions only those run that
    refund online payments."""

    @classmethod
    def _create_world(cls):
        super()._create_world()
        company = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        for number in range(PAYERS):
            setattr(cls, f'payer_{number}', new_test_user(
                cls.env, login=f'test_returns_payer_{number}', groups='returns_management.group_returns_accountant',
                **company))
        cls.bank, cls.cash = cls.env['account.journal'].create([
            {'name': "Returns Bank", 'code': 'RBK', 'type': 'bank', 'company_id': cls.company.id},
            {'name': "Returns Cash", 'code': 'RCS', 'type': 'cash', 'company_id': cls.company.id}])
        cls.method = cls.env['payment.method'].create({
            'name': "Returns Card", 'code': 'returns_card', 'support_refund': 'partial'})
        cls.provider = cls.env['payment.provider'].create({
            'name': "Returns Provider", 'code': 'none', 'state': 'test', 'company_id': cls.company.id,
            'payment_method_ids': [Command.set(cls.method.ids)]})
        cls.bank.inbound_payment_method_line_ids[:1].payment_provider_id = cls.provider
        cls.company.write({'returns_refund_posting': 'draft', 'returns_payout_posting': 'posted'})
        ours = cls.env.ref('returns_management.ir_cron_send_payouts') | cls.env.ref('payment.cron_post_process_payment_tx')
        cls.env['ir.cron'].search([('id', 'not in', ours.ids)]).active = False

    def accept(self, *ways, each=1):
        """For each way of paying an order of a customer of its own, paid so, with ``each`` returns of one piece of it whose
        goods are in and accepted; nothing is settled.

        :param ways: 'online', 'bank' or 'cash'
        """
        customers = self.env['res.partner'].create([
            {'name': f"Customer Who Paid {way}", 'email': 'customer@example.com', 'is_company': True} for way in ways])
        orders = self.env['sale.order'].create([{
            'partner_id': customer.id, 'user_id': self.agent.id, 'order_line': [
                Command.create({'product_id': self.product.id, 'product_uom_qty': each + 1.0})]} for customer in customers])
        orders.action_confirm()
        orders.picking_ids.move_ids.picked = True
        orders.picking_ids.button_validate()
        orders._create_invoices(grouped=True).action_post()
        for way, order in zip(ways, orders, strict=True):
            getattr(self, f'_pay_{way}')(order.invoice_ids)
        assert set(orders.invoice_ids.mapped('amount_residual')) == {0.0}
        requests = self.Request.with_user(self.agent).create([{
            'partner_id': order.partner_id.id, 'team_id': self.team.id, 'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'quantity': 1.0, 'reason_id': self.reason.id})],
        } for order in orders for _number in range(each)])
        requests.action_submit()
        requests.with_user(self.voter_sales).action_approve()
        pickings = requests.sudo().picking_ids
        pickings.move_ids.picked = True
        pickings.with_user(self.inspector).button_validate()
        inspections = requests.sudo().inspection_ids.with_user(self.inspector)
        inspections.write({'disposition_id': self.restock.id, 'grade': 'a'})
        inspections.action_done()
        assert set(requests.mapped('state')) == {'settlement'}
        return requests

    def _pay_online(self, invoice):
        transaction = self.env['payment.transaction'].create({
            'provider_id': self.provider.id, 'payment_method_id': self.method.id, 'amount': invoice.amount_total,
            'currency_id': invoice.currency_id.id, 'partner_id': invoice.partner_id.id, 'operation': 'online_direct',
            'reference': f'paid-{invoice.id}', 'invoice_ids': [Command.set(invoice.ids)]})
        transaction._set_done()
        transaction._post_process()

    def _pay_bank(self, invoice):
        account = self.env['res.partner.bank'].create({
            'partner_id': invoice.partner_id.id, 'acc_number': f'CUST {invoice.id}'})
        statement = self.env['account.bank.statement.line'].create({
            'journal_id': self.bank.id, 'amount': invoice.amount_total, 'payment_ref': "Kettles",
            'partner_id': invoice.partner_id.id, 'partner_bank_id': account.id, 'account_number': account.acc_number})
        suspense = statement.line_ids.filtered(lambda line: line.account_id == self.bank.suspense_account_id)
        receivable = invoice.line_ids.filtered(lambda line: line.display_type == 'payment_term')
        suspense.account_id = receivable.account_id
        (suspense + receivable).reconcile()

    def _pay_cash(self, invoice):
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=invoice.ids).create({'journal_id': self.cash.id})._create_payments()

    def check_ledger(self):
        """:raise AssertionError: the nightly check would find something"""
        self.prepare(lambda: self._check_ledger() or {})
