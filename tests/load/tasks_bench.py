"""Measures the tasks service: `make bench ARGS="tasks"`.

python -m tests.load tasks --what lists --databases sqlite
python -m tests.load tasks --what latency --commands 200 --priority -15
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import uvloop

from tests.load import tasks_latency, tasks_lists
from tests.load.measure import Meter
from tests.load.processes import ProcessTree
from tests.load.report import ServerReport, table
from tests.load.servers import DATABASES, Cores, default_folder, refuse_memory

WHAT = ("latency", "lists")


def arguments(given: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load tasks", description="Measure the tasks service."
    )
    parser.add_argument("--what", default=",".join(WHAT), help=f"of {','.join(WHAT)}")
    parser.add_argument("--databases", default=",".join(DATABASES), help="of sqlite,postgresql")
    parser.add_argument("--commands", type=int, default=200, help="how many are timed (200)")
    parser.add_argument("--rounds", type=int, default=10, help="of each list (10)")
    parser.add_argument("--show", type=int, default=12, help="how many lists are shown (12)")
    parser.add_argument("--folder", type=Path, help="on a disk, for the data (/var/tmp)")
    parser.add_argument("--priority", type=int, help="niceness of all that takes part, say -15")
    return parser.parse_args(given)


def run(given: list[str]) -> int:
    """Measures and prints; 0 when everything gave figures."""
    options = arguments(given)
    folder = options.folder or default_folder()
    refuse_memory(folder)
    if options.priority is not None:
        ProcessTree(os.getpid()).prioritise(options.priority)
    for database in options.databases.split(","):
        report = ServerReport(database)
        if "latency" in options.what:
            with tasks_latency.own_company(
                database, folder, Cores.of([]), priority=options.priority
            ) as (server, tree, behind):
                meter = Meter(tree, behind, priority=options.priority)
                report.measurements += uvloop.run(
                    tasks_latency.measure(server, meter, options.commands)
                )
        listed: list[tasks_lists.Listed] = []
        if "lists" in options.what:
            whole, listed = uvloop.run(
                tasks_lists.measure(
                    database, folder, rounds=options.rounds, priority=options.priority
                )
            )
            report.measurements.append(whole)
        print(f"\n{table(report)}\n", flush=True)
        if listed:
            slow = sum(each.p50_ms > tasks_lists.BOUND_MS for each in listed)
            print(f"{slow} of {len(listed)} lists above {tasks_lists.BOUND_MS:.0f} ms; slowest:")
            print(tasks_lists.shown(listed, options.show), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(run(sys.argv[1:]))
