# Part of returns_management. See LICENSE file for full copyright and licensing details.

from psycopg2.errors import CheckViolation, UniqueViolation

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .test_criteria import CriteriaCommon


@tagged('post_install', '-at_install')
class TestLiability(CriteriaCommon):
    """Responsibility that is shared: what is kept of the money is the customer's part only."""

    def _share(self, inspection, **shares):
        inspection.liability_ids = [Command.clear(), *(
            Command.create({'responsibility': party, 'share': share}) for party, share in shares.items())]

    def _find(self, quantity=2.0, price=50.0, **values):
        order = self._sell((self.product, 5.0, {'price_unit': price}))
        request = self._approve(order, quantity)
        self._receive(request)
        inspection = request.sudo().inspection_ids.with_user(self.inspector)
        inspection.write({'disposition_id': self.restock.id, 'condition': 'complete', **values})
        return inspection

    def test_fee_and_loss_of_value_are_kept_of_the_customers_part(self):
        self.rule.sudo().write({'fee_percent': 10.0, 'share_c': 70.0, 'share_d': 0.0})
        inspection = self._find(grade='c')
        self._share(inspection, carrier=60.0, customer=40.0)
        self.assertIn("for 40% of which the customer is responsible: 88% of the price", inspection.policy_note)
        inspection.action_done()
        line = inspection.request_line_id
        self.assertEqual((inspection.refund_share, inspection.responsibility, line.responsibility),
                         (88.0, 'carrier', 'carrier'))
        note = self._settle(line.request_id)
        # 100.00: of the customer's 40.00 are lost 12.00, and 2.80 are the fee of the rest
        kept = {kept.product_id: kept.price_subtotal for kept in note.invoice_line_ids if kept.price_subtotal < 0}
        self.assertEqual(sorted(kept.values()), [-12.0, -2.8])
        self.assertEqual((note.amount_untaxed, note.amount_total), (85.2, 102.24))

    def test_third_parts_are_kept_to_the_cent(self):
        self.rule.sudo().write({'share_a': 90.0, 'share_b': 90.0, 'share_c': 90.0, 'share_d': 90.0})
        inspection = self._find(3.0, 33.33, grade='a')
        self._share(inspection, customer=33.33, quality=33.33, supplier=33.34)
        inspection.action_done()
        self.assertEqual((inspection.refund_share, inspection.responsibility), (96.667, 'supplier'))
        note = self._settle(inspection.request_id)
        self.assertEqual(note.amount_untaxed, 96.66, "99.99 less 3.33")

    def test_what_the_rule_demands_binds_who_is_mainly_responsible(self):
        self.rule.sudo().condition_required = 'unopened'
        inspection = self._find(grade='a')
        self._share(inspection, customer=49.0, warehouse=51.0)
        inspection.action_done()
        self.assertFalse(inspection.request_line_id.is_worse_than_demanded)
        inspection = self._find(grade='a')
        self._share(inspection, customer=51.0, warehouse=49.0)
        inspection.action_done()
        self.assertTrue(inspection.request_line_id.is_worse_than_demanded)

    def test_equal_shares_go_to_who_is_named_else_not_to_the_customer(self):
        inspection = self._find()
        inspection.responsibility = 'customer'
        self._share(inspection, customer=50.0, carrier=50.0)
        inspection.action_done()
        self.assertEqual(inspection.responsibility, 'customer')
        inspection = self._find()
        inspection.responsibility = 'sales'
        self._share(inspection, customer=50.0, carrier=50.0)
        inspection.action_done()
        self.assertEqual(inspection.responsibility, 'carrier')

    def test_shares_make_a_whole(self):
        inspection = self._find()
        for shares, total in (({'customer': 99.99}, "99.99"), ({'customer': 60.0, 'carrier': 40.01}, "100.01")):
            self._share(inspection, **shares)
            with self.assertRaisesRegex(UserError, f"make {total} %"):
                inspection.action_done()
        self._share(inspection, customer=100.0)
        inspection.action_done()
        self.assertEqual(inspection.responsibility, 'customer')

    def test_split_pieces_keep_the_shares(self):
        inspection = self._find()
        self._share(inspection, customer=40.0, carrier=60.0)
        inspection.action_split(1.0)
        part = inspection.request_id.sudo().inspection_ids - inspection.sudo()
        self.assertEqual(sorted(part.liability_ids.mapped('share')), [40.0, 60.0])

    def test_odd_shares_are_refused(self):
        inspection = self._find()
        vals = {'inspection_id': inspection.id, 'responsibility': 'customer'}
        for share in (0.0, -5.0, 100.01):
            with self.subTest(share=share), self.assertRaises(CheckViolation), mute_logger('odoo.sql_db'), \
                    self.env.cr.savepoint():
                self._rpc(self.inspector, 'returns.liability', 'create', [{**vals, 'share': share}])
        for share in (float('nan'), float('inf'), 'half'):
            with self.subTest(share=share), self.assertRaises(ValidationError):
                self._rpc(self.inspector, 'returns.liability', 'create', [{**vals, 'share': share}])
        self._rpc(self.inspector, 'returns.liability', 'create', [{**vals, 'share': 30.0}])
        with self.assertRaises(UniqueViolation), mute_logger('odoo.sql_db'), self.env.cr.savepoint():
            self._rpc(self.inspector, 'returns.liability', 'create', [{**vals, 'share': 70.0}])

    def test_shares_are_the_inspectors_until_the_inspection_is_done(self):
        inspection, other = self._find(), self._find()
        self._share(inspection, customer=40.0, carrier=60.0)
        share = inspection.liability_ids[0]
        vals = {'inspection_id': inspection.id, 'responsibility': 'sales', 'share': 5.0}
        for user in (self.agent, self.agent_all, self.accountant, self.voter_sales, self.portal):
            for method, *args in (('create', [vals]), ('write', share.ids, {'share': 1.0}), ('unlink', share.ids)):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    self._rpc(user, 'returns.liability', method, *args)
        with self.assertRaisesRegex(UserError, "stays with its inspection"):
            self._rpc(self.inspector, 'returns.liability', 'write', share.ids, {'inspection_id': other.id})
        inspection.action_done()
        for method, *args in (('create', [vals]), ('write', share.ids, {'note': "Hm."}), ('unlink', share.ids)):
            with self.subTest(method=method), self.assertRaisesRegex(UserError, "is inspected"):
                self._rpc(self.inspector, 'returns.liability', method, *args)
        with self.assertRaisesRegex(UserError, "is inspected"):
            self._rpc(self.inspector, 'returns.inspection', 'write', inspection.ids, {'liability_ids': [Command.clear()]})


