/* Asking for a return: the form works without this; it asks the reason's own question, and is not sent twice. */
import { registry } from "@web/core/registry";
import { Interaction } from "@web/public/interaction";

export class ReturnsAsk extends Interaction {
    static selector = ".o_returns_ask_form";
    dynamicContent = {
        ".o_returns_reason": { "t-on-change": this.onReasonChange },
        ".o_returns_ask_fields": { "t-on-submit": this.onSubmit },
        _window: { "t-on-pageshow": this.onPageShow },
    };

    start() {
        this.el.querySelector("#returns_ask_errors")?.focus();
    }

    onReasonChange(event) {
        const select = event.currentTarget;
        const form = select.closest("form");
        const label = select.closest(".o_returns_pick_body").querySelector(".o_returns_question");
        label.textContent = select.selectedOptions[0].dataset.question || form.dataset.question;
    }

    onSubmit(event) {
        event.currentTarget.querySelector("button[type=submit]").disabled = true;
    }

    /** Back in history, the page comes as it was left. */
    onPageShow() {
        const button = this.el.querySelector("form button[type=submit]");
        if (button) {
            button.disabled = false;
        }
    }
}

registry.category("public.interactions").add("returns_management.ask", ReturnsAsk);
