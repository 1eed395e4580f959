# Part of returns_management. See LICENSE file for full copyright and licensing details.

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
        origin = self.origin_returned_move_id
        pieces = self._get_valued_qty()
        if not (data['quantity'] and pieces and self.returns_line_id):
            return data
        unit = self.company_id.currency_id.rounding
        weigh = self._returns_get_scale(origin)
        before = sum((weigh(move) for move in self._returns_get_earlier()), Fraction(0))
        whole = weigh(origin)
        if whole:
            cents = apportion.share(round(origin.value / unit), before, weigh(self), whole)
            data['value'] = cents * unit * quantity / pieces
        return data

    def _returns_get_earlier(self):
        """:return: the done moves that brought back pieces of the same delivery before this one"""
        self.ensure_one()

        def moment(move):
            return move.date, move.id

        return self.origin_returned_move_id.returned_move_ids.filtered(
            lambda move: move.is_in and move != self and moment(move) < moment(self))

    def _returns_get_scale(self, origin):
        """:return: a function that tells how much of the value of ``origin`` the pieces of a move have: as many as
            there are, or where it delivered lots of different cost, what those lots cost at the time
        """
        if not (self.product_id.lot_valuated and len(origin.lot_ids) > 1):
            return lambda move: Fraction(move._get_valued_qty())
        costs = {lot: Fraction(origin._returns_get_lot_cost(lot)) for lot in (origin | origin.returned_move_ids).lot_ids}
        usual = Fraction(self.product_id.with_company(self.company_id).standard_price)
        return lambda move: sum(
            (Fraction(piece.quantity_product_uom) * costs.get(piece.lot_id, usual) for piece in move.move_line_ids),
            Fraction(0))

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
