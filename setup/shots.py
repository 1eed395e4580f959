"""The pictures of README and docs. Add one here and run ./dev screenshots NAME.

name    docs/images/NAME.png
login   who looks, one of the demo's users (the password is the login); "" for a visitor
url     {module.name} in it stands for the id of that record
wait    what has to be on the screen, a CSS selector
click   what is clicked before, CSS selectors in their order
size    width and height of the window; PHONE for a telephone
part    the element that is pictured, a CSS selector; "" for the whole window
"""

from typing import NamedTuple

PHONE = (390, 844)


class Shot(NamedTuple):
    name: str
    login: str
    url: str
    wait: str = ".o_action_manager .o_view_controller"
    click: tuple = ()
    size: tuple = (1440, 900)
    part: str = ""


RETURN = "/odoo/returns/{returns_management.demo_request_%s}"
TAB = ".o_notebook a.nav-link[name=%s]"

SHOTS = (
    # a salesperson starts from the order: Return above, and how many returns there are
    Shot(
        "order",
        "returns_agent",
        RETURN % "too_many_bins",
        click=(".oe_stat_button[name=action_view_sale_orders]",),
        wait="button[name=action_create_return]",
    ),
    # what the clerk fills in
    Shot("draft", "returns_agent", RETURN % "other_chair"),
    # where is it, and what do I do: the sentence, the road, the one button of a member of the return team
    Shot("request", "returns_chair", RETURN % "forgotten_doors", wait=".o_returns_road"),
    # the whole road by itself
    Shot("road", "returns_agent", RETURN % "silent_motor", wait=".o_returns_road", part=".o_returns_road"),
    # why the policy says so
    Shot(
        "policy-trace",
        "returns_agent_all",
        RETURN % "forgotten_doors",
        click=(TAB % "policy",),
        wait=".o_returns_policy_trace",
        part=".o_kanban_record:has(.o_returns_policy_trace)",
    ),
    # who has to decide, and what for
    Shot(
        "approvals",
        "returns_sales",
        "/odoo/returns-approvals",
        click=(".o_switch_view.o_kanban",),
        wait=".o_kanban_record button[name=action_approve]",
        size=(1440, 420),
    ),
    # a parcel on the dock: what was announced beside what is counted
    Shot(
        "dock",
        "returns_inspector",
        RETURN % "no_wall",
        click=("button[name=action_receive]",),
        wait=".o_returns_dock_count",
        size=(1180, 820),
    ),
    # what came otherwise than announced
    Shot("discrepancies", "returns_agent_all", "/odoo/returns-discrepancies", size=(1440, 420)),
    # what the inspector says about the pieces in front of them
    Shot(
        "inspection",
        "returns_inspector",
        "/odoo/returns-inspections",
        click=(".o_data_row .o_data_cell[name=product_id]",),
        wait=".o_form_view .o_selection_badge",
        size=(1440, 760),
    ),
    # one line a return: select many, settle
    Shot(
        "to-settle",
        "returns_accountant",
        "/odoo/returns-to-settle",
        click=("thead .o_list_record_selector input",),
        wait="button[name=action_settle]",
        size=(1440, 420),
    ),
    # the policy reads like the text that customers read
    Shot("policy", "returns_manager", "/odoo/returns-policies/{returns_management.demo_policy}", size=(1440, 760)),
    # what comes back, why, and when
    Shot("figures", "returns_manager", "/odoo/returns-analysis", wait=".o_graph_view canvas", size=(1440, 760)),
    # the customer's page on a telephone
    Shot(
        "portal",
        "portal",
        "/my/returns/{returns_management.demo_request_slow_refund}",
        wait=".o_returns_page",
        size=PHONE,
    ),
)
