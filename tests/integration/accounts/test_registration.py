"""Registration."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from tests.harness.client_api import Answer
from tests.harness.whole_server import PASSWORD, SECRET, WholeServer, whole_server

DUMMY = {"type": "m.login.dummy"}


async def _register(server: WholeServer, username: object, **extra: Any) -> Answer:
    body = {"username": username, "password": PASSWORD, "auth": DUMMY} | extra
    return await server.call("POST", "register", body)


async def test_the_flows_are_asked_for_with_an_empty_request(server: WholeServer) -> None:
    answer = await server.call("POST", "register", {})
    assert answer.status == 401
    assert answer.body["flows"] == [{"stages": ["m.login.dummy"]}]
    assert "errcode" not in answer.body, "a question is no error"
    again = {"username": "olga", "password": PASSWORD}
    auth = DUMMY | {"session": answer.body["session"]}
    assert (await server.call("POST", "register", again | {"auth": auth})).status == 200


async def test_an_account_is_made_and_signed_in(server: WholeServer) -> None:
    answer = (await _register(server, "Olga-UPPER", device_id="PHONE")).ok
    assert (answer["user_id"], answer["device_id"]) == ("@olga-upper:a.example", "PHONE")
    assert (await server.try_login("olga-upper")).status == 200


async def test_inhibit_login_gives_no_session(server: WholeServer) -> None:
    answer = (await _register(server, "olga", inhibit_login=True)).ok
    assert answer == {"user_id": "@olga:a.example", "home_server": "a.example"}
    olga = await server.login("olga")
    assert len((await olga.get("devices")).ok["devices"]) == 1


async def test_without_a_name_one_is_made_up(server: WholeServer) -> None:
    body = {"password": PASSWORD, "auth": DUMMY}
    names = {(await server.call("POST", "register", body)).ok["user_id"] for _ in range(3)}
    assert len(names) == 3


@pytest.mark.parametrize("character", "!\":?\\@[]{|}£é\n', \0я\U0001f600")
async def test_names_with_other_characters_are_refused(server: WholeServer, character: str) -> None:
    answer = await _register(server, f"user-{character}-reject")
    assert answer.refusal == (400, "M_INVALID_USERNAME")


@pytest.mark.parametrize("username", ["q", "3", "a.b", "a_b", "a=b", "a-b", "a/b", "a+b"])
async def test_names_of_the_grammar_are_taken(server: WholeServer, username: str) -> None:
    assert (await _register(server, username)).ok["user_id"] == f"@{username}:a.example"


@pytest.mark.parametrize("username", ["", "_olga", "x" * 255, 5, None, ["olga"]])
async def test_what_is_no_name_is_refused(server: WholeServer, username: object) -> None:
    answer = await _register(server, username)
    if username is None:
        assert answer.status == 200, "no name is asked for"
    else:
        assert answer.refusal == (400, "M_INVALID_USERNAME")


async def test_a_name_is_taken_once(server: WholeServer) -> None:
    answers = await asyncio.gather(*(_register(server, "olga") for _ in range(4)))
    assert sorted(each.status for each in answers) == [200, 400, 400, 400]
    assert (await _register(server, "OLGA")).refusal == (400, "M_USER_IN_USE")
    unasked = {"username": "olga", "password": PASSWORD}
    early = await server.call("POST", "register", unasked)
    assert early.refusal == (400, "M_USER_IN_USE"), "said before any authentication"


async def test_available_names_are_told(server: WholeServer) -> None:
    await server.register("olga")
    path = "register/available"
    assert (await server.call("GET", path, username="ivan")).ok == {"available": True}
    refusals = {"olga": "M_USER_IN_USE", "a,b": "M_INVALID_USERNAME", "": "M_INVALID_USERNAME"}
    for username, errcode in refusals.items():
        answer = await server.call("GET", path, username=username)
        assert answer.refusal == (400, errcode)
    assert (await server.call("GET", path)).refusal == (400, "M_MISSING_PARAM")


@pytest.mark.parametrize(
    ("password", "refusal"),
    [
        ("short", (400, "M_WEAK_PASSWORD")),
        ("x" * 73, (400, "M_INVALID_PARAM")),
        ("é" * 37, (400, "M_INVALID_PARAM")),
        ("with \0 inside", (400, "M_INVALID_PARAM")),
        (5, (400, "M_INVALID_PARAM")),
        (None, (400, "M_MISSING_PARAM")),
    ],
)
async def test_bad_passwords_are_refused(
    server: WholeServer, password: object, refusal: tuple[int, str]
) -> None:
    assert (await _register(server, "olga", password=password)).refusal == refusal
    assert (await _register(server, "olga")).status == 200, "nothing was half-written"


async def test_passwords_may_be_in_any_language(server: WholeServer) -> None:
    await server.register("olga", password="übers3kr1t пароль")
    assert (await server.try_login("olga", "übers3kr1t пароль")).status == 200


async def test_guests_are_refused(server: WholeServer) -> None:
    guest = await server.call("POST", "register", {}, kind="guest")
    assert guest.refusal == (403, "M_GUEST_ACCESS_FORBIDDEN")
    assert (await server.call("POST", "register", {}, kind="bot")).refusal[0] == 400


async def test_registration_is_closed_by_default(
    tmp_path: Path, migrated_database_url: str
) -> None:
    closed: dict[str, Any] = {"registration": {}}
    async with whole_server(tmp_path, migrated_database_url, closed) as server:
        for body in ({}, {"username": "olga", "password": PASSWORD, "auth": DUMMY}):
            answer = await server.call("POST", "register", body)
            assert answer.refusal == (403, "M_FORBIDDEN")
        path = "/_synapse/admin/v1/register"
        absent = (404, "M_UNRECOGNIZED")
        assert (await server.call("GET", path)).refusal == absent
        assert (await _with_secret(server, "olga", nonce="x")).refusal == absent


async def _nonce(server: WholeServer) -> str:
    nonce = (await server.call("GET", "/_synapse/admin/v1/register")).ok["nonce"]
    assert isinstance(nonce, str)
    return nonce


async def _with_secret(
    server: WholeServer,
    username: str,
    *,
    nonce: str,
    admin: bool = False,
    secret: str = SECRET,
    **extra: Any,
) -> Answer:
    parts = [nonce, username, PASSWORD, "admin" if admin else "notadmin"]
    mac = hmac.new(secret.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": username, "password": PASSWORD, "admin": admin}
    body |= {"mac": mac} | extra
    return await server.call("POST", "/_synapse/admin/v1/register", body)


async def test_a_script_with_the_secret_registers(server: WholeServer) -> None:
    answer = await _with_secret(server, "Olga", nonce=await _nonce(server), displayname="Olga P")
    assert answer.ok["user_id"] == "@olga:a.example"
    profile = await server.call("GET", "profile/@olga:a.example")
    assert profile.ok == {"displayname": "Olga P"}


async def test_a_script_makes_administrators_only_if_the_mac_says_so(server: WholeServer) -> None:
    boss = (await _with_secret(server, "boss", nonce=await _nonce(server), admin=True)).ok
    path = "/_teammessenger/admin/v1/users"
    assert (await server.call("GET", path, token=boss["access_token"])).status == 200
    nonce = await _nonce(server)
    forged = await _with_secret(server, "olga", nonce=nonce, admin=False)
    assert (await server.call("GET", path, token=forged.ok["access_token"])).status == 403
    nonce = await _nonce(server)
    parts = [nonce, "ivan", PASSWORD, "notadmin"]
    mac = hmac.new(SECRET.encode(), "\0".join(parts).encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": "ivan", "password": PASSWORD, "admin": True, "mac": mac}
    answer = await server.call("POST", "/_synapse/admin/v1/register", body)
    assert answer.refusal == (403, "M_FORBIDDEN")


async def test_nonces_are_ours_fresh_and_used_once(server: WholeServer) -> None:
    nonce = await _nonce(server)
    assert (await _with_secret(server, "olga", nonce=nonce)).status == 200
    assert (await _with_secret(server, "ivan", nonce=nonce)).status == 400
    assert (await _with_secret(server, "ivan", nonce="made up")).status == 400
    stale = await _nonce(server)
    server.clock.forward(61)
    assert (await _with_secret(server, "ivan", nonce=stale)).status == 400


async def test_a_wrong_secret_or_name_is_refused(server: WholeServer) -> None:
    wrong = await _with_secret(server, "olga", nonce=await _nonce(server), secret="guess")
    assert wrong.refusal == (403, "M_FORBIDDEN")
    for mac in ("", "é", "0" * 40):
        answer = await _with_secret(server, "olga", nonce=await _nonce(server), mac=mac)
        assert answer.refusal == (403, "M_FORBIDDEN")
    name = await _with_secret(server, "us,er", nonce=await _nonce(server))
    assert name.refusal == (400, "M_INVALID_USERNAME")
