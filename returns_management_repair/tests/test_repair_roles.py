# Part of returns_management. See LICENSE file for full copyright and licensing details.

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
        self.request = self._to_repair()

    def get_calls(self):
        return {
            ('returns.request', 'action_view_repairs'): (self.request,),
            ('repair.order', 'action_view_returns_request'): (self._get_repairs(self.request),),
        }

    def test_table(self):
        self._check_table()
