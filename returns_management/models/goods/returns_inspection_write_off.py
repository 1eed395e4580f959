# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsInspection(models.Model):
    """Goods that are written off: why, and whether others are bought for them."""
    _inherit = 'returns.inspection'

    scrap_reason_tag_ids = fields.Many2many(
        'stock.scrap.reason.tag', string="Scrap Reasons", compute='_compute_write_off', store=True, readonly=False,
        precompute=True, help="They stand on the scrap order.")
    replenish = fields.Boolean(
        compute='_compute_write_off', store=True, readonly=False, precompute=True,
        help="The product's reordering rules are run once these goods are written off. If not set, they are marked as "
             "not to be replenished.")

    @api.depends('disposition_id')
    def _compute_write_off(self):
        for inspection in self:
            inspection.scrap_reason_tag_ids = inspection.disposition_id.scrap_reason_tag_ids
            inspection.replenish = inspection.disposition_id.replenish

    def write(self, vals):
        if {'scrap_reason_tag_ids', 'replenish'}.intersection(vals) and not self.env.su:
            for inspection in self.filtered('is_disposed'):
                raise UserError(self.env._(
                    "%s: the goods are gone already. Why, and whether others are bought for them, stands as it was.",
                    inspection.display_name))
        return super().write(vals)

    def _prepare_scrap_vals(self, location_dest, lot, owner, package, quantity):
        vals = super()._prepare_scrap_vals(location_dest, lot, owner, package, quantity)
        return {**vals, 'scrap_reason_tag_ids': [fields.Command.set(self.scrap_reason_tag_ids.ids)]}

    def _note_write_off(self):
        super()._note_write_off()
        goods = {(inspection._get_warehouse(), inspection.product_id) for inspection in self.filtered('replenish')}
        self.env['stock.warehouse.orderpoint']._returns_replenish(goods)
