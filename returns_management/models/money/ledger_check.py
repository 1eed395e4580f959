# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, models
from odoo.tools import SQL


class ReturnsMismatch(models.Model):
    """What the ledger check compares. Each kind is one method, see ``_get_ledger_checks``; none asks the database more
    often the more records there are.
    """
    _inherit = 'returns.mismatch'

    # ------------------------------------------------------------------
    # Pieces
    # ------------------------------------------------------------------

    @api.model
    def _find_received(self, ids):
        """What done receipts brought in."""
        moved = SQL(
            """
            SELECT SUM(%s) FROM stock_move move
              JOIN uom_uom moved_unit ON moved_unit.id = move.product_uom
              JOIN stock_location here ON here.id = move.location_id AND here.usage = 'customer'
              JOIN stock_location there ON there.id = move.location_dest_id AND there.usage <> 'customer'
             WHERE move.returns_line_id = line.id AND move.state = 'done' AND move.returns_inspection_id IS NULL
            """, self._in_pieces(SQL("move.quantity"), SQL("moved_unit")))
        return [line._describe_mismatch(expected, found, line.env._(
            "%(line)s counts %(found)s as received, but its done transfers %(transfers)s brought %(expected)s. A transfer or "
            "the return was changed past its own steps.", line=line.display_name, found=line._say_pieces(found),
            expected=line._say_pieces(expected), transfers=", ".join(line.move_ids.filtered(
                lambda move: move.state == 'done' and move._returns_is_receipt()).mapped('reference')) or "–"))
            for line, expected, found in self._compare_pieces(ids, 'quantity_received', moved)]

    @api.model
    def _find_accepted(self, ids):
        """What done inspections of goods that came back accepted."""
        inspected = SQL(
            """
            SELECT SUM(inspection.quantity_accepted) FROM returns_inspection inspection
             WHERE inspection.request_line_id = line.id AND inspection.state = 'done'
               AND inspection.previous_id IS NULL AND inspection.is_on_site IS NOT TRUE
            """)
        return [line._describe_mismatch(expected, found, line.env._(
            "%(line)s counts %(found)s as accepted, but its inspections accepted %(expected)s. An inspection or the return "
            "was changed past its own steps.", line=line.display_name, found=line._say_pieces(found),
            expected=line._say_pieces(expected)))
            for line, expected, found in self._compare_pieces(ids, 'quantity_accepted', inspected)]

    @api.model
    def _find_settled(self, ids):
        """What settlements that stand add up to."""
        settled = SQL(
            "SELECT SUM(settlement.pieces) FROM returns_settlement settlement"
            " WHERE settlement.request_line_id = line.id AND settlement.state <> 'cancelled'")
        return [line._describe_mismatch(expected, found, line.env._(
            "%(line)s counts %(found)s as settled, but its settlements add up to %(expected)s. A settlement or the return "
            "was changed past its own steps.", line=line.display_name, found=line._say_pieces(found),
            expected=line._say_pieces(expected)))
            for line, expected, found in self._compare_pieces(ids, 'quantity_settled', settled)]

    @api.model
    def _in_pieces(self, quantity, unit):
        """:return: SQL for ``quantity`` in the product's own unit, the row ``own_unit``"""
        digits = self.env['decimal.precision'].precision_get('Product Unit')
        return SQL("ROUND((%s * %s.factor / own_unit.factor)::numeric, %s)", quantity, unit, digits)

    @api.model
    def _compare_pieces(self, ids, name, query):
        """:param name: the line's quantity, in ``uom_id``
        :param query: SQL of what it has to be, in the product's own unit, of the row ``line``
        :return: [(line, what it has to be, what it is)] where the two differ
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT * FROM (
                SELECT line.id, COALESCE((%s), 0)::numeric AS expected, %s AS found
                  FROM returns_request_line line
                  JOIN uom_uom line_unit ON line_unit.id = line.uom_id
                  JOIN product_product product ON product.id = line.product_id
                  JOIN product_template template ON template.id = product.product_tmpl_id
                  JOIN uom_uom own_unit ON own_unit.id = template.uom_id
                 WHERE line.id = ANY(%s)) compared
             WHERE ABS(expected - found) > %s
             ORDER BY id
            """, query, self._in_pieces(SQL.identifier('line', name), SQL("line_unit")), list(ids),
            10 ** -self.env['decimal.precision'].precision_get('Product Unit') / 2))
        lines = self.env['returns.request.line'].browse(row[0] for row in rows)
        return [(line, float(expected), float(found))
                for line, (_id, expected, found) in zip(lines, rows, strict=True)]

    @api.model
    def _find_balance(self, ids):
        """What moves and open returns say about what was delivered, is held and was returned."""
        balances = self.env['returns.balance'].browse(ids)
        names = ('delivered', 'returned', 'held')
        rows = self.env.execute_query(SQL(
            """
            SELECT balance.id, fresh.delivered, fresh.returned, fresh.held,
                   balance.quantity_delivered, balance.quantity_returned, balance.quantity_held
              FROM (%s) AS fresh JOIN returns_balance balance ON balance.id = fresh.id
             WHERE ABS(balance.quantity_delivered - fresh.delivered) > %s
                OR ABS(balance.quantity_returned - fresh.returned) > %s OR ABS(balance.quantity_held - fresh.held) > %s
             ORDER BY balance.id
            """, balances._get_fresh_query(),
            *[10 ** -self.env['decimal.precision'].precision_get('Product Unit') / 2] * 3))
        labels = {name: balances._fields[f'quantity_{name}']._description_string(self.env) for name in names}
        result = []
        for balance_id, *numbers in rows:
            balance = balances.browse(balance_id)
            expected, found = numbers[:3], numbers[3:]
            wrong = [number for number in range(3) if abs(float(expected[number]) - float(found[number])) > 1e-9]
            result.append({
                'anchor': balance_id, 'balance_id': balance_id, 'company_id': balance.company_id.id,
                'product_id': balance.product_id.id, 'expected': float(expected[wrong[0]]), 'found': float(found[wrong[0]]),
                'cause': self.env._(
                    "The balance of %(product)s of %(origin)s does not say what its transfers and open returns do: "
                    "%(figures)s. Transfers or returns were changed past their own steps.",
                    product=balance.product_id.display_name, origin=balance._get_source(), figures="; ".join(self.env._(
                        "%(what)s %(found)s instead of %(expected)s", what=labels[names[number]].lower(),
                        found=f"{float(found[number]):.10g}", expected=f"{float(expected[number]):.10g}")
                        for number in wrong)),
            })
        return result

    @api.model
    def _find_on_hand(self, ids):
        """What returns brought to the returns locations and was not sent on lies there. Goods that came or went by hand
        count, but nobody may have taken by hand what is a return's.
        """
        rows = self.env.execute_query(SQL(
            """
            WITH place AS (
                SELECT location.id, warehouse.id AS warehouse_id
                  FROM stock_warehouse warehouse
                  JOIN stock_location root ON root.id = warehouse.returns_location_id
                  JOIN stock_location location ON location.parent_path LIKE root.parent_path || '%%'),
            piece AS (
                SELECT there.warehouse_id, line.product_id, line.lot_id, line.quantity_product_uom AS quantity,
                       move.returns_line_id IS NOT NULL OR move.returns_inspection_id IS NOT NULL AS ours
                  FROM stock_move_line line JOIN place there ON there.id = line.location_dest_id
                  JOIN stock_move move ON move.id = line.move_id
                 WHERE line.product_id = ANY(%(ids)s) AND line.state = 'done'
                 UNION ALL
                SELECT here.warehouse_id, line.product_id, line.lot_id, -line.quantity_product_uom,
                       move.returns_line_id IS NOT NULL OR move.returns_inspection_id IS NOT NULL
                  FROM stock_move_line line JOIN place here ON here.id = line.location_id
                  JOIN stock_move move ON move.id = line.move_id
                 WHERE line.product_id = ANY(%(ids)s) AND line.state = 'done'),
            moved AS (
                SELECT warehouse_id, product_id, lot_id, COALESCE(SUM(quantity) FILTER (WHERE ours), 0) AS ours,
                       COALESCE(SUM(quantity) FILTER (WHERE NOT ours), 0) AS by_hand
                  FROM piece GROUP BY warehouse_id, product_id, lot_id),
            there AS (
                SELECT place.warehouse_id, quant.product_id, quant.lot_id, SUM(quant.quantity) AS quantity
                  FROM stock_quant quant JOIN place ON place.id = quant.location_id
                 WHERE quant.product_id = ANY(%(ids)s)
                 GROUP BY place.warehouse_id, quant.product_id, quant.lot_id)
            SELECT product.id, COALESCE(moved.warehouse_id, there.warehouse_id), COALESCE(moved.lot_id, there.lot_id),
                   COALESCE(moved.ours, 0), COALESCE(moved.by_hand, 0), COALESCE(there.quantity, 0)
              FROM moved FULL JOIN there ON there.warehouse_id = moved.warehouse_id
                                        AND there.product_id = moved.product_id
                                        AND there.lot_id IS NOT DISTINCT FROM moved.lot_id
              JOIN product_product product ON product.id = COALESCE(moved.product_id, there.product_id)
              JOIN product_template template ON template.id = product.product_tmpl_id AND template.is_storable
             WHERE ABS(COALESCE(moved.ours, 0) + GREATEST(COALESCE(moved.by_hand, 0), 0)
                       - COALESCE(there.quantity, 0)) > %(slack)s
             ORDER BY product.id
            """, ids=list(ids), slack=10 ** -self.env['decimal.precision'].precision_get('Product Unit') / 2))
        result = []
        for product_id, warehouse_id, lot_id, ours, by_hand, there in rows:
            product, lot = self.env['product.product'].browse(product_id), self.env['stock.lot'].browse(lot_id or ())
            place = self.env['stock.warehouse'].browse(warehouse_id).returns_location_id
            expected = float(ours) + max(float(by_hand), 0.0)
            figures = {
                'product': product.display_name, 'lot': lot.name or "", 'unit': product.uom_id.name,
                'place': place.display_name, 'found': f"{float(there):.10g}", 'expected': f"{expected:.10g}",
                'taken': f"{-float(by_hand):.10g}"}
            result.append({
                'anchor': product_id, 'part': f'{warehouse_id}-{lot_id or 0}', 'company_id': place.company_id.id,
                'product_id': product_id, 'location_id': place.id, 'expected': expected, 'found': float(there),
                'cause': self.env._(
                    "%(found)s %(unit)s of %(product)s %(lot)s are in %(place)s, but returns brought %(expected)s there that "
                    "were not sent on yet: %(taken)s were taken away by hand. Bring them back, or correct the stock.",
                    **figures) if by_hand < 0 else self.env._(
                    "%(found)s %(unit)s of %(product)s %(lot)s are in %(place)s, but %(expected)s were received there and "
                    "not sent on yet. The stock was changed without a transfer.", **figures)})
        return result

    # ------------------------------------------------------------------
    # Money
    # ------------------------------------------------------------------

    @api.model
    def _find_refunded(self, ids):
        """What done settlements credited, on the lines and on the return."""
        rows = self.env.execute_query(SQL(
            """
            SELECT line.request_id, line.id, COALESCE(done.amount, 0), COALESCE(line.amount_refunded, 0)
              FROM returns_request_line line
              LEFT JOIN LATERAL (SELECT SUM(amount_company) AS amount FROM returns_settlement settlement
                                  WHERE settlement.request_line_id = line.id AND settlement.state = 'done') done ON TRUE
             WHERE line.request_id = ANY(%(ids)s)
               AND ABS(COALESCE(done.amount, 0) - COALESCE(line.amount_refunded, 0)) > 0.0001
             UNION ALL
            SELECT request.id, NULL, COALESCE(done.amount, 0), COALESCE(request.amount_refunded, 0)
              FROM returns_request request
              LEFT JOIN LATERAL (SELECT SUM(amount_company) AS amount FROM returns_settlement settlement
                                  WHERE settlement.request_id = request.id AND settlement.state = 'done') done ON TRUE
             WHERE request.id = ANY(%(ids)s)
               AND ABS(COALESCE(done.amount, 0) - COALESCE(request.amount_refunded, 0)) > 0.0001
             ORDER BY 1, 2
            """, ids=list(ids)))
        result = []
        for request_id, line_id, expected, found in rows:
            request = self.env['returns.request'].browse(request_id)
            record, currency = request, request.currency_id
            if line_id:
                record = self.env['returns.request.line'].browse(line_id)
            result.append({
                'anchor': request_id, 'part': line_id, 'request_id': request_id, 'request_line_id': line_id,
                'company_id': request.company_id.id, 'expected': float(expected), 'found': float(found),
                'cause': self.env._(
                    "%(record)s says that %(found)s were credited, but its settlements add up to %(expected)s. A settlement "
                    "or the return was changed past its own steps.", record=record.display_name,
                    found=currency.format(float(found)), expected=currency.format(float(expected))),
            })
        return result

    @api.model
    def _find_credit_note(self, ids):
        """Settlements stand as their credit notes do: done with one that is posted, with the pieces it credits."""
        found = self.env['returns.settlement'].search([
            ('id', 'in', ids), '|', ('refund_line_id', '!=', False), ('kind', 'in', ('credit', 'allowance', 'outside'))])
        targets = found.search([
            '|', ('refund_line_id.move_id', 'in', found.refund_line_id.move_id.ids), ('id', 'in', found.ids)])._get_targets()
        result = []
        for settlement in found.sorted('id'):
            state, pieces = targets[settlement]
            live = settlement._get_live_pieces()
            expected = 0.0 if state == 'cancelled' else pieces
            unit = settlement.request_line_id.product_id.uom_id
            if state != settlement.state or unit.compare(live, expected):
                result.append(settlement._describe_mismatch(
                    expected, live, settlement._explain_note(state, expected)))
        return result

    @api.model
    def _find_amount(self, ids):
        """What settlements of a posted credit note say they credited adds up to the note, in its currency and in the
        company's, less what posted invoices took back of it.
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT note.id, MIN(settlement.id), note.amount_total - COALESCE(MAX(claim.amount), 0), SUM(settlement.amount),
                   ABS(note.amount_total_signed) - COALESCE(MAX(claim.company), 0), SUM(settlement.amount_company),
                   COALESCE(BOOL_OR(claim.converted), FALSE)
              FROM returns_settlement settlement
              JOIN account_move_line line ON line.id = settlement.refund_line_id
              JOIN account_move note ON note.id = line.move_id AND note.state = 'posted'
              LEFT JOIN LATERAL (
                   SELECT SUM(invoice.amount_total) AS amount, SUM(ABS(invoice.amount_total_signed)) AS company,
                          BOOL_OR(invoice.currency_id <> note.currency_id) AS converted
                     FROM account_move invoice
                    WHERE invoice.reversed_entry_id = note.id AND invoice.state = 'posted'
                      AND invoice.move_type = 'out_invoice') claim ON TRUE
             WHERE settlement.state = 'done' AND settlement.kind <> 'outside' AND line.move_id IN (
                   SELECT noted.move_id FROM returns_settlement here
                     JOIN account_move_line noted ON noted.id = here.refund_line_id WHERE here.id = ANY(%(ids)s))
             GROUP BY note.id HAVING MIN(settlement.id) = ANY(%(ids)s)
             ORDER BY note.id
            """, ids=list(ids)))
        result = []
        for note_id, first, *numbers, converted in rows:
            note, settlement = self.env['account.move'].browse(note_id), self.env['returns.settlement'].browse(first)
            total, amount, total_company, amount_company = map(float, numbers)
            company_currency = note.company_currency_id
            checks = [(total_company, amount_company, company_currency)]
            if not converted:
                checks.insert(0, (total, amount, note.currency_id))
            for expected, found, currency in checks:
                if currency.compare_amounts(expected, found):
                    result.append({**settlement._describe_mismatch(expected, found, self.env._(
                        "The returns say that %(note)s credited %(found)s, but it credits %(expected)s. The credit note or "
                        "a settlement was changed past its own steps.", note=note.display_name,
                        found=currency.format(found), expected=currency.format(expected))), 'move_id': note_id})
                    break
        return result

    @api.model
    def _find_invoice(self, ids):
        """All posted credit notes of an invoice that a return credited, less what was billed again, are no more than the
        invoice; and it is still posted.
        """
        rows = self.env.execute_query(SQL(
            """
            SELECT line.move_id, MIN(settlement.id) FROM returns_settlement settlement
              JOIN account_move_line line ON line.id = settlement.invoice_line_id
             WHERE settlement.state = 'done' AND line.move_id IN (
                   SELECT billed.move_id FROM returns_settlement here
                     JOIN account_move_line billed ON billed.id = here.invoice_line_id WHERE here.id = ANY(%(ids)s))
             GROUP BY line.move_id HAVING MIN(settlement.id) = ANY(%(ids)s)
             ORDER BY line.move_id
            """, ids=list(ids)))
        moves = self.env['account.move'].browse(number for number, _first in rows)
        notes = moves.reversal_move_ids.filtered(lambda move: move.state == 'posted' and move.move_type == 'out_refund')
        claims = notes.reversal_move_ids.filtered(lambda move: move.state == 'posted' and move.move_type == 'out_invoice')
        credited, named = defaultdict(float), notes.grouped('reversed_entry_id')
        for note in notes:
            credited[note.reversed_entry_id] += note._returns_get_total_in(note.reversed_entry_id.currency_id)
        for claim in claims:
            invoice = claim.reversed_entry_id.reversed_entry_id
            credited[invoice] -= claim._returns_get_total_in(invoice.currency_id)
        result = []
        for invoice, (_id, first) in zip(moves, rows, strict=True):
            currency, found = invoice.currency_id, credited[invoice]
            limit = invoice.amount_total - sum(
                line.price_total for line in invoice.invoice_line_ids if line.is_downpayment and line.price_total < 0)
            texts = {'invoice': invoice.display_name, 'found': currency.format(found), 'limit': currency.format(limit),
                     'notes': ", ".join(named.get(invoice, notes.browse()).mapped('display_name'))}
            cause = None
            if invoice.state != 'posted':
                limit = 0.0
                cause = self.env._("%(invoice)s is not posted any more, but returns credited %(found)s of it by %(notes)s.",
                                   **texts)
            elif currency.compare_amounts(found, limit) > 0:
                cause = self.env._("%(notes)s credit %(found)s of %(invoice)s, which billed %(limit)s.", **texts)
            if cause:
                settlement = self.env['returns.settlement'].browse(first)
                result.append({**settlement._describe_mismatch(limit, found, cause), 'move_id': invoice.id})
        return result

    @api.model
    def _find_invoice_line(self, ids):
        """No more pieces of an invoice line are credited than it billed."""
        here = self.env['returns.settlement'].browse(ids).exists()
        settlements = here.search([
            ('invoice_line_id', 'in', here.invoice_line_id.ids), ('state', '!=', 'cancelled'),
            ('kind', 'in', ('credit', 'allowance'))])
        result = []
        for line, found in settlements.sorted('id').grouped('invoice_line_id').items():
            unit = line.product_id.uom_id
            credited = sum(settlement._to_invoice_pieces(settlement.pieces) for settlement in found)
            billed = line.product_uom_id._compute_quantity(line.quantity, unit, rounding_method='HALF-UP')
            if found[0] in here and unit.compare(credited, billed) > 0:
                result.append({**found[0]._describe_mismatch(billed, credited, self.env._(
                    "Returns credit %(credited)s %(unit)s of %(product)s on %(invoice)s, which billed %(billed)s: "
                    "%(returns)s.",
                    credited=f"{credited:.10g}", billed=f"{billed:.10g}", unit=unit.name,
                    product=line.product_id.display_name, invoice=line.move_id.display_name,
                    returns=", ".join(found.request_id.mapped('name')))), 'move_id': line.move_id.id})
        return result


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _describe_mismatch(self, expected, found, cause):
        """:return: values of a mismatch about this line, for ``returns.mismatch``"""
        self.ensure_one()
        return {
            'anchor': self.id, 'request_line_id': self.id, 'request_id': self.request_id.id,
            'company_id': self.company_id.id, 'product_id': self.product_id.id,
            'expected': expected, 'found': found, 'cause': cause,
        }

    def _say_pieces(self, pieces):
        self.ensure_one()
        return f"{pieces:.10g} {self.product_id.uom_id.name}"


