"""History visibility by intervals, against a replay of the room event by event."""

from __future__ import annotations

import contextlib
from pathlib import Path
from random import Random

import pytest

from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis
from homeserver.errors import Forbidden
from homeserver.protocol.visibility import Visibility, may_see
from homeserver.services.events.write_event import Draft
from homeserver.services.reading.visible_events import FAR, VisibleEvents
from homeserver.storage import events
from homeserver.storage.events import StoredEvent
from tests.harness.client_api import client_api
from tests.harness.engine import ANNA, BOB, CAROL, member_event, room, running_engine, say

PEOPLE = [ANNA, BOB, CAROL, "@dan:a.example"]
VISIBILITIES = ["shared", "joined", "invited", "world_readable", "nonsense"]


async def whole(engine: Engine, nid: int) -> list[StoredEvent]:
    async with engine.database.read() as conn:
        nids = await events.since(conn, nid, (0, 0), limit=10_000)
    return await engine.cache.listed(nids)


def replay(timeline: list[StoredEvent], user_id: str) -> list[tuple[str, str]]:
    """(event id, membership after it) of what the user may see, by walking through all of it."""
    joins = [
        i
        for i, stored in enumerate(timeline)
        if stored.event.state_key == user_id and stored.event.membership == "join"
    ]
    visibility: object = None
    membership: str | None = None
    seen = []
    for i, stored in enumerate(timeline):
        event = stored.event
        sees = may_see(
            event,
            user_id,
            visibility=Visibility.of(visibility),
            membership=membership,
            joined_later=any(join > i for join in joins),
        )
        if event.type == "m.room.history_visibility":
            visibility = event.content.get("history_visibility")
        if event.type == "m.room.member" and event.state_key == user_id:
            membership = event.membership
        if sees:
            seen.append((event.event_id, membership or "leave"))
    return seen


async def live(engine: Engine, room_id: str, random: Random) -> None:
    """A turbulent room: some of what is tried is refused."""
    for _ in range(60):
        user = random.choice(PEOPLE[1:])
        act = random.randrange(10)
        with contextlib.suppress(Forbidden):
            if act < 4:
                await say(engine, room_id, "hello", random.choice(PEOPLE))
            elif act < 6:
                await member_event(engine, room_id, user, random.choice(["join", "leave"]))
            elif act < 9:
                kind = random.choice(["invite", "leave", "ban"])
                await member_event(engine, room_id, user, kind, sender=ANNA)
            else:
                content = {"history_visibility": random.choice(VISIBILITIES)}
                await engine.write.write(
                    room_id, Draft("m.room.history_visibility", ANNA, content, "")
                )


@pytest.mark.parametrize("seed", range(4))
async def test_intervals_give_what_a_replay_gives(
    tmp_path: Path, migrated_database_url: str, seed: int
) -> None:
    random = Random(seed)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        for start in ("shared", "joined", "invited"):
            head = await room(engine, visibility=start)
            await live(engine, head.room_id, random)
            timeline = await whole(engine, head.nid)
            for person in PEOPLE:
                expected = replay(timeline, person)
                found = await engine.visible.filter(head.nid, timeline, person)
                assert [(e.event.event_id, membership) for e, membership in found] == expected
                some = timeline[7:23:3]
                part = await engine.visible.filter(head.nid, some, person)
                wanted = {stored.event.event_id for stored in some}
                assert [e.event.event_id for e, _ in part] == [
                    event_id for event_id, _ in expected if event_id in wanted
                ]


