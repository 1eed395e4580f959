# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import models

from ...tools import apportion


class ReturnsRequest(models.Model):
    """What of the freight of the way back the credit notes keep."""
    _inherit = 'returns.request'

    def _get_freight_to_keep(self):
        """:return: what of the freight cost is to be kept next, taxes included, in the company's currency: the parts of
            lines that are being credited, less what was kept already
        """
        self.ensure_one()
        if self.freight_paid_by != 'customer' or not self.freight_amount:
            return 0.0
        sent = self.line_ids.filtered(lambda line: line.state not in ('rejected', 'cancelled') and not line.is_returnless)
        weights = {line: line._get_freight_weight() for line in sent}
        if not any(weights.values()):
            weights = dict.fromkeys(sent, Fraction(1))
        theirs = sum(weight * line._get_freight_part() for line, weight in weights.items() if line._is_credited_with_goods())
        cents = apportion.target(
            round(self.freight_amount / self.currency_id.rounding), theirs, sum(weights.values()) or 1)
        live = self.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
        return max(0.0, self.currency_id.round(
            cents * self.currency_id.rounding - sum(live.mapped('freight_company'))))


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _is_credited_with_goods(self):
        self.ensure_one()
        return any(settlement.kind == 'credit' and settlement.state != 'cancelled' for settlement in self.settlement_ids)

    def _get_freight_weight(self):
        """:return: what the pieces on the way back are worth: freight is spread by it"""
        self.ensure_one()
        return apportion.exact(self.amount_company) * apportion.exact(
            self.quantity_approved - self.quantity_closed) / (apportion.exact(self.quantity) or 1)

    def _get_freight_part(self):
        """:return: the part of its way back that the customer pays: nothing of an exchange, and nothing of pieces that
            somebody else is responsible for, by the reason or as the inspection found
        """
        self.ensure_one()
        if self.shipping_paid_by != 'customer' or self.resolution not in ('refund', 'store_credit'):
            return Fraction(0)
        findings = self._get_findings()
        found = sum(apportion.exact(inspection.quantity) for inspection in findings)
        whole = max(apportion.exact(self._to_product_uom(self.quantity_approved - self.quantity_closed)), found)
        spared = sum(apportion.exact(inspection.quantity) * (100 - Fraction(inspection._get_customer_part())) / 100
                     for inspection in findings)
        return 1 - spared / whole if whole else Fraction(1)
