# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models
from odoo.exceptions import UserError

#: What somebody who got the goods as a gift may get for them.
FOR_GIFTS = ('store_credit', 'none')


class ReturnsRequest(models.Model):
    """A gift comes back from somebody else than its buyer, for store credit of theirs.

    The order stays the buyer's: its pieces, its invoice and what may be credited of it are counted as ever.
    """
    _inherit = 'returns.request'

    @api.onchange('is_gift')
    def _onchange_is_gift(self):
        for line in self.line_ids if self.is_gift else ():
            if line.resolution not in FOR_GIFTS:
                line.resolution = 'store_credit'


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    @api.model_create_multi
    def create(self, vals_list):
        """Lines of a gift start with store credit, where nobody says otherwise."""
        ids = [vals.get('request_id') for vals in vals_list]
        requests = self.env['returns.request'].browse(id_ for id_ in ids if type(id_) is int).exists()
        gifts = requests.sudo().filtered('is_gift').ids
        return super().create([
            {'resolution': 'store_credit', **vals} if id_ in gifts else vals
            for id_, vals in zip(ids, vals_list, strict=True)])

    def _check_complete(self):
        super()._check_complete()
        for line in self.filtered('request_id.is_gift'):
            where = self.env._("%(request)s, %(product)s", request=line.request_id.name,
                               product=line.product_id.display_name)
            if not line.sale_line_id:
                raise UserError(self.env._("%s: a gift is returned by the order it was bought on. Choose it.", where))
            if line.resolution not in FOR_GIFTS:
                raise UserError(self.env._(
                    "%s: who got the goods as a gift gets store credit for them. The money is the buyer's.", where))
