# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsRootCause(models.Model):
    """What really went wrong, as the inspector found it; distinct from the customer's reason."""
    _name = 'returns.root.cause'
    _description = "Return Root Cause"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
