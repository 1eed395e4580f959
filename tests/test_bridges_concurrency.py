# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Two people at once at a repair, a vendor's claim, its credit note, store credit: one clean outcome each."""

import pytest
from test_concurrency import World as BaseWorld

from odoo import Command, fields
from odoo.tests import new_test_user

from setup.scratch import scratch_database


class World(BaseWorld):
    """The small company, with a workshop and a vendor."""

    @classmethod
    def _create_world(cls):
        super()._create_world()
        company = {'company_id': cls.company.id, 'company_ids': [Command.set(cls.company.ids)]}
        cls.second_inspector = cls.inspector.copy({'login': 'test_returns_inspector_2'})
        cls.mechanic, cls.second_mechanic = (
            new_test_user(cls.env, login=f'test_returns_mechanic_{number}', groups='stock.group_stock_user', **company)
            for number in range(2))
        cls.buyer, cls.second_buyer = (
            new_test_user(cls.env, login=f'test_returns_buyer_{number}', groups='purchase.group_purchase_user', **company)
            for number in range(2))
        cls.repair = cls.env.ref('returns_management.disposition_repair')
        cls.to_vendor = cls.env.ref('returns_management.disposition_vendor')
        cls.env['returns.policy.rule'].search([]).allow_repair = True
        cls.vendor = cls.env['res.partner'].create({'name': "Vendor"})

    def buy(self, quantity, bill=False):
        product = self._create_product("Blender", purchase_method='receive')
        order = self.env['purchase.order'].create({
            'partner_id': self.vendor.id,
            'order_line': [Command.create({'product_id': product.id, 'product_qty': quantity, 'price_unit': 4.0})]})
        order.button_confirm()
        self._validate(order.picking_ids)
        if bill:
            order.action_create_invoice()
            order.invoice_ids.invoice_date = fields.Date.today()
            order.invoice_ids.action_post()
        return product

    def to_inspect(self, product, disposition, quantity=2.0, **line_values):
        """An inspection that is ready to be done."""
        request = self._approve(self._sell((product, quantity)), quantity, **line_values)
        self._receive(request)
        inspection = request.sudo().inspection_ids
        inspection.write({'disposition_id': disposition.id, 'grade': 'c'})
        return inspection

    def credited(self):
        """A return for store credit, with its posted note."""
        program = self.env['loyalty.program'].create({
            'name': "Wallet", 'program_type': 'ewallet', 'reward_ids': [Command.clear(), Command.create({
                'reward_type': 'discount', 'discount': 1.0, 'discount_mode': 'per_point',
                'discount_applicability': 'order', 'required_points': 1.0})]})
        number = program.id
        liability = self.env['account.account'].create({
            'name': "Store credit", 'code': f'RSC.{number}', 'account_type': 'liability_current'})
        self.company.write({
            'returns_credit_program_id': program.id, 'returns_credit_account_id': liability.id,
            'returns_payout_posting': 'posted'})
        order = self._sell((self.product, 5.0))
        cash = self.env['account.journal'].search([('type', '=', 'cash')], limit=1) or (
            self.env['account.journal'].create({'name': "Cash", 'code': 'RCS', 'type': 'cash'}))
        self.env['account.payment.register'].with_context(
            active_model='account.move', active_ids=order.invoice_ids.ids).create({'journal_id': cash.id})._create_payments()
        return self._return(order, 2.0, resolution='store_credit')

    def claimed(self):
        """A claim whose goods have left, and whose credit note somebody has deleted."""
        inspection = self.to_inspect(self.buy(10.0, bill=True), self.to_vendor)
        inspection.with_user(self.inspector).action_done()
        claim = inspection.vendor_line_ids.claim_id
        self._validate(claim.picking_ids)
        claim.refund_ids.unlink()
        return claim


@pytest.fixture(scope='module')
def built():
    with scratch_database() as registry:
        yield World.build(registry)


@pytest.fixture
def world(built):
    built.cursors = []
    yield built
    for cr in built.cursors:
        cr.close()


def _errors(results):
    return [str(result) for result in results if isinstance(result, Exception)]


def test_goods_go_to_repair_once(world):
    made = world.prepare(lambda: {'inspection': world.to_inspect(world.product, world.repair)})
    results = world.at_once(
        ('inspector', made.inspection, 'action_done'), ('second_inspector', made.inspection, 'action_done'))
    assert not _errors(results)
    assert world.look(made.inspection).repair_ids.mapped('state') == ['draft']


@pytest.mark.parametrize('resolution', ['repair', 'refund'])
def test_repair_ends_once(world, resolution):
    def make():
        inspection = world.to_inspect(world.product, world.repair, resolution=resolution)
        inspection.with_user(world.inspector).action_done()
        inspection.repair_ids.action_repair_start()
        return {'repair': inspection.repair_ids, 'request': inspection.request_id}

    made = world.prepare(make)
    results = world.at_once(
        ('mechanic', made.repair, 'action_repair_end'), ('second_mechanic', made.repair, 'action_repair_end'))
    assert len(_errors(results)) == 1
    inspections = world.look(made.request).inspection_ids
    if resolution == 'repair':
        assert len(inspections.disposal_move_ids) == 1
    else:
        assert inspections.sorted('id').mapped('state') == ['done', 'draft']


