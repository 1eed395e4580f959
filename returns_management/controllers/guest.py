# Part of returns_management. See LICENSE file for full copyright and licensing details.

from urllib.parse import urlencode

from odoo import _, http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from .portal import MAX_ID, ReturnsPortal


class GuestReturns(ReturnsPortal):
    """Customers without an account: order number and email address give a link by mail, and the link lets them in to the
    returns of that order. Templates get plain values.
    """

    @http.route(['/returns'], type='http', auth='public', website=True, sitemap=True, methods=['GET', 'POST'])
    def returns_guest(self, order='', email='', subject='', **kw):
        """:param str order: the number of an order, as typed
        :param str subject: people do not see this field; who fills it in is none
        """
        if not request.env.company.sudo().returns_guest_page:
            raise request.not_found()
        if request.httprequest.method != 'POST':
            return self._show_guest_page()
        typed = {
            'order': order[:100] if isinstance(order, str) else '', 'email': email[:300] if isinstance(email, str) else ''}
        asked = True
        if not subject:
            asked = request.env['returns.link.request']._ask(order, email, request.httprequest.remote_addr)
        if asked is None:
            return self._show_guest_page(
                **typed, error=_("Enter the number of your order and the email address that you ordered with."))
        if not asked:
            return self._show_guest_page(
                **typed, status=429,
                error=_("There were too many requests. Wait an hour, then try again, or write to us."))
        return self._show_guest_page(is_sent=True)

    def _show_guest_page(self, status=200, **values):
        return request.render('returns_management.guest_page', {
            'page_name': 'returns_guest', 'order': '', 'email': '', 'error': '', 'is_sent': False,
            'no_breadcrumbs': True, **values}, status=status)

    # ------------------------------------------------------------------
    # One order
    # ------------------------------------------------------------------

    def _get_guest_order(self, order_id, access_token):
        """:return: the confirmed order, in superuser mode, if the visitor may see it; else None, whatever is wrong"""
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None
        if order_id > MAX_ID:
            return None
        try:
            order_sudo = self._document_check_access('sale.order', order_id, access_token=access_token)
        except (AccessError, MissingError):
            return None
        return order_sudo if order_sudo.state == 'sale' else None

    def _refuse_guest(self):
        """The same for a link that is out of date, somebody else's, or about no order at all."""
        return request.render('returns_management.guest_stale', {
            'page_name': 'returns_guest', 'no_breadcrumbs': True,
            'guest_url': '/returns' if request.env.company.sudo().returns_guest_page else False}, status=404)

    @http.route(['/returns/order/<int:order_id>'], type='http', auth='public', website=True, sitemap=False)
    def returns_guest_order(self, order_id, access_token=None, **kw):
        order_sudo = self._get_guest_order(order_id, access_token)
        if not order_sudo:
            return self._refuse_guest()
        return self._show_guest_order(order_sudo, access_token)

    def _show_guest_order(self, order_sudo, access_token):
        return request.render(
            'returns_management.guest_order', self._prepare_guest_order(order_sudo, access_token))

    def _prepare_guest_order(self, order_sudo, access_token):
        token = order_sudo._portal_ensure_token()
        has_token = bool(access_token) and isinstance(access_token, str)
        query = urlencode({'access_token': token}) if has_token else ''
        page = order_sudo._prepare_returns_order_page()
        ask_url = self._get_url('/my/returns/new', {
            'order_id': order_sudo.id, **({'access_token': token} if has_token else {})})
        return {
            'page_name': 'returns_guest', 'no_breadcrumbs': True, 'guest_order': page,
            'ask_url': ask_url if any(line['may_return'] for line in page['lines']) else False,
            'order_return_rows': self._prepare_order_returns(order_sudo, token if has_token else None),
            'order_url': self._get_url(f'/my/orders/{order_sudo.id}', {'access_token': token} if has_token else {}),
            'order_query': query,
            'res_company': order_sudo.company_id,  # its logo
        }
