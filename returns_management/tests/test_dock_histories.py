# Part of returns_management. See LICENSE file for full copyright and licensing details.

import os
from itertools import count

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from odoo.tests import tagged

from .test_balance import PIECES, Histories
from .test_goods import GoodsCommon

SURPLUS = ('over', 'other_product', 'other_serial', 'unannounced')
keys = count(1)


class DockHistories(Histories):
    """The same, with a dock: what is missing, too many or unannounced, and what becomes of it."""

    def _pick(self, pieces):
        """:return: counts of so many pieces, of the lots that the customer has"""
        row = {'product_id': self.product.id}
        if self.product.tracking == 'none':
            return [{**row, 'quantity': pieces}] if pieces else []
        counts = []
        for lot, there in sorted(self.line._get_lots_at_customer(self.product).items(), key=lambda item: item[0].id):
            part = min(pieces, there)
            if lot and part:
                counts.append({**row, 'lot': lot.name, 'quantity': part})
                pieces -= part
        return counts

    def _parcel(self, pieces, is_all=False):
        return {'key': f"history {next(keys)}", 'counts': self._pick(pieces), 'is_all': is_all}

    def _dock(self):
        return self.case.env['returns.dock'].with_user(self.case.stock_user)

    def _cases(self):
        return self.case.env['returns.discrepancy'].search([
            ('product_id', '=', self.product.id), ('is_counted', '=', True), ('state', '=', 'open')], order='id')

    @rule(pieces=st.integers(0, 4).map(float), is_all=st.booleans(), data=st.data())
    @precondition(lambda self: self._pickings(picking_type_code='incoming').returns_request_id)
    def count_at_the_dock(self, pieces, is_all, data):
        pickings = self._pickings(picking_type_code='incoming').filtered('returns_request_id')
        picking = data.draw(st.sampled_from(pickings))
        parcel = self._parcel(pieces, is_all)
        if parcel['counts'] or is_all:
            self._dock().book_in(picking.id, parcel)

    @rule(pieces=PIECES)
    @precondition(lambda self: self.product.tracking != 'serial')
    def take_in_unannounced(self, pieces):
        parcel = self._parcel(pieces)
        if parcel['counts']:
            self._dock().book_unannounced(parcel, self.case.customer.id)

    @rule(data=st.data(), way=st.sampled_from(['close_short', 'waive', 'await']))
    @precondition(lambda self: 'short' in self._cases().mapped('kind'))
    def settle_what_is_missing(self, data, way):
        found = data.draw(st.sampled_from(self._cases().filtered(lambda found: found.kind == 'short')))
        getattr(found.with_user(self.case.manager), f'action_{way}')("So be it.")
        assert found.state == 'closed'

    @rule(data=st.data(), way=st.sampled_from(['send_back', 'scrap', 'keep', 'return', 'return']), approve=st.booleans())
    @precondition(lambda self: self._cases().filtered(lambda found: found.has_goods and not found.is_under_way))
    def settle_what_is_too_much(self, data, way, approve):
        found = data.draw(st.sampled_from(self._cases().filtered(
            lambda found: found.has_goods and not found.is_under_way)))
        if way != 'return':
            with self._unless_goods_are_gone():
                getattr(found.with_user(self.case.manager), f'action_{way}')("So be it.")
            found.disposal_move_ids.picking_id.filtered(
                lambda picking: picking.state == 'assigned').with_user(self.case.stock_user).button_validate()
            return
        delivered, held, returned = self._recount()
        if delivered <= held + returned or found.wanted_line_ids:
            return
        action = found.with_user(self.case.agent_all).action_make_return()
        request = self.case.Request.browse(action['res_id']).with_user(self.case.agent_all)
        request.line_ids.reason_id = self.case.reason
        request.action_submit()
        self.requests |= request.with_user(self.case.agent)
        if approve:
            request.with_user(self.case.voter_sales).action_approve()

    def _check_that_quantities_shrink_along_the_road(self):
        for line in self.requests.sudo().line_ids:
            gone = line.quantity_received + line.quantity_closed + line.quantity_missing + line.quantity_waived
            assert line.quantity >= line.quantity_approved >= gone
            assert line.quantity_received >= line.quantity_accepted >= 0
            assert line.quantity_accepted + line.quantity_advanced >= line.quantity_settled >= 0
            assert line.quantity_advanced >= line.quantity_waived >= 0 <= line.quantity_missing
            came = sum(move.quantity for move in line.move_ids
                       if move.state == 'done' and move.location_id.usage == 'customer')
            assert line.quantity_received == came
            announced = sum(line._get_open_receipts().mapped('product_uom_qty'))
            assert announced <= line.quantity_approved - gone
            cases = line.request_id.discrepancy_ids & self.case.env['returns.discrepancy'].search([
                ('request_line_id', '=', line.id)])
            missing = cases.filtered(lambda found: found.kind == 'short' and found.state == 'open')
            assert line.quantity_missing == sum(missing.mapped('quantity'))
            surplus = line.surplus_move_ids.filtered(lambda move: move._returns_is_receipt())
            assert sum(surplus.mapped('quantity')) == sum(
                found.quantity for found in cases if found.kind in SURPLUS and found.move_id in surplus)
            allowed = line.settlement_ids.filtered(lambda part: part.kind == 'allowance')
            assert sum(allowed.mapped('pieces')) <= line.quantity_waived
        for found in self._cases().filtered('has_goods'):
            assert sum(found._get_goods().values()) == found.quantity


@tagged('post_install', '-at_install')
class TestDockHistories(GoodsCommon):

    def test_random_histories_with_a_dock_keep_the_balance(self):
        deep = bool(os.environ.get('RETURNS_DEEP'))
        machine = type('DockOrderHistories', (DockHistories,), {'case': self})
        run_state_machine_as_test(machine, settings=settings(
            max_examples=100 if deep else 6, stateful_step_count=40 if deep else 14,
            phases=set(Phase) - (set() if deep else {Phase.shrink, Phase.explain})))
