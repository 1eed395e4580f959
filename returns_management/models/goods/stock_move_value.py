# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from fractions import Fraction

from odoo import models

from ...tools import apportion


class StockMove(models.Model):
    """What comes back is valued as it went out, to the cent."""
    _inherit = 'stock.move'

    def _get_value_from_returns(self, quantity, at_date=None):
        """Core rounds each partial return by itself, and takes the average of lots that cost differently. Here the
        parts add up to what the delivery was worth, and where lots are valued each keeps its own cost.
        """
        gone = self._returns_get_original()
        if gone:
            return self._returns_get_value_as_second_choice(gone, quantity)
        data = super()._get_value_from_returns(quantity, at_date=at_date)
        pieces = self._get_valued_qty()
        if data['quantity'] and pieces and self.returns_line_id:
            unit = self.company_id.currency_id.rounding
            data['value'] = self._returns_get_cents_back(unit) * unit * quantity / pieces
        return data

    def _returns_get_cents_back(self, unit):
        """:param unit: what a cent is in the company's currency
        :return: cents of what the delivery was worth that belong to the pieces of this move: running totals of each
            lot that is valued, so that they add up however the delivery comes back
        """
        origin = self.origin_returned_move_id
        delivered, now = origin._returns_count_valued(), self._returns_count_valued()
        before = defaultdict(Fraction)
        for move in self._returns_get_earlier():
            for lot, pieces in move._returns_count_valued().items():
                before[lot] += pieces
        worth = origin._returns_spread_value(delivered, unit)
        strange = sum(pieces for lot, pieces in now.items() if lot not in worth)  # not delivered: at the average
        return sum(apportion.share(worth[lot], before[lot], pieces, delivered[lot])
                   for lot, pieces in now.items() if lot in worth) + apportion.target(
                       sum(worth.values()), strange, sum(delivered.values()))

    def _returns_count_valued(self):
        """:return: {lot: pieces that this move has valued}; where lots are not valued, all under the empty lot"""
        self.ensure_one()
        counted = defaultdict(Fraction)
        if not self.product_id.lot_valuated:
            counted[self.env['stock.lot']] = Fraction(self._get_valued_qty())
            return counted
        for piece in self._get_in_move_lines() | self._get_out_move_lines():
            counted[piece.lot_id] += Fraction(piece.quantity_product_uom)
        return counted

    def _returns_spread_value(self, delivered, unit):
        """:param dict delivered: {lot: pieces} of this delivery
        :return: {lot: cents} of its value, by what the lots cost at the time
        """
        if len(delivered) == 1:
            return {lot: round(self.value / unit) for lot in delivered}
        weights = {lot: pieces * Fraction(self._returns_get_lot_cost(lot)) for lot, pieces in delivered.items()}
        if not sum(weights.values()):
            weights = delivered
        total, before, cents = round(self.value / unit), Fraction(0), {}
        for lot in sorted(weights, key=lambda lot: lot.id):
            cents[lot] = apportion.share(total, before, weights[lot], sum(weights.values()))
            before += weights[lot]
        return cents

    def _returns_get_earlier(self):
        """:return: the done moves that brought back pieces of the same delivery before this one"""
        self.ensure_one()

        def moment(move):
            return move.date, move.id

        return self.origin_returned_move_id.returned_move_ids.filtered(
            lambda move: move.is_in and move != self and moment(move) < moment(self))

    def _returns_get_lot_cost(self, lot):
        """:return: what a piece of ``lot`` cost when this move was done. Odoo keeps no history of costs that are typed
            (standard price): there it is today's.
        """
        self.ensure_one()
        product = self.product_id.with_company(self.company_id)
        if product.cost_method == 'standard':
            return lot.with_company(self.company_id).standard_price
        return product._run_avco(at_date=self.date, lot=lot)[0]

    # ------------------------------------------------------------------
    # Goods that become others, and goods that are written off
    # ------------------------------------------------------------------

    def _returns_get_original(self):
        """:return: the move by which pieces left their product that come in by this one as second choice"""
        self.ensure_one()
        return self.move_orig_ids.filtered(lambda move: (
            self.returns_inspection_id and move.returns_inspection_id == self.returns_inspection_id
            and move.product_id != self.product_id))

    def _returns_get_value_as_second_choice(self, gone, quantity):
        """The share that the company gave this second choice, of what the pieces were worth when they left."""
        share = self.returns_inspection_id.second_choice_share
        pieces = self._get_valued_qty()
        value = self.company_id.currency_id.round(gone.value * share / 100.0)
        return {
            'value': value * quantity / pieces if pieces else 0.0,
            'quantity': quantity,
            'description': self.env._(
                "%(share)s%% of the value of %(product)s, returned with %(request)s", share=f"{share:.10g}",
                product=gone.product_id.display_name, request=self.returns_line_id.request_id.name),
        }

    def _returns_is_write_off(self):
        """Whether returned goods leave stock by this move, or come in by it worth less."""
        self.ensure_one()
        return bool(self.returns_inspection_id) and (
            self.location_dest_id.usage in ('inventory', 'production') or self.location_id.usage == 'production')

    def _should_create_account_move(self):
        """In perpetual valuation the loss is booked when it happens, not at the next closing."""
        return super()._should_create_account_move() or bool(
            self._returns_is_write_off() and self.product_id.is_storable and self.is_valued
            and self.product_id.valuation == 'real_time'
            and self._returns_get_loss_account() and self._returns_get_stock_account())

    def _get_account_move_line_vals(self):
        """Against the account that Odoo books the cost of the returned product on: its own or its category's. An
        accountant may name another one for a loss location; places where goods become others have none for a loss.
        """
        is_named = self.location_dest_id.usage == 'inventory' and self.location_dest_id.valuation_account_id
        if not self._returns_is_write_off() or is_named:
            return super()._get_account_move_line_vals()
        debit, credit = self._returns_get_loss_account(), self._returns_get_stock_account()
        if self.is_in:
            debit, credit = credit, debit
        common = {'name': f"{self.reference or self.origin} - {self.product_id.name}", 'product_id': self.product_id.id}
        value = self._get_aml_value()
        return [{**common, 'account_id': credit.id, 'debit': 0, 'credit': value},
                {**common, 'account_id': debit.id, 'debit': value, 'credit': 0}]

    def _returns_get_loss_account(self):
        return self.returns_inspection_id.product_id.with_company(self.company_id)._get_product_accounts()['expense']

    def _returns_get_stock_account(self):
        return self.product_id.with_company(self.company_id)._get_product_accounts()['stock_valuation']
