# Part of returns_management. See LICENSE file for full copyright and licensing details.

import os
from collections import defaultdict

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from psycopg2.errors import CheckViolation

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_goods import GoodsCommon

PIECES = st.integers(1, 4).map(float)
OPEN = ('review', 'approved', 'received', 'final_review', 'settlement', 'done')


class Histories(RuleBasedStateMachine):
    """Random histories of one order: deliveries, returns of every kind, and what people do by hand.

    ``case`` is the running test; each history is undone at its end.
    """

    case = None

    @initialize(tracking=st.sampled_from(['none', 'lot', 'serial']), ordered=st.integers(6, 9), first=st.integers(0, 6),
                costing=st.sampled_from(['standard', 'average', 'fifo']),
                valuation=st.sampled_from(['periodic', 'real_time']))
    def sell(self, tracking, ordered, first, costing, valuation):
        case = self.case
        self.savepoint = case.env.cr.savepoint()
        category = case.env['product.category'].create({
            'name': "Things", 'property_cost_method': costing, 'property_valuation': valuation})
        self.product = case._create_product("Thing", quantity=20.0, tracking=tracking, categ_id=category.id)
        if tracking != 'none':
            count, pieces = (20, 1.0) if tracking == 'serial' else (4, 5.0)
            lots = case.env['stock.lot'].create([
                {'name': f'T{number}', 'product_id': self.product.id} for number in range(count)])
            for lot in lots:
                case.env['stock.quant']._update_available_quantity(self.product, case.stock, pieces, lot_id=lot)
        self.order = case._sell((self.product, float(ordered)), deliver=False, invoice=False)
        self.line = self.order.order_line
        self.requests = case.Request
        if first:
            self.deliver(float(first))

    def teardown(self):
        if hasattr(self, 'savepoint'):
            self.savepoint.close(rollback=True)

    # ------------------------------------------------------------------
    # What people do
    # ------------------------------------------------------------------

    def _validate(self, picking, pieces, user):
        """Validate ``picking`` with ``pieces`` of its first move, at most what is there for tracked goods."""
        picking = picking.with_user(user)
        move = picking.move_ids.filtered(lambda move: move.state not in ('done', 'cancel'))[:1]
        move.quantity = min(pieces, move.quantity) if move.product_id.tracking != 'none' else pieces
        move.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def _pickings(self, **wanted):
        """Open transfers of the order, of its returns too."""
        pickings = self.order.picking_ids | self.requests.sudo().line_ids.move_ids.picking_id
        return pickings.sorted('id').filtered(lambda picking: picking.state == 'assigned').filtered_domain(
            [(name, '=', value) for name, value in wanted.items()])

    def _of(self, *states):
        return self.requests.filtered(lambda request: request.state in states)

    @rule(pieces=PIECES)
    def deliver(self, pieces):
        for picking in self._pickings(picking_type_code='outgoing', returns_request_id=False)[:1]:
            self._validate(picking, pieces, self.case.stock_user)

    @rule(cost=st.integers(100, 2000))
    def cost_changes(self, cost):
        self.product.standard_price = cost / 100

    @rule(pieces=PIECES, resolution=st.sampled_from(['refund', 'exchange', 'none']), simple=st.booleans())
    def ask(self, pieces, resolution, simple):
        case, delivered, held, returned = self.case, *self._recount()
        draft = case._file(self.order, pieces, resolution=resolution, reason_id=(
            case.reason_simple if simple else case.reason).id)
        if pieces > delivered - held - returned:
            with case.assertRaises(UserError), case.env.cr.savepoint():
                draft.action_submit()
            draft.unlink()
        else:
            draft.action_submit()
            self.requests |= draft

    @rule(verdict=st.sampled_from(['approve', 'approve', 'lower', 'reject']), data=st.data())
    @precondition(lambda self: self._of('review'))
    def decide(self, verdict, data):
        request = data.draw(st.sampled_from(self._of('review'))).with_user(self.case.voter_sales)
        if verdict == 'reject':
            request.action_reject("No")
            return
        if verdict == 'lower':
            fewer = data.draw(st.integers(0, int(request.sudo().line_ids.quantity_approved)))
            request.action_lower({request.sudo().line_ids.id: float(fewer)}, "Fewer")
        if request.sudo().state == 'review':
            request.action_approve()

    @rule(pieces=PIECES, data=st.data())
    @precondition(lambda self: self._pickings(picking_type_code='incoming').returns_request_id)
    def receive(self, pieces, data):
        pickings = self._pickings(picking_type_code='incoming').filtered('returns_request_id')
        picking = data.draw(st.sampled_from(pickings))
        free = self.case._free(self.product)
        restocked = self.case.reason_simple in picking.returns_request_id.line_ids.reason_id
        self._validate(picking, pieces, self.case.stock_user)
        if not restocked:
            assert self.case._free(self.product) == free, "what waits for inspection is promised to nobody"

    @rule(data=st.data())
    @precondition(lambda self: self._drafts())
    def inspect(self, data):
        self._inspect(data.draw(st.sampled_from(self._drafts())), data)

    def _inspect(self, inspection, data):
        inspection = inspection.with_user(self.case.inspector)
        disposition = data.draw(st.sampled_from(['restock', 'scrap', 'customer', 'quarantine', 'second_choice']))
        if self.product.tracking != 'serial' and inspection.quantity > 1 and data.draw(st.booleans()):
            inspection.action_split(1.0)
        kind = self.case.env['returns.disposition'].search([('kind', '=', disposition)], limit=1)
        accepted = data.draw(st.integers(0, int(inspection.quantity)))
        inspection.write({'disposition_id': kind.id, 'quantity_accepted': float(accepted)})
        with self._unless_goods_are_gone():
            inspection.action_done()

    def _unless_goods_are_gone(self):
        """Somebody took received goods out by hand: the inspector is told so, and nothing happens."""
        taken = any(not move.returns_line_id and move.location_id == self.case.returns_place
                    for move in self._done_moves())
        return Allowing(self.case, "Somebody moved them by hand" if taken else None)

    def _drafts(self):
        return self.requests.sudo().inspection_ids.filtered(lambda inspection: inspection.state == 'draft')

    @rule(data=st.data())
    @precondition(lambda self: self._of('approved', 'received', 'settlement'))
    def settle(self, data):
        request = data.draw(st.sampled_from(self._of('approved', 'received', 'settlement')))
        request.with_user(self.case.accountant).action_settle()

    @rule(data=st.data(), pieces=PIECES)
    @precondition(lambda self: self._pickings(picking_type_code='outgoing').returns_request_id)
    def ship(self, data, pieces):
        """A replacement, or goods that we refused."""
        pickings = self._pickings(picking_type_code='outgoing').filtered('returns_request_id')
        picking = data.draw(st.sampled_from(pickings))
        self._validate(picking, min(pieces, sum(picking.move_ids.mapped('product_uom_qty'))), self.case.stock_user)

    @rule(data=st.data(), steps=st.integers(2, 4))
    @precondition(lambda self: self.requests)
    def go_on(self, data, steps):
        """What comes next on the road of one request; most of what people do."""
        request = data.draw(st.sampled_from(self.requests))
        for _step in range(steps):
            pickings = request.sudo().line_ids.move_ids.picking_id.sorted('id').filtered(
                lambda picking: picking.state == 'assigned')
            drafts = request.sudo().inspection_ids.filtered(lambda inspection: inspection.state == 'draft')
            if request.state == 'review':
                request.with_user(self.case.voter_sales).action_approve()
            elif drafts:
                self._inspect(drafts[0], data)
            elif pickings:
                pieces = data.draw(st.integers(1, int(sum(pickings[0].move_ids.mapped('product_uom_qty'))) + 1))
                if pickings[0].picking_type_code == 'outgoing':
                    pieces = min(pieces, sum(pickings[0].move_ids.mapped('product_uom_qty')))
                self._validate(pickings[0], float(pieces), self.case.stock_user)
            elif request.state == 'settlement':
                request.with_user(self.case.accountant).action_settle()

    @rule(data=st.data(), way=st.sampled_from(['cancel', 'cancel', 'close', 'again', 'lose']))
    @precondition(lambda self: self._of('review', 'approved', 'rejected', 'cancelled'))
    def change(self, data, way):
        request = data.draw(st.sampled_from(self._of('review', 'approved', 'rejected', 'cancelled')))
        line = request.sudo().line_ids
        if way == 'lose' and request.state == 'approved':
            line._get_open_receipts().picking_id.with_user(self.case.stock_user).action_cancel()
            request.with_user(self.case.stock_user).action_receive()
        elif way == 'close' and request.state == 'approved':
            request.with_user(self.case.stock_user).action_close_short("Lost")
        elif way == 'again' and request.state in ('rejected', 'cancelled') and not line.quantity_received:
            _delivered, held, returned = self._recount()
            request.action_draft()
            if line.quantity <= _delivered - held - returned:
                request.action_submit()
            else:
                self.requests -= request
        elif way == 'cancel' and request.state in ('review', 'approved') and not (
                line.quantity_received or line.quantity_settled):
            request.action_cancel()

    @rule(data=st.data(), pieces=PIECES, manager=st.booleans())
    @precondition(lambda self: self._done_moves())
    def by_hand(self, data, pieces, manager):
        """Core's own wizard on any done transfer: a return, the return of a return, goods we sent back …"""
        case = self.case
        picking = data.draw(st.sampled_from(self._done_moves().picking_id.sorted('id')))
        move = picking.move_ids.filtered(lambda move: move.state == 'done' and move.sale_line_id)[:1]
        # not what nobody has any more: Odoo would let people return the same piece twice
        pieces = min(pieces, self._outstanding(move))
        if pieces <= 0:
            return
        wizard = case.env['stock.return.picking'].with_user(case.stock_user).with_context(
            active_id=picking.id, active_ids=picking.ids, active_model='stock.picking').create({})
        wizard.product_return_moves.filtered(lambda line: line.move_id == move).quantity = pieces
        back = wizard._create_return()
        if back.move_ids.quantity < pieces or self.product.tracking != 'none' and not all(
                piece.lot_id for piece in back.move_line_ids):  # reserved elsewhere, announced, or not there
            back.action_cancel()
            return
        if move.returns_line_id and move._returns_is_receipt():  # only their return gives those back
            with Allowing(case, "what came with") as outcome:
                back.with_user(case.manager).with_context(skip_backorder=True).button_validate()
            assert outcome.refused
            back.action_cancel()
            return
        delivered, held, returned = self._recount()
        with Allowing(case, None if manager else "could not come back any more") as outcome:
            back.with_user(case.manager if manager else case.stock_user).with_context(
                skip_backorder=True).button_validate()
        if outcome.refused:
            assert held and delivered < held + returned + pieces
            back.action_cancel()

    # ------------------------------------------------------------------
    # What is counted, from Odoo's moves and quants alone
    # ------------------------------------------------------------------

    def _done_moves(self):
        moves = self.case.env['stock.move'].search([
            ('product_id', '=', self.product.id), ('state', '=', 'done')], order='id')
        return moves.filtered(lambda move: move.sale_line_id and 'customer' in (
            move.location_id.usage, move.location_dest_id.usage))

    def _outstanding(self, move):
        return move.quantity - sum(back.quantity for back in move.returned_move_ids if back.state == 'done')

    def _recount(self):
        """:return: delivered, held, returned of the order line"""
        delivered = back = 0.0
        for move in self._done_moves():
            chain = move
            while chain and not (chain.returns_inspection_id and chain.location_dest_id.usage == 'customer'):
                chain = chain.origin_returned_move_id
            if chain:
                continue  # sent back by us, or what was done with that afterwards
            if move.location_dest_id.usage == 'customer' and not move.origin_returned_move_id:
                delivered += move.quantity
            else:
                back += move.quantity if move.location_id.usage == 'customer' else -move.quantity
        held = sum(line.quantity_approved - line.quantity_received - line.quantity_closed
                   for line in self.requests.sudo().line_ids if line.state in OPEN)
        return delivered, held, min(max(back, 0.0), delivered)

    @invariant()
    def everything_adds_up(self):
        if hasattr(self, 'line'):
            self._check_that_balance_is_what_moves_and_requests_say()
            self._check_that_quantities_shrink_along_the_road()
            self._check_that_on_hand_is_what_was_received_and_not_disposed_of()
            self._check_that_nobody_is_promised_what_waits()
            self._check_that_order_counts_what_the_customer_has()
            self._check_that_goods_come_back_at_the_value_they_left_with()
            self._check_that_nothing_is_left_undone()

    def _check_that_balance_is_what_moves_and_requests_say(self):
        balance = self.case.env['returns.balance'].search([('sale_line_id', '=', self.line.id)])
        delivered, held, returned = self._recount()
        assert delivered >= held + returned, (delivered, held, returned)
        if balance:
            assert (balance.quantity_delivered, balance.quantity_held, balance.quantity_returned) == (
                delivered, held, returned)
        assert self.line.quantity_returnable == delivered - held - returned

    def _check_that_quantities_shrink_along_the_road(self):
        for line in self.requests.sudo().line_ids:
            assert line.quantity >= line.quantity_approved >= line.quantity_received + line.quantity_closed
            assert line.quantity_received >= line.quantity_accepted >= 0
            assert line.quantity_accepted + line.quantity_advanced >= line.quantity_settled >= 0
            came = sum(move.quantity for move in line.move_ids
                       if move.state == 'done' and move.location_id.usage == 'customer')
            assert line.quantity_received == came
            announced = sum(line._get_open_receipts().mapped('product_uom_qty'))
            assert announced <= max(line.quantity_approved - line.quantity_received - line.quantity_closed, 0.0)
            over = sum(line.request_id.discrepancy_ids.mapped('quantity'))
            assert over == sum(line.surplus_move_ids.mapped('quantity'))

    def _check_that_on_hand_is_what_was_received_and_not_disposed_of(self):
        place, wanted = self.case.returns_place, defaultdict(float)
        for inspection in self.requests.sudo().inspection_ids:
            if not inspection.is_disposed:
                wanted[inspection.lot_id] += inspection.quantity - sum(
                    move.quantity for move in inspection.disposal_move_ids if move.state == 'done')
        for piece in self.case.env['stock.move.line'].search([
                ('product_id', '=', self.product.id), ('state', '=', 'done'),
                ('move_id.returns_line_id', '=', False)]):
            wanted[piece.lot_id] += piece.quantity * (
                (piece.location_dest_id == place) - (piece.location_id == place))
        there = defaultdict(float)
        for quant in self.case.env['stock.quant'].search([
                ('product_id', '=', self.product.id), ('location_id', '=', place.id)]):
            there[quant.lot_id] += quant.quantity
        for lot in {*wanted, *there}:
            assert there[lot] == wanted[lot], (lot.name, there[lot], wanted[lot])

    def _check_that_nobody_is_promised_what_waits(self):
        quants = self.case.env['stock.quant'].search([
            ('product_id', '=', self.product.id), ('location_id', 'child_of', self.case.warehouse.view_location_id.id)])
        assert self.case._free(self.product) == sum(quants.mapped('quantity')) - sum(quants.mapped('reserved_quantity'))

    def _check_that_order_counts_what_the_customer_has(self):
        expected = 0.0
        for move in self._done_moves():
            if move.to_refund or not move.origin_returned_move_id:
                expected += move.quantity if move.location_dest_id.usage == 'customer' else -move.quantity
        assert self.line.qty_delivered == expected, (self.line.qty_delivered, expected)
        assert len(self.order.order_line) == 1, "no line is added for what nobody ordered"

    def _check_that_goods_come_back_at_the_value_they_left_with(self):
        cent = self.case.company.currency_id.rounding
        back = self.requests.sudo().line_ids.move_ids.filtered(lambda move: (
            move.state == 'done' and move._returns_is_receipt() and move.is_in and move.origin_returned_move_id.is_out))
        for origin, moves in back.grouped('origin_returned_move_id').items():
            for move in moves:
                went_out = origin.value * move.quantity / origin.quantity
                assert abs(move.value - went_out) <= 1.01 * cent, (move.value, went_out)
            if sum(moves.mapped('quantity')) == origin.quantity and origin.returned_move_ids == moves:
                assert abs(sum(moves.mapped('value')) - origin.value) < cent / 2, (moves.mapped('value'), origin.value)

    def _check_that_nothing_is_left_undone(self):
        lines = self.requests.sudo().line_ids
        before = lines.mapped('state'), lines.move_ids, lines.settlement_ids
        lines._advance()
        assert (lines.mapped('state'), lines.move_ids, lines.settlement_ids) == before


