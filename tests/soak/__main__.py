"""`python -m tests.soak`: ten thousand rooms, a million events, memory under its ceiling."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import uvloop

from tests.load.processes import ProcessTree
from tests.load.servers import DATABASES, Cores, default_folder, own_server, refuse_memory
from tests.soak.memory import caches_table, table
from tests.soak.soak import Extent, Report, soak

_LINES = 40


def arguments(given: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.soak", description="Fill a server and watch its memory."
    )
    parser.add_argument("--rooms", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=1_000)
    parser.add_argument("--senders", type=int, default=32, help="who write at once (32)")
    parser.add_argument("--caches", type=float, default=192.0, help="caches.total_mib (192)")
    parser.add_argument("--seconds", type=float, default=7_200.0, help="write no longer (7200)")
    parser.add_argument("--pause", type=float, default=8.0, help="between two syncs of one (8)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between samples (5)")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--folder", type=Path, help="on a disk, for the data (/var/tmp)")
    return parser.parse_args(given)


def main(given: list[str]) -> int:
    """Runs and prints. 0 when everything held."""
    options = arguments(given)
    folder = options.folder or default_folder()
    refuse_memory(folder)
    cores = Cores.of(sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [])
    ProcessTree(os.getpid()).pin(cores.load)
    extent = Extent(
        options.rooms,
        options.events,
        options.people,
        options.caches,
        senders=options.senders,
        seconds=options.seconds,
        pause=options.pause,
        every=options.every,
    )
    sqlite = options.database == "sqlite"
    environ = {"CACHES_MIB": str(options.caches)}
    with (
        own_server(options.database, folder, cores, starts=2, environ=environ) as target,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        report = runner.run(soak(target.base, target.server, extent, sqlite=sqlite))
    show(report)
    return 1 if report.failures else 0


def show(report: Report) -> None:
    """The tables, what was done, and what did not hold."""
    step = max(1, len(report.samples) // _LINES)
    print(table(report.samples[::step] + report.samples[-1:]))
    print(f"\n{caches_table(report.samples[-1])}\n")
    print(report.done)
    print(f"ceiling: {report.ceiling}")
    print(f"most: {max(sample.own for sample in report.samples):.0f} MiB of its own")
    for failure in report.failures:
        print(f"NOT HELD: {failure}")
    if not report.failures:
        print("Everything held.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
