"""Transactions: in order, one at a time, offered identically until they are taken."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeserver.compose.engine import Engine
from homeserver.services.sending import send_to_appservice
from homeserver.services.sending.send_appservices import SendAppservices
from homeserver.storage import appservice_cursors
from tests.harness.appservice import HS_TOKEN, FakeAppservice, fake_appservice, sending
from tests.harness.engine import ANNA, member_event, room, running_engine, say

GHOST = "@_ghost_one:a.example"


@pytest.fixture
async def room_id(engine: Engine) -> str:
    """A room with a ghost in it."""
    return (await room(engine, ANNA, GHOST)).room_id


async def test_everything_is_told_in_the_order_of_the_log(
    engine: Engine, bridge: FakeAppservice
) -> None:
    async with sending(engine, bridge.registration()):
        rooms = [(await room(engine, ANNA, GHOST)).room_id for _ in range(3)]
        said = [
            say(engine, rooms[number % 3], f"{number}", ANNA if number % 2 else GHOST)
            for number in range(60)
        ]
        stored = await asyncio.gather(*said)
        await bridge.until(lambda: len(bridge.texts()) == 60)
    in_order = sorted(stored, key=lambda each: each.place)
    told = [event["event_id"] for event in bridge.events if event["type"] == "m.room.message"]
    assert told == [each.event.event_id for each in in_order]
    assert all(len(each.json["events"]) <= 100 for each in bridge.transactions)


async def test_it_knows_us_by_its_token(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration()):
        await say(engine, room_id, "hello")
        await bridge.until(bridge.texts)
    (told,) = bridge.transactions
    assert told.path.startswith("/_matrix/app/v1/transactions/")
    assert told.authorization == f"Bearer {HS_TOKEN}"
    assert told.query == {}


@pytest.mark.parametrize("failure", [0, 500, 403, 302])
async def test_a_refused_transaction_is_offered_again_as_it_was(
    engine: Engine, bridge: FakeAppservice, room_id: str, failure: int
) -> None:
    bridge.failures.extend([failure, failure])
    async with sending(engine, bridge.registration()):
        await say(engine, room_id, "stubborn")
        await bridge.until(lambda: bridge.transactions)
        await say(engine, room_id, "later")
        await bridge.until(lambda: bridge.texts() == ["stubborn", "later"])
    offers = bridge.transactions
    assert len(offers) == 4
    assert len({(each.txn_id, each.body) for each in offers[:3]}) == 1
    assert offers[3].txn_id != offers[0].txn_id


async def test_what_was_under_way_at_the_end_is_offered_again_after_a_restart(
    tmp_path: Path, migrated_database_url: str, bridge: FakeAppservice
) -> None:
    registration = bridge.registration()
    bridge.failures.append(500)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        room_id = (await room(engine, ANNA, GHOST)).room_id
        async with sending(engine, registration):
            await asyncio.gather(*(say(engine, room_id, f"{number}") for number in range(5)))
            await bridge.until(lambda: bridge.transactions)
        await say(engine, room_id, "while nobody sent")
    async with (
        running_engine(tmp_path, migrated_database_url) as engine,
        sending(engine, registration),
    ):
        await say(engine, room_id, "afterwards")
        await bridge.until(lambda: "afterwards" in bridge.texts())
    first, again = bridge.transactions[:2]
    assert (first.txn_id, first.body) == (again.txn_id, again.body)
    assert sorted(bridge.texts()[:5]) == ["0", "1", "2", "3", "4"]
    assert bridge.texts()[5:] == ["while nobody sent", "afterwards"]


async def test_nothing_is_told_twice_after_an_ordinary_restart(
    tmp_path: Path, migrated_database_url: str, bridge: FakeAppservice
) -> None:
    registration = bridge.registration()
    for text in ("one", "two"):
        async with (
            running_engine(tmp_path, migrated_database_url) as engine,
            sending(engine, registration),
        ):
            room_id = (await room(engine, GHOST)).room_id
            await say(engine, room_id, text, GHOST)
            await bridge.until(lambda text=text: text in bridge.texts())  # type: ignore[misc]
    told = [event["event_id"] for each in bridge.transactions for event in each.json["events"]]
    assert len(told) == len(set(told))


async def test_a_new_service_is_told_nothing_of_what_was_before(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    await say(engine, room_id, "long ago")
    async with sending(engine, bridge.registration()):
        await say(engine, room_id, "now")
        await bridge.until(bridge.texts)
    assert bridge.texts() == ["now"]


async def test_a_backlog_comes_in_transactions_of_a_hundred(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    bridge.down = True
    registration = bridge.registration()
    async with sending(engine, registration):
        await say(engine, room_id, "first")
    wanted = []
    for number in range(5):
        said = await asyncio.gather(*(say(engine, room_id, f"{number}.{n}") for n in range(50)))
        wanted += [each.event.content["body"] for each in said]
    bridge.down = False
    async with sending(engine, registration):
        await bridge.until(lambda: len(bridge.texts()) == 251)
    assert bridge.texts() == ["first", *wanted]
    sizes = [len(each.json["events"]) for each in bridge.transactions]
    assert max(sizes) == 100
    assert len(sizes) <= 4


async def test_large_events_make_shorter_transactions(
    engine: Engine, bridge: FakeAppservice, room_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_to_appservice, "MAX_BYTES", 10_000)
    bridge.failures.append(500)
    async with sending(engine, bridge.registration()):
        await say(engine, room_id, "stops the line")
        await bridge.until(lambda: bridge.transactions)
        for _ in range(6):
            await say(engine, room_id, "x" * 4_000)
        await bridge.until(lambda: len(bridge.texts()) == 7)
    assert [len(each.json["events"]) for each in bridge.transactions[2:]] == [3, 3]


async def test_a_service_that_is_away_holds_up_no_other(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    bridge.down = True
    async with fake_appservice() as other:
        second = other.registration(id="other", as_token="other", sender_localpart="_other")
        async with sending(engine, bridge.registration(), second):
            await say(engine, room_id, "hello")
            await other.until(lambda: other.texts() == ["hello"])


async def test_a_sign_of_life_ends_the_waiting(
    engine: Engine, bridge: FakeAppservice, room_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_to_appservice, "_FIRST_PAUSE", 30.0)
    bridge.failures.append(503)
    async with sending(engine, bridge.registration()) as senders:
        await say(engine, room_id, "hello")
        await bridge.until(lambda: bridge.transactions)
        await asyncio.sleep(0.1)
        senders.nudge("bridge")
        await bridge.until(lambda: len(bridge.transactions) == 2, seconds=5)


async def test_older_paths_are_used_where_the_newer_are_unknown(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    bridge.failures.append(404)
    async with sending(engine, bridge.registration()):
        for text in ("one", "two"):
            await say(engine, room_id, text)
            await bridge.until(lambda text=text: text in bridge.texts())  # type: ignore[misc]
            await asyncio.sleep(0.05)
    new, old, then = bridge.transactions
    assert new.path == f"/_matrix/app/v1/transactions/{new.txn_id}"
    assert old.path == f"/transactions/{new.txn_id}"
    assert then.path == f"/transactions/{then.txn_id}"
    assert old.query == {"access_token": HS_TOKEN}
    assert old.authorization == f"Bearer {HS_TOKEN}"


async def test_what_does_not_concern_it_moves_its_cursor_without_a_word(
    engine: Engine, bridge: FakeAppservice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send_to_appservice, "_UNSAVED_POSITIONS", 20)
    async with sending(engine, bridge.registration()):
        other = (await room(engine, ANNA)).room_id
        for number in range(30):
            await say(engine, other, f"{number}")
    async with engine.database.read() as conn:
        cursor = await appservice_cursors.cursor(conn, "bridge")
    assert cursor is not None
    assert cursor.acked == engine.feed.position
    assert bridge.told == []


async def test_without_services_nothing_follows_the_log(engine: Engine) -> None:
    listeners = len(engine.feed._listeners)
    senders = SendAppservices([], engine.feed, engine.typing, engine.whispers)
    assert senders.duties == []
    assert len(engine.feed._listeners) == listeners


async def test_while_nothing_happens_nothing_is_read(
    engine: Engine, bridge: FakeAppservice, room_id: str
) -> None:
    async with sending(engine, bridge.registration()):
        await say(engine, room_id, "hello")
        await bridge.until(bridge.texts)
        await asyncio.sleep(0.2)
        before = engine.committer.commits
        await asyncio.sleep(0.3)
        assert engine.committer.commits == before
        await member_event(engine, room_id, GHOST, "leave")
        await bridge.until(lambda: len(bridge.events) == 2)
