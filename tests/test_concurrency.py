# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Two people do something at the same instant: real connections, committed, run as a server runs them.

Each call takes its snapshot of the database before any of them goes on; so whoever commits second has
looked at figures that are no longer true, and only a lock that is written saves us (DESIGN §5).
"""

import logging
import threading
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from psycopg2.errors import SerializationFailure

from odoo import SUPERUSER_ID, Command, api, models
from odoo.exceptions import UserError
from odoo.service.model import call_kw, retrying
from odoo.tools import mute_logger

from odoo.addons.returns_management.models import batches
from odoo.addons.returns_management.tests import common
from odoo.addons.returns_management.tools.ask import Asked, Wish

from setup.scratch import scratch_database

QUIET = {'tracking_disable': True, 'mail_create_nolog': True, 'mail_notrack': True, 'no_reset_password': True}


class World(common.ReturnsCommon):
    """The small company of the other tests, committed to a database of its own."""

    @classmethod
    def build(cls, registry):
        cls.registry = registry
        with registry.cursor() as cr:
            cls.env = api.Environment(cr, SUPERUSER_ID, QUIET)
            cls._create_world()
            cls.second_accountant = cls.accountant.copy({'login': 'test_returns_accountant_2'})
            cls.stocker = cls.inspector.copy({'login': 'test_returns_stocker', 'group_ids': [
                Command.set(cls.env.ref('stock.group_stock_user').ids)]})
            cls.names = {name: (value._name, value.ids) for name, value in vars(cls).items()
                         if isinstance(value, models.BaseModel)}
        return cls()

    def prepare(self, make):
        """Run ``make()`` in a transaction of its own.

        :return: what it returns, records as (model, ids)
        """
        cls = type(self)
        with self.registry.cursor() as cr:
            cls.env = api.Environment(cr, SUPERUSER_ID, QUIET)
            for name, (model, ids) in cls.names.items():
                setattr(cls, name, cls.env[model].browse(ids))
            made = make()
            self.env.flush_all()
        return SimpleNamespace(**{name: (value._name, value.ids) for name, value in made.items()})

    def look(self, record):
        """:return: the record, in a new transaction that the caller's test does not write in"""
        model, ids = record
        cr = self.registry.cursor()
        self.cursors.append(cr)
        return api.Environment(cr, SUPERUSER_ID, {})[model].browse(ids)

    def at_once(self, *calls):
        """Carry out the calls in parallel, each in a transaction of its own, retried as for a user.

        :param calls: (user, record, method, *arguments); a record without ids stands for its model; a method that is no
            name is called with the record, as a controller does
        :return: what each returned, or the error its user reads
        """
        barrier, results = threading.Barrier(len(calls), timeout=30), [None] * len(calls)

        def call(user, record, method, *arguments):
            model, ids = record
            with self.registry.cursor() as cr:  # rolled back where an error leaves it, as in a server
                env = api.Environment(cr, self.names[user][1][0], {})
                env.transaction.default_env = env
                tries = []

                def work():
                    tries.append(True)
                    if len(tries) == 1:
                        cr.execute("SELECT 1")  # the snapshot is taken now
                        barrier.wait()
                    if callable(method):
                        return method(env[model].browse(ids))
                    return call_kw(env[model], method, [*([ids] if ids else []), *arguments], {})

                return retrying(work, env)

        def run(number):
            try:
                results[number] = call(*calls[number])
            except Exception as error:
                results[number] = error

        threads = [threading.Thread(target=run, args=(number,)) for number in range(len(calls))]
        # retried soon, and without the errors that Odoo logs for what it then retries
        with patch('odoo.service.model.random.uniform', lambda *_args: 0.05), mute_logger('odoo.sql_db'):
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(120)
        assert not any(thread.is_alive() for thread in threads), "somebody waits for ever"
        strange = [result for result in results if isinstance(result, Exception) and not isinstance(result, UserError)]
        assert not strange, strange
        return results


@pytest.fixture(scope='module')
def built():
    with scratch_database() as registry:
        yield World.build(registry)


@pytest.fixture
def world(built):
    built.cursors = []
    yield built
    for cr in built.cursors:
        cr.close()


