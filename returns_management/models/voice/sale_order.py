# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.tools import format_date

from ...tools import policy


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    def _prepare_returns_terms(self):
        """What of this order may come back, and until when: by the version the order is confirmed under, or would be.

        :return: [{'goods': names, 'terms': sentences}], one for each rule that applies; empty without goods or policy
        """
        self.ensure_one()
        order = self.sudo()
        version = order.returns_policy_id or self.env['returns.policy'].sudo()._get_in_force(
            order.company_id, fields.Datetime.now())
        rules, found = {rule.id: rule for rule in version.rule_ids}, {}
        plain_rules = [rule._to_rule() for rule in version.rule_ids]
        for line in order.order_line.filtered(lambda line: line.product_id.type == 'consu' and not line.display_type):
            rule = policy.select_rule(plain_rules, version._get_subject(
                line.product_id, order.partner_id, order.partner_shipping_id.country_id, order.team_id,
                order._get_returns_day()))
            if rule:
                found.setdefault(rules[rule.id], []).append(line.product_id)
        parts = []
        for rule, products in found.items():
            names = dict.fromkeys(product.with_context(display_default_code=False).display_name for product in products)
            parts.append({'goods': ", ".join(names) if len(found) > 1 else "", 'terms': rule._get_customer_terms()})
        return parts

    def _prepare_returns_order_page(self):
        """:return: the order's goods, and what of them may come back: plain values for its page"""
        self.ensure_one()
        Request = self.env['returns.request']
        return {
            'name': self.name, 'date': format_date(self.env, self.date_order.date(), date_format='medium'),
            'lines': [{
                'product': line.product_id.with_context(display_default_code=False).display_name,
                'ordered': Request._show_quantity(line.product_uom_qty, line.product_uom_id),
                'delivered': Request._show_quantity(line.qty_delivered, line.product_uom_id),
                'returnable': Request._show_quantity(line.quantity_returnable, line.product_uom_id),
                'may_return': line.product_uom_id.compare(line.quantity_returnable, 0.0) > 0,
            } for line in self._get_returns_goods()],
        }

    def _get_returns_goods(self):
        """:return: the order lines about goods"""
        return self.order_line.filtered(lambda line: (
            line.product_id.type == 'consu' and not line.display_type
            and line.product_uom_id.compare(line.product_uom_qty, 0.0) > 0))

    def _get_returns_page_url(self):
        """:return: the full address of the page that shows this order's returns without an account"""
        self.ensure_one()
        return f'{self.get_base_url()}/returns/order/{self.id}?access_token={self._portal_ensure_token()}'
