# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from .on_hand import OnHand


class ReturnsDiscrepancy(models.Model):
    """Goods that nobody announced lie in the returns location, apart from every order, until their case says where they
    go: back to the customer, into stock, or to scrap.
    """
    _inherit = 'returns.discrepancy'

    disposal_move_ids = fields.One2many(
        'stock.move', 'returns_case_id', "Moves", readonly=True,
        groups='stock.group_stock_user,returns_management.group_returns_agent,'
               'returns_management.group_returns_accountant', help="They take the goods away.")
    has_goods = fields.Boolean(
        compute='_compute_has_goods', compute_sudo=True, help="Goods of this case lie here and wait for its outcome.")
    is_under_way = fields.Boolean(
        compute='_compute_has_goods', compute_sudo=True, help="A transfer is to take the goods away.")

    @api.depends('state', 'is_counted', 'move_id.returns_line_id', 'disposal_move_ids.state')
    def _compute_has_goods(self):
        for case in self:
            case.has_goods = case.state == 'open' and case._is_of_surplus()
            case.is_under_way = case.has_goods and bool(case.disposal_move_ids.filtered(
                lambda move: move.state not in ('done', 'cancel')))

    def _is_of_surplus(self):
        """Whether the case is about goods that belong to no return line."""
        self.ensure_one()
        return bool(self.is_counted and self.kind not in ('short', 'damaged')
                    and self.move_id.state == 'done' and not self.move_id.returns_line_id)

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_send_back(self, comment=None):
        """A delivery takes the goods back to the customer; when it is done, the case is closed.

        :param str comment: why; else the outcome written on the case
        :return: an action that opens the deliveries, where the user may read them
        """
        self._check_case_role('agent', 'inspector')
        outcomes = self._read_outcome(comment)
        pickings = self._as_flow()._do_send_back({case.id: outcome for case, outcome in outcomes.items()})
        return self.env['returns.request']._get_records_action(
            self.env['stock.picking'].browse(pickings.ids), self.env._("Send Back"))

    def action_scrap(self, comment=None):
        """The goods are scrapped.

        :param str comment: why; else the outcome written on the case
        :raise AccessError: not an inspector; where scrap needs an approval, not a returns manager
        """
        self._check_case_role('inspector')
        outcomes = self._read_outcome(comment)
        scrap = self.env.ref('returns_management.disposition_scrap').sudo()
        for company in self.company_id:
            if scrap.with_company(company).approval_group_id:
                self._check_case_role('manager')
        self._as_flow()._do_scrap({case.id: outcome for case, outcome in outcomes.items()})
        return True

    def action_keep(self, comment=None):
        """The goods go into our stock.

        :param str comment: why; else the outcome written on the case
        :raise AccessError: not an inspector
        :raise UserError: the customer has not left them to us, and the user is no returns manager
        """
        self._check_case_role('inspector')
        outcomes = self._read_outcome(comment)
        if not self.env.su and not self.env.user.has_group('returns_management.group_returns_manager'):
            for case in self.filtered(lambda case: not case._is_left_to_us()):
                raise UserError(self.env._(
                    "%s: the customer has not left these goods to us. Send them back, or have a returns manager decide.",
                    case.display_name))
        self._as_flow()._do_keep({case.id: outcome for case, outcome in outcomes.items()})
        return True

    def _is_left_to_us(self):
        """Whether the customer said that they do not want the goods back: Voice knows."""
        return False

    # ------------------------------------------------------------------
    # Business
    # ------------------------------------------------------------------

    def _lock_goods(self, outcomes):
        """:return: those of these cases that are open, locked, with their outcome written down
        :raise UserError: there are no goods in one of them, or they are on their way already
        """
        for case in self:
            if not case._is_of_surplus():
                raise UserError(self.env._("%s: no goods wait for this case.", case.display_name))
        cases = self._lock_cases()
        cases._refuse_under_way()
        for case in cases:
            case.outcome = outcomes[case.id]
        return cases

    def _refuse_under_way(self):
        """:raise UserError: a transfer is to take the goods of one of these cases away"""
        for case in self.filtered('is_under_way'):
            raise UserError(self.env._(
                "%(case)s: %(transfer)s takes the goods away already. Cancel that transfer first.",
                case=case.display_name, transfer=case.disposal_move_ids.filtered(
                    lambda move: move.state not in ('done', 'cancel')).picking_id[:1].name or ""))

    def _get_goods(self):
        """:return: {(lot, place): pieces} of the case that have not gone anywhere yet, in the product's own unit"""
        self.ensure_one()
        unit, goods = self.move_id.product_id.uom_id, {}
        for piece in self.move_id.move_line_ids:
            key = (piece.lot_id, piece.location_dest_id)
            goods[key] = goods.get(key, 0.0) + piece.quantity_product_uom
        for piece in self.disposal_move_ids.filtered(lambda move: move.state == 'done').move_line_ids:
            key = (piece.lot_id, piece.location_id)
            if key in goods:
                goods[key] -= piece.quantity_product_uom
        return {key: pieces for key, pieces in goods.items() if unit.compare(pieces, 0.0) > 0}

    def _take_on_hand(self):
        """Own move lines check nothing (TRIALS E): see first that the goods are really there.

        :return: {case: [(place, lot, owner, package, pieces)]} in the product's own unit
        :raise UserError: less is on hand than was counted
        """
        goods = {case: case._get_goods() for case in self}
        stock = OnHand(self.env, self.move_id.product_id, self.move_id.move_line_ids.location_dest_id)
        taken = {}
        for case, parts in goods.items():
            product = case.move_id.product_id
            taken[case] = []
            for (lot, place), quantity in parts.items():
                pieces = stock.take(product, place, lot, quantity)
                if not pieces:
                    raise UserError(self.env._(
                        "%(case)s: %(there)s %(unit)s of %(product)s %(lot)s are in %(place)s, but %(quantity)s belong to "
                        "it. Somebody moved them by hand: bring them back, or correct the stock.",
                        case=case.display_name, there=stock.count(product, place, lot), unit=product.uom_id.name,
                        product=product.display_name, lot=lot.name or "", place=place.display_name, quantity=quantity))
                taken[case] += [(place, *piece) for piece in pieces]
        return taken

    def _prepare_goods_move_vals(self, location_dest, pieces):
        """Values of one move with its own move lines that takes goods of the case away.

        :param pieces: see :meth:`_take_on_hand`
        """
        self.ensure_one()
        product, source = self.move_id.product_id, self.move_id.location_dest_id
        where = {'location_dest_id': location_dest.id, 'company_id': self.company_id.id}
        return {
            **where, 'location_id': source.id, 'origin': self.request_id.name or self.move_id.picking_id.name,
            'product_id': product.id, 'product_uom': product.uom_id.id,
            'product_uom_qty': sum(piece[-1] for piece in pieces), 'move_orig_ids': [Command.link(self.move_id.id)],
            'returns_case_id': self.id, 'picked': True,
            'move_line_ids': [Command.create({
                **where, 'location_id': place.id, 'product_id': product.id, 'product_uom_id': product.uom_id.id,
                'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id, 'quantity': quantity,
            }) for place, lot, owner, package, quantity in pieces],
        }

    def _do_send_back(self, outcomes):
        """:return: the deliveries, one for each transfer that brought the goods"""
        cases = self._lock_goods(outcomes)
        for case in cases:
            if not case.partner_id:
                raise UserError(self.env._("%s: say whose goods these are, to send them back.", case.display_name))
        taken = cases._take_on_hand()
        groups = cases.grouped(lambda case: (case.partner_id, case.move_id.picking_id)).values()
        pickings = self.env['stock.picking'].create([group._prepare_send_back_vals(taken) for group in groups])
        for picking in pickings:
            picking.move_ids.move_line_ids.picking_id = picking
        pickings.action_confirm()
        pickings.action_assign()
        return pickings

    def _prepare_send_back_vals(self, taken):
        """Values of the picking that brings goods of these cases, from one transfer, back to their customer."""
        company, receipt = self.company_id, self.move_id.picking_id
        warehouse = self.move_id[:1].picking_type_id.warehouse_id or self.move_id[:1].warehouse_id
        order = self.request_line_id.sale_line_id.order_id[:1]
        partner = not self.request_id[:1].is_gift and order.partner_shipping_id or self.partner_id
        location_dest = self.partner_id.with_company(company).property_stock_customer
        return {
            'picking_type_id': warehouse.out_type_id.id, 'partner_id': partner.id, 'company_id': company.id,
            'origin': self.request_id[:1].name or receipt.name, 'location_id': self.move_id[:1].location_dest_id.id,
            'location_dest_id': location_dest.id, 'return_id': receipt.id,
            'move_ids': [Command.create({
                **case._prepare_goods_move_vals(location_dest, taken[case]), 'picked': False,
                'picking_type_id': warehouse.out_type_id.id, 'partner_id': partner.id,
                'origin_returned_move_id': case.move_id.id, 'to_refund': False,
                'returns_surplus_of_id': case.move_id.returns_surplus_of_id.id,
            }) for case in self],
        }

    def _do_keep(self, outcomes):
        cases = self._lock_goods(outcomes)
        warehouses = {case: case.move_id.picking_type_id.warehouse_id or case.move_id.warehouse_id for case in cases}
        self.env['stock.move'].create([
            case._prepare_goods_move_vals(warehouses[case].lot_stock_id, pieces)
            for case, pieces in cases._take_on_hand().items()])._action_done()

    def _do_scrap(self, outcomes):
        cases = self._lock_goods(outcomes)
        vals_list, owners = [], []
        for case, pieces in cases._take_on_hand().items():
            location_dest = self.env['returns.inspection']._get_scrap_location(case.company_id)
            for place, lot, owner, package, quantity in pieces:
                owners.append(case)
                vals_list.append({
                    'company_id': case.company_id.id, 'origin': case.request_id.name or case.move_id.picking_id.name,
                    'product_id': case.move_id.product_id.id, 'product_uom_id': case.move_id.product_id.uom_id.id,
                    'scrap_qty': quantity, 'lot_id': lot.id, 'owner_id': owner.id, 'package_id': package.id,
                    'location_id': place.id, 'scrap_location_id': location_dest.id})
        scraps = self.env['stock.scrap'].create(vals_list)
        for company, parts in scraps.grouped('company_id').items():
            parts.with_company(company).do_scrap()  # costs are the company's
        for case, scrap in zip(owners, scraps, strict=True):
            scrap.move_ids.write({
                'returns_case_id': case.id, 'move_orig_ids': [Command.link(case.move_id.id)]})
        cases._follow_goods()

    def _follow_goods(self):
        """Cases whose goods have all gone are over."""
        results = {'customer': 'back', 'inventory': 'scrap'}
        for case in self.filtered(lambda case: case.state == 'open'):
            if not case._get_goods():
                case._lock_rows()
                last = case.disposal_move_ids.filtered(lambda move: move.state == 'done').sorted('id')[-1:]
                case._set_closed(results.get(last.location_dest_id.usage, 'keep'))

    def _check_nothing_waits(self):
        super()._check_nothing_waits()
        for case in self.filtered('has_goods'):
            raise UserError(self.env._(
                "%(case)s: %(quantity)s × %(product)s lie in %(place)s. Send them back, keep or scrap them: that closes the "
                "case.", case=case.display_name, quantity=f"{sum(case._get_goods().values()):.10g}",
                product=case.product_id.display_name, place=case.move_id.location_dest_id.display_name))
