# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command
from odoo.tests import Form, new_test_user

from odoo.addons.base.tests.common import BaseCommon
from odoo.addons.returns_management.models.returns_guard import as_flow


class ReturnsCommon(BaseCommon):
    """A small company that sells, delivers, takes back and credits; one person for each job.

    Two taxes (15 % and 5 %), a customer, storable products invoiced as delivered and as
    ordered, and a user for each role. Voters have no returns role at all.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._create_world()

    def tearDown(self):
        """Whatever a test did, quantities and amounts agree with goods and entries, see ``returns.mismatch``."""
        if self.checks_ledger:
            self._check_ledger()
        super().tearDown()

    #: Whether a class ends each of its tests with the ledger check
    checks_ledger = True
    #: Kinds of mismatches that the tests of a class make on purpose, or because they leave out steps
    ledger_leaves = frozenset()

    def _check_ledger(self):
        """:raise AssertionError: the ledger check would find something"""
        mismatches = as_flow(self.env['returns.mismatch'])
        self.env.flush_all()
        for kind, model in mismatches._get_ledger_checks().items():
            if kind not in self.ledger_leaves:
                found = getattr(mismatches, f'_find_{kind}')(mismatches._get_next_ids(model, 0, 10000))
                self.assertFalse(found, [row['cause'] for row in found])

    @classmethod
    def _create_world(cls):
        """Everything below, in ``cls.env``."""
        cls.company = cls.env.company
        cls.Request = cls.env['returns.request']
        cls.reason = cls.env.ref('returns_management.reason_changed_mind')
        cls.reason_quality = cls.env.ref('returns_management.reason_wrong_item')
        cls.restock = cls.env.ref('returns_management.disposition_restock')
        cls.scrap = cls.env.ref('returns_management.disposition_scrap')
        cls.back_to_customer = cls.env.ref('returns_management.disposition_customer')
        cls._create_people()
        cls._create_rights()
        cls._create_goods()

    @classmethod
    def _create_people(cls):
        def user(login, groups):
            return new_test_user(
                cls.env, login=f'test_returns_{login}', name=login.replace('_', ' ').title(), groups=groups,
                company_id=cls.company.id, company_ids=[Command.set(cls.company.ids)])

        cls.agent = user('agent', 'returns_management.group_returns_agent')
        cls.agent_all = user('agent_all', 'returns_management.group_returns_agent_all')
        cls.inspector = user('inspector', 'returns_management.group_returns_inspector')
        cls.accountant = user('accountant', 'returns_management.group_returns_accountant')
        cls.manager = user('manager', 'returns_management.group_returns_manager')
        cls.employee = user('employee', 'base.group_user')
        cls.voter_sales = user('voter_sales', 'base.group_user')
        cls.voter_quality = user('voter_quality', 'base.group_user')
        cls.voter_finance = user('voter_finance', 'base.group_user')
        cls.chair = user('chair', 'base.group_user')
        cls.customer = cls.env['res.partner'].create({
            'name': "Customer & Sons", 'email': 'customer@example.com', 'is_company': True})
        cls.contact = cls.env['res.partner'].create({
            'name': "Contact", 'email': 'contact@example.com', 'parent_id': cls.customer.id})
        cls.other_customer = cls.env['res.partner'].create({'name': "Somebody Else", 'email': 'else@example.com'})

    @classmethod
    def _create_rights(cls):
        """One sales group that any member decides; no committee unless a test asks for it."""
        cls.env['returns.approval.group'].search([('company_id', '=', cls.company.id)]).action_archive()
        cls.group_sales = cls.env['returns.approval.group'].create({
            'name': "Sales Approval", 'department': 'sales', 'company_id': cls.company.id, 'sequence': 10,
            'member_ids': [Command.set(cls.voter_sales.ids)]})
        cls.env['returns.team'].search([('company_id', '=', cls.company.id)]).action_archive()
        cls.team = cls.env['returns.team'].create({
            'name': "Committee", 'company_id': cls.company.id, 'asked': 'never', 'quorum': 3,
            'member_ids': [
                Command.create({'user_id': user.id, 'department': department, 'is_chair': department == 'management'})
                for user, department in (
                    (cls.voter_quality, 'quality'), (cls.voter_finance, 'finance'), (cls.chair, 'management'))],
        })
        current = cls.env['returns.policy'].search(
            [('company_id', '=', cls.company.id), ('state', '=', 'published')])
        cls.policy = current.copy({'name': "Test Policy", 'rule_ids': [Command.clear(), Command.create({
            'name': "All products", 'window_days': 30, 'warranty_months': 24, 'on_late': 'committee'})]})
        cls.rule = cls.policy.rule_ids
        cls.policy._do_publish()
        cls.company.returns_allow_own_decision = False

    @classmethod
    def _create_goods(cls):
        cls.warehouse = cls.env['stock.warehouse'].search([('company_id', '=', cls.company.id)], limit=1)
        cls.stock = cls.warehouse.lot_stock_id
        cls.tax_15, cls.tax_5 = cls.env['account.tax'].create([
            {'name': f"Returns {rate} %", 'amount': rate, 'type_tax_use': 'sale', 'company_id': cls.company.id}
            for rate in (15.0, 5.0)])
        cls.product = cls._create_product("Kettle", invoice_policy='delivery')
        cls.product_ordered = cls._create_product("Toaster", invoice_policy='order')

    @classmethod
    def _create_product(cls, name, quantity=1000.0, **values):
        product = cls.env['product.product'].create({
            'name': name, 'is_storable': True, 'list_price': 19.99, 'standard_price': 7.0,
            'taxes_id': [Command.set((cls.tax_15 | cls.tax_5).ids)], **values})
        if quantity and product.tracking == 'none':
            cls.env['stock.quant']._update_available_quantity(product, cls.stock, quantity)
        return product

    # ------------------------------------------------------------------
    # Doing things
    # ------------------------------------------------------------------

    @classmethod
    def _sell(cls, *lines, deliver=True, invoice=True, partner=None, **order_values):
        """A confirmed order of (product, quantity[, values]) tuples, delivered and invoiced unless told otherwise."""
        order = cls.env['sale.order'].create({
            'partner_id': (partner or cls.customer).id, 'user_id': cls.agent.id, **order_values,
            'order_line': [Command.create({
                'product_id': line[0].id, 'product_uom_qty': line[1], **(line[2] if len(line) > 2 else {})})
                for line in lines or [(cls.product, 5.0)]],
        })
        order.action_confirm()
        if deliver:
            cls._deliver(order)
        if invoice:
            order._create_invoices().action_post()
        return order

    @classmethod
    def _deliver(cls, order, quantities=None):
        """Ship what is open of ``order``, or ``quantities`` = {product: pieces} of it."""
        for picking in order.picking_ids.filtered(lambda picking: (
                picking.state not in ('done', 'cancel') and not picking.returns_request_id)):
            cls._validate(picking, quantities)

    @classmethod
    def _validate(cls, picking, quantities=None):
        """Validate a transfer as it is, or with ``quantities`` = {product: pieces}; the rest stays in a back-order."""
        for move in picking.move_ids:
            quantity = move.product_uom_qty if quantities is None else quantities.get(move.product_id, 0.0)
            if not move.move_line_ids.lot_id:
                move.quantity = quantity
            move.picked = True
        picking.with_context(skip_backorder=True).button_validate()

    def _file(self, order, quantity=1.0, user=None, **line_values):
        """A draft return of ``quantity`` pieces of each line of ``order``, filed by the agent."""
        user = user or self.agent
        return self.Request.with_user(user).create({
            'partner_id': order.partner_id.id, 'team_id': self.team.id,
            'line_ids': [Command.create({
                'sale_line_id': line.id, 'quantity': quantity, 'reason_id': self.reason.id, **line_values})
                for line in order.order_line if line.product_id.type == 'consu'],
        })

    def _submit(self, order, quantity=1.0, **line_values):
        request = self._file(order, quantity, **line_values)
        request.action_submit()
        return request

    def _approve(self, order, quantity=1.0, **line_values):
        """A return that the sales group approved; its goods are awaited."""
        request = self._submit(order, quantity, **line_values)
        request.with_user(self.voter_sales).action_approve()
        return request

    def _receive(self, request, quantities=None):
        """Validate the open return pickings, with ``quantities`` = {product: pieces} or as announced."""
        for picking in request.sudo().picking_ids.filtered(lambda picking: picking.state not in ('done', 'cancel')):
            self._validate(picking.with_user(self.inspector), quantities)

    def _inspect(self, request, disposition=None, accepted=None):
        """Inspect what waits; accept all of it, or ``accepted`` pieces of each."""
        inspections = self.env['returns.inspection'].with_user(self.inspector).search(
            [('request_id', '=', request.id), ('state', '=', 'draft')])
        for inspection in inspections:
            inspection.write({
                'disposition_id': (disposition or self.restock).id, 'grade': 'a',
                'quantity_accepted': inspection.quantity if accepted is None else accepted})
        inspections.action_done()
        return inspections

    def _settle(self, request, post=True):
        """Settle, and post the credit notes. Returns them."""
        request.with_user(self.accountant).action_settle()
        notes = request.sudo().refund_ids.filtered(lambda note: note.state == 'draft')
        if post and notes:
            notes.with_user(self.accountant).action_post()
        return request.sudo().refund_ids

    def _return(self, order, quantity=1.0, **line_values):
        """The whole road, to the posted credit note."""
        request = self._approve(order, quantity, **line_values)
        self._receive(request)
        self._inspect(request)
        self._settle(request)
        return request

    def _on_hand(self, product, location=None):
        """:return: pieces of ``product`` in ``location``, by default the returns location"""
        quants = self.env['stock.quant'].search([
            ('product_id', '=', product.id),
            ('location_id', 'child_of', (location or self.warehouse.returns_location_id).id)])
        return sum(quants.mapped('quantity'))

    def _confirm_form(self, action):
        """Press the default button of the wizard that ``action`` opens."""
        wizard = Form(self.env[action['res_model']].with_context(**action['context'])).save()
        return wizard.process()
