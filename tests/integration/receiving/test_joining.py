"""Joining another server's room: its state is taken over, history comes when it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.errors import Forbidden
from homeserver.services.events.write_event import Draft
from homeserver.services.reading.read_timeline import END
from homeserver.storage import event_dates, gaps, relations, room_state
from homeserver.storage.events import OK
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, CAROL, member_event, room, say
from tests.harness.history import history, page
from tests.harness.linked_servers import Server, linked_servers

RITA = "@rita:b.example"
RALF = "@ralf:b.example"


async def _state(server: Server, room_id: str) -> dict[tuple[str, str], str]:
    head = await server.engine.heads.get(room_id)
    async with server.engine.database.read() as conn:
        return await room_state.ids_at(conn, head.nid, 2**62)


async def _history(server: Server, room_id: str, user_id: str, *, limit: int = 50) -> list[str]:
    """The bodies, oldest first, paged backwards to the end."""
    shown = await history(server.engine, server.receiving.fill, room_id, user_id, limit=limit)
    return [e.content.get("body", f"{e.type} {e.membership or ''}") for e in shown]


async def test_a_server_joins_and_both_say_the_same(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        head = await room(a.engine, ANNA, CAROL)
        room_id = head.room_id
        for n in range(5):
            await say(a.engine, room_id, str(n))
        joined = await links.join(b, a, room_id, RITA)
        assert await _state(a, room_id) == await _state(b, room_id)
        sent = await say(b.engine, room_id, "from b", RITA)
        assert (await links.send(b, a, sent)).status == OK
        back = await say(a.engine, room_id, "from a")
        assert (await links.send(a, b, back)).status == OK
        assert await _state(a, room_id) == await _state(b, room_id)
        here = await _history(b, room_id, RITA, limit=3)
        assert here == await _history(a, room_id, ANNA)
        assert here[-3:] == ["m.room.member join", "from b", "from a"]
        assert await b.engine.gaps.of(joined.room) == []
    assert await verify(migrated_database_url) == []


async def test_history_that_cannot_be_had_now_is_asked_for_again(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine)).room_id
        await say(a.engine, room_id, "before")
        joined = await links.join(b, a, room_id, RITA)
        links.cut.add("a.example")
        for start in (END, (joined.ord_pos, 0)):
            read = await page(b.engine, b.receiving.fill, room_id, RITA, start)
            assert read.next == (joined.ord_pos, 0)
        assert read.events == []
        links.cut.clear()
        assert "before" in await _history(b, room_id, RITA)


async def test_a_server_that_was_away_joins_anew(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine)).room_id
        await links.join(b, a, room_id, RITA)
        await say(b.engine, room_id, "only here", RITA)
        left = await member_event(b.engine, room_id, RITA, "leave")
        await links.send(b, a, left)
        for n in range(3):
            await say(a.engine, room_id, f"away {n}")
        await member_event(a.engine, room_id, CAROL, "join")
        await member_event(a.engine, room_id, RALF, "ban", sender=ANNA)
        joined = await links.join(b, a, room_id, RITA)
        assert await _state(a, room_id) == await _state(b, room_id)
        head = await b.engine.heads.get(room_id)
        assert head.extremities == [(joined.event.event_id, joined.event.depth)]
        said = await _history(b, room_id, RITA)
        assert [body for body in said if body.startswith("away")] == ["away 0", "away 1", "away 2"]
        assert said.count("m.room.create ") == 1
        with pytest.raises(Forbidden):
            await links.join(b, a, room_id, RALF)
    assert await verify(migrated_database_url) == []


async def test_the_second_of_a_server_joins_by_an_ordinary_event(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine)).room_id
        first = await links.join(b, a, room_id, RITA)
        await links.join(b, a, room_id, RALF)
        head = await b.engine.heads.get(room_id)
        assert head.membership(RITA) == head.membership(RALF) == "join"
        async with b.engine.database.read() as conn:
            assert [gap.anchor_pos for gap in await gaps.of_room(conn, first.room)] == [
                first.ord_pos
            ]
    assert await verify(migrated_database_url) == []


async def test_backfilled_replies_relations_and_times_stand_in_the_one_order(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine)).room_id
        roots = [await say(a.engine, room_id, f"root {n}") for n in range(3)]
        replies = []
        for root in (roots[1], roots[0], roots[2], roots[0]):
            relation = {"rel_type": "m.thread", "event_id": root.event.event_id}
            content = {"msgtype": "m.text", "body": "reply", "m.relates_to": relation}
            replies += await a.engine.write.write(room_id, Draft("m.room.message", ANNA, content))
        redacted = await say(a.engine, room_id, "never mind")
        taken_back = Draft("m.room.redaction", ANNA, {}, redacts=redacted.event.event_id)
        await a.engine.write.write(room_id, taken_back)
        joined = await links.join(b, a, room_id, RITA)
        await _history(b, room_id, RITA)
        for server in (a, b):
            head = await server.engine.heads.get(room_id)
            async with server.engine.database.read() as conn:
                first = await relations.threads(
                    conn, head.nid, before=END, upto=2**62, participant=None, limit=2
                )
                rest = await relations.threads(
                    conn, head.nid, before=first[-1][1], upto=2**62, participant=None, limit=2
                )
                children = await relations.children(
                    conn,
                    head.nid,
                    [root.event.event_id for root in roots],
                    low=(0, 0),
                    high=END,
                    backwards=False,
                    limit=10,
                )
                at = await event_dates.nearest(
                    conn,
                    head.nid,
                    replies[0].event.origin_server_ts,
                    backwards=False,
                    offset=0,
                    limit=1,
                )
            cache = server.engine.cache
            shown = [s.event.event_id for s in await cache.listed([nid for nid, _ in first + rest])]
            assert shown == [roots[n].event.event_id for n in (0, 2, 1)]
            ids = [stored.event.event_id for stored in await cache.listed(children)]
            assert ids == [reply.event.event_id for reply in replies]
            assert len(at) == 1
        there = await b.engine.cache.by_id(redacted.event.event_id)
        assert there is not None
        assert there.event.content == {}
        assert there.place < joined.place
