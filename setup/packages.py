"""Python packages from requirements.lock into .run/venv, JavaScript tools from package-lock.json."""

import os
import shutil
import subprocess
import sys

from .base import LOGS, ROOT, RUN, VENV, Problem, fingerprint, is_used, need_space, read, run, say, step, tail, write

PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
OLDEST, NEWEST = (3, 10), (3, 13)  # what Odoo 19 runs on


def environment():
    """The environment of every child: our programs first on PATH, nothing of the user's Python."""
    env = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTHONHOME")}
    env["PATH"] = f"{VENV / 'bin'}{os.pathsep}{env['PATH']}"
    return env


def base_python():
    """The Python that the virtual environment is made of: $PYTHON, the running one, or another on PATH."""
    names = [os.environ.get("PYTHON") or sys._base_executable]
    if not os.environ.get("PYTHON"):
        names += ["python3.13", "python3.12", "python3.11", "python3.10"]
    fits = f"import sys; sys.exit(not {OLDEST} <= sys.version_info[:2] <= {NEWEST})"
    for path in filter(None, map(shutil.which, names)):
        if subprocess.run([path, "-c", fits], capture_output=True).returncode == 0:
            return path
    raise Problem(
        f"Odoo 19 needs Python 3.10 to 3.13; tried {', '.join(names)}. Install one (Debian and Ubuntu: "
        "apt-get install python3 python3-venv) or name one: PYTHON=/path/to/python3 ./dev …"
    )


def site_packages():
    return next((VENV / "lib").glob("python3.*/site-packages"))


def venv_key():
    return f"{fingerprint(LOCK)} {ROOT}"


def install_python(stop_server):
    """Make .run/venv from the lock file, anew whenever the lock file has changed."""
    stamp = VENV / "complete"
    if read(stamp) == venv_key() and PYTHON.exists():
        return
    stop_server()
    if is_used():
        raise Problem("the packages have changed, and tests or a benchmark still run from this clone: wait for them.")
    base = base_python()
    need_space(RUN, 3)
    version = subprocess.run([base, "-V"], capture_output=True, text=True).stdout.strip()
    if subprocess.run([base, "-c", "import venv, ensurepip"], capture_output=True).returncode:
        raise Problem(
            f"{base} has no venv module. Debian and Ubuntu: apt-get install python3-venv; "
            "or name another Python: PYTHON=/path/to/python3 ./dev …"
        )
    with step(f"Python packages, {version}"):
        shutil.rmtree(VENV, ignore_errors=True)
        log = LOGS / "pip.log"
        if run([base, "-m", "venv", VENV], log):
            raise Problem(f"python -m venv failed:\n{tail(log)}")
        pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--require-hashes"]
        if run([*pip, "-r", LOCK], log, env=environment()):
            raise Problem(
                f"pip could not install requirements.lock; the end of {log}:\n{tail(log)}\n"
                "  Without a network nothing can be fetched the first time. A proxy or a package index of your own\n"
                "  is set in pip's configuration (pip config), which is used as it is."
            )
        write(stamp, venv_key())


def install_npm():
    """Put the JavaScript tools of package-lock.json into node_modules."""
    stamp = ROOT / "node_modules" / ".complete"
    key = fingerprint(ROOT / "package.json", ROOT / "package-lock.json")
    if read(stamp) == key:
        return
    if not shutil.which("npm"):
        raise Problem("lint checks XML and JavaScript with prettier and needs npm. Debian: apt-get install npm")
    with step("prettier"):
        log = LOGS / "npm.log"
        if run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], log, cwd=ROOT):
            raise Problem(f"npm ci failed; the end of {log}:\n{tail(log)}")
        write(stamp, key)


def write_lock(arguments):
    """Resolve requirements.in anew, for every Python that Odoo 19 runs on. `--upgrade` takes the newest of all."""
    tool = RUN / "uv"
    if not (tool / "bin" / "uv").exists():
        with step("uv"):
            log = LOGS / "uv.log"
            if run([base_python(), "-m", "venv", tool], log) or run([tool / "bin" / "pip", "install", "uv"], log):
                raise Problem(f"uv could not be installed:\n{tail(log)}")
    command = [tool / "bin" / "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--no-annotate"]
    command += ["--python-version", ".".join(map(str, OLDEST)), "--custom-compile-command", "./dev lock"]
    code = run([*command, *arguments, "requirements.in", "-o", "requirements.lock"], cwd=ROOT)
    say("requirements.lock is written." if code == 0 else "requirements.lock is unchanged.")
    return code
