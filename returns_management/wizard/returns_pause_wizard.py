# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

from ..models.vocabulary import PAUSE_REASONS


class ReturnsPauseWizard(models.TransientModel):
    """Ask whom we wait for. Who may stop the clocks is checked by the action it calls."""
    _name = 'returns.pause.wizard'
    _description = "Stop the Clocks of Returns"
    _inherit = ['returns.dialog']

    request_ids = fields.Many2many(
        'returns.request', string="Returns", default=lambda self: self._get_opened_on('returns.request'))
    reason = fields.Selection(PAUSE_REASONS, default='customer', required=True)
    date_until = fields.Date(
        "Wait Until", required=True, default=lambda self: fields.Date.add(fields.Date.context_today(self), days=7),
        help="The last day. Then you are asked whether it still makes sense to wait.")
    note = fields.Char("What For", help="For our own people: what has to happen before it goes on.")
    question = fields.Text(
        "Question to the Customer", help="Mailed to the customer, and shown on their page. Empty: they are not told.")

    def action_pause(self):
        """Stop the clocks; see ``returns.request.action_pause`` and ``action_ask_customer``."""
        self.ensure_one()
        if self.reason == 'customer' and self.question:
            self.request_ids.action_ask_customer(self.question, self.date_until)
        else:
            self.request_ids.action_pause(self.reason, self.note, self.date_until)
        return {'type': 'ir.actions.act_window_close'}
