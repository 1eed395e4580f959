# Part of returns_management. See LICENSE file for full copyright and licensing details.

from uuid import uuid4

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools import ask
from ..tools.uploads import read_uploads
from .portal import ReturnsPortal

#: Products on one page of the form.
PAGE = 40


class ReturnsAsk(ReturnsPortal):
    """Customers ask for a return: the form, and what they do with what they asked for until it is approved.

    Works without JavaScript; what is wrong is said on the page, with what they typed.
    """

    # ------------------------------------------------------------------
    # Who asks, and about what
    # ------------------------------------------------------------------

    def _get_asker(self, order_id, access_token):
        """:return: (the partner who asks, domain of the order lines that they may ask about, the order chosen or none,
            whether they are in by the order's link only); None for who may not ask
        """
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None
        user, order_sudo = request.env.user, request.env['sale.order'].sudo()
        if order_id:
            try:
                order_sudo = self._document_check_access('sale.order', order_id, access_token=access_token)
            except (AccessError, MissingError):
                return None
        entity = order_sudo.partner_id.commercial_partner_id or user.partner_id.commercial_partner_id
        if not user._is_public() and user.partner_id.commercial_partner_id == entity:
            partner, is_guest = user.partner_id, False
        elif order_sudo and access_token and not user._is_internal():
            partner, is_guest = order_sudo.partner_id, True
        else:  # nobody, or one of our own people, who file returns inside
            return None
        domain = request.env['sale.order.line']._get_returns_ask_domain(entity)
        if is_guest:
            domain &= Domain('order_id', '=', order_sudo.id)
        return partner, domain, order_sudo, is_guest

    def _refuse_asker(self, order_id):
        if request.env.user._is_public():
            form_url = self._get_url('/my/returns/new', {'order_id': order_id} if order_id else {})
            return request.redirect(self._get_url('/web/login', {'redirect': form_url}))
        return request.redirect('/my')

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    @http.route(['/my/returns/new', '/my/returns/new/page/<int:page>'], type='http', auth='public', website=True,
                methods=['GET', 'POST'])
    def portal_returns_new(self, page=1, order_id='', access_token=None, **kw):
        """The form. Posted, it makes a draft, which the customer looks at and sends."""
        order_id = ask.read_id(order_id)
        asker = self._get_asker(order_id, access_token)
        if not asker:
            return self._refuse_asker(order_id)
        partner, domain, _order_sudo, is_guest = asker
        form = {'key': uuid4().hex, 'wishes': {}, 'note': '', 'errors': {}, 'request': None}
        if request.httprequest.method == 'POST':
            asked = ask.read_form(request.httprequest.form)
            try:
                with request.env.cr.savepoint():
                    request_sudo = request.env['returns.request']._ask_by_customer(
                        partner, domain, asked, read_uploads(request.httprequest.files.getlist('evidence')))
            except UserError as error:
                request.env.invalidate_all()
                form = self._keep_form(asked, error, None)
            else:
                return request.redirect(request_sudo.get_portal_url() if is_guest else request_sudo.access_url)
        query = {'order_id': order_id} if order_id else {}
        if is_guest:
            query['access_token'] = access_token
        return self._show_ask_form('/my/returns/new', query, asker, page, form)

    def _keep_form(self, asked, error, request_sudo):
        return {
            'key': asked.key or uuid4().hex, 'wishes': asked.wishes, 'note': asked.note[:ask.MAX_WORDS],
            'request': request_sudo,
            'errors': getattr(error, 'errors', {'': error.args[0]})}

    def _show_ask_form(self, path, query, asker, page, form):
        partner, domain, order_sudo, is_guest = asker
        Line = request.env['sale.order.line'].sudo()
        shown = domain & Domain('order_id', '=', order_sudo.id) if order_sudo else domain
        pager = portal_pager(
            url=path, url_args=query, page=page, total=Line.search_count(shown), step=PAGE)
        lines = Line.search(shown, order='order_id, sequence, id', limit=PAGE, offset=pager['offset'])
        picked = Line.search(domain & Domain('id', 'in', list(form['wishes'])))
        lines = (picked - lines) | lines
        return request.render('returns_management.portal_ask', {
            **self._prepare_portal_layout_values(),
            'page_name': 'returns_ask', 'pager': pager,
            'ask': lines._prepare_returns_form(partner, form),
            'ask_url': self._get_url(path, query),
            'ask_all_url': '/my/returns/new' if order_sudo and not is_guest and not form['request'] else False,
            'ask_order': order_sudo.name or '',
            'ask_request': {'name': form['request'].name, 'url': form['request'].get_portal_url() if is_guest else (
                form['request'].access_url)} if form['request'] else False,
            'res_company': lines.company_id if len(lines.company_id) == 1 else request.env.company,
        })

    # ------------------------------------------------------------------
    # What was asked for
    # ------------------------------------------------------------------

    @http.route(['/my/returns/<int:request_id>/submit'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_submit(self, request_id, access_token=None, **kw):
        return self._act_on_return(request_id, access_token, '_submit_by_customer')

    @http.route(['/my/returns/<int:request_id>/cancel'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_cancel(self, request_id, access_token=None, **kw):
        return self._act_on_return(request_id, access_token, '_cancel_by_customer')

    def _act_on_return(self, request_id, access_token, method):
        own = self._get_own_return(request_id, access_token)
        if not own:
            return request.redirect('/my')
        request_sudo, query = own
        try:
            with request.env.cr.savepoint():
                getattr(request_sudo, method)()
        except UserError as error:
            request.env.invalidate_all()
            return self._show_return(request_sudo, access_token, {}, own_error=error.args[0])
        return request.redirect(self._get_url(f'/my/returns/{request_sudo.id}', query))

    @http.route(['/my/returns/<int:request_id>/change'], type='http', auth='public', website=True,
                methods=['GET', 'POST'])
    def portal_my_return_change(self, request_id, access_token=None, page='', **kw):
        """The form again, with what was asked for."""
        own = self._get_own_return(request_id, access_token)
        if not own:
            return request.redirect('/my')
        request_sudo, query = own
        back = self._get_url(f'/my/returns/{request_sudo.id}', query)
        if not request_sudo._may_be_changed_by_customer():
            return request.redirect(back)
        user, entity = request.env.user, request_sudo.commercial_partner_id
        is_guest = user.partner_id.commercial_partner_id != entity
        domain = request.env['sale.order.line']._get_returns_ask_domain(entity)
        if is_guest:  # their link is about this return only
            domain &= Domain('order_id', 'in', request_sudo.sale_order_ids.ids)
        asker = (request_sudo.partner_id, domain, request.env['sale.order'].sudo(), is_guest)
        if request.httprequest.method == 'POST':
            asked = ask.read_form(request.httprequest.form)
            try:
                with request.env.cr.savepoint():
                    request_sudo._change_by_customer(
                        request_sudo.partner_id, domain, asked,
                        read_uploads(request.httprequest.files.getlist('evidence')))
            except UserError as error:
                request.env.invalidate_all()
                form = self._keep_form(asked, error, request_sudo)
            else:
                return request.redirect(back)
        else:
            form = {'key': '', 'wishes': request_sudo._get_wishes(), 'note': request_sudo.customer_note or '', 'errors': {},
                    'request': request_sudo}
        return self._show_ask_form(
            f'/my/returns/{request_sudo.id}/change', query, asker, ask.read_id(page) or 1, form)

    # ------------------------------------------------------------------
    # On the pages that are there
    # ------------------------------------------------------------------

    def _prepare_return_page(self, request_sudo, access_token):
        values = super()._prepare_return_page(request_sudo, access_token)
        query = {'access_token': access_token} if access_token else {}
        own = values['return_page']['own'] if self._is_customer(request_sudo) else {}
        return {**values, 'return_own': {
            **{name: self._get_url(f'/my/returns/{request_sudo.id}/{name}', query)
               for name in ('submit', 'change', 'cancel') if own.get(name)},
            'files': ", ".join(own.get('files', ()))}}

    def _get_page_view_values(self, document, access_token, values, *args, **kwargs):
        values = super()._get_page_view_values(document, access_token, values, *args, **kwargs)
        if document._name == 'sale.order':
            values['order_return_url'] = self._get_order_return_url(document, access_token)
        return values

    def _get_order_return_url(self, order_sudo, access_token):
        """:return: where the visitor asks for a return of this order; False where nothing may come back, or not for them"""
        asker = self._get_asker(order_sudo.id, access_token) if order_sudo.state == 'sale' else None
        if not asker or not any(line.quantity_returnable > 0 for line in order_sudo.order_line):
            return False
        query = {'order_id': order_sudo.id}
        if asker[3]:
            query['access_token'] = access_token
        return self._get_url('/my/returns/new', query)
