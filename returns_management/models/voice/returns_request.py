# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    @api.model
    def _tell_state_changes(self, changed):
        super()._tell_state_changes(changed)
        approved = rejected = self.browse()
        for request, (old, new) in changed.items():
            if old in ('draft', 'review') and new in ('approved', 'settlement'):
                approved |= request
            elif new == 'rejected':
                rejected |= request
        approved._tell('approved')
        rejected._tell('rejected')

    def _tell(self, event):
        """Queue the mail template ``mail_template_<event>``; the mail queue sends it, never this transaction.

        Customers without an address are left out: the request's chatter shows that nothing was sent.
        """
        super()._tell(event)
        template = self.env.ref(f'returns_management.mail_template_{event}', raise_if_not_found=False)
        requests = self.filtered('partner_id.email')
        if template and requests:
            template.send_mail_batch(requests.ids, force_send=False)
