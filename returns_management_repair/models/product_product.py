# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ProductProduct(models.Model):
    _inherit = 'product.product'

    def _with_valuation_context(self):
        """Customers' own goods that are here to be repaired are no layers of ours.

        Core leaves them out of what is on hand for the average cost, but not for FIFO: it would look for their layers among
        those that have left already. Of past dates core compares what is here now with all moves since, so there everybody's
        goods have to count.
        """
        product = super()._with_valuation_context()
        context = self.env.context
        if context.get('to_date') or context.get('at_date') or 'owners' in product.env.context:
            return product
        return product.with_context(owners=[False, self.env.company.partner_id.id])
