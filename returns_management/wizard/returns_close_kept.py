# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsCloseKept(models.TransientModel):
    """Say why the customer keeps goods without any compensation. Who may close is checked by the action it calls."""
    _name = 'returns.close.kept'
    _description = "Close: Kept, No Action"
    _inherit = ['returns.dialog']
    _links = ('request_id', 'line_ids')

    request_id = fields.Many2one(
        'returns.request', default=lambda self: self._get_opened_on('returns.request')[:1], ondelete='cascade')
    possible_line_ids = fields.Many2many('returns.request.line', compute='_compute_possible_line_ids')
    line_ids = fields.Many2many(
        'returns.request.line', 'returns_close_kept_line_rel', string="Goods", compute='_compute_line_ids',
        compute_sudo=False, store=True, readonly=False)
    comment = fields.Text(required=True)

    @api.depends('request_id')
    def _compute_possible_line_ids(self):
        for wizard in self:
            wizard.possible_line_ids = wizard.request_id.line_ids.filtered(lambda line: line._may_close_kept())

    @api.depends('request_id')
    def _compute_line_ids(self):
        for wizard in self:
            wizard.line_ids = wizard.possible_line_ids

    def action_close(self):
        """See ``returns.request.line.action_close_kept``."""
        self.ensure_one()
        self.line_ids.action_close_kept(self.comment)
        return {'type': 'ir.actions.act_window_close'}
