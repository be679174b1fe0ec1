"""Receipts, read markers and typing, over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis
from homeserver.compose.sync import sync_apis
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.services.sync import typing as typing_service
from homeserver.services.sync.notifier import Notifier, UserStream
from homeserver.services.sync.typing import Typing
from homeserver.storage import account_data, receipts
from homeserver.storage.receipts import ReceiptFact
from tests.harness.client_api import ClientApi, client_api
from tests.harness.engine import ANNA, BOB, CAROL, member_event, room, running_engine, say

FORBIDDEN = (403, "M_FORBIDDEN")
NOT_FOUND = (404, "M_NOT_FOUND")
INVALID = (400, "M_INVALID_PARAM")


@contextlib.asynccontextmanager
async def company(tmp_path: Path, url: str) -> AsyncIterator[tuple[Engine, ClientApi]]:
    async with (
        running_engine(tmp_path, url) as engine,
        client_api([*reading_apis(engine), *sync_apis(engine)]) as api,
    ):
        yield engine, api


def receipt_path(head: RoomHead, kind: str, event_id: str) -> str:
    return f"v3/rooms/{quote(head.room_id)}/receipt/{kind}/{quote(event_id)}"


def typing_path(head: RoomHead, user_id: str) -> str:
    return f"v3/rooms/{quote(head.room_id)}/typing/{quote(user_id)}"


async def send(engine: Engine, head: RoomHead, thread: str | None = None) -> str:
    content: dict[str, Any] = {"body": "x"}
    if thread is not None:
        content["m.relates_to"] = {"rel_type": "m.thread", "event_id": thread}
    draft = Draft("m.room.message", ANNA, content)
    return (await engine.write.write(head.room_id, draft))[0].event.event_id


async def receipts_of(engine: Engine, head: RoomHead, user_id: str) -> dict[tuple[str, str], str]:
    """event id by (type, thread)."""
    async with engine.database.read() as conn:
        found = await receipts.of_user(conn, head.nid, user_id)
    return {(fact.type, fact.thread): fact.event_id for fact in found}


async def fully_read(engine: Engine, head: RoomHead, user_id: str) -> str | None:
    async with engine.database.read() as conn:
        content = await account_data.content(conn, user_id, head.nid, "m.fully_read")
    if content is None:
        return None
    event_id: str = orjson.loads(content)["event_id"]
    return event_id


async def test_a_receipt_moves_forward_only(tmp_path: Path, migrated_database_url: str) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        first, second = await send(engine, head), await send(engine, head)
        assert (await api.post(BOB, receipt_path(head, "m.read", first), {})).ok == {}
        position = engine.feed.position
        assert (await api.post(BOB, receipt_path(head, "m.read", second), {})).ok == {}
        moved = engine.feed.since(position)
        assert [(row.kind, row.user_id) for row in moved] == [("receipt", BOB)]
        fact = moved[0].fact
        assert isinstance(fact, ReceiptFact)
        assert (fact.room, fact.event_id, fact.thread) == (head.nid, second, "")
        position = engine.feed.position
        for event_id in (first, second):
            assert (await api.post(BOB, receipt_path(head, "m.read", event_id), {})).ok == {}
        assert engine.feed.position == position  # nothing moved, nobody is told
        assert await receipts_of(engine, head, BOB) == {("m.read", ""): second}


async def test_two_receipts_at_once_leave_the_further_one(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        sent = [await send(engine, head) for _ in range(6)]
        await asyncio.gather(
            *(api.post(BOB, receipt_path(head, "m.read", sent[i]), {}) for i in (3, 5, 0, 4, 1, 2))
        )
        assert await receipts_of(engine, head, BOB) == {("m.read", ""): sent[5]}


async def test_receipts_of_threads_are_kept_apart(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        root = await send(engine, head)
        answer = await send(engine, head, thread=root)
        main = await send(engine, head)
        for event_id, thread in ((answer, root), (main, "main")):
            path = receipt_path(head, "m.read", event_id)
            assert (await api.post(BOB, path, {"thread_id": thread})).ok == {}
        path = receipt_path(head, "m.read.private", root)
        assert (await api.post(BOB, path, {"thread_id": "main"})).ok == {}
        assert await receipts_of(engine, head, BOB) == {
            ("m.read", root): answer,
            ("m.read", "main"): main,
            ("m.read.private", "main"): root,
        }


@pytest.mark.parametrize("thread", ["", 5, None, [], "main\0", "$other", "main"])
async def test_a_thread_that_is_not_the_events_is_refused(tmp_path: Path, thread: object) -> None:
    async with company(tmp_path, f"sqlite:///{tmp_path / 'homeserver.db'}") as (engine, api):
        head = await room(engine)
        answer = await send(engine, head, thread=await send(engine, head))
        path = receipt_path(head, "m.read", answer)
        assert (await api.post(ANNA, path, {"thread_id": thread})).refusal == INVALID
        assert await receipts_of(engine, head, ANNA) == {}


async def test_a_marker_knows_no_thread(tmp_path: Path, migrated_database_url: str) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        path = receipt_path(head, "m.fully_read", await send(engine, head))
        assert (await api.post(ANNA, path, {"thread_id": "main"})).refusal == INVALID
        assert (await api.post(ANNA, path, {})).ok == {}


async def test_read_markers_move_together_or_not_at_all(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine)
        first, second = await send(engine, head), await send(engine, head)
        path = f"v3/rooms/{quote(head.room_id)}/read_markers"
        markers = {"m.fully_read": first, "m.read": first, "m.read.private": second}
        assert (await api.post(ANNA, path, markers)).ok == {}
        assert await fully_read(engine, head, ANNA) == first
        kept = {("m.read", ""): first, ("m.read.private", ""): second}
        assert await receipts_of(engine, head, ANNA) == kept
        unknown = {"m.fully_read": "$" + "u" * 43, "m.read": second}
        assert (await api.post(ANNA, path, unknown)).refusal == NOT_FOUND
        assert (await api.post(ANNA, path, {"m.read": 5})).refusal == INVALID
        assert await receipts_of(engine, head, ANNA) == kept
        assert (await api.post(ANNA, path, {"m.fully_read": second})).ok == {}
        assert (await api.post(ANNA, path, {"m.fully_read": first})).ok == {}
        assert await fully_read(engine, head, ANNA) == second
        assert (await api.post(ANNA, path, {})).ok == {}


async def test_only_what_one_can_see_can_be_read(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, visibility="joined")
        hidden = await send(engine, head)
        await member_event(engine, head.room_id, BOB, "join")
        elsewhere = await send(engine, await room(engine))
        for event_id in (hidden, elsewhere, "$" + "u" * 43):
            path = receipt_path(head, "m.read", event_id)
            assert (await api.post(BOB, path, {})).refusal == NOT_FOUND
        assert (
            await api.post(CAROL, receipt_path(head, "m.read", hidden), {})
        ).refusal == FORBIDDEN
        await member_event(engine, head.room_id, BOB, "leave")
        assert (await api.post(BOB, receipt_path(head, "m.read", hidden), {})).refusal == FORBIDDEN
        assert (await api.post(ANNA, receipt_path(head, "m.seen", hidden), {})).refusal == INVALID


def _mentions(answer: Any, user_id: str) -> bool:
    """Whether anything ephemeral in a sync is about this person."""
    joined = answer["rooms"]["join"] if "join" in answer.get("rooms", {}) else {}
    return any(
        user_id in orjson.dumps(entry.get("ephemeral", {})).decode() for entry in joined.values()
    )


async def test_a_private_receipt_is_seen_by_nobody_else(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        event_id = await send(engine, head)
        since = (await api.get(ANNA, "v3/sync")).ok["next_batch"]
        path = receipt_path(head, "m.read.private", event_id)
        assert (await api.post(BOB, path, {})).ok == {}
        assert not _mentions((await api.get(ANNA, "v3/sync")).ok, BOB)
        assert not _mentions((await api.get(ANNA, "v3/sync", since=since)).ok, BOB)
        assert _mentions((await api.get(BOB, "v3/sync", since=since)).ok, BOB)
        assert (await api.post(BOB, receipt_path(head, "m.read", event_id), {})).ok == {}
        assert _mentions((await api.get(ANNA, "v3/sync", since=since)).ok, BOB)


async def test_typing_is_told_until_it_stops(tmp_path: Path, migrated_database_url: str) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        typing = engine.typing
        quiet = typing.digest(head.room_id)
        assert (await api.put(BOB, typing_path(head, BOB), {"typing": True})).ok == {}
        one = typing.digest(head.room_id)
        assert (await api.put(ANNA, typing_path(head, ANNA), {"typing": True})).ok == {}
        assert typing.listing(head.room_id) == [ANNA, BOB]
        assert len({quiet, one, typing.digest(head.room_id)}) == 3
        assert (await api.put(ANNA, typing_path(head, ANNA), {"typing": False})).ok == {}
        assert typing.digest(head.room_id) == one
        await member_event(engine, head.room_id, BOB, "leave")
        assert typing.listing(head.room_id) == []
        assert typing.digest(head.room_id) != one


async def test_who_comes_with_an_old_token_is_told_that_typing_ended(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_service, "QUIET_SECONDS", 0.3)
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)

        async def told(since: str) -> tuple[list[str] | None, str]:
            answer = (await api.get(BOB, "v3/sync", since=since)).ok
            joined = answer.get("rooms", {}).get("join", {})
            events = joined.get(head.room_id, {}).get("ephemeral", {}).get("events", [])
            lists = [e["content"]["user_ids"] for e in events if e["type"] == "m.typing"]
            return (lists[0] if lists else None), answer["next_batch"]

        before = (await api.get(BOB, "v3/sync")).ok["next_batch"]
        assert (await api.put(ANNA, typing_path(head, ANNA), {"typing": True})).ok == {}
        users, during = await told(before)
        assert users == [ANNA]
        assert (await api.put(ANNA, typing_path(head, ANNA), {"typing": False})).ok == {}
        assert (await told(before))[0] == []
        users, after = await told(during)
        assert users == []
        assert (await told(after))[0] is None
        await asyncio.sleep(0.4)
        assert (await told(after))[0] is None
        assert (await told(during))[0] == []


async def test_what_comes_as_a_poll_ends_is_told_by_the_next(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token says only what the client was told."""
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)

        async def wait(_self: Notifier, _stream: UserStream, *_: object) -> bool:
            await engine.typing.start(head.room_id, ANNA, None)
            engine.presences._told_now(ANNA, 5)
            return False

        since = (await api.get(BOB, "v3/sync")).ok["next_batch"]
        with monkeypatch.context() as patched:
            patched.setattr(Notifier, "wait", wait)
            answer = (await api.get(BOB, "v3/sync", since=since, timeout=9_000)).ok
        assert {"rooms", "presence"}.isdisjoint(answer)
        answer = (await api.get(BOB, "v3/sync", since=answer["next_batch"])).ok
        assert [event["sender"] for event in answer["presence"]["events"]] == [ANNA]
        (event,) = answer["rooms"]["join"][head.room_id]["ephemeral"]["events"]
        assert event["content"] == {"user_ids": [ANNA]}


