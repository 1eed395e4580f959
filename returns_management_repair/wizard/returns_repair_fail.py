# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsRepairFail(models.TransientModel):
    """Say that returned goods cannot be repaired, and why. Who may is checked by the action it calls."""
    _name = 'returns.repair.fail'
    _description = "Cannot Be Repaired"
    _inherit = ['returns.dialog']
    _links = ('repair_id',)

    repair_id = fields.Many2one(
        'repair.order', required=True, ondelete='cascade', default=lambda self: self._get_opened_on('repair.order')[:1])
    quantity = fields.Float(
        "Cannot Be Repaired", digits='Product Unit', compute='_compute_quantity', compute_sudo=False, store=True,
        readonly=False, precompute=True)
    product_qty = fields.Float(related='repair_id.product_qty', string="In Repair", related_sudo=False)
    uom_id = fields.Many2one(related='repair_id.product_uom', related_sudo=False)
    reason = fields.Text(required=True)

    @api.depends('repair_id')
    def _compute_quantity(self):
        for wizard in self:
            wizard.quantity = wizard.repair_id.product_qty

    def action_confirm(self):
        """See ``repair.order.action_returns_cannot_repair``."""
        self.ensure_one()
        self.repair_id.action_returns_cannot_repair(self.reason, self.quantity)
        return {'type': 'ir.actions.act_window_close'}
