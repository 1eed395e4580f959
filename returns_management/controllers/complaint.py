# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from ..tools.uploads import read_uploads
from .portal import ReturnsPortal


class ReturnsComplaint(ReturnsPortal):
    """The customer complains on the page of a return, and rates how it went."""

    def _prepare_return_page(self, request_sudo, access_token):
        values = super()._prepare_return_page(request_sudo, access_token)
        query = {'access_token': access_token} if access_token else {}
        is_customer = self._is_customer(request_sudo)
        return {
            **values,
            'return_complaints': [
                {**complaint, 'rating': complaint['rating'] if is_customer else []}
                for complaint in request_sudo._prepare_customer_complaints()],
            'return_rating': request_sudo._prepare_rating() if is_customer else [],
            'complain_url': self._get_url(f'/my/returns/{request_sudo.id}/complain', query) if is_customer else False,
        }

    @http.route(
        ['/my/returns/<int:request_id>/complain'], type='http', auth='public', website=True, methods=['POST'])
    def portal_my_return_complain(self, request_id, access_token=None, comment='', **kw):
        """What is wrong is said on the page, with what the customer typed."""
        own = self._get_own_return(request_id, access_token)
        if not own:
            return request.redirect('/my')
        request_sudo, query = own
        try:
            with request.env.cr.savepoint():
                request_sudo._complain_by_customer(
                    comment, read_uploads(request.httprequest.files.getlist('evidence')))
        except UserError as error:
            request_sudo.invalidate_recordset()
            return self._show_return(request_sudo, access_token, {}, complaint={
                'error': error.args[0], 'comment': comment if isinstance(comment, str) else ''})
        return request.redirect(self._get_url(f'/my/returns/{request_sudo.id}', query) + '#returns_complaints')
