# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, fields

from odoo.addons.returns_management.tests.money_common import MoneyCommon


class KitCommon(MoneyCommon):
    """A tea set: one pot of 60.00, two cups of 15.00 each and a card that costs nothing; sold for 100.00.

    So a pot bears two thirds of the price, a cup a sixth.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pot, cls.cup, cls.card = (
            cls._create_product(name, list_price=price, standard_price=cost, taxes_id=[Command.clear()])
            for name, price, cost in (("Pot", 60.0, 30.0), ("Cup", 15.0, 5.0), ("Card", 0.0, 0.1)))
        cls.set, cls.set_ordered = (
            cls._create_kit(name, (cls.pot, 1.0), (cls.cup, 2.0), (cls.card, 1.0), invoice_policy=policy)
            for name, policy in (("Tea Set", 'delivery'), ("Tea Set to Order", 'order')))
        cls.bom = cls.set.bom_ids

    @classmethod
    def _create_kit(cls, name, *components, invoice_policy='delivery', **bom_values):
        kit = cls.env['product.product'].create({
            'name': name, 'type': 'consu', 'is_storable': False, 'list_price': 100.0, 'invoice_policy': invoice_policy,
            'taxes_id': [Command.set(cls.tax_15.ids)]})
        cls.env['mrp.bom'].create({
            'product_tmpl_id': kit.product_tmpl_id.id, 'product_qty': 1.0, 'type': 'phantom', **bom_values,
            'bom_line_ids': [Command.create({'product_id': product.id, 'product_qty': quantity})
                             for product, quantity in components]})
        return kit

    def _file_parts(self, order, parts, **line_values):
        """A draft return of ``parts`` = {component or kit: pieces} of the order's first line."""
        return self.Request.with_user(self.agent).create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id,
            'line_ids': [Command.create({
                'sale_line_id': order.order_line[0].id, 'product_id': product.id, 'quantity': pieces,
                'reason_id': self.reason.id, **line_values}) for product, pieces in parts.items()]})

    def _approve_parts(self, order, parts, **line_values):
        request = self._file_parts(order, parts, **line_values)
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        return request

    def _return_parts(self, order, parts, **line_values):
        """The whole road of ``parts``, to the posted credit note."""
        request = self._approve_parts(order, parts, **line_values)
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        return request

    def _accept_parts(self, parts):
        """A request whose components are in and accepted, without goods.

        :param dict parts: {(order line, component): pieces}
        """
        order = next(iter(parts))[0].order_id
        request = self.Request.create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id, 'user_id': self.agent.id,
            'line_ids': [Command.create({
                'sale_line_id': line.id, 'product_id': product.id, 'uom_id': product.uom_id.id, 'quantity': float(pieces),
                'reason_id': self.reason.id}) for (line, product), pieces in parts.items()]})
        request._write_flow({'date_submitted': fields.Datetime.now()})
        for line in request.line_ids:
            for name in ('approved', 'received', 'accepted'):
                line._write_flow({f'quantity_{name}': line.quantity})
        request.line_ids._claim_balance()
        request.line_ids._advance()
        self.assertEqual(request.state, 'settlement')
        return request

    def _get_wishes(self, request):
        """:return: {product: pieces asked for}"""
        return {line.product_id: line.quantity for line in request.line_ids}
