# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ResPartnerBank(models.Model):
    _inherit = 'res.partner.bank'

    returns_number_user_id = fields.Many2one(
        'res.users', "Number Changed By", readonly=True, copy=False, ondelete='set null',
        help="Who typed the number that it has now, after it was made. Whose account it is, somebody else checks.")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([{**vals, 'returns_number_user_id': False} for vals in vals_list])

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != 'returns_number_user_id'}
        before = {account: account.sanitized_acc_number for account in self} if 'acc_number' in vals else {}
        res = super().write(vals)
        changed = self.filtered(lambda account: account in before and account.sanitized_acc_number != before[account])
        if changed:
            super(ResPartnerBank, changed.sudo()).write({'returns_number_user_id': self.env.uid})
        return res
