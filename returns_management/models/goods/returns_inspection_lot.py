# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError

#: Kinds of dispositions that put goods where somebody may buy them.
FOR_SALE = ('restock', 'second_choice')


class ReturnsInspection(models.Model):
    """A lot that never went to this customer is not sold on before somebody has looked into it and says why."""
    _inherit = 'returns.inspection'

    is_strange_lot = fields.Boolean(
        "Lot Never Delivered Here", readonly=True, copy=True,
        help="Nothing of this lot ever went to this customer, as far as we know.")
    lot_release_note = fields.Text("Why It Was Released", readonly=True, copy=True)
    lot_release_user_id = fields.Many2one(
        'res.users', "Released By", readonly=True, copy=True, ondelete='restrict', index='btree_not_null')
    lot_release_date = fields.Datetime("Released On", readonly=True, copy=True)
    is_lot_blocked = fields.Boolean(
        compute='_compute_is_lot_blocked', help="These pieces are not put up for sale before they are released.")

    @api.depends('is_strange_lot', 'lot_release_user_id')
    def _compute_is_lot_blocked(self):
        for inspection in self:
            inspection.is_lot_blocked = inspection.is_strange_lot and not inspection.lot_release_user_id

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'is_strange_lot', 'lot_release_note', 'lot_release_user_id', 'lot_release_date'}

    def action_release_lot(self, comment):
        """Let pieces of lots that never went to this customer be sold on after all.

        :param str comment: why; kept with the inspection
        :raise AccessError: neither inspector nor manager
        :raise UserError: no reason, or there is nothing to release
        """
        self._check_inspector()
        if not isinstance(comment, str) or not comment.strip():
            raise UserError(self.env._("Say why the lot may be sold on."))
        self._as_flow()._do_release_lot(comment.strip())
        return True

    def _do_release_lot(self, comment):
        self.request_line_id._lock()
        for inspection in self:
            if not inspection.is_lot_blocked:
                raise UserError(self.env._("%s is not held for its lot: there is nothing to release.",
                                           inspection.display_name))
        self.write({
            'lot_release_note': comment, 'lot_release_user_id': self.env.uid, 'lot_release_date': fields.Datetime.now()})
        self._message_log_batch(bodies=dict.fromkeys(self.ids, self.env._("Lot released: %s", comment)))

    def _note_strange_lots(self):
        """Mark what came of lots that never went to their customer."""
        for line, parts in self.filtered('lot_id').grouped('request_line_id').items():
            strange = line._find_strange_lots(parts.lot_id)
            parts.filtered(lambda part, strange=strange: part.lot_id in strange).write({'is_strange_lot': True})

    def _prepare_next_vals(self, location):
        """Work on a piece makes its lot no less strange: it stays held, or released, as it was."""
        return {
            **super()._prepare_next_vals(location), 'is_strange_lot': self.is_strange_lot,
            'lot_release_note': self.lot_release_note, 'lot_release_user_id': self.lot_release_user_id.id,
            'lot_release_date': self.lot_release_date}

    def _is_held_for_its_lot(self):
        """Whether the disposition chosen would put a lot up for sale that never went to this customer."""
        self.ensure_one()
        return self.is_lot_blocked and self.disposition_kind in FOR_SALE

    def _check_disposition(self):
        super()._check_disposition()
        for inspection in self:
            if inspection._is_held_for_its_lot():
                raise UserError(self.env._(
                    "%(inspection)s: %(lot)s never went to %(customer)s, so it is not put up for sale yet. Release the lot "
                    "with a reason, or choose quarantine.", inspection=inspection.display_name,
                    lot=inspection.lot_id.name, customer=inspection.partner_id.display_name))
