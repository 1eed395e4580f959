# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models


class ReturnsRequest(models.Model):
    """What customers say of a return that is closed. Core keeps the ratings, and has the page to give one."""
    _inherit = 'returns.request'

    def _is_rating_asked(self):
        """Whether the customer is asked how it went: something was carried out, all is over, and they said nothing yet."""
        self.ensure_one()
        return (self.state == 'done' and bool(self._get_carried_out_lines())
                and not self.sudo().rating_ids.filtered('consumed'))

    def _prepare_rating(self):
        """:return: [{'label', 'url', 'image'}] of the answers that the customer may give, best first, or empty"""
        self.ensure_one()
        if not self._is_rating_asked():
            return []
        return self._prepare_rating_links(self.sudo()._rating_get_access_token())

    def _prepare_rating_links(self, token):
        return [
            {'label': label, 'url': f'/rate/{token}/{rate}', 'image': f'/rating/static/src/img/rating_{rate}.png'}
            for rate, label in ((5, self.env._("Happy")), (3, self.env._("Neutral")), (1, self.env._("Unhappy")))]

    def _read_ahead(self):
        """The links of all these mails are made at once, where core makes one after the other."""
        super()._read_ahead()
        asked = self.filtered(lambda request: request._is_rating_asked())
        self.env['rating.rating'].sudo().create([{
            'partner_id': request._rating_get_partner().id, 'rated_partner_id': request._rating_get_operator().id,
            'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': request.id, 'is_internal': False,
        } for request in asked if not request.sudo().rating_ids])
