# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.grading import Outcome, Point, judge_answer, read_answer
from ..vocabulary import ANSWER_KINDS, ASPECTS, GRADES


class ReturnsInspectionCheck(models.Model):
    """The answer to one criterion at one inspection.

    ``definition`` is the criterion as it stood when the inspection was made, in all languages: what becomes of the
    criterion later changes nothing here.
    """
    _name = 'returns.inspection.check'
    _description = "Return Inspection Check"
    _inherit = ['returns.guard', 'returns.photos']
    _order = 'inspection_id, sequence, id'

    inspection_id = fields.Many2one(
        'returns.inspection', required=True, readonly=True, index=True, ondelete='cascade')
    company_id = fields.Many2one(related='inspection_id.company_id', store=True, index=True, precompute=True)
    criterion_id = fields.Many2one(
        'returns.criterion', readonly=True, index='btree_not_null', ondelete='set null')
    sequence = fields.Integer(readonly=True)
    aspect = fields.Selection(ASPECTS, required=True, readonly=True)
    kind = fields.Selection(ANSWER_KINDS, required=True, readonly=True)
    is_required = fields.Boolean("Required", readonly=True)
    needs_photo = fields.Boolean("Photo When Failed", readonly=True)
    definition = fields.Json(required=True, readonly=True)
    name = fields.Char("Question", compute='_compute_words')
    instruction = fields.Char(compute='_compute_words')
    wanted_note = fields.Char("Should Be", compute='_compute_words', help="What passes, of a measure.")
    choices = fields.Json(compute='_compute_words', help="What can be answered: [[value, label], …]; none to a measure.")
    unit = fields.Char(compute='_compute_words')

    # === What the inspector says === #
    value = fields.Char(
        "Answer", help="yes or no; the number of a choice; what was measured. Empty: not answered.")
    note = fields.Char()
    answer_note = fields.Char("Answered", compute='_compute_answer_note', help="The answer in words.")

    # === What that means === #
    result = fields.Selection(
        [('pass', "Passed"), ('fail', "Failed")], compute='_compute_result', store=True, precompute=True)
    grade_possible = fields.Selection(
        GRADES, "Best Grade", compute='_compute_result', store=True, precompute=True,
        help="The best that is still possible with this answer.")
    is_unacceptable = fields.Boolean(
        "Not Acceptable", compute='_compute_result', store=True, precompute=True,
        help="With this answer the goods cannot be taken back.")
    measure = fields.Float(
        "Measured", digits=(16, 4), compute='_compute_result', store=True, precompute=True, aggregator='avg')

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends_context('lang')
    @api.depends('definition')
    def _compute_words(self):
        for check in self:
            said = check.definition or {}
            check.name = check._translate(said.get('name'))
            check.instruction = check._translate(said.get('instruction'))
            check.unit = check._translate(said.get('unit'))
            check.choices = check._get_choices()
            check.wanted_note = check._get_wanted_note()

    def _translate(self, words):
        """:param words: {language: text}, or nothing"""
        return (words or {}).get(self.env.lang or 'en_US') or (words or {}).get('en_US') or False

    def _get_choices(self):
        if self.kind == 'yes_no':
            return [['yes', self.env._("Yes")], ['no', self.env._("No")]]
        return [[option['key'], self._translate(option['name'])] for option in self.definition.get('options', ())]

    def _get_wanted_note(self):
        if self.kind != 'measure':
            return False
        lowest, highest = (
            self._show_measure(Decimal(self.definition[name])) if self.definition.get(name) else None
            for name in ('lowest', 'highest'))
        if lowest and highest:
            return self.env._("from %(lowest)s to %(highest)s", lowest=lowest, highest=highest)
        return self.env._("at least %s", lowest) if lowest else self.env._("at most %s", highest)

    def _show_measure(self, number):
        unit = self._translate(self.definition.get('unit'))
        return f"{number.normalize():f} {unit}" if unit else f"{number.normalize():f}"

    @api.depends_context('lang')
    @api.depends('value', 'definition')
    def _compute_answer_note(self):
        for check in self:
            if not check.value:
                check.answer_note = False
            elif check.kind == 'measure':
                check.answer_note = check._show_measure(Decimal(check.value))
            else:
                check.answer_note = dict(check._get_choices()).get(check.value)

    @api.depends('value')
    def _compute_result(self):
        for check in self:
            outcome = check._get_outcome()
            check.result = outcome and ('pass' if outcome.passed else 'fail')
            check.grade_possible = outcome and outcome.grade
            check.is_unacceptable = outcome and not outcome.acceptable
            check.measure = float(check.value) if outcome and check.kind == 'measure' else 0.0

    def _get_outcome(self):
        """:return: ``tools.grading.Outcome`` of the answer, or False without one, or while it is none"""
        try:
            return bool(self.value) and judge_answer(self._get_point(), read_answer(self._get_point(), self.value))
        except ValueError:  # typed on a screen and not saved: saving says what is wrong
            return False

    def _get_point(self):
        """:return: ``tools.grading.Point``"""
        self.ensure_one()
        said = self.definition

        def outcome(meaning, failed):
            return Outcome(not failed, meaning['grade'], not meaning['unacceptable'])

        return Point(
            name=self.name, kind=self.kind, required=self.is_required, expected=said.get('expected', 'yes'),
            lowest=Decimal(said['lowest']) if said.get('lowest') else None,
            highest=Decimal(said['highest']) if said.get('highest') else None,
            failed=outcome(said, failed=True) if 'grade' in said else Outcome(passed=False),
            options={option['key']: outcome(option, option['failed']) for option in said.get('options', ())})

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        if not self.env.su and {'value', 'note', 'photo_ids'}.intersection(vals):
            self.check_access('write')
            self.inspection_id._open_finding()
        if 'value' not in vals:
            return super().write(vals)
        res = True
        for value, checks in self.grouped(lambda check: check._read_value(vals['value'])).items():
            res = super(ReturnsInspectionCheck, checks).write({**vals, 'value': value})
        return res

    def _read_value(self, value):
        """:return: the answer as it is kept
        :raise UserError: this is none
        """
        try:
            return read_answer(self._get_point(), value)
        except ValueError as error:
            if self.kind == 'measure':
                raise UserError(self.env._("%s: enter the number that was measured.", self.name)) from error
            raise UserError(self.env._("%(question)s Answer with one of: %(answers)s.", question=self.name, answers=", ".join(
                f"{key} ({label})" for key, label in self._get_choices()))) from error
