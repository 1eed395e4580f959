# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class MailActivity(models.Model):
    _inherit = 'mail.activity'

    returns_step_id = fields.Many2one(
        'returns.step', "Return Approval Step", index='btree_not_null', ondelete='cascade',
        help="What the user is asked to decide: the activity goes when they have, or need not any more.")
