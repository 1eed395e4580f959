# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import UserError


class ReturnsRequest(models.Model):
    """Goods that are inspected at the customer's before anything moves."""
    _inherit = 'returns.request'

    may_inspect_on_site = fields.Boolean(compute='_compute_may_inspect_on_site')

    @api.depends('line_ids.state', 'line_ids.quantity_received', 'line_ids.quantity_settled', 'line_ids.is_returnless',
                 'inspection_ids.state')
    def _compute_may_inspect_on_site(self):
        for request in self:
            request.may_inspect_on_site = bool(request.line_ids._filter_on_site())

    def action_inspect_on_site(self):
        """Have what is approved, and did not move, inspected at the customer's. What is to be inspected there already
        stays as it is.

        :return: an action that opens the inspections
        :raise AccessError: neither agent nor inspector
        :raise UserError: goods have moved or were settled, or are not approved
        """
        inspector = 'returns_management.group_returns_inspector'
        self._check_role(
            inspector, 'returns_management.group_returns_agent',
            operation='read' if self.env.user.has_group(inspector) else 'write')
        self._as_flow()._do_inspect_on_site()
        inspections = self.line_ids.site_inspection_ids.filtered(lambda inspection: inspection.state == 'draft')
        return self._get_records_action(inspections, self.env._("Inspections"))

    def _do_inspect_on_site(self):
        self._lock()
        for request in self:
            if not (request.line_ids._filter_on_site() or request.line_ids._is_awaited_on_site()):
                raise UserError(self.env._(
                    "%s: only goods that are approved, and of which nothing came in or was settled, can be inspected at "
                    "the customer's.", request.name))
        lines = self.line_ids._filter_on_site()
        self.env['returns.inspection'].create([line._prepare_site_inspection_vals() for line in lines])
        # the customer is to wait now, not to send
        lines.request_id._write_flow({'date_ship_by': False, 'date_pickup_due': False, 'date_receipt_due': False})
        lines.request_id._message_log_batch(bodies={
            request.id: self.env._("To be inspected at the customer's: %s", ", ".join(
                (request.line_ids & lines).product_id.mapped('display_name'))) for request in lines.request_id})

    def _get_lines_to_send(self):
        return super()._get_lines_to_send().filtered(lambda line: not line._is_awaited_on_site())

    def _get_next_step_note(self):
        if self.state == 'approved' and not self.is_paused and self.sudo().line_ids._is_awaited_on_site():
            return self.env._("Approved. The goods are to be inspected at the customer's.")
        return super()._get_next_step_note()


class ReturnsRequestLine(models.Model):
    _inherit = 'returns.request.line'

    site_inspection_ids = fields.One2many(
        'returns.inspection', 'request_line_id', "Inspections at the Customer's", domain=[('is_on_site', '=', True)],
        readonly=True, copy=False)

    @api.depends('site_inspection_ids.state', 'site_inspection_ids.policy_trace')
    def _compute_finding_trace(self):
        super()._compute_finding_trace()

    def _get_findings(self):
        return super()._get_findings() | self.site_inspection_ids.filtered(
            lambda inspection: inspection.state == 'done' and inspection.site_outcome)

    def _is_awaited_on_site(self):
        """Whether somebody is to inspect goods of these lines at the customer's."""
        return 'draft' in self.site_inspection_ids.mapped('state')

    def _filter_on_site(self):
        """:return: the lines whose goods can be inspected at the customer's, and are not to be already"""
        return self.filtered(lambda line: (
            line.state == 'approved' and not line.is_returnless and not line._is_awaited_on_site()
            and not (line.quantity_received or line.quantity_settled or line.quantity_missing or line.quantity_waived)))

    def _prepare_site_inspection_vals(self):
        """Values of an inspection of all that the line awaits, where the customer has it."""
        self.ensure_one()
        return {
            'request_line_id': self.id, 'is_on_site': True, 'quantity': self._get_quantity_open(),
            'lot_id': self.lot_ids.id if len(self.lot_ids) == 1 else False, 'responsibility': self.responsibility,
        }

    def _keep_on_site(self, pieces, note):
        """The goods stay with the customer: ``pieces`` (product's own unit) are settled once nobody has to decide about
        it, the others are closed short. Who keeps goods bears no restocking fee.

        :param note: why the others are refused; the customer reads it
        """
        self.ensure_one()
        kept = self._fit_unit(pieces)
        refused = self.uom_id.round(self._get_quantity_awaited() - kept)
        if refused > 0:
            self._close_quantity(refused)
            self._write_flow({'rejection_note': note})
        self._write_flow({
            'is_returnless': True, 'is_kept_on_site': True, 'is_settle_laid': False, 'fee_percent': 0.0,
            'quantity_advanced': kept})
        self._get_open_receipts()._action_cancel()

    def _refuse_accepted(self, note):
        kept = self.filtered('is_kept_on_site')
        if kept:  # nothing to send back: they are refused as before the goods came
            kept.site_inspection_ids.write({'quantity_accepted': 0.0})
            kept._write_flow({'is_returnless': False, 'is_kept_on_site': False, 'quantity_closed': 0.0})
            kept._reject(note)
        super(ReturnsRequestLine, self - kept)._refuse_accepted(note)

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        over = self.filtered(lambda line: line.state != 'approved' or line.quantity_received)
        over.site_inspection_ids.filtered(lambda inspection: inspection.state == 'draft')._end_on_site()
        for line in (self - over).filtered(lambda line: line._is_awaited_on_site()):
            line._follow_on_site()
        return again

    def _follow_on_site(self):
        """Pieces that came another way, or do not come, are not there any more to be inspected."""
        self.ensure_one()
        pieces = self._to_product_uom(self._get_quantity_awaited())
        for inspection in self.site_inspection_ids.filtered(lambda inspection: inspection.state == 'draft'):
            if inspection.uom_id.compare(pieces, inspection.quantity):
                inspection.write({
                    'quantity': pieces, 'quantity_accepted': min(pieces, inspection.quantity_accepted)})
