# Part of returns_management. See LICENSE file for full copyright and licensing details.

import math

from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.returns_management.models.money.returns_mismatch import POSITION
from odoo.addons.returns_management.models.returns_guard import as_flow

from .test_payout import PayoutCommon


class LedgerCommon(PayoutCommon):
    """Breaks data past the steps of a return; what was broken is whole again at the end of a test."""

    ledger_leaves = frozenset()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Mismatch = as_flow(cls.env['returns.mismatch'])

    def tearDown(self):
        self._run('ROLLBACK TO SAVEPOINT broken') if self.broken else None
        self.env.invalidate_all()
        super().tearDown()

    broken = False

    def _run(self, query, *params):
        self.env.flush_all()
        self.env.cr.execute(query, params)
        self.env.invalidate_all()

    def _break(self, query, *params):
        if not self.broken:
            self.env.flush_all()
            self._run('SAVEPOINT broken')
            self.broken = True
        self._run(query, *params)

    def _check(self):
        """:return: the open mismatches after a whole check"""
        self.patch(type(self.env['ir.cron']), '_commit_progress', lambda *_args, **_kwargs: math.inf)
        self.env['returns.mismatch']._cron_check_ledger()
        return self.Mismatch.search([('state', '=', 'open')])

    def _assert_found(self, kind, *words):
        """Exactly one mismatch, of this kind, whose cause says so; gone once the data is right again."""
        found = self._check()
        self.assertEqual(found.mapped('kind'), [kind], found.mapped('cause'))
        for word in words:
            self.assertIn(word, found.cause)
        self.assertEqual(found.company_id, self.company)
        self.assertEqual(self._check(), found, "seen again, it stands in the list once")
        return found


