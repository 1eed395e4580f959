# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import escape_psql

from ...tools import ranking
from ..returns_guard import as_flow

MAX_ROWS = 12   # candidates shown
MAX_HITS = 10   # records read for each thing that a text can name
MAX_TEXT = 100  # characters of a code
MAX_ID = 2**31 - 1
#: What names one parcel: an exact one is opened at once, and nothing else is looked for.
SURE = ('request', 'tracking', 'receipt')


class ReturnsDock(models.AbstractModel):
    """What the screen at the dock asks: what is this parcel, and what should be in it?

    Warehouse people may not read returns; here they are told what they need to count a parcel, and no more. Each
    public method checks them, its arguments, and the companies of what it shows.
    """
    _name = 'returns.dock'
    _description = "Returns at the Dock"

    # ------------------------------------------------------------------
    # Public methods
    # ------------------------------------------------------------------

    @api.model
    def find(self, text):
        """What a scanned or typed text may mean, the likeliest first.

        :param str text: a number of a return, receipt or order, a tracking number, a lot or serial number, a product's
            barcode or reference, or a customer's name
        :return: list of rows for the screen, see :meth:`_prepare_row`
        """
        self._check_dock()
        text = self._read_text(text)
        return as_flow(self)._find_rows(text)

    @api.model
    def open_parcel(self, request_id, picking_id=False):
        """What a return announced, to count against.

        :param picking_id: of its open receipts the one to count; without it the first
        :return: dict for the screen, see :meth:`_prepare_parcel`
        :raise UserError: there is no such return
        """
        self._check_dock()
        request = self._read_record('returns.request', request_id)
        picking = self._read_record('stock.picking', picking_id) if picking_id else self.env['stock.picking']
        return as_flow(self)._do_open(as_flow(request), as_flow(picking))

    @api.model
    def read_code(self, text):
        """What product, and which lot of it, a code is.

        :return: {'is_exact': whether the code names it, 'goods': [see :meth:`_prepare_goods`, with 'lot', 'quantity']}
        """
        self._check_dock()
        text = self._read_text(text)
        return as_flow(self)._find_goods(text)

    # ------------------------------------------------------------------
    # Reading what the screen sends
    # ------------------------------------------------------------------

    @api.model
    def _check_dock(self):
        """:raise AccessError: the user is neither inspector nor stock user"""
        self.env['returns.request']._check_dock()

    @api.model
    def _read_text(self, text, limit=MAX_TEXT):
        """:raise UserError: ``text`` is none, or longer than any code"""
        text = text.strip() if isinstance(text, str) else ''
        if not text or len(text) > limit or '\0' in text:
            raise UserError(self.env._("Scan or type a code of up to %s characters.", limit))
        return text

    @api.model
    def _read_id(self, number):
        """:raise UserError: ``number`` cannot be a record's"""
        if isinstance(number, bool) or not isinstance(number, int) or not 0 < number <= MAX_ID:
            raise UserError(self.env._("There is no such record. Load the screen again."))
        return number

    @api.model
    def _read_record(self, model, number):
        """:return: the record in superuser mode, of one of the user's companies
        :raise AccessError: it is another company's
        :raise UserError: there is none
        """
        record = self.env[model].sudo().browse(self._read_id(number)).exists()
        if not record:
            raise UserError(self.env._("There is no such record. Load the screen again."))
        if record.company_id and record.company_id not in self.env.companies:
            raise AccessError(self.env._("It belongs to %s.", record.company_id.name))
        return record

    @api.model
    def _get_company_domain(self, shared=False):
        companies = [*self.env.companies.ids, False] if shared else self.env.companies.ids
        return Domain('company_id', 'in', companies)

    # ------------------------------------------------------------------
    # Finding
    # ------------------------------------------------------------------

    def _find_rows(self, text):
        hits = self._find_hits(text, '=ilike')
        sure = any(hit.is_open and hit.kind in SURE for hit in hits)
        if not sure and len(ranking.normalise(text)) >= 3:
            hits += self._find_hits(text, 'ilike')
        return [
            {**self._prepare_row(hit), 'is_sure': (
                hit.is_open and hit.kind in SURE and ranking.quality(text, hit.value) == ranking.EXACT)}
            for hit in ranking.rank(text, hits, MAX_ROWS)]

    def _find_hits(self, text, operator):
        """:return: list of ``ranking.Hit``; their keys are (model, id, receipt id or False)"""
        pattern = escape_psql(text)
        return [
            *self._find_requests(pattern, operator), *self._find_receipts(pattern, operator),
            *self._find_orders(pattern, operator), *self._find_lots(pattern, operator),
            *self._find_products(pattern, operator), *self._find_customers(pattern, operator)]

    def _search(self, model, domain, order='id desc', shared=False):
        return self.env[model].search(
            self._get_company_domain(shared) & Domain(domain), order=order, limit=MAX_HITS)

    def _search_requests(self, domain):
        """:return: returns, those that are not over first (they have no ``date_done``)"""
        return self._search('returns.request', domain, order='date_done desc, id desc')

    def _prepare_hits(self, kind, values, requests):
        """:param values: {request: [texts by which it may be meant]}"""
        return [
            ranking.Hit(('returns.request', request.id, False), kind, value, request._is_awaited(),
                        request.date_submitted or request.create_date)
            for request in requests for value in values[request] if value]

    def _find_requests(self, pattern, operator):
        requests = self._search_requests(
            Domain('name', operator, pattern) | Domain('tracking_ref', operator, pattern))
        return [
            *self._prepare_hits('request', {request: [request.name] for request in requests}, requests),
            *self._prepare_hits('tracking', {request: [request.tracking_ref] for request in requests}, requests)]

    def _find_receipts(self, pattern, operator):
        has_carrier = 'carrier_tracking_ref' in self.env['stock.picking']._fields
        domain = Domain('name', operator, pattern)
        if has_carrier:
            domain |= Domain('carrier_tracking_ref', operator, pattern)
        hits = []
        for picking in self._search('stock.picking', domain & Domain('returns_request_id', '!=', False)):
            request, is_open = picking.returns_request_id, picking.state not in ('done', 'cancel')
            for kind, value in (('receipt', picking.name),
                                ('tracking', picking.carrier_tracking_ref if has_carrier else False)):
                if value:
                    hits.append(ranking.Hit(
                        ('returns.request', request.id, is_open and picking.id), kind, value,
                        is_open or request._is_awaited(), picking.create_date))
        return hits

    def _find_orders(self, pattern, operator):
        orders = self._search('sale.order', (
            Domain('name', operator, pattern) | Domain('client_order_ref', operator, pattern))
            & Domain('state', '=', 'sale'))
        requests = orders and self._search_requests(Domain('line_ids.sale_line_id.order_id', 'in', orders.ids))
        values = {
            request: [value for order in request.sale_order_ids & orders for value in (order.name, order.client_order_ref)]
            for request in requests}
        return [
            *self._prepare_hits('order', values, requests),
            *(ranking.Hit(('sale.order', order.id, False), 'order', value, False, order.date_order)
              for order in orders for value in (order.name, order.client_order_ref) if value)]

    def _find_lots(self, pattern, operator):
        """A lot's return, and whoever has the lot: it may have come without a return."""
        lots = self._search('stock.lot', Domain('name', operator, pattern), shared=True)
        if not lots:
            return []
        delivered = self.env['stock.move.line'].search([
            ('lot_id', 'in', lots.ids), ('state', '=', 'done'), ('company_id', 'in', self.env.companies.ids),
            ('location_dest_id.usage', '=', 'customer')], order='date desc', limit=MAX_HITS)
        requests = self._search_requests(
            Domain('line_ids.lot_ids', 'in', lots.ids)
            | Domain('line_ids', 'any', [('sale_line_id', 'in', delivered.move_id.sale_line_id.ids),
                                         ('product_id', 'in', lots.product_id.ids)]))
        values = {
            request: [lot.name for lot in lots if lot in request.line_ids.lot_ids
                      or lot.product_id in request.line_ids.product_id]
            for request in requests}
        return [
            *self._prepare_hits('lot', values, requests),
            *(ranking.Hit(('stock.lot', lot.id, False), 'lot', lot.name, False, lot.create_date) for lot in lots)]

    def _find_products(self, pattern, operator):
        """The open returns of a product: many have it, so those that are over are left out."""
        domain = Domain('barcode', operator, pattern) | Domain('default_code', operator, pattern)
        if operator == 'ilike':
            domain |= Domain('name', operator, pattern)
        products = self._search('product.product', domain, order='id', shared=True)
        requests = products and self._search_requests(Domain('line_ids', 'any', [
            ('product_id', 'in', products.ids), ('state', '=', 'approved'), ('is_returnless', '=', False)]))
        values = {
            request: [value for product in request.line_ids.product_id & products
                      for value in (product.barcode, product.default_code, product.name)]
            for request in requests}
        return self._prepare_hits('product', values, requests)

    def _find_customers(self, pattern, operator):
        partners = self._search(
            'res.partner', Domain('name', operator, pattern) & Domain('sale_order_ids', '!=', False)
            | Domain('name', operator, pattern) & Domain('child_ids.sale_order_ids', '!=', False),
            order='complete_name, id', shared=True)
        requests = partners and self._search_requests(
            Domain('commercial_partner_id', 'in', partners.commercial_partner_id.ids))
        values = {
            request: [partner.name for partner in partners
                      if partner.commercial_partner_id == request.commercial_partner_id]
            for request in requests}
        return [
            *self._prepare_hits('customer', values, requests),
            *(ranking.Hit(('res.partner', partner.id, False), 'customer', partner.name, False, partner.create_date)
              for partner in partners)]

    def _prepare_row(self, hit):
        """:return: {'model', 'id', 'picking_id', 'title', 'customer', 'goods', 'match', 'state', 'is_open'}, plain values"""
        model, number, picking_id = hit.key
        record = self.env[model].browse(number)
        row = {'model': model, 'id': number, 'picking_id': picking_id, 'is_open': hit.is_open, 'goods': '', 'state': '',
               'match': self.env._("%(what)s %(value)s", what=self._get_kind_words()[hit.kind], value=hit.value)}
        if model == 'returns.request':
            return {**row, 'title': record.name, 'customer': record.partner_id.display_name,
                    'goods': record._get_goods_note(), 'state': record._get_state_label()}
        owner = {'sale.order': lambda: record.partner_id, 'res.partner': lambda: record}.get(
            model, lambda: self._find_lot_owner(record))()
        return {**row, 'title': self.env._("Without a return"), 'customer': owner.display_name or '',
                'goods': record.product_id.display_name if model == 'stock.lot' else ''}

    def _get_kind_words(self):
        return {
            'request': self.env._("Return"), 'tracking': self.env._("Tracking number"),
            'receipt': self.env._("Receipt"), 'order': self.env._("Order"), 'lot': self.env._("Lot or serial number"),
            'product': self.env._("Product"), 'customer': self.env._("Customer")}

    def _find_lot_owner(self, lot):
        """:return: the customer who got the lot last, or nobody"""
        return self.env['stock.move.line'].search([
            ('lot_id', '=', lot.id), ('state', '=', 'done'), ('location_dest_id.usage', '=', 'customer'),
            ('company_id', 'in', self.env.companies.ids)], order='date desc', limit=1).picking_id.partner_id

    # ------------------------------------------------------------------
    # Goods
    # ------------------------------------------------------------------

    def _find_goods(self, text):
        pattern = escape_psql(text)
        goods = []
        for product in self._search('product.product', [('barcode', '=', text)], shared=True):
            goods.append(self._prepare_goods(product))
        for packaging in self._search('product.uom', [('barcode', '=', text)], shared=True):
            product = packaging.product_id
            goods.append({**self._prepare_goods(product), 'quantity': packaging.uom_id._compute_quantity(
                1.0, product.uom_id, rounding_method='HALF-UP')})
        for lot in self._search('stock.lot', [('name', '=', text)], shared=True):
            goods.append({**self._prepare_goods(lot.product_id), 'lot': lot.name})
        goods = goods or [
            self._prepare_goods(product)
            for product in self._search('product.product', [('default_code', '=ilike', pattern)], shared=True)]
        if goods or len(text) < 3:
            return {'is_exact': bool(goods), 'goods': goods}
        products = self._search(
            'product.product', Domain('type', '=', 'consu') & (
                Domain('name', 'ilike', pattern) | Domain('default_code', 'ilike', pattern)), order='id', shared=True)
        return {'is_exact': False, 'goods': [self._prepare_goods(product) for product in products]}

    def _prepare_goods(self, product):
        """:return: what the screen shows and compares of a product: plain values"""
        return {
            'product_id': product.id, 'name': product.display_name, 'barcode': product.barcode or '',
            'code': product.default_code or '', 'tracking': product.tracking, 'unit': product.uom_id.name,
            'weight': product.weight, 'lot': '', 'quantity': 1.0,
        }

    # ------------------------------------------------------------------
    # Opening
    # ------------------------------------------------------------------

    def _do_open(self, request, picking):
        if picking and picking.returns_request_id != request:
            raise UserError(self.env._("%(transfer)s is no receipt of %(request)s.", transfer=picking.name,
                                       request=request.name))
        request._lock()
        request._prepare_reception()
        receipts = request._get_receipts_at_dock()
        if picking and picking not in receipts:
            raise UserError(self._get_booked_words(picking))
        return self._prepare_parcel(request, picking or receipts[:1], receipts)

    def _get_booked_words(self, picking):
        """:return: why this receipt cannot be counted any more"""
        if picking.state == 'done':
            return self.env._(
                "%(transfer)s was booked in by %(who)s, %(when)s.", transfer=picking.name,
                who=picking.user_id.name or picking.write_uid.name,
                when=self.env['returns.request']._show_moment(picking.date_done))
        return self.env._("%s was cancelled: nothing of it is awaited any more.", picking.name)

    def _prepare_parcel(self, request, picking, receipts):
        """:return: everything the screen shows of a parcel before it is counted: plain values. Without ``picking_id``
            nothing is awaited, and ``reason`` says why.
        """
        goods = {}
        for move in picking.move_ids.filtered(lambda move: (
                move.returns_line_id and move.state not in ('done', 'cancel') and move._returns_is_receipt())):
            line, product = move.returns_line_id, move.product_id
            entry = goods.setdefault(product, {**self._prepare_goods(product), 'announced': 0.0, 'lots': {}, 'reason': ''})
            entry['announced'] += move._returns_get_pieces()
            entry['reason'] = line.reason_id.name or ''
            for piece in move.move_line_ids.filtered('lot_id'):
                entry['lots'][piece.lot_id.name] = entry['lots'].get(piece.lot_id.name, 0.0) + piece.quantity_product_uom
        unit = self.env['product.template']._get_weight_uom_name_from_ir_config_parameter()
        return {
            'request_id': request.id, 'name': request.name, 'customer': request.partner_id.display_name,
            'partner_id': request.partner_id.id, 'state': request._get_state_label(),
            'words': request.customer_note or '', 'tracking_ref': request.tracking_ref or '',
            'orders': ", ".join(request.sale_order_ids.mapped('name')),
            'picking_id': picking.id, 'picking': picking.name or '',
            'place': picking.location_dest_id.display_name or '',
            'receipts': [{'id': receipt.id, 'name': receipt.name} for receipt in receipts],
            'reason': '' if picking else self._get_nothing_awaited_words(request),
            'goods': [{**entry, 'lots': [{'name': name, 'announced': pieces} for name, pieces in entry['lots'].items()]}
                      for entry in goods.values()],
            'weight_unit': unit, 'expected_weight': sum(
                entry['weight'] * entry['announced'] for entry in goods.values()),
            'light_percent': self._get_light_percent(),
        }

    def _get_nothing_awaited_words(self, request):
        words = {
            'draft': self.env._("%s is not submitted yet: nobody has agreed to these goods."),
            'review': self.env._("%s is not approved yet: nobody has agreed to these goods."),
            'rejected': self.env._("%s was rejected: these goods should not have come."),
            'cancelled': self.env._("%s was cancelled: these goods should not have come."),
        }.get(request.state, self.env._("Of %s nothing is on its way any more but what was missing.")
              if request._is_awaited() else self.env._("All goods of %s have come already."))
        return words % request.name

    @api.model
    def _get_light_percent(self):
        """:return: below this part of the expected weight a parcel may be an empty box"""
        return float(self.env['ir.config_parameter'].sudo().get_param('returns_management.light_parcel_percent', 50.0))


