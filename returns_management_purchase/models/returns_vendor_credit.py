# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import UserError


class ReturnsVendorClaimLine(models.Model):
    """The credit note that a vendor owes for goods that went back: a draft, never posted by itself.

    Credited is what was billed and is not here any more: of goods that were never billed the purchase order simply owes
    less. Price, discount, taxes and account are those of the bill.
    """
    _inherit = 'returns.vendor.claim.line'

    refund_line_ids = fields.One2many(
        'account.move.line', 'returns_vendor_line_id', "Credit Note Lines", readonly=True,
        groups='purchase.group_purchase_user,account.group_account_invoice,returns_management.group_returns_manager')
    credit_state = fields.Selection(
        [('none', "None"), ('draft', "Draft"), ('posted', "Posted")], "Credit Note", compute='_compute_credit_state',
        compute_sudo=True)

    @api.depends('refund_line_ids.parent_state')
    def _compute_credit_state(self):
        for line in self:
            states = set(line._get_live_credits().mapped('parent_state'))
            line.credit_state = 'posted' if states == {'posted'} else 'draft' if states else 'none'

    def _get_live_credits(self):
        return self.refund_line_ids.filtered(lambda item: item.parent_state != 'cancel')

    def _filter_to_credit(self):
        """:return: those whose goods left, and for some of which the vendor has given, or is asked for, no credit yet"""
        return self.filtered(lambda line: (
            line.state in ('asked', 'accepted') and line.uom_id.compare(line._get_quantity_to_credit(), 0.0) > 0))

    def _get_quantity_to_credit(self):
        """:return: pieces that left and that no credit note of ours is about"""
        self.ensure_one()
        credited = sum(map(_get_pieces, self._get_live_credits()))
        return self.uom_id.round(min(self.quantity, self._get_quantity_sent()) - credited)

    # ------------------------------------------------------------------
    # Making them
    # ------------------------------------------------------------------

    def _propose_credit_by_itself(self):
        """Whoever validates a transfer cannot mend what stands in the way: the claim says so, and its buyer tries again."""
        lines = self._filter_to_credit()
        if not lines:
            return
        failed = False
        try:
            with self.env.cr.savepoint():
                done = lines._propose_credit()
        except UserError as error:
            done, why, failed = self.browse(), error.args[0], True
        else:
            why = (lines - done)._get_why_not_credited()
        for claim, rest in (lines - done).grouped('claim_id').items():
            claim._message_log(body=self.env._(
                "No credit note was made for %(goods)s. %(why)s", why=why,
                goods=", ".join(rest.mapped('product_id.display_name'))))
            if failed or rest._get_draft_bills():  # of what nobody billed the order simply owes less
                self.env['returns.follow.up']._note_failure('vendor_credit', claim, why)
        (lines.claim_id - (lines - done).claim_id)._follow_credits()

    def _get_draft_bills(self):
        return self.purchase_line_id.invoice_lines.filtered(lambda item: item.parent_state == 'draft').move_id

    def _get_why_not_credited(self):
        """:return: why there is nothing to credit for these pieces that left, in a sentence"""
        drafts = self._get_draft_bills()
        if drafts:
            return self.env._("%s is still a draft: bill less there, or post it first.", ", ".join(
                drafts.mapped('display_name')))
        return self.env._("They were not billed, or more is here than was billed: bill less on %s.", ", ".join(
            self.purchase_order_id.mapped('name')))

    def _propose_credit(self):
        """A draft for each bill, of what may be credited of these lines now. Callers hold the lock of the claims.

        :return: the lines that are credited
        """
        self.purchase_line_id._returns_lock()
        parts, done = defaultdict(list), self.browse()
        free, owed = self._get_free_pieces(), self._get_owed_pieces()
        for line in self:
            wanted = min(line._get_quantity_to_credit(), owed[line.purchase_line_id])
            for item in free[line.purchase_line_id]:
                pieces = line.uom_id.round(min(wanted, free[line.purchase_line_id][item]))
                if line.uom_id.compare(pieces, 0.0) <= 0:
                    continue
                parts[item.move_id, line.claim_id].append(line._prepare_credit_line_vals(item, pieces))
                free[line.purchase_line_id][item] -= pieces
                owed[line.purchase_line_id] -= pieces
                wanted -= pieces
                done |= line
        notes = self.env['account.move'].create([
            claim._prepare_credit_vals(bill, vals_list) for (bill, claim), vals_list in parts.items()])
        for note, (_bill, claim) in zip(notes, parts, strict=True):
            claim._attach_proofs(note)
        return done

    def _get_owed_pieces(self):
        """:return: {purchase line: pieces that were billed, or are about to be, and are not here}; of what is billed as
            ordered, all that was billed
        """
        owed = {}
        for purchase in self.purchase_line_id:
            # counted in pieces: the order rounds 7 of a dozen to 0.58
            owed[purchase] = sum(
                _get_pieces(item) * {'in_invoice': 1, 'in_refund': -1}.get(item.move_type, 0)
                for item in purchase.invoice_lines if item.parent_state != 'cancel')
            if purchase.product_id.purchase_method == 'receive':
                owed[purchase] -= purchase._returns_count_received()
        return owed

    def _get_free_pieces(self):
        """:return: {purchase line: {posted bill line: pieces that no credit note is about}}, the newest bill first"""
        free = {}
        for purchase in self.purchase_line_id:
            items = purchase.invoice_lines.filtered(lambda item: (
                item.display_type == 'product' and item.quantity > 0 and item.parent_state != 'cancel'))
            credits = items.filtered(lambda item: item.move_type == 'in_refund')
            bills = items.filtered(lambda item: item.move_type == 'in_invoice' and item.parent_state == 'posted')
            left = {item: _get_pieces(item) for item in bills.sorted(
                lambda item: (item.date, item.id), reverse=True)}
            for credit in credits:
                pieces = _get_pieces(credit)
                for item in sorted(left, key=lambda item, credit=credit: item.move_id != credit.move_id.reversed_entry_id):
                    part = min(pieces, left[item])
                    left[item] -= part
                    pieces -= part
            free[purchase] = left
        return free

    def _prepare_credit_line_vals(self, item, pieces):
        """Values of the line that credits ``pieces`` (product's unit) of the bill line ``item``."""
        self.ensure_one()
        unit, uom, price = self.uom_id, item.product_uom_id, item.price_unit
        quantity = unit._compute_quantity(pieces, uom, rounding_method='HALF-UP')
        if unit.compare(uom._compute_quantity(quantity, unit, round=False), pieces):
            quantity, uom, price = pieces, unit, uom._compute_price(price, unit)  # 5 of a dozen
        return {
            'product_id': item.product_id.id, 'name': item.name, 'product_uom_id': uom.id, 'quantity': quantity,
            'price_unit': price, 'discount': item.discount, 'tax_ids': [Command.set(item.tax_ids.ids)],
            'account_id': item.account_id.id, 'analytic_distribution': item.analytic_distribution,
            'purchase_line_id': item.purchase_line_id.id, 'returns_vendor_line_id': self.id,
        }

    # ------------------------------------------------------------------
    # Taking them back
    # ------------------------------------------------------------------

    def _take_credit_back(self):
        """The vendor does not take the goods: no credit note is to be expected for them.

        :raise UserError: it was given already
        """
        items = self._get_live_credits()
        posted = items.filtered(lambda item: item.parent_state == 'posted').move_id
        if posted:
            raise UserError(self.env._(
                "%s is posted: the vendor has credited these goods. Reverse it first.", ", ".join(
                    posted.mapped('display_name'))))
        notes = items.move_id
        items.unlink()
        notes.filtered(lambda note: not note.invoice_line_ids).unlink()