@tagged('post_install', '-at_install')
class TestLedgerCheck(LedgerCommon):
    """What the steps of a return did not write is found, each kind by its own check and by no other."""

    def setUp(self):
        super().setUp()
        self.order = self._sell((self.product, 5.0))
        self.request = self._return(self.order, 2.0)
        self.line = self.request.line_ids
        self.settlement = self.line.sudo().settlement_ids
        self.note = self.settlement.refund_id

    def test_empty_after_a_return(self):
        self.assertFalse(self._check())

    def test_received_is_what_transfers_brought(self):
        self._break("UPDATE returns_request_line SET quantity_received = 1, quantity_accepted = 1, quantity_advanced = 1"
                    " WHERE id = %s", self.line.id)
        found = self._check()
        self.assertEqual(set(found.mapped('kind')), {'received', 'accepted'})
        received = found.filtered(lambda mismatch: mismatch.kind == 'received')
        self.assertEqual((received.expected, received.found, received.request_id), (2.0, 1.0, self.request))
        self.assertIn(self.request.name, received.cause)
        self.assertIn(self.request.picking_ids.name, received.cause)

    def test_received_is_compared_in_pieces_whatever_the_unit(self):
        dozen = self.env.ref('uom.product_uom_dozen')
        order = self._sell((self.product, 2.0, {'product_uom_id': dozen.id}))
        request = self._approve(order, 2.0)
        self.assertEqual(request.line_ids.uom_id, dozen)
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        self.assertFalse(self._check())

    def test_accepted_is_what_inspections_accepted(self):
        self._break("UPDATE returns_inspection SET quantity_accepted = 1 WHERE request_line_id = %s", self.line.id)
        found = self._assert_found('accepted', "2 Units", "1 Units")
        self.assertEqual((found.expected, found.found), (1.0, 2.0))

    def test_settled_is_what_settlements_add_up_to(self):
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        self._assert_found('settled', "1 Units", "2 Units")

    def test_refunded_is_what_settlements_credited(self):
        self._break("UPDATE returns_request SET amount_refunded = amount_refunded + 1 WHERE id = %s", self.request.id)
        found = self._assert_found('refunded', self.request.name)
        self.assertAlmostEqual(found.found - found.expected, 1.0)
        self._break("UPDATE returns_request_line SET amount_refunded = 3 WHERE id = %s", self.line.id)
        self.assertEqual(len(self._check()), 2, "the return, and its line")

    def test_balance_is_what_moves_and_returns_say(self):
        self._break("UPDATE returns_balance SET quantity_held = 1 WHERE id = %s", self.line.balance_id.id)
        found = self._assert_found('balance', self.order.name, "1 instead of 0")
        self.assertEqual((found.balance_id, found.product_id), (self.line.balance_id, self.product))

    def test_settlement_is_done_when_its_note_is_posted(self):
        self._break("UPDATE returns_settlement SET state = 'planned' WHERE id = %s", self.settlement.id)
        self._break("UPDATE returns_request SET amount_refunded = 0 WHERE id = %s", self.request.id)
        self._break("UPDATE returns_request_line SET amount_refunded = 0 WHERE id = %s", self.line.id)
        found = self._assert_found('credit_note', self.note.name, "planned", "posted")
        self.assertEqual((found.settlement_id, found.move_id), (self.settlement, self.note))

    def test_settlement_is_about_the_pieces_of_its_note(self):
        self._break("UPDATE account_move_line SET quantity = 1 WHERE id = %s", self.settlement.refund_line_id.id)
        self._assert_found('credit_note', "2 Units", "credits 1 Units")

    def test_settlement_without_a_note_is_found(self):
        self._break("UPDATE returns_settlement SET refund_line_id = NULL WHERE id = %s", self.settlement.id)
        self._assert_found('credit_note', "gone")

    def test_settlements_add_up_to_their_note(self):
        self._break("UPDATE returns_settlement SET amount = amount + 0.01 WHERE id = %s", self.settlement.id)
        found = self._assert_found('amount', self.note.name)
        self.assertAlmostEqual(found.expected, self.note.amount_total)
        self.assertEqual(found.move_id, self.note)

    def test_settlements_add_up_in_company_currency_too(self):
        invoice = self._bill({'product_uom_qty': 3.0, 'price_unit': 33.33}, foreign=True)
        note = self._settle_accepted({invoice.invoice_line_ids.sale_line_ids: 1.0})
        self.ledger_leaves = frozenset({'received', 'accepted'})
        settlement = note.line_ids.sudo().returns_settlement_ids
        self._break("UPDATE returns_settlement SET amount_company = amount_company + 0.01 WHERE id = %s", settlement.id)
        found = self._check()
        self.assertEqual(sorted(set(found.mapped('kind'))), ['accepted', 'amount', 'received', 'refunded'])
        amount = found.filtered(lambda mismatch: mismatch.kind == 'amount')
        self.assertAlmostEqual(amount.expected, abs(note.amount_total_signed))

    def test_notes_of_an_invoice_are_no_more_than_it(self):
        invoice = self.note.reversed_entry_id
        self._break("UPDATE account_move SET amount_total = %s WHERE id = %s", self.note.amount_total - 0.01, invoice.id)
        found = self._assert_found('invoice', invoice.name, self.note.name)
        self.assertEqual(found.move_id, invoice)

    def test_credited_invoice_stays_posted(self):
        invoice = self.note.reversed_entry_id
        self._break("UPDATE account_move SET state = 'draft' WHERE id = %s", invoice.id)
        self._assert_found('invoice', "not posted any more", self.note.name)

    def test_no_more_pieces_are_credited_than_billed(self):
        self._break("UPDATE account_move_line SET quantity = 1 WHERE id = %s", self.settlement.invoice_line_id.id)
        self._assert_found('invoice_line', "credit 2 Units", "billed 1", self.request.name)

    def test_goods_of_returns_lie_in_the_returns_location(self):
        request = self._approve(self.order, 2.0)
        self._receive(request)
        self.assertFalse(self._check())
        place = request.inspection_ids.location_id
        taken = self.env['stock.move'].create({
            'product_id': self.product.id, 'product_uom_qty': 1.0, 'location_id': place.id,
            'location_dest_id': self.stock.id})
        taken._action_confirm()
        taken._action_assign()
        taken.picked = True
        taken._action_done()
        found = self._assert_found('on_hand', "1 were taken away by hand", "1 Units", "brought 2")
        back = self.env['stock.move'].create({
            'product_id': self.product.id, 'product_uom_qty': 1.0, 'location_id': self.stock.id,
            'location_dest_id': place.id})
        back._action_confirm()
        back._action_assign()
        back.picked = True
        back._action_done()
        found.with_user(self.accountant).action_check()
        self.assertEqual(found.state, 'resolved')
        self.assertTrue(found.date_resolved)

    def test_stock_changed_without_a_transfer_is_found(self):
        request = self._approve(self.order, 2.0)
        self._receive(request)
        self._break("UPDATE stock_quant SET quantity = quantity + 1 WHERE product_id = %s AND location_id = %s",
                    self.product.id, request.inspection_ids.location_id.id)
        found = self._assert_found('on_hand', "3 Units", "2 were received")
        self.assertEqual((found.expected, found.found), (2.0, 3.0))

    def test_mismatch_is_resolved_by_the_check_once_it_is_gone(self):
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        found = self._assert_found('settled')
        self._break("UPDATE returns_request_line SET quantity_settled = 2 WHERE id = %s", self.line.id)
        self.assertFalse(self._check())
        self.assertEqual(found.state, 'resolved')
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        self.assertNotEqual(self._assert_found('settled'), found, "the old row tells of the first time")

    def test_check_now_looks_at_one_return(self):
        other = self._return(self._sell((self.product, 5.0)), 1.0)
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        self._break("UPDATE returns_request_line SET quantity_settled = 0 WHERE id = %s", other.line_ids.id)
        action = self.request.with_user(self.accountant).action_check_ledger()
        found = self.Mismatch.search([])
        self.assertEqual((action['res_model'], action['res_id']), ('returns.mismatch', found.id))
        self.assertEqual((found.request_id, self.request.sudo().mismatch_count), (self.request, 1))
        self._break("UPDATE returns_request_line SET quantity_settled = 2 WHERE id = %s", self.line.id)
        self.assertEqual(self.request.with_user(self.manager).action_check_ledger()['tag'], 'display_notification')
        self.assertEqual(found.state, 'resolved')

    def test_who_is_no_accountant_checks_nothing(self):
        for user in (self.agent_all, self.inspector, self.employee):
            with self.assertRaises(AccessError):
                self.request.with_user(user).action_check_ledger()

    def test_queries_of_a_batch_do_not_grow(self):
        def count(lines):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            for kind, model in self.Mismatch._get_ledger_checks().items():
                records = self.Mismatch._get_records_to_check(lines.request_id)[model]
                self.Mismatch._check(kind, records.ids)
            return self.env.cr.sql_log_count - before

        def make(number):
            return self.line.union(*(
                self._return(self._sell((self.product, 5.0), (self.product_ordered, 2.0))).line_ids
                for _number in range(number)))

        few = make(1)
        count(few)  # warm
        self.assertLessEqual(count(make(4)), count(few))

    def test_run_without_time_goes_on_where_it_stopped(self):
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        left = iter([0, math.inf])
        self.patch(type(self.env['ir.cron']), '_commit_progress', lambda *_args, **_kwargs: next(left, math.inf))
        self.env['returns.mismatch']._cron_check_ledger(batch=10000)
        self.assertFalse(self.Mismatch.search([]), "nothing but what was received was looked at")
        self.assertTrue(self.env['ir.config_parameter'].get_param(POSITION).startswith('received/'))
        self.env['returns.mismatch']._cron_check_ledger()
        self.assertEqual(self.Mismatch.search([]).kind, 'settled')
        self.assertFalse(self.env['ir.config_parameter'].get_param(POSITION))

    def test_what_a_deleted_record_said_is_resolved(self):
        stale = self.Mismatch.create({
            **self.line._describe_mismatch(1.0, 2.0, "Gone."), 'kind': 'settled', 'key': 'settled/0', 'anchor': 2**31 - 1})
        self._check()
        self.assertEqual(stale.state, 'resolved')

    def test_open_mismatch_stands_in_the_list_once(self):
        self._break("UPDATE returns_request_line SET quantity_settled = 1 WHERE id = %s", self.line.id)
        self._assert_found('settled')
        with mute_logger('odoo.sql_db'), self.assertRaises(Exception), self.env.cr.savepoint():  # noqa: B017
            self.Mismatch.create({
                **self.line._describe_mismatch(1.0, 2.0, "Twice."), 'kind': 'settled', 'key': f'settled/{self.line.id}'})


