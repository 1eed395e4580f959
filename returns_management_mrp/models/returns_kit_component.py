# Part of returns_management. See LICENSE file for full copyright and licensing details.

from fractions import Fraction

from odoo import api, fields, models
from odoo.tools import SQL

from ..tools.kit import Kit


class ReturnsKitComponent(models.Model):
    """What one kit of an order line was made of when it was delivered, and what each component was worth then.

    Frozen: neither the bill of materials nor a price changed later moves what a piece that comes back is credited.
    """
    _name = 'returns.kit.component'
    _description = "Component of a Delivered Kit"
    _inherit = ['returns.guard']
    _order = 'sale_line_id, id'
    _rec_name = 'product_id'

    sale_line_id = fields.Many2one('sale.order.line', "Order Line", required=True, readonly=True, ondelete='cascade')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    product_id = fields.Many2one(
        'product.product', "Component", required=True, readonly=True, index=True, ondelete='restrict')
    pieces = fields.Char(
        required=True, readonly=True, help="In one kit, in the component's own unit, as a fraction: 1/3 is exact.")
    value = fields.Float(
        required=True, readonly=True, digits=0, help="Of one piece beside the others: its sales price, or cost, at delivery.")

    _sale_line_uniq = models.UniqueIndex("(sale_line_id, product_id)")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))

    @api.model
    def _read_kits(self, sale_lines):
        """:return: {order line: :class:`Kit`} of those that are frozen; components are ``product.product`` records"""
        rows = self.sudo().search([('sale_line_id', 'in', sale_lines.ids)])
        products = {row: self.env['product.product'].browse(row.product_id.id) for row in rows}
        return {
            sale_lines.browse(line.id): Kit(
                {products[row]: Fraction(row.pieces) for row in group},
                {products[row]: Fraction(str(row.value)) for row in group})
            for line, group in rows.grouped('sale_line_id').items()}

    @api.model
    def _freeze(self, kits):
        """Keep these kits, where nobody has yet. Selected before and inserted in one order, as balances are (TRIALS A).

        :param dict kits: {order line: :class:`Kit`}
        """
        rows = sorted(
            (line.id, product.id, line.company_id.id, str(pieces), float(kit.values[product]))
            for line, kit in kits.items() for product, pieces in kit.pieces.items())
        if not rows:
            return
        self.flush_model()
        columns = list(zip(*rows, strict=True))
        self.env.cr.execute(SQL(
            """
            INSERT INTO returns_kit_component (sale_line_id, product_id, company_id, pieces, value, create_uid, create_date)
            SELECT wanted.*, %s, now() AT TIME ZONE 'UTC'
              FROM unnest(%s::int[], %s::int[], %s::int[], %s::varchar[], %s::float8[]) AS wanted
            ON CONFLICT DO NOTHING
            """, self.env.uid, *map(list, columns)), log_exceptions=False)
        self.invalidate_model()
