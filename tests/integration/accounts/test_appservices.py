"""Application services: whom they may act as, whom they may make, what they own.

Source: application-service-api, "Identity assertion", "Server admin style permissions".
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.client_api import Answer
from tests.harness.whole_server import PASSWORD, WholeServer, whole_server

IRC: dict[str, Any] = {
    "id": "irc",
    "url": None,
    "as_token": "irc secret",
    "hs_token": "hs",
    "sender_localpart": "_irc_bot",
    "rate_limited": True,
    "namespaces": {
        "users": [
            {"exclusive": True, "regex": "@_irc_.*:a\\.example"},
            {"exclusive": False, "regex": "@olga:a\\.example"},
        ],
        "aliases": [{"exclusive": True, "regex": "#_irc_.*"}],
        "rooms": [],
    },
}
XMPP = IRC | {
    "id": "xmpp",
    "as_token": "xmpp secret",
    "sender_localpart": "_xmpp_bot",
    "rate_limited": False,
    "namespaces": {"users": [{"exclusive": True, "regex": "@_xmpp_.*"}]},
}
GHOST = "@_irc_ghost:a.example"
TOKEN = "irc secret"
FORBIDDEN = (403, "M_FORBIDDEN")


@pytest.fixture
async def server(tmp_path: Path, migrated_database_url: str) -> AsyncIterator[WholeServer]:
    async with whole_server(tmp_path, migrated_database_url, appservices=[IRC, XMPP]) as running:
        yield running


async def _register(
    server: WholeServer, username: str, token: str | None = TOKEN, **extra: Any
) -> Answer:
    body = {"type": "m.login.application_service", "username": username} | extra
    return await server.call("POST", "register", body, token=token)


async def _login(server: WholeServer, user: str, token: str | None = TOKEN) -> Answer:
    identifier = {"type": "m.id.user", "user": user}
    body = {"type": "m.login.application_service", "identifier": identifier}
    return await server.call("POST", "login", body, token=token)


async def _whoami(server: WholeServer, **query: str) -> Answer:
    return await server.call("GET", "account/whoami", token=TOKEN, **query)


# --- identity assertion ---


async def test_without_a_user_id_its_own_user_is_meant(server: WholeServer) -> None:
    said = (await _whoami(server)).ok
    assert (said["user_id"], said["is_guest"]) == ("@_irc_bot:a.example", False)
    assert "device_id" not in said


async def test_it_acts_as_its_users(server: WholeServer) -> None:
    await _register(server, "_irc_ghost")
    assert (await _whoami(server, user_id=GHOST)).ok["user_id"] == GHOST
    path = f"profile/{GHOST}/displayname"
    named = await server.call("PUT", path, {"displayname": "Ghost"}, token=TOKEN, user_id=GHOST)
    assert named.ok == {}
    assert (await server.call("GET", path)).ok == {"displayname": "Ghost"}


async def test_it_acts_for_people_of_a_shared_namespace(server: WholeServer) -> None:
    olga = await server.register("olga")
    assert (await _whoami(server, user_id=olga.user_id)).ok["user_id"] == olga.user_id


@pytest.mark.parametrize(
    "user_id",
    [
        "@ivan:a.example",
        "@_xmpp_ghost:a.example",
        "@_xmpp_bot:a.example",
        "@admin:a.example",
        "@_irc_x:b.example",
        "@nobody:a.example",
        "@_irc_unregistered:a.example",
        "@_irc_\0:a.example",
        "olga",
    ],
)
async def test_it_acts_as_nobody_else(server: WholeServer, user_id: str) -> None:
    await server.register("ivan")
    await server.admin()
    await _register(server, "_xmpp_ghost", "xmpp secret")
    assert (await _whoami(server, user_id=user_id)).refusal == FORBIDDEN


async def test_a_person_gains_nothing_by_naming_somebody(server: WholeServer) -> None:
    ivan, olga = await server.register("ivan"), await server.register("olga")
    assert (await ivan.get("account/whoami", user_id=olga.user_id)).ok["user_id"] == ivan.user_id


@pytest.mark.parametrize("name", ["device_id", "org.matrix.msc3202.device_id"])
async def test_it_acts_as_a_device_of_its_user(server: WholeServer, name: str) -> None:
    await _register(server, "_irc_ghost", inhibit_login=True)
    unknown = (400, "M_UNKNOWN_DEVICE")
    query: dict[str, str] = {"user_id": GHOST, name: "BRIDGE"}
    assert (await _whoami(server, **query)).refusal == unknown
    made = await server.call(
        "PUT", "devices/BRIDGE", {"display_name": "Bridge"}, token=TOKEN, user_id=GHOST
    )
    assert (made.status, made.body) == (201, {})
    renamed = await server.call(
        "PUT", "devices/BRIDGE", {"display_name": "B"}, token=TOKEN, user_id=GHOST
    )
    assert renamed.status == 200
    assert (await _whoami(server, **query)).ok["device_id"] == "BRIDGE"
    assert (await _whoami(server, user_id="", **{name: "BRIDGE"})).refusal == unknown
    gone = await server.call("DELETE", "devices/BRIDGE", {}, token=TOKEN, user_id=GHOST)
    assert gone.ok == {}, "no interactive authentication for application services"
    assert (await _whoami(server, **query)).refusal == unknown


async def test_a_deactivated_ghost_is_no_longer_spoken_for(server: WholeServer) -> None:
    await _register(server, "_irc_ghost")
    assert (await _whoami(server, user_id=GHOST)).status == 200
    left = await server.call("POST", "account/deactivate", {}, token=TOKEN, user_id=GHOST)
    assert left.ok == {"id_server_unbind_result": "success"}
    assert (await _whoami(server, user_id=GHOST)).refusal == FORBIDDEN


async def test_accounts_are_not_managed_in_other_peoples_names(server: WholeServer) -> None:
    olga = await server.register("olga")
    body = {"new_password": "stolen stolen"}
    answer = await server.call("POST", "account/password", body, token=TOKEN, user_id=olga.user_id)
    assert answer.refusal == FORBIDDEN
    assert (await server.try_login("olga")).status == 200
    answer = await server.call(
        "POST", "/_matrix/client/v1/login/get_token", {}, token=TOKEN, user_id=olga.user_id
    )
    assert answer.refusal == FORBIDDEN
    answer = await server.call("POST", "logout", {}, token=TOKEN, user_id=olga.user_id)
    assert (await olga.get("account/whoami")).status == 200


async def test_a_known_user_costs_no_statement(server: WholeServer) -> None:
    await _register(server, "_irc_ghost")
    await _whoami(server, user_id=GHOST)
    before = server.engine.database.statements
    assert (await _whoami(server, user_id=GHOST)).status == 200
    assert server.engine.database.statements == before


# --- registration and login ---


async def test_it_registers_its_users_without_a_password(server: WholeServer) -> None:
    answer = (await _register(server, "_irc_ghost")).ok
    assert answer["user_id"] == GHOST
    whoami = await server.call("GET", "account/whoami", token=answer["access_token"])
    assert whoami.ok["device_id"] == answer["device_id"]
    assert (await server.try_login("_irc_ghost", "")).refusal == FORBIDDEN
    again = await _register(server, "_irc_ghost")
    assert again.refusal == (400, "M_USER_IN_USE")
    silent = (await _register(server, "_irc_two", inhibit_login=True)).ok
    assert "access_token" not in silent


async def test_it_registers_nobody_outside_its_namespaces(server: WholeServer) -> None:
    for username in ("ivan", "_xmpp_ghost"):
        assert (await _register(server, username)).refusal == (400, "M_EXCLUSIVE")
    assert (await _register(server, "_irc_a b")).refusal == (400, "M_INVALID_USERNAME")
    assert (await _register(server, "_irc_x", None)).refusal == (401, "M_MISSING_TOKEN")
    assert (await _register(server, "_irc_x", "guess")).refusal == (401, "M_UNKNOWN_TOKEN")
    ivan = await server.register("ivan")
    assert (await _register(server, "_irc_x", ivan.token)).refusal == (401, "M_UNKNOWN_TOKEN")


async def test_people_cannot_take_names_it_owns(server: WholeServer) -> None:
    body = {"username": "_irc_ghost", "password": PASSWORD, "auth": {"type": "m.login.dummy"}}
    assert (await server.call("POST", "register", body)).status == 400
    admin = await server.admin()
    path = "/_teammessenger/admin/v1/users"
    answer = await admin.post(path, {"localpart": "_irc_ghost"})
    assert answer.refusal == (400, "M_EXCLUSIVE")
    await server.register("olga")  # a shared namespace keeps nobody out


async def test_its_users_are_listed_only_where_it_is_named(server: WholeServer) -> None:
    await _register(server, "_irc_ghost")
    admin = await server.admin()
    users = "/_teammessenger/admin/v1/users"
    listed = (await admin.get(users)).ok
    assert [each["user_id"] for each in listed["users"]] == ["@admin:a.example"]
    everybody = (await admin.get(users, appservice="irc")).ok
    assert GHOST in [each["user_id"] for each in everybody["users"]]
    assert (await admin.get(f"{users}/{GHOST}")).ok["user_id"] == GHOST
    renamed = (await admin.put(f"{users}/{GHOST}", {"display_name": "Ghost"})).ok
    assert renamed["display_name"] == "Ghost"


async def test_it_signs_its_users_in(server: WholeServer) -> None:
    await _register(server, "_irc_ghost", inhibit_login=True)
    flows = (await server.call("GET", "login")).ok["flows"]
    assert {"type": "m.login.application_service"} in flows
    for user in ("_irc_ghost", GHOST):
        session = (await _login(server, user)).ok
        whoami = await server.call("GET", "account/whoami", token=session["access_token"])
        assert whoami.ok["user_id"] == GHOST


async def test_it_signs_nobody_else_in(server: WholeServer) -> None:
    await server.register("ivan")
    assert (await _login(server, "ivan")).refusal == (400, "M_EXCLUSIVE")
    assert (await _login(server, "_irc_nobody")).refusal == FORBIDDEN
    assert (await _login(server, "_irc_nobody", "guess")).refusal == (401, "M_UNKNOWN_TOKEN")
    assert (await _login(server, "@_irc_x:b.example")).refusal == FORBIDDEN


# --- limits ---


async def test_bridges_make_many_ghosts_and_people_do_not(
    tmp_path: Path, migrated_database_url: str
) -> None:
    limits = {"registration": {"per_second": 0.01, "burst": 1}}
    async with whole_server(
        tmp_path,
        migrated_database_url,
        {"rate_limits": limits},
        appservices=[IRC, XMPP],
    ) as server:
        for number in range(4):
            made = await _register(server, f"_xmpp_{number}", "xmpp secret")
            assert made.status == 200
        body = {"username": "olga", "password": PASSWORD, "auth": {"type": "m.login.dummy"}}
        assert (await server.call("POST", "register", body)).status == 200
        refused = await server.call("POST", "register", body, token="made up")
        assert refused.refusal == (429, "M_LIMIT_EXCEEDED")


@pytest.mark.parametrize(("appservice", "limited"), [("irc", True), ("xmpp", False)])
async def test_ghosts_are_limited_unless_the_registration_says_not(
    tmp_path: Path, migrated_database_url: str, appservice: str, limited: bool
) -> None:
    """ "Whether requests from masqueraded users are rate-limited. The sender is excluded." """
    limits = {"account": {"per_second": 0.01, "burst": 1}}
    async with whole_server(
        tmp_path, migrated_database_url, {"rate_limits": limits}, appservices=[IRC, XMPP]
    ) as server:
        token = f"{appservice} secret"
        await _register(server, f"_{appservice}_ghost", token)
        outcomes: dict[str, list[int]] = {}
        for user in ("ghost", "bot"):
            user_id = f"@_{appservice}_{user}:a.example"
            path = f"profile/{user_id}/displayname"
            outcomes[user] = [
                (
                    await server.call(
                        "PUT", path, {"displayname": name}, token=token, user_id=user_id
                    )
                ).status
                for name in "ab"
            ]
        assert outcomes == {"ghost": [200, 429 if limited else 200], "bot": [200, 200]}


async def test_its_own_user_is_made_once(tmp_path: Path, migrated_database_url: str) -> None:
    for _ in range(2):
        async with whole_server(tmp_path, migrated_database_url, appservices=[IRC]) as server:
            assert (await _whoami(server)).status == 200
