# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, models


class MailThread(models.AbstractModel):
    _inherit = 'mail.thread'

    @api.model
    def _routing_check_route(self, message, message_dict, route, raise_exception=True):
        """A mail that would make a new record of ours is looked at first: it may belong to one that is there, or make
        none at all. Answers to our own mails go where they belong, as ever.
        """
        route = super()._routing_check_route(message, message_dict, route, raise_exception=raise_exception)
        if route and not route[1] and hasattr(self.env[route[0]], '_returns_route_mail'):
            return self.env[route[0]]._returns_route_mail(message, message_dict, route)
        return route