def _errors(results):
    return [str(result) for result in results if isinstance(result, Exception)]


@pytest.mark.parametrize('table', ['returns.balance', 'returns.request', 'returns.request.line'])
def test_lock_that_was_taken_and_given_back_is_noticed(world, table):
    """Whoever looked before must not go on, although nothing but the lock happened: what the other wrote elsewhere,
    a vote for one, is not in the snapshot."""
    def make():
        request = world._submit(world._sell())
        return {'returns.request': request, 'returns.request.line': request.line_ids,
                'returns.balance': request.line_ids.balance_id}

    model, ids = vars(world.prepare(make))[table]
    with world.registry.cursor() as late, world.registry.cursor() as early:
        late.execute("SELECT 1")
        api.Environment(early, SUPERUSER_ID, {})[model].browse(ids)._lock_rows()
        early.commit()
        with pytest.raises(SerializationFailure):
            api.Environment(late, SUPERUSER_ID, {})[model].browse(ids)._lock_rows()
        late.rollback()


@pytest.mark.parametrize('act', ['action_approve', 'action_submit'])
def test_two_advances_at_once_stay_within_the_limit(world, act):
    """Each alone is within it: the later meets what the earlier was granted."""
    def make():
        world.rule.sudo().write({'advance': 'refund', 'advance_max': 30.0})
        world.rule.sudo().auto_approve_max = 1000.0 if act == 'action_submit' else 0.0
        requests = []
        for _number in range(2):
            order = world._sell(
                (world.product, 2.0, {'price_unit': 10.0, 'tax_ids': []}),
                partner=world.customer if act == 'action_approve' else world.other_customer)
            requests.append(world._file(order, 2.0) if act == 'action_submit' else world._submit(order, 2.0))
        return {'first': requests[0], 'second': requests[1]}

    made = world.prepare(make)
    try:
        user = 'agent' if act == 'action_submit' else 'voter_sales'
        assert not _errors(world.at_once((user, made.first, act), (user, made.second, act)))
        requests = [world.look(request) for request in (made.first, made.second)]
        assert [request.state for request in requests] == ['approved', 'approved']
        assert sorted(request.line_ids.quantity_advanced for request in requests) == [0.0, 2.0]
    finally:
        world.prepare(lambda: world.rule.sudo().write(
            {'advance': 'never', 'advance_max': 0.0, 'auto_approve_max': 0.0}) and {})


@pytest.mark.parametrize('known', [False, True], ids=['first return of the order', 'returned from before'])
def test_last_piece_is_promised_once(world, known):
    def make():
        order = world._sell((world.product, 2.0 if known else 1.0))
        if known:
            world._return(order, 1.0)
        return {'order': order.order_line, 'one': world._file(order), 'two': world._file(order)}

    made = world.prepare(make)
    results = world.at_once(('agent', made.one, 'action_submit'), ('agent', made.two, 'action_submit'))
    errors = _errors(results)
    assert len(errors) == 1
    figures = "2 delivered, 1 returned, 1 in open returns" if known else (
        "1 delivered, 0 returned, 1 in open returns")
    assert f"only 0 may come back: {figures}" in errors[0]
    assert sorted(world.look(record).state for record in (made.one, made.two)) == ['draft', 'review']
    balance = world.look(made.one).env['returns.balance'].search([('sale_line_id', '=', made.order[1][0])])
    assert (balance.quantity_held, balance.quantity_returned) == (1.0, 1.0 if known else 0.0)


def test_as_many_are_promised_as_there_are(world):
    def make():
        order = world._sell((world.product, 2.0))
        return {f'request_{number}': world._file(order) for number in range(4)}

    made = vars(world.prepare(make)).values()
    results = world.at_once(*(('agent', record, 'action_submit') for record in made))
    assert len(_errors(results)) == 2
    assert sorted(world.look(record).state for record in made) == ['draft', 'draft', 'review', 'review']


