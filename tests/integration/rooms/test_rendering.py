"""Events as their readers get them: shared bytes, and what is one reader's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from homeserver.compose.engine import Engine
from homeserver.services.events.write_event import Draft
from homeserver.services.reading.render_events import render_stripped
from homeserver.services.reading.visible_events import FAR
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.events import StoredEvent
from tests.harness.engine import ANNA, BOB, CAROL, member_event, room, running_engine, say

NOW = 2_000_000_000_000


async def shown(
    engine: Engine,
    stored: StoredEvent,
    user_id: str = ANNA,
    scope: str = "PHONE",
    *,
    with_room_id: bool = True,
    ignored: frozenset[str] = frozenset(),
    bundle: bool = True,
    upto: int = FAR,
) -> dict[str, Any]:
    """One event as a reader gets it."""
    seen = await engine.visible.filter(stored.room, [stored], user_id)
    (raw,) = await engine.render.render(
        seen,
        user_id=user_id,
        scope=scope,
        with_room_id=with_room_id,
        now=NOW,
        ignored=ignored,
        bundle=bundle,
        upto=upto,
    )
    parsed: dict[str, Any] = orjson.loads(raw)
    return parsed


async def relate(
    engine: Engine,
    parent: StoredEvent,
    rel_type: str,
    sender: str = ANNA,
    *,
    ts: int | None = None,
    **content: Any,
) -> StoredEvent:
    """A message that relates to another."""
    relates = {"rel_type": rel_type, "event_id": parent.event.event_id}
    body = {"msgtype": "m.text", "body": "related", **content, "m.relates_to": relates}
    draft = Draft("m.room.message", sender, body, ts=ts)
    return (await engine.write.write(parent.event.room_id, draft))[0]


async def edit(
    engine: Engine, parent: StoredEvent, text: str, sender: str = ANNA, *, ts: int | None = None
) -> StoredEvent:
    new = {"msgtype": "m.text", "body": text}
    return await relate(engine, parent, "m.replace", sender, ts=ts, **{"m.new_content": new})


async def topic(engine: Engine, room_id: str, text: str) -> StoredEvent:
    return (await engine.write.write(room_id, Draft("m.room.topic", ANNA, {"topic": text}, "")))[0]


async def redact(engine: Engine, target: StoredEvent, sender: str = ANNA) -> StoredEvent:
    redacts = target.event.event_id
    draft = Draft("m.room.redaction", sender, {"reason": "spam", "redacts": redacts})
    draft.redacts = redacts
    return (await engine.write.write(target.event.room_id, draft))[0]


def bundled(event: dict[str, Any]) -> dict[str, Any]:
    relations: dict[str, Any] = event["unsigned"].get("m.relations", {})
    return relations


async def test_a_message_carries_age_and_membership(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        early = await say(engine, head.room_id, "early")
        await member_event(engine, head.room_id, BOB, "join")
        event = early.event
        assert await shown(engine, early, BOB) == {
            "type": "m.room.message",
            "sender": ANNA,
            "room_id": head.room_id,
            "event_id": event.event_id,
            "origin_server_ts": event.origin_server_ts,
            "content": {"msgtype": "m.text", "body": "early"},
            "unsigned": {"membership": "leave", "age": NOW - event.origin_server_ts},
        }
        mine = await shown(engine, early, with_room_id=False)
        assert mine["unsigned"]["membership"] == "join"
        assert "room_id" not in mine


async def test_an_event_from_the_future_is_not_younger_than_now(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        draft = Draft("m.room.message", ANNA, {"body": "later"}, ts=NOW + 5_000)
        (stored,) = await engine.write.write(head.room_id, draft)
        assert (await shown(engine, stored))["unsigned"]["age"] == 0


async def test_only_the_sending_device_gets_its_transaction_id(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        draft = Draft("m.room.message", ANNA, {"body": "hi"})
        txn = ClientTxn(ANNA, "PHONE", "send", 'a "quoted" id')
        (stored,) = await engine.write.write(head.room_id, draft, txn=txn)
        mine = await shown(engine, stored)
        assert mine["unsigned"]["transaction_id"] == 'a "quoted" id'
        assert "transaction_id" not in (await shown(engine, stored, scope="LAPTOP"))["unsigned"]
        assert "transaction_id" not in (await shown(engine, stored, BOB))["unsigned"]


async def test_a_state_event_tells_what_it_replaced_to_those_who_saw_that(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, visibility="joined")
        first = await topic(engine, head.room_id, "old")
        await member_event(engine, head.room_id, BOB, "join")
        second = await topic(engine, head.room_id, "new")
        unsigned = (await shown(engine, second))["unsigned"]
        assert unsigned["prev_content"] == {"topic": "old"}
        assert unsigned["prev_sender"] == ANNA
        assert unsigned["replaces_state"] == first.event.event_id
        theirs = (await shown(engine, second, BOB))["unsigned"]
        assert theirs.keys() == {"age", "membership"}


async def test_what_was_redacted_leaves_the_event_that_replaced_it_too(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        old = await topic(engine, head.room_id, "old")
        new = await topic(engine, head.room_id, "new")
        assert (await shown(engine, new))["unsigned"]["prev_content"] == {"topic": "old"}
        await redact(engine, old)
        assert (await shown(engine, new))["unsigned"]["prev_content"] == {}


async def test_a_redacted_event_names_its_redaction(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        stored = await say(engine, head.room_id, "regretted")
        redaction = await redact(engine, stored)
        found = await shown(engine, stored)
        assert found["content"] == {}
        because = found["unsigned"]["redacted_because"]
        assert because["event_id"] == redaction.event.event_id
        assert because["content"]["reason"] == "spam"
        await redact(engine, redaction)
        because = (await shown(engine, stored))["unsigned"]["redacted_because"]
        assert "reason" not in because["content"]


async def test_the_newest_valid_edit_is_bundled(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        stored = await say(engine, head.room_id, "frist")
        assert bundled(await shown(engine, stored)) == {}
        newest = await edit(engine, stored, "first", ts=NOW)
        await edit(engine, stored, "older clock", ts=NOW - 1)
        await edit(engine, stored, "not yours", BOB, ts=NOW + 1)
        await relate(engine, stored, "m.replace", ts=NOW + 2)  # without new content
        found = await shown(engine, stored)
        assert found["content"]["body"] == "frist"
        assert bundled(found)["m.replace"]["event_id"] == newest.event.event_id
        assert bundled(found)["m.replace"]["content"]["m.new_content"]["body"] == "first"
        assert bundled(await shown(engine, stored, bundle=False)) == {}
        await redact(engine, newest)
        assert bundled(await shown(engine, stored))["m.replace"]["content"]["m.new_content"] == {
            "msgtype": "m.text",
            "body": "older clock",
        }


async def test_a_redacted_event_shows_no_edit(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        stored = await say(engine, head.room_id, "one")
        await edit(engine, stored, "two")
        await redact(engine, stored)
        assert bundled(await shown(engine, stored)) == {}


async def test_a_thread_is_summed_up_for_each_reader(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB, CAROL)
        root = await say(engine, head.room_id, "root")
        await relate(engine, root, "m.thread", BOB)
        answer = await relate(engine, root, "m.thread", BOB)
        await edit(engine, answer, "better", BOB)
        thread = bundled(await shown(engine, root, CAROL))["m.thread"]
        assert thread["count"] == 2
        assert thread["current_user_participated"] is False
        latest = thread["latest_event"]
        assert latest["event_id"] == answer.event.event_id
        assert bundled(latest)["m.replace"]["content"]["m.new_content"]["body"] == "better"
        mine = bundled(await shown(engine, root, ANNA))["m.thread"]
        assert mine["current_user_participated"] is True
        last = await relate(engine, root, "m.thread", CAROL)
        assert bundled(await shown(engine, root, CAROL))["m.thread"] == {
            "count": 3,
            "current_user_participated": True,
            "latest_event": await shown(engine, last, CAROL),
        }
        ignoring = await shown(engine, root, ANNA, ignored=frozenset({BOB}))
        assert bundled(ignoring)["m.thread"]["count"] == 1
        await redact(engine, last, CAROL)
        ignoring = await shown(engine, root, ANNA, ignored=frozenset({BOB}))
        assert bundled(ignoring) == {}


async def test_a_thread_is_summed_up_to_the_position_of_the_token(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """What comes after it the client is sent, and counts itself."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        root = await say(engine, head.room_id, "root")
        first = await relate(engine, root, "m.thread", BOB)
        await relate(engine, root, "m.thread", BOB)
        for upto, count in ((root.ord_pos, 0), (first.ord_pos, 1), (first.ord_pos + 1, 2)):
            thread = bundled(await shown(engine, root, upto=upto)).get("m.thread", {"count": 0})
            assert thread["count"] == count


