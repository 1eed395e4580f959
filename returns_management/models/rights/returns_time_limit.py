# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..vocabulary import LIMIT_UNITS, PAYOUT_METHODS

#: stage: (number, unit) where a company has set nothing else
DEFAULTS = {
    'answer': (1.0, 'working_days'), 'pickup': (3.0, 'working_days'), 'receipt': (5.0, 'working_days'),
    'inspection': (24.0, 'hours'), 'payout': (3.0, 'working_days'), 'discrepancy': (3.0, 'working_days'),
}


class ReturnsTimeLimit(models.Model):
    """How long a stage of a return may take in a company, and who is told when it takes longer.

    Approval steps have limits of their own, on their group or team; until the goods are on the road it is
    the rule's ``ship_by_days``.
    """
    _name = 'returns.time.limit'
    _description = "Time Limit of a Return Stage"
    _order = 'company_id, stage, method'
    _rec_name = 'stage'
    _check_company_auto = True

    company_id = fields.Many2one('res.company', required=True, index=True, default=lambda self: self.env.company)
    stage = fields.Selection(
        [('answer', "First answer"), ('pickup', "Pick-up"), ('receipt', "Receipt"), ('inspection', "Inspection"),
         ('payout', "Settlement"), ('discrepancy', "Discrepancy")],
        required=True,
        help="First answer: from the customer's wish until it is submitted. Pick-up: from the approval until goods that we "
             "fetch are fetched. Receipt: from the goods being on the road, by a tracking number, a pick-up or a receipt "
             "that was begun, until they are booked in. Inspection: from the receipt of the goods. Settlement: from the "
             "last approval or inspection until the money is credited. Discrepancy: from its discovery, or from what the "
             "customer says about it, until it is settled.")
    method = fields.Selection(
        PAYOUT_METHODS, "Paid By",
        help="Of settlements: how the invoice was paid, or what the customer gets instead of money. Empty: all that "
             "have no limit of their own.")
    limit_value = fields.Float("Time Limit", required=True, default=1.0)
    limit_unit = fields.Selection(LIMIT_UNITS, default='working_days', required=True)
    user_id = fields.Many2one(
        'res.users', "Owner", domain=[('share', '=', False)], ondelete='restrict',
        help="Told when it takes longer; of discrepancies, the owner. Empty: the return's responsible.")

    _stage_uniq = models.UniqueIndex(
        "(company_id, stage, COALESCE(method, ''))", "This company has a limit for this stage already.")
    _method_of_payout = models.Constraint(
        "CHECK (method IS NULL OR stage = 'payout')", "Only settlements have limits by the way of payment.")
    _limit_positive = models.Constraint(
        'CHECK (limit_value > 0 AND limit_value <= 10000)', "The time limit must be more than zero, and 10000 at most.")

    @api.model
    def _get_defaults(self):
        """:return: see :data:`DEFAULTS`; bridges add theirs"""
        return DEFAULTS

    @api.model
    def _create_missing(self, stage):
        """Each company gets the limit of ``stage`` that a new one has, to change: a bridge brings the stage along."""
        companies = self.env['res.company'].search([('active', 'in', (True, False))])
        known = self.search([('stage', '=', stage)]).company_id
        value, unit = self._get_defaults()[stage]
        self.create([
            {'company_id': company.id, 'stage': stage, 'limit_value': value, 'limit_unit': unit}
            for company in companies - known])

    @api.model
    def _get_deadline(self, company, stage, start, methods=()):
        """When ``stage`` that begins at ``start`` should be over, by the company's calendar.

        :param datetime start: naive UTC
        :param methods: of payment; the longest of their limits counts
        :rtype: datetime
        """
        limits = {
            limit.method: (limit.limit_value, limit.limit_unit)
            for limit in self.search([('company_id', '=', company.id), ('stage', '=', stage)])}
        others = limits.get(False, self._get_defaults()[stage])
        return max(
            company.resource_calendar_id._returns_deadline(start, *limits.get(method, others))
            for method in methods or [False])

    @api.model
    def _get_owners(self, companies):
        """:return: {(company, stage, method or False): who is told when it is late, or empty}"""
        return {(limit.company_id, limit.stage, limit.method): limit.user_id for limit in self.search([
            ('company_id', 'in', companies.ids)])}

    @api.model
    def _has_methods(self, companies):
        """:return: whether one of ``companies`` has a limit for a way of payment"""
        return bool(self.search_count([('company_id', 'in', companies.ids), ('method', '!=', False)], limit=1))