async def test_nobody_types_for_another_or_from_outside(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        body = {"typing": True, "timeout": 10_000}
        assert (await api.put(BOB, typing_path(head, ANNA), body)).refusal == FORBIDDEN
        assert (await api.put(CAROL, typing_path(head, CAROL), body)).refusal == FORBIDDEN
        path = f"v3/rooms/!nowhere/typing/{CAROL}"
        assert (await api.put(CAROL, path, body)).refusal == FORBIDDEN
        for wrong in ({}, {"typing": "yes"}, {"typing": True, "timeout": "long"}):
            assert (await api.put(BOB, typing_path(head, BOB), wrong)).status == 400
        assert engine.typing.listing(head.room_id) == []


async def test_who_falls_silent_types_no_more(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(typing_service, "MIN_TIMEOUT_MS", 30)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        changed: list[str] = []
        silent = asyncio.Event()

        def heard(room_id: str) -> None:
            changed.append(room_id)
            if len(changed) == 3:
                silent.set()

        typing = Typing(engine.heads, heard, engine.whispers)
        await typing.start(head.room_id, ANNA, 10_000)
        await typing.start(head.room_id, BOB, 10_000)
        await typing.start(head.room_id, BOB, 1)
        assert changed == [head.room_id] * 2  # saying so again is no news
        async with asyncio.timeout(5):
            await silent.wait()
        assert typing.listing(head.room_id) == [ANNA]
        typing.close()
        assert typing.listing(head.room_id) == []
        assert len(changed) == 3


async def test_typing_reaches_those_in_the_room_only(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        await room(engine, CAROL)
        await say(engine, head.room_id, "hi")
        tokens = {user: (await api.get(user, "v3/sync")).ok["next_batch"] for user in (BOB, CAROL)}
        assert (await api.put(ANNA, typing_path(head, ANNA), {"typing": True})).ok == {}
        assert _mentions((await api.get(BOB, "v3/sync", since=tokens[BOB])).ok, ANNA)
        theirs = (await api.get(CAROL, "v3/sync", since=tokens[CAROL])).ok
        assert ANNA not in orjson.dumps(theirs).decode()
