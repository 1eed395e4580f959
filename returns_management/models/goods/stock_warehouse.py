# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockWarehouse(models.Model):
    _inherit = 'stock.warehouse'

    returns_type_id = fields.Many2one(
        'stock.picking.type', "Returns Operation Type", check_company=True, copy=False)
    returns_location_id = fields.Many2one(
        'stock.location', check_company=True, copy=False,
        help="Where goods wait for inspection. Outside the warehouse, so that nobody sells them meanwhile.")
    returns_refurbish_location_id = fields.Many2one('stock.location', check_company=True, copy=False)
    returns_second_choice_location_id = fields.Many2one('stock.location', check_company=True, copy=False)

    def _get_sequence_values(self, name=False, code=False):
        values = super()._get_sequence_values(name=name, code=code)
        values['returns_type_id'] = {
            'name': self.env._("%s Sequence returns", name or self.name),
            'prefix': f"{code or self.code}/{self.returns_type_id.sequence_code or 'RET'}/",
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

        One that an earlier installation left behind, with what lies in it, is used again.

        Outside the warehouse's view location: quantities there are valued, but are neither
        counted as free to sell nor reservable in that warehouse (ODOO19 1.2).
        """
        self.ensure_one()
        name = 'returns_location_id' if purpose == 'returns' else f'returns_{purpose}_location_id'
        if not self[name]:
            vals = {
                'name': self._get_returns_location_name(purpose, self.code), 'usage': 'internal', 'location_id': False,
                'company_id': self.company_id.id,
            }
            Location = self.env['stock.location'].sudo().with_context(active_test=False)
            place = Location.search([(field, '=', value) for field, value in vals.items()], limit=1)
            place = place or Location.create({**vals, 'active': self.active})
            place.write({'active': place.active or self.active})
            self.sudo()[name] = place
        return self[name]

    @api.model
    def _setup_returns(self):
        """Give every warehouse that was there before this add-on its returns type and location."""
        for warehouse in self.with_context(active_test=False).search([('returns_type_id', '=', False)]):
            place = warehouse._get_returns_location('returns')
            former = warehouse.env['stock.picking.type'].search([
                ('warehouse_id', '=', warehouse.id), ('default_location_dest_id', '=', place.id),
                ('code', '=', 'incoming'), ('sequence_code', '=', 'RET'), ('active', '=', False)], limit=1)
            if former:  # archived by the uninstall_hook
                former.return_picking_type_id = warehouse.out_type_id
                warehouse.out_type_id.return_picking_type_id = warehouse.returns_type_id = former
            warehouse.write(warehouse._create_or_update_sequences_and_picking_types())

    def _get_returns_location_name(self, purpose, code):
        return {
            'returns': self.env._("%s Returns", code),
            'refurbish': self.env._("%s Refurbishment", code),
            'second_choice': self.env._("%s Second Choice", code),
        }[purpose]

    def _get_returns_locations(self):
        """:return: {purpose: location} of those that were made"""
        self.ensure_one()
        places = {
            'returns': self.returns_location_id, 'refurbish': self.returns_refurbish_location_id,
            'second_choice': self.returns_second_choice_location_id,
        }
        return {purpose: place for purpose, place in places.items() if place}

    def _update_name_and_code(self, new_name=False, new_code=False):
        res = super()._update_name_and_code(new_name=new_name, new_code=new_code)
        for warehouse in self:
            values = warehouse._get_sequence_values(name=new_name, code=new_code)['returns_type_id']
            # core, too, lends the right on sequences to stock managers only
            if self.env.user.has_group('stock.group_stock_manager'):
                warehouse.sudo().returns_type_id.sequence_id.write(values)
            for purpose, place in warehouse._get_returns_locations().items() if new_code else ():
                place.name = warehouse._get_returns_location_name(purpose, new_code)
        return res

    def write(self, vals):
        res = super().write(vals)
        if 'active' in vals:
            # Core archives what lies inside the warehouse; goods left in these locations stop it just the same.
            for warehouse in self:
                for place in warehouse._get_returns_locations().values():
                    place.active = vals['active']
        return res
