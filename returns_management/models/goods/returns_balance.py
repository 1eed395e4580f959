# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class ReturnsBalance(models.Model):
    """What was delivered on one sale line, or by one move without an order, and where it stands with returns.

    A *key* names a row: the pair (sale line id, product id), or the id of the delivered move. All quantities are in the
    product's own unit. This is the row that is locked before pieces are promised, taken in or given up; its CHECK is the
    last word on over-returns (DESIGN §5.1).
    A kit has one row a component that was asked for.
    """
    _name = 'returns.balance'
    _description = "Return Balance"
    _inherit = ['returns.guard']
    _rec_name = 'sale_line_id'

    sale_line_id = fields.Many2one('sale.order.line', "Order Line", readonly=True, ondelete='restrict')
    move_id = fields.Many2one(
        'stock.move', "Delivered Move", readonly=True, ondelete='restrict', help="Only for goods without an order.")
    product_id = fields.Many2one('product.product', required=True, readonly=True, ondelete='restrict', index=True)
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    quantity_delivered = fields.Float(
        "Delivered", digits='Product Unit', default=0.0, required=True, readonly=True,
        help="Done moves to the customer, replacements included; goods sent back after a return are not.")
    quantity_held = fields.Float(
        "In Open Returns", digits='Product Unit', default=0.0, required=True, readonly=True,
        help="Asked or approved and not received; what a customer keeps after a refund stays held.")
    quantity_returned = fields.Float(
        "Returned", digits='Product Unit', default=0.0, required=True, readonly=True,
        help="Received, by a return or by hand in Inventory.")
    version = fields.Integer(readonly=True)

    _fits = models.Constraint(
        'CHECK (quantity_held >= 0 AND quantity_returned >= 0'
        ' AND quantity_delivered >= quantity_held + quantity_returned)',
        "More would come back than was delivered: somebody else has just asked for or returned the same pieces. "
        "Look at the order's returns and lower the quantity.")
    _one_source = models.Constraint(
        'CHECK ((sale_line_id IS NULL) <> (move_id IS NULL))', "A balance belongs to an order line or to a move.")
    _sale_line_uniq = models.UniqueIndex("(sale_line_id, product_id) WHERE sale_line_id IS NOT NULL")
    _move_uniq = models.UniqueIndex("(move_id, product_id) WHERE move_id IS NOT NULL")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS))

    @api.model
    def _ensure(self, keys):
        """Find the balance rows of ``keys``, and make the missing ones with what Odoo's moves say.

        :return: {key: balance id}
        """
        if not keys:
            return {}
        found = self._find(keys)
        sold, unsold = _part_keys(key for key in keys if key not in found)
        # Selected first, inserted only where missing, in one order: TRIALS A.
        if sold:
            self.env.cr.execute(SQL(
                """
                INSERT INTO returns_balance (sale_line_id, product_id, company_id, version, quantity_delivered,
                                             quantity_held, quantity_returned, create_uid, create_date)
                SELECT line.id, wanted.product_id, line.company_id, 0, 0, 0, 0, %s, now() AT TIME ZONE 'UTC'
                  FROM unnest(%s::int[], %s::int[]) AS wanted (sale_line_id, product_id)
                  JOIN sale_order_line line ON line.id = wanted.sale_line_id
                 ORDER BY line.id, wanted.product_id
                ON CONFLICT DO NOTHING
                """,
                self.env.uid, [key[0] for key in sold], [key[1] for key in sold],
            ), log_exceptions=False)
        if unsold:
            self.env.cr.execute(SQL(
                """
                INSERT INTO returns_balance (move_id, product_id, company_id, version, quantity_delivered,
                                             quantity_held, quantity_returned, create_uid, create_date)
                SELECT move.id, move.product_id, move.company_id, 0, 0, 0, 0, %s, now() AT TIME ZONE 'UTC'
                  FROM stock_move move WHERE move.id = ANY(%s) ORDER BY move.id
                ON CONFLICT DO NOTHING
                """, self.env.uid, unsold), log_exceptions=False)
        if sold or unsold:
            found = self._find(keys)
            self.browse(found[key] for key in (*sold, *unsold))._refresh()
        return found

    @api.model
    def _find(self, keys, lock=False):
        """:param bool lock: lock the rows too; the caller goes on to ``_refresh`` them, which makes the lock count
        :return: {key: balance id} of those rows that exist
        """
        sold, unsold = _part_keys(keys)
        self.env.cr.execute(SQL(
            """
            SELECT sale_line_id, move_id, product_id, id FROM returns_balance
             WHERE sale_line_id = ANY(%s) %s ORDER BY id %s
            """,
            [key[0] for key in sold], SQL("OR move_id = ANY(%s)", unsold) if unsold else SQL(),
            SQL("FOR NO KEY UPDATE") if lock else SQL()), log_exceptions=False)
        rows = {move or (line, product): row for line, move, product, row in self.env.cr.fetchall()}
        return {key: rows[key] for key in (*sold, *unsold) if key in rows}

    def _refresh(self):
        """Compute the three quantities from done moves and from the open lines, and store them.

        One UPDATE for all rows. It is also what makes the row lock count.

        :raise CheckViolation: more held and returned than delivered
        """
        if not self:
            return
        self.env.cr.execute(SQL(
            """
            UPDATE returns_balance balance
               SET quantity_delivered = fresh.delivered,
                   quantity_returned = fresh.returned,
                   quantity_held = fresh.held,
                   version = COALESCE(balance.version, 0) + 1
              FROM (%s) AS fresh
             WHERE balance.id = fresh.id
            """, self._get_fresh_query()), log_exceptions=False)
        self.invalidate_recordset(['quantity_delivered', 'quantity_returned', 'quantity_held', 'version'])

    def _get_fresh_query(self):
        """:return: SQL giving id, delivered, returned, held of these rows as moves and lines say now"""
        self.env['returns.request.line'].flush_model(['balance_id', 'quantity_held'])
        return SQL(
            """
            SELECT here.id, COALESCE(moved.delivered, 0) AS delivered,
                   LEAST(COALESCE(moved.returned, 0), COALESCE(moved.delivered, 0)) AS returned,
                   COALESCE((SELECT SUM(line.quantity_held) FROM returns_request_line line
                              WHERE line.balance_id = here.id AND line.quantity_held > 0), 0) AS held
              FROM returns_balance here
              LEFT JOIN (%s) AS moved
                     ON moved.product_id = here.product_id
                    AND COALESCE(moved.sale_line_id, -moved.move_id) = COALESCE(here.sale_line_id, -here.move_id)
             WHERE here.id = ANY(%s)
            """, self._get_moved_queries(self.sale_line_id.ids, self.move_id.ids), self.ids)

    @api.model
    def _get_moved_queries(self, sale_line_ids, move_ids):
        """:return: SQL giving sale_line_id, move_id (one of them), product_id, delivered, returned"""
        sold = SQL("SELECT sold.sale_line_id, NULL::int AS move_id, sold.product_id, sold.delivered, sold.returned"
                   " FROM (%s) AS sold", self._get_moved_query(sale_line_ids))
        if not move_ids:
            return sold
        unsold = SQL("SELECT NULL::int, unsold.move_id, unsold.product_id, unsold.delivered, unsold.returned"
                     " FROM (%s) AS unsold", self._get_unsold_query(move_ids))
        return SQL("%s UNION ALL %s", sold, unsold) if sale_line_ids else SQL(
            "SELECT NULL::int AS sale_line_id, unsold.* FROM (%s) AS unsold", self._get_unsold_query(move_ids))

    @api.model
    def _get_unsold_query(self, move_ids):
        """:return: SQL giving move_id, product_id, delivered, returned of goods delivered without an order, in the
            product's unit; counted as :meth:`_get_moved_query` does
        """
        self._flush_moves()
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        return SQL(
            """
            -- what undoes the delivery, and what undoes that; goods that we send back stay returned
            WITH RECURSIVE chain AS (
                SELECT move.id, move.id AS root FROM stock_move move WHERE move.id = ANY(%s)
                 UNION
                SELECT move.id, chain.root FROM stock_move move JOIN chain ON chain.id = move.origin_returned_move_id
                 WHERE NOT (%s))
            SELECT piece.root AS move_id, piece.product_id,
                   COALESCE(SUM(piece.quantity) FILTER (WHERE piece.id = piece.root), 0) AS delivered,
                   GREATEST(0, COALESCE(SUM(piece.quantity) FILTER (WHERE piece.comes_in), 0)
                             - COALESCE(SUM(piece.quantity) FILTER (WHERE piece.goes_out AND piece.id <> piece.root), 0)
                   ) AS returned
              FROM (SELECT move.id, chain.root, move.product_id,
                           ROUND((move.quantity * moved_unit.factor / unit.factor)::numeric, %s) AS quantity,
                           here.usage <> 'customer' AND there.usage = 'customer' AS goes_out,
                           here.usage = 'customer' AND there.usage <> 'customer' AS comes_in
                      FROM chain
                      JOIN stock_move move ON move.id = chain.id AND move.state = 'done'
                      JOIN stock_location here ON here.id = move.location_id
                      JOIN stock_location there ON there.id = move.location_dest_id
                      JOIN product_product product ON product.id = move.product_id
                      JOIN product_template template ON template.id = product.product_tmpl_id
                      JOIN uom_uom unit ON unit.id = template.uom_id
                      JOIN uom_uom moved_unit ON moved_unit.id = move.product_uom) piece
             GROUP BY piece.root, piece.product_id
            """, list(move_ids), self._get_sent_back_condition(), digits)

    @api.model
    def _flush_moves(self):
        self.env['stock.move'].flush_model([
            'state', 'quantity', 'product_uom', 'sale_line_id', 'product_id', 'location_id', 'location_dest_id',
            'origin_returned_move_id', 'returns_inspection_id'])

    @api.model
    def _get_moved_query(self, sale_line_ids):
        """:return: SQL giving sale_line_id, product_id, delivered, returned from done moves, in the product's unit"""
        self._flush_moves()
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        return SQL(
            """
            -- goods that we send back stay returned, whatever is done with them by hand afterwards
            WITH RECURSIVE sent_back AS (
                SELECT move.id FROM stock_move move
                 WHERE move.sale_line_id = ANY(%s) AND %s
                 UNION
                SELECT move.id FROM stock_move move JOIN sent_back ON sent_back.id = move.origin_returned_move_id)
            SELECT piece.sale_line_id, piece.product_id,
                   COALESCE(SUM(piece.quantity) FILTER (WHERE piece.goes_out AND NOT piece.undoes), 0) AS delivered,
                   -- a return undone by hand is no return
                   GREATEST(0, COALESCE(SUM(piece.quantity) FILTER (WHERE piece.comes_in), 0)
                             - COALESCE(SUM(piece.quantity) FILTER (WHERE piece.goes_out AND piece.undoes), 0)
                   ) AS returned
              FROM (SELECT move.sale_line_id, move.product_id,
                           ROUND((move.quantity * moved_unit.factor / unit.factor)::numeric, %s) AS quantity,
                           here.usage <> 'customer' AND there.usage = 'customer' AS goes_out,
                           here.usage = 'customer' AND there.usage <> 'customer' AS comes_in,
                           move.origin_returned_move_id IS NOT NULL AS undoes
                      FROM stock_move move
                      JOIN stock_location here ON here.id = move.location_id
                      JOIN stock_location there ON there.id = move.location_dest_id
                      JOIN product_product product ON product.id = move.product_id
                      JOIN product_template template ON template.id = product.product_tmpl_id
                      JOIN uom_uom unit ON unit.id = template.uom_id
                      JOIN uom_uom moved_unit ON moved_unit.id = move.product_uom
                     WHERE move.sale_line_id = ANY(%s) AND move.state = 'done'
                       AND NOT EXISTS (SELECT 1 FROM sent_back WHERE sent_back.id = move.id)) piece
             GROUP BY piece.sale_line_id, piece.product_id
            """, list(sale_line_ids), self._get_sent_back_condition(), digits, list(sale_line_ids))

    @api.model
    def _get_sent_back_condition(self):
        """:return: SQL for the rows of ``stock_move``, there called move, that send goods on after they came back:
            wherever they go, they stay returned; see ``stock.move._returns_stays_returned``
        """
        return SQL("move.returns_inspection_id IS NOT NULL")

    @api.model
    def _get_free_quantities(self, keys):
        """What may still be asked for, read without locks; for screens, never for decisions.

        :return: {key: quantity in the product's unit}
        """
        sold, unsold = _part_keys(keys)
        if not (sold or unsold):
            return {}
        self.flush_model(['quantity_held'])
        rows = self.env.execute_query(SQL(
            """
            SELECT moved.sale_line_id, moved.move_id, moved.product_id,
                   GREATEST(0, moved.delivered - moved.returned - COALESCE(balance.quantity_held, 0))
              FROM (%s) AS moved
              LEFT JOIN returns_balance balance
                     ON balance.product_id = moved.product_id
                    AND COALESCE(balance.sale_line_id, -balance.move_id) = COALESCE(moved.sale_line_id, -moved.move_id)
            """, self._get_moved_queries([key[0] for key in sold], unsold)))
        return {move or (line, product): float(free) for line, move, product, free in rows}

    def _check_held(self):
        """After goods moved by hand: what open returns hold must still be at the customer.

        A returns manager goes on: the youngest requests are cut, and say so.

        :raise UserError: it is not, and the user is no manager; the message names the returns
        """
        if not self:
            return
        overdrawn = self.env.execute_query(SQL(
            "SELECT id, held + returned - delivered FROM (%s) AS fresh WHERE held + returned > delivered",
            self._get_fresh_query()))
        for balance_id, over in overdrawn:
            balance = self.browse(balance_id)
            lines = balance._get_open_lines()
            if not self.env.user.has_group('returns_management.group_returns_manager'):
                raise UserError(self.env._(
                    "%(over)s %(uom)s of %(product)s are announced in %(requests)s and could not come back any more. "
                    "Receive them through the return, or have a returns manager validate this transfer: that cuts the "
                    "return.", over=float(over), uom=balance.product_id.uom_id.name,
                    product=balance.product_id.display_name, requests=", ".join(lines.request_id.mapped('name'))))
            lines._cut(float(over))

    def _get_open_lines(self):
        """:return: the request lines that hold pieces of these balances"""
        return self.env['returns.request.line'].search([('balance_id', 'in', self.ids), ('quantity_held', '>', 0)])

    def _get_source(self):
        """:return: what brought these pieces to the customer, as people name it: the order, or the delivery"""
        self.ensure_one()
        return self.sale_line_id.order_id.name or self.move_id.reference or ''


def _part_keys(keys):
    """:return: (the pairs among ``keys`` that name a sale line, the ids of moves), each sorted; empty keys left out"""
    keys = [key for key in keys if key]
    return (sorted(key for key in keys if isinstance(key, tuple) and key[0]),
            sorted(key for key in keys if not isinstance(key, tuple)))
