import { registry } from "@web/core/registry";
import { CalendarModel } from "@web/views/calendar/calendar_model";
import { calendarView } from "@web/views/calendar/calendar_view";

/** Goods expected: a day names whose goods come, not only a reference. */
class ReturnsCalendarModel extends CalendarModel {
    normalizeRecord(rawRecord) {
        const record = super.normalizeRecord(rawRecord);
        const title = [rawRecord.partner_id?.[1], rawRecord.product_note]
            .filter(Boolean)
            .join(": ");
        return { ...record, title: title || record.title };
    }
}

registry
    .category("views")
    .add("returns_calendar", { ...calendarView, Model: ReturnsCalendarModel });
