# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from .vendor_book import VendorBook


class ReturnsInspection(models.Model):
    """Goods that go back to the vendor who sold them to us, with a claim."""
    _inherit = 'returns.inspection'

    vendor_line_ids = fields.One2many(
        'returns.vendor.claim.line', 'inspection_id', "Claimed of Vendors", readonly=True)

    def _check_disposition(self):
        """:raise UserError: nobody knows from whom goods came that are to go back there"""
        super()._check_disposition()
        parts = self.filtered(lambda inspection: inspection._needs_tracing())
        book = VendorBook(parts)
        for inspection in parts:
            quantity = inspection._get_quantity_left()
            inspection._check_traced(book.allot(inspection, quantity), quantity)

    def _needs_tracing(self):
        """Whether it must be known with which purchase these goods came."""
        self.ensure_one()
        return self.disposition_kind == 'vendor'

    def _check_traced(self, found, quantity):
        """:param found: [(receipt, pieces)], see :class:`VendorBook`
        :raise UserError: they are less than ``quantity``
        """
        self.ensure_one()
        pieces = sum(part for _receipt, part in found)
        if self.uom_id.compare(pieces, quantity) >= 0:
            return
        values = {
            'goods': self.display_name, 'quantity': f"{quantity:.10g}", 'pieces': f"{pieces:.10g}", 'unit': self.uom_id.name,
            'orders': ", ".join(dict.fromkeys(receipt.purchase_line_id.order_id.name for receipt, _part in found))}
        if found:
            raise UserError(self.env._(
                "%(goods)s: only %(pieces)s of %(quantity)s %(unit)s can go back to a vendor, with %(orders)s. Split the "
                "inspection, and choose another disposition for the rest.", **values))
        raise UserError(self.env._(
            "%(goods)s: no purchase is known that these %(quantity)s %(unit)s came with and of which pieces may still go "
            "back. Choose another disposition.", **values))

    # ------------------------------------------------------------------
    # Disposing
    # ------------------------------------------------------------------

    def _dispose_vendor(self):
        """Each piece on a draft transfer to the vendor it came from: one for a vendor, a warehouse and a place, for as
        long as the vendor was not asked and nobody has begun to send it.
        """
        taken = self._take_on_hand()
        parts = self.browse().union(*taken)
        VendorBook(parts).purchase_lines._returns_lock()
        book, groups = VendorBook(parts), {}
        for inspection in parts:
            for receipt, pieces in inspection._trace(book, taken[inspection]):
                vendor, warehouse = receipt.purchase_line_id.order_id.partner_id, inspection._get_warehouse()
                place = inspection.location_id
                if place._child_of(warehouse.returns_location_id):
                    place = warehouse.returns_location_id  # goods that wait apart go together
                key = (inspection.company_id, warehouse, vendor, place)
                groups.setdefault(key, []).append((inspection, receipt, pieces))
        for key, rows in groups.items():
            self._claim(*key, rows)

    def _trace(self, book, pieces):
        """:param pieces: [(lot, owner, package, quantity)] on hand
        :return: [(receipt, those of ``pieces`` that came with it)]; none where the vendor is not known any more: then they
            are held back, and the return says why
        """
        self.ensure_one()
        quantity = sum(piece[-1] for piece in pieces)
        found = book.allot(self, quantity)
        try:
            self._check_traced(found, quantity)
        except UserError as error:
            if self.env.user.has_group('returns_management.group_returns_inspector'):
                raise
            self.write({'is_held_back': True})
            self.request_id.message_post(body=error.args[0])
            self.env['returns.follow.up']._note_failure('vendor_return', self, error.args[0])
            return []
        left = [list(piece) for piece in pieces]
        rows = []
        for receipt, wanted in found:
            part = []
            for piece in left:
                taken = self.uom_id.round(min(wanted, piece[-1]))
                if self.uom_id.compare(taken, 0.0) > 0:
                    part.append((*piece[:-1], taken))
                    piece[-1] -= taken
                    wanted -= taken
            rows.append((receipt, part))
        return rows

    @api.model
    def _claim(self, company, warehouse, vendor, place, rows):
        """Add goods to the open claim on ``vendor``, or to a new one, and to its draft transfer.

        :param rows: [(inspection, receipt, [(lot, owner, package, quantity)])]
        """
        claim, picking = self._find_open_claim(company, warehouse, vendor, place)
        kind = warehouse.in_type_id.return_picking_type_id or warehouse.out_type_id
        if not claim:
            claim = self.env['returns.vendor.claim'].create({
                'company_id': company.id, 'partner_id': vendor.id, 'warehouse_id': warehouse.id,
                'user_id': rows[0][1].purchase_line_id.order_id.user_id.id})
            picking = self.env['stock.picking'].create({
                'picking_type_id': kind.id, 'partner_id': vendor.id, 'origin': claim.name, 'company_id': company.id,
                'location_id': place.id, 'location_dest_id': vendor.with_company(company).property_stock_supplier.id,
                'return_id': rows[0][1].picking_id.id, 'user_id': False})
        reasons = self.env['returns.vendor.reason']._get_of(vendor)
        lines = self.env['returns.vendor.claim.line'].create([{
            'claim_id': claim.id, 'inspection_id': inspection.id, 'receipt_id': receipt.id,
            'purchase_line_id': receipt.purchase_line_id.id, 'reason_id': reasons._propose(inspection).id,
            'quantity': sum(piece[-1] for piece in pieces)} for inspection, receipt, pieces in rows])
        # reserved, and a draft all the same: Odoo would take a move that has its pieces for one that is ready to go
        moves = self.env['stock.move'].with_context(preserve_state=True).create([
            inspection._prepare_vendor_move_vals(line, picking, pieces)
            for line, (inspection, _receipt, pieces) in zip(lines, rows, strict=True)])
        moves.move_line_ids.picking_id = picking

    @api.model
    def _find_open_claim(self, company, warehouse, vendor, place):
        """:return: (the claim on ``vendor`` that goods may still be added to, its draft transfer), locked; or empty"""
        claims = self.env['returns.vendor.claim'].search([
            ('company_id', '=', company.id), ('warehouse_id', '=', warehouse.id), ('partner_id', '=', vendor.id),
            ('state', '=', 'draft'), ('date_asked', '=', False)], order='id')
        claims._lock_rows()
        for claim in claims.filtered(lambda claim: claim.state == 'draft'):
            picking = claim.picking_ids.filtered(lambda picking: picking.state == 'draft' and picking.location_id == place)
            if picking:
                return claim, picking[:1]
        return claims.browse(), self.env['stock.picking']

    def _prepare_vendor_move_vals(self, line, picking, pieces):
        """Values of the move that takes ``pieces`` of these goods back to the vendor they came from."""
        self.ensure_one()
        return {
            **self._prepare_disposal_move_vals(self.location_id, picking.location_dest_id, pieces),
            'picked': False, 'picking_id': picking.id, 'picking_type_id': picking.picking_type_id.id,
            'partner_id': picking.partner_id.id, 'origin': line.claim_id.name,
            'origin_returned_move_id': line.receipt_id.id, 'to_refund': True,
            'purchase_line_id': line.purchase_line_id.id, 'returns_vendor_line_id': line.id,
        }

    def _note_sent_on(self):
        super()._note_sent_on()
        self.env['returns.follow.up']._resolve('vendor_return', self)

    # ------------------------------------------------------------------
    # Not taken
    # ------------------------------------------------------------------

    def _keep_from_vendor(self, note):
        """The vendor takes nothing of what has not left: it waits in quarantine until an inspector chooses again.

        :param str note: why
        """
        choosers = self.grouped(lambda inspection: (inspection.request_id, inspection._get_chooser()))
        self.write({'disposition_id': self.env.ref('returns_management.disposition_quarantine').id})
        self.request_id._ask_to_choose(choosers, note)

    def _get_proofs(self):
        """:return: the photos of these goods, by inspector and customer"""
        Attachment = self.env['ir.attachment']
        found = Attachment.search([
            ('res_model', '=', self._name), ('res_id', 'in', self.ids), ('mimetype', '=like', 'image/%')])
        return found | self.request_id.evidence_ids.filtered(lambda file: (file.mimetype or '').startswith('image/'))

    @api.model
    def _part_from_vendors(self):
        """Purchases go: nothing waits to be sent to a vendor any more."""
        flow = self._as_flow()
        kind = flow.env.ref('returns_management.disposition_vendor')
        kind.active = False
        flow.env['returns.reason'].with_context(active_test=False).search(
            [('disposition_id', '=', kind.id)]).write({'disposition_id': False})
        flow.search([('disposition_id', '=', kind.id), ('state', '=', 'draft')]).write({'disposition_id': False})
        waiting = flow.search([
            ('disposition_id', '=', kind.id), ('state', '=', 'done'), ('is_disposed', '=', False)])
        waiting._keep_from_vendor(self.env._("Returns to vendors were uninstalled."))
        waiting.disposal_move_ids.filtered(lambda move: move.state not in ('done', 'cancel'))._action_cancel()
