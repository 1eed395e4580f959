# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .exact_amounts import combine_parts, get_exact_cents, get_price_unit


class ReturnsRequestLine(models.Model):
    """An exchange for another product: the goods are credited like any others, and the other product is sold on an order
    of its own, whose invoice is set off against the credit note. The customer pays or gets the difference only.

    A variant is sold for what was paid for the goods, so that nothing is left to pay; any other product at its
    price of today.
    """
    _inherit = 'returns.request.line'

    def _is_exchanged_for_other(self):
        """Whether what the customer gets is another product, so that money may move."""
        self.ensure_one()
        return (self.resolution == 'exchange' and bool(self.exchange_product_id)
                and self.exchange_product_id != self.product_id)

    def _is_exchanged_for_variant(self):
        self.ensure_one()
        return self._is_exchanged_for_other() and (
            self.exchange_product_id.product_tmpl_id == self.product_id.product_tmpl_id)

    def _needs_no_accountant(self):
        return super()._needs_no_accountant() and not self._is_exchanged_for_other()

    def _check_complete(self):
        super()._check_complete()
        for line in self.filtered(lambda line: line._is_exchanged_for_other()):
            product = line.exchange_product_id.sudo()
            names = {
                'where': self.env._("%(request)s, %(product)s", request=line.request_id.name,
                                    product=line.product_id.display_name),
                'other': product.display_name}
            if not (product.active and product.sale_ok) or product.company_id not in (
                    line.company_id, product.company_id.browse()):
                raise UserError(self.env._(
                    "%(where)s: %(other)s is not sold by %(company)s. Choose another product.", **names,
                    company=line.company_id.name))
            if product.type != 'consu':
                raise UserError(self.env._(
                    "%(where)s: %(other)s is no goods, so nothing can be sent in exchange. Choose another product.", **names))
            if not line.uom_id._has_common_reference(product.uom_id):
                raise UserError(self.env._(
                    "%(where)s: %(other)s is counted in %(other_unit)s, the goods in %(unit)s. Choose a refund and sell the "
                    "other product on a new order.", **names, unit=line.uom_id.name, other_unit=product.uom_id.name))

    def _settle_exchange(self):
        others = self.filtered(lambda line: line._is_exchanged_for_other())
        same = self - others
        settlements = super(ReturnsRequestLine, same)._settle_exchange() if same else self.env['returns.settlement']
        return settlements | others._settle_exchange_for_other() if others else settlements

    def _settle_exchange_for_other(self):
        """Credit what came back, and sell what the customer gets instead.

        :raise UserError: see :meth:`_settle_refund`
        """
        settlements = self._settle_refund()
        wanted = {line: line._take_exchanges_left(own) for line, own in settlements.grouped('request_line_id').items()}
        for (request, order), lines in self.grouped(lambda line: (line.request_id, line.sale_order_id)).items():
            sold = [(line, wanted[line]) for line in lines if wanted.get(line)]
            if not sold:
                continue
            parts = [part for line, made in sold for part in line._prepare_exchange_order_lines(made)]
            exchange = self.env['sale.order'].with_company(request.company_id).create(
                request._prepare_exchange_order(order, [vals for vals, _made in parts]))
            for (_vals, made), sale_line in zip(parts, exchange.order_line.sorted('id'), strict=True):
                made.exchange_line_id = sale_line
            exchange.message_post(body=self.env._("In exchange for the goods of %s.", request.name))
            exchange.action_confirm()
        return settlements

    def _take_exchanges_left(self, settlements):
        """A credit note that was cancelled leaves the order of the exchange as it is. Settled again, it goes on with that.

        :param settlements: the new settlements of this line
        :return: those of them for which something is to be sold
        """
        self.ensure_one()
        left = self.settlement_ids.exchange_line_id.filtered(lambda sale_line: (
            sale_line.order_id.state != 'cancel'
            and all(settlement.state == 'cancelled' for settlement in sale_line.returns_exchange_settlement_ids)))
        for sale_line in left:
            quantity = sale_line.product_uom_id._compute_quantity(sale_line.product_uom_qty, self.uom_id)
            again = settlements.browse()
            for settlement in settlements.filtered(lambda settlement: not settlement.exchange_line_id):
                if self.uom_id.compare(sum(again.mapped('quantity')) + settlement.quantity, quantity) <= 0:
                    again |= settlement
            again.exchange_line_id = sale_line
        return settlements.filtered(lambda settlement: not settlement.exchange_line_id)

    def _prepare_exchange_order_lines(self, settlements):
        """:param settlements: those of this line for whose goods the other product is sold
        :return: [(values of an order line, the settlements it is sold for)]
        """
        self.ensure_one()
        if not self._is_exchanged_for_variant():
            return [(self._prepare_exchange_order_line(settlements), settlements)]
        noted = settlements.filtered(lambda settlement: settlement.kind in ('credit', 'allowance'))
        currency = self.sale_line_id.currency_id
        parts = [*noted.grouped(lambda settlement: settlement.refund_line_id.tax_ids).values(), settlements - noted]
        return [
            ({**self._prepare_exchange_order_line(part),
              **(part._prepare_paid_price() if part <= noted and part.currency_id == currency
                 else self._prepare_agreed_price())}, part)
            for part in parts if part]

    def _prepare_exchange_order_line(self, settlements):
        return {
            'product_id': self.exchange_product_id.id, 'product_uom_id': self.uom_id.id,
            'product_uom_qty': self.uom_id.round(sum(settlements.mapped('quantity'))),
        }

    def _prepare_agreed_price(self):
        """:return: values of an order line for the price on the order that nothing was billed for"""
        sale_line = self.sale_line_id
        return {
            'price_unit': sale_line.product_uom_id._compute_price(sale_line.price_unit, self.uom_id),
            'discount': sale_line.discount, 'tax_ids': [Command.set(sale_line.tax_ids.ids)],
        }

    # ------------------------------------------------------------------
    # Following the order of the exchange
    # ------------------------------------------------------------------

    def _get_money_facts(self):
        """What is sold in exchange has to leave, and to be billed, before the line is done."""
        facts = super()._get_money_facts()
        for line in self.filtered(lambda line: line._is_exchanged_for_other()):
            sold = line.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled').exchange_line_id
            if any(sale_line._returns_is_exchange_open() for sale_line in sold):
                facts[line.id]['settlements_open'] = True
        return facts


