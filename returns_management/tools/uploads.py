# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""Files that people send us: hostile until looked at."""

from odoo import _
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

MAX_FILES = 5
MAX_BYTES = 10 * 1024 * 1024
#: By content, whatever the name says, and the endings that names of such files have. No SVG: it can carry scripts.
KINDS = {
    'image/jpeg': ('.jpg', '.jpeg'), 'image/png': ('.png',), 'image/webp': ('.webp',), 'image/gif': ('.gif',),
    'application/pdf': ('.pdf',)}


def read_uploads(files):
    """:param files: of a request's form, as werkzeug has them; empty ones are left out
    :return: values of attachments: name, raw and mimetype
    :raise UserError: too many, too big, or neither a picture nor a PDF
    """
    files = [file for file in files if file.filename]
    _check_number(len(files))
    return read_files([(file.filename, file.stream.read(MAX_BYTES + 1)) for file in files])


def read_files(files, kinds=None, _=_):
    """:param files: (name, content) pairs
    :param kinds: of :data:`KINDS` those that are taken; all of them if not said
    :param _: translates; a model's own, where there is one
    :return: values of attachments: name, raw and mimetype
    :raise UserError: too many, too big, or none of the kinds
    """
    _check_number(len(files), _)
    vals_list = []
    for filename, content in files:
        name = ''.join(filter(str.isprintable, filename.replace('\\', '/').rsplit('/', 1)[-1][:200]))
        if len(content) > MAX_BYTES:
            raise UserError(_("%(file)s is larger than %(limit)s MB: send a smaller one.",
                              file=name, limit=MAX_BYTES // 1024**2))
        kind = guess_mimetype(content, default='')
        if kind not in (kinds or KINDS):
            raise UserError(_("%s is neither a picture (JPEG, PNG, WebP, GIF) nor a PDF: send one of these.", name)
                            if kinds is None else _("%s is no picture (JPEG, PNG, WebP, GIF): take another one.", name))
        if not name.lower().endswith(KINDS[kind]):  # who saves it opens it by its name
            name += KINDS[kind][0]
        vals_list.append({'name': name, 'raw': content, 'mimetype': kind})
    return vals_list


def _check_number(number, _=_):
    """:raise UserError: too many files"""
    if number > MAX_FILES:
        raise UserError(_("You sent %(count)s files: send %(limit)s at most.", count=number, limit=MAX_FILES))
