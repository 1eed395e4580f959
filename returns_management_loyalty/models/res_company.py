# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    _inherit = 'res.company'

    returns_credit_program_id = fields.Many2one(
        'loyalty.program', "Store Credit of Returns", ondelete='restrict', index='btree_not_null',
        help="The eWallets or gift cards that store credit is put on. Without, it is the credit note, left open on the "
             "customer's account.")
    returns_credit_bonus = fields.Float(
        "Bonus on Store Credit (%)", digits=(5, 2), help="What customers get on top who take store credit.")
    returns_credit_account_id = fields.Many2one(
        'account.account', "Store Credit Liability", ondelete='restrict',
        help="What is owed to customers as store credit.")
    returns_credit_bonus_account_id = fields.Many2one(
        'account.account', "Store Credit Bonus", ondelete='restrict', help="The expense that a bonus is.")
    returns_credit_journal_id = fields.Many2one(
        'account.journal', "Store Credit Journal", ondelete='restrict',
        help="Where store credit is booked. Without, in the first miscellaneous journal.")

    _returns_credit_bonus_sane = models.Constraint(
        'CHECK (returns_credit_bonus BETWEEN 0 AND 100)', "A bonus on store credit is between 0 and 100 %.")

    @api.constrains('returns_credit_program_id')
    def _check_returns_credit_program(self):
        for company in self.sudo():  # who sets up companies may know nothing of programmes or accounts
            program = company.returns_credit_program_id
            if not program:
                continue
            if program.company_id and program.company_id not in company.parent_ids:
                raise ValidationError(self.env._(
                    "%(program)s is of %(other)s. Store credit of %(company)s needs a programme of its own, or one of all "
                    "companies.", program=program.name, other=program.company_id.name, company=company.name))
            reward = program.reward_ids[:1]
            is_money = (reward.reward_type, reward.discount_mode, reward.discount_applicability, reward.discount) == (
                'discount', 'per_point', 'order', 1.0)
            if not program.is_payment_program or not is_money:
                raise ValidationError(self.env._(
                    "%s cannot hold store credit: choose eWallets or gift cards of which each point pays one unit of money "
                    "of an order.", program.name))

    @api.constrains('returns_credit_account_id', 'returns_credit_bonus_account_id', 'returns_credit_journal_id')
    def _check_returns_credit_accounts(self):
        for company in self.sudo():
            for account, group in (
                    (company.returns_credit_account_id, 'liability'), (company.returns_credit_bonus_account_id, 'expense')):
                if account and (account.internal_group != group or account.account_type == 'liability_payable'
                                or not account.company_ids & company.parent_ids):
                    raise ValidationError(self.env._(
                        "%(account)s does not fit: store credit is owed on a liability account of %(company)s that is none "
                        "for vendors, and its bonus is an expense.", account=account.display_name, company=company.name))
            journal = company.returns_credit_journal_id
            if journal and (journal.type != 'general' or journal.company_id not in company.parent_ids):
                raise ValidationError(self.env._(
                    "%(journal)s does not fit: store credit is booked in a miscellaneous journal of %(company)s.",
                    journal=journal.name, company=company.name))

    def _get_returns_credit_journal(self):
        self.ensure_one()
        Journal = self.env['account.journal']
        return self.returns_credit_journal_id or Journal.search(
            [*Journal._check_company_domain(self), ('type', '=', 'general')], limit=1)
