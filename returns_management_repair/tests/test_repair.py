# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import RepairCommon


@tagged('post_install', '-at_install')
class TestRepairForTheCustomer(RepairCommon):
    """Resolution repair: the customer's own goods come in, are repaired, and go back; nothing is credited."""

    def _assert_untouched(self, order, delivered=5.0):
        """The order owes and is owed what it was before."""
        line = order.order_line
        self.assertEqual((line.qty_delivered, line.qty_invoiced, line.qty_to_invoice), (delivered, delivered, 0.0))
        self.assertEqual(order.invoice_status, 'invoiced')

    def test_goods_are_repaired_and_go_back(self):
        order = self._sell()
        request = self._to_repair(order)
        line, repair = request.line_ids, self._get_repairs(request)
        self.assertEqual((request.state, line.quantity_accepted, line.quantity_settled), ('settlement', 2.0, 2.0))
        self.assertEqual(
            (repair.state, repair.product_id, repair.product_qty, repair.partner_id, repair.under_warranty),
            ('draft', self.product, 2.0, request.partner_id, True))
        self.assertEqual(repair.product_location_src_id._get_returns_root(), self.warehouse.returns_location_id)
        self.assertEqual(repair.product_location_dest_id._get_returns_root(), self.warehouse.returns_location_id)
        self.assertEqual(repair.picking_id, request.sudo().picking_ids)
        self.assertFalse(repair.user_id, "whoever takes it")
        self.assertIn(f"Being repaired: {repair.name}", request.next_step_note)
        self._assert_untouched(order)
        self.assertFalse(request.may_settle, "no accountant is asked")

        self._repair(request)
        self.assertEqual((repair.state, request.state, self._on_hand(self.product)), ('done', 'settlement', 2.0))
        self._send_back(request)
        self.env.invalidate_all()
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 0.0))
        self.assertEqual((line.settlement_ids.kind, line.settlement_ids.state), ('repair', 'done'))
        self.assertEqual(line.settlement_ids.move_id.location_dest_id.usage, 'customer')
        self.assertFalse(request.sudo().refund_ids)
        self._assert_untouched(order)

    def test_repaired_goods_are_at_the_customer_again(self):
        order = self._sell()
        request = self._to_repair(order, 5.0)
        balance = request.line_ids.balance_id.sudo()
        self.assertEqual((balance.quantity_delivered, balance.quantity_returned), (5.0, 5.0))
        self.assertEqual(order.order_line.quantity_returnable, 0.0)
        self._repair(request)
        self._send_back(request)
        self.assertEqual((balance.quantity_delivered, balance.quantity_returned), (5.0, 0.0))
        order.order_line.invalidate_recordset(['quantity_returnable'])
        self.assertEqual(order.order_line.quantity_returnable, 5.0)
        again = self._return(order, 5.0)
        self.assertEqual(again.state, 'done')
        self.assertEqual(again.sudo().refund_ids.amount_total, order.invoice_ids.filtered(
            lambda move: move.move_type == 'out_invoice').amount_total)
        receipt = again.sudo().picking_ids.move_ids
        self.assertEqual(receipt.origin_returned_move_id, order.picking_ids.move_ids.filtered(
            lambda move: move.location_dest_id.usage == 'customer' and not move.origin_returned_move_id))
        self.assertEqual(order.order_line.qty_delivered, 0.0)
        with self.assertRaisesRegex(UserError, "only 0 may come back"):
            self._submit(order, 1.0)

    def test_refused_goods_stay_returned(self):
        order = self._sell()
        request = self._approve(order, 2.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.back_to_customer, accepted=0.0)
        self._send_back(request)
        self.assertEqual((request.state, request.line_ids.settlement_ids.ids), ('done', []))
        self.assertEqual(request.line_ids.balance_id.sudo().quantity_returned, 2.0)
        self._assert_untouched(order)

    def test_no_fault_found_and_sent_back(self):
        """Accepted, nothing to repair: theirs as before."""
        order = self._sell()
        request = self._approve(order, 2.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request)
        self._inspect(request, self.back_to_customer)
        self._send_back(request)
        self.assertEqual((request.state, request.line_ids.settlement_ids.state), ('done', 'done'))
        self.assertEqual(request.line_ids.balance_id.sudo().quantity_returned, 0.0)
        self.assertFalse(self._get_repairs(request))

    def test_what_belongs_to_the_customer_is_not_ours_to_keep(self):
        request = self._approve(self._sell(), 2.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request)
        self.assertEqual(request.sudo().inspection_ids.disposition_id, self.repair, "proposed")
        for disposition in (self.restock, self.scrap):
            with self.assertRaisesRegex(UserError, "wants these goods repaired and back"):
                self._inspect(request, disposition)
        self._inspect(request, self.quarantine)
        inspection = request.inspection_ids
        with self.assertRaisesRegex(UserError, "wants these goods repaired and back"):
            self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'disposition_id': self.scrap.id})

    def test_value_of_stock_is_not_touched(self):
        category = self.env['product.category'].create({'name': "Average", 'property_cost_method': 'average'})
        product = self._create_product("Mixer", quantity=0.0, categ_id=category.id)
        receipt = self.env['stock.move'].create({
            'product_id': product.id, 'product_uom_qty': 10.0, 'price_unit': 5.0, 'location_dest_id': self.stock.id,
            'location_id': self.env.ref('stock.stock_location_suppliers').id})
        receipt._action_confirm()
        receipt.picked = True
        receipt._action_done()
        order = self._sell((product, 4.0))
        product.standard_price = 8.0
        before = (product.total_value, product.standard_price)
        request = self._to_repair(order)
        self.assertEqual((product.total_value, product.standard_price), before)
        self.assertEqual(self._on_hand(product), 2.0, "in our house all the same")
        self._repair(request)
        self._send_back(request)
        self.assertEqual((product.total_value, product.standard_price), before)
        self.assertEqual(self._on_hand(product), 0.0)

    def test_serial_number_goes_back_as_it_came(self):
        product = self._create_product("Drill", tracking='serial')
        lots = self.env['stock.lot'].create([{'name': f"D{number}", 'product_id': product.id} for number in range(3)])
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(product, self.stock, 1.0, lot_id=lot)
        order = self._sell((product, 3.0))
        request = self._to_repair(order, 2.0, lot_ids=[Command.set(lots[:2].ids)])
        repairs = self._get_repairs(request)
        self.assertEqual((repairs.lot_id, repairs.mapped('product_qty')), (lots[:2], [1.0, 1.0]))
        self._repair(request)
        pickings = self._send_back(request)
        self.assertEqual(pickings.move_line_ids.lot_id, lots[:2])
        self.assertEqual(request.state, 'done')
        self.assertEqual(set(order.order_line._get_lots_at_customer(product)), set(lots))
        again = self._approve(order, 1.0, lot_ids=[Command.set(lots[0].ids)])
        self._receive(again)
        self.assertFalse(again.discrepancy_ids, "the serial is known to be at this customer")

    def test_part_is_repaired_while_the_rest_is_on_the_road(self):
        order = self._sell()
        request = self._approve(order, 3.0, resolution='repair', reason_id=self.defect.id)
        self._receive(request, {self.product: 1.0})
        self._inspect(request, self.repair)
        self._repair(request)
        self._send_back(request)
        self.assertEqual(request.state, 'approved')
        balance = request.line_ids.balance_id.sudo()
        self.assertEqual((balance.quantity_returned, balance.quantity_held), (0.0, 2.0))
        self._receive(request)
        self._inspect(request, self.repair)
        self._repair(request)
        self._send_back(request)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 3.0))
        self.assertEqual(set(request.line_ids.settlement_ids.mapped('state')), {'done'})
        self._assert_untouched(order)

    def test_customer_who_broke_it_pays_for_the_repair(self):
        request = self._to_repair(reason_id=self.reason.id)
        self.assertEqual(request.line_ids.responsibility, 'customer')
        self.assertFalse(self._get_repairs(request).under_warranty)

    def test_cancelled_shipment_is_made_again_without_a_second_repair(self):
        request = self._to_repair()
        self._repair(request)
        inspection = request.inspection_ids
        inspection.sudo().disposal_move_ids.picking_id.action_cancel()
        self.assertTrue(inspection.is_held_back)
        inspection.with_user(self.inspector).action_dispose()
        self._send_back(request)
        self.assertEqual((request.state, len(self._get_repairs(request))), ('done', 1))

    def test_policy_says_whether_repairs_are_offered(self):
        self.rule.allow_repair = False
        request = self._submit(self._sell(), resolution='repair')
        self.assertEqual(request.state, 'rejected')
        self.assertIn("wished: repair, which is not offered", request.line_ids.policy_note)
        self.rule.allow_repair = True
        self.assertIn("repair", self.rule.terms_note)
        self.assertIn("a repair", self.rule._get_customer_terms())
        self.assertIn('repair', self.rule.allowed_resolutions)
        self.assertEqual(self._submit(self._sell(), resolution='repair').state, 'review')

    def test_nobody_keeps_goods_that_are_to_be_repaired(self):
        self.rule.write({'returnless_max': 1000.0, 'advance': 'refund'})
        request = self._submit(self._sell(), resolution='repair')
        self.assertEqual((request.line_ids.is_returnless, request.line_ids.quantity_advanced), (False, 0.0))

    def test_customer_reads_it_in_their_words(self):
        request = self._to_repair()
        page = request.sudo()._prepare_customer_page()
        self.assertEqual(page['status'], "Being repaired")
        self.assertIn("Repaired by", [label for label, _day in page['promises']])
        self.assertIn("Repaired and sent back", [stage['title'] for stage in page['road']])
        self._repair(request)
        self.assertEqual(request.sudo()._prepare_customer_page()['status'], "On its way back to you")
        self._send_back(request)
        page = request.sudo()._prepare_customer_page()
        self.assertEqual(page['lines'][0]['status'], "Repaired")
        self.assertEqual(page['ask']['text'], "We sent your goods back to you.")
        self.assertIn("Sent back to you", [label for label, _quantity in page['lines'][0]['figures']])


