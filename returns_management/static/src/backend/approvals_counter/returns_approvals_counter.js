import { Component, useState } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";
import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";

/* How many returns wait for the user's answer, wherever they are; a click opens My Approvals. */
export class ReturnsApprovalsCounter extends Component {
    static template = "returns_management.ReturnsApprovalsCounter";
    static props = {};

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
        this.state = useState({ count: 0 });
        useBus(this.env.bus, "ACTION_MANAGER:UI-UPDATED", () => this.count());
        useBus(rpcBus, "RPC:RESPONSE", ({ detail }) => {
            const { model, method } = detail.data.params || {};
            if (model?.startsWith("returns.") && method?.startsWith("action_")) {
                this.count();
            }
        });
        this.count();
    }

    get title() {
        return this.state.count === 1
            ? _t("1 return waits for your answer")
            : _t("%s returns wait for your answer", this.state.count);
    }

    async count() {
        this.state.count = await this.orm.silent.searchCount("returns.step", [
            ["may_decide", "=", true],
        ]);
    }

    open() {
        this.action.doAction("returns_management.returns_step_action", { clearBreadcrumbs: true });
    }
}

registry
    .category("systray")
    .add("returns_management.approvals", { Component: ReturnsApprovalsCounter }, { sequence: 25 });