def test_requests_over_the_same_lines_do_not_wait_for_each_other_for_ever(world):
    def make():
        order = world._sell((world.product, 4.0), (world.product_ordered, 4.0))
        one, two = world._file(order), world._file(order)
        for sequence, line in enumerate(reversed(two.line_ids)):
            line.sequence = sequence
        return {'one': one, 'two': two}

    made = world.prepare(make)
    assert not _errors(world.at_once(('agent', made.one, 'action_submit'), ('agent', made.two, 'action_submit')))
    assert {world.look(record).state for record in (made.one, made.two)} == {'review'}


def test_form_sent_twice_makes_one_request(world):
    made = world.prepare(lambda: {'order': world._sell(), 'reason': world.reason})

    def ask(Request):
        order = Request.env['sale.order'].sudo().browse(made.order[1])
        wish = Wish({'quantity': '1', 'reason': str(made.reason[1][0]), 'resolution': 'refund'})
        domain = Request.env['sale.order.line']._get_returns_ask_domain(order.partner_id.commercial_partner_id)
        asked = Asked({order.order_line.id: wish}, key='0' * 32)
        return Request._ask_by_customer(order.partner_id, domain, asked, []).ids

    one, other = world.at_once(*[('agent', ('returns.request', []), ask)] * 2)
    assert one == other == world.look(made.order).returns_request_ids.ids


def test_withdrawal_confirmed_twice_is_one(world):
    def make():
        world.company.returns_withdrawal = True
        order = world._sell(deliver=False, invoice=False)  # no piece that could be promised once only
        order.partner_id.is_company = False
        return {'order': order}

    made = world.prepare(make)

    def withdraw(order):
        order = order.sudo()
        return order._withdraw_by_customer(order.order_line.ids, "Ann", 'ann@example.com').ids

    one, other = world.at_once(*[('agent', made.order, withdraw)] * 2)
    order = world.look(made.order)
    assert one == other == order._get_withdrawals().ids
    assert len(order.env['mail.mail'].search([('email_to', '=', 'ann@example.com')])) == 1


def test_one_credit_note_for_two_accountants(world):
    def make():
        order = world._sell((world.product, 5.0))
        request = world._approve(order, 2.0)
        world._receive(request)
        world._inspect(request)
        return {'request': request, 'order': order}

    made = world.prepare(make)
    results = world.at_once(
        ('accountant', made.request, 'action_settle'), ('second_accountant', made.request, 'action_settle'))
    assert not _errors(results), "who comes second has nothing left to do"
    request = world.look(made.request)
    assert len(request.refund_ids) == 1
    assert (request.line_ids.quantity_settled, sum(request.settlement_ids.mapped('quantity'))) == (2.0, 2.0)
    assert len(world.look(made.order).invoice_ids.filtered(lambda move: move.move_type == 'out_refund')) == 1


def _prepare_paid(world):
    """:return: a return paid in cash and credited, its note and the cash journal"""
    def make():
        order = world._sell((world.product, 5.0))
        cash = world.env['account.journal'].search([('type', '=', 'cash')], limit=1) or (
            world.env['account.journal'].create({'name': "Cash", 'code': 'RCS', 'type': 'cash'}))
        world.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create({'journal_id': cash.id})._create_payments()
        request = world._return(order, 2.0)
        return {'request': request, 'note': request.refund_ids, 'cash': cash}
    return world.prepare(make)


def test_one_pay_out_for_two_accountants(world):
    made = _prepare_paid(world)
    results = world.at_once(
        ('accountant', made.request, 'action_pay_out'), ('second_accountant', made.request, 'action_pay_out'))
    assert not _errors(results), "who comes second has nothing left to do"
    request, note = world.look(made.request), world.look(made.note)
    assert request.payout_ids.mapped('amount') == [note.amount_total]
    assert len(request.payout_ids.payment_id) == 1


def test_pay_out_confirmed_by_two_is_one_payment(world):
    made = _prepare_paid(world)

    def pay():
        request = world.env['returns.request'].browse(made.request[1])
        request.action_pay_out()
        request.payout_ids.evidence_ids = [Command.create({'name': "receipt.jpg", 'raw': b"signed"})]
        return {'payout': request.payout_ids}
    payout = world.prepare(pay).payout
    results = world.at_once(
        ('accountant', payout, 'action_confirm_paid'), ('second_accountant', payout, 'action_confirm_paid'))
    assert not _errors(results)
    note = world.look(made.note)
    assert (note.amount_residual, world.look(payout).state) == (0.0, 'done')


