# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models

AGENT, INSPECTOR = 'returns_management.group_returns_agent', 'returns_management.group_returns_inspector'


class ReturnsFollowUp(models.Model):
    """What a carrier refused."""
    _inherit = 'returns.follow.up'

    kind = fields.Selection(
        selection_add=[('label', "Label"), ('pickup', "Pick-up"), ('pickup_off', "Call off the pick-up")],
        ondelete={'label': 'cascade', 'pickup': 'cascade', 'pickup_off': 'cascade'})

    @api.model
    def _get_kinds(self):
        return {**super()._get_kinds(), **dict.fromkeys(('label', 'pickup', 'pickup_off'), (AGENT, INSPECTOR))}

    @api.model
    def _get_kinds_to_finish(self):
        return super()._get_kinds_to_finish() | {'label', 'pickup', 'pickup_off'}

    def _retry_label(self, request):
        request.action_make_label()

    def _retry_pickup(self, request):
        request.action_book_pickup()

    def _retry_pickup_off(self, request):
        request._check_way_role()
        request._as_flow()._do_call_off()

    def _finish(self):
        super()._finish()
        off = self.filtered(lambda follow_up: follow_up.kind == 'pickup_off')
        for follow_up in off:
            follow_up._get_record()._forget_booking()


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    @api.model
    def _tell_state_changes(self, changed):
        super()._tell_state_changes(changed)
        over = self.browse().concat(*(request for request, (old, _new) in changed.items() if old == 'approved'))
        for kind in ('label', 'pickup') if over else ():
            self.env['returns.follow.up']._resolve(kind, over, self.env._("Nothing is to come any more that way."))

    def _do_pick_up(self):
        super()._do_pick_up()
        self.env['returns.follow.up']._resolve('pickup', self, self.env._("Fetched."))
