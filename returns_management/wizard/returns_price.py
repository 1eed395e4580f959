# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

from ..models.money.price_book import PriceBook
from ..tools.policy import MONEY


class ReturnsPrice(models.TransientModel):
    """Type what is paid for goods without an order. Who may is checked by the action it calls."""
    _name = 'returns.price'
    _description = "Price of Goods Without an Order"
    _inherit = ['returns.dialog']
    _links = ('line_id',)

    line_id = fields.Many2one(
        'returns.request.line', "Goods", required=True, default=lambda self: self._default_line_id(), ondelete='cascade')
    possible_line_ids = fields.Many2many('returns.request.line', compute='_compute_possible_line_ids')
    company_id = fields.Many2one(related='line_id.company_id', related_sudo=False)
    uom_id = fields.Many2one(related='line_id.product_id.uom_id', related_sudo=False)
    price = fields.Float(
        digits='Product Price', compute='_compute_price', compute_sudo=False, store=True, readonly=False, precompute=True,
        help="Of one piece in the product's own unit; whether with taxes or without them is up to the taxes.")
    currency_id = fields.Many2one(
        'res.currency', compute='_compute_price', compute_sudo=False, store=True, readonly=False, precompute=True,
        required=True)
    tax_ids = fields.Many2many(
        'account.tax', string="Taxes", compute='_compute_price', compute_sudo=False, store=True, readonly=False,
        precompute=True)
    account_id = fields.Many2one(
        'account.account', compute='_compute_price', compute_sudo=False, store=True, readonly=False, precompute=True,
        help="Empty: the product's income account.")
    basis = fields.Char(
        "Why This Price", compute='_compute_price', compute_sudo=False, store=True, readonly=False, precompute=True)
    value_note = fields.Char("What Is Known", compute='_compute_value_note')
    total = fields.Monetary("To Credit", compute='_compute_total', help="For the pieces accepted, taxes included.")

    @api.model
    def _default_line_id(self):
        found = self.env.context.get('active_id')
        if self.env.context.get('active_model') == 'returns.request.line':
            return self.env['returns.request.line'].browse(found).exists()
        if self.env.context.get('active_model') == 'returns.request':
            lines = self.env['returns.request'].browse(found).exists().line_ids.filtered(
                lambda line: line._get_origin() != 'order' and line.resolution in MONEY)
            return (lines.filtered('is_price_missing') or lines)[:1]
        return self.env['returns.request.line']

    @api.depends('line_id')
    def _compute_possible_line_ids(self):
        for wizard in self:
            wizard.possible_line_ids = wizard.line_id.request_id.line_ids.filtered(
                lambda line: line._get_origin() != 'order' and line.resolution in MONEY)

    @api.depends('line_id')
    def _compute_price(self):
        for wizard in self:
            line, company = wizard.line_id, wizard.line_id.company_id
            taxes = line.credit_tax_ids
            if line and not line.credit_user_id:
                taxes = PriceBook(company, company.currency_id, line.partner_id).frame.fiscal_position_id.map_tax(
                    line.product_id.taxes_id._filter_taxes_by_company(company))
            wizard.price, wizard.basis = line.credit_price, line.credit_basis
            wizard.currency_id = line.credit_currency_id or company.currency_id
            wizard.tax_ids, wizard.account_id = taxes, line.credit_account_id

    @api.depends('line_id')
    def _compute_value_note(self):
        for wizard in self:
            line = wizard.line_id
            wizard.value_note = line and self.env._(
                "%(value)s for %(quantity)s %(unit)s, taxes included (%(source)s)",
                value=line.order_currency_id.format(line.amount), quantity=f"{line.quantity:.10g}",
                unit=line.uom_id.name, source=line.value_note)

    @api.depends('line_id', 'price', 'currency_id', 'tax_ids')
    def _compute_total(self):
        for wizard in self:
            line = wizard.line_id
            pieces = line._to_product_uom(line.quantity_accepted or line.quantity) if line else 0.0
            taxes = wizard.tax_ids._origin.compute_all(
                wizard.price, wizard.currency_id, pieces, line.product_id, line.partner_id, is_refund=True)
            wizard.total = taxes['total_included'] if wizard.currency_id else 0.0

    def action_set_price(self):
        """See ``returns.request.line.action_set_price``."""
        self.ensure_one()
        self.line_id.action_set_price(
            self.price, self.basis, self.currency_id.id, self.tax_ids.ids, self.account_id.id or None)
        return {'type': 'ir.actions.act_window_close'}
