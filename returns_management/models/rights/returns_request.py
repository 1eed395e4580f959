# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict
from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, UserError

from ...tools import policy
from ..vocabulary import POLICY_STATUSES

COMMITTEE_SEQUENCE = 1000  # the committee sits after the approval groups


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    policy_status = fields.Selection(
        POLICY_STATUSES, "Policy", compute='_compute_policy_status', store=True, index=True,
        help="The worst verdict of the lines.")
    policy_note = fields.Text("Policy Verdict", compute='_compute_policy_status', store=True)
    step_ids = fields.One2many('returns.step', 'request_id', "Approval Steps", readonly=True, copy=False)
    decision_ids = fields.One2many('returns.decision', compute='_compute_decision_ids')
    may_decide = fields.Boolean(compute='_compute_may_decide', compute_sudo=True)
    has_checklist = fields.Boolean(
        compute='_compute_may_decide', compute_sudo=True, help="The current user has points to confirm first.")
    handler_ids = fields.Many2many(
        'res.users', 'returns_request_handler_rel', string="Written By", readonly=True, copy=False,
        help="Who wrote, submitted or handed over the request: they do not decide on it.")
    evidence_ids = fields.Many2many('ir.attachment', string="Photos and Documents", copy=False)

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends('line_ids.policy_status', 'line_ids.policy_note')
    def _compute_policy_status(self):
        for request in self:
            statuses = [line.policy_status for line in request.line_ids if line.policy_status]
            request.policy_status = policy.worst(statuses) if statuses else False
            request.policy_note = "\n".join(
                f"{line.product_id.display_name}: {line.policy_note}" for line in request.line_ids if line.policy_note)

    @api.depends('step_ids.decision_ids')
    def _compute_decision_ids(self):
        for request in self:
            request.decision_ids = request.step_ids.decision_ids

    @api.depends_context('uid')
    @api.depends('step_ids.state', 'step_ids.voter_ids', 'step_ids.decision_ids')
    def _compute_may_decide(self):
        for request in self:
            steps = request._get_steps_to_answer(self.env.user)
            request.may_decide = bool(steps)
            request.has_checklist = any(request._get_answered(steps).mapped('has_checklist'))

    def _get_next_step_note(self):
        is_paid = self.state == 'settlement' and not any(
            line.quantity_accepted + line.quantity_advanced > line.quantity_settled for line in self.line_ids)
        if self.state in ('review', 'final_review') or is_paid:
            step = self.sudo().step_ids.filtered(lambda step: step.state == 'open')[:1]
            if step:
                waiting = self.env._(
                    "Waiting for %(who)s since %(since)s", who=step.display_name,
                    since=self._show_moment(step.date_opened))
                if not step.deadline:
                    return waiting + "."
                due = self._show_moment(step.deadline)
                return (self.env._("%(waiting)s; was due %(due)s.", waiting=waiting, due=due) if step.is_late
                        else self.env._("%(waiting)s; due %(due)s.", waiting=waiting, due=due))
        return super()._get_next_step_note()

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_approve(self, comment=None, answers=None):
        """Approve: answers one step of each request, the first open one the user may decide.

        The same verdict again changes nothing. In bulk it is all or nothing.

        :param dict answers: {id of a ``returns.approval.point``: whether it is confirmed}, of the checklists of the
            groups or teams that the user answers for; in bulk they hold for every request
        :raise UserError: there is no step of a request for this user to decide, and why; or a required point of its
            checklist is not confirmed
        """
        return self._decide('approve', comment, answers)

    def action_reject(self, comment, answers=None):
        """Reject, with the reason that the customer reads; no answer is required. See :meth:`action_approve`."""
        return self._decide('reject', comment, answers)

    def action_abstain(self, comment=None, answers=None):
        """Abstain: the vote is cast and counts for neither side; no answer is required. See :meth:`action_approve`."""
        return self._decide('abstain', comment, answers)

    def action_lower(self, quantities, comment):
        """Approve fewer pieces than asked, on lines of a step the user may decide. 0 rejects the line.

        :param dict quantities: {line id: quantity to approve, in the line's unit}
        :param str comment: why; the customer reads it
        :raise UserError: no step of the user's is open about a line, or a quantity is not below what was asked
        """
        self.ensure_one()
        self._check_decider()
        self._check_comment('reject', comment)
        try:
            wanted = {int(line_id): self._read_number(quantity) for line_id, quantity in dict(quantities).items()}
        except (TypeError, ValueError, OverflowError):
            wanted = {}
        if not wanted:
            raise UserError(self.env._("Give a quantity for each line."))
        self._as_flow()._do_lower(wanted, comment)
        return True

    def _check_decider(self):
        """:raise AccessError: a customer, or somebody who may not read one of the requests"""
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(self.env._("Only employees decide on returns."))
        self.check_access('read')

    def _decide(self, verdict, comment, answers):
        self._check_decider()
        self._check_comment(verdict, comment)
        self._as_flow()._do_decide(verdict, comment, self._read_answers(answers))
        return True

    @api.model
    def _read_answers(self, answers):
        """:return: {id of a checklist point: bool}
        :raise UserError: ``answers``, that somebody sent, are something else
        """
        try:
            read = {int(point_id): answer for point_id, answer in dict(answers or {}).items()}
        except (TypeError, ValueError, OverflowError):
            read = {0: None}
        if not all(isinstance(answer, bool) for answer in read.values()):
            raise UserError(self.env._("Answer the points of a checklist by their numbers, each with true or false."))
        return read

    @api.model
    def _check_comment(self, verdict, comment):
        """:raise UserError: a rejection without a reason, or a comment that is no text"""
        if comment is not None and comment is not False and not isinstance(comment, str):
            raise UserError(self.env._("The comment must be a text."))
        if verdict == 'reject' and not (comment or '').strip():
            raise UserError(self.env._("Say why you reject: the customer reads it."))

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def _get_steps_to_answer(self, user):
        """:return: the open steps of this request that ``user`` may decide, first one first"""
        self.ensure_one()
        return self.step_ids.filtered(
            lambda step: step.round == self.round and not step._get_cannot_decide_reason(user)
        ).sorted(lambda step: (step.sequence, step.id))

    def _get_answered(self, steps):
        """:return: those of ``steps`` (to be answered by one user) that one answer is given to"""
        self.ensure_one()
        return steps if self.company_id.returns_allow_own_decision else steps[:1]

    def _do_decide(self, verdict, comment, answers, steps=None):
        """Record the current user's answer to one step of each request, and go on from there.

        :param dict answers: {id of a checklist point: bool}
        :param steps: the steps meant; by default the first that the user may decide
        """
        self._lock()
        self.step_ids.invalidate_recordset()
        user = self.env.user
        answered = self.env['returns.step']
        for request in self:
            mine = request._get_steps_to_answer(user)
            if steps:
                mine &= steps
            if not mine:
                request._check_same_verdict(user, verdict, steps)
                continue
            answered |= request._get_answered(mine)
        if not answered:
            return
        answered._check_answers(verdict, answers)
        self._do_answer(answered, verdict, comment, answers)
        answered.request_id.line_ids._advance()

    def _do_answer(self, steps, verdict, comment, answers):
        steps._record(self.env.user, verdict, comment, answers)
        steps.request_id._withdraw_second_vote(self.env.user)

    def _do_lower(self, wanted, comment):
        self._lock()
        self.step_ids.invalidate_recordset()
        mine = self._get_steps_to_answer(self.env.user).filtered(lambda step: step.phase == 'authorise')
        lines = self.line_ids.filtered(lambda line: line.id in wanted)
        if len(lines) < len(wanted) or lines - mine.line_ids:
            raise UserError(self.env._(
                "%s: you lower quantities only on lines that you are asked about.", self.name))
        lines._lower_approved({line: wanted[line.id] for line in lines}, comment)
        self.message_post(body=self.env._(
            "%(who)s approved less than asked: %(comment)s", who=self.env.user.name, comment=comment))
        emptied = mine.filtered(lambda step: not step._get_live_lines())
        if emptied:  # nothing of it is left: that is a rejection, and signed as one
            self._do_answer(self._get_answered(emptied), 'reject', comment, {})
        lines._advance()

    def _check_same_verdict(self, user, verdict, steps=None):
        """Pressing the same button again changes nothing; anything else is refused, saying why.

        :raise UserError: the user decides nothing here, or answered otherwise
        """
        self.ensure_one()
        current = self.step_ids.filtered(lambda step: step.round == self.round and (not steps or step in steps))
        given = current.decision_ids.filtered(lambda decision: decision.user_id == user).sorted('id')[-1:]
        if given.verdict == verdict:
            return
        if given:
            label = dict(given._fields['verdict']._description_selection(self.env))[given.verdict]
            raise UserError(self.env._(
                "%(request)s: your answer to %(step)s is already on file (%(verdict)s) and cannot be changed.",
                request=self.name, step=given.step_id.display_name, verdict=label.lower()))
        opened = current.filtered(lambda step: step.state == 'open')
        if not opened:
            raise UserError(self.env._(
                "%(request)s waits for no approval: it is %(state)s.", request=self.name,
                state=self._get_state_label().lower()))
        raise UserError(self.env._(
            "%(request)s: %(reason)s %(who)s decides.", request=self.name,
            reason=opened[0]._get_cannot_decide_reason(user),
            who=", ".join(opened[0].voter_ids.mapped('name')) or self.env._("Nobody yet")))

    def _withdraw_second_vote(self, user):
        """Nobody answers two steps of one request: take ``user`` off the other open ones."""
        for request in self.filtered(lambda request: not request.company_id.returns_allow_own_decision):
            others = request.step_ids.filtered(
                lambda step: step.state == 'open' and user in step.voter_ids and user not in step.decision_ids.user_id)
            others._assign_voters(leaving=user)
            others._schedule_activities()
            others._count()

    # ------------------------------------------------------------------
    # Laying out steps
    # ------------------------------------------------------------------

    def _get_askers(self, phase, lines):
        """Who is to be asked about which of ``lines`` in ``phase``.

        :return: {request: [(values of the step, lines)]}
        """
        if phase == 'dispose':
            return self._get_disposal_askers(lines)
        groups = defaultdict(lambda: self.env['returns.approval.group'])
        for group in self.env['returns.approval.group'].search([
                ('company_id', 'in', self.company_id.ids), ('phase', '=', phase)]):
            groups[group.company_id] |= group
        is_limited = any(self.team_id.mapped('asked_amount_min')) or any(
            group.amount_min or group.amount_max for found in groups.values() for group in found)
        asked = self._get_amounts_asked() if is_limited else dict.fromkeys(self, 0.0)
        askers = {}
        for request in self:
            about = (request.line_ids & lines).with_prefetch(lines.ids).filtered(
                lambda line: not line._is_given_up() and (
                    phase == 'authorise' or not line.is_returnless or line.is_kept_on_site))
            if phase == 'authorise':
                about = about.filtered(lambda line: not line.is_express)
            found = []
            if phase == 'authorise':
                disputed = about.filtered(lambda line, request=request: (
                    line.is_disputed and line.dispute_date >= request.date_submitted))
                about -= disputed
                if disputed:
                    found.append((request._get_judge(), disputed))
            for group in groups[request.company_id].filtered(lambda group: not group.is_fallback):
                matching = group._filter_lines(request, about, asked[request])
                if matching:
                    found.append(({'kind': 'group', 'group_id': group.id, 'sequence': group.sequence}, matching))
            sitting = about.filtered(lambda line: line.reason_id.committee_phase == phase)
            if request.team_id:
                voting = request.team_id._filter_lines(
                    request, sitting, asked[request]) | sitting.filtered('needs_committee')
                if voting and request.team_id.member_ids:
                    found.append((
                        {'kind': 'committee', 'team_id': request.team_id.id, 'sequence': COMMITTEE_SEQUENCE}, voting))
            if phase == 'authorise':
                rest = about - about.browse().union(*(matching for _vals, matching in found))
                for group in groups[request.company_id].filtered('is_fallback') if rest else ():
                    found.append(({'kind': 'group', 'group_id': group.id, 'sequence': group.sequence}, rest))
            askers[request] = found + request._get_other_askers(phase, about - about.browse().union(
                *(matching for _vals, matching in found)))
        return askers

    def _get_other_askers(self, phase, rest):
        """Who is asked about lines that must not pass unasked, and that no group, team or fallback is asked about.

        :return: [(values of the step, lines)]
        """
        self.ensure_one()
        found = []
        worse = rest.filtered('is_worse_than_demanded') if phase == 'settle' else rest.browse()
        if worse:
            found.append((self._get_judge(), worse))
        unproven = (rest - worse).filtered(lambda line: line._is_always_asked(phase))
        if unproven:
            found += [(vals, unproven) for vals in self._get_last_resort()]
        return found

    def _get_last_resort(self):
        """:return: values of the steps that ask about what must not pass unasked, and nobody else is asked about: of the
            fallback groups, of whatever phase they are, or of who judges a dispute
        """
        self.ensure_one()
        groups = self.env['returns.approval.group'].search(
            [('company_id', '=', self.company_id.id), ('is_fallback', '=', True), ('phase', '!=', 'dispose')])
        return [{'kind': 'group', 'group_id': group.id, 'sequence': group.sequence} for group in groups] or [
            self._get_judge()]

    def _get_disposal_askers(self, lines):
        """Who is to be asked before goods of ``lines`` go where an inspector sends them: Goods knows.

        :return: as :meth:`_get_askers`
        """
        return {}

    def _get_amounts_asked(self):
        """What is asked for of the goods of one order, however many requests they are cut into: what each request asks
        for, and what others under way or paid ask for of the same orders.

        :return: {request: amount, in the company's currency}
        """
        orders = self.line_ids.sale_order_id
        lines = self.env['returns.request.line'].search([
            ('sale_line_id.order_id', 'in', orders.ids), ('state', 'not in', ('draft', 'rejected', 'cancelled')),
        ]) if orders else self.env['returns.request.line']
        by_order = (lines | self.line_ids).filtered(lambda line: not line.is_rejected).grouped('sale_order_id')
        unsold = self._find_unsold_lines().grouped(lambda line: (
            line.request_id.commercial_partner_id, line.company_id))
        return {
            request: request.amount_requested + sum(
                line.amount_company for order in request.line_ids.sale_order_id for line in by_order.get(order, ())
                if line.request_id != request) + sum(
                line.amount_company for line in unsold.get((request.commercial_partner_id, request.company_id), ())
                if line.request_id != request and request.line_ids.filtered(lambda line: line._get_origin() != 'order'))
            for request in self}

    def _find_unsold_lines(self):
        """:return: the lines without an order, under way or paid, of the same customers' last twelve months: there is no
            order to tell that they belong together
        """
        Line = self.env['returns.request.line']
        entities = self.line_ids.filtered(
            lambda line: line._get_origin() != 'order').request_id.commercial_partner_id
        return Line.search([
            ('sale_line_id', '=', False), ('request_id.commercial_partner_id', 'in', entities.ids),
            ('company_id', 'in', self.company_id.ids), ('state', 'not in', ('draft', 'rejected', 'cancelled')),
            ('request_id.date_submitted', '>=', fields.Datetime.subtract(fields.Datetime.now(), months=12)),
            ('is_rejected', '=', False)]) if entities else Line

    def _get_judge(self):
        """:return: values of the step that judges a disputed refusal: the return team's, or without one the managers'"""
        self.ensure_one()
        team = self.team_id
        if team.active and team.member_ids:
            return {'kind': 'committee', 'team_id': team.id, 'sequence': COMMITTEE_SEQUENCE}
        return {'kind': 'manager', 'sequence': COMMITTEE_SEQUENCE}

    def _ask_to_explain(self):
        """One activity for who is responsible: explain the refusal to the customer."""
        told = self.filtered(lambda request: request.user_id.active)
        kind = self.env.ref('returns_management.mail_activity_type_explain')
        told.mapped('display_name')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': self.env['ir.model']._get_id(self._name), 'res_id': request.id, 'activity_type_id': kind.id,
            'user_id': request.user_id.id, 'summary': self.env._("Explain the refusal to %s", request.partner_id.name),
            'date_deadline': fields.Date.context_today(request.with_context(tz=request.user_id.tz)),
        } for request in told])

    def _start_round(self, lines):
        """Ask anew about ``lines``; questions that are open about others go on with the votes they have.

        A question that is about both is put anew for all of its lines.
        """
        self.ensure_one()
        pending = self.step_ids.filtered(
            lambda step: step.round == self.round and step.state in ('waiting', 'open'))
        affected, asked = pending.browse(), lines
        for _step in pending:  # lines that share a question are asked about together, and so on
            affected = pending.filtered(lambda step, asked=asked: step.phase == 'authorise' and step.line_ids & asked)
            asked |= affected.line_ids
        again = asked.filtered(lambda line: not line._is_given_up())
        affected._skip()
        (pending - affected).write({'round': self.round + 1})
        self._write_flow({'round': self.round + 1})
        self._lay_out_steps('authorise', again)

    def _lay_out_steps(self, phase, lines=None):
        """Make the steps of ``phase`` for the lines under way, and open the first of them.

        :raise UserError: nobody may decide a step that opens at submission
        """
        askers = self._get_askers(phase, self.line_ids if lines is None else lines)
        steps = self.env['returns.step'].create([
            {**vals, 'request_id': request.id, 'phase': phase, 'round': request.round,
             'line_ids': [Command.set(about.ids)]}
            for request, found in askers.items() for vals, about in found
        ])
        if steps:
            self.invalidate_recordset(['step_ids'])
            self._open_next_steps()
            if phase == 'authorise':
                steps.filtered(lambda step: step.state in ('waiting', 'open'))._check_voters()
        if phase != 'dispose':  # the customer's money does not wait for it
            self._set_promises()

    def _open_next_steps(self):
        """Open each waiting step whose lines have passed all earlier steps; skip what nobody needs to answer any more.

        :return: whether a step opened or was skipped
        """
        pending = self.step_ids.filtered(
            lambda step: step.state in ('waiting', 'open') and step.round == step.request_id.round)
        opening = skipping = pending.browse()
        for step in pending:
            before = step.request_id.step_ids.filtered(
                lambda other, step=step: other.round == step.round and other.phase == step.phase
                and other.sequence < step.sequence and other.state in ('waiting', 'open')
                and other.line_ids & step.line_ids)
            if not step._get_live_lines():
                skipping |= step
            elif step.state == 'waiting' and not before:
                opening |= step
        skipping._skip()
        opening._open()
        return bool(opening or skipping)

    def _close_steps(self):
        """Nothing is left to decide: the requests are withdrawn."""
        self.step_ids.filtered(lambda step: step.state in ('waiting', 'open'))._skip()

    def _set_promises(self):
        """Until when the customer has our decision: the budgets of the steps still to be answered."""
        now = fields.Datetime.now()
        for request in self:
            pending = request.step_ids.filtered(
                lambda step: (step.round == step.request_id.round and step.phase != 'dispose'
                              and step.state in ('waiting', 'open')))
            due = now
            for _sequence, steps in sorted(pending.grouped('sequence').items()):
                due = max(
                    step.deadline or step._get_limit()[2]._returns_deadline(due, *step._get_limit()[:2])
                    for step in steps)
            request._write_flow({'date_decision_due': due if pending else False})

    def _set_ship_by(self, lines):
        """Until when goods should be on their way: the longest allowance of the rules of ``lines``, just approved."""
        now = fields.Datetime.now()
        for request in self:
            days = max((request.line_ids & lines).rule_id.mapped('ship_by_days'), default=14)
            due = now + timedelta(days=days)
            request._write_flow({
                'date_approved': request.date_approved or now, 'date_ship_by': max(due, request.date_ship_by or due)})

    # ------------------------------------------------------------------
    # Handlers and evidence
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        if any(vals.get('evidence_ids') for vals in vals_list):
            requests._adopt_evidence()
        requests._check_responsible()
        return requests

    def write(self, vals):
        if not self.env.su:
            if {'partner_id', 'company_id', 'team_id', 'date_requested'}.intersection(vals):
                self._note_handler()
            if 'user_id' in vals:
                mine = vals['user_id'] == self.env.uid
                self.filtered(lambda request: mine or request.user_id == self.env.user)._note_handler()
        known = {request: request.sudo().evidence_ids for request in self if 'evidence_ids' in vals}
        res = super().write(vals)
        if 'user_id' in vals:
            self._check_responsible()
        if known:
            self._adopt_evidence()
            self._refuse_lost_evidence(known)
        return res

    def _refuse_lost_evidence(self, known):
        """:param dict known: {request: its evidence before}
        :raise UserError: some of it is gone, of a request that has been submitted
        """
        for request, files in known.items():
            lost = files - request.sudo().evidence_ids
            if lost and (request.state != 'draft' or request.round > 1) and not self.env.su:
                raise UserError(self.env._(
                    "%(request)s has been submitted: its evidence (%(files)s) stays. Further files can be added.",
                    request=request.name, files=", ".join(lost.mapped('name'))))

    def message_post(self, **kwargs):
        if kwargs.get('rating_value') and not self.env.su:
            raise AccessError(self.env._("Customers rate their returns themselves, with the link they get by mail."))
        return super().message_post(**kwargs)

    def _note_handler(self):
        """Remember the current user as somebody who has had a hand in what is asked.

        Whoever takes a request over, or hands it over, stays barred; being named responsible by a returns
        manager bars for as long as one is.
        """
        user = self.env.user
        known = self.filtered(lambda request: request.create_uid == user)
        fresh = (self - known).sudo().filtered(lambda request: user not in request.handler_ids)
        if fresh:
            fresh._write_flow({'handler_ids': [Command.link(user.id)]})

    def _check_responsible(self):
        """Who is responsible does not decide, so naming somebody must not be a way to pick the judges: those who may
        be asked become responsible by their own act, or a returns manager's.

        :raise UserError: the user names somebody who decides on returns, or who is no returns agent
        """
        user = self.env.user
        if self.env.su or user.has_group('returns_management.group_returns_manager'):
            return
        others = self.sudo().filtered(lambda request: request.user_id - user)
        voters = {company: others._get_possible_voters(company) for company in others.company_id}
        for request in others:
            named = request.user_id
            if not named.has_group('returns_management.group_returns_agent'):
                raise UserError(self.env._(
                    "%(user)s is no returns agent and cannot be responsible for %(request)s. Choose an agent.",
                    user=named.name, request=request.name))
            if named in voters[request.company_id] | request.step_ids.voter_ids:
                raise UserError(self.env._(
                    "%(user)s may be asked to decide on %(request)s, and who is responsible decides nothing: only they "
                    "themselves or a returns manager make them responsible. Choose another agent.",
                    user=named.name, request=request.name))

    @api.model
    def _get_possible_voters(self, company):
        """:return: ``res.users`` whom a step of this company may ask: its groups and teams, whoever they escalate to, and
            the stand-ins of the absent
        """
        domain = [('company_id', '=', company.id)]
        groups, teams = self.env['returns.approval.group'].search(domain), self.env['returns.team'].search(domain)
        members = groups.member_ids | teams.member_ids.user_id | groups.escalation_user_id | teams.escalation_user_id
        absent = self.env['returns.delegation']._get_current()
        return members.union(*(delegation.delegate_id for user, delegation in absent.items() if user in members))

    def _do_submit(self):
        self._note_handler()
        return super()._do_submit()

    def _adopt_evidence(self):
        """Files uploaded before the request existed belong to it, so that whoever reads it sees them.

        :raise AccessError: a file belongs to somebody or something else; showing it here would give it away
        """
        for request in self.sudo():
            stray = request.evidence_ids.filtered(
                lambda file: not file.res_id and not file.res_field and file.create_uid == self.env.user)
            if stray:
                stray.write({'res_model': self._name, 'res_id': request.id})
            foreign = request.evidence_ids.filtered(
                lambda file, request=request: (file.res_model, file.res_id) != (self._name, request.id))
            if foreign:
                raise AccessError(self.env._(
                    "%(request)s: only files uploaded here can be evidence. Upload them again: %(files)s.",
                    request=request.name, files=len(foreign)))
