# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    returns_guest_page = fields.Boolean(
        "Returns Without an Account", default=True,
        help="Who ordered without an account gets a link to the order by mail, for its number and the email address.")

    def _setup_returns(self):
        super()._setup_returns()
        self.env['returns.mail']._create_missing(self)
