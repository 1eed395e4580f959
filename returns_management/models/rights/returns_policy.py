# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from ...tools.policy import Subject, conflicts


class ReturnsPolicy(models.Model):
    """One version of a company's return policy. Published, it never changes; a change is a new version."""
    _name = 'returns.policy'
    _description = "Return Policy"
    _inherit = ['returns.guard', 'mail.thread']
    _order = 'date_published desc, id desc'
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    number = fields.Integer("Version", default=1, readonly=True, copy=False)
    state = fields.Selection(
        [('draft', "Draft"), ('published', "Published"), ('superseded', "Superseded")], "Status",
        default='draft', required=True, readonly=True, copy=False, tracking=True, index=True)
    date_published = fields.Datetime(readonly=True, copy=False, help="In force for orders confirmed from then on.")
    date_superseded = fields.Datetime(readonly=True, copy=False)
    previous_id = fields.Many2one('returns.policy', "Previous Version", readonly=True, copy=False, ondelete='restrict')
    rule_ids = fields.One2many('returns.policy.rule', 'policy_id', "Rules", copy=True)
    introduction = fields.Html(translate=True, help="Shown to customers above the rules.")

    conflict_note = fields.Text(
        "Rules That Tie", compute='_compute_conflict_note', help="Pairs of rules of which only chance would choose one.")

    _one_published = models.UniqueIndex(
        "(company_id) WHERE state = 'published'", "A company has one published return policy at a time.")

    @api.depends('name', 'number')
    def _compute_display_name(self):
        for policy in self:
            policy.display_name = self.env._("%(name)s (version %(number)s)", name=policy.name, number=policy.number)

    @api.depends('rule_ids')
    def _compute_conflict_note(self):
        for version in self:
            pairs = conflicts([rule._to_rule() for rule in version.rule_ids if rule._origin])
            version.conflict_note = "\n".join(self.env._(
                "\"%(first)s\" and \"%(second)s\" are about the same goods and customers: \"%(first)s\" wins only because "
                "it was written first. Give them different places in the list.", first=first.name, second=second.name)
                for first, second in pairs) or False

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'number', 'state', 'date_published', 'date_superseded', 'previous_id'}

    def write(self, vals):
        if not self.env.su:
            self._refuse_change_once_published()
        return super().write(vals)

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=''):
        if not self.env.su:
            self._refuse_change_once_published()  # a translation is written past write()
        return super()._update_field_translations(field_name, translations, digest=digest, source_lang=source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self._refuse_change_once_published()

    def _refuse_change_once_published(self):
        """:raise UserError: one of the policies is or was in force"""
        for policy in self:
            if policy.state != 'draft':
                raise UserError(self.env._(
                    "%s is published: customers bought under it, so it stays as it is. "
                    "Use New version to change the rules for later orders.", policy.display_name))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_publish(self):
        """Put the drafts in force; what was in force in their companies is superseded.

        :raise AccessError: not a returns manager
        :raise ValidationError: a policy has no rules
        """
        self._check_manager()
        for policy in self:
            if policy.state != 'draft':
                continue
            if not policy.rule_ids:
                raise ValidationError(self.env._("%s has no rules: add at least one for all products.", policy.name))
            policy._as_flow()._do_publish()
        return True

    def action_new_version(self):
        """:return: an action that opens a draft copy of this version"""
        self.ensure_one()
        self._check_manager()
        latest = self.search([('company_id', '=', self.company_id.id)], order='number desc', limit=1)
        version = self._as_flow().copy()  # its name in all languages
        version.write({'number': latest.number + 1, 'previous_id': self.id})
        return {
            'type': 'ir.actions.act_window', 'res_model': self._name, 'res_id': version.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }

    def _check_manager(self):
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            raise AccessError(self.env._("Only a returns manager publishes policies."))
        self.check_access('write')

    def _do_publish(self):
        self.ensure_one()
        now = fields.Datetime.now()
        current = self.search([('company_id', '=', self.company_id.id), ('state', '=', 'published')])
        current.write({'state': 'superseded', 'date_superseded': now})
        current.flush_recordset()
        self.write({'state': 'published', 'date_published': now})

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    @api.model
    def _get_subject(self, product, partner, country, sales_team, day):
        """:return: what rules are matched on
        :param partner: the customer; their commercial entity and its tags count, too
        :param country: where it is delivered; without it the customer's
        """
        category, entity = product.categ_id, partner.commercial_partner_id
        return Subject(
            product_id=product.id,
            category_path=tuple(int(number) for number in (category.parent_path or '').split('/') if number),
            partner_ids=frozenset((entity | partner).ids), tag_ids=frozenset(entity.category_id.ids),
            country_id=(country or entity.country_id).id or None, team_id=sales_team.id or None, on=day or None)

    @api.model
    def _get_in_force(self, company, moment):
        """The version in force at moment; for moments before the first one, the first.

        :return: a policy record, empty if the company never published one
        """
        published = Domain('company_id', '=', company.id) & Domain('date_published', '!=', False)
        return (
            self.search(published & Domain('date_published', '<=', moment), order='date_published desc, id desc', limit=1)
            or self.search(published, order='date_published, id', limit=1)
        )
