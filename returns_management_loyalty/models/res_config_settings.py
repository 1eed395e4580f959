# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = 'res.config.settings'

    returns_credit_program_id = fields.Many2one(related='company_id.returns_credit_program_id', readonly=False)
    returns_credit_bonus = fields.Float(related='company_id.returns_credit_bonus', readonly=False)
    returns_credit_account_id = fields.Many2one(related='company_id.returns_credit_account_id', readonly=False)
    returns_credit_bonus_account_id = fields.Many2one(
        related='company_id.returns_credit_bonus_account_id', readonly=False)
    returns_credit_journal_id = fields.Many2one(related='company_id.returns_credit_journal_id', readonly=False)
    returns_credit_warning = fields.Char(compute='_compute_returns_credit_warning', compute_sudo=True)

    @api.depends('returns_credit_program_id', 'returns_credit_account_id')
    def _compute_returns_credit_warning(self):
        """Say where what is spent would not leave the liability again, and which credit notes are left out."""
        for settings in self:
            warnings, program = [], settings.returns_credit_program_id
            account, company = settings.returns_credit_account_id, settings.company_id
            product = program.payment_program_discount_product_id.with_company(company)
            spent = product.product_tmpl_id.get_product_accounts()['income'] if product else account
            if program and account and spent != account:
                warnings.append(self.env._(
                    "What is spent is booked on %(spent)s: make %(account)s the income account of the product "
                    "%(product)s, so that it leaves the liability.", spent=spent.display_name or self.env._("no account"),
                    account=account.display_name, product=product.display_name))
            if program and program.currency_id != company.currency_id:
                warnings.append(self.env._(
                    "%(program)s counts in %(currency)s: credit notes in other currencies, those in %(own)s among them, stay "
                    "open on the customer's account.", program=program.name, currency=program.currency_id.name,
                    own=company.currency_id.name))
            settings.returns_credit_warning = "\n".join(warnings)
