# Part of returns_management. See LICENSE file for full copyright and licensing details.

from base64 import b64encode

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .rpc import RpcCommon


@tagged('post_install', '-at_install')
class TestDestruction(RpcCommon):
    """Who destroyed scrapped goods, when, how, and who saw it: written down once and for all."""

    def _scrapped(self, disposition=None, quantity=2.0):
        request = self._approve(self._sell(), quantity)
        self._receive(request)
        inspection = self._inspect(request, disposition or self.scrap)
        self._settle(request)
        return request, inspection.sudo().destruction_id

    def _fill(self, record, **values):
        self._rpc(self.inspector, 'returns.destruction', 'write', record.ids, {
            'method': 'crushed', 'user_id': self.inspector.id, 'witness_id': self.chair.partner_id.id,
            'date_destroyed': '2025-01-02 10:00:00', **values})

    def _sign(self, record, user=None):
        return self._rpc(user or self.inspector, 'returns.destruction', 'action_done', record.ids)

    def test_scrap_asks_for_a_record_and_a_donation_does_not(self):
        request, record = self._scrapped()
        self.assertEqual((record.state, record.request_id, record.goods_note), ('open', request, "2 × Kettle"))
        self.assertEqual(request.state, 'done', "the return does not wait for it")
        donate = self.env['returns.disposition'].create({'name': "Donate", 'kind': 'scrap'})
        self.assertFalse(self._scrapped(donate)[1])

    def test_what_is_missing_is_named_before_it_is_signed(self):
        _request, record = self._scrapped()
        with self.assertRaisesRegex(UserError, "Destroyed By, Destroyed On, How, Witness"):
            self._sign(record)
        self._fill(record, method='contractor')
        with self.assertRaisesRegex(UserError, "Disposal Company"):
            self._sign(record)
        self._fill(record, method='other')
        with self.assertRaisesRegex(UserError, "Remarks"):
            self._sign(record)
        self._fill(record)
        self._sign(record)
        self.assertEqual(record.state, 'done')
        self._sign(record)  # again changes nothing

    def test_signed_it_reads_the_same_for_ever(self):
        _request, record = self._scrapped()
        self._fill(record)
        photo = self._rpc(self.inspector, 'ir.attachment', 'create', {
            'name': 'crushed.png', 'raw': 'x', 'res_model': 'returns.destruction', 'res_id': 0})
        self._rpc(self.inspector, 'returns.destruction', 'write', record.ids, {'file_ids': [[4, photo]]})
        self.assertEqual(record.file_ids.res_id, record.id)
        self._sign(record)
        for user in (self.inspector, self.manager):
            for vals in ({'note': "Later"}, {'witness_id': False}, {'state': 'open'}, {'file_ids': [[5]]}):
                with self.subTest(user=user.login, vals=vals), self.assertRaises(UserError):
                    self._rpc(user, 'returns.destruction', 'write', record.ids, vals)
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._rpc(user, 'ir.attachment', 'unlink', [photo])
            with self.subTest(user=user.login), self.assertRaises(UserError):
                self._rpc(user, 'ir.attachment', 'write', [photo], {'raw': 'y'})
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, 'returns.destruction', 'unlink', record.ids)

    def test_whoever_destroys_is_no_witness_and_nothing_is_destroyed_tomorrow(self):
        _request, record = self._scrapped()
        with self.assertRaisesRegex(ValidationError, "cannot be the witness"):
            self._fill(record, witness_id=self.inspector.partner_id.id)
        with self.assertRaisesRegex(ValidationError, "not when they will be"):
            self._fill(record, date_destroyed=fields.Datetime.add(fields.Datetime.now(), days=1))

    def test_others_sign_nothing(self):
        _request, record = self._scrapped()
        self._fill(record)
        for user in (self.agent_all, self.accountant, self.stocker, self.employee, self.portal):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._sign(record, user)

    def test_protocol(self):
        request, record = self._scrapped()
        pixel = b64encode(
            b'\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89'
            b'\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xdc\xccY\xe7\x00\x00\x00\x00IEND\xaeB`\x82')
        record.write({'file_ids': [Command.create({'name': 'crushed.png', 'datas': pixel})]})
        self._fill(record, note="Behind the hall")
        report = self.env['ir.actions.report'].with_user(self.inspector)
        page = report._render_qweb_html('returns_management.report_returns_destruction', record.ids)[0].decode()
        for text in (record.name, request.name, "Crushed or shredded", "Behind the hall", "Kettle", "Not signed yet",
                     "crushed.png", self.inspector.name, self.chair.name, "data:image/png"):
            self.assertIn(text, page)
        self._sign(record)
        page = report._render_qweb_html('returns_management.report_returns_destruction', record.ids)[0].decode()
        self.assertNotIn("Not signed yet", page)
