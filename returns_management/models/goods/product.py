# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ProductTemplate(models.Model):
    _inherit = 'product.template'

    returns_criterion_ids = fields.Many2many(
        'returns.criterion', string="Inspection Criteria", compute='_compute_returns_criterion_ids',
        help="What is asked when it comes back: its own criteria and those of its category.")

    @api.depends_context('company')
    @api.depends('categ_id')
    def _compute_returns_criterion_ids(self):
        company = self.env.company
        asked = self.env['returns.criterion']._find(
            [(template._origin, template.categ_id) for template in self], company)
        for template in self:
            template.returns_criterion_ids = asked[template._origin, template.categ_id, company]


class ProductCategory(models.Model):
    _inherit = 'product.category'

    returns_criterion_ids = fields.Many2many(
        'returns.criterion', string="Inspection Criteria", compute='_compute_returns_criterion_ids',
        help="What is asked about goods of this category when they come back.")

    @api.depends_context('company')
    @api.depends('parent_path')
    def _compute_returns_criterion_ids(self):
        company, nothing = self.env.company, self.env['product.template']
        asked = self.env['returns.criterion']._find([(nothing, category) for category in self], company)
        for category in self:
            category.returns_criterion_ids = asked[nothing, category, company]
