# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models

from ..returns_guard import as_flow


class MailMail(models.Model):
    """Mails about returns that could not be sent stand in the list of failed follow-ups."""
    _inherit = 'mail.mail'

    def write(self, vals):
        res = super().write(vals)
        if vals.get('state') == 'cancel':
            self._returns_resolve(self.env._("The mail was cancelled."))
        return res

    def unlink(self):
        self._returns_resolve(self.env._("The mail was deleted."))
        return super().unlink()

    def _postprocess_sent_message(self, success_pids, success_emails, failure_reason=False, failure_type=None):
        """The end of each attempt, told once: while it lasts, core's state of the mail is *exception* in any case."""
        mails = self._returns_get_mails()
        if mails and failure_type:
            mails.filtered('auto_delete').write({'auto_delete': False})  # or core would delete what has no valid address
            mails._returns_note_failure(failure_reason)
        elif mails:
            mails._returns_resolve(self.env._("The mail was sent."))
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason=failure_reason, failure_type=failure_type)

    def _returns_get_mails(self):
        """:return: those about a return"""
        return as_flow(self).filtered(lambda mail: mail.res_id and (mail.model or '').startswith('returns.'))

    def _returns_note_failure(self, reason):
        FollowUp = as_flow(self.env['returns.follow.up'])
        causes, vals = {}, {}
        for mail in self:
            record = self.env[mail.model].browse(mail.res_id).exists() if mail.model in self.env else None
            requests = FollowUp._find_requests(record) if record else None
            if requests:
                causes[mail] = reason or mail.failure_reason or self.env._("The mail server did not take it.")
                vals[mail] = {
                    'name': mail.subject or record.display_name, 'company_id': requests[0].company_id.id,
                    'request_ids': [(6, 0, requests.ids)]}
        FollowUp._note_failures('mail', causes, vals)

    def _returns_resolve(self, outcome):
        mails = self._returns_get_mails()
        if mails:
            self.env['returns.follow.up']._resolve('mail', mails, outcome)


class ReturnsFollowUp(models.Model):
    _inherit = 'returns.follow.up'

    def _retry_mail(self, mail):
        """The queue sends it, to the addresses that its recipients have by now."""
        mails = as_flow(mail)
        if mails.state == 'exception':
            mails.write({'state': 'outgoing', 'auto_delete': True})
        self.env.ref('mail.ir_cron_mail_scheduler_action').sudo()._trigger()
        as_flow(self)._set_pending()
