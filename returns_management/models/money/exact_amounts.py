# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from fractions import Fraction

from odoo import Command, models

from ...tools import apportion

#: What is apportioned of each tax, in the invoice's and in the company's currency.
TAX_FIELDS = ('tax_amount_currency', 'tax_amount', 'base_amount_currency', 'base_amount')


class ExactAmounts:
    """Cuts what invoice lines booked into parts that add up, however they are cut.

    Net, each tax and its base, in both currencies. What earlier notes on a line really booked
    is read from those notes: the last piece takes what is left.

    The one place that knows two private channels of core: ``_get_rounded_base_and_tax_lines``
    (what a move booked, line by line) and ``extra_tax_data`` (what a line is to book).
    """

    def __init__(self, moves):
        """:param moves: invoices and notes that are going to be read: fetched at once"""
        lines = moves.line_ids
        for name in ('tax_ids', 'tax_tag_ids'):
            lines.mapped(name)
        self.parts = {}  # by move
        self.booked = {}  # by invoice line

    def prepare(self, line, earlier, before, now, whole, price_unit, quantity):
        """Exact ``extra_tax_data`` of a credit note line (TRIALS B, recipe 3).

        :param line: the invoice line
        :param earlier: [(line of an earlier live note, its part that belongs to ``line``)]
        :param before: pieces of ``line`` credited before, all in one unit with ``now`` and ``whole``
        :param price_unit: of the credit note line; core drops the exact amounts if it differs
        :param quantity: of the credit note line, in its unit
        """
        if line not in self.booked:
            self.booked[line] = self._get_booked(line, earlier)
        booked, amounts, invoice = self.booked[line], self.get_parts(line.move_id)[line], line.move_id

        def cut(name):
            unit = get_unit(name, invoice.currency_id, invoice.company_currency_id)
            cents = cut_cents(
                _cents(amounts[name], unit), _cents(booked[name], unit), before, now, whole, len(earlier))
            booked[name] += cents * unit.rounding
            return unit.round(cents * unit.rounding)

        return {
            **cut_amounts(invoice, amounts, cut),
            'price_unit': price_unit, 'discount': line.discount, 'quantity': quantity,
        }

    def prepare_share(self, line, earlier, credited, whole):
        """Values of the credit note line that gives back the share of ``line``, a discount or cash rounding.

        :param line: of the invoice
        :param earlier: [(line of an earlier live note, 1)] that gave back a share of it
        :param credited: cents of goods credited, this note included, of ``whole``
        :return: values, or None where there is nothing to give back
        """
        invoice, amounts, booked = line.move_id, self.get_parts(line.move_id)[line], self._get_booked(line, earlier)
        currency, company_currency = invoice.currency_id, invoice.company_currency_id

        def cut(name):
            unit = get_unit(name, currency, company_currency)
            cents = apportion.heal(_cents(amounts[name], unit), _cents(booked[name], unit), min(credited, whole), whole)
            return unit.round(cents * unit.rounding)

        exact = cut_amounts(invoice, amounts, cut)
        if not any(_cents(amount, currency) for amount in (
                exact['manual_total_excluded_currency'],
                sum(tax.get('tax_amount_currency', 0.0) for tax in exact['manual_tax_amounts'].values()))):
            return None
        price_unit = get_price_unit(exact, line.tax_ids)
        return {
            'name': line.name, 'product_id': line.product_id.id, 'quantity': 1.0, 'price_unit': price_unit,
            'tax_ids': [Command.set(line.tax_ids.ids)], 'account_id': line.account_id.id,
            'analytic_distribution': line.analytic_distribution,
            'extra_tax_data': {**exact, 'price_unit': price_unit, 'discount': 0.0, 'quantity': 1.0},
        }

    def take_rest(self, invoice, goods, noted, vals_list, limit):
        """Bring the values of the last credit note lines of an invoice to what is left of it.

        :param goods: all lines of goods of ``invoice``
        :param noted: lines of goods on its live notes
        :param vals_list: values of the lines of the note being made, changed in place
        :param int limit: cents for each amount; more was intended
        """
        left = defaultdict(int)
        for sign, lines in ((1, goods), (-1, noted)):
            for line in lines:
                for name, amount in self.get_parts(line.move_id)[line].items():
                    if name != 'tax_ids':
                        left[name] += sign * _cents(
                            amount, get_unit(name, invoice.currency_id, invoice.company_currency_id))
        for name, cents in left.items():
            unit = get_unit(name, invoice.currency_id, invoice.company_currency_id)
            places = [place for place in (_get_place(vals['extra_tax_data'], name) for vals in vals_list) if place]
            rest = cents - sum(_cents(amounts[field], unit) for amounts, field in places)
            if places and rest and abs(rest) <= limit:
                amounts, field = max(places, key=lambda place: abs(place[0][place[1]]))
                amounts[field] = unit.round(amounts[field] + rest * unit.rounding)

    def get_total_cents(self, line):
        """:return: what ``line`` booked, taxes included, in cents of its move's currency"""
        amounts = self.get_parts(line.move_id)[line]
        total = amounts['net_currency'] + sum(
            amounts[tax_id, 'tax_amount_currency'] for tax_id in amounts['tax_ids'])
        return _cents(total, line.move_id.currency_id)

    def get_parts(self, move):
        """What each product line of ``move`` booked, taxes apart.

        :return: {line: {'net', 'net_currency', 'tax_ids', (tax id, field): amount}}
        """
        if move not in self.parts:
            self.parts[move] = self._read_parts(move)
        return self.parts[move]

    def _read_parts(self, move):
        parts, discounts = {}, []
        base_lines, _tax_lines = move._get_rounded_base_and_tax_lines()
        for base_line in base_lines:
            line, details = base_line['record'], base_line['tax_details']
            if not isinstance(line, models.BaseModel) or line._name != 'account.move.line':
                continue
            amounts = defaultdict(float, {
                'net_currency': details['total_excluded_currency'] + details['delta_total_excluded_currency'],
                'net': details['total_excluded'] + details['delta_total_excluded'],
                'tax_ids': [],
            })
            # computed anew in company currency, the net amount may miss by a cent what the line booked
            missed = move.direction_sign * line.balance - amounts['net'] if line.display_type == 'product' else 0.0
            amounts['net'] += missed
            for tax_data in details['taxes_data']:
                if tax_data['is_reverse_charge']:
                    continue
                tax_id = tax_data['tax'].id
                amounts['tax_ids'].append(tax_id)
                for field in TAX_FIELDS:
                    amounts[tax_id, field] = tax_data[field]
                amounts[tax_id, 'base_amount'] += missed
            if line.display_type == 'rounding':
                amounts.update(
                    net_currency=move.direction_sign * line.amount_currency, net=move.direction_sign * line.balance)
            if line.display_type in ('product', 'rounding'):
                parts[line] = amounts
            else:
                discounts.append(amounts)
        for amounts in discounts:
            self._spread_discount(move, amounts, parts)
        return parts

    def _spread_discount(self, move, amounts, parts):
        """An early payment discount that lowers the tax at once ('mixed') lowers the tax of each line."""
        for tax_id in amounts['tax_ids']:
            bearing = [part for part in parts.values() if tax_id in part['tax_ids']]
            for field in TAX_FIELDS:
                unit = get_unit(field, move.currency_id, move.company_currency_id)
                sizes = [abs(_cents(part[tax_id, field], unit)) for part in bearing]
                before, whole = 0, sum(sizes)
                for part, size in zip(bearing, sizes, strict=True):
                    if size:
                        cents = apportion.share(_cents(amounts[tax_id, field], unit), before, size, whole)
                        part[tax_id, field] = unit.round(part[tax_id, field] + cents * unit.rounding)
                    before += size

    def _get_booked(self, line, earlier):
        """What earlier live notes really booked of ``line``, ours and those made by hand."""
        booked = defaultdict(float)
        for note_line, part in earlier:
            # a line of negative quantity on an invoice credits, too
            sign = -1 if note_line.move_id.move_type == line.move_id.move_type else 1
            for name, amount in self.get_parts(note_line.move_id).get(note_line, {}).items():
                if name != 'tax_ids':
                    booked[name] += sign * float(part) * amount
        return booked


