import { Component } from "@odoo/owl";
import { toLocaleDateString, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const { DateTime } = luxon;

const STATES = ["draft", "review", "approved", "received", "final_review", "settlement", "done"];

const ICONS = {
    done: "fa-check",
    current: "fa-hourglass-half",
    late: "fa-exclamation",
    failed: "fa-times",
    skipped: "fa-minus",
    todo: "fa-circle-o",
};

/**
 * The road of a return: one stop for each stage and each approval step, with who, when and until when.
 *
 * Placed on `step_ids`. It reads nothing but the record of the form: the step's subfields come with the
 * field's own list, the stages' dates with the fields it depends on.
 */
export class ReturnsRoad extends Component {
    static template = "returns_management.ReturnsRoad";
    static props = { ...standardFieldProps };

    get stops() {
        return this.getStops().map((stop, index) => ({
            ...stop,
            key: index,
            icon: ICONS[stop.status],
        }));
    }

    getStops() {
        const { data } = this.props.record;
        const before = this.getSteps("authorise").map((step) => this.stepStop(step));
        const after = [...this.getSteps("settle"), ...this.getSteps("dispose")].map((step) =>
            this.stepStop(step),
        );
        const stops = [this.requestedStop(), this.policyStop(), ...before];
        if (data.state === "rejected" || data.state === "cancelled") {
            return [...stops.filter((stop) => stop.status !== "todo"), this.closedStop()];
        }
        if (!before.length && data.policy_status) {
            stops.push({ label: _t("Approval"), status: "skipped", who: _t("not needed") });
        }
        return [...stops, this.goodsStop(), this.inspectionStop(), ...after, this.moneyStop()];
    }

    // Steps -----------------------------------------------------------------

    /** The steps of the present round; earlier rounds stay readable in the table below. */
    getSteps(phase) {
        const { data } = this.props.record;
        return data[this.props.name].records
            .map((record) => record.data)
            .filter((step) => step.round === data.round && step.phase === phase)
            .sort((first, second) => first.sequence - second.sequence);
    }

    stepStop(step) {
        const decisions = step.decision_ids.records.map((record) => record.data);
        const voters = step.voter_ids.records.map((record) => record.data.display_name);
        const asked = voters.length > 2 ? _t("%s people", voters.length) : voters.join(", ");
        const deciders = decisions.map((decision) => decision.user_id.display_name);
        const stop = {
            label: step.display_name,
            who: deciders.length > 2 ? _t("%s answers", deciders.length) : deciders.join(", "),
            tooltip: [
                ...decisions.map((decision) =>
                    [decision.user_id.display_name, decision.comment].filter(Boolean).join(": "),
                ),
                ...(decisions.length ? [] : voters),
            ].join("\n"),
            when: toLocaleDateString(step.date_closed),
        };
        switch (step.state) {
            case "approved":
                return { ...stop, status: "done" };
            case "rejected":
                return { ...stop, status: "failed" };
            case "skipped":
                return { ...stop, status: "skipped", who: _t("not asked") };
            case "waiting":
                return { ...stop, status: "todo", who: asked };
        }
        return { ...stop, ...this.due(step.deadline), who: this.votesNote(voters, decisions) };
    }

    votesNote(voters, decisions) {
        if (voters.length < 2) {
            return voters[0] || _t("nobody may decide");
        }
        return _t("%(given)s of %(asked)s answered", {
            given: decisions.length,
            asked: voters.length,
        });
    }

    // Stages ----------------------------------------------------------------

    requestedStop() {
        const { data, fields } = this.props.record;
        const channel = fields.channel.selection.find(([value]) => value === data.channel);
        return {
            label: data.state === "draft" ? _t("Draft") : _t("Requested"),
            who: channel ? channel[1] : "",
            when: toLocaleDateString(data.date_submitted || data.date_requested),
            status: data.state === "draft" ? "current" : "done",
        };
    }

    policyStop() {
        const { data, fields } = this.props.record;
        const verdict = fields.policy_status.selection.find(
            ([value]) => value === data.policy_status,
        );
        return {
            label: _t("Policy"),
            who: verdict ? verdict[1] : "",
            tooltip: data.policy_note || "",
            status:
                { compliant: "done", exception: "late", refused: "failed" }[data.policy_status] ||
                "todo",
        };
    }

    goodsStop() {
        const { data } = this.props.record;
        const stop = { label: _t("Goods back"), ...this.stage("approved") };
        if (this.isPast("approved")) {
            return data.date_received
                ? { ...stop, when: toLocaleDateString(data.date_received) }
                : { ...stop, status: "skipped", who: _t("customer keeps them") };
        }
        if (stop.status === "current") {
            return {
                ...stop,
                ...this.due(data.date_receipt_due || data.date_ship_by),
                who: data.date_received ? _t("partly here") : _t("sent by the customer"),
            };
        }
        return stop;
    }

    inspectionStop() {
        const { data } = this.props.record;
        const stop = { label: _t("Inspection"), ...this.stage("received") };
        if (stop.status === "done" && !data.date_received) {
            return { ...stop, status: "skipped" };
        }
        return stop.status === "current" ? { ...stop, ...this.due(data.date_refund_due) } : stop;
    }

    moneyStop() {
        const { data } = this.props.record;
        const stop = { label: _t("Settlement"), ...this.stage("settlement") };
        if (stop.status === "done") {
            return { ...stop, when: toLocaleDateString(data.date_refunded || data.date_done) };
        }
        return { ...stop, ...this.due(data.date_refund_due, stop.status) };
    }

    closedStop() {
        const { data, fields } = this.props.record;
        const state = fields.state.selection.find(([value]) => value === data.state);
        return {
            label: state[1],
            when: toLocaleDateString(data.date_done),
            status: data.state === "rejected" ? "failed" : "skipped",
        };
    }

    isPast(state) {
        return STATES.indexOf(this.props.record.data.state) > STATES.indexOf(state);
    }

    stage(state) {
        if (this.isPast(state)) {
            return { status: "done" };
        }
        return { status: this.props.record.data.state === state ? "current" : "todo" };
    }

    // Dates -----------------------------------------------------------------

    /** What is promised for a stop: until when, and whether that has passed while it is open. */
    due(date, status = "current") {
        if (!date) {
            return { status };
        }
        const isLate = status === "current" && date < DateTime.now();
        return {
            status: isLate ? "late" : status,
            isLate,
            when: isLate
                ? _t("was due %s", toLocaleDateString(date))
                : _t("due %s", toLocaleDateString(date)),
            whenTitle: toLocaleDateTimeString(date),
        };
    }
}

const dependsOn = (type, names) => names.map((name) => ({ name, type, readonly: true }));

export const returnsRoad = {
    component: ReturnsRoad,
    displayName: _t("Road of a Return"),
    supportedTypes: ["one2many"],
    isEmpty: () => false,
    fieldDependencies: [
        ...dependsOn("selection", ["state", "channel", "policy_status"]),
        ...dependsOn("integer", ["round"]),
        ...dependsOn("text", ["policy_note"]),
        ...dependsOn("datetime", [
            "date_requested",
            "date_submitted",
            "date_ship_by",
            "date_receipt_due",
            "date_received",
            "date_refund_due",
            "date_refunded",
            "date_done",
        ]),
    ],
};

registry.category("fields").add("returns_road", returnsRoad);
