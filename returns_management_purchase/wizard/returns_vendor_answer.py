# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsVendorAnswer(models.TransientModel):
    """What a vendor says to a claim, in its own words: it does not take the goods, or answers later."""
    _name = 'returns.vendor.answer'
    _description = "Vendor's Answer"

    claim_ids = fields.Many2many('returns.vendor.claim', string="Claims", default=lambda self: self._default_claim_ids())
    line_ids = fields.Many2many(
        'returns.vendor.claim.line', string="Lines", default=lambda self: self._default_line_ids(),
        help="Empty: all of the claim that are not answered.")
    kind = fields.Selection(
        [('refuse', "Refused"), ('wait', "Answers later")], "Answer", required=True, default='refuse')
    date_until = fields.Date("Answers By")
    comment = fields.Text("What the Vendor Says", required=True)

    @api.model
    def _default_claim_ids(self):
        is_claim = self.env.context.get('active_model') == 'returns.vendor.claim'
        return self.env.context.get('active_ids') if is_claim else False

    @api.model
    def _default_line_ids(self):
        is_line = self.env.context.get('active_model') == 'returns.vendor.claim.line'
        return self.env.context.get('active_ids') if is_line else False

    def action_answer(self):
        """:raise UserError: see ``returns.vendor.claim.action_refuse`` and ``action_wait``"""
        self.ensure_one()
        if self.kind == 'wait':
            return (self.claim_ids | self.line_ids.claim_id).action_wait(self.date_until, self.comment)
        if self.line_ids:
            return self.line_ids.action_refuse(self.comment)
        if not self.claim_ids:
            raise UserError(self.env._("Choose the claims that the vendor has answered."))
        return self.claim_ids.action_refuse(self.comment)
