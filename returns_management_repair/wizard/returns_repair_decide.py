# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsRepairDecide(models.TransientModel):
    """Decide what a customer gets for goods that could not be repaired. Who may is checked by the action it calls."""
    _name = 'returns.repair.decide'
    _description = "Decide on a Failed Repair"
    _inherit = ['returns.dialog']
    _links = ('line_ids',)

    line_ids = fields.Many2many('returns.request.line', string="Goods", default=lambda self: self._default_line_ids())
    failure_note = fields.Text("What the Workshop Says", compute='_compute_note')
    outcome = fields.Selection(
        [('refund', "Refund"), ('store_credit', "Store credit"), ('exchange', "Exchange"),
         ('back', "Hand back unrepaired")], "The Customer Gets", required=True, default='refund')
    exchange_product_id = fields.Many2one(
        'product.product', "Exchange For", domain=[('sale_ok', '=', True), ('type', '=', 'consu')],
        help="Leave empty to exchange for the same product.")
    is_beyond = fields.Boolean(compute='_compute_note', help="The policy does not offer it for all of the goods.")
    comment = fields.Text()

    @api.model
    def _default_line_ids(self):
        lines = self._get_opened_on('returns.request.line') or self._get_opened_on('returns.request').line_ids
        return lines.filtered(lambda line: line.quantity_unrepaired > 0)

    @api.depends('line_ids', 'outcome')
    def _compute_note(self):
        for wizard in self:
            wizard.line_ids.check_access('read')
            lines = wizard.line_ids._origin.sudo()
            wizard.failure_note = "\n".join(filter(None, lines._get_unrepaired().mapped('repair_failure')))
            wizard.is_beyond = any(not line._is_offered_instead(wizard.outcome) for line in lines)

    def action_decide(self):
        """See ``returns.request.line.action_decide_repair``."""
        self.ensure_one()
        self.line_ids.action_decide_repair(
            self.outcome, self.comment, self.outcome == 'exchange' and self.exchange_product_id.id)
        return {'type': 'ir.actions.act_window_close'}
