# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

OUTCOMES = [
    ('keep', "Stays there, and is settled"),
    ('return', "Has to come back"),
    ('refuse', "Refused"),
]


class ReturnsInspection(models.Model):
    """An inspection at the customer's: no goods moved, and the finding decides whether any will.

    It is about all that a line awaits, and ends by itself where goods come, or are given up, before somebody went there.
    """
    _inherit = 'returns.inspection'

    is_on_site = fields.Boolean("At the Customer's", readonly=True, index=True)
    site_outcome = fields.Selection(
        OUTCOMES, "Outcome", copy=False,
        help="What becomes of goods that were inspected at the customer's. None: nobody had to go there any more.")
    site_note = fields.Char("Reason for the Customer", copy=False, help="Why goods are refused. The customer reads it.")

    _place = models.Constraint(
        'CHECK (is_on_site IS TRUE AND move_id IS NULL AND location_id IS NULL'
        ' OR is_on_site IS NOT TRUE AND move_id IS NOT NULL AND location_id IS NOT NULL)',
        "Goods are inspected where they were received, or at the customer's.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'is_on_site'}

    @api.model
    def _get_finding_fields(self):
        return super()._get_finding_fields() | {'site_outcome', 'site_note'}

    # ------------------------------------------------------------------
    # Done
    # ------------------------------------------------------------------

    def _check_outcome(self):
        if not self.is_on_site:
            super()._check_outcome()
            return
        names = {'inspection': self.display_name}
        refused = self.uom_id.compare(self.quantity_accepted, self.quantity) < 0
        if not self.site_outcome:
            raise UserError(self.env._(
                "%(inspection)s: say what becomes of the goods: they stay there, they have to come back, or they are "
                "refused.", **names))
        if self.site_outcome == 'keep':
            self._check_kept()
        if (self.site_outcome == 'refuse' or self.site_outcome == 'keep' and refused) and not (
                self.site_note or '').strip():
            raise UserError(self.env._(
                "%(inspection)s: say why goods are refused: the customer reads it.", **names))

    def _check_kept(self):
        """:raise UserError: the goods cannot stay with the customer and be settled"""
        line = self.request_line_id
        if not line.sale_line_id:
            raise UserError(self.env._(
                "%s: no order says what was paid, so nothing can be settled before the goods are seen here. Have them come "
                "back, or refuse them.", self.display_name))
        if line.resolution not in ('refund', 'store_credit'):
            raise UserError(self.env._(
                "%(inspection)s: goods stay only where money is paid for them, and the customer wishes otherwise "
                "(%(resolution)s). Have them come back, or refuse them.", inspection=self.display_name,
                resolution=line.request_id._get_choice(line, 'resolution')))
        if line.quantity_settled:
            raise UserError(self.env._(
                "%(inspection)s: %(quantity)s were settled in advance as goods that come back. Have them come back, or "
                "cancel the credit note first.", inspection=self.display_name,
                quantity=line.request_id._show_quantity(line.quantity_settled, line.uom_id)))
        if self.uom_id.is_zero(self.quantity_accepted):
            raise UserError(self.env._(
                "%s: nothing is accepted, so nothing would be settled. Accept some, or choose Refused.",
                self.display_name))

    def _take_proposals(self):
        super()._take_proposals()
        self.filtered(lambda inspection: (
            inspection.is_on_site and inspection.site_outcome != 'keep')).write({'quantity_accepted': 0.0})

    def _split_refused(self):
        on_site = self.filtered('is_on_site')
        return super(ReturnsInspection, self - on_site)._split_refused() | on_site

    def _check_disposition(self):
        super(ReturnsInspection, self.filtered(lambda inspection: not inspection.is_on_site))._check_disposition()

    def _do_split(self, quantity):
        if self.is_on_site:
            raise UserError(self.env._(
                "%s: what is inspected at the customer's is decided on as a whole. Accept as many pieces as are settled.",
                self.display_name))
        return super()._do_split(quantity)

    def _write_findings(self):
        super()._write_findings()
        for outcome, inspections in self.filtered('is_on_site').grouped('site_outcome').items():
            getattr(inspections, f'_carry_out_{outcome}')()

    def _carry_out_keep(self):
        for inspection in self:
            inspection.request_line_id._keep_on_site(inspection.quantity_accepted, inspection.site_note)
        self.request_id._promise_refund()

    def _carry_out_return(self):
        self.request_id._set_ship_by(self.request_line_id)

    def _carry_out_refuse(self):
        lines = self.request_line_id
        pieces = {line: line._get_quantity_open() for line in lines}
        for note, inspections in self.grouped('site_note').items():
            inspections.request_line_id._reject(note)
        lines._get_open_receipts()._action_cancel()
        lines._claim_advances(pieces)

    def _end_on_site(self):
        """Nobody has to go there any more: goods came, or do not come."""
        self.write({
            'state': 'done', 'site_outcome': False, 'quantity_accepted': 0.0, 'date_done': fields.Datetime.now()})
        self._message_log_batch(bodies=dict.fromkeys(self.ids, self.env._("No longer needed.")))
