# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""The add-on comes, is updated and goes, on databases where somebody worked before, and leaves them as they were.

Two databases, each opened as few times as possible:

    lived_in   a copy of `shown`: installed with demo data, returns in every state; updated twice
    bare       a copy of `base` with companies and warehouses made beforehand; installed without demo data

Then each is uninstalled and installed again.

Both start from Odoo's applications *with* their demo data: there, other people's orders and transfers are in the way,
and making a base without them would cost minutes. Odoo 19 gives an add-on its demo data where all that it depends on has
demo data, whatever the command line says of a database that exists; so `bare` forgets that it has any.

A WARNING or ERROR in Odoo's log fails these tests like all others (conftest.py).
"""

import os
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from odoo import SUPERUSER_ID, Command, api
from odoo.modules.registry import Registry

from setup.scratch import load, scratch_copy

NAME = 'returns_management'

#: What describes a database: {what: query of names}. All of it is as before once the add-on is gone.
SCHEMA = {
    'tables and columns': """
        SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
        WHERE table_schema = 'public'""",
    'constraints': "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint",
    'indexes': "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    'views': "SELECT viewname FROM pg_views WHERE schemaname = 'public'",
    'functions': """
        SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace""",
    'triggers': "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
}
RECORDS = {
    'ir_model': "SELECT model FROM ir_model",
    'ir_model_fields': "SELECT model, name FROM ir_model_fields",
    'ir_model_fields_selection': """
        SELECT f.model, f.name, s.value FROM ir_model_fields_selection s JOIN ir_model_fields f ON f.id = s.field_id""",
    # of foreign keys to what stays, core forgets these rows whatever add-on goes; the keys are gone, see 'constraints'
    'ir_model_constraint': "SELECT name FROM ir_model_constraint WHERE type != 'f'",
    'ir_model_relation': "SELECT name FROM ir_model_relation",
    'ir_model_access': "SELECT id, name FROM ir_model_access",
    'ir_rule': "SELECT id, name FROM ir_rule",
    'ir_ui_view': "SELECT id, name FROM ir_ui_view",
    'ir_ui_menu': "SELECT id, name FROM ir_ui_menu",
    'ir_actions': "SELECT id, type, name FROM ir_actions",
    'ir_cron': "SELECT id, cron_name FROM ir_cron",
    'ir_asset': "SELECT id, name FROM ir_asset",
    'ir_config_parameter': "SELECT key FROM ir_config_parameter",
    'ir_default': "SELECT id FROM ir_default",
    'ir_filters': "SELECT id, name FROM ir_filters",
    'named sequences': "SELECT id, code FROM ir_sequence WHERE code IS NOT NULL",
    'res_users': "SELECT id, login, active FROM res_users",
    'res_groups': "SELECT id, name FROM res_groups",
    'res_groups_privilege': "SELECT id, name FROM res_groups_privilege",
    'mail_template': "SELECT id, name FROM mail_template",
    'mail_activity_type': "SELECT id, name FROM mail_activity_type",
    'mail_message_subtype': "SELECT id, name FROM mail_message_subtype",
    'operation types': """
        SELECT id, name, active, return_picking_type_id, default_location_src_id, default_location_dest_id
        FROM stock_picking_type WHERE sequence_code != 'RET'""",
    'routes and rules': "SELECT id, name, active FROM stock_rule",
}
#: What still points to a model of ours.
REMNANTS = {
    'ir_model_data': """
        SELECT model, name FROM ir_model_data WHERE module LIKE 'returns_management%' OR model LIKE 'returns.%'""",
    'mail_message': "SELECT id FROM mail_message WHERE model LIKE 'returns.%'",
    'mail_followers': "SELECT id FROM mail_followers WHERE res_model LIKE 'returns.%'",
    'mail_activity': "SELECT id FROM mail_activity WHERE res_model LIKE 'returns.%'",
    'mail_template': "SELECT id FROM mail_template WHERE model LIKE 'returns.%'",
    'rating_rating': "SELECT id FROM rating_rating WHERE res_model LIKE 'returns.%'",
    'ir_attachment': "SELECT id, name FROM ir_attachment WHERE res_model LIKE 'returns.%'",
    'products on sale': """
        SELECT t.id FROM product_template t JOIN product_product p ON p.product_tmpl_id = t.id
        WHERE p.default_code = 'RET-ALLOWANCE' AND (t.active OR p.active)""",
    'operation types in use': "SELECT id FROM stock_picking_type WHERE sequence_code = 'RET' AND active",
}


def _get_rows(cr, queries):
    """:return: {what: set of rows}"""
    found = {}
    for what, query in queries.items():
        cr.execute(query)
        found[what] = {tuple(str(value) for value in row) for row in cr.fetchall()}
    return found


def _compare(before, after):
    """:return: {what: (gone, left over)} of what differs"""
    return {what: (before[what] - after[what], after[what] - before[what])
            for what in before if before[what] != after[what]}


@contextmanager
def _look(database):
    """Yield the superuser's environment on a database; what is done there is undone."""
    with Registry(database.name).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})
        cr.rollback()


