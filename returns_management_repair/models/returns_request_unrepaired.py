# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsRequest(models.Model):
    """What customers get for goods that could not be repaired: who is asked, who decides, what is said."""
    _inherit = 'returns.request'

    may_decide_repair = fields.Boolean(compute='_compute_may_decide_repair', compute_sudo=True)
    may_undo_repair_decision = fields.Boolean(compute='_compute_may_decide_repair', compute_sudo=True)

    @api.depends('line_ids.quantity_unrepaired', 'line_ids.repair_decision', 'line_ids.inspection_ids.is_taken_over',
                 'line_ids.quantity_settled')
    def _compute_may_decide_repair(self):
        for request in self:
            request.may_decide_repair = any(request.line_ids.mapped('quantity_unrepaired'))
            request.may_undo_repair_decision = bool(request._get_repair_decisions_to_undo())

    def _get_repair_decisions_to_undo(self):
        """:return: the lines whose customer is to get something else than a repair, of which nothing is settled"""
        return self.line_ids.filtered(lambda line: (
            line._is_decided_otherwise() and line.inspection_ids._get_awaiting_takeover() and not line.quantity_settled))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_undo_repair_decision(self):
        """Take back what was decided about failed repairs: they wait for a decision again, or are taken up again.

        :raise AccessError: no returns agent, or not theirs
        :raise UserError: nothing was decided, or it is settled already
        """
        self._check_role('returns_management.group_returns_agent')
        self.check_access('write')
        requests = self._as_flow()
        requests.line_ids._lock()
        for request in requests:
            if not request._get_repair_decisions_to_undo():
                raise UserError(self.env._(
                    "%s: there is no decision on a failed repair to take back. What is settled stays settled.", request.name))
        requests._get_repair_decisions_to_undo()._do_undo_repair_decision()
        return True

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def _get_askers(self, phase, lines):
        """A repair that was approved is one thing, a refund another: who approves such a wish is asked about it now."""
        askers = super()._get_askers(phase, lines)
        decided = lines.filtered(lambda line: line._is_decided_otherwise())
        if phase != 'settle' or not decided:
            return askers
        for request, found in decided.request_id._get_askers('authorise', decided).items():
            known = [({**vals, 'sequence': 0}, about) for vals, about in askers.get(request, [])]
            askers[request] = askers.get(request, []) + [
                (vals, about) for vals, about in found if ({**vals, 'sequence': 0}, about) not in known]
        return askers

    def _ask_to_decide_repair(self, note=False):
        """One activity for who is responsible: decide what the customer gets for goods that could not be repaired."""
        kind = self.env.ref('returns_management_repair.mail_activity_type_unrepaired')
        self.mapped('display_name')
        vals_list = []
        for request in self.filtered(lambda request: kind not in request.activity_ids.activity_type_id):
            user = request.user_id.filtered('active') or request.company_id._get_returns_managers()[:1]
            if user:
                vals_list.append({
                    'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': request.id,
                    'activity_type_id': kind.id, 'user_id': user.id, 'note': note, 'automated': True,
                    'summary': self.env._("Could not be repaired: decide what %s gets", request.partner_id.name),
                    'date_deadline': fields.Date.context_today(request.with_context(tz=user.tz))})
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(vals_list)

    def _drop_repair_tasks(self):
        kind = self.env.ref('returns_management_repair.mail_activity_type_unrepaired')
        self.env['mail.activity'].search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids), ('activity_type_id', '=', kind.id)]).unlink()

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    @api.model
    def _get_mail_template(self, event):
        if event != 'repair_decided':
            return super()._get_mail_template(event)
        return self.env.ref('returns_management_repair.mail_template_repair_decided', raise_if_not_found=False) or (
            super()._get_mail_template(event))

    def _get_waiting_note(self):
        if any(self.sudo().line_ids.mapped('quantity_unrepaired')):
            return self.env._("Could not be repaired: decide what the customer gets.")
        return super()._get_waiting_note()

    def _get_resolution_words(self):
        """Once somebody has decided about what could not be repaired, the customer reads what comes of it."""
        words = super()._get_resolution_words()
        lines = self.sudo().line_ids
        if lines._get_unrepaired():
            return {**words, 'repair': self.env._("Could not be repaired")}
        if 'back' in lines.mapped('repair_decision'):
            return {**words, 'repair': self.env._("On its way back to you")}
        return words

    def _get_money_title(self, resolutions):
        own = self._get_lines_under_way().filtered(lambda line: line.resolution == 'repair')
        if resolutions == {'repair'} and set(own.mapped('repair_decision')) == {'back'}:
            return self.env._("Sent back, not repaired")
        if resolutions == {'repair'} and own._get_unrepaired():
            return self.env._("We decide what you get instead")
        return super()._get_money_title(resolutions)

    def _get_unrepaired_lines(self):
        """:return: the lines that the customer is told of as not repaired"""
        self.ensure_one()
        return self.sudo().line_ids.filtered('repair_decision')
