# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import SUPERUSER_ID, api, models


class IrDefault(models.Model):
    _inherit = 'ir.default'

    @api.model
    def _get_model_defaults(self, model_name, condition=False):
        """Private code fills what it leaves out with the company's defaults, never with those that the user, whose
        button set it going, keeps for themselves: a move made "done", say. The context key can only take away.
        """
        defaults = self
        if self.env.context.get('returns_flow') and self.env.uid != SUPERUSER_ID:
            defaults = self.with_user(SUPERUSER_ID).with_company(self.env.company)
        return super(IrDefault, defaults)._get_model_defaults(model_name, condition=condition)