class Allowing:
    """Run a step in a savepoint and let one refusal pass, whose message holds ``words``; none if there are no words."""

    def __init__(self, case, words):
        self.case, self.words, self.refused = case, words, False

    def __enter__(self):
        self.savepoint = self.case.env.cr.savepoint()
        return self

    def __exit__(self, kind, error, _traceback):
        self.savepoint.close(rollback=kind is not None)
        self.refused = bool(self.words and kind and issubclass(kind, UserError) and self.words in str(error))
        return self.refused


@tagged('post_install', '-at_install')
class TestBalance(GoodsCommon):

    def test_random_histories_keep_the_balance(self):
        deep = bool(os.environ.get('RETURNS_DEEP'))
        machine = type('OrderHistories', (Histories,), {'case': self})
        run_state_machine_as_test(machine, settings=settings(
            max_examples=100 if deep else 8, stateful_step_count=40 if deep else 14,
            phases=set(Phase) - (set() if deep else {Phase.shrink, Phase.explain})))

    def test_lines_are_checked_by_the_database_too(self):
        request = self._approve(self._sell(), 2.0)
        for values in ('quantity_approved = 6', 'quantity_received = 3', 'quantity_accepted = 1',
                       'quantity_settled = 1', 'quantity_closed = -1', 'quantity = 0'):
            self._assert_refused('returns_request_line', values, request.line_ids)
        for values in ('quantity_held = -1', 'quantity_returned = 4', 'quantity_delivered = 1'):
            self._assert_refused('returns_balance', values, request.sudo().line_ids.balance_id)

    @mute_logger('odoo.sql_db')
    def _assert_refused(self, table, values, record):
        with self.subTest(values=values), self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self.env.cr.execute(f'UPDATE {table} SET {values} WHERE id = %s', [record.id])
