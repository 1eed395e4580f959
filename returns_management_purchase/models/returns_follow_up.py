# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsFollowUp(models.Model):
    """Goods that cannot go to their vendor, and credit notes of vendors that could not be drafted."""
    _inherit = 'returns.follow.up'

    kind = fields.Selection(
        selection_add=[('vendor_return', "Back to vendor"), ('vendor_credit', "Vendor credit note")],
        ondelete={'vendor_return': 'cascade', 'vendor_credit': 'cascade'})

    @api.model
    def _get_kinds(self):
        return {**super()._get_kinds(), 'vendor_return': ('returns_management.group_returns_inspector',),
                'vendor_credit': ('purchase.group_purchase_user', 'returns_management.group_returns_manager')}

    @api.model
    def _get_kinds_to_finish(self):
        return super()._get_kinds_to_finish() | {'vendor_return'}

    def _retry_vendor_return(self, inspection):
        inspection.action_dispose()

    def _retry_vendor_credit(self, claim):
        claim._check_buyer()
        if claim._as_flow().line_ids._filter_to_credit():
            claim.action_propose_credit()
        else:
            claim._as_flow()._follow_credits()
