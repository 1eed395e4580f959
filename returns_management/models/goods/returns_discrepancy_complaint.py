# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsDiscrepancy(models.Model):
    """A complaint: what the customer is not content with. It is over when its cause is known and there is a solution.

    A return has one open complaint at most: what the customer adds is said in the same one.
    """
    _inherit = 'returns.discrepancy'

    complaint = fields.Text(
        tracking=True, help="In the customer's words. They read it on their page; once written down it stays.")
    cause = fields.Text(tracking=True, help="Of a complaint: what went wrong, for our own people.")
    solution = fields.Text(tracking=True, help="Of a complaint: what we do about it. The customer reads it.")

    _one_open_complaint = models.UniqueIndex(
        "(request_id) WHERE state = 'open' AND kind = 'complaint'",
        "This return has an open complaint already: add to that one.")

    def _refuse_frozen(self, vals):
        super()._refuse_frozen(vals)
        for case in self:
            if 'complaint' in vals and case.complaint and vals['complaint'] != case.complaint:
                raise UserError(self.env._(
                    "%s: what the customer said stays as it is. Say in the note what you make of it.", case.display_name))
            if case.kind == 'complaint' and case.state == 'closed' and {'kind', 'cause', 'solution'} & set(vals):
                raise UserError(self.env._("%s is closed: what it was about stays.", case.display_name))

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_second_complaints(vals_list)
        return super().create(vals_list)

    def _refuse_second_complaints(self, vals_list):
        """:raise UserError: one of these returns has an open complaint"""
        ids = [vals['request_id'] for vals in vals_list
               if vals.get('kind') == 'complaint' and isinstance(vals.get('request_id'), int)]
        if len(set(ids)) < len(ids) or self.env['returns.request'].browse(ids)._get_open_complaint():
            raise UserError(self.env._("This return has an open complaint already: add to that one."))

    def _needs_outcome(self):
        return super()._needs_outcome() and self.kind != 'complaint'

    def _do_close_simple(self):
        for case in self.filtered(lambda case: case.kind == 'complaint' and case.state == 'open'):
            for name in ('cause', 'solution'):
                if not (case[name] or '').strip():
                    raise UserError(self.env._(
                        "%(case)s: write down the %(field)s before you close it.", case=case.display_name,
                        field=self._fields[name]._description_string(self.env).lower()))
        super()._do_close_simple()


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _get_open_complaint(self):
        return self.discrepancy_ids.filtered(lambda case: case.kind == 'complaint' and case.state == 'open')

    def action_view_complaint(self):
        """Open the return's complaint, the open one first; without one, a new one."""
        self.ensure_one()
        self.check_access('read')
        complaints = self.discrepancy_ids.filtered(lambda case: case.kind == 'complaint').sorted('id')
        action = self._get_records_action(
            (complaints.filtered(lambda case: case.state == 'open') or complaints)[-1:], self.env._("Complaint"))
        if complaints:
            return action
        return {
            'type': 'ir.actions.act_window', 'name': self.env._("Complaint"), 'res_model': 'returns.discrepancy',
            'view_mode': 'form', 'views': [(False, 'form')],
            'context': {'default_request_id': self.id, 'default_kind': 'complaint'},
        }
