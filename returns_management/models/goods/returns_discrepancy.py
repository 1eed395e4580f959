# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError


class ReturnsDiscrepancy(models.Model):
    """What came differs from what was announced, or a complaint: a case with an owner and a clock."""
    _name = 'returns.discrepancy'
    _description = "Return Discrepancy"
    _inherit = ['returns.guard', 'mail.thread', 'mail.activity.mixin']
    _order = 'id desc'
    _check_company_auto = True

    request_id = fields.Many2one('returns.request', "Return", required=True, index=True, ondelete='restrict')
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    partner_id = fields.Many2one(related='request_id.partner_id', string="Customer")
    request_line_id = fields.Many2one(
        'returns.request.line', "Return Line", index='btree_not_null', ondelete='restrict')
    move_id = fields.Many2one('stock.move', "Received Move", readonly=True, ondelete='restrict', index='btree_not_null')
    kind = fields.Selection(
        [('short', "Less than announced"), ('over', "More than announced"), ('other_product', "Other product"),
         ('other_serial', "Other serial"), ('damaged', "Damaged in transit"), ('unannounced', "Unannounced"),
         ('complaint', "Complaint")],
        required=True, tracking=True)
    product_id = fields.Many2one('product.product', ondelete='restrict')
    quantity = fields.Float(digits='Product Unit', help="In the product's own unit.")
    user_id = fields.Many2one('res.users', "Owner", tracking=True, domain=[('share', '=', False)], index=True)
    date_due = fields.Datetime("Due", index='btree_not_null')
    note = fields.Text()
    outcome = fields.Text(tracking=True, help="How it was settled.")
    state = fields.Selection(
        [('open', "Open"), ('closed', "Closed")], "Status", default='open', required=True, readonly=True, tracking=True,
        index=True)

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'state', 'move_id'}

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases.request_id.check_access('read')
        return cases

    def write(self, vals):
        if not self.env.su and 'request_id' in vals and set(self.request_id.ids) - {vals['request_id']}:
            raise UserError(self.env._("A case stays with its return. Open a new one instead."))
        return super().write(vals)

    @api.onchange('request_id')
    def _onchange_request_id(self):
        """:raise AccessError: the user names a return that they may not read, to be shown whose it is"""
        self.request_id._origin.check_access('read')

    @api.constrains('request_id', 'request_line_id')
    def _check_line(self):
        for case in self:
            if case.request_line_id and case.request_line_id.request_id != case.request_id:
                raise ValidationError(self.env._("%s: choose a line of the same return.", case.display_name))

    @api.depends('kind', 'request_id.name')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for case in self:
            case.display_name = f"{case.request_id.name}: {labels.get(case.kind, '')}"

    def action_close(self):
        """Close the cases.

        :raise UserError: a case has no outcome written down
        """
        if not self.env.su and not self.env.user.has_groups(
                'returns_management.group_returns_agent,returns_management.group_returns_inspector'):
            raise AccessError(self.env._("Only agents and inspectors close discrepancies."))
        self.check_access('write')
        for case in self.filtered(lambda case: case.state == 'open'):
            if not (case.outcome or '').strip():
                raise UserError(self.env._("%s: write down how it was settled before you close it.", case.display_name))
            case._as_flow().state = 'closed'
        return True
