"""A token is believed when the homeserver signed it and says that its session stands."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import Json, MatrixClient, Refused, Unavailable
from appservice_tasks.services.who import Caller, Who

NOW = 1_800_000_000


class FakeHomeserver(MatrixClient):
    """Publishes `keys`, knows who is signed in, and counts how often it is asked."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.keys = {"a_1": self.key}
        self.revoked: set[str] = set()
        self.down = False
        self.asked: list[str] = []
        self.account: Json = {"admin": False, "must_change_password": False}
        self.speaker: str | None = None

    def speaking(self, token: str | None) -> MatrixClient:
        speaking = FakeHomeserver.__new__(FakeHomeserver)
        speaking.__dict__ = {**self.__dict__, "speaker": token, "origin": self}
        return speaking

    async def request(self, method: str, path: str, body: object = None, **more: Any) -> Json:
        origin: FakeHomeserver = self.__dict__["origin"]
        await asyncio.sleep(0)
        if origin.down:
            raise Unavailable("down")
        origin.asked.append(path.rpartition("/")[2])
        if path.endswith("token_keys"):
            return {"keys": [_jwk(kid, key) for kid, key in origin.keys.items()]}
        assert self.speaker is not None
        if self.speaker in origin.revoked:
            raise Refused(401, "M_UNKNOWN_TOKEN", "", {})
        claims = jwt.decode(self.speaker, options={"verify_signature": False})
        return {
            "user_id": claims["sub"],
            "device_id": claims["did"],
            "org.teammessenger.account": origin.account,
        }

    def token(self, key: Ed25519PrivateKey | None = None, kid: str = "a_1", **claims: Any) -> str:
        payload = {
            "iss": "a.example",
            "sub": "@olga:a.example",
            "did": "PHONE",
            "jti": "1",
            "iat": NOW,
            **claims,
        }
        payload = {name: value for name, value in payload.items() if value is not None}
        return jwt.encode(payload, key or self.key, algorithm="EdDSA", headers={"kid": kid})


def _jwk(kid: str, key: Ed25519PrivateKey) -> Json:
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid, "alg": "EdDSA", "use": "sig"}


class Clock:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def wall(self) -> float:
        return NOW + self.seconds

    def now(self) -> float:
        return self.seconds


@pytest.fixture
def homeserver() -> FakeHomeserver:
    return FakeHomeserver()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def who(homeserver: FakeHomeserver, clock: Clock) -> Who:
    return Who(homeserver, "a.example", wall=clock.wall, now=clock.now)


async def _code(who: Who, token: str | None, **more: Any) -> str:
    with pytest.raises(Problem) as problem:
        await who.is_asking(token, **more)
    return problem.value.code


async def test_a_good_token_says_whose_it_is(who: Who, homeserver: FakeHomeserver) -> None:
    token = homeserver.token(exp=NOW + 900)
    expected = Caller("@olga:a.example", "PHONE", token, expires_at=NOW + 900)
    assert await who.is_asking(token) == expected


async def test_the_homeserver_says_what_an_account_is(who: Who, homeserver: FakeHomeserver) -> None:
    homeserver.account = {"admin": True, "must_change_password": True}
    caller = await who.is_asking(homeserver.token())
    assert (caller.admin, caller.must_change_password) == (True, True)


@pytest.mark.parametrize("token", [None, ""])
async def test_no_token_is_missing(who: Who, token: str | None) -> None:
    assert await _code(who, token) == "token_missing"


@pytest.mark.parametrize("token", ["nonsense", "a.b.c", "é", "x" * 5000])
async def test_nonsense_is_no_token(who: Who, token: str) -> None:
    assert await _code(who, token) == "token_invalid"


async def test_every_altered_letter_is_noticed(who: Who, homeserver: FakeHomeserver) -> None:
    token = homeserver.token()
    for place in range(0, len(token) - 1, 7):
        letter = "A" if token[place] != "A" else "B"
        assert await _code(who, token[:place] + letter + token[place + 1 :]) == "token_invalid"


