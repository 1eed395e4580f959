# Part of returns_management. See LICENSE file for full copyright and licensing details.

import math

from psycopg2.errors import CheckViolation, RestrictViolation

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestCheatsFlowFields(RpcCommon):
    """Fields that carry state, quantity or money are not to be had by any road of the ORM."""

    def _prepare_request(self, order, **vals):
        return {
            'partner_id': order.partner_id.id, 'team_id': self.team.id,
            'line_ids': [[0, 0, {'sale_line_id': order.order_line.id, 'quantity': 1.0, 'reason_id': self.reason.id}]],
            **vals}

    def test_flow_fields_are_not_written(self):
        request = self._file(self._sell())
        line = request.line_ids
        for name, value in (
                ('state', 'done'), ('round', 7), ('version', 0), ('name', "X"),
                ('date_approved', '2020-01-01 00:00:00'),
                ('amount_requested', 0.01), ('policy_status', 'compliant'), ('policy_note', "Fine."),
                ('commercial_partner_id', self.other_customer.id), ('access_token', 'known'),
                ('step_ids', [[5]]), ('settlement_ids', [[5]]), ('inspection_ids', [[5]])):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._rpc(self.agent, 'returns.request', 'write', request.ids, {name: value})
        for name, value in (
                ('state', 'settlement'), ('quantity_approved', 1.0), ('quantity_accepted', 1.0), ('quantity_held', 0.0),
                ('company_id', self.company.id), ('balance_id', False), ('is_express', True), ('is_returnless', True),
                ('amount_company', 0.0), ('policy_trace', []), ('move_ids', [[5]]), ('is_cancelled', True)):
            with self.subTest(field=name):
                with self.assertRaises(AccessError):
                    self._rpc(self.agent, 'returns.request.line', 'write', line.ids, {name: value})
                with self.assertRaises(AccessError):  # through the parent
                    self._rpc(self.agent, 'returns.request', 'write', request.ids,
                              {'line_ids': [[1, line.id, {name: value}]]})
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.request', 'web_save', request.ids, {'state': 'done'}, specification={})
        self.assertEqual((request.state, line.state), ('draft', 'draft'))

    def test_flow_fields_are_not_created(self):
        order = self._sell()
        for name, value in (('state', 'approved'), ('name', "X"), ('policy_status', 'compliant')):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._rpc(self.agent, 'returns.request', 'create', [self._prepare_request(order, **{name: value})])
        vals = self._prepare_request(order)
        vals['line_ids'][0][2]['quantity_accepted'] = 1.0
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.request', 'create', [vals])

    def test_import_and_copy_start_as_drafts(self):
        order = self._sell()
        result = self._rpc(
            self.agent, 'returns.request', 'load',
            ['partner_id/.id', 'state', 'line_ids/sale_line_id/.id', 'line_ids/reason_id/.id'],
            [[str(order.partner_id.id), "Settlement", str(order.order_line.id), str(self.reason.id)]])
        self.assertFalse(result['ids'])
        self.assertIn("cannot be typed", result['messages'][0]['message'])
        request = self._submit(order)
        request.with_user(self.voter_sales).action_approve()
        copied = self.Request.browse(self._rpc(self.agent, 'returns.request', 'copy', request.ids)[0])
        self.assertEqual((copied.state, copied.round, copied.line_ids.quantity_approved), ('draft', 1, 0.0))
        self.assertFalse(copied.step_ids or copied.date_submitted or copied.line_ids.policy_status)
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.request', 'copy', request.ids, {'state': 'approved'})

    def test_defaults_in_the_context_fill_no_flow_field(self):
        order = self._sell()
        context = {
            'default_state': 'settlement', 'default_quantity_approved': 1.0, 'default_quantity_received': 1.0,
            'default_quantity_accepted': 1.0, 'default_is_express': True, 'default_date_submitted': '2026-01-01',
            'default_is_returnless': True, 'default_round': 5, 'default_access_token': 'known',
            'default_policy_status': 'compliant', 'default_commercial_partner_id': self.other_customer.id,
            'default_company_id': self.company.id}
        request = self.Request.browse(self._rpc(
            self.agent, 'returns.request', 'create', [self._prepare_request(order)], context=context)[0])
        line = request.line_ids
        self.assertEqual((request.state, line.state, request.round), ('draft', 'draft', 1))
        self.assertEqual((line.quantity_approved, line.quantity_received, line.quantity_accepted), (0.0, 0.0, 0.0))
        self.assertFalse(line.is_express or line.is_returnless or line.policy_status or request.date_submitted)
        self.assertFalse(request.policy_status)
        self.assertEqual(request.commercial_partner_id, self.customer)
        self.assertNotEqual(request.access_token, 'known')

    def test_personal_defaults_fill_no_flow_field(self):
        order = self._sell()
        for model, name, value in (
                ('returns.request', 'state', 'settlement'), ('returns.request.line', 'quantity_received', 1.0),
                ('returns.request.line', 'is_express', True)):
            self._rpc(self.agent, 'ir.default', 'set', model, name, value, user_id=True)
        request = self.Request.browse(
            self._rpc(self.agent, 'returns.request', 'create', [self._prepare_request(order)])[0])
        self.assertEqual((request.state, request.line_ids.quantity_received), ('draft', 0.0))
        self.assertFalse(request.line_ids.is_express)

    def test_context_of_an_action_does_not_steer_private_code(self):
        request = self._file(self._sell())
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids, context={
            'default_state': 'approved', 'default_voter_ids': [[6, 0, self.agent.ids]], 'default_is_escalated': True,
            'tracking_disable': True, 'su': True, 'uid': 1})
        self.assertEqual((request.state, request.step_ids.state), ('review', 'open'))
        self.assertEqual(request.step_ids.voter_ids, self.voter_sales)
        self.assertFalse(request.step_ids.is_escalated)
        self._rpc(self.voter_sales, 'returns.request', 'action_approve', request.ids, context={
            'default_state': 'done', 'default_on_behalf_of_id': self.manager.id})
        self.assertFalse(request.decision_ids.on_behalf_of_id)
        self.assertEqual(request.sudo().picking_ids.move_ids.state, 'assigned', "no goods came in")
        self.assertEqual((request.state, request.line_ids.quantity_received), ('approved', 0.0))

    def test_personal_defaults_do_not_steer_private_code(self):
        request = self._file(self._sell())
        self._rpc(self.agent, 'ir.default', 'set', 'returns.step', 'state', 'approved', user_id=True)
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
        self.assertEqual((request.state, request.step_ids.state), ('review', 'open'))
        for name, value in (('on_behalf_of_id', self.manager.id), ('date', '2020-01-01 00:00:00')):
            self._rpc(self.voter_sales, 'ir.default', 'set', 'returns.decision', name, value, user_id=True)
        self._rpc(self.voter_sales, 'returns.request', 'action_approve', request.ids)
        self.assertFalse(request.decision_ids.on_behalf_of_id)
        self.assertGreater(request.decision_ids.date.year, 2020)

    def test_personal_defaults_of_whoever_presses_move_no_goods_and_no_money(self):
        request = self._submit(self._sell())
        for model, name, value in (('stock.move', 'state', 'done'), ('stock.move', 'quantity', 77.0)):
            self._rpc(self.voter_sales, 'ir.default', 'set', model, name, value, user_id=True)
        self._rpc(self.voter_sales, 'returns.request', 'action_approve', request.ids)
        move = request.sudo().picking_ids.move_ids
        self.assertEqual((move.state, move.quantity), ('assigned', 1.0))
        for name, value in (('quantity_accepted', 0.0), ('grade', 'd')):
            self._rpc(self.stocker, 'ir.default', 'set', 'returns.inspection', name, value, user_id=True)
        move.picked = True
        self._rpc(self.stocker, 'stock.picking', 'button_validate', move.picking_id.ids,
                  context={'default_quantity_accepted': 0.0, 'default_grade': 'd'})
        inspection = request.sudo().inspection_ids
        self.assertEqual((inspection.quantity_accepted, inspection.grade), (1.0, False))
        self._rpc(self.inspector, 'ir.default', 'set', 'stock.move', 'state', 'done', user_id=True)
        self._inspect(request)
        self.assertEqual((self._on_hand(self.product), inspection.is_disposed), (0.0, True))
        for name, value in (('state', 'posted'), ('auto_post', 'monthly')):
            self._rpc(self.accountant, 'ir.default', 'set', 'account.move', name, value, user_id=True)
        self._rpc(self.accountant, 'returns.request', 'action_settle', request.ids)
        note = request.sudo().refund_ids
        self.assertEqual((note.state, note.auto_post), ('draft', 'no'))

    def test_companies_named_in_the_context_are_the_users(self):
        request = self._file(self._sell())
        other = self.env['res.company'].create({'name': "Elsewhere"})
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.request', 'action_submit', request.ids,
                      context={'allowed_company_ids': [other.id, self.company.id]})

    def test_numbers_that_are_none_are_refused(self):
        order = self._sell()
        for value in (math.nan, math.inf, -math.inf, 'nan', 'inf'):
            vals = self._prepare_request(order)
            vals['line_ids'][0][2]['quantity'] = value
            with self.subTest(value=value), self.assertRaises(ValidationError):
                self._rpc(self.agent, 'returns.request', 'create', [vals])
        request = self._file(order)
        with self.assertRaises(ValidationError):
            self._rpc(self.agent, 'returns.request.line', 'write', request.line_ids.ids, {'quantity': math.nan})

    def test_links_from_core_documents_are_not_typed(self):
        order = self._sell()
        request = self._approve(order)
        line = request.line_ids
        delivery = order.picking_ids[:1]
        other = self._sell(deliver=False, invoice=False)
        move = other.picking_ids.move_ids
        for name in ('returns_line_id', 'returns_inspection_id', 'returns_surplus_of_id'):
            for value in (line.id, False):
                with self.subTest(field=name, value=value), self.assertRaises(UserError):
                    self._rpc(self.stocker, 'stock.move', 'write', move.ids, {name: value})
        self._rpc(self.stocker, 'ir.default', 'set', 'stock.move', 'returns_line_id', line.id, user_id=True)
        vals = {
            'product_id': self.product.id, 'product_uom_qty': 1.0, 'product_uom': self.product.uom_id.id,
            'location_id': self.stock.id, 'location_dest_id': self.customer.property_stock_customer.id}
        made = self.env['stock.move'].browse(self._rpc(self.stocker, 'stock.move', 'create', [vals])[0])
        self.assertFalse(made.returns_line_id, "a personal default links nothing")
        made = self.env['stock.move'].browse(self._rpc(
            self.stocker, 'stock.move', 'create', [vals], context={'default_returns_line_id': line.id})[0])
        self.assertFalse(made.returns_line_id, "nor does the context")
        with self.assertRaises(UserError):
            self._rpc(self.stocker, 'stock.picking', 'write', delivery.ids, {'returns_request_id': request.id})

        invoice_line = order.invoice_ids.invoice_line_ids[:1]
        with self.assertRaises(UserError):
            self._rpc(self.invoicer, 'account.move.line', 'write', invoice_line.ids, {'returns_line_id': line.id})
        bill = {
            'move_type': 'out_refund', 'partner_id': self.customer.id,
            'invoice_line_ids': [[0, 0, {'product_id': self.product.id, 'quantity': 1.0, 'price_unit': 9.0}]]}
        note = self.env['account.move'].browse(self._rpc(
            self.invoicer, 'account.move', 'create', [bill], context={'default_returns_line_id': line.id})[0])
        self.assertFalse(note.line_ids.returns_line_id)

    def test_policy_frozen_on_the_order_is_not_chosen(self):
        order = self._sell()
        self.assertEqual(order.returns_policy_id, self.policy)
        lenient = self.policy.copy({'name': "Lenient"})
        for value in (lenient.id, False):
            with self.subTest(value=value), self.assertRaises(UserError):
                self._rpc(self.seller, 'sale.order', 'write', order.ids, {'returns_policy_id': value})
        made = self.env['sale.order'].browse(self._rpc(
            self.seller, 'sale.order', 'create', [{'partner_id': self.customer.id}],
            context={'default_returns_policy_id': lenient.id})[0])
        self.assertFalse(made.returns_policy_id)

    def test_what_was_taken_back_is_not_typed_on_the_order(self):
        order = self._sell((self.product_ordered, 5.0), invoice=False)
        with self.assertRaises(UserError):
            self._rpc(self.seller, 'sale.order.line', 'write', order.order_line.ids, {'returns_qty_back': 5.0})
        self.assertEqual(order.order_line.qty_to_invoice, 5.0)


