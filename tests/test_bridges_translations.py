# Part of returns_management. See LICENSE file for full copyright and licensing details.

"""Every term is in the catalogues, and every term of the catalogues is translated. ``./dev translate`` writes them."""

import os
from pathlib import Path

import polib
import pytest

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry

from setup.catalogues import HOLDERS, LANGUAGES, get_missing, read_terms

ROOT = Path(__file__).parents[1]
ADDONS = sorted(file.parent.name for file in ROOT.glob('returns_management*/__manifest__.py'))


@pytest.fixture(scope='module')
def catalogues():
    with Registry(os.environ['RETURNS_DB']).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        return {addon: read_terms(env, addon) for addon in ADDONS}


@pytest.mark.parametrize('addon', ADDONS)
def test_catalogue_has_the_terms_of_today(catalogues, addon):
    kept = polib.pofile(ROOT / addon / 'i18n' / f'{addon}.pot')
    assert {entry.msgid for entry in kept} == {entry.msgid for entry in catalogues[addon]}, "run ./dev translate"


@pytest.mark.parametrize('language', LANGUAGES)
@pytest.mark.parametrize('addon', ADDONS)
def test_every_term_is_translated(catalogues, addon, language):
    translation = polib.pofile(ROOT / addon / 'i18n' / f'{language}.po')
    assert get_missing(catalogues[addon], translation) == ([], [])
    wrong = [
        (entry.msgid, entry.msgstr) for entry in translation
        if entry.msgstr and sorted(HOLDERS.findall(entry.msgid)) != sorted(HOLDERS.findall(entry.msgstr))]
    assert not wrong
