# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models

from ..vocabulary import RESPONSIBILITIES


class ReturnsReason(models.Model):
    """Why goods come back, in the customer's words; the root cause is what the inspector finds."""
    _name = 'returns.reason'
    _description = "Return Reason"
    _order = 'sequence, id'

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    category = fields.Selection(
        [('quality', "Quality"), ('transport', "Transport"), ('order', "Order and Delivery"),
         ('customer', "Customer's Choice"), ('other', "Other")],
        default='other', required=True, help="The warranty of a policy rule counts for reasons of category Quality.")
    responsibility = fields.Selection(
        RESPONSIBILITIES, default='customer', required=True,
        help="Who usually answers for it. Fees are never charged where it is not the customer.")
    needs_inspection = fields.Boolean(
        default=True, help="If not set, goods are accepted as received, with the default disposition.")
    needs_photo = fields.Boolean(
        help="Customers cannot submit the request without a picture. Our own people may add it later.")
    needs_lot = fields.Boolean("Needs Lot/Serial", help="Tracked products need their lot or serial number.")
    question = fields.Char("Follow-up Question", translate=True, help="Asked when this reason is chosen.")
    disposition_id = fields.Many2one(
        'returns.disposition', "Default Disposition", ondelete='restrict',
        help="Proposed at inspection; carried out at once where no inspection is needed.")
    committee_phase = fields.Selection(
        [('authorise', "Before the goods come back"), ('settle', "After inspection")],
        default='authorise', required=True, help="When the return team votes, if it is asked.")
