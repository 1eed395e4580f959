import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatFloat } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

// From the first to the last stage a piece passes.
const STAGES = ["quantity_approved", "quantity_received", "quantity_accepted", "quantity_settled"];

/** How far the pieces of one line have come: asked, approved, received, accepted, settled in one bar. */
export class ReturnsQuantityBar extends Component {
    static template = "returns_management.ReturnsQuantityBar";
    static props = { ...standardFieldProps };

    get asked() {
        return this.props.record.data.quantity || 0;
    }

    get stages() {
        const { data } = this.props.record;
        // Until somebody decided, what is approved is only a proposal.
        const names = ["draft", "review"].includes(data.state) ? [] : STAGES;
        return names.map((name) => {
            const quantity = data[name] || 0;
            return {
                name,
                quantity,
                label: this.props.record.fields[name].string,
                width: this.asked ? Math.min(100, (100 * quantity) / this.asked) : 0,
            };
        });
    }

    /** The furthest stage that any piece has reached, in words. */
    get note() {
        const reached = this.stages.filter((stage) => stage.quantity).at(-1);
        if (!reached) {
            return _t("%s asked", this.format(this.asked));
        }
        return _t("%(quantity)s of %(asked)s %(stage)s", {
            quantity: this.format(reached.quantity),
            asked: this.format(this.asked),
            stage: reached.label.toLowerCase(),
        });
    }

    get tooltip() {
        const asked = { label: this.props.record.fields.quantity.string, quantity: this.asked };
        return [asked, ...this.stages]
            .map((stage) => `${stage.label}: ${this.format(stage.quantity)}`)
            .join("\n");
    }

    format(quantity) {
        return formatFloat(quantity, {
            digits: this.props.record.fields.quantity.digits,
            trailingZeros: false,
        });
    }
}

export const returnsQuantityBar = {
    component: ReturnsQuantityBar,
    displayName: _t("Quantities of a Return"),
    supportedTypes: ["float"],
    isEmpty: () => false,
    fieldDependencies: [
        { name: "state", type: "selection", readonly: true },
        ...["quantity", ...STAGES].map((name) => ({ name, type: "float", readonly: true })),
    ],
};

registry.category("fields").add("returns_quantity_bar", returnsQuantityBar);
