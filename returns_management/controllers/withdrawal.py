# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import http
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.http import request

from .guest import GuestReturns

SHOWN_ORDERS = 20  # of an account, the newest


class Withdrawal(GuestReturns):
    """The withdrawal function of Art. 11a of EU Directive 2011/83: a button, a statement, its confirmation."""

    def _get_withdrawal_url(self, order_sudo, access_token, is_always=False):
        """:return: where the statement is made, or False where the button is not shown: to our own people, after the
            period, and where there is nothing left
        """
        if request.env.user._is_internal() or not (is_always or order_sudo._is_withdrawal_offered()):
            return False
        query = {'access_token': order_sudo._portal_ensure_token()} if access_token else {}
        return self._get_url(f'/returns/order/{order_sudo.id}/withdraw', query)

    # ------------------------------------------------------------------
    # The button
    # ------------------------------------------------------------------

    def _prepare_guest_order(self, order_sudo, access_token):
        return {
            **super()._prepare_guest_order(order_sudo, access_token),
            'withdrawal_url': self._get_withdrawal_url(order_sudo, access_token),
            'withdrawals': [
                request_sudo._prepare_customer_withdrawal() for request_sudo in order_sudo._get_withdrawals()],
        }

    def _get_page_view_values(self, document, access_token, values, *args, **kwargs):
        values = super()._get_page_view_values(document, access_token, values, *args, **kwargs)
        if document._name == 'sale.order':
            values['withdrawal_url'] = self._get_withdrawal_url(document, access_token)
        return values

    @http.route()
    def portal_my_returns(self, page=1, sortby=None, filterby=None, **kw):
        response = super().portal_my_returns(page=page, sortby=sortby, filterby=filterby, **kw)
        if response.is_qweb:
            response.qcontext['withdrawal_rows'] = self._prepare_withdrawal_rows()
        return response

    def _prepare_withdrawal_rows(self):
        """:return: the orders of the account that its owner may still withdraw from, with links"""
        orders = request.env['sale.order']
        if not orders.has_access('read'):
            return []
        orders_sudo = orders.search(
            Domain('partner_id', 'child_of', request.env.user.partner_id.commercial_partner_id.ids)
            & Domain('state', '=', 'sale'), order='date_order desc, id desc', limit=SHOWN_ORDERS).sudo()
        rows = [(order_sudo.name, self._get_withdrawal_url(order_sudo, None)) for order_sudo in orders_sudo.filtered(
            'company_id.returns_withdrawal')]
        return [{'order': name, 'url': url} for name, url in rows if url]

    # ------------------------------------------------------------------
    # The statement
    # ------------------------------------------------------------------

    @http.route(
        ['/returns/order/<int:order_id>/withdraw'], type='http', auth='public', website=True, sitemap=False,
        methods=['GET', 'POST'])
    def returns_withdraw(self, order_id, access_token=None, name='', email='', **kw):
        """The statement, and its confirmation. What is wrong is said on the page, with what was typed."""
        order_sudo = self._get_guest_order(order_id, access_token)
        if not (order_sudo and order_sudo._may_withdraw() and self._get_withdrawal_url(order_sudo, access_token, True)):
            return self._refuse_guest()
        if request.httprequest.method != 'POST':
            partner = order_sudo.partner_id
            return self._show_withdrawal(order_sudo, access_token, {
                'name': partner.name or '', 'email': partner.email_normalized or '', 'lines': None})
        line_ids = [int(number) for number in request.httprequest.form.getlist('line')
                    if number.isascii() and number.isdigit() and len(number) < 10]
        try:
            with request.env.cr.savepoint():
                order_sudo._withdraw_by_customer(line_ids, name, email)
        except UserError as error:
            order_sudo.invalidate_recordset()
            return self._show_withdrawal(order_sudo, access_token, {
                'error': error.args[0], 'name': name if isinstance(name, str) else '',
                'email': email if isinstance(email, str) else '', 'lines': line_ids})
        query = {'access_token': order_sudo._portal_ensure_token()} if access_token else {}
        return request.redirect(self._get_url(f'/returns/order/{order_sudo.id}', query) + '#returns_withdrawals')

    def _show_withdrawal(self, order_sudo, access_token, typed):
        query = {'access_token': order_sudo._portal_ensure_token()} if access_token else {}
        return request.render('returns_management.withdrawal_page', {
            'page_name': 'returns_guest', 'no_breadcrumbs': True, 'withdrawal': order_sudo._prepare_withdrawal_page(),
            'typed': typed, 'withdraw_url': self._get_url(f'/returns/order/{order_sudo.id}/withdraw', query),
            'back_url': self._get_url(f'/returns/order/{order_sudo.id}', query),
            'res_company': order_sudo.company_id,  # its logo
        })
