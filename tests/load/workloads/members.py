"""One person writes into rooms of two people and of thousands: what members cost who are away.

One after the other, so that the cost of a message is that of one alone, nothing shared.
"""

from __future__ import annotations

from tests.load.bench import Bench
from tests.load.closed_loop import closed_loop
from tests.load.measure import Measurement

_SIZES = (2, 50, 500, 5_000)


async def run(bench: Bench) -> list[Measurement]:
    sizes = [bench.extent.of(size, 2) for size in _SIZES]
    people = await bench.people(max(sizes))
    sender = bench.client(people[0])
    rooms: list[str] = []
    for size in sizes:
        room_id = await bench.create_room(sender, "public_chat")
        await bench.join_all(room_id, people[1:size])
        rooms.append(room_id)
    seconds = bench.extent.seconds / 2
    return [
        await closed_loop(
            bench,
            f"members, {full}",
            [(sender, room_id)],
            seconds=seconds,
            warm_up=bench.extent.rest,
        )
        for full, room_id in zip(_SIZES, rooms, strict=True)
    ]
