# Part of returns_management. See LICENSE file for full copyright and licensing details.

from .exact_amounts import ExactAmounts, get_exact_cents
from .invoice_book import Part
from .shared_lines import match_shares


class ClaimBook:
    """What some posted credit notes gave, and what of it was claimed back: the mirror of :class:`InvoiceBook`.

    A working paper for one run, under the balance locks. Quantities are in the product's own unit.
    """

    def __init__(self, settlements):
        """:param settlements: those that credited something, read with all claims on their notes"""
        notes = settlements.refund_line_id.move_id
        self.nothing = notes.line_ids.browse()
        self.noted = {settlement.refund_line_id: settlement._get_noted_pieces() for settlement in settlements}
        self.claims = notes.reversal_move_ids.filtered(
            lambda move: move.move_type == 'out_invoice' and move.state != 'cancel')
        self.amounts = ExactAmounts(notes | self.claims)

    def _get_claimed(self, line):
        return self.claims.invoice_line_ids.filtered(lambda claim: (
            claim.move_id.reversed_entry_id == line.move_id and claim.returns_line_id
            and claim.returns_line_id == line.returns_line_id))

    def get_part(self, settlement, pieces):
        """:return: the :class:`Part` of a credit note line that is claimed back, of ``pieces`` at most"""
        line = settlement.refund_line_id
        unit = line.product_id.uom_id
        before = sum(claim.product_uom_id._compute_quantity(claim.quantity, unit, rounding_method='HALF-UP')
                     for claim in self._get_claimed(line))
        return Part('credit', unit.round(min(pieces, self.noted[line] - before)), line, self.nothing, before)

    def prepare_exact(self, part, price_unit, quantity):
        """:return: exact ``extra_tax_data`` of the invoice line for ``part``, see :class:`ExactAmounts`"""
        line = part.invoice_line
        return self.amounts.prepare(
            line, [(claim, 1) for claim in self._get_claimed(line)], part.before, part.pieces, self.noted[line],
            price_unit, quantity)

    def prepare_shared(self, note, lines):
        """Values of the lines that take back a share of what ``note`` has beside the goods, in proportion to them.

        :param lines: values of the lines of the goods
        """
        parts = self.amounts.get_parts(note)
        goods = [line for line in parts if line.returns_line_id]
        claims = self.claims.filtered(lambda claim: claim.reversed_entry_id == note)
        claimed = sum(get_exact_cents(vals['extra_tax_data'], note.currency_id) for vals in lines) + sum(
            self.amounts.get_total_cents(line) for claim in claims for line in self.amounts.get_parts(claim)
            if line.returns_line_id)
        whole = sum(map(self.amounts.get_total_cents, goods))
        shared = note.line_ids.browse().concat(*(line for line in parts if line not in goods))
        earlier = match_shares(shared, claims.invoice_line_ids)
        shares = [self.amounts.prepare_share(line, earlier[line], claimed, whole) for line in shared] if whole else []
        return [vals for vals in shares if vals]
