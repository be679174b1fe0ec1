"""Thirty-two people in rooms of their own send as fast as they can: what a server can take."""

from __future__ import annotations

import asyncio

from tests.load.bench import Bench
from tests.load.closed_loop import closed_loop
from tests.load.measure import Measurement


async def run(bench: Bench) -> list[Measurement]:
    clients = [bench.client(account) for account in await bench.people(bench.extent.of(32, 2))]
    rooms = await asyncio.gather(*(bench.create_room(client) for client in clients))
    senders = list(zip(clients, rooms, strict=True))
    seconds, warm_up = bench.extent.seconds, 2 * bench.extent.rest
    return [await closed_loop(bench, "send_many", senders, seconds=seconds, warm_up=warm_up)]
