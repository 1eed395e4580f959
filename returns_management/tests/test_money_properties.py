# Part of returns_management. See LICENSE file for full copyright and licensing details.

import os
from contextlib import contextmanager
from decimal import Decimal
from itertools import zip_longest

from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .money_common import MoneyCommon

QUARTER = Decimal('0.25')
DEEP = bool(os.environ.get('RETURNS_DEEP'))

quantities = st.one_of(
    st.integers(1, 12).map(Decimal), st.integers(1, 40).map(lambda number: number * QUARTER))
prices = st.one_of(
    st.integers(1, 99999).map(lambda cents: cents / 100), st.integers(1, 999999).map(lambda mills: mills / 1000))
lines = st.fixed_dictionaries({
    'quantity': quantities, 'price_unit': prices,
    'discount': st.one_of(st.just(0), st.integers(0, 99)),
    'taxes': st.sampled_from(['15', '5', '21 included', '15 + 5', 'none']),
})


@st.composite
def cases(draw):
    """An invoice, and how it is cut: for each credit note, its quantities by line."""
    bill = draw(st.lists(lines, min_size=1, max_size=5 if DEEP else 3))
    left = [line['quantity'] for line in bill]
    cuts = []
    for _number in range(draw(st.integers(0, 4 if DEEP else 2))):
        cut = [QUARTER * draw(st.integers(0, int(rest / QUARTER))) for rest in left]
        if any(cut):
            cuts.append(cut)
            left = [rest - part for rest, part in zip(left, cut, strict=True)]
    if any(left):
        cuts.append(left)
    return bill, cuts, draw(st.booleans())


#: What may happen to an order, in any order and more than once: (what, how much)
acts = st.lists(st.tuples(
    st.sampled_from(['accept', 'settle', 'settle', 'post', 'lower', 'raise', 'cancel', 'revive', 'delete', 'by hand']),
    st.integers(1, 12)), min_size=3, max_size=14)


#: Invoices that are billed, returned and credited side by side, as an accountant does with a month's returns
AT_ONCE = 10


def _many(test):
    """250 invoices; with --deep 10,000."""
    return settings(max_examples=1000 if DEEP else 25, phases=set(Phase) - {Phase.shrink})(test)


