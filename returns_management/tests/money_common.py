# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, fields

from .common import ReturnsCommon


class MoneyCommon(ReturnsCommon):
    """Orders, invoices and returns for tests that look at the money.

    ``_bill`` and ``_accept`` leave out what stock, policy and votes would do, so that many cases
    can be tried; tests of single cases take the whole road.
    """

    maxDiff = None
    ledger_leaves = frozenset({'received', 'accepted'})  # left out by _accept

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Tax = cls.env['account.tax']
        cls.tax_21_included = Tax.create({
            'name': "Returns 21 % included", 'amount': 21.0, 'type_tax_use': 'sale', 'company_id': cls.company.id,
            'price_include_override': 'tax_included'})
        cls.taxes = {
            '15': cls.tax_15, '5': cls.tax_5, '21 included': cls.tax_21_included, '15 + 5': cls.tax_15 | cls.tax_5,
            'none': Tax,
        }
        cls.goods = [
            cls.env['product.product'].create({
                'name': f"Goods {number}", 'type': 'consu', 'is_storable': False, 'invoice_policy': 'order',
                'list_price': 10.0, 'taxes_id': [Command.clear()]})
            for number in range(5)]
        cls.currency = cls.env['res.currency'].with_context(active_test=False).search(
            [('name', '=', 'CHF'), ('id', '!=', cls.company.currency_id.id)], limit=1)
        cls.currency.active = True
        cls.currency.rate_ids.filtered(lambda rate: rate.company_id == cls.company).unlink()
        cls._set_rate('2020-01-01', 0.8731)
        cls._set_rate('2025-01-01', 0.9412)
        cls.pricelist = cls.env['product.pricelist'].create({
            'name': "Foreign", 'currency_id': cls.currency.id, 'company_id': cls.company.id})

    @classmethod
    def _set_rate(cls, day, rate):
        cls.env['res.currency.rate'].create({
            'name': day, 'rate': rate, 'currency_id': cls.currency.id, 'company_id': cls.company.id})

    @classmethod
    def _bill(cls, *lines, foreign=False, post=True, **order_values):
        """An order of :attr:`goods` with ``lines`` as values, invoiced; nothing is delivered.

        In foreign currency it was invoiced before the rate moved.
        """
        return cls._bill_each([(lines, foreign)], post=post, **order_values)

    @classmethod
    def _bill_each(cls, bills, post=True, **order_values):
        """:param bills: for each order its ``lines`` and whether it is in foreign currency, see :meth:`_bill`"""
        orders = cls.env['sale.order'].with_context(skip_procurement=True).create([{
            'partner_id': cls.customer.id, 'user_id': cls.agent.id, 'state': 'sale',
            **({'pricelist_id': cls.pricelist.id} if foreign else {}), **order_values,
            'order_line': [Command.create({'product_id': product.id, **values})
                           for product, values in zip(cls.goods, lines, strict=False)],
        } for lines, foreign in bills])
        orders._create_invoices(grouped=True)
        for order, (_lines, foreign) in zip(orders, bills, strict=True):
            if foreign:
                order.invoice_ids.invoice_date = '2024-06-01'
        invoices = cls.env['account.move'].union(*(order.invoice_ids for order in orders))
        if post:
            invoices.action_post()
        return invoices

    def _accept(self, quantities):
        """A request whose goods are in, inspected and accepted.

        :param dict quantities: {order line: quantity in its unit, or a pair of it and more values of the return's line}
        """
        return self._accept_each([quantities])

    def _accept_each(self, cuts):
        """:param cuts: the quantities of each request, see :meth:`_accept`"""
        vals_list = []
        for quantities in cuts:
            given = {line: part if isinstance(part, tuple) else (part, {}) for line, part in quantities.items()}
            vals_list.append({
                'partner_id': next(iter(given)).order_id.partner_id.id, 'team_id': self.team.id, 'user_id': self.agent.id,
                'line_ids': [Command.create({
                    'sale_line_id': line.id, 'quantity': quantity, 'reason_id': self.reason.id, **values})
                    for line, (quantity, values) in given.items()]})
        requests = self.Request.create(vals_list)
        requests._write_flow({'date_submitted': fields.Datetime.now()})
        for name in ('quantity_approved', 'quantity_received', 'quantity_accepted'):
            for line in requests.line_ids:
                line._write_flow({name: line.quantity})
        requests.line_ids._claim_balance()
        requests.line_ids._advance()
        self.assertEqual(set(requests.mapped('state')), {'settlement'})
        return requests

    def _settle_accepted(self, quantities, post=True):
        """Accept and settle. Returns the credit notes."""
        return self._settle(self._accept(quantities), post=post)

    def _credit_by_hand(self, invoice, quantity, post=True, **line_values):
        """What an accountant does in Accounting: reverse the invoice, keep ``quantity`` of its first line."""
        note = invoice._reverse_moves([{}])
        line = note.invoice_line_ids.filtered('product_id')[0]
        (note.invoice_line_ids - line).unlink()
        line.write({'quantity': quantity, **line_values})
        if post:
            note.action_post()
        return note

    # ------------------------------------------------------------------
    # Comparing
    # ------------------------------------------------------------------

    def _get_books(self, moves):
        """What these moves booked, without signs of direction.

        Tax bases are read from the lines that bear the tax, as the tax report does: a tax of 0.00
        has no line of its own.

        :return: {(what, tax or account, currency): amount}
        """
        books = defaultdict(float)
        for move in moves:
            for line in move.line_ids:
                sign = move.direction_sign
                if line.display_type == 'tax':
                    keys = [('tax', line.tax_repartition_line_id.tax_id.id)]
                elif line.display_type == 'product':
                    keys = [('net', line.account_id.id), *(('base of', tax.id) for tax in line.tax_ids)]
                elif line.display_type == 'payment_term':
                    keys = [('term', line.account_id.id)]
                    sign = -move.direction_sign
                else:
                    keys = [(line.display_type, line.account_id.id)]
                for key in keys:
                    books[(*key, 'invoice currency')] += sign * line.amount_currency
                    books[(*key, 'company currency')] += sign * line.balance
            for name in ('amount_untaxed', 'amount_tax', 'amount_total'):
                books[name,] += move[name]
                books[f'{name}_signed',] += abs(move[f'{name}_signed'])
        return {key: round(amount, 6) + 0.0 for key, amount in books.items() if round(amount, 6)}

    def assertAddUp(self, invoice, notes, case=None):
        """The notes are the invoice to the cent, on paper as in the books, and close it."""
        self.assertEqual(self._get_books(notes), self._get_books(invoice), case)
        for note in notes:
            self.assertEqual(note.reversed_entry_id, invoice)
            self.assertAlmostEqual(sum(note.line_ids.mapped('balance')), 0.0, places=6)
            self.assertAlmostEqual(note.tax_totals['total_amount_currency'], note.amount_total, places=6)
        self.assertEqual(invoice.currency_id.round(invoice.amount_residual), 0.0)
        self.assertIn(invoice.payment_state, ('reversed', 'paid'))
