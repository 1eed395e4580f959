# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError


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
    approval_group_id = fields.Many2one(
        'returns.approval.group', "Approved By", company_dependent=True, ondelete='restrict',
        domain="[('phase', '=', 'dispose'), ('company_id', '=', allowed_company_ids[0])]",
        help="Asked before goods go this way, where its own conditions hold. The customer's money does not wait for it.")
    note = fields.Char(translate=True, help="What the inspector should know before choosing it.")
    can_be_undone = fields.Boolean(
        compute='_compute_can_be_undone', help="Carried out at once, even if somebody still decides after inspection.")

    @api.constrains('approval_group_id', 'kind')
    def _check_approval_group(self):
        for disposition in self.filtered('approval_group_id'):
            group = disposition.approval_group_id
            if group.phase != 'dispose' or group.company_id != self.env.company or disposition.kind == 'quarantine':
                raise ValidationError(self.env._(
                    "%(group)s cannot approve %(disposition)s: choose a group of %(company)s that is asked before "
                    "disposal, and none for goods that stay.",
                    group=group.name, disposition=disposition.name, company=self.env.company.name))

    @api.depends('kind')
    def _compute_can_be_undone(self):
        for disposition in self:
            disposition.can_be_undone = disposition.kind in ('restock', 'refurbish', 'quarantine')