def test_note_by_hand_and_ours_posted_together_credit_no_more_than_was_billed(world):
    def make():
        order = world._sell((world.product, 5.0))
        request = world._approve(order, 2.0)
        world._receive(request)
        world._inspect(request)
        return {'note': world._settle(request, post=False), 'by_hand': order.invoice_ids[:1]._reverse_moves([{}]),
                'request': request}

    made = world.prepare(make)
    results = world.at_once(
        ('accountant', made.note, 'action_post'), ('second_accountant', made.by_hand, 'action_post'))
    assert len(_errors(results)) == 1 and "more than the" in _errors(results)[0]
    assert {world.look(made.note).state, world.look(made.by_hand).state} == {'draft', 'posted'}


def test_discount_of_an_invoice_is_given_back_once_to_two_returns_at_once(world):
    """1.01 of discount on two equal lines: half a cent for each, but not a whole one for both."""
    def make():
        order = world._sell((world.product, 1.0, {'price_unit': 50.0, 'tax_ids': [Command.clear()]}), (
            world.product_ordered, 1.0, {'price_unit': 50.0, 'tax_ids': [Command.clear()]}), invoice=False)
        world.env['sale.order.discount'].create({
            'sale_order_id': order.id, 'discount_type': 'amount', 'discount_amount': 1.01}).action_apply_discount()
        invoice = order._create_invoices()
        invoice.action_post()
        requests = []
        for line in order.order_line[:2]:
            request = world.Request.create({
                'partner_id': order.partner_id.id, 'team_id': world.team.id, 'user_id': world.agent.id, 'line_ids': [
                    Command.create({'sale_line_id': line.id, 'quantity': 1.0, 'reason_id': world.reason.id})]})
            request.with_user(world.agent).action_submit()
            request.with_user(world.voter_sales).action_approve()
            world._receive(request)
            world._inspect(request)
            requests.append(request)
        return {'invoice': invoice, 'one': requests[0], 'two': requests[1]}

    made = world.prepare(make)
    results = world.at_once(
        ('accountant', made.one, 'action_settle'), ('second_accountant', made.two, 'action_settle'))
    assert not _errors(results)
    invoice = world.look(made.invoice)
    assert invoice.amount_total == 98.99
    assert round(sum(invoice.reversal_move_ids.mapped('amount_total')), 2) == 98.99


def test_two_votes_that_close_a_step_together_are_both_counted(world):
    def make():
        world.group_sales.write({
            'member_ids': [Command.set((world.voter_sales | world.voter_quality).ids)], 'rule': 'all'})
        return {'request': world._submit(world._sell())}

    made = world.prepare(make)
    results = world.at_once(
        ('voter_sales', made.request, 'action_approve'), ('voter_quality', made.request, 'action_approve'))
    assert not _errors(results)
    request = world.look(made.request)
    assert request.state == 'approved', "neither took the other for silent"
    assert len(request.decision_ids) == 2
    assert len(request.picking_ids) == 1, "the goods are announced once"


def test_opposite_votes_leave_one_result(world):
    def make():
        world.group_sales.write({
            'member_ids': [Command.set((world.voter_sales | world.voter_quality).ids)], 'rule': 'any'})
        return {'request': world._submit(world._sell())}

    made = world.prepare(make)
    results = world.at_once(
        ('voter_sales', made.request, 'action_approve'), ('voter_quality', made.request, 'action_reject', "Worn"))
    assert len(_errors(results)) == 1
    assert "waits for no approval" in _errors(results)[0]
    request = world.look(made.request)
    assert (len(request.decision_ids), request.step_ids.state) == (1, request.state)


