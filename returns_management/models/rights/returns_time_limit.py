# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..vocabulary import LIMIT_UNITS

#: stage: (number, unit) where a company has set nothing else
DEFAULTS = {'answer': (1.0, 'working_days'), 'inspection': (24.0, 'hours'), 'payout': (3.0, 'working_days')}


class ReturnsTimeLimit(models.Model):
    """How long a stage of a return may take in a company, and who is told when it takes longer.

    Approval steps have limits of their own, on their group or team; the way back has the rule's
    ``ship_by_days``.
    """
    _name = 'returns.time.limit'
    _description = "Time Limit of a Return Stage"
    _order = 'company_id, stage'
    _rec_name = 'stage'
    _check_company_auto = True

    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    stage = fields.Selection(
        [('answer', "First answer"), ('inspection', "Inspection"), ('payout', "Settlement")], required=True,
        help="First answer: from the customer's wish until it is submitted. Inspection: from the receipt of the "
             "goods. Settlement: from the last approval or inspection until the money is credited.")
    limit_value = fields.Float("Time Limit", required=True, default=1.0)
    limit_unit = fields.Selection(LIMIT_UNITS, default='working_days', required=True)
    user_id = fields.Many2one(
        'res.users', "Owner", domain=[('share', '=', False)], ondelete='restrict',
        help="Told when it takes longer. Empty: the return's responsible.")

    _stage_uniq = models.UniqueIndex("(company_id, stage)", "This company has a limit for this stage already.")
    _limit_positive = models.Constraint(
        'CHECK (limit_value > 0 AND limit_value <= 10000)', "The time limit must be more than zero, and 10000 at most.")

    @api.model
    def _get_deadline(self, company, stage, start):
        """When ``stage`` that begins at ``start`` should be over, by the company's calendar.

        :param datetime start: naive UTC
        :rtype: datetime
        """
        limit = self.search([('company_id', '=', company.id), ('stage', '=', stage)])
        value, unit = (limit.limit_value, limit.limit_unit) if limit else DEFAULTS[stage]
        return company.resource_calendar_id._returns_deadline(start, value, unit)

    @api.model
    def _get_owners(self, companies):
        """:return: {(company, stage): who is told when it is late, or empty}"""
        return {(limit.company_id, limit.stage): limit.user_id for limit in self.search([
            ('company_id', 'in', companies.ids)])}
