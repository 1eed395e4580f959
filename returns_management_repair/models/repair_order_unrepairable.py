# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import UserError

from odoo.addons.returns_management.models.returns_guard import as_flow


class RepairOrder(models.Model):
    """Who repairs finds that goods cannot be repaired, be it all of them or some."""
    _inherit = 'repair.order'

    returns_failure = fields.Text(
        "Why It Cannot Be Repaired", readonly=True, copy=False, help="For our own people. The customer does not read it.")

    def action_returns_cannot_repair(self, reason, quantity=None):
        """These goods cannot be repaired: the return is put to a decision. Parts that were used stay booked; those that
        were not go back.

        :param str reason: why
        :param float quantity: how many of the pieces, where the others are repaired
        :raise UserError: not one repair, no reason, no repair of a return, not that many pieces, or over already
        """
        if len(self) != 1:
            raise UserError(self.env._("Choose one repair: each has a reason of its own."))
        self.check_access('write')
        if not isinstance(reason, str) or not reason.strip():
            raise UserError(self.env._("Say why it cannot be repaired."))
        if quantity is not None and quantity is not False:
            quantity = self.env['returns.inspection']._read_number(quantity)
        as_flow(self)._returns_do_cannot_repair(reason.strip(), quantity)
        return True

    def _returns_do_cannot_repair(self, reason, quantity=None):
        inspection = self.returns_inspection_id
        if not inspection:
            raise UserError(self.env._("%s repairs nothing that came back with a return: cancel it instead.", self.name))
        inspection.request_line_id._lock()
        self.invalidate_recordset()
        if self.state in ('done', 'cancel'):
            label = dict(self._fields['state']._description_selection(self.env))[self.state]
            raise UserError(self.env._(
                "%(repair)s is %(state)s already: look again at what became of the goods.", repair=self.name,
                state=label.lower()))
        unit = self.product_uom
        quantity = self.product_qty if quantity is None or quantity is False else unit.round(quantity)
        if unit.compare(quantity, 0.0) <= 0 or unit.compare(quantity, self.product_qty) > 0:
            raise UserError(self.env._(
                "%(repair)s is about %(quantity)s %(unit)s: enter how many of them cannot be repaired.", repair=self.name,
                quantity=f"{self.product_qty:.10g}", unit=unit.name))
        if unit.compare(quantity, self.product_qty) == 0:
            self.returns_failure = reason
            self._returns_close_parts()
            self.write({'state': 'cancel'})
            return
        part = inspection._split_done(quantity)
        self.write({'product_qty': unit.round(self.product_qty - quantity)})
        self.message_post(body=self.env._(
            "%(quantity)s %(unit)s cannot be repaired: %(reason)s", quantity=f"{quantity:.10g}", unit=unit.name,
            reason=reason))
        part._give_up_repair(self.env._("%(repair)s: cannot be repaired. %(reason)s", repair=self.name, reason=reason))
        part.request_line_id._advance()

    def _returns_close_parts(self):
        """Parts marked as used are used up, whatever it was good for; the others are not needed."""
        used = self.move_ids.filtered(lambda move: (
            self.state == 'under_repair' and move.picked and move.state not in ('done', 'cancel')
            and not move.product_uom.is_zero(move.quantity)))
        (self.move_ids - used).filtered(lambda move: move.state != 'done')._action_cancel()
        used._action_done(cancel_backorder=True)
        if self.sale_order_id:
            self.sale_order_line_id.write({'product_uom_qty': 0.0})

    def _returns_explain_failure(self):
        """:return: why the goods of this cancelled repair are not repaired, for our own people"""
        self.ensure_one()
        if self.returns_failure:
            return self.env._("%(repair)s: cannot be repaired. %(reason)s", repair=self.name, reason=self.returns_failure)
        return self.env._("%s was cancelled.", self.name)

    def action_repair_cancel_draft(self):
        """:raise UserError: parts of a repair that failed are used up, and would be taken back from where they are"""
        self.check_access('write')
        for repair in self.sudo().filtered('returns_inspection_id'):
            if repair.state == 'cancel' and 'done' in repair.move_ids.mapped('state'):
                raise UserError(self.env._(
                    "%(repair)s has used up parts, so it is not taken up again. Choose the disposition Repair for the goods "
                    "that wait in quarantine: they get a new repair.", repair=repair.name))
        return super().action_repair_cancel_draft()
