/* Who decides, and how: set up from nothing, answered, refused, paused, overridden, disputed, handed to a stand-in. */
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function add(name, ...steps) {
    tours.add(name, { steps: () => steps.flat(2) });
}

function click(trigger, content) {
    return { content, trigger, run: "click" };
}

function sees(trigger, content) {
    return { content, trigger };
}

function type(name, text, scope = ".o_form_view") {
    return {
        trigger: `${scope} .o_field_widget[name=${name}] :is(input, textarea)`,
        run: `edit ${text}`,
    };
}

function choose(name, text, scope = ".o_form_view") {
    return [
        type(name, text, scope),
        click(`.o-autocomplete--dropdown-item a:contains("${text}")`, `${name}: ${text}`),
    ];
}

function select(name, label, scope = ".o_form_view") {
    return [
        click(`${scope} .o_field_widget[name=${name}] .o_select_menu_toggler`),
        click(`.o_select_menu_item:contains("${label}")`, `${name}: ${label}`),
    ];
}

function radio(name, label, scope = ".o_form_view") {
    return click(
        `${scope} .o_field_widget[name=${name}] .o_radio_item:contains("${label}") input`,
        `${name}: ${label}`,
    );
}

function save() {
    return click(".o_form_button_save");
}

function saved() {
    return sees(".o_form_view:has(.o_form_status_indicator_buttons.invisible)", "It is saved");
}

function refused(sentence) {
    return [
        sees(`.modal:contains("${sentence}")`, "The refusal says what to change"),
        click(".modal footer .btn-primary"),
    ];
}

function state(label) {
    return sees(
        `.o_form_view .o_statusbar_status .o_arrow_button_current:contains("${label}")`,
        `The return is ${label}`,
    );
}

function dialog(button) {
    return click(`.o_form_statusbar button:contains("${button}")`);
}

const openPolicy = click(".o_notebook a.nav-link[name=policy]");
const confirmDialog = click(".modal footer button.btn-primary:visible");
const dialogIsGone = sees("body:not(:has(.modal))");

// ---------------------------------------------------------------------------------------------------------------------
// An administrator sets up who decides
// ---------------------------------------------------------------------------------------------------------------------

add(
    "returns_rights_group",
    sees(
        ".o_view_nocontent:contains('Who has to approve returns?')",
        "An empty list says how to begin",
    ),
    click(".o_list_button_add"),
    type("name", "Sales Desk"),
    select("department", "Sales"),
    save(),
    refused("Sales Desk has no members: nobody could ever decide."),
    choose("member_ids", "Voter Sales"),
    select("rule", "A number of approvals"),
    type("quorum", "2"),
    save(),
    refused("asks for a quorum of 2 but has 1 members"),
    type("quorum", "1"),
    save(),
    saved(),
);

function member(name, department) {
    return [
        click(".o_field_widget[name=member_ids] .o_field_x2many_list_row_add :is(a, button)"),
        choose("user_id", name, ".o_selected_row"),
        select("department", department, ".o_selected_row"),
    ];
}

add(
    "returns_rights_team",
    sees(".o_view_nocontent:contains('Who handles returns together?')"),
    click(".o_list_button_add"),
    type("name", "Quality Circle"),
    radio("asked", "Always"),
    member("Voter Quality", "Quality"),
    member("Voter Finance", "Finance"),
    type("quorum", "3"),
    save(),
    refused("Quality Circle asks for 3 votes but has 2 members. Set 1 to 2."),
    type("quorum", "2"),
    click(".o_field_widget[name=needs_sales] input"),
    save(),
    refused("needs the vote of Sales but has no member there"),
    click(".o_field_widget[name=needs_sales] input"),
    save(),
    saved(),
);

add(
    "returns_rights_replay",
    dialog("Replay"),
    sees(".modal .o_form_view:contains('with the facts of their day')"),
    sees("body:not(:has(.o_datetime_picker))", "No calendar opens over the dialog"),
    click(".modal footer button[name=action_replay]"),
    sees(".modal .o_field_widget[name=judged_count]"),
);

// ---------------------------------------------------------------------------------------------------------------------
// Deciding
// ---------------------------------------------------------------------------------------------------------------------

add(
    "returns_rights_submit",
    click(".o_form_view button[name=action_submit]"),
    state("In Review"),
    sees(".alert:contains('Waiting for Sales Desk')"),
);

add(
    "returns_rights_approve",
    click(".o_form_view button[name=action_approve].btn-primary"),
    sees(".o_form_view:not(:has(button[name=action_approve]))", "Nothing is left to answer"),
);