@tagged('post_install', '-at_install')
class TestLedgerOfPayouts(LedgerCommon):
    """What was paid out is what payments gave, and no more is promised than a credit note leaves open."""

    def setUp(self):
        super().setUp()
        self.request, self.note = self._credited((self.cash, None))
        self.payout = self._pay_out(self.request)
        self.payout.payment_id.with_user(self.accountant).action_post()
        self.assertEqual(self.payout.state, 'done')

    def test_empty_after_a_payment(self):
        self.assertFalse(self._check())

    def test_pay_out_is_what_its_payment_gave(self):
        self._break("UPDATE returns_payout SET amount = amount + 1 WHERE id = %s", self.payout.id)
        found = self._assert_found('payout', self.note.name)
        self.assertAlmostEqual(found.found - found.expected, 1.0)
        self.assertEqual((found.request_id, found.move_id), (self.request, self.note))

    def test_pay_out_without_its_payment_is_found(self):
        self._break("UPDATE returns_payout SET matched_line_id = NULL WHERE id = %s", self.payout.id)
        self.assertEqual(self._assert_found('payout').expected, 0.0)

    def test_no_more_is_promised_than_the_credit_note_leaves_open(self):
        self._break("UPDATE returns_payout SET state = 'sent', matched_line_id = NULL WHERE id = %s", self.payout.id)
        found = self._assert_found('payout', "promise")
        self.assertEqual((found.expected, found.found), (0.0, self.payout.amount))

    def test_paid_is_what_payments_gave(self):
        self._break("UPDATE returns_request SET amount_paid = amount_paid + 1 WHERE id = %s", self.request.id)
        found = self._assert_found('paid', self.request.name)
        self.assertAlmostEqual(found.found - found.expected, 1.0)
        self._break("UPDATE returns_request_line SET amount_paid = 0 WHERE id = %s", self.request.line_ids.id)
        self.assertEqual(len(self._check()), 2, "the return, and its line")
