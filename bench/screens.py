"""What it costs to open a screen: what the web client asks the server for, without the chatter."""

from lxml import etree

#: after which stage of our road, title, whose screen, model, kind of view, records
SCREENS = [
    ("submit", "returns in review, list of 10", "agent", "returns.request", "list", 10),
    ("submit", "returns in review, list of 80", "agent", "returns.request", "list", 80),
    ("submit", "returns in review, board of 80", "agent", "returns.request", "kanban", 80),
    ("submit", "return in review, form", "agent", "returns.request", "form", 1),
    ("submit", "return in review, form of its approver", "voter", "returns.request", "form", 1),
    ("submit", "approvals, list of 80", "voter", "returns.step", "list", 80),
    ("receive", "inspections, list of 80", "inspector", "returns.inspection", "list", 80),
    ("receive", "inspection, form", "inspector", "returns.inspection", "form", 1),
    ("settle", "return to post, form of the accountant", "accountant", "returns.request", "form", 1),
    ("post", "returns done, list of 80", "agent", "returns.request", "list", 80),
    ("post", "return done, form", "agent", "returns.request", "form", 1),
]


def open_screens(meter, users, moment):
    """Open each screen of this moment twice and measure the second time: rights and views are in memory then."""
    for when, title, job, model, kind, limit in SCREENS:
        if when != moment:
            continue
        records = meter.env[model].with_user(users[job])
        wanted = _specification(records, etree.fromstring(records.get_view(view_type=kind)["arch"]))
        for turn in ("warm up", title):
            with meter.stage(turn):
                if kind == "form":
                    records.search([], limit=1).web_read(wanted)
                else:
                    records.web_search_read([], wanted, limit=limit)
    meter.costs = [cost for cost in meter.costs if cost.stage != "warm up"]


def _specification(model, arch):
    """The fields that the client asks for, from the view."""
    wanted = {}
    for node in arch.iter("field"):
        if any(parent.tag == "field" for parent in node.iterancestors() if parent is not arch):
            continue
        field = model._fields[node.get("name")]
        wanted[field.name] = {}
        if field.type == "many2one":
            wanted[field.name] = {"fields": {"display_name": {}}}
        elif field.type in ("one2many", "many2many"):
            view = next((child for child in node if child.tag in ("list", "kanban")), None)
            inner = {"display_name": {}} if view is None else _specification(model.env[field.comodel_name], view)
            wanted[field.name] = {"fields": inner, "limit": 40}
    return wanted
