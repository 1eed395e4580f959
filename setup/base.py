"""Places, progress, locks and child processes: what every other piece stands on."""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = ROOT / ".run"  # everything of this clone: packages, database, logs
LOGS = RUN / "log"
VENV = RUN / "venv"
CLONE = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]  # tells two clones on one machine apart


class Problem(Exception):
    """Something is missing or broken: said in one sentence, with the way out. Ends ./dev with exit code 1."""


def cache():
    """The folder for downloads, shared by all clones of this user."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(home) / "returns-management"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:  # a user without a home
        folder = RUN / "cache"
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def begin():
    """Make the clone's own folder, or say why that cannot be."""
    try:
        LOGS.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(f"cannot write to {RUN}: {error.strerror}. Run ./dev in a clone of your own.") from None
    if RUN.stat().st_uid != os.getuid():
        raise Problem(f"{RUN} belongs to another user, who ran ./dev here before. Use a clone of your own.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that clean-ups run


# -- progress ---------------------------------------------------------------------------------------------


def say(text=""):
    print(text, flush=True)


@contextmanager
def step(title):
    """Print what is being done and, when it is done, how long it took. Yields a function that shows progress."""
    started = time.monotonic()
    live = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns - 1

    def progress(text):
        if live:
            print("\r\033[K" + f"» {title} … {text}"[:width], end="", flush=True)

    print(f"» {title} …", end="" if live else "\n", flush=True)
    try:
        yield progress
    except BaseException:
        if live:
            print(flush=True)
        raise
    seconds = f"{time.monotonic() - started:.0f} s"
    if live:
        progress(seconds)
        print(flush=True)
    elif seconds != "0 s":
        print(f"  {seconds}", flush=True)


# -- child processes --------------------------------------------------------------------------------------


def run(command, log=None, watch=None, interactive=False, **options):
    """Run a command to its end and return its exit code. With `log` its output goes there; `watch` is called meanwhile.

    Ctrl-C reaches the child as well: it is given ten seconds to end in its own way (an interactive one may go on).
    """
    interrupted = []
    before = signal.signal(signal.SIGINT, lambda *_: interrupted.append(time.monotonic()))
    with open(log or os.devnull, "wb") as out:
        if log:
            options.update(stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        child = subprocess.Popen([str(part) for part in command], **options)
        try:
            while child.poll() is None:
                try:
                    child.wait(0.3)
                except subprocess.TimeoutExpired:
                    if watch:
                        watch()
                if interrupted and not interactive and time.monotonic() > interrupted[0] + 10:
                    break
        finally:
            signal.signal(signal.SIGINT, before)
            _end(child)
    if interrupted and not interactive:
        raise KeyboardInterrupt
    return child.returncode


def run_side_by_side(commands, at_once, tell):
    """Run commands, (arguments, log, options) each, `at_once` of them at a time; return their exit codes in order.

    :param tell: called with the number of each command that has ended
    """
    waiting, running, codes = list(enumerate(commands)), {}, {}
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, (command, log, options) = waiting.pop(0)
                with open(log, "wb") as out:
                    running[number] = subprocess.Popen(
                        [str(part) for part in command],
                        stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
            time.sleep(0.3)
            for number in [number for number, child in running.items() if child.poll() is not None]:
                codes[number] = running.pop(number).returncode
                tell(number)
    finally:
        for child in running.values():
            _end(child)
    return [codes[number] for number in range(len(commands))]


def _end(child):
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def tail(log, lines=15):
    return "\n".join("    " + line for line in Path(log).read_text(errors="replace").splitlines()[-lines:])


# -- files ------------------------------------------------------------------------------------------------


@contextmanager
def lock(path, waiting):
    """Hold a file lock; say what is being waited for when somebody else has it. Ends with the process at the latest."""
    with open(path, "w") as file:
        if not try_lock(file, fcntl.LOCK_EX):
            if waiting:
                say(f"» {waiting}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def setup_lock(waiting="waiting: another ./dev is at work in this clone"):
    return lock(RUN / "lock", waiting)


@contextmanager
def in_use():
    """Mark the clone's database server as used. Servers, tests and benchmarks hold this; the last one out stops it."""
    with open(RUN / "in-use", "w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def is_used():
    with open(RUN / "in-use", "w") as file:
        return not try_lock(file, fcntl.LOCK_EX)


def try_lock(file, kind):
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


def write(path, text):
    """Write a file in one move: it is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text)
    temporary.replace(path)


def read(path):
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def fingerprint(*paths, read=Path.read_bytes, without=("__pycache__", "tests")):
    """A hash over files and over the files of folders: names and contents.

    :param read: what of a file counts
    :param without: folders that do not count
    """
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and not set(without) & set(file.relative_to(ROOT).parts):
                digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + read(file) + b"\0")
    return digest.hexdigest()[:16]


def need_space(folder, gigabytes):
    free = shutil.disk_usage(folder).free / 1e9
    if free < gigabytes:
        raise Problem(f"{folder} has {free:.1f} GB left and about {gigabytes} GB are needed: make room, then again.")
