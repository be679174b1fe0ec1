"""Whether everything is there at the end: rooms read back whole, and a first sync."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.load.bench import Bench
from tests.load.connection import V3, Account, Client
from tests.soak.company import Room


async def wrong(bench: Bench, rooms: list[Room]) -> list[str]:
    """A sentence for each thing that is not as it was written."""
    found: list[str] = []
    connection = bench.connection()
    for room in rooms:
        if room.watched is not None:
            client = bench.client(room.members[-1], connection)
            found += [f"{room.room_id}: {what}" for what in await _wrong_in(client, room)]
    for account in {rooms[0].members[0], rooms[-1].members[-1]}:
        found += await _wrong_for(bench.client(account, connection), account, rooms)
    return found


async def _wrong_in(client: Client, room: Room) -> list[str]:
    events: list[dict[str, Any]] = []
    start = ""
    path = f"{V3}/rooms/{quote(room.room_id)}"
    while True:
        page = await client.json("GET", f"{path}/messages?dir=b&limit=1000{start}", timeout=120)
        events += page["chunk"]
        if "end" not in page:
            break
        start = f"&from={page['end']}"
    found: list[str] = []
    said = [event for event in events if event["type"] == "m.room.message"]
    there = {event["event_id"] for event in said}
    watched = room.watched or []
    if len(said) != len(there) or there != set(watched):
        found.append(f"{len(said)} messages, {len(watched)} were sent")
    found.extend(
        f"{event['event_id']} was taken back, or was not"
        for event in said
        if (event["event_id"] in room.redacted) == ("body" in event["content"])
    )
    joined = await client.json("GET", f"{path}/joined_members")
    if joined["joined"].keys() != {member.user_id for member in room.members}:
        found.append(f"{len(joined['joined'])} members, {len(room.members)} joined")
    if room.topic is not None:
        topic = await client.json("GET", f"{path}/state/m.room.topic/")
        if topic["topic"] != room.topic:
            found.append(f"the topic is {topic['topic']}, not {room.topic}")
    return found


async def _wrong_for(client: Client, account: Account, rooms: list[Room]) -> list[str]:
    answer = await client.json("GET", f"{V3}/sync?timeout=0", timeout=300)
    joined = answer["rooms"]["join"].keys()
    theirs = {room.room_id for room in rooms if account in room.members}
    if joined != theirs:
        return [f"{account.user_id} sees {len(joined)} rooms and is in {len(theirs)}"]
    return []
