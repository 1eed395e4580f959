# Part of returns_management. See LICENSE file for full copyright and licensing details.

import contextlib
import inspect
import itertools
import re
from functools import cached_property
from pathlib import Path

from odoo import Command, models
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..models.vocabulary import RESPONSIBILITIES
from .rpc import RpcCommon

TABLE = Path(__file__).parents[2] / 'docs' / 'roles.md'
#: the heading of a column in the table: who of the test's people it is about
ROLES = {
    'Customer': 'portal', 'Employee': 'employee', 'Approver': 'voter_sales', 'Agent': 'agent', 'Agent: all': 'agent_all',
    'Inspector': 'inspector', 'Accountant': 'accountant', 'Manager': 'manager'}
#: the letters of the table
OPERATIONS = {'c': 'create', 'r': 'read', 'w': 'write', 'd': 'unlink'}
OURS = None
#: how a cell about a method, which has one letter only, is written
SHORT = {'y': "yes", 'y own': "own"}
#: what somebody reads who may see a return but is not asked about it, or who does what nobody may do at all; every other
#: refusal is an AccessError
REFUSED = r"not asked|that you are asked about|^A decision cannot be|^Decisions are made|rights to export"


class Side:
    """The records of one salesperson, their customer and whom is asked: *own* to some roles, *foreign* to the rest.

    Each is made when a try first asks for it; what is personal (an absence, a wizard), anew for each ``user``.
    """

    def __init__(self, case, agent, partner, voter):
        self.case, self.env, self.agent, self.partner, self.voter = case, case.env, agent, partner, voter
        self.user, self.years = agent, itertools.count(2030)  # whose absences and wizards these are
        self.order = self._sell()

    def make(self, model, **vals):
        record = self.env(user=self.user, su=True)[model].create(vals)
        record.env.flush_all()  # what is computed once it is stored would undo what comes after
        return record

    def make_point(self):
        return self.make('returns.approval.point', name="Sealed?", team_id=self.case.team.id)

    def get_share(self):
        """:return: values of a share of responsibility that nobody has named yet"""
        inspection = self.__dict__.get('shared') or self.inspection
        named = set(inspection.sudo().liability_ids.mapped('responsibility'))
        left = [name for name, _label in RESPONSIBILITIES if name not in named]
        if not left:
            self.shared = self._receive().sudo().inspection_ids
            return self.get_share()
        return {'inspection_id': inspection.id, 'responsibility': left[0], 'share': 5.0}

    def make_criterion(self):
        return self.make('returns.criterion', name="Sound?", kind='choice', is_required=False, option_ids=[
            Command.create({'name': name}) for name in ("None", "Low", "Loud")])

    def get_absence(self):
        year = next(self.years)
        return {'user_id': self.user.id, 'delegate_id': self.case.chair.id, 'date_from': f'{year}-01-01',
                'date_to': f'{year}-01-09'}

    def _sell(self):
        return self.case._sell((self.case.product, 100.0), partner=self.partner, user_id=self.agent.id)

    def _file(self):
        return self.case._file(self.order, 2.0, user=self.agent)

    def _submit(self):
        self.case.group_sales.member_ids = self.voter
        request = self._file()
        request.action_submit()
        return request

    def _receive(self):
        request = self._submit()
        request.with_user(self.voter).action_approve()
        self.case._receive(request)
        return request

    @cached_property
    def unsold(self):
        """Goods without an order."""
        self.case.group_sales.member_ids = self.voter
        request = self.case.Request.with_user(self.agent).create({
            'partner_id': self.partner.id, 'team_id': self.case.team.id, 'line_ids': [Command.create({
                'product_id': self.case.product.id, 'without_order': True, 'reason_id': self.case.reason.id})]})
        request.action_submit()
        return request

    @cached_property
    def other_order(self):
        return self._sell()

    @cached_property
    def draft(self):
        return self._file()

    @cached_property
    def review(self):
        return self._submit()

    @cached_property
    def rejected(self):
        request = self._submit()
        request.with_user(self.voter).action_reject("No.")
        return request

    @cached_property
    def approved(self):
        request = self._submit()
        request.with_user(self.voter).action_approve()
        return request

    @cached_property
    def mismatch(self):
        return self.make('returns.mismatch', **self.done.sudo().line_ids._describe_mismatch(2.0, 3.0, "A piece too many."),
                         kind='received', key=f'received/{self.done.line_ids.id}')

    @cached_property
    def follow_up(self):
        """A pay-out that failed."""
        payout = self.env(su=True)['returns.payout']._propose(self._credit().refund_ids)
        payout.write({'state': 'failed', 'failure': "It came back."})
        return self.env(su=True)['returns.follow.up'].search([
            ('request_ids', 'in', payout.request_ids.ids), ('kind', '=', 'payout')])

    @cached_property
    def unsent(self):
        """A mail that failed."""
        record = self.review
        return self.env(su=True)['returns.follow.up']._note_failure('mail', record, "No.")

    @cached_property
    def to_fetch(self):
        request = self._submit()
        request.sudo().shipping_method = 'pickup'
        request.with_user(self.voter).action_approve()
        return request

    @cached_property
    def fetched(self):
        request = self._submit()
        request.sudo().shipping_method = 'pickup'
        request.with_user(self.voter).action_approve()
        request.sudo().action_pick_up()
        return request

    @cached_property
    def paused(self):
        request = self._submit()
        request.action_pause('customer')
        return request

    @cached_property
    def inspection(self):
        inspection = self._receive().sudo().inspection_ids
        inspection.write({'disposition_id': self.case.restock.id, 'grade': 'a'})
        return inspection

    @cached_property
    def released(self):
        """Goods in quarantine that are to be restocked."""
        request = self._receive()
        inspection = self.case._inspect(request, self.env.ref('returns_management.disposition_quarantine'))
        inspection.disposition_id = self.case.restock
        return inspection

    @cached_property
    def refurbished(self):
        return self.case._inspect(self._receive(), self.env.ref('returns_management.disposition_refurbish'))

    @cached_property
    def destruction(self):
        record = self.case._inspect(self._receive(), self.case.scrap).sudo().destruction_id
        record.write({
            'method': 'crushed', 'user_id': self.case.inspector.id, 'witness_id': self.case.chair.partner_id.id,
            'date_destroyed': '2025-01-01'})
        return record

    @cached_property
    def strange(self):
        """Goods of a lot that never went to their customer."""
        inspection = self._receive().sudo().inspection_ids
        inspection._write({'is_strange_lot': True})
        return inspection

    @cached_property
    def accepted(self):
        request = self._receive()
        self.case._inspect(request)
        return request

    @cached_property
    def done(self):
        request = self._receive()
        self.case._inspect(request)
        self.case._settle(request)
        return request.sudo()

    def _credit(self):
        """:return: a return whose goods were paid in cash, with its posted credit note"""
        order = self._sell()
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create(
                {'journal_id': self.case.cash.id})._create_payments()
        request = self.case._file(order, 2.0, user=self.agent)
        self.case.group_sales.member_ids = self.voter
        request.action_submit()
        request.with_user(self.voter).action_approve()
        self.case._receive(request)
        self.case._inspect(request)
        self.case._settle(request)
        return request.sudo()

    @cached_property
    def credited(self):
        return self._credit()

    @cached_property
    def proposed(self):
        return self.env(su=True)['returns.payout']._propose(self._credit().refund_ids)

    @cached_property
    def to_check(self):
        payout = self.env(su=True)['returns.payout']._propose(self._credit().refund_ids)
        payout.write({'method': 'manual', 'payee_note': "Alipay 138", 'check_note': "Called back."})
        return payout

    @cached_property
    def sent(self):
        request = self._credit()
        request.action_pay_out()
        request.payout_ids.evidence_ids = [Command.create({'name': "receipt.jpg", 'raw': b"signed"})]
        return request.payout_ids

    @cached_property
    def unknown(self):
        payout = self.env(su=True)['returns.payout']._propose(self._credit().refund_ids)
        payout.state = 'unknown'
        return payout

    @cached_property
    def complaint(self):
        return self.env['returns.discrepancy'].create({
            'request_id': self.review.id, 'kind': 'complaint', 'cause': "Our mistake.", 'solution': "A discount."})

    def _count(self, pieces):
        """:return: the case about a parcel that announced two pieces, with so many in it"""
        request = self._submit()
        request.with_user(self.voter).action_approve()
        picking = request.sudo().picking_ids
        picking.returns_is_all = True
        picking.move_ids.write({'quantity': pieces, 'picked': True})
        picking.with_context(skip_backorder=True, picking_ids_not_to_backorder=picking.ids).button_validate()
        return request.sudo().discrepancy_ids

    @cached_property
    def missing(self):
        return self._count(1.0)

    @cached_property
    def surplus(self):
        case = self._count(3.0)
        case.answer = 'accept'
        return case

    @cached_property
    def question(self):
        return self._count(3.0)

    @cached_property
    def awaited(self):
        """A surplus that a return awaits."""
        case = self._count(3.0)
        case.wanted_line_ids = self.approved.line_ids
        return case

    @cached_property
    def silent(self):
        return self.env['returns.discrepancy'].create({'request_id': self.approved.id, 'kind': 'silent'})