class ReturnsVendorClaim(models.Model):
    _inherit = 'returns.vendor.claim'

    may_propose_credit = fields.Boolean(compute='_compute_may_propose_credit', compute_sudo=True)

    @api.depends('line_ids.state', 'line_ids.move_ids.state', 'line_ids.refund_line_ids.parent_state',
                 'line_ids.refund_line_ids.quantity')
    def _compute_may_propose_credit(self):
        for claim in self:
            claim.may_propose_credit = bool(claim.line_ids._filter_to_credit())

    def _prepare_credit_vals(self, bill, lines):
        """Values of the credit note that the vendor owes us for ``lines`` of its ``bill``."""
        self.ensure_one()
        return {
            'move_type': 'in_refund', 'reversed_entry_id': bill.id, 'partner_id': bill.partner_id.id,
            'company_id': bill.company_id.id, 'journal_id': bill.journal_id.id, 'currency_id': bill.currency_id.id,
            'invoice_currency_rate': bill.invoice_currency_rate,
            'fiscal_position_id': bill.fiscal_position_id.id, 'invoice_origin': self.name,
            'ref': self.env._("%(claim)s, return of %(bill)s", claim=self.vendor_ref or self.name, bill=bill.name),
            'invoice_user_id': self.user_id.id, 'invoice_payment_term_id': False,
            'invoice_line_ids': [Command.create(vals) for vals in lines],
        }

    def _attach_proofs(self, note):
        """Photos of the goods that ``note`` is about go with it, each once."""
        inspections = note.invoice_line_ids.returns_vendor_line_id.inspection_id
        for file in inspections._get_proofs():
            file.copy({'res_model': note._name, 'res_id': note.id, 'res_field': False})


def _get_pieces(item):
    """:return: what an invoice line is about, in the product's own unit"""
    return item.product_uom_id._compute_quantity(item.quantity, item.product_id.uom_id, rounding_method='HALF-UP')
