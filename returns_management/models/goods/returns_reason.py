# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsReason(models.Model):
    _inherit = 'returns.reason'

    waits = fields.Selection(
        [('common', "With all others"), ('category', "With its category"), ('reason', "By itself")],
        compute='_compute_waits', store=True, readonly=False, precompute=True, required=True,
        help="Where goods with this reason wait for inspection: in the warehouse's Returns location, or in a location "
             "of their own within it, which is made when it is first needed.")

    @api.depends('category')
    def _compute_waits(self):
        """Goods that may be defective are kept apart from those that are not."""
        for reason in self:
            reason.waits = 'category' if reason.category == 'quality' else 'common'

    def _get_waiting_key(self):
        """:return: what the location is known by where goods with this reason wait; empty for the common one"""
        self.ensure_one()
        return {'category': self.category, 'reason': f'reason {self.id}'}.get(self.waits, '')

    def _get_waiting_name(self):
        self.ensure_one()
        if self.waits == 'reason':
            return self.name
        return dict(self._fields['category']._description_selection(self.env))[self.category]