@tagged('post_install', '-at_install')
class TestRepairOfOurs(RepairCommon):
    """Disposition repair: the customer has their money, and what is ours is worked on and inspected again."""

    def test_money_does_not_wait_and_goods_are_inspected_again(self):
        order = self._sell()
        request = self._to_repair(order, resolution='refund')
        note = self._settle(request)
        self.assertEqual((note.state, request.state), ('posted', 'settlement'))
        self.assertEqual(order.order_line.qty_delivered, 3.0)
        self._repair(request)
        first = request.inspection_ids.filtered(lambda inspection: not inspection.previous_id)
        second = request.inspection_ids - first
        self.assertTrue(first.is_disposed)
        self.assertEqual((second.state, second.quantity, second.location_id._get_returns_root()), (
            'draft', 2.0, self.warehouse.returns_location_id))
        self.assertEqual((request.state, self._on_hand(self.product)), ('done', 2.0), "the customer waits for nothing")
        stock = self._on_hand(self.product, self.stock)
        self._inspect(request, self.restock)
        self.assertEqual(self._on_hand(self.product, self.stock), stock + 2.0)
        self.assertEqual(self._on_hand(self.product), 0.0)
        self.assertEqual((request.state, request.line_ids.quantity_accepted), ('done', 2.0))
        self.assertEqual(request.sudo().refund_ids, note)
        self.assertEqual(order.order_line.quantity_returnable, 3.0)

    def test_repaired_twice(self):
        request = self._to_repair(resolution='refund')
        self._repair(request)
        self._inspect(request, self.repair)
        self.assertEqual(self._get_repairs(request).mapped('state'), ['done', 'draft'])
        self._repair(request)
        self._inspect(request, self.restock)
        self.assertEqual(self._on_hand(self.product), 0.0)
        self._settle(request)
        self.assertEqual((request.state, request.line_ids.quantity_settled), ('done', 2.0))

    def test_stock_is_not_counted_twice(self):
        request = self._to_repair(resolution='refund')
        total = self.product.qty_available
        value = self.product.total_value
        self._repair(request)
        self.product.invalidate_recordset()
        self.assertEqual((self.product.qty_available, self.product.total_value), (total, value))
        self.assertEqual(self._on_hand(self.product), 2.0)

    def test_repair_waits_for_who_decides_after_inspection(self):
        group = self.group_sales.copy({'name': "After", 'phase': 'settle', 'member_ids': [Command.set(self.chair.ids)]})
        self.assertEqual(group.phase, 'settle')
        request = self._to_repair(resolution='refund')
        self.assertEqual(request.state, 'final_review')
        self.assertFalse(self._get_repairs(request))
        request.with_user(self.chair).action_approve()
        self.assertEqual(len(self._get_repairs(request)), 1)

    def test_many_are_handed_over_at_once(self):
        requests = [self._approve(self._sell(), 1.0, reason_id=self.defect.id) for _number in range(3)]
        for request in requests:
            self._receive(request)
        inspections = self.env['returns.inspection'].search([('request_id', 'in', [request.id for request in requests])])
        inspections.write({'disposition_id': self.repair.id, 'grade': 'c'})
        inspections.with_user(self.inspector).action_done()
        self.assertEqual([len(self._get_repairs(request)) for request in requests], [1, 1, 1])

    def test_company_that_repairs_nothing_says_so(self):
        self.env['stock.picking.type'].search(
            [('code', '=', 'repair_operation'), ('company_id', '=', self.company.id)]).action_archive()
        with self.assertRaisesRegex(UserError, "no operation type for repairs"):
            self._to_repair(resolution='refund')


