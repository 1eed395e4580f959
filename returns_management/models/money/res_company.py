# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = 'res.company'

    returns_refund_posting = fields.Selection(
        [('draft', "As a draft"), ('posted', "Posted")], "Credit Notes of Returns", default='draft', required=True,
        help="Whether Settle posts the credit notes it makes. Either way only an accountant settles.")
    returns_refund_days = fields.Integer(
        "Refund Within (days)", default=14,
        help="From reception of the goods. Promised to the customer; 14 days is the limit of EU Directive 2011/83.")

    returns_payout = fields.Selection(
        [('accounting', "When they are credited"), ('follow', "When the money is paid out")], "Returns Are Closed",
        default='accounting', required=True,
        help="Whether a return waits in Settlement until its credit notes are paid out. Either way pay-outs follow what "
             "is paid in Accounting.")
    returns_payout_posting = fields.Selection(
        [('draft', "As a draft"), ('posted', "Posted")], "Bank Payments of Returns", default='draft', required=True,
        help="Whether Pay Out posts the bank payments it makes. Drafts are posted when the bank is told.")

    _returns_refund_days_sane = models.Constraint(
        'CHECK (returns_refund_days BETWEEN 0 AND 3650)', "Promise refunds within 0 to 3650 days.")
