# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import AccessError
from odoo.tools import format_datetime


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _prepare_work_order(self):
        """All that was asked, said, decided, found and paid, as the work order prints it: plain values.

        :raise AccessError: a customer, or somebody who may not read the return
        """
        self.ensure_one()
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("The work order is for our own people."))
        self.check_access('read')
        names_documents = self.env['account.move'].has_access('read')
        request = self.sudo()
        return {
            'facts': request._prepare_work_order_facts(),
            'lines': [request._prepare_work_order_line(line) for line in request.line_ids],
            'steps': [request._prepare_work_order_step(step) for step in request.step_ids.filtered('date_opened')],
            'inspections': [
                request._prepare_work_order_inspection(inspection)
                for inspection in request.inspection_ids.filtered(lambda inspection: inspection.state == 'done')],
            'settlements': [{
                'product': settlement.request_line_id.product_id.display_name,
                'quantity': request._show_quantity(settlement.quantity, settlement.uom_id),
                'kind': request._get_choice(settlement, 'kind'), 'state': request._get_choice(settlement, 'state'),
                'amount': settlement.currency_id.format(settlement.amount) if settlement.amount else "",
                'document': settlement.refund_id.name if names_documents and settlement.refund_id else "",
                'date': request._show_time(settlement.date_done),
            } for settlement in request.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')],
        }

    def _prepare_work_order_facts(self):
        return [(label, value) for label, value in (
            (self.env._("Customer"), self.partner_id.display_name),
            (self.env._("Orders"), ", ".join(self.sale_order_ids.mapped('name'))),
            (self.env._("Status"), self._get_state_label()),
            (self.env._("Channel"), self._get_choice(self, 'channel')),
            (self.env._("Responsible"), self.user_id.name),
            (self.env._("Requested"), self._show_time(self.date_requested)),
            (self.env._("Submitted"), self._show_time(self.date_submitted)),
            (self.env._("Approved"), self._show_time(self.date_approved)),
            (self.env._("Received"), self._show_time(self.date_received)),
            (self.env._("Closed"), self._show_time(self.date_done)),
            (self.env._("Value"), self.currency_id.format(self.amount_requested)),
            (self.env._("Refunded"), self.currency_id.format(self.amount_refunded)),
            (self.env._("Customer's words"), self.customer_note),
        ) if value]

    def _prepare_work_order_line(self, line):
        return {
            'product': line.product_id.display_name, 'order': line.sale_order_id.name, 'lots': line.lot_note,
            'reason': line.reason_id.name, 'answer': line.reason_answer, 'resolution': self._get_choice(line, 'resolution'),
            'quantities': [self._show_quantity(line[name], line.uom_id) for name in (
                'quantity', 'quantity_approved', 'quantity_received', 'quantity_accepted', 'quantity_settled')],
            'verdict': self._get_choice(line, 'policy_status'), 'rule': line.rule_id.name,
            'trace': [test['text'] for test in (line.policy_trace or []) + (line.finding_trace or [])],
            'override': line.override_status and self.env._(
                "Overridden to %(status)s by %(who)s, %(when)s: %(why)s", status=self._get_choice(line, 'override_status'),
                who=line.override_user_id.name, when=self._show_time(line.override_date), why=line.override_note),
            'dispute': line.is_disputed and self.env._(
                "Disputed %(when)s: %(why)s", when=self._show_time(line.dispute_date), why=line.dispute_note),
            'rejection': line.rejection_note,
        }

    def _prepare_work_order_step(self, step):
        return {
            'name': step.display_name if step.phase != 'dispose' else f"{step.display_name} · {step.product_note}",
            'round': step.round, 'state': self._get_choice(step, 'state'),
            'deadline': self._show_time(step.deadline),
            'decisions': [{
                'who': decision.user_id.name, 'for': decision.on_behalf_of_id.name,
                'department': self._get_choice(decision, 'department'), 'verdict': self._get_choice(decision, 'verdict'),
                'date': self._show_time(decision.date), 'comment': decision.comment,
                'checklist': (decision.checklist_note or "").splitlines(),
            } for decision in step.decision_ids.sorted('id')],
        }

    def _prepare_work_order_inspection(self, inspection):
        return {
            'product': inspection.product_id.display_name, 'lot': inspection.lot_id.name,
            'quantity': self._show_quantity(inspection.quantity, inspection.uom_id),
            'accepted': self._show_quantity(inspection.quantity_accepted, inspection.uom_id),
            'grade': self._get_choice(inspection, 'grade'), 'cause': inspection.root_cause_id.name,
            'disposition': inspection.disposition_id.name, 'note': inspection.note,
            'who': inspection.inspector_id.name, 'date': self._show_time(inspection.date_done),
        }

    def _show_time(self, moment):
        return format_datetime(self.env, moment, dt_format='short') if moment else ""

    def _get_choice(self, record, name):
        """:return: the label of a selection's value"""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")