class CostBook:
    """Cuts the cost of goods that invoice lines booked into parts that add up, as they come back."""

    def __init__(self, invoice_lines):
        """:param invoice_lines: those that are being credited"""
        self.costs = self._group_costs(invoice_lines.move_id)
        settlements = invoice_lines.env['returns.settlement'].search([
            ('invoice_line_id', 'in', invoice_lines.ids), ('refund_line_id.parent_state', '=', 'posted')])
        noted = self._group_costs(settlements.refund_line_id.move_id)
        # by invoice line and side (stock or expense): cents and pieces of posted notes, and their number
        self.booked = defaultdict(lambda: [0, 0.0, 0])
        for settlement in settlements:
            for is_stock in (True, False):
                cost = noted.get((settlement.refund_line_id, is_stock))
                if cost:
                    self._note(settlement, is_stock, _cents(cost.amount_currency, cost.currency_id))

    @staticmethod
    def _group_costs(moves):
        """:return: {(line of goods, whether on the stock account): its line of cost}"""
        return {
            (line.cogs_origin_id, line.price_unit >= 0): line
            for line in moves.line_ids if line.display_type == 'cogs' and line.cogs_origin_id}

    def _note(self, settlement, is_stock, cents):
        booked = self.booked[settlement.invoice_line_id, is_stock]
        booked[0] += cents
        booked[1] += settlement._get_noted_pieces()
        booked[2] += 1

    def prepare_cost(self, settlement, is_stock):
        """:return: values of the cost line of a credit note line about to be posted; empty without a cost to undo"""
        line = settlement.invoice_line_id
        cost = self.costs.get((line, is_stock))
        if not cost:
            return {}
        cents, before, notes = self.booked[line, is_stock]
        unit, whole = line.product_id.uom_id, line.quantity
        whole = line.product_uom_id._compute_quantity(whole, unit, rounding_method='HALF-UP')
        now = cut_cents(
            -_cents(cost.amount_currency, cost.currency_id), cents, before, settlement._get_noted_pieces(), whole, notes)
        self._note(settlement, is_stock, now)
        return {
            'amount_currency': cost.currency_id.round(now * cost.currency_id.rounding), 'account_id': cost.account_id.id}


