# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

from odoo.addons.mail.tools.discuss import Store


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    returns_step_id = fields.Many2one(
        'returns.step', "Return Approval Step", index='btree_not_null', ondelete='cascade',
        help="What the user is asked to decide: the activity goes when they have, or need not any more.")

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
