"""Access tokens as signed texts: JWT with EdDSA, made and read nowhere else.

A token says whose it is; whether it still stands, only the database knows.

Source: RFC 7519 (JWT) as RFC 7515, section 3.1, writes it in three parts, with the one signature
of RFC 8037. PyJWT, with which the tests and the tasks service read the same tokens, would bring a
second library of cryptography into this process: a seventh of what an idle server takes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import orjson

from homeserver.errors import UnknownToken
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.hashing import from_base64, to_url_base64
from homeserver.protocol.signing import SigningKey

_ALGORITHM: Final = "EdDSA"
_MAX_LENGTH: Final = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. ``expires_ts``: milliseconds since the epoch; None: it does not expire."""

    jti: str
    user_id: UserId
    device_id: DeviceId
    expires_ts: int | None


class _Header(msgspec.Struct):
    """crit: what a reader has to understand (RFC 7515, section 4.1.11); nothing in ours."""

    alg: str
    crit: Any = None


class _Payload(msgspec.Struct):
    iss: str
    sub: str
    did: str
    jti: str
    iat: int
    exp: int | None = None


_HEADER: Final = msgspec.json.Decoder(_Header)
_PAYLOAD: Final = msgspec.json.Decoder(_Payload)


class TokenSigner:
    """Signs and reads the access tokens of one server. key: its token key; issuer: its name."""

    def __init__(self, key: SigningKey, issuer: str) -> None:
        self._key = key
        self._issuer = issuer
        self._head = _part({"alg": _ALGORITHM, "kid": key.version, "typ": "JWT"})

    def sign(self, claims: Claims, *, issued_ts: int) -> str:
        """The token that says this."""
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "sub": claims.user_id,
            "did": claims.device_id,
            "jti": claims.jti,
            "iat": issued_ts // 1000,
        }
        if claims.expires_ts is not None:
            # Rounded up: what is stored is exact, and decides.
            payload["exp"] = -(-claims.expires_ts // 1000)
        signed = f"{self._head}.{_part(payload)}"
        return f"{signed}.{to_url_base64(self._key.signature(signed.encode()))}"

    def read(self, token: str) -> Claims:
        """What a token of ours says, even when it has expired. Anything else: UnknownToken."""
        if len(token) > _MAX_LENGTH:
            raise UnknownToken
        try:
            head, payload, signature = token.split(".")
            if not self._key.has_signed(f"{head}.{payload}".encode(), _bytes(signature)):
                raise UnknownToken
            header = _HEADER.decode(_bytes(head))
            claims = _PAYLOAD.decode(_bytes(payload))
        except (msgspec.MsgspecError, ValueError) as error:
            raise UnknownToken from error
        if header.alg != _ALGORITHM or header.crit is not None or claims.iss != self._issuer:
            raise UnknownToken
        expires_ts = None if claims.exp is None else claims.exp * 1000
        return Claims(claims.jti, UserId(claims.sub), DeviceId(claims.did), expires_ts)

    def jwks(self) -> dict[str, Any]:
        """The public key, as RFC 7517 writes a set of keys: others may check our tokens with it."""
        key = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": to_url_base64(from_base64(self._key.public_key)),
        }
        return {"keys": [{**key, "kid": self._key.version, "alg": _ALGORITHM, "use": "sig"}]}


def _part(value: dict[str, Any]) -> str:
    return to_url_base64(orjson.dumps(value))


def _bytes(part: str) -> bytes:
    """What a part of a token says. ValueError if it is not the one spelling of its bytes: its
    last letter may have bits to spare."""
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if to_url_base64(raw) != part:
        raise ValueError("not base64 as RFC 7515 has it")
    return raw
