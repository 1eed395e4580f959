# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import tally
from ..vocabulary import PHASES

ANSWERED = ('approved', 'rejected', 'skipped')


class ReturnsStep(models.Model):
    """One question put to one group or to the committee, about lines of one request.

    Users have read access only: steps are made and moved by private code, decisions are
    given through ``returns.request.action_approve`` and its siblings.
    """
    _name = 'returns.step'
    _description = "Return Approval Step"
    _inherit = ['returns.guard']
    _order = 'request_id, round, phase, sequence, id'

    request_id = fields.Many2one('returns.request', required=True, index=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    line_ids = fields.Many2many('returns.request.line', string="Lines", readonly=True)
    kind = fields.Selection([('group', "Approval Group"), ('committee', "Return Team")], required=True, readonly=True)
    group_id = fields.Many2one('returns.approval.group', readonly=True, ondelete='restrict', index='btree_not_null')
    team_id = fields.Many2one('returns.team', readonly=True, ondelete='restrict', index='btree_not_null')
    phase = fields.Selection(PHASES, required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    round = fields.Integer(default=1, readonly=True)
    voter_ids = fields.Many2many('res.users', string="Voters", readonly=True, help="Who may decide, as of opening.")
    state = fields.Selection(
        [('waiting', "Waiting"), ('open', "Open"), ('approved', "Approved"), ('rejected', "Rejected"),
         ('skipped', "Skipped")], default='waiting', required=True, readonly=True, index=True)
    date_opened = fields.Datetime("Opened On", readonly=True)
    date_closed = fields.Datetime("Answered On", readonly=True)
    deadline = fields.Datetime(readonly=True, index='btree_not_null')
    is_late = fields.Boolean("Late", compute='_compute_is_late', search='_search_is_late')
    is_escalated = fields.Boolean("Escalated", readonly=True, help="Too few members may decide; others were asked.")
    decision_ids = fields.One2many('returns.decision', 'step_id', "Decisions", readonly=True)

    partner_id = fields.Many2one(related='request_id.partner_id', string="Customer")
    currency_id = fields.Many2one(related='company_id.currency_id')
    amount = fields.Monetary(
        compute='_compute_amount', compute_sudo=True, help="Value of the lines asked about, in company currency.")
    policy_note = fields.Text(related='request_id.policy_note', related_sudo=True)
    product_note = fields.Char("Products", compute='_compute_amount', compute_sudo=True)
    may_decide = fields.Boolean(compute='_compute_may_decide', search='_search_may_decide')

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('kind', 'group_id.name', 'team_id.name')
    def _compute_display_name(self):
        for step in self:
            step.display_name = step.sudo().group_id.name or step.sudo().team_id.name

    @api.depends('state', 'deadline')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for step in self:
            step.is_late = step.state == 'open' and bool(step.deadline) and step.deadline < now

    @api.model
    def _search_is_late(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        late = Domain('state', '=', 'open') & Domain('deadline', '<', fields.Datetime.now())
        return late if (operator == 'in') == (True in value) else ~late

    @api.depends('line_ids.amount_company', 'line_ids.product_id', 'line_ids.quantity_approved')
    def _compute_amount(self):
        for step in self:
            step.amount = sum(step.line_ids.mapped('amount_company'))
            step.product_note = ", ".join(
                f"{line.quantity_approved:g} × {line.product_id.display_name}" for line in step.line_ids)

    @api.depends_context('uid')
    @api.depends('state', 'voter_ids', 'decision_ids')
    def _compute_may_decide(self):
        for step in self:
            step.may_decide = not step._get_cannot_decide_reason(self.env.user)

    @api.model
    def _search_may_decide(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        answered = self.env['returns.decision'].sudo()._search([('user_id', '=', self.env.uid)])
        mine = (Domain('state', '=', 'open') & Domain('voter_ids', 'in', self.env.uid)
                & ~Domain('decision_ids', 'in', answered))
        return mine if (operator == 'in') == (True in value) else ~mine

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | set(self._fields) - set(models.MAGIC_COLUMNS)

    # ------------------------------------------------------------------
    # Public actions (of the approval lists): they answer through the request
    # ------------------------------------------------------------------

    def action_approve(self, comment=None):
        """Answer these steps; see ``returns.request.action_approve``."""
        return self._decide('approve', comment)

    def action_reject(self, comment):
        """Answer these steps; see ``returns.request.action_reject``."""
        return self._decide('reject', comment)

    def action_abstain(self, comment=None):
        """Answer these steps; see ``returns.request.action_abstain``."""
        return self._decide('abstain', comment)

    def action_open_request(self):
        self.ensure_one()
        self.check_access('read')
        return {
            'type': 'ir.actions.act_window', 'res_model': 'returns.request', 'res_id': self.request_id.id,
            'view_mode': 'form', 'views': [(False, 'form')],
        }

    def action_reassign(self):
        """Ask anew who may decide the open steps, after members came or went.

        :raise AccessError: not a returns manager
        :raise UserError: still nobody may decide
        """
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            raise AccessError(self.env._("Only a returns manager reassigns approval steps."))
        self.check_access('read')
        steps = self._as_flow()
        steps.request_id._lock()
        steps = steps.filtered(lambda step: step.state == 'open')
        steps._assign_voters()
        steps._check_voters()
        steps._schedule_activities()
        return True

    def _decide(self, verdict, comment):
        self.check_access('read')
        requests = self.request_id
        requests._check_decider()
        requests._check_comment(verdict, comment)
        requests._as_flow()._do_decide(verdict, comment, steps=self._as_flow())
        return True

    # ------------------------------------------------------------------
    # Who may decide
    # ------------------------------------------------------------------

    def _get_cannot_decide_reason(self, user):
        """:return: why ``user`` may not decide this step, as a sentence; empty if they may"""
        self.ensure_one()
        step = self.sudo()
        if step.state != 'open':
            label = dict(self._fields['state']._description_selection(self.env))[step.state]
            return self.env._("%(step)s is %(state)s.", step=step.display_name, state=label.lower())
        if user not in step.voter_ids:
            return self.env._("You are not asked in %s.", step.display_name)
        if user in step.decision_ids.user_id:
            return self.env._("You have already answered %s.", step.display_name)
        return ""

    def _get_excluded_users(self):
        """Segregation: nobody decides on a request they wrote, submitted or are responsible for,
        and nobody answers two steps of one request, unless the company allows it.

        :return: ``res.users`` who must not decide this step
        """
        self.ensure_one()
        request = self.request_id
        if request.company_id.returns_allow_own_decision:
            return self.env['res.users']
        others = request.step_ids.filtered(lambda step: step.round == request.round) - self
        return request.create_uid | request.handler_ids | request.user_id | others.decision_ids.user_id

    def _get_members(self):
        self.ensure_one()
        users = self.group_id.member_ids if self.kind == 'group' else self.team_id.member_ids.user_id
        return users.filtered(lambda user: user.active and self.company_id in user.company_ids)

    def _get_needed_voters(self):
        """:return: how many voters the step's rule cannot do without"""
        self.ensure_one()
        if self.kind == 'committee':
            return self.team_id.quorum
        return self.group_id.quorum if self.group_id.rule in ('quorum', 'majority') else 1

    def _get_missing_departments(self, voters):
        """:return: departments whose vote the committee needs and that ``voters`` do not cover"""
        self.ensure_one()
        if self.kind != 'committee':
            return set()
        seats = self.team_id.member_ids.filtered(lambda member: member.user_id in voters)
        missing = set(self.team_id._get_required_departments()) - set(seats.mapped('department'))
        if self.team_id.rule == 'chair' and not seats.filtered('is_chair'):
            missing.add('management')
        return missing

    def _assign_voters(self):
        """Fix who may decide. Where segregation leaves too few, the escalation user decides alone."""
        managers = self.env.ref('returns_management.group_returns_manager').sudo().all_user_ids
        same = defaultdict(self.browse)
        for step in self:
            excluded = step._get_excluded_users()
            voters = step._get_members() - excluded
            escalated = len(voters) < step._get_needed_voters() or bool(step._get_missing_departments(voters))
            if escalated:
                deputy = (step.group_id.escalation_user_id or step.team_id.escalation_user_id) - excluded
                voters = deputy or (managers - excluded).filtered(
                    lambda user, step=step: user.active and step.company_id in user.company_ids)
            same[voters, escalated] |= step
        for (voters, escalated), steps in same.items():
            steps.write({'voter_ids': [Command.set(voters.ids)], 'is_escalated': escalated})

    def _check_voters(self):
        """:raise UserError: a step is open that nobody may decide"""
        for step in self:
            if not step.voter_ids:
                raise UserError(self.env._(
                    "Nobody may decide %(step)s about %(request)s: whoever files a return, or is responsible for it, "
                    "does not decide on it, and nobody decides twice. Add another member or an escalation user to "
                    "%(step)s, or let people decide on their own returns in Returns → Configuration → Settings.",
                    step=step.display_name, request=step.request_id.name))

    # ------------------------------------------------------------------
    # Opening and closing
    # ------------------------------------------------------------------

    def _open(self):
        """Put the question: voters, deadline, one activity a voter."""
        if not self:
            return
        now = fields.Datetime.now()
        self.write({'state': 'open', 'date_opened': now})
        self._assign_voters()
        for (limit, unit, calendar), steps in self.grouped(lambda step: step._get_limit()).items():
            steps.write({'deadline': calendar._returns_deadline(now, limit, unit)})
        self._schedule_activities()
        for step in self.filtered(lambda step: not step.voter_ids):
            step.request_id.message_post(body=self.env._(
                "Nobody may decide %s: a returns manager has to add a member and reassign the step.",
                step.display_name))

    def _get_limit(self):
        """:return: (number, unit, calendar) of the time this step may take"""
        self.ensure_one()
        asked = self.group_id or self.team_id
        return asked.limit_value, asked.limit_unit, self.company_id.resource_calendar_id

    def _schedule_activities(self):
        """One activity a step and voter, in one batch; no mail is sent for it (TRIALS F)."""
        requests = self.request_id
        requests.mapped('display_name')
        kind = self.env.ref('returns_management.mail_activity_type_decide')
        self._remove_activities()
        model_id = self.env['ir.model']._get_id('returns.request')
        today = fields.Date.context_today(self)
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([
            {
                'res_model_id': model_id, 'res_id': step.request_id.id, 'activity_type_id': kind.id,
                'user_id': voter.id, 'summary': step.display_name,
                'date_deadline': step.deadline.date() if step.deadline else today,
            }
            for step in self for voter in step.voter_ids - step.decision_ids.user_id
        ])

    def _remove_activities(self, users=None):
        """Drop the reminders of these steps (of ``users`` only, if given)."""
        kind = self.env.ref('returns_management.mail_activity_type_decide')
        domain = Domain('res_model', '=', 'returns.request') & Domain('res_id', 'in', self.request_id.ids) & Domain(
            'activity_type_id', '=', kind.id)
        if users is not None:
            domain &= Domain('user_id', 'in', users.ids)
        activities = self.env['mail.activity'].search(domain)
        names = {(step.request_id.id, step.display_name) for step in self}
        activities.filtered(lambda activity: (activity.res_id, activity.summary) in names).unlink()

    def _record(self, user, verdict, comment):
        """Write down what ``user`` answers to these open steps, and count the votes."""
        seats = self.team_id.member_ids.filtered(lambda member: member.user_id == user)
        self.env['returns.decision'].create([{
            'step_id': step.id, 'user_id': user.id, 'verdict': verdict, 'comment': comment,
            'department': step.group_id.department or seats.filtered(
                lambda member, step=step: member.team_id == step.team_id)[:1].department,
        } for step in self])
        self.invalidate_recordset(['decision_ids'])
        self._remove_activities(user)
        self._count()

    def _count(self):
        """Close the steps whose result is certain, and let their consequences follow."""
        now = fields.Datetime.now()
        results = {}
        for step in self:
            result = step._tally()
            if result != 'open':
                results[result] = results.get(result, self.browse()) | step
        for result, steps in results.items():
            steps.write({'state': result, 'date_closed': now})
            steps._remove_activities()
        for step in results.get('rejected', self.browse()):
            step._carry_out_rejection()

    def _tally(self):
        """:return: 'open', 'approved' or 'rejected', by the step's rule"""
        self.ensure_one()
        seats = {member.user_id.id: member for member in self.team_id.member_ids}
        voters = [
            tally.Voter(user.id, seats[user.id].department if user.id in seats else self.group_id.department)
            for user in self.voter_ids
        ]
        votes = {decision.user_id.id: decision.verdict for decision in self.decision_ids}
        if self.is_escalated:
            return tally.tally('any', voters, votes)
        if self.kind == 'group':
            return tally.tally(self.group_id.rule, voters, votes, quorum=self.group_id.quorum)
        chair = self.team_id.member_ids.filtered('is_chair').user_id
        return tally.tally(
            self.team_id.rule, voters, votes, quorum=self.team_id.quorum, chair=chair.id or None,
            required_departments=self.team_id._get_required_departments())

    def _carry_out_rejection(self):
        """Lines of a rejected step are rejected, or not paid where the goods are already here."""
        self.ensure_one()
        comments = [decision.comment for decision in self.decision_ids
                    if decision.verdict == 'reject' and decision.comment]
        lines = self.line_ids.filtered(lambda line: not line.is_rejected)
        if self.phase == 'authorise':
            lines._reject("\n".join(comments))
        else:
            lines._refuse_accepted("\n".join(comments))

    def _skip(self):
        """Steps that nobody needs to answer any more."""
        self._remove_activities()
        self.filtered(lambda step: step.state not in ANSWERED).write({
            'state': 'skipped', 'date_closed': fields.Datetime.now()})