#: model: {method: (what it is called on, its arguments)}; of a wizard, the values it is filled in with. Where a callable
#: stands for a value, it is called with the side.
CALLS = {
    'returns.request': {
        'action_submit': (lambda side: side.draft,),
        'action_cancel': (lambda side: side.review,),
        'action_draft': (lambda side: side.rejected,),
        'action_approve': (lambda side: side.review,),
        'action_reject': (lambda side: side.review, "No."),
        'action_abstain': (lambda side: side.review,),
        'action_lower': (lambda side: side.review, lambda side: {side.review.line_ids.id: 1.0}, "One is enough."),
        'action_pause': (lambda side: side.review, 'customer'),
        'action_ask_customer': (lambda side: side.review, "Is the seal broken?"),
        'action_resume': (lambda side: side.paused,),
        'action_pick_up': (lambda side: side.to_fetch,),
        'action_undo_pick_up': (lambda side: side.fetched,),
        'action_receive': (lambda side: side.approved,),
        'action_close_short': (lambda side: side.approved, "It does not come."),
        'action_inspect_on_site': (lambda side: side.approved,),
        'action_settle': (lambda side: side.accepted,),
        'action_pay_out': (lambda side: side.credited,),
        'action_check_ledger': (lambda side: side.done,),
        'action_view_mismatches': (lambda side: side.done,),
        'action_view_follow_ups': (lambda side: side.done,),
        'action_view_sale_orders': (lambda side: side.done,),
        'action_view_pickings': (lambda side: side.done,),
        'action_view_inspections': (lambda side: side.done,),
        'action_view_complaint': (lambda side: side.done,),
        'action_view_refunds': (lambda side: side.done,),
        'action_view_payouts': (lambda side: side.done,),
        'action_view_exchanges': (lambda side: side.done,),
        'action_view_exchange_orders': (lambda side: side.done,),
        'message_post': (lambda side: side.review, {'body': "Where is it?"}),
    },
    'returns.mismatch': {
        'action_check': (lambda side: side.mismatch,),
    },
    'returns.follow.up': {
        'action_retry': (lambda side: side.follow_up,),
        'action_finish': (lambda side: side.unsent,),
        'action_open': (lambda side: side.follow_up,),
    },
    'returns.request.line': {
        'action_override': (lambda side: side.review.line_ids, 'exception', "Known for years."),
        'action_dispute': (lambda side: side.rejected.line_ids, "It was sealed."),
        'action_set_price': (lambda side: side.unsold.line_ids, 5.0, "Receipt"),
        'action_choose_delivery': (
            lambda side: side.approved.line_ids, lambda side: side.order.picking_ids.move_ids.filtered(
                lambda move: move._returns_is_delivery())[:1].id),
        'action_close_kept': (lambda side: side.review.line_ids, "It works now."),
    },
    'returns.step': {
        'action_approve': (lambda side: side.review.step_ids,),
        'action_reject': (lambda side: side.review.step_ids, "No."),
        'action_abstain': (lambda side: side.review.step_ids,),
        'action_open_request': (lambda side: side.review.step_ids,),
        'action_reassign': (lambda side: side.review.step_ids,),
    },
    'returns.inspection': {
        'action_done': (lambda side: side.inspection,),
        'action_done_next': (lambda side: side.inspection,),
        'action_dispose': (lambda side: side.released,),
        'action_split': (lambda side: side.inspection, 1.0),
        'action_release_lot': (lambda side: side.strange, "The receipt was seen."),
        'action_inspect_again': (lambda side: side.refurbished,),
    },
    'returns.payout': {
        'action_check_payee': (lambda side: side.to_check,),
        'action_carry_out': (lambda side: side.proposed,),
        'action_confirm_paid': (lambda side: side.sent,),
        'action_cancel': (lambda side: side.sent,),
        'action_not_paid': (lambda side: side.unknown,),
        'action_view_payment': (lambda side: side.sent,),
    },
    'returns.destruction': {'action_done': (lambda side: side.destruction,)},
    'returns.discrepancy': {
        'action_close': (lambda side: side.complaint,),
        'action_close_short': (lambda side: side.missing, "Weighed."),
        'action_waive': (lambda side: side.missing, "Believed."),
        'action_await': (lambda side: side.missing, "A second parcel."),
        'action_accept': (lambda side: side.question,),
        'action_answer': (lambda side: side.question, 'proof', "Look."),
        'action_send_back': (lambda side: side.surplus, "Theirs."),
        'action_keep': (lambda side: side.surplus, "Ours."),
        'action_scrap': (lambda side: side.surplus, "Rotten."),
        'action_make_return': (lambda side: side.surplus,),
        'action_tie': (lambda side: side.awaited,),
        'action_lost': (lambda side: side.silent, "The carrier says so."),
        'message_post': (lambda side: side.complaint, {'body': "Where is it?"}),
    },
    'returns.policy': {
        'action_publish': (lambda side: side.case.policy_draft,),
        'action_new_version': (lambda side: side.case.policy,),
    },
    'returns.report': {
        'action_open_request': (lambda side: side.env['returns.report'].browse(side.done.line_ids.ids),)},
    'sale.order': {
        'action_create_return': (lambda side: side.order,),
        'action_view_returns': (lambda side: side.done.sale_order_ids,),
    },
    'stock.picking': {'action_view_returns_request': (lambda side: side.done.picking_ids,)},
    'account.move': {'action_view_returns_requests': (lambda side: side.done.refund_ids,)},
    'returns.decide': {'action_decide': {
        'request_ids': lambda side: [[6, 0, side.review.ids]], 'verdict': 'approve'}},
    'returns.close.short': {'action_close_short': {
        'request_ids': lambda side: [[6, 0, side.approved.ids]], 'comment': "It does not come."}},
    'returns.choose.delivery': {'action_choose': {
        'line_id': lambda side: side.approved.line_ids.id,
        'delivery_move_id': lambda side: side.order.picking_ids.move_ids.filtered(
            lambda move: move._returns_is_delivery())[:1].id}},
    'returns.close.kept': {'action_close': {
        'line_ids': lambda side: [[6, 0, side.review.line_ids.ids]], 'comment': "It works now."}},
    'returns.pause.wizard': {'action_pause': {
        'request_ids': lambda side: [[6, 0, side.review.ids]], 'reason': 'carrier'}},
    'returns.way.back': {'action_save': {
        'request_id': lambda side: side.approved.id, 'freight_amount': 7.5}},
    'returns.dispute': {'action_dispute': {
        'line_ids': lambda side: [[6, 0, side.rejected.line_ids.ids]], 'comment': "It was sealed."}},
    'returns.override': {'action_override': {
        'line_ids': lambda side: [[6, 0, side.review.line_ids.ids]], 'status': 'exception', 'comment': "Known for years."}},
    'returns.price': {'action_set_price': {
        'line_id': lambda side: side.unsold.line_ids.id, 'price': 5.0, 'basis': "Receipt"}},
    'returns.release.lot': {'action_release': {
        'inspection_ids': lambda side: [[6, 0, side.strange.ids]], 'comment': "The receipt was seen."}},
    'returns.propose': {'action_add': {
        'request_id': lambda side: side.draft.id, 'order_ids': lambda side: [[6, 0, side.other_order.ids]]}},
    'returns.policy.replay': {'action_replay': {'policy_id': lambda side: side.case.policy.id}},
}

