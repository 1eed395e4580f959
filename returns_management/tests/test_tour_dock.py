# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, tagged

from .test_dock import DockCommon


class DockInTheBrowser(DockCommon, HttpCase):

    def _open(self, tour):
        self.stocker.password = self.stocker.login
        self.start_tour('/odoo/returns-dock', tour, login=self.stocker.login)
        self.env.invalidate_all()

    def _prepare(self):
        self.product.write({'default_code': 'KTL-7', 'weight': 2.0})
        self.product_ordered.default_code = 'TST-1'
        request = self._approve(self._sell((self.product, 5.0)), 3.0)
        request.sudo().tracking_ref = "1Z-DOCK-77"
        self._approve(self._sell((self.product, 2.0)))
        return request

    def _check_mismatch(self):
        request = self._prepare()
        picking = self._receipt(request)
        self._open('returns_dock_mismatch')
        cases = {case.kind: case for case in request.sudo().discrepancy_ids}
        self.assertEqual(set(cases), {'short', 'damaged', 'other_product'})
        self.assertEqual(cases['damaged'].photo_ids.mimetype, 'image/png')
        self.assertEqual((request.line_ids.quantity_received, request.line_ids.quantity_missing), (2.0, 1.0))
        self.assertEqual((picking.returns_weight, picking.returns_weight_expected, picking.returns_minutes),
                         (5.0, 6.0, 4.0))
        self.assertIn("The tape was cut.", "".join(request.message_ids.mapped('body')))


@tagged('post_install', '-at_install')
class TestDockInTheBrowser(DockInTheBrowser):
    """A parcel with a mismatch and damage, at a desk."""

    def test_parcel_with_a_mismatch(self):
        self._check_mismatch()

    def test_parcel_that_nobody_announced(self):
        self._prepare()
        self._open('returns_dock_unannounced')
        case = self.env['returns.discrepancy'].search([('kind', '=', 'unannounced')])
        self.assertEqual((case.partner_id, case.quantity), (self.other_customer, 2.0))


@tagged('post_install', '-at_install')
class TestDockOnATablet(DockInTheBrowser):
    browser_size = '820x1180'
    touch_enabled = True

    def test_parcel_with_a_mismatch(self):
        self._check_mismatch()
