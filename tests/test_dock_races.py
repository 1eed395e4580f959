# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Two people have the same parcel in front of them, or one presses twice: one clean outcome, and a sentence."""

import pytest
from test_concurrency import World, _errors, built, world

from odoo.addons.returns_management.tests import common

__all__ = ['World', 'built', 'common', 'world']  # fixtures

DOCK = ('returns.dock', [])


def _parcel(product, quantity, key, **values):
    return {'key': key, 'is_all': True, **values, 'counts': [{'product_id': product, 'quantity': quantity}]}


@pytest.fixture
def parcel(world):
    def make():
        request = world._approve(world._sell((world.product, 5.0)), 3.0)
        return {'request': request, 'picking': request.sudo().picking_ids, 'line': request.line_ids,
                'product': world.product}

    return world.prepare(make)


def _check_received(world, parcel, pieces):
    line, picking = world.look(parcel.line), world.look(parcel.picking)
    assert (picking.state, line.quantity_received) == ('done', pieces)
    assert sum(line.inspection_ids.mapped('quantity')) == pieces
    assert line.balance_id.quantity_returned == pieces
    assert line.quantity_missing == sum(line.request_id.discrepancy_ids.filtered(
        lambda case: case.kind == 'short').mapped('quantity'))


def test_two_dock_workers_book_the_same_parcel(world, parcel):
    product, picking = parcel.product[1][0], parcel.picking[1][0]
    results = world.at_once(
        ('inspector', DOCK, 'book_in', picking, _parcel(product, 3.0, 'one')),
        ('stocker', DOCK, 'book_in', picking, _parcel(product, 2.0, 'two')))
    error, = _errors(results)
    assert "was booked in by" in error
    pieces = 3.0 if isinstance(results[0], dict) else 2.0
    _check_received(world, parcel, pieces)
    assert len(world.look(parcel.request).discrepancy_ids) == (pieces == 2.0)


def test_one_booking_pressed_twice(world, parcel):
    call = ('stocker', DOCK, 'book_in', parcel.picking[1][0], _parcel(parcel.product[1][0], 2.0, 'the same'))
    results = world.at_once(call, call)
    assert not _errors(results) and results[0] == results[1]
    _check_received(world, parcel, 2.0)


def test_booked_at_the_dock_while_the_form_is_validated(world, parcel):
    world.at_once(
        ('stocker', DOCK, 'book_in', parcel.picking[1][0], _parcel(parcel.product[1][0], 3.0, 'dock')),
        ('inspector', parcel.picking, 'button_validate'))
    _check_received(world, parcel, 3.0)


def test_booked_while_the_customer_withdraws(world, parcel):
    results = world.at_once(
        ('stocker', DOCK, 'book_in', parcel.picking[1][0], _parcel(parcel.product[1][0], 3.0, 'late')),
        ('agent', parcel.request, 'action_cancel'))
    assert len(_errors(results)) == 1
    request = world.look(parcel.request)
    assert (request.state, request.line_ids.quantity_received) in (('cancelled', 0.0), ('received', 3.0))


def test_one_unannounced_parcel_pressed_twice(world, parcel):
    call = ('stocker', DOCK, 'book_unannounced', _parcel(parcel.product[1][0], 4.0, 'lonely'))
    results = world.at_once(call, call)
    booked = [result for result in results if isinstance(result, dict)]
    assert booked and all("just been booked in" in error for error in _errors(results))
    pickings = world.look(('stock.picking', [])).search([('returns_dock_key', '=', 'lonely')])
    assert (len(pickings), pickings.move_ids.mapped('quantity')) == (1, [4.0])


def test_missing_piece_is_believed_or_closed_but_not_both(world):
    def make():
        request = world._approve(world._sell((world.product, 5.0)), 3.0)
        picking = request.sudo().picking_ids
        picking.returns_is_all = True
        picking.move_ids.write({'quantity': 2.0, 'picked': True})
        picking.with_context(skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        return {'case': request.sudo().discrepancy_ids, 'line': request.line_ids}

    made = world.prepare(make)
    assert not _errors(world.at_once(
        ('agent_all', made.case, 'action_waive', "Believed."), ('inspector', made.case, 'action_close_short', "Weighed.")))
    line, case = world.look(made.line), world.look(made.case)
    assert (line.quantity_missing, line.quantity_waived + line.quantity_closed) == (0.0, 1.0)
    assert case.result == ('waived' if line.quantity_waived else 'short')


def test_goods_are_tied_once_however_many_approve(world):
    def make():
        result = world.env['returns.dock'].with_user(world.stocker).book_unannounced(
            _parcel(world.product.id, 2.0, 'tie'), world.customer.id)
        case = world.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])
        order = world._sell((world.product, 5.0))
        requests = [world._approve(order, 2.0) for _number in range(2)]
        case.wanted_line_ids = requests[0].line_ids | requests[1].line_ids
        return {'case': case, 'one': requests[0].line_ids, 'two': requests[1].line_ids}

    made = world.prepare(make)
    world.at_once(('agent_all', made.case, 'action_tie'), ('inspector', made.case, 'action_tie'))
    received = [world.look(line).quantity_received for line in (made.one, made.two)]
    assert (sum(received), world.look(made.case).state) == (2.0, 'closed')
