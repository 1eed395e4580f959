# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.grading import propose
from ..vocabulary import GRADES


class ReturnsInspection(models.Model):
    """The criteria of an inspection, and the grade that their answers propose."""
    _inherit = 'returns.inspection'

    check_ids = fields.One2many('returns.inspection.check', 'inspection_id', "Criteria", copy=True)
    grade_proposed = fields.Selection(
        GRADES, "Proposed Grade", compute='_compute_proposal', store=True,
        help="By the answers: the best grade that all of them leave open.")
    is_unacceptable = fields.Boolean(
        "Not Acceptable", compute='_compute_proposal', store=True,
        help="An answer says that these goods cannot be taken back.")
    proposal_note = fields.Char("Why This Grade", compute='_compute_proposal_note')
    deviation_note = fields.Char(
        "Why Otherwise", help="Why another grade is given, or goods are accepted, than the answers propose.")

    @api.depends('check_ids.value')
    def _compute_proposal(self):
        for inspection in self:
            proposal = inspection._get_proposal()
            inspection.grade_proposed = proposal.grade
            inspection.is_unacceptable = not proposal.acceptable

    @api.depends_context('lang')
    @api.depends('check_ids.value')
    def _compute_proposal_note(self):
        for inspection in self:
            proposal = inspection._get_proposal()
            if proposal.missing:
                inspection.proposal_note = self.env._(
                    "Still to answer: %s", " · ".join(point.name for point in proposal.missing))
            else:
                inspection.proposal_note = " · ".join(point.name for point in proposal.decisive) or False

    def _get_proposal(self):
        """:return: ``tools.grading.Proposal`` by the answers so far"""
        self.ensure_one()
        return propose((check._get_point(), check._get_outcome() and check.value or None) for check in self.check_ids)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        inspections = super().create(vals_list)
        inspections.browse(
            inspection.id for inspection, vals in zip(inspections, vals_list, strict=True) if 'check_ids' not in vals
        )._create_checks()
        return inspections

    def _create_checks(self):
        """Ask what there is to ask about these goods now, all in one batch."""
        if not self:
            return
        Criterion = self.env['returns.criterion']
        asked = Criterion._find({inspection._get_subject() for inspection in self}, self.company_id)
        definitions = Criterion.union(*asked.values())._prepare_definitions()
        self.env['returns.inspection.check'].create([
            inspection._prepare_check_vals(criterion, number, definitions[criterion.id])
            for inspection in self
            for number, criterion in enumerate(asked[(*inspection._get_subject(), inspection.company_id)], start=1)])

    def _get_subject(self):
        """:return: what criteria are chosen by: (product template, category)"""
        self.ensure_one()
        template = self.product_id.product_tmpl_id
        return template, template.categ_id

    def _prepare_check_vals(self, criterion, number, definition):
        return {
            'inspection_id': self.id, 'criterion_id': criterion.id, 'sequence': number, 'aspect': criterion.aspect,
            'kind': criterion.kind, 'is_required': criterion.is_required, 'needs_photo': criterion.needs_photo,
            'definition': definition,
        }

    @api.model
    def _get_finding_fields(self):
        return super()._get_finding_fields() | {'check_ids', 'deviation_note'}

    # ------------------------------------------------------------------
    # Done
    # ------------------------------------------------------------------

    def _get_grade(self):
        return super()._get_grade() or self.grade_proposed

    @api.depends('grade_proposed')
    def _compute_policy_note(self):
        super()._compute_policy_note()

    def _is_answered(self):
        """Whether no required answer is missing."""
        self.ensure_one()
        return not any(check.is_required and not check.value for check in self.check_ids)

    def _check_complete(self):
        super()._check_complete()
        for inspection in self:
            if not inspection._is_answered():
                raise UserError(self.env._(
                    "%(inspection)s: answer what is required first: %(questions)s", inspection=inspection.display_name,
                    questions=" · ".join(point.name for point in inspection._get_proposal().missing)))
            bare = inspection.check_ids.filtered(
                lambda check: check.needs_photo and check.result == 'fail' and not check.photo_ids)
            if bare:
                raise UserError(self.env._(
                    "%(inspection)s: take a photo of what failed: %(questions)s", inspection=inspection.display_name,
                    questions=" · ".join(bare.mapped('name'))))
            inspection._check_deviation()

    def _check_deviation(self):
        """:raise UserError: the inspector decides otherwise than the answers propose, and does not say why"""
        self.ensure_one()
        if (self.deviation_note or '').strip():
            return
        if self.is_unacceptable and self.quantity_accepted:
            raise UserError(self.env._(
                "%(inspection)s is not acceptable by your answers (%(questions)s). Accept none of it, or say under Why "
                "Otherwise why it is taken back.", inspection=self.display_name, questions=self.proposal_note))
        if self.grade and self.grade_proposed and self.grade != self.grade_proposed:
            raise UserError(self.env._(
                "%(inspection)s: your answers propose grade %(proposed)s. Say under Why Otherwise why you give "
                "%(given)s.", inspection=self.display_name, proposed=self.grade_proposed.upper(),
                given=self.grade.upper()))

    def _take_proposals(self):
        super()._take_proposals()
        for grade, inspections in self.filtered(lambda inspection: (
                not inspection.grade and inspection.grade_proposed)).grouped('grade_proposed').items():
            inspections.write({'grade': grade})

    def _get_done_note(self):
        note = super()._get_done_note()
        if self.deviation_note and self.grade_proposed and self.grade != self.grade_proposed:
            return self.env._(
                "%(done)s: grade %(given)s instead of %(proposed)s. %(why)s", done=note, given=self.grade.upper(),
                proposed=self.grade_proposed.upper(), why=self.deviation_note)
        if self.deviation_note and self.is_unacceptable and self.quantity_accepted:
            return self.env._("%(done)s: accepted nevertheless. %(why)s", done=note, why=self.deviation_note)
        return note
