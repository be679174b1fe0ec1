"""What relates to an event, and the threads of a room, over HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.storage import account_data
from homeserver.storage.account_data import AccountData
from homeserver.storage.commit import LogRow, Write
from tests.harness.client_api import ClientApi, client_api
from tests.harness.engine import ANNA, BOB, CAROL, member_event, room, running_engine, say


@contextlib.asynccontextmanager
async def reading(tmp_path: Path, url: str) -> AsyncIterator[tuple[Engine, ClientApi]]:
    async with running_engine(tmp_path, url) as engine, client_api(reading_apis(engine)) as api:
        yield engine, api


def ids(answer: dict[str, Any]) -> list[str]:
    return [event["event_id"] for event in answer["chunk"]]


async def relate(
    engine: Engine,
    head: RoomHead,
    parent: str,
    rel_type: str = "m.thread",
    sender: str = ANNA,
    event_type: str = "m.room.message",
) -> str:
    relates = {"rel_type": rel_type, "event_id": parent}
    draft = Draft(event_type, sender, {"body": "x", "m.relates_to": relates})
    return (await engine.write.write(head.room_id, draft))[0].event.event_id


async def root_in(engine: Engine, head: RoomHead, sender: str = ANNA) -> str:
    return (await say(engine, head.room_id, "root", sender)).event.event_id


def relations(head: RoomHead, parent: str, rest: str = "") -> str:
    return f"v1/rooms/{quote(head.room_id)}/relations/{quote(parent)}{rest}"


def threads(head: RoomHead) -> str:
    return f"v1/rooms/{quote(head.room_id)}/threads"


async def ignore(engine: Engine, user_id: str, whom: str) -> None:
    content = orjson.dumps({"ignored_users": {whom: {}}})
    data = AccountData(0, "m.ignored_user_list", content)
    row = LogRow("account_data", user_id=user_id, fact=data)
    await engine.committer.commit(
        Write(
            [row],
            lambda: [(account_data.UPSERT, [(user_id, 0, data.type, content, row.position)])],
        )
    )


async def test_children_are_told_by_relation_and_type(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        root = await root_in(engine, head)
        message = await relate(engine, head, root)
        dummy = await relate(engine, head, root, event_type="m.dummy")
        edit = await relate(engine, head, root, "m.replace")
        assert ids((await api.get(ANNA, relations(head, root))).ok) == [edit, dummy, message]
        assert ids((await api.get(ANNA, relations(head, root, "/m.thread"))).ok) == [dummy, message]
        path = relations(head, root, "/m.thread/m.room.message")
        assert ids((await api.get(ANNA, path)).ok) == [message]
        assert (await api.get(ANNA, relations(head, message))).ok == {"chunk": []}


async def test_children_are_paged_in_either_direction(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        root = await root_in(engine, head)
        sent = [await relate(engine, head, root) for _ in range(7)]
        for direction, expected in (("b", sent[::-1]), ("f", sent)):
            found: list[str] = []
            page = (await api.get(ANNA, relations(head, root), limit=3, dir=direction)).ok
            assert "prev_batch" not in page
            while True:
                found += ids(page)
                if "next_batch" not in page:
                    break
                token = page["next_batch"]
                page = (
                    await api.get(ANNA, relations(head, root), limit=3, dir=direction, from_=token)
                ).ok
                assert page["prev_batch"] == token
            assert found == expected


async def test_children_since_a_sync_are_read_with_its_token(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        root = await root_in(engine, head)
        earlier = await relate(engine, head, root)
        token = f"s{engine.feed.position}"
        later = await relate(engine, head, root)
        path = relations(head, root)
        assert ids((await api.get(ANNA, path, dir="f", from_=token)).ok) == [later]
        assert ids((await api.get(ANNA, path, from_=token)).ok) == [earlier]
        assert ids((await api.get(ANNA, path, to=token)).ok) == [later]


async def test_recursion_reaches_three_levels(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        root = await root_in(engine, head)
        chain = [root]
        for _ in range(4):
            chain.append(await relate(engine, head, chain[-1], "m.reference"))
        path = relations(head, root)
        assert (await api.get(ANNA, path)).ok.keys() == {"chunk"}
        found = (await api.get(ANNA, path, recurse="true")).ok
        assert ids(found) == chain[3:0:-1]
        assert found["recursion_depth"] == 3
        # "Events ... whose only relation ... is through a non-matching intermediate event, will
        # not be included."
        aside = await relate(engine, head, chain[1], "m.annotation")
        below = await relate(engine, head, aside, "m.reference")
        found = (await api.get(ANNA, relations(head, root, "/m.reference"), recurse="true")).ok
        assert below not in ids(found)


async def test_redacted_children_relate_to_nothing(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        root = await root_in(engine, head)
        child = await relate(engine, head, root)
        redaction = Draft("m.room.redaction", ANNA, {"redacts": child}, redacts=child)
        await engine.write.write(head.room_id, redaction)
        assert (await api.get(ANNA, relations(head, root))).ok["chunk"] == []
        assert (await api.get(ANNA, threads(head))).ok == {"chunk": []}


async def test_children_one_may_not_see_are_not_told(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB, CAROL)
        root = await root_in(engine, head)
        seen = await relate(engine, head, root)
        ignored = await relate(engine, head, root, sender=CAROL)
        await ignore(engine, BOB, CAROL)
        await member_event(engine, head.room_id, BOB, "leave")
        await relate(engine, head, root)
        assert ids((await api.get(BOB, relations(head, root))).ok) == [seen]
        assert ignored in ids((await api.get(ANNA, relations(head, root))).ok)
        (thread,) = (await api.get(BOB, threads(head))).ok["chunk"]
        bundle = thread["unsigned"]["m.relations"]["m.thread"]
        assert (bundle["count"], bundle["latest_event"]["event_id"]) == (1, seen)


async def test_threads_are_listed_by_their_last_answer(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        roots = [await root_in(engine, head) for _ in range(4)]
        for root in (roots[2], roots[0], roots[1], roots[2]):
            last = await relate(engine, head, root)
        await relate(engine, head, roots[3], "m.reference")  # no thread
        # A reaction to what was said in a thread is no answer.
        await relate(engine, head, roots[0], "m.annotation", event_type="m.reaction")
        order = [roots[2], roots[1], roots[0]]
        whole = (await api.get(ANNA, threads(head))).ok
        assert ids(whole) == order
        assert "next_batch" not in whole
        bundle = whole["chunk"][0]["unsigned"]["m.relations"]["m.thread"]
        assert bundle["latest_event"]["event_id"] == last
        page = (await api.get(ANNA, threads(head), limit=2)).ok
        assert ids(page) == order[:2]
        rest = (await api.get(ANNA, threads(head), limit=2, from_=page["next_batch"])).ok
        assert ids(rest) == order[2:]
        assert "next_batch" not in rest


async def test_threads_one_takes_part_in(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        begun, answered, other = (
            await root_in(engine, head, BOB),
            await root_in(engine, head),
            await root_in(engine, head),
        )
        await relate(engine, head, begun)
        await relate(engine, head, answered, sender=BOB)
        await relate(engine, head, other)
        path = threads(head)
        assert ids((await api.get(BOB, path, include="participated")).ok) == [answered, begun]
        assert ids((await api.get(BOB, path, include="all")).ok) == [other, answered, begun]
        refused = await api.get(BOB, path, include="mine")
        assert refused.refusal == (400, "M_INVALID_PARAM")
        refused = await api.get(BOB, path, from_="page2")
        assert refused.refusal == (400, "M_INVALID_PARAM")


async def test_a_thread_of_an_ignored_person_is_shown_redacted(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        root = await root_in(engine, head, BOB)
        answer = await relate(engine, head, root)
        await ignore(engine, ANNA, BOB)
        (thread,) = (await api.get(ANNA, threads(head))).ok["chunk"]
        assert thread["content"] == {}
        latest = thread["unsigned"]["m.relations"]["m.thread"]["latest_event"]
        assert latest["event_id"] == answer
        (thread,) = (await api.get(BOB, threads(head))).ok["chunk"]
        assert thread["content"]["body"] == "root"


async def test_who_is_banned_lists_no_threads(tmp_path: Path, migrated_database_url: str) -> None:
    async with reading(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        await relate(engine, head, await root_in(engine, head))
        await member_event(engine, head.room_id, BOB, "ban", sender=ANNA)
        assert (await api.get(BOB, threads(head))).refusal == (403, "M_FORBIDDEN")