@tagged('post_install', '-at_install')
class TestCheatsApproval(RpcCommon):
    """Nobody gets their own wish approved, nor picks who judges it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # somebody who both files returns and sits in the group that approves them
        cls.both = new_test_user(
            cls.env, login='test_returns_both', groups='returns_management.group_returns_agent_all',
            company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])
        cls.group_sales.member_ids = cls.both | cls.voter_sales

    def test_creator_does_not_decide_even_after_handing_over(self):
        request = self._file(self._sell(), user=self.both)
        self._rpc(self.both, 'returns.request', 'write', request.ids, {'user_id': self.agent.id})
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
        self.assertEqual(request.step_ids.voter_ids, self.voter_sales)
        with self.assertRaisesRegex(UserError, f"{request.name}.*not asked"):
            self._rpc(self.both, 'returns.request', 'action_approve', request.ids)

    def test_responsible_does_not_decide_after_shedding_it(self):
        for shedding in (self.both, self.agent_all):
            request = self._file(self._sell())
            self._rpc(self.both, 'returns.request', 'write', request.ids, {'user_id': self.both.id})
            self._rpc(shedding, 'returns.request', 'write', request.ids, {'user_id': self.agent.id})
            self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
            with self.subTest(shedding=shedding.login):
                self.assertNotIn(self.both, request.step_ids.voter_ids)

    def test_who_submits_does_not_decide(self):
        request = self._file(self._sell())
        self._rpc(self.both, 'returns.request', 'action_submit', request.ids)
        self.assertNotIn(self.both, request.step_ids.voter_ids)

    def test_who_wrote_the_wish_does_not_decide(self):
        for change in (
                lambda line: self._rpc(self.both, 'returns.request.line', 'write', line.ids, {'quantity': 5.0}),
                lambda line: self._rpc(
                    self.both, 'returns.request', 'write', line.request_id.ids,
                    {'line_ids': [[1, line.id, {'quantity': 5.0}]]})):
            request = self._file(self._sell())
            change(request.line_ids)
            self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
            self.assertNotIn(self.both, request.step_ids.voter_ids)

    def test_responsible_does_not_decide_from_then_on_nor_after_shedding_it(self):
        request = self._submit(self._sell())
        self.assertIn(self.both, request.step_ids.voter_ids)
        for user in (self.both, self.agent):
            self._rpc(self.both, 'returns.request', 'write', request.ids, {'user_id': user.id})
            with self.subTest(responsible=user.login):
                with self.assertRaisesRegex(UserError, "a hand in this return"):
                    self._rpc(self.both, 'returns.request', 'action_approve', request.ids)
                self.assertFalse(self._rpc(self.both, 'returns.step', 'search', [('may_decide', '=', True)]))
        self.company.returns_allow_own_decision = True
        self.assertEqual(self._rpc(self.both, 'returns.step', 'search', [('may_decide', '=', True)]), request.step_ids.ids)
        self._rpc(self.both, 'returns.request', 'action_approve', request.ids)
        self.assertEqual(request.state, 'approved')

    def test_being_named_responsible_once_does_not_bar_a_voter_for_good(self):
        request = self._file(self._sell())
        self._rpc(self.manager, 'returns.request', 'write', request.ids, {'user_id': self.both.id})
        self._rpc(self.agent_all, 'returns.request', 'write', request.ids, {'user_id': self.agent.id})
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
        self.assertIn(self.both, request.step_ids.voter_ids)

    def test_agents_bar_no_voter_by_naming_them_responsible(self):
        self.group_sales.escalation_user_id = self.chair
        stand_in = new_test_user(
            self.env, login='test_returns_stand_in', groups='returns_management.group_returns_agent',
            company_id=self.company.id, company_ids=[Command.set(self.company.ids)])
        self.env['returns.delegation'].with_user(self.voter_sales).create({
            'user_id': self.voter_sales.id, 'delegate_id': stand_in.id,
            'date_to': fields.Date.add(fields.Date.today(), days=9)})
        agents = self.env.ref('returns_management.group_returns_agent')
        agents.user_ids += self.chair | self.voter_finance
        order = self._sell()
        draft, submitted = self._file(order), self._submit(self._sell())
        vals = {'partner_id': self.customer.id, 'line_ids': [[0, 0, {'sale_line_id': order.order_line.id}]]}
        for named, by in ((self.both, "a member"), (self.chair, "an escalation user"), (stand_in, "a stand-in"),
                          (self.voter_finance, "in the team")):
            for request in (draft, submitted):
                with self.subTest(named=by), self.assertRaisesRegex(
                        UserError, "may be asked to decide"), self.env.cr.savepoint():
                    self._rpc(self.agent, 'returns.request', 'write', request.ids, {'user_id': named.id})
            with self.subTest(named=by), self.assertRaisesRegex(
                    UserError, "may be asked to decide"), self.env.cr.savepoint():
                self._rpc(self.agent_all, 'returns.request', 'create', [{**vals, 'user_id': named.id}])
        with self.assertRaisesRegex(UserError, "is no returns agent"), self.env.cr.savepoint():
            self._rpc(self.agent, 'returns.request', 'write', draft.ids, {'user_id': self.employee.id})
        self._rpc(self.agent, 'returns.request', 'write', draft.ids, {'user_id': self.agent_all.id})
        self.assertEqual(draft.sudo().user_id, self.agent_all)
        self._rpc(self.both, 'returns.request', 'action_approve', submitted.ids)
        self.assertEqual(submitted.state, 'approved')

    def test_handing_over_many_asks_once_who_votes(self):
        costs = []
        for number in (2, 8):
            requests = self.Request.concat(*(self._file(self._sell()) for _number in range(number)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            requests.with_user(self.agent_all)._check_responsible()
            costs.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(costs[1], costs[0])

    def test_agents_do_not_write_groups_teams_and_company_settings(self):
        for user in (self.agent, self.agent_all, self.inspector, self.accountant, self.voter_sales):
            for model, record, vals in (
                    ('returns.approval.group', self.group_sales, {'member_ids': [[4, user.id]]}),
                    ('returns.team', self.team, {'asked': 'never'}),
                    ('returns.team.member', self.team.member_ids[0], {'user_id': user.id}),
                    ('res.company', self.company, {'returns_allow_own_decision': True}),
                    ('returns.policy.rule', self.rule, {'auto_approve_max': 1e6})):
                with self.subTest(user=user.login, model=model), self.assertRaises(UserError):
                    self._rpc(user, model, 'write', record.ids, vals)

    def test_team_does_not_change_once_submitted(self):
        friendly = self.team.copy({'name': "Friends", 'asked': 'never'})
        request = self._submit(self._sell())
        for user in (self.agent, self.agent_all):
            with self.assertRaisesRegex(UserError, "already submitted"):
                self._rpc(user, 'returns.request', 'write', request.ids, {'team_id': friendly.id})
        self._rpc(self.manager, 'returns.request', 'write', request.ids, {'team_id': friendly.id})

    def test_request_without_a_team_gets_the_companys(self):
        self.team.asked = 'always'
        request = self._file(self._sell())
        self._rpc(self.agent, 'returns.request', 'write', request.ids, {'team_id': False})
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
        self.assertEqual(request.team_id, self.team)
        self.assertIn('committee', request.step_ids.mapped('kind'))

    def test_customer_does_not_change_once_submitted(self):
        request = self._submit(self._sell())
        with self.assertRaisesRegex(UserError, "already submitted"):
            self._rpc(self.agent, 'returns.request', 'write', request.ids, {'partner_id': self.contact.id})

    def test_price_lowered_on_the_order_does_not_make_a_return_express(self):
        self.rule.sudo().auto_approve_max = 5.0
        order = self._sell((self.product, 5.0))
        invoiced = order.order_line.price_total
        self._rpc(self.agent, 'sale.order.line', 'write', order.order_line.ids, {'price_unit': 0.01})
        request = self._submit(order, 5.0)
        self.assertEqual(request.state, 'review')
        self.assertAlmostEqual(request.amount_requested, invoiced, 2)

    def test_voter_who_is_agent_does_not_write_the_request(self):
        """To be asked is to read, not to write: an agent who votes reads another's request."""
        self.group_sales.member_ids = self.other_agent
        request = self._submit(self._sell())
        self._rpc(self.other_agent, 'returns.request', 'read', request.ids, ['name'])
        for method, args in (('write', [{'priority': '1'}]), ('action_cancel', []), ('unlink', [])):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.other_agent, 'returns.request', method, request.ids, *args)

    def test_reading_roles_lend_no_right_to_write(self):
        """An agent for their own returns who is accountant, too, reads all and writes their own."""
        for group in ('accountant', 'inspector'):
            user = new_test_user(
                self.env, login=f'test_returns_agent_{group}', company_id=self.company.id,
                groups=f'returns_management.group_returns_agent,returns_management.group_returns_{group}')
            request = self._file(self._sell())
            self._rpc(user, 'returns.request', 'read', request.ids, ['name'])
            for model, record, vals in (
                    ('returns.request', request, {'priority': '1'}),
                    ('returns.request.line', request.line_ids, {'quantity': 2.0})):
                with self.subTest(group=group, model=model), self.assertRaises(AccessError):
                    self._rpc(user, model, 'write', record.ids, vals)

    def test_decisions_are_for_ever(self):
        request = self._approve(self._sell())
        decision = request.decision_ids
        for user in (self.voter_sales, self.agent, self.manager, self.env.ref('base.user_admin')):
            with self.assertRaises(UserError):
                self._rpc(user, 'returns.decision', 'write', decision.ids, {'verdict': 'reject'})
            with self.assertRaises(UserError):
                self._rpc(user, 'returns.decision', 'unlink', decision.ids)
            with self.assertRaises(UserError):
                self._rpc(user, 'returns.decision', 'create', [{
                    'step_id': decision.step_id.id, 'user_id': user.id, 'verdict': 'approve'}])
            with self.assertRaises(UserError):
                self._rpc(user, 'returns.decision', 'copy', decision.ids)
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            decision.sudo().write({'comment': "other"})
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            decision.sudo().unlink()
        with mute_logger('odoo.sql_db'), self.assertRaises(RestrictViolation), self.env.cr.savepoint():
            decision.step_id.sudo().unlink()
        for record in (request.line_ids, request):
            with self.assertRaisesRegex(UserError, "submitted"), self.env.cr.savepoint():
                record.sudo().unlink()
        self.assertTrue(decision.exists())

    def test_published_policy_is_not_reworded_by_translation(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.rule.sudo().conditions = "<p>Unused only</p>"
        for model, record, name in (
                ('returns.policy', self.policy, 'name'), ('returns.policy.rule', self.rule, 'name')):
            with self.subTest(model=model), self.assertRaisesRegex(UserError, "is published"):
                self._rpc(self.manager, model, 'update_field_translations', record.ids, name, {'fr_FR': "Tout va"})

    def test_deleting_a_product_does_not_change_a_published_policy(self):
        category = self.env['product.category'].create({'name': "Outlet"})
        version = self.policy.copy({'rule_ids': [Command.create({'name': "Outlet", 'category_id': category.id})]})
        version._do_publish()
        with mute_logger('odoo.sql_db'), self.assertRaises(RestrictViolation), self.env.cr.savepoint():
            category.unlink()
        self.assertTrue(version.rule_ids.filtered('category_id'))


@tagged('post_install', '-at_install')
class TestCheatsRecords(RpcCommon):
    """Other people's records, and arguments that nobody sane would send."""

    def test_line_does_not_move_to_another_request(self):
        mine, submitted = self._file(self._sell()), self._submit(self._sell())
        foreign = self._file(self._sell(), user=self.other_agent)
        for target in (submitted, foreign, self._file(self._sell())):
            with self.assertRaises(UserError):
                self._rpc(self.agent, 'returns.request.line', 'write', mine.line_ids.ids, {'request_id': target.id})
            with self.assertRaises(UserError):
                self._rpc(self.agent, 'returns.request', 'write', target.ids, {'line_ids': [[4, mine.line_ids.id]]})
        with self.assertRaises(UserError):
            self._rpc(self.agent, 'returns.request', 'write', mine.ids, {'line_ids': [[4, submitted.line_ids.id]]})
        with self.assertRaises(UserError):
            self._rpc(self.agent, 'returns.request.line', 'create', [{
                'request_id': submitted.id, 'sale_line_id': submitted.line_ids.sale_line_id.id,
                'reason_id': self.reason.id}])
        with self.assertRaises(UserError):
            self._rpc(self.agent, 'returns.request.line', 'create', [{
                'request_id': foreign.id, 'sale_line_id': foreign.line_ids.sale_line_id.id,
                'reason_id': self.reason.id}])

    def test_another_agents_request_is_out_of_reach(self):
        request = self._submit(self._sell())
        for method, args in (
                ('read', [['name']]), ('write', [{'priority': '1'}]), ('unlink', []), ('copy', []),
                ('action_submit', []), ('action_cancel', []), ('action_draft', []),
                ('action_approve', []), ('action_reject', ["no"]), ('action_lower', [{request.line_ids.id: 0}, "no"]),
                ('message_post', []), ('get_portal_url', []), ('message_subscribe', [[self.contact.id]]),
                ('action_view_sale_orders', []), ('action_view_pickings', []), ('action_view_inspections', []),
                ('action_view_refunds', []), ('action_view_exchanges', [])):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.other_agent, 'returns.request', method, request.ids, *args)
        self.assertFalse(self._rpc(self.other_agent, 'returns.request', 'search', [('id', '=', request.id)]))
        self.assertFalse(self._rpc(self.other_agent, 'returns.report', 'search', [('request_id', '=', request.id)]))

    def test_another_companys_request_is_out_of_reach(self):
        request = self._submit(self._sell())
        other = self.env['res.company'].create({'name': "Elsewhere"})
        for group in ('agent_all', 'inspector', 'accountant', 'manager'):
            user = new_test_user(
                self.env, login=f'test_returns_elsewhere_{group}', groups=f'returns_management.group_returns_{group}',
                company_id=other.id, company_ids=[Command.set(other.ids)])
            for model, record in (
                    ('returns.request', request), ('returns.request.line', request.line_ids),
                    ('returns.step', request.step_ids), ('returns.team', self.team),
                    ('returns.team.member', self.team.member_ids), ('returns.policy', self.policy),
                    ('returns.policy.rule', self.rule), ('returns.approval.group', self.group_sales)):
                with self.subTest(group=group, model=model):
                    self.assertFalse(self._rpc(user, model, 'search', [('id', 'in', record.ids)]))
                    with self.assertRaises(AccessError):
                        self._rpc(user, model, 'read', record.ids, ['display_name'])
            for method, args in (('action_submit', []), ('action_receive', []), ('action_settle', []),
                                 ('action_close_short', ["no"]), ('action_approve', [])):
                with self.subTest(group=group, method=method), self.assertRaises(AccessError):
                    self._rpc(user, 'returns.request', method, request.ids, *args)

    def test_request_and_order_are_of_one_company(self):
        order = self._sell()
        other = self.env['res.company'].create({'name': "Elsewhere"})
        self.agent_all.company_ids |= other
        with self.assertRaises(UserError):
            self._rpc(self.agent_all, 'returns.request', 'create', [{
                'partner_id': order.partner_id.id, 'company_id': other.id, 'team_id': False,
                'line_ids': [[0, 0, {'sale_line_id': order.order_line.id, 'reason_id': self.reason.id}]]}],
                context={'allowed_company_ids': [other.id, self.company.id]})

    def test_steps_of_others_are_not_answered(self):
        mine, foreign = self._submit(self._sell()), self._submit(self._sell())
        self.group_sales.member_ids = self.voter_quality
        foreign.with_user(self.voter_sales).action_reject("no")
        foreign.action_draft()
        foreign.action_submit()
        self.assertEqual(foreign.step_ids[-1].voter_ids, self.voter_quality)
        with self.assertRaisesRegex(UserError, "not asked"):
            self._rpc(self.voter_sales, 'returns.step', 'action_approve', foreign.step_ids[-1].ids)
        with self.assertRaisesRegex(UserError, "not asked"):
            self._rpc(self.agent, 'returns.step', 'action_approve', mine.step_ids.ids)
        with self.assertRaises(AccessError):
            self._rpc(self.employee, 'returns.step', 'action_approve', mine.step_ids.ids)
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'returns.step', 'action_reassign', mine.step_ids.ids)
        with self.assertRaises(AccessError):
            self._rpc(self.manager, 'returns.step', 'write', mine.step_ids.ids, {'voter_ids': [[4, self.manager.id]]})
        with self.assertRaisesRegex(UserError, "not asked"):
            self._rpc(self.manager, 'returns.request', 'action_approve', mine.ids)

    def test_bogus_answers_are_refused(self):
        request = self._submit(self._sell())
        for comment in ({}, ["x"], 7, True, {'a': 1}):
            for method in ('action_approve', 'action_reject', 'action_abstain'):
                with self.subTest(method=method, comment=comment), self.assertRaises(UserError):
                    self._rpc(self.voter_sales, 'returns.request', method, request.ids, comment)
        for comment in (None, "", "  ", False):
            with self.subTest(comment=comment), self.assertRaisesRegex(UserError, "Say why"):
                self._rpc(self.voter_sales, 'returns.request', 'action_reject', request.ids, comment)
        self._rpc(self.voter_sales, 'returns.request', 'action_approve', request.ids, "x" * 200_000)
        self.assertEqual(request.state, 'approved')

    def test_bogus_quantities_are_not_approved(self):
        order = self._sell()
        request, other = self._submit(order, 2.0), self._submit(self._sell(), 2.0)
        line = request.line_ids
        for quantities in (
                None, 7, "x", [1], {line.id: None}, {line.id: "x"}, {"x": 1}, {line.id: {}}, {line.id: math.nan},
                {line.id: math.inf}, {line.id: -math.inf}, {math.inf: 1}, {line.id: -1}, {line.id: 3.0},
                {line.id: 10 ** 400}, {other.line_ids.id: 0}, {line.id: 1, other.line_ids.id: 0}, {0: 1}, {}):
            with self.subTest(quantities=str(quantities)[:40]), self.assertRaises(UserError):
                self._rpc(self.voter_sales, 'returns.request', 'action_lower', request.ids, quantities, "less")
        self.assertEqual((line.quantity_approved, other.line_ids.quantity_approved), (2.0, 2.0))
        with self.assertRaises(UserError):
            self._rpc(self.voter_sales, 'returns.request', 'action_lower', request.ids, {line.id: 1.0}, None)
        # as JSON sends it: keys are strings
        self._rpc(self.voter_sales, 'returns.request', 'action_lower', request.ids, {str(line.id): 1}, "less")
        self.assertEqual(line.quantity_approved, 1.0)

    def test_bogus_inspections_are_refused(self):
        request = self._approve(self._sell(), 2.0)
        self._receive(request)
        inspection = request.inspection_ids
        for quantity in (None, "x", {}, [], math.nan, math.inf, -1, 0, 2, 3, 1e308, 10 ** 400):
            with self.subTest(quantity=str(quantity)[:20]), self.assertRaises(UserError):
                self._rpc(self.inspector, 'returns.inspection', 'action_split', inspection.ids, quantity)
        for name, value in (('request_line_id', 1), ('quantity', 9.0), ('state', 'done'), ('lot_id', False),
                            ('location_id', self.stock.id), ('inspector_id', self.manager.id), ('product_id', 1),
                            ('company_id', 1), ('request_id', 1)):
            with self.subTest(field=name), self.assertRaises(AccessError):
                self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {name: value})
        with self.assertRaises(ValidationError):
            self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'quantity_accepted': math.nan})
        for name, value in (('quantity_accepted', 1e308), ('minutes', 10 ** 12), ('minutes', math.inf)):
            with self.subTest(field=name, value=value), self.assertRaisesRegex(ValidationError, "Enter a number"):
                self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {name: value})
        for method, args in (('create', [[{'request_line_id': request.line_ids.id}]]), ('unlink', [inspection.ids]),
                             ('copy', [inspection.ids])):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.inspector, 'returns.inspection', method, *args)
        self._inspect(request)
        for name, value in (
                ('quantity_accepted', 0.0), ('grade', 'd'), ('disposition_id', self.scrap.id), ('note', "")):
            with self.subTest(field=name), self.assertRaisesRegex(UserError, "is inspected"):
                self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {name: value})
        for method in ('action_close_short', 'action_reject'):
            for comment in (None, {}, 3, "", " "):
                with self.subTest(method=method, comment=comment), self.assertRaises(UserError):
                    self._rpc(self.inspector, 'returns.request', method, request.ids, comment)

    def test_numbers_without_end_are_refused_where_they_are_typed(self):
        """They would stop whoever submits, approves or receives later on, with no word of the reason."""
        draft = self.policy.copy()
        for record, name, value in (
                (draft.rule_ids, 'window_days', 10 ** 9), (draft.rule_ids, 'warranty_months', 10 ** 6),
                (draft.rule_ids, 'ship_by_days', 10 ** 8), (self.group_sales, 'limit_value', 1e9),
                (self.team, 'limit_value', 1e9), (self.company, 'returns_refund_days', 10 ** 8)):
            with self.subTest(field=name), mute_logger('odoo.sql_db'), self.assertRaises(CheckViolation), \
                    self.env.cr.savepoint():
                record.write({name: value})
                record.flush_recordset()

    def test_records_that_do_not_exist_are_refused(self):
        missing = self._file(self._sell())
        ids = missing.ids
        missing.unlink()
        for user, method, args in (
                (self.agent, 'action_submit', []), (self.agent, 'action_cancel', []), (self.agent, 'action_draft', []),
                (self.voter_sales, 'action_approve', []), (self.accountant, 'action_settle', []),
                (self.inspector, 'action_receive', [])):
            with self.subTest(method=method), self.assertRaises(UserError):  # MissingError is one
                self._rpc(user, 'returns.request', method, ids, *args)

    def test_evidence_and_words_of_a_submitted_return_stay(self):
        order = self._sell()
        request = self._file(order)
        Attachment = self.env['ir.attachment'].with_user(self.agent)
        photo, other = Attachment.create([
            {'name': f'{name}.png', 'raw': b'x', 'res_model': 'returns.request', 'res_id': request.id}
            for name in ('photo', 'other')])
        self._rpc(self.agent, 'returns.request', 'write', request.ids, {
            'evidence_ids': [[6, 0, (photo | other).ids]], 'customer_note': "It broke."})
        self._rpc(self.agent, 'returns.request', 'write', request.ids, {'evidence_ids': [[3, other.id]]})
        request.action_submit()
        for command in ([3, photo.id], [2, photo.id], [5], [6, 0, other.ids], [1, photo.id, {'raw': 'eQ=='}]):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._rpc(self.agent, 'returns.request', 'write', request.ids, {'evidence_ids': [command]})
        for method, args in (('unlink', []), ('write', [{'raw': 'eQ=='}]), ('write', [{'res_id': 0}])):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._rpc(self.agent, 'ir.attachment', method, photo.ids, *args)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._rpc(self.agent, 'returns.request', 'write', request.ids, {'customer_note': "Nothing."})
        self._rpc(self.agent, 'returns.request', 'write', request.ids, {'evidence_ids': [[4, other.id]]})
        self.assertEqual((request.evidence_ids, photo.raw, request.customer_note), (photo | other, b'x', "It broke."))
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._rpc(self.agent, 'returns.request.line', 'write', request.line_ids.ids, {'condition': 'unopened'})
        # taken up again, it keeps what the first round was decided on
        request.with_user(self.voter_sales).action_reject("Used")
        self._rpc(self.agent, 'returns.request', 'action_draft', request.ids)
        for model, method, args in (
                ('returns.request', 'write', [request.ids, {'evidence_ids': [[3, photo.id]]}]),
                ('ir.attachment', 'unlink', [photo.ids]), ('ir.attachment', 'write', [photo.ids, {'raw': 'eQ=='}])):
            with self.assertRaises(UserError), self.env.cr.savepoint():
                self._rpc(self.agent, model, method, *args)
        self.assertEqual((request.state, request.evidence_ids, photo.raw), ('draft', photo | other, b'x'))

    def test_foreign_attachments_do_not_become_evidence(self):
        request = self._file(self._sell())
        private = self.env['ir.attachment'].with_user(self.employee).create({'name': "private", 'raw': b'secret'})
        elsewhere = self.env['ir.attachment'].with_user(self.agent).sudo().create({
            'name': "elsewhere", 'raw': b'secret', 'res_model': 'res.partner', 'res_id': self.other_customer.id})
        for user, file in ((self.agent, private), (self.agent, elsewhere), (self.manager, private)):
            with self.subTest(file=file.name), self.assertRaises(AccessError):
                self._rpc(user, 'returns.request', 'write', request.ids, {'evidence_ids': [[4, file.id]]})
            with self.subTest(file=file.name), self.assertRaises(AccessError):
                self._rpc(self.agent, 'returns.request', 'create', [{
                    'partner_id': self.customer.id, 'evidence_ids': [[6, 0, file.ids]]}])
        self.assertFalse(private.res_id)
        own = self.env['ir.attachment'].with_user(self.agent).create({'name': "own", 'raw': b'photo'})
        self._rpc(self.agent, 'returns.request', 'write', request.ids, {'evidence_ids': [[4, own.id]]})
        self.assertEqual((own.res_model, own.res_id), ('returns.request', request.id))
        self._rpc(self.agent, 'returns.request', 'action_submit', request.ids)
        self.assertTrue(self._rpc(self.voter_sales, 'ir.attachment', 'read', own.ids, ['raw']))
        with self.assertRaises(AccessError):
            self._rpc(self.employee, 'ir.attachment', 'read', own.ids, ['raw'])
        # somebody else adds a picture: what is there already is theirs to keep
        more = self.env['ir.attachment'].with_user(self.agent_all).create({'name': "more", 'raw': b'photo'})
        self._rpc(self.agent_all, 'returns.request', 'write', request.ids, {'evidence_ids': [[4, more.id]]})
        self.assertEqual(request.evidence_ids, own | more)

    def test_customers_ratings_are_the_customers(self):
        request = self._return(self._sell())
        rating = self.env['rating.rating'].create({
            'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': request.id,
            'partner_id': self.customer.id, 'rated_partner_id': self.agent.partner_id.id})
        for user in (self.agent, self.manager, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.request', 'rating_apply', request.ids, 5, token=rating.access_token)
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'rating.rating', 'write', rating.ids, {'rating': 5, 'consumed': True})
        with self.assertRaises(AccessError):
            self._rpc(self.agent, 'rating.rating', 'create', [{
                'res_model_id': rating.res_model_id.id, 'res_id': request.id, 'rating': 5, 'consumed': True}])
        self.assertFalse(rating.consumed)
        request.sudo().rating_apply(3, token=rating.access_token)
        self.assertEqual(rating.rating, 3)

    def test_wizards_tell_nothing_of_returns_one_does_not_read(self):
        request = self._submit(self._sell()).sudo()
        request.user_id = self.manager
        line = request.line_ids
        spec = {'display_name': {}}
        for user in (self.employee, self.other_agent):
            wizard = self._rpc(user, 'returns.decide', 'create', [{'request_ids': []}])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.decide.line', 'create', [{
                    'wizard_id': wizard[0], 'request_line_id': line.id, 'quantity': 1.0}])
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.decide.line', 'onchange', [], {'request_line_id': line.id}, ['request_line_id'],
                          {'request_line_id': {}, 'product_id': {'fields': spec}, 'quantity_approved': {}})
        with self.assertRaises(AccessError):
            self._rpc(self.other_agent, 'returns.propose', 'create', [{'request_id': request.id, 'order_ids': []}])
        for model, name in (
                ('returns.propose', 'partner_id'), ('returns.request.line', 'partner_id'),
                ('returns.discrepancy', 'partner_id')):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._rpc(self.other_agent, model, 'onchange', [], {'request_id': request.id}, ['request_id'],
                          {'request_id': {}, name: {'fields': spec}})

    def test_buyer_of_an_order_one_does_not_read_is_not_told(self):
        order = self._sell()
        order.user_id = self.manager
        vals = {'partner_id': self.other_customer.id, 'line_ids': [[0, 0, {'sale_line_id': order.order_line.id}]]}
        with self.assertRaisesRegex(UserError, "not sold to") as refused:
            self._rpc(self.agent, 'returns.request', 'create', [vals])
        self.assertNotIn(self.customer.name, str(refused.exception))
        with self.assertRaisesRegex(UserError, self.customer.name):
            self._rpc(self.agent_all, 'returns.request', 'create', [vals])

    def test_discrepancies_are_about_requests_one_reads(self):
        request = self._submit(self._sell())
        foreign = self._submit(self._sell())
        with self.assertRaises(AccessError):
            self._rpc(self.other_agent, 'returns.discrepancy', 'create', [{
                'request_id': request.id, 'kind': 'complaint', 'user_id': self.other_agent.id}])
        case = self._rpc(self.agent, 'returns.discrepancy', 'create', [{'request_id': request.id, 'kind': 'complaint'}])
        with self.assertRaises(UserError):
            self._rpc(self.agent, 'returns.discrepancy', 'write', case, {'request_id': foreign.id})
        with self.assertRaises(UserError):
            self._rpc(self.agent, 'returns.discrepancy', 'create', [{
                'request_id': request.id, 'request_line_id': foreign.line_ids.id, 'kind': 'short'}])

    def test_portal_users_see_their_own_entity_and_do_nothing(self):
        request = self._submit(self._sell())
        other = self._submit(self._sell(partner=self.other_customer))
        fields = ['name', 'state', 'amount_requested', 'line_ids']
        found = self._rpc(self.portal, 'returns.request', 'read', request.ids, fields)
        self.assertEqual(found[0]['name'], request.name)
        self.assertEqual(self._rpc(self.portal, 'returns.request', 'search', []), request.ids)
        self.assertEqual(self._rpc(self.other_portal, 'returns.request', 'search', []), other.ids)
        self.assertEqual(self._rpc(self.portal, 'returns.request.line', 'search', []), request.line_ids.ids)
        with self.assertRaises(AccessError):
            self._rpc(self.portal, 'returns.request', 'read', other.ids, ['name'])
        for model, record in (('returns.request', request), ('returns.request.line', request.line_ids)):
            for method, args in (('write', [{'priority': '1'}]), ('unlink', []), ('copy', [])):
                with self.subTest(model=model, method=method), self.assertRaises(AccessError):
                    self._rpc(self.portal, model, method, record.ids, *args)
        with self.assertRaises(AccessError):
            self._rpc(self.portal, 'returns.request', 'create', [{'partner_id': self.contact.id}])
        for method, args in (
                ('action_submit', []), ('action_cancel', []), ('action_draft', []), ('action_approve', []),
                ('action_reject', ["no"]), ('action_abstain', []), ('action_lower', [{request.line_ids.id: 0}, "no"]),
                ('action_receive', []), ('action_close_short', ["no"]), ('action_settle', [])):
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(self.portal, 'returns.request', method, request.ids, *args)
        for model in ('returns.step', 'returns.decision', 'returns.inspection', 'returns.settlement', 'returns.balance',
                      'returns.discrepancy', 'returns.report', 'returns.team', 'returns.approval.group'):
            with self.subTest(model=model), self.assertRaises(AccessError):
                self._rpc(self.portal, model, 'search_read', [], ['id'])
        self.assertTrue(self._rpc(self.portal, 'returns.reason', 'search_read', [], ['name', 'question']))
        for name in ('responsibility', 'committee_phase', 'needs_inspection', 'disposition_id', 'category'):
            with self.subTest(name=name), self.assertRaises(AccessError):
                self._rpc(self.portal, 'returns.reason', 'search_read', [], [name])
        self._rpc(self.portal, 'returns.request', 'message_post', request.ids, body="Where is it?")
        with self.assertRaises(AccessError):
            self._rpc(self.portal, 'returns.request', 'message_post', other.ids, body="Hello")

    def test_everybody_who_may_read_a_request_may_read_all_its_fields(self):
        """A program that names no fields gets them all."""
        request = self._approve(self._sell())
        self._receive(request)
        for user in (
                self.agent, self.agent_all, self.inspector, self.accountant, self.manager, self.voter_sales):
            with self.subTest(user=user.login):
                self.assertTrue(self._rpc(user, 'returns.request', 'read', request.ids))
                self.assertTrue(self._rpc(user, 'returns.request.line', 'read', request.line_ids.ids))
