# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..vocabulary import POLICY_STATUSES


class ReturnsRequestLine(models.Model):
    """What people do about the policy's verdict: a manager overrides it, who was refused disputes it.

    ``policy_status`` and its trace stay what the policy said; ``_get_effective_status`` is what counts. A
    line that a dispute or an override brings through although the policy refused it counts
    against policy accuracy (``returns.report``).
    """
    _inherit = 'returns.request.line'

    override_status = fields.Selection(
        POLICY_STATUSES, "Overridden To", readonly=True, copy=False, help="What a returns manager put in its place.")
    override_note = fields.Text("Reason for the Override", readonly=True, copy=False)
    override_user_id = fields.Many2one(
        'res.users', "Overridden By", readonly=True, copy=False, ondelete='restrict', index='btree_not_null')
    override_date = fields.Datetime("Overridden On", readonly=True, copy=False)
    is_disputed = fields.Boolean("Disputed", readonly=True, copy=False, help="A refusal can be disputed once.")
    dispute_note = fields.Text("Dispute", readonly=True, copy=False, help="Why the refusal is disputed.")
    dispute_date = fields.Datetime("Disputed On", readonly=True, copy=False)

    def _get_effective_status(self):
        """:return: the status that decides who is asked: a manager's, or the policy's; goods found worse than the rule
            demands are an exception
        """
        self.ensure_one()
        status = self.override_status or self.policy_status
        return 'exception' if self.is_worse_than_demanded and status == 'compliant' else status

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_override(self, status, comment):
        """Put another verdict in the place of the policy's. Who approves is asked anew; a manager decides nothing.

        :param str status: 'compliant', 'exception' or 'refused'
        :param str comment: why; kept with the line, and read by the customer who is refused
        :raise AccessError: not a returns manager
        :raise UserError: no reason, no such verdict, or the line is past its review
        """
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            raise AccessError(self.env._("Only a returns manager overrides the policy's verdict."))
        self.check_access('read')
        if not isinstance(status, str) or status not in dict(POLICY_STATUSES):
            raise UserError(self.env._("Choose a verdict: %s.", ", ".join(dict(POLICY_STATUSES))))
        self._check_reason(comment, self.env._("Say why you override the verdict."))
        self._as_flow()._do_override(status, comment.strip())
        return True

    def action_dispute(self, comment, attachment_ids=()):
        """Object to a refusal, once: the return team judges it, or the managers where none sits.

        :param str comment: what speaks against the refusal
        :param attachment_ids: ids of files that prove it, uploaded by the caller
        :raise AccessError: no returns agent, or not theirs
        :raise UserError: no reason, not refused, disputed before, or the pieces are promised elsewhere by now
        """
        self.request_id._check_role('returns_management.group_returns_agent')
        self.check_access('write')
        self._check_reason(comment, self.env._("Say what speaks against the refusal."))
        if attachment_ids:
            if not isinstance(attachment_ids, (list, tuple)) or not all(type(file) is int for file in attachment_ids):
                raise UserError(self.env._("Evidence is named by a list of the files' ids."))
            for request in self.request_id:
                request.evidence_ids = [fields.Command.link(file) for file in attachment_ids]
        self._as_flow()._do_dispute(comment.strip())
        return True

    def _check_reason(self, comment, missing):
        if not isinstance(comment, str) or not comment.strip():
            raise UserError(missing)

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _do_override(self, status, comment):
        self._lock()
        for line in self:
            if line.state not in ('review', 'rejected') or line.quantity_received or line.quantity_settled:
                raise UserError(self.env._(
                    "%(line)s is %(state)s: a verdict is overridden while it is reviewed, or after it was rejected.",
                    line=line.display_name, state=line._get_state_label().lower()))
        changed = self.filtered(lambda line: line._get_effective_status() != status)
        if not changed:
            raise UserError(self.env._(
                "%(line)s is judged as %(status)s already, so there is nothing to override. What people rejected can be "
                "disputed.", line=self[:1].display_name,
                status=dict(self._fields['policy_status']._description_selection(self.env))[status].lower()))
        refused = changed if status == 'refused' else changed.browse()
        (changed - refused)._check_still_free()
        changed._write_flow({
            'override_status': status, 'override_note': comment, 'override_user_id': self.env.uid,
            'override_date': fields.Datetime.now(), 'is_express': False})
        if status != 'compliant':  # what only compliant returns get
            changed._write_flow({'is_returnless': False, 'quantity_advanced': 0.0})
        changed.request_id._note_handler()
        refused.filtered(lambda line: not line.is_rejected)._reject(comment)
        (changed - refused)._reopen(self.env._("A returns manager overrode the policy's verdict: %s", comment))
        changed._advance()

    def _do_dispute(self, comment):
        self._lock()
        for line in self:
            if line.state != 'rejected':
                raise UserError(self.env._(
                    "%(line)s is %(state)s: only a refusal can be disputed.", line=line.display_name,
                    state=line._get_state_label().lower()))
            if line.is_disputed:
                raise UserError(self.env._(
                    "%(line)s was disputed on %(day)s already. A refusal can be disputed once; a returns manager may "
                    "still override the verdict.", line=line.display_name, day=line.dispute_date.date()))
        self._check_still_free()
        self._write_flow({'is_disputed': True, 'dispute_note': comment, 'dispute_date': fields.Datetime.now()})
        self.request_id._note_handler()
        self._reopen(self.env._("The refusal is disputed: %s", comment))
        self._advance()

    def _may_be_disputed(self):
        self.ensure_one()
        return self.state == 'rejected' and not self.is_disputed

    def _check_still_free(self):
        """:raise UserError: pieces of a refused line are returned or promised elsewhere by now"""
        refused = self.filtered('is_rejected')
        refused.balance_id._refresh()
        refused._check_returnable()
        refused._check_lots()

    def _reopen(self, note):
        """Put the question of these lines anew, in a new round; of the others nothing changes.

        :param str note: why, for the chatter
        :raise UserError: nobody may decide
        """
        for line in self.filtered('is_rejected'):
            line._write_flow({
                'is_rejected': False, 'rejection_note': False, 'quantity_approved': line.quantity,
                # what was settled in advance stays so, whoever has the goods
                'quantity_advanced': line.quantity if line.is_returnless else max(
                    0.0, line.quantity_settled - line.quantity_accepted),
                'quantity_closed': 0.0, 'is_settle_laid': False})
        for request, lines in self.grouped('request_id').items():
            request._start_round(lines)
            request.message_post(body=note)

    def _get_state_label(self):
        self.ensure_one()
        return dict(self._fields['state']._description_selection(self.env))[self.state]

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'override_status', 'override_note', 'override_user_id', 'override_date', 'is_disputed', 'dispute_note',
            'dispute_date'}

    def _reset_to_draft(self):
        """A dispute stays on file: taking the request up again opens no second one."""
        super()._reset_to_draft()
        self._write_flow({
            'override_status': False, 'override_note': False, 'override_user_id': False, 'override_date': False})

    def _do_follow_ups(self, changed):
        again = super()._do_follow_ups(changed)
        refused = self.browse().concat(*changed).filtered(
            lambda line: line.state == 'rejected' and changed[line] in ('draft', 'review'))
        if refused:
            refused.request_id._ask_to_explain()
        return again
