"""The one door into a room: what several writers at once may expect of it."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from homeserver.errors import Forbidden
from homeserver.protocol.room_versions import V12
from homeserver.services.events.write_event import Draft
from homeserver.storage.database import Sql, Step, Transaction
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, BOB, room, running_engine, say


async def test_rooms_made_alike_in_one_millisecond_are_different_rooms(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url, clock=lambda: 1) as engine:

        def drafts() -> list[Draft]:
            return [
                Draft("m.room.create", ANNA, {"room_version": "12"}, ""),
                Draft("m.room.member", ANNA, {"membership": "join"}, ANNA),
            ]

        heads = await asyncio.gather(
            *(engine.write.create(V12, drafts(), is_public=False) for _ in range(5))
        )
        assert len({head.room_id for head in heads}) == 5


async def test_events_of_one_room_form_a_chain_however_many_write(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        sent = await asyncio.gather(*(say(engine, head.room_id, str(n)) for n in range(50)))
        sent.sort(key=lambda stored: stored.ord_pos)
        for before, after in pairwise(sent):
            assert after.event.prev_events == [before.event.event_id]
            assert after.event.depth == before.event.depth + 1


async def test_a_write_of_several_events_is_all_or_nothing(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        position = engine.feed.position
        with pytest.raises(Forbidden):
            await engine.write.write(
                head.room_id,
                lambda _: [
                    Draft("m.room.message", BOB, {"body": "first"}),
                    Draft("m.room.name", BOB, {"name": "not Bob's to set"}, ""),
                ],
            )
        assert engine.feed.position == position
        # The head is as it was: the next event follows the last one that there is.
        stored = await say(engine, head.room_id, "after")
        assert stored.ord_pos == position + 1
    assert await verify(migrated_database_url) == []


async def test_a_room_written_by_somebody_else_is_read_again(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """Another process swaps the room's version: our writes lose, and are built anew."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        bump = Sql("UPDATE room SET version = version + 1")

        def elsewhere() -> Transaction[None]:
            yield Step(bump, [()])

        await engine.database.transact(elsewhere)
        sent = await asyncio.gather(*(say(engine, head.room_id, str(n)) for n in range(10)))
        assert len({stored.event.event_id for stored in sent}) == 10
    assert await verify(migrated_database_url) == []
