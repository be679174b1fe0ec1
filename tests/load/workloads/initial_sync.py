"""Five people share two hundred rooms of thirty messages: a first /sync, and polls without news."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import orjson

from tests.load.bench import Bench, Job, compact
from tests.load.connection import V3, Account, Connection
from tests.load.measure import Measurement

_LAZY = compact({"room": {"state": {"lazy_load_members": True}, "timeline": {"limit": 20}}})
_POLLERS = 16


async def run(bench: Bench) -> list[Measurement]:
    people = await bench.people(5)
    await _fill(bench, people)
    await asyncio.sleep(bench.extent.rest)
    whole, _ = await _first(bench, people, "initial_sync", "")
    lazy, tokens = await _first(bench, people, "initial_sync, lazy members", f"&filter={_LAZY}")
    return [whole, lazy, await _polls(bench, people, tokens)]


async def _fill(bench: Bench, people: Sequence[Account]) -> None:
    """The rooms, with everybody in each."""

    def job(number: int) -> Job:
        async def fill(connection: Connection) -> None:
            clients = [bench.client(account, connection) for account in people]
            owner = clients[number % len(clients)]
            topic = "a room for the first sync"
            room_id = await bench.create_room(
                owner, "public_chat", name=f"room {number}", topic=topic
            )
            for client in clients:
                if client is not owner:
                    await bench.join(client, room_id)
            for message in range(bench.extent.of(30, 2)):
                await bench.send(clients[message % len(clients)], room_id)

        return fill

    await bench.each(job(number) for number in range(bench.extent.of(200, 3)))


async def _first(
    bench: Bench, people: Sequence[Account], what: str, query: str
) -> tuple[Measurement, dict[Account, str]]:
    """Everybody's first sync, one after the other, and the tokens that they got."""
    took: list[float] = []
    tokens: dict[Account, str] = {}
    bodies: list[bytes] = []
    with bench.meter as span:
        for account in people:
            client = bench.client(account)
            started = time.perf_counter()
            path = f"{V3}/sync?timeout=0&set_presence=offline{query}"
            bodies.append(await client.call("GET", path, timeout=300))
            took.append(time.perf_counter() - started)
    for account, body in zip(people, bodies, strict=True):
        tokens[account] = orjson.loads(body)["next_batch"]
    kib = sum(map(len, bodies)) / len(bodies) / 1024
    return span.measured(what, "sync", len(took), took, kib=kib), tokens


async def _polls(
    bench: Bench, people: Sequence[Account], tokens: dict[Account, str]
) -> Measurement:
    """Polls with nothing new, each connection with a filter of its own, so that no server can
    answer several at once."""
    end = time.perf_counter() + bench.extent.seconds / 2
    took: list[float] = []

    async def poll(number: int) -> None:
        account = people[number % len(people)]
        client, token = bench.client(account), tokens[account]
        own = compact(
            {
                "presence": {"not_types": ["*"]},
                "room": {
                    "state": {"lazy_load_members": True},
                    "timeline": {"limit": 20 + number},
                },
            }
        )
        path = f"{V3}/sync?since={token}&timeout=0&set_presence=offline&filter={own}"
        while (started := time.perf_counter()) < end:
            await client.call("GET", path)
            took.append(time.perf_counter() - started)

    with bench.meter as span:
        await asyncio.gather(*(poll(number) for number in range(_POLLERS)))
    return span.measured("initial_sync, then nothing new", "poll", len(took), took)