@contextmanager
def _work(database):
    """Yield the superuser's environment on a database; what is done there stays."""
    with Registry(database.name).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


def _get_returns_pickings(env):
    """:return: the transfers of goods that customers send back and that are not here yet"""
    types = env['stock.picking.type'].with_context(active_test=False).search([('sequence_code', '=', 'RET')])
    return env['stock.picking'].search([('picking_type_id', 'in', types.ids), ('state', '=', 'assigned')])


def _describe(cr):
    return _get_rows(cr, SCHEMA | RECORDS)


def _uninstall(database):
    """Uninstall as the screen Apps does, which is not allowed in a test."""
    with _work(database) as env:
        env['ir.module.module'].search([('name', '=', NAME)]).button_uninstall()
    load(database.name, update_module=True)


# ----------------------------------------------------------------------
# The two databases and their stations, each reached by the tests that want it or a later one
# ----------------------------------------------------------------------


@pytest.fixture(scope='module')
def bare():
    """Installed without demo data where several companies are at work already."""
    with scratch_copy(os.environ['RETURNS_BASE_DB']) as name:
        database = SimpleNamespace(name=name)
        load(name)
        with _work(database) as env:
            database.untouched = _describe(env.cr)
            env.cr.execute("UPDATE ir_module_module SET demo = false")
            second, closed = env['res.company'].create([{'name': "Second"}, {'name': "Closed"}])
            env['res.company'].create({'name': "Branch", 'parent_id': second.id})
            env['stock.warehouse'].create([
                {'name': "Depot", 'code': "DEP", 'company_id': second.id, 'delivery_steps': 'pick_ship',
                 'reception_steps': 'two_steps'},
                {'name': "Former", 'code': "FRM", 'company_id': second.id, 'active': False}])
            closed.active = False
            env.flush_all()
            database.before = _describe(env.cr)
        load(name, install_modules=[NAME])
        yield database


@pytest.fixture(scope='module')
def bare_left(bare):
    _uninstall(bare)
    return bare


@pytest.fixture(scope='module')
def bare_again(bare_left):
    load(bare_left.name, install_modules=[NAME])
    return bare_left


@pytest.fixture(scope='module')
def lived_in(bare):
    """Installed with demo data: returns in every state."""
    with scratch_copy(os.environ['RETURNS_TEMPLATE_DB']) as name:
        load(name)
        yield SimpleNamespace(name=name, before=bare.untouched)


@pytest.fixture(scope='module')
def lived_in_left(lived_in):
    _uninstall(lived_in)
    return lived_in


@pytest.fixture(scope='module')
def lived_in_again(lived_in_left):
    with _look(lived_in_left) as env:
        lived_in_left.waiting = _get_returns_pickings(env).ids
    load(lived_in_left.name, install_modules=[NAME])
    return lived_in_left


# ----------------------------------------------------------------------
# Installed
# ----------------------------------------------------------------------


def _check_setup(env):
    """Every company can handle returns, every warehouse receive them; archived ones, too.

    :return: the companies
    """
    everything = env(context={'active_test': False})
    companies = everything['res.company'].search([])
    for company in companies:
        domain = [('company_id', '=', company.id)]
        assert env['returns.policy'].search([*domain, ('state', '=', 'published')]).rule_ids, company.name
        assert env['returns.approval.group'].search([*domain, ('is_fallback', '=', True)]).member_ids, company.name
        assert env['returns.team'].search(domain).member_ids, company.name
        assert env['returns.request']._next_names(company, 2)
    for warehouse in everything['stock.warehouse'].search([]):
        returns_type, place = warehouse.returns_type_id, warehouse.returns_location_id
        assert (returns_type.code, returns_type.active) == ('incoming', warehouse.active), warehouse.name
        assert returns_type.default_location_dest_id == place
        assert returns_type.sequence_id.company_id == returns_type.company_id == place.company_id == warehouse.company_id
        assert (place.usage, place.active, place.location_id) == ('internal', warehouse.active, place.browse())
        assert warehouse.out_type_id.return_picking_type_id == returns_type
        assert everything['stock.location'].search_count(
            [('name', '=', place.name), ('company_id', '=', place.company_id.id)]) == 1
        assert everything['stock.picking.type'].search_count(
            [('warehouse_id', '=', warehouse.id), ('sequence_code', '=', 'RET')]) == 1
    return companies


def test_every_company_is_set_up(bare):
    with _look(bare) as env:
        assert not env['ir.module.module'].search([('name', '=', NAME)]).demo
        assert not env['returns.request'].search([])
        companies = _check_setup(env)
        assert {"Second", "Branch", "Closed"} < set(companies.mapped('name'))
        for company in companies:
            groups = env['returns.approval.group'].search([('company_id', '=', company.id)])
            assert sorted(groups.mapped('department')) == ['finance', 'sales', 'service']


def test_every_company_of_the_demo_is_set_up(lived_in):
    with _look(lived_in) as env:
        assert len(env['returns.request'].search([]).grouped('state')) > 5
        _check_setup(env)