@tagged('post_install', '-at_install')
class TestRepairGivenUp(RepairCommon):
    """A repair that is cancelled gives the goods back to quarantine, with a task for the inspector."""

    def _get_task(self, request):
        return request.activity_ids.filtered(lambda activity: activity.user_id == self.inspector)

    def test_cancelled_repair(self):
        for resolution in ('repair', 'refund'):
            with self.subTest(resolution=resolution):
                request = self._to_repair(resolution=resolution)
                repair = self._get_repairs(request)
                repair.action_validate()
                repair.action_repair_start()
                repair.action_repair_cancel()
                inspection = request.inspection_ids
                self.assertEqual((inspection.disposition_kind, inspection.is_disposed), ('quarantine', False))
                self.assertIn(repair.name, self._get_task(request).note)
                self.assertEqual(request.line_ids.quantity_accepted, 2.0, "nothing about the money changes")
                self.assertFalse(request.date_repair_due)
                inspection.with_user(self.inspector).write({'disposition_id': self.repair.id})
                inspection.with_user(self.inspector).action_dispose()
                self._repair(request)
                self.assertEqual(self._get_repairs(request).mapped('state'), ['cancel', 'done'])

    def test_goods_that_cannot_be_repaired_go_back(self):
        order = self._sell()
        request = self._to_repair(order)
        self._get_repairs(request).action_repair_cancel()
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.back_to_customer.id})
        inspection.action_dispose()
        self._send_back(request)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._submit(order, 5.0).state, 'review', "all of them may come back for something else")

    def test_deleted_draft(self):
        request = self._to_repair()
        self._get_repairs(request).unlink()
        self.assertEqual(request.inspection_ids.disposition_kind, 'quarantine')
        self.assertTrue(self._get_task(request))

    def test_taken_up_again(self):
        request = self._to_repair()
        repair = self._get_repairs(request)
        repair.action_repair_cancel()
        repair.action_repair_cancel_draft()
        self.assertEqual((request.inspection_ids.disposition_kind, repair.state), ('repair', 'draft'))
        self.assertTrue(request.date_repair_due)
        self._repair(request)
        self._send_back(request)
        self.assertEqual(request.state, 'done')

    def test_not_taken_up_once_the_goods_went_on(self):
        request = self._to_repair(resolution='refund')
        repair = self._get_repairs(request)
        repair.action_repair_cancel()
        inspection = request.inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.restock.id})
        inspection.action_dispose()
        with self.assertRaisesRegex(UserError, "cannot be taken up again"):
            repair.action_repair_cancel_draft()
        self.assertEqual(self._on_hand(self.product), 0.0)


