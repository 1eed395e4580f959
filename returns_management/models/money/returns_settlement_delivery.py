# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import fields, models

from ...tools import apportion
from .returns_settlement import spread


class ReturnsSettlement(models.Model):
    """What the customer paid for delivery is given back with the goods, as far as the policy says so."""
    _inherit = 'returns.settlement'

    amount_delivery = fields.Monetary(
        "Delivery Charges", readonly=True, help="Of the amount: what was paid for the delivery of the goods, taxes included.")

    def _get_charge_parts(self):
        """:return: (the part of these goods whose delivery charge is given back in proportion, the part whose is once
            everything came back): by the rule; in proportion as far as somebody else than the customer is responsible.
            To who got a gift nothing: its buyer paid. Of an exchange nothing: what is sent instead is not charged anew.
        """
        self.ensure_one()
        rule = self.request_line_id.delivery_refund
        if self.request_id.is_gift or self.request_line_id.resolution == 'exchange':
            return Fraction(0), Fraction(0)
        if rule == 'proportional':
            return Fraction(1), Fraction(0)
        spared = min(Fraction(1), apportion.exact(self.pieces_exempt) / apportion.exact(self.pieces))
        return spared, 1 - spared if rule == 'complete' else Fraction(0)

    def _update_amounts(self):
        super()._update_amounts()
        for note, settlements in self.grouped(lambda settlement: settlement.refund_line_id.move_id).items():
            charges = note.reversed_entry_id.line_ids.filtered(lambda line: line._returns_is_delivery_charge())
            if not charges:
                continue
            given = sum(line.price_total for line in note.invoice_line_ids if any(
                line._returns_is_share_of(charge) for charge in charges))
            ours = settlements.filtered(lambda settlement: settlement.kind in ('credit', 'allowance'))
            amounts = spread(given, [settlement.refund_line_id.price_total for settlement in ours], note.currency_id)
            for settlement, amount in zip(ours, amounts, strict=True):
                settlement.amount_delivery = amount
