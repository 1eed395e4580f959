# Part of returns_management. See LICENSE file for full copyright and licensing details.

from markupsafe import Markup

from odoo import Command, fields, models

from .claim_book import ClaimBook


class ReturnsRequestLine(models.Model):
    """What was settled in advance for goods that never come is claimed back."""
    _inherit = 'returns.request.line'

    quantity_claimed = fields.Float(
        "Claimed Back", digits='Product Unit', default=0.0, required=True, readonly=True, copy=False,
        help="Settled in advance and never sent: somebody was asked to claim it back.")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'quantity_claimed'}

    def _count_in_product_unit(self):
        claimed = self._to_product_uom(self.quantity_claimed)
        super()._count_in_product_unit()
        self._write_flow({'quantity_claimed': claimed})

    def _get_pieces_lost(self):
        """:return: settled in advance, and neither here nor to come; in the product's own unit"""
        self.ensure_one()
        if self.is_returnless:
            return 0.0
        settled = sum(self.settlement_ids.filtered(lambda settlement: settlement.state != 'cancelled').mapped('pieces'))
        return max(0.0, self.product_id.uom_id.round(
            settled - self._to_product_uom(self.quantity_approved - self.quantity_closed)))

    def _claim_advances(self, pieces):
        """Have what was settled for goods that never come claimed back: a task, and for what was credited a draft
        invoice, the exact mirror of the credit. Each piece once. Credit notes that are still drafts are cancelled
        instead, and what else they credit is settled anew.
        """
        super()._claim_advances(pieces)
        lost = self.filtered(lambda line: line._get_pieces_lost() > 0)
        drafts = lost.settlement_ids.filtered(
            lambda settlement: settlement.kind == 'credit' and settlement.state == 'planned').refund_line_id.move_id
        if drafts:
            drafts.button_cancel()
            self.env['returns.request'].browse(drafts.returns_request_ids.ids)._message_log_batch(bodies={
                request.id: self.env._(
                    "The draft %s was cancelled: goods that it credited in advance do not come. What else it credited "
                    "is to settle again.", ", ".join((drafts & request.refund_ids).mapped('display_name')))
                for request in drafts.returns_request_ids})
        claimed = {}
        for line in lost:
            more = min(pieces[line], line._get_pieces_lost() - line._to_product_uom(line.quantity_claimed))
            if line.product_id.uom_id.compare(more, 0.0) > 0:
                claimed[line] = more
                line._write_flow({'quantity_claimed': line._fit_unit(more) + line.quantity_claimed})
        if claimed:
            lost.settlement_ids._claim(claimed)


