# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models

from ...tools.policy import show_percent


class ReturnsPolicyRule(models.Model):
    _inherit = 'returns.policy.rule'

    def _is_for_everybody(self):
        """Whether the rule may be published: what was agreed with one customer, or is said to some, is theirs alone."""
        self.ensure_one()
        return not (self.partner_id or self.partner_tag_id or self.sales_team_id)

    def _get_customer_terms(self):
        """:return: what the rule grants, in sentences for the customer, from the fields it is judged by"""
        self.ensure_one()
        _ = self.env._
        if not self.is_returnable:
            return _("Cannot be returned.")
        days = (_("%s working days", self.window_days) if self.window_unit == 'working' else _("%s days", self.window_days))
        terms = [_("May be returned within %s of delivery.", days)]
        if self.warranty_months:
            terms.append(_("For reasons of quality: within %s months, if that is longer.", self.warranty_months))
        offered = [label for name, label in self._get_promised_words().items() if self[f'allow_{name}']]
        if offered:
            terms.append(_("You get %s, as you wish.", _(" or ").join(offered)) if len(offered) > 1 else _(
                "You get %s.", offered[0]))
        terms.append(_("Please send it within %s days after we approved it.", self.ship_by_days))
        if self.delivery_refund != 'never' and self._may_charge_delivery():
            terms.append(
                _("Once all that was delivered comes back, you get what you paid for delivery, too.")
                if self.delivery_refund == 'complete' else
                _("You get what you paid for delivery, too, in proportion to what comes back."))
        terms += self._get_choice_terms()
        if self.on_late == 'committee':
            terms.append(_("If you are late, ask us: we look at each case."))
        return " ".join(terms)

    @api.model
    def _may_charge_delivery(self):
        """Whether orders here may bill their delivery."""
        return 'is_delivery' in self.env['sale.order.line']._fields

    def _get_promised_words(self):
        """:return: {resolution: what the customer gets by it}; bridges add theirs"""
        return {
            'refund': self.env._("your money back"), 'store_credit': self.env._("store credit"),
            'exchange': self.env._("an exchange")}

    def _get_choice_terms(self):
        """:return: what binds those who return by choice or fault only, in sentences for the customer"""
        _ = self.env._
        terms = []
        if self.condition_required:
            terms.append(_("It must come back unopened.") if self.condition_required == 'unopened' else
                         _("It must come back complete, with packaging and accessories."))
        if self.grade_required and self.grade_required < 'd':
            terms.append(_("Goods in a worse state than %s are judged case by case.",
                           self._get_grade_label(self.grade_required)))
        shares = [
            _("%(share)s%% of the price for goods with %(grade)s", share=show_percent(share),
              grade=self._get_grade_label(grade))
            for grade, share in self._get_shares().items() if share < 100]
        if shares:
            terms.append(_("We refund %s.", ", ".join(shares)))
        if self.fee_percent:
            fee = f"{self.fee_percent:.10g}"
            terms.append(_("We keep a restocking fee of %s%%.", fee) if self.fee_on_exchange or not self.allow_exchange
                         else _("We keep a restocking fee of %s%%, but not where you exchange the goods.", fee))
        if self.shipping_paid_by == 'customer':
            terms.append(_("You pay the way back."))
        if self.delivery_refund == 'never' and self._may_charge_delivery():
            terms.append(_("What you paid for delivery is not refunded."))
        if not terms:
            return [_("We pay the way back.")]
        return [*terms, _("This is for returns by your own choice or fault: where we, the supplier or the carrier are "
                          "responsible, none of it applies and we pay the way back.")]

    def _get_grade_label(self, grade):
        return {
            'a': self.env._("no traces of use"), 'b': self.env._("light traces of use"),
            'c': self.env._("clear traces of use"), 'd': self.env._("damage")}[grade]
