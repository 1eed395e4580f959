# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..models.vocabulary import VERDICTS


class ReturnsDecide(models.TransientModel):
    """Answer approval steps with a comment, one or many, and approve fewer pieces of a single request.

    It only gathers the answer: who may give it is checked by the actions it calls.
    """
    _name = 'returns.decide'
    _description = "Decide on Returns"

    request_ids = fields.Many2many('returns.request', string="Returns")
    step_ids = fields.Many2many('returns.step', string="Steps")
    verdict = fields.Selection(VERDICTS, default='approve', required=True)
    comment = fields.Text()
    line_ids = fields.One2many(
        'returns.decide.line', 'wizard_id', "Quantities", compute='_compute_line_ids', store=True, readonly=False)
    point_ids = fields.One2many(
        'returns.decide.point', 'wizard_id', "Checklist", compute='_compute_point_ids', store=True, readonly=False)
    is_lowered = fields.Boolean(compute='_compute_is_lowered', help="Fewer pieces are approved than asked.")
    comment_hint = fields.Char("Who Reads the Comment", compute='_compute_question_note')
    question_note = fields.Char("What Is Asked", compute='_compute_question_note')
    policy_note = fields.Text("Policy", compute='_compute_question_note')

    @api.model
    def default_get(self, fields):
        values = super().default_get(fields)
        records = self._get_active_records()
        if records._name == 'returns.step':
            values['step_ids'] = [Command.set(records.ids)]
            values['request_ids'] = [Command.set(records.request_id.ids)]
        else:
            values['request_ids'] = [Command.set(records.ids)]
            if len(records) == 1:  # what is shown is what is answered, also when it closes meanwhile and the next one opens
                steps = records.step_ids.filtered('may_decide').sorted(lambda step: (step.sequence, step.id))
                one_only = not records.company_id.returns_allow_own_decision
                values['step_ids'] = [Command.set((steps[:1] if one_only else steps).ids)]
        return values

    @api.model
    def _get_active_records(self):
        """:return: the returns or approval steps that the wizard was opened on"""
        model = self.env.context.get('active_model')
        if model not in ('returns.request', 'returns.step'):
            model = 'returns.request'
        ids = self.env.context.get('active_ids') or []
        return self.env[model].browse(ids).exists()

    @api.depends('request_ids', 'step_ids')
    def _compute_line_ids(self):
        """The lines asked about before the goods come back: only then can pieces be given up."""
        for wizard in self:
            step = wizard._get_step()
            lines = step.line_ids.filtered(lambda line: line.quantity_approved > 0)
            wizard.line_ids = [Command.clear()] + [
                Command.create({'request_line_id': line.id, 'quantity': line.quantity_approved})
                for line in lines if step.phase == 'authorise'
            ]

    @api.depends('request_ids', 'step_ids')
    def _compute_point_ids(self):
        """The points to confirm; in bulk each once, for all the returns it is asked about."""
        for wizard in self:
            wizard.point_ids = [Command.clear()] + [
                Command.create({'point_id': point.id}) for point in wizard._get_steps().point_ids]

    def _get_step(self):
        """:return: the one step that is answered; empty in bulk, or where the user decides nothing"""
        self.ensure_one()
        return self._get_steps()[:1] if len(self.request_ids) == 1 else self.env['returns.step']

    def _get_steps(self):
        """:return: the steps that the answer is given to"""
        self.ensure_one()
        chosen, steps = self.step_ids._origin, self.env['returns.step']
        for request in self.request_ids._origin:
            mine = request.step_ids.filtered('may_decide').sorted(lambda step: (step.sequence, step.id))
            steps |= request._get_answered(mine & chosen if chosen else mine)
        return steps

    @api.depends('line_ids.quantity', 'verdict')
    def _compute_is_lowered(self):
        for wizard in self:
            wizard.is_lowered = wizard.verdict == 'approve' and bool(wizard._get_lowered_lines())

    @api.depends('request_ids', 'step_ids')
    def _compute_question_note(self):
        for wizard in self:
            step = wizard._get_step()
            wizard.policy_note = step.policy_note
            wizard.comment_hint = (
                self.env._("Why? The inspector reads the reason of a rejection; the goods stay in quarantine.")
                if step.phase == 'dispose' else
                self.env._("Why? The customer reads the reason of a rejection and of fewer pieces approved."))
            if step:
                wizard.question_note = self.env._(
                    "%(request)s of %(customer)s: %(products)s, %(amount)s. You answer for %(step)s.",
                    request=step.request_id.name, customer=step.partner_id.display_name, products=step.product_note,
                    amount=step.currency_id.format(step.amount), step=step.display_name)
            else:
                wizard.question_note = self.env._(
                    "Your answer is given to %(count)s returns: %(names)s.", count=len(wizard.request_ids),
                    names=", ".join(wizard.request_ids.mapped('name')))

    def _get_lowered_lines(self):
        return self.line_ids.filtered(
            lambda line: line.uom_id.compare(line.quantity, line.quantity_approved) != 0)

    def action_decide(self):
        """Give the answer; quantities that were changed are lowered first.

        :raise UserError: what the called actions refuse, or nothing to decide on
        """
        self.ensure_one()
        records = self.step_ids or self.request_ids
        if not records:
            raise UserError(self.env._("Choose the returns you want to decide on."))
        verdict = self.verdict
        lowered = self._get_lowered_lines() if verdict == 'approve' else self.line_ids.browse()
        if lowered and not any(self.line_ids.mapped('quantity')):
            verdict = 'reject'
        elif lowered:
            self.request_ids.action_lower({line.request_line_id.id: line.quantity for line in lowered}, self.comment)
        answers = {point.point_id.id: point.is_confirmed for point in self.point_ids}
        getattr(records, f'action_{verdict}')(self.comment, answers)
        return {'type': 'ir.actions.act_window_close'}
