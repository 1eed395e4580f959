/* Two pieces inspected one after the other: answers, a failed one with its photo, the grade they propose, done, next. */
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");
const PIXEL =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const check = (question) => `.o_returns_check:contains("${question}")`;

function answer(question, value) {
    return [
        { trigger: `${check(question)} button[data-value="${value}"]`, run: "click" },
        { trigger: `${check(question)} button[data-value="${value}"][aria-pressed=true]` },
    ];
}

function photo(question) {
    return {
        content: "Take a photo of what failed",
        trigger: `${check(question)}:contains('Photo needed') .o_file_input`,
        run: ({ anchor }) => {
            const bytes = Uint8Array.from(atob(PIXEL), (letter) => letter.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], "leak.png", { type: "image/png" }));
            const input = anchor.querySelector("input[type=file]");
            input.files = files.files;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        },
    };
}

function dispose(label) {
    return {
        trigger: `.o_field_widget[name=disposition_id] .o_selection_badge:contains('${label}')`,
        run: "click",
    };
}

tours.add("returns_inspection", {
    steps: () => [
        ...answer("How does it look?", "1"),
        {
            content: "A measure outside its limits fails",
            trigger: `${check("Tightness")}:contains('from 1.5 bar to 3 bar') input[type=text]`,
            run: "edit 1.2",
        },
        ...answer("Is the box whole?", "yes"),
        { trigger: `${check("Tightness")}:contains('At best C')` },
        photo("Tightness"),
        { trigger: `${check("Tightness")} .o_returns_photo img` },
        {
            content: "The answers propose a grade, and say by which of them",
            trigger: ".o_field_widget[name=grade_proposed]:contains('C - Clear traces of use')",
        },
        { trigger: ".o_field_widget[name=proposal_note]:contains('Tightness')" },
        dispose("Restock"),
        { trigger: ".o_form_view button[name=action_done_next]", run: "click" },
        {
            content: "The other piece of the return is next, nothing of it is answered",
            trigger:
                ".o_form_view .o_returns_checklist:not(:has([aria-pressed=true])):has(.badge:contains('Required'))",
        },
        ...answer("How does it look?", "2"),
        { trigger: `${check("Tightness")} input[type=text]`, run: "edit 2 && press Tab" },
        { trigger: ".o_field_widget[name=grade_proposed]:contains('B - Light traces of use')" },
        dispose("Restock"),
        { trigger: ".o_form_view button[name=action_done_next]", run: "click" },
        { trigger: ".o_notification:contains('Nothing else waits')" },
        {
            content: "What is inspected is shown, not asked",
            trigger: `${check("How does it look?")} .o_returns_answer:contains('Used')`,
        },
    ],
});
