#!/usr/bin/env python3
"""usage: ./dev bench [--n 50,200] [--deep] [--explain] [--dry]

  --n 50,200   how many returns at once
  --deep       from 1 to 500, three times each; the best of three counts
  --explain    print, for each stage of our road, which lines of code send how many statements
  --dry        print only: do not write results.jsonl and README.md

Everything happens in one transaction that is rolled back.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from bench.meter import Cost, Meter  # noqa: E402 - found by the line above


def main():
    parser = argparse.ArgumentParser(usage=__doc__.removeprefix("usage: "))
    parser.add_argument("--n", default="50,200")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--dry", action="store_true")
    arguments = parser.parse_args()
    numbers = [1, 10, 50, 200, 500] if arguments.deep else [int(number) for number in arguments.n.split(",")]

    import odoo.tools
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-c", os.environ["ODOO_RC"], "-d", os.environ["RETURNS_DB"], "--log-level=error"])
    registry = Registry(os.environ["RETURNS_DB"])
    rows = []
    with contextlib.redirect_stdout(None):
        measure(registry, 2, repeat=1, explain=False)  # warm up
    for number in numbers:
        rows += measure(registry, number, repeat=3 if arguments.deep else 1, explain=arguments.explain)
    if not (arguments.dry or arguments.explain):
        store(rows)


def measure(registry, number, repeat, explain):
    """:return: one row a road and stage"""
    import odoo.api

    from bench import roads, world

    best = {}
    with registry.cursor() as cr:
        env = odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {})
        env = env(user=env.ref("base.user_admin"), context={"allowed_company_ids": env.company.ids})
        users = world.people(env)
        sales = world.orders(env, number, users["agent"])
        env.flush_all()
        env.cr.precommit.run()
        cr.execute("ANALYZE")  # a company's tables have statistics
        for _turn in range(repeat):
            for road, go in roads.ROADS.items():
                if explain and road != "ours":
                    continue
                savepoint = cr.savepoint()
                meter = Meter(env, explain)
                go(meter, sales, users)
                roads.check(sales)
                savepoint.close(rollback=True)
                env.invalidate_all()
                for cost in meter.costs:
                    known = best.get((road, cost.stage))
                    best[road, cost.stage] = min(known, cost, key=lambda c: c.cpu) if known else cost
        cr.rollback()
    return report(number, best, explain)


def report(number, best, explain):
    """Print what was measured. :return: one row a road and stage"""
    rows = []
    print(f"\nN = {number:<4}                  queries/return   CPU ms/return   wall ms/return")
    for road in dict.fromkeys(road for road, _stage in best):
        costs = [cost for (name, _stage), cost in best.items() if name == road]
        whole = Cost("all", *(sum(getattr(cost, name) for cost in costs) for name in ("queries", "cpu", "wall")))
        for cost in [*costs, whole]:
            row = {
                "n": number,
                "road": road,
                "stage": cost.stage,
                "queries": cost.queries,
                "queries_per_return": round(cost.queries / number, 1),
                "cpu_ms_per_return": round(1000 * cost.cpu / number, 1),
                "wall_ms_per_return": round(1000 * cost.wall / number, 1),
            }
            rows.append(row)
            print(f"{road:14} {cost.stage:18}{row['queries_per_return']:14} "
                  f"{row['cpu_ms_per_return']:15} {row['wall_ms_per_return']:16}")  # fmt: skip
        for cost in costs if explain else ():
            print(f"\n-- {cost.stage}: {cost.queries} statements")
            for (line, core, what), count in cost.sources.most_common():
                if count >= max(2, number / 10):
                    print(f"{count:6}  {line}\n          {core}\n          {what}")
    return rows


def store(rows):
    """Append the rows to results.jsonl, and write the table of README.md anew."""
    from odoo.release import version

    git = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=HERE, capture_output=True, text=True, check=False)
    run = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": git.stdout.strip(),
        "odoo": version,
        "python": platform.python_version(),
        "machine": f"{os.cpu_count()} cores {platform.machine()}",
    }
    rows = [{**run, **row} for row in rows]
    with (HERE / "results.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    readme = HERE / "README.md"
    before, _old, after = re.split(r"(?s)(?<=<!-- begin -->\n)(.*?)(?=<!-- end -->)", readme.read_text())
    readme.write_text(before + table(rows) + after)


def table(rows):
    """:return: Markdown: stages down, numbers of returns across"""
    numbers = list(dict.fromkeys(row["n"] for row in rows))
    run = rows[0]
    lines = [
        f"{run['date'][:10]}, commit {run['commit']}, Odoo {run['odoo']}, Python {run['python']}, {run['machine']}.",
        "",
        "| | " + " | ".join(f"N = {n}: queries | CPU ms | wall ms" for n in numbers) + " |",
        "|---|" + "--:|" * 3 * len(numbers),
    ]
    cells = {(row["road"], row["stage"], row["n"]): row for row in rows}
    for road, stage in dict.fromkeys((row["road"], row["stage"]) for row in rows):
        figures = [
            f"{cells[road, stage, n][name]:.{digits}f}" for n in numbers
            for name, digits in (("queries_per_return", 1), ("cpu_ms_per_return", 0), ("wall_ms_per_return", 0))]
        bold = "**" if stage == "all" else ""
        lines.append(f"| {bold}{road}: {stage}{bold} | " + " | ".join(f"{bold}{figure}{bold}" for figure in figures) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
