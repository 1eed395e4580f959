# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

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
