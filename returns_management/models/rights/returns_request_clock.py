# Part of returns_management. See LICENSE file for full copyright and licensing details.

from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import clock
from ..vocabulary import PAUSE_REASONS

#: Stages whose lateness somebody is told about: (state, stage of returns.time.limit, its deadline).
#: Approval steps tell their voters themselves; until goods that the customer sends are on the road it is their time.
STAGES = (
    ('draft', 'answer', 'date_answer_due'),
    ('approved', 'pickup', 'date_pickup_due'),
    ('approved', 'receipt', 'date_receipt_due'),
    ('approved', 'payout', 'date_refund_due'),  # in advance, or for what came before the rest
    ('received', 'inspection', 'date_inspection_due'),
    ('settlement', 'payout', 'date_refund_due'),
)
#: The deadlines that a pause moves: {deadline: when its clock began}.
DEADLINES = {
    'date_answer_due': 'date_requested', 'date_decision_due': 'date_submitted', 'date_ship_by': 'date_approved',
    'date_pickup_due': 'date_approved', 'date_receipt_due': 'date_approved', 'date_inspection_due': 'date_received',
    'date_refund_due': 'date_received'}
#: Days that the clocks may be stopped for at once.
MAX_PAUSE = 90


class ReturnsRequest(models.Model):
    """The clocks of a return: a deadline for each stage, and pauses that move it."""
    _inherit = 'returns.request'

    date_answer_due = fields.Datetime("Answer Due", readonly=True, copy=False, index='btree_not_null')
    date_inspection_due = fields.Datetime("Inspection Due", readonly=True, copy=False, index='btree_not_null')
    pause_ids = fields.One2many('returns.pause', 'request_id', "Pauses", readonly=True, copy=False)
    is_paused = fields.Boolean("Paused", readonly=True, copy=False, help="The clocks stand: nothing gets late meanwhile.")
    was_late = fields.Boolean(
        "Late Before", readonly=True, copy=False, help="Already late when the clocks were stopped: a pause hides nothing.")
    stages_told_late = fields.Char(
        readonly=True, copy=False, help="The stages of this state that somebody was told take too long.")

    def _get_flow_fields(self):
        return super()._get_flow_fields() | {
            'date_answer_due', 'date_inspection_due', 'is_paused', 'was_late', 'stages_told_late'}

    # ------------------------------------------------------------------
    # Deadlines
    # ------------------------------------------------------------------

    @api.model
    def _get_stages(self):
        """:return: see :data:`STAGES`; bridges add theirs"""
        return STAGES

    @api.model
    def _get_deadlines(self):
        """:return: see :data:`DEADLINES`; bridges add theirs"""
        return DEADLINES

    def _stands(self):
        """Whether nothing gets late: the clocks stand, and were stopped in time."""
        self.ensure_one()
        return self.is_paused and not self.was_late

    def _get_current_due_date(self):
        return False if self._stands() else super()._get_current_due_date()

    def _get_due_dates(self):
        dates = super()._get_due_dates()
        if not self._stands():
            dates += [self[name] for state, _stage, name in self._get_stages() if state == self.state and self[name]]
        return dates

    @api.depends('date_answer_due', 'date_pickup_due', 'date_inspection_due', 'is_paused', 'was_late')
    def _compute_is_late(self):
        super()._compute_is_late()

    @api.depends('date_answer_due', 'date_inspection_due', 'is_paused', 'was_late')
    def _compute_date_due(self):
        super()._compute_date_due()

    @api.model
    def _get_late_domain(self):
        now = fields.Datetime.now()
        late = super()._get_late_domain() | fields.Domain.OR(
            fields.Domain('state', '=', state) & fields.Domain(name, '<', now)
            for state, _stage, name in self._get_stages())
        return late & self._get_running_domain()

    @api.model
    def _get_running_domain(self):
        """:return: domain of the requests whose clocks run, or were stopped too late"""
        return fields.Domain('is_paused', '=', False) | fields.Domain('was_late', '=', True)

    def _assign_names(self):
        super()._assign_names()
        Limit = self.env['returns.time.limit']
        for (company, start), requests in self.grouped(
                lambda request: (request.company_id, request.date_requested)).items():
            requests._write_flow({'date_answer_due': Limit._get_deadline(company, 'answer', start)})

    def _note_reception(self, receipts):
        self.filtered('is_paused')._do_resume()
        super()._note_reception(receipts)
        now, Limit = fields.Datetime.now(), self.env['returns.time.limit']
        for company, requests in self.filtered(
                lambda request: not request.date_inspection_due).grouped('company_id').items():
            requests._write_flow({'date_inspection_due': Limit._get_deadline(company, 'inspection', now)})

    def _get_refund_dues(self, start, seen=False):
        """What has been received at ``start`` is credited by then: the budgets of inspection, of the steps that will
        be asked afterwards, and of settlement, one after the other; never later than the company promises.
        """
        Limit, dues, known = self.env['returns.time.limit'], super()._get_refund_dues(start, seen), {}
        askers = {} if seen else self._get_askers('settle', self.line_ids)
        methods = self._get_payout_methods() if Limit._has_methods(self.company_id) else {}
        for request in self:
            limits = defaultdict(set)
            for vals, _lines in askers.get(request, ()):
                asked = (self.env['returns.approval.group'].browse(vals.get('group_id'))
                         or self.env['returns.team'].browse(vals.get('team_id')))
                limits[vals['sequence']].add((asked.limit_value, asked.limit_unit))
            paid_by = tuple(sorted(methods.get(request, ())))
            key = (
                request.company_id, paid_by,
                tuple(sorted((sequence, *sorted(parts)) for sequence, parts in limits.items())))
            if key not in known:
                due = start if seen else Limit._get_deadline(request.company_id, 'inspection', start)
                calendar = request.company_id.resource_calendar_id
                for _sequence, parts in sorted(limits.items()):
                    due = max(calendar._returns_deadline(due, *part) for part in parts)
                known[key] = Limit._get_deadline(request.company_id, 'payout', due, paid_by)
            dues[request] = min(dues[request], known[key])
        return dues

    def _get_next_step_note(self):
        pause = self.sudo().pause_ids.filtered(lambda pause: not pause.date_to)
        if not pause:
            return super()._get_next_step_note()
        return self.env._(
            "The clocks stand since %(since)s: %(why)s.", why=pause.display_name,
            since=self._show_moment(pause.date_from))

    # ------------------------------------------------------------------
    # Pauses
    # ------------------------------------------------------------------

    def action_pause(self, reason, note=None, until=None):
        """Stop the clocks while we wait for somebody else. Requests that stand already are left as they are, and what is
        late already stays late.

        :param str reason: 'customer', 'carrier' or 'other'
        :param str note: what we wait for; needed for 'other'
        :param until: the last day of waiting, then whoever stopped the clocks is asked to look; without it a week
        :raise AccessError: neither agent, inspector nor accountant
        :raise UserError: no such reason, a day that is past, or nothing is under way
        """
        self._check_clock_role()
        if not isinstance(reason, str) or reason not in dict(PAUSE_REASONS):
            raise UserError(self.env._("Say whom you wait for: %s.", ", ".join(dict(PAUSE_REASONS))))
        if note is not None and note is not False and not isinstance(note, str):
            raise UserError(self.env._("The note must be a text."))
        if reason == 'other' and not (note or '').strip():
            raise UserError(self.env._("Say what you wait for."))
        self._as_flow()._do_pause(reason, note, self._read_last_day(until))
        return True

    @api.model
    def _read_last_day(self, until):
        if not until:
            return fields.Date.add(fields.Date.context_today(self), days=7)
        day = self._read_day(until, MAX_PAUSE)
        if not day:
            raise UserError(self.env._(
                "Choose a day from today up to %(days)s days ahead as the last day of waiting.", days=MAX_PAUSE))
        return day

    def action_resume(self):
        """Let the clocks run again; what was due later than the pause began is due that much later.

        :raise AccessError: neither agent, inspector nor accountant
        """
        self._check_clock_role()
        self._as_flow()._do_resume()
        return True

    def _check_clock_role(self):
        """Inspectors and accountants stop any clock; agents those of their own returns, not of one they vote on."""
        groups = [f'returns_management.group_returns_{role}' for role in ('agent', 'inspector', 'accountant')]
        reads_all = any(self.env.user.has_group(group) for group in groups[1:])
        self._check_role(*groups, operation='read' if reads_all else 'write')

    def _do_pause(self, reason, note, until):
        self._lock_rows()
        running = self.filtered(lambda request: not request.is_paused)
        for request in running:
            if request.state in ('done', 'rejected', 'cancelled'):
                raise UserError(self.env._(
                    "%(request)s is %(state)s: no clock is running.", request=request.name,
                    state=request._get_state_label().lower()))
        now = fields.Datetime.now()
        pauses = self.env['returns.pause'].create([
            {'request_id': request.id, 'reason': reason, 'note': note, 'user_id': self.env.uid, 'date_from': now,
             'date_until': until}
            for request in running])
        late = running.filtered('is_late')
        running.step_ids.filtered(lambda step: step.is_late).write({'was_late': True})
        late._write_flow({'was_late': True})
        running._write_flow({'is_paused': True})
        running._message_log_batch(bodies={
            pause.request_id.id: self.env._("Clocks stopped. %s", pause.display_name) for pause in pauses})

    def _do_resume(self):
        self._lock_rows()
        standing = self.filtered('is_paused')
        now = fields.Datetime.now()
        for request in standing:
            pause = request.pause_ids.filtered(lambda pause: not pause.date_to)
            stood = [(pause.date_from, now)]
            pause.write({'date_to': now})
            moved = {
                name: clock.extend(request[name], stood, start=request[began] or request.date_approved or None)
                for name, began in self._get_deadlines().items() if request[name]}
            request._write_flow({'is_paused': False, 'was_late': False, **moved})
            request.step_ids.filtered('was_late').write({'was_late': False})
            for step in request.step_ids.filtered(lambda step: step.state == 'open' and step.deadline):
                deadline = clock.extend(step.deadline, stood, start=step.date_opened)
                if deadline != step.deadline:
                    step.write({'deadline': deadline, 'reminder': False})  # soon is later now
        standing.step_ids.filtered(lambda step: step.state == 'open')._schedule_activities()
        standing._message_log_batch(bodies=dict.fromkeys(standing.ids, self.env._("Clocks run again.")))

    def _update_state(self):
        changed = super()._update_state()
        moved = self.browse().concat(*changed)
        moved.filtered(lambda request: (
            request.is_paused and request.state in ('done', 'rejected', 'cancelled')))._do_resume()
        moved.filtered('was_late')._write_flow({'was_late': False})  # what was late is over
        moved._forget_late()
        return changed

    def _forget_late(self):
        """What took too long is over; a stage that still does is told about anew."""
        told = self.filtered('stages_told_late')
        if told:
            self.env['mail.activity'].search([
                ('res_model', '=', self._name), ('res_id', 'in', told.ids),
                ('activity_type_id', '=', self.env.ref('returns_management.mail_activity_type_late').id)]).unlink()
            told._write_flow({'stages_told_late': False})

    # ------------------------------------------------------------------
    # Telling about lateness
    # ------------------------------------------------------------------

    @api.model
    def _get_untold_domain(self):
        """:return: domain of the requests whose stage takes too long, and nobody was told yet"""
        now = fields.Datetime.now()
        return self._get_running_domain() & fields.Domain.OR(
            fields.Domain('state', '=', state) & fields.Domain(name, '<', now)
            & fields.Domain('stages_told_late', 'not like', stage)
            for state, stage, name in self._get_stages())

    def _get_late_stages(self):
        """:return: [(stage, its deadline)] that are missed, and nobody was told yet"""
        self.ensure_one()
        now, told = fields.Datetime.now(), self.stages_told_late or ''
        return [(stage, self[name]) for state, stage, name in self._get_stages()
                if state == self.state and self[name] and self[name] < now and stage not in told]

    def _find_stage_owners(self, stage):
        """:return: {request: who sees to ``stage``: its owner, who is responsible for the return, or a manager}"""
        Limit = self.env['returns.time.limit']
        owners = Limit._get_owners(self.company_id)
        methods = self._get_payout_methods() if stage == 'payout' and Limit._has_methods(self.company_id) else {}
        found = {}
        for request in self:
            named = (owners.get((request.company_id, stage, method))
                     for method in (*sorted(methods.get(request, ())), False))
            named = next(filter(None, named), request.user_id).filtered('active')
            found[request] = named or request.company_id._get_returns_managers()[:1]
        return found

    def _tell_late(self):
        """One activity a stage, for who sees to it."""
        late = {request: request._get_late_stages() for request in self}
        owners = {stage: self._find_stage_owners(stage) for stage in {
            stage for stages in late.values() for stage, _due in stages}}
        model_id, kind = self.env['ir.model']._get_id(self._name), 'returns_management.mail_activity_type_late'
        kind_id = self.env.ref(kind).id
        labels = dict(self.env['returns.time.limit']._fields['stage']._description_selection(self.env))
        self.mapped('display_name')
        self.env['mail.activity'].with_context(mail_activity_quick_update=True).create([{
            'res_model_id': model_id, 'res_id': request.id, 'activity_type_id': kind_id,
            'user_id': owners[stage][request].id, 'summary': self.env._("%s takes too long", labels[stage]),
            'date_deadline': due.date(),
        } for request, stages in late.items() for stage, due in stages if owners[stage][request]])
        told = {request: " ".join([*(request.stages_told_late or '').split(), *(stage for stage, _due in stages)])
                for request, stages in late.items()}
        for stages, requests in self.grouped(told.get).items():
            requests._write_flow({'stages_told_late': stages})
