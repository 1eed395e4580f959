# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..vocabulary import DEPARTMENTS, VERDICTS


class ReturnsDecision(models.Model):
    """One person's answer to a step. Once made it reads the same for ever (DESIGN §5.7).

    Created in private code only; never written, never deleted, not even as superuser: no
    stored computed field, no chatter, restrict on every link.
    """
    _name = 'returns.decision'
    _description = "Return Decision"
    _inherit = ['returns.guard']
    _order = 'date desc, id desc'
    _log_access = True

    step_id = fields.Many2one('returns.step', required=True, index=True, ondelete='restrict', readonly=True)
    user_id = fields.Many2one('res.users', required=True, index=True, ondelete='restrict', readonly=True)
    on_behalf_of_id = fields.Many2one('res.users', ondelete='restrict', readonly=True)
    department = fields.Selection(DEPARTMENTS, readonly=True)
    verdict = fields.Selection(VERDICTS, required=True, readonly=True)
    comment = fields.Text(readonly=True)
    checklist = fields.Json(
        readonly=True, help="Each point as it was read: its name, whether it was required, and whether it was confirmed.")
    checklist_note = fields.Text("Confirmed", compute='_compute_checklist_note')
    date = fields.Datetime(required=True, default=fields.Datetime.now, readonly=True)
    request_id = fields.Many2one(related='step_id.request_id', string="Return")

    _once = models.UniqueIndex("(step_id, user_id)", "This step already has your answer.")

    @api.depends('user_id.name', 'step_id.request_id.name')
    def _compute_display_name(self):
        for decision in self:
            decision.display_name = f"{decision.request_id.name}: {decision.user_id.name}"

    @api.depends('checklist')
    def _compute_checklist_note(self):
        for decision in self:
            decision.checklist_note = "\n".join(
                f"{'☑' if point['confirmed'] else '☐'} {point['name']}" for point in decision.checklist or ())

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("Decisions are made with Approve, Reject or Abstain on the return."))
        return super().create(vals_list)

    def write(self, vals):  # pylint: disable=method-required-super
        raise UserError(self.env._("A decision cannot be changed. Start a new round to decide again."))

    def unlink(self):  # pylint: disable=method-required-super
        # Not @api.ondelete: that one can be left out at uninstall, and superusers may not delete either.
        raise UserError(  # pylint: disable=no-raise-unlink
            self.env._("A decision cannot be deleted: it is the record of who decided what."))
