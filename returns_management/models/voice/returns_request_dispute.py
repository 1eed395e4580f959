# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.words import read_words


class ReturnsRequest(models.Model):
    """A customer objects to a refusal in the portal. Who judges it is none of this layer's business."""
    _inherit = 'returns.request'

    def _dispute_by_customer(self, comment, attachments):
        """Dispute all refused lines of this request that were not disputed yet. Callers have checked who asks.

        :param str comment: what speaks against the refusal, as typed
        :param attachments: checked values of the files that prove it
        :raise UserError: no reason, too long a one, or nothing to dispute
        """
        self.ensure_one()
        lines = self.line_ids.filtered(lambda line: line._may_be_disputed())
        comment = read_words(comment, self.env._)
        if not lines:
            raise UserError(self.env._("There is no refusal here that could still be disputed: it can be done once."))
        if not comment:
            raise UserError(self.env._("Tell us what speaks against the refusal."))
        self._as_flow().write({'evidence_ids': [
            fields.Command.create({**vals, 'res_model': self._name, 'res_id': self.id}) for vals in attachments]})
        lines._as_flow()._do_dispute(comment)
