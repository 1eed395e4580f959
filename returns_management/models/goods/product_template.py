# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ProductTemplate(models.Model):
    """Products without variants show their second choice on their own form."""
    _inherit = 'product.template'

    returns_second_choice_id = fields.Many2one(
        'product.product', "Second Choice", compute='_compute_returns_second_choice',
        inverse='_inverse_returns_second_choice',
        domain="[('is_storable', '=', True), ('product_tmpl_id', '!=', id), ('uom_id', '=', uom_id),"
               " ('tracking', '=', tracking), ('company_id', 'in', [False, allowed_company_ids[0]])]",
        help="Returned pieces that are sold as second choice become this product, with their lot or serial number. "
             "If empty they stay what they are and wait in the warehouse's second choice location.")
    returns_second_choice_share = fields.Float(
        "Value as Second Choice (%)", digits=(5, 2), compute='_compute_returns_second_choice',
        inverse='_inverse_returns_second_choice',
        help="Of what the returned pieces are worth. The rest is written off on the expense account of this product.")

    @api.depends('product_variant_ids.returns_second_choice_id', 'product_variant_ids.returns_second_choice_share')
    @api.depends_context('company')
    def _compute_returns_second_choice(self):
        for template in self:
            variant = template.product_variant_id if template.product_variant_count == 1 else self.env['product.product']
            template.returns_second_choice_id = variant.returns_second_choice_id
            template.returns_second_choice_share = variant.returns_second_choice_share

    def _inverse_returns_second_choice(self):
        for template in self.filtered(lambda template: template.product_variant_count == 1):
            template.product_variant_id.write({
                'returns_second_choice_id': template.returns_second_choice_id.id,
                'returns_second_choice_share': template.returns_second_choice_share})

    @api.onchange('returns_second_choice_id')
    def _onchange_returns_second_choice_id(self):
        if self.returns_second_choice_id and not self.returns_second_choice_share:
            self.returns_second_choice_share = 50.0

    def _get_related_fields_variant_template(self):
        return super()._get_related_fields_variant_template() + [
            'returns_second_choice_id', 'returns_second_choice_share']