@tagged('post_install', '-at_install')
class TestSettleApprovalDecides(CriteriaCommon):
    """The inspector proposes what is paid; who is asked after the inspection decides."""

    def setUp(self):
        super().setUp()
        self._ask_all()
        self.rule.sudo().write({'share_c': 70.0, 'share_d': 0.0})
        self.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': self.company.id, 'phase': 'settle',
            'member_ids': [Command.set(self.voter_finance.ids)]})

    def _inspect_leaking(self):
        order = self._sell((self.product, 5.0, {'price_unit': 50.0, 'tax_ids': [Command.clear()]}))
        request = self._approve(order, 2.0)
        self._receive(request)
        inspection = request.sudo().inspection_ids.with_user(self.inspector)
        inspection.disposition_id = self.restock
        self._answer(inspection, '1', '9')
        inspection.action_done()
        return request

    def test_nothing_is_paid_before_the_approval(self):
        request = self._inspect_leaking()
        self.assertEqual(request.state, 'final_review')
        for user in (self.accountant, self.manager):
            request.with_user(user).action_settle()
        self.assertFalse(request.sudo().refund_ids)
        with self.assertRaises(UserError):
            self._rpc(self.inspector, 'returns.request', 'action_approve', request.ids)
        finding = request.with_user(self.voter_finance).line_ids.finding_trace
        self.assertIn("found in grade C: 70% of the price is refunded", [test['text'] for test in finding])
        request.with_user(self.voter_finance).action_approve()
        self.assertEqual(self._settle(request).amount_total, 70.0)

    def test_rejected_nothing_is_paid(self):
        request = self._inspect_leaking()
        request.with_user(self.voter_finance).action_reject("Not ours.")
        self.assertFalse(self._settle(request))
        self.assertEqual(request.line_ids.quantity_accepted, 0.0)
