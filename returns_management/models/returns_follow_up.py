# Part of returns_management. See LICENSE file for full copyright and licensing details.

import requests as http

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .returns_guard import as_flow

AGENT = 'returns_management.group_returns_agent'
INSPECTOR = 'returns_management.group_returns_inspector'
ACCOUNTANT = 'returns_management.group_returns_accountant'


class ReturnsFollowUp(models.Model):
    """What should have followed in a return and failed: why, how often it was tried, and a way to try it again.

    An entry is about attempts, which no document of Odoo remembers. Whether one is open follows from the document: whoever
    takes the step tells :meth:`_note_failure` or :meth:`_resolve`, wherever the step was taken.
    """
    _name = 'returns.follow.up'
    _description = "Failed Follow-up"
    _inherit = ['returns.guard']
    _order = 'state, date_last desc, id desc'

    kind = fields.Selection([
        ('payout', "Pay-out"), ('exchange', "Exchange"), ('disposal', "Goods to send on"), ('mail', "Mail"),
    ], required=True, readonly=True, index=True)
    name = fields.Char("What Failed", required=True, readonly=True)
    cause = fields.Text(required=True, readonly=True)
    state = fields.Selection(
        [('open', "Failed"), ('pending', "Tried Again"), ('resolved', "Resolved")], "Status", default='open', required=True,
        readonly=True, index=True, help="Tried Again: it is on its way, and how it ends is not known yet.")
    attempts = fields.Integer(default=1, required=True, readonly=True, help="How often it failed.")
    date_first = fields.Datetime("First Failed", default=fields.Datetime.now, required=True, readonly=True)
    date_last = fields.Datetime("Last Failed", default=fields.Datetime.now, required=True, readonly=True)
    date_resolved = fields.Datetime("Resolved On", readonly=True)
    outcome = fields.Char("How It Ended", readonly=True)
    key = fields.Char(
        required=True, readonly=True, index=True, help="Kind and record: what stands in the list once until it is resolved.")
    res_model = fields.Char("Model", required=True, readonly=True)
    res_id = fields.Many2oneReference("Record", model_field='res_model', required=True, readonly=True)
    company_id = fields.Many2one('res.company', required=True, readonly=True, index=True, ondelete='cascade')
    request_ids = fields.Many2many(
        'returns.request', 'returns_follow_up_request_rel', 'follow_up_id', 'request_id', "Returns", readonly=True)
    may_retry = fields.Boolean(compute='_compute_may_retry')
    may_finish = fields.Boolean(compute='_compute_may_retry')
    version = fields.Integer(readonly=True)

    _key_uniq = models.UniqueIndex(
        "(key) WHERE state <> 'resolved'", "Somebody else is just trying the same. Look again.")

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | (set(self._fields) - set(models.MAGIC_COLUMNS) - {'may_retry', 'may_finish'})

    @api.depends('kind', 'name')
    def _compute_display_name(self):
        labels = dict(self._fields['kind']._description_selection(self.env))
        for follow_up in self:
            follow_up.display_name = " · ".join(filter(None, (labels.get(follow_up.kind), follow_up.name)))

    @api.depends_context('uid')
    @api.depends('kind', 'state')
    def _compute_may_retry(self):
        for follow_up in self:
            mine = follow_up.state != 'resolved' and follow_up._is_mine()
            follow_up.may_retry = mine and follow_up.state == 'open'
            follow_up.may_finish = mine and follow_up.kind in self._get_kinds_to_finish()

    # ------------------------------------------------------------------
    # Kinds
    # ------------------------------------------------------------------

    @api.model
    def _get_kinds(self):
        """What can fail, and who takes the step again. Whoever adds a kind x adds it to ``kind``, here, and as a method
        ``_retry_x(record)``: as the current user it calls the public method that takes the step, which checks rights and
        states and takes the locks as ever.

        :return: {kind: groups of which a user needs one}
        """
        return {'payout': (ACCOUNTANT,), 'exchange': (ACCOUNTANT,), 'disposal': (INSPECTOR,),
                'mail': (AGENT, INSPECTOR, ACCOUNTANT)}

    @api.model
    def _get_kinds_to_finish(self):
        """:return: kinds that may be done another way which nobody but a person sees"""
        return frozenset({'mail', 'disposal'})

    def _is_mine(self):
        """Whether the current user takes this step again."""
        self.ensure_one()
        return self.env.su or any(self.env.user.has_group(group) for group in self._get_kinds()[self.kind])

    def _retry_disposal(self, inspection):
        inspection.action_dispose()

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_retry(self):
        """Take these steps again, each by itself: one that fails again keeps none from the others.

        Nothing is skipped of what the step checks. Entries that are not the user's, or that are on their way already, stay
        as they are.

        :return: an action that says what became of them
        :raise AccessError: none of these steps is the user's
        """
        self.check_access('read')
        mine = self._take_mine('open')
        for follow_up in mine.sorted('id'):
            if follow_up.state == 'open':
                follow_up._try_again()
        return self._tell_outcome(mine)

    def action_finish(self):
        """These were done another way: by telephone, at the carrier's, on paper.

        :raise AccessError: none of these steps is the user's
        :raise UserError: whether it is done shows in the books
        """
        self.check_access('read')
        mine = self._take_mine('open', 'pending')
        labels = dict(self._fields['kind']._description_selection(self.env))
        for follow_up in mine:
            if follow_up.kind not in self._get_kinds_to_finish():
                raise UserError(self.env._(
                    "%s: whether that is done shows in the documents. Try again, or put it right there.",
                    labels[follow_up.kind]))
        flow = as_flow(mine).filtered(lambda follow_up: follow_up.state != 'resolved')
        flow._finish()
        flow._set_resolved(self.env._("Done another way, as %s says.", self.env.user.name))
        return True

    def action_open(self):
        """:return: an action that opens what failed, or its returns where the user may not see it"""
        self.ensure_one()
        self.check_access('read')
        record = self._get_record()
        if not record or not record._filtered_access('read') or record._name == 'mail.mail':
            record = self.request_ids
        return self.env['returns.request']._get_records_action(record, self.name)

    def _take_mine(self, *states):
        """:return: those in ``states`` whose steps are the user's, with their returns locked
        :raise AccessError: there are some, and none is theirs
        """
        there = self.filtered(lambda follow_up: follow_up.state in states)
        mine = there.filtered(lambda follow_up: follow_up._is_mine())
        if there and not mine:
            kinds = self._get_kinds()
            names = {self.env.ref(group).sudo().full_name for kind in there.mapped('kind') for group in kinds[kind]}
            raise AccessError(self.env._(
                "These steps belong to: %s. Ask your administrator for that right.", ", ".join(sorted(names))))
        flow = as_flow(mine)
        flow.request_ids.line_ids._lock()  # all before the first: what was told to somebody outside cannot be taken back
        flow._lock_rows()
        return mine

    def _try_again(self):
        """Take this step again as the current user."""
        self.ensure_one()
        attempts, record, flow = self.attempts, self._get_record(), as_flow(self)
        if not record:
            flow._set_resolved(self.env._("What it was about was deleted."))
            return
        try:
            with self.env.cr.savepoint():
                getattr(self, f'_retry_{self.kind}')(record)
        except UserError as error:
            flow._count(error.args[0])
            return
        if flow.state == 'open' and flow.attempts == attempts:
            flow._count(flow.cause)

    def _get_record(self):
        """:return: what failed, for the current user; nothing where it is gone"""
        self.ensure_one()
        if self.res_model not in self.env:
            return self.browse()
        return self.env[self.res_model].browse(self.res_id).exists()

    def _tell_outcome(self, tried):
        """:param tried: those of ``self`` that were tried again"""
        parts = []
        for state, words in (('resolved', self.env._("%s done")), ('pending', self.env._("%s on the way")),
                             ('open', self.env._("%s failed again"))):
            count = len(tried.filtered(lambda follow_up, state=state: follow_up.state == state))
            if count:
                parts.append(words % count)
        left = len(self.filtered(lambda follow_up: follow_up.state == 'open') - tried)
        if left:
            parts.append(self.env._("%s left to others", left))
        failed = tried.filtered(lambda follow_up: follow_up.state == 'open')
        message = ", ".join(parts) or self.env._("Nothing of it waits any more.")
        if len(failed) == 1:
            message = f"{message}: {failed.cause}"
        return self._get_notice(message, 'danger' if failed else 'success')

    @api.model
    def _get_notice(self, message, tone):
        return {
            'type': 'ir.actions.client', 'tag': 'display_notification',
            'params': {'type': tone, 'message': message, 'sticky': tone == 'danger',
                       'next': {'type': 'ir.actions.client', 'tag': 'soft_reload'}},
        }

    # ------------------------------------------------------------------
    # What the steps tell
    # ------------------------------------------------------------------

    @api.model
    def _note_failure(self, kind, record, cause, **vals):
        """A step failed: it stands in the list with its cause, once, however often it fails.

        :param kind: one of :meth:`_get_kinds`
        :param record: what it is about
        :param cause: why, in a sentence
        :param vals: ``key`` where another record may take its place, ``company_id``, ``request_ids``, ``name``
        """
        return self._note_failures(kind, {record: cause}, {record: vals})

    @api.model
    def _note_failures(self, kind, causes, vals=None):
        """The same for many.

        :param dict causes: {record: cause}
        :param dict vals: {record: values}
        """
        flow, vals_list, vals = as_flow(self), [], vals or {}
        keys = {record: vals.get(record, {}).get('key') or f'{kind}/{record.id}' for record in causes}
        known = flow._find_by_keys(keys.values()).grouped('key')
        for record, cause in causes.items():
            if follow_up := known.get(keys[record]):
                follow_up._count(cause, record)
            else:
                vals_list.append({
                    **flow._prepare_vals(as_flow(record)), **vals.get(record, {}), 'kind': kind, 'key': keys[record],
                    'cause': cause})
        return flow.create(vals_list) | flow.browse().concat(*known.values())

    @api.model
    def _prepare_vals(self, record):
        """Values that tell what failed."""
        requests = self._find_requests(record)
        company = record.company_id if 'company_id' in record._fields else requests[:1].company_id
        return {'res_model': record._name, 'res_id': record.id, 'name': record.display_name, 'company_id': company.id,
                'request_ids': [fields.Command.set(requests.ids)]}

    @api.model
    def _find_requests(self, record):
        """:return: the returns that ``record`` is about"""
        if record._name == 'returns.request':
            return record
        for name in ('request_id', 'request_ids'):
            if name in record._fields:
                return record[name]
        return self.env['returns.request']

    @api.model
    def _resolve(self, kind, records, outcome=None):
        """The step succeeded, or nobody needs it any more, for whatever reason."""
        found = as_flow(self)._find_by_keys([f'{kind}/{record_id}' for record_id in records.ids])
        found._set_resolved(outcome or self.env._("Done."))

    @api.model
    def _find_by_keys(self, keys):
        return self.search([('key', 'in', list(keys)), ('state', '!=', 'resolved')]) if keys else self.browse()

    def _count(self, cause, record=None):
        """It failed once more."""
        for follow_up in self:
            vals = {'state': 'open', 'cause': cause, 'attempts': follow_up.attempts + 1, 'date_last': fields.Datetime.now()}
            if record and record.id != follow_up.res_id:
                vals.update(res_id=record.id, name=as_flow(record).display_name)
            follow_up.write(vals)

    def _set_pending(self):
        self.write({'state': 'pending'})

    def _set_resolved(self, outcome):
        if self:
            self.write({'state': 'resolved', 'date_resolved': fields.Datetime.now(), 'outcome': outcome})

    def _finish(self):
        """What somebody did another way is not awaited any more. Each kind may have its part."""

    @api.model
    def _attempt(self, kind, record, work):
        """Do what somebody outside may refuse. A refusal stands in the list, and undoes nothing but this.

        :param work: called without arguments
        :return: why it failed, or False
        """
        try:
            with self.env.cr.savepoint():
                work()
        except UserError as error:
            cause = error.args[0]
        except http.exceptions.RequestException as error:
            cause = self.env._("No answer (%s). Ask there what became of it before you try again.", error)
        else:
            self._resolve(kind, record)
            return False
        self._note_failure(kind, record, cause)
        return cause


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    follow_up_ids = fields.Many2many(
        'returns.follow.up', 'returns_follow_up_request_rel', 'request_id', 'follow_up_id', "Failed Follow-ups",
        readonly=True, copy=False, domain=[('state', '!=', 'resolved')], groups=f'{AGENT},{INSPECTOR},{ACCOUNTANT}')
    follow_up_count = fields.Integer(
        "Failed", compute='_compute_follow_up_count', groups=f'{AGENT},{INSPECTOR},{ACCOUNTANT}')

    @api.model
    def _get_flow_fields(self):
        return super()._get_flow_fields() | {'follow_up_ids'}

    @api.depends_context('uid', 'allowed_company_ids')
    @api.depends('follow_up_ids')
    def _compute_follow_up_count(self):
        counts = dict(self.env['returns.follow.up']._read_group(
            [('request_ids', 'in', self.ids), ('state', '!=', 'resolved')], ['request_ids'], ['__count']))
        for request in self:
            request.follow_up_count = counts.get(request._origin, 0)

    def action_view_follow_ups(self):
        self.ensure_one()
        self._check_role(AGENT, INSPECTOR, ACCOUNTANT, operation='read')
        return self._get_records_action(self.follow_up_ids, self.env._("Failed Follow-ups"))
