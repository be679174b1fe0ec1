"""What stands before two processes at the address of the registration, and does its worst.

It hands each transaction of the homeserver to one process or to both, sometimes keeps an
acknowledgement to itself, and tells again what was told long ago, in any order.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from tests.harness.fire.processes import Fleet

_KEPT = 40


@dataclass
class Front:
    """told: transactions as the homeserver sent them: (path, body). only: the process that gets
    everything; None: any."""

    fleet: Fleet
    rng: random.Random
    session: aiohttp.ClientSession
    told: list[tuple[str, bytes]] = field(default_factory=list)
    unkind: bool = True
    only: int | None = None

    async def handle(self, request: web.Request) -> web.Response:
        """One request of the homeserver."""
        body = await request.read()
        if request.method == "PUT" and (request.path, body) not in self.told[-_KEPT:]:
            self.told.append((request.path, body))
        order = [0, 1] if self.only is None else [self.only]
        self.rng.shuffle(order)
        roll = self.rng.random() if self.unkind else 1.0
        if roll < 0.15:
            taken = await asyncio.gather(*(self.pass_on(n, request.path, body) for n in order))
            return web.json_response({}, status=200 if any(taken) else 502)
        for number in order:
            if await self.pass_on(number, request.path, body, method=request.method):
                # Once in a while the answer is lost, and the homeserver asks again.
                return web.json_response({}, status=502 if roll > 0.9 and self.unkind else 200)
        return web.json_response({}, status=502)

    async def pass_on(self, number: int, path: str, body: bytes, *, method: str = "PUT") -> bool:
        """Whether a process took it."""
        headers = {"Authorization": f"Bearer {self.fleet.hs_token}"}
        url = self.fleet.tasks[number].url + path
        try:
            async with self.session.request(method, url, data=body, headers=headers) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False

    async def tell_again(self, *, renamed: bool) -> None:
        """What was told last, in any order and to both. renamed: as if never told before."""
        again = self.told[-_KEPT:]
        self.rng.shuffle(again)
        self.fleet.note(f"{len(again)} transactions told again, renamed={renamed}")
        for path, body in again:
            ending = f"again{self.rng.getrandbits(32)}" if renamed else ""
            for number in self.rng.sample([0, 1], self.rng.choice([1, 2])):
                await self.pass_on(number, path + ending, body)


@contextlib.asynccontextmanager
async def front_of(fleet: Fleet, rng: random.Random) -> AsyncIterator[Front]:
    """Listens for as long as the block runs."""
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as session:
        front = Front(fleet, rng, session)
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{tail:.*}", front.handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", fleet.front, reuse_address=True).start()
            yield front
        finally:
            await runner.cleanup()
