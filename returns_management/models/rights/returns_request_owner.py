# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class ReturnsRequest(models.Model):
    """Every request has a responsible at once: who files it, who was named, or by the rule of its team."""
    _inherit = 'returns.request'

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        ownerless = requests.sudo().filtered(lambda request: not request.user_id)
        user = self.env.user
        if self.env.su or not user.has_group('returns_management.group_returns_agent') or user.has_group(
                'returns_management.group_returns_agent_all'):
            ownerless._as_flow()._assign_owners()
        else:  # who sees only their own would not find again what they have just filed
            ownerless._as_flow()._set_owner(user)
        return requests

    def _assign_owners(self):
        """Name who is responsible for these, by the rule of their teams."""
        if not self:
            return
        owners = self.env['returns.team']._find_owners(
            self, {request: request._get_sellers() for request in self})
        for owner, requests in self.grouped(owners.get).items():
            requests._set_owner(owner)
            if not owner:
                requests._message_log_batch(bodies=dict.fromkeys(requests.ids, self.env._(
                    "Nobody could be made responsible: there is no agent without whom somebody could still decide on this "
                    "return. A returns manager names somebody, or adds agents or members.")))

    def _set_owner(self, owner):
        """They follow what they are responsible for; Odoo's mail about that is left out: whatever made the request says
        more.
        """
        if self and owner:
            self.with_context(mail_auto_subscribe_no_notify=True, mail_notrack=True).user_id = owner

    def _get_sellers(self):
        """:return: who sold the goods, or sells to this customer, the first one first"""
        self.ensure_one()
        return (self.line_ids.sale_line_id.order_id.user_id or self.partner_id.user_id
                or self.commercial_partner_id.user_id)
