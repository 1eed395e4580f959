"""Find Odoo 19, fetch it if there is none, and put it on the virtual environment's path.

In this order: ODOO_PATH; an Odoo 19 that Python can import; Debian's package odoo-19 from the mirror that this
machine's apt uses already; where there is no such mirror, the public 19.0 branch.
"""

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from .base import LOGS, Problem, cache, lock, need_space, run, say, step, tail, write
from .packages import base_python, environment, site_packages

BRANCH = ("--depth", "1", "--branch", "19.0", os.environ.get("ODOO_GIT") or "https://github.com/odoo/odoo")
KEYRING = Path(os.environ.get("DEBIAN_KEYRING") or "/usr/share/keyrings/debian-archive-keyring.gpg")
PACKAGES = ("odoo-19", "libjs-jquery")
FONTS = ("fonts-roboto-unhinted", "fonts-montserrat")  # for looks only
INSIDE = Path("usr/lib/python3/dist-packages")
UNFREE = "mail/static/lib/selfie_segmentation/selfie_segmentation.js"  # asked for on every page, not in Debian


def install():
    """Return the folder that holds the package `odoo`, after putting it on the virtual environment's path."""
    folder = _given() or _importable() or _fetched()
    if not any((path / UNFREE).exists() for path in addons_paths(folder)):
        say(f"  {folder} lacks {UNFREE}, as Debian's package does: an empty file mends its browser tests")
    path_file = site_packages() / "odoo19.pth"
    if not path_file.exists() or path_file.read_text().strip() != str(folder):
        write(path_file, f"{folder}\n")
    return folder


def series(folder):
    """('19.0', full version) of the Odoo in a folder, or None."""
    release = folder / "odoo" / "release.py"
    if not release.is_file():
        return None
    names = {}
    exec(release.read_text(), names)  # Odoo's own setup.py reads it in this way
    return names["series"], names["version"]


def addons_paths(folder):
    """Where the applications of this Odoo are: inside the package, and beside it in a source checkout."""
    return [path for path in (folder / "addons", folder / "odoo" / "addons") if (path / "web").is_dir()]


def version(folder):
    """What tells one Odoo from another: a database made by one is not taken for a database made by the other."""
    if (folder / ".git").exists():
        commit = ["git", "-C", str(folder), "rev-parse", "--short=12", "HEAD"]
        return f"{series(folder)[1]} {subprocess.run(commit, capture_output=True, text=True).stdout.strip()}"
    package = [part for part in folder.parts if part.startswith("odoo-19_")]  # the same from every cache
    return f"{series(folder)[1]} {package[0] if package else folder}"


def _given():
    if not os.environ.get("ODOO_PATH"):
        return None
    folder = Path(os.environ["ODOO_PATH"]).expanduser().resolve()
    found = series(folder)
    if not found or found[0] != "19.0":
        raise Problem(
            f"ODOO_PATH={folder} holds {'Odoo ' + found[1] if found else 'no Odoo'}. It must be a folder with Odoo "
            "19's package in it: a source checkout, or the dist-packages folder of an installation."
        )
    return folder


def _importable():
    code = "import odoo.release as r; from pathlib import Path; print(Path(r.__file__).resolve().parent.parent)"
    for python in dict.fromkeys((base_python(), "/usr/bin/python3")):
        if not os.access(python, os.X_OK):
            continue
        found = subprocess.run([python, "-W", "ignore", "-c", code], capture_output=True, text=True, cwd="/")
        folder = Path(found.stdout.strip() or "/nonexistent")
        if (series(folder) or [""])[0] == "19.0":
            return folder
    return None


def _fetched():
    with lock(cache() / "lock", "waiting: another ./dev is fetching Odoo"):
        return _cached() or _from_debian() or _from_git()


def _cached():
    found = [*cache().glob(f"odoo-19_*/{INSIDE}"), *cache().glob("odoo-19-git")]
    return max(found, key=lambda folder: folder.stat().st_mtime, default=None)


def _new_folder():
    """An empty folder in the cache, to be renamed when it is complete. What an interrupted run left goes."""
    need_space(cache(), 3)
    new = cache() / "new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    return new


