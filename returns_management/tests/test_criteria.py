# Part of returns_management. See LICENSE file for full copyright and licensing details.

from base64 import b64decode
from contextlib import contextmanager

from psycopg2.errors import CheckViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon

PIXEL = b64decode(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==')


class CriteriaCommon(RpcCommon):
    """A category below another, and what is asked about their goods."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Criterion = cls.env['returns.criterion']
        cls.Criterion.search([]).action_archive()
        cls.appliances = cls.env['product.category'].create({'name': "Appliances"})
        cls.kettles = cls.env['product.category'].create({'name': "Kettles", 'parent_id': cls.appliances.id})
        cls.product.categ_id = cls.kettles

    @classmethod
    def _ask(cls, name, **values):
        return cls.Criterion.create({'name': name, 'aspect': 'function', **values})

    @classmethod
    def _ask_all(cls):
        """A choice, a measure, and a question that nobody has to answer."""
        cls.look = cls._ask("How does it look?", aspect='look', sequence=1, kind='choice', option_ids=[
            Command.create({'name': "Fine", 'grade': 'a'}), Command.create({'name': "Used", 'grade': 'b'}),
            Command.create({'name': "Broken", 'grade': 'd', 'is_failed': True, 'is_unacceptable': True})])
        cls.leak = cls._ask(
            "Tightness", sequence=2, kind='measure', limit='between', limit_min=1.5, limit_max=3.0, unit="bar",
            failed_grade='c')
        cls.box = cls._ask("Is the box whole?", aspect='packaging', sequence=3, is_required=False, failed_grade='b')

    def _get_inspection(self, quantity=2.0, **line_values):
        request = self._approve(self._sell((self.product, 5.0)), quantity, **line_values)
        self._receive(request)
        inspection = request.sudo().inspection_ids.with_user(self.inspector)
        if inspection.state == 'draft':
            inspection.disposition_id = self.restock
        return inspection

    @contextmanager
    def _broken(self, constraint):
        """The database refuses what is done here, by this constraint; who does it by RPC reads its message."""
        with self.assertRaisesRegex(CheckViolation, constraint), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            yield
            self.env.flush_all()

    def _answer(self, inspection, *values):
        for check, value in zip(inspection.check_ids, values, strict=False):
            check.value = value

    def _upload(self, record, raw=PIXEL, user=None, **values):
        return self.env['ir.attachment'].with_user(user or self.inspector).create({
            'name': 'photo.png', 'raw': raw, 'res_model': record._name, 'res_id': record.id, **values})


@tagged('post_install', '-at_install')
class TestCriteria(CriteriaCommon):
    """What is asked about goods, and what becomes of the answers."""

    def _get_asked(self):
        template = self.product.product_tmpl_id
        template.invalidate_recordset(['returns_criterion_ids'])
        return template.returns_criterion_ids.mapped('name')

    def test_what_is_nearer_to_the_product_is_asked_instead(self):
        self._ask("All: works?")
        self._ask("All: looks?", aspect='look')
        self._ask("All: anything else?", aspect='other')
        self.assertEqual(self._get_asked(), ["All: works?", "All: looks?", "All: anything else?"])
        self._ask("Appliances: plug?", category_id=self.appliances.id)
        self.assertEqual(self._get_asked(), ["Appliances: plug?", "All: looks?", "All: anything else?"])
        self._ask("Kettles: lid?", category_id=self.kettles.id, is_additional=True)
        self._ask("Kettles: smell?", aspect='other', category_id=self.kettles.id)
        self.assertEqual(self._get_asked(), [
            "Kettles: lid?", "Kettles: smell?", "Appliances: plug?", "All: looks?", "All: anything else?"])
        self._ask("This: boils?", product_tmpl_id=self.product.product_tmpl_id.id)
        self.assertEqual(self._get_asked(), [
            "This: boils?", "Kettles: smell?", "All: looks?", "All: anything else?"])

    def test_company_asks_before_what_all_companies_ask(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        self._ask("Everywhere?")
        self._ask("Only there?", company_id=other.id)
        self.assertEqual(self._get_asked(), ["Everywhere?"])
        self._ask("Only here?", company_id=self.company.id)
        self.assertEqual(self._get_asked(), ["Only here?"])
        inspection = self._get_inspection()
        self.assertEqual(inspection.check_ids.mapped('name'), ["Only here?"])

    def test_category_shows_what_is_asked_about_its_goods(self):
        self._ask("All?")
        plug = self._ask("Plug?", category_id=self.appliances.id)
        self._ask("This?", product_tmpl_id=self.product.product_tmpl_id.id)
        self.assertEqual(self.kettles.returns_criterion_ids, plug)

    def test_table_says_what_answers_mean(self):
        self._ask_all()
        self.assertEqual(self.look.meaning_note, "Fine: at best A; Used: at best B; Broken: not acceptable")
        self.assertEqual(self.leak.meaning_note, "from 1.5 bar to 3 bar, else at best C")
        self.assertEqual(self.box.meaning_note, "Yes, else at best B")

    def test_criterion_that_cannot_be_answered_is_refused(self):
        with self.assertRaisesRegex(ValidationError, "at least two choices"):
            self._ask("Colour?", kind='choice')
        with self._broken("_limits"):
            self._ask("Weight?", kind='measure', limit='between', limit_min=2.0, limit_max=1.0)
        with self.assertRaisesRegex(ValidationError, "number"):
            self._ask("Weight?", kind='measure', limit_min=float('nan'))
        with self._broken("_one_scope"):
            self._ask("Whose?", category_id=self.kettles.id, product_tmpl_id=self.product.product_tmpl_id.id)

    def test_answers_propose_the_grade_that_done_takes(self):
        self._ask_all()
        inspection = self._get_inspection()
        self.assertEqual(inspection.check_ids.mapped('kind'), ['choice', 'measure', 'yes_no'])
        self.assertFalse(inspection.grade_proposed)
        self._answer(inspection, '2', 2.0)
        self.assertEqual((inspection.grade_proposed, inspection.proposal_note), ('b', "How does it look?"))
        self._answer(inspection, '1', '1.2')
        self.assertEqual((inspection.grade_proposed, inspection.proposal_note), ('c', "Tightness"))
        self.assertEqual(inspection.check_ids.mapped('result'), ['pass', 'fail', False])
        self.assertEqual(inspection.check_ids.mapped('answer_note'), ["Fine", "1.2 bar", False])
        self.assertEqual(inspection.check_ids[1].measure, 1.2)
        self.assertFalse(inspection.grade, "what is proposed is not found yet")
        inspection.action_done()
        self.assertEqual((inspection.state, inspection.grade), ('done', 'c'))

    def test_policy_speaks_by_the_proposed_grade(self):
        self._ask_all()
        self.rule.sudo().write({'share_c': 70.0, 'share_d': 0.0})
        inspection = self._get_inspection()
        self._answer(inspection, '1', '9')
        self.assertIn("70%", inspection.policy_note)
        inspection.action_done()
        self.assertEqual(inspection.refund_share, 70.0)

    def test_customers_read_the_grade_and_no_more(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, '1', '9')
        inspection.note = "Was dropped, I think."
        inspection.action_done()
        goods = inspection.request_line_id.sudo()._prepare_customer_line()
        self.assertIn("Found in grade C - Clear traces of use.", goods['verdict'])
        self.assertNotIn("dropped", str(goods))
        self.assertNotIn("Tightness", str(goods))

    def test_done_names_the_required_answers_that_are_missing(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, False, '2')
        with self.assertRaisesRegex(UserError, r"How does it look\?$"):
            inspection.action_done()
        self.assertIn("How does it look?", inspection.proposal_note)
        self._answer(inspection, '1')
        inspection.action_done()
        self.assertEqual(inspection.state, 'done')

    def test_another_grade_needs_a_reason_that_is_kept(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, '1', '2', 'yes')
        inspection.grade = 'b'
        with self.assertRaisesRegex(UserError, "propose grade A.*why you give B"):
            inspection.action_done()
        inspection.deviation_note = "It smells."
        inspection.action_done()
        self.assertEqual((inspection.grade, inspection.grade_proposed, inspection.inspector_id),
                         ('b', 'a', self.inspector))
        self.assertIn("grade B instead of A. It smells.", inspection.message_ids[0].body)

    def test_grade_typed_without_any_answer_needs_no_reason(self):
        self._ask("Does it work?", is_required=False)
        inspection = self._get_inspection()
        inspection.grade = 'c'
        inspection.action_done()
        self.assertEqual(inspection.grade, 'c')

    def test_what_is_not_acceptable_is_not_accepted_without_a_word(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, '3', '2')
        self.assertTrue(inspection.is_unacceptable)
        with self.assertRaisesRegex(UserError, r"not acceptable by your answers \(How does it look\?\)"):
            inspection.action_done()
        inspection.quantity_accepted = 0.0
        inspection.disposition_id = self.back_to_customer
        inspection.action_done()
        self.assertEqual(inspection.request_line_id.quantity_accepted, 0.0)
        other = self._get_inspection()
        self._answer(other, '3', '2')
        other.deviation_note = "Goodwill."
        other.action_done()
        self.assertEqual(other.request_line_id.quantity_accepted, 2.0)
        self.assertIn("accepted nevertheless. Goodwill.", other.message_ids[0].body)

    def test_what_becomes_of_a_criterion_changes_no_inspection(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, '2', '1.5')
        self.look.write({'name': "Colour?", 'option_ids': [Command.update(self.look.option_ids[1].id, {'grade': 'd'})]})
        self.leak.limit_min = 2.0
        self.box.unlink()
        self.env.invalidate_all()
        self.assertEqual(inspection.check_ids.mapped('name'), ["How does it look?", "Tightness", "Is the box whole?"])
        self._answer(inspection, '2', '1.5', 'yes')
        self.assertEqual(inspection.grade_proposed, 'b')
        inspection.action_done()
        self.assertEqual(inspection.check_ids.mapped('answer_note'), ["Used", "1.5 bar", "Yes"])

    def test_each_inspector_reads_their_own_language(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self._ask_all()
        self.look.with_context(lang='fr_FR').name = "Aspect ?"
        self.look.option_ids[0].with_context(lang='fr_FR').name = "Bien"
        inspection = self._get_inspection()
        self._answer(inspection, '1')
        french = inspection.with_context(lang='fr_FR').check_ids[0]
        self.assertEqual((french.name, french.answer_note), ("Aspect ?", "Bien"))
        self.assertEqual((inspection.check_ids[0].name, inspection.check_ids[0].answer_note), ("How does it look?", "Fine"))

    def test_split_and_refused_pieces_keep_the_answers(self):
        self._ask_all()
        inspection = self._get_inspection(3.0)
        self._answer(inspection, '2', '2')
        inspection.action_split(1.0)
        part = inspection.request_id.sudo().inspection_ids.with_user(self.inspector) - inspection
        self.assertEqual(part.check_ids.mapped('value'), ['2', '2', False])
        self.assertFalse(part.check_ids & inspection.check_ids)
        self._answer(part, '1')
        self.assertEqual((part.grade_proposed, inspection.grade_proposed), ('a', 'b'))
        inspection.quantity_accepted = 1.0
        inspection.action_done()
        refused = inspection.request_id.sudo().inspection_ids - inspection.sudo() - part.sudo()
        self.assertEqual((refused.check_ids.mapped('value'), refused.grade), (['2', '2', False], 'b'))

    def test_goods_with_required_answers_wait_for_an_inspector(self):
        self.reason.sudo().write({'needs_inspection': False, 'disposition_id': self.restock.id})
        self.assertEqual(self._get_inspection().state, 'done')
        self._ask("Does it work?")
        inspection = self._get_inspection()
        self.assertEqual((inspection.state, inspection.request_line_id.state), ('draft', 'received'))

    def test_done_opens_the_next_piece_of_the_same_return_first(self):
        older = self._get_inspection()
        inspection = self._get_inspection(2.0)
        inspection.action_split(1.0)
        part = inspection.request_id.sudo().inspection_ids.with_user(self.inspector) - inspection
        part.disposition_id = self.restock
        self.assertEqual(inspection.action_done_next()['res_id'], part.id)
        waiting = part.search([('state', '=', 'draft'), ('id', '!=', part.id)], order='id', limit=1)
        self.assertEqual(part.action_done_next()['res_id'], waiting.id)
        self.assertLessEqual(waiting.id, older.id)
        for rest in older.search([('state', '=', 'draft'), ('id', '!=', older.id)]):
            rest.sudo().disposition_id = self.restock
            rest.action_done()
        self.assertFalse(older.action_done_next().get('res_id'), "the list of what waits")


@tagged('post_install', '-at_install')
class TestAnswersByRpc(CriteriaCommon):
    """Answers are the inspector's, and stand once the inspection is done."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._ask_all()

    def test_only_inspectors_answer(self):
        inspection = self._get_inspection()
        for user in (self.agent, self.agent_all, self.accountant, self.voter_sales, self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.inspection.check', 'write', inspection.check_ids[0].ids, {'value': '1'})
        self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'check_ids': [
            Command.update(inspection.check_ids[0].id, {'value': '2'}),
            Command.update(inspection.check_ids[1].id, {'value': 2})]})
        self.assertEqual(inspection.grade_proposed, 'b')

    def test_what_is_no_answer_gets_a_sentence(self):
        checks = self._get_inspection().check_ids
        for check, value in (
                (checks[0], '4'), (checks[0], ['1']), (checks[1], 'nan'), (checks[1], '1e400'), (checks[1], {'a': 1}),
                (checks[2], 'maybe'), (checks[2], True), (checks[2], 7),
                (checks[0], 0), (checks[0], []), (checks[1], []), (checks[1], {}), (checks[2], 0.0)):
            with self.subTest(value=value), self.assertRaisesRegex(UserError, "Answer with one of|was measured"):
                self._rpc(self.inspector, 'returns.inspection.check', 'write', check.ids, {'value': value})

    def test_what_an_answer_means_cannot_be_written(self):
        check = self._get_inspection().check_ids[0]
        for vals in ({'definition': {}}, {'result': 'pass'}, {'grade_possible': 'a'}, {'is_required': False},
                     {'needs_photo': False}, {'kind': 'yes_no'}, {'inspection_id': 1}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                self._rpc(self.inspector, 'returns.inspection.check', 'write', check.ids, vals)
        inspection = check.inspection_id
        for commands in ([Command.delete(check.id)], [Command.create({'value': 'yes'})], [Command.clear()]):
            with self.subTest(commands=commands), self.assertRaises(AccessError):
                self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'check_ids': commands})
        with self.assertRaises(AccessError):
            self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'grade_proposed': 'a'})

    def test_answers_and_photos_of_a_done_inspection_stay(self):
        inspection = self._get_inspection()
        self._answer(inspection, '1', '2', 'yes')
        photo = self._upload(inspection.check_ids[0])
        inspection.check_ids[0].photo_ids = photo
        whole = self._upload(inspection)
        inspection.photo_ids = whole
        late = self._upload(inspection.check_ids[0])
        inspection.action_done()
        check = inspection.check_ids[0]
        for model, ids, vals in (
                (check._name, check.ids, {'value': '2'}), (check._name, check.ids, {'note': "Hm."}),
                (check._name, check.ids, {'photo_ids': [Command.clear()]}),
                (check._name, check.ids, {'photo_ids': [Command.link(late.id)]}),
                (inspection._name, inspection.ids, {'check_ids': [Command.update(check.id, {'value': '2'})]}),
                (inspection._name, inspection.ids, {'photo_ids': [Command.clear()]}),
                (inspection._name, inspection.ids, {'deviation_note': "Hm."}),
                (inspection._name, inspection.ids, {'minutes': 3}),
                ('ir.attachment', photo.ids, {'raw': PIXEL}), ('ir.attachment', whole.ids, {'name': "x.png"})):
            with self.subTest(model=model, vals=vals), self.assertRaisesRegex(UserError, "is inspected"):
                self._rpc(self.inspector, model, 'write', ids, vals)
        for file in (photo, whole):
            with self.assertRaisesRegex(UserError, "photos stay"):
                self._rpc(self.inspector, 'ir.attachment', 'unlink', file.ids)
        self._rpc(self.inspector, 'ir.attachment', 'unlink', late.ids)
        self.assertEqual(check.value, '1')

    def test_photos_are_pictures_that_were_taken_here(self):
        inspection = self._get_inspection()
        check = inspection.check_ids[0]
        foreign = self.env['ir.attachment'].create({'name': 'secret.png', 'raw': PIXEL})
        elsewhere = self._upload(inspection)
        stray = self.env['ir.attachment'].with_user(self.inspector).create({'name': 'new.png', 'raw': PIXEL})
        for file in (foreign, elsewhere):
            with self.assertRaises(AccessError):
                self._rpc(self.inspector, check._name, 'write', check.ids, {'photo_ids': [Command.link(file.id)]})
        for raw in (b'<script>alert(1)</script>', b'<svg xmlns="http://www.w3.org/2000/svg"/>', b''):
            page = self._upload(check, raw=raw, mimetype='image/png')
            with self.assertRaisesRegex(UserError, "is no picture"):
                self._rpc(self.inspector, check._name, 'write', check.ids, {'photo_ids': [Command.link(page.id)]})
        self._rpc(self.inspector, check._name, 'write', check.ids, {'photo_ids': [Command.link(stray.id)]})
        self.assertEqual((stray.res_model, stray.res_id), (check._name, check.id))
        self.assertTrue(stray.with_user(self.voter_sales).has_access('read'), "who decides on the return sees it")

    def test_failed_answer_needs_its_photo(self):
        self.look.needs_photo = True
        inspection = self._get_inspection()
        self._answer(inspection, '3', '2')
        inspection.write({'quantity_accepted': 0.0, 'disposition_id': self.back_to_customer.id})
        with self.assertRaisesRegex(UserError, r"photo of what failed: How does it look\?"):
            inspection.action_done()
        inspection.check_ids[0].photo_ids = self._upload(inspection.check_ids[0])
        inspection.action_done()
        self.assertEqual(inspection.state, 'done')

    def test_minutes_are_a_span_of_time(self):
        inspection = self._get_inspection()
        for minutes in (-1, 14401):
            with self._broken("_minutes"):
                self._rpc(self.inspector, inspection._name, 'write', inspection.ids, {'minutes': minutes})
        inspection.minutes = 4
        inspection.action_split(1.0)
        self.assertEqual(sum(inspection.request_id.sudo().inspection_ids.mapped('minutes')), 4, "spent once")

    def test_queries_do_not_grow_with_the_number_of_pieces(self):
        def count(number):
            order = self._sell((self.product, float(number)))
            request = self._approve(order, float(number))
            self._receive(request)
            inspection = request.sudo().inspection_ids.with_user(self.inspector)
            inspection.disposition_id = self.restock
            for _piece in range(number - 1):
                inspection.action_split(1.0)
            inspections = request.sudo().inspection_ids.with_user(self.inspector)
            for check in inspections.check_ids:
                check.sudo().value = {'choice': '1', 'measure': '2', 'yes_no': 'yes'}[check.kind]
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            inspections.action_done()
            self.env.flush_all()
            self.env.cr.precommit.run()
            return self.env.cr.sql_log_count - before

        count(2)
        few, many = count(4), count(12)
        # what is moved costs its quants, see TRIALS E
        self.assertLess((many - few) / 8, 12)
