# Part of returns_management. See LICENSE file for full copyright and licensing details.

from html import unescape

import lxml.html

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_criteria import CriteriaCommon


@tagged('post_install', '-at_install')
class TestInspectionReport(CriteriaCommon):
    """What was found, on paper."""

    def _render(self, records, user, name='inspection'):
        return self.env['ir.actions.report'].with_user(user)._render_qweb_html(
            f'returns_management.action_report_returns_{name}', records.ids)[0].decode()

    def _print(self, *args):
        return unescape(self._render(*args))

    def _inspect_all(self):
        self._ask_all()
        inspection = self._get_inspection()
        self._answer(inspection, '2', '1.25')
        check = inspection.check_ids[1]
        check.write({'note': "Drips at the <lid>", 'photo_ids': self._upload(check).ids})
        inspection.write({
            'grade': 'd', 'deviation_note': "Smells burnt", 'note': "Do not tell anybody", 'minutes': 7,
            'root_cause_id': self.env.ref('returns_management.root_cause_material').id, 'photo_ids': [
                Command.link(self._upload(inspection).id), Command.link(self._upload(inspection, name='two.png').id)],
            'liability_ids': [
                Command.create({'responsibility': 'customer', 'share': 25.0, 'note': "Boiled milk"}),
                Command.create({'responsibility': 'supplier', 'share': 75.0})]})
        inspection.action_done()
        return inspection

    def test_report_tells_what_was_found(self):
        inspection = self._inspect_all()
        page = self._print(inspection, self.inspector)
        for words in (inspection.request_id.name, self.customer.name, "Kettle", self.reason.name, "How does it look?",
                      "Used", "at best B", "1.25 bar", "from 1.5 bar to 3 bar", "failed", "Drips at the <lid>",
                      "Is the box whole?", "not answered", "D - Damaged", "C - Clear traces of use", "Smells burnt",
                      "Material defect", "Supplier", "75 %", "Boiled milk", "7 minutes", "Do not tell anybody",
                      self.inspector.name, self.restock.name):
            self.assertIn(words, page)
        tree = lxml.html.fromstring(self._render(inspection, self.inspector))
        pictures = tree.xpath("//div[contains(@class, 'o_returns_inspection_report')]//img/@src")
        self.assertEqual(len(pictures), 3)
        self.assertTrue(all(source.startswith('data:image/png;base64,') for source in pictures))
        self.assertFalse(tree.xpath("//lid"), "what people wrote is text")

    def test_report_of_a_return_holds_all_its_inspections(self):
        inspection = self._get_inspection()
        inspection.action_split(1.0)
        page = self._print(inspection.request_id, self.inspector, 'request_inspections')
        self.assertEqual(page.count('o_returns_inspection_report'), 2)
        draft = self._file(self._sell())
        self.assertIn("Nothing of this return has been inspected yet.",
                      self._print(draft, self.agent, 'request_inspections'))

    def test_report_is_for_our_own_people(self):
        inspection = self._inspect_all()
        inspection.request_id.sudo().partner_id = self.contact
        for user in (self.portal, self.other_portal, self.employee, self.other_agent):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                inspection.with_user(user)._prepare_inspection_report()
        self.assertTrue(inspection.with_user(self.voter_sales)._prepare_inspection_report())

    def test_photo_that_is_broken_is_named(self):
        inspection = self._get_inspection()
        photo = self._upload(inspection, name='broken.png')
        inspection.photo_ids = photo
        photo.sudo().raw = b'\x89PNG\r\n\x1a\nbroken'
        self.assertIn("broken.png", self._print(inspection, self.inspector))
