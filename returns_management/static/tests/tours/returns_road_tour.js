/* The road of a return, one tour a person: each sees and presses only what is theirs. */
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function state(label) {
    return {
        content: `The return is ${label}`,
        trigger: `.o_form_view .o_statusbar_status .o_arrow_button_current:contains("${label}")`,
    };
}

tours.add("returns_road_agent", {
    steps: () => [
        {
            content: "Start a return from the delivered order",
            trigger: ".o_form_view button[name=action_create_return]",
            run: "click",
        },
        state("Draft"),
        {
            trigger: ".o_field_widget[name=line_ids] .o_data_row .o_data_cell[name=quantity]",
            run: "click",
        },
        { trigger: ".o_selected_row .o_field_widget[name=quantity] input", run: "edit 2" },
        { trigger: ".o_selected_row .o_field_widget[name=reason_id] input", run: "click" },
        {
            trigger: ".o_selected_row .o_field_widget[name=reason_id] input",
            run: "edit Changed mind",
        },
        {
            trigger: ".o-autocomplete--dropdown-item > a:contains('Changed mind')",
            run: "click",
        },
        { trigger: ".o_form_view button[name=action_submit]", run: "click" },
        state("In Review"),
    ],
});

tours.add("returns_road_voter", {
    steps: () => [
        {
            content: "My Approvals holds what is put to me",
            trigger:
                ".o_data_row:contains('Customer & Sons'), .o_kanban_record:contains('Customer & Sons')",
        },
        { trigger: ".o_data_row .o_list_record_selector input", run: "click" },
        {
            trigger:
                ".o_control_panel button:contains('Approve'), .o_list_view button:contains('Approve')",
            run: "click",
        },
        { trigger: ".modal button[name=action_decide]:visible:contains('Approve')", run: "click" },
        {
            content: "Nothing is left to decide",
            trigger: "body:not(:has(.o_data_row:contains('Customer & Sons')))",
        },
    ],
});

tours.add("returns_road_receiver", {
    steps: () => [
        { trigger: ".o_form_view button[name=action_receive].btn-primary", run: "click" },
        {
            content: "The parcel is open at the dock: both pieces are in it",
            trigger:
                ".o_returns_dock_goods:contains('2 Units announced') button[aria-label='One more']",
            run: "click",
        },
        { trigger: ".o_returns_dock_short button[aria-label='One more']", run: "click" },
        {
            trigger: ".o_returns_dock:has(.o_returns_dock_right) .o_returns_dock_book",
            run: "click",
        },
        { trigger: ".o_returns_dock_welcome:contains('is booked in'):contains('2 × ')" },
    ],
});

tours.add("returns_road_inspector", {
    steps: () => [
        { trigger: ".o_form_view button[name=action_view_inspections].btn-primary", run: "click" },
        {
            trigger: ".o_field_widget[name=grade] .o_selection_badge:contains('As new')",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=disposition_id] .o_selection_badge:contains('Restock')",
            run: "click",
        },
        { trigger: ".o_form_view button[name=action_done]", run: "click" },
        {
            trigger:
                ".o_form_view .o_statusbar_status .o_arrow_button_current:contains('Inspected')",
        },
    ],
});

tours.add("returns_road_accountant", {
    steps: () => [
        { trigger: ".o_form_view button[name=action_settle].btn-primary", run: "click" },
        {
            content: "The credit note is a draft; open it",
            trigger: ".o_form_view button[name=action_view_refunds].btn-primary",
            run: "click",
        },
        { trigger: ".o_form_view button[name=action_post]", run: "click" },
        { trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains('Posted')" },
    ],
});
