# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsInspection(models.Model):
    """Goods in repair stay where they wait. Repaired, they are inspected again, or go back to whom they belong."""
    _inherit = 'returns.inspection'

    repair_ids = fields.One2many(
        'repair.order', 'returns_inspection_id', "Repairs", readonly=True, groups='stock.group_stock_user')
    is_given_back = fields.Boolean(
        "The Customer's Own", readonly=True, copy=False,
        help="Came to be repaired and is sent back: at the customer again, as if it had not come.")

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _check_disposition(self):
        """:raise UserError: we would keep what a customer wants back"""
        super()._check_disposition()
        for inspection in self:
            if inspection._is_own() and inspection.disposition_kind not in ('repair', 'customer', 'quarantine'):
                raise UserError(self.env._(
                    "%(inspection)s: the customer wants these goods repaired and back, so %(disposition)s is not for them. "
                    "Choose Repair, Back to Customer or Quarantine.", inspection=inspection.display_name,
                    disposition=inspection.disposition_id.name))

    def _is_own(self):
        """Whether these goods are still the customer's, and accepted for repair."""
        self.ensure_one()
        return self.request_line_id.resolution == 'repair' and self.uom_id.compare(self.quantity_accepted, 0.0) > 0

    # ------------------------------------------------------------------
    # Disposing
    # ------------------------------------------------------------------

    def _is_under_way(self):
        return super()._is_under_way() or bool(self.repair_ids._filter_open())

    def _dispose_repair(self):
        """A repair order for each, where the goods are; repair people take it from there."""
        parts = self.browse().union(*self._take_on_hand())
        parts.repair_ids.flush_recordset(['state'])  # one that was cancelled just now is not in the way
        for company, inspections in parts.grouped('company_id').items():
            now = fields.Datetime.now()
            dates = {
                'returns_date_begun': now,
                'returns_date_due': self.env['returns.time.limit']._get_deadline(company, 'repair', now)}
            types = inspections._get_repair_types()
            self.env['repair.order'].with_company(company).create([
                {**inspection._prepare_repair_vals(types[inspection]), **dates} for inspection in inspections])
        parts.request_id._update_repair_due()

    def _get_repair_types(self):
        """:return: {inspection: the repair operation type of the warehouse its goods came to, or of another one}
        :raise UserError: the company repairs nothing
        """
        types = self.env['stock.picking.type'].search(
            [('code', '=', 'repair_operation'), ('company_id', 'in', self.company_id.ids)])
        found = {inspection: (
            inspection._get_warehouse().repair_type_id & types
            or types.filtered(lambda kind, inspection=inspection: kind.company_id == inspection.company_id)[:1])
            for inspection in self}
        for inspection, kind in found.items():
            if not kind:
                raise UserError(self.env._(
                    "%(company)s has no operation type for repairs: make one, or choose another disposition for %(goods)s.",
                    company=inspection.company_id.name, goods=inspection.display_name))
        return found

    def _prepare_repair_vals(self, picking_type):
        """Values of the repair order of these goods, from where they wait to where they wait."""
        self.ensure_one()
        responsibility = self.responsibility or self.request_line_id.responsibility
        return {
            'returns_inspection_id': self.id, 'company_id': self.company_id.id, 'partner_id': self.partner_id.id,
            'user_id': False, 'picking_type_id': picking_type.id, 'picking_id': self.move_id.picking_id.id,
            'product_id': self.product_id.id, 'product_qty': self._get_quantity_left(), 'product_uom': self.uom_id.id,
            'lot_id': self.lot_id.id,
            'product_location_src_id': self.location_id.id, 'product_location_dest_id': self.location_id.id,
            'under_warranty': responsibility != 'customer', 'internal_notes': self.note,
        }

    def _dispose_customer(self):
        self.filtered(lambda inspection: inspection._is_own()).write({'is_given_back': True})
        return super()._dispose_customer()

    # ------------------------------------------------------------------
    # After a repair
    # ------------------------------------------------------------------

    def _end_repair(self):
        """What is the customer's goes back; what is ours is inspected again."""
        pending = self.filtered(lambda inspection: inspection.disposition_kind == 'repair' and not inspection.is_disposed)
        own = pending.filtered(lambda inspection: inspection._is_own())
        if own:
            own.write({'disposition_id': self.env.ref('returns_management.disposition_customer').id})
        ours = pending - own
        ours.write({'is_disposed': True})
        for place, inspections in ours.grouped('location_id').items():
            inspections._inspect_again(place)

    def _give_up_repair(self, note):
        """These goods are not repaired: they wait in quarantine until an inspector chooses again.

        :param str note: why
        """
        pending = self.filtered(lambda inspection: inspection.disposition_kind == 'repair' and not inspection.is_disposed)
        if not pending:
            return
        own = pending.filtered(lambda inspection: inspection._is_own())
        own.write({'repair_failure': note})
        choosers = pending.grouped(lambda inspection: (inspection.request_id, inspection._get_chooser()))
        pending.write({'disposition_id': self.env.ref('returns_management.disposition_quarantine').id})
        pending.request_id._ask_to_choose(choosers, note)
        own.request_id._ask_to_decide_repair(note)
        for request, parts in pending.grouped('request_id').items():
            request.message_post(body=self.env._(
                "%(note)s %(goods)s wait in quarantine.", note=note,
                goods=", ".join(parts.product_id.mapped('display_name'))))

    # ------------------------------------------------------------------
    # Parting
    # ------------------------------------------------------------------

    @api.model
    def _part_from_repair(self):
        """Repair goes: nothing waits for one any more, and nothing that was repaired counts as returned."""
        flow = self._as_flow()
        kind = flow.env.ref('returns_management.disposition_repair')
        kind.active = False
        flow.env['returns.reason'].with_context(active_test=False).search(
            [('disposition_id', '=', kind.id)]).write({'disposition_id': False})
        flow.search([('disposition_id', '=', kind.id), ('state', '=', 'draft')]).write({'disposition_id': False})
        flow.search([('disposition_id', '=', kind.id), ('state', '=', 'done'), ('is_disposed', '=', False)]
                    )._give_up_repair(self.env._("Repair was uninstalled."))
        settlements = flow.env['returns.settlement'].search([('kind', '=', 'repair'), ('state', '=', 'planned')])
        settlements._set_done()
        settlements.request_line_id._advance()
        # without the mark that they are the customer's, these moves would count as goods that were refused
        flow.search([('is_given_back', '=', True)]).disposal_move_ids.filtered(
            lambda move: move.state == 'done' and move._returns_is_delivery()
        ).write({'returns_line_id': False, 'returns_inspection_id': False})
