# Part of returns_management. See LICENSE file for full copyright and licensing details.

import base64
import math
import re
from itertools import count

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .rpc import RpcCommon
from .test_portal import PIXEL

PHOTO = {'name': 'photo.png', 'data': base64.b64encode(PIXEL).decode()}
keys = count(1)


class DockCommon(RpcCommon):
    """Parcels at the dock, counted by a stock user who may read no return."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_customer.name = "Somebody Else"  # their login had renamed them

    def _find(self, text, user=None):
        return self._rpc(user or self.stocker, 'returns.dock', 'find', text)

    def _receipt(self, request):
        """:return: the open receipt of ``request``"""
        return request.sudo().picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))

    def _counts(self, counts):
        """:param counts: {product or (product, lot name): quantity or (quantity, damaged)}"""
        rows = []
        for what, quantity in counts.items():
            product, lot = what if isinstance(what, tuple) else (what, '')
            quantity, damaged = quantity if isinstance(quantity, tuple) else (quantity, 0.0)
            rows.append({'product_id': product.id, 'lot': lot, 'quantity': quantity, 'damaged': damaged})
        return rows

    def _book(self, request, counts, user=None, picking=None, **parcel):
        picking = picking or self._receipt(request)
        return self._rpc(user or self.stocker, 'returns.dock', 'book_in', picking.id, {
            'key': f"key {next(keys)}", 'counts': self._counts(counts), 'is_all': True, **parcel})

    def _book_unannounced(self, counts, user=None, partner=None, request=None, **parcel):
        return self._rpc(user or self.stocker, 'returns.dock', 'book_unannounced', {
            'key': f"key {next(keys)}", 'counts': self._counts(counts), **parcel},
            partner.id if partner else False, request.id if request else False)

    def _serials(self, product, *names):
        lots = self.env['stock.lot'].create([{'name': name, 'product_id': product.id} for name in names])
        for lot in lots:
            self.env['stock.quant']._update_available_quantity(product, self.stock, 1.0, lot_id=lot)
        return lots


@tagged('post_install', '-at_install')
class TestDockFinds(DockCommon):
    """Whatever is scanned or typed leads to the parcel."""

    def setUp(self):
        super().setUp()
        self.drill = self._create_product("Drill", tracking='serial', default_code='DRL-1')
        self.lots = self._serials(self.drill, 'DR-001', 'DR-002')
        self.product.write({'barcode': '4006381333931', 'default_code': 'KTL-7'})
        self.order = self._sell((self.product, 5.0), (self.drill, 2.0), client_order_ref="PO 4711")
        self.request = self._approve(self.order)
        self.request.sudo().tracking_ref = "1Z999AA10123456784"

    def test_each_name_leads_to_the_return(self):
        for text, match in (
                (self.request.name, "Return"), (self.request.name.lower(), "Return"),
                (self.request.sudo().tracking_ref, "Tracking number"), ("aa1012345", "Tracking number"),
                (self._receipt(self.request).name, "Receipt"), (self.order.name, "Order"), ("PO 4711", "Order"),
                ('DR-001', "Lot or serial number"), ('4006381333931', "Product"), ('KTL-7', "Product"),
                ("kettl", "Product"), ("Customer & S", "Customer")):
            with self.subTest(text=text):
                row = self._find(text)[0]
                self.assertEqual((row['model'], row['id'], row['is_open']), ('returns.request', self.request.id, True))
                self.assertTrue(row['match'].startswith(match), row['match'])
                self.assertIn("Kettle", row['goods'])

    def test_sure_names_open_at_once_and_others_ask(self):
        self.assertTrue(self._find(self.request.name)[0]['is_sure'])
        self.assertEqual(len(self._find(self.request.name)), 1, "nothing else is looked for")
        self.assertFalse(self._find('4006381333931')[0]['is_sure'], "somebody else may send a kettle, too")
        self.assertFalse(self._find(self.request.name[:-1])[0]['is_sure'])

    def test_open_before_closed(self):
        self._receive(self.request)
        younger = self._approve(self._sell((self.product, 2.0)))
        rows = [row for row in self._find("Customer & Sons") if row['model'] == 'returns.request']
        self.assertEqual([(row['id'], row['is_open']) for row in rows],
                         [(younger.id, True), (self.request.id, False)])

    def test_goods_without_a_return_name_their_owner(self):
        order = self._sell((self.product_ordered, 1.0), partner=self.other_customer)
        row = self._find(order.name)[0]
        self.assertEqual((row['model'], row['id'], row['customer'], row['is_open']),
                         ('sale.order', order.id, self.other_customer.display_name, False))
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_unannounced', row['model'], row['id'])
        self.assertEqual((parcel['partner_id'], parcel['is_unannounced']), (self.other_customer.id, True))
        lot = next(row for row in self._find('DR-002') if row['model'] == 'stock.lot')
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_unannounced', lot['model'], lot['id'])
        self.assertEqual((parcel['partner_id'], parcel['goods'][0]['product_id'], parcel['goods'][0]['lots'][0]['name']),
                         (self.customer.id, self.drill.id, 'DR-002'))

    def test_nothing_known_is_an_empty_answer(self):
        for text in ("XYZZY-99", "%", "_______", "%%%", "\\", "a'); DROP TABLE", "²", "🪣🪣🪣"):
            with self.subTest(text=text):
                self.assertEqual(self._find(text), [])

    def test_answer_and_queries_are_bounded(self):
        orders = [self._sell((self.product, 3.0), invoice=False) for _number in range(15)]
        self.Request.concat(*(self._approve(order) for order in orders))
        self.env.flush_all()

        def count_queries():
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = self._find("Customer")
            return len(rows), self.env.cr.sql_log_count - before

        number, queries = count_queries()
        self.assertTrue(10 <= number <= 12, number)
        self.assertLess(queries, 160)
        for order in orders:
            self._approve(order)
        self.assertLessEqual(count_queries()[1], queries + 5)

    def test_parcel_shows_what_was_announced(self):
        self.product.weight = 2.0
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_parcel', self.request.id)
        self.assertEqual((parcel['picking_id'], parcel['customer']),
                         (self._receipt(self.request).id, self.customer.display_name))
        kettle, drill = sorted(parcel['goods'], key=lambda goods: goods['tracking'])
        self.assertEqual((kettle['announced'], kettle['barcode'], kettle['lots']), (1.0, '4006381333931', []))
        self.assertEqual((drill['announced'], len(drill['lots'])), (1.0, 1))
        self.assertEqual(parcel['expected_weight'], 2.0)

    def test_codes_name_goods(self):
        def read(text):
            found = self._rpc(self.stocker, 'returns.dock', 'read_code', text)
            return found['is_exact'], [(goods['product_id'], goods['lot']) for goods in found['goods']]

        self.assertEqual(read('4006381333931'), (True, [(self.product.id, '')]))
        self.assertEqual(read('ktl-7'), (True, [(self.product.id, '')]))
        self.assertEqual(read('DR-002'), (True, [(self.drill.id, 'DR-002')]))
        self.assertIn((self.product_ordered.id, ''), read('toast')[1])
        self.assertEqual(read('XYZZY-99'), (False, []))
        box = self.env['uom.uom'].create({
            'name': "Box of 6", 'relative_factor': 6.0, 'relative_uom_id': self.product.uom_id.id})
        self.env['product.uom'].create({'product_id': self.product.id, 'uom_id': box.id, 'barcode': 'BOX6'})
        found = self._rpc(self.stocker, 'returns.dock', 'read_code', 'BOX6')
        self.assertEqual((found['goods'][0]['product_id'], found['goods'][0]['quantity']), (self.product.id, 6.0))

    def test_return_that_is_not_approved_says_why(self):
        draft = self._submit(self._sell((self.product, 2.0)))
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_parcel', draft.id)
        self.assertFalse(parcel['picking_id'])
        self.assertIn("not approved", parcel['reason'])
        self._receive(self.request)
        parcel = self._rpc(self.stocker, 'returns.dock', 'open_parcel', self.request.id)
        self.assertIn("have come already", parcel['reason'])


@tagged('post_install', '-at_install')
class TestDockBooks(DockCommon):
    """What was counted is on the receipt's moves, once, and what differs has its case."""

    def setUp(self):
        super().setUp()
        self.order = self._sell((self.product, 5.0))
        self.request = self._approve(self.order, 3.0)
        self.line = self.request.line_ids

    def _case(self, kind=None):
        cases = self.request.sudo().discrepancy_ids
        return cases.filtered(lambda case: not kind or case.kind == kind)

    def test_as_announced(self):
        picking = self._receipt(self.request)
        result = self._book(self.request, {self.product: 3.0}, weight=4.5, minutes=2.5, note="Wet box.")
        self.assertEqual((result['picking'], result['goods'], result['cases'], result['rest']),
                         (picking.name, ["3 × Kettle"], [], ''))
        self.assertEqual((picking.state, picking.returns_weight, picking.returns_minutes, picking.user_id),
                         ('done', 4.5, 2.5, self.stocker))
        self.assertEqual((self.request.state, self.line.quantity_received), ('received', 3.0))
        self.assertIn("Wet box.", "".join(self.request.message_ids.mapped('body')))

    def test_rest_that_is_still_to_come_is_awaited(self):
        result = self._book(self.request, {self.product: 1.0}, is_all=False)
        rest = self._receipt(self.request)
        self.assertEqual((result['rest'], rest.move_ids.product_uom_qty), (rest.name, 2.0))
        self.assertEqual((self.request.state, self.line.quantity_missing), ('approved', 0.0))
        self.assertFalse(self._case())
        self._book(self.request, {self.product: 2.0})
        self.assertEqual((self.request.state, self.line.quantity_received), ('received', 3.0))

    def test_all_that_was_in_it_opens_a_case_about_the_rest(self):
        result = self._book(self.request, {self.product: 1.0})
        self.assertEqual((self._case().kind, self._case().quantity), ('short', 2.0))
        self.assertEqual(len(result['cases']), 1)
        self.assertFalse(self._receipt(self.request))
        self.assertEqual((self.line.quantity_missing, self.line.state), (2.0, 'received'))

    def test_company_that_always_makes_back_orders_has_none_for_what_is_missing(self):
        self.warehouse.returns_type_id.create_backorder = 'always'
        self._book(self.request, {self.product: 1.0})
        self.assertFalse(self._receipt(self.request))
        self.assertEqual(self._case().quantity, 2.0)

    def test_empty_box(self):
        self.product.weight = 2.0
        self.request.sudo().tracking_ref = "1Z1"
        with self.assertRaisesRegex(UserError, "say that it was empty"):
            self._book(self.request, {}, is_all=False)
        picking = self._receipt(self.request)
        result = self._book(self.request, {}, weight=0.4)
        self.assertEqual((picking.state, result['goods'], self._case().quantity), ('cancel', [], 3.0))
        self.assertTrue(picking.returns_is_light)
        self.assertIn("may have been empty", "".join(self.request.message_ids.mapped('body')))
        self.assertEqual((self.line.state, self.line.quantity_missing, self.line.quantity_held), ('received', 3.0, 3.0))
        self.assertFalse(self.request.date_receipt_due)

    def test_too_many_and_something_else(self):
        result = self._book(self.request, {self.product: 4.0, self.product_ordered: 2.0})
        self.assertEqual({case.kind: case.quantity for case in self._case()}, {'over': 1.0, 'other_product': 2.0})
        self.assertEqual(len(result['cases']), 2)
        self.assertEqual((self.line.quantity_received, self._on_hand(self.product), self._on_hand(self.product_ordered)),
                         (3.0, 4.0, 2.0))
        self.assertEqual((len(self.order.order_line), self.order.order_line.qty_delivered), (1, 2.0))

    def test_damaged_on_the_way_with_a_photo(self):
        self._book(self.request, {self.product: (3.0, 2.0)}, photos=[PHOTO, {**PHOTO, 'is_damage': True}])
        case = self._case()
        self.assertEqual((case.kind, case.quantity, case.user_id), ('damaged', 2.0, self.agent))
        self.assertEqual((case.photo_ids.mimetype, case.photo_ids.res_model, case.photo_ids.res_id),
                         ('image/png', case._name, case.id))
        self.assertEqual(self.line.quantity_received, 3.0, "they are inspected like the others")
        self.assertEqual(len(self.request.message_ids.attachment_ids), 1)
        self.assertTrue(case.with_user(self.agent).photo_ids.with_user(self.agent).raw)
        with self.assertRaises(AccessError):
            case.photo_ids.with_user(self.other_agent).raw  # noqa: B018 - the read is the test

    def test_several_lines_and_deliveries_of_a_product(self):
        order = self.env['sale.order'].create({
            'partner_id': self.customer.id, 'user_id': self.agent.id,
            'order_line': [Command.create({'product_id': self.product.id, 'product_uom_qty': pieces})
                           for pieces in (2.0, 4.0)]})
        order.action_confirm()
        self._deliver(order)
        order._create_invoices().action_post()
        request = self._approve(order, 2.0)
        self.assertEqual(len(self._receipt(request).move_ids), 2)
        self._book(request, {self.product: 3.0})
        self.assertEqual(request.line_ids.sorted('id').mapped('quantity_received'), [2.0, 1.0])
        self.assertEqual(request.sudo().discrepancy_ids.mapped('quantity'), [1.0])

    def test_dozens_are_counted_in_pieces(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 1.0, {'product_uom_id': dozen.id}))
        request = self._approve(order, 1.0)
        self.assertEqual(self._rpc(self.stocker, 'returns.dock', 'open_parcel', request.id)['goods'][0]['announced'], 12.0)
        self._book(request, {self.product: 5.0})
        self.assertEqual(request.sudo().discrepancy_ids.quantity, 7.0)
        self.assertEqual((request.line_ids.quantity_received, request.line_ids.quantity_missing), (5.0, 7.0))

    def test_what_somebody_typed_before_is_forgotten(self):
        picking = self._receipt(self.request).with_user(self.stocker)
        picking.move_ids.write({'quantity': 3.0, 'picked': True})
        picking.write({'move_ids': [Command.create({
            'product_id': self.product_ordered.id, 'product_uom_qty': 1.0, 'quantity': 1.0, 'picked': True,
            'product_uom': self.product_ordered.uom_id.id,
            'location_id': picking.location_id.id, 'location_dest_id': picking.location_dest_id.id})]})
        self._book(self.request, {self.product: 2.0})
        self.assertEqual((self.line.quantity_received, self._on_hand(self.product_ordered)), (2.0, 0.0))

    def test_sent_twice_it_is_booked_once(self):
        picking = self._receipt(self.request)
        first = self._book(self.request, {self.product: 2.0}, key='once', is_all=False)
        again = self._book(self.request, {self.product: 2.0}, picking=picking, key='once', is_all=False)
        self.assertEqual(first, again)
        self.assertEqual(self.line.quantity_received, 2.0)

    def test_second_worker_reads_who_was_faster(self):
        picking = self._receipt(self.request)
        self._book(self.request, {self.product: 3.0})
        with self.assertRaisesRegex(UserError, re.escape(f"{picking.name} was booked in by {self.stocker.name}")):
            self._book(self.request, {self.product: 3.0}, user=self.inspector, picking=picking)
        with self.assertRaisesRegex(UserError, "was booked in by"):
            self._rpc(self.inspector, 'returns.dock', 'open_parcel', self.request.id, picking.id)
        self.assertEqual(self._on_hand(self.product), 3.0)

    def test_cancelled_meanwhile(self):
        picking = self._receipt(self.request)
        self._rpc(self.agent, 'returns.request', 'action_cancel', self.request.ids)
        with self.assertRaisesRegex(UserError, "was cancelled"):
            self._book(self.request, {self.product: 3.0}, picking=picking)
        self.assertEqual(self._on_hand(self.product), 0.0)


