# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError

#: Who says whom the company trusts.
TRUSTING_GROUPS = ('account.group_account_invoice', 'returns_management.group_returns_manager')


class ResPartner(models.Model):
    """Whom a company trusts is said by Odoo's own *Degree of Trust*, for each company and for all contacts of a customer.

    Money follows from it: who writes returns must not open it to their customers.
    """
    _inherit = 'res.partner'

    trust = fields.Selection(
        help="A policy may settle in advance with good debtors only. Accountants and returns managers say who is one.")
    returns_version = fields.Integer(
        default=0, readonly=True, copy=False, help="Written under the lock that what is settled in advance is counted under.")

    @api.model_create_multi
    def create(self, vals_list):
        partners = super().create(vals_list)
        if not self._returns_may_trust() and self._fields['trust'].get_company_dependent_fallback(self) != 'good':
            partners.filtered(lambda partner: partner.trust == 'good')._returns_refuse_trust()
        return partners

    def write(self, vals):
        if vals.get('trust') == 'good' and not self._returns_may_trust():
            self.filtered(lambda partner: partner.trust != 'good')._returns_refuse_trust()
        return super().write(vals)

    def copy_data(self, default=None):
        vals_list = super().copy_data(default=default)
        if not self._returns_may_trust():
            for vals in vals_list:
                vals.pop('trust', None)
        return vals_list

    def _returns_may_trust(self):
        return self.env.su or any(map(self.env.user.has_group, TRUSTING_GROUPS))

    def _returns_refuse_trust(self):
        if self:
            raise AccessError(self.env._(
                "Only an accountant or a returns manager says that %s is a good debtor.", self[0].display_name))

    def _returns_is_trusted(self, company):
        """Whether the company trusts this customer: all contacts of a commercial entity, or none."""
        return self.sudo().commercial_partner_id.with_company(company).trust == 'good'
