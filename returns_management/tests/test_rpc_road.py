# Part of returns_management. See LICENSE file for full copyright and licensing details.

import contextlib
from xmlrpc.client import Fault

from odoo import Command
from odoo.tests import HttpCase, get_db_name, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.returns_management.models.returns_guard import as_flow

from .common import ReturnsCommon

#: What a refusal is called on the wire: (HTTP status of JSON-2, fault code of XML-RPC).
NOT_ALLOWED = (403, 4)
REFUSED = (422, 2)
MISSING = (404, 2)
UNKNOWN_KEY = (401, 3)


class Refused(Exception):
    """A call that the server refused, with the sentence that the program's user reads."""

    def __init__(self, code, sentence):
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence = code, sentence


class Json2:
    """The protocol of Odoo 19: one URL a method, an API key as bearer, named arguments."""
    dialect = 0

    def __init__(self, case, user, key):
        self.case, self.key = case, key

    def call(self, model, method, ids=None, **arguments):
        if ids is not None:
            arguments['ids'] = ids
        response = self.case.url_open(
            f'/json/2/{model}/{method}', json=arguments, method='POST', timeout=60,
            headers={'Authorization': f'Bearer {self.key}'})
        answer = response.json()
        if response.status_code != 200:
            raise Refused(response.status_code, answer['message'])
        return answer


class XmlRpc:
    """The protocol of Odoo before 19, still served: the API key in the place of the password."""
    dialect = 1

    def __init__(self, case, user, key):
        self.case, self.uid, self.key = case, user.id, key

    def call(self, model, method, ids=None, **arguments):
        positional = [] if ids is None else [ids]
        if method == 'create':
            positional = [arguments.pop('vals_list')]
        try:
            with mute_logger('odoo.addons.rpc.controllers.xmlrpc'):  # says at each call that 20 will not serve it
                return self.case.xmlrpc_object.execute_kw(
                    get_db_name(), self.uid, self.key, model, method, positional, arguments)
        except Fault as fault:
            raise Refused(fault.faultCode, fault.faultString) from None


class ProgramCommon(ReturnsCommon, HttpCase):
    """External programs at work, over real HTTP, each with the API key of the person it works for."""

    def _connect(self, protocol):
        """Give everybody a program that speaks ``protocol``: ``self.programs[user]``."""
        self.protocol = protocol
        self.portal = new_test_user(
            self.env, login='test_returns_portal', groups='base.group_portal', partner_id=self.contact.id)
        people = (self.agent, self.voter_sales, self.voter_quality, self.voter_finance, self.chair, self.inspector,
                  self.accountant, self.manager, self.employee, self.portal)
        self.programs = {
            user: protocol(self, user, self.env(user=user)['res.users.apikeys'].sudo()._generate('rpc', "Test", False))
            for user in people}

    def _call(self, user, model, method, ids=None, **arguments):
        """:return: what the server answers the program of ``user``"""
        self.env.flush_all()
        try:
            return self.programs[user].call(model, method, ids, **arguments)
        finally:
            self.env.invalidate_all()

    def _get_rows(self):
        """:return: {table: digest of its rows}, to see that nothing changed"""
        self.env.flush_all()
        self.env.cr.execute("""
            SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND (tablename LIKE 'returns%' OR tablename IN (
                'account_move', 'account_move_line', 'mail_activity', 'mail_message', 'sale_order_line', 'stock_move',
                'stock_move_line', 'stock_picking', 'stock_quant'))""")
        rows = {}
        for table, in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')
            rows[table] = self.env.cr.fetchone()[0]
        return rows

    @contextlib.contextmanager
    def assertRefused(self, kind, sentence):
        """The call is refused in this way, in words that contain ``sentence``, and changes nothing.

        :param kind: one of the pairs above
        """
        before = self._get_rows()
        with mute_logger('odoo.http', 'odoo.addons.base.models.ir_rule'), self.assertRaises(Refused) as caught:
            yield
        self.assertEqual(caught.exception.code, kind[self.protocol.dialect], caught.exception.sentence)
        self.assertIn(sentence, caught.exception.sentence)
        self.assertNotIn('Traceback', caught.exception.sentence)
        self.assertEqual(self._get_rows(), before)


