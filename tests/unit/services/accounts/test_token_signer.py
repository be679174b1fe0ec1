"""Access tokens, beside those that PyJWT makes and reads."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from homeserver.errors import UnknownToken
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.signing import SigningKey
from homeserver.services.accounts.token_signer import Claims, TokenSigner

KEY = SigningKey(bytes(range(32)), "a_1")
THEIRS = Ed25519PrivateKey.from_private_bytes(KEY.seed)
CLAIMS = Claims("j", UserId("@ольга:a.example"), DeviceId("D"), 1_700_000_900_001)
PAYLOAD = {
    "iss": "a.example",
    "sub": "@ольга:a.example",
    "did": "D",
    "jti": "j",
    "iat": 1_700_000_000,
    "exp": 1_700_000_901,
}


@pytest.fixture
def signer() -> TokenSigner:
    return TokenSigner(KEY, "a.example")


def of_others(payload: Any, **header: Any) -> str:
    """A token that PyJWT makes with our key."""
    return jwt.PyJWT().encode(payload, THEIRS, algorithm="EdDSA", headers={"kid": "a_1", **header})


def test_others_read_what_is_signed_here(signer: TokenSigner) -> None:
    token = signer.sign(CLAIMS, issued_ts=1_700_000_000_999)
    key = jwt.PyJWK(signer.jwks()["keys"][0])
    read = jwt.decode_complete(
        token, key, algorithms=["EdDSA"], issuer="a.example", options={"verify_exp": False}
    )
    assert read["header"] == {"alg": "EdDSA", "kid": "a_1", "typ": "JWT"}
    assert read["payload"] == PAYLOAD


def test_what_others_sign_with_our_key_is_read(signer: TokenSigner) -> None:
    """As all were until this was written: nobody is signed out by it."""
    expected = Claims("j", UserId("@ольга:a.example"), DeviceId("D"), 1_700_000_901_000)
    assert signer.read(of_others(PAYLOAD)) == expected
    lasting = {name: value for name, value in PAYLOAD.items() if name != "exp"}
    assert signer.read(of_others(lasting)).expires_ts is None


@pytest.mark.parametrize(
    "change",
    [
        {"did": 5},
        {"did": ["D"]},
        {"exp": "soon"},
        {"exp": True},
        {"iat": None},
        {"iat": "1"},
        {"iss": "b.example"},
        {"iss": ["a.example"]},
        {"jti": None},
        {"sub": {}},
    ],
)
def test_claims_of_another_shape_are_none_of_ours(
    signer: TokenSigner, change: dict[str, Any]
) -> None:
    token = jwt.PyJWS().encode(written({**PAYLOAD, **change}), THEIRS, algorithm="EdDSA")
    with pytest.raises(UnknownToken):
        signer.read(token)


@pytest.mark.parametrize("payload", [b"", b"5", b"[]", b'"a"', b"null", b"\xff", b"[" * 2000])
def test_what_is_no_object_is_no_token(signer: TokenSigner, payload: bytes) -> None:
    with pytest.raises(UnknownToken):
        signer.read(jwt.PyJWS().encode(payload, THEIRS, algorithm="EdDSA"))


def test_what_a_reader_has_to_understand_is_not_ours(signer: TokenSigner) -> None:
    header = {"crit": ["b64"], "b64": True}
    token = jwt.PyJWS().encode(written(PAYLOAD), THEIRS, algorithm="EdDSA", headers=header)
    with pytest.raises(UnknownToken):
        signer.read(token)


@pytest.mark.parametrize(
    "token", ["", ".", "..", "...", "a.b.c.d", "é.b.c", "\ud800.b.c", "a" * 5000]
)
def test_what_is_no_token_is_unknown(signer: TokenSigner, token: str) -> None:
    with pytest.raises(UnknownToken):
        signer.read(token)


def written(value: object) -> bytes:
    return json.dumps(value).encode()
