# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import models
from odoo.exceptions import UserError

from ...tools import apportion

#: A note made by hand that is off by no more is a matter of rounding, not of intent.
STRAY_CENTS = 2


class InvoiceBook:
    """What was invoiced, credited and returned on some order lines, and what may still be credited.

    A working paper for one settlement run, read in batch under the balance locks. All
    quantities are in the product's own unit.
    """

    def __init__(self, sale_lines):
        self.env = sale_lines.env
        self.digits = self.env['decimal.precision'].precision_get('Product Unit')
        self.sale_lines = sale_lines
        self._read_invoices()
        self._read_settlements()
        self._read_hand_made_credits()
        self._read_goods()
        self.exact = {}  # exact parts by invoice, read when needed
        self.booked = {}  # what live notes booked, by invoice line, read where some were made by hand

    def _read_invoices(self):
        """Posted and draft invoice lines of each order line, oldest first."""
        self.posted, self.drafts = defaultdict(list), defaultdict(list)
        lines = self.sale_lines.invoice_lines.filtered(lambda line: (
            line.move_id.move_type == 'out_invoice' and line.move_id.state != 'cancel' and line.quantity > 0))
        for line in lines.sorted(lambda line: (
                line.move_id.invoice_date or line.move_id.date, line.move_id.id, line.id)):
            for sale_line in line.sale_line_ids & self.sale_lines:
                if line.product_id == sale_line.product_id:
                    (self.posted if line.move_id.state == 'posted' else self.drafts)[sale_line].append(line)
        self.whole = {line: self._in_product_uom(line) for line in lines}
        self.credited = defaultdict(float)  # pieces credited so far, by invoice line
        self.by_hand = defaultdict(float)  # of these, by notes that are not ours

    def _read_settlements(self):
        """What earlier settlements credited, closed as uninvoiced or took as credited outside."""
        self.closed = defaultdict(float)
        settlements = self.env['returns.settlement'].search([
            ('request_line_id.sale_line_id', 'in', self.sale_lines.ids), ('state', '!=', 'cancelled'),
            ('kind', 'in', ('credit', 'allowance', 'uninvoiced', 'outside'))])
        for settlement in settlements:
            line = settlement.request_line_id
            pieces = line._to_product_uom(settlement.quantity)
            self.closed[line.sale_line_id, settlement.kind] += pieces
            if settlement.invoice_line_id:
                self.credited[settlement.invoice_line_id] += pieces

    def _read_hand_made_credits(self):
        """Allot credit notes made in Accounting: by reversed entry, then order line, then product, oldest first."""
        self.hand_credited = defaultdict(float)
        invoices = self.env['account.move'].union(*(
            line.move_id for lines in self.posted.values() for line in lines))
        notes = self.env['account.move.line'].search([
            ('move_id.move_type', '=', 'out_refund'), ('parent_state', '!=', 'cancel'),
            ('display_type', '=', 'product'), ('returns_line_id', '=', False),
            ('product_id', 'in', self.sale_lines.product_id.ids),
            '|', ('move_id.reversed_entry_id', 'in', invoices.ids), ('sale_line_ids', 'in', self.sale_lines.ids),
        ], order='date, id')
        owner = {line: sale_line for sale_line, lines in self.posted.items() for line in lines}
        self.notes = defaultdict(lambda: self.env['account.move'])
        for note in notes:
            left = self._in_product_uom(note)
            fitting = [line for line in owner if line.product_id == note.product_id]
            fitting.sort(key=lambda line, note=note: (
                line.move_id != note.move_id.reversed_entry_id, not line.sale_line_ids & note.sale_line_ids,
                line.move_id.invoice_date or line.move_id.date, line.id))
            for line in fitting:
                if note.move_id.reversed_entry_id not in (self.env['account.move'], line.move_id) \
                        and not line.sale_line_ids & note.sale_line_ids:
                    continue
                part = min(left, self._round(self.whole[line] - self.credited[line]))
                if part > 0:
                    self.credited[line] += part
                    self.by_hand[line] += part
                    self.hand_credited[owner[line]] += part
                    self.notes[line] |= note.move_id
                    left = self._round(left - part)

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

    def _in_product_uom(self, line):
        return line.product_uom_id._compute_quantity(
            line.quantity, line.product_id.uom_id, rounding_method='HALF-UP') if line.product_uom_id else line.quantity

    def _round(self, quantity):
        return round(quantity, self.digits)

    def get_uninvoiced(self, sale_line):
        """:return: pieces that the customer has and that no invoice names, drafts counted as invoiced"""
        invoiced = sum(self.whole[line] for line in self.posted[sale_line] + self.drafts[sale_line])
        if sale_line.product_id.invoice_policy == 'order':
            basis = sale_line.product_uom_id._compute_quantity(
                sale_line.product_uom_qty, sale_line.product_id.uom_id, rounding_method='HALF-UP')
        else:
            basis = self.delivered[sale_line] - self.replaced[sale_line] - max(
                0.0, self.hand_returned[sale_line] - self.hand_credited[sale_line])
        return self._round(max(0.0, basis - invoiced) - self.closed[sale_line, 'uninvoiced'])

    def get_outside(self, sale_line):
        """:return: pieces credited by hand whose goods have not come back by hand"""
        return self._round(
            max(0.0, self.hand_credited[sale_line] - self.hand_returned[sale_line])
            - self.closed[sale_line, 'outside'])

    def allot(self, line, quantity):
        """Decide against what ``quantity`` pieces of a return line are settled, and note it in the book.

        :return: [(kind, invoice line or empty, pieces, pieces of that invoice line credited before)]
        :raise UserError: an invoice is a draft, or less was invoiced than is to be credited
        """
        sale_line, wanted, parts = line.sale_line_id, quantity, []
        nothing = self.env['account.move.line']
        for kind, free in (('outside', self.get_outside(sale_line)), ('uninvoiced', self.get_uninvoiced(sale_line))):
            if line.is_returnless and kind == 'uninvoiced':
                continue
            part = self._round(min(quantity, free))
            if part > 0:
                self.closed[sale_line, kind] += part
                quantity = self._round(quantity - part)
                parts.append((kind, nothing, part, 0.0))
        kind = 'allowance' if line.is_returnless else 'credit'
        for invoice_line in self.posted[sale_line]:
            part = self._round(min(quantity, self.whole[invoice_line] - self.credited[invoice_line]))
            if part > 0:
                quantity = self._round(quantity - part)
                parts.append((kind, invoice_line, part, self.credited[invoice_line]))
                self.credited[invoice_line] += part
        if quantity > 0:
            self._refuse(line, wanted, quantity)
        return parts

    def _refuse(self, line, wanted, missing):
        _ = self.env._
        numbers = {
            'line': line.display_name, 'wanted': wanted, 'missing': missing,
            'unit': line.product_id.uom_id.name, 'order': line.sale_line_id.order_id.name,
        }
        if self.drafts[line.sale_line_id]:
            raise UserError(_(
                "%(line)s: %(missing)s of %(wanted)s %(unit)s stand on the draft invoice of %(order)s. "
                "Post that invoice first, or lower its quantity, then settle again.", **numbers))
        raise UserError(_(
            "%(line)s: %(wanted)s %(unit)s are to be credited, but the invoices of %(order)s have only %(free)s "
            "left: the rest is credited already. Look at the credit notes of the order.",
            **numbers, free=self._round(wanted - missing)))

    def get_note(self, kind, line):
        """:return: the sentence that says why no credit note is made, for the kinds without one"""
        _ = self.env._
        return {
            'uninvoiced': _("Not invoiced yet: %s owes less, no credit note is needed.",
                            line.sale_line_id.order_id.name),
            'outside': _("Already credited by hand on the invoice of %s: nothing more is paid.",
                         line.sale_line_id.order_id.name),
        }.get(kind, False)

    # ------------------------------------------------------------------
    # Exact amounts
    # ------------------------------------------------------------------

    def prepare_exact(self, line, before, now, price_unit, quantity):
        """Exact ``extra_tax_data`` of one credit note line (TRIALS B, recipe 3).

        Whatever way an invoice line is cut, its parts add up to what it booked: net, per tax and
        tax base, in both currencies.

        :param line: the invoice line
        :param before: pieces of it credited before
        :param now: pieces credited now
        :param price_unit: of the credit note line; core drops the exact amounts if it differs
        :param quantity: of the credit note line, in its unit
        """
        if line.move_id not in self.exact:
            self.exact[line.move_id] = self._get_exact_parts(line.move_id)
        if self.by_hand[line] and line not in self.booked:
            self.booked[line] = self._get_booked(line)
        return self._cut(
            line, self.exact[line.move_id][line], before, now, self.booked.get(line), price_unit, quantity)

    def _cut(self, line, amounts, before, now, earlier, price_unit, quantity):
        invoice = line.move_id
        whole = self.whole[line]
        currency, company_currency = invoice.currency_id, invoice.company_currency_id

        def cut(name, unit):
            total = round(amounts[name] / unit.rounding)
            cents = apportion.share(total, before, now, whole)
            if earlier is not None:
                cents = self._mend(cents, total, round(earlier[name] / unit.rounding), before, now, whole)
                earlier[name] += cents * unit.rounding
            return unit.round(cents * unit.rounding)

        taxes = {}
        for tax_id in amounts['tax_ids']:
            taxes[str(tax_id)] = {
                field: cut((tax_id, field), currency if field.endswith('_currency') else company_currency)
                for field in ('tax_amount_currency', 'tax_amount', 'base_amount_currency', 'base_amount')
            }
        return {
            'currency_id': currency.id, 'price_unit': price_unit, 'discount': line.discount, 'quantity': quantity,
            'rate': invoice.invoice_currency_rate,
            'manual_total_excluded_currency': cut('net_currency', currency),
            'manual_total_excluded': cut('net', company_currency),
            # core ignores the manual net amount where there are no manual taxes: name one that does not exist
            'manual_tax_amounts': taxes or {'0': {}},
        }

    def _mend(self, cents, total, booked, before, now, whole):
        """Where notes were made by hand, make up for stray cents, and never credit beyond the invoice.

        :param cents: the plain share
        :param booked: what earlier notes really booked
        """
        if abs(booked - apportion.target(total, before, whole)) <= STRAY_CENTS:
            return apportion.heal(total, booked, self._round(before + now), whole)
        left = total - booked
        return max(min(cents, left), 0) if total >= 0 else min(max(cents, left), 0)

    def _get_exact_parts(self, move):
        """What each product line of ``move`` booked, taxes apart.

        :return: {line: {'net', 'net_currency', 'tax_ids', (tax id, field): amount}}
        """
        base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
        parts = {}
        for base_line in base_lines:
            record = base_line['record']
            if not isinstance(record, models.BaseModel) or record._name != 'account.move.line':
                continue
            details = base_line['tax_details']
            amounts = defaultdict(float, {
                'net_currency': details['total_excluded_currency'] + details['delta_total_excluded_currency'],
                'net': details['total_excluded'] + details['delta_total_excluded'],
                'tax_ids': [],
            })
            for tax_data in details['taxes_data']:
                if tax_data['is_reverse_charge']:
                    continue
                tax_id = tax_data['tax'].id
                amounts['tax_ids'].append(tax_id)
                for field in ('tax_amount_currency', 'tax_amount', 'base_amount_currency', 'base_amount'):
                    amounts[tax_id, field] = tax_data[field]
            parts[record] = amounts
        return parts

    def _get_booked(self, line):
        """What the live notes on ``line`` really booked, ours and those made by hand."""
        booked = defaultdict(float)
        ours = self.env['returns.settlement'].search([
            ('invoice_line_id', '=', line.id), ('state', '!=', 'cancelled'), ('refund_line_id', '!=', False)])
        lines = [settlement.refund_line_id for settlement in ours]
        lines += [
            note_line for note in self.notes[line] for note_line in note.invoice_line_ids
            if note_line.product_id == line.product_id and not note_line.returns_line_id]
        exact = {}
        for note_line in lines:
            if note_line.move_id not in exact:
                exact[note_line.move_id] = self._get_exact_parts(note_line.move_id)
            for name, amount in exact[note_line.move_id].get(note_line, {}).items():
                if name != 'tax_ids':
                    booked[name] += amount
        return booked


