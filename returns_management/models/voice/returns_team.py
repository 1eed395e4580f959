# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging
from ast import literal_eval

from odoo import api, fields, models
from odoo.tools import email_normalize, html2plaintext

from ...tools import mail_intake

_logger = logging.getLogger(__name__)
ONCE_IN_HOURS = 24  # a sender who is unknown gets one answer in that time
MOST_ANSWERS = 50  # that a team sends in an hour, whoever asks: senders can be forged


class ReturnsTeam(models.Model):
    """The address that customers write to: their mails become drafts, see ``returns.request._returns_route_mail``."""
    _name = 'returns.team'
    _inherit = ['mail.alias.mixin.optional', 'returns.team']

    alias_id = fields.Many2one(help="Mails to this address make drafts of returns, or go to the return that they name.")

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values['alias_model_id'] = self.env['ir.model']._get_id('returns.request')
        if self.id:
            values['alias_defaults'] = {**literal_eval(self.alias_defaults or '{}'), 'team_id': self.id}
        return values

    @api.model
    def _get_of_alias(self, alias):
        """:return: the team whose mails come by ``alias``; of mails that came another way, the company's"""
        team = self.browse()
        if alias and alias.alias_parent_model_id.model == self._name:
            team = self.browse(alias.alias_parent_thread_id).exists()
        return team or self._get_default(self.env.company)

    # ------------------------------------------------------------------
    # Who writes
    # ------------------------------------------------------------------

    def _find_senders(self, sender):
        """:param sender: address alone
        :return: the contacts that have it, of this team's company or of all
        """
        return self.env['res.partner'].search([
            ('email_normalized', '=', sender), ('company_id', 'in', (False, self.company_id.id))])

    def _find_forwarder(self, senders):
        """:return: the returns agent among ``senders``: they forward what customers wrote to them"""
        return senders.user_ids.filtered(
            lambda user: user.active and not user.share and self.company_id in user.company_ids
            and user.has_group('returns_management.group_returns_agent'))[:1]

    # ------------------------------------------------------------------
    # Answering who is unknown
    # ------------------------------------------------------------------

    def _answer_unknown(self, message, message_dict, sender, template, reply_to):
        """Ask for the order number, once a day, and only where a person may read it.

        :param sender: address alone
        :param template: ``mail.template`` on teams, switched off where it is archived
        :param reply_to: where the answer to it should go
        """
        self.ensure_one()
        if not (template and template.active and mail_intake.may_be_answered(message, sender)
                and self._may_answer(sender)):
            _logger.info("Mail %s of an unknown sender to %s is not answered.", message_dict['message_id'], self.name)
            return
        text = f"{message_dict.get('subject') or ''} {html2plaintext(message_dict.get('body') or '')[:mail_intake.MOST_TEXT]}"
        installed = [code for code, _name in self.env['res.lang'].get_installed()]
        lang = mail_intake.guess_language(
            text, message.get('Content-Language') or message.get('Accept-Language'), installed)
        lang = lang or self.company_id.partner_id.lang or self.env.lang or 'en_US'
        template.with_context(answer_lang=lang).send_mail(self.id, email_values={
            'email_to': sender, 'outgoing_email_to': sender, 'recipient_ids': [], 'reply_to': reply_to or False,
            'references': message_dict['message_id'], 'auto_delete': True, 'is_notification': True,
            'headers': repr({'Auto-Submitted': 'auto-replied', 'X-Auto-Response-Suppress': 'All'})})

    def _may_answer(self, sender):
        """Whether ``sender`` has had no answer for a while, and the team has not sent too many: it is an answer to whoever
        writes, so nobody must make a storm of it.
        """
        Message = self.env['mail.message'].sudo()
        now = fields.Datetime.now()
        ours = [('model', '=', self._name), ('res_id', '=', self.id), ('outgoing_email_to', '!=', False)]
        return not Message.search_count([
            *ours, ('outgoing_email_to', '=', sender),
            ('create_date', '>', fields.Datetime.subtract(now, hours=ONCE_IN_HOURS))], limit=1) and Message.search_count(
            [*ours, ('create_date', '>', fields.Datetime.subtract(now, hours=1))], limit=MOST_ANSWERS) < MOST_ANSWERS

    @api.model
    def _read_mail_sender(self, message, message_dict):
        """:return: the address that a mail comes from; nothing where nobody wrote it, or we did ourselves"""
        sender = email_normalize(message_dict.get('email_from') or '')
        if not sender:
            return None
        if mail_intake.is_answer_of_machine(message, message_dict.get('subject')):
            return None
        if self.env['mail.alias.domain'].sudo()._find_aliases([sender]):
            return None
        return sender

    def _get_portal_returns_url(self):
        """:return: where customers see their returns by themselves"""
        return f'{self.get_base_url()}/my/returns'
