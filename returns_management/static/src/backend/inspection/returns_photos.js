import { Component } from "@odoo/owl";
import { FileInput } from "@web/core/file_input/file_input";
import { FileModelMixin } from "@web/core/file_viewer/file_model";
import { useFileViewer } from "@web/core/file_viewer/file_viewer_hook";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

class Photo extends FileModelMixin(Object) {
    constructor({ resId, data }) {
        super();
        Object.assign(this, { id: resId, name: data.name, mimetype: data.mimetype });
    }
}

/** Photos as thumbnails, and one button that takes another: by camera, or a file. */
export class ReturnsPhotos extends Component {
    static template = "returns_management.ReturnsPhotos";
    static components = { FileInput };
    static props = { ...standardFieldProps, short: { type: Boolean, optional: true } };

    setup() {
        this.notification = useService("notification");
        this.viewer = useFileViewer();
    }

    get list() {
        return this.props.record.data[this.props.name];
    }

    get photos() {
        return this.list.records.map((record) => new Photo(record));
    }

    open(id) {
        const photos = this.photos;
        this.viewer.open(
            photos.find((photo) => photo.id === id),
            photos,
        );
    }

    async onUpload(files) {
        for (const { error } of files) {
            if (error) {
                return this.notification.add(error, {
                    title: _t("Uploading error"),
                    type: "danger",
                });
            }
        }
        await this.list.addAndRemove({ add: files.map(({ id }) => id) });
    }

    remove(id) {
        return this.list.forget(this.list.records.find(({ resId }) => resId === id));
    }
}

registry.category("fields").add("returns_photos", {
    component: ReturnsPhotos,
    displayName: _t("Photos"),
    supportedTypes: ["many2many"],
    isEmpty: () => false,
    relatedFields: [
        { name: "name", type: "char" },
        { name: "mimetype", type: "char" },
    ],
});
