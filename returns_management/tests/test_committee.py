# Part of returns_management. See LICENSE file for full copyright and licensing details.

from datetime import datetime

from freezegun import freeze_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg2 import IntegrityError

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from .common import ReturnsCommon


class CommitteeCommon(ReturnsCommon):

    def _sit(self, **team_values):
        """A return that the sales group approved and that the committee now votes on."""
        self.team.write({'asked': 'always', **team_values})
        return self._approve(self._sell())

    def _seat(self, department='service'):
        """One more member of the committee."""
        number = self.env['res.users'].search_count([('login', '=like', 'test_returns_seat_%')])
        user = new_test_user(self.env, login=f'test_returns_seat_{number}', groups='base.group_user')
        self.team.member_ids = [Command.create({'user_id': user.id, 'department': department})]
        return user

    def _group(self, *members, **values):
        return self.env['returns.approval.group'].create({
            'name': "Second Group", 'department': 'quality', 'company_id': self.company.id, 'sequence': 20,
            'member_ids': [Command.set([member.id for member in members])], **values})

    def _vote(self, request, *votes):
        """``votes``: (user, verdict), in their order."""
        for user, verdict in votes:
            request = request.with_user(user)
            if verdict == 'reject':
                request.action_reject("Worn")
            else:
                getattr(request, f'action_{verdict}')()

    def _open_step(self, request):
        return request.step_ids.filtered(lambda step: step.state == 'open')


