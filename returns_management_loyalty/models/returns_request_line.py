# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _get_credit_bonus(self):
        """What is put on a card is worth more; a credit note that stays open on the account is not."""
        company = self.company_id
        program = company.returns_credit_program_id
        return company.returns_credit_bonus if program and program.currency_id == self.order_currency_id else (
            super()._get_credit_bonus())