CUSTOM = {
    'ir.rule': ('name', "Ours"), 'ir.sequence': ('prefix', "BACK/"), 'mail.template': ('subject', "Hello"),
    'product.product': ('name', "Courtesy"), 'returns.reason': ('name', "Just so"),
    'returns.disposition': ('name', "Shelf"), 'returns.root.cause': ('name', "Fate"),
    'returns.approval.group': ('name', "Those who decide"), 'returns.team': ('name', "Those who vote"),
    'mail.activity.type': ('summary', "Look"),
}


def test_updates_leave_alone_what_was_customized(lived_in):
    """Neither the first nor the second update: what data files, hooks and demo made is the company's own."""
    with _work(lived_in) as env:
        brought = env['ir.model.data'].search([('module', '=', NAME), ('noupdate', '=', True)])
        for model, (field, value) in CUSTOM.items():
            records = env[model].browse(brought.filtered(lambda data, model=model: data.model == model).mapped('res_id'))
            assert records, model
            records.write({field: value})
        env['returns.reason'].search([], limit=1).active = False
        env['stock.warehouse'].search([], limit=1).returns_type_id.name = "Back door"
        env.flush_all()
        before = _get_contents(env.cr)
    for _time in range(2):
        load(lived_in.name, upgrade_modules=[NAME])
        with _look(lived_in) as env:
            assert not _compare(before, _get_contents(env.cr))


def _get_contents(cr):
    """:return: {table: rows} of all that is ours, and of what of Odoo's we brought"""
    cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'returns%'")
    tables = [table for table, in cr.fetchall()]
    tables += ['ir_rule', 'ir_sequence', 'mail_template', 'product_product', 'product_template', 'stock_picking_type',
               'stock_location', 'stock_warehouse', 'mail_activity_type', 'mail_message', 'res_users', 'sale_order']
    return _get_rows(cr, {table: f'SELECT t::text FROM "{table}" t' for table in tables})


# ----------------------------------------------------------------------
# Gone
# ----------------------------------------------------------------------


@pytest.fixture(params=['bare_left', 'lived_in_left'])
def left(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_left_over(left):
    with _look(left) as env:
        after = _describe(env.cr)
        remnants = {what: rows for what, rows in _get_rows(env.cr, REMNANTS).items() if rows}
    assert not _compare(left.before, after)
    assert not remnants


def test_core_works_without(left):
    """A delivery is returned, credited, and a warehouse made: nothing still waits for the add-on."""
    with _look(left) as env:
        product = env['product.product'].create({
            'name': "Kettle", 'is_storable': True, 'list_price': 10.0, 'invoice_policy': 'delivery'})
        warehouse = env['stock.warehouse'].search([('company_id', '=', env.company.id)], limit=1)
        env['stock.quant']._update_available_quantity(product, warehouse.lot_stock_id, 5.0)
        order = env['sale.order'].create({
            'partner_id': env['res.partner'].create({'name': "Customer"}).id,
            'order_line': [Command.create({'product_id': product.id, 'product_uom_qty': 5.0})]})
        order.action_confirm()
        order.picking_ids.move_ids.picked = True
        order.picking_ids.button_validate()
        order._create_invoices().action_post()

        wizard = env['stock.return.picking'].with_context(
            active_model='stock.picking', active_id=order.picking_ids.id).create({})
        wizard.product_return_moves.quantity = 2.0
        picking = wizard._create_return()
        assert picking.picking_type_id == warehouse.in_type_id
        assert picking.location_dest_id == warehouse.lot_stock_id
        picking.move_ids.picked = True
        picking.button_validate()
        assert (order.order_line.qty_delivered, order.order_line.qty_to_invoice) == (3.0, -2.0)
        note = order._create_invoices(final=True)
        note.action_post()
        assert (note.move_type, note.state, note.amount_untaxed) == ('out_refund', 'posted', 20.0)
        assert order.order_line.qty_to_invoice == 0.0

        made = env['stock.warehouse'].create({'name': "New", 'code': "NEW"})
        assert made.out_type_id.return_picking_type_id == made.in_type_id
        assert env['res.company'].create({'name': "Third"})


def test_goods_on_their_way_can_still_be_received(lived_in_left):
    with _look(lived_in_left) as env:
        pickings = _get_returns_pickings(env)
        assert pickings
        pickings.move_ids.picked = True
        pickings.button_validate()
        assert set(pickings.mapped('state')) == {'done'}
        assert sum(pickings.location_dest_id.quant_ids.mapped('quantity')) > 0


# ----------------------------------------------------------------------
# Back again
# ----------------------------------------------------------------------


@pytest.mark.parametrize('again', ['bare_again', 'lived_in_again'])
def test_it_can_come_back(again, request):
    with _look(request.getfixturevalue(again)) as env:
        _check_setup(env)


def test_goods_still_on_their_way_come_in_by_the_same_door(lived_in_again):
    with _look(lived_in_again) as env:
        pickings = env['stock.picking'].browse(lived_in_again.waiting)
        warehouse = pickings.picking_type_id.warehouse_id
        assert pickings.picking_type_id == warehouse.returns_type_id
        assert pickings.location_dest_id == warehouse.returns_location_id
        pickings.move_ids.picked = True
        pickings.button_validate()
        assert set(pickings.mapped('state')) == {'done'}
