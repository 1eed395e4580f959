import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// These tests make a line compliant or not; the others say what the customer gets (tools/policy.py).
const DECISIVE = [
    "rule",
    "returnable",
    "resolution",
    "condition",
    "window",
    "origin",
    "condition_found",
    "grade_found",
];

/** The policy's tests of one line, each with its result, in words. */
export class ReturnsPolicyTrace extends Component {
    static template = "returns_management.ReturnsPolicyTrace";
    static props = { ...standardFieldProps };

    get tests() {
        const trace = this.props.record.data[this.props.name] || [];
        return trace.map((entry, index) => ({ ...entry, ...this.getMark(entry), key: index }));
    }

    getMark(entry) {
        if (!DECISIVE.includes(entry.test)) {
            return { icon: "fa-angle-right text-muted", verdict: "" };
        }
        if (entry.ok) {
            return { icon: "fa-check text-success", verdict: _t("passed") };
        }
        // what is found worse than demanded goes to people, too
        return this.props.record.data.policy_status === "exception" || entry.test.endsWith("_found")
            ? { icon: "fa-exclamation text-warning", verdict: _t("for people to judge") }
            : { icon: "fa-times text-danger", verdict: _t("failed") };
    }
}

export const returnsPolicyTrace = {
    component: ReturnsPolicyTrace,
    displayName: _t("Policy Trace"),
    supportedTypes: ["json"],
    isEmpty: () => false,
    fieldDependencies: [{ name: "policy_status", type: "selection", readonly: true }],
};

registry.category("fields").add("returns_policy_trace", returnsPolicyTrace);