@tagged('post_install', '-at_install')
class TestRepairCheats(RepairCommon):
    """What a program of somebody with a role gets."""

    def test_goods_of_a_repair_stay_the_same(self):
        repair = self._get_repairs(self._to_repair())
        for vals in ({'product_id': self.product_ordered.id}, {'product_qty': 1.0},
                     {'product_location_dest_id': self.stock.id}, {'picking_id': False}):
            with self.assertRaisesRegex(UserError, "follows from the inspection"):
                self._rpc(self.mechanic, 'repair.order', 'write', repair.ids, vals)
        self._rpc(self.mechanic, 'repair.order', 'write', repair.ids, {'product_qty': 2.0, 'user_id': self.mechanic.id})

    def test_another_bench_leaves_the_goods_where_they_are(self):
        repair = self._get_repairs(self._to_repair())
        bench = repair.picking_type_id.sudo().copy({'name': "Bench 2", 'sequence_code': 'RO2'})
        self._rpc(self.mechanic, 'repair.order', 'write', repair.ids, {'picking_type_id': bench.id})
        self.assertEqual(repair.product_location_src_id._get_returns_root(), self.warehouse.returns_location_id)
        self.assertEqual(repair.product_location_dest_id._get_returns_root(), self.warehouse.returns_location_id)

    def test_no_repair_becomes_one_of_a_return_by_hand(self):
        repair = self._get_repairs(self._to_repair())
        inspection_id = repair.returns_inspection_id.id
        for method, *args in (
                ('create', [{'product_id': self.product.id, 'returns_inspection_id': inspection_id}]),
                ('write', repair.ids, {'returns_inspection_id': False}),
                ('write', repair.ids, {'returns_date_due': '2030-01-01 00:00:00'})):
            with self.assertRaises(AccessError):
                self._rpc(self.mechanic, 'repair.order', method, *args)
        by_hand = self._rpc(self.mechanic, 'repair.order', 'create', [{'product_id': self.product.id}], context={
            'default_returns_inspection_id': inspection_id})
        self.assertFalse(self.env['repair.order'].browse(by_hand).returns_inspection_id)

    def test_readers_of_the_return_open_its_repairs_where_they_may(self):
        request = self._to_repair()
        repair = self._get_repairs(request)
        found = self._rpc(self.inspector, 'returns.request', 'action_view_repairs', request.ids)
        self.assertEqual(found['res_id'], repair.id)
        for user in (self.agent, self.agent_all):
            self.assertFalse(request.with_user(user).repair_count)
        self.assertEqual(request.with_user(self.inspector).repair_count, 1)
        for user in (self.employee, self.other_agent, self.other_portal):
            with self.assertRaises(AccessError):
                self._rpc(user, 'returns.request', 'action_view_repairs', request.ids)
        found = self._rpc(self.inspector, 'repair.order', 'action_view_returns_request', repair.ids)
        self.assertEqual(found['res_id'], request.id)
        found = self._rpc(self.mechanic, 'repair.order', 'action_view_returns_request', repair.ids)
        self.assertFalse(found.get('res_id'), "a mechanic reads no returns")
