# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import float_round

from ...tools.policy import MONEY
from .price_book import PriceBook

#: More is a slip of the finger.
MOST = 1e9


class ReturnsRequestLine(models.Model):
    """What goods without an order are worth: what people decide by, and what an accountant types to be paid.

    Prices are of one piece in the product's own unit.
    """
    _inherit = 'returns.request.line'

    price_said = fields.Monetary(
        "Price, as the Customer Says", currency_field='company_currency_id',
        help="Of one piece, taxes included, in the company's currency. Who approves decides by it; without it, by the "
             "list price. What is paid is typed by an accountant.")
    price_listed = fields.Monetary(
        "List Price", currency_field='company_currency_id', readonly=True, copy=False,
        help="Of one piece, taxes included, on the day of submission, where the customer said nothing.")
    value_note = fields.Char("Value By", compute='_compute_value_note')

    # === What an accountant typed === #
    credit_price = fields.Float(
        "Price to Credit", digits='Product Price', readonly=True, copy=False,
        help="Of one piece in the product's own unit, as the taxes want it: with or without them.")
    credit_currency_id = fields.Many2one('res.currency', readonly=True, copy=False, ondelete='restrict')
    credit_tax_ids = fields.Many2many(
        'account.tax', 'returns_request_line_credit_tax_rel', string="Taxes to Credit", readonly=True, copy=False)
    credit_account_id = fields.Many2one(
        'account.account', readonly=True, copy=False, ondelete='restrict',
        help="Empty: the product's income account.")
    credit_basis = fields.Char("Why This Price", readonly=True, copy=False, help="Stands on the credit note.")
    credit_user_id = fields.Many2one(
        'res.users', "Price Typed By", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    credit_date = fields.Datetime("Price Typed On", readonly=True, copy=False)
    credit_note = fields.Char(
        "Price Typed", compute='_compute_credit_note', compute_sudo=True,
        help="What an accountant would credit for the accepted pieces, and why.")
    is_price_missing = fields.Boolean(
        compute='_compute_is_price_missing', search='_search_is_price_missing',
        help="An accountant has to type what is paid before anybody decides on it.")

    _without_order_idx = models.Index("(state) WHERE sale_line_id IS NULL")
    _price_said_positive = models.Constraint('CHECK (price_said >= 0)', "A price is not less than nothing.")

    # ------------------------------------------------------------------
    # Computes and guards
    # ------------------------------------------------------------------

    @api.depends('sale_line_id', 'price_said', 'without_order', 'delivery_move_id')
    @api.depends_context('lang')
    def _compute_value_note(self):
        for line in self:
            line.value_note = (
                False if line._get_origin() == 'order' else self.env._("as the customer says") if line.price_said
                else self.env._("list price"))

    @api.depends('price_said', 'price_listed', 'delivery_move_id')
    def _compute_amount(self):
        return super()._compute_amount()

    @api.depends('credit_price', 'credit_tax_ids', 'credit_currency_id', 'credit_basis', 'quantity_accepted',
                 'quantity_advanced')
    @api.depends_context('lang')
    def _compute_credit_note(self):
        for line in self:
            if not line.credit_user_id:
                line.credit_note = False
                continue
            pieces = line._to_product_uom(line.quantity_accepted + line.quantity_advanced)
            line.credit_note = self.env._(
                "%(pieces)s × %(price)s%(taxes)s = %(total)s: %(basis)s (%(user)s)",
                pieces=f"{pieces:.10g}", price=line.credit_currency_id.format(line.credit_price),
                taxes="".join(f" + {tax.name}" for tax in line.credit_tax_ids),
                total=line.credit_currency_id.format(line._get_price_book().get_total(line, pieces)),
                basis=line.credit_basis, user=line.credit_user_id.name)

    @api.depends('state', 'quantity_accepted', 'quantity_advanced', 'credit_user_id', 'resolution', 'sale_line_id',
                 'without_order', 'delivery_move_id')
    def _compute_is_price_missing(self):
        for line in self:
            line.is_price_missing = line._is_price_missing()

    @api.model
    def _search_is_price_missing(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        missing = (
            Domain('sale_line_id', '=', False) & Domain('resolution', 'in', MONEY) & Domain('credit_user_id', '=', False)
            & (Domain('quantity_accepted', '>', 0) | Domain('quantity_advanced', '>', 0))
            & Domain('state', 'in', ('approved', 'received', 'final_review', 'settlement')))
        return missing if (operator == 'in') == (True in value) else ~missing

    def _is_price_missing(self):
        return super()._is_price_missing() or (
            self._get_origin() != 'order' and self.resolution in MONEY and not self.credit_user_id
            and not self.uom_id.is_zero(self.quantity_accepted + self.quantity_advanced))

    @api.model
    def _get_draft_fields(self):
        return super()._get_draft_fields() | {'price_said'}

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'price_listed', 'credit_price', 'credit_currency_id', 'credit_tax_ids', 'credit_account_id', 'credit_basis',
            'credit_user_id', 'credit_date'}

    def _reset_to_draft(self):
        super()._reset_to_draft()
        self._forget_price()

    def _forget_price(self):
        self._write_flow({
            'credit_price': 0.0, 'credit_currency_id': False, 'credit_tax_ids': [Command.clear()],
            'credit_account_id': False, 'credit_basis': False, 'credit_user_id': False, 'credit_date': False})

    # ------------------------------------------------------------------
    # What people decide by
    # ------------------------------------------------------------------

    def _get_unit_value(self):
        """Without an order: what the customer says, or today's list price with its taxes, in the company's currency."""
        if self.sale_line_id:
            return super()._get_unit_value()
        value = self.price_said or self.price_listed or self._get_list_price()
        return self.product_id.uom_id._compute_price(value, self.uom_id)

    def _get_list_price(self):
        """:return: today's list price of one piece, taxes included, in the company's currency"""
        self.ensure_one()
        product, company = self.product_id.sudo().with_company(self.company_id), self.company_id
        currency = company.currency_id
        price = product.currency_id._convert(
            product.lst_price, currency, company, fields.Date.context_today(self), round=False)
        taxes = product.taxes_id._filter_taxes_by_company(company)
        return taxes.compute_all(price, currency, product=product)['total_included'] if taxes else price

    def _freeze_amounts(self):
        """The list price of another day may be another: what the value goes by stays with the return."""
        for line in self:
            listed = line._get_origin() != 'order' and not line.price_said
            line._write_flow({'price_listed': line._get_list_price() if listed else 0.0})
        super()._freeze_amounts()

    # ------------------------------------------------------------------
    # What is paid
    # ------------------------------------------------------------------

    def action_set_price(self, price, basis, currency_id=None, tax_ids=None, account_id=None):
        """Type what is paid for goods without an order. Who approves after inspection is asked about it; changed
        afterwards, they are asked again.

        :param float price: of one piece in the product's own unit, as the taxes want it
        :param str basis: why this price; it stands on the credit note
        :param int currency_id: the company's if not given
        :param tax_ids: ids of sales taxes; those of the product for this customer if not given
        :param int account_id: the product's income account if not given
        :raise AccessError: no returns accountant, or no access to one of the records named
        :raise UserError: the goods have an order, something is settled already, or a value makes no sense
        """
        self.ensure_one()
        self.request_id._check_role('returns_management.group_returns_accountant', operation='read')
        self.check_access('read')
        vals = self._read_price(price, basis, currency_id, tax_ids, account_id)
        self._as_flow()._do_set_price(vals)
        return True

    def _read_price(self, price, basis, currency_id, tax_ids, account_id):
        """:return: values of what somebody typed
        :raise UserError: it makes no sense
        """
        price = self._read_number(price)
        if not 0.0 <= price <= MOST:
            raise UserError(self.env._("Enter a price from 0 to %s.", f"{MOST:,.0f}"))
        self._check_reason(basis, self.env._("Say why this price: it stands on the credit note."))
        company = self.company_id
        currency = self._read_records('res.currency', [currency_id] if currency_id else company.currency_id.ids)
        if not currency.active:
            raise UserError(self.env._("%s is not in use. Choose another currency.", currency.name))
        if tax_ids is None:
            taxes = self._get_price_book(currency).frame.fiscal_position_id.map_tax(
                self.product_id.sudo().taxes_id._filter_taxes_by_company(company))
        else:
            taxes = self._read_records('account.tax', tax_ids)
            if taxes.filtered(lambda tax: tax.type_tax_use != 'sale') or taxes._filter_taxes_by_company(company) != taxes:
                raise UserError(self.env._("Choose sales taxes of %s.", company.name))
        account = self._read_records('account.account', [account_id] if account_id else [])
        if account and (account.internal_group not in ('income', 'expense') or not (
                account.company_ids & company.parent_ids) or not account.active):
            raise UserError(self.env._("%(account)s is no income or expense account of %(company)s.",
                                       account=account.display_name, company=company.name))
        digits = self.env['decimal.precision'].precision_get('Product Price')
        return {
            'credit_price': float_round(price, precision_digits=digits), 'credit_currency_id': currency.id,
            'credit_tax_ids': [Command.set(taxes.sorted().ids)], 'credit_account_id': account.id,
            'credit_basis': basis.strip()}

    def _read_records(self, model, ids):
        """:return: the records that somebody named by ``ids``
        :raise UserError: these are no ids of such records
        :raise AccessError: the user may not read one of them
        """
        Model = self.env[model]
        if not isinstance(ids, (list, tuple)) or not all(type(number) is int and 0 < number < 2**31 for number in ids):
            raise UserError(self.env._("Name each %s by its id.", Model._description))
        records = Model.browse(dict.fromkeys(ids))
        if records.exists() != records:
            raise UserError(self.env._("There is no such %s.", Model._description))
        records.check_access('read')
        return records

    def _may_set_price(self):
        """Whether a price can be typed now."""
        self.ensure_one()
        return (self._get_origin() != 'order' and self.resolution in MONEY and not self.quantity_settled
                and self.state not in ('draft', 'done', 'rejected', 'cancelled'))

    def _do_set_price(self, vals):
        self._lock()
        if self._get_origin() == 'order':
            raise UserError(self.env._(
                "%s was sold on an order: it is credited as it was invoiced, and nobody types its price.",
                self.display_name))
        if self.resolution not in MONEY:
            raise UserError(self.env._("%s is not paid: there is no price to type.", self.display_name))
        if not self._may_set_price():
            raise UserError(self.env._(
                "%(line)s is %(state)s, or settled in part: its price is typed once it is submitted, and before anything "
                "is paid. Cancel the credit note to change it.", line=self.display_name,
                state=self._get_state_label().lower()))
        known = self.credit_user_id
        changed = not known or any(
            self._fields[name].convert_to_write(self[name], self) != value for name, value in vals.items())
        if not changed:
            return
        self._write_flow({**vals, 'credit_user_id': self.env.uid, 'credit_date': fields.Datetime.now()})
        self.request_id._note_handler()
        if not any(self.request_id.line_ids.mapped('is_price_missing')):
            self.request_id.activity_unlink(['returns_management.mail_activity_type_price'])
        self.request_id.message_post(body=self.env._(
            "Price of %(product)s typed: %(price)s", product=self.product_id.display_name, price=self.credit_note))
        if known:
            self._ask_again('settle', self.env._("The price of %s has changed.", self.product_id.display_name))
        self._advance()

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        entering = self.browse().concat(*changed).filtered(lambda line: (
            line.state == 'final_review' and line.is_price_missing))
        if entering:
            entering.request_id._ask_for_price()
        return again

    def _get_price_book(self, currency=None):
        self.ensure_one()
        return PriceBook(self.company_id, currency or self.credit_currency_id, self.partner_id)
