import { Activity } from "@mail/core/web/activity";
import { ActivityListPopoverItem } from "@mail/core/web/activity_list_popover_item";
import { patch } from "@web/core/utils/patch";

/**
 * Answer the step that an activity asks about: at once where a click is enough, else in the wizard that asks for the
 * reason or the checklist.
 */
async function decide(env, activity, verdict, onDecided) {
    const steps = [activity.returns_step_id];
    if (verdict === "approve" && !activity.returns_has_checklist) {
        await env.services.orm.call("returns.step", "action_approve", [steps]);
        return onDecided();
    }
    return env.services.action.doAction("returns_management.returns_decide_action", {
        additionalContext: {
            default_verdict: verdict,
            active_model: "returns.step",
            active_ids: steps,
        },
        onClose: onDecided,
    });
}

patch(Activity.prototype, {
    decideReturn(verdict) {
        const { activity, onActivityChanged, reloadParentView } = this.props;
        return decide(this.env, activity, verdict, () => {
            onActivityChanged(this.thread);
            reloadParentView();
        });
    },
});

/** The activities of a list or a card. Approvals are decided, neither ticked off nor edited. */
patch(ActivityListPopoverItem.prototype, {
    get hasMarkDoneButton() {
        return super.hasMarkDoneButton && !this.props.activity.returns_step_id;
    },

    get hasEditButton() {
        return super.hasEditButton && !this.props.activity.returns_step_id;
    },

    get hasCancelButton() {
        return super.hasCancelButton && !this.props.activity.returns_step_id;
    },

    decideReturn(verdict) {
        const { activity, onActivityChanged, onClickEditActivityButton } = this.props;
        onClickEditActivityButton(); // closes the popover
        return decide(this.env, activity, verdict, () => onActivityChanged?.());
    },
});
