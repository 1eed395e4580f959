# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Two people ask for the same piece that no order bounds, or pay for it: one of them gets it, the other a sentence."""

from test_concurrency import World, _errors, built, world

from odoo import Command

from odoo.addons.returns_management.tests import common

__all__ = ['World', 'built', 'common', 'world']  # fixtures


def _file_unsold(world, product, **values):
    return world.Request.with_user(world.agent).create({
        'partner_id': world.customer.id, 'team_id': world.team.id, 'line_ids': [Command.create({
            'product_id': product.id, 'quantity': 1.0, 'reason_id': world.reason.id, **values})]})


def _deliver_by_hand(world, quantity):
    place = world.customer.property_stock_customer
    picking = world.env['stock.picking'].create({
        'picking_type_id': world.warehouse.out_type_id.id, 'partner_id': world.customer.id,
        'location_id': world.stock.id, 'location_dest_id': place.id, 'move_ids': [Command.create({
            'product_id': world.product.id, 'product_uom_qty': quantity, 'product_uom': world.product.uom_id.id,
            'location_id': world.stock.id, 'location_dest_id': place.id})]})
    picking.action_confirm()
    world._validate(picking)
    return picking.move_ids


def test_last_piece_of_a_delivery_without_an_order_is_promised_once(world):
    def make():
        move = _deliver_by_hand(world, 1.0)
        return {name: _file_unsold(world, world.product, delivery_move_id=move.id) for name in ('one', 'two')}

    made = world.prepare(make)
    error, = _errors(world.at_once(('agent', made.one, 'action_submit'), ('agent', made.two, 'action_submit')))
    assert "only 0 may come back: 1 delivered, 0 returned, 1 in open returns" in error
    assert sorted(world.look(record).state for record in (made.one, made.two)) == ['draft', 'review']


def test_serial_that_nobody_knows_is_announced_once(world):
    def make():
        phone = world._create_product("Phone", quantity=0.0, tracking='serial')
        lot = world.env['stock.lot'].create({'name': "RACE-1", 'product_id': phone.id})
        return {name: _file_unsold(world, phone, without_order=True, lot_ids=[Command.set(lot.ids)])
                for name in ('one', 'two')}

    made = world.prepare(make)
    error, = _errors(world.at_once(('agent', made.one, 'action_submit'), ('agent', made.two, 'action_submit')))
    assert "RACE-1 is already announced in" in error


def test_last_piece_of_the_delivery_chosen_is_promised_once(world):
    def make():
        order = world._sell((world.product, 3.0), deliver=False, invoice=False)
        world._deliver(order, {world.product: 1.0})
        first = order.picking_ids.move_ids.filtered(lambda move: move.state == 'done')
        world._deliver(order)
        return {name: world._file(order, delivery_move_id=first.id) for name in ('one', 'two')}

    made = world.prepare(make)
    error, = _errors(world.at_once(('agent', made.one, 'action_submit'), ('agent', made.two, 'action_submit')))
    assert "but only 0 of that delivery are left" in error


def test_price_is_not_changed_while_it_is_paid(world):
    def make():
        world.group_settle = world.env['returns.approval.group'].create({
            'name': "After", 'department': 'finance', 'company_id': world.company.id, 'phase': 'settle',
            'member_ids': [Command.set(world.voter_finance.ids)]})
        request = _file_unsold(world, world.product, without_order=True)
        request.action_submit()
        request.with_user(world.voter_sales).action_approve()
        world._receive(request)
        world._inspect(request)
        request.line_ids.with_user(world.accountant).action_set_price(10.0, "Receipt")
        request.with_user(world.voter_finance).action_approve()
        world.group_settle.action_archive()
        assert request.state == 'settlement'
        return {'request': request, 'line': request.line_ids}

    made = world.prepare(make)
    results = world.at_once(
        ('accountant', made.request, 'action_settle'),
        ('second_accountant', made.line, 'action_set_price', 99.0, "Better receipt"))
    line = world.look(made.line)
    notes = line.request_id.refund_ids
    if _errors(results):  # it was paid first
        assert "settled in part" in _errors(results)[0]
        assert (line.credit_price, notes.amount_untaxed, line.state) == (10.0, 10.0, 'settlement')
    else:  # the new price was first, and nobody has approved it yet
        assert (line.credit_price, notes.ids, line.state) == (99.0, [], 'final_review')


def test_gift_and_its_buyer_ask_for_the_last_piece(world):
    def make():
        order = world._sell((world.product, 1.0))
        world.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create({})._create_payments()
        gift = world.Request.with_user(world.agent).create({
            'partner_id': world.other_customer.id, 'team_id': world.team.id, 'is_gift': True,
            'line_ids': [Command.create({
                'sale_line_id': order.order_line.id, 'reason_id': world.reason.id, 'resolution': 'store_credit'})]})
        return {'gift': gift, 'own': world._file(order)}

    made = world.prepare(make)
    error, = _errors(world.at_once(('agent', made.gift, 'action_submit'), ('agent', made.own, 'action_submit')))
    assert "only 0 may come back" in error
    assert sorted(world.look(record).state for record in (made.gift, made.own)) == ['draft', 'review']


def test_kept_while_it_is_received(world):
    def make():
        request = world._approve(world._sell(), 1.0)
        picking = request.sudo().picking_ids
        picking.move_ids.picked = True
        return {'line': request.line_ids, 'picking': picking}

    made = world.prepare(make)
    world.at_once(
        ('agent', made.line, 'action_close_kept', "Keeps it."), ('inspector', made.picking, 'button_validate'))
    line = world.look(made.line)
    if line.is_no_action:
        assert (line.quantity_received, line.state, line.move_ids.state) == (0.0, 'done', 'cancel')
    else:
        assert (line.quantity_received, line.state) == (1.0, 'received')
