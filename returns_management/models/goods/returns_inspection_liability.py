# Part of returns_management. See LICENSE file for full copyright and licensing details.

from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools.policy import show_percent
from ..vocabulary import RESPONSIBILITIES


class ReturnsInspection(models.Model):
    """Responsibility that several parties share."""
    _inherit = 'returns.inspection'

    liability_ids = fields.One2many(
        'returns.liability', 'inspection_id', "Shared Between", copy=True,
        help="Where more than one is responsible. The shares make 100 %; the largest is the main responsibility.")

    @api.model
    def _get_finding_fields(self):
        return super()._get_finding_fields() | {'liability_ids'}

    @api.depends('liability_ids.share', 'liability_ids.responsibility')
    def _compute_policy_note(self):
        super()._compute_policy_note()

    def _get_shares(self):
        """:return: {party: percent, exact}"""
        self.ensure_one()
        return {liability.responsibility: Decimal(f'{liability.share:.2f}') for liability in self.liability_ids}

    def _get_main_responsibility(self):
        """:return: who has the largest share; of equal ones the party named as responsible, or who comes first in the
            list, where the customer comes last
        """
        shares = self._get_shares()
        largest = [party for party, _label in RESPONSIBILITIES if shares and shares.get(party) == max(shares.values())]
        return self.responsibility if self.responsibility in largest or not largest else largest[0]

    def _get_finding(self):
        condition, grade, responsibility, part = super()._get_finding()
        if self.liability_ids:
            responsibility, part = self._get_main_responsibility(), self._get_shares().get('customer', Decimal(0))
        return condition, grade, responsibility, part

    def _check_complete(self):
        super()._check_complete()
        for inspection in self.filtered('liability_ids'):
            total = sum(inspection._get_shares().values())
            if total != 100:
                raise UserError(self.env._(
                    "%(inspection)s: the shares of the responsibility make %(total)s %%. They have to make 100 %%.",
                    inspection=inspection.display_name, total=show_percent(total)))

    def _take_proposals(self):
        super()._take_proposals()
        for inspection in self.filtered('liability_ids'):
            inspection.write({'responsibility': inspection._get_main_responsibility()})
