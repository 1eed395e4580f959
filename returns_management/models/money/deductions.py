# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from fractions import Fraction

from odoo import Command

from ...tools import apportion
from .exact_amounts import combine_parts, get_exact_cents, get_price_unit


class Deductions:
    """What a credit note keeps of the goods it credits: loss of value by the grade found, and a restocking fee.

    Each is one line for each set of taxes, cut from what the lines of the goods and of the discounts really book, so
    that net and taxes go down alike. The fee is taken of what is left after the loss of value.
    """

    def __init__(self, invoice, settlements, goods):
        """:param goods: values of the credit note lines of ``settlements``, in their order"""
        self.env, self.invoice, self.currency = settlements.env, invoice, invoice.currency_id
        self.settlements, self.goods, self.shared, self.lines = settlements, goods, [], []
        losses, exempt = (
            [apportion.exact(settlement[name]) / apportion.exact(settlement.pieces) for settlement in settlements]
            for name in ('pieces_withheld', 'pieces_exempt'))
        fees = [apportion.exact(settlement.fee_percent) / 100 * (1 - loss - spared)
                for settlement, loss, spared in zip(settlements, losses, exempt, strict=True)]
        self.kinds = [
            ('product_value_loss', self.env._("Loss of value"), losses),
            ('product_restocking_fee', self.env._("Restocking fee"), fees)]
        self.taken = [loss + fee for loss, fee in zip(losses, fees, strict=True)]

    def prepare(self, shared):
        """:param shared: values of the lines of the note that give back a share of the invoice's discounts
        :return: (values of the lines to add; {settlement: what is kept of it, taxes included, invoice's currency})
        """
        self.shared = shared
        vals_list, kept = self.lines, defaultdict(float)
        earlier = defaultdict(list)  # {taxes: [(its lines, extra_tax_data) of the kinds before]}
        for xml_id, name, parts in self.kinds:
            by_taxes = defaultdict(list)
            for settlement, vals, part in zip(self.settlements, self.goods, parts, strict=True):
                by_taxes[_get_tax_ids(vals)].append((settlement, vals['extra_tax_data'], part))
            for tax_ids, lines in by_taxes.items():
                if not any(part for _settlement, _data, part in lines):
                    continue
                exact = self._cut(tax_ids, lines, shared, earlier[tax_ids])
                earlier[tax_ids].append((lines, exact))
                cents = -get_exact_cents(exact, self.currency)
                if cents:
                    vals_list.append({
                        **self._prepare_line(xml_id, name, tax_ids, exact),
                        'analytic_distribution': self._get_distribution(tax_ids)})
                    self._note_kept(cents, lines, kept)
        return vals_list, kept

    def _cut(self, tax_ids, lines, shared, earlier):
        """All kinds together are rounded once, or two halves of a cent would keep more than the whole.

        :param earlier: [(lines, ``extra_tax_data``)] of the kinds before, of the same taxes
        :return: ``extra_tax_data`` of a line that keeps these parts of goods, and as much of their discounts
        """
        whole = sum(self._get_cents(data) for _settlement, data, _part in lines)
        lines = lines + [line for others, _exact in earlier for line in others]
        wanted = sum(self._get_cents(data) * part for _settlement, data, part in lines)
        discounts = [vals['extra_tax_data'] for vals in shared if vals['product_id'] and _get_tax_ids(vals) == tax_ids]
        return combine_parts(
            [(data, -part) for _settlement, data, part in lines]
            + [(data, -Fraction(wanted, whole)) for data in discounts if whole]
            + [(exact, -1) for _lines, exact in earlier], self.invoice)

    def _get_distribution(self, tax_ids):
        """:return: the analytic distribution of the goods with these taxes, where they all have the same"""
        found = [vals['analytic_distribution'] for vals in self.goods if _get_tax_ids(vals) == tax_ids]
        return found[0] if all(distribution == found[0] for distribution in found) else False

    def _get_cents(self, data):
        return get_exact_cents(data, self.currency)

    def _note_kept(self, cents, lines, kept):
        """Spread what a line keeps over the settlements it is kept of."""
        sizes = [abs(self._get_cents(data) * part) for _settlement, data, part in lines]
        before, whole = 0, sum(sizes)
        for (settlement, _data, _part), size in zip(lines, sizes, strict=True):
            if size:
                kept[settlement] += apportion.share(cents, before, size, whole) * self.currency.rounding
            before += size

    def _prepare_line(self, xml_id, name, tax_ids, exact):
        """The line bears the product's own taxes where it has any, else those of the goods."""
        position = self.invoice.fiscal_position_id
        product = self.env.ref(f'returns_management.{xml_id}').with_company(self.invoice.company_id)
        own = self.get_own_taxes(product)
        taxes = own or self.env['account.tax'].browse(tax_ids)
        price_unit = get_price_unit(exact, taxes)
        vals = {
            'product_id': product.id, 'name': name, 'quantity': 1.0, 'price_unit': price_unit,
            'tax_ids': [Command.set(taxes.ids)],
            'account_id': product.product_tmpl_id.get_product_accounts(position)['income'].id,
        }
        return vals if own else {
            **vals, 'extra_tax_data': {**exact, 'price_unit': price_unit, 'discount': 0.0, 'quantity': 1.0}}


    def get_own_taxes(self, product):
        """:return: the taxes of a product by which something is kept, as the note's customer bears them"""
        return self.invoice.fiscal_position_id.map_tax(
            product.taxes_id._filter_taxes_by_company(self.invoice.company_id))

    def get_distribution(self):
        """:return: the analytic distribution of all goods of the note, where they have the same"""
        found = [vals['analytic_distribution'] for vals in self.goods]
        return found[0] if all(distribution == found[0] for distribution in found) else False


def _get_tax_ids(vals):
    return tuple(sorted(vals['tax_ids'][0][2]))
