# Part of returns_management. See LICENSE file for full copyright and licensing details.

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .test_valuation import COSTINGS, ValuationCommon

PIECES = st.integers(1, 9)
#: for each costing: what was bought (pieces, cents) and how many of them arrive with the first parcel and the second
GOODS = st.lists(
    st.tuples(PIECES, st.integers(1, 99999), st.integers(0, 9), st.integers(0, 9)),
    min_size=len(COSTINGS), max_size=len(COSTINGS))


@tagged('post_install', '-at_install')
class TestValuationProperties(ValuationCommon):
    """However a delivery comes back, its parts are worth what it was worth, and its cost is taken back whole."""

    @settings(max_examples=max(2, settings.default.max_examples // 20), phases=set(Phase) - {Phase.shrink})
    @given(GOODS)
    def test_parts_add_up_however_they_are_cut(self, goods):
        with self.env.cr.savepoint() as savepoint:
            self._try(dict(zip(COSTINGS, goods, strict=True)))
            savepoint.rollback()
        self.env.invalidate_all()

    def _try(self, goods):
        products = {}
        for costing, (pieces, cents, _first, _second) in goods.items():
            products[costing] = self._create_product(
                "Some", quantity=0.0, categ_id=self.products[costing].categ_id.id, standard_price=cents / 100 / pieces)
            self._buy(products[costing], pieces, cents / 100)
        order = self._sell(*((products[costing], goods[costing][0]) for costing in COSTINGS))
        deliveries = order.picking_ids.move_ids.grouped('product_id')
        for costing, product in products.items():
            if costing[0] == 'standard':
                product.standard_price = 77.77
            else:
                self._buy(product, 5.0, 388.85)
        request = self._file(order)
        for line in request.line_ids:
            line.quantity = line.sale_line_id.product_uom_qty
        request.action_submit()
        request.with_user(self.voter_sales).action_approve()
        left = {products[costing]: pieces for costing, (pieces, *_rest) in goods.items()}
        for parcel in (2, 3):
            counted = {products[costing]: min(fate[parcel], left[products[costing]]) for costing, fate in goods.items()}
            self._take_in(request, counted)
            left = {product: left[product] - counted[product] for product in left}
        self._take_in(request, left)
        self.assertEqual(request.state, 'done')
        for product in products.values():
            delivery = deliveries[product]
            receipts = self._get_receipts(request, product)
            self.assertEqual(round(sum(receipts.mapped('value')), 2), round(delivery.value, 2))
            for receipt in receipts:
                self.assertLess(abs(receipt.value - delivery.value * receipt.quantity / delivery.quantity), 0.0101)
        self._check_books(lambda method: 0.0)

    def _take_in(self, request, counted):
        """Receive {product: pieces}, inspect and settle them."""
        if any(counted.values()):
            self._receive(request, counted)
            self._inspect(request)
            self._settle(request)
