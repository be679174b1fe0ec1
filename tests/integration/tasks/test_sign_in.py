"""Signing in by the tasks API: the homeserver's sessions, and one code for each refusal."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import pytest
import yaml

from tests.harness.company_server import AUTHORITY, PASSWORD, Company, Person, on_sqlite


async def _login(company: Company, **body: str) -> tuple[int, str]:
    return (await company.request("POST", "auth/login", {"password": PASSWORD, **body})).refusal


@pytest.mark.parametrize("field", ["login", "email"])
async def test_one_signs_in_by_user_id_localpart_or_address(
    colleagues: Company, field: str
) -> None:
    olga = await colleagues.person("olga")
    address = f"{olga.localpart}@Mail.Example"
    await colleagues.put_user(olga.user_id, email=address)
    for name in (olga.user_id, olga.localpart, address, address.lower()):
        body = {field: name, "password": PASSWORD}
        session = (await colleagues.request("POST", "auth/login", body)).ok
        assert session["user_id"] == olga.user_id
        assert (session["token_type"], session["expires_in"]) == ("Bearer", 900)
        again = Person(colleagues, olga.user_id, session["access_token"])
        assert (await again.get("tasks")).ok["data"] == []
        assert (await again.matrix("GET", "account/whoami")).ok["device_id"] == session["device_id"]


async def test_a_wrong_password_and_a_stranger_are_refused_alike(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    refused = (401, "bad_credentials")
    assert await _login(colleagues, login=olga.localpart, password="wrong") == refused
    assert await _login(colleagues, login="nobody") == refused
    assert await _login(colleagues, login="nobody@mail.example") == refused
    assert await _login(colleagues, login="@olga:elsewhere.example") == refused
    assert await _login(colleagues) == (400, "invalid")
    assert await _login(colleagues, login="a", email="b") == (400, "invalid")


async def test_a_deactivated_account_is_told_so(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    await colleagues.put_user(olga.user_id, active=False)
    assert await _login(colleagues, login=olga.localpart) == (403, "forbidden")
    assert (await olga.get("tasks")).refusal == (401, "token_revoked")


async def test_a_refresh_token_gives_the_next_pair(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    body = {"login": olga.localpart, "password": PASSWORD}
    first = (await colleagues.request("POST", "auth/login", body)).ok

    async def refresh(token: str) -> tuple[int, str | None]:
        answer = await colleagues.request("POST", "auth/refresh", {"refresh_token": token})
        return answer.status, answer.body.get("refresh_token")

    status, second = await refresh(first["refresh_token"])
    assert status == 200
    assert second is not None
    status, third = await refresh(second)
    assert status == 200
    assert (await refresh(first["refresh_token"]))[0] == 401, "it was spent two steps ago"
    assert (await refresh(str(third)))[0] == 401, "a stolen token ends the session"
    assert (await refresh("nonsense"))[0] == 401


async def test_signing_out_ends_the_token_at_once(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    (await olga.get("tasks")).must()
    assert (await olga.post("auth/logout", None)).status == 204
    assert (await olga.get("tasks")).refusal == (401, "token_revoked")
    assert (await olga.matrix("GET", "account/whoami")).status == 401


async def test_each_thing_wrong_with_a_token_has_its_code(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    head, payload, signature = olga.token.split(".")
    altered = [
        f"{head}.{payload}.{'A' if signature[0] != 'A' else 'B'}{signature[1:]}",
        f"{head}.{payload}.",
        f"{head}.{payload[:-2]}AA.{signature}",
        "nonsense",
        colleagues.server.as_token,
    ]
    for token in altered:
        stranger = Person(colleagues, olga.user_id, token)
        assert (await stranger.get("tasks")).refusal == (401, "token_invalid")
    assert (await colleagues.request("GET", "tasks")).refusal == (401, "token_missing")


@on_sqlite
async def test_a_revoked_token_is_refused_within_two_seconds(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    (await olga.get("tasks")).must()
    (await olga.matrix("POST", "logout", {})).must()
    await asyncio.sleep(2.1)
    assert (await olga.get("tasks")).refusal == (401, "token_revoked")


@on_sqlite
async def test_clients_learn_who_decides_about_tasks(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    capabilities = (await olga.matrix("GET", "capabilities")).ok["capabilities"]
    assert capabilities["org.teammessenger.tasks"] == {"authority": AUTHORITY}
    keys = await colleagues.request("GET", "/_teammessenger/client/v1/token_keys")
    assert keys.ok["keys"][0]["crv"] == "Ed25519"


@on_sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/_matrix/app/v1/transactions/1",
        "/v1/../_matrix/app/v1/transactions/1",
        "/v1/%2e%2e/_matrix/app/v1/transactions/1",
        "/transactions/1",
    ],
)
async def test_the_service_s_own_door_is_shut_from_outside(colleagues: Company, path: str) -> None:
    token = yaml.safe_load(colleagues.server.tasks_config.read_text())["hs_token"]
    headers = {"Authorization": f"Bearer {token}"}
    answer = await colleagues.request("PUT", path, {"events": []}, headers=headers)
    assert answer.status in (404, 405)


async def test_a_temporary_password_must_be_changed_first(colleagues: Company) -> None:
    admin = await colleagues.admin()
    olga = await colleagues.person("olga")
    path = f"/_teammessenger/admin/v1/users/{quote(olga.user_id)}/welcome"
    link = (await admin.call("POST", path, {})).ok
    assert (await olga.get("tasks")).refusal == (401, "token_revoked")
    welcome = f"/_teammessenger/client/v1/welcome/{link['welcome_token']}"
    session = (await colleagues.request("POST", welcome, {"password": "another horse"})).ok
    again = Person(colleagues, olga.user_id, session["access_token"])
    (await again.get("tasks")).must()