class ReturnsSettlement(models.Model):
    _inherit = 'returns.settlement'

    def _claim(self, pieces):
        """Claim back what these settlements gave, the youngest first.

        :param dict pieces: {request line: pieces lost}, in the product's own unit
        """
        live = self.filtered(lambda settlement: settlement.state != 'cancelled').sorted('id', reverse=True)
        book = ClaimBook(live.filtered(lambda settlement: settlement.kind == 'credit'))
        parts, tasks = {}, {}
        for settlement in live:
            line, unit = settlement.request_line_id, settlement.request_line_id.product_id.uom_id
            part = min(pieces.get(line, 0.0), settlement.pieces)
            if unit.compare(part, 0.0) <= 0:
                continue
            pieces[line] = unit.round(pieces[line] - part)
            if settlement.kind == 'credit':
                parts[settlement] = book.get_part(settlement, part)
            if settlement.kind != 'uninvoiced':  # the order owes that again by itself
                tasks[settlement] = part
        credits = self.browse().concat(*parts).filtered(lambda settlement: parts[settlement].pieces > 0).sorted('id')
        by_note = credits.grouped(lambda settlement: settlement.refund_line_id.move_id)
        invoices = self.env['account.move'].create([
            settlements._prepare_claim_vals(note, book, parts) for note, settlements in by_note.items()])
        invoice_of = {settlement: invoice for invoice, settlements in zip(invoices, by_note.values(), strict=True)
                      for settlement in settlements}
        replaced = live.filtered(lambda settlement: (
            settlement in tasks and settlement.kind == 'exchange' and settlement.state == 'done'
            # a component is not billed at the price of its kit
            and settlement.sale_line_id.product_id == settlement.request_line_id.product_id))
        invoice_of.update(replaced._bill_replacements(tasks))
        self._ask_to_claim(tasks, invoice_of)

    def _get_open_replacements(self):
        """:return: the moves of the replacement that have not left; the one planned first where there are none"""
        self.ensure_one()
        return self.request_line_id.move_ids.filtered(lambda move: (
            move.state not in ('done', 'cancel') and move._returns_is_replacement())) or self.move_id

    def _bill_replacements(self, pieces):
        """Draft invoices of replacements that left for goods that never come: the order's pieces more, at the price that
        was billed for the first ones.

        :param dict pieces: {settlement: pieces, in the product's own unit}
        :return: {settlement: the draft invoice}
        """
        by_order = self.grouped(lambda settlement: settlement.sale_line_id.order_id)
        invoices = self.env['account.move'].create([{
            **order.with_company(order.company_id)._prepare_invoice(),
            'ref': self.env._("Replaced in advance, never sent back"), 'invoice_line_ids': [
                Command.create(settlement._prepare_replacement_line_vals(pieces[settlement])) for settlement in settlements],
        } for order, settlements in by_order.items()])
        return {settlement: invoice for invoice, settlements in zip(invoices, by_order.values(), strict=True)
                for settlement in settlements}

    def _prepare_replacement_line_vals(self, pieces):
        """Values of the invoice line for ``pieces`` (product's own unit) that replaced goods which never came."""
        self.ensure_one()
        sale_line, unit = self.sale_line_id, self.request_line_id.product_id.uom_id
        uom = sale_line.product_uom_id
        billed = sale_line.invoice_lines.filtered(lambda line: (
            line.parent_state == 'posted' and line.move_type == 'out_invoice' and line.product_uom_id == uom
            and line.currency_id == sale_line.currency_id)).sorted('id')[:1]
        price_unit = (billed or sale_line).price_unit
        vals = {'discount': billed.discount, 'tax_ids': [Command.set(billed.tax_ids.ids)]} if billed else {}
        quantity = unit._compute_quantity(pieces, uom, rounding_method='HALF-UP')
        if unit.compare(uom._compute_quantity(quantity, unit, round=False), pieces):
            # no exact number of the order's unit (5 of a dozen): bill in the product's own
            quantity, price_unit = pieces, uom._compute_price(price_unit, unit)
            vals['product_uom_id'] = unit.id
        return sale_line._prepare_invoice_line(quantity=quantity, price_unit=price_unit, **vals)

    def _prepare_claim_vals(self, note, book, parts):
        """Values of the invoice that takes back what ``note`` gave for these settlements."""
        lines = [settlement._prepare_credit_note_line_vals(book, parts[settlement]) for settlement in self]
        return {
            **self._prepare_note_vals(note, lines + book.prepare_shared(note, lines)), 'move_type': 'out_invoice',
            'ref': self.env._("Never sent, credited in advance by %s", note.name),
        }

    def _ask_to_claim(self, tasks, invoice_of):
        """One activity a request, for who sees to its settlement.

        :param dict tasks: {settlement: pieces, in the product's own unit}
        :param dict invoice_of: {settlement: the draft invoice made for it}
        """
        by_request = self.browse().concat(*tasks).grouped('request_id')
        requests = self.env['returns.request'].concat(*by_request)
        owners, due = requests._find_stage_owners('payout'), fields.Date.context_today(self)
        requests.mapped('display_name')
        notes = {
            request: Markup("<br/>").join(
                settlement._explain_claim(tasks[settlement], invoice_of.get(settlement)) for settlement in settlements)
            for request, settlements in by_request.items()}
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': self.env['ir.model']._get_id('returns.request'), 'res_id': request.id,
            'activity_type_id': self.env.ref('returns_management.mail_activity_type_claim').id,
            'user_id': owners[request].id, 'date_deadline': due, 'note': note,
            'summary': self.env._("Settled in advance, never sent: claim it back"),
        } for request, note in notes.items() if owners[request]])
        requests._message_log_batch(bodies={request.id: note for request, note in notes.items()})

    def _explain_claim(self, pieces, invoice):
        """:return: what the customer has without having sent the goods, and how it is claimed back"""
        self.ensure_one()
        goods = self.env._("%(quantity)s %(unit)s of %(product)s", quantity=f"{pieces:.10g}", unit=(
            self.request_line_id.product_id.uom_id.name), product=self.request_line_id.product_id.display_name)
        if invoice and self.kind == 'exchange':
            return Markup(self.env._(
                "%(goods)s were replaced by %(delivery)s and never sent. Look at %(invoice)s, a draft that bills the "
                "replacement, and post or delete it.")
            ) % {'goods': goods, 'delivery': self.move_id.picking_id.name or '', 'invoice': invoice._get_html_link()}
        if invoice:
            return Markup(self.env._(
                "%(goods)s were credited by %(note)s and never sent. Look at %(invoice)s, a draft, and post or delete it.")
            ) % {'goods': goods, 'note': self.refund_id.name, 'invoice': invoice._get_html_link()}
        if self.kind == 'exchange':
            return Markup(self.env._(
                "%(goods)s were replaced by %(delivery)s and never sent. Stop that delivery, or invoice it.")
            ) % {'goods': goods, 'delivery': self._get_open_replacements().picking_id[:1].name or ''}
        return Markup(self.env._("%(goods)s were credited by hand with %(note)s and never sent. Invoice them again.")) % {
            'goods': goods, 'note': self.refund_id.name or ''}
