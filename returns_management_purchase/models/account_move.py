# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError

from odoo.addons.returns_management.models.returns_guard import as_flow


class AccountMove(models.Model):
    _inherit = 'account.move'

    returns_vendor_claim_id = fields.Many2one(
        'returns.vendor.claim', "Vendor Claim", compute='_compute_returns_vendor_claim_id', compute_sudo=True)

    @api.depends('invoice_line_ids.returns_vendor_line_id')
    def _compute_returns_vendor_claim_id(self):
        for move in self:
            move.returns_vendor_claim_id = move.invoice_line_ids.returns_vendor_line_id.claim_id[:1]

    def _post(self, soft=True):
        """A vendor whose credit note is here has accepted."""
        posted = super()._post(soft=soft)
        lines = as_flow(posted).invoice_line_ids.returns_vendor_line_id
        lines.filtered(lambda line: line.state in ('draft', 'asked'))._set_answer('accepted', False)
        return posted

    def action_view_returns_vendor_claim(self):
        self.ensure_one()
        self.check_access('read')
        claim = self.env['returns.vendor.claim'].browse(self.returns_vendor_claim_id.id)
        return self.env['returns.request']._get_records_action(claim, self.env._("Vendor Claim"))


class AccountMoveLine(models.Model):
    _inherit = 'account.move.line'

    returns_vendor_line_id = fields.Many2one(
        'returns.vendor.claim.line', "Vendor Claim Line", readonly=True, copy=False, index='btree_not_null',
        ondelete='set null')

    @api.model_create_multi
    def create(self, vals_list):
        # named always: where a value is missing, Odoo would take it from the caller's context
        vals_list = [{**vals, 'returns_vendor_line_id': vals.get('returns_vendor_line_id', False)} for vals in vals_list]
        self._refuse_vendor_line(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if 'returns_vendor_line_id' in vals:
            self._refuse_vendor_line([{'returns_vendor_line_id': True}])
        return super().write(vals)

    @api.model
    def _refuse_vendor_line(self, vals_list):
        """:raise AccessError: a user makes a line one of a claim by hand"""
        if not self.env.su and any(vals['returns_vendor_line_id'] for vals in vals_list):
            raise AccessError(self.env._(
                "A credit note belongs to a vendor claim by the claim itself (Propose Credit Note)."))
