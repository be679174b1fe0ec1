"""Two hundred people of one room wait in /sync: how soon a message reaches them, how many do.

A message carries the moment at which it was sent; a delivery is a message that one of them has
read. Three spans: one message at a time on an idle server, two a second, and as many as one sender
can send.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence

import orjson

from tests.load.bench import Bench, Job, compact
from tests.load.connection import V3, Account, Client, Connection
from tests.load.measure import Measurement, Meter, quantiles

_FILTER = compact(
    {
        "presence": {"not_types": ["*"]},
        "room": {"state": {"lazy_load_members": True}, "timeline": {"limit": 100}},
    }
)
_NEXT = re.compile(rb'"next_batch"\s*:\s*"([^"\\]+)"')
_SENT = re.compile(rb"sent:(\d+);")
_PACE = 0.5
_PATIENCE = 40.0
"""Seconds after the last message in which it has to arrive everywhere."""


class Audience:
    """People who wait in /sync and say how long each message took to reach them."""

    def __init__(self, bench: Bench, people: Sequence[Account]) -> None:
        self._bench = bench
        self._people = people
        self._tasks: list[asyncio.Task[None]] = []
        self.latencies: list[float] = []

    async def start(self) -> None:
        """Everybody syncs once, and from then on waits for more."""
        tokens: dict[Account, str] = {}

        def job(account: Account) -> Job:
            async def sync(connection: Connection) -> None:
                client = self._bench.client(account, connection)
                path = f"{V3}/sync?timeout=0&set_presence=offline&filter={_FILTER}"
                tokens[account] = (await client.json("GET", path, timeout=120))["next_batch"]

            return sync

        await self._bench.each(job(account) for account in self._people)
        self._tasks = [
            asyncio.create_task(self._wait(self._bench.client(account), tokens[account]))
            for account in self._people
        ]

    async def _wait(self, client: Client, token: str) -> None:
        while True:
            path = f"{V3}/sync?since={token}&timeout=30000&set_presence=offline&filter={_FILTER}"
            body = await client.call("GET", path, timeout=90)
            arrived = time.perf_counter()
            found = _NEXT.search(body)
            token = found[1].decode() if found else orjson.loads(body)["next_batch"]
            self.latencies += [arrived - int(sent) / 1e9 for sent in _SENT.findall(body)]

    async def reached(self, messages: int) -> None:
        """Wait until everybody has so many messages of this span. Raises TimeoutError, and what
        happened to anybody who no longer waits."""
        end = time.perf_counter() + _PATIENCE
        while len(self.latencies) < messages * len(self._people):
            for task in self._tasks:
                if task.done():
                    task.result()
            if time.perf_counter() > end:
                missing = messages * len(self._people) - len(self.latencies)
                raise TimeoutError(f"{missing} deliveries are missing")
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Fanout:
    """The three spans."""

    def __init__(self, bench: Bench, sender: Account, audience: Audience, room_id: str) -> None:
        self._bench = bench
        self._account = sender
        self._sender = bench.client(sender)
        self._audience = audience
        self._room_id = room_id

    async def idle(self) -> Measurement:
        """One message; the next when all have it."""
        count = self._bench.extent.of(10, 2)
        everywhere: list[float] = []
        self._audience.latencies.clear()
        with self._bench.meter as span:
            for number in range(count):
                started = time.perf_counter()
                await self._send(self._sender)
                await self._audience.reached(number + 1)
                everywhere.append(time.perf_counter() - started)
                await asyncio.sleep(self._bench.extent.rest / 5)
        return self._measured(span, "fanout, idle", all_ms=quantiles(everywhere)["p50_ms"])

    async def paced(self) -> Measurement:
        """Two messages a second, whether or not the last one has arrived."""
        count = max(2, round(self._bench.extent.seconds / _PACE))
        self._audience.latencies.clear()
        clients = [self._bench.client(self._account) for _ in range(8)]
        with self._bench.meter as span:
            started = time.perf_counter()
            sending: list[asyncio.Task[None]] = []
            for number in range(count):
                await asyncio.sleep(max(0.0, started + number * _PACE - time.perf_counter()))
                turn = number % len(clients)
                if number >= len(clients):
                    await sending[number - len(clients)]
                sending.append(asyncio.create_task(self._send(clients[turn])))
            await asyncio.gather(*sending)
            await self._audience.reached(count)
        return self._measured(span, "fanout, paced")

    async def saturated(self) -> Measurement:
        """One message after the other as fast as one sender can."""
        end = time.perf_counter() + self._bench.extent.seconds / 2
        self._audience.latencies.clear()
        sent = 0
        with self._bench.meter as span:
            while time.perf_counter() < end:
                await self._send(self._sender)
                sent += 1
            await self._audience.reached(sent)
        return self._measured(span, "fanout, saturated", sent=sent)

    async def warm_up(self) -> None:
        self._audience.latencies.clear()
        await self._send(self._sender)
        await self._send(self._sender)
        await self._audience.reached(2)

    def _measured(self, span: Meter, what: str, **more: float) -> Measurement:
        latencies = self._audience.latencies
        return span.measured(what, "delivery", len(latencies), latencies, **more)

    async def _send(self, client: Client) -> None:
        await self._bench.send(client, self._room_id, f"sent:{int(time.perf_counter() * 1e9)};")


async def run(bench: Bench) -> list[Measurement]:
    size = bench.extent.of(200, 4)
    sender, *people = await bench.people(size + 1)
    room_id = await bench.create_room(bench.client(sender), "public_chat")
    await bench.join_all(room_id, people)
    audience = Audience(bench, people)
    fanout = _Fanout(bench, sender, audience, room_id)
    await audience.start()
    try:
        await asyncio.sleep(bench.extent.rest)
        await fanout.warm_up()
        found = [await fanout.idle(), await fanout.paced()]
        await asyncio.sleep(bench.extent.rest)
        return [*found, await fanout.saturated()]
    finally:
        await audience.stop()
