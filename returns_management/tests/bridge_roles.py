# Part of returns_management. See LICENSE file for full copyright and licensing details.

import re
from pathlib import Path
from unittest.mock import patch

from . import test_roles
from .test_roles import RoleCommon


class BridgeRoles(RoleCommon):
    """The role table in the README of a bridge, measured by RPC as docs/roles.md is: cell by cell, nothing left out.

    Columns name people of the test; a cell has the letters of what they may do with records (all of their companies'), or
    ``yes`` for a method; ``–`` is nothing.
    """

    bridge = ''
    #: {heading of a column: attribute of the test}
    roles = {}

    def get_records(self):
        """:return: {model: (record, values of a new one, a change)}; a callable is called for each user"""
        return {}

    def get_calls(self):
        """:return: {(model, method): (records, *arguments)}"""
        return {}

    def _read_table(self):
        """:return: {(model, 'records' or method): {role: cell}} of the README"""
        table, roles = {}, ()
        path = Path(__file__).parents[2] / self.bridge / 'README.md'
        for text in path.read_text(encoding='utf-8').splitlines():
            if not text.startswith('|') or text.startswith('|--'):
                continue
            first, *cells = (cell.strip() for cell in text.strip('|').split('|'))
            if not first:
                roles = cells
            elif name := re.search(r'`([a-z_.]+)`', first):
                model, _dot, method = name[1].rpartition('.')
                key = (name[1], 'records') if name[1] in self.env else (model, method)
                table[key] = dict(zip(roles, cells, strict=True))
        return table

    def _measure_records(self, user, model, record, vals, change):
        made = record(user) if callable(record) else record
        found = ''.join(letter for letter, (method, *args) in {
            'c': ('create', [vals]), 'r': ('read', made.ids, ['id']), 'w': ('write', made.ids, change),
            'd': ('unlink', made.ids)}.items() if self._is_allowed(user, model, method, *args))
        return f"{found} own" if found and callable(record) else found or "–"

    def _measure(self):
        """:return: {key: {role: cell}} as it is"""
        people = {role: getattr(self, name) for role, name in self.roles.items()}
        found = {
            (model, 'records'): {
                role: self._measure_records(user, model, *trial) for role, user in people.items()}
            for model, trial in self.get_records().items()}
        for (model, method), (records, *args) in self.get_calls().items():
            found[model, method] = {}
            for role, user in people.items():
                made = records(user) if callable(records) else records
                allowed = self._is_allowed(user, model, method, made.ids, *args)
                found[model, method][role] = "yes" if allowed else "–"
        return found

    def _check_table(self):
        """:raise AssertionError: a row is missing, wrong, or about nothing; it names them as they should be"""
        with patch.object(test_roles, 'is_ours', lambda cls: cls.__module__.startswith(f'odoo.addons.{self.bridge}.')):
            models = set(test_roles.get_our_models(self.env))
            methods = {(model, name) for model, names in test_roles.get_public_methods(self.env).items() for name in names}
        self.assertEqual(models, set(self.get_records()), "say in the test how each model is tried")
        self.assertEqual(methods, set(self.get_calls()), "say in the test how each method is tried")
        found, table = self._measure(), self._read_table()
        wrong = [
            f"`{key[0] if key[1] == 'records' else '.'.join(key)}` | {' | '.join(row.values())} |"
            for key, row in found.items() if table.get(key) != row]
        self.assertFalse(wrong, "\n".join(["The README should say:", " | ".join(self.roles), *wrong]))
        self.assertEqual(set(table), set(found), "rows about nothing")
