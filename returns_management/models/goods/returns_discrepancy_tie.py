# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .delivery_book import DeliveryBook


class ReturnsDiscrepancy(models.Model):
    """Goods that came unannounced become goods of a return: one made for them, or one that is there already. It passes all
    that every return passes; once it is approved, the moves that brought the goods are tied to it, as if it had
    announced them.
    """
    _inherit = 'returns.discrepancy'

    wanted_line_ids = fields.Many2many(
        'returns.request.line', 'returns_discrepancy_wanted_rel', string="Becomes", copy=False,
        domain="[('product_id', '=', product_id), ('state', 'in', ('draft', 'review', 'approved', 'received', "
               "'settlement')), ('request_id.partner_id', 'child_of', partner_id)]",
        help="The lines of returns that these goods belong to. They count as received there once the line is approved.")

    @api.constrains('wanted_line_ids', 'partner_id', 'product_id')
    def _check_wanted(self):
        for case in self.sudo().filtered('wanted_line_ids'):
            for line in case.wanted_line_ids:
                if not case._is_of_surplus() or line.product_id != case.move_id.product_id \
                        or line.company_id != case.company_id \
                        or line.request_id.commercial_partner_id != case.partner_id.commercial_partner_id:
                    raise ValidationError(self.env._(
                        "%(case)s cannot become %(line)s: choose a line about the same product, customer and company.",
                        case=case.display_name, line=line.display_name))

    def write(self, vals):
        if not self.env.su and 'wanted_line_ids' in vals:
            self._check_case_role('agent')
        res = super().write(vals)
        if not self.env.su and 'wanted_line_ids' in vals:
            self.wanted_line_ids.check_access('read')  # nobody names what they may not see
        return res

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_make_return(self):
        """Draft a return for these goods, of what their customer got from us: the longest ago first.

        :return: an action that opens it
        :raise UserError: there are no goods, nobody knows whose they are, or nothing of them may come back
        """
        self._check_case_role('agent')
        request = self._as_flow()._do_make_return()
        return {
            'type': 'ir.actions.act_window', 'res_model': request._name, 'res_id': request.id, 'view_mode': 'form',
            'views': [(False, 'form')],
        }

    def action_tie(self):
        """Count these goods as received on the approved lines of *Becomes*.

        :raise UserError: no line is named, or none of them awaits these goods
        """
        self._check_case_role('agent', 'inspector')
        self._as_flow()._do_tie()
        return True

    # ------------------------------------------------------------------
    # Making a return
    # ------------------------------------------------------------------

    def _do_make_return(self):
        cases = self._lock_cases()
        for case in self:
            if case not in cases or not case.has_goods or case.is_under_way:
                raise UserError(self.env._("%s: no goods wait for this case.", case.display_name))
            if not case.partner_id:
                raise UserError(self.env._("%s: say first whose goods these are.", case.display_name))
            if case.wanted_line_ids:
                raise UserError(self.env._("%(case)s has become %(line)s already.", case=case.display_name,
                                           line=case.wanted_line_ids[:1].display_name))
        if len(cases.company_id) > 1 or len(cases.partner_id.commercial_partner_id) > 1:
            raise UserError(self.env._("One return holds the goods of one customer and one company."))
        parts = [(case, vals) for case in cases for vals in case._propose_lines()]
        request = self.env['returns.request'].create({
            'partner_id': cases.partner_id[:1].id, 'company_id': cases.company_id.id,
            'line_ids': [Command.create(vals) for _case, vals in parts]})
        for (case, _vals), line in zip(parts, request.line_ids.sorted('id'), strict=True):
            case.wanted_line_ids |= line
        cases._message_log_batch(bodies={case.id: self.env._("Becomes %s.", request.name) for case in cases})
        return request

    def _propose_lines(self):
        """:return: values of return lines for the goods of the case
        :raise UserError: nothing of them may come back
        """
        self.ensure_one()
        product = self.move_id.product_id
        wanted, vals_list = {}, []
        for (lot, _place), pieces in self._get_goods().items():
            wanted[lot] = wanted.get(lot, 0.0) + pieces
        sources = self._find_sources(product)
        free_of = self.env['returns.balance']._get_free_quantities({key for key, _vals, _lots in sources})
        for key, vals, lots in sources:
            free, taken = free_of.get(key, 0.0), {}
            for lot, pieces in wanted.items():
                part = product.uom_id.round(min(pieces, free, lots.get(lot, 0.0) if lot else pieces))
                if product.uom_id.compare(part, 0.0) > 0:
                    taken[lot] = part
                    free -= part
                    wanted[lot] = product.uom_id.round(pieces - part)
            if taken:
                vals_list.append({
                    **vals, 'product_id': product.id, 'uom_id': product.uom_id.id, 'quantity': sum(taken.values()),
                    'lot_ids': [Command.set([lot.id for lot in taken if lot])]})
        if not vals_list:
            raise UserError(self.env._(
                "%(case)s: nothing of %(product)s that %(customer)s got may still come back. Send it back, keep or scrap "
                "it.", case=self.display_name, product=product.display_name, customer=self.partner_id.display_name))
        return vals_list

    def _find_sources(self, product):
        """Where this customer got ``product`` from: order lines, and deliveries without an order; longest ago first.

        :return: [(key of the balance, values that name the source on a return line, {lot: pieces at the customer})]
        """
        self.ensure_one()
        entity = self.partner_id.commercial_partner_id
        moves = self.env['stock.move'].search(Domain.AND([
            [('product_id', '=', product.id), ('state', '=', 'done'), ('company_id', '=', self.company_id.id)],
            [('location_dest_id.usage', '=', 'customer'), ('origin_returned_move_id', '=', False)],
            Domain('sale_line_id.order_id.partner_id', 'child_of', entity.id)
            | Domain('sale_line_id', '=', False) & Domain('partner_id', 'child_of', entity.id),
        ]), order='date, id').filtered(lambda move: move._returns_is_delivery())
        sources, sold = {}, moves.sale_line_id._get_returnable_products()
        for move in moves:
            sale_line = move.sale_line_id
            if not sale_line:
                line = self.env['returns.request.line'].new({'delivery_move_id': move.id, 'product_id': product.id})
                sources[move] = (move.id, {'delivery_move_id': move.id}, line._get_lots_at_customer())
            elif sale_line not in sources and product in sold[sale_line]:
                sources[sale_line] = (
                    (sale_line.id, product.id), {'sale_line_id': sale_line.id}, sale_line._get_lots_at_customer(product))
        return list(sources.values())

    # ------------------------------------------------------------------
    # Tying
    # ------------------------------------------------------------------

    def _do_tie(self):
        self.wanted_line_ids._lock()
        cases = self._lock_cases()
        for case in cases:
            if not case.has_goods or case.is_under_way:
                raise UserError(self.env._("%s: no goods wait for this case.", case.display_name))
            if not case.wanted_line_ids:
                raise UserError(self.env._("%s: name the lines of returns that these goods belong to.", case.display_name))
            if not case._tie_to(case.wanted_line_ids):
                raise UserError(self.env._(
                    "%(case)s: %(lines)s does not await these goods. It is tied by itself once it is approved.",
                    case=case.display_name, lines=", ".join(case.wanted_line_ids.mapped('display_name'))))

    def _tie_to(self, lines):
        """Let the goods of this case be those that ``lines`` await, as far as they await them. Callers hold the locks.

        :return: the moves that are tied now
        """
        self.ensure_one()
        tied = self.env['stock.move']
        self._refuse_under_way()  # or the customer would have both, goods and money
        self._take_on_hand()
        for line in lines.filtered(lambda line: line.state == 'approved' or line.quantity_missing).sorted('id'):
            parts = self._allot_to(line) if self.state == 'open' else {}
            if parts:
                moves = self._tie_parts(line, parts)
                self._note_tied(moves)
                moves.with_company(self.company_id)._set_value()  # costs are the company's
                moves._returns_after_done()  # what this line holds no more is free before the next one is looked at
                tied |= moves
        return tied

    def _note_tied(self, moves):
        """The case ends with its last goods, or is about fewer of them."""
        if self.move_id in moves or not self._get_goods():
            self._set_closed('return')
            return
        left = sum(self._get_goods().values())
        self._message_log(body=self.env._(
            "%(tied)s of %(quantity)s are part of %(request)s now.", tied=f"{self.quantity - left:.10g}",
            quantity=f"{self.quantity:.10g}", request=", ".join(moves.returns_line_id.request_id.mapped('name'))))
        self.quantity = left

    def _allot_to(self, line):
        """:return: {(delivered move, lot where lots are valued): {(lot, place): pieces}}: which goods ``line`` takes, and
            which deliveries they undo
        """
        self.ensure_one()
        product, unit = self.move_id.product_id, self.move_id.product_id.uom_id
        at_customer, surplus_of = line._get_lots_at_customer(), self.move_id.returns_surplus_of_id
        counted = surplus_of and surplus_of._get_balance_key() == line._get_balance_key()
        room, chosen = line._get_quantity_open(), {}
        for (lot, place), pieces in self._get_goods().items():
            part = min(pieces, room)
            if product.tracking != 'none' and at_customer is not None:
                # a surplus of the same order line counts as come back already
                part = min(part, at_customer.get(lot, 0.0) + (pieces if counted else 0.0))
            part = unit.round(part)
            if unit.compare(part, 0.0) > 0:
                chosen[lot, place] = part
                room = unit.round(room - part)
        if not chosen:
            return {}
        line._trim_receptions(sum(chosen.values()))
        book, parts = DeliveryBook(line), {}
        for (lot, place), pieces in chosen.items():
            for delivery, part in book.allot_lot(line, lot, pieces):
                key = (delivery, lot if product.lot_valuated else None)
                parts.setdefault(key, {})[lot, place] = unit.round(parts.get(key, {}).get((lot, place), 0.0) + part)
        return parts

    def _tie_parts(self, line, parts):
        """:return: the moves that bring ``parts`` of the goods to ``line``"""
        tied = self.env['stock.move']
        for (delivery, _lot), goods in parts.items():
            move = self.move_id._returns_split_done(goods)
            move.write(line._prepare_tied_move_vals(delivery))
            tied |= move
        return tied

    def _tie_by_itself(self, lines):
        """Whoever approves could not mend what stands in the way: the owner is told instead.

        :return: whether something was tied
        """
        try:
            with self.env.cr.savepoint():
                return bool(self._tie_to(lines))
        except UserError as error:
            self.invalidate_recordset()
            self._message_log(body=error.args[0])
            self._restart_clock(self.env._("Tie it to its return: %s", self._get_summary()))
            return False


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _prepare_tied_move_vals(self, delivery):
        """Values that make a done move, which brought goods unannounced, the one by which they came back on this line.

        :param delivery: the done move to the customer that it undoes
        """
        self.ensure_one()
        return {
            'origin': self.request_id.name, 'partner_id': self.partner_id.id,
            'to_refund': bool(self.sale_line_id) and self._is_taken_off_order(),
            'sale_line_id': self.sale_line_id.id, 'origin_returned_move_id': delivery.id,
            'move_orig_ids': [Command.set(delivery.ids)], 'returns_line_id': self.id, 'returns_surplus_of_id': False,
        }

    def _do_follow_ups(self, changed):
        """Goods that are here already need not be sent: they are tied before anything is announced."""
        entering = self.browse().concat(*changed)
        over = entering.filtered(lambda line: line.state in ('rejected', 'cancelled'))
        waiting = self.env['returns.discrepancy'].search([
            ('state', '=', 'open'), ('wanted_line_ids', 'in', entering.ids)]) if entering else ()
        again = False
        for case in waiting:
            lines = case.wanted_line_ids & entering
            case._lock_rows()
            if lines & over:
                case.wanted_line_ids -= over
                case._restart_clock(self.env._("Its return was refused: %s", case._get_summary()))
            elif any(line.state == 'approved' for line in lines):
                again |= case._tie_by_itself(lines)
        return super()._do_follow_ups(changed) or again
