# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsVendorReason(models.Model):
    """Why goods go back, in the vendor's own words and codes."""
    _name = 'returns.vendor.reason'
    _description = "Vendor's Return Reason"
    _order = 'partner_id, sequence, id'

    name = fields.Char(required=True, translate=True)
    code = fields.Char(help="As the vendor writes it.")
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    partner_id = fields.Many2one(
        'res.partner', "Vendor", index='btree_not_null', ondelete='cascade',
        help="Empty: for all who have none of their own.")
    root_cause_ids = fields.Many2many(
        'returns.root.cause', string="Root Causes", help="Proposed where the inspector found one of these.")
    reason_ids = fields.Many2many(
        'returns.reason', string="Customers' Reasons", help="Proposed where the customer named one of these.")

    @api.depends('name', 'code')
    def _compute_display_name(self):
        for reason in self:
            reason.display_name = f"[{reason.code}] {reason.name}" if reason.code else reason.name

    @api.model
    def _get_of(self, vendor):
        """:return: the reasons that this vendor knows: its own, or those of all"""
        own = self.search([('partner_id', 'in', (vendor | vendor.commercial_partner_id).ids)])
        return own or self.search([('partner_id', '=', False)])

    def _propose(self, inspection):
        """:return: the one among these that says what was found, then what the customer said; or none"""
        return (self.filtered(lambda reason: inspection.root_cause_id in reason.root_cause_ids)
                or self.filtered(lambda reason: inspection.reason_id in reason.reason_ids))[:1]
