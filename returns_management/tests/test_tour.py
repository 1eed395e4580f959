# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, tagged

from .common import ReturnsCommon


@tagged('post_install', '-at_install')
class TestRoadInTheBrowser(ReturnsCommon, HttpCase):
    """The main job, clicked through in a real browser by the people whose job it is."""

    def test_road_from_the_order_to_the_reconciled_invoice(self):
        for user in (self.agent, self.voter_sales, self.voter_quality, self.voter_finance, self.chair,
                     self.inspector, self.accountant):
            user.password = user.login
        self.team.write({'asked': 'always', 'quorum': 3})
        order = self._sell((self.product, 5.0, {'discount': 10.0}))
        invoice = order.invoice_ids
        on_shelf = self._on_hand(self.product, self.stock)

        self.start_tour(f'/odoo/sales/{order.id}', 'returns_road_agent', login=self.agent.login)
        request = order.returns_request_ids
        self.assertEqual((request.state, request.line_ids.quantity), ('review', 2.0))

        for voter in (self.voter_sales, self.voter_quality, self.voter_finance, self.chair):
            if request.state == 'review':
                self.start_tour('/odoo/action-returns_management.returns_step_action', 'returns_road_voter',
                                login=voter.login)
        self.assertEqual(request.state, 'approved')
        self.assertEqual(len(request.decision_ids), 4)

        form = f'/odoo/action-returns_management.returns_request_action/{request.id}'
        self.start_tour(form, 'returns_road_receiver', login=self.inspector.login)
        self.assertEqual((request.state, self._on_hand(self.product)), ('received', 2.0))

        self.start_tour(form, 'returns_road_inspector', login=self.inspector.login)
        self.assertEqual((request.state, self._on_hand(self.product)), ('settlement', 0.0))
        self.assertEqual(self._on_hand(self.product, self.stock), on_shelf + 2.0)

        self.start_tour(form, 'returns_road_accountant', login=self.accountant.login)
        note = request.refund_ids
        self.assertEqual((request.state, note.state), ('done', 'posted'))
        self.assertAlmostEqual(invoice.amount_residual, invoice.amount_total - note.amount_total, places=2)
        self.assertEqual(note.payment_state, 'paid')
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (3.0, 0.0))
