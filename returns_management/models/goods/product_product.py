# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError


class ProductProduct(models.Model):
    _inherit = 'product.product'

    returns_second_choice_id = fields.Many2one(
        'product.product', "Second Choice", company_dependent=True, ondelete='restrict',
        domain="[('is_storable', '=', True), ('id', '!=', id), ('uom_id', '=', uom_id), ('tracking', '=', tracking),"
               " ('company_id', 'in', [False, allowed_company_ids[0]])]",
        help="Returned pieces that are sold as second choice become this product, with their lot or serial number. "
             "If empty they stay what they are and wait in the warehouse's second choice location.")
    returns_second_choice_share = fields.Float(
        "Value as Second Choice (%)", digits=(5, 2), company_dependent=True,
        help="Of what the returned pieces are worth. The rest is written off on the expense account of this product.")

    @api.onchange('returns_second_choice_id')
    def _onchange_returns_second_choice_id(self):
        if self.returns_second_choice_id and not self.returns_second_choice_share:
            self.returns_second_choice_share = 50.0

    @api.constrains('returns_second_choice_id', 'returns_second_choice_share', 'tracking', 'is_storable', 'uom_id')
    def _check_returns_second_choice(self):
        for product in self.filtered('returns_second_choice_id'):
            other = product.returns_second_choice_id
            names = {'product': product.display_name, 'other': other.display_name}
            if other == product:
                raise ValidationError(self.env._("%s cannot be its own second choice.", product.display_name))
            if not 0 < product.returns_second_choice_share <= 100:
                raise ValidationError(self.env._(
                    "%(product)s as %(other)s: enter what it is worth then, more than 0 and at most 100 %%.", **names))
            if not (product.is_storable and other.is_storable) or product.uom_id != other.uom_id \
                    or product.tracking != other.tracking:
                raise ValidationError(self.env._(
                    "%(other)s cannot be the second choice of %(product)s: both are kept in stock, counted in the same "
                    "unit and tracked the same way, so that pieces keep their lot or serial number.", **names))
            if other.company_id not in (self.env['res.company'], self.env.company):
                raise ValidationError(self.env._(
                    "%(other)s belongs to %(company)s.", other=other.display_name, company=other.company_id.name))

    def _compute_value(self):
        """Core counts the goods with the rights of whoever acts, in superuser mode too. What an approver sets in motion
        moves goods that they may not see, and costs by first in, first out are asked for the value.
        """
        if not (self.env.su and self.env.context.get('returns_flow')) or self.env.uid == SUPERUSER_ID:
            return super()._compute_value()
        own = self.with_user(SUPERUSER_ID).with_company(self.env.company)
        res = super(ProductProduct, own)._compute_value()
        for product, valued in zip(self, own, strict=True):
            product.company_currency_id = valued.company_currency_id
            product.total_value, product.avg_cost = valued.total_value, valued.avg_cost
        return res