def test_return_by_hand_and_request_want_the_same_piece(world):
    def make():
        order = world._sell((world.product, 1.0))
        wizard = world.env['stock.return.picking'].with_context(
            active_model='stock.picking', active_id=order.picking_ids.id).create({})
        wizard.product_return_moves.quantity = 1.0
        picking = wizard._create_return()
        picking.move_ids.picked = True
        return {'picking': picking, 'request': world._file(order), 'line': order.order_line}

    made = world.prepare(make)
    results = world.at_once(
        ('agent', made.request, 'action_submit'), ('stocker', made.picking, 'button_validate'))
    errors = _errors(results)
    assert len(errors) == 1
    request, picking = world.look(made.request), world.look(made.picking)
    balance = request.env['returns.balance'].search([('sale_line_id', '=', made.line[1][0])])
    assert balance.quantity_held + balance.quantity_returned == 1.0
    if request.state == 'review':
        assert f"announced in {request.name}" in errors[0]
        assert picking.state == 'assigned'
    else:
        assert "1 returned, 0 in open returns" in errors[0]
        assert picking.state == 'done'


def test_one_parcel_is_received_once(world):
    def make():
        request = world._approve(world._sell((world.product, 5.0)), 2.0)
        picking = request.sudo().picking_ids
        picking.move_ids.picked = True
        return {'request': request, 'picking': picking}

    made = world.prepare(make)
    world.at_once(('inspector', made.picking, 'button_validate'), ('stocker', made.picking, 'button_validate'))
    request = world.look(made.request)
    assert (request.state, request.line_ids.quantity_received) == ('received', 2.0)
    assert request.inspection_ids.mapped('quantity') == [2.0]
    moves = request.line_ids.move_ids
    assert (moves.state, moves.quantity) == ('done', 2.0)


def test_cancelled_or_received_but_not_both(world):
    def make():
        request = world._approve(world._sell(), 2.0)
        picking = request.sudo().picking_ids
        picking.move_ids.picked = True
        return {'request': request, 'picking': picking}

    made = world.prepare(make)
    world.at_once(('agent', made.request, 'action_cancel'), ('inspector', made.picking, 'button_validate'))
    request, picking = world.look(made.request), world.look(made.picking)
    balance = request.line_ids.balance_id
    if request.state == 'cancelled':
        assert (picking.state, request.line_ids.quantity_received) == ('cancel', 0.0)
        assert (balance.quantity_held, balance.quantity_returned) == (0.0, 0.0)
    else:
        assert (request.state, picking.state, request.line_ids.quantity_received) == ('received', 'done', 2.0)
        assert (balance.quantity_held, balance.quantity_returned) == (0.0, 2.0)


def test_line_added_while_somebody_submits_is_in_or_refused(world):
    def make():
        order = world._sell((world.product, 5.0), (world.product_ordered, 5.0))
        request = world._file(order)
        request.line_ids[1].unlink()
        return {'request': request, 'line': order.order_line[1], 'reason': world.reason}

    made = world.prepare(make)
    added = {'request_id': made.request[1][0], 'sale_line_id': made.line[1][0], 'reason_id': made.reason[1][0]}
    results = world.at_once(
        ('agent', made.request, 'action_submit'), ('agent', ('returns.request.line', []), 'create', [added]))
    request = world.look(made.request)
    assert request.state == 'review'
    assert set(request.line_ids.mapped('state')) == {'review'}
    if _errors(results):
        assert "already submitted" in _errors(results)[0]
    assert len(request.line_ids) == 2 - len(_errors(results))


def test_one_inspection_is_done_once(world):
    def make():
        request = world._approve(world._sell(), 2.0)
        world._receive(request)
        request.sudo().inspection_ids.disposition_id = world.restock
        return {'inspection': request.sudo().inspection_ids, 'request': request}

    made = world.prepare(make)
    world.at_once(('inspector', made.inspection, 'action_done'), ('inspector', made.inspection, 'action_done'))
    request = world.look(made.request)
    assert request.line_ids.quantity_accepted == 2.0
    restocked = request.line_ids.move_ids.filtered('returns_inspection_id')
    assert restocked.mapped('quantity') == [2.0]


# ------------------------------------------------------------------
# Crons: nobody retries them
# ------------------------------------------------------------------

