# Part of returns_management. See LICENSE file for full copyright and licensing details.

from urllib.parse import urlencode

from odoo import _, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.fields import Domain
from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..tools.uploads import read_uploads

MAX_ID = 2**31 - 1  # of a PostgreSQL integer
PAGE_PARAMETERS = ('error', 'warning', 'success', 'pid', 'hash')  # of an address, that core's pages know
SLIP = 'returns_management.action_report_returns_slip'


class ReturnsPortal(CustomerPortal):
    """The customer's side. Templates get plain values; the records stay here.

    Read only but for disputes and answers: their text and files are checked here and by the request, then written by its
    private code.
    """

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if 'returns_count' in counters:
            Request = request.env['returns.request']
            values['returns_count'] = (
                Request.sudo().search_count(self._get_returns_domain(), limit=1) if Request.has_access('read') else 0)
        return values

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    def _get_returns_domain(self):
        """:return: domain of the returns of the visitor's commercial entity; of nothing for who has not signed in"""
        if request.env.user._is_public():
            return Domain.FALSE
        entity = request.env.user.partner_id.commercial_partner_id
        return (Domain('commercial_partner_id', '=', entity.id)
                & Domain(request.env['returns.request']._get_customer_domain()))

    def _get_returns_filters(self):
        return {
            'all': {'label': _("All"), 'domain': Domain.TRUE},
            'send': {'label': _("To send back"), 'domain': Domain('state', '=', 'approved')},
            'open': {'label': _("In progress"), 'domain': Domain(
                'state', 'in', ('draft', 'review', 'received', 'final_review', 'settlement'))},
            'done': {'label': _("Closed"), 'domain': Domain('state', '=', 'done')},
            'refused': {'label': _("Refused or cancelled"), 'domain': Domain('state', 'in', ('rejected', 'cancelled'))},
        }

    def _get_returns_sortings(self):
        return {
            'date': {'label': _("Newest"), 'order': 'date_requested desc, id desc'},
            'name': {'label': _("Reference"), 'order': 'name desc'},
            'state': {'label': _("Status"), 'order': 'state, id desc'},
        }

    @http.route(['/my/returns', '/my/returns/page/<int:page>'], type='http', auth='user', website=True)
    def portal_my_returns(self, page=1, sortby=None, filterby=None, **kw):
        Request = request.env['returns.request']
        if not Request.has_access('read'):
            return request.redirect('/my')
        Request = Request.sudo()  # who got a gift may see its page, not its record
        filters, sortings = self._get_returns_filters(), self._get_returns_sortings()
        filterby = filterby if filterby in filters else 'all'
        sortby = sortby if sortby in sortings else 'date'
        domain = self._get_returns_domain() & filters[filterby]['domain']
        pager = portal_pager(
            url='/my/returns', url_args={'sortby': sortby, 'filterby': filterby}, page=page,
            total=Request.search_count(domain), step=self._items_per_page)
        requests = Request.search(
            domain, order=sortings[sortby]['order'], limit=self._items_per_page, offset=pager['offset'])
        request.session['my_returns_history'] = requests.ids[:100]
        return request.render('returns_management.portal_my_returns', {
            **self._prepare_portal_layout_values(),
            'rows': [self._prepare_return_row(
                request_sudo, url=request_sudo.get_portal_url() if request_sudo.is_gift else None,
            ) for request_sudo in requests],
            'page_name': 'returns', 'default_url': '/my/returns', 'pager': pager,
            'sortby': sortby, 'searchbar_sortings': sortings,
            'filterby': filterby, 'searchbar_filters': filters,
        })

    def _prepare_return_row(self, request_sudo, url=None):
        """What a list shows of one return: plain values."""
        status, tone = request_sudo._get_customer_status()
        return {
            'name': request_sudo.name, 'url': url or request_sudo.access_url,
            'date': request_sudo._show_date(request_sudo.date_submitted or request_sudo.date_requested),
            'orders': ", ".join(request_sudo._get_shown_orders().mapped('name')),
            'status': status, 'tone': tone, 'promise': request_sudo._get_customer_promise(),
        }

    # ------------------------------------------------------------------
    # One return
    # ------------------------------------------------------------------

    def _get_return(self, request_id, access_token):
        """:return: the request, in superuser mode, if the visitor may see it
        :raise AccessError: not theirs, or the link is out of date
        :raise MissingError: there is none
        """
        if not isinstance(access_token, str) or not access_token.isascii():
            access_token = None  # a file sent in its place; what core compares tokens with takes ASCII only
        if request_id > MAX_ID:
            raise MissingError(_("This document does not exist."))
        request_sudo = request.env['returns.request'].sudo().browse(request_id).exists()
        if not access_token and request_sudo.filtered_domain(self._get_returns_domain() & Domain('is_gift', '=', True)):
            return request_sudo
        request_sudo = self._document_check_access('returns.request', request_id, access_token=access_token)
        if not request_sudo._is_shown_to_customer():
            raise MissingError(_("This document does not exist."))
        return request_sudo

    @http.route(['/my/returns/<int:request_id>'], type='http', auth='public', website=True)
    def portal_my_return(self, request_id, access_token=None, **kw):
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        if request_sudo.is_gift and not access_token:
            return request.redirect(request_sudo.get_portal_url())  # with its token, which lets them write, too
        return self._show_return(request_sudo, access_token, kw)

    def _show_return(self, request_sudo, access_token, kw, dispute=None, answer=None, paid_error=None, complaint=None,
                     own_error=None):
        """:param dict kw: further parameters of the address, as the visitor has them
        :param dispute: what the visitor typed and what is wrong with it, where a dispute could not be taken
        :param answer: the same of an answer to a case, with its ``case_id``
        :param paid_error: why a confirmation that money has come could not be taken
        :param complaint: what the visitor typed and what is wrong with it, where a complaint could not be taken
        :param own_error: why the request could not be sent or cancelled
        """
        values = {
            **self._prepare_return_page(request_sudo, access_token), 'return_dispute': dispute or {},
            'return_answer': answer or {}, 'paid_error': paid_error, 'return_complaint': complaint or {},
            'own_error': own_error}
        values = self._get_page_view_values(
            request_sudo, access_token, values, 'my_returns_history', False,
            **{name: kw[name] for name in PAGE_PARAMETERS if name in kw})
        # The chatter needs to know what it is about; templates need no more than that.
        values['object'] = request.env['returns.request'].browse(request_sudo.id)
        return request.render('returns_management.portal_my_return', values)

    def _prepare_return_page(self, request_sudo, access_token):
        guest = request.env.user._is_public()
        page = request_sudo._prepare_customer_page()
        query = {'access_token': access_token} if access_token else {}
        return {
            'page_name': 'returns', 'return_page': page,
            'return_orders': [
                {'name': order.name, 'url': False if guest else order.access_url}
                for order in request_sudo._get_shown_orders()],
            'return_notes': [
                {**row, 'url': not request_sudo.is_gift and request_sudo.refund_ids.browse(row['id']).get_portal_url()}
                for row in request_sudo._prepare_customer_credit_notes()],
            'return_payouts': [
                {**row, 'may_confirm': row['may_confirm'] and self._is_customer(request_sudo)}
                for row in request_sudo._prepare_customer_payouts()],
            'paid_url': self._get_url(f'/my/returns/{request_sudo.id}/paid', query),
            'dispute_url': self._get_url(f'/my/returns/{request_sudo.id}/dispute', query),
            'answer_url': self._get_url(f'/my/returns/{request_sudo.id}/answer', query),
            'slip_url': self._get_url(f'/my/returns/{request_sudo.id}/slip', query) if page['parcels'] else False,
            'backend_url': f'/odoo/returns.request/{request_sudo.id}' if request.env.user._is_internal() else False,
            'res_company': request_sudo.company_id,  # its logo
        }

    def _get_url(self, path, query):
        return f'{path}?{urlencode(query)}' if query else path

    @http.route(['/my/returns/<int:request_id>/slip'], type='http', auth='public', website=True)
    def portal_my_return_slip(self, request_id, access_token=None, **kw):
        """The slip for the parcel: a PDF where the server can make one, else a page to print."""
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        if not request_sudo._get_lines_to_send():
            return request.redirect(self._get_url(
                request_sudo.access_url, {'access_token': access_token} if access_token else {}))
        has_pdf = request.env['ir.actions.report'].get_wkhtmltopdf_state() == 'ok'
        return self._show_report(request_sudo, 'pdf' if has_pdf else 'html', SLIP)

    @http.route(
        ['/my/returns/<int:request_id>/dispute'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_dispute(self, request_id, access_token=None, comment='', **kw):
        """The customer objects to the refusals of a return, once, with evidence. What is wrong is said on the page, with
        what they typed.
        """
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        query = {'access_token': access_token} if access_token else {}
        try:
            with request.env.cr.savepoint():
                request_sudo._dispute_by_customer(
                    comment, read_uploads(request.httprequest.files.getlist('evidence')))
        except UserError as error:
            request_sudo.invalidate_recordset()
            return self._show_return(request_sudo, access_token, {}, {'error': error.args[0], 'comment': comment})
        return request.redirect(self._get_url(f'/my/returns/{request_sudo.id}', query))

    @http.route(
        ['/my/returns/<int:request_id>/answer'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_answer(self, request_id, access_token=None, case_id='', answer='', comment='', **kw):
        """The customer says how to go on with something that differs. What is wrong is said on the page, with what they
        typed.
        """
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        query = {'access_token': access_token} if access_token else {}
        case_id = int(case_id) if isinstance(case_id, str) and case_id.isascii() and case_id.isdigit() else 0
        try:
            with request.env.cr.savepoint():
                request_sudo._answer_by_customer(
                    case_id, answer, comment, read_uploads(request.httprequest.files.getlist('proof')))
        except UserError as error:
            request_sudo.invalidate_recordset()
            return self._show_return(request_sudo, access_token, {}, answer={
                'error': error.args[0], 'comment': comment, 'case_id': case_id})
        return request.redirect(self._get_url(f'/my/returns/{request_sudo.id}', query) + '#returns_cases')

    @http.route(
        ['/my/returns/<int:request_id>/paid'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_paid(self, request_id, access_token=None, payout_id='', **kw):
        """The customer confirms that money has come: whoever came by their link, or signed in as one of them."""
        own = self._get_own_return(request_id, access_token)
        if not own:
            return request.redirect('/my')
        request_sudo, query = own
        payout_id = int(payout_id) if isinstance(payout_id, str) and payout_id.isascii() and payout_id.isdigit() else 0
        try:
            with request.env.cr.savepoint():
                request_sudo._confirm_paid_by_customer(payout_id)
        except UserError as error:
            request_sudo.invalidate_recordset()
            return self._show_return(request_sudo, access_token, {}, paid_error=error.args[0])
        return request.redirect(self._get_url(f'/my/returns/{request_sudo.id}', query) + '#returns_payouts')

    def _get_own_return(self, request_id, access_token):
        """:return: (the request in superuser mode, {parameters that let the visitor in}); None for who does not speak for
            its customer
        """
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return None
        if not self._is_customer(request_sudo):
            return None
        return request_sudo, {'access_token': access_token} if access_token else {}

    def _is_customer(self, request_sudo):
        """Whether the visitor speaks for the return's customer: not one of our people who looks at the page."""
        user = request.env.user
        return user._is_public() or user.partner_id.commercial_partner_id == request_sudo.commercial_partner_id

    # ------------------------------------------------------------------
    # The policy
    # ------------------------------------------------------------------

    @http.route(['/returns/policy'], type='http', auth='public', website=True, sitemap=True)
    def returns_policy(self, **kw):
        """What the visitor's company takes back, for everybody to read."""
        policy_sudo = request.env['returns.policy'].sudo().search(
            [('company_id', '=', request.env.company.id), ('state', '=', 'published')], limit=1)
        if not policy_sudo:
            raise request.not_found()
        return request.render('returns_management.portal_policy', {
            'policy': policy_sudo._prepare_customer_text(), 'page_name': 'returns_policy',
            'res_company': policy_sudo.company_id})

    # ------------------------------------------------------------------
    # On the order's page
    # ------------------------------------------------------------------

    def _get_page_view_values(self, document, access_token, values, *args, **kwargs):
        values = super()._get_page_view_values(document, access_token, values, *args, **kwargs)
        if document._name == 'sale.order':
            values['order_return_rows'] = self._prepare_order_returns(document, access_token)
        return values

    def _prepare_order_returns(self, order_sudo, access_token):
        """:return: rows of the order's returns; who came by the order's link gets links that let them in"""
        entity = order_sudo.partner_id.commercial_partner_id
        requests = order_sudo.returns_request_ids.filtered(lambda request_sudo: (
            request_sudo.commercial_partner_id == entity and request_sudo._is_shown_to_customer()))
        return [
            self._prepare_return_row(
                request_sudo, url=request_sudo.get_portal_url() if access_token else request_sudo.access_url)
            for request_sudo in requests.sorted('id', reverse=True)]
