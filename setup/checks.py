"""./dev test, ./dev lint, ./dev bench: the commands that judge."""

import os
import re
import shutil
import subprocess
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import databases, odoo19, packages
from .base import LOGS, ROOT, RUN, Problem, run, run_side_by_side, say, setup_lock
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
def private_database(kind="fresh", number=0):
    """The environment of a program that works on a database of its own:

    RETURNS_DB           its database, just installed; dropped at the end
    RETURNS_TEMPLATE_DB  the same, and nobody is connected to it: to copy more databases from (setup/scratch.py)
    RETURNS_BASE_DB      what it depends on, with demo data, without our add-ons: to copy from, too
    ODOO_RC              Odoo's configuration file

    :param kind: fresh, shown or full, see databases.py
    """
    left = ExitStack()

    def make(odoo_version):
        return left.enter_context(databases.private_copy(databases.make(kind, odoo_version), number))

    with ready(make) as ((database, template), _use), left:
        names = {
            "RETURNS_DB": database,
            "RETURNS_TEMPLATE_DB": template,
            "RETURNS_BASE_DB": databases.name("wide" if kind == "full" else "base"),
            "ODOO_RC": str(databases.CONFIG),
        }
        yield packages.environment() | names


def test(arguments):
    """Run the tests, each session on a database of its own. The arguments are pytest's; --deep: more random examples;
    --fresh: install the add-ons anew.

    Without a path everything is run, in as many sessions at once as there are processors.
    """
    link = RUN / "browser" / "google-chrome"  # Odoo's tests take the first on PATH
    link.parent.mkdir(exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(browser())
    os.environ["RETURNS_DEEP"] = "1" if "--deep" in arguments else ""
    if "--fresh" in arguments:
        with ready(lambda _version: databases.forget()):
            pass
    arguments = [argument for argument in arguments if argument not in ("--deep", "--fresh")]
    paths = [argument for argument in arguments if not argument.startswith("-") and (ROOT / argument.split("::")[0]).exists()]
    if not paths:
        return _test_everything(arguments)
    codes = []
    for kind in ("fresh", "shown", "full"):
        mine = [path for path in paths if _get_kind(path) == kind]
        if mine:
            rest = [argument for argument in arguments if argument not in paths]
            with private_database(kind) as env:
                codes.append(run(_pytest(env, [*mine, *rest]), cwd=ROOT, env=env))
    return max(codes)


def _get_kind(path):
    """:return: the kind of database that the tests at ``path`` need"""
    if path.startswith(f"{databases.CORE}_") or "test_bridges" in path:
        return "full"
    return "shown" if path.startswith("tests") or "test_demo" in path else "fresh"


def _pytest(env, arguments):
    """The command line of one session of tests."""
    env["PATH"] = f"{RUN / 'browser'}{os.pathsep}{env['PATH']}"
    options = ["--odoo-config", databases.CONFIG, "--odoo-database", env["RETURNS_DB"], "--odoo-http"]
    return [packages.PYTHON, "-m", "pytest", *options, *arguments]


def _test_everything(arguments):
    """All tests, in sessions side by side; each prints what it has to say when it is over."""
    sessions = _get_sessions()
    with ExitStack() as stack:
        environments = [
            stack.enter_context(private_database(kind, number)) for number, (kind, _paths) in enumerate(sessions)
        ]
        logs = [LOGS / f"test-{number}.log" for number in range(len(sessions))]
        commands = [
            (_pytest(env, [*paths, "-o", f"cache_dir=.run/pytest-{number}", *arguments]), log, {"cwd": ROOT, "env": env})
            for number, (env, log, (_kind, paths)) in enumerate(zip(environments, logs, sessions, strict=True))
        ]

        def tell(number):
            say(f"\n» session {number + 1} of {len(sessions)}: {' '.join(sessions[number][1])}")
            say(logs[number].read_text(errors="replace"))

        codes = run_side_by_side(commands, os.cpu_count(), tell)
    empty = 5  # pytest's code for a session of which -k left nothing
    if set(codes) == {empty}:
        return empty
    return max((code for code in codes if code != empty), default=0)


def _get_sessions():
    """:return: [(kind of database, paths)], about the longest first: file sizes stand for the time that tests take"""
    files = sorted((ROOT / databases.CORE / "tests").glob("test_*.py"), key=lambda file: -file.stat().st_size)
    shards = [[] for _number in range(3)]
    system = [file for file in (ROOT / "tests").glob("test_*.py") if _get_kind(f"tests/{file.name}") == "shown"]
    for file in files:
        if _get_kind(str(file)) == "shown":
            system.append(file)
        else:
            min(shards, key=lambda shard: sum(other.stat().st_size for other in shard)).append(file)
    sessions = [*(("fresh", shard) for shard in shards), ("shown", system)]
    bridges = [ROOT / addon for addon in databases.addons() if addon != databases.CORE]
    if bridges:
        sessions.append(("full", [*bridges, *(ROOT / "tests").glob("test_bridges*.py")]))
    return [(kind, [str(path.relative_to(ROOT)) for path in sorted(paths)]) for kind, paths in sessions]


def bench(arguments):
    """Run bench/run.py on a database of its own; with --deep, 20,000 random invoices, too (test_money_properties.py)."""
    script = ROOT / "bench" / "run.py"
    if not script.exists():
        raise Problem("there is no bench/run.py")
    with private_database() as env:
        code = run([packages.PYTHON, script, *arguments], cwd=ROOT, env=env)
        if "--deep" in arguments and not code:
            say("\n» 20,000 random invoices, cut into credit notes at random")
            cents = ROOT / "returns_management" / "tests" / "test_money_properties.py"
            code = run(_pytest(env, [cents, "-k", "rounded"]), cwd=ROOT, env=env | {"RETURNS_DEEP": "1"})
        return code


def translate(arguments):
    """Write the catalogues of terms and bring the translations up to date, see catalogues.py; 1 if terms are left."""
    with private_database("full") as env:
        command = [packages.PYTHON, "-m", "setup.catalogues", databases.CONFIG, env["RETURNS_DB"], *databases.addons()]
        return run([*command, *arguments], cwd=ROOT, env=env)


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
