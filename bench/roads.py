"""The ways to take goods back: ours, and Odoo's own two, on the same orders. Each ends the same, see `check`.

A road is two functions: the way of the goods, until they are on the shelf, and then that of the money.

Records are browsed anew for each stage, as a program does that calls by RPC: cold, and read together.
"""

from odoo import Command

from .world import PIECES


def ours_goods(meter, sales, users):
    """Every step as the user whose job it is, each in one bulk call.

    :return: the returns
    """
    env = meter.env
    reason = env.ref("returns_management.reason_changed_mind")
    with meter.stage("file"):
        requests = env["returns.request"].with_user(users["agent"]).create([
            {
                "partner_id": sale.partner_id.id,
                "line_ids": [
                    Command.create({"sale_line_id": line.id, "quantity": PIECES, "reason_id": reason.id})
                    for line in sale.order_line
                ],
            }
            for sale in sales
        ])
    with meter.stage("submit"):
        requests.action_submit()
    requests = _as(users["voter"], requests)
    with meter.stage("approve"):
        requests.action_approve()
    pickings = _as(users["inspector"], requests.sudo().picking_ids)
    with meter.stage("receive"):
        pickings.button_validate()
    inspections = _as(users["inspector"], requests.sudo().inspection_ids)
    with meter.stage("inspect, restock"):
        inspections.write({"grade": "a", "disposition_id": env.ref("returns_management.disposition_restock").id})
        inspections.action_done()
    return requests


def ours_money(meter, requests, _sales, users):
    requests = _as(users["accountant"], requests)
    with meter.stage("settle"):
        requests.action_settle()
    notes = _as(users["accountant"], requests.sudo().refund_ids)
    with meter.stage("post"):
        notes.action_post()
    assert set(requests.mapped("state")) == {"done"}, requests.mapped("state")


def wizards_goods(meter, sales, _users):
    """Odoo's own wizards, one order after the other, as its users do it."""
    env = meter.env
    pickings = []
    with meter.stage("return picking"):
        for picking in meter.one_by_one(sales.picking_ids):
            wizard = env["stock.return.picking"].with_context(active_id=picking.id, active_model="stock.picking").create({})
            wizard.product_return_moves.quantity = PIECES
            pickings.append(wizard._create_return().id)
    pickings = env["stock.picking"].browse(pickings)
    with meter.stage("receive"):
        for picking in meter.one_by_one(pickings):
            picking.button_validate()
    with meter.stage("restock"):
        for picking in meter.one_by_one(pickings):
            transfer = env["stock.picking"].create(_restock(picking))
            transfer.action_confirm()
            transfer.action_assign()
            transfer.button_validate()


def wizards_money(meter, _returns, sales, _users):
    env = meter.env
    notes = []
    with meter.stage("credit note"):
        for invoice in meter.one_by_one(sales.invoice_ids):
            wizard = env["account.move.reversal"].with_context(active_ids=invoice.ids, active_model="account.move").create({
                "journal_id": invoice.journal_id.id,
            })
            notes.append(wizard.refund_moves()["res_id"])
    with meter.stage("post"):
        for note in meter.one_by_one(env["account.move"].browse(notes)):
            note.action_post()


def bulk_goods(meter, sales, _users):
    """Odoo's models as a program would drive them: one call for all."""
    env = meter.env
    deliveries = _as(env.user, sales.picking_ids)
    with meter.stage("return picking"):
        pickings = env["stock.picking"].create([_receipt(picking) for picking in deliveries])
        pickings.action_confirm()
        pickings.action_assign()
    with meter.stage("receive"):
        pickings.button_validate()
    with meter.stage("restock"):
        transfers = env["stock.picking"].create([_restock(picking) for picking in pickings])
        transfers.action_confirm()
        transfers.action_assign()
        transfers.button_validate()


def bulk_money(meter, _returns, sales, _users):
    env = meter.env
    invoices = _as(env.user, sales.invoice_ids)
    with meter.stage("credit note"):
        notes = env["account.move"].create([_credit_note(invoice) for invoice in invoices])
    with meter.stage("post"):
        notes.action_post()


def _as(user, records):
    return records.browse(records.ids).with_env(records.env(user=user, su=False))


def _receipt(delivery):
    back = delivery.picking_type_id.return_picking_type_id
    places = {"location_id": delivery.location_dest_id.id, "location_dest_id": back.default_location_dest_id.id}
    return {
        **places,
        "picking_type_id": back.id,
        "partner_id": delivery.partner_id.id,
        "return_id": delivery.id,
        "move_ids": [
            Command.create({
                **places,
                "product_id": move.product_id.id,
                "product_uom_qty": PIECES,
                "sale_line_id": move.sale_line_id.id,
                "origin_returned_move_id": move.id,
                "move_orig_ids": [Command.link(move.id)],
                "to_refund": True,
            })
            for move in delivery.move_ids
        ],
    }


def _restock(receipt):
    warehouse = receipt.picking_type_id.warehouse_id
    places = {"location_id": receipt.location_dest_id.id, "location_dest_id": warehouse.lot_stock_id.id}
    return {
        **places,
        "picking_type_id": warehouse.int_type_id.id,
        "move_ids": [
            Command.create({
                **places,
                "product_id": move.product_id.id,
                "product_uom_qty": PIECES,
                "move_orig_ids": [Command.link(move.id)],
            })
            for move in receipt.move_ids
        ],
    }


def _credit_note(invoice):
    return {
        "move_type": "out_refund",
        "reversed_entry_id": invoice.id,
        "partner_id": invoice.partner_id.id,
        "journal_id": invoice.journal_id.id,
        "currency_id": invoice.currency_id.id,
        "invoice_line_ids": [
            Command.create({
                "product_id": line.product_id.id,
                "name": line.name,
                "quantity": PIECES,
                "product_uom_id": line.product_uom_id.id,
                "price_unit": line.price_unit,
                "discount": line.discount,
                "tax_ids": [Command.set(line.tax_ids.ids)],
                "account_id": line.account_id.id,
                "sale_line_ids": [Command.set(line.sale_line_ids.ids)],
            })
            for line in invoice.invoice_line_ids
        ],
    }


def check(sales):
    """All roads lead to the same place: goods on the shelf, invoices reversed, nothing left to invoice."""
    check_goods(sales)
    check_credited(sales)
    assert not any(sales.order_line.mapped("qty_to_invoice"))


def check_credited(sales):
    """Each invoice has one credit note, posted, and both are closed."""
    invoices = sales.invoice_ids.filtered(lambda move: move.move_type == "out_invoice")
    notes = sales.invoice_ids - invoices
    assert len(notes) == len(invoices) == len(sales)
    assert set(notes.mapped("state")) == {"posted"}
    assert set(invoices.mapped("payment_state")) == {"reversed"}
    assert not any(notes.mapped("amount_residual")) and not any(invoices.mapped("amount_residual"))


def check_goods(sales):
    sales.env.invalidate_all()
    assert not any(sales.order_line.mapped("qty_delivered"))
    shelf = sales.warehouse_id.lot_stock_id
    for product in sales.order_line.product_id:
        assert product.with_context(location=shelf.id).qty_available == PIECES * len(sales)


def walk(road, meter, sales, users):
    """Take one road to its end."""
    goods, money = ROADS[road]
    money(meter, goods(meter, sales, users), sales, users)


ROADS = {
    "ours": (ours_goods, ours_money),
    "Odoo, bulk": (bulk_goods, bulk_money),
    "Odoo, wizards": (wizards_goods, wizards_money),
}
