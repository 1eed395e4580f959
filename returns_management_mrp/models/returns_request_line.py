# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    """Kits come back as what they were delivered as: their components.

    A line about a kit is a way to ask, in a draft; submitted, it is one line a component.
    """
    _inherit = 'returns.request.line'

    kit_id = fields.Many2one(
        'product.product', "Part of Kit", compute='_compute_kit_id', compute_sudo=True,
        help="The kit that was sold and that this component belongs to.")
    kit_share = fields.Char(
        "Part of the Kit's Price", compute='_compute_kit_share', compute_sudo=True,
        help="Of one piece, as a fraction: 1/6 is exact.")
    returnable_product_ids = fields.Many2many(
        'product.product', compute='_compute_returnable_product_ids', compute_sudo=True,
        help="What may come back of the order line: the product sold or, of a kit, the kit and its components.")

    @api.depends('sale_line_id')
    def _compute_returnable_product_ids(self):
        products = self.sale_line_id._origin._get_returnable_products()
        for line in self:
            line.returnable_product_ids = products.get(line.sale_line_id._origin)

    @api.depends('sale_line_id', 'product_id')
    def _compute_kit_id(self):
        for line in self:
            kit = line.sale_line_id.product_id
            line.kit_id = kit if kit != line.product_id else False

    @api.depends('sale_line_id', 'product_id')
    def _compute_kit_share(self):
        kits = self.filtered('kit_id').sale_line_id._origin._get_kits()
        for line in self:
            kit = kits.get(line.sale_line_id._origin)
            is_component = kit and line.kit_id and line.product_id._origin in kit.pieces
            line.kit_share = str(kit.share(line.product_id._origin)) if is_component else False

    def _get_kit_share(self):
        """:return: part of one kit's price that one piece of this component bears, or None where it is no component
        :rtype: Fraction
        """
        self.ensure_one()
        share = self.sudo().kit_share
        return Fraction(share) if share else None

    # ------------------------------------------------------------------
    # What may come back
    # ------------------------------------------------------------------

    @api.depends('sale_line_id', 'product_id', 'uom_id', 'state')
    def _compute_quantity_returnable(self):
        super()._compute_quantity_returnable()
        whole = self.filtered(lambda line: line.sale_line_id and not line.kit_id and line.uom_id)
        found = whole.sale_line_id._origin.sudo()._get_free_components()
        for line in whole:
            if line.sale_line_id._origin in found:
                kit, free = found[line.sale_line_id._origin.sudo()]
                line.quantity_returnable = line.product_id.uom_id._compute_quantity(
                    float(kit.count_whole(free)), line.uom_id, rounding_method='DOWN')

    def _get_unit_value(self):
        share = self._get_kit_share()
        if share is None:
            return super()._get_unit_value()
        kit_unit = self.kit_id.uom_id
        return self.product_id.uom_id._compute_price(self._get_sold_unit_value(kit_unit) * float(share), self.uom_id)

    @api.depends('product_id')
    def _compute_uom_id(self):
        """A component is counted in its own unit, not in the kit's."""
        super()._compute_uom_id()
        for line in self:
            if line.sale_line_id and line.product_id != line.sale_line_id.product_id:
                line.uom_id = line.product_id.uom_id

    @api.model
    def _propose_lines(self, sale_lines):
        """Whole kits, and then what is left of their components."""
        vals_list = super()._propose_lines(sale_lines)
        for sale_line, (kit, free) in sale_lines._get_free_components().items():
            whole = kit.get_pieces(kit.count_whole(free))
            for product, pieces in free.items():
                left = product.uom_id.round(pieces - float(whole[product]))
                if product.uom_id.compare(left, 0.0) > 0:
                    vals_list.append({
                        'sale_line_id': sale_line.id, 'product_id': product.id, 'uom_id': product.uom_id.id,
                        'quantity': left})
        return vals_list

    def _get_policy_product(self):
        """What was sold is what the policy promised something about."""
        return self.kit_id or super()._get_policy_product()

    # ------------------------------------------------------------------
    # Submitting
    # ------------------------------------------------------------------

    def _expand(self):
        """A kit is asked for as one and comes back as its components: one line each.

        :raise UserError: the components of that many kits cannot be counted in pieces
        """
        super()._expand()
        lines = self.filtered('sale_line_id')
        lines.sale_line_id._freeze_kits()
        kits = lines.sale_line_id._get_kits()
        for line in lines:
            kit = kits.get(line.sale_line_id)
            if kit and line.product_id == line.sale_line_id.product_id:
                if line._is_exchanged_for_other():
                    raise UserError(self.env._(
                        "%(request)s, %(product)s: a kit comes back as its components, which are not exchanged for another "
                        "product by themselves. Choose a refund, and sell the other product on a new order.",
                        request=line.request_id.name, product=line.product_id.display_name))
                line._expand_kit(kit)

    def _expand_kit(self, kit):
        """Put a line for each component in the place of this one; where there is one that asks for it already, add to it."""
        self.ensure_one()
        lines, others = self._as_flow(), self._as_flow().request_id.line_ids - self
        vals_list = []
        for vals in self._prepare_component_vals(kit):
            same = others.filtered(lambda line, vals=vals: line._is_same_wish(self, vals['product_id']))[:1]
            if same:
                pieces = same._to_product_uom(same.quantity) + vals['quantity']
                same.write({'quantity': same._from_product_uom(pieces)})
            else:
                vals_list.append(vals)
        for vals in vals_list[1:]:
            lines.copy({**vals, 'request_id': self.request_id.id})
        if vals_list:
            lines.write(vals_list[0])
        else:
            lines.unlink()

    def _prepare_component_vals(self, kit):
        """:return: what is different about the lines of the components
        :raise UserError: that many kits are no whole number of one of them
        """
        self.ensure_one()
        kits, vals_list = self._to_product_uom(self.quantity), []
        for product, pieces in kit.get_pieces(kits).items():
            quantity = product.uom_id.round(float(pieces))
            if abs(quantity - pieces) > 1e-6:
                raise UserError(self.env._(
                    "%(request)s: %(kits)s × %(kit)s is no whole number of %(component)s. Ask for whole kits, or for the "
                    "components one by one.", request=self.request_id.name, kits=f"{kits:.10g}",
                    kit=self.product_id.display_name, component=product.display_name))
            vals_list.append({
                'product_id': product.id, 'uom_id': product.uom_id.id, 'quantity': quantity,
                'lot_ids': [Command.clear()], 'exchange_product_id': False})
        return vals_list

    def _is_same_wish(self, other, product_id):
        """Whether this line asks for ``product_id`` of the same order line in the same way as ``other``."""
        self.ensure_one()
        same = ('sale_line_id', 'reason_id', 'reason_answer', 'responsibility', 'condition', 'resolution')
        return (self.product_id.id == product_id and not (self.lot_ids or self.delivery_move_id)
                and all(self[name] == other[name] for name in same))

    # ------------------------------------------------------------------
    # Goods
    # ------------------------------------------------------------------

    def _prepare_receipt_move_vals(self, delivery, quantity, warehouse, contents=()):
        vals = super()._prepare_receipt_move_vals(delivery, quantity, warehouse, contents)
        if delivery.bom_line_id:
            vals['bom_line_id'] = delivery.bom_line_id.id  # what the order counts kits by
        return vals

    def _prepare_tied_move_vals(self, delivery):
        return {**super()._prepare_tied_move_vals(delivery), 'bom_line_id': delivery.bom_line_id.id}

    def _prepare_exchange_values(self, sale_line):
        values = super()._prepare_exchange_values(sale_line)
        if self.kit_id:
            delivered = sale_line.move_ids.filtered(lambda move: move.product_id == self.product_id and move.bom_line_id)
            values['bom_line_id'] = delivered[:1].bom_line_id.id
        return values

    def _prepare_customer_goods(self):
        goods = super()._prepare_customer_goods()
        if self.kit_id:
            goods['product'] = self.env._(
                "%(component)s (part of %(kit)s)", component=goods['product'], kit=self.kit_id.display_name)
        return goods

    def _get_delivery_dates(self):
        """A kit is asked for before it came apart: it was delivered when the last of its components was."""
        dates = super()._get_delivery_dates()
        for line in self.filtered(lambda line: line.sale_line_id and not line.kit_id and not dates[line]):
            delivered = line.sale_line_id._origin.move_ids.filtered(
                lambda move: move.state == 'done' and move._returns_is_delivery() and move.bom_line_id)
            dates[line] = line._get_day(max(delivered.mapped('date'), default=None))
        return dates
