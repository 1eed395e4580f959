# Part of returns_management. See LICENSE file for full copyright and licensing details.
"""What people write to us, or we to them: hostile until looked at."""

from odoo import _
from odoo.exceptions import UserError

MAX_WORDS = 4000  # characters


def read_words(text, _=_):
    """:param text: as typed, or anything else that came in its place
    :param _: translates; a model's own, where there is one
    :return: the text without blanks around it and without what no database takes; empty for what is no text
    :raise UserError: it is too long
    """
    words = text.replace('\0', '').strip() if isinstance(text, str) else ''
    if len(words) > MAX_WORDS:
        raise UserError(_("Your text has %(count)s characters: write %(limit)s at most, and send the rest as a file.",
                          count=len(words), limit=MAX_WORDS))
    return words
