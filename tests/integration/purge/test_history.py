from __future__ import annotations

from typing import Any

from tests.harness.whole_server import Person, WholeServer
from tests.integration.purge.room import Room, download, states, upload

ADMIN = "/_teammessenger/admin/v1"


async def purge(admin: Person, room: Room, before_ts: int) -> dict[str, Any]:
    answer = await admin.post(f"{ADMIN}/rooms/{room.room_id}/purge", {"before_ts": before_ts})
    gone: dict[str, Any] = answer.ok
    return gone


async def test_what_is_older_goes_and_the_rest_stays_as_it_was(server: WholeServer) -> None:
    admin, olga, ivan = (
        await server.admin(),
        await server.register("olga"),
        await server.register("ivan"),
    )
    room = await Room.made_by(olga, name="first")
    for number in range(6):
        await room.name(f"name {number}")
        await room.say(olga, 5)
    assert (await ivan.post(f"join/{room.room_id}")).status == 200
    await room.say(ivan, 3)
    server.clock.forward(3600)
    moment = server.clock.ms
    since = (await olga.get("sync")).ok["next_batch"]
    before = server.engine.feed.position
    await room.say(olga, 4)
    await room.name("last")
    await room.say(ivan, 4)
    expected = {
        pos: state for pos, state in (await states(server, room.room_id)).items() if pos >= before
    }

    gone = await purge(admin, room, moment)

    assert gone["events"] >= 33 + 5
    assert await room.bodies(olga) == [f"message {n}" for n in range(33, 41)]
    assert (await olga.get(f"rooms/{room.room_id}/event/{room.sent[3]}")).status == 404
    assert (await olga.get(f"rooms/{room.room_id}/context/{room.sent[35]}")).status == 200
    after = await states(server, room.room_id)
    assert {pos: after[pos] for pos in expected} == expected
    later = (await olga.get("sync", since=since)).ok["rooms"]["join"][room.room_id]["timeline"]
    bodies = [event["content"].get("body") for event in later["events"]]
    assert list(filter(None, bodies)) == [f"message {n}" for n in range(33, 41)]
    fresh = (await ivan.get("sync")).ok["rooms"]["join"][room.room_id]
    shown = [*fresh["state"]["events"], *fresh["timeline"]["events"]]
    names = [event["content"]["name"] for event in shown if event["type"] == "m.room.name"]
    assert names[-1] == "last"
    members = (await olga.get(f"rooms/{room.room_id}/joined_members")).ok["joined"]
    assert set(members) == {olga.user_id, ivan.user_id}
    await room.say(ivan)
    assert (await room.bodies(ivan))[-1] == "message 41"


async def test_the_newest_event_stays_whatever_its_age(server: WholeServer) -> None:
    admin, olga = await server.admin(), await server.register("olga")
    room = await Room.made_by(olga)
    await room.say(olga, 3)
    server.clock.forward(86_400)
    await purge(admin, room, server.clock.ms)
    assert await room.bodies(olga) == ["message 2"]
    assert (await purge(admin, room, server.clock.ms))["events"] == 0
    await room.say(olga)
    assert await room.bodies(olga) == ["message 2", "message 3"]


async def test_files_go_with_what_named_them_unless_something_else_does(
    server: WholeServer,
) -> None:
    admin, olga = await server.admin(), await server.register("olga")
    room, other = await Room.made_by(olga), await Room.made_by(olga)
    alone, twice, face = [await upload(olga, text) for text in (b"alone", b"twice", b"face")]
    twin = await upload(olga, b"alone, too")
    same_bytes = await upload(olga, b"alone, too")
    for address in (alone, twice, face, twin):
        await room.say(olga, msgtype="m.file", url=address)
    await other.say(olga, msgtype="m.file", url=twice)
    assert (
        await olga.put(f"profile/{olga.user_id}/avatar_url", {"avatar_url": face})
    ).status == 200
    server.clock.forward(60)
    await room.say(olga)
    gone = await purge(admin, room, server.clock.ms)
    assert (gone["files"], gone["bytes"]) == (2, 5)
    assert await download(olga, alone) == 404
    assert await download(olga, twin) == 404
    assert [await download(olga, kept) for kept in (twice, face, same_bytes)] == [200] * 3


async def test_unread_messages_that_are_gone_are_not_counted(server: WholeServer) -> None:
    admin, olga, ivan = (
        await server.admin(),
        await server.register("olga"),
        await server.register("ivan"),
    )
    room = await Room.made_by(olga)
    assert (await ivan.post(f"join/{room.room_id}")).status == 200
    await room.say(olga, 5)
    server.clock.forward(60)
    await room.say(olga, 2)

    async def unread() -> int:
        joined = (await ivan.get("sync")).ok["rooms"]["join"][room.room_id]
        count: int = joined["unread_notifications"]["notification_count"]
        return count

    assert await unread() == 7
    await purge(admin, room, server.clock.ms)
    assert await unread() == 2


async def test_only_administrators_delete(server: WholeServer) -> None:
    olga = await server.register("olga")
    room = await Room.made_by(olga)
    for method, path in (
        ("POST", f"rooms/{room.room_id}/purge"),
        ("DELETE", f"rooms/{room.room_id}"),
        ("POST", f"users/{olga.user_id}/erase"),
    ):
        answer = await olga.call(method, f"{ADMIN}/{path}", {"before_ts": 1})
        assert (answer.status, answer.body["errcode"]) == (403, "M_FORBIDDEN")
    admin = await server.admin()
    missing = await admin.post(f"{ADMIN}/rooms/!none:a.example/purge", {"before_ts": 1})
    assert missing.status == 404


async def test_old_messages_go_by_themselves_where_a_room_wants_it(server: WholeServer) -> None:
    olga = await server.register("olga")
    forgetful, other = await Room.made_by(olga), await Room.made_by(olga)
    day = 86_400_000
    path = f"rooms/{forgetful.room_id}/state/m.room.retention"
    assert (await olga.put(path, {"max_lifetime": 2 * day})).status == 200
    for room in (forgetful, other):
        await room.say(olga, 2)
    server.clock.forward(3 * 86_400)
    for room in (forgetful, other):
        await room.say(olga, 2)
    assert await server.retention.run_once() == 1
    assert await forgetful.bodies(olga) == ["message 2", "message 3"]
    assert len(await other.bodies(olga)) == 4
    assert await server.retention.run_once() == 0
