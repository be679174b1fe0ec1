"""Reading rooms over HTTP: history, surroundings, dates, state, members."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis
from homeserver.protocol.sync_token import StreamToken, TimelineToken
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.storage import membership
from homeserver.storage.account_data import UPSERT as KEEP
from homeserver.storage.account_data import AccountData
from homeserver.storage.commit import LogRow, Write
from tests.harness.client_api import ClientApi, client_api
from tests.harness.engine import ANNA, BOB, CAROL, member_event, room, running_engine, say

FORBIDDEN = (403, "M_FORBIDDEN")
NOT_FOUND = (404, "M_NOT_FOUND")
UNKNOWN_ROOM = "!" + "u" * 43


@contextlib.asynccontextmanager
async def reading(tmp_path: Path, url: str) -> AsyncIterator[tuple[Engine, ClientApi]]:
    async with running_engine(tmp_path, url) as engine, client_api(reading_apis(engine)) as api:
        yield engine, api


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["event_id"] for event in events]


def at(head: RoomHead, rest: str, version: str = "v3") -> str:
    return f"{version}/rooms/{quote(head.room_id)}/{rest}"


async def talk(engine: Engine, head: RoomHead, count: int, sender: str = ANNA) -> list[str]:
    return [
        (await say(engine, head.room_id, f"message {number}", sender)).event.event_id
        for number in range(count)
    ]


async def test_messages_page_from_the_newest_and_back(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        sent = await talk(engine, head, 5)
        first = (await api.get(ANNA, at(head, "messages"), dir="b", limit=3)).ok
        assert first.keys() == {"start", "end", "chunk"}
        assert ids(first["chunk"]) == sent[:1:-1]
        assert StreamToken.parse(first["start"]).pos == engine.feed.position
        second = (
            await api.get(ANNA, at(head, "messages"), dir="b", limit=4, from_=first["end"])
        ).ok
        assert second["start"] == first["end"]
        assert ids(second["chunk"])[:2] == sent[1::-1]
        forth = (await api.get(ANNA, at(head, "messages"), dir="f", from_=second["end"])).ok
        assert ids(forth["chunk"]) == [*ids(second["chunk"])[::-1], *sent[2:]]
        assert "end" not in forth


async def test_messages_end_at_the_beginning_of_the_room(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        page = (await api.get(ANNA, at(head, "messages"), dir="b", limit=100)).ok
        assert page["chunk"][-1]["type"] == "m.room.create"
        assert "end" not in page
        page = (await api.get(ANNA, at(head, "messages"), dir="f", limit=1)).ok
        assert page["chunk"][0]["type"] == "m.room.create"
        assert "end" in page


async def test_messages_stop_at_to(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        before = engine.feed.position
        sent = await talk(engine, head, 3)
        page = (await api.get(ANNA, at(head, "messages"), dir="b", to=f"s{before}")).ok
        assert ids(page["chunk"]) == sent[::-1]
        after = (
            await api.get(ANNA, at(head, "messages"), dir="f", from_=f"s{before}", to=page["start"])
        ).ok
        assert ids(after["chunk"]) == sent


async def test_messages_are_filtered(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        mine = await talk(engine, head, 2)
        theirs = await talk(engine, head, 2, BOB)

        async def found(**accept: Any) -> list[str]:
            query = orjson.dumps(accept).decode()
            page = await api.get(ANNA, at(head, "messages"), dir="f", filter=query, limit=20)
            return ids(page.ok["chunk"])

        assert await found(types=["m.room.message"], senders=[BOB]) == theirs
        assert await found(types=["m.room.message"], not_senders=[BOB]) == mine
        assert await found(contains_url=True) == []
        relates = {"rel_type": "m.thread", "event_id": mine[0]}
        content = {"body": "answer", "m.relates_to": relates}
        await engine.write.write(head.room_id, Draft("m.room.message", BOB, content))
        assert await found(related_by_rel_types=["m.thread"]) == mine[:1]
        assert await found(related_by_senders=[BOB]) == mine[:1]
        assert await found(related_by_senders=[ANNA, "@\0"]) == []
        assert await found(related_by_rel_types=[]) == []


async def test_lazy_loading_brings_the_members_who_spoke(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB, CAROL)
        since = engine.feed.position
        await talk(engine, head, 1, CAROL)
        content = {"membership": "join", "displayname": "Later"}
        await engine.write.write(head.room_id, Draft("m.room.member", CAROL, content, CAROL))
        lazy = '{"lazy_load_members": true, "types": ["m.room.message"]}'
        page = (
            await api.get(ANNA, at(head, "messages"), dir="f", from_=f"s{since}", filter=lazy)
        ).ok
        (member,) = page["state"]
        assert (member["state_key"], member["content"]) == (CAROL, {"membership": "join"})
        event_id = page["chunk"][0]["event_id"]
        path = at(head, f"context/{quote(event_id)}")
        context = (await api.get(ANNA, path, limit=0, filter=lazy)).ok
        assert [event["state_key"] for event in context["state"]] == [CAROL]


async def test_what_an_ignored_person_said_is_left_out(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        mine = await talk(engine, head, 1)
        await talk(engine, head, 1, BOB)
        content = orjson.dumps({"ignored_users": {BOB: {}}})
        data = AccountData(0, "m.ignored_user_list", content)
        row = LogRow("account_data", user_id=ANNA, fact=data)
        await engine.committer.commit(
            Write([row], lambda: [(KEEP, [(ANNA, 0, data.type, content, row.position)])])
        )
        page = (await api.get(ANNA, at(head, "messages"), dir="b", limit=2)).ok
        assert ids(page["chunk"])[0] == mine[0]
        assert page["chunk"][1]["state_key"] == BOB  # that they are here is still told


async def test_context_surrounds_an_event(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        sent = await talk(engine, head, 7)
        path = at(head, f"context/{quote(sent[3])}")
        found = (await api.get(ANNA, path, limit=3)).ok
        assert found["event"]["event_id"] == sent[3]
        assert ids(found["events_before"]) == [sent[2]]
        assert ids(found["events_after"]) == sent[4:6]
        assert {event["type"] for event in found["state"]} >= {"m.room.create", "m.room.member"}
        assert all(event["room_id"] == head.room_id for event in found["state"])
        earlier = (await api.get(ANNA, at(head, "messages"), dir="b", from_=found["start"])).ok
        assert ids(earlier["chunk"])[:2] == [sent[1], sent[0]]
        later = (await api.get(ANNA, at(head, "messages"), dir="f", from_=found["end"])).ok
        assert ids(later["chunk"]) == sent[6:]
        alone = (await api.get(ANNA, path, limit=0)).ok
        assert alone["events_before"] == alone["events_after"] == []
        around = (await api.get(ANNA, at(head, "messages"), dir="b", from_=alone["end"])).ok
        assert ids(around["chunk"])[0] == sent[3]


async def test_an_event_is_found_by_date(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        base = engine.clock() + 1_000_000
        sent = []
        for ts in (base, base + 10, base + 10, base + 20):
            draft = Draft("m.room.message", ANNA, {"body": "x"}, ts=ts)
            sent.append((await engine.write.write(head.room_id, draft))[0].event.event_id)

        async def nearest(ts: int, direction: str) -> Any:
            path = at(head, "timestamp_to_event", "v1")
            return await api.get(ANNA, path, ts=ts, dir=direction)

        assert (await nearest(base + 1, "f")).ok == {
            "event_id": sent[1],
            "origin_server_ts": base + 10,
        }
        assert (await nearest(base + 19, "b")).ok["event_id"] == sent[2]
        assert (await nearest(base, "b")).ok["event_id"] == sent[0]
        assert (await nearest(base + 21, "f")).refusal == NOT_FOUND
        assert (await nearest(1, "b")).refusal == NOT_FOUND


async def test_state_is_read_whole_and_by_key(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        await engine.write.write(head.room_id, Draft("m.room.topic", ANNA, {"topic": "t"}, ""))
        await engine.write.write(head.room_id, Draft("x/y", ANNA, {"k": 1}, "a/b ü"))
        whole = (await api.get(ANNA, at(head, "state"))).ok
        assert {(event["type"], event["state_key"]) for event in whole} == set(head.state)
        for path in ("state/m.room.topic", "state/m.room.topic/"):
            assert (await api.get(ANNA, at(head, path))).ok == {"topic": "t"}
        event = (await api.get(ANNA, at(head, "state/m.room.topic"), format="event")).ok
        assert (event["content"], event["sender"]) == ({"topic": "t"}, ANNA)
        assert event["room_id"] == head.room_id
        path = at(head, f"state/{quote('x/y', safe='')}/{quote('a/b ü', safe='')}")
        assert (await api.get(ANNA, path)).ok == {"k": 1}
        member = (await api.get(ANNA, at(head, f"state/m.room.member/{BOB}"))).ok
        assert member == {"membership": "join"}
        assert (await api.get(ANNA, at(head, "state/m.room.name"))).refusal == NOT_FOUND
        assert (await api.get(ANNA, at(head, "state/m.room.topic/x"))).refusal == NOT_FOUND
        refused = await api.get(ANNA, at(head, "state/m.room.topic"), format="xml")
        assert refused.refusal == (400, "M_INVALID_PARAM")


async def test_members_are_filtered_and_remembered(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        token = f"s{engine.feed.position}"
        await member_event(engine, head.room_id, BOB, "leave")
        await member_event(engine, head.room_id, CAROL, "invite", sender=ANNA)

        async def members(**query: str | int) -> dict[str, str]:
            chunk = (await api.get(ANNA, at(head, "members"), **query)).ok["chunk"]
            assert all(event["room_id"] == head.room_id for event in chunk)
            return {event["state_key"]: event["content"]["membership"] for event in chunk}

        assert await members() == {ANNA: "join", BOB: "leave", CAROL: "invite"}
        assert await members(membership="leave") == {BOB: "leave"}
        assert await members(not_membership="leave") == {ANNA: "join", CAROL: "invite"}
        assert await members(membership="leave", not_membership="join") == {
            BOB: "leave",
            CAROL: "invite",
        }
        assert await members(at=token) == {ANNA: "join", BOB: "join"}
        # Before the first event of the timeline nobody was a member, not even who asks.
        assert await members(at=str(TimelineToken(head.nid))) == {ANNA: "join"}
        assert (await api.get(ANNA, at(head, "members"), membership="x")).status == 400


async def test_joined_members_have_names_and_pictures(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA)
        content = {"membership": "join", "displayname": "Bob", "avatar_url": "mxc://a/b"}
        await engine.write.write(head.room_id, Draft("m.room.member", BOB, content, BOB))
        joined = (await api.get(ANNA, at(head, "joined_members"))).ok["joined"]
        assert joined == {
            ANNA: {"display_name": None, "avatar_url": None},
            BOB: {"display_name": "Bob", "avatar_url": "mxc://a/b"},
        }
        await member_event(engine, head.room_id, BOB, "leave")
        assert (await api.get(BOB, at(head, "joined_members"))).refusal == FORBIDDEN


async def test_those_who_left_read_what_was_before(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB, visibility="joined")
        sent = await talk(engine, head, 2)
        await engine.write.write(head.room_id, Draft("m.room.topic", ANNA, {"topic": "old"}, ""))
        left = await member_event(engine, head.room_id, BOB, "ban", sender=ANNA)
        token = f"s{engine.feed.position}"
        await engine.write.write(head.room_id, Draft("m.room.topic", ANNA, {"topic": "new"}, ""))
        later = await talk(engine, head, 1)
        await member_event(engine, head.room_id, CAROL, "join")

        page = (await api.get(BOB, at(head, "messages"), dir="b", limit=4)).ok
        assert ids(page["chunk"])[0] == left.event.event_id
        assert ids(page["chunk"])[2:] == sent[::-1]
        page = (await api.get(BOB, at(head, "messages"), dir="f", from_=token)).ok
        assert page["chunk"] == []
        assert (await api.get(BOB, at(head, "state/m.room.topic"))).ok == {"topic": "old"}
        whole = (await api.get(BOB, at(head, "state"))).ok
        assert b"new" not in orjson.dumps(whole)
        members = (await api.get(BOB, at(head, "members"))).ok["chunk"]
        assert {event["state_key"] for event in members} == {ANNA, BOB}
        members = (await api.get(BOB, at(head, "members"), at=f"s{engine.feed.position}")).ok
        assert {event["state_key"] for event in members["chunk"]} == {ANNA, BOB}
        assert (await api.get(BOB, at(head, f"event/{quote(later[0])}"))).refusal == NOT_FOUND
        assert (await api.get(BOB, at(head, f"context/{quote(later[0])}"))).refusal == NOT_FOUND
        context = (await api.get(BOB, at(head, f"context/{quote(sent[1])}"))).ok
        assert later[0] not in ids(context["events_after"])
        found = await api.get(
            BOB, at(head, "timestamp_to_event", "v1"), ts=engine.clock() + 1_000, dir="b"
        )
        assert found.ok["event_id"] == left.event.event_id


ROOM_PATHS = [
    "v3/rooms/{room}/messages?dir=b",
    "v3/rooms/{room}/messages",
    "v3/rooms/{room}/state",
    "v3/rooms/{room}/state/m.room.topic",
    "v3/rooms/{room}/members",
    "v3/rooms/{room}/joined_members",
    "v3/rooms/{room}/context/{event}",
    "v1/rooms/{room}/timestamp_to_event?ts=0&dir=f",
    "v1/rooms/{room}/threads",
]
EVENT_PATHS = [
    "v3/rooms/{room}/event/{event}",
    "v1/rooms/{room}/relations/{event}",
    "v1/rooms/{room}/relations/{event}/m.thread",
    "v1/rooms/{room}/relations/{event}/m.thread/m.room.message",
]


async def _refused(api: ClientApi, user: str, room_id: str, event_id: str) -> None:
    for path in (*ROOM_PATHS, *EVENT_PATHS):
        filled = path.format(room=quote(room_id), event=quote(event_id))
        expected = NOT_FOUND if path in EVENT_PATHS else FORBIDDEN
        assert (await api.get(user, filled)).refusal == expected, path


async def test_who_is_not_in_a_room_learns_nothing_of_it(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA)
        (event_id,) = await talk(engine, head, 1)
        await _refused(api, BOB, head.room_id, event_id)
        await _refused(api, BOB, UNKNOWN_ROOM, event_id)
        await member_event(engine, head.room_id, BOB, "invite", sender=ANNA)
        await _refused(api, BOB, head.room_id, event_id)
        await member_event(engine, head.room_id, BOB, "leave")
        await _refused(api, BOB, head.room_id, event_id)
        await member_event(engine, head.room_id, BOB, "ban", sender=ANNA)
        await _refused(api, BOB, head.room_id, event_id)


async def test_a_room_one_has_forgotten_is_closed(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        (event_id,) = await talk(engine, head, 1)
        await member_event(engine, head.room_id, BOB, "leave")
        assert (await api.get(BOB, at(head, "state"))).status == 200
        forget = membership.FORGET.args({"room": head.nid, "user_id": BOB})
        await engine.committer.commit(Write(bind=lambda: [(membership.FORGET, [forget])]))
        await _refused(api, BOB, head.room_id, event_id)
        await member_event(engine, head.room_id, BOB, "join")
        page = (await api.get(BOB, at(head, "messages"), dir="b")).ok
        assert event_id in ids(page["chunk"])


async def test_anybody_reads_a_world_readable_room(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, visibility="world_readable")
        (event_id,) = await talk(engine, head, 1)
        for path in (*ROOM_PATHS[:1], *ROOM_PATHS[2:], *EVENT_PATHS):
            filled = path.format(room=quote(head.room_id), event=quote(event_id))
            if "joined_members" not in path and "m.room.topic" not in path:
                assert (await api.get(BOB, filled)).status == 200, path
        event = (await api.get(BOB, at(head, f"event/{quote(event_id)}"))).ok
        assert event["unsigned"]["membership"] == "leave"
        content = {"history_visibility": "shared"}
        change = Draft("m.room.history_visibility", ANNA, content, "")
        await engine.write.write(head.room_id, change)
        await _refused(api, BOB, head.room_id, event_id)


async def test_an_event_is_not_read_through_another_room(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        secret = await room(engine, ANNA)
        (event_id,) = await talk(engine, secret, 1)
        mine = await room(engine, BOB)
        for path in (*EVENT_PATHS, "v3/rooms/{room}/context/{event}"):
            filled = path.format(room=quote(mine.room_id), event=quote(event_id))
            assert (await api.get(BOB, filled)).refusal == NOT_FOUND, path


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ("", "M_MISSING_PARAM"),
        ("dir=x", "M_INVALID_PARAM"),
        ("dir=b&limit=-1", "M_INVALID_PARAM"),
        ("dir=b&limit=many", "M_INVALID_PARAM"),
        ("dir=b&from=nonsense", "M_INVALID_PARAM"),
        ("dir=b&to=t1", "M_INVALID_PARAM"),
        ("dir=b&filter=%7B", "M_NOT_JSON"),
        ("dir=b&filter=%5B%5D", "M_BAD_JSON"),
        ("dir=b&filter=%7B%22types%22:1%7D", "M_BAD_JSON"),
    ],
)
async def test_a_malformed_question_gets_an_answer_that_says_so(
    tmp_path: Path, query: str, errcode: str
) -> None:
    url = f"sqlite:///{tmp_path / 'homeserver.db'}"
    async with reading(tmp_path, url) as (engine, api):
        head = await room(engine)
        assert (await api.get(ANNA, at(head, f"messages?{query}"))).refusal == (400, errcode)


async def test_extremes_are_no_server_errors(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        (event_id,) = await talk(engine, head, 1)
        far = 2**63 - 1
        for token in (f"s{far}", f"t{far}.{far}", f"t{far}.-{far}", "t0.0", "s0"):
            for direction in ("b", "f"):
                page = await api.get(ANNA, at(head, "messages"), dir=direction, from_=token)
                assert page.status == 200, (token, direction)
            assert (await api.get(ANNA, at(head, "members"), at=token)).status == 200
            assert (await api.get(ANNA, at(head, "threads", "v1"), from_=token)).status == 200
            path = at(head, f"relations/{quote(event_id)}", "v1")
            assert (await api.get(ANNA, path, from_=token, to=token)).status == 200
        page = await api.get(ANNA, at(head, "messages"), dir="b", limit=10**15)
        assert page.status == 200
        assert (await api.get(ANNA, at(head, "messages"), dir="b", limit=0)).ok["chunk"] == []
        assert (await api.get(ANNA, at(head, "state/%00/%00"))).refusal == NOT_FOUND
        path = at(head, f"relations/{quote(event_id)}/%00/%00", "v1")
        assert (await api.get(ANNA, path)).refusal == (400, "M_INVALID_PARAM")
        path = at(head, "timestamp_to_event", "v1")
        assert (await api.get(ANNA, path, ts=10**18, dir="b")).status == 200
        assert (await api.get(ANNA, path, ts=10**30, dir="b")).status == 400
