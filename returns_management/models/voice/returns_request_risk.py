# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from decimal import Decimal

from odoo import fields, models
from odoo.tools import SQL

from ...tools import risk


class ReturnsRequest(models.Model):
    """How unusual a return is for its customer. Voice says it; whether anybody is asked for it is up to Rights."""
    _inherit = 'returns.request'

    def _freeze_risk(self):
        super()._freeze_risk()
        facts = self._get_risk_facts()
        for request in self:
            lang = self.env.lang if self.env.user._is_internal() else request.company_id.partner_id.lang
            found = risk.assess(
                facts[request], request.with_context(lang=lang).env._,
                lambda amount, currency=request.currency_id: currency.format(float(amount)))
            request._write_flow({
                'risk_score': found.score,
                'risk_note': "\n".join(f"{points}: {text}" for points, text in found.reasons)})

    def _note_strange_lots(self, lots):
        """What comes from elsewhere raises the score that was frozen at submission."""
        super()._note_strange_lots(lots)
        for request in self if lots else ():
            text = self.env._("never went to this customer: %s", ", ".join(lots.mapped('name')))
            points = min(risk.STRANGE_LOTS[0] * len(lots), risk.STRANGE_LOTS[1])
            request._write_flow({
                'risk_score': min(request.risk_score + points, risk.MAXIMUM),
                'risk_note': "\n".join(filter(None, (request.risk_note, f"{points}: {text}")))})

    def _get_risk_facts(self):
        """:return: {request: ``tools.risk.Facts``}, in the same number of queries for any number of requests"""
        since = fields.Datetime.subtract(fields.Datetime.now(), months=12)
        pieces, orders, past, other_goods = (
            find(since) for find in (
                self._find_risk_pieces, self._find_risk_orders, self._find_risk_requests, self._find_risk_goods))
        facts = {}
        for request in self:
            key = (request.commercial_partner_id.id, request.company_id.id)
            others = [amount for order_id, amount in orders[key] if order_id not in request.line_ids.sale_order_id.ids]
            delivered, returned = pieces[key]
            cases = [case for case in past[key] if case != request]
            unsent = [case for case in cases if any(line.quantity_closed and not line.is_no_action for line in case.line_ids)]
            paid = [case for case in unsent if any(
                line.quantity_closed and line.quantity_settled > line.quantity_accepted for line in case.line_ids)]
            facts[request] = risk.Facts(
                delivered=delivered, returned=returned, orders=len(others),
                usual=sum(others, Decimal(0)) / len(others) if others else Decimal(0),
                amount=Decimal(str(request.amount_requested)),
                refused=sum(1 for case in cases if case.state == 'rejected' or any(case.line_ids.mapped('is_disputed'))),
                unsent=len(unsent) - len(paid), paid_unsent=len(paid), other_goods=other_goods[key],
                strange_lots=sum(len(line._find_strange_lots(line.lot_ids)) for line in request.line_ids))
        return facts

    def _find_risk_pieces(self, since):
        """:return: {(commercial entity id, company id): (pieces delivered, pieces returned)}, counted from done moves;
            of the returned those that the customer is responsible for, gifts that others sent back left out
        """
        self.env['stock.move'].flush_model()
        self.env['returns.request.line'].flush_model(['responsibility'])
        found = defaultdict(lambda: (Decimal(0), Decimal(0)))
        for entity, company, delivered, returned in self.env.execute_query(SQL(
                """
                SELECT partner.commercial_partner_id, move.company_id,
                       COALESCE(SUM(move.product_qty) FILTER (
                           WHERE dest.usage = 'customer' AND move.origin_returned_move_id IS NULL), 0),
                       COALESCE(SUM(move.product_qty) FILTER (
                           WHERE source.usage = 'customer' AND COALESCE(line.responsibility, 'customer') = 'customer'
                             AND request.is_gift IS NOT TRUE), 0)
                  FROM stock_move move
                  JOIN sale_order_line sold ON sold.id = move.sale_line_id
                  JOIN sale_order sale ON sale.id = sold.order_id
                  JOIN res_partner partner ON partner.id = sale.partner_id
                  JOIN stock_location source ON source.id = move.location_id
                  JOIN stock_location dest ON dest.id = move.location_dest_id
             LEFT JOIN returns_request_line line ON line.id = move.returns_line_id
             LEFT JOIN returns_request request ON request.id = line.request_id
                 WHERE partner.commercial_partner_id = ANY(%s) AND move.state = 'done' AND move.date >= %s
              GROUP BY partner.commercial_partner_id, move.company_id
                """, self.commercial_partner_id.ids, since)):
            found[entity, company] = (Decimal(str(delivered)), Decimal(str(returned)))
        return found

    def _find_risk_orders(self, since):
        """:return: {(commercial entity id, company id): [(order id, its total in the company's currency)]}"""
        found = defaultdict(list)
        orders = self.env['sale.order'].search_fetch(
            [('partner_id.commercial_partner_id', 'in', self.commercial_partner_id.ids), ('state', '=', 'sale'),
             ('date_order', '>=', since), ('company_id', 'in', self.company_id.ids)],
            ['partner_id', 'company_id', 'amount_total', 'currency_rate'])
        for order in orders:
            found[order.partner_id.commercial_partner_id.id, order.company_id.id].append(
                (order.id, Decimal(str(order.amount_total / (order.currency_rate or 1.0)))))
        return found

    def _find_risk_requests(self, since):
        """:return: {(commercial entity id, company id): [their requests]}"""
        found = defaultdict(list)
        for request in self.search(
                [('commercial_partner_id', 'in', self.commercial_partner_id.ids), ('date_submitted', '>=', since),
                 ('company_id', 'in', self.company_id.ids)]):
            found[request.commercial_partner_id.id, request.company_id.id].append(request)
        return found

    def _find_risk_goods(self, since):
        """:return: {(commercial entity id, company id): how often something else was in the parcel}"""
        found = defaultdict(int)
        for entity, company, number in self.env['returns.discrepancy']._read_group(
                [('request_id.commercial_partner_id', 'in', self.commercial_partner_id.ids), ('create_date', '>=', since),
                 ('kind', 'in', ('other_product', 'other_serial')), ('company_id', 'in', self.company_id.ids)],
                ['request_id', 'company_id'], ['__count']):
            found[entity.commercial_partner_id.id, company.id] += number
        return found
