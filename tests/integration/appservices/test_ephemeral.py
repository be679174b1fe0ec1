"""Typing and receipts, for services that ask for them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeserver.compose.engine import Engine
from homeserver.services.sending.appservice_ephemeral import (
    MAX_RECEIPTS,
    Ephemeral,
    receipt_events,
)
from homeserver.services.sync.receipts import Receipts
from homeserver.storage.events import StoredEvent
from homeserver.storage.receipts import ReceiptFact
from tests.harness.appservice import FakeAppservice, sending
from tests.harness.engine import ANNA, BOB, room, say

GHOST = "@_ghost_one:a.example"


@pytest.fixture
async def room_id(engine: Engine) -> str:
    """A room with a ghost in it."""
    return (await room(engine, ANNA, BOB, GHOST)).room_id


def receipts(engine: Engine) -> Receipts:
    return Receipts(
        engine.database, engine.committer, engine.heads, engine.cache, engine.visible, engine.clock
    )


async def read(engine: Engine, said: StoredEvent, user_id: str, kind: str = "m.read") -> None:
    await receipts(engine).read(said.event.room_id, user_id, kind, said.event.event_id)


async def test_typing_and_receipts_are_told(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration(receive_ephemeral=True)):
        said = await say(engine, room_id, "hello")
        await engine.typing.start(room_id, BOB, None)
        await read(engine, said, BOB)
        await bridge.until(lambda: len(bridge.ephemeral) == 2)
    by_type = {event["type"]: event for event in bridge.ephemeral}
    assert by_type["m.typing"] == {
        "type": "m.typing",
        "room_id": room_id,
        "content": {"user_ids": [BOB]},
    }
    receipt = by_type["m.receipt"]
    assert receipt["room_id"] == room_id
    assert receipt["content"][said.event.event_id]["m.read"][BOB]["ts"] > 0
    for told in bridge.told:
        if "ephemeral" in told.json:
            assert told.json["ephemeral"] == told.json["de.sorunome.msc2409.ephemeral"]


async def test_they_are_told_to_those_only_who_ask_for_them(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration()):
        said = await say(engine, room_id, "hello")
        await engine.typing.start(room_id, BOB, None)
        await read(engine, said, BOB)
        await say(engine, room_id, "bye")
        await bridge.until(lambda: "bye" in bridge.texts())
        await asyncio.sleep(0.1)
    assert bridge.ephemeral == []


async def test_rooms_without_its_users_stay_private(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    other = (await room(engine, ANNA, BOB)).room_id
    async with sending(engine, bridge.registration(receive_ephemeral=True)):
        await read(engine, await say(engine, other, "secret"), BOB)
        await engine.typing.start(other, BOB, None)
        await read(engine, await say(engine, room_id, "hello"), BOB)
        await bridge.until(lambda: bridge.ephemeral)
    assert {event["room_id"] for event in bridge.ephemeral} == {room_id}


async def test_private_receipts_are_told_of_its_own_users_only(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration(receive_ephemeral=True)):
        said = await say(engine, room_id, "hello")
        await read(engine, said, BOB, "m.read.private")
        await read(engine, said, GHOST, "m.read.private")
        await bridge.until(lambda: bridge.ephemeral)
    assert "@bob" not in str(bridge.ephemeral)
    assert GHOST in str(bridge.ephemeral)


async def test_receipts_wait_for_a_service_that_is_away(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration(receive_ephemeral=True)):
        said = await say(engine, room_id, "hello")
        await bridge.until(bridge.texts)
        bridge.down = True
        await read(engine, said, BOB)
        await asyncio.sleep(0.2)
        bridge.down = False
        await bridge.until(lambda: bridge.ephemeral)


async def test_a_service_that_refuses_them_still_gets_its_events(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async def refuse(told: Any) -> tuple[int, Any]:
        return (400 if "ephemeral" in told.json else 200), {}

    bridge.respond = refuse
    async with sending(engine, bridge.registration(receive_ephemeral=True)):
        await engine.typing.start(room_id, BOB, None)
        await bridge.until(lambda: bridge.ephemeral)
        await say(engine, room_id, "hello")
        await bridge.until(lambda: bridge.texts() == ["hello"], seconds=5)


def fact(user_id: str = BOB, thread: str = "", event_id: str = "$1") -> ReceiptFact:
    return ReceiptFact(1, user_id, "m.read", thread, event_id, 5, 0, 1234)


def test_receipts_for_one_event_in_two_threads_take_two_events() -> None:
    gathered = Ephemeral()
    for each in (fact(), fact(thread="main"), fact(ANNA, "main")):
        gathered.add_receipt("!r", each)
    first, second = receipt_events(gathered.receipts)
    assert first["content"] == {
        "$1": {"m.read": {BOB: {"ts": 1234}, ANNA: {"ts": 1234, "thread_id": "main"}}}
    }
    assert second["content"] == {"$1": {"m.read": {BOB: {"ts": 1234, "thread_id": "main"}}}}


def test_the_newest_receipt_replaces_older_ones_also_those_taken_back() -> None:
    untold, since = Ephemeral(), Ephemeral()
    untold.add_receipt("!r", fact(event_id="$1"))
    untold.add_receipt("!r", fact(ANNA, event_id="$1"))
    since.add_receipt("!r", fact(event_id="$2"))
    since.take_back(untold)
    assert [each.event_id for _, each in since.receipts.values()] == ["$1", "$2"]


def test_receipts_are_not_gathered_without_end() -> None:
    gathered = Ephemeral()
    for number in range(MAX_RECEIPTS + 5):
        gathered.add_receipt("!r", fact(f"@{number}:a.example"))
    assert len(gathered.receipts) == MAX_RECEIPTS
    assert next(iter(gathered.receipts))[1] == "@5:a.example"
