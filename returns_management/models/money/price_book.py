# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from odoo import fields

from ...tools import apportion
from .exact_amounts import TAX_FIELDS, cut_amounts, get_unit


@dataclass(frozen=True)
class Frame:
    """What a credit note without an invoice is made in; named as on an invoice, for who cuts amounts."""

    company_id: Any
    currency_id: Any
    company_currency_id: Any
    fiscal_position_id: Any
    invoice_currency_rate: float


class PriceBook:
    """Cuts what an accountant typed into parts that add up, however many credit notes the goods are paid by.

    A part is what all pieces up to and with it come to, less what those before it came to: each amount is rounded as if
    one note paid them all.
    """

    def __init__(self, company, currency, partner):
        self.env, self.company, self.currency = company.env, company, currency
        self.frame = Frame(
            company, currency, company.currency_id,
            self.env['account.fiscal.position'].with_company(company)._get_fiscal_position(partner),
            self.env['res.currency']._get_conversion_rate(
                company.currency_id, currency, company, fields.Date.context_today(company)))

    def get_amounts(self, line, pieces):
        """:return: what ``pieces`` of ``line`` (product's own unit) come to, as ``ExactAmounts.get_parts`` names it"""
        Tax = self.env['account.tax'].with_company(self.company)
        base_line = Tax._prepare_base_line_for_taxes_computation(
            {}, price_unit=line.credit_price, quantity=pieces, tax_ids=line.credit_tax_ids, currency_id=self.currency,
            rate=self.frame.invoice_currency_rate, product_id=line.product_id, product_uom_id=line.product_id.uom_id,
            partner_id=line.partner_id, is_refund=True)
        Tax._add_tax_details_in_base_line(base_line, self.company)
        Tax._round_base_lines_tax_details([base_line], self.company)
        details = base_line['tax_details']
        amounts = defaultdict(float, {
            'net_currency': details['total_excluded_currency'] + details['delta_total_excluded_currency'],
            'net': details['total_excluded'] + details['delta_total_excluded'], 'tax_ids': []})
        for tax_data in details['taxes_data']:
            if not tax_data['is_reverse_charge']:
                tax_id = tax_data['tax'].id
                amounts['tax_ids'].append(tax_id)
                amounts.update({(tax_id, name): tax_data[name] for name in TAX_FIELDS})
        return amounts

    def get_total(self, line, pieces):
        """:return: what ``pieces`` of ``line`` come to, taxes included, in the currency typed"""
        amounts = self.get_amounts(line, pieces)
        return self.currency.round(amounts['net_currency'] + sum(
            amounts[tax_id, 'tax_amount_currency'] for tax_id in amounts['tax_ids']))

    def prepare_exact(self, line, before, now):
        """:param before: pieces of ``line`` paid by earlier notes, in the product's own unit as ``now``
        :return: exact ``extra_tax_data`` of the line that pays the next ``now`` pieces
        """
        earlier, total = self.get_amounts(line, before), self.get_amounts(line, before + now)

        def cut(name):
            return get_unit(name, self.currency, self.frame.company_currency_id).round(total[name] - earlier[name])

        return {
            **cut_amounts(self.frame, total, cut),
            'price_unit': line.credit_price, 'discount': 0.0, 'quantity': now,
        }


class ReceiptCosts:
    """Cuts the value that goods without an order came in at into parts that add up, as they are paid for."""

    def __init__(self, settlements):
        """:param settlements: those whose credit notes are about to be posted"""
        lines = settlements.request_line_id
        self.values, self.pieces = defaultdict(float), defaultdict(float)
        for move in lines.move_ids.filtered(lambda move: move.state == 'done' and move._returns_is_receipt()):
            self.values[move.returns_line_id] += move.value
            self.pieces[move.returns_line_id] += move._returns_get_pieces()
        self.before = defaultdict(float)
        for settlement in lines.settlement_ids - settlements:
            if settlement.refund_line_id.parent_state == 'posted':
                self.before[settlement.request_line_id] += settlement._get_noted_pieces()

    def cut(self, settlement):
        """:return: the value of the pieces of ``settlement``, in the company's currency; those that never came have none"""
        line, whole = settlement.request_line_id, self.pieces[settlement.request_line_id]
        before, currency = min(self.before[line], whole), line.company_currency_id
        self.before[line] += settlement._get_noted_pieces()
        if not whole:
            return 0.0
        cents = apportion.share(
            round(self.values[line] / currency.rounding), before, min(self.before[line], whole) - before, whole)
        return currency.round(cents * currency.rounding)
