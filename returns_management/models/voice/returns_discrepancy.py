# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ...tools.words import read_words
from ..goods.returns_discrepancy import OF_GOODS

MAX_PROOFS = 10  # times that a customer may write about one case
ANSWERS = [('accept', "Accepts it"), ('proof', "Sends proof"), ('send_back', "Wants it back")]


class ReturnsDiscrepancy(models.Model):
    """What the customer says about a difference, and what they read of it. What becomes of the goods and the money is
    done by the layers below.
    """
    _inherit = 'returns.discrepancy'

    answer = fields.Selection(ANSWERS, "Customer's Answer", readonly=True, copy=False, tracking=True)
    answer_note = fields.Text("Customer's Words", readonly=True, copy=False)
    date_answered = fields.Datetime("Answered On", readonly=True, copy=False)
    answer_count = fields.Integer(readonly=True, copy=False)
    proof_ids = fields.Many2many(
        'ir.attachment', 'returns_discrepancy_proof_rel', readonly=True, copy=False,
        help="Files of the customer. They are evidence of the return, too.")
    may_accept = fields.Boolean(compute='_compute_may_accept', compute_sudo=True)

    @api.depends('state', 'answer', 'answer_count', 'is_counted', 'kind')
    def _compute_may_accept(self):
        for case in self:
            case.may_accept = 'accept' in case._get_answers()

    # ------------------------------------------------------------------
    # The customer answers
    # ------------------------------------------------------------------

    def action_answer(self, answer, comment=None):
        """Note down what a customer says, on the phone for one, and do what follows from it.

        :param str answer: 'accept', 'proof' or 'send_back'
        :param str comment: their words; needed for 'proof'
        """
        self._check_case_role('agent')
        self.ensure_one()
        self._as_flow()._do_answer(answer, comment or '')
        return True

    def action_accept(self):
        """The customer accepts what was found; see :meth:`action_answer`."""
        return self.action_answer('accept')

    def _do_answer(self, answer, comment, attachments=()):
        """Callers have checked who asks.

        :param attachments: checked values of the customer's files
        :raise UserError: the case takes no such answer, or the proof says nothing
        """
        self.ensure_one()
        case = self._lock_cases()
        options = case._get_answers() if case else ()
        if not isinstance(answer, str) or answer not in options:
            raise UserError(self.env._("This cannot be answered any more, or not in this way. Look at the page again."))
        comment = read_words(comment, self.env._)
        if answer == 'proof' and not (comment or attachments):
            raise UserError(self.env._("Write what speaks against our count, or add photos or documents."))
        case._keep_answer(answer, comment, attachments)
        getattr(case, f'_follow_{answer}')()

    def _keep_answer(self, answer, comment, attachments):
        request = self.request_id
        files = self.env['ir.attachment'].create([
            {**vals, 'res_model': request._name, 'res_id': request.id} for vals in attachments])
        words = "\n\n".join(filter(None, (self.answer_note, comment)))
        self.write({
            'answer': answer, 'answer_note': words or False, 'date_answered': fields.Datetime.now(),
            'answer_count': self.answer_count + 1, 'proof_ids': [Command.link(file.id) for file in files]})
        request.write({'evidence_ids': [Command.link(file.id) for file in files]})
        label = dict(self._fields['answer']._description_selection(self.env))[answer]
        request._message_log(body=self.env._(
            "%(case)s: the customer %(answer)s. %(words)s", case=self._get_summary(),
            answer=f"{label[:1].lower()}{label[1:]}", words=comment))

    def _follow_proof(self):
        self._restart_clock(self.env._("The customer sent proof: %s", self._get_summary()))

    def _follow_accept(self):
        if self.kind == 'short':
            self._do_close_short({self.id: self.env._("The customer accepts the count.")})
        else:
            self._restart_clock(self.env._("The customer accepts it: %s", self._get_summary()))

    def _follow_send_back(self):
        self._do_send_back({self.id: self.env._("The customer wants it back.")})
        self._restart_clock(self.env._("To send back: %s", self._get_summary()))

    def _is_left_to_us(self):
        return self.answer == 'accept' or super()._is_left_to_us()

    def _get_answers(self):
        """:return: the answers that the customer may give now"""
        self.ensure_one()
        if self.state != 'open' or not self._is_told() or self.answer in ('accept', 'send_back'):
            return ()
        answers = ['proof'] if self.answer_count < MAX_PROOFS else []
        if self.kind != 'damaged':
            answers.insert(0, 'accept')
        if self.has_goods and not self.is_under_way:
            answers.append('send_back')
        return tuple(answers)

    def _is_told(self):
        """Whether the customer knows of the case: it was found at reception, and is about their goods."""
        self.ensure_one()
        return bool(self.request_id and self.is_counted and self.kind in OF_GOODS)

    # ------------------------------------------------------------------
    # What the customer reads, in the language of the context
    # ------------------------------------------------------------------

    def _tell_customers(self):
        super()._tell_customers()
        self.filtered(lambda case: case._is_told()).request_id._tell('discrepancy')

    def _prepare_customer_case(self):
        """:return: the case as the customer sees it: plain values, nothing of how we see it"""
        self.ensure_one()
        status, tone = self._get_customer_status()
        return {
            'id': self.id, 'title': self._get_customer_title(), 'text': self._get_customer_text(),
            'status': status, 'tone': tone, 'words': self.answer_note or '',
            'files': ", ".join(self.proof_ids.mapped('name')),
            'answers': [
                {'answer': answer, 'label': label, 'hint': hint}
                for answer, label, hint in self._get_answer_words() if answer in self._get_answers()],
        }

    def _get_customer_title(self):
        self.ensure_one()
        goods = self.env._("%(quantity)s × %(product)s", product=self.product_id.display_name,
                           quantity=self.request_id._show_quantity(self.quantity, self.uom_id))
        return {
            'short': self.env._("Missing: %s", goods),
            'over': self.env._("More than you announced: %s", goods),
            'other_product': self.env._("Not announced: %s", goods),
            'other_serial': self.env._("Another number than announced: %s", goods),
            'damaged': self.env._("Damaged on the way: %s", goods),
        }[self.kind]

    def _get_customer_text(self):
        self.ensure_one()
        if self.kind == 'short' and not self.picking_id:
            return self.env._("The parcel is lost on the way. We take it up with the carrier; tell us what you know of it.")
        if self.kind == 'short':
            return self.env._("It was announced, but not in the parcel. The rest of your return goes on.")
        if self.kind == 'damaged':
            return self.env._(
                "We take it up with the carrier. A photo of the parcel before it left you helps us, if you have one.")
        if self.move_id.returns_line_id:
            return self.env._("We take it back like the one you announced. Tell us if that is not right.")
        return self.env._("It was in your parcel. We keep it safe, and do not credit it.")

    def _get_answer_words(self):
        """:return: [(answer, what the customer presses, what follows from it)]"""
        self.ensure_one()
        if self.kind == 'short':
            accept = self.env._("Your count is right"), self.env._("It is closed; you get nothing for what is missing.")
        elif self.has_goods:
            accept = self.env._("You may keep it"), self.env._("It stays with us, and you get nothing for it.")
        else:
            accept = self.env._("That is right"), self.env._("Nothing more is asked of you.")
        return [
            ('accept', *accept),
            ('send_back', self.env._("Send it back to me"), self.env._("We put it into a parcel to you.")),
            ('proof', self.env._("I see it differently") if self.kind != 'damaged' else self.env._("I have something to add"),
             self.env._("We look at what you send us, and answer.")),
        ]

    def _get_customer_status(self):
        """:return: (plain words, tone) for where the case stands"""
        self.ensure_one()
        if self.state == 'open':
            if self.is_under_way:
                return self.env._("We send it back to you"), 'info'
            if self.answer or self.kind == 'damaged':
                return self.env._("We look into it"), 'info'
            return self.env._("Please answer"), 'warning'
        return {
            'short': (self.env._("Closed"), 'light'),
            'waived': (self.env._("Settled all the same"), 'success'),
            'awaited': (self.env._("Still to come"), 'info'),
            'found': (self.env._("Arrived after all"), 'success'),
            'back': (self.env._("Sent back to you"), 'success'),
            'return': (self.env._("Taken back"), 'success'),
            'keep': (self.env._("Stays with us"), 'light'),
            'scrap': (self.env._("Stays with us"), 'light'),
        }.get(self.result, (self.env._("Settled"), 'light'))


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _get_customer_cases(self):
        """:return: what the customers of these requests are told of, oldest first"""
        return self.sudo().discrepancy_ids.filtered(lambda case: case._is_told()).sorted('id')

    def _has_question(self):
        """Whether the customer should say how to go on with something that differs."""
        self.ensure_one()
        return any(case._get_customer_status()[1] == 'warning' for case in self._get_customer_cases())

    def _answer_by_customer(self, case_id, answer, comment, attachments):
        """Callers have checked who asks.

        :param int case_id: of a case of this request
        :param str answer: see ``returns.discrepancy.action_answer``
        :param attachments: checked values of files
        :raise UserError: there is no such case, or it takes no such answer
        """
        self.ensure_one()
        case = self._get_customer_cases().filtered(lambda case: case.id == case_id)
        if not case:
            raise UserError(self.env._("There is no such question about this return. Look at the page again."))
        case._as_flow()._do_answer(answer, comment, attachments)

    def _prepare_customer_page(self):
        page = super()._prepare_customer_page()
        page['cases'] = [case._prepare_customer_case() for case in self._get_customer_cases()]
        return page

    def _prepare_customer_ask(self):
        ask = super()._prepare_customer_ask()
        if self._has_question():
            text = self.env._(
                "Something in your parcel differs from what you announced. See below, and tell us how to go on.")
            more = ask['text'] if self._get_lines_to_send() else ''
            return {'title': self.env._("We need your answer"), 'text': f"{text} {more}".strip(), 'tone': 'warning'}
        return ask

    def _get_customer_status(self):
        if self.state in ('received', 'final_review', 'settlement') and self._has_question():
            return self.env._("We need your answer"), 'warning'
        return super()._get_customer_status()


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _get_customer_status(self):
        if self.quantity_missing and self.state in ('received', 'settlement') and not self._get_quantity_to_settle():
            return self.env._("Something is missing"), 'warning'
        return super()._get_customer_status()
