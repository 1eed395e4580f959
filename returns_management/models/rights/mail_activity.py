# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.mail.tools.discuss import Store


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    returns_step_id = fields.Many2one(
        'returns.step', "Return Approval Step", index='btree_not_null', ondelete='cascade',
        help="What the user is asked to decide: the activity goes when they have, or need not any more.")

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_returns_step(vals_list)
        # named, or a default of the context would fill it
        return super().create([{'returns_step_id': False, **vals} for vals in vals_list])

    def write(self, vals):
        self._refuse_returns_step([vals])
        if not {'active', 'user_id', 'date_deadline', 'activity_type_id', 'res_model_id', 'res_id'}.isdisjoint(vals):
            self._refuse_unanswered()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_unanswered(self):
        self._refuse_unanswered()

    @api.model
    def _refuse_returns_step(self, vals_list):
        """:raise AccessError: a user says what only the step itself may"""
        if not self.env.su and any('returns_step_id' in vals for vals in vals_list):
            raise AccessError(self.env._("Reminders of approval steps are made by the steps themselves."))

    def _refuse_unanswered(self):
        """:raise UserError: the question of one of these reminders is still open; ticked off, it would be forgotten"""
        if self.env.su:
            return
        kind = self.env.ref('returns_management.mail_activity_type_decide')
        for activity in self.sudo().filtered(lambda activity: activity.activity_type_id == kind):
            if activity.returns_step_id.state == 'open':
                raise UserError(self.env._(
                    "%(who)s is asked by %(step)s about %(request)s: the reminder goes with the answer. Approve, reject or "
                    "abstain.", who=activity.user_id.name, step=activity.returns_step_id.display_name,
                    request=activity.returns_step_id.request_id.name))

    def _to_store_defaults(self, target):
        def get_step(activity):
            return activity.sudo().returns_step_id

        def may_decide(activity):
            step, user = get_step(activity), self.env.user
            return bool(step) and activity.user_id == user and not step._get_cannot_decide_reason(user)

        return super()._to_store_defaults(target) + [
            Store.Attr('returns_step_id', lambda activity: get_step(activity).id),
            Store.Attr('returns_may_decide', may_decide),
            Store.Attr('returns_has_checklist', lambda activity: get_step(activity).has_checklist),
        ]
