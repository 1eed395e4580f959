# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import escape_psql

from ..returns_guard import as_flow


class ReturnsDock(models.AbstractModel):
    """A parcel that no return announced is taken in all the same: its goods wait in the returns location, apart from every
    order, with a case about each product.
    """
    _inherit = 'returns.dock'

    @api.model
    def open_unannounced(self, model=False, record_id=False):
        """A parcel to count that nothing announced.

        :param model: by what it was found: 'returns.request' that does not await it, 'sale.order', 'stock.lot',
            'res.partner', or nothing
        :return: dict for the screen, like :meth:`open_parcel`
        """
        self._check_dock()
        if not model:
            return as_flow(self)._prepare_unannounced(self.env['res.partner'])
        if not isinstance(model, str) or model not in ('returns.request', 'sale.order', 'stock.lot', 'res.partner'):
            raise UserError(self.env._("There is no such record. Load the screen again."))
        return as_flow(self)._do_open_unannounced(as_flow(self._read_record(model, record_id)))

    @api.model
    def find_senders(self, text):
        """Customers whose parcel it may be.

        :return: [{'id', 'name'}]
        """
        self._check_dock()
        pattern = escape_psql(self._read_text(text))
        partners = as_flow(self)._search(
            'res.partner', [('complete_name', 'ilike', pattern)], order='complete_name, id', shared=True)
        return [{'id': partner.id, 'name': partner.display_name} for partner in partners]

    @api.model
    def book_unannounced(self, parcel, partner_id=False, request_id=False):
        """Take in a parcel that nothing announced. Sent again with the same key, it is booked once.

        :param dict parcel: as for :meth:`book_in`
        :param partner_id: whose parcel it is, if anybody knows
        :param request_id: a return that it belongs to and that is not approved: once it is, the goods count
        :return: dict for the screen, as of :meth:`book_in`
        """
        self._check_dock()
        partner = self._read_record('res.partner', partner_id) if partner_id else self.env['res.partner']
        request = self._read_record('returns.request', request_id) if request_id else self.env['returns.request']
        parcel = self._read_parcel(parcel)
        return as_flow(self)._do_book_unannounced(as_flow(partner), as_flow(request), parcel)

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------

    def _do_open_unannounced(self, record):
        if record._name == 'returns.request':
            if record._awaits_receipt():
                raise UserError(self.env._("%s awaits goods: count them there.", record.name))
            parcel = self._prepare_unannounced(record.partner_id)
            return {**parcel, 'request_id': record.id, 'name': record.name,
                    'words': self._get_nothing_awaited_words(record)}
        partner = record if record._name == 'res.partner' else (
            record.partner_id if record._name == 'sale.order' else self._find_lot_owner(record))
        goods = [{**self._prepare_goods(record.product_id), 'lots': [{'name': record.name, 'announced': 0.0}]}
                 ] if record._name == 'stock.lot' else []
        return {**self._prepare_unannounced(partner), 'goods': goods,
                'orders': record.name if record._name == 'sale.order' else ''}

    def _prepare_unannounced(self, partner):
        return {
            'is_unannounced': True, 'request_id': False, 'name': self.env._("Unannounced parcel"),
            'customer': partner.display_name or '', 'partner_id': partner.id, 'state': '', 'words': '', 'orders': '',
            'tracking_ref': '', 'picking_id': False, 'picking': '', 'place': '', 'receipts': [], 'reason': '',
            'goods': [], 'expected_weight': 0.0, 'light_percent': 0.0,
            'weight_unit': self.env['product.template']._get_weight_uom_name_from_ir_config_parameter(),
        }

    # ------------------------------------------------------------------
    # Booking
    # ------------------------------------------------------------------

    def _do_book_unannounced(self, partner, request, parcel):
        company = request.company_id or self.env.company
        known = self.env['stock.picking'].search(
            [('company_id', '=', company.id), ('returns_dock_key', '=', parcel['key'])], limit=1)
        if known:
            return self._prepare_receipt(known)
        if request:
            request._lock()
            if request._awaits_receipt():
                raise UserError(self.env._("%s awaits goods by now: count them there.", request.name))
            partner = request.partner_id
        if not parcel['counts']:
            raise UserError(self.env._("Nothing is counted. Count what was in the parcel."))
        warehouse = request.warehouse_id or self.env['stock.warehouse'].search(
            [('company_id', '=', company.id), ('returns_type_id', '!=', False)], limit=1)
        if not warehouse:
            raise UserError(self.env._("%s has no warehouse that takes returns in.", company.name))
        picking = self.env['stock.picking'].with_company(company).create(  # costs are the company's
            self._prepare_unannounced_vals(partner, warehouse, parcel))
        self._enter_counts(picking, parcel['counts'])
        picking._sanity_check()
        picking._action_done()
        cases = self.env['returns.discrepancy'].create([
            self._prepare_unannounced_case_vals(move, partner, request)
            for move in picking.move_ids if move.state == 'done'])
        for case in cases:
            found = case.wanted_line_ids.filtered('quantity_missing')
            if found:
                case._tie_by_itself(found)
        self._keep_words(picking, request, parcel, cases)
        return self._prepare_receipt(picking)

    def _prepare_unannounced_vals(self, partner, warehouse, parcel):
        place = partner.with_company(warehouse.company_id).property_stock_customer if partner else (
            self.env['stock.warehouse']._get_partner_locations()[0])
        return {
            **self._prepare_parcel_vals(parcel), 'returns_is_all': False,
            'picking_type_id': warehouse.returns_type_id.id, 'partner_id': partner.id, 'company_id': warehouse.company_id.id,
            'origin': self.env._("Unannounced"), 'location_id': place.id,
            'location_dest_id': warehouse.returns_location_id.id,
        }

    def _prepare_unannounced_case_vals(self, move, partner, request):
        """Values of the case about goods that nobody announced. It becomes the lines of the same product of ``request``,
        if there is one that may still be approved, or of which pieces are missing.
        """
        lines = request.line_ids.filtered(lambda line: line.product_id == move.product_id and (
            line.state in ('draft', 'review') or line.quantity_missing))
        damaged = move.returns_damaged and self.env._("%s damaged in transit.", f"{move.returns_damaged:.10g}")
        return {
            'kind': 'unannounced', 'is_counted': True, 'move_id': move.id, 'picking_id': move.picking_id.id,
            'partner_id': partner.id, 'product_id': move.product_id.id, 'quantity': move._returns_get_pieces(),
            'note': damaged or False, 'wanted_line_ids': [Command.set(lines.ids)],
            'user_id': request.user_id.id if request.user_id.active else False,
        }
