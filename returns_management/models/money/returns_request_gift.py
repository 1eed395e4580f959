# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import models
from odoo.exceptions import UserError


class ReturnsRequestLine(models.Model):
    """What was given away is credited to who got it, from what the buyer was billed and has paid."""
    _inherit = 'returns.request.line'

    def _check_complete(self):
        super()._check_complete()
        gifts = self.filtered('request_id.is_gift')
        if gifts:
            gifts._check_paid_by_buyer()

    def _check_paid_by_buyer(self):
        """:raise UserError: something is not billed to the buyer yet, or not paid"""
        money = self.filtered(lambda line: line.resolution == 'store_credit')
        if not money:
            return
        book = self.env['returns.settlement']._open_book(money.sale_line_id)
        for line in money:
            sale_line = line.sale_line_id
            names = {'line': line.display_name, 'order': sale_line.order_id.name}
            if line.state == 'draft' and book.get_uninvoiced(sale_line) > 0 or not book.posted[sale_line]:
                raise UserError(self.env._(
                    "%(line)s: not all of it is invoiced on %(order)s. A gift is credited from what its buyer has paid: "
                    "invoice it first.", **names))
            unpaid = self.env['account.move'].union(*(
                item.move_id for item in book.posted[sale_line] if item.move_id.payment_state not in ('paid', 'in_payment')
                and book.get_free(item) > 0))
            if unpaid:
                raise UserError(self.env._(
                    "%(line)s: %(invoice)s is not paid yet. A gift is credited once its buyer has paid.", **names,
                    invoice=", ".join(unpaid.mapped('name'))))


class ReturnsSettlement(models.Model):
    _inherit = 'returns.settlement'

    def _get_credited_entity(self):
        if self.request_id.is_gift:
            return self.request_id.commercial_partner_id
        return super()._get_credited_entity()

    def _prepare_note_vals(self, invoice, lines):
        """The note of a gift goes to who got it, and names neither the buyer nor their invoice."""
        vals = super()._prepare_note_vals(invoice, lines)
        if self.request_id[:1].is_gift:
            partner = self.request_id.partner_id
            vals.update(
                partner_id=partner.id, partner_shipping_id=partner.id,
                ref=self.env._("Return %s", self.request_id.name), invoice_user_id=self.request_id.user_id.id)
        return vals
