# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import ValidationError

from ...tools import tally

AGENT = 'returns_management.group_returns_agent'
#: What naming somebody responsible costs the approvals, as who is responsible decides nothing.
FREE, MISSED, ONLY = range(3)


class ReturnsTeam(models.Model):
    """Who becomes responsible for what customers ask for by themselves: at once, by rule, and somebody who is there.

    Whoever is responsible does not decide. So people whose vote is needed come last, and somebody without whom nobody
    at all could decide is never chosen.
    """
    _inherit = 'returns.team'

    assignment = fields.Selection(
        [('salesperson', "Salesperson of the order"), ('least_loaded', "Whoever has the fewest open"),
         ('fixed', "Always the same person")],
        "Responsible Is", default='salesperson', required=True,
        help="Of returns that no agent files: from the portal, by e-mail, without an account. Who is away, has left or is no "
             "returns agent is passed over: then whoever has the fewest open is responsible.")
    assigned_user_id = fields.Many2one(
        'res.users', "Person", domain=lambda self: self._get_agent_domain(), ondelete='restrict')
    agent_ids = fields.Many2many(
        'res.users', 'returns_team_agent_rel', string="Agents", domain=lambda self: self._get_agent_domain(),
        help="Who takes turns. Empty: the members who are returns agents, or without any all agents of the company.")

    @api.model
    def _get_agent_domain(self):
        return [('share', '=', False), ('all_group_ids', 'in', self.env.ref(AGENT).ids)]

    @api.constrains('assignment', 'assigned_user_id', 'agent_ids', 'company_id')
    def _check_agents(self):
        for team in self:
            if team.assignment == 'fixed' and not team.assigned_user_id:
                raise ValidationError(self.env._("%s: say who is always responsible, or choose another rule.", team.name))
            for user in team.assigned_user_id | team.agent_ids:
                if user.share or not user.has_group(AGENT) or team.company_id not in user.company_ids:
                    raise ValidationError(self.env._(
                        "%(user)s is no returns agent in %(company)s and cannot be responsible. Choose an agent.",
                        user=user.name, company=team.company_id.name))

    # ------------------------------------------------------------------
    # The rule
    # ------------------------------------------------------------------

    @api.model
    def _find_owners(self, records, sellers):
        """Who becomes responsible for new records, in a number of queries that does not grow with theirs.

        :param records: with ``company_id`` and ``team_id``
        :param dict sellers: {record: ``res.users`` who sold what it is about, the first one first}
        :return: {record: their owner; nobody where nobody can be}
        """
        owners = {}
        absent = self._get_absent()
        for company, group in records.grouped('company_id').items():
            agents = self.env.ref(AGENT).all_user_ids.filtered(
                lambda user, company=company: user.active and not user.share and user.id != SUPERUSER_ID
                and company in user.company_ids)
            agents = agents.sorted('id')
            costs, load = self._get_costs(company, agents), self._get_load(company, agents)
            for record in group:
                owner = record.team_id._choose_owner(
                    sellers.get(record, agents.browse()), agents, absent, costs, load)
                if owner:
                    load[owner] += 1
                owners[record] = owner
        return owners

    def _choose_owner(self, sellers, agents, absent, costs, load):
        """:param agents: all of the company
        :param dict absent: {user: their stand-in, if any} of who is away
        :param dict costs: {agent: :data:`FREE`, :data:`MISSED` or :data:`ONLY`}
        :param dict load: {agent: how much they have open}
        :return: ``res.users``
        """
        named = agents.browse()
        if self.assignment == 'fixed':
            named = self.assigned_user_id
        elif self.assignment != 'least_loaded':  # without a team it is the salesperson, too
            named = sellers
        present = agents.filtered(lambda user: user not in absent)
        named = [user for user in (absent.get(user, user) for user in named) if user in present]
        pools = [self.agent_ids & present, self.member_ids.user_id & present, present]
        if self.agent_ids:
            del pools[1]
        for accepted in (FREE, MISSED):
            for user in named:  # a manager's own choice may cost a vote that others can give
                if costs[user] <= (MISSED if self.assignment == 'fixed' else accepted):
                    return user
            for pool in pools:
                free = pool.filtered(lambda user, accepted=accepted: costs[user] <= accepted)
                if free:
                    return min(free, key=lambda user: (load[user], user.id))
        return agents.browse()

    @api.model
    def _get_absent(self):
        """:return: {user: their stand-in, if they named one} of who is away now: by the stand-ins of returns, or by leave
            in their working schedule, where somebody keeps that
        """
        now = fields.Datetime.now()
        leaves = self.env['resource.calendar.leaves'].sudo().search([
            ('date_from', '<=', now), ('date_to', '>=', now), ('resource_id.user_id', '!=', False),
            ('time_type', '=', 'leave')])
        absent = dict.fromkeys(leaves.resource_id.user_id, self.env['res.users'])
        for user, delegation in self.env['returns.delegation']._get_current().items():
            absent[user] = delegation.delegate_id
        return absent

    @api.model
    def _get_load(self, company, agents):
        """:return: {agent: how many returns they have open}"""
        load = dict.fromkeys(agents, 0)
        for user, number in self.env['returns.request']._read_group(
                [('user_id', 'in', agents.ids), ('company_id', '=', company.id),
                 ('state', 'not in', ('done', 'rejected', 'cancelled'))], ['user_id'], ['__count']):
            load[user] += number
        return load

    @api.model
    def _get_costs(self, company, agents):
        """:return: {agent: what their being responsible costs the approval groups and teams of ``company``}"""
        costs = dict.fromkeys(agents, FREE)
        if company.returns_allow_own_decision:
            return costs
        managers = company._get_returns_managers()
        for body in [*self.env['returns.approval.group'].search([('company_id', '=', company.id)]),
                     *self.search([('company_id', '=', company.id)])]:
            members = body._get_present_members()
            for user in agents & members:
                if body._can_decide(members) and not body._can_decide(members - user):
                    others = (body.escalation_user_id.filtered('active') | managers) - user
                    costs[user] = max(costs[user], MISSED if others else ONLY)
        return costs

    def _get_present_members(self):
        self.ensure_one()
        return self.member_ids.user_id.filtered(lambda user: user.active and self.company_id in user.company_ids)

    def _can_decide(self, users):
        """Whether ``users`` could approve, were they the ones who vote."""
        self.ensure_one()
        seats = {member.user_id: member for member in self.member_ids}
        return tally.can_approve(
            self.rule, [tally.Voter(user.id, seats[user].department) for user in users], quorum=self.quorum,
            chair=next((user.id for user in users if seats[user].is_chair), None),
            required_departments=self._get_required_departments())


class ReturnsApprovalGroup(models.Model):
    _inherit = 'returns.approval.group'

    def _get_present_members(self):
        self.ensure_one()
        return self.member_ids.filtered(lambda user: user.active and self.company_id in user.company_ids)

    def _can_decide(self, users):
        """Whether ``users`` could approve, were they the ones who vote."""
        self.ensure_one()
        return tally.can_approve(
            self.rule, [tally.Voter(user.id, self.department) for user in users], quorum=self.quorum)
