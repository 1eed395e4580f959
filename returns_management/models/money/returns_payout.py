# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..returns_guard import LARGEST_INTEGER, as_flow

#: How money can go back.
WAYS = [
    ('online', "Online refund"),
    ('bank', "Bank transfer"),
    ('cash', "Cash"),
    ('manual', "By hand"),
]
#: Money that is promised to somebody and has not met the credit note yet.
OPEN = ('proposed', 'sent', 'unknown')


class ReturnsPayout(models.Model):
    """One amount of one posted credit note, given back one way.

    A pay-out never computes a total of its own: all of a note's that are open are at most what remains to be paid of
    the note, once it is reconciled with its invoice; those that are done are what payments reconciled with it say.
    """
    _name = 'returns.payout'
    _description = "Return Pay-out"
    _inherit = ['returns.guard']
    _order = 'id desc'
    _check_company_auto = True

    request_ids = fields.Many2many(
        'returns.request', 'returns_payout_request_rel', 'payout_id', 'request_id', "Returns", readonly=True, copy=False)
    refund_id = fields.Many2one(
        'account.move', "Credit Note", readonly=True, index='btree_not_null', ondelete='set null')
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True)
    partner_id = fields.Many2one(
        'res.partner', "Customer", required=True, readonly=True, index=True, ondelete='restrict')
    currency_id = fields.Many2one('res.currency', required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="In the credit note's currency.")
    amount_company = fields.Monetary(
        "Amount (Company Currency)", currency_field='company_currency_id', readonly=True,
        help="The same at the credit note's rate.")
    company_currency_id = fields.Many2one(related='company_id.currency_id', string="Company Currency")
    method = fields.Selection(
        WAYS, "Way", required=True, help="How the money goes back: as it came, unless the customer wants it otherwise.")
    paid_by = fields.Selection(
        WAYS, "Came By", readonly=True, help="How the customer paid. Empty where no payment of theirs is known.")
    source_line_id = fields.Many2one(
        'account.move.line', "Goes Back To", readonly=True, index='btree_not_null', ondelete='set null',
        help="The customer's payment that this gives back.")
    source_payment_id = fields.Many2one(related='source_line_id.payment_id', string="Customer's Payment")
    journal_id = fields.Many2one(
        'account.journal', "Paid From", check_company=True, domain="[('type', 'in', ('bank', 'cash', 'credit'))]",
        help="Where the money came in, unless another journal is chosen.")
    state = fields.Selection(
        [('proposed', "Proposed"), ('sent', "On Its Way"), ('unknown', "Answer Unknown"), ('done', "Paid"),
         ('failed', "Failed"), ('cancelled', "Cancelled")], "Status",
        default='proposed', required=True, readonly=True, index=True)
    key = fields.Char(required=True, readonly=True, copy=False, help="The n-th amount of its credit note.")
    obstacle = fields.Char("What Is Missing", compute='_compute_obstacle', compute_sudo=True)
    failure = fields.Char("Why It Failed", readonly=True)

    # === The payee === #
    partner_bank_id = fields.Many2one(
        'res.partner.bank', "Customer's Account", index='btree_not_null', ondelete='restrict',
        domain="[('partner_id', 'child_of', partner_id), ('company_id', 'in', (False, company_id))]",
        help="The customer's account. The one that the money came from needs no check.")
    payee_note = fields.Char(
        "Payee", help="Where a person pays by hand: the customer's name and account there, or the payment to refund.")
    payee_user_id = fields.Many2one('res.users', "Payee Entered By", readonly=True)
    payee_account = fields.Char("Account Paid", readonly=True, help="Its number as it was when the payment was made.")
    is_payee_new = fields.Boolean(
        "New Account", compute='_compute_is_payee_new', compute_sudo=True,
        help="Money neither came from that account nor was paid to it before: a second person checks whose it is.")
    check_note = fields.Char(
        "Identity Check", help="How it was made sure that the account is the customer's: called back, identity card seen.")
    checked_by_id = fields.Many2one('res.users', readonly=True)
    date_checked = fields.Datetime("Checked On", readonly=True)
    checked_payee = fields.Char(readonly=True, help="The account as it was checked; another one needs a new check.")
    consent_note = fields.Char(
        "Customer's Consent", help="How and when the customer agreed to another way than they paid.")
    consent_user_id = fields.Many2one('res.users', "Consent Recorded By", readonly=True)
    date_consent = fields.Datetime("Consent Recorded On", readonly=True)

    # === The payment === #
    payment_id = fields.Many2one(
        'account.payment', readonly=True, index='btree_not_null', ondelete='set null')
    matched_line_id = fields.Many2one(
        'account.move.line', "Journal Item", readonly=True, index='btree_not_null', ondelete='set null',
        help="What pays the credit note in the books.")
    is_by_hand = fields.Boolean(
        "Paid in Accounting", readonly=True, help="Somebody registered the payment there, without the return.")
    reference = fields.Char(help="What the bank or the provider calls the payment.")
    date_paid = fields.Date("Paid On")
    evidence_ids = fields.Many2many(
        'ir.attachment', 'returns_payout_attachment_rel', copy=False,
        help="Signed receipt, confirmation of the bank, picture of the screen.")
    date_sent = fields.Datetime("Sent On", readonly=True)
    date_paid_confirmed = fields.Datetime(
        "Customer Confirmed", readonly=True, help="The customer said that the money has come.")
    version = fields.Integer(readonly=True, copy=False)

    _key_uniq = models.UniqueIndex(
        "(key) WHERE state <> 'cancelled'", "This amount is already being paid out by somebody else. Look again.")
    _amount_positive = models.Constraint('CHECK (amount > 0)', "A pay-out is about at least some money.")

    #: What says where the money goes. It is set before it goes, and stands from then on.
    _PAYEE = frozenset({'method', 'journal_id', 'partner_bank_id', 'payee_note', 'consent_note', 'check_note'})

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('amount', 'currency_id', 'refund_id')
    def _compute_display_name(self):
        for payout in self:
            payout.display_name = self.env._(
                "%(amount)s of %(note)s", amount=payout.currency_id.format(payout.amount) if payout.currency_id else "",
                note=payout.refund_id.name or self.env._("a deleted credit note"))

    @api.depends('partner_bank_id.sanitized_acc_number', 'payee_note', 'method', 'source_line_id', 'payee_user_id')
    def _compute_is_payee_new(self):
        known = {
            (payout.company_id, payout.partner_id, payout.payee_account) for payout in self.search([
                ('company_id', 'in', self.company_id.ids), ('partner_id', 'in', self.partner_id.ids),
                ('state', '=', 'done'), ('is_by_hand', '=', False), ('payee_account', '!=', False)])}
        for payout in self:
            account = payout._get_payee()
            payout.is_payee_new = bool(account) and payout.method in ('bank', 'manual') and not (
                payout._came_from(account) or (payout.company_id, payout.partner_id, account) in known)

    @api.depends('state', 'method', 'paid_by', 'journal_id', 'is_payee_new', 'checked_payee', 'consent_note',
                 'partner_bank_id', 'payee_note')
    def _compute_obstacle(self):
        for payout in self:
            payout.obstacle = payout.state == 'proposed' and payout._get_obstacle()

    def _get_payee(self):
        """:return: what names the account that the money goes to, or False"""
        self.ensure_one()
        return {'bank': self.partner_bank_id.sanitized_acc_number, 'manual': self.payee_note}.get(self.method) or False

    def _came_from(self, account):
        """Whether the money that this gives back came from ``account``."""
        self.ensure_one()
        if self.method == 'manual':  # as proposed: the payment itself is refunded
            return not self.payee_user_id
        statement = self.source_line_id.move_id.statement_line_id
        number = statement.account_number or statement.partner_bank_id.acc_number
        return bool(number) and ''.join(filter(str.isalnum, number)).upper() == account

    def _get_obstacle(self):
        """:return: what is still missing before the money can go, in one sentence, or False"""
        self.ensure_one()
        labels = dict(self._fields['method']._description_selection(self.env))
        if not self.journal_id and self.method != 'online':
            return self.env._("Choose the journal that the money is paid from.")
        if self.method in ('bank', 'cash') and not self.journal_id.outbound_payment_method_line_ids:
            return self.env._("%s has no way of paying out: give the journal an outgoing payment method, or choose another.",
                              self.journal_id.name)
        if self.method in ('bank', 'cash') and (self.method == 'cash') != (self.journal_id.type == 'cash'):
            return self.env._("%(journal)s is no journal for %(way)s: choose another journal or another way.",
                              journal=self.journal_id.name, way=labels[self.method].lower())
        if self.method == 'bank' and not self.partner_bank_id:
            return self.env._("Choose the customer's account: the one that the money came from is not known.")
        if self.method == 'manual' and not self.payee_note:
            return self.env._("Write down the payee: name and account, or the payment to refund.")
        if self.paid_by and self.method != self.paid_by and not self._is_stand_in() and not self.consent_note:
            return self.env._(
                "The customer paid another way (%(paid)s). Write down their consent to %(way)s.",
                paid=labels[self.paid_by].lower(), way=labels[self.method].lower())
        if self.is_payee_new and self.checked_payee != self._get_payee():
            return self.env._("A new account: a second person writes down how they made sure whose it is, and presses "
                              "Payee Checked.")
        return False

    def _is_stand_in(self):
        """Whether a person gives back by hand, through the same provider, what it cannot refund by itself."""
        self.ensure_one()
        return (self.method == 'manual' and self.paid_by == 'online' and not self.payee_user_id
                and self.journal_id == self.source_line_id.journal_id)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _get_flow_fields(self):
        typed = self._PAYEE | {'reference', 'date_paid', 'evidence_ids'}
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS) - typed)

    def write(self, vals):
        if not self.env.su:
            self._refuse_late_words(vals)
            if vals.get('date_paid'):
                vals = {**vals, 'date_paid': self._read_past_day(vals['date_paid'])}
        kept = {payout: payout.evidence_ids for payout in self if payout._keeps_evidence()} if (
            'evidence_ids' in vals and not self.env.su) else {}
        res = super().write(vals)
        for payout, files in kept.items():
            if files - payout.evidence_ids:
                raise UserError(self.env._("%s: what proves it stays. Add other files instead.", payout.display_name))
        if not self.env.su:
            self.partner_bank_id.check_access('read')  # numbers can be guessed
            self.journal_id.check_access('read')
            if stamps := self._get_stamps(self._PAYEE.intersection(vals)):
                as_flow(self).write(stamps)
        if 'evidence_ids' in vals or vals.get('state') == 'done':
            self._keep_files()
        return res

    def _keeps_evidence(self):
        """Whether it was paid, be it that the payment is a draft again or came back."""
        self.ensure_one()
        return self.state == 'done' or bool(self.matched_line_id)

    def _refuse_late_words(self, vals):
        """:raise UserError: where money goes is changed after it went, or what was paid after it was"""
        for payout in self:
            if self._PAYEE.intersection(vals) and payout.state != 'proposed':
                raise UserError(self.env._(
                    "%(payout)s is %(state)s: where it goes stands. Cancel it and pay out anew, if that is still possible.",
                    payout=payout.display_name, state=payout._get_state_label().lower()))
            if {'reference', 'date_paid'}.intersection(vals) and payout.state not in OPEN:
                raise UserError(self.env._("%(payout)s is %(state)s: date and reference stand.", payout=(
                    payout.display_name), state=payout._get_state_label().lower()))
            if 'evidence_ids' in vals and payout.state not in OPEN + ('done',):
                raise UserError(self.env._("%s is closed: its evidence stands.", payout.display_name))

    def _get_stamps(self, typed):
        """:return: who typed it and when, and what has to be checked again"""
        stamps, now = {}, fields.Datetime.now()
        if 'consent_note' in typed:
            stamps.update(consent_user_id=self.env.uid, date_consent=now)
        if {'partner_bank_id', 'payee_note', 'method', 'check_note'} & typed:
            stamps.update(checked_by_id=False, date_checked=False, checked_payee=False)
        if {'partner_bank_id', 'payee_note', 'method'} & typed:
            stamps.update(payee_user_id=self.env.uid)
        return stamps

    def _keep_files(self):
        """Files belong to the pay-out that they prove, so that they are read, and kept, with it: of one that hangs at another
        document, a copy.
        """
        self.evidence_ids.check_access('read')  # numbers can be guessed
        for payout in as_flow(self):
            own = {'res_model': self._name, 'res_id': payout.id}
            payout.evidence_ids.filtered(lambda file: not file.res_id).write(own)
            if others := payout.evidence_ids.filtered(lambda file: file.res_model != self._name or file.res_field):
                copies = others.copy({**own, 'res_field': False})
                unlinked, linked = ([command(file.id) for file in files] for command, files in (
                    (fields.Command.unlink, others), (fields.Command.link, copies)))
                payout.write({'evidence_ids': unlinked + linked})

    @api.constrains('partner_bank_id', 'partner_id')
    def _check_partner_bank(self):
        for payout in self:
            if payout.partner_bank_id.partner_id.commercial_partner_id not in (
                    payout.partner_id, self.env['res.partner']):
                raise ValidationError(self.env._(
                    "The account %(account)s is not one of %(customer)s.",
                    account=payout.partner_bank_id.acc_number, customer=payout.partner_id.display_name))

    @api.constrains('journal_id')
    def _check_journal(self):
        for payout in self:
            if payout.journal_id and payout.journal_id.type not in ('bank', 'cash', 'credit'):
                raise ValidationError(self.env._("Money is paid from a bank, cash or card journal."))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_check_payee(self):
        """Say that one made sure whose the account is, as written down. Not by who entered it.

        :raise UserError: nothing was written down, or the same person entered the account
        """
        self._check_accountant()
        payouts = as_flow(self)
        payouts._lock_all()
        for payout in payouts:
            if payout.state != 'proposed' or not payout._get_payee():
                raise UserError(self.env._("%s has no account to check.", payout.display_name))
            if not payout.check_note:
                raise UserError(self.env._("Write down how you made sure that the account is the customer's."))
            entered = payout.payee_user_id
            if payout.method == 'bank':
                entered |= payout.partner_bank_id.create_uid | payout.partner_bank_id.returns_number_user_id
            if self.env.user in entered and not payout.company_id.returns_allow_own_decision:
                raise UserError(self.env._(
                    "You entered this account. Somebody else makes sure whose it is: another accountant."))
            payout.write({'checked_by_id': self.env.uid, 'date_checked': fields.Datetime.now(),
                          'checked_payee': payout._get_payee()})
        return True

    def action_carry_out(self):
        """Carry out what is proposed. What is on its way or paid stays as it is.

        :raise UserError: something is missing, and what
        """
        self._check_accountant()
        payouts = as_flow(self)
        payouts._lock_all()
        for payout in payouts.filtered(lambda payout: payout.state == 'proposed'):
            if obstacle := payout._get_obstacle():
                raise UserError(self.env._(
                    "%(payout)s: %(obstacle)s", payout=payout.display_name, obstacle=obstacle))
        payouts._carry_out(post=not self.env.su)
        return True

    def action_confirm_paid(self, date=None, reference=None, evidence=None):
        """The money was given: date, reference and evidence are on file, now or with this call.

        :param evidence: ids of attachments
        :raise UserError: it was not sent, or what proves it is missing
        """
        self._check_accountant()
        vals = {}
        if date is not None:
            vals['date_paid'] = self._read_past_day(date)
        if reference is not None:
            if not isinstance(reference, str):
                raise UserError(self.env._("Enter the reference as text."))
            vals['reference'] = reference
        if evidence is not None:
            if not isinstance(evidence, (list, tuple)) or not all(
                    type(file) is int and 0 < file <= LARGEST_INTEGER for file in evidence) or (
                    len(self.env['ir.attachment'].browse(evidence).exists()) != len(set(evidence))):
                raise UserError(self.env._("Name the files of the evidence."))
            vals['evidence_ids'] = [fields.Command.link(file) for file in evidence]
        waiting = self.filtered(lambda payout: payout.state != 'done')
        if vals and waiting:
            waiting.write(vals)
        payouts = as_flow(waiting)
        payouts._lock_all()
        payouts.filtered(lambda payout: payout.state != 'done')._do_confirm_paid()
        return True

    def action_cancel(self):
        """Give the amounts back to be paid out anew.

        :raise UserError: it is paid, or a provider was already asked to pay it
        """
        self._check_accountant()
        payouts = as_flow(self)
        payouts._lock_all()
        for payout in payouts.filtered(lambda payout: not payout._may_take_back()):
            if payout.state in ('done', 'unknown') or payout._is_in_flight():
                raise UserError(self.env._(
                    "%(payout)s is %(state)s and cannot be called back. Cancel its payment in Accounting where that is "
                    "possible.", payout=payout.display_name, state=payout._get_state_label().lower()))
        payouts._do_cancel()
        return True

    def action_view_payment(self):
        self.ensure_one()
        self.check_access('read')
        return self.env['returns.request']._get_records_action(
            self.env['account.payment'].browse(self.payment_id.id), self.env._("Payment"))

    def _check_accountant(self):
        """:raise AccessError: the user is no returns accountant, or may not touch one of the pay-outs"""
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_accountant'):
            raise AccessError(self.env._("Only returns accountants pay out."))
        self.check_access('write')

    def _read_past_day(self, value):
        """:raise UserError: no day, or one to come"""
        try:
            day = fields.Date.to_date(value)
        except (ValueError, TypeError, KeyError):
            day = None
        today = fields.Date.context_today(self)
        if not day or not fields.Date.subtract(today, years=10) <= day <= today:
            raise UserError(self.env._("Enter the day on which it was paid, not one to come."))
        return day

    def _get_state_label(self):
        self.ensure_one()
        return dict(self._fields['state']._description_selection(self.env))[self.state]

    def _lock_all(self):
        """Lock the returns whose money it is, then these rows."""
        self.request_ids.line_ids._lock()
        self._lock_rows()

    def _get_report_base_filename(self):
        self.ensure_one()
        return self.env._("Receipt - %s", self.refund_id.name or self.id)