def cut_cents(total, booked, before, now, whole, notes):
    """Cents to book for the next ``now`` pieces, when ``booked`` cents were booked for ``before``.

    Cents that earlier notes missed by rounding are made up for. Where an earlier note credited
    another price on purpose, each piece left gets its own price, or its part of what is left if
    that is less: no intention of an accountant is undone, and no more is credited than invoiced.

    :param notes: number of earlier notes, each of which may be off by a cent or two
    """
    if abs(booked - apportion.target(total, before, whole)) <= 2 * notes:
        return apportion.heal(total, booked, apportion.exact(before) + apportion.exact(now), whole)
    plain = apportion.share(total, before, now, whole)
    fair = apportion.target(total - booked, now, apportion.exact(whole) - apportion.exact(before))
    if (fair >= 0) != (total >= 0):
        return 0
    return min(plain, fair, key=abs)


def cut_amounts(invoice, amounts, cut):
    """:param invoice: whose currency and rate count
    :param cut: name of an amount -> what of it this line books
    :return: ``extra_tax_data`` of a line that books these parts of ``amounts``; the line's price and quantity are missing
    """
    return {
        'currency_id': invoice.currency_id.id, 'rate': invoice.invoice_currency_rate,
        'manual_total_excluded_currency': cut('net_currency'), 'manual_total_excluded': cut('net'),
        # core ignores the manual net amount where there are no manual taxes: name one that does not exist
        'manual_tax_amounts': {
            str(tax_id): {field: cut((tax_id, field)) for field in TAX_FIELDS} for tax_id in amounts['tax_ids']
        } or {'0': {}},
    }


def get_exact_cents(extra_tax_data, currency):
    """:return: what a line with this ``extra_tax_data`` books, taxes included, in cents of ``currency``"""
    return _cents(extra_tax_data['manual_total_excluded_currency'] + sum(
        tax.get('tax_amount_currency', 0.0) for tax in extra_tax_data['manual_tax_amounts'].values()), currency)


def combine_parts(sources, invoice):
    """
    :param sources: [(``extra_tax_data`` of a line, part of it)], all with the same taxes
    :return: ``extra_tax_data`` of a line that books the sum of these parts, each amount rounded once
    """
    def add(get, name):
        unit = get_unit(name, invoice.currency_id, invoice.company_currency_id)
        cents = sum(_cents(get(data), unit) * part for data, part in sources)
        return unit.round(apportion.round_half(Fraction(cents)) * unit.rounding)

    def get_tax(tax_id, field):
        return lambda data: data['manual_tax_amounts'].get(tax_id, {}).get(field, 0.0)

    taxes = dict.fromkeys(tax_id for data, _part in sources for tax_id in data['manual_tax_amounts'])
    return {
        'currency_id': invoice.currency_id.id, 'rate': invoice.invoice_currency_rate,
        'manual_total_excluded_currency': add(lambda data: data['manual_total_excluded_currency'], 'net_currency'),
        'manual_total_excluded': add(lambda data: data['manual_total_excluded'], 'net'),
        'manual_tax_amounts': {
            tax_id: {} if tax_id == '0' else {field: add(get_tax(tax_id, field), field) for field in TAX_FIELDS}
            for tax_id in taxes},
    }


def get_price_unit(exact, taxes):
    """:return: the price of one piece that books these exact amounts, with or without ``taxes`` as they want it"""
    price_unit = exact['manual_total_excluded_currency']
    if any(taxes.flatten_taxes_hierarchy().mapped('price_include')):
        price_unit += sum(tax.get('tax_amount_currency', 0.0) for tax in exact['manual_tax_amounts'].values())
    return price_unit


def _get_place(extra_tax_data, name):
    """:return: (dict, key) where ``extra_tax_data`` keeps an amount, or None where it does not bear it"""
    if isinstance(name, str):
        return extra_tax_data, {'net_currency': 'manual_total_excluded_currency', 'net': 'manual_total_excluded'}[name]
    amounts = extra_tax_data['manual_tax_amounts'].get(str(name[0]))
    return (amounts, name[1]) if amounts else None


def get_unit(name, currency, company_currency):
    """:return: the currency of an amount: that of the document where its name says so"""
    return currency if (name[-1] if isinstance(name, tuple) else name).endswith('_currency') else company_currency


def _cents(amount, currency):
    return round(amount / currency.rounding)