# -- Debian -----------------------------------------------------------------------------------------------


def _from_debian():
    """Fetch with a private apt: the user's own configuration tells the mirror and is not touched; apt checks the
    signature of the index and through it the packages. Needs no root."""
    address = mirror()
    if not address:
        return None
    log = LOGS / "apt.log"
    downloads = cache() / "debian"  # kept when interrupted: apt goes on where it was
    apt = _private_apt(downloads / "apt", address)
    with step("fetch Debian's package odoo-19 (130 MB)"):
        code = run([*apt, "update"], log) or run([*apt, "download", *PACKAGES], log, cwd=downloads)
    if code:
        say(f"  that failed; the end of {log}:\n{tail(log)}")
        return None
    run([*apt, "download", *FONTS], log, cwd=downloads)
    package = max(downloads.glob("odoo-19_*.deb"), key=lambda file: file.stat().st_mtime)
    with step(f"unpack {package.stem} (1.2 GB)"):
        new = _new_folder()
        _unpack([package, *downloads.glob("libjs-*.deb"), *downloads.glob("fonts-*.deb")], new, log)
        new.rename(cache() / package.stem)
    shutil.rmtree(downloads)
    return cache() / package.stem / INSIDE


def mirror():
    """The address of the Debian mirror that this machine's apt uses, or None."""
    if os.environ.get("DEBIAN_MIRROR"):
        return os.environ["DEBIAN_MIRROR"]
    if not all(map(shutil.which, ("apt-get", "dpkg-deb"))) or not KEYRING.is_file():
        return None
    with tempfile.TemporaryDirectory() as lists:  # apt prints all addresses only if it has no lists yet
        Path(lists, "partial").mkdir()
        command = ["apt-get", "--print-uris", "-o", f"Dir::State::Lists={lists}", "-o", "Debug::NoLocking=1", "update"]
        addresses = subprocess.run(command, capture_output=True, text=True).stdout
    found = re.search(r"^'([a-z+]+://[^']*/debian)/dists/", addresses, re.M)
    return found and found[1]


def _private_apt(state, mirror):
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    (state / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} sid main\n")
    options = {
        "Dir::Etc::SourceList": state / "sources.list",
        "Dir::Etc::SourceParts": state / "parts",
        "Dir::Etc::Preferences": "/dev/null",
        "Dir::Etc::PreferencesParts": state / "parts",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Cache": state / "cache",
        "Dir::Cache::Archives": state / "cache/archives",
        "APT::Sandbox::User": "root" if os.getuid() == 0 else "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        "Debug::NoLocking": "1",
    }
    return ["apt-get", "-q", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]


def _unpack(packages, root, log):
    """Unpack, and mend what would break every page: jquery is a package of its own, and one script is missing."""
    for package in packages:
        if run(["dpkg-deb", "-x", package, root], log):
            free = shutil.disk_usage(root).free / 1e9
            raise Problem(f"{package.name} could not be unpacked ({free:.1f} GB are free on the disk):\n{tail(log)}")
    for unused in ("addons", "doc", "setup"):  # a partial second copy
        shutil.rmtree(root / INSIDE / unused, ignore_errors=True)
    script = root / INSIDE / "odoo" / "addons" / UNFREE
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text("/* not in Debian's package */\n")


# -- the public branch ------------------------------------------------------------------------------------


def _from_git():
    if not shutil.which("git"):
        raise Problem("no Debian mirror to fetch odoo-19 from and no git: install git, or set ODOO_PATH to an Odoo 19.")
    log = LOGS / "git.log"
    target = cache() / "odoo-19-git"
    new = _new_folder()
    with step("clone Odoo's 19.0 branch (no Debian mirror was found; about 1 GB)"):
        env = environment() | {"GIT_TERMINAL_PROMPT": "0"}
        code = run(["git", "clone", "--quiet", *BRANCH, new], log, env=env)
    if code:
        raise Problem(
            f"Odoo 19 could not be fetched:\n{tail(log)}\n"
            "  Is there a network? Otherwise set ODOO_PATH to the folder of an Odoo 19, or DEBIAN_MIRROR to a mirror."
        )
    new.rename(target)
    return target
