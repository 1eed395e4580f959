import { Component, reactive, useState } from "@odoo/owl";
import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { NavBar } from "@web/webclient/navbar/navbar";

const MENU = "returns_management.returns_step_menu";

/**
 * How many approval steps the user may decide now. The server says when others changed that; what the user does
 * counts at once.
 */
export const returnsApprovalsService = {
    dependencies: ["bus_service", "orm"],
    start(env, { bus_service: bus, orm }) {
        const approvals = reactive({ count: 0 });
        const refresh = async () => {
            approvals.count = await orm.silent.searchCount("returns.step", [
                ["may_decide", "=", true],
            ]);
        };
        bus.subscribe("returns.approvals", refresh);
        rpcBus.addEventListener("RPC:RESPONSE", ({ detail }) => {
            const { model, method } = detail.data.params || {};
            if (model?.startsWith("returns.") && method?.startsWith("action_")) {
                refresh();
            }
        });
        refresh();
        return approvals;
    },
};

registry.category("services").add("returns_approvals", returnsApprovalsService);

/** In the bar of every screen: what waits for my decision, as long as something does. */
export class ReturnsApprovalsItem extends Component {
    static template = "returns_management.ApprovalsItem";
    static props = {};

    setup() {
        this.action = useService("action");
        this.approvals = useState(useService("returns_approvals"));
    }

    open() {
        this.action.doAction("returns_management.returns_step_action", {
            clearBreadcrumbs: true,
        });
    }
}

registry
    .category("systray")
    .add("returns_management.approvals", { Component: ReturnsApprovalsItem }, { sequence: 22 });

/** The menu My Approvals carries the same number. */
patch(NavBar.prototype, {
    setup() {
        super.setup();
        this.returnsApprovals = useState(useService("returns_approvals"));
    },

    get currentAppSections() {
        const { count } = this.returnsApprovals;
        const counted = (menu) =>
            menu.xmlid === MENU
                ? { ...menu, name: `${menu.name} (${count})` }
                : { ...menu, childrenTree: menu.childrenTree.map(counted) };
        return count ? super.currentAppSections.map(counted) : super.currentAppSections;
    },
});
