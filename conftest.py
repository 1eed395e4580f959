"""How this project's tests are judged. Loaded by pytest; the commands are in ./dev.

- A skipped test is a failure: what is not run shows nothing.
- A WARNING or ERROR in Odoo's log that the test did not announce is a failure (setup/logwatch.py).
- Hypothesis: `quick` tries the same few examples every time; `deep` (./dev test --deep) many new ones.
"""

import functools
import logging
import os

import freezegun
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.configuration import set_hypothesis_home_dir

from setup.logwatch import Watch
from setup.scratch import scratch_database

watch = Watch()
logging.getLogger().addHandler(watch)


def pytest_configure():
    from odoo.tests.common import BaseCase

    logging.getLogger("odoo").setLevel(logging.WARNING)  # pytest-odoo lets only CRITICAL through
    BaseCase.test_cursor_lock_timeout = 120  # pages wait for assets, which take long on a busy machine
    freezegun.configure(extend_ignore_list=["_pytest."])  # how long a test took is told by the real clock
    _listen_to_failed_requests()


def _listen_to_failed_requests():
    """Odoo's browser fails a test for console.error; have it log as an error, too, what else a console shows in red:
    pages, scripts and pictures of ours that cannot be loaded."""
    from odoo.tests.common import ChromeBrowser

    def start(browser, *args, **kwargs):
        original(browser, *args, **kwargs)
        browser._handlers["Log.entryAdded"] = functools.partial(entry_added, browser)
        browser._websocket_send("Log.enable")

    def entry_added(browser, entry):
        if entry["level"] == "error" and "//127.0.0.1" in entry.get("url", ""):
            browser._logger.getChild("browser").error("%s %s", entry["text"], entry["url"])

    original = ChromeBrowser.__init__
    ChromeBrowser.__init__ = start


@pytest.hookimpl(wrapper=True)
def _judge(item):
    """Fail a phase of a test when something unannounced was logged in it, or before it."""
    result = yield
    if records := watch.take():
        pytest.fail("unannounced in Odoo's log:\n" + "\n".join(records), pytrace=False)
    return result


pytest_runtest_setup = pytest_runtest_call = pytest_runtest_teardown = _judge


@pytest.hookimpl(wrapper=True, tryfirst=True)
def _refuse_skips():
    """Turn the report of something skipped into a failure."""
    report = yield
    if report.skipped:
        report.outcome = "failed"
        reason = report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr
        report.longrepr = f"a skipped test is a failure here: {reason}"
    return report


pytest_runtest_makereport = pytest_make_collect_report = _refuse_skips


set_hypothesis_home_dir(".run/hypothesis")
_profile = {
    "deadline": None,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.differing_executors],
}
settings.register_profile("quick", max_examples=12, derandomize=True, database=None, **_profile)
settings.register_profile("deep", max_examples=500, **_profile)
settings.load_profile("deep" if os.environ.get("RETURNS_DEEP") else "quick")


@pytest.fixture
def scratch():
    """The registry of a database that the test may commit to."""
    with scratch_database() as registry:
        yield registry
