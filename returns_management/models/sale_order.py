# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    returns_request_ids = fields.Many2many(
        'returns.request', string="Returns", compute='_compute_returns_request_ids',
        search='_search_returns_request_ids')
    returns_request_count = fields.Integer(compute='_compute_returns_request_ids')

    def _compute_returns_request_ids(self):
        lines = self.env['returns.request.line'].search([('sale_line_id.order_id', 'in', self.ids)])
        by_order = lines.grouped('sale_order_id')
        for order in self:
            requests = by_order.get(order._origin, lines.browse()).request_id
            order.returns_request_ids = requests
            order.returns_request_count = len(requests)

    @api.model
    def _search_returns_request_ids(self, operator, value):
        return fields.Domain('order_line.returns_line_ids.request_id', operator, value)

    def action_create_return(self):
        """Make a draft return for what may come back from these orders, and open it.

        :raise AccessError: not a returns agent
        :raise UserError: nothing may come back
        """
        self.check_access('read')
        Request = self.env['returns.request']
        Request._check_role('returns_management.group_returns_agent', operation='create')
        if not self:
            raise UserError(self.env._("Choose the orders that goods come back from."))
        return Request._get_records_action(Request._propose(self), self.env._("Returns"))

    def action_view_returns(self):
        self.ensure_one()
        self.check_access('read')
        return self.env['returns.request']._get_records_action(self.returns_request_ids, self.env._("Returns"))
