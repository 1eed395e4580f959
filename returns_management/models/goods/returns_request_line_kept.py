# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    """The customer keeps the goods after all, and nothing is paid: closed without any action, for a reason.

    The pieces are free again: nothing was paid for them, so within the policy they may come back another time.
    """
    _inherit = 'returns.request.line'

    is_no_action = fields.Boolean(
        "Kept, No Action", readonly=True, copy=False, help="The customer keeps the goods, and nothing is paid.")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'is_no_action'}

    def _is_given_up(self):
        return super()._is_given_up() or self.is_no_action

    def _get_goods_facts(self):
        facts = super()._get_goods_facts()
        for line in self:
            facts[line.id]['no_action'] = line.is_no_action
        return facts

    def action_close_kept(self, comment):
        """Close these lines: the customer keeps the goods, and nothing is paid.

        :param str comment: why; the customer reads it
        :raise AccessError: no returns agent, or not theirs
        :raise UserError: no reason, or goods or money moved already
        """
        self.request_id._check_role('returns_management.group_returns_agent')
        self.check_access('write')
        self._check_reason(comment, self.env._("Say why the customer keeps the goods: they read it."))
        self._as_flow()._do_close_kept(comment.strip())
        return True

    def _may_close_kept(self):
        """Whether neither goods nor money of this line moved, and it is still under way."""
        self.ensure_one()
        return (self.state in ('review', 'approved') or self.state == 'settlement' and self.is_returnless) and not (
            self.quantity_received or self.quantity_settled)

    def _do_close_kept(self, comment):
        self._lock()
        for line in self:
            if not line._may_close_kept():
                raise UserError(self.env._(
                    "%(line)s is %(state)s; of it %(received)s came in and %(settled)s were settled. Goods are kept without "
                    "any action before anything comes in or is paid. Close short what does not come.",
                    line=line.display_name, state=line._get_state_label().lower(),
                    received=f"{line.quantity_received:.10g}", settled=f"{line.quantity_settled:.10g}"))
        self._drop_missing()
        for line in self:
            line._write_flow({
                'is_no_action': True, 'rejection_note': comment, 'quantity_closed': line.quantity_approved,
                'quantity_waived': 0.0, 'quantity_advanced': 0.0})
        self._get_open_receipts()._action_cancel()
        self.request_id._message_log_batch(bodies={
            request.id: self.env._("The customer keeps %(products)s, no action: %(comment)s", comment=comment,
                                   products=", ".join(lines.product_id.mapped('display_name')))
            for request, lines in self.grouped('request_id').items()})
        self._advance()
        self.request_id._tell('kept')

    def _reset_to_draft(self):
        super()._reset_to_draft()
        self._write_flow({'is_no_action': False})
