# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools.words import read_words
from .returns_discrepancy import MAX_PROOFS


class ReturnsDiscrepancy(models.Model):
    """What the customer writes in a complaint, reads of it, and says of its solution."""
    _inherit = 'returns.discrepancy'

    def message_post(self, **kwargs):
        if kwargs.get('rating_value') and not self.env.su:
            raise AccessError(self.env._("Customers rate the solution themselves, with the link they get."))
        return super().message_post(**kwargs)

    def _add_complaint(self, words, attachments):
        """What the customer says further. The clock runs on: to complain again is no reason to wait longer.

        :param attachments: checked values of the customer's files
        """
        self.ensure_one()
        files = self.env['ir.attachment'].create([
            {**vals, 'res_model': 'returns.request', 'res_id': self.request_id.id} for vals in attachments])
        self.write({
            'complaint': "\n\n".join(filter(None, (self.complaint, words))) or False,
            'date_answered': fields.Datetime.now(), 'answer_count': self.answer_count + 1,
            'proof_ids': [Command.link(file.id) for file in files]})
        self.request_id.write({'evidence_ids': [Command.link(file.id) for file in files]})
        self.request_id._message_log(body=self.env._("The customer complains: %s", words or ", ".join(files.mapped('name'))))

    def _set_closed(self, result):
        solved = self.filtered(lambda case: case.kind == 'complaint' and case.request_id._is_shown_to_customer())
        super()._set_closed(result)
        solved.request_id._tell('complaint_solved')

    def _prepare_rating(self):
        """:return: the answers that the customer may give about the solution, see :meth:`returns.request._prepare_rating`"""
        self.ensure_one()
        if self.kind != 'complaint' or self.state != 'closed' or self.sudo().rating_ids.filtered('consumed'):
            return []
        return self.request_id._prepare_rating_links(self.sudo()._rating_get_access_token())

    def _prepare_customer_complaint(self):
        """:return: the complaint as the customer sees it: plain values, nothing of how we see it"""
        self.ensure_one()
        request = self.request_id
        closed = self.state == 'closed'
        return {
            'date': request._show_date(self.create_date), 'words': self.complaint or '',
            'files': ", ".join(self.proof_ids.mapped('name')),
            'contact': self.user_id.name or '', 'is_open': not closed,
            'due': '' if closed else request._show_date(self.date_due),
            'status': self.env._("Solved") if closed else self.env._("We look into it"),
            'tone': 'success' if closed else 'info',
            'solution': (self.solution or '') if closed else '',
            'may_add': not closed and self.answer_count < MAX_PROOFS,
            'rating': self._prepare_rating(),
        }


class ReturnsRequest(models.Model):
    """The customer complains about a return, at any time."""
    _inherit = 'returns.request'

    def _get_complaints(self):
        """:return: the complaints about these requests, oldest first"""
        return self.sudo().discrepancy_ids.filtered(lambda case: case.kind == 'complaint').sorted('id')

    def _prepare_customer_complaints(self):
        return [case._prepare_customer_complaint() for case in self._get_complaints()]

    def _complain_by_customer(self, comment, attachments):
        """Open a complaint about this request, or add to the open one. Callers have checked who asks.

        :param str comment: what the customer is not content with, as typed
        :param attachments: checked values of their files
        :raise UserError: nothing is said, or too much
        """
        self.ensure_one()
        words = read_words(comment, self.env._)
        if not words:
            raise UserError(self.env._("Tell us what you are not content with."))
        request = self._as_flow()
        request._lock_rows()
        case = request._get_open_complaint()
        if case.answer_count >= MAX_PROOFS:
            raise UserError(self.env._("You wrote %s times about this complaint. Please wait for our answer.", MAX_PROOFS))
        is_new = not case
        if is_new:
            case = case.create({'request_id': request.id, 'kind': 'complaint'})
        case._add_complaint(words, attachments)
        if is_new:
            request._tell('complaint')
        else:
            case._ask_owner(lambda case: self.env._("The customer says more: %s", case._get_summary()))

    def _get_told_complaint(self):
        """:return: the complaint that a mail is about: the last one"""
        return self._get_complaints()[-1:]
