# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, models

from ..tools.kit import exact
from .kit_book import KitBook


class ReturnsSettlement(models.Model):
    """A component of a kit is credited by a line of its own, like an allowance: it is neither the kit, which would take
    whole kits off the order's invoiced quantity, nor a product with a cost, which the kit's invoice did not book.
    """
    _inherit = 'returns.settlement'

    @api.model
    def _open_book(self, sale_lines, without=()):
        return KitBook(sale_lines, without=without)

    def _is_part_of_kit(self):
        """Whether this settles a component against an invoice line of its kit."""
        self.ensure_one()
        return self.kind == 'credit' and bool(self.request_line_id.kit_id)

    def _to_invoice_pieces(self, pieces):
        share = self.request_line_id._get_kit_share()
        if share is None or self.invoice_line_id.product_id != self.request_line_id.kit_id:
            return super()._to_invoice_pieces(pieces)  # what was billed again is billed by the piece
        return float(exact(pieces) * share)

    def _get_noted_product(self):
        if self._is_part_of_kit():
            return self.env.ref('returns_management.product_allowance')
        return super()._get_noted_product()

    def _get_noted_pieces(self):
        if self._is_part_of_kit():
            line = self.refund_line_id
            return max(line.quantity, 0.0) if line and line.parent_state != 'cancel' else 0.0
        in_kits = self._get_pieces_of_kits()
        return in_kits if in_kits is not None else super()._get_noted_pieces()

    def _get_pieces_of_kits(self):
        """:return: how many of this component are in the kits that a note by hand credited; None where it credited none"""
        line, part = self.refund_line_id, self.request_line_id.sudo()
        if self.kind != 'outside' or not part.kit_id or line.product_id != part.kit_id or line.parent_state == 'cancel':
            return None
        kit = part.sale_line_id._get_kits().get(part.sale_line_id)
        if not kit or part.product_id not in kit.pieces:
            return None
        kits = line.product_uom_id._compute_quantity(abs(line.quantity), line.product_id.uom_id, round=False)
        return part.product_id.uom_id.round(float(exact(kits) * kit.pieces[part.product_id]))

    def _prepare_credit_note_line_vals(self, book, part):
        line = part.invoice_line
        if part.share is None or line.move_id.move_type != 'out_invoice':
            return super()._prepare_credit_note_line_vals(book, part)
        component, allowance = self.request_line_id.product_id, self.env.ref('returns_management.product_allowance')
        kit_price = line.product_uom_id._compute_price(line.price_unit, line.product_id.uom_id)
        digits = self.env['decimal.precision'].precision_get('Product Price')
        price_unit = round(kit_price * float(part.share / exact(part.pieces)), digits)
        name = self.env._("%(component)s, part of %(kit)s", component=component.display_name, kit=line.name)
        if self.kind == 'allowance':
            name = self.env._("Allowance, goods kept: %s", name)
        return {
            'product_id': allowance.id, 'name': name, 'product_uom_id': allowance.uom_id.id,
            'quantity': part.pieces, 'price_unit': price_unit, 'discount': line.discount,
            'tax_ids': [Command.set(line.tax_ids.ids)], 'account_id': line.account_id.id,
            'analytic_distribution': line.analytic_distribution, 'sale_line_ids': [Command.clear()],
            'returns_line_id': self.request_line_id.id,
            'extra_tax_data': book.prepare_exact(part, price_unit, part.pieces),
        }
