"""Signing in."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.harness.whole_server import PASSWORD, WholeServer, whole_server

FORBIDDEN = (403, "M_FORBIDDEN")


async def test_the_flows_are_listed(server: WholeServer) -> None:
    flows = (await server.call("GET", "login")).ok["flows"]
    assert {"type": "m.login.password"} in flows
    assert {"type": "m.login.token", "get_login_token": True} in flows


@pytest.mark.parametrize("user", ["olga", "@olga:a.example", "OLGA", "@Olga:a.example"])
async def test_a_localpart_or_user_id_signs_in(server: WholeServer, user: str) -> None:
    await server.register("olga")
    session = (await server.try_login(user)).ok
    assert session["user_id"] == "@olga:a.example"
    assert session["home_server"] == "a.example"
    whoami = await server.call("GET", "account/whoami", token=session["access_token"])
    assert whoami.ok["device_id"] == session["device_id"]


async def test_the_deprecated_user_field_and_r0_path_still_work(server: WholeServer) -> None:
    await server.register("olga")
    body = {"type": "m.login.password", "user": "olga", "password": PASSWORD}
    answer = await server.call("POST", "/_matrix/client/r0/login", body)
    assert answer.ok["user_id"] == "@olga:a.example"


async def test_the_device_is_the_one_asked_for(server: WholeServer) -> None:
    await server.register("olga")
    olga = await server.login("olga", device_id="MY PHONE", initial_device_display_name="Phone")
    device = (await olga.get("devices/MY%20PHONE")).ok
    assert (olga.device_id, device["display_name"]) == ("MY PHONE", "Phone")


async def test_wrong_passwords_and_unknown_people_are_refused_alike(server: WholeServer) -> None:
    await server.register("olga")
    wrong = await server.try_login("olga", "wrong password")
    unknown = await server.try_login("nobody")
    elsewhere = await server.try_login("@olga:b.example")
    for answer in (wrong, unknown, elsewhere):
        assert answer.refusal == FORBIDDEN
        assert answer.body == wrong.body


async def test_a_password_of_73_bytes_does_not_stand_for_its_beginning(
    server: WholeServer,
) -> None:
    long = "x" * 72
    await server.register("olga", password=long)
    assert (await server.try_login("olga", long)).status == 200
    assert (await server.try_login("olga", long + "y")).refusal == FORBIDDEN
    assert (await server.try_login("olga", long + "\0")).refusal == FORBIDDEN


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({}, (400, "M_MISSING_PARAM")),
        ({"type": "m.login.magic"}, (400, "M_UNKNOWN")),
        ({"type": 5}, (400, "M_BAD_JSON")),
        ({"type": "m.login.password"}, (400, "M_MISSING_PARAM")),
        ({"type": "m.login.password", "user": "olga"}, (400, "M_MISSING_PARAM")),
        ({"type": "m.login.password", "user": "olga", "password": 5}, (400, "M_INVALID_PARAM")),
        ({"type": "m.login.password", "user": ["olga"], "password": "x"}, (400, "M_INVALID_PARAM")),
        ({"type": "m.login.password", "identifier": 5, "password": "x"}, (400, "M_INVALID_PARAM")),
        (
            {"type": "m.login.password", "identifier": {"type": "m.id.x"}, "password": "x"},
            (400, "M_UNKNOWN"),
        ),
        (
            {
                "type": "m.login.password",
                "identifier": {"type": "m.id.thirdparty", "medium": "email", "address": "a@b"},
                "password": "x",
            },
            FORBIDDEN,
        ),
        ({"type": "m.login.password", "user": "ol\0ga", "password": PASSWORD}, FORBIDDEN),
        ({"type": "m.login.password", "user": "x" * 300, "password": PASSWORD}, FORBIDDEN),
        (
            {"type": "m.login.password", "user": "olga", "password": PASSWORD, "device_id": "a\0b"},
            (400, "M_INVALID_PARAM"),
        ),
        (
            {
                "type": "m.login.password",
                "user": "olga",
                "password": PASSWORD,
                "initial_device_display_name": "a\0b",
            },
            (400, "M_BAD_JSON"),
        ),
        ({"type": "m.login.token"}, (400, "M_MISSING_PARAM")),
        ({"type": "m.login.token", "token": "nonsense"}, FORBIDDEN),
        ({"type": "m.login.application_service", "user": "olga"}, (401, "M_MISSING_TOKEN")),
    ],
)
async def test_what_is_no_login_is_refused(
    server: WholeServer, body: dict[str, object], refusal: tuple[int, str]
) -> None:
    await server.register("olga")
    assert (await server.call("POST", "login", body)).refusal == refusal


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ("{", (400, "M_NOT_JSON")),
        (b'{"type": "a\x81"}', (400, "M_NOT_JSON")),
        ("[]", (400, "M_BAD_JSON")),
        ('"text"', (400, "M_BAD_JSON")),
        ("[" * 10_000 + "]" * 10_000, (400, "M_BAD_JSON")),
    ],
)
async def test_what_is_no_object_is_refused(
    server: WholeServer, body: str | bytes, refusal: tuple[int, str]
) -> None:
    assert (await server.call("POST", "login", body)).refusal == refusal


async def test_a_login_token_signs_in_once_and_for_two_minutes(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = "/_matrix/client/v1/login/get_token"
    assert "flows" in (await olga.post(path)).body
    first = (await olga.post(path, {"auth": olga.proof()})).ok
    second = (await olga.post(path, {"auth": olga.proof()})).ok
    assert first["expires_in_ms"] == 120_000
    body = {"type": "m.login.token", "token": first["login_token"]}
    assert (await server.call("POST", "login", body)).ok["user_id"] == olga.user_id
    assert (await server.call("POST", "login", body)).refusal == FORBIDDEN
    server.clock.forward(121)
    late = {"type": "m.login.token", "token": second["login_token"]}
    assert (await server.call("POST", "login", late)).refusal == FORBIDDEN


async def test_a_login_token_works_once_even_for_many_at_once(server: WholeServer) -> None:
    olga = await server.register("olga")
    made = await olga.post("/_matrix/client/v1/login/get_token", {"auth": olga.proof()})
    body = {"type": "m.login.token", "token": made.ok["login_token"]}
    answers = await asyncio.gather(*(server.call("POST", "login", body) for _ in range(5)))
    assert sorted(each.status for each in answers) == [200, 403, 403, 403, 403]


async def test_guessing_is_slowed_down_for_each_account(
    tmp_path: Path, migrated_database_url: str
) -> None:
    generous = {"per_second": 1000, "burst": 1000}
    limits = {"login": generous, "registration": generous}
    async with whole_server(tmp_path, migrated_database_url, {"rate_limits": limits}) as server:
        await server.register("olga")
        ivan = await server.register("ivan")
        for _ in range(5):
            assert (await server.try_login("olga", "guess guess")).refusal == FORBIDDEN
        refused = await server.try_login("olga", PASSWORD)
        assert refused.refusal == (429, "M_LIMIT_EXCEEDED")
        assert 0 < refused.body["retry_after_ms"] <= 20_000
        assert (await server.try_login("ivan")).status == 200, "others are not concerned"
        for _ in range(5):
            assert (await server.try_login("nobody", "guess guess")).refusal == FORBIDDEN
        assert (await server.try_login("nobody", "guess guess")).status == 429
        for _ in range(5):
            body = {"auth": ivan.proof("guess guess"), "new_password": "new password"}
            assert (await ivan.post("account/password", body)).status == 401
        body = {"auth": ivan.proof(), "new_password": "new password"}
        assert (await ivan.post("account/password", body)).status == 429


async def test_sign_ins_are_limited_by_address(tmp_path: Path, migrated_database_url: str) -> None:
    limits = {"login": {"per_second": 0.1, "burst": 3}}
    async with whole_server(tmp_path, migrated_database_url, {"rate_limits": limits}) as server:
        await server.register("olga")
        for _ in range(3):
            assert (await server.try_login("olga")).status == 200
        assert (await server.try_login("olga")).refusal == (429, "M_LIMIT_EXCEEDED")
        elsewhere = {"X-Forwarded-For": "203.0.113.9"}
        body = {"type": "m.login.password", "user": "olga", "password": PASSWORD}
        answer = await server.request("POST", "login", body, headers=elsewhere)
        assert answer.status == 200


async def test_a_password_changed_during_a_login_lets_nobody_in(server: WholeServer) -> None:
    """The old password was right when it was checked, and is not any more when it counts."""
    olga = await server.register("olga")
    for _ in range(5):
        change = olga.post(
            "account/password", {"auth": olga.proof(), "new_password": "another password"}
        )
        login, changed = await asyncio.gather(server.try_login("olga"), change)
        assert changed.status == 200
        if login.status == 200:
            whoami = await server.call("GET", "account/whoami", token=login.body["access_token"])
            assert whoami.status == 401
        back = {"auth": olga.proof("another password"), "new_password": PASSWORD}
        assert (await olga.post("account/password", back)).status == 200
