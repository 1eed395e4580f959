# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo.tests import HttpCase, new_test_user, tagged

from odoo.addons.returns_management.tests.common import ReturnsCommon

from .common import CarrierMixin


@tagged('post_install', '-at_install')
class TestCarrierPortal(CarrierMixin, ReturnsCommon, HttpCase):
    """The customer downloads the label of their own return, and no other file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for login, partner in (('test_returns_label', cls.contact), ('test_returns_label_other', cls.other_customer)):
            new_test_user(cls.env, login=login, password=login, groups='base.group_portal', partner_id=partner.id)

    def setUp(self):
        super().setUp()
        self._teach()
        self.request = self._approve(self._sell())
        self.request.carrier_id = self.stork
        self.request.action_make_label()
        self.label = self.request.label_ids
        self.env.flush_all()

    def _get(self, url):
        return self.url_open(url, allow_redirects=False)

    def test_customer_gets_the_label(self):
        self.authenticate('test_returns_label', 'test_returns_label')
        page = self.url_open(f'/my/returns/{self.request.id}')
        url = f'/my/returns/{self.request.id}/label/{self.label.id}'
        self.assertIn(url, page.text)
        answer = self._get(url)
        self.assertEqual((answer.status_code, answer.content), (200, b"%PDF-1.4 label"))
        self.assertIn("attachment", answer.headers['Content-Disposition'])

    def test_link_of_the_mail_lets_in_without_an_account(self):
        token = self.request._portal_ensure_token()
        answer = self._get(f'/my/returns/{self.request.id}/label/{self.label.id}?access_token={token}')
        self.assertEqual(answer.content, b"%PDF-1.4 label")

    def test_nobody_gets_the_label_of_somebody_else(self):
        self.authenticate('test_returns_label_other', 'test_returns_label_other')
        for query in ('', '?access_token=guessed'):
            answer = self._get(f'/my/returns/{self.request.id}/label/{self.label.id}{query}')
            self.assertIn(answer.status_code, (302, 303))
            self.assertNotIn(b"label", answer.content[:20])

    def test_only_labels_are_handed_out(self):
        secret = self.env['ir.attachment'].create({
            'name': "LabelReturn-fixed-secret.pdf", 'raw': b"secret", 'res_model': 'returns.request',
            'res_id': self.request.id})
        foreign = self._approve(self._sell(partner=self.other_customer))
        foreign.carrier_id = self.stork
        foreign.action_make_label()
        self.env.flush_all()
        self.authenticate('test_returns_label', 'test_returns_label')
        for label in (secret.id, foreign.label_ids.id, 0, 2**31, 10**30):
            answer = self._get(f'/my/returns/{self.request.id}/label/{label}')
            self.assertIn(answer.status_code, (302, 303, 404))
            self.assertNotIn(b"secret", answer.content)
