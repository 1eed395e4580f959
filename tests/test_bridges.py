# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Bridges come and go on a database where people are at work with them, and leave the add-on in working order.

One database, a copy of `full`: all bridges installed, then lived in; then repair, purchase and dropshipping are uninstalled,
and installed again. Each station is reached by the tests that want it or a later one.
"""

from types import SimpleNamespace

import pytest

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry

from odoo.addons.returns_management.tests import common

from setup.scratch import load, scratch_database

BRIDGES = ['returns_management_dropshipping', 'returns_management_purchase', 'returns_management_repair']
QUIET = {'tracking_disable': True, 'mail_create_nolog': True, 'mail_notrack': True, 'no_reset_password': True}

#: What a database still says of these bridges.
REMNANTS = {
    'data': "SELECT module, name FROM ir_model_data WHERE module IN %s",
    'tables': "SELECT table_name FROM information_schema.tables WHERE table_name LIKE 'returns_vendor_%%' AND %s IS NOT NULL",
    'columns': """
        SELECT table_name, column_name FROM information_schema.columns
         WHERE (column_name IN ('is_given_back', 'date_repair_due', 'returns_vendor_line_id',
                                'is_sent_to_vendor', 'allow_repair', 'accept_at_vendor')
             OR column_name = 'returns_version' AND table_name = 'purchase_order_line'
             OR column_name = 'returns_inspection_id' AND table_name = 'repair_order')
           AND table_schema = 'public' AND %s IS NOT NULL""",
    'stages': "SELECT id FROM returns_time_limit WHERE stage IN ('repair', 'vendor') AND %s IS NOT NULL",
    'resolutions': "SELECT id FROM returns_request_line WHERE resolution = 'repair' AND %s IS NOT NULL",
    'messages': "SELECT id FROM mail_message WHERE model LIKE 'returns.vendor.%%' AND %s IS NOT NULL",
    'activities': "SELECT id FROM mail_activity WHERE res_model LIKE 'returns.vendor.%%' AND %s IS NOT NULL",
}


class World(common.ReturnsCommon):
    """The small company of the other tests, at work with repairs, vendors and drop-shipments."""
    __test__ = False

    def __init__(self, env):
        cls = type(self)
        cls.env = env
        cls._create_world()
        self.repair = env.ref('returns_management.disposition_repair')
        self.to_vendor = env.ref('returns_management.disposition_vendor')
        env['returns.policy.rule'].search([]).allow_repair = True
        self.vendor = env['res.partner'].create({'name': "Vendor"})
        purchase = env['purchase.order'].create({
            'partner_id': self.vendor.id,
            'order_line': [Command.create({'product_id': self.product.id, 'product_qty': 50.0, 'price_unit': 3.0})]})
        purchase.button_confirm()
        self._validate(purchase.picking_ids)

    def inspected(self, disposition, **line_values):
        request = self._approve(self._sell(), 2.0, **line_values)
        self._receive(request)
        self._inspect(request, disposition)
        return request

    def repaired(self, request):
        repairs = self.env['repair.order'].search([('returns_request_id', '=', request.id)])
        repairs.action_repair_start()
        repairs.action_repair_end()

    def drop_shipped(self):
        product = self._create_product(
            "Sofa", quantity=0.0, seller_ids=[Command.create({'partner_id': self.vendor.id, 'price': 6.0})],
            route_ids=[Command.set(self.env.ref('stock_dropshipping.route_drop_shipping').ids)])
        order = self._sell((product, 5.0), deliver=False, invoice=False)
        purchase = order._get_purchase_orders()
        purchase.button_confirm()
        self._validate(purchase.picking_ids)
        return order


@pytest.fixture(scope='module')
def lived_in():
    with scratch_database() as registry:
        with registry.cursor() as cr:
            world = World(api.Environment(cr, SUPERUSER_ID, QUIET))
            made = {
                'in_repair': world.inspected(world.repair),
                'own_in_repair': world.inspected(world.repair, resolution='repair'),
                'own_awaited': world._approve(world._sell(), 1.0, resolution='repair'),
                'own_sent_back': world.inspected(world.repair, resolution='repair'),
                'at_vendor': world.inspected(world.to_vendor),
                'straight_to_vendor': world._approve(world.drop_shipped(), 2.0, is_sent_to_vendor=True),
            }
            world.repaired(made['own_sent_back'])
            back = made['own_sent_back'].sudo().inspection_ids.disposal_move_ids.picking_id
            world._validate(back)
            claim = world.env['returns.vendor.claim.line'].search([('request_id', '=', made['at_vendor'].id)]).claim_id
            claim._as_flow().line_ids._do_ask()
            world._validate(claim.picking_ids)
            made['for_vendor'] = world.inspected(world.to_vendor)  # what has left is on a claim of its own
            world.env['returns.reason'].browse(world.reason.id).disposition_id = world.repair
            world.env.flush_all()
            ids = {name: request.id for name, request in made.items()}
        yield SimpleNamespace(name=registry.db_name, ids=ids)


@pytest.fixture(scope='module')
def left(lived_in):
    with Registry(lived_in.name).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        env['ir.module.module'].search([('name', 'in', BRIDGES)]).button_uninstall()
    load(lived_in.name, update_module=True)
    return lived_in


@pytest.fixture(scope='module')
def again(left):
    load(left.name, install_modules=BRIDGES)
    return left


@pytest.fixture
def look(request):
    """Returns a function that gives the superuser's environment on a database; what is done there is undone."""
    cursors = []

    def open_env(database):
        cr = Registry(database.name).cursor()
        cursors.append(cr)
        return api.Environment(cr, SUPERUSER_ID, {})

    yield open_env
    for cr in cursors:
        cr.rollback()
        cr.close()


