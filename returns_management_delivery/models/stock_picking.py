# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class StockPicking(models.Model):
    _inherit = 'stock.picking'

    returns_tracked_ahead = fields.Boolean(
        readonly=True, copy=False,
        help="The tracking number came with a label or an order to the carrier: it says nothing of goods on the road.")

    def _returns_get_tracking(self):
        """:return: [(number, link or '')] of the parcels of this transfer"""
        self.ensure_one()
        links = self.get_multiple_carrier_tracking() or [(self.carrier_tracking_ref, self.carrier_tracking_url)]
        return [(ref, url if str(url or '').startswith(('https://', 'http://')) else '') for ref, url in links]

    def _returns_get_labels(self):
        """:return: ``ir.attachment`` of the carrier's return labels of these transfers"""
        labels = self.env['ir.attachment']
        for carrier, pickings in self.grouped('carrier_id').items():
            if carrier:
                labels |= labels.search([
                    ('res_model', '=', 'stock.picking'), ('res_id', 'in', pickings.ids),
                    ('name', '=like', f'{carrier.get_return_label_prefix()}%')], order='id')
        return labels
