"""Measures a homeserver: `python -m tests.load` starts ours on each database in turn.

    python -m tests.load --workloads send_many,fanout --databases sqlite --output ours.json
    python -m tests.load --base http://127.0.0.1:8108 --pid 4711 --databases sqlite -o other.json
    python -m tests.load --compare other.json ours.json
    python -m tests.load tasks              # the tasks service: tests/load/tasks_bench.py
    python -m tests.load --profile --workloads send_many --databases sqlite

Nothing but the client-server API is used, so any homeserver can be measured. It must be on this
machine, allow registration, and limit nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import uvloop

from tests.load.bench import Bench, Extent, loopback
from tests.load.catalogue import WORKLOADS, Workload, chosen
from tests.load.compare import comparison, reports_of
from tests.load.measure import Meter
from tests.load.processes import ProcessTree
from tests.load.profile import Profiler
from tests.load.report import ServerReport, table
from tests.load.servers import (
    DATABASES,
    Cores,
    Target,
    default_folder,
    own_server,
    refuse_memory,
)

_WORKLOAD_SECONDS = 1200.0
"""The longest that one workload takes, its preparation included."""


def arguments(given: list[str]) -> argparse.Namespace:
    """What is asked for. Exits with a sentence for what makes no sense."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.load", description="Measure a homeserver of this machine."
    )
    parser.add_argument("--workloads", default="", help=f"of {','.join(WORKLOADS)}; default: all")
    parser.add_argument(
        "--databases",
        default=",".join(DATABASES),
        help="to start our server on; with --base: the one name to report the server's under",
    )
    parser.add_argument("--base", help="measure the server at http://127.0.0.1:PORT instead")
    parser.add_argument("--registration", default="dummy", help="dummy, token:T or secret:S")
    parser.add_argument("--pid", type=int, help="process of the server at --base")
    parser.add_argument("--database-pid", type=int, help="process of its database")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each long span (20)")
    parser.add_argument("--scale", type=float, default=1.0, help="of what is made first (1)")
    parser.add_argument("--processes", type=int, default=1, help="of our server, on PostgreSQL (1)")
    parser.add_argument("--folder", type=Path, help="on a disk, for the data (/var/tmp)")
    parser.add_argument("--priority", type=int, help="niceness of all that takes part, say -15")
    parser.add_argument(
        "--profile", action="store_true", help="tell where the server's CPU goes (and slow it)"
    )
    parser.add_argument("--output", "-o", type=Path, help="write the figures here as JSON")
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar="JSON", help="compare two outputs; no measuring"
    )
    options = parser.parse_args(given)
    try:
        options.workloads = chosen(options.workloads)
        options.databases = [name.strip() for name in options.databases.split(",") if name.strip()]
        if options.base:
            loopback(options.base)
        elif options.processes > 1 and options.databases != ["postgresql"]:
            raise ValueError("several processes need --databases postgresql")
        elif unknown := set(options.databases) - set(DATABASES):
            raise ValueError(f"no database {', '.join(unknown)}: there are {', '.join(DATABASES)}")
    except ValueError as error:
        parser.error(str(error))
    return options


@contextmanager
def target(database: str, options: argparse.Namespace, cores: Cores) -> Iterator[Target]:
    """The server to measure, pinned to its core."""
    if not options.base:
        folder = options.folder or default_folder()
        refuse_memory(folder)
        with own_server(
            database, folder, cores, priority=options.priority, processes=options.processes
        ) as own:
            yield own
        return
    server, behind = ProcessTree(options.pid), ProcessTree(options.database_pid)
    server.pin(cores.server)
    behind.pin(cores.database)
    yield Target(
        options.base, server, behind, idle_mib=round(server.memory(), 1) if server else None
    )


async def measure(
    database: str,
    target: Target,
    workloads: Mapping[str, Workload],
    extent: Extent,
    *,
    registration: str = "dummy",
    priority: int | None = None,
    profiler: Profiler | None = None,
) -> ServerReport:
    """Run the workloads one after the other. One that fails is reported and ends only itself."""
    meter = Meter(target.server, target.database, priority=priority, profiler=profiler)
    bench = Bench(target.base, meter, extent, registration=registration)
    report = ServerReport(database, start_s=target.start_s, idle_mib=target.idle_mib)
    report.software = await bench.server_name()
    for name, run in workloads.items():
        print(f"{database}: {name}", file=sys.stderr, flush=True)
        try:
            async with asyncio.timeout(_WORKLOAD_SECONDS):
                report.measurements += await run(bench)
        except Exception as error:
            report.failed[name] = f"{type(error).__name__}: {error}"
        finally:
            bench.close()
        await asyncio.sleep(extent.rest)
    report.after_mib = round(target.server.memory(), 1) if target.server else None
    report.database_mib = round(target.database.memory(), 1) if target.database else None
    return report


def run(options: argparse.Namespace) -> int:
    """Measure, print and write. 0 when every workload gave figures."""
    available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    cores = Cores.of(available)
    own = ProcessTree(os.getpid())
    own.pin(cores.load)
    if options.priority is not None:
        own.prioritise(options.priority)
    extent = Extent(options.seconds, options.scale)
    databases = options.databases[:1] if options.base else options.databases
    reports: list[ServerReport] = []
    for database in databases:
        with (
            target(database, options, cores) as server,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
            tempfile.TemporaryDirectory(prefix="team-profile-") as samples,
        ):
            report = runner.run(
                measure(
                    database,
                    server,
                    options.workloads,
                    extent,
                    registration=options.registration,
                    priority=options.priority,
                    profiler=Profiler(Path(samples)) if options.profile else None,
                )
            )
        reports.append(report)
        print(f"\n{table(report)}\n", flush=True)
        for measured in report.measurements:
            if measured.profile is not None:
                print(f"{measured.what}: where the CPU of one {measured.unit} went")
                print(measured.profile.table(per_unit_ms=measured.figures.get("cpu_ms")))
    if options.output is not None:
        document: dict[str, Any] = {
            "when": time.strftime("%FT%TZ", time.gmtime()),
            "machine": _machine(available),
            "seconds": extent.seconds,
            "scale": extent.scale,
            "servers": [report.to_json() for report in reports],
        }
        options.output.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return 1 if any(report.failed for report in reports) else 0


def _machine(cores: list[int]) -> dict[str, Any]:
    return {"system": platform.platform(), "python": platform.python_version(), "cores": len(cores)}


def main(given: list[str]) -> int:
    if given[:1] == ["tasks"]:
        from tests.load import tasks_bench

        return tasks_bench.run(given[1:])
    options = arguments(given)
    if options.compare:
        first, second = (reports_of(orjson.loads(path.read_bytes())) for path in options.compare)
        print(comparison(first, second))
        return 0
    try:
        return run(options)
    except (OSError, RuntimeError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