def _share(part):
    """Slow examples, so only a part of as many as a profile (conftest.py) asks for, and none to find a shorter one."""
    return settings(max_examples=max(3, settings.default.max_examples // part), phases=set(Phase) - {Phase.shrink})


class _Undo(Exception):
    pass


@tagged('post_install', '-at_install')
class TestMoneyProperties(MoneyCommon):
    """However a return is cut and whatever accountants do in between, the sums hold."""

    @contextmanager
    def _undone(self):
        """What happens inside did not happen."""
        try:
            with self.env.cr.savepoint():
                yield
                raise _Undo
        except _Undo:
            self.env.invalidate_all()

    def _check_cases(self, rounding, cases):
        with self._undone():
            self.company.tax_calculation_rounding_method = rounding
            invoices = self._bill_each([([{
                'product_uom_qty': float(line['quantity']), 'price_unit': line['price_unit'],
                'discount': line['discount'], 'tax_ids': self.taxes[line['taxes']].ids,
            } for line in bill], foreign) for bill, _cuts, foreign in cases])
            for cuts in zip_longest(*(cuts for _bill, cuts, _foreign in cases), fillvalue=()):
                asked = {invoice: cut for invoice, cut in zip(invoices, cuts, strict=True) if cut and invoice.amount_total}
                if not asked:
                    continue
                requests = self._accept_each([{
                    line: float(part) for line, part in zip(invoice.line_ids.sale_line_ids, cut, strict=True) if part
                } for invoice, cut in asked.items()])
                notes = self._settle(requests)
                self.assertEqual(notes.reversed_entry_id, invoices.filtered(lambda invoice: invoice in asked))  # noqa: B023
                self.assertEqual(len(notes), len(asked))
                for request in requests:
                    self.assertAlmostEqual(
                        sum(request.settlement_ids.mapped('amount')), request.sudo().refund_ids.amount_total)
                self.assertGreaterEqual(min(asked, key=lambda invoice: invoice.amount_residual).amount_residual, 0.0)
            for invoice, case in zip(invoices, cases, strict=True):
                if invoice.amount_total:
                    self.assertAddUp(invoice, invoice.reversal_move_ids, case)
            self._check_ledger()

    @example([(  # computed anew, the first line's net amount misses a cent of what was booked in company currency
        [{'quantity': 29 * QUARTER, 'price_unit': 43.149, 'discount': 0, 'taxes': '21 included'},
         {'quantity': Decimal(2), 'price_unit': 52.905, 'discount': 95, 'taxes': '21 included'}],
        [[Decimal(6), Decimal(2)], [3 * QUARTER, 0], [QUARTER, 0], [QUARTER, 0]], True)])
    @_many
    @given(st.lists(cases(), min_size=AT_ONCE, max_size=AT_ONCE))
    def test_partial_returns_add_up_to_the_invoice_rounded_globally(self, cases):
        self._check_cases('round_globally', cases)

    @_many
    @given(st.lists(cases(), min_size=AT_ONCE, max_size=AT_ONCE))
    def test_partial_returns_add_up_to_the_invoice_rounded_per_line(self, cases):
        self._check_cases('round_per_line', cases)

    @_share(6)  # each credit note takes the whole road, with goods
    @given(st.lists(st.tuples(st.integers(1, 4), prices, st.integers(0, 99)), min_size=2, max_size=3),
           st.lists(st.tuples(*[st.integers(0, 4)] * 3), max_size=3))
    def test_partial_returns_of_real_goods_add_up(self, bill, cuts):
        with self._undone():
            products = (self.product, self.product_ordered, self._create_product("Third", invoice_policy='order'))
            order = self._sell(*(
                (product, float(quantity), {'price_unit': price, 'discount': discount})
                for product, (quantity, price, discount) in zip(products, bill, strict=False)))
            invoice = order.invoice_ids
            left = {line: line.product_uom_qty for line in order.order_line}
            notes = self.env['account.move']
            for parts in (*cuts, [4, 4, 4]):
                cut = {line: min(rest, part) for (line, rest), part in zip(left.items(), parts, strict=False)}
                if not any(cut.values()):
                    continue
                request = self._file(order, user=self.agent)
                for line in request.line_ids:
                    if cut[line.sale_line_id]:
                        line.quantity = cut[line.sale_line_id]
                    else:
                        line.unlink()
                request.action_submit()
                request.with_user(self.voter_sales).action_approve()
                self._receive(request)
                self._inspect(request)
                notes |= self._settle(request)
                left = {line: rest - cut[line] for line, rest in left.items()}
            if invoice.amount_total:
                self.assertAddUp(invoice, notes)
            self.assertEqual(set(order.order_line.mapped('qty_to_invoice')), {0.0})

    @_share(2)
    @given(st.integers(1, 6), prices, acts)
    def test_never_more_is_settled_than_accepted_or_credited_than_invoiced(self, quantity, price, history):
        with self._undone():
            invoice = self._bill({'product_uom_qty': float(quantity), 'price_unit': price, 'discount': 7,
                                  'tax_ids': (self.tax_15 | self.tax_5).ids})
            self._left = quantity / QUARTER  # quarters not returned yet
            requests = self.Request
            for act, number in history:
                try:
                    with self.env.cr.savepoint():
                        requests |= self._act(invoice, requests, act, number)
                except UserError:
                    self.env.invalidate_all()
                self._check_ceilings(invoice, requests)

    def _act(self, invoice, requests, act, number):
        """:return: new requests"""
        if act == 'accept':
            taken = min(number, self._left)
            if taken > 0:
                request = self._accept({invoice.line_ids.sale_line_ids: float(taken * QUARTER)})
                self._left -= taken
                return request
        elif act == 'settle':
            requests.with_user(self.accountant).action_settle()
        elif act == 'by hand':
            self._credit_by_hand(invoice, float(number * QUARTER), post=number % 2)
        else:
            notes = invoice.reversal_move_ids.sorted('id')
            note = notes[number % len(notes)] if notes else notes
            line = note.invoice_line_ids[:1]
            if act == 'post':
                notes.filtered(lambda note: note.state == 'draft').action_post()
            elif act in ('lower', 'raise') and note.state == 'draft':
                line.quantity = line.quantity / 2 if act == 'lower' else line.quantity + number
                if line.returns_line_id:
                    note.action_post()
            elif act == 'cancel' and note.state != 'cancel':
                note.filtered(lambda note: note.state == 'posted').button_draft()
                note.button_cancel()
            elif act == 'revive' and note.state == 'cancel':
                note.button_draft()
            elif act == 'delete' and note.state == 'draft':
                note.unlink()
        return self.Request

    def _check_ceilings(self, invoice, requests):
        for line in requests.line_ids:
            live = line.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
            self.assertLessEqual(line.quantity_settled, line.quantity_accepted + line.quantity_advanced)
            self.assertAlmostEqual(line.quantity_settled, sum(live.mapped('quantity')))
            for settlement in live:
                self.assertEqual(
                    settlement.state, 'done' if settlement.refund_line_id.parent_state == 'posted' else 'planned')
        ours = invoice.reversal_move_ids.filtered(lambda note: note.state != 'cancel' and note.returns_request_ids)
        by_hand = invoice.reversal_move_ids.filtered(lambda note: note.state != 'cancel') - ours
        invoiced = sum(invoice.invoice_line_ids.mapped('quantity'))
        if sum(by_hand.invoice_line_ids.mapped('quantity')) <= invoiced - sum(
                requests.line_ids.settlement_ids.filtered(
                    lambda settlement: settlement.kind == 'credit' and settlement.state != 'cancelled').mapped('pieces')):
            # beyond that it is somebody's own doing, in Accounting
            self.assertGreaterEqual(round(invoice.amount_residual, 2), 0.0)
        posted = ours.filtered(lambda note: note.state == 'posted')
        self.assertLessEqual(round(sum(posted.mapped('amount_total')), 2), invoice.amount_total)
        self.assertAlmostEqual(sum(requests.mapped('amount_refunded')), sum(posted.mapped('amount_total')))
