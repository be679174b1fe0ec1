"""Senders who each send as soon as their last message was answered."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.load.bench import Bench
from tests.load.connection import Client
from tests.load.measure import Measurement

_MOST = 200_000
"""Messages of one sender, whatever the time."""


async def closed_loop(
    bench: Bench,
    what: str,
    senders: Sequence[tuple[Client, str]],
    *,
    seconds: float,
    warm_up: float,
) -> Measurement:
    """Events per second, and how long one takes. senders: each with the room they write in.

    What counts was sent and answered within the span, which on a very slow server lasts until the
    first of them was.
    """
    latencies: list[float] = []
    begun, over = asyncio.Event(), asyncio.Event()
    answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def send(client: Client, room_id: str) -> None:
        for _ in range(_MOST):
            counts = begun.is_set()
            sent = time.perf_counter()
            await bench.send(client, room_id)
            if over.is_set():
                return
            if counts:
                latencies.append(time.perf_counter() - sent)
                if not answered.done():
                    answered.set_result(None)

    tasks = [asyncio.create_task(send(client, room_id)) for client, room_id in senders]
    try:
        await asyncio.sleep(warm_up)
        begun.set()
        with bench.meter as span:
            await asyncio.sleep(seconds)
            await asyncio.wait({answered, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        over.set()
        await asyncio.gather(*tasks)
    finally:
        answered.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return span.measured(what, "event", len(latencies), latencies)