#: model: (a record, values to create another, values to write). None: whoever it is, only private code does that.
RECORDS = {
    'returns.request': (
        lambda side: side.draft, lambda side: {'partner_id': side.partner.id, 'user_id': side.agent.id},
        {'priority': '1'}),
    'returns.request.line': (
        lambda side: side.draft.line_ids,
        lambda side: {'request_id': side.draft.id, 'sale_line_id': side.order.order_line.id, 'quantity': 1.0},
        {'sequence': 3}),
    'returns.step': (lambda side: side.review.step_ids, None, None),
    'returns.decision': (lambda side: side.rejected.decision_ids, None, None),
    'returns.pause': (lambda side: side.paused.pause_ids, None, None),
    'returns.delegation': (
        lambda side: side.make('returns.delegation', **side.get_absence()), Side.get_absence, {'note': "Skiing"}),
    'returns.inspection': (lambda side: side.inspection, None, {'note': "Scratched."}),
    'returns.inspection.check': (lambda side: side.inspection.check_ids[:1], None, {'note': "Scratched."}),
    'returns.liability': (
        lambda side: side.make('returns.liability', **side.get_share()), lambda side: side.get_share(), {'note': "Both."}),
    'returns.discrepancy': (
        lambda side: side.complaint, lambda side: {'request_id': side.review.id, 'kind': 'silent'},
        {'outcome': "Another discount."}),
    'returns.destruction': (lambda side: side.destruction, None, {'note': "In the yard."}),
    'returns.settlement': (lambda side: side.done.settlement_ids, None, None),
    'returns.payout': (lambda side: side.proposed, None, {'check_note': "Called back."}),
    'returns.mismatch': (lambda side: side.mismatch, None, None),
    'returns.follow.up': (lambda side: side.follow_up, None, None),
    'returns.balance': (lambda side: side.done.line_ids.balance_id, None, None),
    'returns.report': (lambda side: side.env['returns.report'].browse(side.done.line_ids.ids), None, None),
    'returns.reason': (
        lambda side: side.make('returns.reason', name="Cheaper elsewhere", category='customer'),
        lambda side: {'name': "Dearer elsewhere", 'category': 'customer'}, {'name': "Elsewhere"}),
    'returns.link.request': (
        lambda side: side.make('returns.link.request', order_name="S00042", email='gustav@example.com'),
        lambda side: {'order_name': "S00042", 'email': 'gustav@example.com'}, {'email': 'else@example.com'}),
    'returns.link.count': (
        lambda side: side.make('returns.link.count', key=f'{id(side)} {next(side.years)}', hour='2026-01-01'),
        lambda side: {'key': 'y', 'hour': '2026-01-01'}, {'hits': 0}),
    'returns.root.cause': (
        lambda side: side.make('returns.root.cause', name="Glue"), lambda side: {'name': "Nails"}, {'name': "Screws"}),
    'returns.criterion': (
        lambda side: side.make_criterion(),
        lambda side: {'name': "Quiet?", 'aspect': 'function', 'is_required': False}, {'name': "Silent?"}),
    'returns.criterion.option': (
        lambda side: side.make_criterion().option_ids[:1],
        lambda side: {'criterion_id': side.make_criterion().id, 'name': "Humming"}, {'grade': 'c'}),
    'returns.disposition': (
        lambda side: side.make('returns.disposition', name="Museum", kind='quarantine'),
        lambda side: {'name': "Attic", 'kind': 'quarantine'}, {'name': "Cellar"}),
    'returns.policy': (
        lambda side: side.case.policy.copy(), lambda side: {'name': "Summer"}, {'name': "Winter"}),
    'returns.policy.rule': (
        lambda side: side.case.policy.copy().rule_ids,
        lambda side: {'name': "Boats", 'policy_id': side.case.policy_draft.id}, {'name': "Cars"}),
    'returns.approval.group': (
        lambda side: side.case.group_sales.copy({'active': False}),
        lambda side: {'name': "Legal", 'department': 'service', 'member_ids': [[6, 0, side.voter.ids]]},
        {'name': "Laws"}),
    'returns.approval.point': (
        lambda side: side.make_point(),
        lambda side: {'name': "Complete?", 'team_id': side.case.team.id}, {'is_required': False}),
    'returns.team': (
        lambda side: side.case.team.copy(), lambda side: {'name': "South", 'asked': 'never'}, {'name': "North"}),
    'returns.team.member': (
        lambda side: side.case.team.member_ids[0],
        lambda side: {'team_id': side.case.team.id, 'user_id': side.case.manager.id, 'department': 'sales'},
        {'department': 'sales'}),
    'returns.time.limit': (
        lambda side: side.case.limit, lambda side: {'stage': 'payout'}, {'limit_value': 9.0}),
    'returns.mail': (
        lambda side: side.case.env['returns.mail'].search([('company_id', '=', side.case.company.id)], limit=1),
        lambda side: {'event': 'done', 'company_id': side.case.company.id}, {'is_sent': False}),
    'returns.decide': (
        lambda side: side.make('returns.decide'), lambda side: {'verdict': 'approve'}, {'comment': "Fine."}),
    'returns.decide.line': (
        lambda side: side.make(
            'returns.decide.line', wizard_id=side.make('returns.decide').id, request_line_id=side.review.line_ids.id),
        lambda side: {'wizard_id': side.make('returns.decide').id, 'request_line_id': side.review.line_ids.id},
        {'quantity': 1.0}),
    'returns.decide.point': (
        lambda side: side.make(
            'returns.decide.point', wizard_id=side.make('returns.decide').id, point_id=side.make_point().id),
        lambda side: {'wizard_id': side.make('returns.decide').id, 'point_id': side.make_point().id},
        {'is_confirmed': True}),
    'returns.close.short': (
        lambda side: side.make('returns.close.short', comment="Lost."), lambda side: {'comment': "Lost."},
        {'comment': "Stolen."}),
    'returns.choose.delivery': (
        lambda side: side.make('returns.choose.delivery', line_id=side.approved.line_ids.id),
        lambda side: {'line_id': side.approved.line_ids.id},
        {'delivery_move_id': False}),
    'returns.close.kept': (
        lambda side: side.make('returns.close.kept', comment="Kept."), lambda side: {'comment': "Kept."},
        {'comment': "Loved."}),
    'returns.pause.wizard': (
        lambda side: side.make('returns.pause.wizard'), lambda side: {'reason': 'carrier'}, {'note': "A label."}),
    'returns.way.back': (
        lambda side: side.make('returns.way.back', request_id=side.draft.id),
        lambda side: {'request_id': side.draft.id}, {'carrier_name': "Stork"}),
    'returns.dispute': (
        lambda side: side.make('returns.dispute', comment="No."), lambda side: {'comment': "No."}, {'comment': "Yes."}),
    'returns.override': (
        lambda side: side.make('returns.override', comment="No."), lambda side: {'comment': "No."}, {'comment': "Yes."}),
    'returns.price': (
        lambda side: side.make('returns.price', line_id=side.unsold.line_ids.id),
        lambda side: {'line_id': side.unsold.line_ids.id}, {'basis': "Receipt"}),
    'returns.propose': (
        lambda side: side.make('returns.propose', request_id=side.draft.id),
        lambda side: {'request_id': side.draft.id}, {'reason_id': False}),
    'returns.release.lot': (
        lambda side: side.make('returns.release.lot', comment="Seen."), lambda side: {'comment': "Seen."},
        {'comment': "Heard."}),
    'returns.propose.line': (
        lambda side: side.make(
            'returns.propose.line', wizard_id=side.make('returns.propose', request_id=side.draft.id).id),
        lambda side: {'wizard_id': side.make('returns.propose', request_id=side.draft.id).id}, {'quantity': 2.0}),
    'returns.policy.replay': (
        lambda side: side.make('returns.policy.replay', policy_id=side.case.policy.id),
        lambda side: {'policy_id': side.case.policy.id}, {'date_from': '2026-01-01'}),
    'returns.policy.replay.line': (
        lambda side: side.make(
            'returns.policy.replay.line', request_line_id=side.done.line_ids.id,
            replay_id=side.make('returns.policy.replay', policy_id=side.case.policy.id).id),
        lambda side: {
            'request_line_id': side.done.line_ids.id,
            'replay_id': side.make('returns.policy.replay', policy_id=side.case.policy.id).id},
        {'note': "Why not?"}),
    'returns.policy.try': (
        lambda side: side.make('returns.policy.try', policy_id=side.case.policy.id, product_id=side.case.product.id),
        lambda side: {'policy_id': side.case.policy.id, 'product_id': side.case.product.id}, {'amount': 5.0}),
}

