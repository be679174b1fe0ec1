"""Pinging an application service, and asking it for users and rooms that it may make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from homeserver.remote import appservice_client
from tests.harness.appservice import AS_TOKEN, HS_TOKEN, FakeAppservice, Told
from tests.harness.whole_server import WholeServer, whole_server

PING = "/_matrix/client/v1/appservice/bridge/ping"
GHOST = "@_ghost_one:a.example"
MUTE = {"id": "mute", "as_token": "mute", "sender_localpart": "_mute", "url": None}


@pytest.fixture
async def server(
    tmp_path: Path, migrated_database_url: str, bridge: FakeAppservice
) -> AsyncIterator[WholeServer]:
    """A server that knows the bridge, and a service without an address."""
    registrations = [bridge.registration(aliases="#_irc_.*"), bridge.registration(**MUTE)]
    async with whole_server(tmp_path, migrated_database_url, appservices=registrations) as running:
        yield running


async def ping(server: WholeServer, token: str = AS_TOKEN, path: str = PING) -> Any:
    return await server.call("POST", path, {"transaction_id": "meow"}, token=token)


async def test_a_ping_reaches_it_and_tells_how_long_that_took(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    assert (await ping(server)).ok["duration_ms"] >= 0
    (told,) = bridge.told
    assert (told.method, told.path) == ("POST", "/_matrix/app/v1/ping")
    assert told.json == {"transaction_id": "meow"}
    assert told.authorization == f"Bearer {HS_TOKEN}"


async def test_a_refused_ping_tells_how_it_was_refused(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    async def refuse(told: Told) -> tuple[int, Any]:
        return 403, {"errcode": "M_FORBIDDEN"}

    bridge.respond = refuse
    answer = await ping(server)
    assert answer.refusal == (502, "M_BAD_STATUS")
    assert answer.body["status"] == 403
    assert answer.body["body"] == '{"errcode": "M_FORBIDDEN"}'


async def test_a_ping_to_nobody_tells_that_the_connection_failed(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    bridge.down = True
    assert (await ping(server)).refusal == (502, "M_CONNECTION_FAILED")


async def test_a_ping_does_not_wait_for_ever(
    server: WholeServer, bridge: FakeAppservice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appservice_client, "_ASK_SECONDS", 0.1)

    async def think(told: Told) -> tuple[int, Any]:
        await asyncio.sleep(1)
        return 200, {}

    bridge.respond = think
    assert (await ping(server)).refusal == (504, "M_CONNECTION_TIMEOUT")


async def test_who_may_ping(server: WholeServer) -> None:
    own = PING.replace("bridge", "mute")
    assert (await ping(server, "mute", own)).refusal == (400, "M_URL_NOT_SET")
    assert (await ping(server, "mute")).refusal == (403, "M_FORBIDDEN")
    assert (await ping(server, AS_TOKEN, PING + "/x")).refusal == (404, "M_UNRECOGNIZED")
    olga = await server.register("olga")
    assert (await ping(server, olga.token)).refusal == (403, "M_FORBIDDEN")
    anonymous = await server.call("POST", PING, {})
    assert anonymous.refusal == (401, "M_MISSING_TOKEN")


async def test_a_room_is_made_when_its_alias_is_asked_for(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    async def make(told: Told) -> tuple[int, Any]:
        assert told.path == "/_matrix/app/v1/rooms/#_irc_one:a.example"
        body = {"room_alias_name": "_irc_one", "preset": "public_chat"}
        made = await server.call("POST", "createRoom", body, token=AS_TOKEN)
        return 200, made.ok

    bridge.respond = make
    olga = await server.register("olga")
    found = await olga.get("directory/room/%23_irc_one:a.example")
    room_id = found.ok["room_id"]
    bridge.respond = None
    assert (await olga.post("join/%23_irc_one:a.example")).ok == {"room_id": room_id}


async def test_an_alias_that_nobody_makes_is_not_found(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    bridge.failures.extend([404, 404])  # also by the older path
    olga = await server.register("olga")
    answer = await olga.get("directory/room/%23_irc_none:a.example")
    assert answer.refusal == (404, "M_NOT_FOUND")
    assert [told.path for told in bridge.told] == [
        "/_matrix/app/v1/rooms/#_irc_none:a.example",
        "/rooms/#_irc_none:a.example",
    ]
    bridge.down = True
    again = await olga.get("directory/room/%23_irc_none:a.example")
    assert again.refusal == (404, "M_NOT_FOUND")


async def test_names_outside_its_namespaces_are_not_asked_for(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    olga = await server.register("olga")
    await olga.get("directory/room/%23other:a.example")
    await olga.get("profile/@nobody:a.example")
    await olga.get("profile/@_ghost_one:b.example")
    assert bridge.told == []


async def test_a_user_is_made_when_their_profile_is_asked_for(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    async def make(told: Told) -> tuple[int, Any]:
        assert told.path == f"/_matrix/app/v1/users/{GHOST}"
        body = {"type": "m.login.application_service", "username": "_ghost_one"}
        await server.call("POST", "register", body, token=AS_TOKEN)
        path = f"profile/{GHOST}/displayname"
        named = await server.call(
            "PUT", path, {"displayname": "Ghost"}, token=AS_TOKEN, user_id=GHOST
        )
        return 200, named.ok

    bridge.respond = make
    olga = await server.register("olga")
    assert (await olga.get(f"profile/{GHOST}/displayname")).ok == {"displayname": "Ghost"}
    assert len(bridge.told) == 1
    assert (await olga.get(f"profile/{GHOST}")).ok == {"displayname": "Ghost"}
    assert len(bridge.told) == 1


async def test_an_invite_asks_for_the_user_who_then_has_a_name_in_it(
    server: WholeServer, bridge: FakeAppservice
) -> None:
    async def make(told: Told) -> tuple[int, Any]:
        if "/users/" in told.path:
            user_id = told.path.rpartition("/")[2]
            name = user_id[1:].partition(":")[0]
            body = {"type": "m.login.application_service", "username": name}
            await server.call("POST", "register", body, token=AS_TOKEN)
            path = f"profile/{user_id}/displayname"
            await server.call("PUT", path, {"displayname": name}, token=AS_TOKEN, user_id=user_id)
        return 200, {}

    bridge.respond = make
    olga = await server.register("olga")
    room_id = (await olga.post("createRoom", {"invite": [GHOST]})).ok["room_id"]
    await olga.post(f"rooms/{room_id}/invite", {"user_id": "@_ghost_two:a.example"})
    for name in ("_ghost_one", "_ghost_two"):
        member = await olga.get(f"rooms/{room_id}/state/m.room.member/@{name}:a.example")
        assert member.ok["displayname"] == name
