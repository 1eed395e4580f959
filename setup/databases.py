"""The databases of a clone.

    base    Odoo's applications that the add-ons depend on, with demo data      made once, seconds to copy
    fresh   base + the add-ons with demo data, straight after installation      made when the add-ons change
    run     two copies of fresh for one test run or benchmark: one to work in,  dropped at its end
            one to copy databases of one's own from
    demo    base + the add-ons with demo data, updated when they change         what ./dev up shows

Each carries, as its comment, a key of what it was made from. The comment comes last: a database without one was
interrupted and is made anew.
"""

import ast
import os
import re
import shutil
from contextlib import contextmanager

from . import logwatch, odoo19
from .base import CLONE, LOGS, ROOT, RUN, Problem, fingerprint, need_space, run, step, tail, write
from .packages import LOCK, PYTHON, environment
from .postgres import sql

CONFIG = RUN / "odoo.conf"
DATA = RUN / "data"


def name(kind):
    return f"returns_{kind}_{CLONE}"


def addons():
    """Our add-ons: name → manifest."""
    manifests = {file.parent.name: ast.literal_eval(file.read_text()) for file in sorted(ROOT.glob("*/__manifest__.py"))}
    installable = {addon: manifest for addon, manifest in manifests.items() if manifest.get("installable", True)}
    if not installable:
        raise Problem(f"there is no add-on in {ROOT}: no folder there has a __manifest__.py")
    return installable


def configure(odoo_folder):
    """Write the configuration file that every Odoo of this clone reads."""
    options = {
        "addons_path": ",".join(map(str, [*odoo19.addons_paths(odoo_folder), ROOT])),
        "data_dir": DATA,
        "http_interface": "127.0.0.1",
        "list_db": False,
        "max_cron_threads": 0,
        "screenshots": RUN / "screenshots",
    }
    write(CONFIG, "[options]\n" + "".join(f"{key} = {value}\n" for key, value in options.items()))


def odoo(database, *arguments):
    """The command line of an Odoo on one of our databases."""
    return [PYTHON, "-m", "odoo", *arguments, "-c", CONFIG, "-d", database]


# -- making ----------------------------------------------------------------------------------------------


def make_base(odoo_version):
    """The database with all that our add-ons need. Returns its key."""
    ours = addons()
    needed = sorted({depend for manifest in ours.values() for depend in manifest["depends"]} - set(ours))
    key = " | ".join((odoo_version, fingerprint(LOCK), ",".join(needed)))
    if _key(name("base")) != key:
        need_space(RUN, 1)
        drop(name("base"))
        sql(f'create database "{name("base")}" template template0 encoding \'UTF8\'')
        _install(name("base"), needed, [], "Odoo's applications with demo data")
        _mark(name("base"), key)
    return key


def make_fresh(base_key):
    """The database that tests get copies of. The log of its installation has to be clean."""
    fresh, ours = name("fresh"), list(addons())
    key = f"{base_key} | {fingerprint(*(ROOT / addon for addon in ours))}"
    if _key(fresh) != key:
        copy(name("base"), fresh)
        log = _install(fresh, ours, [], f"install {', '.join(ours)}")
        if found := logwatch.failures(log.read_text(errors="replace")):
            raise Problem("Odoo's log of the installation has warnings or errors:\n" + "\n".join(found))
        _mark(fresh, key)
    return fresh


def make_demo(base_key, stop_server, start_anew=False):
    """The database of ./dev up. What somebody did in it is kept; changed add-ons are updated in it."""
    demo, ours = name("demo"), list(addons())
    key = f"{base_key} | {fingerprint(*(ROOT / addon for addon in ours))}"
    had = None if start_anew else _key(demo)
    if had == key:
        return demo
    stop_server()
    if not had:
        copy(name("base"), demo)
        _install(demo, ours, [], f"demo database: install {', '.join(ours)}")
    else:
        core = [] if had.split(" | ")[0] == key.split(" | ")[0] else ["base"]  # another Odoo: everything
        _install(demo, ours, ours + core, f"demo database: update {', '.join(core or ours)}")
    _mark(demo, key)
    return demo


@contextmanager
def private_copy():
    """Copies of `fresh` for one run: (a database to work in, an untouched one to copy from). Call it under the lock."""
    drop_left_overs()
    mine = f"{name('run')}_{os.getpid()}"
    template = f"{mine}_template"
    try:
        copy(name("fresh"), mine)
        copy(name("fresh"), template)
        yield mine, template
    finally:
        for database in _starting_with(mine):
            drop(database)


def drop_left_overs():
    """Drop the databases of runs that were killed."""
    for database in _starting_with(name("run")):
        if not _alive(int(database.removeprefix(name("run") + "_").split("_")[0].split("-")[0])):
            drop(database)


def _install(database, new, changed, title):
    """Have Odoo install and update add-ons; return its log."""
    log = LOGS / f"{re.sub('_.*', '', database.removeprefix('returns_'))}-install.log"
    command = odoo(database, "--with-demo", "--stop-after-init", "--no-http", "-i", ",".join(new))
    command += ["-u", ",".join(changed)] if changed else []
    with step(title) as progress:

        def watch():
            done = re.findall(r"Loading module (\S+) \((\d+)/(\d+)\)", log.read_text(errors="replace"))
            if done:
                progress("{1}/{2} {0}".format(*done[-1]))

        code = run(command, log, watch, env=environment(), cwd=RUN)
    wanted = ", ".join(f"'{module}'" for module in new)
    query = f"select count(*) from ir_module_module where state = 'installed' and name in ({wanted})"
    if code or sql(query, database=database) != str(len(new)):
        bad = logwatch.failures(log.read_text(errors="replace"))
        raise Problem(f"{title}: Odoo failed; its log is {log}\n" + ("\n".join(bad[-3:]) or tail(log)))
    return log


# -- copying and dropping --------------------------------------------------------------------------------


def copy(source, target):
    """Copy a database that nobody is connected to, and its files."""
    drop(target)
    sql(f'create database "{target}" template "{source}"')
    if (DATA / "filestore" / source).exists():
        shutil.copytree(DATA / "filestore" / source, DATA / "filestore" / target)


def drop(database):
    sql(f'drop database if exists "{database}" with (force)')
    shutil.rmtree(DATA / "filestore" / database, ignore_errors=True)


def _key(database):
    if not (DATA / "filestore" / database).exists():
        return ""  # somebody removed .run: a database without its files is of no use
    return sql(f"select shobj_description(oid, 'pg_database') from pg_database where datname = '{database}'")


def _mark(database, key):
    quoted = key.replace("'", "''")
    sql(f"comment on database \"{database}\" is '{quoted}'")


def _starting_with(prefix):
    return sql(f"select datname from pg_database where datname ~ '^{prefix}([_-]|$)'").split()


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True
