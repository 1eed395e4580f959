import { Component } from "@odoo/owl";
import { toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ICONS = {
    approve: "fa-check text-success",
    reject: "fa-times text-danger",
    abstain: "fa-minus text-muted",
};

/** Who answered a step, how and why, one line each; then who is still asked. */
export class ReturnsVotes extends Component {
    static template = "returns_management.ReturnsVotes";
    static props = { ...standardFieldProps };

    get votes() {
        return this.props.record.data[this.props.name].records.map(({ id, data, fields }) => ({
            key: id,
            icon: ICONS[data.verdict],
            verdict: fields.verdict.selection.find(([value]) => value === data.verdict)[1],
            who: data.user_id.display_name,
            comment: data.comment,
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
};

registry.category("fields").add("returns_votes", returnsVotes);
