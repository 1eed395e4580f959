# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command

from ...tools import apportion
from .exact_amounts import TAX_FIELDS, cut_amounts, get_exact_cents, get_price_unit, get_unit


class Freight:
    """What credit notes keep of the way back, where the customer pays it: a fixed amount, taxes included, once a return.

    A working paper for one run: what one note has no room for, the next one keeps.
    """

    def __init__(self, settlements):
        """:param settlements: those that are being settled, their notes not made yet"""
        self.env = settlements.env
        self.left = {request: request._get_freight_to_keep() for request in settlements.request_id}
        self.parts = {}  # {settlement: (of the freight cost in company currency, the same in the note's)}

    def prepare(self, note, kept):
        """
        :param note: the :class:`Deductions` of a note, prepared
        :param kept: {settlement: what is kept of it, in the note's currency}, added to
        :return: values of the lines to add
        """
        vals_list, room = [], self._get_room(note)
        for request, settlements in note.settlements.grouped('request_id').items():
            left, currency = self.left[request], request.currency_id
            rate = apportion.exact(note.invoice.invoice_currency_rate or 1.0)
            wanted = apportion.round_half(apportion.exact(left) * rate / apportion.exact(note.currency.rounding))
            cents = min(wanted, sum(room[settlement] for settlement in settlements))
            if cents <= 0:
                continue
            part = left if cents == wanted else currency.round(left * cents / wanted)
            self.left[request] = currency.round(left - part)
            vals_list += self._prepare_lines(note, request, settlements, room, cents)
            self._note_parts(note, settlements, room, cents, part, kept)
        return vals_list

    def _get_room(self, note):
        """:return: {settlement: cents of the note that are left of it when all else is kept}"""
        whole = sum(self._get_cents(note, vals) for vals in note.goods + note.shared + note.lines)
        sizes = [max(0, get_exact_cents(vals['extra_tax_data'], note.currency)) for vals in note.goods]
        sizes = [apportion.round_half(size * (1 - taken)) for size, taken in zip(sizes, note.taken, strict=True)]
        before, room = 0, {}
        for settlement, size in zip(note.settlements, sizes, strict=True):
            room[settlement] = apportion.share(max(whole, 0), before, size, sum(sizes)) if size else 0
            before += size
        return room

    def _get_cents(self, note, vals):
        if vals.get('extra_tax_data'):
            return get_exact_cents(vals['extra_tax_data'], note.currency)
        taxes = self.env['account.tax'].browse(vals['tax_ids'][0][2])
        total = taxes.compute_all(vals['price_unit'], note.currency, vals['quantity'])['total_included']
        return round(total / note.currency.rounding)

    def _prepare_lines(self, note, request, settlements, room, cents):
        """One line for each set of taxes of the goods, or one with the product's own."""
        product = self.env.ref('returns_management.product_return_freight').with_company(note.invoice.company_id)
        own = note.get_own_taxes(product)
        sizes = {}
        for settlement, vals in zip(note.settlements, note.goods, strict=True):
            if settlement in settlements:
                tax_ids = tuple(sorted(own.ids or vals['tax_ids'][0][2]))
                sizes[tax_ids] = sizes.get(tax_ids, 0) + room[settlement]
        vals_list, before, whole = [], 0, sum(sizes.values())
        for tax_ids, size in sizes.items():
            part = apportion.share(cents, before, size, whole)
            before += size
            if part:
                vals_list.append(self._prepare_line(
                    note, request, product, self.env['account.tax'].browse(tax_ids), -part * note.currency.rounding))
        return vals_list

    def _prepare_line(self, note, request, product, taxes, amount):
        frame = note.invoice
        amounts = self._get_amounts(frame, product, taxes, frame.currency_id.round(amount))
        exact = cut_amounts(frame, amounts, lambda name: get_unit(
            name, frame.currency_id, frame.company_currency_id).round(amounts[name]))
        price_unit = get_price_unit(exact, taxes)
        return {
            'product_id': product.id, 'quantity': 1.0, 'price_unit': price_unit,
            'name': self.env._("Freight of the way back, %s", request.name), 'tax_ids': [Command.set(taxes.ids)],
            'account_id': product.product_tmpl_id.get_product_accounts(frame.fiscal_position_id)['income'].id,
            'analytic_distribution': note.get_distribution(),
            'extra_tax_data': {**exact, 'price_unit': price_unit, 'discount': 0.0, 'quantity': 1.0},
        }

    def _get_amounts(self, frame, product, taxes, total):
        """:return: what ``total``, taxes included, comes to without them, as ``ExactAmounts.get_parts`` names it"""
        Tax, company = self.env['account.tax'].with_company(frame.company_id), frame.company_id
        base_line = Tax._prepare_base_line_for_taxes_computation(
            {}, price_unit=total, quantity=1.0, tax_ids=taxes, currency_id=frame.currency_id, product_id=product,
            rate=frame.invoice_currency_rate, special_mode='total_included', is_refund=True)
        Tax._add_tax_details_in_base_line(base_line, company)
        Tax._round_base_lines_tax_details([base_line], company)
        data = [tax for tax in base_line['tax_details']['taxes_data'] if not tax['is_reverse_charge']]
        amounts = {(tax['tax'].id, name): tax[name] for tax in data for name in TAX_FIELDS}
        return {
            **amounts, 'tax_ids': [tax['tax'].id for tax in data],
            # what is kept is fixed: no cent more or less by rounding its taxes
            'net_currency': total - sum(tax['tax_amount_currency'] for tax in data),
            'net': frame.company_currency_id.round(total / (frame.invoice_currency_rate or 1.0)) - sum(
                tax['tax_amount'] for tax in data),
        }

    def _note_parts(self, note, settlements, room, cents, part, kept):
        """Spread what is kept over the settlements, by what is left of each."""
        company = settlements.company_id.currency_id
        part_cents = round(part / company.rounding)
        before, whole = 0, sum(room[settlement] for settlement in settlements)
        for settlement in settlements:
            now = room[settlement]
            if now:
                amount = note.currency.round(apportion.share(cents, before, now, whole) * note.currency.rounding)
                kept[settlement] += amount
                self.parts[settlement] = (
                    company.round(apportion.share(part_cents, before, now, whole) * company.rounding), amount)
            before += now
