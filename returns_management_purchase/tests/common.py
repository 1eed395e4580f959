# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields
from odoo.tests import new_test_user

from odoo.addons.returns_management.tests.rpc import RpcCommon


class VendorCommon(RpcCommon):
    """Goods bought from two vendors, then sold and returned."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._buy_world()

    @classmethod
    def _buy_world(cls):
        cls.vendor_disposition = cls.env.ref('returns_management.disposition_vendor')
        cls.quarantine = cls.env.ref('returns_management.disposition_quarantine')
        cls.defect = cls.env.ref('returns_management.reason_quality_defect')
        cls.vendor, cls.other_vendor = cls.env['res.partner'].create([
            {'name': "Vendor", 'email': 'vendor@example.com'}, {'name': "Other Vendor"}])
        cls.buyer = new_test_user(
            cls.env, login='test_returns_buyer', groups='purchase.group_purchase_user', company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)])
        cls.bought = cls._create_product("Blender", quantity=0.0, purchase_method='receive')
        cls.tax_in = cls.env['account.tax'].create({
            'name': "Purchase 10 %", 'amount': 10.0, 'type_tax_use': 'purchase', 'company_id': cls.company.id})

    @classmethod
    def _buy(cls, product=None, quantity=10.0, price=4.0, vendor=None, receive=None, lots=(), bill=False, **line_values):
        """A confirmed purchase, received (or ``receive`` pieces of it) and billed if told so."""
        product = product or cls.bought
        order = cls.env['purchase.order'].create({
            'partner_id': (vendor or cls.vendor).id, 'user_id': cls.buyer.id, 'company_id': cls.company.id,
            'order_line': [Command.create({
                'product_id': product.id, 'product_qty': quantity, 'price_unit': price,
                'tax_ids': [Command.set(cls.tax_in.ids)], **line_values})]})
        order.button_confirm()
        picking = order.picking_ids
        move = picking.move_ids
        if lots:
            move.move_line_ids.unlink()
            move.move_line_ids = [Command.create({
                'product_id': product.id, 'lot_id': lot.id, 'quantity': quantity / len(lots), 'picking_id': picking.id,
                'location_id': move.location_id.id, 'location_dest_id': move.location_dest_id.id}) for lot in lots]
        else:
            move.quantity = move.product_uom_qty if receive is None else receive
        move.picked = True
        picking.with_context(skip_backorder=True).button_validate()
        if bill:
            cls._bill(order)
        return order

    @classmethod
    def _get_receipt(cls, order):
        """:return: the moves that brought what ``order`` bought"""
        return order.order_line.move_ids.filtered(lambda move: (
            move.location_id.usage == 'supplier' and not move.origin_returned_move_id))

    @classmethod
    def _bill(cls, order, post=True):
        known = order.invoice_ids
        order.action_create_invoice()
        bill = order.invoice_ids - known
        bill.invoice_date = fields.Date.today()
        if post:
            bill.action_post()
        return bill

    def _to_vendor(self, order=None, quantity=2.0, product=None, **line_values):
        """A return whose goods are to go back to the vendor."""
        line_values.setdefault('reason_id', self.defect.id)
        request = self._approve(order or self._sell((product or self.bought, 5.0)), quantity, **line_values)
        self._receive(request)
        self._inspect(request, self.vendor_disposition)
        return request

    def _get_claim(self, *requests):
        ids = [request.id for request in requests]
        return self.env['returns.vendor.claim.line'].search([('request_id', 'in', ids)]).claim_id

    def _ship(self, claim):
        """Validate the transfer to the vendor."""
        pickings = claim.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))
        for picking in pickings:
            self._validate(picking.with_user(self.stocker))
        self.env.invalidate_all()
        return pickings
