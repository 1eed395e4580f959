# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..models.goods.delivery_book import DeliveryBook
from ..models.rights.working_days import WorkingDays
from ..tools import policy

#: Deliveries shown at once, the oldest first.
SHOWN = 40


class ReturnsPropose(models.TransientModel):
    """Add what may come back to a draft request: of some orders, or of a product over all the customer's deliveries.

    Runs with the user's own rights.
    """
    _name = 'returns.propose'
    _description = "Add Lines from Sales Orders"
    _inherit = ['returns.dialog']
    _links = ('request_id',)

    request_id = fields.Many2one(
        'returns.request', required=True, default=lambda self: self._get_opened_on('returns.request')[:1])
    partner_id = fields.Many2one(related='request_id.partner_id', related_sudo=False)
    way = fields.Selection(
        [('order', "By order"), ('product', "By product")], default='order', required=True, string="Find the Goods")
    reason_id = fields.Many2one('returns.reason', help="Filled in on each line. Leave empty to choose it line by line.")

    # === By order === #
    possible_order_ids = fields.Many2many('sale.order', compute='_compute_possible_order_ids')
    order_ids = fields.Many2many('sale.order', string="Sales Orders")
    proposal_note = fields.Text("What May Come Back", compute='_compute_proposal_note')

    # === By product === #
    product_id = fields.Many2one('product.product', domain=[('type', '=', 'consu')])
    lot_id = fields.Many2one(
        'stock.lot', "Lot/Serial Number", groups='stock.group_stock_user,returns_management.group_returns_agent')
    quantity = fields.Float(digits='Product Unit', default=1.0)
    uom_id = fields.Many2one(related='product_id.uom_id', related_sudo=False)
    line_ids = fields.One2many(
        'returns.propose.line', 'wizard_id', "Deliveries", compute='_compute_line_ids', compute_sudo=False, store=True,
        readonly=False)
    found_note = fields.Char("Found", compute='_compute_found_note')
    without_order = fields.Boolean(
        "Add the Rest Without an Order", help="Of pieces that no delivery is known of. People judge such a return.")

    # ------------------------------------------------------------------
    # By order
    # ------------------------------------------------------------------

    @api.depends('request_id')
    def _compute_possible_order_ids(self):
        """The customer's latest orders of which something may come back."""
        for wizard in self:
            request = wizard.request_id
            wizard.possible_order_ids = self.env['sale.order'].search(wizard._get_buyer_domain('partner_id') & Domain.AND([
                [('company_id', '=', request.company_id.id), ('state', '=', 'sale')],
                ['|', ('order_line.qty_delivered', '>', 0), ('order_line.returns_line_ids', '!=', False)],
            ]), limit=500).filtered('returns_may_create') if request else False

    def _get_buyer_domain(self, name):
        """:return: domain of what the customer bought, or of a gift somebody else; ``name``: the field that says who"""
        bought = Domain(name, 'child_of', self.request_id.commercial_partner_id.id)
        return ~bought if self.request_id.is_gift else bought

    @api.depends('order_ids')
    def _compute_proposal_note(self):
        for wizard in self:
            wizard.proposal_note = "\n".join(
                f"{line.quantity:g} {line.uom_id.name} · {line.product_id.display_name} ({line.sale_order_id.name})"
                for line in map(self.env['returns.request.line'].new, wizard._get_proposals())
            ) or (wizard.order_ids and self.env._("Nothing more of these orders may come back."))

    def _get_proposals(self):
        """:return: values of request lines for what is not on the request yet"""
        self.ensure_one()
        new = self.order_ids._origin.order_line - self.request_id.line_ids.sale_line_id
        return self.env['returns.request.line']._propose_lines(new)

    # ------------------------------------------------------------------
    # By product
    # ------------------------------------------------------------------

    @api.onchange('lot_id')
    def _onchange_lot_id(self):
        if self.lot_id:
            self.product_id = self.lot_id.product_id

    @api.depends('request_id', 'product_id', 'lot_id', 'quantity', 'reason_id')
    def _compute_line_ids(self):
        """The deliveries of which something may come back, oldest first, and how many of each make up the quantity."""
        for wizard in self:
            left, vals_list = wizard.quantity, []
            for vals in wizard._find_deliveries():
                vals['quantity'] = max(0.0, min(left, vals['possible']))
                left -= vals['quantity']
                vals_list.append(Command.create(vals))
            wizard.line_ids = [Command.clear(), *vals_list]

    @api.depends('line_ids', 'product_id', 'quantity')
    def _compute_found_note(self):
        for wizard in self:
            found = sum(wizard.line_ids.mapped('possible'))
            if not wizard.product_id or not wizard.request_id:
                wizard.found_note = False
            elif not wizard.line_ids:
                wizard.found_note = self.env._("Nothing that was delivered to this customer may come back.")
            elif wizard.uom_id.compare(found, wizard.quantity) < 0:
                wizard.found_note = self.env._(
                    "Only %(found)s %(unit)s may come back.", found=f"{found:.10g}", unit=wizard.uom_id.name)
            else:
                wizard.found_note = False

    def _find_deliveries(self):
        """:return: values of a ``returns.propose.line`` for the oldest deliveries of the product to the customer of which
            something may come back. In the same number of queries for any number of orders.
        """
        self.ensure_one()
        product, sources = self.product_id._origin, self._find_sources()
        if not sources:
            return []
        lines, free = self.env['returns.request.line'].concat(*sources), list(sources.values())
        book, choices = DeliveryBook(lines), []
        for line, left in zip(lines, free, strict=True):
            if self.lot_id and self.lot_id._origin not in line._get_lots_at_customer():
                continue
            for delivery in book.find(line):
                part = min(left, book.get_free(delivery, line), self._count_named(delivery))
                left -= part
                if product.uom_id.compare(part, 0.0) > 0:
                    choices.append((delivery.date, delivery.id, line, delivery, part))
        choices = sorted(choices, key=lambda choice: choice[:2])[:SHOWN]
        judge = self._make_judge(lines)
        return [
            {'sale_line_id': line.sale_line_id.id, 'delivery_move_id': delivery.id, 'name': line._get_source(),
             'possible': product.uom_id.round(part), **judge(line, delivery)}
            for _date, _id, line, delivery, part in choices]

    def _find_sources(self):
        """:return: {request line in memory, of an order line or a delivery without an order: pieces that may come back}"""
        request, product = self.request_id._origin, self.product_id._origin
        if not (request and product):
            return {}
        Line, Balance = self.env['returns.request.line'], self.env['returns.balance']
        wanted = {
            'request_id': request.new(origin=request), 'product_id': product.id, 'reason_id': self.reason_id._origin.id}
        sold = self.env['sale.order.line'].search(self._get_sold_domain(request, product))
        free = Balance._get_free_quantities({(line.id, product.id) for line in sold})
        found = {Line.new({**wanted, 'sale_line_id': line_id}): left
                 for (line_id, _product), left in free.items() if left > 0}
        moves = Line.new(wanted)._find_unsold_deliveries()
        free = Balance._get_free_quantities(set(moves.ids))
        return {**found, **{
            Line.new({**wanted, 'delivery_move_id': move.id}): free[move.id] for move in moves if free[move.id] > 0}}

    def _count_named(self, delivery):
        """:return: pieces of ``delivery`` that are of the lot looked for"""
        lot = self.lot_id._origin
        return sum(delivery.move_line_ids.filtered(lambda piece: piece.lot_id == lot).mapped(
            'quantity_product_uom')) if lot else float('inf')

    def _make_judge(self, lines):
        """:return: (line, delivery) -> values of what the policy says about the window of such a return"""
        versions = lines._get_policy_versions()
        rules = {version: [rule._to_rule() for rule in version.rule_ids] for version in set(versions.values())}
        days = WorkingDays(self.request_id.company_id.resource_calendar_id)
        today = fields.Date.context_today(self)

        def judge(line, delivery):
            day = line._get_day(delivery.date)
            verdict = line._get_verdict(
                policy.select_rule(rules[versions[line]], line._get_policy_subject()), line._get_policy_facts(day), days)
            return {'date_delivered': day, 'deadline': verdict.deadline,
                    'days_left': (verdict.deadline - today).days if verdict.deadline else 0}

        return judge

    def _get_sold_domain(self, request, product):
        """:return: domain of the order lines that the goods may have been sold on"""
        domain = self._get_buyer_domain('order_id.partner_id') & Domain.AND([
            [('product_id', '=', product.id), ('company_id', '=', request.company_id.id)],
            [('state', '=', 'sale'), ('qty_delivered', '>', 0)],
        ])
        if self.lot_id:
            domain &= Domain('move_ids.move_line_ids.lot_id', '=', self.lot_id._origin.id)
        return domain

    # ------------------------------------------------------------------
    # Adding
    # ------------------------------------------------------------------

    def action_add(self):
        """Add the lines to the request.

        :raise UserError: nothing more may come back, or nothing is chosen
        """
        self.ensure_one()
        vals_list = self._prepare_lines_by_product() if self.way == 'product' else self._get_proposals()
        if not vals_list and self.way == 'product':
            raise UserError(self.env._(
                "Nothing is chosen: enter how many pieces of which delivery come back, or tick to add them without an "
                "order."))
        if not vals_list:
            raise UserError(self.env._("Nothing more of %s may come back.", ", ".join(self.order_ids.mapped('name'))))
        self.env['returns.request.line'].create([
            {**vals, 'request_id': self.request_id.id, 'reason_id': self.reason_id.id} for vals in vals_list])
        return {'type': 'ir.actions.act_window_close'}

    def _prepare_lines_by_product(self):
        """:return: values of a request line for each delivery chosen, in the product's own unit, and for the rest"""
        self.ensure_one()
        unit, lots = self.uom_id, [Command.set(self.lot_id.ids)]
        common = {'product_id': self.product_id.id, 'uom_id': unit.id, 'lot_ids': lots}
        vals_list = [
            {**common, 'sale_line_id': line.sale_line_id.id, 'delivery_move_id': line.delivery_move_id.id,
             'quantity': line.quantity}
            for line in self.line_ids if unit.compare(line.quantity, 0.0) > 0]
        rest = unit.round(self.quantity - sum(vals['quantity'] for vals in vals_list)) if unit else 0.0
        if self.without_order and rest > 0:
            vals_list.append({**common, 'without_order': True, 'quantity': rest})
        return vals_list
