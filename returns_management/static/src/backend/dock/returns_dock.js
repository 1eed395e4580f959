import { Component, onMounted, onWillUnmount, useEffect, useRef, useState } from "@odoo/owl";
import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";

import { makeKey, readPhoto, round } from "./returns_dock_utils";

const MAX_PHOTOS = 5;

/** Fewer pieces were counted than announced: does the rest come, or was this all? */
class ReturnsDockRestDialog extends Component {
    static template = "returns_management.DockRestDialog";
    static components = { Dialog };
    static props = { close: Function, missing: Array, onChosen: Function };

    choose(isAll) {
        this.props.close();
        this.props.onChosen(isAll);
    }
}

/**
 * The dock: what is this parcel, and what is in it? One field takes everything that is scanned or typed. What was
 * announced stands beside what is counted; booking it in writes the counts on the receipt.
 */
export class ReturnsDock extends Component {
    static template = "returns_management.Dock";
    static components = { Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.notification = useService("notification");
        this.scanRef = useRef("scan");
        this.display = { controlPanel: {} };
        this.state = useState({
            text: "",
            busy: false,
            rows: null, // what the last text may mean
            asked: "",
            parcel: null,
            choices: null, // which product a code may be
            senders: null, // whose parcel it may be
            receipt: null,
        });
        useBus(useService("barcode").bus, "barcode_scanned", ({ detail }) =>
            this.read(detail.barcode),
        );
        useEffect(
            () => this.focus(),
            () => [this.state.parcel?.key, this.state.receipt, this.state.rows],
        );
        this.clock = setInterval(() => this.measure(), 10000);
        onMounted(() => {
            const { returns_dock_request_id } = this.props.action.context || {};
            const id = this.props.resId || returns_dock_request_id;
            if (id) {
                this.open({ id });
            }
        });
        onWillUnmount(() => clearInterval(this.clock));
    }

    get round() {
        return round;
    }

    get placeholder() {
        return this.state.parcel
            ? _t("Scan or type what is in it")
            : _t("Scan or type anything from the parcel");
    }

    focus() {
        if (!document.querySelector(".o_dialog")) {
            this.scanRef.el?.focus({ preventScroll: true });
        }
    }

    /** One thing at a time: a second click while the first is under way does nothing. */
    async run(work) {
        if (this.state.busy) {
            return;
        }
        this.state.busy = true;
        try {
            return await work();
        } finally {
            this.state.busy = false;
        }
    }

    call(method, ...args) {
        return this.orm.call("returns.dock", method, args);
    }

    // -----------------------------------------------------------------------------------------------------------------
    // The scan field
    // -----------------------------------------------------------------------------------------------------------------

    onKeydown(ev) {
        if (ev.key === "Enter") {
            ev.preventDefault();
            this.read(this.state.text);
        }
    }

    async read(text) {
        text = text.trim();
        if (!text) {
            return;
        }
        const done = this.state.parcel ? this.readCode(text) : this.find(text);
        this.state.text = "";
        await done;
    }

    find(text) {
        return this.run(async () => {
            this.state.receipt = null;
            const rows = await this.call("find", text);
            const sure = rows.filter((row) => row.is_sure);
            Object.assign(this.state, { rows, asked: text });
            if (sure.length === 1) {
                await this.openRow(sure[0]);
            }
        });
    }

    readCode(text) {
        const known = this.findCounted(text);
        if (known) {
            this.state.choices = null;
            this.add(known.goods, 1, known.lot);
            return;
        }
        return this.run(async () => {
            const { is_exact, goods } = await this.call("read_code", text);
            if (is_exact && goods.length === 1) {
                this.state.choices = null;
                this.take(goods[0]);
            } else {
                this.state.choices = { text, goods };
            }
        });
    }

