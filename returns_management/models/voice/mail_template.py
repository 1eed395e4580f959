# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class MailTemplate(models.Model):
    _inherit = 'mail.template'

    def _generate_template(self, res_ids, render_fields, recipients_allow_suggested=False, find_or_create_partners=False):
        """The mail that confirms an order says what of it may come back, as the order itself does."""
        values = super()._generate_template(
            res_ids, render_fields, recipients_allow_suggested=recipients_allow_suggested,
            find_or_create_partners=find_or_create_partners)
        if self.model == 'sale.order' and 'body_html' in render_fields:
            for order in self.env['sale.order'].browse(values):
                if order.state == 'sale' and order._get_confirmation_template() == self:
                    values[order.id]['body_html'] += self._render_returns_terms(order)
        return values

    def _render_returns_terms(self, order):
        """:return: markup of what of ``order`` may come back, in the language of its customer"""
        order = order.with_context(lang=order.partner_id.lang or self.env.lang)
        return order.env['ir.qweb']._render(
            'returns_management.sale_order_mail_returns', {'returns_terms': order._prepare_returns_terms()})
