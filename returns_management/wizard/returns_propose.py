# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsPropose(models.TransientModel):
    """Add what may come back of some orders to a draft request. Runs with the user's own rights."""
    _name = 'returns.propose'
    _description = "Add Lines from Sales Orders"

    request_id = fields.Many2one(
        'returns.request', required=True, default=lambda self: self._default_request_id())
    partner_id = fields.Many2one(related='request_id.partner_id', related_sudo=False)
    possible_order_ids = fields.Many2many('sale.order', compute='_compute_possible_order_ids')
    order_ids = fields.Many2many('sale.order', string="Sales Orders", required=True)
    reason_id = fields.Many2one('returns.reason', help="Filled in on each line. Leave empty to choose it line by line.")
    proposal_note = fields.Text("What May Come Back", compute='_compute_proposal_note')

    @api.model
    def _default_request_id(self):
        if self.env.context.get('active_model') == 'returns.request':
            return self.env['returns.request'].browse(self.env.context.get('active_id')).exists()
        return self.env['returns.request']

    def _validate_fields(self, field_names, excluded_names=()):
        """:raise AccessError: the user names a return that they may not read (constraints run as superuser)"""
        self.request_id.check_access('read')
        return super()._validate_fields(field_names, excluded_names)

    @api.depends('request_id')
    def _compute_possible_order_ids(self):
        """The customer's latest orders of which something may come back."""
        for wizard in self:
            request = wizard.request_id
            wizard.possible_order_ids = self.env['sale.order'].search([
                ('partner_id', 'child_of', request.commercial_partner_id.id), ('company_id', '=', request.company_id.id),
                ('state', '=', 'sale'),
                '|', ('order_line.qty_delivered', '>', 0), ('order_line.returns_line_ids', '!=', False),
            ], limit=500).filtered('returns_may_create') if request else False

    @api.depends('order_ids')
    def _compute_proposal_note(self):
        for wizard in self:
            wizard.proposal_note = "\n".join(
                f"{line.quantity:g} {line.uom_id.name} · {line.product_id.display_name} ({line.sale_order_id.name})"
                for line in map(self.env['returns.request.line'].new, wizard._get_proposals())
            ) or (wizard.order_ids and self.env._("Nothing more of these orders may come back."))

    def _get_proposals(self):
        """:return: values of request lines for what is not on the request yet"""
        self.ensure_one()
        new = self.order_ids._origin.order_line - self.request_id.line_ids.sale_line_id
        return self.env['returns.request.line']._propose_lines(new)

    def action_add(self):
        """Add the lines to the request.

        :raise UserError: nothing more of the orders may come back
        """
        self.ensure_one()
        proposals = self._get_proposals()
        if not proposals:
            raise UserError(self.env._("Nothing more of %s may come back.", ", ".join(self.order_ids.mapped('name'))))
        self.env['returns.request.line'].create([
            {**vals, 'request_id': self.request_id.id, 'reason_id': self.reason_id.id} for vals in proposals])
        return {'type': 'ir.actions.act_window_close'}
