"""python -m setup.catalogues CONFIG DATABASE ADDON…: write the catalogues of terms, i18n/ADDON.pot, and bring the
translations beside them up to date. It prints what is still to translate, and fails if anything is.

A term that is gone leaves the translations; a new one enters them empty. Only what changed is written.
"""

import io
import re
import sys
from pathlib import Path

#: What every term is translated into.
LANGUAGES = ("zh_CN", "zh_TW")
#: What stands for something else, and the tags of a text: a translation has the same.
HOLDERS = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\{.*?\}\}|\$\{.*?\}|</?[a-z]\w*|&\w+;")
#: Terms that read the same in every language, as do those without a letter. Catalogues leave them empty.
SAME = {"API", "ID", "https://", "object._get_report_base_filename()"}


def read_terms(env, addon):
    """:return: the ``polib`` file of all that is translated of an installed add-on, without dates"""
    import polib

    from odoo.tools.translate import trans_export

    buffer = io.BytesIO()
    trans_export(False, [addon], buffer, "po", env)
    terms = polib.pofile(buffer.getvalue().decode())
    for header in ("POT-Creation-Date", "PO-Revision-Date"):  # would change each time
        terms.metadata.pop(header, None)
    return terms


def get_missing(terms, translation):
    """:return: the terms that a translation lacks or has left empty, and those that it has and nobody says"""
    known = {entry.msgid: entry for entry in translation if not entry.obsolete}
    said = {entry.msgid for entry in terms}
    missing = [
        msgid for msgid in said
        if msgid not in known or known[msgid].fuzzy or not (known[msgid].msgstr or _is_same_everywhere(msgid))
    ]
    return sorted(missing), sorted(set(known) - said)


def _is_same_everywhere(term):
    return term in SAME or not re.search(r"[^\W\d_]", HOLDERS.sub("", term))


def update(folder, addon, terms):
    """Write an add-on's catalogue and its translations.

    :return: {language: number of terms to translate}
    """
    import polib

    folder.mkdir(exist_ok=True)
    _write(folder / f"{addon}.pot", terms)
    left = {}
    for language in LANGUAGES:
        file = folder / f"{language}.po"
        known = {entry.msgid: entry.msgstr for entry in polib.pofile(file)} if file.exists() else {}
        translation = polib.POFile()
        translation.header = terms.header
        translation.metadata = {**terms.metadata, "Language": language}
        translation.extend(
            polib.POEntry(
                msgid=entry.msgid,
                msgstr=_keep(known.get(entry.msgid, ""), entry.msgid),
                comment=entry.comment,
                occurrences=entry.occurrences,
                flags=entry.flags,
            )
            for entry in terms
        )
        _write(file, translation)
        left[language] = len(get_missing(terms, translation)[0])
    return left


def _keep(translated, term):
    return "" if translated == term else translated


def _write(file, catalogue):
    text = str(catalogue)
    if not file.exists() or file.read_text() != text:
        file.write_text(text)


def main(config_file, database, *addons):
    from odoo import SUPERUSER_ID, api
    from odoo.modules.module import get_module_path
    from odoo.modules.registry import Registry
    from odoo.tools import config

    config.parse_config(["-c", config_file, "-d", database, "--no-http", "--log-level", "warn"])
    left = 0
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        for addon in addons:
            terms = read_terms(env, addon)
            numbers = update(Path(get_module_path(addon)) / "i18n", addon, terms)
            left += sum(numbers.values())
            print(f"{addon}: {len(terms)} terms; to translate: " + ", ".join(
                f"{language} {number}" for language, number in numbers.items()))
    return bool(left)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