add(
    "returns_rights_reject",
    dialog("Reject"),
    sees(".modal .lead:contains('You answer for Sales Approval')"),
    click(".modal footer .btn-danger:visible"),
    sees(".modal .o_field_widget[name=comment].o_field_invalid", "No rejection without a reason"),
    type("comment", "The seal is broken.", ".modal"),
    click(".modal footer .btn-danger:visible"),
    dialogIsGone,
    sees(".alert-danger:contains('Rejected: The seal is broken.')"),
);

add(
    "returns_rights_explain",
    sees(".alert-danger:contains('Rejected: The seal is broken.')"),
    sees(".o-mail-Activity:contains('Explain the refusal to Customer & Sons')"),
);

add("returns_rights_customer", sees(".o_returns_page:contains('The seal is broken.')"));

add(
    "returns_rights_express",
    click(".o_form_view button[name=action_submit]"),
    state("Approved"),
    sees(".o_form_view:not(:has(button[name=action_approve]))"),
);

add(
    "returns_rights_bulk",
    sees(".o_returns_approvals .badge:contains('3')", "Three returns wait"),
    click(".o_returns_approvals button"),
    sees(".o_data_row:contains('Customer & Sons'):eq(2)"),
    click(".o_data_row:eq(0) .o_list_record_selector input"),
    click(".o_data_row:eq(1) .o_list_record_selector input"),
    click(".o_control_panel button.btn-primary:contains('Approve')"),
    sees(".modal .lead:contains('Your answer is given to 2 returns')"),
    type("comment", "Good customers.", ".modal"),
    click(".modal footer .btn-primary:visible:contains('Approve')"),
    dialogIsGone,
    sees(".o_returns_approvals .badge:contains('1')", "The counter follows"),
    click(".o_data_row .o_list_record_selector input"),
    click(".o_control_panel button.btn-primary:contains('Approve')"),
    click(".modal footer .btn-primary:visible:contains('Approve')"),
    dialogIsGone,
    sees("body:not(:has(.o_returns_approvals))", "Nothing waits any more"),
    sees(".o_view_nocontent:contains('Nothing waits for your answer')"),
    // without the filter: what one was asked, and nobody else's questions
    click(".o_searchview .o_facet_remove"),
    sees(".o_data_row:contains('Customer & Sons'):eq(2)"),
    sees("body:not(:has(.o_data_row:contains('Somebody Else')))"),
);

// ---------------------------------------------------------------------------------------------------------------------
// Dialogs
// ---------------------------------------------------------------------------------------------------------------------

add(
    "returns_rights_pause",
    dialog("Stop the Clocks"),
    radio("reason", "Something else", ".modal"),
    confirmDialog,
    sees(".modal .o_field_widget[name=note].o_field_invalid", "Something else has a name"),
    type("note", "Photo of the label", ".modal"),
    confirmDialog,
    dialogIsGone,
    sees(".alert:contains('The clocks stand since'):contains('Photo of the label')"),
    dialog("Run the Clocks"),
    sees(".alert:contains('Waiting for Sales Approval')"),
);

add(
    "returns_rights_dispute",
    openPolicy,
    click(".o_returns_verdicts button:contains('Dispute')"),
    confirmDialog,
    sees(".modal .o_field_widget[name=comment].o_field_invalid"),
    type("comment", "It was sealed, see the photo.", ".modal"),
    confirmDialog,
    dialogIsGone,
    state("In Review"),
    openPolicy,
    sees(".o_returns_verdicts:contains('Disputed'):contains('It was sealed, see the photo.')"),
);

add(
    "returns_rights_override",
    openPolicy,
    click(".o_returns_verdicts button:contains('Override')"),
    radio("status", "Refused", ".modal"),
    type("comment", "Bought for resale.", ".modal"),
    confirmDialog,
    dialogIsGone,
    sees(".alert-danger:contains('Rejected: Bought for resale.')"),
    openPolicy,
    sees(".o_returns_verdicts:contains('Overridden'):contains('Bought for resale.')"),
);

add(
    "returns_rights_stand_in",
    click(".o_list_button_add"),
    choose("delegate_id", "Employee", ".o_selected_row"),
    type("date_to", "12/31/2099", ".o_selected_row"),
    click(".o_list_button_save"),
    sees(".o_data_row:not(.o_selected_row):contains('Employee')"),
);

add(
    "returns_rights_stood_in",
    click(".o_returns_approvals button"),
    click(".o_data_row .o_list_record_selector input"),
    click(".o_control_panel button.btn-primary:contains('Approve')"),
    click(".modal footer .btn-primary:visible:contains('Approve')"),
    dialogIsGone,
    sees(".o_view_nocontent:contains('Nothing waits for your answer')"),
);
