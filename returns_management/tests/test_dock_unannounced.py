# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from .test_dock import PHOTO, DockCommon


@tagged('post_install', '-at_install')
class TestUnannounced(DockCommon):
    """A parcel that nothing announced is taken in, and becomes a return, or goes."""

    def setUp(self):
        super().setUp()
        self.company.returns_refund_posting = 'posted'
        self.order = self._sell((self.product, 5.0))

    def _take_in(self, counts=None, partner=None, **parcel):
        """:return: the case about the parcel"""
        result = self._book_unannounced(counts or {self.product: 2.0}, partner=partner or self.customer, **parcel)
        return self.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])

    def _make_return(self, case, user=None):
        action = self._rpc(user or self.agent_all, case._name, 'action_make_return', case.ids)
        request = self.Request.browse(action['res_id'])
        request.line_ids.reason_id = self.reason
        return request

    def _decide(self, request):
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        request.with_user(self.voter_sales).action_approve()
        self.env.invalidate_all()

    def test_waits_apart_from_every_order_with_an_owner(self):
        case = self._take_in(photos=[PHOTO], note="No slip in it.", minutes=4.0)
        self.assertEqual((case.kind, case.quantity, case.partner_id, case.request_id.id, case.company_id),
                         ('unannounced', 2.0, self.customer, False, self.company))
        self.assertTrue(case.user_id.has_group('returns_management.group_returns_manager'))
        self.assertTrue(case.date_due and case.has_goods)
        self.assertEqual((self._on_hand(self.product), self.order.order_line.qty_delivered), (2.0, 5.0))
        self.assertFalse(case.move_id.sale_line_id)
        self.assertEqual(self.order.order_line.quantity_returnable, 5.0)

    def test_goods_of_another_company_cost_what_they_cost_there(self):
        """Whoever works for several companies has one of them in front."""
        other = self.env['res.company'].create({'name': "Second Company"})
        self.stocker.company_ids |= other
        self.product.with_company(other).standard_price = 100.0
        draft = self.Request.with_company(other).create({
            'partner_id': self.customer.id, 'company_id': other.id, 'user_id': False, 'line_ids': [Command.create({
                'product_id': self.product.id, 'without_order': True, 'quantity': 1.0, 'reason_id': self.reason.id})]})
        both = {'allowed_company_ids': (self.company | other).ids}
        result = self._rpc(self.stocker, 'returns.dock', 'book_unannounced', {
            'key': 'there', 'counts': self._counts({self.product: 2.0})}, False, draft.id, context=both)
        case = self.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])
        self.assertEqual((case.company_id, case.move_id.value), (other, 200.0))
        self.manager.company_ids |= other
        self._rpc(self.manager, case._name, 'action_scrap', case.ids, "Broken.", context=both)
        self.assertEqual((case.state, case.disposal_move_ids.value), ('closed', 200.0))

    def test_unknown_sender(self):
        result = self._book_unannounced({self.product: 1.0})
        case = self.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])
        self.assertFalse(case.partner_id)
        self.assertIn("Unknown sender", case.display_name)
        for method in ('action_send_back', 'action_make_return'):
            with self.subTest(method=method), self.assertRaisesRegex(UserError, "whose goods"):
                self._rpc(self.agent_all, case._name, method, case.ids, *(["Back."] if method == 'action_send_back' else []))
        self._rpc(self.agent_all, case._name, 'write', case.ids, {'partner_id': self.customer.id})
        self.assertTrue(self._make_return(case))

    def test_key_that_another_company_used_tells_nothing_of_its_parcel(self):
        first = self._book_unannounced({self.product: 1.0}, key='1')
        company = self.env['res.company'].create({'name': "Elsewhere"})
        other = new_test_user(
            self.env, login='test_returns_elsewhere', groups='stock.group_stock_user', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        second = self._book_unannounced({self.product: 2.0}, user=other, key='1')
        self.assertNotEqual(second['picking_id'], first['picking_id'])
        self.assertEqual(self.env['stock.picking'].browse(second['picking_id']).company_id, company)
        self.assertEqual(self._book_unannounced({self.product: 2.0}, user=other, key='1'), second)

    def test_becomes_a_return_that_is_judged_and_approved_first(self):
        case = self._take_in()
        request = self._make_return(case)
        line = request.line_ids
        self.assertEqual((request.state, line.quantity, line.sale_line_id), ('draft', 2.0, self.order.order_line))
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        self.assertEqual((request.state, line.quantity_received, case.state), ('review', 0.0, 'open'))
        self.assertEqual(line.policy_status, 'compliant')
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.state, line.quantity_received, line.quantity_held), ('received', 2.0, 0.0))
        self.assertEqual((case.state, case.result), ('closed', 'return'))
        move = line.sudo().move_ids
        self.assertEqual((move, move.picking_id, move.origin_returned_move_id),
                         (case.move_id, case.picking_id, self.order.order_line.move_ids.filtered(
                             lambda move: move.location_dest_id.usage == 'customer')))
        self.assertEqual(request.sudo().picking_ids, case.picking_id, "the parcel is the return's receipt")
        self.assertEqual(self.order.order_line.qty_delivered, 3.0)
        balance = line.balance_id
        self.assertEqual(
            (balance.quantity_delivered, balance.quantity_held, balance.quantity_returned), (5.0, 0.0, 2.0))
        self.assertFalse(self._receipt(request), "nothing is announced that is here already")
        self._inspect(request)
        note = self._settle(request)
        self.assertEqual((request.state, note.state, self.order.order_line.qty_to_invoice), ('done', 'posted', 0.0))
        self.assertEqual(self._on_hand(self.product), 0.0)

    def test_refused_return_gives_the_goods_back_to_their_case(self):
        case = self._take_in()
        request = self._make_return(case)
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        request.with_user(self.voter_sales).action_reject("Used.")
        self.assertFalse(case.wanted_line_ids)
        self.assertTrue(case.has_goods)
        self.assertIn("refused", case.activity_ids.summary)
        self._rpc(self.agent_all, case._name, 'action_send_back', case.ids, "Refused.")
        case.disposal_move_ids.picking_id.button_validate()
        self.assertEqual((case.result, self._on_hand(self.product), self.order.order_line.qty_delivered), ('back', 0.0, 5.0))

    def test_goods_that_are_sent_back_do_not_count_on_a_return_approved_meanwhile(self):
        case = self._take_in()
        request = self._make_return(case)
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        self._rpc(self.agent_all, case._name, 'action_send_back', case.ids, "They want it back.")
        request.with_user(self.voter_sales).action_approve()
        self.env.invalidate_all()
        self.assertEqual((request.state, request.line_ids.quantity_received, case.state), ('approved', 0.0, 'open'))
        self.assertIn("takes the goods away already", "".join(case.message_ids.mapped('body')))
        self._validate(case.sudo().disposal_move_ids.picking_id)
        self.assertEqual((case.result, self._on_hand(self.product), request.line_ids.quantity_received), ('back', 0.0, 0.0))

    def test_more_than_the_customer_ever_got_stays_a_case(self):
        case = self._take_in({self.product: 7.0})
        request = self._make_return(case)
        self.assertEqual(request.line_ids.quantity, 5.0)
        self._decide(request)
        self.assertEqual((request.line_ids.quantity_received, case.state, case.quantity), (5.0, 'open', 2.0))
        self.assertTrue(case.has_goods)
        self.assertEqual(self._on_hand(self.product), 7.0)
        self.assertEqual(sum(case.picking_id.move_ids.mapped('quantity')), 7.0)
        self._rpc(self.inspector, case._name, 'action_scrap', case.ids, "Not ours.")
        self.assertEqual((case.result, self._on_hand(self.product)), ('scrap', 5.0))

    def test_approved_for_fewer_pieces_ties_those(self):
        case = self._take_in({self.product: 3.0})
        request = self._make_return(case)
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        self._rpc(self.voter_sales, request._name, 'action_lower', request.ids, {request.line_ids.id: 1.0}, "One only.")
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.line_ids.quantity_received, case.quantity, case.has_goods), (1.0, 2.0, True))

    def test_several_deliveries_are_undone_oldest_first(self):
        order = self._sell((self.product, 4.0), deliver=False, invoice=False, partner=self.other_customer)
        self._deliver(order, {self.product: 1.0})
        self._deliver(order)
        order._create_invoices().action_post()
        case = self._take_in({self.product: 3.0}, partner=self.other_customer)
        request = self._make_return(case)
        self._decide(request)
        first, second = order.order_line.move_ids.filtered(
            lambda move: move.location_dest_id.usage == 'customer').sorted('id')
        self.assertEqual({move.origin_returned_move_id: move.quantity for move in request.line_ids.sudo().move_ids},
                         {first: 1.0, second: 2.0})
        self.assertEqual((request.line_ids.quantity_received, self._on_hand(self.product)), (3.0, 3.0))

    def test_goods_of_several_orders_are_found_longest_ago_first(self):
        later = self._sell((self.product, 5.0))
        case = self._take_in({self.product: 7.0})
        request = self._make_return(case)
        self.assertEqual([(line.sale_line_id.order_id, line.quantity) for line in request.line_ids.sorted('id')],
                         [(self.order, 5.0), (later, 2.0)])
        self._decide(request)
        self.assertEqual(request.line_ids.sorted('id').mapped('quantity_received'), [5.0, 2.0])
        self.assertEqual((case.state, self._on_hand(self.product)), ('closed', 7.0))

    def test_linked_to_a_return_that_awaits_them(self):
        """The dock did not see that it was announced."""
        case = self._take_in({self.product: 2.0})
        request = self._approve(self.order, 3.0)
        self.assertEqual(self._receipt(request).move_ids.product_uom_qty, 3.0)
        self._rpc(self.agent_all, case._name, 'write', case.ids, {
            'wanted_line_ids': [Command.set(request.line_ids.ids)]})
        self._rpc(self.agent_all, case._name, 'action_tie', case.ids)
        self.assertEqual((request.line_ids.quantity_received, self._receipt(request).move_ids.product_uom_qty), (2.0, 1.0))
        self.assertEqual(case.result, 'return')
        self._book(request, {self.product: 1.0})
        self.assertEqual((request.line_ids.quantity_received, request.state), (3.0, 'received'))

    def test_parcel_that_came_before_the_approval(self):
        request = self._submit(self.order, 2.0)
        self._book_unannounced({self.product: 2.0}, request=request)
        case = self.env['returns.discrepancy'].search([('wanted_line_ids', 'in', request.line_ids.ids)])
        self.assertEqual((case.partner_id, case.user_id), (self.customer, self.agent))
        with self.assertRaisesRegex(UserError, "does not await"):
            self._rpc(self.agent, case._name, 'action_tie', case.ids)
        request.with_user(self.voter_sales).action_approve()
        self.assertEqual((request.state, request.line_ids.quantity_received, case.state), ('received', 2.0, 'closed'))
        with self.assertRaisesRegex(UserError, "count them there"):
            self._book_unannounced({self.product: 2.0}, request=self._approve(self.order, 1.0))

    def test_surplus_becomes_a_return_too(self):
        request = self._approve(self.order, 2.0)
        self._book(request, {self.product: 3.0})
        case = request.sudo().discrepancy_ids
        more = self._make_return(case)
        self.assertEqual(more.line_ids.quantity, 1.0)
        self._decide(more)
        self.assertEqual((more.line_ids.quantity_received, case.result), (1.0, 'return'))
        self.assertEqual((self.order.order_line.qty_delivered, request.line_ids.quantity_received), (2.0, 2.0))

    def test_wrong_lines_are_no_target(self):
        case = self._take_in()
        foreign = self._approve(self._sell((self.product, 2.0), partner=self.other_customer))
        toaster = self._approve(self._sell((self.product_ordered, 2.0)))
        for line in (foreign.line_ids, toaster.line_ids):
            with self.subTest(line=line.display_name), self.assertRaises(ValidationError):
                self._rpc(self.agent_all, case._name, 'write', case.ids, {'wanted_line_ids': [Command.set(line.ids)]})
        for user in (self.inspector, self.stocker, self.employee):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, case._name, 'write', case.ids, {'wanted_line_ids': [Command.clear()]})
        complaint = self.env['returns.discrepancy'].create({'request_id': toaster.id, 'kind': 'complaint'})
        with self.assertRaises(ValidationError):
            complaint.wanted_line_ids = toaster.line_ids

    def test_agents_see_the_cases_they_own(self):
        case = self._take_in()
        domain = [('id', '=', case.id)]
        self.assertFalse(self.env['returns.discrepancy'].with_user(self.agent).search(domain))
        self.assertTrue(self.env['returns.discrepancy'].with_user(self.agent_all).search(domain))
        case.user_id = self.agent
        self.assertTrue(self.env['returns.discrepancy'].with_user(self.agent).search(domain))
        self.assertTrue(self._make_return(case, user=self.agent))

    def test_sent_twice_it_is_taken_in_once(self):
        case = self._take_in(key='twice')
        self.assertEqual(self._take_in(key='twice'), case)
        self.assertEqual(self._on_hand(self.product), 2.0)

    def test_goods_that_went_by_hand_do_not_break_an_approval(self):
        case = self._take_in()
        request = self._make_return(case)
        move = self.env['stock.move'].create({
            'product_id': self.product.id, 'product_uom_qty': 2.0, 'product_uom': self.product.uom_id.id,
            'location_id': self.warehouse.returns_location_id.id, 'location_dest_id': self.stock.id})
        move._action_confirm()
        move.write({'quantity': 2.0, 'picked': True})
        move._action_done()
        self._decide(request)
        self.assertEqual((request.state, request.line_ids.quantity_received, case.state), ('approved', 0.0, 'open'))
        self.assertIn("Tie it", case.activity_ids.summary)

    def test_goods_of_two_returns_fill_one_after_the_other(self):
        order = self._sell((self.product, 5.0))
        case = self._take_in({self.product: 3.0})
        lines = self._approve(order, 2.0).line_ids | self._approve(order, 2.0).line_ids
        case.wanted_line_ids = lines
        self._rpc(self.agent_all, case._name, 'action_tie', case.ids)
        self.assertEqual((lines.mapped('quantity_received'), case.state), ([2.0, 1.0], 'closed'))
        self.assertEqual(lines[1].sudo()._get_open_receipts().product_uom_qty, 1.0, "the rest is still to come")

    def test_serials(self):
        drill = self._create_product("Drill", tracking='serial')
        self._serials(drill, 'D-1', 'D-2', 'D-3')
        first = self._sell((drill, 1.0))
        second = self._sell((drill, 2.0))
        case = self._take_in({(drill, name): 1.0 for name in ('D-1', 'D-3', 'X-9')})
        request = self._make_return(case)
        self.assertEqual({line.sale_line_id.order_id: line.sudo().lot_ids.mapped('name') for line in request.line_ids},
                         {first: ['D-1'], second: ['D-3']})
        self._decide(request)
        self.assertEqual(set(request.sudo().inspection_ids.lot_id.mapped('name')), {'D-1', 'D-3'})
        self.assertEqual((case.state, case.quantity, case.move_id.move_line_ids.lot_id.name), ('open', 1.0, 'X-9'))


