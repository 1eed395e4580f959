# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .delivery_book import DeliveryBook


class ReturnsRequestLine(models.Model):
    """Where the goods of a line come from: an order line, one of its deliveries, a delivery without an order, or
    nothing that we know of.
    """
    _inherit = 'returns.request.line'

    delivery_move_id = fields.Many2one(
        'stock.move', "Delivery", index='btree_not_null', ondelete='restrict', check_company=True,
        help="Which delivery the goods came with. Empty: the oldest of the order line of which something is left; the "
             "policy then counts from the latest.")
    without_order = fields.Boolean(
        compute='_compute_without_order', store=True, readonly=False, precompute=True,
        help="The goods were not sold on an order, or nobody finds it: people judge the return, and an accountant types "
             "what is paid.")
    possible_delivery_ids = fields.Many2many(
        'stock.move', compute='_compute_possible_delivery_ids', compute_sudo=True,
        groups='stock.group_stock_user,returns_management.group_returns_agent')
    delivery_note = fields.Char(
        "Delivered With", compute='_compute_delivery_note', compute_sudo=True,
        help="The delivery chosen, and its day, for those who may read the return but not the delivery.")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('sale_line_id', 'delivery_move_id')
    def _compute_without_order(self):
        for line in self:
            if line.sale_line_id or line.delivery_move_id:
                line.without_order = False

    @api.depends('delivery_move_id')
    def _compute_product_id(self):
        super()._compute_product_id()
        for line in self:
            if line.delivery_move_id and not line.sale_line_id:
                line.product_id = line.delivery_move_id.product_id

    @api.depends('delivery_move_id')
    def _compute_delivery_note(self):
        for line in self:
            delivery = line.delivery_move_id
            line.delivery_note = delivery._returns_describe_delivery() if delivery else False

    @api.depends('sale_line_id', 'product_id', 'request_id.partner_id', 'state')
    def _compute_possible_delivery_ids(self):
        drafts = self.filtered(lambda line: line.state == 'draft')
        (self - drafts).possible_delivery_ids = False
        book = DeliveryBook(drafts)
        for line in drafts:
            line.possible_delivery_ids = book.find(line) if line.sale_line_id else line._find_unsold_deliveries()

    def _find_deliveries(self):
        """:return: the deliveries of this line's order line of which the customer still has pieces, oldest first"""
        return DeliveryBook(self).find(self)

    def _find_unsold_deliveries(self, limit=80):
        """:return: the latest moves that brought this product to this customer without an order"""
        self.ensure_one()
        product, request = self.product_id._origin, self.request_id
        if not product or not request.partner_id:
            return self.env['stock.move']
        return self.env['stock.move'].search(Domain.AND([
            [('product_id', '=', product.id), ('state', '=', 'done'), ('location_dest_usage', '=', 'customer')],
            [('sale_line_id', '=', False), ('origin_returned_move_id', '=', False)],
            [('partner_id.commercial_partner_id', '=', request.partner_id.commercial_partner_id.id)],
            [('company_id', '=', request.company_id.id)],
        ]), order='date desc, id desc', limit=limit).filtered(lambda move: move._returns_is_delivery())

    @api.depends('delivery_move_id')
    def _compute_quantity_returnable(self):
        super()._compute_quantity_returnable()
        chosen = self.filtered(lambda line: line.sale_line_id and line.delivery_move_id and line.uom_id)
        book = DeliveryBook(chosen) if chosen else None
        for line in chosen:
            left = line._from_product_uom(book.get_free(line.delivery_move_id._origin, line._origin))
            line.quantity_returnable = max(0.0, min(line.quantity_returnable, left))

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    @api.model
    def _get_draft_fields(self):
        return super()._get_draft_fields() | {'delivery_move_id', 'without_order'}

    @api.constrains('delivery_move_id', 'sale_line_id', 'product_id', 'request_id')
    def _check_delivery(self):
        for line in self.sudo().filtered('delivery_move_id'):
            move, request = line.delivery_move_id, line.request_id
            names = {'delivery': move.reference or move.display_name, 'product': line.product_id.display_name}
            if move.state != 'done' or not move._returns_is_delivery() or move.origin_returned_move_id:
                raise ValidationError(self.env._(
                    "%(delivery)s brought nothing to a customer, or goods that had come back before. Choose the delivery "
                    "that %(product)s went out with.", **names))
            if move.product_id != line.product_id:
                raise ValidationError(self.env._(
                    "%(delivery)s brought another product than %(product)s. Choose another delivery.", **names))
            if move.company_id != request.company_id:
                raise ValidationError(self.env._(
                    "%(delivery)s belongs to another company than the return. File one return a company.", **names))
            if line.sale_line_id != move.sale_line_id:
                raise ValidationError(self.env._(
                    "%(delivery)s delivered %(product)s for an order. Choose that order line.", **names)
                    if move.sale_line_id else self.env._(
                    "%(delivery)s did not deliver this order line. Choose another delivery, or none.", **names))
            if not move.sale_line_id and (
                    move.partner_id.commercial_partner_id != request.partner_id.commercial_partner_id):
                raise ValidationError(self.env._(
                    "%(delivery)s did not go to %(customer)s. One return holds the goods of one customer.", **names,
                    customer=request.partner_id.display_name))

    def _has_source(self):
        return super()._has_source() or bool(self.delivery_move_id) or self.without_order

    def _get_origin(self):
        if self.sale_line_id or not self._has_source():
            return super()._get_origin()
        return 'delivery' if self.delivery_move_id else 'unknown'

    def _get_sold_moment(self):
        return not self.sale_line_id and self.delivery_move_id.date or super()._get_sold_moment()

    def _get_repeat_key(self):
        return (*super()._get_repeat_key(), self.delivery_move_id.id)

    def _get_balance_key(self):
        return super()._get_balance_key() or self.delivery_move_id.id or self.delivery_move_id._origin.id or None

    def _get_source(self):
        """:return: what brought the goods to the customer, as people name it: the order, or the delivery; empty where
            nothing is known
        """
        self.ensure_one()
        return self.sale_order_id.name or self.delivery_move_id.reference or ''

    def _check_complete(self):
        super()._check_complete()
        for line in self.filtered(lambda line: line.resolution == 'exchange' and line._get_origin() != 'order'):
            raise UserError(self.env._(
                "%(request)s, %(product)s: a replacement is delivered on the order that the goods were sold on, and there is "
                "none. Choose a refund, and sell the replacement on a new order.", request=line.request_id.name,
                product=line.product_id.display_name))

    def _check_returnable(self):
        super()._check_returnable()
        chosen = self.filtered(lambda line: line.sale_line_id and line.delivery_move_id)
        if not chosen:
            return
        book = DeliveryBook(chosen)
        for delivery, lines in chosen.grouped('delivery_move_id').items():
            unit = delivery.product_id.uom_id
            asked, free = sum(line._to_product_uom(line.quantity) for line in lines), book.get_free(delivery, lines)
            if unit.compare(asked, free) > 0:
                raise UserError(self.env._(
                    "%(request)s asks for %(asked)s %(uom)s of %(product)s from %(delivery)s, but only %(free)s of that "
                    "delivery are left. Lower the quantity, or put the others on a line of their own.",
                    request=lines.request_id[:1].name, asked=f"{asked:.10g}", free=f"{max(free, 0.0):.10g}",
                    uom=unit.name, product=delivery.product_id.display_name, delivery=delivery.reference))

    # ------------------------------------------------------------------
    # Choosing at the dock
    # ------------------------------------------------------------------

    def action_choose_delivery(self, move_id):
        """Say which delivery the goods that are about to come in undo, now that they can be seen. The receipts are made
        anew; the policy's verdict stays, but is told where the window of that delivery had ended.

        :param int move_id: a ``stock.move`` that delivered these goods
        :raise AccessError: neither inspector nor stock user, or another company's return
        :raise UserError: nothing is to come, or nothing of that delivery is left
        """
        self.ensure_one()
        self.sudo().request_id.sudo(False)._check_dock()
        move = self.env['stock.move']
        if type(move_id) is not int or not 0 < move_id < 2**31 or not move.browse(move_id).exists():
            raise UserError(self.env._("Choose one of the deliveries of these goods."))
        self._as_flow()._do_choose_delivery(move.browse(move_id).sudo())
        return True

    def _do_choose_delivery(self, delivery):
        self._lock()
        coming = self._get_quantity_open()
        if self.state != 'approved' or self.product_id.uom_id.compare(coming, 0.0) <= 0:
            raise UserError(self.env._("Nothing is to come for %s.", self.display_name))
        if self._get_origin() != 'order':
            raise UserError(self.env._("%s has no order whose deliveries one could choose from.", self.display_name))
        if delivery not in DeliveryBook(self)._get_deliveries(self):
            raise UserError(self.env._("Choose one of the deliveries of these goods."))
        self._get_open_receipts()._action_cancel()
        free = DeliveryBook(self).get_free(delivery, self)
        if delivery.product_id.uom_id.compare(coming, free) > 0:
            raise UserError(self.env._(
                "%(line)s: %(coming)s are to come, but only %(free)s of %(delivery)s are left.", line=self.display_name,
                coming=f"{coming:.10g}", free=f"{max(free, 0.0):.10g}", delivery=delivery.reference))
        self._write_flow({'delivery_move_id': delivery.id})
        self.request_id._prepare_reception()
        self.request_id.message_post(body=self.env._(
            "%(product)s comes from %(delivery)s. %(window)s", product=self.product_id.display_name,
            delivery=self.delivery_note, window=self._get_window_text()))
        self._advance()

    def _check_lots(self):
        self._lock_lots_without_order()
        super()._check_lots()
        self._check_lots_without_order()
        for line in self.filtered(lambda line: line.sale_line_id and line.delivery_move_id):
            strange = line.lot_ids - line.delivery_move_id.move_line_ids.lot_id
            if strange:
                raise UserError(self.env._(
                    "%(request)s: %(lots)s did not come with %(delivery)s. Choose another delivery, or none.",
                    request=line.request_id.name, lots=", ".join(strange.mapped('name')),
                    delivery=line.delivery_move_id.reference))

    def _lock_lots_without_order(self):
        """There is no balance on which two meet who name the same serial number: they meet on the number itself."""
        lots = self.filtered(lambda line: line._get_origin() == 'unknown').lot_ids
        if lots:
            self.env.cr.execute(  # locked in one order, and written: see returns.guard
                "SELECT id FROM stock_lot WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(lots.ids)],
                log_exceptions=False)
            self.env.cr.execute(
                "UPDATE stock_lot SET name = name WHERE id = ANY(%s)", [lots.ids], log_exceptions=False)

    def _check_lots_without_order(self):
        """:raise UserError: a serial number is named on a line without an order, and the customer has it from one"""
        for line in self.filtered(lambda line: line._get_origin() == 'unknown' and line.tracking == 'serial'):
            for piece in line._find_lots_sent(line.lot_ids):
                sale_line = piece.move_id.sale_line_id
                if piece.lot_id in sale_line._get_lots_at_customer(line.product_id):
                    order = sale_line.order_id
                    raise UserError(self.env._(
                        "%(request)s: %(lot)s was sold to this customer on an order (%(order)s). Choose that order line.",
                        request=line.request_id.name, lot=piece.lot_id.name,
                        # names are told to those only who may read them
                        order=order.name if order.sudo(False).has_access('read') else self.env._("somebody else's")))

    # ------------------------------------------------------------------
    # What was delivered
    # ------------------------------------------------------------------

    def _get_delivery_dates(self):
        """:return: {line: date of the delivery that the return is counted from, or None}

        It is the delivery chosen, or that of the lots named. Else it is the latest one of which the customer still has
        pieces: each counts as the youngest, in the customer's favour, until the dock knows which came back.
        """
        book, result = DeliveryBook(self), {}
        for line in self:
            deliveries = book.find_dated(line)
            result[line] = line._get_day(max((delivery.date for delivery in deliveries), default=None))
        return result

    def _get_lots_at_customer(self):
        """:return: {lot: pieces}, in the product's own unit, that the customer has from where the line says the goods come
            from; None where nothing is known of it, so that any lot may come
        """
        self.ensure_one()
        if self.sale_line_id:
            return self.sale_line_id._get_lots_at_customer(self.product_id)
        if not self.delivery_move_id:
            return None
        lots = defaultdict(float)
        moves = self.delivery_move_id | self.search([
            ('delivery_move_id', '=', self.delivery_move_id.id), ('sale_line_id', '=', False)]).surplus_move_ids
        while moves:
            for move in moves.filtered(lambda move: move.state == 'done'):
                sign = move._returns_is_delivery() - move._returns_is_receipt()
                for piece in move.move_line_ids if sign else ():
                    lots[piece.lot_id] += sign * piece.quantity_product_uom
            moves = moves.returned_move_ids
        return {lot: pieces for lot, pieces in lots.items() if self.product_id.uom_id.compare(pieces, 0.0) > 0}

    def _get_delivered_lots(self):
        """:return: the lots that ever went to the customer from where the line says the goods come from"""
        self.ensure_one()
        if self.sale_line_id:
            return self.sale_line_id._get_delivered_lots(self.product_id)
        return self.delivery_move_id.move_line_ids.lot_id

    def _find_lots_sent(self, lots):
        """:return: the done ``stock.move.line`` that brought any of ``lots`` to this customer, with an order or without"""
        self.ensure_one()
        entity = self.request_id.commercial_partner_id
        pieces = self.env['stock.move.line'].search([
            ('lot_id', 'in', lots.ids), ('state', '=', 'done'), ('location_dest_usage', '=', 'customer'),
            ('company_id', '=', self.company_id.id)]) if lots else self.env['stock.move.line']
        return pieces.filtered(lambda piece: entity in (
            piece.move_id.sale_line_id.order_id.partner_id | piece.move_id.partner_id).commercial_partner_id)

    def _find_strange_lots(self, lots, anywhere=False):
        """:param bool anywhere: for lines of a known delivery, too, of which other lots never count as received
        :return: those of ``lots`` that never went to this customer, where any lot may come
        """
        self.ensure_one()
        if not lots or not anywhere and self._get_origin() != 'unknown':
            return lots.browse()
        return lots - self._find_lots_sent(lots).lot_id