#: what is written and deleted as a draft, and read by others once it is submitted
SUBMITTED = {'returns.request': lambda side: side.review, 'returns.request.line': lambda side: side.review.line_ids}


def read_table():
    """:return: {model: {'records' or method: {role: cell}}} of docs/roles.md"""
    table, model, roles = {}, None, ()
    for text in TABLE.read_text(encoding='utf-8').splitlines():
        if text.startswith('#'):
            found = re.search(r'`([a-z_.]+)`', text)
            model, roles = found and found[1], ()
        elif text.startswith('|') and not text.startswith('|--'):
            first, *cells = (cell.strip() for cell in text.strip('|').split('|'))
            if not first:
                roles = cells
            elif name := re.search(r'`([a-z_.]+)`', first):
                key = (model, name[1]) if model else (name[1], 'records')
                assert key[1] not in table.get(key[0], {}), f"{key} stands twice in {TABLE.name}"
                table.setdefault(key[0], {})[key[1]] = dict(zip(roles, cells, strict=True))
    return table


def is_ours(cls):
    return cls.__module__.startswith('odoo.addons.returns_management.')


def makes(cls, model):
    """Whether ``cls`` is what the model is made of, and not an extension of one that was there."""
    return is_ours(cls) and vars(cls).get('_name') == model and model not in vars(cls).get('_inherit', ())


