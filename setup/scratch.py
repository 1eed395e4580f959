"""Databases that a test may commit to, crash or open twice.

    with scratch_database() as registry:
        with registry.cursor() as cr: ...

Each is a copy of the database that RETURNS_TEMPLATE_DB names (our add-ons just installed, with demo data) and is
dropped at the end. Making one takes a second or two.
"""

import itertools
import os
import shutil
import subprocess
import time
from contextlib import contextmanager

_numbers = itertools.count()


def _copy(template, name):
    for attempts_left in reversed(range(20)):
        done = subprocess.run(["createdb", "-T", template, name], capture_output=True, text=True)
        if done.returncode == 0:
            return
        if not attempts_left or "being accessed by other users" not in done.stderr:
            raise RuntimeError(done.stderr)
        time.sleep(0.5)  # another worker looks into the template


@contextmanager
def scratch_copy(template):
    """Yield the name of a new copy of `template`."""
    import odoo.sql_db
    from odoo.modules.registry import Registry
    from odoo.tools import config

    name = f"{os.environ['RETURNS_TEMPLATE_DB']}_{os.getpid()}_{next(_numbers)}"  # so that ./dev drops what is left over
    _copy(template, name)
    try:
        yield name
    finally:
        Registry.delete(name)
        odoo.sql_db.close_db(name)
        subprocess.run(["dropdb", "--force", "--if-exists", name], check=True)
        shutil.rmtree(config.filestore(name), ignore_errors=True)


def load(name, **changes):
    """Load a database; `changes` are those of Odoo's `Registry.new`: `upgrade_modules=["x"]`, for one.

    :return: its registry
    """
    from odoo.modules.registry import Registry
    from odoo.tools import config

    testing, config["test_enable"] = config["test_enable"], False  # or loading would run all tests
    try:
        return Registry.new(name, **changes)
    finally:
        config["test_enable"] = testing


@contextmanager
def scratch_database():
    """Yield the registry of a new database."""
    with scratch_copy(os.environ["RETURNS_TEMPLATE_DB"]) as name:
        yield load(name)
