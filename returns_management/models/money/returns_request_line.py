# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    settlement_ids = fields.One2many(
        'returns.settlement', 'request_line_id', "Settlements", readonly=True, copy=False)
    amount_refunded = fields.Monetary(
        "Refunded", currency_field='company_currency_id', readonly=True, copy=False,
        help="Posted credit notes, taxes included, in the company's currency.")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'amount_refunded'}

    def _get_sold_unit_value(self, uom):
        """As invoiced: a price changed on the order later changes neither the credit nor who has to approve it."""
        invoiced = self.sale_line_id.sudo().invoice_lines.filtered(lambda line: (
            line.parent_state == 'posted' and line.move_type == 'out_invoice' and line.quantity > 0
            and line.product_id == self.sale_line_id.product_id))
        quantity = sum(line.product_uom_id._compute_quantity(line.quantity, uom, round=False) for line in invoiced)
        if not quantity:
            return super()._get_sold_unit_value(uom)
        return sum(line.currency_id._convert(
            line.price_total, self.order_currency_id, line.company_id, line.date, round=False)
            for line in invoiced) / quantity

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _get_money_facts(self):
        """:return: {line id: {'settlements_open': …}} for ``tools.road``"""
        return {
            line.id: {'settlements_open': any(
                settlement.state == 'planned' for settlement in line.settlement_ids)}
            for line in self
        }

    def _update_settled(self):
        """``quantity_settled`` and ``amount_refunded`` = what the settlements of each line add up to."""
        for line in self:
            live = line.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
            vals = {}
            settled = line.uom_id.round(sum(live.mapped('quantity')))
            if line.uom_id.compare(settled, line.quantity_settled):
                vals['quantity_settled'] = settled
                if settled < line.quantity_settled:
                    vals['quantity_advanced'] = line._get_quantity_still_advanced(settled)
            refunded = sum(live.filtered(lambda settlement: settlement.state == 'done').mapped('amount_company'))
            if line.company_currency_id.compare_amounts(refunded, line.amount_refunded):
                vals['amount_refunded'] = refunded
            if vals:
                line._write_flow(vals)
        self.request_id._update_refunded()

    def _get_quantity_still_advanced(self, settled):
        """A note that paid in advance was taken back: pieces that do not come any more, or were refused, are not
        paid in advance a second time.

        :param settled: what stays settled, in ``uom_id``
        :return: the new ``quantity_advanced``
        """
        self.ensure_one()
        if self.is_returnless:
            return self.quantity_advanced
        return self.uom_id.round(min(
            self.quantity_advanced, max(self._get_quantity_to_inspect(), settled - self.quantity_accepted, 0.0)))

    def _count_in_product_unit(self):
        super()._count_in_product_unit()
        for settlement in self.settlement_ids:
            settlement.write({'quantity': settlement.pieces, 'pieces': settlement.pieces})

    def _get_pieces_to_settle(self):
        """:return: the same as :meth:`_get_quantity_to_settle`, in the product's own unit"""
        self.ensure_one()
        settled = sum(self.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled').mapped('pieces'))
        return self.product_id.uom_id.round(
            self._to_product_uom(self.quantity_accepted + self.quantity_advanced) - settled)

    def _get_pieces_waived(self):
        """:return: how many of the pieces to settle are settled although their goods never came"""
        self.ensure_one()
        paid = sum(self.settlement_ids.filtered(lambda settlement: (
            settlement.kind == 'allowance' and settlement.state != 'cancelled')).mapped('pieces'))
        return max(0.0, self.product_id.uom_id.round(self._to_product_uom(self.quantity_waived) - paid))

    def _get_quantity_to_settle(self):
        """:return: accepted or advanced and not settled, in ``uom_id``"""
        self.ensure_one()
        return self.uom_id.round(self.quantity_accepted + self.quantity_advanced - self.quantity_settled)

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        entering = self.browse().concat(*changed).filtered(lambda line: (
            line.state in ('approved', 'settlement') and line._needs_no_accountant()
            and changed[line] != 'done' and line._get_quantity_to_settle() > 0))
        over = self.browse().concat(*changed).filtered(lambda line: (
            line.state in ('rejected', 'cancelled') and line._needs_no_accountant()))
        if over:
            self.env['returns.follow.up']._resolve('exchange', over, self.env._("Nothing of it is to be settled any more."))
        if entering:
            again |= entering._settle_by_itself()
        self.request_id._follow_early_refunds()
        return again

    def _needs_no_accountant(self):
        """Whether nobody needs to press a button to settle the line: no money moves."""
        self.ensure_one()
        return self.resolution in ('exchange', 'none')

    def _settle_by_itself(self):
        """Settle what nobody presses a button for. Who receives or approves cannot mend a missing route, so the lines
        that fail wait for an accountant's Settle, which says why again.

        :return: whether something was settled
        """
        try:
            with self.env.cr.savepoint():
                self._settle()
            return True
        except UserError as error:
            if len(self) == 1:
                self.request_id.message_post(body=error.args[0])
                self.env['returns.follow.up']._note_failure('exchange', self, error.args[0])
                return False
        return any([line._settle_by_itself() for line in self])  # noqa: C419 - each of them, not up to the first

    # ------------------------------------------------------------------
    # Settling: a resolution x is carried out by _settle_x
    # ------------------------------------------------------------------

    def _get_rival_balances(self):
        """:return: the balances of what else may be credited of the same invoices, where they have discounts, delivery
            charges, cash rounding or something that was not paid: two who give back shares of those at once would not know
            of each other
        """
        invoices = self.sale_line_id.invoice_lines.move_id.filtered(lambda move: (
            move.move_type == 'out_invoice' and (any(
                line._returns_is_shared() or line._returns_is_delivery_charge() for line in move.line_ids)
                or any(item._returns_get_let_off() for item in move.line_ids.matched_credit_ids.credit_move_id))))
        return invoices.invoice_line_ids.sale_line_ids.returns_line_ids.balance_id

    def _settle(self):
        """Settle what is ready of these lines, each resolution in one batch.

        :return: the settlements made
        :raise UserError: something stands in the way, and what to do about it
        """
        ready = self.filtered(lambda line: line.uom_id.compare(line._get_quantity_to_settle(), 0.0) > 0)
        settlements = self.env['returns.settlement']
        for resolution, lines in ready.grouped('resolution').items():
            settlements |= getattr(lines, f'_settle_{resolution}')()
        ready._update_settled()
        self.env['returns.follow.up']._resolve('exchange', ready.filtered(lambda line: line._needs_no_accountant()))
        return settlements

    def _prepare_settlement_vals(self, kind, quantity, number, **vals):
        """:param number: the how-manieth act on this line it is; part of the idempotency key"""
        self.ensure_one()
        return {
            'request_line_id': self.id, 'kind': kind, 'quantity': quantity,
            'key': f'{self.id}/{number}', 'currency_id': self.company_currency_id.id, **vals,
        }

    def _get_next_numbers(self):
        """:return: {line: number of the next settlement act on it, cancelled ones counted}"""
        counts = dict(self.env['returns.settlement']._read_group(
            [('request_line_id', 'in', self.ids)], ['request_line_id'], ['__count']))
        return {line: counts.get(line, 0) + 1 for line in self}

    def _settle_none(self):
        numbers = self._get_next_numbers()
        settlements = self.env['returns.settlement'].create([
            line._prepare_settlement_vals('nothing', line._get_quantity_to_settle(), numbers[line]) for line in self])
        settlements._set_done()
        return settlements

    def _settle_exchange(self):
        """A real delivery of the same product through the order's route; no money moves."""
        numbers = self._get_next_numbers()
        procurements = []
        quantities = {line: line._get_quantity_to_settle() for line in self}
        for line in self:
            sale_line = line.sale_line_id.with_company(line.company_id)
            values = line._prepare_exchange_values(sale_line)
            procurements.append(self.env['stock.rule'].Procurement(
                line.product_id, quantities[line], line.uom_id, sale_line._get_location_final(),
                line.product_id.display_name, line.request_id.name, line.company_id, values))
        known = {move: move.product_uom_qty for move in self.move_ids}
        self.env['stock.rule'].run(procurements)
        self.invalidate_recordset(['move_ids'])
        # a replacement that has not left yet may have been raised instead
        made = self.move_ids.filtered(lambda move: (
            move.product_uom.compare(move.product_uom_qty, known.get(move, 0.0)) > 0)).grouped('returns_line_id')
        missing = self.filtered(lambda line: not made.get(line))
        if missing:
            raise UserError(self.env._(
                "No delivery could be planned for the exchange of %s: check the routes of the product and the "
                "warehouse of the order.", ", ".join(missing.mapped('display_name'))))
        # the order's own confirmation would do it
        self.env['stock.warehouse.orderpoint']._returns_replenish(
            {(moves[0].warehouse_id, line.product_id) for line, moves in made.items()})
        return self.env['returns.settlement'].create([
            line._prepare_settlement_vals(
                'exchange', quantities[line], numbers[line], move_id=made[line][0].id)
            for line in self])

    def _prepare_exchange_values(self, sale_line):
        """:return: values of the procurement that replaces what came back"""
        self.ensure_one()
        return {
            **sale_line._prepare_procurement_values(), 'returns_line_id': self.id, 'to_refund': True,
            'date_planned': fields.Datetime.now(),
        }

    def _settle_store_credit(self):
        """A posted credit note that stays open on the customer's account."""
        return self._settle_refund()

    def _settle_refund(self):
        """Credit the invoices the goods were billed on; one credit note an invoice. Without an order: what was typed.

        :raise UserError: an invoice is still a draft, or less was invoiced than is to be credited
        """
        sold = self.filtered('sale_line_id')
        gifts = sold.filtered('request_id.is_gift')
        settlements = (sold - gifts)._settle_by_invoice() | (self - sold)._settle_by_price()
        for lines in gifts.grouped('request_id').values():  # a note for each who got one, after those of the buyers
            lines._check_paid_by_buyer()
            settlements |= lines._settle_by_invoice()
        return settlements

    def _settle_by_invoice(self):
        numbers = self._get_next_numbers()
        book = self.env['returns.settlement']._open_book(self.sale_line_id)
        vals_list, parts = [], []
        for line in self:
            allotted = book.allot(line, line._get_pieces_to_settle(), line._get_pieces_waived())
            for part in allotted:
                line._fit_unit(part.pieces)  # may come to count the line in pieces, so all of it first
            withheld, exempt = line._get_pieces_to_keep()
            counted = sum(part.pieces for part in allotted if part.kind != 'outside')
            for part in allotted:
                is_paid = part.kind in ('credit', 'allowance')
                share = part.pieces / counted if part.kind != 'outside' else 0.0
                lost = min(max(withheld, 0.0) * share, part.pieces)
                spared = min(max(exempt, 0.0) * share, part.pieces - lost)
                vals_list.append(line._prepare_settlement_vals(
                    part.kind, line._fit_unit(part.pieces), numbers[line], pieces=part.pieces,
                    pieces_withheld=lost, pieces_exempt=spared, fee_percent=line.fee_percent if is_paid else 0.0,
                    invoice_line_id=part.invoice_line.id, refund_line_id=part.note_line.id,
                    note=book.get_note(line, part, is_kept=bool(lost or line.fee_percent and spared < part.pieces)),
                    currency_id=(part.invoice_line.currency_id or line.company_currency_id).id))
                parts.append(part)
                numbers[line] += 1
        settlements = self.env['returns.settlement'].create(vals_list)
        settlements.filtered(lambda settlement: settlement.kind == 'uninvoiced')._set_done()
        settlements.filtered(lambda settlement: settlement.kind == 'outside')._adopt_notes()
        settlements._create_credit_notes(book, dict(zip(settlements, parts, strict=True)))
        return settlements

    def _get_pieces_to_keep(self):
        """:return: (what the pieces settled next lost in value, in whole pieces; how many of them bear no fee)"""
        self.ensure_one()
        live = self.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled')
        return (self._get_pieces_withheld() - sum(live.mapped('pieces_withheld')),
                self._get_pieces_exempt() - sum(live.mapped('pieces_exempt')))

    def _update_exchanged(self):
        """Exchanges are done when the replacement has left: one that leaves in parts is, as far as it has."""
        for line in self:
            live = line.settlement_ids.filtered(
                lambda settlement: settlement.kind == 'exchange' and settlement.state != 'cancelled')
            planned = live.filtered(lambda settlement: settlement.state == 'planned')
            if not planned:
                continue
            shipped = sum(
                move.product_uom._compute_quantity(move.quantity, line.uom_id, rounding_method='HALF-UP')
                for move in line.move_ids
                if move.state == 'done' and move._returns_is_replacement() and move._returns_counts_replaced())
            shipped -= sum((live - planned).mapped('quantity'))
            for settlement in planned.sorted('id'):
                if line.uom_id.compare(shipped, 0.0) <= 0:
                    break
                shipped -= settlement._set_shipped(shipped)

    def _cancel_exchanges(self):
        """What is not to be shipped of a replacement, because somebody cancelled it or left it out, goes back to be settled
        anew.
        """
        for line in self:
            planned = line.settlement_ids.filtered(
                lambda settlement: settlement.kind == 'exchange' and settlement.state == 'planned')
            if not planned:
                continue
            moves = line.move_ids.filtered(lambda move: move._returns_is_replacement() and move._returns_counts_replaced())
            under_way = sum(
                move.product_uom._compute_quantity(
                    move.quantity if move.state == 'done' else move.product_uom_qty, line.uom_id,
                    rounding_method='HALF-UP') for move in moves)
            done = sum(line.settlement_ids.filtered(
                lambda settlement: settlement.kind == 'exchange' and settlement.state == 'done').mapped('quantity'))
            free = under_way - done
            for settlement in planned.sorted('id'):
                if line.uom_id.compare(free, settlement.quantity) < 0:
                    if line.uom_id.compare(free, 0.0) > 0:
                        settlement.write({'quantity': line.uom_id.round(free)})
                    else:
                        settlement._cancel()
                free -= settlement.quantity
        self._update_settled()