@tagged('post_install', '-at_install')
class TestCommittee(CommitteeCommon):
    """How groups and the return team come to a result."""

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_whatever_is_tried_nobody_judges_their_own_or_answers_twice(self, data):
        draw, people = data.draw, [
            self.voter_sales, self.voter_quality, self.voter_finance, self.chair, self.agent_all, self.manager]
        self.group_sales.member_ids = draw(st.sets(st.sampled_from(people), min_size=1).map(
            lambda users: self.env['res.users'].concat(*users)))
        self.env['returns.approval.group'].search([('name', '=', "Second Group")]).action_archive()
        self._group(*draw(st.sets(st.sampled_from(people), min_size=1)))
        self.team.asked = draw(st.sampled_from(['always', 'never']))
        request = self._submit(self._sell())
        for user, verdict, responsible in draw(st.lists(st.tuples(
                st.sampled_from([*people, self.agent]), st.sampled_from(['approve', 'reject', 'abstain']),
                st.none() | st.sampled_from([self.agent_all, self.manager])), max_size=12)):
            try:
                with self.env.cr.savepoint():
                    if responsible:
                        request.with_user(responsible).user_id = responsible
                    getattr(request.with_user(user), f'action_{verdict}')("Because")
            except (AccessError, UserError):
                continue
        request = request.sudo()  # whoever handed it over may not read it any more
        decisions = request.decision_ids
        self.assertEqual(len(decisions.user_id), len(decisions), "one answer a person")
        self.assertFalse(decisions.user_id & self.agent)
        for decision in decisions:
            self.assertIn(decision.user_id, decision.step_id.voter_ids)
        if request.state == 'approved':
            self.assertTrue(decisions)
            self.assertEqual(set(request.step_ids.mapped('state')), {'approved'})

    def test_bad_configuration_says_what_to_change(self):
        group, team, rule = self.group_sales, self.team, self.rule.sudo()
        team.asked = 'always'

        def refuse(record, values):
            try:
                with self.env.cr.savepoint(), mute_logger('odoo.sql_db'):
                    record.write(values)
                    record.flush_recordset()
            except UserError as error:
                return str(error)
            except IntegrityError as error:
                return str(record._sql_error_to_message(error))
            finally:
                self.env.invalidate_all()
        for record, values, words in (
            (group, {'member_ids': [Command.clear()]}, r"has no members: .*Add at least one, or archive the group"),
            (group, {'rule': 'quorum', 'quorum': 9}, r"quorum of 9 but has 1 members\. Set a quorum from 1 to 1"),
            (group, {'amount_min': 50.0, 'amount_max': 20.0}, r"from 50\.0 up to 20\.0: no amount fits"),
            (group, {'limit_value': 0.0}, r"must be more than zero"),
            (group, {'domain': "[('nothing', '=', 1)]"}, r"The further condition of .* cannot be read"),
            (team, {'member_ids': [Command.clear()]}, r"has no members\. Add members, or never ask it"),
            (team, {'quorum': 4}, r"asks for 4 votes but has 3 members\. Set 1 to 3"),
            (team, {'needs_finance': True, 'member_ids': [
                Command.update(member.id, {'department': 'sales'}) for member in team.member_ids]},
             r"needs the vote of .*Finance.* but has no member there\. Add one, or require less"),
            (team, {'rule': 'chair', 'member_ids': [Command.update(member.id, {'is_chair': False})
                                                    for member in team.member_ids]}, r"exactly one chair and has 0"),
            (team, {'asked_risk_min': 101}, r"between 0 and 100"),
            (rule, {'window_days': -1}, r"Window and warranty go from 0 to 100 years"),
            (rule, {'fee_percent': 101.0}, r"from 0 to 100 %"),
            (rule, {'share_b': 20.0, 'share_c': 80.0}, r"a lower grade is refunded no more than a better one"),
        ):
            with self.subTest(words):
                self.assertRegex(refuse(record, values) or "", words)

    def test_committee_follows_the_groups(self):
        self.team.asked = 'always'
        request = self._submit(self._sell())
        self.assertEqual(request.step_ids.mapped(lambda step: (step.kind, step.state)), [
            ('group', 'open'), ('committee', 'waiting')])
        with self.assertRaises(AccessError):  # they do not even see it yet
            self._vote(request, (self.chair, 'approve'))
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(request.step_ids.mapped('state'), ['approved', 'open'])
        self.assertEqual(request.state, 'review')

    def test_majority_needs_its_quorum(self):
        request = self._sit(quorum=3)
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'))
        self.assertEqual(request.state, 'review', "two of three votes are in")
        self._vote(request, (self.chair, 'reject'))
        self.assertEqual(request.state, 'approved')

    def test_majority_is_certain_before_the_last_vote(self):
        request = self._sit(quorum=2)
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'))
        self.assertEqual(request.state, 'approved')
        with self.assertRaisesRegex(UserError, "waits for no approval: it is approved"):
            self._vote(request, (self.chair, 'reject'))

    def test_majority_against_rejects_with_the_reasons(self):
        request = self._sit(quorum=2)
        request.with_user(self.voter_quality).action_reject("Scratched")
        request.with_user(self.chair).action_reject("Too late")
        self.assertEqual(request.state, 'rejected')
        self.assertIn("Scratched", request.line_ids.rejection_note)
        self.assertIn("Too late", request.line_ids.rejection_note)
        self.assertEqual(request.line_ids.sale_line_id.quantity_returnable, 5.0)

    def test_chair_breaks_a_tie(self):
        for verdict, state in (('approve', 'approved'), ('reject', 'rejected'), ('abstain', 'rejected')):
            with self.subTest(chair=verdict):
                member = self._seat()
                request = self._sit(quorum=4)
                votes = [(self.voter_quality, 'approve'), (self.voter_finance, 'reject'), (self.chair, verdict)]
                # the fourth vote makes it even, or abstains where the chair stands aside
                last = {'approve': 'reject', 'reject': 'approve', 'abstain': 'abstain'}[verdict]
                self._vote(request, *votes, (member, last))
                self.assertEqual(request.state, state)
                self.team.member_ids.filtered(lambda seat, member=member: seat.user_id == member).unlink()

    def test_abstentions_count_for_the_quorum_and_for_neither_side(self):
        request = self._sit(quorum=3)
        self._vote(request, (self.voter_quality, 'abstain'), (self.voter_finance, 'abstain'), (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')
        request = self._approve(self._sell())
        for user in (self.voter_quality, self.voter_finance, self.chair):
            self._vote(request, (user, 'abstain'))
        self.assertEqual(request.state, 'rejected')
        self.assertTrue(request.line_ids.rejection_note, "the customer reads some reason")

    def test_unanimous(self):
        request = self._sit(rule='unanimous', quorum=1)
        self._vote(request, (self.voter_quality, 'approve'), (self.voter_finance, 'approve'))
        self.assertEqual(request.state, 'review')
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')
        request = self._approve(self._sell())
        self._vote(request, (self.voter_finance, 'reject'))
        self.assertEqual(request.state, 'rejected', "one rejection is enough")

    def test_the_chair_decides(self):
        request = self._sit(rule='chair', quorum=1)
        self._vote(request, (self.voter_quality, 'reject'), (self.voter_finance, 'reject'))
        self.assertEqual(request.state, 'review')
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_required_department_must_cast_its_vote(self):
        request = self._sit(quorum=2, needs_finance=True)
        self._vote(request, (self.voter_quality, 'approve'), (self.chair, 'approve'))
        self.assertEqual(request.state, 'review', "finance is not heard yet")
        self._vote(request, (self.voter_finance, 'reject'))
        self.assertEqual(request.state, 'approved')
        request = self._approve(self._sell())
        self._vote(request, (self.voter_finance, 'abstain'))
        self.assertEqual(request.state, 'rejected', "an abstention is not heard")

    def test_member_who_leaves_during_the_vote_rejects_nothing(self):
        request = self._sit(quorum=2, needs_finance=True)
        successor = self._seat('finance')
        self.team.member_ids.filtered(lambda seat: seat.user_id == self.voter_finance).unlink()
        self._vote(request, (self.voter_quality, 'approve'))
        step = self._open_step(request)
        self.assertEqual(step.voter_ids, self.voter_quality | self.chair | successor)
        self._vote(request, (successor, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_answer_of_who_left_the_company_counts(self):
        self.group_sales.write({
            'rule': 'quorum', 'quorum': 2, 'member_ids': [Command.set((self.voter_quality | self.voter_finance).ids)]})
        request = self._submit(self._sell())
        self._vote(request, (self.voter_quality, 'approve'))
        self.voter_quality.active = False
        self._vote(request, (self.voter_finance, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_silence_of_who_left_the_company_rejects_nothing(self):
        self.group_sales.write({
            'rule': 'quorum', 'quorum': 2, 'escalation_user_id': self.chair.id,
            'member_ids': [Command.set((self.voter_quality | self.voter_finance).ids)]})
        request = self._submit(self._sell())
        self.voter_quality.active = False
        self._vote(request, (self.voter_finance, 'approve'))
        self.assertEqual((request.state, self._open_step(request).voter_ids), ('review', self.chair))
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_lowering_to_nothing_is_a_signed_rejection(self):
        self.group_sales.write({'member_ids': [Command.link(self.chair.id)], 'rule': 'all'})
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_lower({request.line_ids.id: 0}, "Worn")
        self.assertEqual(request.state, 'rejected')
        decision = request.decision_ids
        self.assertEqual((decision.user_id, decision.verdict, decision.comment), (self.voter_sales, 'reject', "Worn"))

    def test_rules_of_groups(self):
        a, b, c = self.voter_sales, self.voter_quality, self.voter_finance
        for rule, quorum, votes, state in (
                ('any', 1, [(a, 'approve')], 'approved'),
                ('any', 1, [(a, 'reject')], 'rejected'),
                ('any', 1, [(a, 'abstain')], 'review'),
                ('quorum', 2, [(a, 'approve')], 'review'),
                ('quorum', 2, [(a, 'approve'), (b, 'reject'), (c, 'approve')], 'approved'),
                ('quorum', 2, [(a, 'reject'), (b, 'reject')], 'rejected'),
                ('majority', 2, [(a, 'approve'), (b, 'approve')], 'approved'),
                ('majority', 3, [(a, 'approve'), (b, 'approve')], 'review'),
                ('all', 1, [(a, 'approve'), (b, 'approve')], 'review'),
                ('all', 1, [(a, 'approve'), (b, 'approve'), (c, 'approve')], 'approved'),
                ('all', 1, [(a, 'approve'), (b, 'abstain')], 'rejected')):
            with self.subTest(rule=rule, votes=[verdict for _user, verdict in votes]):
                self.group_sales.write({'member_ids': [Command.set((a | b | c).ids)], 'rule': rule, 'quorum': quorum})
                request = self._submit(self._sell())
                self._vote(request, *votes)
                self.assertEqual(request.state, state)

    def test_groups_of_one_sequence_are_asked_side_by_side(self):
        self._group(self.voter_quality, sequence=10)
        self._group(self.voter_finance, sequence=20, name="Third Group")
        request = self._submit(self._sell())
        self.assertEqual(request.step_ids.mapped('state'), ['open', 'open', 'waiting'])
        self._vote(request, (self.voter_quality, 'approve'))
        self.assertEqual(sorted(request.step_ids.mapped('state')), ['approved', 'open', 'waiting'])
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(self._open_step(request).group_id.name, "Third Group")

    def test_rejection_spares_the_others_the_question(self):
        self._group(self.voter_quality, sequence=10)
        self._group(self.voter_finance, sequence=20, name="Third Group")
        request = self._submit(self._sell())
        self._vote(request, (self.voter_sales, 'reject'))
        self.assertEqual(request.state, 'rejected')
        self.assertEqual(sorted(request.step_ids.mapped('state')), ['rejected', 'skipped', 'skipped'])
        self.assertFalse(request.activity_ids.returns_step_id)
        self.assertFalse(self.env['returns.step'].with_user(self.voter_quality).search([('may_decide', '=', True)]))

    def test_lowering_to_nothing_spares_the_others_the_question(self):
        self._group(self.voter_quality, sequence=10)
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).action_lower({request.line_ids.id: 0.0}, "None of it")
        self.assertEqual(request.state, 'rejected')
        self.assertEqual(request.step_ids.mapped('state'), ['rejected', 'skipped'])
        self.assertFalse(request.activity_ids.returns_step_id)

    def test_same_verdict_again_changes_nothing(self):
        request = self._sit(quorum=3)
        self._vote(request, (self.chair, 'approve'), (self.chair, 'approve'), (self.voter_sales, 'approve'))
        self.assertEqual(len(request.decision_ids), 2)
        self.assertEqual(request.state, 'review')
        for verdict in ('reject', 'abstain'):
            with self.subTest(verdict=verdict), self.assertRaisesRegex(
                    UserError, rf"{request.name}: your answer to Committee is already on file \(approve\)"):
                self._vote(request, (self.chair, verdict))

    def test_wrong_person_reads_why(self):
        request = self._submit(self._sell())
        for user in (self.agent, self.agent_all, self.inspector, self.accountant, self.manager):
            with self.subTest(user=user.login), self.assertRaisesRegex(
                    UserError, f"{request.name}: You are not asked in Sales Approval. Voter Sales decides."):
                self._vote(request, (user, 'approve'))
        with self.assertRaises(AccessError):
            self._vote(request, (self.employee, 'approve'))

    def test_bulk_is_all_or_nothing(self):
        open_requests = self._submit(self._sell()) | self._submit(self._sell())
        rejected = self._submit(self._sell())
        rejected.with_user(self.voter_sales).action_reject("Worn")
        with self.assertRaisesRegex(UserError, rejected.name), self.env.cr.savepoint():
            (open_requests | rejected).with_user(self.voter_sales).action_approve()
        self.assertEqual(open_requests.mapped('state'), ['review', 'review'])
        self.assertFalse(open_requests.decision_ids)
        open_requests.with_user(self.voter_sales).action_approve("both")
        self.assertEqual(open_requests.mapped('state'), ['approved', 'approved'])
        self.assertEqual(open_requests.decision_ids.mapped('comment'), ["both", "both"])

    def test_an_order_cut_into_several_returns_passes_no_amount(self):
        self.group_sales.write({'amount_max': 60.0})
        self._group(self.voter_quality, amount_min=60.01, name="Large Amounts")
        self.team.write({'asked': 'exceptions', 'asked_amount_min': 80.0})
        order = self._sell()  # one piece is worth 23.99
        asked = []
        for _part in range(5):
            asked.append(self._submit(order).step_ids.mapped('display_name'))
        small, large = ["Sales Approval"], ["Large Amounts"]
        self.assertEqual(asked, [small, small, large, [*large, "Committee"], [*large, "Committee"]])
        self.assertEqual(self._submit(self._sell()).step_ids.mapped('display_name'), small, "another order")

    def test_rejected_and_withdrawn_parts_of_an_order_do_not_count(self):
        self._group(self.voter_quality, amount_min=60.01, sequence=5)
        order = self._sell()
        self._submit(order).with_user(self.voter_sales).action_reject("Worn")
        self._submit(order).action_cancel()
        self._file(order)
        self._submit(order)
        self.assertEqual(self._submit(order).step_ids.group_id, self.group_sales)
        self.assertIn("Second Group", self._submit(order).step_ids.mapped('display_name'))

    def test_returns_submitted_together_count_for_one_another(self):
        self._group(self.voter_quality, amount_min=60.01)
        order = self._sell()
        drafts = self._file(order) | self._file(order) | self._file(order)
        drafts.action_submit()
        for request in drafts:
            self.assertIn("Second Group", request.step_ids.mapped('display_name'))

    def test_steps_are_answered_from_the_list(self):
        requests = self._submit(self._sell()) | self._submit(self._sell())
        requests.step_ids.with_user(self.voter_sales).action_approve()
        self.assertEqual(requests.mapped('state'), ['approved', 'approved'])


@tagged('post_install', '-at_install')
class TestVoters(CommitteeCommon):
    """Who is asked."""

    def test_creator_and_responsible_are_not_asked(self):
        self.group_sales.member_ids = self.agent | self.agent_all | self.voter_sales
        request = self._file(self._sell())
        request.sudo().user_id = self.agent_all
        request.sudo().action_submit()
        self.assertEqual(request.step_ids.voter_ids, self.voter_sales)

    def test_nobody_answers_two_steps_of_one_request(self):
        second = self._group(self.voter_sales, self.voter_quality, sequence=10)
        request = self._submit(self._sell())
        parallel = request.step_ids.filtered(lambda step: step.group_id == second)
        self.assertEqual(parallel.voter_ids, self.voter_sales | self.voter_quality)
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(parallel.voter_ids, self.voter_quality, "asked in both, they answered the first")
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(parallel.state, 'open')
        self._vote(request, (self.voter_quality, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_second_step_in_sequence_leaves_out_who_answered_the_first(self):
        self._group(self.voter_sales, self.voter_quality)
        request = self._approve(self._sell())
        self.assertEqual(self._open_step(request).voter_ids, self.voter_quality)

    def test_withdrawn_second_vote_asks_nobody_new(self):
        second = self._group(self.voter_sales, self.voter_quality, sequence=10)
        request = self._submit(self._sell())
        second.member_ids += self.voter_finance
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(self._open_step(request).voter_ids, self.voter_quality)

    def test_withdrawn_second_vote_may_leave_too_few(self):
        self._group(self.voter_sales, sequence=10, escalation_user_id=self.chair.id)
        request = self._submit(self._sell())
        self._vote(request, (self.voter_sales, 'approve'))
        step = self._open_step(request)
        self.assertEqual((step.voter_ids, step.is_escalated), (self.chair, True))
        self.assertIn(self.chair, request.activity_ids.user_id)
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_company_may_allow_own_decisions(self):
        self.company.returns_allow_own_decision = True
        self.group_sales.member_ids = self.agent
        self._group(self.agent, sequence=10)
        request = self._submit(self._sell())
        request.with_user(self.agent).action_approve()
        self.assertEqual(request.state, 'approved', "both steps were answered at once")
        self.assertEqual(len(request.decision_ids), 2)

    def test_too_few_voters_leave_it_to_the_escalation_user(self):
        self.group_sales.write({
            'member_ids': [Command.set((self.agent | self.voter_sales).ids)], 'rule': 'quorum', 'quorum': 2,
            'escalation_user_id': self.chair.id})
        request = self._submit(self._sell())
        step = request.step_ids
        self.assertEqual((step.voter_ids, step.is_escalated), (self.chair, True))
        self.assertTrue(request.message_ids.filtered(lambda message: "Too few members" in message.body))
        with self.assertRaises(AccessError):
            self._vote(request, (self.voter_sales, 'approve'))
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_all_members_means_all_that_may_decide(self):
        self.group_sales.write({
            'member_ids': [Command.set((self.agent | self.voter_sales).ids)], 'rule': 'all'})
        request = self._submit(self._sell())
        self.assertFalse(request.step_ids.is_escalated)
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_without_escalation_user_the_managers_decide(self):
        self.group_sales.member_ids = self.agent
        request = self._submit(self._sell())
        voters = request.step_ids.voter_ids
        self.assertIn(self.manager, voters)
        self.assertFalse(voters.filtered(lambda user: not user.has_group('returns_management.group_returns_manager')))
        self._vote(request, (self.manager, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_missing_chair_or_department_leaves_it_to_others(self):
        for values in ({'rule': 'chair', 'quorum': 1}, {'needs_finance': True, 'quorum': 1}, {'quorum': 3}):
            with self.subTest(values=values):
                self.team.write({
                    'rule': 'majority', 'needs_finance': False, 'asked': 'always', **values,
                    'escalation_user_id': self.inspector.id})
                request = self._file(self._sell())
                absent = self.chair if values.get('rule') == 'chair' else self.voter_finance
                request.sudo().handler_ids = absent
                request.action_submit()
                self._vote(request, (self.voter_sales, 'approve'))
                step = self._open_step(request)
                self.assertEqual((step.voter_ids, step.is_escalated), (self.inspector, True))

    def test_submission_is_refused_where_nobody_may_decide(self):
        managers = self.env.ref('returns_management.group_returns_manager')
        managers.sudo().user_ids = [Command.set(self.agent_all.ids)]
        self.group_sales.member_ids = self.agent_all
        for asked in ('first', 'second'):
            with self.subTest(asked=asked):
                if asked == 'second':  # only the group that is asked later has nobody
                    self.group_sales.member_ids = self.voter_sales
                    self._group(self.agent_all)
                request = self._file(self._sell(), user=self.agent_all)
                with self.assertRaisesRegex(UserError, rf"Nobody may decide .* about {request.name}.*Add another member"):
                    request.action_submit()
                self.assertEqual(request.state, 'draft')

    def test_voters_are_fixed_at_opening(self):
        request = self._submit(self._sell())
        self.group_sales.member_ids = self.voter_quality
        with self.assertRaises(AccessError):
            self._vote(request, (self.voter_quality, 'approve'))
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(request.state, 'approved')

    def test_manager_puts_the_question_to_the_members_of_today(self):
        request = self._submit(self._sell())
        self.group_sales.member_ids = self.voter_quality
        with self.assertRaises(AccessError):
            request.step_ids.with_user(self.agent).action_reassign()
        request.step_ids.with_user(self.manager).action_reassign()
        self.assertEqual(request.step_ids.voter_ids, self.voter_quality)
        self.assertEqual(request.activity_ids.user_id, self.voter_quality)

    def test_reassigning_counts_the_votes_that_are_in(self):
        self.group_sales.write({
            'member_ids': [Command.set((self.voter_sales | self.voter_quality).ids)], 'rule': 'all'})
        request = self._submit(self._sell())
        self._vote(request, (self.voter_sales, 'approve'))
        self.group_sales.member_ids = self.voter_sales
        request.step_ids.with_user(self.manager).action_reassign()
        self.assertEqual(request.state, 'approved', "nobody is left to wait for")

    def test_members_of_other_companies_and_former_users_are_not_asked(self):
        other = self.env['res.company'].create({'name': "Elsewhere"})
        stranger = new_test_user(self.env, login='test_returns_stranger', groups='base.group_user', company_id=other.id,
                                 company_ids=[Command.set(other.ids)])
        self.group_sales.member_ids = self.voter_sales | self.voter_quality | stranger
        self.voter_quality.active = False
        request = self._submit(self._sell())
        self.assertEqual(request.step_ids.voter_ids, self.voter_sales)

    def test_voters_are_reminded_and_no_longer_once_they_answered(self):
        request = self._sit(quorum=3)
        self.assertEqual(request.activity_ids.user_id, self.voter_quality | self.voter_finance | self.chair)
        self.assertEqual(len(request.activity_ids), 3)
        self._vote(request, (self.chair, 'approve'))
        self.assertEqual(request.activity_ids.user_id, self.voter_quality | self.voter_finance)
        self._vote(request, (self.voter_finance, 'approve'), (self.voter_quality, 'approve'))
        self.assertFalse(request.activity_ids)
        request = self._submit(self._sell())
        request.action_cancel()
        self.assertFalse(request.activity_ids)

    def test_reminders_go_whatever_language_one_speaks(self):
        self.env['res.lang']._activate_lang('fr_FR')
        self.group_sales.with_context(lang='fr_FR').name = "Ventes"
        self.voter_sales.lang = 'fr_FR'
        request = self._submit(self._sell())
        request.with_user(self.voter_sales).with_context(lang='fr_FR').action_approve()
        self.assertFalse(request.activity_ids)

    def test_others_reminders_stay(self):
        request = self._submit(self._sell())
        request.activity_schedule('mail.mail_activity_data_todo', user_id=self.agent.id)
        self._vote(request, (self.voter_sales, 'approve'))
        self.assertEqual(request.activity_ids.user_id, self.agent)

    def test_deadline_counts_working_days_of_the_company(self):
        calendar = self.env['resource.calendar'].create({
            'name': "Nine to five", 'tz': 'UTC', 'company_id': self.company.id, 'attendance_ids': [
                Command.clear(), *(Command.create({
                    'name': "Day", 'dayofweek': str(day), 'hour_from': 9, 'hour_to': 17, 'day_period': 'morning'})
                    for day in range(5))]})
        self.company.resource_calendar_id = calendar
        order = self._sell((self.product, 50.0))
        cases = (
            ('hours', 24, datetime(2026, 3, 7, 10)), ('working_hours', 10, datetime(2026, 3, 9, 12)),
            ('working_days', 1, datetime(2026, 3, 9, 17)), ('working_days', 2, datetime(2026, 3, 10, 17)))
        for holiday, shift in ((False, 0), (True, 1)):
            if holiday:
                self.env['resource.calendar.leaves'].create({
                    'name': "Holiday", 'calendar_id': calendar.id, 'company_id': self.company.id,
                    'date_from': datetime(2026, 3, 9), 'date_to': datetime(2026, 3, 9, 23, 59, 59)})
            for unit, value, due in cases:
                with self.subTest(unit=unit, value=value, holiday=holiday), freeze_time('2026-03-06 10:00:00'):  # Friday
                    self.group_sales.write({'limit_value': value, 'limit_unit': unit})
                    request = self._submit(order)
                    expected = due.replace(day=due.day + shift) if unit != 'hours' else due
                    if unit == 'working_hours':
                        expected = datetime(2026, 3, 9 + shift, 12)
                    self.assertEqual(request.step_ids.deadline, expected)
                    self.assertEqual(request.date_decision_due, expected)
                    self.assertEqual(request.activity_ids.date_deadline, expected.date())

    def test_step_past_its_deadline_is_late(self):
        with freeze_time('2026-03-06 10:00:00'):
            self.group_sales.write({'limit_value': 2, 'limit_unit': 'hours'})
            request = self._submit(self._sell())
            self.assertFalse(request.step_ids.is_late or request.is_late)
        self.env.invalidate_all()
        self.assertTrue(request.step_ids.is_late and request.is_late)
        self.assertIn(request, self.Request.search([('is_late', '=', True)]))
        self.assertEqual(request.state, 'review', "nothing is approved by silence")


@tagged('post_install', '-at_install')
class TestFinalReview(CommitteeCommon):
    """Who judges after the goods were seen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finance = cls.env['returns.approval.group'].create({
            'name': "Finance", 'department': 'finance', 'company_id': cls.company.id, 'phase': 'settle', 'sequence': 10,
            'member_ids': [Command.set(cls.voter_finance.ids)]})

    def _inspect_all(self, order, disposition=None, quantity=2.0):
        request = self._approve(order, quantity)
        self._receive(request)
        self._inspect(request, disposition)
        return request

    def test_money_waits_for_the_last_step(self):
        request = self._inspect_all(self._sell())
        self.assertEqual(request.state, 'final_review')
        request.with_user(self.accountant).action_settle()
        self.assertEqual(request.line_ids.quantity_settled, 0.0, "settling does not get past the step")
        self._vote(request, (self.voter_finance, 'approve'))
        self.assertEqual(request.state, 'settlement')
        self.assertTrue(self._settle(request))
        self.assertEqual(request.state, 'done')

    def test_rejection_sends_restocked_goods_back_and_pays_nothing(self):
        order = self._sell()
        on_hand = self._on_hand(self.product, self.stock)
        request = self._inspect_all(order)
        self.assertEqual(self._on_hand(self.product, self.stock), on_hand + 2.0, "restocked at once: it can be undone")
        self._vote(request, (self.voter_finance, 'reject'))
        line = request.line_ids
        self.assertEqual((line.quantity_received, line.quantity_accepted, line.quantity_settled), (2.0, 0.0, 0.0))
        self.assertEqual(request.state, 'settlement', "goods in our house are never rejected")
        self.assertEqual(line.rejection_note, "Worn")
        self.assertEqual(self._on_hand(self.product, self.stock), on_hand)
        self.assertEqual(self._on_hand(self.product), 2.0, "brought back from the shelf")
        back = line.move_ids.filtered(lambda move: move.location_dest_id.usage == 'customer')
        self.assertEqual((back.product_uom_qty, back.state), (2.0, 'assigned'))
        request.with_user(self.accountant).action_settle()
        self.assertFalse(request.sudo().settlement_ids)
        self._validate(back.picking_id)
        self.assertEqual(request.state, 'done')
        self.assertEqual(self._on_hand(self.product), 0.0)
        self.assertEqual((order.order_line.qty_delivered, order.order_line.qty_to_invoice), (5.0, 0.0))

    def test_scrap_waits_until_nobody_objects(self):
        request = self._inspect_all(self._sell(), self.scrap)
        self.assertEqual(self._on_hand(self.product), 2.0)
        self._vote(request, (self.voter_finance, 'approve'))
        self.assertEqual(self._on_hand(self.product), 0.0)

    def test_rejection_by_one_spares_the_others(self):
        self.team.asked = 'always'
        self.reason.committee_phase = 'settle'
        self.finance.sequence = 1000  # beside the committee
        request = self._inspect_all(self._sell())
        self.assertEqual(len(self._open_step(request)), 2)
        self._vote(request, (self.voter_finance, 'reject'))
        self.assertEqual(request.state, 'settlement')
        self.assertFalse(self._open_step(request))
        self.assertFalse(request.activity_ids)

    def test_committee_that_sits_after_inspection(self):
        self.finance.active = False
        self.team.write({'asked': 'always', 'quorum': 2})
        self.reason.committee_phase = 'settle'
        request = self._approve(self._sell())
        self.assertEqual(request.state, 'approved', "nobody but the group before the goods are seen")
        self._receive(request)
        self._inspect(request)
        self.assertEqual(request.state, 'final_review')
        self._vote(request, (self.chair, 'approve'), (self.voter_quality, 'approve'))
        self.assertEqual(request.state, 'settlement')

    def test_what_was_paid_in_advance_stays_paid(self):
        self.rule.sudo().advance = 'refund'
        order = self._sell()
        request = self._approve(order, 2.0)
        self._settle(request)
        self.assertEqual(request.line_ids.quantity_settled, 2.0)
        self._receive(request)
        self._inspect(request)
        self.assertEqual(request.state, 'final_review')
        self._vote(request, (self.voter_finance, 'reject'))
        line = request.line_ids
        self.assertEqual((line.quantity_accepted, line.quantity_settled), (0.0, 2.0))
        self.assertTrue(request.message_ids.filtered(lambda message: "claim it back" in message.body))
        self.assertEqual(request.state, 'settlement', "the goods still have to go back")

    def test_group_made_later_does_not_judge_what_is_settled(self):
        self.finance.active = False
        order = self._sell()
        request = self._inspect_all(order)
        waiting = self._inspect_all(self._sell())
        note = self._settle(request)
        self.finance.active = True
        note.button_draft()
        self.assertEqual(request.state, 'settlement')
        note.action_post()
        self.assertEqual(request.state, 'done')
        self.assertTrue(waiting.may_settle, "nor what was cleared before")
        self.assertEqual(self._inspect_all(self._sell()).state, 'final_review')
