# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import ReturnsCommon


class RpcCommon(ReturnsCommon):
    """Calls as a program makes them: through the gate that JSON-2, XML-RPC and the web client share."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        common = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.seller = new_test_user(
            cls.env, login='test_returns_seller', groups='sales_team.group_sale_salesman_all_leads', **common)
        cls.stocker = new_test_user(cls.env, login='test_returns_stocker', groups='stock.group_stock_user', **common)
        cls.invoicer = new_test_user(
            cls.env, login='test_returns_invoicer', groups='account.group_account_invoice', **common)
        cls.other_agent = new_test_user(
            cls.env, login='test_returns_other_agent', groups='returns_management.group_returns_agent', **common)
        cls.portal = new_test_user(
            cls.env, login='test_returns_portal', groups='base.group_portal', partner_id=cls.contact.id)
        cls.other_portal = new_test_user(
            cls.env, login='test_returns_other_portal', groups='base.group_portal', partner_id=cls.other_customer.id)

    def _rpc(self, user, model, method, *args, **kwargs):
        """:return: what ``model.method(*args, **kwargs)`` answers ``user``; ``context`` is a keyword as in RPC"""
        # a request starts from an environment of its own: no superuser, no context of ours
        env = self.env(user=user, su=False, context={})
        result = call_kw(env[model], method, list(args), kwargs)
        self.env.flush_all()
        self.env.invalidate_all()
        return result
