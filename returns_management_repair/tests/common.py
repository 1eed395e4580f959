# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import new_test_user

from odoo.addons.returns_management.tests.rpc import RpcCommon


class RepairCommon(RpcCommon):
    """A workshop beside the rest; the policy offers repairs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._open_workshop()

    @classmethod
    def _open_workshop(cls):
        cls.repair = cls.env.ref('returns_management.disposition_repair')
        cls.quarantine = cls.env.ref('returns_management.disposition_quarantine')
        cls.defect = cls.env.ref('returns_management.reason_quality_defect')
        cls.env['returns.policy.rule'].search([]).allow_repair = True
        cls.mechanic = new_test_user(
            cls.env, login='test_returns_mechanic', groups='stock.group_stock_user', company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)])

    def _to_repair(self, order=None, quantity=2.0, resolution='repair', **line_values):
        """A return whose goods wait for the mechanic."""
        line_values.setdefault('reason_id', self.defect.id)
        request = self._approve(order or self._sell(), quantity, resolution=resolution, **line_values)
        self._receive(request)
        self._inspect(request, self.repair)
        return request

    def _get_repairs(self, request):
        return self.env['repair.order'].with_user(self.mechanic).search(
            [('returns_request_id', '=', request.id)], order='id')

    def _repair(self, request):
        """Start and end what waits."""
        repairs = self._get_repairs(request).filtered(lambda repair: repair.state not in ('done', 'cancel'))
        for repair in repairs:
            self.assertTrue(repair.action_validate() is True, "the goods are where the repair looks for them")
        repairs.action_repair_start()
        repairs.action_repair_end()
        return repairs

    def _send_back(self, request):
        """Ship what goes back to the customer."""
        pickings = request.sudo().inspection_ids.disposal_move_ids.picking_id.filtered(
            lambda picking: picking.state not in ('done', 'cancel'))
        for picking in pickings:
            self._validate(picking.with_user(self.inspector))
        return pickings