    /** The goods, and the lot, of this parcel that a code names: known without asking the server. */
    findCounted(text) {
        for (const goods of this.state.parcel.goods) {
            const lot = goods.lots.find((lot) => lot.name === text);
            if (lot) {
                return { goods, lot };
            }
        }
        const goods = this.state.parcel.goods.find(
            (goods) => goods.tracking === "none" && [goods.barcode, goods.code].includes(text),
        );
        return goods && { goods };
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Candidates
    // -----------------------------------------------------------------------------------------------------------------

    open(row) {
        return this.run(() => this.openRow(row));
    }

    async openRow(row) {
        const parcel =
            row.model && row.model !== "returns.request"
                ? await this.call("open_unannounced", row.model, row.id)
                : await this.call("open_parcel", row.id, row.picking_id || false);
        this.show(parcel);
    }

    /** Take in what no return announced, or what a return does not await. */
    openUnannounced(requestId) {
        return this.run(async () =>
            this.show(
                await this.call(
                    "open_unannounced",
                    requestId ? "returns.request" : false,
                    requestId || false,
                ),
            ),
        );
    }

    show(parcel) {
        this.state.parcel = this.prepare(parcel);
        this.state.choices = null;
        this.state.senders = null;
        this.props.updateActionState?.({ resId: parcel.request_id || false });
    }

    prepare(parcel) {
        for (const goods of parcel.goods) {
            this.prepareGoods(goods);
        }
        return {
            ...parcel,
            key: makeKey(),
            began: Date.now(),
            minutes: 1,
            isMeasured: true,
            weight: "",
            note: "",
            photos: [],
        };
    }

    prepareGoods(goods) {
        Object.assign(goods, {
            announced: goods.announced || 0,
            counted: 0,
            damaged: 0,
            typed: "",
        });
        goods.lots = (goods.lots || []).map((lot) => ({ ...lot, counted: 0 }));
        return goods;
    }

    leave() {
        Object.assign(this.state, { parcel: null, choices: null, rows: null, asked: "", text: "" });
        this.props.updateActionState?.({ resId: false });
    }

    next() {
        this.state.receipt = null;
        this.leave();
        this.focus();
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Counting
    // -----------------------------------------------------------------------------------------------------------------

    /** Count goods that the server named, whether they were announced or not. */
    take(found) {
        const { parcel } = this.state;
        let goods = parcel.goods.find((goods) => goods.product_id === found.product_id);
        if (!goods) {
            parcel.goods.push(this.prepareGoods({ ...found, lots: [] }));
            goods = parcel.goods.at(-1);
        }
        this.state.choices = null;
        if (goods.tracking === "none") {
            this.add(goods, found.quantity || 1);
        } else if (found.lot) {
            this.addLot(goods, found.lot);
        }
    }

    /** A code that nobody knows is a lot or serial number of ``goods``. */
    addLot(goods, name) {
        name = name.trim();
        if (!name) {
            return;
        }
        let lot = goods.lots.find((lot) => lot.name === name);
        if (!lot) {
            goods.lots.push({ name, announced: 0, counted: 0 });
            lot = goods.lots.at(-1);
        }
        goods.typed = "";
        this.state.choices = null;
        this.add(goods, 1, lot);
    }

    add(goods, pieces, lot) {
        const target = lot || goods;
        if (goods.tracking === "serial" && lot && lot.counted + pieces > 1) {
            this.notification.add(
                _t("%s is counted already: a serial number is one piece.", lot.name),
                {
                    type: "warning",
                },
            );
            return;
        }
        this.set(goods, target.counted + pieces, lot);
    }

    set(goods, pieces, lot) {
        const number = Math.max(0, round(pieces));
        if (lot) {
            lot.counted = goods.tracking === "serial" ? Math.min(1, Math.round(number)) : number;
            goods.counted = round(goods.lots.reduce((sum, lot) => sum + lot.counted, 0));
        } else {
            goods.counted = number;
        }
        goods.damaged = Math.min(goods.damaged, goods.counted);
    }

    setDamaged(goods, pieces) {
        goods.damaged = Math.min(goods.counted, Math.max(0, round(pieces)));
    }

    /** How a count stands against what was announced. */
    verdict(goods) {
        if (goods.counted > goods.announced) {
            return "over";
        }
        if (goods.counted === goods.announced) {
            return "right";
        }
        return goods.counted ? "short" : "open";
    }

    get missing() {
        return this.state.parcel.goods
            .filter((goods) => goods.counted < goods.announced)
            .map((goods) => ({ name: goods.name, pieces: round(goods.announced - goods.counted) }));
    }

    get sum() {
        const sum = (name) =>
            round(this.state.parcel.goods.reduce((all, one) => all + one[name], 0));
        return { counted: sum("counted"), announced: sum("announced") };
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Whose parcel it is, where nothing announced it
    // -----------------------------------------------------------------------------------------------------------------

    findSenders(text) {
        text = text.trim();
        if (!text) {
            return;
        }
        return this.run(async () => {
            this.state.senders = await this.call("find_senders", text);
        });
    }

    chooseSender(sender) {
        this.state.parcel.partner_id = sender.id;
        this.state.parcel.customer = sender.name;
        this.state.senders = null;
    }

    // -----------------------------------------------------------------------------------------------------------------
    // The parcel itself
    // -----------------------------------------------------------------------------------------------------------------

    get isLight() {
        const { weight, expected_weight, light_percent } = this.state.parcel;
        return Number(weight) > 0 && Number(weight) < (expected_weight * light_percent) / 100;
    }

    measure() {
        const { parcel } = this.state;
        if (parcel?.isMeasured) {
            parcel.minutes = Math.max(1, Math.round((Date.now() - parcel.began) / 60000));
        }
    }

    correctMinutes(ev) {
        this.state.parcel.minutes = Math.max(0, Number(ev.target.value) || 0);
        this.state.parcel.isMeasured = false;
    }

    async addPhotos(ev, isDamage) {
        const { photos } = this.state.parcel;
        const input = ev.target;
        for (const file of [...input.files]) {
            if (photos.length >= MAX_PHOTOS) {
                this.notification.add(_t("%s photos of a parcel are enough.", MAX_PHOTOS), {
                    type: "warning",
                });
                break;
            }
            photos.push({ ...(await readPhoto(file)), isDamage });
        }
        input.value = "";
    }

    removePhoto(photo) {
        const { photos } = this.state.parcel;
        photos.splice(photos.indexOf(photo), 1);
    }

    get hasDamage() {
        return this.state.parcel.goods.some((goods) => goods.damaged);
    }

    // -----------------------------------------------------------------------------------------------------------------
    // Booking in
    // -----------------------------------------------------------------------------------------------------------------

    get mayBook() {
        const { picking_id, is_unannounced } = this.state.parcel;
        return Boolean(picking_id || (is_unannounced && this.sum.counted));
    }

    bookIn() {
        if (this.missing.length) {
            this.dialog.add(ReturnsDockRestDialog, {
                missing: this.missing,
                onChosen: (isAll) => this.send(isAll),
            });
        } else {
            this.send(true);
        }
    }

    send(isAll) {
        const { parcel } = this.state;
        return this.run(async () => {
            const counted = this.collect(isAll);
            this.state.receipt = parcel.is_unannounced
                ? await this.call("book_unannounced", counted, parcel.partner_id, parcel.request_id)
                : await this.call("book_in", parcel.picking_id, counted);
            this.leave();
        });
    }

    collect(isAll) {
        const { key, goods, weight, minutes, note, photos } = this.state.parcel;
        return {
            key,
            is_all: isAll,
            weight: Number(weight) || 0,
            minutes,
            note,
            counts: goods.flatMap((one) => this.collectGoods(one)),
            photos: photos.map(({ name, data, isDamage }) => ({ name, data, is_damage: isDamage })),
        };
    }

    collectGoods({ product_id, tracking, counted, damaged, lots }) {
        if (tracking === "none") {
            return counted ? [{ product_id, quantity: counted, damaged }] : [];
        }
        let left = damaged;
        return lots
            .filter((lot) => lot.counted)
            .map((lot) => {
                const part = Math.min(left, lot.counted);
                left = round(left - part);
                return { product_id, lot: lot.name, quantity: lot.counted, damaged: part };
            });
    }

    openReceipt() {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "stock.picking",
            res_id: this.state.receipt.picking_id,
            views: [[false, "form"]],
        });
    }
}

registry.category("actions").add("returns_management.dock", ReturnsDock);
