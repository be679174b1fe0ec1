"""Access tokens: what stands, what fell, and what never was one."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from homeserver.protocol.signing import SigningKey
from tests.harness.client_api import Answer
from tests.harness.whole_server import PASSWORD, WholeServer

UNKNOWN = (401, "M_UNKNOWN_TOKEN")


async def _whoami(server: WholeServer, token: str) -> Answer:
    return await server.call("GET", "account/whoami", token=token)


def _signing_key(server: WholeServer) -> Ed25519PrivateKey:
    key = SigningKey.parse(server.config.keys.token_key.read_text())
    return Ed25519PrivateKey.from_private_bytes(key.seed)


def _claims(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


async def test_a_token_says_whose_it_is(server: WholeServer) -> None:
    olga = await server.register("olga", refresh_token=True)
    claims = _claims(olga.token)
    assert (claims["iss"], claims["sub"], claims["did"]) == (
        "a.example",
        "@olga:a.example",
        olga.device_id,
    )
    assert claims["exp"] == claims["iat"] + 900


async def test_anyone_can_check_a_token_with_the_published_key(server: WholeServer) -> None:
    olga = await server.register("olga")
    keys = (await server.call("GET", "/_teammessenger/client/v1/token_keys")).ok["keys"]
    found = jwt.PyJWK(keys[0])
    assert jwt.get_unverified_header(olga.token)["kid"] == keys[0]["kid"]
    assert jwt.decode(olga.token, found, algorithms=["EdDSA"])["sub"] == olga.user_id


async def test_without_a_refresh_token_the_access_token_lasts(server: WholeServer) -> None:
    olga = await server.register("olga")
    assert "expires_in_ms" not in olga.session
    assert "exp" not in _claims(olga.token)
    server.clock.forward(10 * 365 * 24 * 3600)
    assert (await olga.get("account/whoami")).status == 200


async def test_missing_token_is_told_apart_from_an_unknown_one(server: WholeServer) -> None:
    assert (await server.call("GET", "account/whoami")).refusal == (401, "M_MISSING_TOKEN")
    assert (await _whoami(server, "nonsense")).refusal == UNKNOWN


async def test_the_deprecated_query_parameter_still_works(server: WholeServer) -> None:
    olga = await server.register("olga")
    answer = await server.call("GET", "account/whoami", access_token=olga.token)
    assert answer.ok["user_id"] == olga.user_id


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256"])
async def test_a_token_of_another_algorithm_is_unknown(server: WholeServer, algorithm: str) -> None:
    olga = await server.register("olga")
    head, payload, signature = olga.token.split(".")
    forged = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    for end in ("", signature):
        token = f"{forged.rstrip(b'=').decode()}.{payload}.{end}"
        assert (await _whoami(server, token)).refusal == UNKNOWN
    assert (await _whoami(server, f"{head}.{payload}.")).refusal == UNKNOWN


async def test_an_altered_token_is_unknown(server: WholeServer) -> None:
    olga = await server.register("olga")
    await server.register("admin2")
    head, _, signature = olga.token.split(".")
    claims = _claims(olga.token) | {"sub": "@admin2:a.example"}
    other = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    assert (await _whoami(server, f"{head}.{other}.{signature}")).refusal == UNKNOWN


async def test_every_letter_of_a_token_counts(server: WholeServer) -> None:
    """Also those bits of the last letter that stand for no byte."""
    olga = await server.register("olga")
    for place in (0, 5, 40, len(olga.token) // 2, -86, -40, -2, -1):
        for letter in "AB-":
            letters = list(olga.token)
            letters[place] = letter if letters[place] != letter else "C"
            assert (await _whoami(server, "".join(letters))).refusal == UNKNOWN, (place, letter)
    assert (await _whoami(server, olga.token + "=")).refusal == UNKNOWN
    assert (await _whoami(server, olga.token)).status == 200


async def test_a_token_of_another_key_is_unknown(server: WholeServer) -> None:
    olga = await server.register("olga")
    token = jwt.encode(_claims(olga.token), Ed25519PrivateKey.generate(), algorithm="EdDSA")
    assert (await _whoami(server, token)).refusal == UNKNOWN


async def test_a_well_signed_token_that_was_never_issued_is_unknown(server: WholeServer) -> None:
    olga = await server.register("olga")
    ivan = await server.register("ivan")
    key = _signing_key(server)
    real = _claims(olga.token)
    for change in (
        {"jti": "made up"},
        {"iss": "b.example"},
        {"sub": ivan.user_id},
        {"sub": "@nobody:a.example"},
        {"jti": 5},
        {"sub": None},
    ):
        token = jwt.encode(real | change, key, algorithm="EdDSA")
        assert (await _whoami(server, token)).refusal == UNKNOWN, change
    for absent in ("jti", "did", "iss"):
        some = {name: value for name, value in real.items() if name != absent}
        token = jwt.encode(some, key, algorithm="EdDSA")
        assert (await _whoami(server, token)).refusal == UNKNOWN, absent


async def test_a_huge_token_is_refused_before_it_is_read(server: WholeServer) -> None:
    assert (await _whoami(server, "e" * 6000)).refusal == UNKNOWN


async def test_an_expired_token_is_a_soft_logout(server: WholeServer) -> None:
    olga = await server.register("olga", refresh_token=True)
    server.clock.forward(899)
    assert (await olga.get("account/whoami")).status == 200
    server.clock.forward(2)
    answer = await olga.get("account/whoami")
    assert answer.refusal == UNKNOWN
    assert answer.body["soft_logout"] is True


async def test_a_logged_out_token_is_not_a_soft_logout(server: WholeServer) -> None:
    olga = await server.register("olga", refresh_token=True)
    assert (await olga.get("account/whoami")).status == 200
    assert (await olga.post("logout")).ok == {}
    answer = await olga.get("account/whoami")
    assert answer.refusal == UNKNOWN
    assert answer.body["soft_logout"] is False
    server.clock.forward(1000)
    assert (await olga.get("account/whoami")).body["soft_logout"] is False


async def test_logout_ends_one_session_and_logout_all_every_one(server: WholeServer) -> None:
    phone = await server.register("olga")
    laptop = await server.login("olga")
    tablet = await server.login("olga")
    await phone.post("logout")
    assert (await phone.get("account/whoami")).refusal == UNKNOWN
    assert len((await laptop.get("devices")).ok["devices"]) == 2
    await tablet.post("logout/all")
    for session in (laptop, tablet):
        assert (await session.get("account/whoami")).refusal == UNKNOWN
    assert (await server.try_login("olga")).status == 200


async def test_signing_in_on_a_known_device_ends_its_other_tokens(server: WholeServer) -> None:
    first = await server.register("olga", device_id="PHONE", refresh_token=True)
    second = await server.login("olga", device_id="PHONE", initial_device_display_name="New")
    assert (await first.get("account/whoami")).refusal == UNKNOWN
    body = {"refresh_token": first.session["refresh_token"]}
    assert (await server.call("POST", "refresh", body)).refusal == UNKNOWN
    devices = (await second.get("devices")).ok["devices"]
    assert [each["device_id"] for each in devices] == ["PHONE"]
    assert devices[0]["display_name"] is None, "a known device keeps its name"


async def test_a_known_token_costs_no_statement(server: WholeServer) -> None:
    olga = await server.register("olga")
    await olga.get("account/whoami")
    before = server.engine.database.statements
    for _ in range(5):
        assert (await olga.get("account/whoami")).status == 200
    assert server.engine.database.statements == before


async def test_a_known_token_costs_microseconds(server: WholeServer) -> None:
    olga = await server.register("olga")
    sessions = server.accounts.authenticator._sessions  # type: ignore[attr-defined]
    await sessions.find(olga.token)
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(100):
            await sessions.find(olga.token)
        best = min(best, (time.perf_counter() - started) / 100)
    assert best < 50e-6


async def test_a_session_that_another_process_ends_is_forgotten_here(
    server: WholeServer,
) -> None:
    """As `reset-password` on the command line does, beside the running server."""
    from homeserver.services.accounts import provision

    olga = await server.register("olga")
    assert (await olga.get("account/whoami")).status == 200
    await provision.reset_password(server.config, "olga")
    for _ in range(60):
        answer = await olga.get("account/whoami")
        if answer.status == 401:
            break
        await asyncio.sleep(0.05)
    assert answer.refusal == UNKNOWN
    assert (await server.try_login("olga", PASSWORD)).refusal == (403, "M_FORBIDDEN")
