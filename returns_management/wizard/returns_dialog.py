# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class ReturnsDialog(models.AbstractModel):
    """A dialog that gathers an answer about the records it was opened on."""
    _name = 'returns.dialog'
    _description = "Dialog About Returns"

    @api.model
    def _get_opened_on(self, model):
        """:return: the records of ``model`` that the dialog was opened on, as far as they exist; none of other models"""
        context, records = self.env.context, self.env[model]
        if context.get('active_model') != model:
            return records
        return records.browse(context.get('active_ids') or context.get('active_id') or ()).exists()