CLOCKS = {  # cron: (what each batch begins with, whether a record is done with)
    ('returns.step', '_cron_follow_clocks'): ('_get_free', lambda step: step.reminder == 'escalated'),
    ('returns.request', '_cron_follow_ship_by'): ('_close_unsent', lambda request: request.state == 'cancelled'),
}


@pytest.fixture(params=CLOCKS, ids=lambda cron: cron[1])
def overdue(world, request):
    """Five overdue records of a cron, and functions to run it and to look who is done with."""
    model, cron = request.param
    work, is_done = CLOCKS[request.param]

    def make():
        requests = world.Request.union(*[world._submit(world._sell()) for _number in range(5)])
        if model == 'returns.step':
            steps = requests.step_ids
            steps._as_flow().write({'deadline': '2020-01-01'})
            return {'records': steps}
        requests.with_user(world.voter_sales).action_approve()
        requests._write_flow({'date_ship_by': '2020-01-01'})
        return {'records': requests}

    _model, ids = world.prepare(make).records

    def run(disturb=lambda record, batch: None):
        """:param disturb: called with (id of a record, its batch) before the cron works on it"""
        registry = world.registry[model]
        original = getattr(registry, work)

        def disturbed(records, *arguments):
            records.env.cr.execute("SELECT 1")  # the snapshot is taken now
            for number in records.ids:
                disturb(number, records)
            return original(records, *arguments)

        with world.registry.cursor() as cr, patch.object(registry, work, disturbed), mute_logger('odoo.sql_db'):
            getattr(api.Environment(cr, SUPERUSER_ID, {})[model], cron)(batch=2)

    def change(number):
        """Another transaction writes the row, and commits."""
        with world.registry.cursor() as cr:
            cr.execute(f'UPDATE "{model.replace(".", "_")}" SET write_uid = 1 WHERE id = %s', [number])

    def left():
        return [number for number in ids if not is_done(world.look((model, [number])))]

    return SimpleNamespace(model=model, ids=ids, run=run, change=change, left=left)


def test_cron_that_loses_against_somebody_goes_on_and_tries_again(overdue):
    changed = []

    def disturb(number, _batch):
        if number == overdue.ids[1] and not changed:
            changed.append(number)
            overdue.change(number)

    overdue.run(disturb)
    assert changed
    assert not overdue.left()


def test_cron_leaves_what_it_loses_for_ever_to_the_next_run(overdue):
    def disturb(number, _batch):
        if number == overdue.ids[1]:
            overdue.change(number)

    overdue.run(disturb)
    assert overdue.left() == [overdue.ids[1]]
    overdue.run()
    assert not overdue.left()


@pytest.mark.parametrize('overdue', [('returns.request', '_cron_follow_ship_by')], indirect=True, ids=['requests'])
def test_cron_looks_again_at_what_somebody_changed(world, overdue):
    """A clock that somebody stops at that instant stands."""
    stopped = []

    def disturb(number, _batch):
        if number == overdue.ids[1] and not stopped:
            stopped.append(number)
            with world.registry.cursor() as cr:
                cr.execute('UPDATE returns_request SET is_paused = true WHERE id = %s', [number])

    overdue.run(disturb)
    assert overdue.left() == stopped == [overdue.ids[1]]


def test_record_that_refuses_stops_no_other(overdue):
    def disturb(number, _batch):
        if number == overdue.ids[0]:
            raise UserError("Not me.")

    with patch.object(batches, '_logger') as logger:
        overdue.run(disturb)
    assert overdue.left() == [overdue.ids[0]]
    assert (logging.WARNING, "Not me.") in [(call.args[0], call.args[-1]) for call in logger.log.call_args_list]


@pytest.mark.parametrize('overdue', [('returns.step', '_cron_follow_clocks')], indirect=True, ids=['steps'])
def test_what_somebody_holds_is_left_alone(world, overdue):
    """And what comes after it is done."""
    with world.registry.cursor() as holder:
        holder.execute('SELECT 1 FROM returns_step WHERE id = ANY(%s) FOR UPDATE', [overdue.ids[:3]])
        overdue.run()
    assert overdue.left() == overdue.ids[:3]
    overdue.run()
    assert not overdue.left()
