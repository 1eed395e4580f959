# Part of returns_management. See LICENSE file for full copyright and licensing details.

import ast

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ReturnsCommon

RELATIONS = ('many2one', 'many2many', 'one2many')


@tagged('post_install', '-at_install')
class TestScreens(ReturnsCommon):
    """Each role opens the screens that its menus lead to, and sees there what it is to do next."""

    def _see(self, user, records, *view_types):
        """Read of ``records`` what the views of ``user`` show, as the web client does."""
        model = records.with_user(user)
        for view_type in view_types:
            arch = etree.fromstring(model.get_view(view_type=view_type)['arch'])
            names = {node.get('name') for node in arch.xpath('//field[not(ancestor::field)]')}
            model.web_read({
                name: {'fields': {'display_name': {}}} if model._fields[name].type in RELATIONS else {}
                for name in names})

    def _get_menus(self, user):
        """:return: the xmlids of our menus that lead ``user`` somewhere"""
        menus = self.env['ir.ui.menu'].with_user(user).load_menus(False)
        return {menu['xmlid'].split('.')[1] for menu in menus.values()
                if (menu.get('xmlid') or '').startswith('returns_management.') and menu['action_id']}

    def test_menus_of_each_role(self):
        self.assertEqual(self._get_menus(self.employee), {'returns_step_menu', 'returns_delegation_menu'})
        self.assertIn('returns_request_menu_sale', self._get_menus(self.agent))
        self.assertNotIn('returns_request_menu_settle', self._get_menus(self.agent))
        self.assertIn('returns_inspection_menu_stock', self._get_menus(self.inspector))
        self.assertIn('returns_request_menu_account', self._get_menus(self.accountant))
        self.assertNotIn('returns_policy_menu', self._get_menus(self.accountant))
        self.assertIn('returns_policy_menu', self._get_menus(self.manager))
        self.assertIn('returns_step_menu_all', self._get_menus(self.manager))
        self.assertNotIn('returns_step_menu_all', self._get_menus(self.agent_all))

    def test_everybody_concerned_opens_a_closed_return(self):
        request = self._return(self._sell((self.product, 5.0), (self.product_ordered, 3.0)))
        self.assertEqual(request.state, 'done')
        for user in (self.agent, self.agent_all, self.inspector, self.accountant, self.manager, self.voter_sales):
            self._see(user, request, 'form', 'list', 'kanban', 'calendar')
            self._see(user, request.line_ids, 'form', 'list')
            self._see(user, request.step_ids, 'form', 'list', 'kanban')
            self._see(user, request.decision_ids, 'form', 'list')
            self._see(user, request.sudo().inspection_ids, 'list', 'kanban')
        for user in (self.agent, self.inspector, self.accountant, self.manager):
            self._see(user, request.sudo().inspection_ids, 'form')
            self._see(user, request.sudo().settlement_ids, 'form', 'list')
            self._see(user, self.env['returns.report'].search([('request_id', '=', request.id)]), 'list')
        with self.assertRaises(AccessError):
            self._see(self.employee, request, 'form')

    def test_configuration_opens(self):
        for name in ('policy', 'policy.rule', 'approval.group', 'team', 'reason', 'root.cause', 'disposition'):
            records = self.env[f'returns.{name}'].with_user(self.manager).search([], limit=5)
            self.assertTrue(records)
            self._see(self.manager, records, 'form', 'list')

    def test_published_rule_shows_in_words_what_it_is_about(self):
        draft = self.policy.copy().rule_ids
        self.assertEqual((draft.is_published, self.rule.is_published), (False, True))
        form = etree.fromstring(self.rule.with_user(self.manager).get_view(view_type='form')['arch'])
        subject, = form.xpath("//group[@name='subject']")
        words, = form.xpath("//group[field[@name='subject_note']]")
        self.assertEqual((subject.get('invisible'), words.get('invisible')), ('is_published', 'not is_published'))
        self.assertEqual(self.rule.subject_note, "All products")

    def test_new_stand_in_has_no_name_yet(self):
        self.assertFalse(self.env['returns.delegation'].new({'user_id': self.agent.id}).display_name)

    def test_documents_of_odoo_lead_to_the_return(self):
        order = self._sell()
        self.assertTrue(order.with_user(self.agent).returns_may_create)
        request = self._return(order, quantity=5.0)
        self.assertFalse(order.with_user(self.agent).returns_may_create)
        for user, document, action in (
                (self.agent, order, 'action_view_returns'),
                (self.inspector, request.picking_ids, 'action_view_returns_request'),
                (self.accountant, request.refund_ids, 'action_view_returns_requests')):
            document = document.with_user(user)
            document.get_view(view_type='form')
            self.assertEqual(getattr(document, action)()['res_id'], request.id)

    def test_no_button_leads_to_what_its_user_may_not_read(self):
        order = self._sell()
        request = self._return(order)
        for owner, count in ((self.agent_all, 0), (self.agent, 1)):  # agents see the orders and invoices that they sold
            order.user_id = order.invoice_ids.invoice_user_id = request.sudo().refund_ids.invoice_user_id = owner
            self.env.invalidate_all()
            mine = request.with_user(self.agent)
            self.assertEqual((mine.sale_order_count, mine.refund_count), (count, count))
            self.assertEqual(bool(mine.action_view_sale_orders().get('res_id')), bool(count))
        self.assertEqual(request.with_user(self.accountant).refund_count, 1)
        self.assertFalse(request.with_user(self.voter_sales).sale_order_count)

    # ------------------------------------------------------------------
    # What comes next
    # ------------------------------------------------------------------

    def test_next_action_follows_the_road_and_the_role(self):
        def next_action(user):
            self.env.invalidate_all()
            return request.with_user(user).next_action

        request = self._file(self._sell())
        self.assertEqual(next_action(self.agent), 'submit')
        request.action_submit()
        self.assertEqual(next_action(self.voter_sales), 'decide')
        self.assertFalse(next_action(self.agent))
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual(next_action(self.inspector), 'receive')
        self.assertFalse(next_action(self.accountant))
        self._receive(request)
        self.assertEqual(next_action(self.inspector), 'inspect')
        self._inspect(request)
        self.assertEqual(next_action(self.accountant), 'settle')
        self._settle(request, post=False)
        self.assertEqual(next_action(self.accountant), 'post')
        self.assertIn("waits to be posted", request.next_step_note)
        request.sudo().refund_ids.action_post()
        self.assertFalse(next_action(self.accountant))

    def test_sentence_of_a_rejected_return_says_why(self):
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_reject("The seal is broken.")
        self.assertEqual(request.next_step_note, "Rejected: The seal is broken.")
        self.assertTrue(request.may_resume)
        self.assertFalse(request.may_cancel)

    def test_board_shows_the_open_states_in_the_order_of_the_road(self):
        self._file(self._sell())
        board = self.Request.with_user(self.agent).with_context(read_group_expand=True)
        groups = board.formatted_read_group([('user_id', '=', self.agent.id)], ['state'], ['__count'])
        self.assertEqual([group['state'] for group in groups][:6], [
            'draft', 'review', 'approved', 'received', 'final_review', 'settlement'])

    def test_amount_to_settle_is_what_is_accepted_and_not_settled(self):
        request = self._approve(self._sell(), quantity=4.0)
        self._receive(request)
        self.assertEqual(request.amount_to_settle, 0.0)
        self._inspect(request, accepted=1.0)
        self.assertAlmostEqual(request.amount_to_settle, request.amount_requested / 4, places=2)
        self._settle(request)
        self.assertEqual(request.amount_to_settle, 0.0)

    def test_to_settle_lists_what_settle_would_settle(self):
        """The list and the button agree: no drafts to post, no replacements to ship, no open questions."""
        wrong = self.env.ref('returns_management.reason_wrong_item')
        self.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': self.company.id, 'phase': 'settle',
            'reason_ids': [Command.set(wrong.ids)], 'member_ids': [Command.set(self.voter_finance.ids)]})
        ready, partly, drafted, coming = (self._approve(self._sell(), quantity=4.0) for _number in range(4))
        replaced = self._approve(self._sell(), quantity=4.0, resolution='exchange')
        asked, half_asked = (
            self._approve(self._sell(), quantity=4.0, reason_id=wrong.id, reason_answer="Red") for _number in range(2))
        everything = ready | partly | drafted | coming | replaced | asked | half_asked
        for request in partly | half_asked:
            self._receive(request, {self.product: 1.0})
        for request in ready | drafted | replaced | asked:
            self._receive(request)
        for request in everything - coming:
            self._inspect(request)
        self._settle(drafted, post=False)
        for user in (self.accountant, self.agent):
            self.env.invalidate_all()
            seen = everything.with_user(user)
            self.assertEqual(seen.filtered('may_settle'), ready | partly)
            self.assertEqual(seen.search([('may_settle', '=', True), ('id', 'in', seen.ids)], order='id'), ready | partly)
            self.assertEqual(
                seen.search([('may_settle', '=', False), ('id', 'in', seen.ids)]), everything - ready - partly)
        action = self.env['ir.actions.act_window']._for_xml_id('returns_management.returns_request_action_settle')
        listed = self.Request.with_user(self.accountant).search(ast.literal_eval(action['domain']))
        self.assertEqual(listed & everything, ready | partly | drafted)

    def test_step_names_what_was_asked_even_after_a_rejection(self):
        request = self._submit(self._sell(), quantity=4.0)
        request.with_user(self.voter_sales).action_reject("Sold as seen")
        self.assertEqual(request.step_ids.product_note, "4 × Kettle")

    def test_list_to_settle_is_what_can_be_settled_now(self):
        partial = self._approve(self._sell(), 3.0)
        self._receive(partial, {self.product: 1.0})
        self._inspect(partial)
        drafted, awaited = (self._approve(self._sell(), 1.0) for _number in range(2))
        self._receive(drafted)
        self._inspect(drafted)
        self._settle(drafted, post=False)
        requests = partial | drafted | awaited
        self.assertEqual(requests.filtered('may_settle'), partial)
        for value in (True, False):
            self.assertEqual(
                self.Request.search([('may_settle', '=', value), ('id', 'in', requests.ids)]),
                requests.filtered(lambda request, value=value: request.may_settle == value).sorted('id', reverse=True))

    # ------------------------------------------------------------------
    # Wizards
    # ------------------------------------------------------------------

    def _decide(self, user, records, **values):
        wizard = self.env['returns.decide'].with_user(user).with_context(
            active_model=records._name, active_ids=records.ids)
        with Form(wizard) as form:
            for name, value in values.items():
                setattr(form, name, value)
        return form

    def test_voter_approves_in_part(self):
        request = self._submit(self._sell(), quantity=4.0)
        form = self._decide(self.voter_sales, request, comment="One shows wear")
        with form.line_ids.edit(0) as line:
            self.assertEqual((line.quantity_approved, line.quantity), (4.0, 4.0))
            line.quantity = 3.0
        form.save().action_decide()
        self.assertEqual((request.state, request.line_ids.quantity_approved), ('approved', 3.0))

    def test_approving_none_is_a_rejection(self):
        request = self._submit(self._sell(), quantity=4.0)
        form = self._decide(self.voter_sales, request, comment="All show wear")
        with form.line_ids.edit(0) as line:
            line.quantity = 0.0
        form.save().action_decide()
        self.assertEqual(request.state, 'rejected')
        self.assertEqual(request.decision_ids.verdict, 'reject')

    def test_rejection_and_fewer_pieces_need_a_comment(self):
        request = self._submit(self._sell(), quantity=4.0)
        form = self._decide(self.voter_sales, request)
        self.assertFalse(form._get_modifier('comment', 'required'))
        with form.line_ids.edit(0) as line:
            line.quantity = 2.0
        self.assertTrue(form._get_modifier('comment', 'required'))
        form.verdict = 'reject'
        with self.assertRaises(AssertionError):
            form.save()

    def test_steps_are_decided_in_bulk(self):
        requests = self.Request.union(*(self._submit(self._sell()) for _number in range(3)))
        form = self._decide(self.voter_sales, requests.step_ids, verdict='reject', comment="Sold as seen")
        form.save().action_decide()
        self.assertEqual(set(requests.mapped('state')), {'rejected'})

    def test_wizard_answers_the_question_it_showed(self):
        """A colleague answers meanwhile, and the next group's question opens: nobody read that one."""
        self.group_sales.member_ids = [Command.link(self.chair.id)]
        self.group_sales.copy({'name': "Second Group", 'sequence': 20, 'member_ids': [Command.set(self.voter_sales.ids)]})
        request = self._submit(self._sell())
        wizard = self._decide(self.voter_sales, request).save()
        self.assertIn("Sales Approval", wizard.question_note)
        request.with_user(self.chair).action_approve()
        with self.assertRaises(UserError):
            wizard.action_decide()
        self.assertEqual(request.step_ids.mapped('state'), ['approved', 'open'])

    def test_wizard_decides_nothing_for_others(self):
        request = self._submit(self._sell(), quantity=4.0)
        for user in (self.agent_all, self.manager):
            with self.assertRaises(UserError):
                self._decide(user, request).save().action_decide()
        with self.assertRaises(AccessError):
            self.env['returns.decide'].with_user(self.employee).create({
                'request_ids': [(6, 0, request.ids)]}).action_decide()
        self.assertEqual(request.state, 'review')

    def test_rest_is_closed_short(self):
        request = self._approve(self._sell(), quantity=4.0)
        self._receive(request, {self.product: 1.0})
        wizard = self.env['returns.close.short'].with_user(self.agent_all).with_context(
            active_model='returns.request', active_ids=request.ids)
        form = Form(wizard)
        form.comment = "The customer keeps the rest"
        form.save().action_close_short()
        self.assertEqual((request.state, request.line_ids.quantity_closed), ('received', 3.0))

    def test_lines_are_added_from_several_orders_once(self):
        first, second, spent = self._sell(), self._sell((self.product_ordered, 2.0)), self._sell()
        self._return(spent, quantity=5.0)
        request = self._file(first)
        for _time in range(2):
            wizard = self.env['returns.propose'].with_user(self.agent).with_context(
                active_model='returns.request', active_id=request.id)
            form = Form(wizard)
            self.assertEqual(form.possible_order_ids[:], first | second)
            form.order_ids.add(first)
            form.order_ids.add(second)
            form.reason_id = self.reason
            if not _time:
                form.save().action_add()
            else:
                with self.assertRaises(UserError):
                    form.save().action_add()
        self.assertEqual(request.line_ids.sale_order_id, first | second)
        self.assertEqual(request.line_ids.mapped('quantity'), [1.0, 2.0])
