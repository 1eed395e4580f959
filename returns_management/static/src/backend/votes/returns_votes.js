import { Component } from "@odoo/owl";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const VERDICTS = {
    approve: { icon: "fa-check text-success", verdict: _t("Approved") },
    reject: { icon: "fa-times text-danger", verdict: _t("Rejected") },
    abstain: { icon: "fa-minus text-muted", verdict: _t("Abstained") },
};

/** Who answered a step, how and why, one line each; then who is still asked. */
export class ReturnsVotes extends Component {
    static template = "returns_management.ReturnsVotes";
    static props = { ...standardFieldProps };

    get votes() {
        return this.props.record.data[this.props.name].records.map(({ id, data }) => ({
            key: id,
            ...VERDICTS[data.verdict],
            who: data.user_id.display_name,
            comment: data.comment,
            points: (data.checklist_note || "").split("\n").filter(Boolean),
            when: toLocaleDateTimeString(data.date),
        }));
    }

    get awaited() {
        const { data } = this.props.record;
        if (data.state !== "open") {
            return "";
        }
        const answered = new Set(
            data[this.props.name].records.map((record) => record.data.user_id.id),
        );
        return data.voter_ids.records
            .filter((voter) => !answered.has(voter.resId))
            .map((voter) => voter.data.display_name)
            .join(", ");
    }
}

export const returnsVotes = {
    component: ReturnsVotes,
    displayName: _t("Votes"),
    supportedTypes: ["one2many"],
    isEmpty: () => false,
    relatedFields: [
        { name: "user_id", type: "many2one" },
        { name: "verdict", type: "selection" },
        { name: "comment", type: "text" },
        { name: "checklist_note", type: "text" },
        { name: "date", type: "datetime" },
    ],
};

registry.category("fields").add("returns_votes", returnsVotes);