@tagged('post_install', '-at_install')
class TestDockLots(DockCommon):

    def setUp(self):
        super().setUp()
        self.drill = self._create_product("Drill", tracking='serial')
        self._serials(self.drill, 'DR-1', 'DR-2', 'DR-3')
        self.order = self._sell((self.drill, 3.0))
        self.strange = self._serials(self.drill, 'DR-9')

    def _approve_lots(self, *names):
        lots = self.env['stock.lot'].search([('product_id', '=', self.drill.id), ('name', 'in', names)])
        return self._approve(self.order, float(len(names)), lot_ids=[Command.set(lots.ids)])

    def test_scanned_serials_are_those_that_came(self):
        request = self._approve_lots('DR-1', 'DR-3')
        self._book(request, {(self.drill, 'DR-3'): 1.0, (self.drill, 'DR-1'): 1.0})
        self.assertEqual(set(request.sudo().inspection_ids.lot_id.mapped('name')), {'DR-1', 'DR-3'})
        self.assertFalse(request.sudo().discrepancy_ids)

    def test_another_serial_of_theirs_counts_and_is_noted(self):
        request = self._approve_lots('DR-1')
        self._book(request, {(self.drill, 'DR-2'): 1.0})
        case = request.sudo().discrepancy_ids
        self.assertEqual((case.kind, case.has_goods, request.line_ids.quantity_received), ('other_serial', False, 1.0))

    def test_serial_they_never_got_stands_apart_and_the_announced_one_is_missing(self):
        request = self._approve_lots('DR-1')
        self._book(request, {(self.drill, 'NEW-77'): 1.0})
        cases = {case.kind: case for case in request.sudo().discrepancy_ids}
        self.assertEqual(set(cases), {'other_serial', 'short'})
        self.assertTrue(cases['other_serial'].has_goods)
        self.assertEqual((request.line_ids.quantity_received, request.line_ids.quantity_missing), (0.0, 1.0))

    def test_serial_that_should_be_in_our_own_stock_stands_apart(self):
        request = self._approve_lots('DR-1')
        self._book(request, {(self.drill, 'DR-9'): 1.0})
        self.assertEqual(set(request.sudo().discrepancy_ids.mapped('kind')), {'other_serial', 'short'})

    def test_numbers_are_needed_and_each_is_one_piece(self):
        request = self._approve_lots('DR-1', 'DR-2')
        for counts, sentence in (
                ({self.drill: 2.0}, "scan the number"), ({(self.drill, 'DR-1'): 2.0}, "is one piece"),
                ({(self.product, 'DR-1'): 1.0}, "has no lot"), ({(self.drill, 'DR-1'): (1.0, 2.0)}, "only 1 came")):
            with self.subTest(counts=counts), self.assertRaisesRegex(UserError, sentence):
                self._book(request, counts)


