# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, models
from odoo.exceptions import UserError

from .deductions import Deductions
from .freight import Freight


class ReturnsRequestLine(models.Model):
    """Goods without an order are paid at the price that an accountant typed."""
    _inherit = 'returns.request.line'

    def _settle_by_price(self):
        """Credit what was accepted at the price typed; one credit note a request and currency.

        :raise UserError: the price is missing
        """
        missing = self.filtered(lambda line: not line.credit_user_id)
        if missing:
            raise UserError(self.env._(
                "%s: no invoice is known. Type price and tax first.", ", ".join(missing.mapped('display_name'))))
        numbers = self._get_next_numbers()
        settlements = self.env['returns.settlement'].create([
            line._prepare_priced_settlement_vals(numbers[line]) for line in self])
        settlements._create_priced_notes()
        return settlements

    def _prepare_priced_settlement_vals(self, number):
        self.ensure_one()
        pieces = self._get_pieces_to_settle()
        withheld, exempt = self._get_pieces_to_keep()
        withheld = min(max(withheld, 0.0), pieces)
        return self._prepare_settlement_vals(
            'credit', self._fit_unit(pieces), number, pieces=pieces, pieces_withheld=withheld,
            pieces_exempt=min(max(exempt, 0.0), pieces - withheld), fee_percent=self.fee_percent,
            currency_id=self.credit_currency_id.id,
            note=self.env._("No invoice is known. Price typed by %(user)s: %(basis)s",
                            user=self.credit_user_id.name, basis=self.credit_basis))


class ReturnsSettlement(models.Model):
    _inherit = 'returns.settlement'

    def _is_priced(self):
        """Whether it credits goods without an order, at a price that was typed."""
        self.ensure_one()
        return self.kind == 'credit' and not self.request_line_id.sale_line_id

    def _get_receipt_cost(self):
        """:return: what one piece of goods without an order came in at, in the company's currency"""
        receipts = self.request_line_id.move_ids.filtered(
            lambda move: move.state == 'done' and move._returns_is_receipt())
        pieces = sum(move._returns_get_pieces() for move in receipts)
        return sum(receipts.mapped('value')) / pieces if pieces else 0.0

    def _create_priced_notes(self):
        """One draft credit note a request and currency for these planned settlements, all in one create."""
        groups = self.grouped(lambda settlement: (settlement.request_id, settlement.currency_id)).values()
        if groups:
            freight = Freight(self)
            self._make_notes(groups, [settlements._prepare_priced_note(freight) for settlements in groups], freight)

    def _prepare_priced_note(self, freight):
        """:return: (values of the credit note of these settlements, {settlement: what it keeps of it})"""
        book = self.request_line_id[:1]._get_price_book()
        lines = [settlement._prepare_priced_line_vals(book) for settlement in self]
        note = Deductions(book.frame, self, lines)
        deductions, kept = note.prepare([])
        return self._prepare_priced_note_vals(book.frame, lines + deductions + freight.prepare(note, kept)), kept

    def _prepare_priced_note_vals(self, frame, lines):
        """Values of a credit note that reverses no invoice: the note says why."""
        request = self.request_id
        return {
            'move_type': 'out_refund', 'partner_id': request.partner_id.id, 'company_id': frame.company_id.id,
            'currency_id': frame.currency_id.id, 'fiscal_position_id': frame.fiscal_position_id.id,
            'invoice_origin': request.name, 'ref': self.env._("Return %s, no invoice known", request.name),
            'narration': "\n".join(self.env._(
                "%(product)s: no invoice of these goods is known; credited by agreement: %(basis)s",
                product=line.product_id.display_name, basis=line.credit_basis) for line in self.request_line_id),
            'invoice_user_id': request.user_id.id, 'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create(vals) for vals in lines],
        }

    def _prepare_priced_line_vals(self, book):
        self.ensure_one()
        line, product = self.request_line_id, self.request_line_id.product_id
        earlier = line.settlement_ids.filtered(lambda settlement: (
            settlement.state != 'cancelled' and settlement.kind == 'credit' and settlement.id < self.id))
        accounts = product.with_company(book.company).product_tmpl_id.get_product_accounts(
            book.frame.fiscal_position_id)
        return {
            'product_id': product.id, 'name': product.display_name, 'product_uom_id': product.uom_id.id,
            'quantity': self.pieces, 'price_unit': line.credit_price, 'discount': 0.0,
            'tax_ids': [Command.set(line.credit_tax_ids.ids)],
            'account_id': (line.credit_account_id or accounts['income']).id, 'analytic_distribution': False,
            'returns_line_id': line.id,
            'extra_tax_data': book.prepare_exact(line, sum(earlier.mapped('pieces')), self.pieces),
        }
