# Part of returns_management. See LICENSE file for full copyright and licensing details.

import ipaddress
import unicodedata

from odoo import Command, api, fields, models
from odoo.tools import email_normalize, escape_psql, hmac

from ..batches import work_in_batches

#: Within an hour: (what is counted, how often). Counted in this order, so that who has used up their own tries does not use
#: up those of others.
LIMITS = (('visitor', 10), ('email', 5), ('order', 10))
MAX_NAME, MAX_EMAIL = 64, 254  # characters; the second is what a mail server takes


class ReturnsLinkRequest(models.Model):
    """Somebody without an account asks for the link to an order.

    The page only notes what was typed, whether or not there is such an order; a cron looks it up, queues the mail
    and forgets what was typed. So neither the page's words nor the time it takes tell anything about orders.
    """
    _name = 'returns.link.request'
    _description = "Request for the Link to an Order"

    order_name = fields.Char("Order Number", required=True, readonly=True)
    email = fields.Char(required=True, readonly=True, help="As it is compared, see odoo.tools.email_normalize.")

    @api.model
    def _ask(self, order_name, email, visitor):
        """Note that a visitor asks for the link to an order.

        :param str order_name: as typed
        :param str email: as typed
        :param str visitor: the address they come from
        :return: None where what was typed is no order number or no email address; else whether it was noted, which
            it is not for who asks too often
        """
        order_name, email = self._read_typed(order_name, MAX_NAME), self._read_typed(email, MAX_EMAIL)
        order_name, email = order_name.lstrip('#').strip().upper(), email_normalize(email)
        if not (order_name and email):
            return None
        waiting = self.sudo()
        counted = {'visitor': self._get_network(visitor), 'email': email, 'order': order_name}
        if not all(self.env['returns.link.count'].sudo()._take(kind, counted[kind], limit) for kind, limit in LIMITS):
            return False
        waiting.create({'order_name': order_name, 'email': email})
        self.env.ref('returns_management.ir_cron_send_links').sudo()._trigger()
        return True

    @api.model
    def _read_typed(self, text, longest):
        """:return: one line of text that somebody typed; empty where it is something else, or too long to be meant"""
        if not isinstance(text, str) or len(text) > 4 * longest:
            return ''
        text = ' '.join(unicodedata.normalize('NFKC', text).replace('\0', '').split())
        return text if len(text) <= longest else ''

    @api.model
    def _get_network(self, visitor):
        """:return: what one visitor has for themselves: an address, or in IPv6 a network of them"""
        try:
            address = ipaddress.ip_address(visitor or '')
        except ValueError:
            return ''
        return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    @api.model
    def _cron_send_links(self, batch=20):
        """Queue the mails to those who asked for the link to an order of theirs, and forget what they typed."""
        work_in_batches(self, [], lambda found: found._send_links(), batch)

    def _send_links(self):
        template = self.env.ref('returns_management.mail_template_order_link', raise_if_not_found=False)
        for (_order_name, email), asked in self.grouped(lambda asked: (asked.order_name, asked.email)).items():
            for order in asked._find_orders() if template and template.active else ():
                partner = (order.partner_id | order.partner_invoice_id).filtered(
                    lambda partner, email=email: partner.email_normalized == email)[:1]
                order._portal_ensure_token()
                # to the address on the order, however it was typed
                template.with_context(lang=None).send_mail(
                    order.id, email_values={'recipient_ids': [Command.set(partner.ids)], 'email_to': False})
        self.unlink()

    def _find_orders(self):
        """:return: the orders that what was typed belongs to: of the same number in several companies, each"""
        asked = self[:1]
        return self.env['sale.order'].search([
            ('name', '=ilike', escape_psql(asked.order_name)), ('state', '=', 'sale'),
            ('company_id.returns_guest_page', '=', True),
            '|', ('partner_id.email_normalized', '=', asked.email),
            ('partner_invoice_id.email_normalized', '=', asked.email)], limit=5)

    @api.autovacuum
    def _gc_forgotten(self):
        """What nobody answered within a day is forgotten, too."""
        self.search([('create_date', '<', fields.Datetime.subtract(fields.Datetime.now(), days=1))]).unlink()


class ReturnsLinkCount(models.Model):
    """How often somebody asked within an hour. In the database, so that it holds for all workers; whom it is about
    cannot be read from it.
    """
    _name = 'returns.link.count'
    _description = "Count of Requests for Links"

    key = fields.Char(required=True, readonly=True)
    hour = fields.Datetime(required=True, readonly=True)
    hits = fields.Integer(required=True, readonly=True, default=1)

    _key_uniq = models.UniqueIndex("(key, hour)")

    @api.model
    def _take(self, kind, value, limit):
        """Count one more, and say whether ``limit`` allows it.

        The row is written at once: of two who count at the same instant, the second waits, fails to serialize and is
        run again by Odoo, so that none is missed.
        """
        key = hmac(self.env, 'returns_management.link', (kind, value))
        hour = fields.Datetime.now().replace(minute=0, second=0)
        self.env.cr.execute(
            "INSERT INTO returns_link_count (key, hour, hits) VALUES (%s, %s, 1) "
            "ON CONFLICT (key, hour) DO UPDATE SET hits = LEAST(returns_link_count.hits + 1, 1000000) RETURNING hits",
            [key, hour], log_exceptions=False)
        return self.env.cr.fetchone()[0] <= limit

    @api.autovacuum
    def _gc_old(self):
        self.search([('hour', '<', fields.Datetime.subtract(fields.Datetime.now(), hours=2))]).unlink()