@tagged('post_install', '-at_install')
class TestDockRights(DockCommon):
    """Who is at the dock, and what a program may send there."""

    def setUp(self):
        super().setUp()
        self.request = self._approve(self._sell((self.product, 5.0)), 2.0)
        self.picking = self._receipt(self.request)

    def _calls(self):
        parcel = {'key': 'k', 'counts': self._counts({self.product: 2.0}), 'is_all': True}
        return {
            'find': [self.request.name], 'open_parcel': [self.request.id], 'read_code': ["KTL"],
            'book_in': [self.picking.id, parcel], 'open_unannounced': [], 'find_senders': ["Some"],
            'book_unannounced': [{**parcel, 'key': 'u'}]}

    def test_stock_users_and_inspectors_only(self):
        for user in (self.portal, self.employee, self.voter_sales, self.agent, self.agent_all, self.accountant, self.seller,
                     self.invoicer):
            for method, arguments in self._calls().items():
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self._rpc(user, 'returns.dock', method, *arguments)
        self.assertEqual(self.picking.state, 'assigned')
        for user in (self.inspector, self.manager, self.stocker):
            for method, arguments in self._calls().items():
                if not method.startswith('book'):
                    self._rpc(user, 'returns.dock', method, *arguments)

    def test_other_companies_are_not_there(self):
        company = self.env['res.company'].create({'name': "Elsewhere"})
        other = new_test_user(
            self.env, login='test_returns_elsewhere', groups='stock.group_stock_user', company_id=company.id,
            company_ids=[Command.set(company.ids)])
        for text in (self.request.name, self.picking.name, self.request.sale_order_ids.name):
            self.assertEqual(self._find(text, other), [])
        self.assertFalse([row for row in self._find("Customer", other) if row['model'] == 'returns.request'])
        for method in ('open_parcel', 'book_in', 'open_unannounced'):
            arguments = self._calls()[method] or ['returns.request', self.request.id]
            with self.subTest(method=method), self.assertRaises(AccessError):
                self._rpc(other, 'returns.dock', method, *arguments)
        with self.assertRaises(AccessError):
            self._book_unannounced({self.product: 1.0}, user=other, request=self.request)
        with self.assertRaises(AccessError):  # nor with a company in the context that is not theirs
            self._rpc(other, 'returns.dock', 'open_parcel', self.request.id,
                      context={'allowed_company_ids': [self.company.id]})

    def test_odd_arguments_are_sentences(self):
        odd = (None, False, True, 0, -1, 2**40, 1.5, math.nan, math.inf, "", "x" * 200, [], [1], {}, {'a': 1}, "\0", b"x")
        for value in odd:
            for method in ('find', 'read_code', 'find_senders'):
                with self.subTest(method=method, value=value), self.assertRaises(UserError):
                    self._rpc(self.stocker, 'returns.dock', method, value)
            with self.subTest(method='open_parcel', value=value), self.assertRaises(UserError):
                self._rpc(self.stocker, 'returns.dock', 'open_parcel', value)
            if value:
                with self.subTest(method='open_parcel, receipt', value=value), self.assertRaises(UserError):
                    self._rpc(self.stocker, 'returns.dock', 'open_parcel', self.request.id, value)
                with self.subTest(method='open_unannounced', value=value), self.assertRaises(UserError):
                    self._rpc(self.stocker, 'returns.dock', 'open_unannounced', value, self.request.id)
            with self.subTest(method='book_in', value=value), self.assertRaises(UserError):
                self._rpc(self.stocker, 'returns.dock', 'book_in', self.picking.id, value)
        with self.assertRaises(UserError):
            self._rpc(self.stocker, 'returns.dock', 'open_unannounced', 'res.users', self.stocker.id)
        self.assertEqual(self.picking.state, 'assigned')

    def test_odd_parcels_are_sentences(self):
        good = {'product_id': self.product.id, 'quantity': 1.0}
        service = self.env['product.product'].create({'name': "Advice", 'type': 'service'})
        for parcel in (
                {'key': None}, {'key': ""}, {'key': 3}, {'counts': None}, {'counts': "x"}, {'counts': [3]},
                {'counts': [{}]}, {'counts': [{**good, 'product_id': "1"}]}, {'counts': [{**good, 'product_id': 2**31}]},
                {'counts': [{**good, 'quantity': -1}]}, {'counts': [{**good, 'quantity': math.nan}]},
                {'counts': [{**good, 'quantity': 1e12}]}, {'counts': [{**good, 'quantity': "many"}]},
                {'counts': [{**good, 'quantity': [1]}]}, {'counts': [{**good, 'damaged': 2.0}]},
                {'counts': [{**good, 'lot': 3}]}, {'counts': [good, good]}, {'counts': [good] * 300},
                {'counts': [{**good, 'product_id': service.id}]},
                {'weight': -1}, {'weight': "heavy"}, {'weight': math.inf}, {'minutes': 1e9}, {'minutes': True},
                {'note': 3}, {'note': "x" * 5000}, {'note': "a\0b"},
                {'photos': "x"}, {'photos': [3]}, {'photos': [{'data': "%%%"}]},
                {'photos': [{**PHOTO, 'data': base64.b64encode(b'<svg/>').decode()}]}, {'photos': [PHOTO] * 6},
                {'photos': [{**PHOTO, 'data': base64.b64encode(b'%PDF-1.4 x').decode()}]}):
            with self.subTest(parcel=parcel), self.assertRaises(UserError):
                self._rpc(self.stocker, 'returns.dock', 'book_in', self.picking.id, {
                    'key': 'k', 'counts': [good], 'is_all': True, **parcel})
        self.assertEqual((self.picking.state, self._on_hand(self.product)), ('assigned', 0.0))

    def test_only_receipts_of_returns_are_booked(self):
        delivery = self.request.sale_order_ids.picking_ids.filtered(
            lambda picking: picking.picking_type_id.code == 'outgoing')
        with self.assertRaisesRegex(UserError, "no receipt of a return"):
            self._book(self.request, {self.product: 1.0}, picking=delivery)
        other = self._receipt(self._approve(self._sell((self.product, 2.0))))
        with self.assertRaisesRegex(UserError, "is no receipt of"):
            self._rpc(self.stocker, 'returns.dock', 'open_parcel', self.request.id, other.id)

    def test_what_goes_back_to_the_customer_is_not_booked_in(self):
        self._receive(self.request)
        self._inspect(self.request, self.back_to_customer, accepted=0.0)
        sent_back = self.request.sudo().inspection_ids.disposal_move_ids.picking_id
        self.assertEqual(sent_back.returns_request_id, self.request)
        for counts in ({self.product: 1.0}, {self.product_ordered: 3.0}, {}):
            with self.subTest(counts=counts), self.assertRaisesRegex(UserError, "no receipt of a return"):
                self._book(self.request, counts, picking=sent_back)
        self.assertEqual(sent_back.state, 'assigned')

    def test_context_of_a_caller_steers_nothing(self):
        self._rpc(self.stocker, 'returns.dock', 'book_in', self.picking.id, {
            'key': 'k', 'counts': self._counts({self.product: 1.0}), 'is_all': False},
            context={'cancel_backorder': True, 'default_state': 'done', 'default_quantity': 9.0, 'skip_sanity_check': True})
        self.assertEqual(self.request.line_ids.quantity_received, 1.0)
        self.assertTrue(self._receipt(self.request), "the rest is awaited, as the screen said")

    def test_nobody_types_what_the_dock_measures(self):
        for name in ('returns_is_all', 'returns_weight', 'returns_minutes', 'returns_dock_key'):
            for user in (self.stocker, self.inspector):
                with self.subTest(field=name, user=user.login), self.assertRaises(AccessError):
                    self._rpc(user, 'stock.picking', 'write', self.picking.ids, {name: 1})
        for user in (self.stocker, self.inspector):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'stock.move', 'write', self.picking.move_ids.ids, {'returns_damaged': 9.0})
