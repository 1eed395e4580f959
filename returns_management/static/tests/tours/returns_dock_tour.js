/* The dock: a parcel found by a scan, counted with a mismatch, damaged with a photo; and one that nobody announced. */
import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

function add(name, ...steps) {
    tours.add(name, { steps: () => steps.flat(2) });
}

function click(trigger, content) {
    return { content, trigger, run: "click" };
}

function sees(trigger, content) {
    return { content, trigger };
}

/** What a keyboard-wedge scanner does: types, and presses Enter. */
function scan(text) {
    return [
        sees(".o_returns_dock_scan input:enabled"),
        { trigger: ".o_returns_dock_scan input", run: `edit ${text}` },
        { trigger: ".o_returns_dock_scan input", run: "press Enter" },
    ];
}

/** What a scanner does while no field has the focus: core's service puts the keys together. */
function scanAnywhere(text) {
    return {
        content: `Scan ${text}`,
        trigger: ".o_returns_dock_parcel h2",
        run: ({ anchor }) => {
            document.activeElement.blur();
            for (const key of [...text, "Enter"]) {
                anchor.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
        },
    };
}

function photo(trigger) {
    const pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    return {
        content: "Take a photo",
        trigger: `label:has(${trigger})`,
        run: ({ anchor }) => {
            const bytes = Uint8Array.from(atob(pixel), (letter) => letter.charCodeAt(0));
            const files = new DataTransfer();
            files.items.add(new File([bytes], "photo.png", { type: "image/png" }));
            const input = anchor.querySelector("input");
            input.files = files.files;
            input.dispatchEvent(new Event("change", { bubbles: true }));
        },
    };
}

const goods = (name) => `.o_returns_dock_goods:contains("${name}")`;

add(
    "returns_dock_mismatch",
    sees(
        ".o_returns_dock_welcome:contains('What is this parcel?')",
        "An empty screen says how to begin",
    ),
    scan("Customer & Sons"),
    sees(".o_returns_dock_row:contains('Kettle')", "A name may mean several: choose"),
    scan("1Z-DOCK-77"),
    sees(
        `${goods("Kettle")}:contains('3 Units announced')`,
        "The tracking number opens the return at once",
    ),
    scan("KTL-7"),
    sees(`${goods("Kettle")}.o_returns_dock_short:contains('2 still missing')`),
    scanAnywhere("KTL-7"),
    sees(`${goods("Kettle")}:contains('1 still missing')`),
    scan("TST-1"),
    sees(`${goods("Toaster")}.o_returns_dock_over:contains('Not announced')`),
    click(`${goods("Kettle")} button[aria-label="One more is damaged"]`),
    photo(".o_returns_dock_photo_damage"),
    sees(".o_returns_dock_photos figure:contains('Damage')"),
    { trigger: "#returns_dock_weight", run: "edit 1 && press Tab" },
    sees(".alert:contains('Is the box empty?')"),
    { trigger: "#returns_dock_weight", run: "edit 5 && press Tab" },
    sees("body:not(:has(.alert:contains('Is the box empty?')))"),
    { trigger: "#returns_dock_minutes", run: "edit 4 && press Tab" },
    { trigger: "#returns_dock_note", run: "edit The tape was cut." },
    click(".o_returns_dock_book"),
    sees(".modal:contains('Not in this parcel'):contains('Kettle')"),
    click(".modal .o_returns_dock_all"),
    sees(".o_returns_dock_welcome:contains('is booked in'):contains('2 ×')"),
    sees(
        ".alert:contains('Damaged in transit'):contains('Less than announced'):contains('Other product')",
    ),
    click(".o_returns_dock_next"),
    sees(".o_returns_dock_welcome:contains('What is this parcel?')"),
);

add(
    "returns_dock_unannounced",
    scan("NOBODY-KNOWS"),
    sees(".o_returns_dock_welcome:contains('Nothing known as NOBODY-KNOWS')"),
    click(".o_returns_dock_unannounced"),
    { trigger: "#returns_dock_sender", run: "edit Somebody El && press Tab" },
    click(".o_returns_dock_sender button:contains('Somebody Else')"),
    sees(".o_returns_dock_sender b:contains('Somebody Else')"),
    scan("kettl"),
    click(
        ".o_returns_dock_choices button:contains('Kettle')",
        "Of what a name may mean, one is chosen",
    ),
    click(`${goods("Kettle")} button[aria-label="One more"]`),
    sees(".o_returns_dock_sum:contains('2')"),
    click(".o_returns_dock_book"),
    sees(".o_returns_dock_welcome:contains('is booked in'):contains('2 ×')"),
    sees(".alert:contains('Unannounced')"),
);
