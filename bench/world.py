"""A company whose customers send goods back: the people and N delivered, invoiced orders of two lines."""

from odoo import Command

PIECES = 3


def people(env):
    """One user for each job. The voter has no returns role at all."""
    jobs = {
        "agent": "returns_management.group_returns_agent",
        "voter": None,
        "inspector": "returns_management.group_returns_inspector",
        "accountant": "returns_management.group_returns_accountant",
    }
    users = env["res.users"].with_context(no_reset_password=True, tracking_disable=True).create([
        {
            "name": job.title(),
            "login": f"bench_{job}",
            "email": f"{job}@example.com",
            "company_id": env.company.id,
            "company_ids": [Command.set(env.company.ids)],
            "group_ids": [Command.set([env.ref(group).id for group in ("base.group_user", right) if group])],
        }
        for job, right in jobs.items()
    ])
    users = dict(zip(jobs, users, strict=True))
    _rights(env, users["voter"])
    return users


def _rights(env, voter):
    """Every return needs the answer of one approval group; the committee is asked about exceptions, there are none."""
    ours = [("company_id", "=", env.company.id)]
    env["returns.approval.group"].search([*ours, ("is_fallback", "=", False), ("department", "!=", "sales")]).active = False
    env["returns.approval.group"].search([*ours, ("department", "=", "sales")]).member_ids = [Command.set(voter.ids)]
    env.company.returns_allow_own_decision = False


def orders(env, number, agent):
    """``number`` orders of two lines, each of another customer, delivered and invoiced in full; all in bulk."""
    env = env(context={**env.context, "tracking_disable": True, "mail_notrack": True})
    taxes = env["account.tax"].create([
        {"name": f"Bench {rate} %", "amount": rate, "type_tax_use": "sale", "company_id": env.company.id}
        for rate in (15.0, 5.0)
    ])
    kettle, toaster = env["product.product"].create([
        {
            "name": name,
            "is_storable": True,
            "list_price": price,
            "standard_price": 7.0,
            "invoice_policy": "delivery",
            "taxes_id": [Command.set(taxes.ids)],
        }
        for name, price in (("Bench Kettle", 19.99), ("Bench Toaster", 33.33))
    ])
    customers = env["res.partner"].create([
        {"name": f"Bench Customer {index}", "email": f"bench{index}@example.com", "is_company": True}
        for index in range(number)
    ])
    warehouse = env["stock.warehouse"].search([("company_id", "=", env.company.id)], limit=1)
    for product in kettle | toaster:
        env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, PIECES * number)
    sales = env["sale.order"].create([
        {
            "partner_id": customer.id,
            "user_id": agent.id,
            "order_line": [
                Command.create({"product_id": product.id, "product_uom_qty": PIECES, "discount": discount})
                for product, discount in ((kettle, 0), (toaster, 10))
            ],
        }
        for customer in customers
    ])
    sales.action_confirm()
    sales.picking_ids.move_ids.picked = True
    sales.picking_ids.button_validate()
    sales._create_invoices().action_post()
    return sales