class ReturnsSettlement(models.Model):
    _inherit = 'returns.settlement'

    def _describe_mismatch(self, expected, found, cause):
        """:return: values of a mismatch about this settlement, for ``returns.mismatch``"""
        self.ensure_one()
        return {
            **self.request_line_id._describe_mismatch(expected, found, cause), 'anchor': self.id,
            'settlement_id': self.id, 'move_id': self.refund_line_id.move_id.id,
        }

    def _explain_note(self, state, pieces):
        """:return: what the credit note says, in a sentence, where the settlement says something else

        :param state: what the settlement's state has to be
        :param pieces: what it has to be about
        """
        self.ensure_one()
        line, note = self.request_line_id, self.refund_line_id.move_id
        labels = dict(self._fields['state']._description_selection(self.env))
        names = {
            'settlement': self.display_name, 'note': note.display_name, 'state': labels[self.state].lower(),
            'pieces': line._say_pieces(pieces), 'found': line._say_pieces(self._get_live_pieces())}
        if not note:
            return self.env._(
                "%(settlement)s is %(state)s with %(found)s, but the line of its credit note is gone.", **names)
        if note.state == 'posted':
            return self.env._(
                "%(settlement)s is %(state)s with %(found)s, but %(note)s is posted and credits %(pieces)s of it, less what "
                "was billed again.", **names)
        if note.state == 'draft':
            return self.env._(
                "%(settlement)s is %(state)s with %(found)s, but %(note)s is a draft of %(pieces)s.", **names)
        return self.env._("%(settlement)s is %(state)s with %(found)s, but %(note)s is cancelled.", **names)
