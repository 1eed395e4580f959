# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ...tools import tally
from ..batches import work_in_batches
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

    request_id = fields.Many2one(
        'returns.request', "Return", required=True, index=True, ondelete='restrict', readonly=True)
    company_id = fields.Many2one(related='request_id.company_id', store=True, index=True, precompute=True)
    line_ids = fields.Many2many('returns.request.line', string="Lines", readonly=True)
    kind = fields.Selection(
        [('group', "Approval Group"), ('committee', "Return Team"), ('manager', "Returns Managers")], required=True,
        readonly=True, help="Returns managers judge a disputed refusal where there is no return team.")
    group_id = fields.Many2one('returns.approval.group', readonly=True, ondelete='restrict', index='btree_not_null')
    team_id = fields.Many2one('returns.team', readonly=True, ondelete='restrict', index='btree_not_null')
    phase = fields.Selection(PHASES, required=True, readonly=True)
    sequence = fields.Integer(readonly=True)
    round = fields.Integer(default=1, readonly=True)
    voter_ids = fields.Many2many('res.users', string="Voters", readonly=True, help="Who may decide, as of opening.")
    delegation_ids = fields.Many2many(
        'returns.delegation', 'returns_step_delegation_rel', string="Stand-ins", readonly=True,
        help="Voters who decide in place of an absent member.")
    state = fields.Selection(
        [('waiting', "Waiting"), ('open', "Open"), ('approved', "Approved"), ('rejected', "Rejected"),
         ('skipped', "Skipped")], "Status", default='waiting', required=True, readonly=True, index=True)
    date_opened = fields.Datetime("Opened On", readonly=True)
    date_closed = fields.Datetime("Answered On", readonly=True)
    deadline = fields.Datetime(readonly=True, index='btree_not_null')
    is_late = fields.Boolean("Late", compute='_compute_is_late', search='_search_is_late')
    was_late = fields.Boolean(readonly=True, help="Late already when the clocks of the return were stopped.")
    reminder = fields.Selection(
        [('soon', "Due soon"), ('late', "Late"), ('escalated', "Escalated")], readonly=True,
        help="What its voters, and at last the escalation user, were told about the deadline.")
    is_superseded = fields.Boolean(
        "Asked Anew", readonly=True, help="What it was about has changed since: the answers stay, and count no more.")
    is_escalated = fields.Boolean("Escalated", readonly=True, help="Too few members may decide; others were asked.")
    decision_ids = fields.One2many('returns.decision', 'step_id', "Decisions", readonly=True)
    point_ids = fields.One2many('returns.approval.point', string="Checklist", compute='_compute_point_ids')
    has_checklist = fields.Boolean(compute='_compute_point_ids')

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
            step.display_name = (
                step.sudo().group_id.name or step.sudo().team_id.name or self.env._("Returns Managers"))

    @api.depends('group_id.point_ids', 'team_id.point_ids')
    def _compute_point_ids(self):
        for step in self:
            step.point_ids = step.group_id.point_ids or step.team_id.point_ids
            step.has_checklist = bool(step.point_ids)

    @api.depends('state', 'deadline', 'was_late', 'request_id.is_paused')
    def _compute_is_late(self):
        now = fields.Datetime.now()
        for step in self:
            step.is_late = bool(
                step.state == 'open' and step.deadline and step.deadline < now
                and (step.was_late or not step.sudo().request_id.is_paused))

    @api.model
    def _search_is_late(self, operator, value):
        if operator not in ('in', 'not in'):
            return NotImplemented
        late = self._get_running_domain() & Domain('deadline', '<', fields.Datetime.now())
        return late if (operator == 'in') == (True in value) else ~late

    @api.model
    def _get_running_domain(self):
        """:return: domain of the open steps whose clock is running"""
        return Domain('state', '=', 'open') & (
            Domain('was_late', '=', True) | Domain('request_id.is_paused', '=', False))

    @api.depends('line_ids.amount_company', 'line_ids.product_id', 'line_ids.quantity', 'line_ids.quantity_approved')
    def _compute_amount(self):
        """What is approved of each line; of a rejected one, what was asked."""
        for step in self:
            step.amount = sum(step.line_ids.mapped('amount_company'))
            step.product_note = ", ".join(
                f"{line.quantity_approved or line.quantity:.10g} × {line.product_id.display_name}"
                for line in step.line_ids)

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
                & ~Domain('decision_ids', 'in', answered)
                & (Domain('company_id.returns_allow_own_decision', '=', True) | ~self._get_handled_domain()))
        return mine if (operator == 'in') == (True in value) else ~mine

    @api.model
    def _get_handled_domain(self):
        """:return: domain of the steps about what the current user has had a hand in since they were put"""
        return Domain('request_id.user_id', '=', self.env.uid) | Domain('request_id.handler_ids', 'in', self.env.uid)

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | set(self._fields) - set(models.MAGIC_COLUMNS)

    # ------------------------------------------------------------------
    # Public actions (of the approval lists): they answer through the request
    # ------------------------------------------------------------------

    def action_approve(self, comment=None, answers=None):
        """Answer these steps; see ``returns.request.action_approve``."""
        return self._decide('approve', comment, answers)

    def action_reject(self, comment, answers=None):
        """Answer these steps; see ``returns.request.action_reject``."""
        return self._decide('reject', comment, answers)

    def action_abstain(self, comment=None, answers=None):
        """Answer these steps; see ``returns.request.action_abstain``."""
        return self._decide('abstain', comment, answers)

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
        steps._go_on()
        return True

    def _decide(self, verdict, comment, answers):
        self.check_access('read')
        requests = self.request_id
        requests._check_decider()
        requests._check_comment(verdict, comment)
        answers = requests._read_answers(answers)
        requests._as_flow()._do_decide(verdict, comment, answers, steps=self._as_flow())
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
        if user in step._get_handlers():
            return self.env._(
                "You have had a hand in this return, or are responsible for it, since %s was asked: a returns manager "
                "has to reassign the step.", step.display_name)
        return ""

    def _get_handlers(self):
        """:return: who has had a hand in what is asked, where the company lets nobody judge their own wish"""
        self.ensure_one()
        request = self.request_id
        if request.company_id.returns_allow_own_decision:
            return self.env['res.users']
        return request.create_uid | request.handler_ids | request.user_id

    def _get_excluded_users(self):
        """Segregation: nobody decides on a request they wrote, submitted or are responsible for,
        and nobody answers two steps of one request, unless the company allows it.

        :return: ``res.users`` who must not decide this step
        """
        self.ensure_one()
        if self.company_id.returns_allow_own_decision:
            return self.env['res.users']
        return self._get_handlers() | self._get_standing_steps().decision_ids.user_id

    def _get_standing_steps(self):
        """:return: the other steps of this return whose answers count: those of its round, and those of earlier rounds
            about the same lines, as long as no later round asked anew whether these come back
        """
        self.ensure_one()
        steps, last = self.request_id.step_ids, dict.fromkeys(self.line_ids, 0)
        for step in steps.filtered(lambda step: step.phase == 'authorise'):
            for line in step.line_ids & self.line_ids:
                last[line] = max(last[line], step.round)
        return steps.filtered(lambda step: not step.is_superseded and (step.round == self.request_id.round or any(
            step.round >= last[line] for line in step.line_ids & self.line_ids))) - self

    def _get_members(self):
        self.ensure_one()
        if self.kind == 'manager':
            users = self.company_id._get_returns_managers()
        else:
            users = self.group_id.member_ids if self.kind == 'group' else self.team_id.member_ids.user_id
        return users.filtered(self._may_work_here)

    def _get_poll(self, users, delegations):
        """:return: rule, voters and options of ``tools.tally``, were ``users`` the voters of this step, some of them
            as stand-ins by ``delegations``
        """
        self.ensure_one()
        team, group = self.team_id, self.group_id
        absent = {delegation.delegate_id: delegation.user_id for delegation in delegations}
        seats = {member.user_id: member for member in team.member_ids}
        voters, chair = [], None
        for user in users:
            seat = seats.get(absent.get(user, user))
            voters.append(tally.Voter(user.id, seat.department if seat else group.department))
            if seat and seat.is_chair:
                chair = user.id
        if self.kind == 'manager':
            return 'any', voters, {}
        if self.kind == 'group':
            return group.rule, voters, {'quorum': group.quorum}
        return team.rule, voters, {
            'quorum': team.quorum, 'chair': chair, 'required_departments': team._get_required_departments()}

    def _find_voters(self, absent, voters=None):
        """Who may decide. Where segregation leaves too few for the rule, the escalation user does
        alone, or without one any returns manager.

        :param dict absent: {user: their delegation} of all who are absent now
        :param voters: those of the present voters who go on; without it the question is put anew, to the
            members of today
        :return: (``res.users``, whether others than the members are asked, the delegations by which some of them are)
        """
        self.ensure_one()
        excluded = self._get_excluded_users()
        if voters is None:
            voters, delegations = self._seat(self._get_members() - excluded, excluded, absent)
        else:
            voters, delegations = self._seat(voters - excluded, excluded, absent, kept=self.delegation_ids)
            if self.is_escalated and voters:
                return voters, True, delegations
        rule, seats, options = self._get_poll(voters, delegations)
        if tally.can_approve(rule, seats, **options):
            return voters, False, delegations
        deputy, delegations = self._seat(
            (self.group_id or self.team_id).escalation_user_id.filtered('active') - excluded, excluded, absent)
        if deputy:
            return deputy, True, delegations
        return self.company_id._get_returns_managers() - excluded, True, delegations

    def _seat(self, members, excluded, absent, kept=None):
        """Put stand-ins in the place of those of ``members`` who are absent and have not answered.

        Somebody has one vote: who is a voter already stands in for nobody, and that seat stays empty. So does
        that of an absent member whose stand-in is ``excluded``, or absent too.

        :param kept: delegations by which some of ``members`` sit here already
        :return: (``res.users``, the delegations used)
        """
        self.ensure_one()
        kept = (kept or self.env['returns.delegation']).filtered(lambda delegation: delegation.delegate_id in members)
        away = members.filtered(lambda user: user in absent) - self.decision_ids.user_id
        voters = members - away
        used = kept.filtered(lambda delegation: delegation.delegate_id in voters)
        for delegation in (absent[user] for user in away - kept.delegate_id):
            user = delegation.delegate_id
            if user not in voters | excluded and user not in absent and self._may_work_here(user):
                voters |= user
                used |= delegation
        return voters, used

    def _get_voters(self):
        """:return: the voters of this step: who left the company counts by the answer they gave, else not"""
        self.ensure_one()
        return self.with_context(active_test=False).voter_ids.with_env(self.env).filtered(
            lambda user: user.active or user in self.decision_ids.user_id)

    def _may_work_here(self, user):
        return user.active and self.company_id in user.company_ids

    def _assign_voters(self, leaving=None):
        """Fix who may decide, see :meth:`_find_voters`.

        :param leaving: who of the present voters does not vote after all; without it the question is put anew
        """
        absent = self.env['returns.delegation']._get_current()
        same = defaultdict(self.browse)
        for step in self:
            same[step._find_voters(absent, None if leaving is None else step._get_voters() - leaving)] |= step
        for (voters, escalated, delegations), steps in same.items():
            if escalated and voters:
                steps.filtered(lambda step: not step.is_escalated)._tell_escalation(voters)
            steps.write({
                'voter_ids': [Command.set(voters.ids)], 'is_escalated': escalated,
                'delegation_ids': [Command.set(delegations.ids)]})

    def _tell_escalation(self, voters):
        self.env['returns.request'].browse(self.request_id.ids)._message_log_batch(bodies={
            request.id: self.env._(
                "Too few members of %(steps)s may decide on this return: %(who)s decides.",
                steps=", ".join(steps.mapped('display_name')), who=", ".join(voters.mapped('name')))
            for request, steps in self.grouped('request_id').items()
        })

    def _pass_on(self, absent):
        """Have the stand-ins of ``absent`` asked in these open steps; nobody else's question changes."""
        self.request_id._lock()
        steps = self.with_prefetch().filtered(lambda step: step.state == 'open').filtered(
            lambda step: (step.voter_ids - step.decision_ids.user_id) & absent)
        if steps:
            steps._assign_voters(leaving=self.env['res.users'])
            steps._go_on()

    def _go_on(self):
        """The voters of these open steps are others now: remind them, and count anew."""
        self._schedule_activities()
        self._count()  # who is left may have voted already
        self.request_id.line_ids._advance()

    def _check_voters(self):
        """:raise UserError: nobody may decide an open step, or one that opens after it"""
        absent = self.env['returns.delegation']._get_current()
        for step in self:
            if not (step.voter_ids if step.state == 'open' else step._find_voters(absent)[0]):
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
        asked, calendar = self.group_id or self.team_id, self.company_id.resource_calendar_id
        return (asked.limit_value, asked.limit_unit, calendar) if asked else (1.0, 'working_days', calendar)

    def _schedule_activities(self):
        """One activity a step and voter, in one batch; no mail is sent for it (TRIALS F)."""
        self._remove_activities()
        self.request_id.mapped('display_name')  # now, for whatever is deleted empties the cache
        labels = {
            False: self.env._("%s"), 'soon': self.env._("Due soon: %s"), 'late': self.env._("Late: %s"),
            'escalated': self.env._("Late: %s")}
        kind = self.env.ref('returns_management.mail_activity_type_decide')
        model_id = self.env['ir.model']._get_id('returns.request')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([
            {
                'res_model_id': model_id, 'res_id': step.request_id.id, 'activity_type_id': kind.id,
                'returns_step_id': step.id, 'user_id': voter.id, 'summary': labels[step.reminder] % step.display_name,
                'date_deadline': fields.Datetime.context_timestamp(
                    self.with_context(tz=voter.tz or self.env.context.get('tz')), step.deadline).date(),
            }
            for step in self for voter in step.voter_ids - step.decision_ids.user_id
        ])
        self._tell_counters(self.voter_ids)

    def _remove_activities(self, users=None):
        """Drop the reminders of these steps (of ``users`` only, if given)."""
        domain = Domain('returns_step_id', 'in', self.ids)
        if users is not None:
            domain &= Domain('user_id', 'in', users.ids)
        activities = self.env['mail.activity'].search(domain)
        self._tell_counters(activities.user_id)
        activities.unlink()

    @api.model
    def _tell_counters(self, users):
        """What ``users`` may decide has changed: their screens count anew."""
        users._bus_send('returns.approvals', {})

    def _check_answers(self, verdict, answers):
        """:raise UserError: a required point is not confirmed by who approves, or a point is of no checklist here"""
        if set(answers) - set(self.point_ids.ids):
            raise UserError(self.env._(
                "Only points of the checklists of %(steps)s can be answered here. Open the question anew.",
                steps=", ".join(dict.fromkeys(self.mapped('display_name')))))
        for step in self if verdict == 'approve' else ():
            missing = step.point_ids.filtered(lambda point: point.is_required and not answers.get(point.id))
            if missing:
                raise UserError(self.env._(
                    "%(request)s: %(step)s approves only what these points are confirmed for: %(points)s. "
                    "Confirm them, or reject.", request=step.request_id.name, step=step.display_name,
                    points="; ".join(missing.mapped('name'))))

    def _record(self, user, verdict, comment, answers):
        """Write down what ``user`` answers to these open steps, and count the votes."""
        vals_list = []
        for step in self:
            absent = step.delegation_ids.filtered(lambda delegation: delegation.delegate_id == user).user_id
            seats = step.team_id.member_ids.filtered(lambda member, who=absent or user: member.user_id == who)
            vals_list.append({
                'step_id': step.id, 'user_id': user.id, 'on_behalf_of_id': absent.id, 'verdict': verdict,
                'comment': comment, 'department': step.group_id.department or seats[:1].department,
                'checklist': [{
                    'name': point.name, 'required': point.is_required, 'confirmed': answers.get(point.id, False),
                } for point in step.point_ids] or False})
        self.env['returns.decision'].create(vals_list)
        self.invalidate_recordset(['decision_ids'])
        self._remove_activities(user)
        self._count()

    def _count(self):
        """Close the steps whose result is certain, and let their consequences follow."""
        now = fields.Datetime.now()
        results = {}
        stranded = self.filtered(lambda step: not step._can_be_approved())
        if stranded:  # members left, or the rule changed: nobody rejected it by that
            stranded._assign_voters()
            stranded._schedule_activities()
        for step in self:
            result = step._tally()
            if result != 'open':
                results[result] = results.get(result, self.browse()) | step
        for result, steps in results.items():
            steps.write({'state': result, 'date_closed': now})
            steps._remove_activities()
        for step in results.get('rejected', self.browse()):
            step._carry_out_rejection()

    def _can_be_approved(self):
        """:return: whether the voters of this open step could approve it, were they all in favour"""
        self.ensure_one()
        rule, voters, options = self._get_poll(self._get_voters(), self.delegation_ids)
        return bool(voters) if self.is_escalated else tally.can_approve(rule, voters, **options)

    def _tally(self):
        """:return: 'open', 'approved' or 'rejected', by the step's rule"""
        self.ensure_one()
        rule, voters, options = self._get_poll(self._get_voters(), self.delegation_ids)
        votes = {decision.user_id.id: decision.verdict for decision in self.decision_ids.sorted('id')}
        return tally.tally('any', voters, votes) if self.is_escalated else tally.tally(rule, voters, votes, **options)

    def _get_live_lines(self):
        """:return: the lines that there is still something to decide about: neither rejected nor withdrawn, nor
            refused by another step after the goods were seen
        """
        self.ensure_one()
        refused = self.request_id.step_ids.filtered(lambda other: (
            other.state == 'rejected' and other.phase == self.phase and other.round == self.round)).line_ids
        return (self.line_ids - refused).filtered(lambda line: not line._is_given_up())

    def _carry_out_rejection(self):
        """Lines of a rejected step are rejected, or not paid where the goods are already here."""
        self.ensure_one()
        note = self._get_rejection_note()
        lines = self.line_ids.filtered(lambda line: not line.is_rejected)
        if self.phase == 'authorise':
            lines._reject(note)
        else:
            lines._refuse_accepted(note)

    def _get_rejection_note(self):
        """:return: why this step was rejected, in its voters' words"""
        comments = [decision.comment for decision in self.decision_ids
                    if decision.verdict == 'reject' and decision.comment]
        return "\n".join(comments) or self.env._("It was not approved.")  # abstentions alone give no reason

    def _skip(self):
        """Steps that nobody needs to answer any more."""
        self._remove_activities()
        self.filtered(lambda step: step.state not in ANSWERED).write({
            'state': 'skipped', 'date_closed': fields.Datetime.now()})

    # ------------------------------------------------------------------
    # Clocks
    # ------------------------------------------------------------------

    @api.model
    def _cron_follow_clocks(self, batch=200):
        """Pass questions on to stand-ins, remind voters before and at the deadline, then tell who is to see to it.

        In batches, see :func:`work_in_batches`.
        """
        for model, domain, work in self._get_clock_work():
            if not work_in_batches(model, domain, work, batch):
                return

    @api.model
    def _get_clock_work(self):
        """:return: [(empty records, domain of what is to do, what is done with a batch)]; bridges add theirs"""
        now, lead = fields.Datetime.now(), self._get_lead()
        running, untold = self._get_running_domain(), Domain('reminder', '=', False)
        soon = Domain('deadline', '>', now) & Domain('deadline', '<=', fields.Datetime.add(now, hours=lead))
        late = Domain('deadline', '<=', now) & (untold | Domain('reminder', '=', 'soon'))
        long_late = Domain('deadline', '<=', fields.Datetime.subtract(now, hours=lead))
        Request, Pause = self.env['returns.request'], self.env['returns.pause']
        return [
            (self.env['returns.delegation'], Domain('is_current', '=', True), lambda found: found._apply()),
            (self, running & soon & untold, lambda steps: steps._get_free()._remind('soon')),
            (self, running & late, lambda steps: steps._get_free()._remind('late')),
            (self, running & long_late & Domain('reminder', '=', 'late'), lambda steps: steps._get_free()._escalate()),
            (Request, Request._get_untold_domain(), lambda requests: requests._get_free()._tell_late()),
            (Pause, Pause._get_forgotten_domain(), lambda pauses: pauses._tell_forgotten()),
        ]

    @api.model
    def _get_lead(self):
        """:return: hours before a deadline at which voters are reminded, and after it at which others are told"""
        return float(self.env['ir.config_parameter'].sudo().get_param('returns_management.reminder_hours', 4.0))

    def _remind(self, kind):
        """Renew the voters' activities."""
        self.write({'reminder': kind})
        self._schedule_activities()

    def _escalate(self):
        """Tell the escalation users, or without one the returns managers."""
        self._remind('escalated')
        kind = self.env.ref('returns_management.mail_activity_type_late')
        model_id = self.env['ir.model']._get_id('returns.request')
        vals_list = []
        for step in self:
            told = ((step.group_id or step.team_id).escalation_user_id.filtered('active')
                    or step.company_id._get_returns_managers())
            vals_list += [{
                'res_model_id': model_id, 'res_id': step.request_id.id, 'activity_type_id': kind.id,
                'returns_step_id': step.id, 'user_id': user.id,
                'summary': self.env._("%(step)s has not decided: ask %(who)s", step=step.display_name, who=", ".join(
                    (step.voter_ids - step.decision_ids.user_id).mapped('name'))),
                'date_deadline': step.deadline.date(),
            } for user in told - step.voter_ids]
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create(vals_list)
