# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import KitCommon


@tagged('post_install', '-at_install')
class TestKits(KitCommon):
    """A kit comes back whole, or a component of it; goods and order are right to the piece."""

    # === Asking === #

    def test_kit_is_asked_for_as_one_and_comes_back_as_its_components(self):
        request = self._file_parts(self._sell((self.set, 3.0)), {self.set: 2.0})
        self.assertEqual(request.line_ids.quantity_returnable, 3.0)
        request.action_submit()
        self.assertEqual(self._get_wishes(request), {self.pot: 2.0, self.cup: 4.0, self.card: 2.0})
        self.assertEqual(request.line_ids.kit_id, self.set)
        self.assertEqual(request.line_ids.uom_id, self.pot.uom_id)
        self.assertEqual(request.amount_requested, 230.0, "two sets, with tax")

    def test_one_component_comes_back(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 1.0})
        line = request.line_ids
        self.assertAlmostEqual(line.amount, 115.0 / 6, places=2)
        self.assertEqual(line.balance_id.quantity_held, 1.0)
        move = request.sudo().picking_ids.move_ids
        self.assertEqual((move.product_id, move.product_uom_qty), (self.cup, 1.0))
        self.assertEqual(move.bom_line_id, self.bom.bom_line_ids[1])
        self._receive(request)
        self.assertEqual(self._on_hand(self.cup), 1.0)
        self.assertEqual(line.quantity_received, 1.0)

    def test_no_more_comes_back_than_was_delivered(self):
        order = self._sell((self.set, 3.0))
        self._approve_parts(order, {self.cup: 1.0})
        sale_line = order.order_line
        self.assertEqual(sale_line.quantity_returnable, 2.0, "of one set a cup is asked for")
        for parts, words in (({self.cup: 6.0}, "only 5 may come"), ({self.set: 3.0}, "only 5 may come"),
                             ({self.set: 2.0, self.cup: 2.0}, "only 5 may come"), ({self.pot: 4.0}, "only 3 may come")):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                self._file_parts(order, parts).action_submit()
        request = self._file_parts(order, {self.set: 2.0, self.cup: 1.0})
        request.action_submit()
        self.assertEqual(self._get_wishes(request), {self.pot: 2.0, self.cup: 5.0, self.card: 2.0})

    def test_proposal_is_whole_kits_and_what_is_left_of_them(self):
        order = self._sell((self.set, 3.0))
        self._approve_parts(order, {self.pot: 1.0, self.cup: 1.0})
        proposed = self.Request.with_user(self.agent)._propose(order)
        self.assertEqual(self._get_wishes(proposed), {self.set: 2.0, self.cup: 1.0, self.card: 1.0})
        proposed.line_ids.reason_id = self.reason
        proposed.action_submit()
        self.assertEqual(self._get_wishes(proposed), {self.pot: 2.0, self.cup: 5.0, self.card: 3.0})
        self.assertFalse(order.returns_may_create)

    def test_order_with_single_components_left_can_be_returned(self):
        order = self._sell((self.set, 1.0))
        self._approve_parts(order, {self.pot: 1.0})
        self.assertEqual(order.order_line.quantity_returnable, 0.0)
        self.assertTrue(order.returns_may_create)
        action = order.with_user(self.agent).action_create_return()
        self.assertEqual(self._get_wishes(self.Request.browse(action['res_id'])), {self.cup: 2.0, self.card: 1.0})

    def test_what_was_in_the_kit_counts_and_not_what_is_in_it_now(self):
        order = self._sell((self.set, 2.0))
        late = self._sell((self.set, 2.0))
        self.env['returns.kit.component'].search([('sale_line_id', '=', late.order_line.id)]).unlink()  # from before us
        self.bom.bom_line_ids[0].unlink()
        self.bom.bom_line_ids[0].product_qty = 5.0
        self.bom.bom_line_ids = [Command.create({'product_id': self.product.id, 'product_qty': 1.0})]
        self.pot.list_price = 1.0
        for sold in (order, late):
            request = self._file_parts(sold, {self.set: 1.0})
            request.action_submit()
            self.assertEqual(self._get_wishes(request), {self.pot: 1.0, self.cup: 2.0, self.card: 1.0})
        with self.assertRaisesRegex(ValidationError, "is about Tea Set, not Kettle"):
            self._file_parts(order, {self.product: 1.0})
        pot = order.order_line.returns_line_ids.filtered(lambda line: line.product_id == self.pot)
        self.assertAlmostEqual(pot.amount, 115.0 * 2 / 3, places=2, msg="worth what it was worth when it was delivered")

    def test_kit_that_is_delivered_in_parts(self):
        order = self._sell((self.set, 3.0), deliver=False, invoice=False)
        self._deliver(order, {self.pot: 3.0, self.cup: 2.0, self.card: 1.0})
        self.assertEqual(order.order_line.quantity_returnable, 1.0)
        proposed = self.Request.with_user(self.agent)._propose(order)
        self.assertEqual(self._get_wishes(proposed), {self.set: 1.0, self.pot: 2.0})
        self._deliver(order)
        self.assertEqual(order.order_line.quantity_returnable, 3.0)

    def test_kit_of_kits(self):
        hamper = self._create_kit("Hamper", (self.set, 2.0), (self.product, 1.0))
        order = self._sell((hamper, 2.0))
        request = self._file_parts(order, {hamper: 1.0})
        request.action_submit()
        self.assertEqual(
            self._get_wishes(request), {self.pot: 2.0, self.cup: 4.0, self.card: 2.0, self.product: 1.0})

    def test_kits_made_by_the_dozen(self):
        hamper = self._create_kit("Picnic", (self.pot, 1.0), (self.cup, 6.0), product_qty=3.0)
        order = self._sell((hamper, 3.0))
        self.assertEqual(order.order_line.quantity_returnable, 3.0)
        with self.assertRaisesRegex(UserError, "no whole number of Pot"):
            self._file_parts(order, {hamper: 1.0}).action_submit()
        request = self._file_parts(order, {hamper: 3.0})
        request.action_submit()
        self.assertEqual(self._get_wishes(request), {self.pot: 1.0, self.cup: 6.0})

    def test_serial_numbers_of_a_component(self):
        self.pot.tracking = 'serial'
        self.env['stock.quant'].search([('product_id', '=', self.pot.id)]).sudo().unlink()
        lots = self.env['stock.lot'].create([{'name': f"POT-{number}", 'product_id': self.pot.id} for number in range(2)])
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(self.pot, self.stock, 1.0, lot_id=lot)
        order = self._sell((self.set, 2.0))
        request = self._approve_parts(order, {self.pot: 1.0}, lot_ids=[Command.set(lots[1].ids)])
        self.assertEqual(request.sudo().picking_ids.move_line_ids.lot_id, lots[1])
        self._receive(request)
        self.assertEqual(request.sudo().inspection_ids.lot_id, lots[1])

    # === The policy === #

    def test_policy_is_about_what_was_sold(self):
        self.policy.sudo().rule_ids = [Command.create({
            'name': "Sets stay", 'product_id': self.set.id, 'is_returnable': False, 'window_days': 30})]
        request = self._file_parts(self._sell((self.set, 1.0)), {self.cup: 1.0})
        request.action_submit()
        self.assertEqual(request.state, 'rejected')

    # === Goods and order === #

    def test_order_counts_kits_as_odoo_does(self):
        order = self._sell((self.set, 3.0))
        sale_line = order.order_line
        self._receive(self._approve_parts(order, {self.cup: 1.0}))
        self.assertEqual(sale_line.qty_delivered, 2.0)
        self._receive(self._approve_parts(order, {self.set: 2.0}))
        self.assertEqual(sale_line.qty_delivered, 0.0)

    def test_order_is_not_invoiced_again_nor_credited_by_a_final_invoice(self):
        for kit in (self.set, self.set_ordered):
            order = self._sell((kit, 3.0))
            sale_line = order.order_line

            def check(kit=kit, sale_line=sale_line):
                self.assertEqual((sale_line.qty_to_invoice, sale_line.invoice_status), (0.0, 'invoiced'), kit.name)
                self.assertEqual((sale_line.untaxed_amount_to_invoice, sale_line.amount_to_invoice), (0.0, 0.0), kit.name)
                self.assertEqual(sale_line.qty_invoiced, 3.0, kit.name)

            check()
            for parts in ({self.cup: 1.0}, {kit: 1.0}, {self.cup: 3.0, self.pot: 2.0}, {self.card: 2.0}):
                request = self._approve_parts(order, parts)
                check()
                self._receive(request)
                check()
                self._inspect(request)
                check()
                self._settle(request, post=False)
                check()
                request.sudo().refund_ids.action_post()
                check()
            self.assertEqual(order.order_line.quantity_returnable, 0.0)
            with self.assertRaises(UserError):
                order._create_invoices(final=True)

    def test_raised_order_is_delivered_the_difference(self):
        order = self._sell((self.set, 3.0))
        self._return_parts(order, {self.cup: 1.0})
        self._return_parts(order, {self.set: 1.0})
        order.order_line.product_uom_qty = 4.0
        moves = order.picking_ids.move_ids.filtered(lambda move: move.state not in ('done', 'cancel'))
        self.assertEqual({move.product_id: move.product_uom_qty for move in moves},
                         {self.pot: 1.0, self.cup: 2.0, self.card: 1.0})
        self._deliver(order)
        self.assertEqual(order.order_line.qty_to_invoice, 1.0)
        order._create_invoices().action_post()
        self.assertEqual((order.order_line.qty_to_invoice, order.order_line.quantity_returnable), (0.0, 2.0))

    def test_component_is_exchanged(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 1.0}, resolution='exchange')
        self._receive(request)
        self._inspect(request)
        move = request.sudo().exchange_picking_ids.move_ids
        self.assertEqual((move.product_id, move.product_uom_qty), (self.cup, 1.0))
        self._validate(request.sudo().exchange_picking_ids)
        self.assertEqual(request.state, 'done')
        sale_line = order.order_line
        self.assertEqual((sale_line.qty_delivered, sale_line.qty_to_invoice), (3.0, 0.0))
        self.assertEqual(sale_line.quantity_returnable, 3.0, "what came instead may come back")

    def test_component_replaced_in_advance_and_never_sent_is_not_billed_as_kits(self):
        self.rule.sudo().advance = 'exchange'
        order = self._sell((self.set, 3.0))
        invoices = order.invoice_ids
        request = self._approve_parts(order, {self.cup: 1.0}, resolution='exchange')
        self._validate(request.sudo().exchange_picking_ids)
        request.with_user(self.inspector).action_close_short("Lost")
        self.assertEqual((order.invoice_ids, order.order_line.qty_to_invoice), (invoices, 0.0), "what it costs, people say")
        self.assertIn("invoice it", " ".join(request.activity_ids.mapped('note')))

    def test_component_refused_at_inspection_is_part_of_the_kit_again(self):
        order = self._sell((self.set, 3.0))
        request = self._approve_parts(order, {self.cup: 1.0})
        self._receive(request)
        self.assertEqual(order.order_line.qty_delivered, 2.0)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        back = order.picking_ids.filtered(lambda picking: picking.state == 'assigned')
        self._validate(back)
        self.assertEqual((request.state, order.order_line.qty_delivered), ('done', 3.0))
        self.assertEqual(order.order_line.qty_to_invoice, 0.0)

    def test_component_returned_by_hand_counts(self):
        order = self._sell((self.set, 3.0))
        delivery = order.picking_ids
        wizard = self.env['stock.return.picking'].with_context(
            active_id=delivery.id, active_ids=delivery.ids, active_model='stock.picking').create({})
        for line in wizard.product_return_moves:
            line.quantity = 2.0 if line.product_id == self.cup else 0.0
        self._validate(wizard._create_return())
        self.assertEqual(order.order_line.quantity_returnable, 2.0)

    def test_customer_reads_what_the_component_belongs_to(self):
        request = self._approve_parts(self._sell((self.set, 3.0)), {self.cup: 1.0})
        page = request.sudo()._prepare_customer_page()
        self.assertEqual(page['lines'][0]['product'], "Cup (part of Tea Set)")

    # === Rights === #

    def test_nobody_writes_what_a_kit_was_made_of(self):
        self._sell((self.set, 3.0))
        component = self.env['returns.kit.component'].search([], limit=1)
        for user in (self.agent, self.inspector, self.accountant, self.manager):
            self.assertEqual(component.with_user(user).value, component.value)
            for call in (lambda rows: rows.write({'value': 0.0}), lambda rows: rows.unlink(),
                         lambda rows: rows.create({'product_id': self.cup.id})):
                with self.subTest(user=user.name), self.assertRaises(AccessError):
                    call(component.with_user(user))
        with self.assertRaises(AccessError):
            component.with_user(self.employee).read(['value'])

    def test_agent_needs_no_right_on_manufacturing(self):
        order = self._sell((self.set, 3.0))
        self.env['returns.kit.component'].search([]).unlink()
        self.assertEqual(order.order_line.with_user(self.agent).quantity_returnable, 3.0)
        line = self._file_parts(order, {self.set: 1.0}).line_ids.with_user(self.agent)
        self.assertEqual(line.returnable_product_ids, self.set | self.pot | self.cup | self.card)