def get_our_models(env):
    """:return: names of the models that are ours, mixins left out"""
    return sorted(name for name, Model in env.registry.items()
                  if not Model._abstract and any(makes(cls, name) for cls in Model.mro()))


def get_our_methods(env, model):
    """:return: names of what our classes define on ``model`` and a program could try to call"""
    return {name for cls in type(env[model]).mro() if is_ours(cls)
            for name, value in vars(cls).items() if inspect.isroutine(value) and not name.startswith('__')}


def get_public_methods(env):
    """:return: {model: names of the methods of ours that anybody may call by RPC}; what Odoo has on every model, or had on
        a model of its own, keeps the rights of the records
    """
    methods = {}
    for model in env.registry:
        Model = type(env[model])
        known = set(dir(models.BaseModel))
        if not any(makes(cls, model) for cls in Model.mro()):
            known.update(name for cls in Model.mro() if not is_ours(cls) for name in vars(cls))
        names = sorted(name for name in get_our_methods(env, model) - known
                       if not name.startswith('_') and not is_private(Model, name))
        if names and not Model._abstract:
            methods[model] = names
    return methods


def is_private(Model, name):
    return name.startswith('_') or any(
        getattr(vars(cls).get(name), '_api_private', False) for cls in Model.mro())


class RoleCommon(RpcCommon):
    """Two sides of everything: one that is each role's own, as far as it has any, and one that is not."""

    def setUp(self):
        super().setUp()
        self.own = Side(self, self.agent, self.customer, self.voter_sales)
        self.foreign = Side(self, self.other_agent, self.other_customer, self.voter_quality)
        self.policy_draft = self.policy.copy()
        self.env['returns.time.limit'].search([]).unlink()
        self.limit = self.env['returns.time.limit'].create({'stage': 'answer'})
        self.cash = self.env['account.journal'].create({'name': "Cash", 'code': 'RCS', 'type': 'cash'})

    def _get_user(self, role):
        """:return: who stands for ``role``; what is personal on their own side is theirs from now on"""
        user = getattr(self, ROLES[role])
        self.own.user = self.employee if user.share else user  # customers are never absent and fill in no dialog
        return user

    def _is_allowed(self, user, model, method, *args, **kwargs):
        """Try it by RPC, and take it back.

        :return: whether ``user`` may; what else stands in the way than who they are is an error
        """
        try:
            with contextlib.closing(self.env.cr.savepoint()), mute_logger('odoo.addons.base.models.ir_rule'):
                self._rpc(user, model, method, *args, **kwargs)
        except AccessError:
            return False
        except UserError as error:
            if re.search(REFUSED, str(error)):
                return False
            raise
        return True


