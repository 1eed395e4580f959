# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsDisposition(models.Model):
    """What becomes of inspected goods, and where they go.

    A disposition of kind ``x`` is carried out by ``returns.inspection._dispose_x``.
    """
    _name = 'returns.disposition'
    _description = "Return Disposition"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [('restock', "Back to stock"), ('refurbish', "To refurbishment"), ('second_choice', "Second choice"),
         ('repair', "Repair"), ('vendor', "Back to vendor"), ('scrap', "Scrap"),
         ('customer', "Back to customer"), ('quarantine', "Stay in quarantine")], required=True)
    note = fields.Char(translate=True, help="What the inspector should know before choosing it.")
    can_be_undone = fields.Boolean(
        compute='_compute_can_be_undone', help="Carried out at once, even if somebody still decides after inspection.")

    @api.depends('kind')
    def _compute_can_be_undone(self):
        for disposition in self:
            disposition.can_be_undone = disposition.kind in ('restock', 'refurbish', 'quarantine')
