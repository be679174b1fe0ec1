"""A room of five hundred people: its state, its members, one more of them, a message, a sync."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from tests.load.bench import Bench
from tests.load.connection import V3
from tests.load.measure import Measurement

Act = Callable[[int], Awaitable[object]]


async def run(bench: Bench) -> list[Measurement]:
    extent = bench.extent
    size, more = extent.of(500, 5), extent.of(10, 2)
    people = await bench.people(size + more)
    client = bench.client(people[0])
    room_id = await bench.create_room(client, "public_chat")
    await bench.join_all(room_id, people[1:size])
    late = [bench.client(account) for account in people[size:]]
    room = f"{V3}/rooms/{quote(room_id)}"

    def get(path: str) -> Act:
        return lambda _: client.call("GET", path)

    async def sync(number: int) -> object:
        path = f"{V3}/sync?timeout=0&set_presence=offline"
        return await late[number].call("GET", path, timeout=120)

    acts: list[tuple[str, str, int, Act]] = [
        ("state_big, state", "request", extent.of(30, 3), get(f"{room}/state")),
        ("state_big, members", "request", extent.of(30, 3), get(f"{room}/members")),
        ("state_big, joined members", "request", extent.of(30, 3), get(f"{room}/joined_members")),
        ("state_big, one more", "join", more, lambda n: bench.join(late[n], room_id)),
        ("state_big, send", "event", extent.of(40, 4), lambda _: bench.send(client, room_id)),
        ("state_big, initial sync", "sync", min(more, 5), sync),
    ]
    return [await _timed(bench, *act) for act in acts]


async def _timed(bench: Bench, what: str, unit: str, count: int, act: Act) -> Measurement:
    took: list[float] = []
    with bench.meter as span:
        for number in range(count):
            started = time.perf_counter()
            await act(number)
            took.append(time.perf_counter() - started)
    return span.measured(what, unit, count, took)
