# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import http
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from odoo.addons.returns_management.controllers.portal import ReturnsPortal


class ReturnsDeliveryPortal(ReturnsPortal):

    def _prepare_return_page(self, request_sudo, access_token):
        values = super()._prepare_return_page(request_sudo, access_token)
        query = {'access_token': access_token} if access_token else {}
        values['return_labels'] = [
            {**label, 'url': self._get_url(f"/my/returns/{request_sudo.id}/label/{label['id']}", query)}
            for label in values['return_page']['labels']]
        return values

    @http.route(
        ['/my/returns/<int:request_id>/label/<int:label_id>'], type='http', auth='public', website=True)
    def portal_my_return_label(self, request_id, label_id, access_token=None, **kw):
        """The carrier's label of a return that the visitor may see; no other file."""
        try:
            request_sudo = self._get_return(request_id, access_token)
        except (AccessError, MissingError):
            return request.redirect('/my')
        labels = {label['id'] for label in request_sudo._prepare_customer_labels()}
        if label_id not in labels:
            return request.redirect(self._get_url(
                request_sudo.access_url, {'access_token': access_token} if access_token else {}))
        label_sudo = request.env['ir.attachment'].sudo().browse(label_id)
        return request.env['ir.binary']._get_stream_from(label_sudo).get_response(as_attachment=True)
