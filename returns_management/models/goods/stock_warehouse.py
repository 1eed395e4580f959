# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockWarehouse(models.Model):
    _inherit = 'stock.warehouse'

    returns_type_id = fields.Many2one(
        'stock.picking.type', "Returns Operation Type", check_company=True, copy=False)
    returns_location_id = fields.Many2one(
        'stock.location', "Returns Location", check_company=True, copy=False,
        help="Where goods wait for inspection. Outside the warehouse, so that nobody sells them meanwhile.")
    returns_refurbish_location_id = fields.Many2one('stock.location', check_company=True, copy=False)
    returns_second_choice_location_id = fields.Many2one('stock.location', check_company=True, copy=False)

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        values['returns_type_id'] = {
            'name': self.env._("%s Sequence returns", self.name),
            'prefix': f"{self.code}/{self.returns_type_id.sequence_code or 'RET'}/",
            'padding': 5, 'company_id': self.company_id.id,
        }
        return values

    def _get_picking_type_create_values(self, max_sequence):
        values, next_sequence = super()._get_picking_type_create_values(max_sequence)
        customers, _suppliers = self._get_partner_locations()
        values['returns_type_id'] = {
            'name': self.env._("Returns"), 'code': 'incoming', 'sequence_code': 'RET',
            'sequence': next_sequence + 1, 'company_id': self.company_id.id,
            'use_create_lots': False, 'use_existing_lots': True,
            'default_location_src_id': customers.id,
            'default_location_dest_id': self._get_returns_location('returns').id,
        }
        return values, next_sequence + 2

    def _get_picking_type_update_values(self):
        values = super()._get_picking_type_update_values()
        values['returns_type_id'] = {
            'active': self.active, 'barcode': self.code.replace(" ", "").upper() + "RET",
        }
        return values

    def _create_or_update_sequences_and_picking_types(self):
        """The delivery type's returns come in through the returns type, core's own wizard included."""
        data = super()._create_or_update_sequences_and_picking_types()
        if 'returns_type_id' in data:
            out_type = self.out_type_id or self.env['stock.picking.type'].browse(data.get('out_type_id'))
            out_type.return_picking_type_id = data['returns_type_id']
            self.env['stock.picking.type'].browse(data['returns_type_id']).return_picking_type_id = out_type
        return data

    def _get_returns_location(self, purpose):
        """The warehouse's location for ``purpose`` (returns, refurbish, second_choice), made if missing.

        Outside the warehouse's view location: quantities there are valued, but are neither
        counted as free to sell nor reservable in that warehouse (ODOO19 1.2).
        """
        self.ensure_one()
        name = 'returns_location_id' if purpose == 'returns' else f'returns_{purpose}_location_id'
        if not self[name]:
            titles = {
                'returns': self.env._("%s Returns", self.code),
                'refurbish': self.env._("%s Refurbishment", self.code),
                'second_choice': self.env._("%s Second Choice", self.code),
            }
            self.sudo()[name] = self.env['stock.location'].sudo().create({
                'name': titles[purpose], 'usage': 'internal', 'location_id': False,
                'company_id': self.company_id.id, 'is_returns_location': purpose == 'returns',
            })
        return self[name]

    @api.model
    def _setup_returns(self):
        """Give every warehouse that was there before this add-on its returns type and location."""
        for warehouse in self.with_context(active_test=False).search([('returns_type_id', '=', False)]):
            warehouse._get_returns_location('returns')
            warehouse.write(warehouse._create_or_update_sequences_and_picking_types())

    def write(self, vals):
        res = super().write(vals)
        if vals.get('code'):
            for warehouse in self.filtered('returns_location_id'):
                warehouse.returns_location_id.name = self.env._("%s Returns", warehouse.code)
        return res
