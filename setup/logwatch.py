"""Which records of Odoo's log are a failure: every WARNING or worse that nobody announced.

A test announces what it provokes with Odoo's own means, `assertLogs` and `mute_logger`: both keep the record from
the root logger, where we listen. What Odoo itself says on a sound machine is KNOWN, each with the reason.
"""

import logging
import re

KNOWN = (  # logger, start of the message, why it is said
    ("py.warnings", r".*'crypt' is deprecated", "passlib, which Odoo hashes passwords with, on Python before 3.13"),
)
LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) \S+ (?P<logger>\S+): (?P<message>.*)")


def is_known(logger, message):
    return any(logger == name and re.match(pattern, message, re.S) for name, pattern, _why in KNOWN)


def failures(text):
    """The unannounced records in a log file's text, each with the lines that follow it."""
    records = []
    for line in text.splitlines():
        if LINE.match(line) or not records:
            records.append(line)
        else:
            records[-1] += "\n" + line
    return [record for record in records if _is_failure(record)]


def _is_failure(record):
    found = LINE.match(record)
    return (
        found
        and found["level"] in ("WARNING", "ERROR", "CRITICAL")
        and not is_known(found["logger"], record[found.start("message"):])
    )


class Watch(logging.Handler):
    """Collects unannounced records while tests run."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
        self.records = []

    def emit(self, record):
        if is_known(record.name, record.getMessage()):
            return
        lines = self.format(record).splitlines()
        if record.name == "py.warnings":  # with all of the stack: where it begins is pytest
            lines[1:-4] = ["  …"]
        self.records.append("\n".join(lines))

    def take(self):
        """The records since the last call."""
        taken, self.records = self.records, []
        return taken
