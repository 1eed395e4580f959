# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..returns_guard import as_flow


class ReturnsDelegation(models.Model):
    """Who stands in for whom, from when to when.

    Whoever is absent names their own stand-in; a returns manager does it for those who forgot.
    A delegation that a step has used is part of the record of who decided what: it can be
    ended, but neither changed nor deleted.
    """
    _name = 'returns.delegation'
    _description = "Stand-in for Return Approvals"
    _inherit = ['returns.guard']
    _order = 'date_from desc, id desc'

    user_id = fields.Many2one(
        'res.users', "Absent", required=True, index=True, ondelete='restrict', domain=[('share', '=', False)],
        default=lambda self: self.env.user)
    delegate_id = fields.Many2one(
        'res.users', "Stand-in", required=True, index=True, ondelete='restrict', domain=[('share', '=', False)],
        help="Decides in place of the absent person, in their department, on the steps that open meanwhile.")
    date_from = fields.Date("From", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Until", required=True, help="The last day of absence.")
    note = fields.Char(help="Holiday, illness …")
    step_ids = fields.Many2many(
        'returns.step', 'returns_step_delegation_rel', string="Used In", readonly=True, copy=False)
    is_current = fields.Boolean("Now", compute='_compute_is_current', search='_search_is_current')

    _dates = models.Constraint('CHECK (date_to >= date_from)', "The last day of absence lies before the first.")
    _two_people = models.Constraint('CHECK (user_id <> delegate_id)', "Nobody stands in for themselves.")

    @api.depends('user_id', 'delegate_id')
    def _compute_display_name(self):
        for delegation in self:
            delegation.display_name = bool(delegation.delegate_id) and self.env._(
                "%(delegate)s for %(user)s", delegate=delegation.delegate_id.name, user=delegation.user_id.name)

    @api.depends('date_from', 'date_to', 'user_id')
    def _compute_is_current(self):
        now = fields.Datetime.now()
        for delegation in self:
            delegation.is_current = delegation._covers(now)

    @api.model
    def _search_is_current(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        current = [delegation.id for delegation in self._get_current().values()]
        return [('id', 'in' if (operator == 'in') == (True in value) else 'not in', current)]

    def _covers(self, moment):
        """Whether the person is absent at ``moment`` (naive UTC), by the days of their own time zone."""
        self.ensure_one()
        if not (self.date_from and self.date_to):
            return False
        day = fields.Datetime.context_timestamp(
            self.with_context(tz=self.user_id.tz or self.env.context.get('tz')), moment).date()
        return self.date_from <= day <= self.date_to

    # ------------------------------------------------------------------
    # Constraints and CRUD
    # ------------------------------------------------------------------

    @api.constrains('user_id', 'delegate_id')
    def _check_employees(self):
        for delegation in self:
            for user in delegation.user_id | delegation.delegate_id:
                if user.share or not user.active:
                    raise ValidationError(self.env._(
                        "%s is no active employee and cannot decide on returns. Choose somebody else.", user.name))

    @api.constrains('user_id', 'date_from', 'date_to')
    def _check_overlap(self):
        for delegation in self:
            other = self.sudo().search([
                ('user_id', '=', delegation.user_id.id), ('id', '!=', delegation.id),
                ('date_from', '<=', delegation.date_to), ('date_to', '>=', delegation.date_from)], limit=1)
            if other:
                raise ValidationError(self.env._(
                    "%(who)s stands in from %(start)s until %(end)s already. End that first, or choose other days.",
                    who=other.display_name, start=other.date_from, end=other.date_to))

    @api.model_create_multi
    def create(self, vals_list):
        delegations = super().create(vals_list)
        delegations._refuse_own_seat()
        as_flow(delegations)._apply()
        return delegations

    def write(self, vals):
        if {'user_id', 'delegate_id', 'date_from'}.intersection(vals):
            self._refuse_change_once_used()
        res = super().write(vals)
        self.check_access('write')  # Odoo asked before it was written; now it may be somebody else's absence
        if {'user_id', 'delegate_id'}.intersection(vals):
            self._refuse_own_seat()
        as_flow(self)._apply()
        return res

    def _refuse_own_seat(self):
        """:raise UserError: somebody gives themselves the vote of another"""
        for delegation in self:
            if delegation.delegate_id == self.env.user != delegation.user_id and not self.env.su:
                raise UserError(self.env._(
                    "You cannot name yourself as the stand-in of %s. Let them do it, or another returns manager.",
                    delegation.user_id.name))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._refuse_change_once_used()

    def _refuse_change_once_used(self):
        """:raise UserError: somebody was asked, and has perhaps decided, because of one of them"""
        for delegation in self.sudo():
            if delegation.step_ids:
                raise UserError(self.env._(
                    "%(who)s was asked about %(requests)s already, so this stays on file. Set its last day instead.",
                    who=delegation.display_name, requests=", ".join(delegation.step_ids.request_id.mapped('name'))))

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _apply(self):
        """Open questions go to the stand-ins of those who are absent now and have not answered."""
        now = fields.Datetime.now()
        absent = self.filtered(lambda delegation: delegation._covers(now)).user_id
        if absent:
            self.env['returns.step'].search(
                [('state', '=', 'open'), ('voter_ids', 'in', absent.ids)])._pass_on(absent)

    @api.model
    def _get_current(self):
        """:return: {user: the delegation that is in force for them} of all who are absent now"""
        now = fields.Datetime.now()
        found = self.search([
            ('date_from', '<=', fields.Date.add(now.date(), days=1)),
            ('date_to', '>=', fields.Date.subtract(now.date(), days=1))])
        return {delegation.user_id: delegation for delegation in found if delegation._covers(now)}