@tagged('post_install', '-at_install')
class TestRoleTable(RoleCommon):
    """What docs/roles.md tells administrators is what programs of these people get, no less and no more."""

    def _compare(self, key, try_side):
        """Measure a row and hold it against the table.

        :param key: (model, 'records' or method)
        :param try_side: (key, user, side) -> one letter for each thing that is allowed
        :return: the row as it should stand in the table, or nothing where it does
        """
        cells = {}
        for role in ROLES:
            user = self._get_user(role)
            own, foreign = (try_side(key, user, side) for side in (self.own, self.foreign))
            self.assertLessEqual(set(foreign), set(own), f"{role}, {key}: more of others' records than of their own")
            mine = ''.join(letter for letter in own if letter not in foreign)
            cell = ', '.join(filter(None, (foreign, mine and f"{mine} own"))) or "–"
            cells[role] = SHORT.get(cell, cell)
        if cells == self.table.get(key[0], {}).get(key[1]):
            return ""
        return f"{key[0]}: | `{key[0] if key[1] == 'records' else key[1]}` | {' | '.join(cells.values())} |"

    def _report(self, found, rows, names):
        """:raise AssertionError: rows are missing in the table, wrong, or about nothing; it names them as they should be"""
        wrong, gone = "\n".join(filter(None, found)), sorted(rows - names)
        self.assertFalse(wrong or gone, f"{TABLE.name} should say:\n{wrong}\nand no more:\n{gone}")

    def test_records(self):
        self.table = read_table()
        names = get_our_models(self.env)
        self.assertEqual(names, sorted(RECORDS), "say here how each model is tried")

        def try_side(key, user, side):
            model, _records = key
            record, vals, change = RECORDS[model]
            records = record(side).sudo()
            readable = SUBMITTED.get(model, lambda side: records)(side)
            if change is None:
                field = next(field for field in records._fields.values() if field.store and field.name != 'id')
                change = {field.name: False}
            return ''.join(letter for letter, (method, *args) in {
                'c': ('create', [vals(side) if vals else {}]),
                'r': ('read', readable.ids, ['id']),
                'w': ('write', records.ids, change),
                'd': ('unlink', records.ids),
            }.items() if self._is_allowed(user, model, method, *args))

        found = [self._compare((model, 'records'), try_side) for model in names]
        self._report(found, {model for model, rows in self.table.items() if 'records' in rows}, set(names))

    def test_steps(self):
        self.table = read_table()
        public = get_public_methods(self.env)
        self.assertEqual(
            public, {model: sorted(calls) for model, calls in CALLS.items()}, "say here how each method is tried")

        def fill(value, side):
            return value(side) if callable(value) else value

        def try_side(key, user, side):
            model, method = key
            call = CALLS[model][method]
            if isinstance(call, dict):
                vals = {name: fill(value, side) for name, value in call.items()}
                wizard = self.env(user=user, su=True)[model].create(vals)
                allowed = (self._is_allowed(user, model, 'create', [vals])
                           and self._is_allowed(user, model, method, wizard.ids))
            else:
                records, *args = (fill(value, side) for value in call)
                keywords = args.pop() if args and isinstance(args[-1], dict) else {}
                allowed = self._is_allowed(user, model, method, records.ids, *args, **keywords)
            return 'y' if allowed else ''

        found = [self._compare((model, method), try_side) for model, names in public.items() for method in names]
        self._report(
            found, {(model, name) for model, rows in self.table.items() for name in rows if name != 'records'},
            {(model, name) for model, names in public.items() for name in names})


