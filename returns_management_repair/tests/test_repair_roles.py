# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import tagged

from odoo.addons.returns_management.tests.bridge_roles import BridgeRoles

from .common import RepairCommon


@tagged('post_install', '-at_install')
class TestRepairRoles(RepairCommon, BridgeRoles):
    """The README's table is what programs of these people get."""

    bridge = 'returns_management_repair'
    roles = {
        'Customer': 'portal', 'Employee': 'employee', 'Agent': 'agent', 'Agent: all': 'agent_all', 'Inspector': 'inspector',
        'Accountant': 'accountant', 'Manager': 'manager', 'Stock user': 'stocker'}

    def setUp(self):
        super().setUp()
        self.request, self.failed, self.decided = self._to_repair(), self._to_repair(), self._to_repair()
        (self._get_repairs(self.failed) | self._get_repairs(self.decided)).sudo().action_repair_cancel()
        self.decided.line_ids.with_user(self.agent).action_decide_repair('refund')

    def get_calls(self):
        return {
            ('returns.request', 'action_view_repairs'): (self.request,),
            ('repair.order', 'action_view_returns_request'): (self._get_repairs(self.request),),
            ('repair.order', 'action_returns_cannot_repair'): (self._get_repairs(self.request), "Burnt out"),
            ('returns.request.line', 'action_decide_repair'): (self.failed.line_ids, 'refund'),
            ('returns.request', 'action_undo_repair_decision'): (self.decided,),
            ('returns.repair.decide', 'action_decide'): (
                lambda user: self.env['returns.repair.decide'].with_user(user).sudo().create({
                    'line_ids': [Command.set(self.failed.line_ids.ids)], 'outcome': 'back'}),),
            ('returns.repair.fail', 'action_confirm'): (
                lambda user: self.env['returns.repair.fail'].with_user(user).sudo().create({
                    'repair_id': self._get_repairs(self.request).id, 'reason': "Burnt out"}),),
        }

    def get_records(self):
        return {
            'returns.repair.decide': (
                lambda user: self.env['returns.repair.decide'].with_user(user).sudo().create({}), {}, {'comment': "x"}),
            'returns.repair.fail': (
                lambda user: self.env['returns.repair.fail'].with_user(user).sudo().create({
                    'repair_id': self._get_repairs(self.request).id, 'reason': "x"}),
                {'repair_id': self._get_repairs(self.request).id, 'reason': "x"}, {'reason': "y"}),
        }

    def test_table(self):
        self._check_table()
