# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class ReturnsDiscrepancy(models.Model):
    """A parcel that is on the road for too long is a case for whoever talks to the carrier. It is over when the parcel
    comes, or when they say that it is lost: then its goods are missing, like those that a parcel did not hold.
    """
    _inherit = 'returns.discrepancy'

    def action_lost(self, comment=None):
        """The parcel does not come any more: what it was to bring is missing.

        :param str comment: how we know; else the outcome written on the case
        """
        self._check_case_role('agent_all', 'inspector')
        outcomes = self._read_outcome(comment)
        self._as_flow()._do_lost({case.id: outcome for case, outcome in outcomes.items()})
        return True

    def _do_lost(self, outcomes):
        for case in self:
            if case.kind != 'silent':
                raise UserError(self.env._("%s is about no parcel on the road.", case.display_name))
        cases = self._lock_cases()
        for case in cases:
            case.outcome = outcomes[case.id]
        cases._set_closed('other')
        requests = cases.request_id
        lines = requests._get_lines_to_send()
        missing = self.create([{
            'request_id': line.request_id.id, 'request_line_id': line.id, 'kind': 'short', 'is_counted': True,
            'product_id': line.product_id.id, 'quantity': line._to_product_uom(line._get_quantity_awaited()),
            'note': outcomes[case.id],
        } for case in cases for line in lines & case.request_id.line_ids])
        lines._get_open_receipts()._action_cancel()
        lines._update_missing()
        requests._write_flow({'date_receipt_due': False})
        lines._advance()
        missing._tell_customers()


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _tell_late(self):
        """A parcel that is silent for too long has a case from now on; its owner is told by the activity of the stage."""
        silent = self.filtered(lambda request: any(stage == 'receipt' for stage, _due in request._get_late_stages()))
        super()._tell_late()
        known = self.env['returns.discrepancy'].search([
            ('request_id', 'in', silent.ids), ('kind', '=', 'silent'), ('state', '=', 'open')]).request_id
        owners = silent._find_stage_owners('receipt') if silent else {}
        self.env['returns.discrepancy'].create([{
            'request_id': request.id, 'kind': 'silent', 'user_id': owners[request].id,
            'note': self.env._("Awaited since %(since)s, tracking number %(number)s. Ask the carrier.",
                               since=request._show_moment(request.date_receipt_due), number=request.tracking_ref or "-"),
        } for request in silent - known])

    def _note_reception(self, receipts):
        super()._note_reception(receipts)
        self._close_silent()

    def _note_empty_parcel(self):
        super()._note_empty_parcel()
        self._close_silent()

    def _close_silent(self):
        """The parcel is here."""
        self.env['returns.discrepancy'].search([
            ('request_id', 'in', self.ids), ('kind', '=', 'silent'), ('state', '=', 'open')])._set_closed('found')
