import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { ReturnsAnswer } from "./returns_answer";
import { ReturnsPhotos } from "./returns_photos";

/** The criteria of an inspection, one card each: big targets, and what an answer means beside it. */
export class ReturnsChecklist extends Component {
    static template = "returns_management.ReturnsChecklist";
    static components = { ReturnsAnswer, ReturnsPhotos };
    static props = { ...standardFieldProps };

    setup() {
        this.opened = useState({}); // ids of those whose note is written now
    }

    get checks() {
        return this.props.record.data[this.props.name].records;
    }

    isSelected(check, value) {
        return check.data.value === value;
    }

    getClass(check, value) {
        if (!this.isSelected(check, value)) {
            return "btn-outline-secondary";
        }
        return check.data.result === "fail" ? "btn-danger" : "btn-success";
    }

    /** What a failed answer, or one that is not the best, leads to. */
    getMeaning({ data }) {
        if (!data.value) {
            return "";
        }
        if (data.is_unacceptable) {
            return _t("Not acceptable");
        }
        return data.grade_possible > "a" ? _t("At best %s", data.grade_possible.toUpperCase()) : "";
    }

    answer(check, value) {
        return check.update({ value: this.isSelected(check, value) ? false : value });
    }

    isNoteShown(check) {
        return check.data.note || this.opened[check.id];
    }
}

registry.category("fields").add("returns_checklist", {
    component: ReturnsChecklist,
    displayName: _t("Checklist"),
    supportedTypes: ["one2many"],
    isEmpty: () => false,
    useSubView: true,
});
