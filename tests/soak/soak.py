"""A long day of a company in little time, while somebody looks at the server's memory."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field

from tests.load import bench as load
from tests.load.bench import Bench
from tests.load.measure import Meter
from tests.load.processes import ProcessTree
from tests.soak import check, company
from tests.soak.memory import Ceiling, Sample, broken, caches_of, own_and_mapped
from tests.soak.traffic import Traffic

_SQLITE_PAGES_MIB = 12
_SQLITE_MAP_MIB = 96
"""Of three connections, each with pages of its own and a map of its own (storage/sqlite.py)."""
_LONGER = 900.0
_FOLLOW = 200


@dataclass(frozen=True)
class Extent:
    """How much is done. events: written, the rooms' own ones besides. words: the longest of most
    messages, in phrases. pause: seconds between two syncs of one who follows; every: between two
    samples. requests: MiB that requests under way may take. seconds: after so many nothing more is
    written.
    """

    rooms: int
    events: int
    people: int
    caches: float
    senders: int = 32
    words: int = 8
    pause: float = 8.0
    every: float = 5.0
    seconds: float = 7_200.0
    requests: float = 96.0
    seed: int = 1


@dataclass
class Report:
    """What was seen. failures: sentences; none when all is well."""

    ceiling: Ceiling
    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    done: str = ""


async def soak(base: str, server: ProcessTree, extent: Extent, *, sqlite: bool) -> Report:
    """Runs it. Raises TimeoutError if it takes far longer than asked for, and what the server
    refuses."""
    bench = Bench(base, Meter(server, ProcessTree(None)), load.Extent())
    started = time.perf_counter()
    idle, mapped, _ = own_and_mapped(server)
    pages = _SQLITE_PAGES_MIB if sqlite else 0.0
    report = Report(
        Ceiling(
            idle, extent.caches, pages, extent.requests, mapped + (_SQLITE_MAP_MIB if sqlite else 0)
        )
    )
    traffic: Traffic | None = None

    async def look() -> None:
        report.samples.append(
            Sample(
                time.perf_counter() - started,
                0 if traffic is None else traffic.events,
                *own_and_mapped(server),
                await caches_of(bench),
            )
        )
        latest = report.samples[-1]
        print(
            f"{latest.seconds:6.0f} s  {latest.events:8d} events  {latest.own:6.1f} MiB own,"
            f" {latest.mapped:6.1f} mapped, {latest.total('bytes') / 1_048_576:6.1f} in caches",
            file=sys.stderr,
            flush=True,
        )

    async def look_often() -> None:
        while True:
            await look()
            await asyncio.sleep(extent.every)

    try:
        async with asyncio.timeout(extent.seconds + _LONGER):
            watching = asyncio.create_task(look_often())
            rooms = await company.found(bench, extent.rooms, extent.people, extent.seed)
            traffic = Traffic(bench, rooms, extent.seed, extent.words)
            until = started + extent.seconds
            beside = _beside(traffic, rooms, extent)
            tasks = [watching, *map(asyncio.create_task, beside)]
            try:
                writing = asyncio.create_task(traffic.write(extent.events, extent.senders, until))
                await asyncio.wait([writing, *tasks], return_when=asyncio.FIRST_COMPLETED)
                for task in (*tasks, writing):
                    if task.done():
                        task.result()  # what runs for ever has failed
                await writing
            finally:
                for task in (*tasks, writing):
                    task.cancel()
                await asyncio.gather(*tasks, writing, return_exceptions=True)
            bench.close()
            report.failures += await check.wrong(bench, rooms)
            await look()
    finally:
        bench.close()
    took = time.perf_counter() - started
    report.done = (
        f"{traffic.events} events in {len(rooms)} rooms, {traffic.syncs} answers of /sync,"
        f" {traffic.first_syncs} first ones, {traffic.pages} pages of history in {took:.0f} s"
    )
    report.failures += broken(report.samples, report.ceiling)
    return report


def _beside(
    traffic: Traffic, rooms: list[company.Room], extent: Extent
) -> list[Coroutine[None, None, None]]:
    """Who does what meanwhile: some hundred follow, some come anew, some look back."""
    found = Counter(member for room in rooms for member in room.members)
    everyone = [member for member, _ in found.most_common()]
    # Those in most rooms come anew, again and again; the others follow.
    following = everyone[-min(_FOLLOW, len(everyone)) :]
    return [
        *(traffic.follow(account, extent.pause) for account in following),
        traffic.come_anew(everyone[:5], 2 * extent.pause),
        traffic.look_back(extent.pause / 4),
        traffic.look_back(extent.pause / 4),
    ]
