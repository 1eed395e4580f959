# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.returns_management.models.returns_guard import as_flow

#: What a repair takes from the inspection it is made for.
TAKEN = frozenset({
    'company_id', 'picking_id', 'product_id', 'product_qty', 'product_uom', 'lot_id', 'product_location_src_id',
    'product_location_dest_id'})
#: What only the return's own steps write.
LINKS = frozenset({'returns_inspection_id', 'returns_date_begun', 'returns_date_due', 'returns_failure'})


class RepairOrder(models.Model):
    """The repair of returned goods, where they wait. Its end is a fact of the return."""
    _inherit = 'repair.order'

    returns_inspection_id = fields.Many2one(
        'returns.inspection', "Returned Goods", readonly=True, copy=False, index='btree_not_null', ondelete='restrict')
    returns_request_id = fields.Many2one(related='returns_inspection_id.request_id', string="Return", related_sudo=True)
    returns_date_begun = fields.Datetime("Handed to Repair On", readonly=True, copy=False)
    returns_date_due = fields.Datetime("Repair Due", readonly=True, copy=False)

    _one_open = models.UniqueIndex(
        "(returns_inspection_id) WHERE state NOT IN ('done', 'cancel')", "These goods are in repair already.")

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    @api.model
    def _refuse_links(self, vals_list):
        """:raise AccessError: a user makes a repair one of a return"""
        if not self.env.su and any(vals.get(name) for vals in vals_list for name in LINKS):
            raise AccessError(self.env._("A repair becomes one of a return by the inspection of the goods."))

    @api.model_create_multi
    def create(self, vals_list):
        self._refuse_links(vals_list)
        # named always: where a value is missing, Odoo would take it from the caller's context
        return super().create([{**dict.fromkeys(LINKS, False), **vals} for vals in vals_list])

    def write(self, vals):
        if LINKS.intersection(vals):
            self._refuse_links([dict.fromkeys(vals, True)])
        self._refuse_other_goods(vals)
        if 'state' not in vals:
            return super().write(vals)
        before = {repair: repair.state for repair in self.sudo() if repair.returns_inspection_id}
        res = super().write(vals)
        changed = [repair for repair, state in before.items() if repair.state != state]
        if changed:
            as_flow(self.browse().concat(*changed))._returns_follow({repair.id: before[repair] for repair in changed})
        return res

    def _refuse_other_goods(self, vals):
        """:raise UserError: the repair of returned goods becomes one of other goods, or of goods elsewhere"""
        named = TAKEN.intersection(vals)
        if self.env.su or not named:
            return
        for repair in self.sudo().filtered('returns_inspection_id'):
            changed = {name for name in named if self._fields[name].convert_to_write(repair[name], repair) != vals[name]}
            if changed:
                raise UserError(self.env._(
                    "%(repair)s repairs what came back with %(request)s: its %(field)s follows from the inspection. Split "
                    "the inspection before it is done to repair some of the pieces only.", repair=repair.name,
                    request=repair.returns_request_id.name,
                    field=self._fields[min(changed)]._description_string(self.env).lower()))

    def unlink(self):
        """A draft is simply deleted in core; for the return it is cancelled first."""
        self.filtered(lambda repair: repair.state == 'draft' and repair.sudo().returns_inspection_id).action_repair_cancel()
        return super().unlink()

    @api.depends('returns_inspection_id')
    def _compute_product_location_src_id(self):
        """Another bench does not change where the goods wait."""
        ours = self.filtered('returns_inspection_id')
        super(RepairOrder, self - ours)._compute_product_location_src_id()
        for repair in ours.sudo():
            repair.product_location_src_id = repair.returns_inspection_id.location_id

    @api.depends('returns_inspection_id')
    def _compute_product_location_dest_id(self):
        ours = self.filtered('returns_inspection_id')
        super(RepairOrder, self - ours)._compute_product_location_dest_id()
        for repair in ours.sudo():
            repair.product_location_dest_id = repair.returns_inspection_id.location_id

    # ------------------------------------------------------------------
    # What a repair means for its return
    # ------------------------------------------------------------------

    def _filter_open(self):
        return self.filtered(lambda repair: repair.state not in ('done', 'cancel'))

    def _returns_follow(self, before):
        """The return goes on as these repairs ended, were cancelled or are taken up again.

        :param dict before: {repair id: its state before}
        """
        lines = self.returns_inspection_id.request_line_id
        lines._lock()
        self.filtered(lambda repair: before[repair.id] == 'cancel')._returns_take_up()
        self.filtered(lambda repair: repair.state == 'done').returns_inspection_id._end_repair()
        for repair in self.filtered(lambda repair: repair.state == 'cancel'):
            repair.returns_inspection_id._give_up_repair(repair._returns_explain_failure())
        lines.request_id._update_repair_due()
        lines._advance()

    def _returns_take_up(self):
        """:raise UserError: the goods of a cancelled repair are not there for it any more"""
        kind = self.env.ref('returns_management.disposition_repair')
        for repair in self:
            inspection = repair.returns_inspection_id
            if inspection.is_disposed or inspection.disposition_kind != 'quarantine':
                raise UserError(self.env._(
                    "%(repair)s was cancelled and %(goods)s went on: %(disposition)s. It cannot be taken up again.",
                    repair=repair.name, goods=inspection.display_name, disposition=inspection.disposition_id.name))
            if inspection._get_awaiting_takeover():
                raise UserError(self.env._(
                    "%(request)s: it was decided that the customer gets something else than a repair. Somebody has to take "
                    "that decision back before %(repair)s is taken up again.", request=inspection.request_id.name,
                    repair=repair.name))
            inspection.write({'disposition_id': kind.id, 'repair_failure': False})
            inspection.request_id._drop_repair_tasks()

    def action_view_returns_request(self):
        self.ensure_one()
        self.check_access('read')
        Request = self.env['returns.request']
        return Request._get_records_action(Request.browse(self.sudo().returns_request_id.id), self.env._("Returns"))
