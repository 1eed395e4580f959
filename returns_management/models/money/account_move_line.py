# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    returns_line_id = fields.Many2one(
        'returns.request.line', "Return Line", copy=False, index='btree_not_null', ondelete='restrict', readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_line(vals_list)
        # named, or a default of the user's would fill it
        return super().create([{'returns_line_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        if 'returns_line_id' in vals:
            self._refuse_returns_line([{'returns_line_id': True}])
        return super().write(vals)

    @api.model
    def _refuse_returns_line(self, vals_list):
        """:raise UserError: a user links a journal item to a return by hand"""
        if not self.env.su and any(vals.get('returns_line_id') for vals in vals_list):
            raise UserError(self.env._("A credit note line becomes part of a return through the return (Settle)."))

    def unlink(self):
        """A deleted credit note line gives its quantity back to be settled."""
        settlements = self.env['returns.settlement']
        if any(line.move_type == 'out_refund' for line in self):
            settlements = settlements.sudo().search([('refund_line_id', 'in', self.ids), ('state', '!=', 'cancelled')])
        lines = settlements.request_line_id
        if lines:
            lines._lock()
        res = super().unlink()
        if lines:
            settlements._cancel()
            lines._advance()
        return res
