import { onWillDestroy } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

const TICK = 5; // seconds
const IDLE = 180; // seconds without a touch, after which nobody is inspecting here

/** One piece after the other: Done opens the next that waits, and the time spent on a piece is measured. */
export class ReturnsInspectionController extends FormController {
    setup() {
        super.setup();
        this.inspectionOrm = useService("orm");
        this.inspectionNotification = useService("notification");
        this.stopwatch = { resId: false, seconds: 0, base: 0, noted: 0, touched: Date.now() };
        const touch = () => (this.stopwatch.touched = Date.now());
        const events = ["pointerdown", "keydown", "scroll"];
        events.forEach((name) => document.addEventListener(name, touch, true));
        const timer = setInterval(() => this.tick(), TICK * 1000);
        onWillDestroy(() => {
            clearInterval(timer);
            events.forEach((name) => document.removeEventListener(name, touch, true));
        });
    }

    tick() {
        const { resId, data } = this.model.root;
        if (this.stopwatch.resId !== resId) {
            const { minutes } = data;
            Object.assign(this.stopwatch, { resId, seconds: 0, base: minutes, noted: minutes });
        }
        const isIdle = Date.now() - this.stopwatch.touched > IDLE * 1000;
        if (document.visibilityState === "visible" && !isIdle) {
            this.stopwatch.seconds += TICK;
        }
    }

    /** Write down the time, unless somebody typed it. */
    async noteMinutes() {
        const record = this.model.root;
        this.tick();
        const { seconds, base, noted } = this.stopwatch;
        if (record.data.state === "draft" && record.data.minutes === noted) {
            this.stopwatch.noted = base + Math.max(1, Math.round(seconds / 60));
            await record.update({ minutes: this.stopwatch.noted });
        }
    }

    async beforeExecuteActionButton(clickParams) {
        if (!["action_done", "action_done_next"].includes(clickParams.name)) {
            return super.beforeExecuteActionButton(clickParams);
        }
        await this.noteMinutes();
        const saved = await super.beforeExecuteActionButton(clickParams);
        if (saved === false || clickParams.name === "action_done") {
            return saved;
        }
        await this.openNext();
        return false;
    }

    async openNext() {
        const { resId, resIds } = this.model.root;
        const action = await this.inspectionOrm.call("returns.inspection", "action_done_next", [
            [resId],
        ]);
        const next = action.res_id;
        if (next) {
            await this.model.load({
                resId: next,
                resIds: resIds.includes(next) ? resIds : [...resIds, next],
            });
            this.rootRef.el?.querySelector(".o_content")?.scrollTo(0, 0);
        } else {
            await this.model.load({ resId, resIds });
            this.inspectionNotification.add(_t("Nothing else waits to be inspected."), {
                type: "success",
            });
        }
    }
}

registry.category("views").add("returns_inspection_form", {
    ...formView,
    Controller: ReturnsInspectionController,
});
