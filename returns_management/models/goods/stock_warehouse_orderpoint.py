# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging

from odoo import api, models
from odoo.exceptions import UserError

_logger = logging.getLogger(__name__)


class StockWarehouseOrderpoint(models.Model):
    _inherit = 'stock.warehouse.orderpoint'

    @api.model
    def _returns_replenish(self, goods):
        """Run the automatic reordering rules of goods that are gone, as Odoo does when a delivery is confirmed. What
        cannot be ordered becomes a task of whoever is responsible for the product; nothing fails for it.

        :param goods: (warehouse, product) pairs
        """
        goods = set(goods)
        if not goods or self.env['ir.config_parameter'].sudo().get_param('stock.no_auto_scheduler'):
            return
        rules = self.search([
            ('trigger', '=', 'auto'), ('product_id', 'in', [product.id for _warehouse, product in goods]),
            ('warehouse_id', 'in', [warehouse.id for warehouse, _product in goods]),
        ]).filtered(lambda rule: (rule.warehouse_id, rule.product_id) in goods)
        for company, mine in rules.grouped('company_id').items():
            try:
                with self.env.cr.savepoint():
                    mine._procure_orderpoint_confirm(company_id=company, raise_user_error=False)
            except UserError as error:
                _logger.info("Reordering rules %s left to the scheduler: %s", mine.ids, error)
