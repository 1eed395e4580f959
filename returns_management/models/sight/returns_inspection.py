# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import AccessError

#: More labels than that are not stuck on pieces one by one: the heap gets one.
MOST_LABELS = 100


class ReturnsInspection(models.Model):
    """The label on each piece that waits: what it is, why it is here, and that nobody may sell it."""
    _inherit = 'returns.inspection'

    def _get_report_base_filename(self):
        return self.env._("Labels - %s", ", ".join(self.request_id.mapped('name')))

    def _prepare_labels(self):
        """:return: what each label says, plain values; one label a piece, see :data:`MOST_LABELS`
        :raise AccessError: a customer, whose returns these may be
        """
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Labels are for our own people."))
        self.check_access('read')
        labels = []
        for inspection in self.sudo():
            quantity = inspection.quantity
            pieces = int(quantity) if quantity == int(quantity) and quantity <= MOST_LABELS else 1
            facts = inspection._prepare_label_facts()
            labels += [{
                **facts,
                'many': f"{number} / {pieces}" if pieces > 1 else f"{quantity:.10g} {inspection.uom_id.name}",
            } for number in range(1, pieces + 1)]
        return labels

    def _prepare_label_facts(self):
        self.ensure_one()
        request = self.request_id
        return {
            'request': request.name, 'barcode': request._get_barcode_image(),
            'product': self.product_id.display_name, 'lot': self.lot_id.name or '',
            'customer': request.partner_id.commercial_partner_id.display_name,
            'reason': self.reason_id.name or '',
            'received': request._show_date(self.date_received),
            'place': self._get_place_now().display_name,
            'grade': (self.grade or '').upper(),
            'disposition': self.disposition_id.name if self.state == 'done' else '',
        }

    def _get_place_now(self):
        """:return: where the pieces are"""
        self.ensure_one()
        return self.is_disposed and self._get_done_disposal().location_dest_id or self.location_id
