# Part of returns_management. See LICENSE file for full copyright and licensing details.

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...tools import apportion
from .exact_amounts import get_exact_cents
from .shared_lines import match_shares


@dataclass(frozen=True)
class Sent:
    """What goods that were sent book, taxes included, in cents.

    ``always``, ``complete``: the parts of a return's goods whose delivery charge is given back in proportion, and
    only once all goods came back. ``orders`` are unknown where somebody typed it.
    """

    orders: Any
    cents: int
    is_ours: bool = False
    always: Any = 0
    complete: Any = 0


def get_progress(order, billed, credited):
    """
    :param billed: all :class:`Sent` of an invoice
    :param credited: those of its notes, the one that is being made included
    :return: (cents of goods whose charge is given back, of so many cents) for the delivery charge of ``order``
    """
    def add(rows, is_wanted):
        return sum(row.cents for row in rows if is_wanted(row))

    whole = add(billed, lambda row: row.orders & order)
    ours = [row for row in credited if row.is_ours and row.orders & order]
    if not whole or not ours:
        return 0, whole
    # whatever was typed by hand may be about any of them
    unknown = add(credited, lambda row: not row.orders)
    back = add(credited, lambda row: row.orders & order) + Fraction(unknown * whole, add(billed, lambda row: True))
    always = sum(row.cents * row.always for row in ours)
    if back < whole - 2 * len(credited):  # notes by hand may be off by a cent or two
        return always, whole
    # what came back by hand is given back like the rest
    own = sum(row.cents for row in ours)
    return Fraction(always + sum(row.cents * row.complete for row in ours)) * whole / (own or 1), whole


class DeliveryCharges:
    """What the customer paid for delivery, given back by the policy: no more than any notes have left of it."""

    def __init__(self, book, invoice):
        """:param book: the :class:`InvoiceBook` of the run"""
        self.book, self.invoice, self.amounts = book, invoice, book.amounts
        self.lines = invoice.line_ids.filtered(lambda line: line._returns_is_delivery_charge())
        self.notes = book.get_notes(invoice) if self.lines else invoice.browse()
        self.earlier = match_shares(self.lines, (self.notes | self._get_loose_notes()).line_ids) if self.lines else {}

    def _get_loose_notes(self):
        """:return: what gave back a charge by hand without naming an invoice"""
        items = self.lines.sale_line_ids.invoice_lines.filtered(lambda item: item.parent_state != 'cancel' and (
            item.move_type == 'out_refund' and not item.move_id.reversed_entry_id
            or item.move_type == 'out_invoice' and item.quantity < 0))
        return items.move_id - self.invoice

    def get_shares(self):
        """:return: the lines of notes that gave back a part of these charges"""
        return self.lines.browse().concat(*(line for found in self.earlier.values() for line, _part in found))

    def prepare(self, settlements, goods):
        """
        :param settlements: those that the note is made for
        :param goods: values of their lines, in their order
        :return: [(charge line of the invoice, values of the line that gives back a part of it)]
        """
        if not self.lines:
            return []
        billed, credited = self._read(self.invoice), [row for note in self.notes for row in self._read(note)]
        for settlement, vals in zip(settlements, goods, strict=True):
            always, complete = settlement._get_charge_parts()
            credited.append(Sent(settlement.sale_line_id.order_id, get_exact_cents(
                vals['extra_tax_data'], self.invoice.currency_id), True, always, complete))
        found = [(line, self._prepare_line(line, billed, credited)) for line in self.lines]
        return [(line, vals) for line, vals in found if vals]

    def _prepare_line(self, line, billed, credited):
        done, whole = get_progress(line.sale_line_ids.order_id, billed, credited)
        total = self.amounts.get_total_cents(line)
        booked = sum(self.amounts.get_total_cents(other) * (-1 if other.move_type == line.move_type else 1)
                     for other, _part in self.earlier[line])
        if not done or abs(apportion.target(total, min(done, whole), whole)) <= abs(booked):
            return None  # who gave back more by hand meant to
        return self.amounts.prepare_share(line, self.earlier[line], done, whole)

    def _read(self, move):
        """:return: the :class:`Sent` of a document"""
        rows, apart = [], self.book.get_apart(self.invoice, self.notes)
        for line in self.amounts.get_parts(move):
            if line in apart or line._returns_is_down_payment() or not (
                    line.returns_line_id or not line.product_id or line.product_id.type != 'service'):
                continue
            settlement = line.returns_settlement_ids.filtered(lambda settlement: (
                settlement.state != 'cancelled' and settlement.kind in ('credit', 'allowance')))[:1]
            rows.append(Sent(
                (line.sale_line_ids | line.returns_line_id.sale_line_id).order_id, self.amounts.get_total_cents(line),
                bool(settlement), *(settlement._get_charge_parts() if settlement else ())))
        return rows
