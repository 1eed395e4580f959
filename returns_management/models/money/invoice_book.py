# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from odoo.exceptions import UserError

from ...tools import apportion
from .delivery_charges import DeliveryCharges
from .exact_amounts import ExactAmounts, get_exact_cents
from .not_paid import NotPaid
from .shared_lines import Goods, SharedLines, match_shares


@dataclass(frozen=True)
class Part:
    """Some pieces (product's own unit) of a return line, and what they are settled against."""

    kind: str
    pieces: float
    invoice_line: Any  # credited, or empty
    note_line: Any  # the note by hand that credited them already, or empty
    before: Any = 0.0  # pieces of the invoice line credited before
    share: Any = None  # of the invoice line, in its pieces, where the return line is about another product

    @property
    def taken(self):
        """:return: how many pieces of what the invoice line bills this part is worth"""
        return self.pieces if self.share is None else self.share


class InvoiceBook:
    """What was invoiced, credited and returned on some order lines, and what may still be credited.

    A working paper for one settlement run, read in batch under the balance locks. All
    quantities are in the product's own unit.
    """

    def __init__(self, sale_lines, without=()):
        """:param without: settlements that are left out, as if they were not there"""
        self.without = without
        self.env = sale_lines.env
        self.digits = self.env['decimal.precision'].precision_get('Product Unit')
        self.sale_lines = sale_lines
        self.nothing = self.env['account.move.line']
        self.credited = defaultdict(float)  # {invoice line: pieces credited so far}
        self.earlier = defaultdict(list)  # {invoice line: [(live note line, its part that belongs here)]}
        self.reduced = defaultdict(lambda: self.env['account.move'])  # {invoice line: notes that lowered its price}
        self._read_invoices()
        self._read_settlements()
        self._read_goods()
        self._read_hand_made_credits()
        self._leave_out_billed_again()
        self._read_lost_advances()
        notes = {line.move_id.id for lines in self.earlier.values() for line, _part in lines}
        self.amounts = ExactAmounts(self.invoices | self.env['account.move'].browse(notes))

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _read_invoices(self):
        """Posted and draft invoice lines of each order line, oldest first.

        The other lines of the same invoices are read too: a note by hand that names no order line
        may be about any of them, and the last note of an invoice takes what is left of it.
        """
        self.posted, self.drafts = defaultdict(list), defaultdict(list)
        lines = self.sale_lines.invoice_lines.filtered(lambda line: (
            line.move_id.move_type == 'out_invoice' and line.move_id.state != 'cancel' and line.quantity > 0))
        for line in lines.sorted(self._get_age):
            for sale_line in line.sale_line_ids & self.sale_lines:
                if line.product_id == sale_line.product_id:
                    (self.posted if line.move_id.state == 'posted' else self.drafts)[sale_line].append(line)
        self.invoices = lines.move_id.filtered(lambda move: move.state == 'posted')
        lines |= self.invoices.invoice_line_ids.filtered(
            lambda line: line.product_id and line.display_type == 'product' and line.quantity > 0)
        self.whole = {line: self.to_pieces(line) for line in lines}
        self.posted_by_product = lines.filtered(lambda line: line.move_id.state == 'posted').grouped('product_id')

    def _read_settlements(self):
        """What earlier settlements credited, closed as uninvoiced or took as credited outside.

        A posted note counts even where its settlement was given back: then an invoice reversed it.
        """
        self.closed = defaultdict(float)
        self.given = defaultdict(float)  # {invoice line: pieces credited by settlements that stand}
        self.taken = defaultdict(float)  # {(order line, note by hand): pieces that settlements closed as outside}
        settlements = self.env['returns.settlement'].search([
            ('id', 'not in', [settlement.id for settlement in self.without]),
            ('kind', 'in', ('credit', 'allowance', 'uninvoiced', 'outside')),
            '|', ('invoice_line_id', 'in', [line.id for line in self.whole]),
            ('sale_line_id', 'in', self.sale_lines.ids),
            '|', ('state', '!=', 'cancelled'), ('refund_line_id.parent_state', 'in', ('draft', 'posted'))])
        for settlement in settlements:
            note_line, live = settlement.refund_line_id, settlement.state != 'cancelled'
            if settlement.kind in ('uninvoiced', 'outside'):
                if live:
                    self._note_closed(settlement)
                continue
            noted = settlement._get_noted_pieces()
            self.given[settlement.invoice_line_id] += settlement._to_invoice_pieces(settlement.pieces) if live else 0.0
            self._note_credited(
                settlement.invoice_line_id, max(noted, settlement.pieces if live else 0.0), settlement.request_line_id)
            if note_line:
                self.earlier[settlement.invoice_line_id].append((note_line, 1))

    def _note_closed(self, settlement):
        """Pieces that earlier settlements closed without a credit note of their own."""
        self.closed[settlement.sale_line_id, settlement.kind] += settlement.pieces
        self.taken[settlement.sale_line_id, settlement.refund_line_id] += settlement.pieces

    def _note_credited(self, invoice_line, pieces, line=None):
        """``pieces`` of an invoice line are credited, by a note of the return ``line`` or, without one, by hand."""
        self.credited[invoice_line] += pieces

    def _note_lost(self, line, note_line, pieces):
        """``pieces`` of a return line were credited by ``note_line`` in advance, and never sent."""
        self.outside[line.sale_line_id].append((note_line, pieces))

    def _read_goods(self):
        """Delivered, returned by hand and replaced pieces of each order line."""
        self.delivered, self.hand_returned, self.replaced = defaultdict(float), defaultdict(float), defaultdict(float)
        for move in self.sale_lines.move_ids.filtered(lambda move: move.state == 'done'):
            if move.product_id != move.sale_line_id.product_id:
                continue
            pieces = move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, rounding_method='HALF-UP')
            if move._returns_is_receipt():
                if not move.returns_line_id and move.to_refund:
                    self.hand_returned[move.sale_line_id] += pieces
            elif move.location_dest_id.usage == 'customer':
                if not move.origin_returned_move_id:
                    self.delivered[move.sale_line_id] += pieces
                    if move.returns_line_id:
                        self.replaced[move.sale_line_id] += pieces
                elif not move.returns_line_id and move.to_refund:
                    self.hand_returned[move.sale_line_id] -= pieces

    def _read_hand_made_credits(self):
        """Allot credits made in Accounting: by reversed entry, then order line, then product, oldest first.

        Pieces whose goods came back by hand are done with. Of the others, those credited in full
        are ``outside``: nothing more is paid for them. A lower price without goods is a
        reduction: the pieces may still come back, for what is left of their price.
        """
        self.outside = defaultdict(list)  # {sale line: [(note line, pieces)]}
        self.without_credit = defaultdict(float, self.hand_returned)  # goods back by hand, no note yet
        self.by_hand = self._search_hand_made_credits()
        owners = {line: sale_line for sale_line, lines in self.posted.items() for line in lines}
        for note_line in self.by_hand:
            total = left = abs(self.to_pieces(note_line))
            for line in self._get_fitting(note_line) if total else ():
                sale_line, part = owners.get(line), min(left, self.get_free(line))
                returned = max(0.0, min(part, self.without_credit[sale_line]))
                if not self._is_full_price(note_line, total, line):
                    self._allot_reduction(note_line, line, sale_line, returned)
                    break
                if part > 0:
                    left = self.round(left - part)
                    self.without_credit[sale_line] -= returned
                    self._note_credited(line, part)
                    self.earlier[line].append((note_line, apportion.exact(part) / apportion.exact(total)))
                    if sale_line and part > returned:
                        self.outside[sale_line].append((note_line, self.round(part - returned)))

    def _leave_out_billed_again(self):
        """A note by hand that was billed again (an invoice put right), or that took back what was never delivered, is not
        about goods that come back: ``outside`` are only as many pieces as nobody bills the customer for, the youngest
        notes first.
        """
        for sale_line, notes in self.outside.items():
            left = self._get_unbilled(sale_line) - sum(self.taken[sale_line, note_line] for note_line, _pieces in notes)
            kept = []
            for note_line, pieces in reversed(notes):
                taken = self.taken[sale_line, note_line]
                part = max(0.0, min(left, pieces - taken))
                left -= part
                kept.insert(0, (note_line, self.round(taken + part)))
            self.outside[sale_line] = kept

    def _get_unbilled(self, sale_line):
        """:return: delivered pieces that no return was credited for and that the invoices, less all their credit notes, do
            not bill
        """
        delivered = self.delivered[sale_line] - self.replaced[sale_line] or self._get_ordered(sale_line)
        bills = self.posted[sale_line] + self.drafts[sale_line]
        billed = sum(self.whole[line] - self.credited[line] for line in bills)
        settled = sum(self.given[line] for line in bills) + self.closed[sale_line, 'uninvoiced']
        return delivered - max(0.0, self.hand_returned[sale_line]) - settled - billed - self.get_uninvoiced(sale_line)

    def _allot_reduction(self, note_line, line, sale_line, returned):
        """Money for an invoice line, and no pieces but those ``returned`` by hand."""
        self.without_credit[sale_line] -= returned
        self._note_credited(line, returned)
        self.earlier[line].append((note_line, 1))
        self.reduced[line] |= note_line.move_id

    def _read_lost_advances(self):
        """Pieces that an earlier return was credited in advance and never sent are ``outside``, too, unless they were
        billed again: should they come with another return, they are paid already.
        """
        settlements = self.env['returns.settlement'].search([
            ('id', 'not in', [settlement.id for settlement in self.without]), ('kind', '=', 'credit'),
            ('state', '=', 'done'), ('sale_line_id', 'in', self.sale_lines.ids),
            ('request_line_id.quantity_claimed', '>', 0)], order='id desc')
        for line, group in settlements.grouped('request_line_id').items():
            billed = sum(map(self.to_pieces, group.refund_line_id.move_id.reversal_move_ids.invoice_line_ids.filtered(
                lambda item, line=line: item.returns_line_id == line and item.parent_state == 'draft'
                and item.move_type == 'out_invoice')))
            lost = min(line._get_pieces_lost(), line._to_product_uom(line.quantity_claimed)) - billed
            for settlement in group:
                part = self.round(min(lost, settlement.pieces))
                if part > 0:
                    self._note_lost(line, settlement.refund_line_id, part)
                    lost -= part

    def _search_hand_made_credits(self):
        products = list({line.product_id.id for line in self.whole})
        return self.env['account.move.line'].search([
            ('parent_state', 'in', ('draft', 'posted')), ('display_type', '=', 'product'),
            ('returns_line_id', '=', False), ('product_id', 'in', products),
            '|',
            '&', '&', ('move_id.move_type', '=', 'out_refund'), ('quantity', '>', 0),
            '|', ('move_id.reversed_entry_id', 'in', self.invoices.ids), ('sale_line_ids', 'in', self.sale_lines.ids),
            # a final invoice deducts what came back by a line of negative quantity
            '&', ('move_id.move_type', '=', 'out_invoice'),
            '&', ('quantity', '<', 0), ('sale_line_ids', 'in', self.sale_lines.ids),
        ], order='date, id')

    def _get_fitting(self, note_line):
        """:return: the posted invoice lines that a credit made by hand may be about, most likely first"""
        reversed_entry, sale_lines = note_line.move_id.reversed_entry_id, note_line.sale_line_ids
        fitting = self.posted_by_product.get(note_line.product_id, self.nothing).filtered(
            lambda line: line.sale_line_ids & sale_lines if sale_lines else line.move_id == reversed_entry)
        return fitting.sorted(lambda line: (line.move_id != reversed_entry, *self._get_age(line)))

    def _is_full_price(self, note_line, pieces, line):
        """Whether a credit made by hand pays ``pieces`` of an invoice line at the price invoiced, but for cents."""
        if note_line.currency_id != line.currency_id:
            return True
        invoiced = abs(line.price_subtotal) * pieces / self.whole[line]
        return abs(note_line.price_subtotal) >= invoiced * 0.999 - 2 * line.currency_id.rounding

    @staticmethod
    def _get_age(line):
        return (line.move_id.invoice_date or line.move_id.date, line.move_id.id, line.id)

    def to_pieces(self, line):
        """:return: the quantity of a journal item in its product's own unit"""
        return line.product_uom_id._compute_quantity(
            line.quantity, line.product_id.uom_id, rounding_method='HALF-UP') if line.product_uom_id else line.quantity

    def round(self, quantity):
        return round(quantity, self.digits)

    # ------------------------------------------------------------------
    # Allotting
    # ------------------------------------------------------------------

    def get_uninvoiced(self, sale_line):
        """:return: pieces that the customer has and that no invoice names, drafts counted as invoiced"""
        invoiced = sum(self.whole[line] for line in self.posted[sale_line])
        invoiced += sum(self.whole[line] for line in self.drafts[sale_line])
        if sale_line.product_id.invoice_policy == 'order':
            basis = self._get_ordered(sale_line)
        else:
            basis = self.delivered[sale_line] - self.replaced[sale_line] - max(0.0, self.without_credit[sale_line])
        return self.round(max(0.0, basis - invoiced) - self.closed[sale_line, 'uninvoiced'])

    @staticmethod
    def _get_ordered(sale_line):
        return sale_line.product_uom_id._compute_quantity(
            sale_line.product_uom_qty, sale_line.product_id.uom_id, rounding_method='HALF-UP')

    def get_free(self, invoice_line):
        """:return: pieces of a posted invoice line that are not credited"""
        return self.round(self.whole[invoice_line] - self.credited[invoice_line])

    def lacks(self, invoice_line, pieces):
        """Whether fewer than ``pieces`` of a posted invoice line are not credited."""
        return self.get_free(invoice_line) < pieces

    def allot(self, line, pieces, waived=0.0):
        """Decide against what ``pieces`` of a return line are settled, and note it in the book.

        First what was credited by hand already, then what was never invoiced, then the posted
        invoice lines, oldest first.

        :param waived: how many of them are settled although their goods never came: an allowance, like goods that
            the customer keeps, or the note would put their cost back into stock
        :return: list of :class:`Part`
        :raise UserError: an invoice is a draft, or less was invoiced than is to be credited
        """
        sale_line, left, parts = line.sale_line_id, pieces, []

        def take(kind, free, invoice_line=self.nothing, note_line=self.nothing):
            nonlocal left
            part = self.round(min(left, free))
            if part > 0:
                parts.append(Part(kind, part, invoice_line, note_line, self.credited.get(invoice_line, 0.0)))
                left = self.round(left - part)
            return max(part, 0.0)

        for note_line, credited in self.outside[sale_line]:
            key = (sale_line, note_line)
            self.taken[key] += take('outside', credited - self.taken[key], note_line=note_line)
        without_goods = left if line.is_returnless else min(left, waived)
        with_goods = self.round(left - without_goods)

        def take_invoiced(kind, wanted):
            for invoice_line in self.posted[sale_line]:
                part = take(kind, min(wanted, self.get_free(invoice_line)), invoice_line)
                self.credited[invoice_line] += part
                wanted = self.round(wanted - part)

        if with_goods > 0:
            # who got a gift is paid from what the buyer was billed, or not at all
            free = 0.0 if line.request_id.is_gift else self.get_uninvoiced(sale_line)
            part = take('uninvoiced', min(with_goods, free))
            self.closed[sale_line, 'uninvoiced'] += part
            take_invoiced('credit', self.round(with_goods - part))
        take_invoiced('allowance', without_goods)
        if left > 0:
            self._refuse(line, pieces, left)
        return parts

    def _refuse(self, line, wanted, missing):
        _ = self.env._
        sale_line = line.sale_line_id
        numbers = {
            'line': line.display_name, 'wanted': wanted, 'missing': missing,
            'unit': line.product_id.uom_id.name, 'order': sale_line.order_id.name,
        }
        if self.drafts[sale_line]:
            claims = self.nothing.union(*self.drafts[sale_line]).move_id.filtered(
                lambda move: move.reversed_entry_id and move.line_ids.returns_line_id)
            if claims:
                raise UserError(_(
                    "%(line)s: %(missing)s of %(wanted)s %(unit)s were credited in advance by %(note)s and never sent, "
                    "so %(invoice)s was made to bill them again. Have they come now? Then delete that draft: they are "
                    "paid already. Otherwise post it. Then settle again.", **numbers,
                    note=", ".join(claims.reversed_entry_id.mapped('name')),
                    invoice=", ".join(claims.mapped('display_name'))))
            raise UserError(_(
                "%(line)s: %(missing)s of %(wanted)s %(unit)s stand on the draft invoice of %(order)s. "
                "Post that invoice first, or lower its quantity, then settle again.", **numbers))
        if not self.posted[sale_line]:
            raise UserError(_(
                "%(line)s: %(wanted)s %(unit)s are to be credited, but nothing of them is invoiced on %(order)s. "
                "Make and post that invoice first, then settle again.", **numbers))
        if self.get_uninvoiced(sale_line) > 0:
            raise UserError(_(
                "%(line)s: %(wanted)s %(unit)s are to be credited, but the invoices of %(order)s have only %(free)s left, "
                "and not all of it is invoiced. Invoice the rest first, then settle again.",
                **numbers, free=self.round(wanted - missing)))
        raise UserError(_(
            "%(line)s: %(wanted)s %(unit)s are to be credited, but the invoices of %(order)s have only %(free)s "
            "left: the rest is credited already. Look at the credit notes of the order.",
            **numbers, free=self.round(wanted - missing)))

    def get_note(self, line, part, is_kept=False):
        """
        :param is_kept: the policy lets us keep something of these pieces
        :return: the sentence that says why a part is not simply credited at the invoiced price, or False
        """
        _ = self.env._
        if part.kind == 'uninvoiced' and is_kept:
            return _("Not invoiced yet: %s owes less. What the policy keeps of these pieces is not charged: add it to the "
                     "order if you want it.", line.sale_line_id.order_id.name)
        if part.kind == 'uninvoiced' and any(
                item.is_downpayment and item.qty_invoiced > 0 for item in line.sale_line_id.order_id.order_line):
            return _("Not invoiced yet: %s owes less. Where its down payments are more than what is left, its final invoice "
                     "gives that back.", line.sale_line_id.order_id.name)
        if part.kind == 'uninvoiced':
            return _("Not invoiced yet: %s owes less, no credit note is needed.", line.sale_line_id.order_id.name)
        if part.kind == 'outside':
            return (_("Already credited in advance with %s: nothing more is paid.")
                    if part.note_line.returns_line_id else _("Already credited by hand with %s: nothing more is paid.")
                    ) % part.note_line.move_id.display_name
        if self.reduced.get(part.invoice_line):
            return _("Credited at what is left of the price after %s.",
                     ", ".join(self.reduced[part.invoice_line].mapped('display_name')))
        return False

    def prepare_exact(self, part, price_unit, quantity):
        """:return: exact ``extra_tax_data`` of the credit note line for ``part``, see :class:`ExactAmounts`"""
        line = part.invoice_line
        return self.amounts.prepare(
            line, self.earlier[line], part.before, part.taken, self.whole[line], price_unit, quantity)

    # ------------------------------------------------------------------
    # What belongs to an invoice as a whole
    # ------------------------------------------------------------------

    def take_rest(self, invoice, lines):
        """Where notes made by hand missed cents on other lines, the last note of an invoice makes up for them.

        :param lines: values of the credit note lines of the goods, changed in place
        """
        notes = self.get_notes(invoice)
        apart = self.get_apart(invoice, notes)
        goods = [line for line in self.amounts.get_parts(invoice)
                 if line not in apart and not line._returns_is_down_payment()]
        by_hand = self.by_hand.filtered(
            lambda line: line.move_id in notes or line.sale_line_ids & invoice.line_ids.sale_line_ids)
        if not by_hand or by_hand.move_id - notes or any(
                line not in self.whole or self.get_free(line) > 0 for line in goods):
            return
        noted = [line for note in notes for line in self.amounts.get_parts(note)
                 if line not in apart and not line._returns_is_down_payment()]
        self.amounts.take_rest(invoice, goods, noted, lines, 2 * len(by_hand))

    def get_notes(self, invoice):
        return invoice.reversal_move_ids.filtered(
            lambda note: note.move_type == 'out_refund' and note.state != 'cancel')

    def get_apart(self, invoice, notes):
        """:return: the lines of an invoice and its notes that are no goods: shared by all, paid for their delivery, or kept
            of them
        """
        shared = invoice.line_ids.filtered(lambda line: line._returns_is_shared() or line._returns_is_delivery_charge())
        return shared | notes.line_ids.filtered(lambda other: (
            other._returns_is_deduction() or other._returns_is_not_paid()
            or any(other._returns_is_share_of(line) for line in shared)))

    def prepare_charges(self, invoice, settlements, lines):
        """:return: [(line of ``invoice``, values of the line that gives back a part of it)] of delivery charges, by the
            policy
        """
        return DeliveryCharges(self, invoice).prepare(settlements, lines)

    def prepare_shared(self, invoice, lines, charges=()):
        """Values of the lines that give back a share of discounts and cash rounding of ``invoice``, and of what its customer
        was let off.

        Their share is that of the amounts credited, so a whole invoice in many credit notes gets
        them back exactly, however it was cut.

        :param lines: values of the credit note lines of the goods
        :param charges: see :meth:`prepare_charges`; a discount may be of what was paid for delivery, too
        """
        shared = invoice.line_ids.filtered(lambda line: line._returns_is_shared())
        not_paid = NotPaid(self.amounts, invoice)
        if not shared and not not_paid:
            return []
        notes, delivery = self.get_notes(invoice), DeliveryCharges(self, invoice)
        given = delivery.get_shares().filtered(lambda line: line.move_id in notes)
        earlier, apart = match_shares(shared, notes.line_ids - given), self.get_apart(invoice, notes)
        billed, credited = (
            [Goods((line.sale_line_ids | line.returns_line_id.sale_line_id).order_id, line.tax_ids,
                   self.amounts.get_total_cents(line), line.sale_line_ids | line.returns_line_id.sale_line_id)
             for move in moves for line in self.amounts.get_parts(move)
             if line not in apart and not line._returns_is_down_payment()]
            for moves in (invoice, notes))
        credited += [self._read_goods_values(vals, invoice) for vals in lines]
        orders = {line: charge.sale_line_ids.order_id for charge, found in delivery.earlier.items()
                  for line, _part in [(charge, 1), *found]}
        billed += [Goods(orders[line], line.tax_ids, self.amounts.get_total_cents(line)) for line in delivery.lines]
        credited += [Goods(orders[line], line.tax_ids, self.amounts.get_total_cents(line)) for line in given]
        credited += [Goods(orders[line], line.tax_ids, get_exact_cents(vals['extra_tax_data'], invoice.currency_id))
                     for line, vals in charges]
        progress, vals_list = SharedLines(billed, credited), []
        for line in shared:
            done, whole = progress.get_progress(line)
            vals_list.append(self.amounts.prepare_share(line, earlier[line], done, whole) if whole else None)
        return [vals for vals in vals_list if vals] + not_paid.prepare(progress, notes)

    def _read_goods_values(self, vals, invoice):
        """:return: the :class:`Goods` of the values of a credit note line"""
        back = self.env['returns.request.line'].browse(vals['returns_line_id'])
        return Goods(
            back.sale_line_id.order_id, self.env['account.tax'].browse(vals['tax_ids'][0][2]),
            get_exact_cents(vals['extra_tax_data'], invoice.currency_id), back.sale_line_id)
