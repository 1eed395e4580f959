# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

from .working_days import WorkingDays

REFUND_DAYS = 14  # after a withdrawal; Art. 13 of EU Directive 2011/83


class ResCompany(models.Model):
    _inherit = 'res.company'

    returns_withdrawal = fields.Boolean(
        "Withdrawal Function",
        help="Consumers may withdraw from the contract on the pages of their orders (Art. 11a of EU Directive 2011/83, for "
             "contracts made online, from 19 June 2026).")
    returns_withdrawal_days = fields.Integer(
        "Withdrawal Within (days)", default=14,
        help="From the day on which the last goods of an order left. The law counts from the day on which they arrive: add "
             "what the way takes.")

    _returns_withdrawal_days_sane = models.Constraint(
        'CHECK (returns_withdrawal_days BETWEEN 1 AND 3650)', "Let customers withdraw within 1 to 3650 days.")

    def _setup_returns(self):
        """Companies in the European Union have the withdrawal function from the start."""
        super()._setup_returns()
        union = self.env.ref('base.europe', raise_if_not_found=False)
        if union:
            self.filtered(lambda company: company.country_id in union.country_ids).returns_withdrawal = True


class ReturnsRequest(models.Model):
    """A return by which a consumer withdraws from the contract: a right, as long as its period runs."""
    _inherit = 'returns.request'

    is_withdrawal = fields.Boolean(
        "Withdrawal", readonly=True, copy=False,
        help="The customer withdraws from the contract, as the law allows consumers. In time nobody decides on it.")
    withdrawal_order_id = fields.Many2one(
        'sale.order', "Withdrawn From", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    withdrawal_date = fields.Datetime("Withdrawn On", readonly=True, copy=False)
    withdrawal_deadline = fields.Date(
        "Withdrawal Until", readonly=True, copy=False, help="Empty where goods were still to be delivered.")
    is_withdrawal_in_time = fields.Boolean("Withdrawn in Time", readonly=True, copy=False)
    withdrawal_name = fields.Char("Withdrawn By", readonly=True, copy=False, help="As the customer gave it.")
    withdrawal_email = fields.Char("Receipt Sent To", readonly=True, copy=False, help="As the customer gave it.")
    withdrawal_statement = fields.Text("Statement", readonly=True, copy=False, help="What the customer confirmed.")
    withdrawal_goods = fields.Json(
        readonly=True, copy=False, help="What it is about: order line, pieces to send back, pieces still to be delivered.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'is_withdrawal', 'withdrawal_order_id', 'withdrawal_date', 'withdrawal_deadline', 'is_withdrawal_in_time',
            'withdrawal_name', 'withdrawal_email', 'withdrawal_statement', 'withdrawal_goods'}

    @api.ondelete(at_uninstall=False)
    def _unlink_except_withdrawal(self):
        for request in self.filtered('is_withdrawal'):
            raise UserError(self.env._(
                "By %s the customer withdrew from the contract: it stays on file.", request.name))

    def _get_refund_dues(self, start, seen=False):
        """After a withdrawal the money is due within 14 days of it; it may be withheld until the goods are back, and goods
        that come later leave a day for it.
        """
        dues = super()._get_refund_dues(start, seen)
        for request in self.filtered(lambda request: request.is_withdrawal and request.is_withdrawal_in_time):
            legal = fields.Datetime.add(request.withdrawal_date, days=REFUND_DAYS)
            dues[request] = min(dues[request], max(legal, fields.Datetime.add(start, days=1)))
        return dues


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    def _get_withdrawal_facts(self):
        """:return: what the policy's judgement has to know of a withdrawal in time, as values of ``tools.policy.Facts``"""
        self.ensure_one()
        request = self.request_id
        return {
            'is_withdrawal': request.is_withdrawal and request.is_withdrawal_in_time,
            'withdrawal_until': request.withdrawal_deadline or None}


class SaleOrder(models.Model):
    _inherit = 'sale.order'

    returns_version = fields.Integer(readonly=True, copy=False, help="Counts the locks that withdrawals took on this row.")

    def _get_withdrawal_moves(self):
        """:return: the moves that bring, or brought, the goods of this order; replacements left out"""
        return self.order_line.move_ids.filtered(lambda move: (
            move.state != 'cancel' and not move.returns_line_id and move._returns_is_delivery()))

    def _get_withdrawal_deadline(self):
        """:return: the last day of the withdrawal period: counted from the last delivery, and moved to a day on which
            somebody works; None while goods are still to come, or there are none
        """
        self.ensure_one()
        moves = self._get_withdrawal_moves()
        if not moves or any(move.state != 'done' for move in moves):
            return None
        where = self.with_context(tz=self.company_id.partner_id.tz or 'UTC')
        day = fields.Datetime.context_timestamp(where, max(moves.mapped('date'))).date()
        return WorkingDays(self.company_id.resource_calendar_id).get_next(
            fields.Date.add(day, days=self.company_id.returns_withdrawal_days))

    def _is_in_withdrawal_period(self, deadline):
        self.ensure_one()
        today = fields.Date.context_today(self.with_context(tz=self.company_id.partner_id.tz or 'UTC'))
        return deadline is None or today <= deadline

    def _may_withdraw(self):
        """Whether the company offers the function for this order: to consumers, for confirmed orders of goods."""
        self.ensure_one()
        return bool(
            self.company_id.returns_withdrawal and self.state == 'sale'
            and not self.partner_id.commercial_partner_id.is_company and self._get_withdrawal_moves())

    def _get_withdrawable(self):
        """:return: {order line: (pieces that may come back, pieces still to be delivered)} in the line's unit, of what no
            withdrawal is about yet
        """
        self.ensure_one()
        withdrawn = {
            goods['line'] for request in self._get_withdrawals() if request.state != 'cancelled'
            for goods in request.withdrawal_goods or () if goods['pending']}
        pending = self._get_withdrawal_moves().filtered(lambda move: move.state != 'done').grouped('sale_line_id')
        found = {}
        for line in self._get_returns_goods():
            moves = pending.get(line, self.env['stock.move'])
            left = 0.0
            if moves and line.id not in withdrawn:
                own = moves.filtered(lambda move, line=line: move.product_id == line.product_id)
                left = line.product_id.uom_id._compute_quantity(
                    sum(own.mapped('product_qty')), line.product_uom_id, rounding_method='HALF-UP',
                ) if own else max(line.product_uom_qty - line.qty_delivered, 0.0)  # of a kit
            here = line.quantity_returnable
            if any(line.product_uom_id.compare(quantity, 0.0) > 0 for quantity in (here, left)):
                found[line] = (here, left)
        return found

    def _get_withdrawals(self):
        """:return: the withdrawals from this order, the newest first"""
        self.ensure_one()
        return self.env['returns.request'].search([
            ('is_withdrawal', '=', True), ('withdrawal_order_id', '=', self.id)], order='id desc')
