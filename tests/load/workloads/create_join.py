"""Rooms are created one after the other; fifty people join one, singly and ten at a time."""

from __future__ import annotations

import time

from tests.load.bench import Bench
from tests.load.measure import Measurement


async def run(bench: Bench) -> list[Measurement]:
    owner, *people = await bench.people(1 + bench.extent.of(50, 3))
    client = bench.client(owner)
    await bench.create_room(client)
    took: list[float] = []
    with bench.meter as span:
        for number in range(bench.extent.of(30, 3)):
            started = time.perf_counter()
            await bench.create_room(client, name=f"room {number}")
            took.append(time.perf_counter() - started)
    found = [span.measured("create_join, create", "room", len(took), took)]
    for what, width in (("create_join, join singly", 1), ("create_join, join by ten", 10)):
        room_id = await bench.create_room(client, "public_chat")
        with bench.meter as span:
            took = await bench.join_all(room_id, people, width)
        found.append(span.measured(what, "join", len(took), took))
    return found
