# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from fractions import Fraction

from odoo.addons.returns_management.models.money.invoice_book import InvoiceBook, Part

from ..tools.kit import exact


class KitBook(InvoiceBook):
    """The invoice book of order lines that sold kits, of which components come back.

    Each component has its own pieces of an invoice line, as many as the kits billed hold; each piece is worth its part of
    the kit's price. Parts of kits are exact fractions, so that all components of all kits, in whatever cut, are worth
    the invoice line: cut by running totals like whole pieces (``tools.apportion``), they add up to the cent.

    What was credited in advance and claimed back is billed again piece by piece, and credited like any product.
    """

    def __init__(self, sale_lines, without=()):
        self.kits = sale_lines._get_kits()
        self.parted = defaultdict(Fraction)  # {(invoice line, component): pieces credited by returns}
        self.by_hand_kits = defaultdict(Fraction)  # {invoice line: kits credited by hand}
        self.closed_parts = defaultdict(float)  # {(order line, note by hand, component): pieces closed as outside}
        self.lost_parts = defaultdict(list)  # {(order line, component): [(note line, pieces)]}
        self.hand_returned_parts = defaultdict(Fraction)  # {(order line, component): pieces back by hand}
        self.claimed = defaultdict(list)  # {(order line, component): [invoice line that bills pieces of it again]}
        super().__init__(sale_lines, without=without)

    def _get_component(self, line):
        """:return: (kit, component) that a return line is about; (None, None) for whole products"""
        kit = self.kits.get(line.sale_line_id) if line else None
        if kit and line.product_id in kit.pieces:
            return kit, line.product_id
        return None, None

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _read_invoices(self):
        super()._read_invoices()
        backs = self.sale_lines.browse().concat(*self.kits).returns_line_ids.filtered('kit_id')
        if not backs:
            return
        claims = self.env['account.move.line'].search([
            ('returns_line_id', 'in', backs.ids), ('move_id.move_type', '=', 'out_invoice'), ('quantity', '>', 0),
            ('parent_state', 'in', ('draft', 'posted'))])
        for line in claims.sorted(self._get_age):
            back = line.returns_line_id
            self.whole[line] = self.to_pieces(line)
            if line.parent_state == 'posted':
                self.claimed[back.sale_line_id, back.product_id].append(line)
                self.invoices |= line.move_id
            else:
                self.drafts[back.sale_line_id].append(line)

    def _is_claim(self, invoice_line):
        """Whether an invoice line bills pieces of a component again, not kits."""
        return bool(invoice_line.returns_line_id)

    def _note_closed(self, settlement):
        _kit, component = self._get_component(settlement.request_line_id)
        if component:
            self.closed_parts[settlement.sale_line_id, settlement.refund_line_id, component] += settlement.pieces
        else:
            super()._note_closed(settlement)

    def _note_credited(self, invoice_line, pieces, line=None):
        kit, component = self._get_component(line)
        if component and not self._is_claim(invoice_line):
            self.parted[invoice_line, component] += exact(pieces)
            pieces = float(exact(pieces) * kit.share(component))
        elif line is None:
            self.by_hand_kits[invoice_line] += exact(pieces)
        super()._note_credited(invoice_line, pieces, line)

    def _note_lost(self, line, note_line, pieces):
        _kit, component = self._get_component(line)
        if component:
            self.lost_parts[line.sale_line_id, component].append((note_line, pieces))
        else:
            super()._note_lost(line, note_line, pieces)

    def _read_goods(self):
        super()._read_goods()
        for move in self.sale_lines.move_ids.filtered(lambda move: move.state == 'done' and not move.returns_line_id):
            kit = self.kits.get(move.sale_line_id)
            if kit and move.product_id in kit.pieces and move.to_refund:
                sign = move._returns_is_receipt() - bool(move._returns_is_delivery() and move.origin_returned_move_id)
                self.hand_returned_parts[move.sale_line_id, move.product_id] += sign * exact(move._returns_get_pieces())

    # ------------------------------------------------------------------
    # Allotting
    # ------------------------------------------------------------------

    def _get_billed_pieces(self, kit, component, invoice_line):
        """:return: pieces of ``component`` in the kits that an invoice line bills"""
        return exact(self.whole[invoice_line]) * kit.pieces[component]

    def _get_parted(self, kit, component, invoice_line):
        """:return: pieces credited by returns; what was stored rounded counts as all where it is all but a rounding"""
        parted, whole = self.parted[invoice_line, component], self._get_billed_pieces(kit, component, invoice_line)
        return whole if abs(parted - whole) < Fraction(1, 10**self.digits) else parted

    def _get_credited_kits(self, kit, invoice_line):
        """:return: kits' worth of an invoice line that is credited, exact"""
        return self.by_hand_kits[invoice_line] + sum(
            self._get_parted(kit, component, invoice_line) * kit.share(component) for component in kit.pieces)

    def get_free(self, invoice_line):
        kits = [self.kits[line] for line in invoice_line.sale_line_ids & self.sale_lines if line in self.kits]
        if not kits:
            return super().get_free(invoice_line)
        return float(exact(self.whole[invoice_line]) - self._get_credited_kits(kits[0], invoice_line))

    def lacks(self, invoice_line, pieces):
        return self.get_free(invoice_line) < pieces - 0.5 * 10.0**-self.digits  # parts of kits are no round numbers

    def _get_outside(self, sale_line, kit, component):
        """What was credited before, and whose goods did not come back by hand.

        :return: [(note line, pieces)], less what earlier settlements closed
        """
        back = max(self.hand_returned_parts[sale_line, component], Fraction(0))
        found = []
        for note_line, kits in self.outside[sale_line]:
            pieces = exact(kits) * kit.pieces[component]
            by_hand = min(pieces, back)
            back -= by_hand
            found.append((note_line, pieces - by_hand))
        found += [(note_line, exact(pieces)) for note_line, pieces in self.lost_parts[sale_line, component]]
        return [(note_line, pieces - exact(self.closed_parts[sale_line, note_line, component]))
                for note_line, pieces in found]

    def allot(self, line, pieces, waived=0.0):
        """Components of a kit are settled against invoices only: an order cannot owe a part of a kit."""
        kit, component = self._get_component(line)
        if not component:
            return super().allot(line, pieces, waived)
        left, parts = exact(pieces), []
        for note_line, free in self._get_outside(line.sale_line_id, kit, component):
            part = self._round_down(min(left, free))
            if part > 0:
                parts.append(Part('outside', part, self.nothing, note_line))
                self.closed_parts[line.sale_line_id, note_line, component] += part
                left -= exact(part)
        without_goods = left if line.is_returnless else min(left, exact(waived))
        for kind, wanted in (('credit', left - without_goods), ('allowance', without_goods)):
            for part in self._take_invoiced(kind, wanted, line, kit, component):
                parts.append(part)
                left -= exact(part.pieces)
        if self.round(float(left)) > 0:
            self._refuse(line, pieces, self.round(float(left)))
        return parts

    def _take_invoiced(self, kind, wanted, line, kit, component):
        """Take up to ``wanted`` pieces of ``component`` from what is invoiced, what was billed again first.

        :return: list of :class:`Part`
        """
        parts = []
        for invoice_line in self.claimed[line.sale_line_id, component]:
            part = self.round(min(float(wanted), self.get_free(invoice_line)))
            if part > 0:
                parts.append(Part(kind, part, invoice_line, self.nothing, self.credited[invoice_line]))
                self.credited[invoice_line] += part
                wanted -= exact(part)
        for invoice_line in self.posted[line.sale_line_id]:
            before = self._get_credited_kits(kit, invoice_line)
            free = (self._get_billed_pieces(kit, component, invoice_line)
                    - self._get_parted(kit, component, invoice_line)
                    - self.by_hand_kits[invoice_line] * kit.pieces[component])
            part = min(wanted, free)
            if self.round(float(part)) > 0:
                self.parted[invoice_line, component] += part
                self.credited[invoice_line] += float(part * kit.share(component))
                parts.append(Part(kind, self.round(float(part)), invoice_line, self.nothing, before,
                                  self._get_credited_kits(kit, invoice_line) - before))
                wanted -= part
        return parts

    def _round_down(self, pieces):
        return float(int(pieces * 10**self.digits)) / 10**self.digits

    def get_note(self, line, part, is_kept=False):
        note = super().get_note(line, part, is_kept=is_kept)
        kit, component = self._get_component(line)
        if note or not component:
            return note
        return self.env._(
            "%(share)s %% of the price of %(kit)s for each %(unit)s.", share=f"{float(100 * kit.share(component)):.4g}",
            kit=line.sale_line_id.product_id.display_name, unit=component.uom_id.name)
