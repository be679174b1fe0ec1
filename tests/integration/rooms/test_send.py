"""Sending and redacting: client-server-api, "Sending events to a room"."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
import pytest

from homeserver.ids import DeviceId, UserId
from homeserver.services.events.recent_txns import RecentTxns
from homeserver.services.events.send_event import SendEvent
from homeserver.services.ground.requester import Requester
from homeserver.storage.database import Sql
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

BY_ID = Sql("SELECT json FROM event WHERE event_id = :event_id")


def fresh_process(company: Company) -> SendEvent:
    """Sending as a process does that has just started: it remembers nothing."""
    engine = company.engine
    return SendEvent(
        engine.database,
        engine.heads,
        engine.cache,
        engine.write,
        RecentTxns(engine.database, max_bytes=1_000_000),
        server_name="a.example",
    )


async def shared_room(company: Company, **body: Any) -> str:
    room = await company.create(ANNA, preset="public_chat", **body)
    await ok(company.do(BOB, "join", room))
    return room


async def messages(company: Company, room: str) -> list[Any]:
    events = [stored.event for stored in await company.timeline(room)]
    return [event.content.get("body") for event in events if event.type == "m.room.message"]


async def test_a_repeated_transaction_is_the_same_event(company: Company) -> None:
    room = await shared_room(company)
    first = (await company.send(ANNA, room, "first", txn="t")).ok
    assert (await company.send(ANNA, room, "second", txn="t")).ok == first
    assert await messages(company, room) == ["first"]


async def test_another_device_room_or_type_makes_it_another_transaction(company: Company) -> None:
    room, other = await shared_room(company), await company.create(ANNA)
    answers = [
        await company.send(f"{ANNA}|PHONE", room),
        await company.send(f"{ANNA}|LAPTOP", room),
        await company.send(f"{ANNA}|PHONE", other),
        await company.send(f"{ANNA}|PHONE", room, {"x": 1}, type_="org.example.x"),
        await company.send(f"{BOB}|PHONE", room),
    ]
    assert len({answer.ok["event_id"] for answer in answers}) == 5


async def test_the_same_transaction_sent_at_once_is_sent_once(company: Company) -> None:
    room = await shared_room(company)
    answers = await asyncio.gather(*(company.send(ANNA, room, str(n)) for n in range(20)))
    assert len({answer.ok["event_id"] for answer in answers}) == 1
    assert len(await messages(company, room)) == 1


async def test_a_transaction_outlives_the_process_that_committed_it(company: Company) -> None:
    room = await shared_room(company)
    who = Requester(UserId(ANNA), DeviceId("PHONE"))
    first = (await company.send(f"{ANNA}|PHONE", room, txn="t")).ok["event_id"]
    later = fresh_process(company)
    again = await later.send(who, room, "m.room.message", {"body": "again"}, "t")
    assert again == first
    assert await messages(company, room) == ["hello"]


async def test_two_processes_that_both_think_it_new_agree(company: Company) -> None:
    """Neither asks the database: its unique constraint decides."""
    room = await shared_room(company)
    who = Requester(UserId(ANNA), DeviceId("PHONE"))
    processes = [fresh_process(company), fresh_process(company)]
    for process in processes:
        # Something new first, so that the process takes what follows for new as well.
        await process.send(who, room, "m.room.message", {"body": "new"}, f"new {id(process)}")
    sent = await asyncio.gather(
        *(p.send(who, room, "m.room.message", {"body": "x"}, "t") for p in processes)
    )
    assert len(set(sent)) == 1
    assert (await messages(company, room)).count("x") == 1


async def test_a_transaction_that_was_committed_is_answered_even_to_someone_banned(
    company: Company,
) -> None:
    room = await shared_room(company)
    who = Requester(UserId(BOB), DeviceId("PHONE"))
    first = (await company.send(f"{BOB}|PHONE", room, txn="t")).ok["event_id"]
    await ok(company.do(ANNA, "ban", room, user_id=BOB))
    later = fresh_process(company)
    assert await later.send(who, room, "m.room.message", {"body": "x"}, "t") == first


async def test_a_refused_transaction_may_be_tried_again(company: Company) -> None:
    room = await company.create(ANNA, preset="public_chat")
    assert (await company.send(BOB, room, txn="t")).refusal == (403, "M_FORBIDDEN")
    await ok(company.do(BOB, "join", room))
    await ok(company.send(BOB, room, txn="t"))


async def test_a_message_reads_nothing_and_shares_its_commit(company: Company) -> None:
    """32 senders take under 0.2 commits an event, and no query."""
    room = await shared_room(company)
    await ok(company.send(ANNA, room, "warm", txn="warm"))
    engine = company.engine
    service = fresh_process(company)
    who = Requester(UserId(ANNA), DeviceId("PHONE"))
    await service.send(who, room, "m.room.message", {"body": "warm"}, "warm too")
    commits, statements = engine.committer.commits, engine.database.statements

    async def sender(number: int) -> None:
        for n in range(10):
            await service.send(who, room, "m.room.message", {"body": "x"}, f"{number}.{n}")

    await asyncio.gather(*(sender(number) for number in range(32)))
    spent = engine.committer.commits - commits
    assert spent < 0.2 * 320
    # At most ten statements to a commit (on PostgreSQL with the ticket and the notification),
    # whatever the number of events in it.
    assert engine.database.statements - statements <= 10 * spent
    assert len(await messages(company, room)) == 322


@pytest.mark.parametrize("user", [CAROL, "@stranger:a.example"])
async def test_who_is_not_in_the_room_sends_nothing(company: Company, user: str) -> None:
    room = await shared_room(company)
    await ok(company.do(CAROL, "join", room))
    await ok(company.do(CAROL, "leave", room))
    assert (await company.send(user, room)).refusal == (403, "M_FORBIDDEN")


async def test_an_unknown_room_looks_like_one_that_is_not_ones_own(company: Company) -> None:
    unknown = "!" + "x" * 43
    assert (await company.send(ANNA, unknown)).refusal == (403, "M_FORBIDDEN")
    assert (await company.set(ANNA, unknown, "x", {})).refusal == (403, "M_FORBIDDEN")
    redaction = await company.api.put(ANNA, f"v3/rooms/{unknown}/redact/$x/1", {})
    assert redaction.refusal == (403, "M_FORBIDDEN")


CONTENTS: list[tuple[Any, tuple[int, str] | None]] = [
    ({"body": 2**53}, (400, "M_BAD_JSON")),
    ({"body": -(2**53)}, (400, "M_BAD_JSON")),
    ({"body": 1.1}, (400, "M_BAD_JSON")),
    ({"body": 10**30}, (400, "M_BAD_JSON")),
    ({"body": float("nan")}, (400, "M_NOT_JSON")),
    ({"body": float("inf")}, (400, "M_NOT_JSON")),
    ([], (400, "M_BAD_JSON")),
    ({"body": "x" * 65_536}, (413, "M_TOO_LARGE")),
    ({"body": "\x00 is text"}, None),
    ({"body": 2**53 - 1}, None),
]


async def test_what_a_message_may_hold(company: Company) -> None:
    room = await company.create(ANNA)
    for n, (content, refusal) in enumerate(CONTENTS):
        answer = await company.send(ANNA, room, content, txn=str(n))
        if refusal is None:
            assert answer.ok
        else:
            assert answer.refusal == refusal, content


async def test_hostile_names_are_refused_and_harm_nobody_elses_commit(company: Company) -> None:
    room = await shared_room(company)
    hostile = {
        "body": "x",
        "m.relates_to": {"rel_type": "m.reference", "event_id": "$" + "x" * 5000},
    }
    nul = {"m.relates_to": {"rel_type": "m.thread", "event_id": "$a\x00b"}}
    answers = await asyncio.gather(
        company.send(ANNA, room, "good", txn="good"),
        company.send(BOB, room, hostile, txn="long relation"),
        company.send(BOB, room, nul, txn="nul in relation"),
        company.send(BOB, room, txn="t" * 256),
        company.send(BOB, room, txn="nul\x00"),
        company.send(BOB, room, {}, type_="nul\x00", txn="a"),
        company.send(BOB, room, {}, type_="x" * 256, txn="b"),
        company.api.put(BOB, "v3/rooms/nonsense/send/m.room.message/1", {}),
        company.send(BOB, "!" + "x" * 300, txn="c"),
    )
    assert [answer.status for answer in answers] == [200, 200, 200, 400, 400, 400, 413, 400, 400]


async def test_a_message_cannot_pretend_to_be_state(company: Company) -> None:
    room = await shared_room(company)
    for kind in ("m.room.create", "m.room.member", "m.room.power_levels"):
        answer = await company.send(BOB, room, {"membership": "join"}, type_=kind)
        assert answer.refusal == (403, "M_FORBIDDEN")
    assert await company.membership(room, BOB) == "join"


async def redact(company: Company, user: str, room: str, event: str, txn: str = "r") -> Any:
    return await company.api.put(
        user, f"v3/rooms/{room}/redact/{event}/{txn}", {"reason": "no", "redacts": "$other"}
    )


async def test_ones_own_message_can_be_redacted_once(company: Company) -> None:
    room = await shared_room(company)
    event = (await company.send(BOB, room)).ok["event_id"]
    first = (await redact(company, BOB, room, event)).ok
    assert (await redact(company, BOB, room, event)).ok == first
    redaction = (await company.timeline(room))[-1].event
    assert redaction.event_id == first["event_id"]
    assert redaction.content == {"reason": "no", "redacts": event}
    stored = await company.engine.cache.by_id(event)
    assert stored is not None
    assert stored.event.content == {}
    async with company.engine.database.read() as conn:
        raw = await conn.fetch_value(BY_ID, event_id=event)
    assert orjson.loads(raw)["content"] == {}


async def test_a_redaction_can_be_sent_as_an_event(company: Company) -> None:
    room = await shared_room(company, room_version="11")
    event = (await company.send(BOB, room)).ok["event_id"]
    answer = await company.send(BOB, room, {"redacts": event}, type_="m.room.redaction", txn="2")
    assert answer.ok
    stored = await company.engine.cache.by_id(event)
    assert stored is not None
    assert stored.event.content == {}
    bare = await company.send(BOB, room, {}, type_="m.room.redaction", txn="3")
    assert bare.refusal == (400, "M_BAD_JSON")
    bad = await company.send(BOB, room, {"redacts": "x"}, type_="m.room.redaction", txn="4")
    assert bad.refusal == (400, "M_INVALID_PARAM")


async def test_others_messages_take_the_power_to_redact(company: Company) -> None:
    room = await shared_room(company)
    event = (await company.send(ANNA, room)).ok["event_id"]
    assert (await redact(company, BOB, room, event)).refusal == (403, "M_FORBIDDEN")
    assert await messages(company, room) == ["hello"]
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {BOB: 50}}))
    assert (await redact(company, BOB, room, event)).ok


async def test_an_administrator_of_the_server_may_redact_what_its_people_say(
    company: Company,
) -> None:
    room = await shared_room(company)
    event = (await company.send(ANNA, room)).ok["event_id"]
    who = Requester(UserId(BOB), DeviceId("PHONE"), admin=True)
    assert await fresh_process(company).redact(who, room, event, {}, "r")
    assert await messages(company, room) == [None]


async def test_what_is_not_in_the_room_is_not_redacted(company: Company) -> None:
    room, other = await shared_room(company), await company.create(BOB)
    event = (await company.send(BOB, other)).ok["event_id"]
    assert (await redact(company, BOB, room, event)).refusal == (404, "M_NOT_FOUND")
    assert (await redact(company, BOB, room, "$unknown")).refusal == (404, "M_NOT_FOUND")
    assert (await redact(company, CAROL, room, "$unknown")).refusal == (403, "M_FORBIDDEN")


async def test_what_holds_the_room_together_is_not_redacted(company: Company) -> None:
    room = await shared_room(company)
    create = (await company.timeline(room))[0].event.event_id
    assert (await redact(company, ANNA, room, create)).refusal == (403, "M_FORBIDDEN")


async def test_the_same_reaction_is_refused_until_it_is_redacted(company: Company) -> None:
    room = await shared_room(company)
    event = (await company.send(ANNA, room)).ok["event_id"]

    def reaction(key: str) -> dict[str, Any]:
        return {"m.relates_to": {"rel_type": "m.annotation", "event_id": event, "key": key}}

    async def react(user: str, key: str, txn: str) -> Any:
        return await company.send(user, room, reaction(key), type_="m.reaction", txn=txn)

    first = (await react(BOB, "+1", "1")).ok["event_id"]
    assert (await react(BOB, "+1", "2")).refusal == (400, "M_DUPLICATE_ANNOTATION")
    assert (await react(BOB, "+1", "1")).ok["event_id"] == first
    assert (await react(BOB, "-1", "3")).ok
    assert (await react(ANNA, "+1", "4")).ok
    assert (await redact(company, BOB, room, first)).ok
    assert (await react(BOB, "+1", "5")).ok


async def test_a_thread_starts_at_no_event_of_a_relation(company: Company) -> None:
    room = await shared_room(company)
    root = (await company.send(ANNA, room, txn="1")).ok["event_id"]
    thread = {"body": "x", "m.relates_to": {"rel_type": "m.thread", "event_id": root}}
    child = (await company.send(ANNA, room, thread, txn="2")).ok["event_id"]
    nested = {"body": "x", "m.relates_to": {"rel_type": "m.thread", "event_id": child}}
    assert (await company.send(ANNA, room, nested, txn="3")).refusal == (400, "M_UNKNOWN")
    reply = {"body": "x", "m.relates_to": {"m.in_reply_to": {"event_id": root}}}
    replied = (await company.send(ANNA, room, reply, txn="4")).ok["event_id"]
    off = {"body": "x", "m.relates_to": {"rel_type": "m.thread", "event_id": replied}}
    assert (await company.send(ANNA, room, off, txn="5")).ok


async def test_only_appservices_date_their_events(company: Company) -> None:
    room = await shared_room(company)
    path = f"v3/rooms/{room}/send/m.room.message"
    await ok(company.api.call("PUT", ANNA, f"{path}/1", {"body": "x"}, ts=5))
    assert (await company.timeline(room))[-1].event.origin_server_ts > 5
    bridge = Requester(UserId(BOB), appservice_id="bridge")
    await fresh_process(company).send(bridge, room, "m.room.message", {"body": "x"}, "1", ts=5)
    assert (await company.timeline(room))[-1].event.origin_server_ts == 5
