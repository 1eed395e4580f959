import { Component } from "@odoo/owl";
import { formatFloat } from "@web/views/fields/formatters";
import { useInputField } from "@web/views/fields/input_field_hook";
import { parseFloat } from "@web/views/fields/parsers";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** What is typed about one criterion, a measure or a note. It stays while the answers to others are being worked out. */
export class ReturnsAnswer extends Component {
    static template = "returns_management.ReturnsAnswer";
    static props = {
        ...standardFieldProps,
        className: String,
        label: String,
        isMeasure: { type: Boolean, optional: true },
    };

    setup() {
        useInputField({
            getValue: () => this.text,
            parse: (text) => (this.props.isMeasure ? this.parseMeasure(text.trim()) : text),
        });
    }

    get text() {
        const value = this.props.record.data[this.props.name];
        return value && this.props.isMeasure
            ? formatFloat(Number(value), { digits: [16, 4], trailingZeros: false })
            : value || "";
    }

    /** A measure that is no number is marked as wrong and stays as it was typed. */
    parseMeasure(text) {
        return text && String(parseFloat(text));
    }
}
