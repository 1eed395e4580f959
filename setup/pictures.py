"""./dev screenshots: the pictures of README and docs, taken in a real browser from the demo."""

from . import packages, server
from .base import ROOT, run
from .checks import browser


def take(arguments):
    chrome = browser()
    with server.demo() as (address, _database, _ran_before):
        command = [packages.PYTHON, ROOT / "setup" / "screenshots.py", address, chrome, *arguments]
        return run(command, cwd=ROOT, env=packages.environment())
