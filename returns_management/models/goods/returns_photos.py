# Part of returns_management. See LICENSE file for full copyright and licensing details.

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.mimetypes import guess_mimetype

#: By content, whatever name and type say. No SVG: it can carry scripts.
KINDS = frozenset({'image/jpeg', 'image/png', 'image/webp', 'image/gif'})


class ReturnsPhotos(models.AbstractModel):
    """Records that photos of goods belong to: whoever reads the record sees them."""
    _name = 'returns.photos'
    _description = "Return Record with Photos"

    photo_ids = fields.Many2many('ir.attachment', string="Photos")

    def write(self, vals):
        if 'photo_ids' not in vals or self.env.su:
            return super().write(vals)
        known = {record: record.sudo().photo_ids for record in self}
        res = super().write(vals)
        for record, photos in known.items():
            record._adopt_photos(record.sudo().photo_ids - photos)
        return res

    def _adopt_photos(self, files):
        """Files that were uploaded for this record are its photos.

        :param files: ``ir.attachment`` in superuser mode
        :raise AccessError: a file belongs to somebody or something else; showing it here would give it away
        :raise UserError: one is no picture
        """
        self.ensure_one()
        stray = files.filtered(
            lambda file: not file.res_id and not file.res_field and file.create_uid == self.env.user)
        if stray:
            stray.write({'res_model': self._name, 'res_id': self.id})
        if any((file.res_model, file.res_id, file.res_field) != (self._name, self.id, False) for file in files):
            raise AccessError(self.env._("Only photos that were taken or uploaded here can be added. Upload them again."))
        for file in files:
            if guess_mimetype(file.raw or b'', default='') not in KINDS:
                raise UserError(self.env._(
                    "%s is no picture. Add a photo as JPEG, PNG, WebP or GIF.", file.name))

