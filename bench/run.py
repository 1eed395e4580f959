#!/usr/bin/env python3
"""usage: ./dev bench [--n 50,200] [--deep] [--explain] [--screens] [--duties] [--dry]

  --n 50,200   how many returns at once
  --deep       from 1 to 500, three times each; the best of three counts
  --explain    print, for each stage of our road, which lines of code send how many statements; writes nothing
  --screens    the screens only; writes nothing. With --explain: which lines of code send what
  --duties     what is done for many at once only; writes nothing. With --explain: which lines of code send what
  --goods      the goods only: 1,000 lines back to the shelf; writes nothing
  --credit     the credit notes only: of 1,000 returns, made and posted; writes nothing
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

#: lines, two a return, whose way to the shelf is measured
GOODS = (100, 1000)
#: returns of two lines whose credit notes are made and posted at once
CREDITED = (1000,)
#: what comes before the goods' way; the approval makes the return transfer and counts
BEFORE = ("file", "submit")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.removeprefix("usage: "))
    parser.add_argument("--n", default="50,200")
    parser.add_argument("--deep", action="store_true")
    parser.add_argument("--explain", action="store_true")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--screens", action="store_true")
    parser.add_argument("--duties", action="store_true")
    parser.add_argument("--goods", action="store_true")
    parser.add_argument("--credit", action="store_true")
    arguments = parser.parse_args()
    numbers = [1, 10, 50, 200, 500] if arguments.deep else [int(number) for number in arguments.n.split(",")]

    import odoo.tools
    from odoo.modules.registry import Registry

    odoo.tools.config.parse_config(["-c", os.environ["ODOO_RC"], "-d", os.environ["RETURNS_DB"], "--log-level=error"])
    registry = Registry(os.environ["RETURNS_DB"])
    in_part = arguments.screens or arguments.duties or arguments.goods or arguments.credit
    measure_roads(registry, 2)  # warm up
    rows = []
    for number in [] if in_part else numbers:
        costs = measure_roads(registry, number, repeat=3 if arguments.deep else 1, explain=arguments.explain)
        rows += report_roads(number, costs, arguments.explain)
    if arguments.goods or not (in_part or arguments.explain):
        for lines in GOODS:
            rows += report_goods(lines, measure_goods(registry, lines // 2))
    if arguments.credit or not (in_part or arguments.explain):
        for number in CREDITED:
            rows += report_credit(number, measure_credit(registry, number))
    if arguments.duties or not (in_part or arguments.explain):
        rows += report_duties(*measure_duties(registry, arguments.explain), arguments.explain)
    if arguments.screens or not (in_part or arguments.explain):
        rows += report_screens(measure_screens(registry, arguments.explain), arguments.explain)
    if not (arguments.dry or arguments.explain or in_part):
        store(rows)


@contextlib.contextmanager
def company(registry, number):
    """Yield (environment, users, ``number`` orders) that are gone afterwards."""
    import odoo.api

    from bench import world

    with registry.cursor() as cr:
        env = odoo.api.Environment(cr, odoo.api.SUPERUSER_ID, {})
        env = env(user=env.ref("base.user_admin"), context={"allowed_company_ids": env.company.ids})
        users = world.people(env)
        sales = world.orders(env, number, users["agent"]) if number else env["sale.order"]
        env.flush_all()
        cr.precommit.run()
        cr.execute("ANALYZE")  # a company's tables have statistics
        yield env, users, sales
        cr.rollback()


def measure_roads(registry, number, repeat=1, explain=False):
    """:return: {road: [cost of each stage]}, the best of ``repeat`` turns"""
    from bench import roads

    turns = {}
    with company(registry, number) as (env, users, sales):
        for road in [*roads.ROADS] * repeat:
            if explain and road != "ours":
                continue
            savepoint = env.cr.savepoint()
            meter = Meter(env, explain)
            roads.walk(road, meter, sales, users)
            roads.check(sales)
            turns.setdefault(road, []).append(meter.costs)
            savepoint.close(rollback=True)
            env.invalidate_all()
    return {
        road: [min(stage, key=lambda cost: cost.cpu) for stage in zip(*costs, strict=True)]
        for road, costs in turns.items()
    }


def measure_goods(registry, number):
    """:return: {road: cost of bringing the goods back to the shelf}, the return transfer made on approval included"""
    from bench import roads

    costs = {}
    with company(registry, number) as (env, users, sales):
        for road, (goods, _money) in roads.ROADS.items():
            savepoint = env.cr.savepoint()
            meter = Meter(env)
            goods(meter, sales, users)
            roads.check_goods(sales)
            stages = [cost for cost in meter.costs if cost.stage not in BEFORE]
            costs[road] = Cost("goods", *(sum(getattr(cost, name) for cost in stages) for name in ("queries", "cpu", "wall")))
            savepoint.close(rollback=True)
            env.invalidate_all()
    return costs


def measure_credit(registry, number):
    """:return: {road: cost of the credit notes, made and posted}: of accepted returns, and of invoices that have none"""
    from bench import roads

    costs = {}
    with company(registry, number) as (env, users, sales):
        for road, goods in (("Odoo, bulk", None), ("ours", roads.ours_goods)):
            savepoint = env.cr.savepoint()
            requests = goods(Meter(env), sales, users) if goods else None
            meter = Meter(env)
            roads.ROADS[road][1](meter, requests, sales, users)
            roads.check_credited(sales)
            costs[road] = Cost(
                "credit", *(sum(getattr(cost, name) for cost in meter.costs) for name in ("queries", "cpu", "wall")))
            savepoint.close(rollback=True)
            env.invalidate_all()
    return costs


def measure_screens(registry, explain=False):
    """:return: the cost of each screen"""
    from bench import roads, screens

    with company(registry, 80) as (env, users, sales):
        meter = Meter(env, explain)
        roads.walk("ours", Meter(env, after=lambda stage: screens.open_screens(meter, users, stage)), sales, users)
        return meter.costs


def measure_duties(registry, explain=False):
    """:return: [(duty, size, what, batches)], and the cost of each"""
    from bench import duties

    with company(registry, 0) as (env, users, _sales):
        meter = Meter(env, explain)
        return duties.measure(meter, users), meter.costs


def report_roads(number, costs_by_road, explain):
    """Print what was measured. :return: one row a road and stage"""
    rows = []
    print(f"\nN = {number:<4}                  queries/return   CPU ms/return   wall ms/return")
    for road, costs in costs_by_road.items():
        whole = Cost("all", *(sum(getattr(cost, name) for cost in costs) for name in ("queries", "cpu", "wall")))
        for cost in [*costs, whole]:
            row = {
                "n": number,
                "road": road,
                "stage": cost.stage,
                **_per_return(cost, number),
            }
            rows.append(row)
            print(f"{road:14} {cost.stage:18}{row['queries_per_return']:14} "
                  f"{row['cpu_ms_per_return']:15} {row['wall_ms_per_return']:16}")  # fmt: skip
        if explain:
            explain_costs(costs, max(2, number / 10))
    return rows


def _per_return(cost, number):
    return {
        "queries": cost.queries,
        "queries_per_return": round(cost.queries / number, 1),
        "cpu_ms_per_return": round(1000 * cost.cpu / number, 1),
        "wall_ms_per_return": round(1000 * cost.wall / number, 1),
    }


def report_goods(lines, costs):
    """Print what was measured. :return: one row a road"""
    rows = []
    print(f"\ngoods of {lines} lines     queries/100 lines   CPU ms/line   wall ms/line")
    for road, cost in costs.items():
        row = {
            "goods": road,
            "n": lines,
            "queries": cost.queries,
            "queries_per_100_lines": round(100 * cost.queries / lines, 1),
            "cpu_ms_per_line": round(1000 * cost.cpu / lines, 1),
            "wall_ms_per_line": round(1000 * cost.wall / lines, 1),
        }
        rows.append(row)
        print(f"{road:24}{row['queries_per_100_lines']:18}{row['cpu_ms_per_line']:14}{row['wall_ms_per_line']:15}")
    return rows


def report_credit(number, costs):
    """Print what was measured, and how we compare. :return: one row a road"""
    rows = []
    print(f"\ncredit notes of {number} returns   queries/return   CPU ms/return   wall ms/return")
    for road, cost in costs.items():
        row = {"credit": road, "n": number, **_per_return(cost, number)}
        rows.append(row)
        print(f"{road:28}{row['queries_per_return']:17}{row['cpu_ms_per_return']:16}{row['wall_ms_per_return']:17}")
    ours, theirs = costs["ours"], costs["Odoo, bulk"]
    print(f"{'ours / Odoo, bulk':28}{ours.queries / theirs.queries:17.2f}{ours.cpu / theirs.cpu:16.2f}"
          f"{ours.wall / theirs.wall:17.2f}   (goal: at most 1.20)")  # fmt: skip
    return rows


def report_duties(duties, costs, explain):
    """Print what was measured. :return: one row a duty and size"""
    rows = []
    print(f"\n{'duty':40}  queries  a batch   CPU ms   wall ms")
    for (duty, size, what, batches), cost in zip(duties, costs, strict=True):
        row = {
            "duty": duty,
            "n": size,
            "of": what,
            "queries": cost.queries,
            "queries_per_batch": round(cost.queries / batches, 1),
            "cpu_ms": round(1000 * cost.cpu, 1),
            "wall_ms": round(1000 * cost.wall, 1),
        }
        rows.append(row)
        print(f"{duty + f', {size} {what}':40}{cost.queries:9}{row['queries_per_batch']:9}{row['cpu_ms']:9}"
              f"{row['wall_ms']:10}")  # fmt: skip
    if explain:
        explain_costs(costs, 10)
    return rows


def report_screens(costs, explain):
    """Print what was measured. :return: one row a screen"""
    rows = []
    print(f"\n{'screen':44}  queries   CPU ms   wall ms")
    for cost in costs:
        row = {
            "screen": cost.stage,
            "queries": cost.queries,
            "cpu_ms": round(1000 * cost.cpu, 1),
            "wall_ms": round(1000 * cost.wall, 1),
        }
        rows.append(row)
        print(f"{cost.stage:44}{cost.queries:9}{row['cpu_ms']:9}{row['wall_ms']:10}")
    if explain:
        explain_costs(costs, 1)
    return rows


def explain_costs(costs, least):
    for cost in costs:
        print(f"\n-- {cost.stage}: {cost.queries} statements")
        for (line, core, what), count in cost.sources.most_common():
            if count >= least:
                print(f"{count:6}  {line}\n          {core}\n          {what}")


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
    with (HERE / "results.jsonl").open("a") as file:
        file.writelines(json.dumps({**run, **row}) + "\n" for row in rows)
    readme = HERE / "README.md"
    before, _old, after = re.split(r"(?s)(?<=<!-- begin -->\n)(.*?)(?=<!-- end -->)", readme.read_text())
    about = f"{run['date'][:10]}, commit {run['commit']}, Odoo {run['odoo']}, Python {run['python']}, {run['machine']}."
    roads_ = [row for row in rows if "road" in row]
    goods_ = [row for row in rows if "goods" in row]
    credit_ = [row for row in rows if "credit" in row]
    duties_ = [row for row in rows if "duty" in row]
    screens_ = [row for row in rows if "screen" in row]
    tables = (
        table_of_roads(roads_), table_of_goods(goods_), table_of_credit(credit_), table_of_duties(duties_),
        table_of_screens(screens_))
    readme.write_text("\n".join([before + about, *(line for table in tables for line in ("", *table)), after]))


def table_of_roads(rows):
    """:return: lines of Markdown: stages down, numbers of returns across"""
    numbers = list(dict.fromkeys(row["n"] for row in rows))
    cells = {(row["road"], row["stage"], row["n"]): row for row in rows}
    yield "| per return | " + " | ".join(f"N = {n}: queries | CPU ms | wall ms" for n in numbers) + " |"
    yield "|---|" + "--:|" * 3 * len(numbers)
    for road, stage in dict.fromkeys((row["road"], row["stage"]) for row in rows):
        figures = []
        for row in (cells[road, stage, n] for n in numbers):
            figures.append(f"{row['queries_per_return']:.1f}")
            figures += [f"{row[name]:.0f}" for name in ("cpu_ms_per_return", "wall_ms_per_return")]
        bold = "**" if stage == "all" else ""
        yield f"| {bold}{road}: {stage}{bold} | " + " | ".join(f"{bold}{figure}{bold}" for figure in figures) + " |"


def table_of_goods(rows):
    yield "| receive, inspect, restock | lines | queries per 100 lines | CPU ms a line | wall ms a line |"
    yield "|---|--:|--:|--:|--:|"
    for row in rows:
        yield (f"| {row['goods']} | {row['n']:,} | {row['queries_per_100_lines']:.0f} | {row['cpu_ms_per_line']:.1f} "
               f"| {row['wall_ms_per_line']:.1f} |")


def table_of_credit(rows):
    yield "| credit notes, made and posted | returns | queries | CPU ms | wall ms a return |"
    yield "|---|--:|--:|--:|--:|"
    for row in rows:
        yield (f"| {row['credit']} | {row['n']:,} | {row['queries_per_return']:.1f} | {row['cpu_ms_per_return']:.1f} "
               f"| {row['wall_ms_per_return']:.1f} |")


def table_of_duties(rows):
    yield "| done for many at once | queries | a batch | CPU ms | wall ms |"
    yield "|---|--:|--:|--:|--:|"
    for row in rows:
        yield (f"| {row['duty']}, {row['n']:,} {row['of']} | {row['queries']} | {row['queries_per_batch']} "
               f"| {row['cpu_ms']:.0f} | {row['wall_ms']:.0f} |")


def table_of_screens(rows):
    yield "| screen | queries | CPU ms | wall ms |"
    yield "|---|--:|--:|--:|"
    for row in rows:
        yield f"| {row['screen']} | {row['queries']} | {row['cpu_ms']:.0f} | {row['wall_ms']:.0f} |"


if __name__ == "__main__":
    main()