@tagged('post_install', '-at_install')
class TestUnannouncedValue(DockCommon):
    """Tied goods are valued anew: as they went out, not as they came."""

    def _check(self, cost_method, valuation, tracking='none', **category):
        categ = self.env['product.category'].create({
            'name': cost_method, 'property_cost_method': cost_method, 'property_valuation': valuation, **category})
        product = self._create_product("Lamp", quantity=0.0, categ_id=categ.id, standard_price=5.0)
        self._buy(product, 10.0, 5.0)
        order = self._sell((product, 4.0))
        delivery = order.order_line.move_ids
        out = delivery.value
        if cost_method == 'standard':
            product.standard_price = 8.0
        else:
            self._buy(product, 10.0, 9.0)
        result = self._book_unannounced({product: 3.0}, partner=self.customer)
        case = self.env['returns.discrepancy'].search([('picking_id', '=', result['picking_id'])])
        request = self.Request.browse(self._rpc(
            self.agent_all, case._name, 'action_make_return', case.ids)['res_id'])
        request.line_ids.write({'reason_id': self.reason.id, 'quantity': 2.0})
        self._rpc(self.agent_all, request._name, 'action_submit', request.ids)
        request.with_user(self.voter_sales).action_approve()
        self.env.invalidate_all()
        tied = request.line_ids.sudo().move_ids
        self.assertEqual((tied.quantity, case.move_id.quantity), (2.0, 1.0), case.message_ids.mapped("body"))
        self.assertAlmostEqual(tied.value, out * 2 / 4, places=2)
        if cost_method != 'standard':
            on_hand = 10.0 - 4.0 + 10.0 + 3.0
            moves = self.env['stock.move'].search([('product_id', '=', product.id), ('state', '=', 'done')])
            value = sum(move.value if move.is_in else -move.value for move in moves if move.is_in or move.is_out)
            self.assertEqual(product.qty_available, on_hand - 3.0, "what waits is not for sale")
            self.assertAlmostEqual(product.total_value, value, places=2)

    def _buy(self, product, quantity, price):
        move = self.env['stock.move'].create({
            'product_id': product.id, 'product_uom_qty': quantity, 'product_uom': product.uom_id.id,
            'location_id': self.env.ref('stock.stock_location_suppliers').id, 'location_dest_id': self.stock.id})
        move._action_confirm()
        move.write({'quantity': quantity, 'picked': True})
        move._action_done()
        move.value_manual = quantity * price
        if product.cost_method != 'standard':
            self.assertAlmostEqual(move.value, quantity * price, places=2)

    def test_standard_price(self):
        self._check('standard', 'periodic')

    def test_average_cost(self):
        self._check('average', 'periodic')

    def test_first_in_first_out(self):
        self._check('fifo', 'periodic')

    def test_average_cost_perpetual(self):
        self._check('average', 'real_time')
