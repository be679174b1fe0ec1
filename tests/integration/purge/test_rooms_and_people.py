from __future__ import annotations

import argparse
import secrets
from pathlib import Path

import pytest

from homeserver.__main__ import compact
from homeserver.storage.verify import verify
from tests.harness.whole_server import WholeServer, whole_server
from tests.integration.purge.room import Room, download, upload

ADMIN = "/_teammessenger/admin/v1"


async def test_a_deleted_room_is_gone_for_everybody(server: WholeServer) -> None:
    admin, olga, ivan = (
        await server.admin(),
        await server.register("olga"),
        await server.register("ivan"),
    )
    room = await Room.made_by(olga, room_alias_name="plan")
    assert (await ivan.post(f"join/{room.room_id}")).status == 200
    await room.say(ivan, 20)
    file = await upload(olga, b"drawing")
    await room.say(olga, msgtype="m.file", url=file)
    since = (await ivan.get("sync")).ok["next_batch"]

    gone = (await admin.delete(f"{ADMIN}/rooms/{room.room_id}")).ok

    assert gone["events"] > 20
    assert gone["files"] == 1
    assert await download(olga, file) == 404
    assert room.room_id not in (await ivan.get("sync")).ok.get("rooms", {}).get("join", {})
    assert (await ivan.get("sync", since=since)).status == 200
    assert (await ivan.get(f"rooms/{room.room_id}/messages", dir="b")).status in (403, 404)
    assert (await ivan.post(f"join/{room.room_id}")).status in (403, 404)
    assert (await olga.get("directory/room/%23plan:a.example")).status == 404
    assert (await admin.delete(f"{ADMIN}/rooms/{room.room_id}")).status == 404
    again = await Room.made_by(olga, room_alias_name="plan")
    await again.say(olga)


async def test_an_erased_person_has_said_nothing(server: WholeServer) -> None:
    admin, olga, ivan = (
        await server.admin(),
        await server.register("olga"),
        await server.register("ivan"),
    )
    room, left = await Room.made_by(olga), await Room.made_by(olga)
    for place in (room, left):
        assert (await ivan.post(f"join/{place.room_id}")).status == 200
        file = await upload(ivan, place.room_id.encode())
        await place.say(ivan, 3)
        await place.say(ivan, msgtype="m.file", url=file)
        await place.say(olga)
    assert (await ivan.post(f"rooms/{left.room_id}/leave")).status == 200
    since = (await olga.get("sync")).ok["next_batch"]

    gone = (await admin.post(f"{ADMIN}/users/{ivan.user_id}/erase", {})).ok

    assert (gone["messages"], gone["files"]) == (8, 2)
    for place in (room, left):
        assert await place.bodies(olga) == ["-", "-", "-", "-", "message 4"]
    assert await download(olga, file) == 404
    news = (await olga.get("sync", since=since)).ok["rooms"]["join"][room.room_id]
    assert "m.room.redaction" in [event["type"] for event in news["timeline"]["events"]]
    assert (await ivan.get("account/whoami")).status == 401
    assert (await server.try_login("ivan")).status == 403
    assert (await admin.post(f"{ADMIN}/users/{ivan.user_id}/erase", {})).ok["messages"] == 0
    refused = await admin.post(f"{ADMIN}/users/{admin.user_id}/erase", {})
    assert (refused.status, refused.body["errcode"]) == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize("whole", ["history", "room"])
async def test_the_disk_gets_its_room_back(
    tmp_path: Path, migrated_database_url: str, whole: str
) -> None:
    async with whole_server(tmp_path, migrated_database_url) as server:
        admin, olga = await server.admin(), await server.register("olga")
        room = await Room.made_by(olga)
        for _ in range(120):
            await room.say(olga, text=secrets.token_hex(4_000))
        server.clock.forward(60)
        await room.say(olga)
        database = server.engine.database
        before = await database.size()
        if whole == "room":
            assert (await admin.delete(f"{ADMIN}/rooms/{room.room_id}")).status == 200
        else:
            path = f"{ADMIN}/rooms/{room.room_id}/purge"
            assert (await admin.post(path, {"before_ts": server.clock.ms})).status == 200
        await database.give_back(whole=True)
        assert before - await database.size() > 120 * 6_000
    assert await verify(migrated_database_url) == []


def test_the_command_line_gives_room_back(
    tmp_path: Path, migrated_database_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"server_name: a.example\ndatabase: {{url: '{migrated_database_url}'}}\n")
    assert compact(argparse.Namespace(config=path)) == 0
    assert "bytes before" in capsys.readouterr().out