@pytest.mark.parametrize("seed", range(2))
async def test_paging_shows_each_visible_event_once_in_either_direction(
    tmp_path: Path, migrated_database_url: str, seed: int
) -> None:
    random = Random(seed + 100)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        await live(engine, head.room_id, random)
        timeline = await whole(engine, head.nid)
        async with client_api(reading_apis(engine)) as api:
            for person in PEOPLE:
                expected = [event_id for event_id, _ in replay(timeline, person)]
                for direction in ("b", "f"):
                    found: list[str] = []
                    query: dict[str, str | int] = {"dir": direction, "limit": 5}
                    path = f"v3/rooms/{head.room_id}/messages"
                    answer = await api.get(person, path, **query)
                    if answer.status == 403:
                        with pytest.raises(Forbidden):
                            await engine.visible.may_read(head.nid, person)
                        break
                    while True:
                        found += [event["event_id"] for event in answer.ok["chunk"]]
                        if "end" not in answer.ok:
                            break
                        answer = await api.get(person, path, **query, from_=answer.ok["end"])
                    assert found == (expected[::-1] if direction == "b" else expected)


async def test_memory_does_not_outlive_a_change(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        first = await say(engine, head.room_id, "one")
        assert await engine.visible.filter(head.nid, [first], BOB)
        await member_event(engine, head.room_id, BOB, "leave", sender=ANNA)
        second = await say(engine, head.room_id, "two")
        assert not await engine.visible.filter(head.nid, [second], BOB)
        assert await engine.visible.filter(head.nid, [first], BOB)
        await member_event(engine, head.room_id, BOB, "join")
        assert await engine.visible.filter(head.nid, [second], BOB)


async def test_ones_own_leave_is_told_with_the_membership_it_made(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB, visibility="joined")
        last = await say(engine, head.room_id, "goodbye")
        left = await member_event(engine, head.room_id, BOB, "leave")
        assert await engine.visible.filter(head.nid, [last, left], BOB) == [
            (last, "join"),
            (left, "leave"),
        ]


async def test_a_known_reader_costs_no_query(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        await engine.visible.filter(head.nid, [await say(engine, head.room_id, "one")], BOB)
        second = await say(engine, head.room_id, "two")
        before = engine.database.statements
        assert await engine.visible.filter(head.nid, [second], BOB) == [(second, "join")]
        assert engine.database.statements == before


async def test_what_nobody_told_of_is_read_from_the_database(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """Another process writes: its rows reach this one late, or with a gap before them."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        visible = VisibleEvents(engine.database, engine.cache, engine.state_at, max_bytes=1_000_000)
        first = await say(engine, head.room_id, "one")
        assert await visible.filter(head.nid, [first], BOB)
        left = await member_event(engine, head.room_id, BOB, "leave")
        second = await say(engine, head.room_id, "two")
        visible.learn(engine.feed.since(left.nid))  # and not of the leave
        assert not await visible.filter(head.nid, [second], BOB)
        await member_event(engine, head.room_id, BOB, "join")
        third = await say(engine, head.room_id, "three")
        assert await visible.filter(head.nid, [third], BOB)
        assert (await visible.may_read(head.nid, BOB)).joined


async def test_those_who_left_are_bounded_and_strangers_see_nothing(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        left = await member_event(engine, head.room_id, BOB, "ban", sender=ANNA)
        await say(engine, head.room_id, "secret")
        visible = engine.visible
        assert (await visible.may_read(head.nid, BOB)).upto == left.ord_pos
        assert await visible.horizon(head.nid, BOB) == left.ord_pos
        assert await visible.horizon(head.nid, ANNA) == FAR
        assert await visible.horizon(head.nid, CAROL) == 0
        assert await visible.joined_since(head.nid, BOB) == 0
        with pytest.raises(Forbidden):
            await visible.may_read(head.nid, CAROL)
        await member_event(engine, head.room_id, CAROL, "invite", sender=ANNA)
        with pytest.raises(Forbidden):
            await visible.may_read(head.nid, CAROL)
        await member_event(engine, head.room_id, CAROL, "leave")
        with pytest.raises(Forbidden):  # who declined an invitation was never in the room
            await visible.may_read(head.nid, CAROL)


async def test_a_new_name_does_not_change_since_when_one_is_in_the_room(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        joined = await member_event(engine, head.room_id, BOB, "join")
        content = {"membership": "join", "displayname": "Bob"}
        await engine.write.write(head.room_id, Draft("m.room.member", BOB, content, BOB))
        assert await engine.visible.joined_since(head.nid, BOB) == joined.ord_pos
