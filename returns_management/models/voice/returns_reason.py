# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models

# What customers may read by themselves (RPC): not which reason saves them a fee, an inspection or the team's vote.
CUSTOMER_FIELDS = frozenset({
    'id', 'display_name', 'create_date', 'write_date', 'name', 'sequence', 'active', 'needs_photo', 'needs_lot', 'question',
})


class ReturnsReason(models.Model):
    _inherit = 'returns.reason'

    def _has_field_access(self, field, operation):
        allowed = self.env.su or self.env.user._is_internal() or (operation == 'read' and field.name in CUSTOMER_FIELDS)
        return allowed and super()._has_field_access(field, operation)
