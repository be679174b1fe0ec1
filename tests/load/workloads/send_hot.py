"""Thirty-two people send into one room as fast as they can: every event builds on the last."""

from __future__ import annotations

from tests.load.bench import Bench
from tests.load.closed_loop import closed_loop
from tests.load.measure import Measurement


async def run(bench: Bench) -> list[Measurement]:
    people = await bench.people(bench.extent.of(32, 2))
    clients = [bench.client(account) for account in people]
    room_id = await bench.create_room(clients[0], "public_chat")
    await bench.join_all(room_id, people[1:])
    senders = [(client, room_id) for client in clients]
    seconds, warm_up = bench.extent.seconds, 2 * bench.extent.rest
    return [await closed_loop(bench, "send_hot", senders, seconds=seconds, warm_up=warm_up)]