def test_nothing_is_left_over(left, look):
    env = look(left)
    found = {}
    for what, query in REMNANTS.items():
        env.cr.execute(query, [tuple(BRIDGES)])
        found[what] = env.cr.fetchall()
    assert not {what: rows for what, rows in found.items() if rows}
    for name in ('disposition_repair', 'disposition_vendor'):
        assert not env.ref(f'returns_management.{name}').active
    assert not env['returns.reason'].search([('disposition_id.active', '=', False)])


def test_goods_that_waited_are_in_quarantine(left, look):
    env = look(left)
    for name in ('in_repair', 'own_in_repair', 'for_vendor'):
        request = env['returns.request'].browse(left.ids[name])
        inspection = request.inspection_ids
        assert (inspection.disposition_kind, inspection.is_disposed) == ('quarantine', False), name
        assert request.activity_ids, name
        inspection.disposition_id = env.ref('returns_management.disposition_customer' if name == 'own_in_repair' else
                                            'returns_management.disposition_restock')
        inspection._as_flow()._do_dispose()
        assert inspection.is_disposed or inspection.disposal_move_ids, name


def test_everything_still_moves_on(left, look):
    env = look(left)
    lines = env['returns.request.line'].search([])
    before = {line: line.state for line in lines}
    lines.balance_id._refresh()
    lines._lock()._advance()
    assert {line: line.state for line in lines} == before
    own = env['returns.request'].browse(left.ids['own_sent_back'])
    assert own.state == 'done'
    assert own.line_ids.balance_id.quantity_returned == 0.0, "what was repaired is at the customer"


def test_what_was_to_go_to_a_vendor_comes_to_us(left, look):
    env = look(left)
    request = env['returns.request'].browse(left.ids['straight_to_vendor'])
    coming = request.picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel'))
    assert coming.location_dest_id.is_returns_location
    coming.move_ids.picked = True
    coming.button_validate()
    assert request.state == 'received'


def test_they_come_back(again, look):
    env = look(again)
    for name in ('disposition_repair', 'disposition_vendor'):
        assert env.ref(f'returns_management.{name}').active
    companies = env['res.company'].search([('active', 'in', (True, False))])
    for stage in ('repair', 'vendor'):
        assert env['returns.time.limit'].search([('stage', '=', stage)]).company_id == companies
    assert not any(env['returns.policy.rule'].search([]).mapped('allow_repair')), "nothing published promises more"
    lines = env['returns.request.line'].search([])
    before = {line: line.state for line in lines}
    lines._lock()._advance()
    assert {line: line.state for line in lines} == before
    assert env['returns.request'].browse(again.ids['own_sent_back']).line_ids.balance_id.quantity_returned == 0.0
