# Part of returns_management. See LICENSE file for full copyright and licensing details.

import logging

from odoo import SUPERUSER_ID, Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import html2plaintext

from ...tools import mail_intake, uploads
from ...tools.words import MAX_WORDS

_logger = logging.getLogger(__name__)
MOST_ORDERS = 200  # of a customer, whose own references are looked for in a mail
OLDEST_DAYS = 30  # that a mail may have been on its way: before that, a clock is wrong


class ReturnsRequest(models.Model):
    """What comes by mail: a draft for staff to complete, a word about a return that is there already, or neither."""
    _inherit = 'returns.request'

    # ------------------------------------------------------------------
    # Where a mail goes
    # ------------------------------------------------------------------

    @api.model
    def _returns_route_mail(self, message, message_dict, route):
        """Decide what becomes of a mail that answers none of ours.

        :param message: ``email.message.EmailMessage``
        :param dict message_dict: as core has read it
        :param route: (model, record id, values, user id, alias)
        :return: the route to go; nothing where the mail makes no record
        """
        alias = route[4]
        team = self.env['returns.team'].sudo()._get_of_alias(alias and alias.sudo())
        team = team.with_company(team.company_id)
        sender = team._read_mail_sender(message, message_dict)
        if not sender or not team:
            _logger.info("Mail %s makes no return: nobody wrote it, or no team takes it.", message_dict['message_id'])
            return ()
        found = self.sudo().with_company(team.company_id)._read_mail_wish(team, sender, message_dict)
        if not found:
            team._answer_unknown(
                message, message_dict, sender, reply_to=team.alias_email,
                template=self.env.ref('returns_management.mail_template_unknown_sender', raise_if_not_found=False))
            return ()
        if found.get('is_forwarded'):  # what an agent adds is not for the customer
            message_dict['is_internal'] = True
        if found.get('request'):
            return (route[0], found['request'].id, None, *route[3:])
        return (route[0], 0, {'returns_mail': {**found, 'team': team}}, *route[3:])

    @api.model
    def _read_mail_wish(self, team, sender, message_dict):
        """:param sender: address alone
        :return: whose mail it is and what it is about: {'partner', 'orders', 'request', 'is_forwarded'}; empty
            for somebody who never bought anything
        """
        senders = team._find_senders(sender)
        forwarder = team._find_forwarder(senders)
        subject = message_dict.get('subject') or ''
        body = html2plaintext(message_dict.get('body') or '')[:mail_intake.MOST_TEXT]
        named = self._find_named(team, subject, senders, forwarder) or self._find_named(team, body, senders, forwarder)
        if forwarder and not named:
            return {}
        found = named or self._find_customer(team, senders)
        if found:
            found['is_forwarded'] = bool(forwarder)
        return found

    @api.model
    def _find_named(self, team, text, senders, forwarder):
        """What ``text`` names by one of our numbers, of what the senders bought, or the forwarding agent may see.

        :return: as :meth:`_read_mail_wish`; empty where it names nothing of theirs
        """
        numbers = mail_intake.read_numbers(text)
        mine = Domain('company_id', '=', team.company_id.id)
        if not forwarder:
            mine &= Domain('commercial_partner_id', 'in', senders.commercial_partner_id.ids)
        request = self.search(mine & Domain('name', 'in', numbers), limit=1, order='id desc') if numbers else self
        if request and (not forwarder or request.with_user(forwarder).has_access('read')):
            return {'request': request}
        orders = self._find_orders(team, text, numbers, senders, forwarder)
        if not orders:
            return {}
        entity = orders[0].partner_id.commercial_partner_id
        orders = orders.filtered(lambda order: order.partner_id.commercial_partner_id == entity)
        draft = self.search(mine & Domain([
            ('state', '=', 'draft'), ('channel', '=', 'email'), ('round', '=', 1),
            ('commercial_partner_id', '=', entity.id), ('line_ids.sale_line_id.order_id', 'in', orders.ids)]),
            limit=1, order='id desc')
        if draft:  # "any news?" is no second return
            return {'request': draft}
        partner = senders.filtered(lambda partner: partner.commercial_partner_id == entity)[:1]
        return {'partner': partner if partner and not forwarder else orders[0].partner_id, 'orders': orders}

    @api.model
    def _find_orders(self, team, text, numbers, senders, forwarder):
        """:return: the confirmed orders of the senders that ``text`` names: by their own number, the customer's reference,
            an invoice or a delivery
        """
        Order = self.env['sale.order']
        mine = Domain([('company_id', '=', team.company_id.id), ('state', '=', 'sale')])
        if not forwarder:
            mine &= Domain('partner_id.commercial_partner_id', 'in', senders.commercial_partner_id.ids)
        orders = Order
        if numbers:
            pickings = self.env['stock.picking'].search([
                ('company_id', '=', team.company_id.id), ('name', 'in', numbers), ('sale_id', '!=', False)])
            invoices = self.env['account.move'].search([
                ('company_id', '=', team.company_id.id), ('name', 'in', numbers),
                ('move_type', 'in', ('out_invoice', 'out_refund'))])
            orders = Order.search(mine & Domain.OR([
                Domain('name', 'in', numbers), Domain('client_order_ref', 'in', numbers),
                Domain('id', 'in', (pickings.sale_id | invoices.invoice_line_ids.sale_line_ids.order_id).ids)]), order='id')
        if not orders and not forwarder:
            orders = Order.search(
                mine & Domain('client_order_ref', '!=', False), limit=MOST_ORDERS, order='id desc',
            ).filtered(lambda order: mail_intake.names(text, order.client_order_ref)).sorted('id')
        return orders.filtered(lambda order: order.with_user(forwarder).has_access('read')) if forwarder else orders

    @api.model
    def _find_customer(self, team, senders):
        """:return: as :meth:`_read_mail_wish`, of who bought something here and does not say which order they mean"""
        order = self.env['sale.order'].search([
            ('company_id', '=', team.company_id.id), ('state', '=', 'sale'),
            ('partner_id.commercial_partner_id', 'in', senders.commercial_partner_id.ids)], limit=1, order='id desc')
        entity = order.partner_id.commercial_partner_id
        partner = senders.filtered(lambda partner: partner.commercial_partner_id == entity)[:1]
        return {'partner': partner, 'orders': order.browse()} if partner else {}

    # ------------------------------------------------------------------
    # The draft
    # ------------------------------------------------------------------

    @api.private
    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """A draft from a mail that :meth:`_returns_route_mail` let through.

        :raise AccessError: no mail: nobody else calls this
        """
        found = (custom_values or {}).get('returns_mail')
        if not (self.env.su and found):
            raise AccessError(self.env._("Returns are made from mails by the mail gateway only."))
        team = found['team']
        flow = self.with_company(team.company_id)._as_flow()
        request = flow.create(flow._prepare_mail_vals(team, found, msg_dict))
        request._message_log(body=request._describe_draft(found))
        return request.with_env(self.env)

    @api.model
    def _prepare_mail_vals(self, team, found, msg_dict):
        """:return: values of the draft: all that may come back of the orders named, for staff to cut down"""
        words = html2plaintext(msg_dict.get('body') or '').replace('\0', '').strip()
        return {
            'partner_id': found['partner'].id, 'company_id': team.company_id.id, 'team_id': team.id, 'channel': 'email',
            'date_requested': self._read_mail_date(msg_dict.get('date')),
            'customer_note': False if found['is_forwarded'] else words[:MAX_WORDS],
            'line_ids': [Command.create(vals) for vals in self.env['returns.request.line']._propose_lines(
                found['orders'].order_line)],
        }

    @api.model
    def _read_mail_date(self, date):
        """:return: when a mail was written, as far as that can be believed: now, where its date is ahead or long past"""
        now = fields.Datetime.now()
        try:
            written = fields.Datetime.to_datetime(date) or now
        except ValueError:
            return now
        return written if fields.Datetime.subtract(now, days=OLDEST_DAYS) <= written <= now else now

    def _describe_draft(self, found):
        """:return: what was made of the mail and what is to do, for staff"""
        self.ensure_one()
        orders = ", ".join(found['orders'].mapped('name'))
        if not orders:
            return self.env._(
                "Made from a mail that names no order of this customer. Find out what they mean, add the lines and their "
                "reasons, and submit it; or delete it, if it is about something else.")
        if not self.line_ids:
            return self.env._(
                "Made from a mail about %s, of which nothing may come back now: nothing was delivered, or all of it is "
                "returned or part of an open return.", orders)
        return self.env._(
            "Made from a mail about %(orders)s. The lines are all that may come back (%(count)s): take out what the "
            "customer does not mean, correct the quantities, give the reasons, and submit it.",
            orders=orders, count=len(self.line_ids))

    # ------------------------------------------------------------------
    # Loops and attachments
    # ------------------------------------------------------------------

    @api.model
    def _detect_loop_sender_domain(self, email_from_normalized):
        """What a sender made by mail, for core to count: it stops who makes too many in a short time."""
        return [('channel', '=', 'email'), ('partner_id.email_normalized', '=', email_from_normalized)]

    def _message_post_after_hook(self, message, msg_values):
        res = super()._message_post_after_hook(message, msg_values)
        if message.message_type == 'email' and self.env.uid == SUPERUSER_ID and self.channel == 'email' and (
                self.state == 'draft' and self.round == 1):
            self._as_flow()._keep_mail_evidence(message)
        return res

    def _keep_mail_evidence(self, message):
        """Pictures and PDFs of the mail are evidence of the draft, by their content; anything else stays with the mail."""
        kept = self.evidence_ids
        for file in message.attachment_ids.sorted('id') - kept:
            if len(kept) >= uploads.MAX_FILES:
                break
            try:
                vals, = uploads.read_files([(file.name or '', file.raw or b'')], _=self.env._)
            except UserError:
                continue
            file.write({'name': vals['name'], 'mimetype': vals['mimetype']})
            kept |= file
        if kept != self.evidence_ids:
            self.evidence_ids = kept