class ReturnsRequest(models.Model):
    _inherit = 'returns.request'

    def _is_awaited(self):
        """Whether goods of the request are still to come, those included that were missing in an earlier parcel."""
        self.ensure_one()
        return any(not line.is_returnless and (line.state == 'approved' or line.quantity_missing) for line in self.line_ids)

    def _awaits_receipt(self):
        """Whether goods of the request are counted against what it announced; found ones that were missing are not."""
        self.ensure_one()
        return any(line.state == 'approved' and not line.is_returnless for line in self.line_ids)

    def _get_receipts_at_dock(self):
        """:return: the transfers that are to bring goods of the request to our dock, and have not yet"""
        self.ensure_one()
        return self.picking_ids.filtered(lambda receipt: (
            receipt.state not in ('done', 'cancel') and not any(move._returns_goes_past_us() for move in receipt.move_ids)
        )).sorted('id')

    def _note_empty_parcel(self):
        """A parcel of these requests came, and held nothing: it is on the road no more."""
        for request in self:
            request._write_flow({
                'date_received': request.date_received or fields.Datetime.now(), 'date_receipt_due': False})

    def _get_goods_note(self):
        """:return: what comes back, in few words"""
        self.ensure_one()
        return ", ".join(f"{line.quantity:.10g} × {line.product_id.display_name}" for line in self.line_ids[:4])