def test_repair_is_finished_or_declared_failed(world):
    def make():
        inspection = world.to_inspect(world.product, world.repair, resolution='repair')
        inspection.with_user(world.inspector).action_done()
        inspection.repair_ids.action_repair_start()
        return {'repair': inspection.repair_ids, 'request': inspection.request_id}

    made = world.prepare(make)
    results = world.at_once(
        ('mechanic', made.repair, 'action_repair_end'),
        ('second_mechanic', made.repair, 'action_returns_cannot_repair', "Burnt out"))
    assert len(_errors(results)) == 1
    inspection = world.look(made.request).inspection_ids
    if inspection.repair_ids.state == 'done':
        assert (inspection.disposition_kind, inspection.repair_failure, len(inspection.disposal_move_ids)) == (
            'customer', False, 1)
    else:
        assert inspection.repair_ids.state == 'cancel'
        assert (inspection.disposition_kind, len(inspection.disposal_move_ids)) == ('quarantine', 0)


def test_failed_repair_is_decided_and_settled_once(world):
    def make():
        inspection = world.to_inspect(world.product, world.repair, resolution='repair')
        inspection.with_user(world.inspector).action_done()
        inspection.repair_ids.action_repair_cancel()
        return {'line': inspection.request_line_id, 'request': inspection.request_id}

    made = world.prepare(make)
    results = world.at_once(
        ('agent', made.line, 'action_decide_repair', 'refund'), ('manager', made.line, 'action_decide_repair', 'back'))
    assert len(_errors(results)) == 1
    line = world.look(made.line)
    outcome = line.repair_decision
    assert line.resolution == ('repair' if outcome == 'back' else outcome)
    if outcome == 'refund':
        names = ('returns.request', line.request_id.ids)
        world.cursors[-1].rollback()

        def approve():
            request = world.env[names[0]].browse(names[1])
            request.with_user(world.voter_sales).action_approve()
            return {'request': request}

        world.prepare(approve)
        results = world.at_once(('accountant', names, 'action_settle'), ('second_accountant', names, 'action_settle'))
        assert not _errors(results)
        line = world.look(made.line)
        assert len(line.move_ids.filtered(lambda move: move._returns_changes_hands())) == 3, "out, in, and to scrap"
        assert line.settlement_ids.filtered(lambda part: part.state != 'cancelled').mapped('kind') == ['credit']


def test_last_pieces_of_a_purchase_go_back_once(world):
    def make():
        product = world.buy(2.0)
        return {name: world.to_inspect(product, world.to_vendor) for name in ('one', 'two')}

    made = world.prepare(make)
    results = world.at_once(('inspector', made.one, 'action_done'), ('second_inspector', made.two, 'action_done'))
    errors = _errors(results)
    assert len(errors) == 1
    assert "no purchase is known" in errors[0]
    assert sorted(len(world.look(record).vendor_line_ids) for record in (made.one, made.two)) == [0, 1]


def test_one_credit_note_for_two_buyers(world):
    made = world.prepare(lambda: {'claim': world.claimed()})
    results = world.at_once(
        ('buyer', made.claim, 'action_propose_credit'), ('second_buyer', made.claim, 'action_propose_credit'))
    assert len(_errors(results)) == 1
    assert len(world.look(made.claim).refund_ids) == 1


def test_vendor_answers_once(world):
    made = world.prepare(lambda: {'claim': world.claimed()})
    results = world.at_once(
        ('buyer', made.claim, 'action_accept'), ('second_buyer', made.claim, 'action_refuse', "No"))
    assert len(_errors(results)) == 1
    claim = world.look(made.claim)
    refused = claim.line_ids.state == 'refused'
    assert len(claim.refund_ids) == (0 if refused else 1)
    assert len(claim.picking_ids) == (2 if refused else 1)


def test_store_credit_is_given_once_to_two_accountants_and_taken_back_once(world):
    made = world.prepare(lambda: {'request': world.credited()})
    results = world.at_once(
        ('accountant', made.request, 'action_pay_out'), ('second_accountant', made.request, 'action_pay_out'))
    assert not _errors(results), "who comes second has nothing left to do"
    payout = world.look(made.request).payout_ids
    card, note = payout.card_id, payout.refund_id
    assert (payout.state, card.points, note.amount_residual) == ('done', note.amount_total, 0.0)
    assert len(card.history_ids) == len(card.program_id.coupon_ids) == 1
    names = (payout._name, payout.ids)
    world.cursors[-1].rollback()
    results = world.at_once(('accountant', names, 'action_cancel'), ('second_accountant', names, 'action_cancel'))
    assert not _errors(results)
    payout = world.look(names)
    assert (payout.state, payout.credit_move_id.state, payout.card_id.points) == ('cancelled', 'cancel', 0.0)
    assert len(payout.card_id.history_ids) == 2
