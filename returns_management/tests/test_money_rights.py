# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .money_common import MoneyCommon


@tagged('post_install', '-at_install')
class TestMoneyRights(MoneyCommon):
    """Who settles, who posts, and what it costs."""

    def _make_request(self):
        invoice = self._bill({'product_uom_qty': 2.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids})
        return self._accept({invoice.line_ids.sale_line_ids: 2.0})

    def test_only_a_returns_accountant_settles(self):
        request = self._make_request()
        plain = new_test_user(self.env, 'plain_accountant', groups='account.group_account_invoice')
        for user in (self.agent, self.agent_all, self.inspector, self.employee, self.voter_sales, plain):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                request.with_user(user).action_settle()
        self.assertFalse(request.settlement_ids)
        request.with_user(self.accountant).action_settle()
        self.assertTrue(request.refund_ids)
        request = self._make_request()
        request.with_user(self.manager).action_settle()
        self.assertTrue(request.refund_ids)

    def test_settlements_are_not_typed(self):
        request = self._make_request()
        request.with_user(self.manager).action_settle()
        settlement = request.settlement_ids.with_user(self.manager)
        for act in (lambda: settlement.write({'state': 'cancelled'}), settlement.unlink, lambda: settlement.copy({}),
                    lambda: settlement.create({'request_line_id': request.line_ids.id, 'kind': 'nothing',
                                               'quantity': 1.0, 'key': 'x'})):
            with self.assertRaises(AccessError):
                act()

    def test_posting_follows_the_company_setting(self):
        for setting, state in (('draft', 'draft'), ('posted', 'posted')):
            self.company.returns_refund_posting = setting
            request = self._make_request()
            request.with_user(self.accountant).action_settle()
            self.assertEqual(request.refund_ids.state, state)
            self.assertEqual(request.state, 'done' if state == 'posted' else 'settlement')

    def test_code_never_posts(self):
        self.company.returns_refund_posting = 'posted'
        request = self._make_request()
        request.sudo().action_settle()
        self.assertEqual(request.refund_ids.state, 'draft')
        request = self._make_request()
        request.with_user(self.accountant).sudo().action_settle()
        self.assertEqual(request.refund_ids.state, 'draft')
        request = self._make_request()
        request.line_ids._settle()
        request.line_ids._advance()
        self.assertEqual(request.refund_ids.state, 'draft')

    def test_nothing_to_settle_is_said(self):
        request = self._file(self._sell())
        with self.assertRaisesRegex(UserError, "there is nothing to settle"):
            request.with_user(self.accountant).action_settle()

    def test_queries_of_a_batch_do_not_grow_with_it(self):
        counts = {}
        for number in (1, 4, 16):
            requests = self.Request.union(*(self._make_request() for _number in range(number)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            requests.with_user(self.accountant).action_settle()
            self.env.flush_all()
            counts[number] = self.env.cr.sql_log_count - before
            self.assertEqual(len(requests.refund_ids), number)
        per_note = (counts[16] - counts[4]) / 12
        self.assertLess(per_note, 2.5, counts)

    def test_queries_of_one_invoice_do_not_grow_with_its_earlier_notes(self):
        invoice = self._bill({'product_uom_qty': 40.0, 'price_unit': 10.0, 'tax_ids': self.tax_15.ids})
        sale_line = invoice.line_ids.sale_line_ids
        counts = []
        for _number in range(8):
            request = self._accept({sale_line: 1.0})
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            request.with_user(self.accountant).action_settle()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - before)
            request.refund_ids.action_post()
        self.assertLessEqual(counts[-1], counts[2] + 2, counts)
