# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, tagged

from .test_criteria import CriteriaCommon


class InspectionInTheBrowser(CriteriaCommon, HttpCase):

    def _check_inspections(self):
        self._ask_all()
        self.leak.needs_photo = True
        self.inspector.password = self.inspector.login
        inspection = self._get_inspection(2.0)
        inspection.disposition_id = False
        inspection.action_split(1.0)
        other = inspection.request_id.sudo().inspection_ids - inspection.sudo()
        self.start_tour(f'/odoo/returns-inspections/{inspection.id}', 'returns_inspection', login=self.inspector.login)
        self.env.invalidate_all()
        self.assertEqual((inspection.state, inspection.grade, inspection.inspector_id), ('done', 'c', self.inspector))
        self.assertEqual(inspection.check_ids.mapped('value'), ['1', '1.2', 'yes'])
        self.assertEqual(inspection.check_ids[1].photo_ids.mapped('mimetype'), ['image/png'])
        self.assertEqual((other.state, other.grade, other.check_ids.mapped('value')), ('done', 'b', ['2', '2', False]))
        self.assertGreaterEqual(min(inspection.minutes, other.minutes), 1, "the time is measured")


@tagged('post_install', '-at_install')
class TestInspectionInTheBrowser(InspectionInTheBrowser):
    """At a desk."""

    def test_one_piece_after_the_other(self):
        self._check_inspections()


@tagged('post_install', '-at_install')
class TestInspectionOnATablet(InspectionInTheBrowser):
    browser_size = '820x1180'
    touch_enabled = True

    def test_one_piece_after_the_other(self):
        self._check_inspections()
