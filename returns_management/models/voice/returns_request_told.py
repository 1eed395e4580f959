# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models

#: What is told when the transaction ends, unless something else was told in it: {event: states in which it still holds}.
#: Of several the last one is told.
LATER = {
    'submitted': {'review'},
    'received': {'approved', 'received', 'final_review', 'settlement', 'done'},
    'inspected': {'settlement', 'done'},
    'done': {'done'},
}
PENDING = 'returns_management.told_later'


class ReturnsRequest(models.Model):
    """When customers are told of what happened: one mail for what happens in one moment, the one that says most."""
    _inherit = 'returns.request'

    @api.model
    def _tell_state_changes(self, changed):
        super()._tell_state_changes(changed)
        events = {'approved': [], 'rejected': [], 'submitted': [], 'inspected': [], 'done': []}
        for request, (old, new) in changed.items():
            if event := request._get_told_event(old, new):
                events[event].append(request.id)
        for event, ids in events.items():
            requests = self.browse(ids)
            requests._tell_later(event) if event in LATER else requests._tell(event)

    def _get_told_event(self, old, new):
        """:return: what the customer is told when the request went from one state to another, if anything"""
        self.ensure_one()
        if new == 'rejected':
            return 'rejected'
        if old in ('draft', 'review') and new not in ('draft', 'review', 'cancelled') and self._get_lines_under_way():
            return 'approved'
        if (old, new) == ('draft', 'review'):
            return 'submitted'
        if new == 'done' and self._get_carried_out_lines():
            return 'done'
        if old in ('received', 'final_review') and new == 'settlement':
            return 'inspected'
        return None

    def _get_carried_out_lines(self):
        """:return: the lines of which goods came in, or for which something was given"""
        return self.line_ids.filtered(lambda line: line.quantity_received or line.quantity_settled)

    def _get_lines_refused_at_inspection(self):
        """:return: the lines of which goods came in and were not accepted, with the reason"""
        return self.line_ids.filtered(lambda line: line._get_refusal() and line.uom_id.compare(
            line.quantity_accepted, line.quantity_received) < 0)

    def _note_reception(self, receipts):
        super()._note_reception(receipts)
        self._tell_later('received')

    # ------------------------------------------------------------------
    # One mail for one moment
    # ------------------------------------------------------------------

    def _tell_later(self, event):
        """Tell the customers of ``event``, one of :data:`LATER`, when the transaction ends."""
        if not self:
            return
        data = self.env.cr.precommit.data
        if PENDING not in data:
            data[PENDING] = {}
            self.env.cr.precommit.add(self._as_flow().browse()._tell_pending)
        for request in self:
            data[PENDING].setdefault(request.id, set()).add(event)

    @api.model
    def _tell_pending(self):
        pending = self.env.cr.precommit.data.pop(PENDING, {})
        requests = self.browse(pending).exists()
        for event in reversed(LATER):
            due = requests.filtered(lambda request, event=event: (
                event in pending[request.id] and request.state in LATER[event]))
            told = due._find_told(event)
            due.browse().concat(*told.values())._tell(event)
            requests -= due.browse().concat(*told.values())

    def _find_told(self, event):
        """:return: {template: those of these requests whose customers are told of ``event`` by it}"""
        templates = self.env['returns.mail'].sudo()._find_templates(self.company_id, event) if self else {}
        told = {}
        for request in self:
            if template := templates.get(request.company_id):
                told[template] = told.get(template, self.browse()) | request
        return told

    def _tell(self, event):
        """Queue the mail about ``event``; the mail queue sends it, never this transaction. See ``returns.mail`` for
        the switches; an archived template is a mail that is switched off everywhere.

        The mail stays readable in the chatter after it was sent. Customers without an address
        are left out, and the chatter says so.
        """
        super()._tell(event)
        pending = self.env.cr.precommit.data.get(PENDING, {})
        for template, told in self._find_told(event).items():
            for request in told:
                pending.pop(request.id, None)
            requests = told.filtered(lambda request: request._get_addressee().email)
            requests._read_ahead()
            if requests:
                # is_notification: when the queue deletes the sent mail, its message stays
                template.send_mail_batch(requests.ids, email_values={'is_notification': True})
            silent = told - requests
            if silent:
                silent._message_log_batch(bodies=dict.fromkeys(silent.ids, self.env._(
                    "The customer has no email address: \"%s\" was not sent.", template.name)))

    @api.model
    def _get_mail_template(self, event):
        """:return: the standard mail that customers get about ``event``, or nothing; bridges have their own"""
        return self.env.ref(
            f'returns_management.mail_template_{event}', raise_if_not_found=False) or self.env['mail.template']

    def _read_ahead(self):
        """Read for the whole set what templates then ask of one request after the other."""
        lines = self.sudo().line_ids
        lines.move_ids.picking_id.mapped('name')
        lines.sale_line_id.order_id.mapped('name')
        lines.lot_ids.mapped('name')

    def _get_addressee(self):
        """:return: the partner that mails about this request go to"""
        self.ensure_one()
        return self.partner_id if self.partner_id.email else self.commercial_partner_id
