# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..vocabulary import ANSWER_KINDS, ASPECTS, GRADES


class ReturnsCriterion(models.Model):
    """One point to check at inspection, and the table of what its answers mean.

    For all products, for those of a category and its children, or for one product. What is nearer to the product is
    asked instead of what else there is about the same aspect, see :meth:`_find`.
    """
    _name = 'returns.criterion'
    _description = "Return Inspection Criterion"
    _inherit = ['returns.guard']
    _order = 'sequence, id'
    _check_company_auto = True

    name = fields.Char("Question", required=True, translate=True)
    instruction = fields.Char(translate=True, help="How to check it, where the question alone does not say it.")
    aspect = fields.Selection(ASPECTS, required=True, default='look', index=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one('res.company', index=True, help="Empty: asked in all companies.")
    product_tmpl_id = fields.Many2one(
        'product.template', "Product", index='btree_not_null', ondelete='cascade', check_company=True)
    category_id = fields.Many2one(
        'product.category', "Product Category", index='btree_not_null', ondelete='cascade',
        help="Asked about the products of its child categories, too.")
    is_additional = fields.Boolean(
        "In Addition", help="Asked beside what else there is about the same aspect, not instead of it.")
    is_required = fields.Boolean("Required", default=True, help="No inspection is done before it is answered.")
    needs_photo = fields.Boolean("Photo When Failed", help="An answer that fails needs a photo.")

    # === How it is answered, and what that means === #
    kind = fields.Selection(ANSWER_KINDS, "Answer", required=True, default='yes_no')
    expected = fields.Selection([('yes', "Yes"), ('no', "No")], "Should Be", required=True, default='yes')
    limit = fields.Selection(
        [('lowest', "At least"), ('highest', "At most"), ('between', "From … to")], required=True, default='lowest')
    limit_min = fields.Float("Lowest", digits=(16, 4))
    limit_max = fields.Float("Highest", digits=(16, 4))
    unit = fields.Char(translate=True, help="What is measured in, such as % or mm.")
    failed_grade = fields.Selection(
        GRADES, "Best Grade When Failed", required=True, default='c', help="The best grade that is still possible.")
    is_unacceptable = fields.Boolean("Not Acceptable When Failed", help="The goods cannot be taken back at all.")
    option_ids = fields.One2many('returns.criterion.option', 'criterion_id', "Choices", copy=True)
    scope_note = fields.Char("Asked About", compute='_compute_scope_note')
    meaning_note = fields.Text("What It Means", compute='_compute_meaning_note')

    _one_scope = models.Constraint(
        'CHECK (num_nonnulls(product_tmpl_id, category_id) <= 1)',
        "A criterion is for one product, for one category, or for all products.")
    _limits = models.Constraint(
        "CHECK (kind != 'measure' OR \"limit\" != 'between' OR limit_min <= limit_max)",
        "The lowest measure that passes cannot be larger than the highest.")

    @api.constrains('kind', 'option_ids')
    def _check_options(self):
        for criterion in self:
            if criterion.kind == 'choice' and len(criterion.option_ids) < 2:
                raise ValidationError(self.env._("%s: give at least two choices.", criterion.name))

    @api.depends_context('lang')
    @api.depends('product_tmpl_id', 'category_id')
    def _compute_scope_note(self):
        for criterion in self:
            criterion.scope_note = (criterion.product_tmpl_id or criterion.category_id).display_name or self.env._(
                "All products")

    @api.depends_context('lang')
    @api.depends('kind', 'expected', 'limit', 'limit_min', 'limit_max', 'unit', 'failed_grade', 'is_unacceptable',
                 'option_ids.name', 'option_ids.grade', 'option_ids.is_unacceptable')
    def _compute_meaning_note(self):
        for criterion in self:
            if criterion.kind == 'choice':
                criterion.meaning_note = "; ".join(
                    f"{option.name}: {criterion._show_meaning(option.grade, option.is_unacceptable)}"
                    for option in criterion.option_ids)
            else:
                criterion.meaning_note = self.env._(
                    "%(wanted)s, else %(meaning)s", wanted=criterion._show_wanted(),
                    meaning=criterion._show_meaning(criterion.failed_grade, criterion.is_unacceptable))

    def _show_meaning(self, grade, is_unacceptable):
        if is_unacceptable:
            return self.env._("not acceptable")
        best = (grade or '').upper()
        return self.env._("at best %s", best)

    def _show_wanted(self):
        """:return: which answer passes, in words"""
        if self.kind == 'yes_no':
            return dict(self._fields['expected']._description_selection(self.env)).get(self.expected, "")
        unit = f" {self.unit}" if self.unit else ""
        lowest, highest = f"{self.limit_min:.10g}{unit}", f"{self.limit_max:.10g}{unit}"
        return {
            'lowest': self.env._("at least %s", lowest), 'highest': self.env._("at most %s", highest),
            'between': self.env._("from %(lowest)s to %(highest)s", lowest=lowest, highest=highest),
        }.get(self.limit, "")

    # ------------------------------------------------------------------
    # What is asked about a product
    # ------------------------------------------------------------------

    @api.model
    def _find(self, goods, companies):
        """What is asked about goods: the criteria of the product, of its category and of the categories above it, of all
        products; in each of these places those of the company before those of all companies.

        Where a place says something about an aspect, what comes after it says nothing more about that aspect; unless it
        was said in addition. Other points always add up.

        :param goods: [(``product.template``, ``product.category``)], where either may be empty
        :return: {(template, category, company): criteria, nearest first}
        """
        places = {
            (template, category): [
                *((template.id, False) for template in template),
                *((False, number) for number in self._get_path(category)), (False, False)]
            for template, category in goods}
        templates, categories = (
            {place[side] for levels in places.values() for place in levels if place[side]} for side in (0, 1))
        found = defaultdict(self.browse)
        for criterion in self.search(
                Domain('company_id', 'in', [*companies.ids, False]) & Domain.OR([
                    Domain('product_tmpl_id', 'in', sorted(templates)), Domain('category_id', 'in', sorted(categories)),
                    Domain('product_tmpl_id', '=', False) & Domain('category_id', '=', False)])):
            found[criterion.product_tmpl_id.id, criterion.category_id.id, criterion.company_id.id] |= criterion
        return {
            (*subject, company): self._choose_nearest([
                found[(*place, owner)] for place in levels for owner in (company.id, False)])
            for subject, levels in places.items() for company in companies}

    @api.model
    def _get_path(self, category):
        """:return: ids of ``category`` and of those above it, the nearest first"""
        return [int(number) for number in (category.parent_path or '').split('/') if number][::-1]

    @api.model
    def _choose_nearest(self, levels):
        """:param levels: criteria of each place, the nearest first
        :return: those that are asked
        """
        chosen, said = self.browse(), set()
        for criteria in levels:
            chosen |= criteria.filtered(lambda criterion, said=frozenset(said): criterion.aspect not in said)
            said |= {criterion.aspect for criterion in criteria
                     if criterion.aspect != 'other' and not criterion.is_additional}
        return chosen

    # ------------------------------------------------------------------
    # What is kept of it
    # ------------------------------------------------------------------

    def _prepare_definitions(self):
        """These criteria as they stand now, in all languages: what an inspection keeps of them.

        :return: {criterion id: plain values, as ``returns.inspection.check._get_point`` reads them}
        """
        words = self._read_words(self, 'name', 'instruction', 'unit')
        options = self._read_words(self.option_ids, 'name')
        return {criterion.id: {
            **words[criterion.id],
            **({'expected': criterion.expected} if criterion.kind == 'yes_no' else {}),
            **(criterion._prepare_limits() if criterion.kind == 'measure' else {}),
            **({'options': [{
                'key': str(number), **options[option.id], 'failed': option.is_failed, 'grade': option.grade,
                'unacceptable': option.is_unacceptable,
            } for number, option in enumerate(criterion.option_ids, start=1)]} if criterion.kind == 'choice' else {
                'grade': criterion.failed_grade, 'unacceptable': criterion.is_unacceptable}),
        } for criterion in self}

    def _prepare_limits(self):
        return {
            'lowest': f'{self.limit_min:.4f}' if self.limit != 'highest' else False,
            'highest': f'{self.limit_max:.4f}' if self.limit != 'lowest' else False,
        }

    @api.model
    def _read_words(self, records, *names):
        """:return: {id: {name: {language: text}, or False}}, with one query; programs by XML-RPC cannot read null"""
        if not records:
            return {}
        records.flush_recordset(names)
        rows = self.env.execute_query_dict(SQL(
            "SELECT id, %s FROM %s WHERE id = ANY(%s)", SQL(", ").join(map(SQL.identifier, names)),
            SQL.identifier(records._table), records.ids))
        return {row.pop('id'): {name: words or False for name, words in row.items()} for row in rows}


class ReturnsCriterionOption(models.Model):
    """One of the choices that answer a criterion, and what it means."""
    _name = 'returns.criterion.option'
    _description = "Return Inspection Criterion: Choice"
    _order = 'sequence, id'

    criterion_id = fields.Many2one('returns.criterion', required=True, index=True, ondelete='cascade')
    name = fields.Char("Choice", required=True, translate=True)
    sequence = fields.Integer(default=10)
    grade = fields.Selection(
        GRADES, "Best Grade", required=True, default='a', help="The best grade that is still possible.")
    is_failed = fields.Boolean("Failed", help="Counts as failed: a photo is taken where the criterion demands one.")
    is_unacceptable = fields.Boolean("Not Acceptable", help="The goods cannot be taken back at all.")
