# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class ReturnsDialog(models.AbstractModel):
    """A dialog that gathers an answer about the records it was opened on, or a row of one."""
    _name = 'returns.dialog'
    _description = "Dialog About Returns"

    #: Links that anybody may fill by RPC, with records that they may not read
    _links = ()

    def _validate_fields(self, field_names, excluded_names=()):
        """:raise AccessError: the user names records that they may not read (constraints run as superuser)"""
        for name in self._links:
            self[name].check_access('read')
        return super()._validate_fields(field_names, excluded_names)

    @api.model
    def _get_opened_on(self, model):
        """:return: the records of ``model`` that the dialog was opened on, as far as they exist; none of other models"""
        context, records = self.env.context, self.env[model]
        if context.get('active_model') != model:
            return records
        return records.browse(context.get('active_ids') or context.get('active_id') or ()).exists()
