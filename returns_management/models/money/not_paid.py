# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from fractions import Fraction

from odoo import Command

from ...tools import apportion
from .exact_amounts import TAX_FIELDS, cut_amounts, get_price_unit, get_unit


class NotPaid:
    """What of an invoice its customer was let off: a discount for paying early, or what was written off when they paid.

    Nobody gets back what they never paid, so each credit note keeps its share, in proportion to the goods, on the accounts
    and with the taxes that it was booked on.
    """

    def __init__(self, amounts, invoice):
        """:param amounts: the :class:`ExactAmounts` of the run"""
        self.amounts, self.invoice, self.env = amounts, invoice, invoice.env
        self.names = {}  # {(account, taxes): what the line of a note is called}
        self.totals = defaultdict(lambda: defaultdict(Fraction))  # {(account, taxes): {amount: cents, negative}}
        for partial in invoice.line_ids.matched_credit_ids:
            self._read(partial)

    def __bool__(self):
        return bool(self.totals)

    def _read(self, partial):
        item = partial.credit_move_id
        lines = item._returns_get_let_off()
        if not lines:
            return
        part = -apportion.exact(partial.debit_amount_currency) / apportion.exact(item._returns_get_settled())
        bases = {line: line.tax_ids.flatten_taxes_hierarchy() for line in lines if not line.tax_line_id}
        for base, taxes in bases.items():
            key = base.account_id, base.tax_ids
            totals, net = self.totals[key], part * apportion.exact(base.amount_currency)
            self.names[key] = base.name
            self._add(totals, 'net', net)
            for tax in taxes:
                self._add(totals, 'base_amount', net, tax.id)
        for line in lines.filtered('tax_line_id'):
            bearing = [base for base, taxes in bases.items() if line.tax_line_id in taxes]
            whole = sum(apportion.exact(base.amount_currency) for base in bearing)
            for base in bearing if whole else ():
                tax = part * apportion.exact(line.amount_currency) * apportion.exact(base.amount_currency) / whole
                self._add(self.totals[base.account_id, base.tax_ids], 'tax_amount', tax, line.tax_line_id.id)

    def _add(self, totals, name, amount, tax_id=None):
        """Note an amount of the invoice's currency in both currencies, at the invoice's rate."""
        rate = apportion.exact(self.invoice.invoice_currency_rate or 1.0)
        name_currency = f'{name}_currency'
        for key, value in ((name, amount / rate), (name_currency, amount)):
            key = (tax_id, key) if tax_id else key
            totals[key] += value / apportion.exact(self._get_unit(key).rounding)

    def _get_unit(self, key):
        return get_unit(key, self.invoice.currency_id, self.invoice.company_currency_id)

    def prepare(self, progress, notes):
        """
        :param progress: the :class:`SharedLines` of the note being made
        :param notes: the other live notes of the invoice
        :return: values of the lines to add
        """
        product = self.env.ref('returns_management.product_not_paid')
        return list(filter(None, (
            self._prepare_line(product, account, taxes, totals, progress, notes)
            for (account, taxes), totals in self.totals.items())))

    def _prepare_line(self, product, account, taxes, totals, progress, notes):
        credited, whole = progress.get_progress_by_taxes(taxes)
        if not whole:
            return None
        booked = defaultdict(int)
        for line in notes.invoice_line_ids:
            if line.product_id == product and line.account_id == account and line.tax_ids == taxes:
                for name, amount in self.amounts.get_parts(line.move_id).get(line, {}).items():
                    if name != 'tax_ids':
                        booked[name] += round(amount / self._get_unit(name).rounding)

        def cut(name):
            unit = self._get_unit(name)
            cents = apportion.heal(
                apportion.round_half(totals.get(name, Fraction(0))), booked[name], min(credited, whole), whole)
            return unit.round(cents * unit.rounding)

        tax_ids = taxes.flatten_taxes_hierarchy().ids
        exact = cut_amounts(self.invoice, {'tax_ids': tax_ids}, cut)
        if not any((exact['manual_total_excluded_currency'], *(
                tax.get(name) for tax in exact['manual_tax_amounts'].values() for name in TAX_FIELDS))):
            return None
        price_unit = get_price_unit(exact, taxes)
        return {
            'name': self.names[account, taxes] or product.name, 'product_id': product.id, 'quantity': 1.0,
            'price_unit': price_unit, 'tax_ids': [Command.set(taxes.ids)], 'account_id': account.id,
            'extra_tax_data': {**exact, 'price_unit': price_unit, 'discount': 0.0, 'quantity': 1.0},
        }
