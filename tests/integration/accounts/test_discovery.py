"""What the server says of itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.whole_server import WholeServer, whole_server


async def test_versions_are_of_the_specifications_form(server: WholeServer) -> None:
    answer = (await server.call("GET", "/_matrix/client/versions")).ok
    for version in answer["versions"]:
        assert re.fullmatch(r"r0\.\d+\.\d+|v[1-9]\d*\.\d+", version)
    assert {"v1.1", "v1.11", "v1.16"} <= set(answer["versions"])
    assert all(isinstance(value, bool) for value in answer["unstable_features"].values())


async def test_capabilities_are_for_those_signed_in(server: WholeServer) -> None:
    assert (await server.call("GET", "capabilities")).refusal == (401, "M_MISSING_TOKEN")
    olga = await server.register("olga")
    found = (await olga.get("capabilities")).ok["capabilities"]
    assert found["m.room_versions"] == {
        "default": "12",
        "available": {str(number): "stable" for number in range(1, 13)},
    }
    assert found["m.change_password"] == {"enabled": True}
    assert found["m.3pid_changes"] == {"enabled": False}
    assert found["org.teammessenger.account"] == {"admin": False}


@pytest.mark.parametrize("version", ["1", "6", "11"])
async def test_new_rooms_are_of_the_version_that_the_configuration_names(
    tmp_path: Path, migrated_database_url: str, version: str
) -> None:
    settings = {"rooms": {"default_version": version}}
    async with whole_server(tmp_path, migrated_database_url, settings) as server:
        olga = await server.register("olga")
        capabilities = (await olga.get("capabilities")).ok["capabilities"]
        assert capabilities["m.room_versions"]["default"] == version
        room = (await olga.post("createRoom", {"name": "Old"})).ok["room_id"]
        created = (await olga.get(f"rooms/{room}/state/m.room.create")).ok
        assert created["room_version"] == version
        other = (await olga.post("createRoom", {"room_version": "12"})).ok["room_id"]
        created = (await olga.get(f"rooms/{other}/state/m.room.create")).ok
        assert created["room_version"] == "12"


async def test_clients_find_the_server_where_they_asked(server: WholeServer) -> None:
    path = "/.well-known/matrix/client"
    answer = await server.request("GET", path, headers={"Host": "chat.example:1234"})
    assert answer.ok == {"m.homeserver": {"base_url": "http://chat.example:1234"}}
    other = await server.call("GET", "/.well-known/matrix/server")
    assert other.refusal == (404, "M_NOT_FOUND")


async def test_clients_and_servers_find_the_public_address(
    tmp_path: Path, migrated_database_url: str
) -> None:
    for public, host in (
        ("https://chat.example.org", "chat.example.org:443"),
        ("https://chat.example.org:8443/", "chat.example.org:8443"),
        ("http://[::1]:8008", "[::1]:8008"),
    ):
        settings = {"public_baseurl": public}
        async with whole_server(tmp_path, migrated_database_url, settings) as server:
            client = (await server.call("GET", "/.well-known/matrix/client")).ok
            assert client == {"m.homeserver": {"base_url": public.rstrip("/")}}
            assert (await server.call("GET", "/.well-known/matrix/server")).ok == {"m.server": host}
