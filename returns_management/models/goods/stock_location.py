# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class StockLocation(models.Model):
    _inherit = 'stock.location'

    returns_warehouse_ids = fields.One2many(
        'stock.warehouse', 'returns_location_id', help="The warehouses whose returned goods wait here.")
    is_returns_location = fields.Boolean(
        "Returns Location", compute='_compute_is_returns_location', store=True, recursive=True, index='btree_not_null',
        help="Returned goods wait here, or in a location that this one is part of: ours and valued, but not sellable, "
             "since it lies outside the warehouse.")
    returns_waiting_key = fields.Char(
        readonly=True, copy=False, help="Which returned goods wait here: those with reasons of one category, or with one.")

    _returns_waiting_uniq = models.UniqueIndex(
        "(location_id, returns_waiting_key) WHERE returns_waiting_key IS NOT NULL",
        "Somebody else has just made this location for returned goods. Try again.")

    @api.depends('returns_warehouse_ids', 'location_id.is_returns_location')
    def _compute_is_returns_location(self):
        warehouses = self.env['stock.warehouse'].sudo().with_context(active_test=False).search(
            [('returns_location_id', 'in', self.ids)])
        for location in self:
            location.is_returns_location = (
                location._origin in warehouses.returns_location_id or location.location_id.is_returns_location)

    def _get_waiting_places(self, reasons):
        """Where goods with ``reasons`` wait within this returns location; what is missing is made.

        :return: {reason: location}
        """
        self.ensure_one()
        found = {
            place.returns_waiting_key: place for place in self.with_context(active_test=False).child_ids
            if place.returns_waiting_key}
        found[''] = self
        missing = {reason._get_waiting_key(): reason for reason in reasons if reason._get_waiting_key() not in found}
        made = self.create([self._prepare_waiting_vals(reason) for reason in missing.values()])
        found.update(zip(missing, made, strict=True))
        places = {reason: found[reason._get_waiting_key()] for reason in reasons}
        for place in places.values():
            if not place.active:
                place.active = self.active  # somebody archived it while it was empty
        return places

    def _prepare_waiting_vals(self, reason):
        self.ensure_one()
        return {
            'name': reason._get_waiting_name(), 'location_id': self.id, 'usage': 'internal',
            'company_id': self.company_id.id, 'returns_waiting_key': reason._get_waiting_key(),
        }

    def _get_returns_root(self):
        """:return: the returns location that this one lies in, for goods that wait apart in it; else this one"""
        self.ensure_one()
        place = self
        while place.location_id.is_returns_location:
            place = place.location_id
        return place
