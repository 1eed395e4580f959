# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsInspection(models.Model):
    """Goods that were worked on are inspected once more, where they are: grade and disposition anew.

    The money was decided on with the first inspection and is not touched a second time.
    """
    _inherit = 'returns.inspection'

    previous_id = fields.Many2one(
        'returns.inspection', "Inspected Before", readonly=True, ondelete='restrict', index='btree_not_null',
        help="These goods were worked on since. What is settled for them follows from their first inspection.")
    next_ids = fields.One2many('returns.inspection', 'previous_id', "Inspected Again", readonly=True)
    may_inspect_again = fields.Boolean(compute='_compute_may_inspect_again')

    @api.depends('state', 'is_disposed', 'disposition_id.kind', 'next_ids')
    def _compute_may_inspect_again(self):
        for inspection in self:
            inspection.may_inspect_again = (
                inspection.state == 'done' and inspection.is_disposed and not inspection.next_ids
                and inspection.disposition_kind in inspection._get_kinds_to_inspect_again())

    @api.model
    def _get_kinds_to_inspect_again(self):
        """:return: the kinds of disposition whose goods an inspector may call back for inspection"""
        return {'refurbish'}

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'previous_id', 'next_ids'}

    def write(self, vals):
        settled = {'quantity_accepted', 'condition', 'responsibility', 'root_cause_id', 'liability_ids'}.intersection(vals)
        for inspection in self.filtered('previous_id') if settled and not self.env.su else ():
            for name in sorted(settled):
                if name == 'liability_ids' or vals[name] != self._fields[name].convert_to_write(
                        inspection[name], inspection):
                    raise UserError(self.env._(
                        "%(inspection)s: %(field)s stands as it was found when the goods came back. Enter the grade and "
                        "what becomes of them now.", inspection=inspection.display_name,
                        field=self._fields[name]._description_string(self.env)))
        return super().write(vals)

    def action_inspect_again(self):
        """Goods that were refurbished wait for an inspector where they are.

        :return: an action that opens the new inspections
        :raise UserError: goods were not refurbished, or wait for their next inspection already
        """
        self._check_inspector()
        inspections = self._as_flow()
        inspections.request_line_id._lock()
        for inspection in inspections:
            if not inspection.may_inspect_again:
                raise UserError(self.env._(
                    "%s: only goods that went to refurbishment are inspected again, each time once.",
                    inspection.display_name))
        again = self.browse(inspections._inspect_again().ids)
        return self.env['returns.request']._get_records_action(again, self.env._("Inspect Again"))

    def _inspect_again(self, location=None):
        """What becomes of these goods is decided anew: an inspection of the same pieces, where they are now.

        Callers hold the locks of the lines.

        :param location: where the goods are; otherwise where their disposition brought them
        :return: the new inspections, in draft
        """
        return self.create([inspection._prepare_next_vals(
            location or inspection._get_done_disposal().location_dest_id or inspection.location_id)
            for inspection in self])

    def _prepare_next_vals(self, location):
        """Values of the next inspection of these pieces, in ``location``. They stay accepted, or refused."""
        self.ensure_one()
        return {
            'previous_id': self.id, 'request_line_id': self.request_line_id.id, 'move_id': self.move_id.id,
            'lot_id': self.lot_id.id, 'location_id': location.id, 'quantity': self.quantity,
            'quantity_accepted': self.quantity if self.quantity_accepted else 0.0,
        }

    def _get_done_disposal(self):
        """:return: the move that last brought the goods where their disposition sends them"""
        self.ensure_one()
        return self.disposal_move_ids.filtered(lambda move: move.state == 'done').sorted('id')[-1:]

    def _get_source_move(self):
        if not self.previous_id:
            return super()._get_source_move()
        return self.previous_id._get_done_disposal() or self.previous_id._get_source_move()

    # What the first inspection settled

    def _check_finding(self):
        super(ReturnsInspection, self.filtered(lambda inspection: not inspection.previous_id))._check_finding()

    def _note_judgement(self):
        super(ReturnsInspection, self.filtered(lambda inspection: not inspection.previous_id))._note_judgement()

    def _get_policy_note(self):
        return False if self.previous_id else super()._get_policy_note()

    def _check_deviation(self):
        if not (self.previous_id and self.is_unacceptable):  # that was about taking them back
            super()._check_deviation()

    def _undo_disposal(self, disposition):
        """Of goods that are inspected again, the last inspection says where they are."""
        last = self.filtered(lambda inspection: not inspection.next_ids)
        still = last.filtered(lambda inspection: (
            inspection.is_disposed and inspection.disposition_id.can_be_undone and not inspection._get_done_disposal()))
        still.write({'disposition_id': disposition.id, 'is_disposed': False})  # they never left
        super(ReturnsInspection, last - still)._undo_disposal(disposition)


class ReturnsLiability(models.Model):
    _inherit = 'returns.liability'

    @api.constrains('inspection_id')
    def _check_first_inspection(self):
        for liability in self:
            if liability.inspection_id.previous_id:
                raise UserError(self.env._(
                    "%s: who is responsible was found when the goods came back, and stands.",
                    liability.inspection_id.display_name))
