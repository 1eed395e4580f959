"""./dev test, ./dev lint, ./dev bench: the commands that judge."""

import os
import re
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import databases, odoo19, packages
from .base import ROOT, RUN, Problem, run, say, setup_lock
from .server import ready, stop_odoo

# Our READMEs are Markdown, and Odoo's own XML writes numbers plainly and attributes in the order that reads best.
OCA_OFF = "prefer-readme-rst,xml-field-numeric-without-eval,xml-tag-position"
BROWSERS = ("google-chrome", "chromium", "chromium-browser", "google-chrome-stable")


def browser():
    """The Chromium of this machine."""
    names = (os.environ["CHROME"],) if os.environ.get("CHROME") else BROWSERS
    found = next(filter(None, map(shutil.which, names)), None)
    if not found:
        raise Problem(
            f"no Chromium (looked for {', '.join(names)}), and a real browser is needed. Debian: apt-get install "
            "chromium; or name yours: CHROME=/path/to/chrome ./dev …"
        )
    return found


@contextmanager
def private_database():
    """The environment of a program that works on a database of its own:

    RETURNS_DB           its database: our add-ons just installed, with demo data; dropped at the end
    RETURNS_TEMPLATE_DB  the same, and nobody is connected to it: to copy more databases from (setup/scratch.py)
    RETURNS_BASE_DB      what our add-ons depend on, with demo data, without our add-ons: to copy from, too
    ODOO_RC              Odoo's configuration file
    """
    left = ExitStack()

    def make(base_key):
        databases.make_fresh(base_key)
        return left.enter_context(databases.private_copy())

    with ready(make) as ((database, template), _use), left:
        names = {
            "RETURNS_DB": database,
            "RETURNS_TEMPLATE_DB": template,
            "RETURNS_BASE_DB": databases.name("base"),
            "ODOO_RC": str(databases.CONFIG),
        }
        yield packages.environment() | names


def test(arguments):
    """Run the tests on a database of their own. The arguments are pytest's; --deep gives hypothesis more time."""
    link = RUN / "browser" / "google-chrome"  # Odoo's tests take the first on PATH
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(browser())
    with private_database() as env:
        env["PATH"] = f"{link.parent}{os.pathsep}{env['PATH']}"
        env["RETURNS_DEEP"] = "1" if "--deep" in arguments else ""
        arguments = [argument for argument in arguments if argument != "--deep"]
        options = ["--odoo-config", databases.CONFIG, "--odoo-database", env["RETURNS_DB"], "--odoo-http"]
        return run([packages.PYTHON, "-m", "pytest", *options, *arguments], cwd=ROOT, env=env)


def bench(arguments):
    """Run bench/run.py on a database of its own."""
    script = ROOT / "bench" / "run.py"
    if not script.exists():
        raise Problem("there is no bench/run.py")
    with private_database() as env:
        return run([packages.PYTHON, script, *arguments], cwd=ROOT, env=env)


def lint(arguments):
    """Check every file that has rules; --fix mends what can be mended. No network once the tools are there."""
    with setup_lock():
        packages.install_python(stop_server=stop_odoo)
        packages.install_npm()
    fix = "--fix" in arguments
    addons = [str(ROOT / addon) for addon in databases.addons()]
    catalogues = [str(file) for addon in addons for file in Path(addon).glob("i18n/*.po*")]
    checks = {
        "ruff": ["ruff", "check", "--quiet", *(["--fix"] if fix else []), "."],
        "pylint-odoo": ["pylint", *addons],
        "oca modules": ["oca-checks-odoo-module", f"--disable={OCA_OFF}", *addons],
        "oca catalogues": ["oca-checks-po", *catalogues] if catalogues else None,
        "prettier": ["node_modules/.bin/prettier", "--log-level=warn", "--no-color", "--write" if fix else "--check", "."],
    }
    env = packages.environment()
    failed = [name for name, command in checks.items() if command and run(command, cwd=ROOT, env=env)]
    failed += ["names of this machine"] if _names_of_this_machine() else []
    say(f"lint: {', '.join(failed)} failed" if failed else f"lint: {', '.join(checks)}: clean")
    return bool(failed)


def _names_of_this_machine():
    """Print the lines of tracked files that name a path of this machine or a host that it gets packages from."""
    default_index = "from pip._internal.models.index import PyPI as it; print(it.url, 'https://' + it.file_storage_domain)"
    asked = (["pip", "config", "list"], [packages.PYTHON, "-c", default_index], ["npm", "config", "get", "registry"])
    answers = [
        subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=packages.environment()).stdout
        for command in asked
    ]
    hosts = set(re.findall(r"https?://([^/\s'\"]+)", " ".join([*answers, odoo19.mirror() or ""])))
    paths = {f"{ROOT}/", f"{ROOT.parent}/", f"{Path.home()}/"} - {"/", "/tmp/", "/home/", "/opt/", "/srv/"}
    command = ["git", "grep", "-nIF", *(part for name in sorted(hosts | paths) for part in ("-e", name))]
    return run(command, cwd=ROOT) == 0
