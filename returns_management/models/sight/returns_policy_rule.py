# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.tools import format_date

from ...tools.policy import show_percent


class ReturnsPolicyRule(models.Model):
    """The rule in words: a policy's table reads like the text that customers read."""
    _inherit = 'returns.policy.rule'

    subject_note = fields.Text("Applies To", compute='_compute_subject_note')
    terms_note = fields.Text("Says", compute='_compute_terms_note')

    @api.depends('product_id', 'category_id', 'partner_id', 'partner_tag_id', 'country_id', 'sales_team_id',
                 'date_from', 'date_to')
    def _compute_subject_note(self):
        for rule in self:
            rule.subject_note = rule._get_subject_note()

    def _get_subject_note(self):
        """:return: what is sold to whom that this rule is about"""
        self.ensure_one()
        _ = self.env._
        parts = [self.product_id.display_name or self.category_id.display_name or _("All products")]
        if self.partner_id:
            parts.append(_("for %s", self.partner_id.display_name))
        if self.partner_tag_id:
            parts.append(_("for customers tagged %s", self.partner_tag_id.display_name))
        if self.country_id:
            parts.append(_("delivered to %s", self.country_id.name))
        if self.sales_team_id:
            parts.append(_("sold by %s", self.sales_team_id.name))
        if self.date_from:
            parts.append(_("ordered from %s", format_date(self.env, self.date_from)))
        if self.date_to:
            parts.append(_("ordered until %s", format_date(self.env, self.date_to)))
        return ", ".join(parts)

    @api.depends('is_returnable', 'window_days', 'window_unit', 'warranty_months', 'allow_refund', 'allow_store_credit',
                 'allow_exchange', 'on_late', 'auto_approve_max', 'returnless_max', 'advance', 'advance_max',
                 'advance_trusted_only', 'ship_by_days', 'fee_percent', 'fee_on_exchange', 'shipping_paid_by',
                 'delivery_refund', 'condition_required', 'grade_required', 'share_a', 'share_b', 'share_c', 'share_d',
                 'without_inspection')
    def _compute_terms_note(self):
        for rule in self:
            rule.terms_note = rule._get_terms_note()

    def _get_terms_note(self):
        """:return: what the rule says, in one sentence"""
        self.ensure_one()
        _ = self.env._
        if not self.is_returnable:
            return _("Not returnable.")
        parts = [_("%s working days from delivery", self.window_days) if self.window_unit == 'working'
                 else _("%s days from delivery", self.window_days)]
        if self.warranty_months:
            parts[0] = _("%(window)s, %(months)s months for quality reasons", window=parts[0], months=self.warranty_months)
        offered = self._get_offered_words()
        parts.append(", ".join(label for name, label in offered.items() if self[f'allow_{name}']) or _("no compensation"))
        parts.append(_("later: refused") if self.on_late == 'refuse' else _("later: the return team votes"))
        parts += self._get_choice_parts()
        if self.delivery_refund != 'complete' and self._may_charge_delivery():
            parts.append(_("delivery not refunded") if self.delivery_refund == 'never'
                         else _("delivery refunded in proportion"))
        if self.auto_approve_max:
            parts.append(_("no approval up to %s", self.currency_id.format(self.auto_approve_max)))
        if self.returnless_max:
            parts.append(_("goods kept up to %s", self.currency_id.format(self.returnless_max)))
        if self.advance != 'never':
            parts.append(self._get_advance_note())
        return "; ".join(parts) + "."

    def _get_advance_note(self):
        """:return: what is settled before the goods are back, with whom, and up to which limit"""
        _ = self.env._
        note = (_("refunded before the goods are back") if self.advance == 'refund'
                else _("exchanged before the goods are back"))
        if self.advance_trusted_only:
            note = _("%s, trusted customers only", note)
        if self.advance_max:
            note = _("%(note)s, up to %(limit)s a customer", note=note, limit=self.currency_id.format(self.advance_max))
        return note

    def _get_offered_words(self):
        """:return: {resolution: its name among our own people}; bridges add theirs"""
        return {
            'refund': self.env._("refund"), 'store_credit': self.env._("store credit"), 'exchange': self.env._("exchange")}

    def _get_choice_parts(self):
        """:return: what binds those who return by choice or fault only"""
        _ = self.env._
        parts = []
        if self.condition_required:
            parts.append(_("unopened only") if self.condition_required == 'unopened' else _("complete only"))
        if self.grade_required:
            parts.append(_("grade %s or better", self.grade_required.upper()))
        shares = [_("%(grade)s %(share)s%%", grade=grade.upper(), share=show_percent(share))
                  for grade, share in self._get_shares().items() if share < 100]
        if shares:
            parts.append(_("refunded by grade: %s", ", ".join(shares)))
        if self.fee_percent:
            fee = f"{self.fee_percent:.10g}"
            parts.append(_("fee %s%%, on exchanges too", fee) if self.fee_on_exchange else _("fee %s%%", fee))
        if self.shipping_paid_by == 'customer':
            parts.append(_("customer pays the way back"))
        if self.without_inspection:
            parts.append(_("restocked uninspected"))
        return [_("by choice: %s", ", ".join(parts))] if parts else []