async def test_those_who_left_do_not_see_what_was_answered_later(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        root = await say(engine, head.room_id, "root")
        first = await relate(engine, root, "m.thread")
        await member_event(engine, head.room_id, BOB, "leave", sender=ANNA)
        await relate(engine, root, "m.thread", secret="after Bob left")
        await edit(engine, root, "after Bob left")
        await relate(engine, root, "m.reference", secret="after Bob left")
        theirs = await shown(engine, root, BOB)
        assert b"after Bob left" not in orjson.dumps(theirs)
        assert bundled(theirs).keys() == {"m.thread"}
        assert bundled(theirs)["m.thread"]["count"] == 1
        latest = bundled(theirs)["m.thread"]["latest_event"]
        assert latest["event_id"] == first.event.event_id


async def test_what_was_said_in_ones_absence_is_not_summed_up(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB, visibility="joined")
        root = await say(engine, head.room_id, "root")
        await member_event(engine, head.room_id, BOB, "leave")
        await relate(engine, root, "m.thread")
        await edit(engine, root, "in Bob's absence")
        await member_event(engine, head.room_id, BOB, "join")
        assert bundled(await shown(engine, root, BOB)) == {}
        assert bundled(await shown(engine, root, ANNA)).keys() == {"m.thread", "m.replace"}


async def test_references_are_listed_and_reactions_are_not(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        root = await say(engine, head.room_id, "root")
        first = await relate(engine, root, "m.reference", BOB)
        second = await relate(engine, root, "m.reference")
        await relate(engine, root, "m.annotation", BOB)
        assert bundled(await shown(engine, root)) == {
            "m.reference": {
                "chunk": [
                    {"event_id": first.event.event_id},
                    {"event_id": second.event.event_id},
                ]
            }
        }


async def test_a_state_event_has_no_aggregations(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        stored = await topic(engine, head.room_id, "a")
        await relate(engine, stored, "m.reference")
        assert bundled(await shown(engine, stored)) == {}


async def test_readers_share_bytes_and_ask_the_database_nothing(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine, ANNA, BOB)
        stored = await say(engine, head.room_id, "hi")
        await shown(engine, stored, ANNA)
        await shown(engine, stored, BOB)
        assert len(stored.rendered) == 1
        before = engine.database.statements
        await shown(engine, stored, ANNA)
        await shown(engine, stored, BOB)
        assert engine.database.statements == before


async def test_one_query_finds_the_children_of_a_whole_page(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        roots = [await say(engine, head.room_id, "root") for _ in range(5)]
        for root in roots:
            await relate(engine, root, "m.thread")
        seen = await engine.visible.filter(head.nid, roots, ANNA)
        before = engine.database.statements
        await engine.render.render(seen, user_id=ANNA, scope="x", with_room_id=True, now=NOW)
        assert engine.database.statements == before + 1


async def test_state_in_lists_is_plain_and_stripped_state_plainer(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        head = await room(engine)
        stored = await topic(engine, head.room_id, "hi")
        (raw,) = await engine.render.render_state([stored], with_room_id=False)
        assert orjson.loads(raw) == {
            "type": "m.room.topic",
            "state_key": "",
            "sender": ANNA,
            "event_id": stored.event.event_id,
            "origin_server_ts": stored.event.origin_server_ts,
            "content": {"topic": "hi"},
        }
        (raw,) = render_stripped([stored])
        assert orjson.loads(raw).keys() == {"type", "state_key", "sender", "content"}
        redaction = await redact(engine, stored)
        (raw,) = await engine.render.render_state([stored], with_room_id=True)
        because = orjson.loads(raw)["unsigned"]["redacted_because"]
        assert because["event_id"] == redaction.event.event_id
