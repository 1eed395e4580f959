# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    def _returns_is_money(self):
        """Store credit pays a credit note like money."""
        return super()._returns_is_money() or bool(self.move_id._returns_get_credits().filtered(
            lambda payout: payout.state != 'cancelled'))

    def _returns_is_delivery_charge(self):
        """A reward of free shipping is given back with the charge that it takes off."""
        return super()._returns_is_delivery_charge() or self.display_type == 'product' and any(
            line.reward_id.reward_type == 'shipping' for line in self.sale_line_ids)

    def _returns_get_discounted(self):
        found = super()._returns_get_discounted()
        for line in self.sale_line_ids.filtered(lambda line: line.reward_id.reward_type == 'discount'):
            if line.reward_id.discount_applicability == 'specific':
                found |= line.order_id._get_specific_discountable_lines(line.reward_id)
        return found
