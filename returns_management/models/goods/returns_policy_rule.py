# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsPolicyRule(models.Model):
    _inherit = 'returns.policy.rule'

    without_inspection = fields.Boolean(
        "Restocked Uninspected",
        help="Goods that these customers return by choice are accepted and restocked as they are received: no inspector "
             "looks at them. What is returned for another reason is inspected all the same, and so is what this rule "
             "demands a condition or a grade of.")
