# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsPolicy(models.Model):
    _inherit = 'returns.policy'

    def _prepare_customer_text(self):
        """:return: the policy as customers read it, in the language of the context: plain values, and HTML of our
            own people. Rules for single customers, tags and sales teams are left out.
        """
        self.ensure_one()
        rules = self.rule_ids.with_context(display_default_code=False)  # our references are ours
        return {
            'name': self.name, 'introduction': self.introduction,
            'since': self.date_published,
            'rules': [{
                'goods': rule._get_subject_note(), 'terms': rule._get_customer_terms(), 'conditions': rule.conditions,
            } for rule in rules.filtered(lambda rule: rule._is_for_everybody())],
        }
