# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError

from ...tools.words import read_words


class ReturnsPause(models.Model):
    _inherit = 'returns.pause'

    question = fields.Text("Question to the Customer", readonly=True, help="The customer reads it.")


class ReturnsRequest(models.Model):
    """The clocks stand because the customer was asked something."""
    _inherit = 'returns.request'

    def action_ask_customer(self, question, until=None):
        """Ask the customers something, by mail and on their page, and stop the clocks until they answer.

        :param str question: what they read
        :param until: see :meth:`action_pause`
        :raise UserError: no question, too long a one, or the clocks of a return stand already
        """
        question = read_words(question, self.env._)
        if not question:
            raise UserError(self.env._("Write what you want to know: the customer reads it."))
        self._check_clock_role()
        self._as_flow()._do_ask_customer(question, self._read_last_day(until))
        return True

    def _do_ask_customer(self, question, until):
        self._lock_rows()
        for request in self.filtered('is_paused'):
            raise UserError(self.env._(
                "The clocks of %s stand already. Let them run again, then ask.", request.name))
        for request in self:
            if not request._is_shown_to_customer():
                raise UserError(self.env._(
                    "%s was not submitted yet: its customer does not see it. Submit it, then ask.", request.name))
        self._do_pause('customer', False, until)
        self._get_open_pauses().write({'question': question})
        self._message_log_batch(bodies=dict.fromkeys(
            self.ids, self.env._("Question to the customer: %s", question)))
        self._tell('question')

    def _get_open_pauses(self):
        """:return: the pauses that last, in superuser mode"""
        return self.sudo().pause_ids.filtered(lambda pause: not pause.date_to)

    def _get_customer_question(self):
        """:return: (what we want to know of the customer, until when in words), or False"""
        self.ensure_one()
        pause = self._get_open_pauses().filtered('question')
        return bool(pause) and (pause.question, self._show_date(pause.date_until))

    def _prepare_customer_ask(self):
        ask = super()._prepare_customer_ask()
        asked = self._get_customer_question()
        if not asked:
            return ask
        question, until = asked
        text = self.env._(
            "%(question)s\n\nPlease write to us at the end of this page, until %(until)s.", question=question, until=until)
        return {'title': self.env._("We need your answer"), 'text': text, 'tone': 'warning'}

    def _get_customer_status(self):
        if self._get_customer_question():
            return self.env._("We need your answer"), 'warning'
        return super()._get_customer_status()