@tagged('post_install', '-at_install')
class TestRoleAttacks(RoleCommon):
    """What nobody gets, whatever their role."""

    def _get_record(self, model, side):
        """:return: a record of ``model`` of that side, in superuser mode"""
        record, _vals, _change = RECORDS[model]
        return SUBMITTED.get(model, record)(side).sudo()

    def test_nobody_writes_what_the_flow_writes(self):
        for role in ROLES:
            user = self._get_user(role)
            for model in get_our_models(self.env):
                if not hasattr(self.env[model], '_get_flow_fields'):
                    continue
                ids = self._get_record(model, self.own).ids
                for name in self.env[model]._get_flow_fields():
                    with self.subTest(role=role, model=model, field=name):
                        self.assertFalse(self._is_allowed(user, model, 'write', ids, {name: False}))
                        self.assertFalse(self._is_allowed(user, model, 'create', [{name: False}]))

    def test_nobody_calls_private_methods(self):
        for model in self.env.registry:
            for name in get_our_methods(self.env, model):
                if is_private(type(self.env[model]), name):
                    with self.subTest(model=model, method=name):
                        self.assertFalse(self._is_allowed(self.manager, model, name))

    def test_nobody_finds_what_is_not_theirs_to_read(self):
        """By search, count, groups and export as little as by reading it."""
        models_of_returns = [model for model in get_our_models(self.env) if not self.env[model]._transient]
        for role in ROLES:
            user = self._get_user(role)
            for model in models_of_returns:
                foreign = self._get_record(model, self.foreign)
                if self._is_allowed(user, model, 'read', foreign.ids, ['id']):
                    continue
                domain = [('id', 'in', foreign.ids)]
                with self.subTest(role=role, model=model):
                    self.assertFalse(self._is_allowed(user, model, 'export_data', foreign.ids, ['display_name']))
                    for method, *args in (
                            ('search', domain), ('search_count', domain), ('search_read', domain, ['id']),
                            ('name_search', '', domain)):
                        with contextlib.suppress(AccessError):
                            self.assertFalse(self._rpc(user, model, method, *args), method)
                    with contextlib.suppress(AccessError):
                        group, = self._rpc(user, model, 'formatted_read_group', domain, [], ['__count'])
                        self.assertFalse(group['__count'])
