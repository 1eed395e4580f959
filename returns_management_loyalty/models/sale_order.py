# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import models

from odoo.addons.returns_management.models.money.shared_lines import match_shares


class SaleOrder(models.Model):
    """Points earned by what comes back are taken back, points spent on it are given back."""
    _inherit = 'sale.order'

    def _returns_get_points(self):
        """:return: {card: (points earned by this order, points spent on it)} of cards that keep their points: those of a
            customer, and gift cards
        """
        self.ensure_one()
        points = {}
        for entry in self.coupon_point_ids:
            if entry.coupon_id.program_id.is_nominative:
                points[entry.coupon_id] = (entry.points, 0.0)
        for line in self.order_line.filtered('coupon_id'):
            card = line.coupon_id
            if card.program_id.is_nominative or card.program_type == 'gift_card':
                earned, spent = points.get(card, (0.0, 0.0))
                points[card] = (earned, spent + line.points_cost)
        return points

    def _returns_get_part_back(self):
        """:return: the part of the goods of this order, by their prices, that returns have settled in money"""
        self.ensure_one()
        whole = back = Fraction(0)
        for line in self.order_line:
            if line.display_type or line.reward_id or line._is_delivery() or line._is_discount_line():
                continue
            price = Fraction(str(line.price_total))
            pieces = line.product_uom_id._compute_quantity(
                line.product_uom_qty, line.product_id.uom_id, rounding_method='HALF-UP')
            settled = sum(
                Fraction(str(float(settlement._to_invoice_pieces(settlement.pieces))))
                for settlement in line.returns_settlement_ids
                if settlement.state == 'done' and settlement.kind in ('credit', 'allowance', 'uninvoiced', 'outside'))
            whole += price
            back += price * min(Fraction(1), settled / Fraction(str(pieces))) if pieces else 0
        return back / whole if whole else Fraction(0)

    def _returns_get_spent_back(self, card, spent, part):
        """:return: how many of the points spent on this order go back to the card. One that pays like money gets to the cent
            what the credit notes leave out of the money, so that what is owed as store credit is what cards hold.
        """
        self.ensure_one()
        items = self.order_line.filtered(lambda line: line.coupon_id == card).invoice_lines.filtered(
            lambda item: item.move_type == 'out_invoice' and item.parent_state == 'posted')
        notes = items.move_id.reversal_move_ids.filtered(
            lambda move: move.move_type == 'out_refund' and move.state == 'posted')
        is_exact = (
            card.program_id.is_payment_program and card.currency_id == self.currency_id
            and not card.currency_id.compare_amounts(-sum(items.mapped('price_total')), spent)
            and 'posted' not in notes.reversal_move_ids.mapped('state'))
        if not is_exact:
            return _cut(card, spent, part)
        back = 0.0
        for invoice, shared in items.grouped('move_id').items():
            of_invoice = notes.filtered(lambda note, invoice=invoice: note.reversed_entry_id == invoice)
            for matches in match_shares(shared, of_invoice.line_ids).values():
                back -= sum(item.price_total for item, _sign in matches)
        return card.currency_id.round(max(0.0, min(spent, back)))

    def _returns_update_points(self, request):
        """Bring the cards to what the returns of these orders ask for: called again, it changes nothing.

        :param request: the return that is being settled or undone
        """
        for order in self.filtered(lambda order: order.coupon_point_ids or order.order_line.coupon_id):
            part = order._returns_get_part_back()
            for card, (earned, spent) in order._returns_get_points().items():
                rows = self.env['loyalty.history'].search([
                    ('card_id', '=', card.id), ('returns_order_id', '!=', False)])
                wanted = order._returns_get_spent_back(card, spent, part) - _cut(card, earned, part)
                order._returns_move_points(request, card, rows, card.currency_id.round(wanted - sum(
                    rows.filtered(lambda row, order=order: row.returns_order_id == order).mapped('returns_points'))))

    def _returns_move_points(self, request, card, rows, change):
        """:param rows: what returns did to the card before
        :param change: points that it gets (or, negative, gives) now
        """
        self.ensure_one()
        if not change:
            return
        # what a card did not have when it was to give it, it does not get when that is undone, nor by another return
        missed = sum(row.issued - row.used - row.returns_points for row in rows)
        real = max(change, -max(card.points, 0.0)) if change < 0 else change - min(change, max(missed, 0.0))
        real = card.currency_id.round(real)
        self.env['loyalty.history'].create({
            'card_id': card.id, 'order_model': 'returns.request', 'order_id': request.id, 'returns_order_id': self.id,
            'returns_points': change, 'issued': max(real, 0.0), 'used': max(-real, 0.0),
            'description': self.env._("Return %(request)s of %(order)s", request=request.name, order=self.name)})
        card.with_context(loyalty_no_mail=True).points += real
        if real > change and change < 0:
            request._message_log_batch(bodies={request.id: self.env._(
                "%(wanted)s of %(program)s were earned by what came back, but only %(real)s are left: the rest was spent "
                "already.", wanted=card._format_points(-change), program=card.program_id.name,
                real=card._format_points(-real))})


def _cut(card, points, part):
    return card.currency_id.round(float(Fraction(str(points)) * part))