class RoadOfPrograms:
    """The same road and the same refusals, whatever the ``protocol``."""

    def setUp(self):
        super().setUp()
        self._connect(self.protocol)
        self.team.write({'asked': 'always', 'quorum': 3})
        # 5 × 19.99 less 10 % = 89.96 net; 13.49 and 4.50 tax: 107.95
        self.order = self._sell(
            (self.product, 5.0, {'discount': 10.0}), (self.product_ordered, 3.0, {'tax_ids': [Command.clear()]}))
        self.invoice = self.order.invoice_ids

    def _file_by_program(self):
        """:return: id of the request that the agent's program filed"""
        action = self._call(self.agent, 'sale.order', 'action_create_return', self.order.ids)
        self._call(self.agent, 'returns.request', 'unlink', [action['res_id']])
        ids = self._call(self.agent, 'returns.request', 'create', vals_list=[{
            'partner_id': self.customer.id, 'team_id': self.team.id, 'channel': 'api',
            'line_ids': [[0, 0, {
                'sale_line_id': self.order.order_line[0].id, 'quantity': 2, 'reason_id': self.reason.id}]]}])
        self.assertEqual(len(ids), 1)
        return ids

    def _ask(self, user, ids, *names):
        """:return: what the program of ``user`` reads of a request"""
        values, = self._call(user, 'returns.request', 'read', ids, fields=list(names))
        return values if len(names) > 1 else values[names[0]]

    def _approve_by_program(self, ids):
        for voter in (self.voter_sales, self.voter_quality, self.voter_finance, self.chair):
            todo = self._call(voter, 'returns.request', 'search', domain=[('step_ids.may_decide', '=', True)])
            self.assertEqual(todo, ids)
            self.assertIs(self._call(voter, 'returns.request', 'action_approve', ids, comment="Fine"), True)

    def _receive_by_program(self, ids):
        action = self._call(self.inspector, 'returns.request', 'action_receive', ids)
        picking, = self._call(
            self.inspector, 'stock.picking', 'read', action['params']['picking_ids'], fields=['state', 'move_ids'])
        self.assertEqual(picking['state'], 'assigned')
        self._call(self.inspector, 'stock.move', 'write', picking['move_ids'], vals={'quantity': 2, 'picked': True})
        self.assertIs(self._call(self.inspector, 'stock.picking', 'button_validate', [picking['id']]), True)

    def _inspect_by_program(self, ids):
        found = self._call(
            self.inspector, 'returns.inspection', 'search_read',
            domain=[('request_id', 'in', ids), ('state', '=', 'draft')], fields=['quantity'])
        self.assertEqual([inspection['quantity'] for inspection in found], [2.0])
        inspections = [inspection['id'] for inspection in found]
        self._call(self.inspector, 'returns.inspection', 'write', inspections, vals={
            'quantity_accepted': 2, 'grade': 'a', 'disposition_id': self.restock.id})
        self.assertIs(self._call(self.inspector, 'returns.inspection', 'action_done', inspections), True)

    def test_road_from_the_order_to_the_reconciled_invoice(self):
        on_shelf = self._on_hand(self.product, self.stock)
        ids = self._file_by_program()
        self.assertEqual(self._ask(self.agent, ids, 'state'), 'draft')
        self.assertIs(self._call(self.agent, 'returns.request', 'action_submit', ids), True)
        self.assertEqual(self._ask(self.agent, ids, 'state'), 'review')

        self._approve_by_program(ids)
        self.assertEqual(self._ask(self.agent, ids, 'state'), 'approved')
        self.assertEqual(len(self._ask(self.voter_sales, ids, 'decision_ids')), 4)

        self._receive_by_program(ids)
        self.assertEqual(self._ask(self.inspector, ids, 'state'), 'received')
        self.assertEqual((self._on_hand(self.product), self._on_hand(self.product, self.stock)), (2.0, on_shelf))

        self._inspect_by_program(ids)
        self.assertEqual(self._ask(self.accountant, ids, 'state'), 'settlement')
        self.assertEqual(
            (self._on_hand(self.product), self._on_hand(self.product, self.stock)), (0.0, on_shelf + 2.0))

        self.assertIs(self._call(self.accountant, 'returns.request', 'action_settle', ids), True)
        seen = self._ask(self.accountant, ids, 'state', 'refund_ids')
        self.assertEqual((seen['state'], len(seen['refund_ids'])), ('settlement', 1))
        self._call(self.accountant, 'account.move', 'action_post', seen['refund_ids'])
        seen = self._ask(self.accountant, ids, 'state', 'amount_refunded')
        self.assertEqual(seen, {'id': ids[0], 'state': 'done', 'amount_refunded': 43.18})

        request = self.Request.browse(ids)
        note = request.refund_ids
        self.assertEqual((note.state, note.payment_state, note.reversed_entry_id), ('posted', 'paid', self.invoice))
        self.assertEqual(note.amount_untaxed, 35.98, "2/5 of 89.96")
        self.assertEqual(
            {line.tax_line_id: line.balance for line in note.line_ids.filtered('tax_line_id')},
            {self.tax_15: 5.40, self.tax_5: 1.80}, "2/5 of 13.49 and of 4.50")
        self.assertAlmostEqual(self.invoice.amount_residual, self.invoice.amount_total - 43.18, 2)
        self.assertEqual(self.order.order_line.mapped('qty_delivered'), [3.0, 3.0])
        self.assertEqual(self.order.order_line.mapped('qty_invoiced'), [3.0, 3.0])
        self.assertEqual(self.order.order_line.mapped('qty_to_invoice'), [0.0, 0.0])
        settlement = request.settlement_ids
        self.assertEqual(
            (settlement.kind, settlement.state, settlement.quantity), ('credit', 'done', 2.0))
        line = request.line_ids
        self.assertEqual(
            (line.state, line.quantity_received, line.quantity_accepted, line.quantity_settled), ('done', 2.0, 2.0, 2.0))

    def test_whoever_reads_a_return_reads_all_of_it(self):
        """A program that names no fields gets them all; no value of them may be one that the wire cannot carry."""
        ids = self._file_by_program()
        self._call(self.agent, 'returns.request', 'action_submit', ids)
        self._approve_by_program(ids)
        self._receive_by_program(ids)
        self._inspect_by_program(ids)
        self._call(self.accountant, 'returns.request', 'action_settle', ids)
        self._call(self.agent, 'returns.request', 'action_pause', self._file_by_program(), reason='customer')
        self._let_something_be_paid_missed_and_failed(self.Request.browse(ids))
        self._call(self.voter_sales, 'returns.delegation', 'create', vals_list=[{
            'delegate_id': self.employee.id, 'date_from': '2020-01-01', 'date_to': '2020-01-02'}])
        self.env['returns.approval.point'].create({'name': "Sealed?", 'team_id': self.team.id})
        known = self.env['ir.model'].search([('model', '=like', 'returns.%'), ('transient', '=', False)])
        models = [model for model in known.mapped('model') if not self.env[model]._abstract]
        read = set()
        for user in (self.agent, self.inspector, self.accountant, self.manager, self.voter_sales):
            for model in models:
                if not self.env[model].with_user(user).has_access('read'):
                    continue
                with self.subTest(user=user.login, model=model):
                    if self._call(user, model, 'search_read', domain=[], limit=3):
                        read.add(model)
        others = {'returns.discrepancy', 'returns.destruction', 'returns.liability'}  # not on this road
        guests = {'returns.link.request', 'returns.link.count'}  # what strangers typed nobody reads
        self.assertFalse(guests & read)
        self.assertFalse(set(models) - read - others - guests, "models of which nobody read a record")

    def _let_something_be_paid_missed_and_failed(self, request):
        """Records that no return of an ordinary day has."""
        line, note = request.line_ids, request.sudo().refund_ids
        as_flow(self.env['returns.mismatch']).create({
            **line._describe_mismatch(2.0, 3.0, "A piece too many."), 'kind': 'received', 'key': f'received/{line.id}'})
        self.env['returns.follow.up']._note_failure('disposal', request.sudo().inspection_ids, "No place.")
        as_flow(self.env['returns.payout']).create({
            'request_ids': [Command.set(request.ids)], 'refund_id': note.id, 'company_id': self.company.id,
            'partner_id': self.customer.id, 'currency_id': note.currency_id.id, 'amount': 1.0, 'amount_company': 1.0,
            'key': f'{note.id}/1', 'method': 'manual', 'state': 'cancelled'})

    def test_what_the_buttons_open_is_told_to_programs_too(self):
        ids = self._file_by_program()
        self._call(self.agent, 'returns.request', 'action_submit', ids)
        self._approve_by_program(ids)
        self._receive_by_program(ids)
        request = self.Request.browse(ids)
        for user, model, method, on in (
                (self.agent, 'sale.order', 'action_view_returns', self.order),
                (self.agent, 'returns.request', 'action_view_sale_orders', request),
                (self.inspector, 'returns.request', 'action_view_pickings', request),
                (self.inspector, 'returns.request', 'action_view_inspections', request),
                (self.accountant, 'returns.request', 'action_view_refunds', request),
                (self.accountant, 'returns.request', 'action_view_exchanges', request),
                (self.inspector, 'stock.picking', 'action_view_returns_request', request.picking_ids),
                (self.accountant, 'account.move', 'action_view_returns_requests', self.invoice),
                (self.voter_sales, 'returns.step', 'action_open_request', request.step_ids[:1]),
                (self.manager, 'returns.policy', 'action_new_version', self.policy)):
            with self.subTest(method=method):
                action = self._call(user, model, method, on.ids)
                self.assertEqual(action['type'], 'ir.actions.act_window')
        part = self._call(self.inspector, 'returns.inspection', 'action_split', request.inspection_ids.ids, quantity=1)
        self.assertEqual(self.env['returns.inspection'].browse(part['res_id']).quantity, 1.0)

    # ------------------------------------------------------------------
    # Refusals
    # ------------------------------------------------------------------

    def test_steps_of_other_roles_are_refused(self):
        ids = self._file_by_program()
        with self.assertRefused(NOT_ALLOWED, "This step belongs to: "):
            self._call(self.agent, 'returns.request', 'action_settle', ids)
        with self.assertRefused(NOT_ALLOWED, "This step belongs to: "):
            self._call(self.agent, 'returns.request', 'action_receive', ids)
        with self.assertRefused(NOT_ALLOWED, "This step belongs to: "):
            self._call(self.inspector, 'returns.request', 'action_submit', ids)
        with self.assertRefused(NOT_ALLOWED, "This step belongs to: "):
            self._call(self.accountant, 'returns.request', 'action_cancel', ids)
        self._call(self.agent, 'returns.request', 'action_submit', ids)
        with self.assertRefused(REFUSED, "You are not asked"):
            self._call(self.manager, 'returns.request', 'action_approve', ids)
        with self.assertRefused(NOT_ALLOWED, "access"):
            self._call(self.employee, 'returns.request', 'action_approve', ids)
        self._approve_by_program(ids)
        self._receive_by_program(ids)
        inspections = self.Request.browse(ids).inspection_ids.ids
        for user in (self.agent, self.accountant, self.voter_sales):
            with self.assertRefused(NOT_ALLOWED, "Only returns inspectors inspect goods."):
                self._call(user, 'returns.inspection', 'action_done', inspections)
        self._call(self.inspector, 'returns.inspection', 'write', inspections, vals={'disposition_id': False})
        with self.assertRefused(REFUSED, "choose what becomes of the goods"):
            self._call(self.inspector, 'returns.inspection', 'action_done', inspections)

    def test_what_the_road_writes_is_not_typed(self):
        ids = self._file_by_program()
        lines = self.Request.browse(ids).line_ids.ids
        with self.assertRefused(NOT_ALLOWED, "Status cannot be typed: the return's own steps set it."):
            self._call(self.agent, 'returns.request', 'write', ids, vals={'state': 'done'})
        with self.assertRefused(NOT_ALLOWED, "Accepted cannot be typed"):
            self._call(self.agent, 'returns.request.line', 'write', lines, vals={'quantity_accepted': 2})
        with self.assertRefused(NOT_ALLOWED, "Status cannot be typed"):
            self._call(self.agent, 'returns.request', 'create', vals_list=[
                {'partner_id': self.customer.id, 'state': 'settlement'}])
        with self.assertRefused(NOT_ALLOWED, "cannot be called remotely"):
            self._call(self.agent, 'returns.request', '_do_submit', ids)
        with self.assertRefused(REFUSED, "Decisions are made with Approve, Reject or Abstain on the return."):
            self._call(self.voter_sales, 'returns.decision', 'create', vals_list=[{
                'user_id': self.voter_sales.id, 'verdict': 'approve'}])

    def test_wishes_beyond_what_came_are_refused_with_the_numbers(self):
        ids = self._file_by_program()
        self._call(self.agent, 'returns.request', 'write', ids, vals={
            'line_ids': [[1, self.Request.browse(ids).line_ids.id, {'quantity': 6}]]})
        with self.assertRefused(REFUSED, "only 5 may come back: 5 delivered"):
            self._call(self.agent, 'returns.request', 'action_submit', ids)

    def test_nobody_is_counted_twice(self):
        ids = self._file_by_program()
        self._call(self.agent, 'returns.request', 'action_submit', ids)
        self._call(self.voter_sales, 'returns.request', 'action_approve', ids)
        self._call(self.voter_quality, 'returns.request', 'action_approve', ids)
        before = self._get_rows()
        self._call(self.voter_quality, 'returns.request', 'action_approve', ids, comment="Really")
        self._call(self.voter_sales, 'returns.request', 'action_approve', ids)
        after = self._get_rows()
        self.assertEqual(  # but the counters of locks
            {table for table in before if before[table] != after[table]},
            {'returns_balance', 'returns_request', 'returns_request_line'})
        request = self.Request.browse(ids)
        self.assertEqual((request.state, len(request.decision_ids)), ('review', 2))
        with self.assertRefused(REFUSED, "is already on file (approve) and cannot be changed."):
            self._call(self.voter_quality, 'returns.request', 'action_reject', ids, comment="No")
        with self.assertRefused(REFUSED, "Say why you reject: the customer reads it."):
            self._call(self.chair, 'returns.request', 'action_reject', ids, comment=" ")

    def test_customers_read_their_own_returns_and_press_nothing(self):
        ids = self._file_by_program()
        self._call(self.agent, 'returns.request', 'action_submit', ids)
        self.assertEqual(self._ask(self.portal, ids, 'state'), 'review')
        for method, arguments, sentence in (
                ('action_submit', {}, "This step belongs to: "), ('action_cancel', {}, "This step belongs to: "),
                ('action_draft', {}, "This step belongs to: "), ('action_settle', {}, "This step belongs to: "),
                ('action_receive', {}, "This step belongs to: "),
                ('action_close_short', {'comment': "x"}, "This step belongs to: "),
                ('action_approve', {}, "Only employees decide on returns."),
                ('action_reject', {'comment': "x"}, "Only employees decide on returns."),
                ('action_lower', {'quantities': {}, 'comment': "x"}, "Only employees decide on returns."),
                ('write', {'vals': {'priority': '1'}}, "Return Request"), ('unlink', {}, "Return Request")):
            with self.subTest(method=method), self.assertRefused(NOT_ALLOWED, sentence):
                self._call(self.portal, 'returns.request', method, ids, **arguments)
        with self.assertRefused(NOT_ALLOWED, "Return Request"):
            self._call(self.portal, 'returns.request', 'create', vals_list=[{'partner_id': self.contact.id}])
        with self.assertRefused(NOT_ALLOWED, "This step belongs to: "):
            self._call(self.portal, 'sale.order', 'action_create_return', self.order.ids)

    def test_records_that_are_gone_and_strange_keys_are_refused(self):
        ids = self._file_by_program()
        with self.assertRefused(MISSING, "does not exist or has been deleted"):
            self._call(self.agent, 'returns.request', 'action_submit', [ids[0] + 1000])
        with self.assertRefused(REFUSED, "Choose the returns whose goods have come."):
            self._call(self.inspector, 'returns.request', 'action_receive', [])
        self.programs[self.agent].key = '0' * 40
        with self.assertRefused(UNKNOWN_KEY, ""):
            self._call(self.agent, 'returns.request', 'action_submit', ids)


@tagged('post_install', '-at_install')
class TestRoadByJson2(RoadOfPrograms, ProgramCommon):
    protocol = Json2


@tagged('post_install', '-at_install')
class TestRoadByXmlRpc(RoadOfPrograms, ProgramCommon):
    protocol = XmlRpc
