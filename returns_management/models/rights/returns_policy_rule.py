# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ...tools import policy
from ..vocabulary import GRADES


class ReturnsPolicyRule(models.Model):
    """What a policy says about some products sold to some customers."""
    _name = 'returns.policy.rule'
    _description = "Return Policy Rule"
    _inherit = ['returns.guard']
    _order = 'policy_id, sequence, id'

    policy_id = fields.Many2one('returns.policy', required=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='policy_id.company_id', store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related='company_id.currency_id')
    is_published = fields.Boolean(compute='_compute_is_published', help="In force now or once: it stays as it is.")
    sequence = fields.Integer(default=10)
    name = fields.Char(required=True, translate=True)

    # === For whom and what: the most specific rule wins. Deleting one must not change a published policy. === #
    product_id = fields.Many2one('product.product', index='btree_not_null', ondelete='restrict')
    category_id = fields.Many2one('product.category', "Product Category", index='btree_not_null', ondelete='restrict')
    partner_id = fields.Many2one('res.partner', "Customer", index='btree_not_null', ondelete='restrict')
    partner_tag_id = fields.Many2one('res.partner.category', "Customer Tag", ondelete='restrict')
    country_id = fields.Many2one('res.country', ondelete='restrict')
    sales_team_id = fields.Many2one('crm.team', ondelete='restrict')
    date_from = fields.Date("Orders From")
    date_to = fields.Date("Orders Until")

    # === What it says === #
    is_returnable = fields.Boolean("Returnable", default=True, help="If not set, these products do not come back.")
    window_days = fields.Integer("Window (days)", default=30, help="Days from the delivery of the goods.")
    window_unit = fields.Selection(
        [('calendar', "Calendar days"), ('working', "Working days")], default='calendar', required=True,
        help="Working days are those of the company's calendar. Either way a window that ends on a day when nobody works "
             "goes on to the next working day.")
    warranty_months = fields.Integer(
        "Warranty (months)", help="Counts instead of the window for reasons of category Quality, if it is longer.")
    allow_refund = fields.Boolean(default=True)
    allow_store_credit = fields.Boolean(default=True)
    allow_exchange = fields.Boolean(default=True)
    allowed_resolutions = fields.Char(
        compute='_compute_allowed_resolutions', inverse='_inverse_allowed_resolutions',
        help="Comma separated: refund, store_credit, exchange. What the boxes say.")
    on_late = fields.Selection(
        [('refuse', "Refuse"), ('committee', "Ask the return team")], default='refuse', required=True,
        help="What happens to a request that misses the window.")
    auto_approve_max = fields.Monetary(
        "Express Up To", help="Compliant requests up to this amount need no approval. 0: never.")
    returnless_max = fields.Monetary(
        "Returnless Up To", help="Up to this amount the customer keeps the goods. 0: never.")
    advance = fields.Selection(
        [('never', "Never"), ('refund', "Refund"), ('exchange', "Exchange")], default='never', required=True,
        help="What may be settled before the goods are back.")
    advance_max = fields.Monetary(
        "In Advance Up To",
        help="Of all that one customer was settled with in advance and has not sent yet, this return included. What would "
             "be above it is settled after the goods were accepted. 0: no limit.")
    advance_trusted_only = fields.Boolean(
        "Trusted Customers Only",
        help="In advance only with customers whose Degree of Trust, on the contact, is Good Debtor.")
    fee_percent = fields.Float(
        "Restocking Fee (%)", digits=(5, 2), help="Kept of what is credited, where the customer is responsible.")
    fee_on_exchange = fields.Boolean(
        help="The fee is kept of an exchange for another product, too. For the same product no money moves.")
    shipping_paid_by = fields.Selection(
        [('company', "Company"), ('customer', "Customer")], "Way Back Paid By", default='company', required=True,
        help="The customer pays only where the customer is responsible.")
    delivery_refund = fields.Selection(
        [('never', "Never"), ('complete', "When all comes back"), ('proportional', "In proportion")],
        "Delivery Charges Refunded", default='complete', required=True,
        help="What the customer paid for the delivery of the order. In proportion in any case where somebody else is "
             "responsible.")
    condition_required = fields.Selection(
        [('unopened', "Unopened"), ('complete', "Complete")], "Condition Demanded",
        help="Of goods that customers return by choice. Declared worse: refused. Found worse: judged after inspection.")
    grade_required = fields.Selection(
        GRADES, "Lowest Grade", help="Goods that are found in a lower grade are judged after inspection.")
    share_a = fields.Float("Refunded in Grade A (%)", digits=(5, 2), default=100.0)
    share_b = fields.Float("Refunded in Grade B (%)", digits=(5, 2), default=100.0)
    share_c = fields.Float("Refunded in Grade C (%)", digits=(5, 2), default=100.0)
    share_d = fields.Float("Refunded in Grade D (%)", digits=(5, 2), default=100.0)
    ship_by_days = fields.Integer(
        "Send Back Within (days)", default=14, help="Days from approval until the goods should be on their way.")
    conditions = fields.Html(translate=True, help="Shown to customers.")

    _window_positive = models.Constraint(
        'CHECK (window_days BETWEEN 0 AND 36500 AND warranty_months BETWEEN 0 AND 1200'
        ' AND ship_by_days BETWEEN 1 AND 3650)',
        "Window and warranty go from 0 to 100 years, and customers get from one day to ten years to send goods back.")
    _limits_positive = models.Constraint(
        'CHECK (auto_approve_max BETWEEN 0 AND 1e15 AND returnless_max BETWEEN 0 AND 1e15'
        ' AND advance_max BETWEEN 0 AND 1e15)',
        "The limits of express, returnless and advance are amounts, and cannot be negative.")

    _percents = models.Constraint(
        'CHECK (fee_percent BETWEEN 0 AND 100 AND share_a BETWEEN 0 AND 100 AND share_b BETWEEN 0 AND share_a'
        ' AND share_c BETWEEN 0 AND share_b AND share_d BETWEEN 0 AND share_c)',
        "The restocking fee and the refunded shares go from 0 to 100 %, and a lower grade is refunded no more than a "
        "better one.")

    @api.depends('policy_id.state')
    def _compute_is_published(self):
        for rule in self:
            rule.is_published = rule.policy_id.state in ('published', 'superseded')

    @api.depends('allow_refund', 'allow_store_credit', 'allow_exchange')
    def _compute_allowed_resolutions(self):
        for rule in self:
            rule.allowed_resolutions = ','.join(
                name for name in rule._get_resolutions() if rule[f'allow_{name}'])

    @api.model
    def _get_resolutions(self):
        """:return: what a rule may offer; each has a field ``allow_…``"""
        return ('refund', 'store_credit', 'exchange')

    def _inverse_allowed_resolutions(self):
        for rule in self:
            named = {name.strip() for name in (rule.allowed_resolutions or '').split(',') if name.strip()}
            unknown = named - set(rule._get_resolutions())
            if unknown:
                raise ValidationError(self.env._(
                    "Unknown resolution %(unknown)s. Use %(known)s, separated by commas.",
                    unknown=", ".join(sorted(unknown)), known=", ".join(rule._get_resolutions())))
            for name in rule._get_resolutions():
                rule[f'allow_{name}'] = name in named

    @api.constrains('date_from', 'date_to')
    def _check_dates(self):
        for rule in self:
            if rule.date_from and rule.date_to and rule.date_from > rule.date_to:
                raise ValidationError(self.env._(
                    "Rule %(rule)s starts on %(start)s, after its end on %(end)s.",
                    rule=rule.name, start=rule.date_from, end=rule.date_to))

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        if not self.env.su:
            rules.policy_id._refuse_change_once_published()
        return rules

    def write(self, vals):
        if not self.env.su:
            self.policy_id._refuse_change_once_published()
        res = super().write(vals)
        if not self.env.su and 'policy_id' in vals:
            self.policy_id._refuse_change_once_published()
        return res

    def _update_field_translations(self, field_name, translations, digest=None, source_lang=''):
        if not self.env.su:
            self.policy_id._refuse_change_once_published()  # a translation is written past write()
        return super()._update_field_translations(field_name, translations, digest=digest, source_lang=source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_published(self):
        self.policy_id._refuse_change_once_published()

    def _to_rule(self):
        """:return: this rule as the value that the pure policy functions take"""
        self.ensure_one()
        return policy.Rule(
            id=self.id, name=self.name, sequence=self.sequence,
            product_id=self.product_id.id or None, category_id=self.category_id.id or None,
            partner_id=self.partner_id.id or None,
            tag_ids=frozenset(self.partner_tag_id.ids), country_id=self.country_id.id or None,
            team_id=self.sales_team_id.id or None, date_from=self.date_from or None, date_to=self.date_to or None,
            returnable=self.is_returnable, window_days=self.window_days, window_unit=self.window_unit,
            warranty_months=self.warranty_months,
            allowed_resolutions=frozenset(filter(None, (self.allowed_resolutions or '').split(','))) | {'none'},
            auto_approve_max=Decimal(str(self.auto_approve_max)), returnless_max=Decimal(str(self.returnless_max)),
            advance=self.advance, advance_max=Decimal(str(self.advance_max)),
            advance_trusted_only=self.advance_trusted_only, on_late=self.on_late,
            fee_percent=Decimal(str(self.fee_percent)), fee_on_exchange=self.fee_on_exchange,
            shipping_paid_by=self.shipping_paid_by, delivery_refund=self.delivery_refund,
            condition_required=self.condition_required or None, grade_required=self.grade_required or None,
            shares=self._get_shares(),
        )

    def _get_shares(self):
        """:return: {grade: percent refunded}"""
        return {grade: Decimal(str(self[f'share_{grade}'])) for grade, _label in GRADES}
