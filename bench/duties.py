"""What is done for many at once without anybody waiting for it: judging lines, laying out steps, reminding voters."""

import contextlib
import datetime
from unittest.mock import patch

from odoo import Command

#: duty, sizes, what is counted, records a batch (None: all at once)
DUTIES = [
    ("judge by the policy", (250, 1000), "lines", None),
    ("lay out approval steps", (50, 200), "requests", None),
    ("remind of open steps", (2000, 10000), "steps", 200),
]
BATCH = 200


def measure(meter, users):
    """Measure each duty at each size.

    :return: [(duty, size, what, batches)], in the order of ``meter.costs``
    """
    rows = []
    for (duty, sizes, what, batch), go in zip(DUTIES, (judge, lay_out, remind), strict=True):
        for size in (2, *sizes):  # the first warms up
            savepoint = meter.env.cr.savepoint()
            go(meter, users, size)
            savepoint.close(rollback=True)
            meter.env.invalidate_all()
            if size == 2:
                meter.costs.pop()
            else:
                rows.append((duty, size, what, -(-size // batch) if batch else 1))
    return rows


def judge(meter, users, size):
    lines = _requests(meter.env, users, size // 2).line_ids
    lines = lines.browse(lines.ids)  # known to belong together, as those that are submitted
    assert len(lines) == size
    meter.env.flush_all()
    with meter.stage("judge"):
        lines._as_flow()._judge()
    assert set(lines.mapped("policy_status")) == {"compliant"}


def lay_out(meter, users, size):
    requests = _requests(meter.env, users, size)._as_flow()
    requests.line_ids._judge()
    requests.date_submitted = datetime.datetime.now()
    meter.env.flush_all()
    with meter.stage("lay out"):
        requests._lay_out_steps("authorise")
    assert set(requests.step_ids.mapped("state")) == {"open"}
    assert len(requests.step_ids) == size


def remind(meter, users, size):
    """All of them have just missed their deadline."""
    env = meter.env
    group = env["returns.approval.group"].search([("member_ids", "in", users["voter"].ids)], limit=1)
    customers = _customers(env, 50)
    quiet = env["returns.request"].with_context(tracking_disable=True, mail_create_nosubscribe=True)
    requests = quiet.create([{"partner_id": customers[index % 50].id, "user_id": False} for index in range(size)])
    late = datetime.datetime.now() - datetime.timedelta(hours=1)
    steps = env["returns.step"].sudo().create([
        {"request_id": request.id, "kind": "group", "group_id": group.id, "phase": "authorise", "state": "open",
         "date_opened": late, "deadline": late, "voter_ids": [Command.set(users["voter"].ids)]}
        for request in requests
    ])  # fmt: skip
    env.flush_all()
    env.cr.execute("ANALYZE")
    with _uncommitted(env), meter.stage("remind"):
        env["returns.step"].sudo()._cron_follow_clocks(batch=BATCH)
    assert set(steps.mapped("reminder")) == {"late"}


@contextlib.contextmanager
def _uncommitted(env):
    """What a cron does between its batches, but for the commit: the benchmark is rolled back at its end."""

    def commit_nothing(cron, processed=0, **_options):
        cron.env.flush_all()
        cron.env.cr.precommit.run()
        cron.env.invalidate_all()
        return float("inf")

    with patch.object(type(env["ir.cron"]), "_commit_progress", commit_nothing):
        yield


def _customers(env, number):
    return env["res.partner"].create([
        {"name": f"Bench Customer {index}", "email": f"bench{index}@example.com", "is_company": True}
        for index in range(number)
    ])


def _requests(env, users, number):
    """Drafts of two lines each, of orders that count as delivered: nothing but what the policy looks at."""
    quiet = env(context={**env.context, "tracking_disable": True, "skip_procurement": True})
    products = quiet["product.product"].create([
        {"name": name, "type": "consu", "list_price": 19.99} for name in ("Bench Kettle", "Bench Toaster")
    ])
    sales = quiet["sale.order"].create([
        {
            "partner_id": customer.id,
            "user_id": users["agent"].id,
            "state": "sale",
            "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 3}) for product in products],
        }
        for customer in _customers(quiet, number)
    ])
    places = {
        "location_id": sales.warehouse_id.lot_stock_id.id,
        "location_dest_id": env.ref("stock.stock_location_customers").id,
    }
    quiet["stock.move"].create([
        {
            **places,
            "product_id": line.product_id.id,
            "product_uom_qty": 3,
            "quantity": 3,
            "sale_line_id": line.id,
            "state": "done",
        }
        for line in sales.order_line
    ])
    reason = env.ref("returns_management.reason_changed_mind")
    requests = quiet["returns.request"].with_user(users["agent"]).create([
        {
            "partner_id": sale.partner_id.id,
            "line_ids": [
                Command.create({"sale_line_id": line.id, "quantity": 1, "reason_id": reason.id})
                for line in sale.order_line
            ],
        }
        for sale in sales
    ])
    return env["returns.request"].browse(requests.ids)