class ReturnsSettlement(models.Model):
    _inherit = 'returns.settlement'

    def _prepare_paid_price(self):
        """Credited, with their share of the discounts of their invoices: what is sold instead costs exactly as much.

        :return: values of an order line for these settlements, all with the same taxes; loss of value and fees left out
        """
        sources = []
        for note, settlements in self.grouped(lambda settlement: settlement.refund_line_id.move_id).items():
            taxes, currency = settlements.refund_line_id.tax_ids, note.currency_id
            alike = note.invoice_line_ids.filtered(lambda line, taxes=taxes: line.tax_ids == taxes and line.extra_tax_data)
            goods = alike.filtered('returns_line_id')
            discounts = (alike - goods).filtered(lambda line: line._returns_is_shared())
            whole = sum(get_exact_cents(line.extra_tax_data, currency) for line in goods)
            own = sum(get_exact_cents(line.extra_tax_data, currency) for line in settlements.refund_line_id)
            sources += [(line.extra_tax_data, 1) for line in settlements.refund_line_id]
            sources += [(line.extra_tax_data, Fraction(own, whole)) for line in discounts if whole]
        invoice, taxes = self.invoice_line_id.move_id[:1], self.refund_line_id.tax_ids
        exact = combine_parts(sources, invoice)
        quantity = self.uom_id.round(sum(self.mapped('quantity')))
        price_unit = get_price_unit(exact, taxes) / quantity
        return {
            'price_unit': price_unit, 'discount': 0.0, 'tax_ids': [Command.set(taxes.ids)],
            'extra_tax_data': {**exact, 'price_unit': price_unit, 'discount': 0.0, 'quantity': quantity},
        }


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    exchange_order_ids = fields.Many2many(
        'sale.order', string="Exchange Orders", compute='_compute_exchange_order_ids', compute_sudo=True,
        help="Where other products are sold in exchange for those that came back.")
    exchange_order_count = fields.Integer(compute='_compute_exchange_order_count')

    @api.depends('settlement_ids.exchange_line_id')
    def _compute_exchange_order_ids(self):
        for request in self:
            request.exchange_order_ids = request.settlement_ids.exchange_line_id.order_id

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('exchange_order_ids')
    def _compute_exchange_order_count(self):
        self._count_readable('exchange_order_ids', 'exchange_order_count')

    def action_view_exchange_orders(self):
        self.ensure_one()
        self.check_access('read')
        return self._get_records_action(
            self.env['sale.order'].browse(self.sudo().exchange_order_ids.ids), self.env._("Exchange Orders"))

    def _prepare_exchange_order(self, order, vals_list):
        """:param order: what the goods were sold on
        :param vals_list: values of the lines that other products are sold by
        """
        self.ensure_one()
        return {
            'partner_id': order.partner_id.id, 'partner_invoice_id': order.partner_invoice_id.id,
            'partner_shipping_id': order.partner_shipping_id.id, 'pricelist_id': order.pricelist_id.id,
            'fiscal_position_id': order.fiscal_position_id.id, 'payment_term_id': order.payment_term_id.id,
            'warehouse_id': order.warehouse_id.id, 'team_id': order.team_id.id, 'user_id': order.user_id.id,
            'company_id': self.company_id.id, 'origin': self.name, 'returns_exchange_id': self.id,
            'require_signature': False, 'require_payment': False,
            'order_line': [Command.create(vals) for vals in vals_list],
        }

    def _do_settle(self, post=False):
        super()._do_settle(post=post)
        orders = self.exchange_order_ids._returns_invoice_exchanges()
        if post:
            orders.invoice_ids.filtered(lambda move: (
                move.state == 'draft' and move.company_id.returns_refund_posting == 'posted')).action_post()
        self.line_ids._advance()


class AccountMove(models.Model):
    _inherit = 'account.move'

    def _returns_get_kept_for_exchange(self):
        """:return: what exchanges for goods of this credit note will cost and no posted invoice says yet, in its currency:
            it will be set off, and so is not paid out
        """
        self.ensure_one()
        settlements = self.invoice_line_ids.returns_settlement_ids.filtered(
            lambda settlement: settlement.state != 'cancelled' and settlement.exchange_line_id)
        amount = 0.0
        for order in settlements.exchange_line_id.filtered(lambda line: line._returns_is_exchange_open()).order_id:
            billed = sum(move.amount_total for move in order.invoice_ids if (
                move.state == 'posted' and move.move_type == 'out_invoice'))
            amount += order.currency_id._convert(
                max(0.0, order.amount_total - billed), self.currency_id, self.company_id,
                fields.Date.context_today(self))
        return amount
