"""The demo: ./dev up, ./dev stop, ./dev shell; and `ready`, the way to a database that all commands take."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager

from . import databases, odoo19, packages, postgres
from .base import LOGS, ROOT, RUN, Problem, in_use, is_used, run, say, setup_lock, step, tail, try_lock

LOG = LOGS / "odoo.log"
SERVER = RUN / "odoo.server"  # "pid port" of the demo; locked for as long as that process lives
FIRST_PORT = 8069
TAKE_SOCKET = """
import os, sys  # become Odoo, with the socket handed over as systemd does it
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[2], sys.argv[2:])
"""
LOGINS = """
    select u.login, p.name from res_users u join res_partner p on p.id = u.partner_id
    join ir_model_data d on d.model = 'res.users' and d.res_id = u.id
    where u.active and (d.module like 'returns_management%'
                        or d.module = 'base' and d.name in ('user_admin', 'user_demo', 'demo_user0'))
    order by d.module = 'base' desc, u.id"""
ACTION = """
    select coalesce(a.path, 'action-' || a.id) from ir_act_window a
    join ir_model_data d on d.model = 'ir.actions.act_window' and d.res_id = a.id
    where d.module = 'returns_management' and d.name = 'returns_request_action'"""


@contextmanager
def ready(make_database):
    """Have everything that an Odoo of ours needs: packages, Odoo, a database server, a database.

    Yields what `make_database(odoo_version)` returned and the open lock file that marks the server as used. The last
    one to leave stops our database server.
    """
    try:
        with ExitStack() as stack:
            with setup_lock():
                packages.install_python(stop_server=stop_odoo)
                folder = odoo19.install()
                databases.configure(folder)
                postgres.start()
                database = make_database(odoo19.version(folder))
                use = stack.enter_context(in_use())
            yield database, use
    finally:
        with setup_lock(waiting=None):
            if not is_used():
                postgres.stop()


@contextmanager
def demo(start_anew=False):
    """Have the demo running. Yields (its address, its database, whether it ran before)."""

    def make(odoo_version):
        return databases.make_demo(odoo_version, stop_odoo, start_anew)

    _ports()  # complain early
    with ready(make) as (database, use):
        with setup_lock():
            running = _running()
            port = running[1] if running else _start(database, use)
        yield f"http://127.0.0.1:{port}", database, bool(running)


def up(arguments):
    """Start the demo; then say where it is and how to log in."""
    with demo(start_anew="--fresh" in arguments) as (address, database, ran_before):
        action = postgres.sql(ACTION, database=database)
        logins = [line.split("|") for line in postgres.sql(LOGINS, database=database).splitlines()]
    say(f"\n  Odoo {'is running already' if ran_before else 'is ready'}:  {address}/odoo/{action}\n")
    say("  log in as (the password is the login)")
    width = max(len(login) for login, _name in logins)
    for login, name in logins:
        say(f"      {login:<{width}}  {name}")
    say(f"\n  log    {LOG.relative_to(ROOT)}\n  stop   ./dev stop")


def stop(arguments):
    with setup_lock():
        odoo = stop_odoo()
        used = is_used()
        database = not used and postgres.stop()
    if "--clean" in arguments and not used:
        for folder in (postgres.FOLDER, RUN):
            shutil.rmtree(folder, ignore_errors=True)
    what = " and ".join(name for name, stopped in (("Odoo", odoo), ("PostgreSQL", database)) if stopped)
    say(f"stopped: {what}" if what else "nothing was running")
    if used:
        say("tests, a benchmark or a shell still run in this clone: they stop PostgreSQL when they end")


def shell(arguments):
    """Odoo's Python shell on the demo database; `env` is there."""
    with ready(lambda version: databases.make_demo(version, stop_odoo)) as (database, _use):
        command = [packages.PYTHON, "-m", "odoo", "shell", "-c", databases.CONFIG, "-d", database, "--no-http"]
        return run([*command, *arguments], interactive=True, cwd=RUN, env=packages.environment())


# -- the process -----------------------------------------------------------------------------------------


def _running():
    """(pid, port) of the demo server, or None."""
    with open(SERVER, "a+") as file:
        if try_lock(file, fcntl.LOCK_EX):
            return None
        file.seek(0)
        pid, port = file.read().split()
        return int(pid), int(port)


def stop_odoo():
    """Stop the demo server; return whether it ran."""
    running = _running()
    if not running:
        return False
    os.kill(running[0], signal.SIGTERM)
    patience = time.monotonic() + 30
    while _running():
        if time.monotonic() > patience:
            os.kill(running[0], signal.SIGKILL)
        time.sleep(0.1)
    return True


def _start(database, use):
    """Start Odoo in the background and wait until it answers; return its port."""
    with _listen() as listening, open(SERVER, "w") as alive, open(LOG, "w") as log:
        port = listening.getsockname()[1]
        fcntl.flock(alive, fcntl.LOCK_EX)
        odoo = databases.odoo(database, "--db-filter", f"^{database}$", "--http-port", port, "--max-cron-threads", 1)
        command = [packages.PYTHON, "-c", TAKE_SOCKET, listening.fileno(), *odoo]
        with step(f"start Odoo on port {port}"):
            child = subprocess.Popen(
                [str(part) for part in command],
                pass_fds=(listening.fileno(), alive.fileno(), use.fileno()),
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=RUN,
                env=packages.environment(),
            )
            print(child.pid, port, file=alive, flush=True)
            listening.close()
            try:
                while child.poll() is None:
                    if _answers(port):
                        return port
                    time.sleep(0.3)
            except BaseException:
                child.terminate()
                raise
    raise Problem(f"Odoo did not start; the end of {LOG}:\n{tail(LOG)}")


def _listen():
    """A listening socket on the port asked for, or on the first free one. We open it, so that nobody comes between."""
    for port in _ports():
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
            listening.listen(128)
            return listening
        except PermissionError:
            raise Problem(f"port {port} is for root only: choose one from 1024 on") from None
        except OSError:
            listening.close()
    if os.environ.get("RETURNS_PORT"):
        raise Problem(f"port {port} (RETURNS_PORT) is taken. Set another, or none: a free one is found then.")
    raise Problem(f"all ports from {FIRST_PORT} to {port} are taken: name one, RETURNS_PORT=… ./dev up")


def _ports():
    wanted = os.environ.get("RETURNS_PORT")
    if not wanted:
        return range(FIRST_PORT, FIRST_PORT + 100)
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        raise Problem(f"RETURNS_PORT={wanted} is no port number")
    return [int(wanted)]


def _answers(port):
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"http://127.0.0.1:{port}/web/login", timeout=120):
            return True
    except urllib.error.HTTPError as error:
        raise Problem(f"Odoo answers with an error, {error.code}; the end of {LOG}:\n{tail(LOG, 30)}") from None
    except OSError:
        return False
