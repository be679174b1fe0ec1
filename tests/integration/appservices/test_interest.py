"""Which events an application service is told of."""

from __future__ import annotations

from homeserver.compose.engine import Engine
from homeserver.services.events.write_event import Draft
from homeserver.storage import aliases
from homeserver.storage.commit import Write, statements
from tests.harness.appservice import BOT, FakeAppservice, sending
from tests.harness.engine import ANNA, BOB, member_event, room, say

GHOST = "@_ghost_one:a.example"
END = "the end"


async def end(engine: Engine, bridge: FakeAppservice) -> None:
    """Waits until everything up to now was told: the last is what certainly is."""
    mine = await room(engine, GHOST)
    await say(engine, mine.room_id, END, GHOST)
    await bridge.until(lambda: END in bridge.texts(mine.room_id))


async def test_rooms_without_its_users_are_none_of_its_business(
    engine: Engine, bridge: FakeAppservice
) -> None:
    async with sending(engine, bridge.registration()):
        private = await room(engine, ANNA, BOB)
        await say(engine, private.room_id, "between us")
        await end(engine, bridge)
    assert not [event for event in bridge.events if event["room_id"] == private.room_id]


async def test_it_is_told_from_the_invite_of_a_user_until_they_have_left(
    engine: Engine, bridge: FakeAppservice
) -> None:
    async with sending(engine, bridge.registration()):
        room_id = (await room(engine, ANNA)).room_id
        await say(engine, room_id, "before")
        await member_event(engine, room_id, GHOST, "invite", sender=ANNA)
        await say(engine, room_id, "invited")
        await member_event(engine, room_id, GHOST, "join")
        await say(engine, room_id, "joined")
        await member_event(engine, room_id, GHOST, "leave", sender=ANNA)
        await say(engine, room_id, "after")
        await end(engine, bridge)
    told = [event for event in bridge.events if event["room_id"] == room_id]
    assert [event["content"].get("membership", event["content"].get("body")) for event in told] == [
        "invite",
        "invited",
        "join",
        "joined",
        "leave",
    ]


async def test_who_was_in_the_room_counts_then_not_when_it_is_told(
    engine: Engine, bridge: FakeAppservice
) -> None:
    bridge.down = True
    registration = bridge.registration()
    async with sending(engine, registration):
        room_id = (await room(engine, ANNA, GHOST)).room_id
        await say(engine, room_id, "while it was there")
    async with sending(engine, registration):
        await member_event(engine, room_id, GHOST, "leave")
        await say(engine, room_id, "when it was gone")
    bridge.down = False
    async with sending(engine, registration):
        await end(engine, bridge)
    assert bridge.texts(room_id) == ["while it was there"]


async def test_its_own_user_counts_like_those_of_its_namespaces(
    engine: Engine, bridge: FakeAppservice
) -> None:
    async with sending(engine, bridge.registration()):
        room_id = (await room(engine, ANNA, BOT)).room_id
        await say(engine, room_id, "hello bot")
        await bridge.until(lambda: "hello bot" in bridge.texts(room_id))


async def test_what_its_users_say_is_told_too(engine: Engine, bridge: FakeAppservice) -> None:
    async with sending(engine, bridge.registration()):
        room_id = (await room(engine, ANNA, GHOST)).room_id
        await say(engine, room_id, "echo", GHOST)
        await bridge.until(lambda: "echo" in bridge.texts(room_id))


async def test_a_namespace_of_rooms_is_told_everything_in_them(
    engine: Engine, bridge: FakeAppservice
) -> None:
    watched, other = await room(engine, ANNA), await room(engine, ANNA)
    async with sending(engine, bridge.registration(rooms=watched.room_id)):
        await say(engine, other.room_id, "unwatched")
        await say(engine, watched.room_id, "watched")
        await bridge.until(lambda: "watched" in bridge.texts())
    assert bridge.texts() == ["watched"]


async def test_a_namespace_of_aliases_is_told_everything_in_rooms_that_have_one(
    engine: Engine, bridge: FakeAppservice
) -> None:
    named, other = await room(engine, ANNA), await room(engine, ANNA)
    params = {"alias": "#irc_one:a.example", "room": named.nid, "creator": ANNA}
    await engine.committer.commit(Write(bind=statements((aliases.INSERT, params))))
    async with sending(engine, bridge.registration(aliases="#irc_.*")):
        await say(engine, other.room_id, "unnamed")
        await say(engine, named.room_id, "named")
        await bridge.until(lambda: "named" in bridge.texts())
    assert bridge.texts() == ["named"]


async def test_events_have_the_form_of_the_client_api(
    engine: Engine, bridge: FakeAppservice
) -> None:
    async with sending(engine, bridge.registration()):
        room_id = (await room(engine, ANNA, GHOST)).room_id
        said = await say(engine, room_id, "hello")
        topic = Draft("m.room.topic", ANNA, {"topic": "one"}, "")
        await engine.write.write(room_id, topic)
        topic = Draft("m.room.topic", ANNA, {"topic": "two"}, "")
        await engine.write.write(room_id, topic)
        await bridge.until(lambda: len(bridge.events) >= 4)
    message, _, changed = bridge.events[-3:]
    assert message == {
        "type": "m.room.message",
        "room_id": room_id,
        "sender": ANNA,
        "event_id": said.event.event_id,
        "origin_server_ts": said.event.origin_server_ts,
        "content": {"msgtype": "m.text", "body": "hello"},
    }
    assert changed["unsigned"]["prev_content"] == {"topic": "one"}
    assert changed["state_key"] == ""
