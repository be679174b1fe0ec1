"""Somebody pages back through five thousand events, a hundred at a time; then once more."""

from __future__ import annotations

import time
from urllib.parse import quote

from tests.load.bench import Bench, Job
from tests.load.connection import V3, Client, Connection
from tests.load.measure import Measurement

_PAGE = 100


async def run(bench: Bench) -> list[Measurement]:
    (account,) = await bench.people(1)
    client = bench.client(account)
    room_id = await bench.create_room(client)

    def job() -> Job:
        async def send(connection: Connection) -> None:
            await bench.send(bench.client(account, connection), room_id)

        return send

    messages = bench.extent.of(5000, 200)
    await bench.each(job() for _ in range(messages))
    return [
        await _page(bench, client, room_id, what, messages)
        for what in ("backfill", "backfill, again")
    ]


async def _page(
    bench: Bench, client: Client, room_id: str, what: str, messages: int
) -> Measurement:
    took: list[float] = []
    events, start = 0, ""
    with bench.meter as span:
        for _ in range(messages // _PAGE + 10):
            started = time.perf_counter()
            path = f"{V3}/rooms/{quote(room_id)}/messages?dir=b&limit={_PAGE}{start}"
            page = await client.json("GET", path)
            took.append(time.perf_counter() - started)
            events += len(page["chunk"])
            if not page["chunk"] or "end" not in page:
                break
            start = f"&from={quote(page['end'])}"
    if events < messages:
        raise RuntimeError(f"{events} events came back, {messages} were sent")
    return span.measured(what, "event", events, took)
