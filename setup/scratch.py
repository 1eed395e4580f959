"""Databases that a test may commit to, crash or open twice.

    with scratch_database() as registry:
        with registry.cursor() as cr: ...

Each is a copy of the database that RETURNS_TEMPLATE_DB names (our add-ons just installed, with demo data) and is
dropped at the end. Takes about half a second.
"""

import itertools
import os
import subprocess
from contextlib import contextmanager

_numbers = itertools.count()


@contextmanager
def scratch_database():
    """Yield the registry of a new database."""
    import odoo.sql_db
    from odoo.modules.registry import Registry

    template = os.environ["RETURNS_TEMPLATE_DB"]
    name = f"{template}_{os.getpid()}_{next(_numbers)}"
    subprocess.run(["createdb", "-T", template, name], check=True)
    try:
        yield Registry(name)
    finally:
        Registry.delete(name)
        odoo.sql_db.close_db(name)
        subprocess.run(["dropdb", "--force", "--if-exists", name], check=True)
