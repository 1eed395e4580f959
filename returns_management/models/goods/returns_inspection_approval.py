# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models


class ReturnsInspection(models.Model):
    """Dispositions that a group has to approve before the goods go."""
    _inherit = 'returns.inspection'

    disposal_step_id = fields.Many2one(
        'returns.step', "Approval of Disposal", readonly=True, copy=False, ondelete='restrict', index='btree_not_null',
        help="Where the disposition has to be approved before the goods go.")
    disposal_state = fields.Selection(related='disposal_step_id.state', string="Status of Approval", related_sudo=True)
    chooser_id = fields.Many2one(
        'res.users', "Disposition Chosen By", readonly=True, copy=True, index='btree_not_null')

    def write(self, vals):
        if 'disposition_id' in vals:  # what was asked about, or approved, was another way
            others = self.filtered(lambda inspection: inspection.disposition_id.id != vals['disposition_id'])
            others._as_flow().write({'disposal_step_id': False, 'chooser_id': self.env.uid})
        return super().write(vals)

    def _get_disposal_group(self):
        """:return: the group that the disposition names, if it may be asked"""
        self.ensure_one()
        group = self.disposition_id.with_company(self.company_id).approval_group_id
        return group.filtered(lambda group: group.active and group.phase == 'dispose')

    def _get_disposable(self, cleared_lines):
        return super()._get_disposable(cleared_lines)._filter_approved()

    def _filter_approved(self):
        """:return: those of which nobody has to approve where they go, or somebody has"""
        named = self.filtered(lambda inspection: (
            inspection.disposal_step_id.state != 'approved' and inspection._get_disposal_group()))
        asked = named.request_id._get_amounts_asked()
        return self.filtered(lambda inspection: not inspection._is_asked_about() and not (
            inspection in named and inspection._get_disposal_group()._filter_lines(
                inspection.request_id, inspection.request_line_id, asked[inspection.request_id])))

    def _is_asked_about(self):
        self.ensure_one()
        return self.disposal_step_id.state in ('waiting', 'open')

    def _get_to_ask(self):
        """:return: those about whose disposition a group is still to be asked"""
        pending = self._get_pending_disposal().filtered(
            lambda inspection: not inspection._is_asked_about() and not inspection._is_under_way())
        return pending - pending._filter_approved()

    def _keep(self, note):
        """Their disposition was rejected: they stay where they are until an inspector chooses another. Nothing about
        the money changes.
        """
        for request, parts in self.grouped('request_id').items():
            request.message_post(body=self.env._(
                "%(disposition)s of %(goods)s was not approved: %(note)s The goods stay in quarantine.",
                disposition=", ".join(parts.disposition_id.mapped('name')), note=note,
                goods=", ".join(parts.product_id.mapped('display_name'))))
        choosers = self.grouped(lambda inspection: (inspection.request_id, inspection._get_chooser()))
        self.write({'disposition_id': self.env.ref('returns_management.disposition_quarantine').id})
        self.request_id._ask_to_choose(choosers, note)

    def _get_chooser(self):
        """:return: who chooses where these goods go now: their inspector, or who is responsible, or a manager"""
        self.ensure_one()
        return (self.inspector_id.filtered('active') or self.request_id.user_id.filtered('active')
                or self.company_id._get_returns_managers()[:1])