@pytest.mark.parametrize(
    "claims",
    [{"iss": "b.example"}, {"sub": None}, {"did": None}, {"jti": None}, {"exp": "soon"}],
)
async def test_a_token_must_say_what_ours_say(
    who: Who, homeserver: FakeHomeserver, claims: dict[str, Any]
) -> None:
    assert await _code(who, homeserver.token(**claims)) == "token_invalid"


async def test_a_stranger_s_signature_counts_for_nothing(
    who: Who, homeserver: FakeHomeserver
) -> None:
    stranger = Ed25519PrivateKey.generate()
    assert await _code(who, homeserver.token(stranger)) == "token_invalid"
    assert await _code(who, homeserver.token(stranger, kid="other")) == "token_invalid"
    payload = {"iss": "a.example", "sub": "@olga:a.example", "did": "P", "jti": "1", "iat": NOW}
    unsigned = jwt.encode(payload, "", algorithm="none", headers={"kid": "a_1"})
    assert await _code(who, unsigned) == "token_invalid"
    symmetric = jwt.encode(payload, "s" * 32, algorithm="HS256", headers={"kid": "a_1"})
    assert await _code(who, symmetric) == "token_invalid"


async def test_an_old_token_has_expired(who: Who, homeserver: FakeHomeserver, clock: Clock) -> None:
    token = homeserver.token(exp=NOW + 60)
    await who.is_asking(token)
    clock.seconds = 60
    assert await _code(who, token) == "token_expired"


async def test_a_yes_is_believed_for_two_seconds(
    who: Who, homeserver: FakeHomeserver, clock: Clock
) -> None:
    token = homeserver.token()
    await who.is_asking(token)
    homeserver.revoked.add(token)
    clock.seconds = 2
    await who.is_asking(token)
    clock.seconds = 2.1
    assert await _code(who, token) == "token_revoked"


async def test_a_no_is_remembered_by_nobody(who: Who, homeserver: FakeHomeserver) -> None:
    token = homeserver.token()
    homeserver.revoked.add(token)
    assert await _code(who, token) == "token_revoked"
    homeserver.revoked.clear()
    assert (await who.is_asking(token)).user_id == "@olga:a.example"


async def test_who_signs_out_is_forgotten_at_once(who: Who, homeserver: FakeHomeserver) -> None:
    token = homeserver.token()
    await who.is_asking(token)
    homeserver.revoked.add(token)
    who.forget(token)
    assert await _code(who, token) == "token_revoked"


async def test_the_same_question_is_asked_once(who: Who, homeserver: FakeHomeserver) -> None:
    token = homeserver.token()
    await asyncio.gather(*(who.is_asking(token) for _ in range(20)))
    assert homeserver.asked.count("whoami") == 1


async def test_keys_are_asked_for_once_and_again_when_a_new_one_is_named(
    who: Who, homeserver: FakeHomeserver, clock: Clock
) -> None:
    await who.is_asking(homeserver.token())
    newer = Ed25519PrivateKey.generate()
    assert await _code(who, homeserver.token(newer, kid="a_2")) == "token_invalid"
    homeserver.keys["a_2"] = newer
    clock.seconds = 11
    await who.is_asking(homeserver.token(newer, kid="a_2"))
    assert homeserver.asked.count("token_keys") == 2


async def test_a_homeserver_that_is_down_says_nothing_about_tokens(
    who: Who, homeserver: FakeHomeserver, clock: Clock
) -> None:
    homeserver.down = True
    assert await _code(who, homeserver.token()) == "unavailable"
    homeserver.down = False
    await who.is_asking(homeserver.token())
    homeserver.down = True
    clock.seconds = 3
    assert await _code(who, homeserver.token()) == "unavailable"


async def test_administrators_are_learnt(homeserver: FakeHomeserver) -> None:
    learnt: list[tuple[str, bool]] = []

    async def learn(user_id: str, is_admin: bool) -> None:
        learnt.append((user_id, is_admin))

    homeserver.account = {"admin": True}
    who = Who(homeserver, "a.example", learn=learn, wall=lambda: NOW)
    await who.is_asking(homeserver.token())
    assert learnt == [("@olga:a.example", True)]
