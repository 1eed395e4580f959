"""What a piece of work costs: SQL statements, CPU of this process, wall time; and where the statements come from."""

import collections
import contextlib
import re
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Cost:
    stage: str
    queries: int = 0
    cpu: float = 0.0  # seconds of this Python process; the database's own are in `wall`
    wall: float = 0.0
    sources: collections.Counter = field(default_factory=collections.Counter)


class Meter:
    """Measures stages of work on one cursor.

    A stage begins with an empty cache, as a user's request does, and ends with everything in the database: what
    waits to be flushed, and what Odoo leaves for the moment before the commit (tracking messages, for one).
    """

    def __init__(self, env, explain=False, after=None):
        """``after``: called with the name of each stage when it is over"""
        self.env, self.explain, self.after = env, explain, after
        self.costs = []

    @contextlib.contextmanager
    def stage(self, name):
        cr = self.env.cr
        self.settle()
        self.env.invalidate_all()
        cost = Cost(name)
        with tracing(cost.sources) if self.explain else contextlib.nullcontext():
            queries, cpu, wall = cr.sql_log_count, time.process_time(), time.perf_counter()
            yield
            self.settle()
            cost.wall = time.perf_counter() - wall
            cost.cpu = time.process_time() - cpu
            cost.queries = cr.sql_log_count - queries
        assert not cr.precommit, "something was left for the commit"
        self.costs.append(cost)
        if self.after:
            self.after(name)

    def one_by_one(self, records):
        """The records, each as in a request of its own."""
        for number in records.ids:
            self.settle()
            self.env.invalidate_all()
            yield records.browse(number)

    def settle(self):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.flush_all()


@contextlib.contextmanager
def tracing(sources):
    """Count in ``sources`` every statement by (our line, core's line, what it does)."""
    from odoo.sql_db import Cursor

    execute = Cursor.execute

    def traced(cursor, query, params=None, log_exceptions=True):
        sources[(*_blame(sys._getframe(1)), _abridge(query))] += 1
        return execute(cursor, query, params, log_exceptions)

    Cursor.execute = traced
    try:
        yield
    finally:
        Cursor.execute = execute


def _blame(frame):
    """Our innermost line on the stack, and the innermost one of any add-on."""
    ours = anyone = ""
    while frame and not ours:
        path = frame.f_code.co_filename
        if "/returns_management" in path:
            ours = _name(frame)
        if not anyone and "/addons/" in path or ours and not anyone:
            anyone = _name(frame)
        frame = frame.f_back
    return ours, anyone


def _name(frame):
    path = "/".join(frame.f_code.co_filename.rsplit("/", 3)[1:])
    return f"{path}:{frame.f_lineno} {frame.f_code.co_name}"


def _abridge(query):
    """A statement without its values: verb and tables."""
    text = re.sub(r"\s+", " ", str(getattr(query, "code", query))).strip()
    if found := re.match(r'(INSERT INTO|UPDATE|DELETE FROM) "?(\w+)"?( SET .{0,60})?', text):
        return f"{found[1]} {found[2]}{found[3] or ''}"
    table = re.search(r'FROM "?(\w+)"?', text)
    where = re.search(r"WHERE (.*)", text)
    return f"{text[:6]} {table[1] if table else text[6:60]} {re.sub(r'[(]%s.*', '(…', where[1])[:90] if where else ''}"
