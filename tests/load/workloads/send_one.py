"""One person in one room sends one message after the other: what a send takes by itself."""

from __future__ import annotations

from tests.load.bench import Bench
from tests.load.closed_loop import closed_loop
from tests.load.measure import Measurement


async def run(bench: Bench) -> list[Measurement]:
    (account,) = await bench.people(1)
    client = bench.client(account)
    senders = [(client, await bench.create_room(client))]
    seconds = bench.extent.seconds / 2
    return [
        await closed_loop(bench, "send_one", senders, seconds=seconds, warm_up=bench.extent.rest)
    ]
