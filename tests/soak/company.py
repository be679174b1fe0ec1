"""Who is in which room, and what is known of the rooms that are read back whole at the end."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from tests.load.bench import Bench, Job
from tests.load.connection import Account, Connection

_SMALL = (1, 2, 2, 3, 3, 4)
"""Members of a room beside who made it."""
_LARGE_PART = 200
"""One room of so many has a tenth of the people."""
WATCHED = 24


@dataclass
class Room:
    """A room. watched: the ids of its messages, in the order in which they were answered; None
    where nobody keeps them. redacted: those of them that were taken back. topic: the last one."""

    room_id: str
    members: list[Account]
    watched: list[str] | None = None
    redacted: set[str] = field(default_factory=set)
    topic: str | None = None


async def found(bench: Bench, rooms: int, people: int, seed: int) -> list[Room]:
    """The rooms with their people, of whom the first is in every tenth room."""
    dice = random.Random(seed)
    accounts = await bench.people(people)
    made: list[Room] = []

    def job(number: int, members: list[Account]) -> Job:
        async def make(connection: Connection) -> None:
            owner, *others = members
            room_id = await bench.create_room(
                bench.client(owner, connection), "public_chat", name=f"room {number}"
            )
            for member in others:
                await bench.join(bench.client(member, connection), room_id)
            made.append(Room(room_id, members))

        return make

    def jobs() -> list[Job]:
        found: list[Job] = []
        for number in range(rooms):
            size = 1 + (people // 10 if number % _LARGE_PART == 0 else dice.choice(_SMALL))
            members = dice.sample(accounts, min(size, people))
            if number % 10 == 0 and accounts[0] not in members:
                members.append(accounts[0])
            found.append(job(number, members))
        return found

    await bench.each(jobs(), width=16)
    dice.shuffle(made)
    for room in made[:WATCHED]:
        room.watched = []
    return made
