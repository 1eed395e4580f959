"""The databases of a clone.

    base    Odoo's applications that the add-on itself depends on, with demo data   made once, seconds to copy
    fresh   base + the add-on, straight after installation                          made when the add-on changes
    shown   base + the add-on with its demo data                                    the same
    wide    base + the applications that the bridges join to it                     made once
    full    wide + all our add-ons, straight after installation                     made when one of them changes
    run     two copies of fresh, shown or full for one test run or benchmark: one   dropped at its end
            to work in, one to copy databases of one's own from
    demo    wide + all our add-ons with demo data, updated when they change         what ./dev up shows

The add-on is tested without its bridges, the bridges (returns_management_*) together. Our demo data take longer to make
than all the rest, so only the tests that look at them have them.

Each carries, as its comment, a key of what it was made from. The comment comes last: a database without one was
interrupted and is made anew. Of Python files that key leaves out what methods do: a database does not change by that. A
clone that has never run anything installs what it has; `./dev test --fresh` does so in any other.
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

CORE = "returns_management"  # the add-on itself; the others are bridges to what is installed beside it
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
    """The database with all that the add-on itself needs. Returns its key."""
    needed = _get_needed([CORE])
    key = " | ".join((odoo_version, fingerprint(LOCK), ",".join(needed)))
    if _key(name("base")) != key:
        need_space(RUN, 1)
        drop(name("base"))
        sql(f'create database "{name("base")}" template template0 encoding \'UTF8\'')
        _install(name("base"), needed, [], "Odoo's applications with demo data")
        _mark(name("base"), key)
    return key


def make_wide(odoo_version):
    """The same with what the bridges need. Returns its key."""
    base_key = make_base(odoo_version)
    more = [module for module in _get_needed(addons()) if module not in _get_needed([CORE])]
    key = f"{base_key} | {','.join(more)}"
    if _key(name("wide")) != key:
        copy(name("base"), name("wide"))
        if more:
            _install(name("wide"), more, [], "applications beside them, with demo data")
        _mark(name("wide"), key)
    return key


def _get_needed(ours):
    manifests = addons()
    return sorted({depend for addon in ours for depend in manifests[addon]["depends"]} - set(manifests))


def make(kind, odoo_version):
    """Have the database of a kind to test on: fresh, shown or full. The log of its installation has to be clean."""
    if kind == "full":
        source, source_key, ours = "wide", make_wide(odoo_version), list(addons())
    else:
        source, source_key, ours = "base", make_base(odoo_version), [CORE]
    key = f"{source_key} | {_fingerprint(ours)}"
    if _key(name(kind)) != key:
        copy(name(source), name(kind))
        if kind != "shown":  # an add-on gets demo data where all that it depends on has them
            sql("update ir_module_module set demo = false", database=name(kind))
        log = _install(name(kind), ours, [], f"install {', '.join(ours)}{' with demo data' * (kind == 'shown')}")
        if found := logwatch.failures(log.read_text(errors="replace")):
            raise Problem("Odoo's log of the installation has warnings or errors:\n" + "\n".join(found))
        if kind == "fresh":  # the others have no browser tests
            _bundle_assets(name(kind))
        _mark(name(kind), key)
    return name(kind)


def _bundle_assets(database):
    """Keep the scripts and styles of its pages in a database, see assets.py."""
    log = LOGS / "assets.log"
    with step("scripts and styles of its pages"):
        if run([PYTHON, "-m", "setup.assets", CONFIG, database], log, env=environment(), cwd=ROOT):
            raise Problem(f"Odoo could not bundle its scripts and styles:\n{tail(log)}")


def _fingerprint(ours):
    """A hash over what a database with these add-ons is made from."""
    folders = [ROOT / addon for addon in ours]
    return fingerprint(*folders, read=_read_outline, without=("__pycache__", "tests", "static"))


def _read_outline(file):
    """What of a file ends up in a database: of Python, all but the bodies of methods."""
    if file.suffix != ".py" or file.parent.name == "demo" or file.name == "hooks.py":
        return file.read_bytes()
    try:
        tree = ast.parse(file.read_text())
    except SyntaxError:
        return file.read_bytes()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.Module, ast.ClassDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if isinstance(node, ast.FunctionDef):
            node.body = []
    return ast.dump(tree).encode()


def forget():
    """Have the databases with our add-ons made anew."""
    for kind in ("fresh", "shown", "full"):
        drop(name(kind))


def make_demo(odoo_version, stop_server, start_anew=False):
    """The database of ./dev up. What somebody did in it is kept; changed add-ons are updated in it."""
    demo, ours = name("demo"), list(addons())
    made_from = f"{make_wide(odoo_version)} | {_fingerprint(ours)}"
    key = f"{made_from} | {fingerprint(*(ROOT / addon for addon in ours))}"  # the server runs the methods, too
    had = "" if start_anew else _key(demo)
    if had == key:
        return demo
    stop_server()
    if not had:
        copy(name("wide"), demo)
        _install(demo, ours, [], f"demo database: install {', '.join(ours)}")
    elif had.rpartition(" | ")[0] != made_from:
        core = [] if had.split(" | ")[0] == key.split(" | ")[0] else ["base"]  # another Odoo: everything
        _install(demo, ours, ours + core, f"demo database: update {', '.join(core or ours)}")
    _mark(demo, key)
    return demo


@contextmanager
def private_copy(source, number=0):
    """Copies of `source` for one run: (a database to work in, an untouched one to copy from). Call it under the lock.

    :param number: tells runs of one process apart
    """
    drop_left_overs()
    mine = f"{name('run')}_{os.getpid()}_{number}"
    template = f"{mine}_template"
    try:
        copy(source, mine)
        copy(source, template)
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
