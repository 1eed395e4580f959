# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import VendorCommon

MONDAY = datetime(2026, 3, 9, 8, 0)  # UTC
DAY = timedelta(days=1)


@tagged('post_install', '-at_install')
class TestVendorClock(VendorCommon):
    """From being asked until it answers, a vendor has a deadline, and somebody is told when it is missed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.frozen = freeze_time(MONDAY)
        cls.clock = cls.frozen.start()
        cls.addClassCleanup(cls.frozen.stop)
        cls.limit = cls.env['returns.time.limit'].search([('company_id', '=', cls.company.id), ('stage', '=', 'vendor')])
        cls.limit.write({'limit_value': 48.0, 'limit_unit': 'hours'})

    def setUp(self):
        super().setUp()
        self._move_to(0)
        self._buy()

    def _move_to(self, days):
        self.clock.move_to(MONDAY + days * DAY)
        self.env.invalidate_all()

    def _tell(self, claim):
        Line = self.env['returns.vendor.claim.line']
        work = self.env['returns.step']._get_clock_work()
        self.assertIn('returns.vendor.claim.line', [model._name for model, *_rest in work])
        (Line.search(Line._get_untold_domain()) & claim.line_ids)._tell_late()
        return claim.activity_ids

    def test_late_vendor_is_told_to_the_buyer_once(self):
        claim = self._get_claim(self._to_vendor())
        self.assertFalse(claim.date_due, "nobody was asked yet")
        claim.with_user(self.buyer).action_ask()
        self.assertEqual(claim.date_due, MONDAY + 2 * DAY)
        self._move_to(1)
        self.assertFalse(claim.is_late or self._tell(claim))
        self._move_to(3)
        self.assertTrue(claim.is_late)
        self.assertIn(claim, claim.search([('is_late', '=', True)]))
        told = self._tell(claim)
        self.assertEqual((told.user_id, told.summary), (self.buyer, "Vendor has not answered"))
        self.assertEqual(self._tell(claim), told)
        claim.with_user(self.buyer).action_accept()
        self.assertFalse(claim.activity_ids or claim.is_late)

    def test_owner_of_the_limit_comes_first(self):
        self.limit.user_id = self.manager
        claim = self._get_claim(self._to_vendor())
        claim.with_user(self.buyer).action_ask()
        self._move_to(3)
        self.assertEqual(self._tell(claim).user_id, self.manager)

    def test_goods_on_their_way_start_it_too(self):
        claim = self._get_claim(self._to_vendor())
        self._move_to(1)
        self._ship(claim)
        self.assertEqual(claim.date_due, MONDAY + 3 * DAY)

    def test_pause_of_the_return_moves_it(self):
        request = self._to_vendor()
        claim = self._get_claim(request)
        claim.with_user(self.buyer).action_ask()
        self._move_to(1)
        request.action_pause('other', "A strike")
        self._move_to(4)
        self.assertFalse(claim.is_late, "the clocks stand")
        self.assertNotIn(claim, claim.search([('is_late', '=', True)]))
        self.assertFalse(self._tell(claim))
        request.action_resume()
        self.env.invalidate_all()
        self.assertEqual(claim.date_due, MONDAY + 5 * DAY)

    def test_vendor_answers_later(self):
        claim = self._get_claim(self._to_vendor())
        with self.assertRaisesRegex(UserError, "nothing is asked"):
            claim.with_user(self.buyer).action_wait('2026-03-20', "By phone")
        claim.with_user(self.buyer).action_ask()
        self._move_to(3)
        self._tell(claim)
        claim.with_user(self.buyer).action_wait('2026-03-20', "By phone")
        self.assertFalse(claim.is_late or claim.activity_ids)
        self.assertEqual(claim.date_due.date().isoformat(), '2026-03-20')
        for day in ('2026-03-01', '2036-01-01', "soon", None, 7, {'a': 1}):
            with self.assertRaisesRegex(UserError, "Choose a day"):
                claim.with_user(self.buyer).action_wait(day, "By phone")
        self._move_to(13)
        self.assertEqual(len(self._tell(claim)), 1, "and told about anew")
