# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models


class ReturnsPayout(models.Model):
    """Store credit: what a credit note owes is put on the customer's eWallet, or on a gift card.

    A journal entry moves it from the customer's account to the liability that store credit is. Card and books say the
    same: the points are there while the entry is posted, see ``_follow_match``.
    """
    _inherit = 'returns.payout'

    # who uninstalls keeps what was given as the record that it is
    method = fields.Selection(
        selection_add=[('store_credit', "Store credit")], ondelete={'store_credit': 'set manual'})
    credit_move_id = fields.Many2one(
        'account.move', "Store Credit Entry", readonly=True, index='btree_not_null', ondelete='set null', copy=False,
        help="From the customer's account to the liability that store credit is.")
    credit_program_id = fields.Many2one('loyalty.program', "Put On", readonly=True, ondelete='restrict', copy=False)
    card_id = fields.Many2one(
        'loyalty.card', readonly=True, index='btree_not_null', ondelete='restrict', copy=False,
        help="The eWallet or gift card that it was put on.")
    card_code = fields.Char(related='card_id.code', string="Card Code")
    bonus = fields.Monetary(readonly=True, copy=False, help="On top of the amount, for taking store credit.")
    points = fields.Monetary("On the Card", readonly=True, copy=False, help="Amount and bonus.")
    card_history_ids = fields.One2many(
        'loyalty.history', 'returns_payout_id', readonly=True, groups='sales_team.group_sale_salesman')
    is_credit_wished = fields.Boolean(compute='_compute_is_credit_wished', compute_sudo=True)

    @api.depends('refund_id')
    def _compute_is_credit_wished(self):
        for payout in self:
            payout.is_credit_wished = bool(payout.refund_id) and payout.refund_id._returns_is_credit_wished()

    def _get_obstacle(self):
        if self.method == 'store_credit':
            return self._get_credit_obstacle()
        if self.is_credit_wished and any(self.request_ids.mapped('is_gift')):
            return self.env._("It was a gift: who got it gets store credit. The money is the buyer's.")
        if self.is_credit_wished and not self.consent_note:
            labels = dict(self._fields['method']._description_selection(self.env))
            return self.env._(
                "The customer asked for store credit. Write down their consent to %s.", labels[self.method].lower())
        return super()._get_obstacle()

    def _get_credit_obstacle(self):
        """:return: what is missing before this can be put on a card, in one sentence, or False"""
        self.ensure_one()
        company, program = self.company_id, self.company_id.returns_credit_program_id
        if not program:
            return self.env._(
                "%s has no programme for store credit: choose one in Settings → Returns, or another way.", company.name)
        if not program.active or program.date_to and program.date_to < fields.Date.context_today(self):
            return self.env._(
                "%s has ended: choose another programme for store credit in Settings → Returns, or another way.",
                program.name)
        if program.currency_id != self.currency_id:
            return self.env._(
                "%(amount)s cannot be put on %(program)s, which counts in %(currency)s. Choose another way.",
                amount=self.currency_id.format(self.amount), program=program.name, currency=program.currency_id.name)
        if not company.returns_credit_account_id:
            return self.env._("Choose the liability account for store credit in Settings → Returns.")
        if company.returns_credit_bonus and not company.returns_credit_bonus_account_id:
            return self.env._("Choose the expense account for the bonus on store credit in Settings → Returns.")
        if not company._get_returns_credit_journal():
            return self.env._("%s has no miscellaneous journal to book store credit in.", company.name)
        if not self.is_credit_wished and not self.consent_note:
            return self.env._("The customer asked for their money. Write down their consent to store credit.")
        return False

    @api.model
    def _prepare_payout_vals(self, note, source, amount, number):
        vals = super()._prepare_payout_vals(note, source, amount, number)
        if note._returns_get_wished_way() == 'store_credit':
            vals.update(method='store_credit', paid_by=False, journal_id=False, partner_bank_id=False, payee_note=False)
        return vals

    def _format_credit(self):
        """:return: what is put on the card, in words"""
        self.ensure_one()
        if not self.bonus:
            return self.currency_id.format(self.points)
        return self.env._("%(points)s with %(bonus)s bonus", points=self.currency_id.format(self.points),
                          bonus=self.currency_id.format(self.bonus))
