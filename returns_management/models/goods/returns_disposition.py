# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ReturnsDisposition(models.Model):
    """What becomes of inspected goods, and where they go.

    A disposition of kind ``x`` is carried out by ``returns.inspection._dispose_x``. A company adds records of its own:
    an outlet is a second choice with a place of its own, a donation goes out of stock to a place of its own.
    """
    _name = 'returns.disposition'
    _description = "Return Disposition"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    kind = fields.Selection(
        [('restock', "Back to stock"), ('refurbish', "To refurbishment"), ('second_choice', "Second choice"),
         ('repair', "Repair"), ('vendor', "Back to vendor"), ('scrap', "Out of stock"),
         ('customer', "Back to customer"), ('quarantine', "Stay in quarantine")], required=True)
    approval_group_id = fields.Many2one(
        'returns.approval.group', "Approved By", company_dependent=True, ondelete='restrict',
        domain="[('phase', '=', 'dispose'), ('company_id', '=', allowed_company_ids[0])]",
        help="Asked before goods go this way, where its own conditions hold. The customer's money does not wait for it.")
    location_id = fields.Many2one(
        'stock.location', "Goods Go To", company_dependent=True, ondelete='restrict',
        domain="[('usage', '=', location_usage), ('company_id', 'in', [False, allowed_company_ids[0]]),"
               " ('is_returns_location', '=', False)]",
        help="In this company. If empty: what the warehouse has for this kind of disposition. Goods for a place in another "
             "warehouse go there by a transfer.")
    location_usage = fields.Char(compute='_compute_location_usage')
    scrap_reason_tag_ids = fields.Many2many(
        'stock.scrap.reason.tag', string="Scrap Reasons", help="Proposed for the scrap order.")
    needs_destruction = fields.Boolean(
        "Destruction Record", help="Somebody has to write down when and how the goods were destroyed, and who saw it.")
    replenish = fields.Boolean(
        help="The product's reordering rules are run once its goods are written off.")
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

    @api.constrains('location_id', 'kind')
    def _check_location(self):
        for disposition in self.filtered('location_id'):
            place = disposition.location_id
            if place.usage != disposition.location_usage or place.company_id not in (
                    self.env['res.company'], self.env.company) or place.is_returns_location:
                raise ValidationError(self.env._(
                    "%(disposition)s cannot send goods to %(place)s: choose a location of %(company)s, of type "
                    "Inventory Loss for goods that go out of stock, else an internal one where no returns wait.",
                    disposition=disposition.name, place=place.display_name, company=self.env.company.name))
            if place.usage == 'internal' and not place.company_id:
                raise ValidationError(self.env._(
                    "%s belongs to no company: what lies there is not valued. Choose a location of the company.",
                    place.display_name))

    @api.depends('kind')
    def _compute_location_usage(self):
        usages = self._get_location_usages()
        for disposition in self:
            disposition.location_usage = usages.get(disposition.kind, '')

    @api.model
    def _get_location_usages(self):
        """:return: {kind that brings goods to a place of ours: the usage of the locations that can be one}"""
        return {'restock': 'internal', 'refurbish': 'internal', 'second_choice': 'internal', 'scrap': 'inventory'}

    @api.depends('kind')
    def _compute_can_be_undone(self):
        for disposition in self:
            disposition.can_be_undone = disposition.kind in ('restock', 'refurbish', 'quarantine')
