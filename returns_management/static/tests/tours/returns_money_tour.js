/* The accountant: settles five returns from the list, pays them out, and proves one. */
import { registry } from "@web/core/registry";

const selectAll = [
    { trigger: ".o_list_view thead .o_list_record_selector input", run: "click" },
    { trigger: ".o_control_panel:contains('5 selected')" },
];

function press(name) {
    return {
        trigger: `.o_control_panel button[name=${name}], .o_list_view button[name=${name}]`,
        run: "click",
    };
}

registry.category("web_tour.tours").add("returns_money_accountant", {
    steps: () => [
        { content: "Five returns wait", trigger: ".o_list_view .o_data_row:nth-child(5)" },
        ...selectAll,
        press("action_settle"),
        {
            content: "All are settled: nothing is left under To Settle",
            trigger: ".o_view_nocontent:contains('Nothing to settle')",
        },
        { trigger: ".o_searchview_dropdown_toggler", run: "click" },
        { trigger: ".o_filter_menu .o-dropdown-item:contains('To Pay Out')", run: "click" },
        { trigger: ".o_list_view .o_data_row:nth-child(5)" },
        { trigger: ".o_searchview_dropdown_toggler", run: "click" },
        ...selectAll,
        press("action_pay_out"),
        {
            content: "Five amounts are on their way; open one",
            trigger: ".o_list_view .o_data_row:nth-child(5) .badge:contains('On Its Way')",
        },
        { trigger: ".o_list_view .o_data_row:first .o_data_cell[name=amount]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=reference] input", run: "edit C-77" },
        {
            content: "Attach the signed receipt",
            trigger: ".o_field_widget[name=evidence_ids] .o_file_input_trigger",
            run() {
                const files = new DataTransfer();
                files.items.add(new File(["signed"], "signed receipt.txt", { type: "text/plain" }));
                const input = document.querySelector(
                    ".o_field_widget[name=evidence_ids] input[type=file]",
                );
                input.files = files.files;
                input.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        { trigger: ".o_field_widget[name=evidence_ids]:contains('signed receipt')" },
        { trigger: ".o_form_view button[name=action_confirm_paid]", run: "click" },
        { trigger: ".o_form_view .o_statusbar_status .o_arrow_button_current:contains('Paid')" },
        {
            content: "The evidence stays with it",
            trigger: ".o_field_widget[name=evidence_ids]:contains('signed receipt')",
        },
    ],
});
